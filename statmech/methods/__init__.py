"""Methods: ways from a model to its cumulants, found by name; exact ones live here, Monte Carlo in ``sampling``."""

from __future__ import annotations

from typing import Any

from statmech.registry import Registry

__all__ = ["KINDS", "get", "kinds"]

# name in YAML -> where its class is; modules load on first use
KINDS = {
    "level_sum": "statmech.methods.level_sum:LevelSum",
    "combined": "statmech.combination:Combination",
    "ladder_sum": "statmech.methods.ladder_sum:LadderSum",
    "brillouin": "statmech.methods.closed_forms.brillouin:Brillouin",
    "debye_function": "statmech.methods.closed_forms.debye_function:DebyeFunction",
    "rotor_closed_form": "statmech.methods.closed_forms.rotor:RotorClosedForm",
    "box_closed_form": "statmech.methods.closed_forms.box:BoxClosedForm",
    "oscillator_closed_form": "statmech.methods.closed_forms.oscillator:OscillatorClosedForm",
    "rigid_rotor_harmonic_oscillator": "statmech.methods.closed_forms.rigid_rotor:RigidRotorHarmonicOscillator",
    "phonon_sum": "statmech.methods.closed_forms.phonons:PhononSum",
    "ising_chain": "statmech.methods.closed_forms.ising_chain:IsingChain",
    "curie_weiss": "statmech.methods.closed_forms.curie_weiss:CurieWeiss",
    "kaufman": "statmech.methods.closed_forms.kaufman:Kaufman",
    "onsager": "statmech.methods.closed_forms.onsager:Onsager",
    "triangular_infinite": "statmech.methods.closed_forms.triangular:Triangular",
    "honeycomb_infinite": "statmech.methods.closed_forms.honeycomb:Honeycomb",
    "kagome_infinite": "statmech.methods.closed_forms.kagome:Kagome",
    "grand_canonical": "statmech.methods.grand_canonical:GrandCanonical",
    "diagonalization": "statmech.methods.diagonalization:Diagonalization",
    "enumeration": "statmech.methods.enumeration:Enumeration",
    "planar": "statmech.methods.planar:Planar",
    "elimination": "statmech.methods.elimination:Elimination",
    "transfer_matrix": "statmech.methods.transfer_matrix:TransferMatrix",
    "density_of_states": "statmech.methods.density_of_states:DensityOfStates",
    "monte_carlo": "statmech.sampling.monte_carlo:MonteCarlo",
}

_REGISTRY = Registry("method", KINDS, "statmech.methods")


def get(kind: str) -> Any:
    """The class of a method: ours, or one of an installed entry point of group ``statmech.methods``.

    Raises
    ------
    InputError
        If there is no such method; the message names the nearest.

    Examples
    --------
    >>> get("level_sum").name
    'level_sum'
    """
    return _REGISTRY.get(kind)


def kinds() -> list[str]:
    """All known names, ours first."""
    return _REGISTRY.names()
