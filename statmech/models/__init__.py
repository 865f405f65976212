"""Models: Hamiltonians without a temperature, found by their kind."""

from __future__ import annotations

from typing import Any

from statmech.registry import Registry

__all__ = ["KINDS", "get", "kinds"]

# kind in YAML -> where its class is; modules load on first use
KINDS = {
    "spectrum": "statmech.models.spectrum:Spectrum",
    "two_level": "statmech.models.two_level:TwoLevel",
    "paramagnet": "statmech.models.paramagnet:Paramagnet",
    "oscillator": "statmech.models.oscillator:Oscillator",
    "einstein": "statmech.models.einstein:Einstein",
    "debye": "statmech.models.debye:Debye",
    "morse": "statmech.models.morse:Morse",
    "rotor": "statmech.models.rotor:Rotor",
    "symmetric_rotor": "statmech.models.symmetric_rotor:SymmetricRotor",
    "asymmetric_rotor": "statmech.models.asymmetric_rotor:AsymmetricRotor",
    "particle_in_box": "statmech.models.particle_in_box:ParticleInBox",
    "hydrogen": "statmech.models.hydrogen:Hydrogen",
    "molecule": "statmech.models.molecule:Molecule",
    "phonons": "statmech.models.phonons:Phonons",
    "product": "statmech.models.combined:Product",
    "mixture": "statmech.models.combined:Mixture",
    "bose_gas": "statmech.models.quantum_gas:BoseGas",
    "fermi_gas": "statmech.models.quantum_gas:FermiGas",
    "spin_chain": "statmech.models.spin_chain:SpinChain",
    "transverse_ising": "statmech.models.transverse_ising:TransverseIsing",
    "ising": "statmech.models.ising:Ising",
    "potts": "statmech.models.potts:Potts",
    "blume_capel": "statmech.models.blume_capel:BlumeCapel",
    "xy": "statmech.models.xy:XY",
    "heisenberg": "statmech.models.heisenberg:Heisenberg",
}

_REGISTRY = Registry("model", KINDS, "statmech.models")


def get(kind: str) -> Any:
    """The class of a model kind: ours, or one of an installed entry point of group ``statmech.models``.

    Raises
    ------
    InputError
        If there is no such kind; the message names the nearest.

    Examples
    --------
    >>> get("two_level").kind
    'two_level'
    """
    return _REGISTRY.get(kind)


def kinds() -> list[str]:
    """All known kinds, ours first."""
    return _REGISTRY.names()
