"""How low frequencies are to be treated beside the harmonic way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from statmech.errors import InputError

__all__ = ["QuasiHarmonic"]


@dataclass(frozen=True)
class QuasiHarmonic:
    """Low frequencies as something else than oscillators, for S and H; results of their own beside the harmonic ones.

    These mixtures have no partition function, so they are no part of log Z, F, U and S: they become the variables
    ``entropy_quasi_harmonic``, ``enthalpy_quasi_harmonic`` and ``gibbs_energy_quasi_harmonic``.

    Parameters
    ----------
    entropy : {"grimme", "truhlar", "harmonic"}
        ``grimme``: damped into free rotors (S. Grimme, Chem. Eur. J. 18, 9955 (2012)); ``truhlar``: frequencies below
        the cutoff are raised to it, in the entropy only (R. F. Ribeiro et al., J. Phys. Chem. B 115, 14556 (2011)).
    energy : {"harmonic", "head_gordon"}
        ``head_gordon``: damped into T/2 per mode, zero-point energy included (Y.-P. Li et al., J. Phys. Chem. C 119,
        1840 (2015)).
    cutoff : float
        In cm-1, on the scaled frequencies; both papers use 100.
    """

    entropy: Literal["grimme", "truhlar", "harmonic"] = "grimme"
    energy: Literal["harmonic", "head_gordon"] = "harmonic"
    cutoff: float = 100.0

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < math.inf:
            raise InputError(f"cutoff: expected a positive number of cm-1; got {self.cutoff}")

    @property
    def label(self) -> str:
        """For names of variables."""
        parts = [f"{name} {part}" for part, name in (("S", self.entropy), ("U", self.energy)) if name != "harmonic"]
        return f"{', '.join(parts) or 'harmonic'}, {self.cutoff:g} cm-1; no partition function"
