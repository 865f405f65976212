"""One spin in a magnetic field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.units import canonical_unit

__all__ = ["Paramagnet"]

_MOST_STATES = 10_000_000


@dataclass(frozen=True)
class Paramagnet:
    r"""H = -h M with M = mu m, m = -J, -J + 1, ..., J: one spin J in a field h.

    .. math:: Z = \frac{\sinh\left[(2J + 1)\, \mu h / 2T\right]}{\sinh\left[\mu h / 2T\right]}, \qquad
              \langle M \rangle = \mu J\, B_J(\mu J h / T)

    with the Brillouin function B_J. Negative temperatures are allowed: the spectrum is bounded. Many independent spins
    are a ``product`` with ``copies``.

    Parameters
    ----------
    spin : float
        J = 1/2, 1, 3/2, ...
    moment : float
        mu, the moment per unit of m: g mu_B of an atom, times the unit of the field, in ``unit``.
    field : float
        h.
    unit : str
        Unit of ``moment * field``; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If the spin is no positive multiple of 1/2, or moment or field is not finite.

    Examples
    --------
    >>> Paramagnet(spin=1.5, field=2.0).levels().observables["magnetization"]
    array([ 1.5,  0.5, -0.5, -1.5])
    """

    spin: float = 0.5
    moment: float = 1.0
    field: float = 1.0
    unit: str = "reduced"

    kind: ClassVar[str] = "paramagnet"
    sites: ClassVar[int | None] = 1

    def __post_init__(self) -> None:
        if not (0 < self.spin < _MOST_STATES / 2) or 2 * self.spin != int(2 * self.spin):
            raise InputError(f"spin: expected 0.5, 1, 1.5, ... below {_MOST_STATES // 2}; got {self.spin}")
        for name, value in (("moment", self.moment), ("field", self.field), ("moment", self.moment * self.field)):
            if not math.isfinite(value):
                raise InputError(f"{name}: expected a finite number (and moment * field finite); got {value}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def states(self) -> int:
        """2 J + 1."""
        return int(2 * self.spin) + 1

    def levels(self) -> EnergyLevels:
        """The 2 J + 1 levels from m = J down, each with its magnetisation."""
        k = np.arange(self.states, dtype=np.float64)
        quantum = self.moment * self.field
        # k quanta above m = J, exact multiples; the offset is added last
        return EnergyLevels(
            quantum * k,
            unit=self.unit,
            observables={"magnetization": self.moment * (self.spin - k)},
            offset=-quantum * self.spin,
        )
