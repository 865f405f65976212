"""The Morse oscillator: an anharmonic bond that breaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.units import canonical_unit

__all__ = ["Morse"]

_MOST_LEVELS = 10_000_000


@dataclass(frozen=True)
class Morse:
    r"""H has the bound levels omega (n + 1/2) - omega^2 (n + 1/2)^2 / 4D, n + 1/2 < 2D / omega, of a Morse well.

    .. math:: V(r) = D \left(1 - e^{-a (r - r_0)}\right)^2, \qquad \omega_e x_e = \frac{\omega^2}{4 D}

    The zero of energy is the bottom of the well. There are finitely many bound levels; the continuum above D is no
    part of the sum, which is right far below dissociation (T << D) only: hotter results are flagged
    ``levels_incomplete`` (:mod:`statmech.completeness`). P. M. Morse, Phys. Rev. 34, 57 (1929).

    Parameters
    ----------
    omega : float
        Harmonic quantum omega_e in ``unit``; positive.
    depth : float
        D in ``unit``; from spectroscopic constants omega_e^2 / (4 omega_e x_e). Above omega / 4, where one level is
        bound at least.
    unit : str
        Unit of both; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If a constant is not positive, no level is bound, or there are more than 1e7.

    Examples
    --------
    Hydrogen chloride, omega_e = 2990.95 and omega_e x_e = 52.82 cm-1: 28 bound levels in this approximation.

    >>> hcl = Morse(omega=2990.95, depth=2990.95**2 / 4 / 52.82, unit="cm-1")
    >>> len(hcl.levels()), round(hcl.depth, 1), round(hcl.anharmonicity, 6)
    (28, 42340.9, 52.82)
    """

    omega: float
    depth: float
    unit: str = "reduced"

    kind: ClassVar[str] = "morse"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not 0 < self.omega < math.inf:
            raise InputError(f"omega: expected a positive number; got {self.omega}")
        if not self.omega / 4 < self.depth < math.inf:
            raise InputError(
                f"depth: expected a number above omega / 4 = {self.omega / 4}, where one level is bound; "
                f"got {self.depth}"
            )
        if 2 * self.depth / self.omega > _MOST_LEVELS:
            raise InputError(f"depth: {self.depth} binds more than {_MOST_LEVELS} levels; use the oscillator")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def anharmonicity(self) -> float:
        """omega_e x_e in ``unit``."""
        return self.omega * self.omega / (4 * self.depth)

    @property
    def bound(self) -> int:
        """Number of bound levels: n + 1/2 strictly below 2 D / omega."""
        return math.ceil(2 * self.depth / self.omega - 0.5)

    def levels(self) -> EnergyLevels:
        """All bound levels."""
        n = np.arange(self.bound, dtype=np.float64)
        return EnergyLevels(
            n * (self.omega - self.anharmonicity * (n + 1)),  # above n = 0, without cancellation
            unit=self.unit,
            offset=0.5 * self.omega - 0.25 * self.anharmonicity,
            truncated=True,
            notes={
                "levels": f"{self.bound} bound ones; the continuum above the dissociation limit is no part of the sum",
                "zero of energy": "the bottom of the well",
            },
        )
