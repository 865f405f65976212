"""The hydrogen-like atom, with a cut-off that makes its sum finite."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.units import BOLTZMANN, HARTREE, canonical_unit, is_physical, kelvin_per

__all__ = ["Hydrogen"]

_MOST_SHELLS = 1_000_000


@dataclass(frozen=True)
class Hydrogen:
    r"""H has the levels -Z^2 R / n^2 on 2 n^2 states, n = 1, ..., ``shells``: one electron around a nucleus.

    Without a cut-off the sum diverges (infinitely many states below the ionisation limit), so it must be given: by
    the size of the box (the radius n^2 a_0 / Z must fit) or the lowering of the ionisation energy in a plasma.
    Temperatures at which the last shells count are flagged ``levels_incomplete`` (:mod:`statmech.completeness`), and
    the result names the cut-off. Spin-orbit splitting and the nuclear spin are left out. The zero of energy is the
    ionisation limit.

    Parameters
    ----------
    shells : int
        The highest n that counts.
    charge : int
        Z of the nucleus.
    rydberg : float, optional
        R in ``unit``; Ry of an infinitely heavy nucleus where not given (hydrogen itself: 109677.5834 cm-1). Needed
        where the unit is ``reduced``.
    unit : str
        Unit of energies.

    Raises
    ------
    InputError
        If a number is not positive, or R is missing.

    Examples
    --------
    >>> atom = Hydrogen(shells=3)
    >>> atom.levels().degeneracies, round(-atom.levels().offset, 3)
    (array([ 2.,  8., 18.]), 109737.316)
    """

    shells: int
    charge: int = 1
    rydberg: float | None = None
    unit: str = "cm-1"

    kind: ClassVar[str] = "hydrogen"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        for name, value, most in (("shells", self.shells, _MOST_SHELLS), ("charge", self.charge, 1000)):
            if value != int(value) or not 1 <= value <= most:
                raise InputError(f"{name}: expected an integer from 1 to {most}; got {value}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))
        if self.rydberg is None and not is_physical(self.unit):
            raise InputError("rydberg: expected a number, as the unit is reduced; got none")
        if not 0 < self.binding < math.inf:
            raise InputError(f"rydberg: expected a positive number; got {self.rydberg}")

    @property
    def binding(self) -> float:
        """Z^2 R, the ionisation energy in ``unit``."""
        if self.rydberg is not None:
            return self.rydberg * self.charge**2
        return HARTREE / 2 / BOLTZMANN / kelvin_per(self.unit) * self.charge**2

    def levels(self) -> EnergyLevels:
        """All shells up to the cut-off."""
        n = np.arange(1, self.shells + 1, dtype=np.int64)
        above = ((n - 1) * (n + 1)).astype(np.float64) / (n * n).astype(np.float64)  # 1 - 1/n^2
        return EnergyLevels(
            self.binding * above,
            2 * n * n,
            unit=self.unit,
            offset=-self.binding,
            truncated=True,
            notes={
                "cut off": f"shells n = 1 ... {self.shells}; the sum over all shells diverges at every T > 0",
                "zero of energy": "the ionization limit",
            },
        )
