"""The linear rigid rotor, with nuclear spins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.models.base import StateCount
from statmech.units import canonical_unit

__all__ = ["Rotor"]


@dataclass(frozen=True)
class Rotor:
    r"""H = B J^2: a linear molecule, J = 0, 1, 2, ... with energy B J (J + 1) on (2J + 1) g_J states.

    .. math:: Z = \sum_J g_J\, (2J + 1)\, e^{-B J (J + 1) / T}

    g_J is the weight of the nuclear spins: one number for even and one for odd J. ``(1, 1)``: nuclei that differ (CO).
    Nuclei that are alike in a Sigma_g+ ground state: from ``nuclear_spin``, or by hand: ``(1, 3)`` for H2, ``(1, 0)``
    for its para and ``(0, 3)`` for its ortho form alone. D. M. Dennison, Proc. R. Soc. A 115, 483 (1927).

    Parameters
    ----------
    constant : float
        B in ``unit``; positive.
    weights : tuple of float
        (g for even J, g for odd J); not negative, not both zero.
    nuclear_spin : float, optional
        I of two like nuclei, in place of weights: even J get I (2I + 1) and odd ones (I + 1)(2I + 1) for half-integer
        I (fermions: H2 1 and 3), the other way round for integer I (bosons: D2 6 and 3, O-16 1 and 0).
    unit : str
        Unit of the constant; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If the constant is not positive, the weights are no weights, or the spin is no multiple of 1/2.

    Examples
    --------
    >>> Rotor(constant=59.3, nuclear_spin=0.5, unit="cm-1").ladder(800.0).degeneracies
    array([ 1.,  9.,  5., 21.,  9.])
    """

    constant: float
    weights: tuple[float, float] = (1, 1)
    nuclear_spin: float | None = None
    unit: str = "reduced"

    kind: ClassVar[str] = "rotor"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not 0 < self.constant < math.inf:
            raise InputError(f"constant: expected a positive number; got {self.constant}")
        if len(self.weights) != 2 or not all(0 <= g < math.inf for g in self.weights) or not any(self.weights):
            raise InputError(f"weights: expected two numbers >= 0, not both zero; got {self.weights}")
        if self.nuclear_spin is not None:
            spin = self.nuclear_spin
            if not 0 <= spin < 1000 or 2 * spin != int(2 * spin):
                raise InputError(f"nuclear_spin: expected 0, 0.5, 1, ...; got {spin}")
            if tuple(self.weights) != (1, 1):
                raise InputError(f"nuclear_spin: give either weights or nuclear_spin, not both; got {self.weights}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def spin_weights(self) -> tuple[float, float]:
        """(g for even J, g for odd J)."""
        if self.nuclear_spin is None:
            return (float(self.weights[0]), float(self.weights[1]))
        spin = self.nuclear_spin
        low, high = spin * (2 * spin + 1), (spin + 1) * (2 * spin + 1)
        return (low, high) if (2 * spin) % 2 else (high, low)

    @property
    def lowest(self) -> int:
        """J of the ground level: 0, or 1 where even J have no weight."""
        return 0 if self.spin_weights[0] else 1

    def ladder(self, energy: float) -> EnergyLevels:
        """All levels up to ``energy`` above the ground level, and the next."""
        base = self.lowest
        top = math.floor(math.sqrt(0.25 + base * (base + 1) + max(energy, 0.0) / self.constant) - 0.5) + 1
        J = np.arange(base, top + 1, dtype=np.float64)
        g = np.where(J % 2 == 0, *self.spin_weights) * (2 * J + 1)
        keep = g > 0
        above = J * (J + 1) - base * (base + 1)
        return EnergyLevels(
            self.constant * above[keep], g[keep], unit=self.unit, offset=self.constant * base * (base + 1)
        )

    def first_gap(self) -> float:
        """To the next J with weight: 2 B, 6 B (even alone) or 10 B (odd alone)."""
        even, odd = self.spin_weights
        return self.constant * (10.0 if not even else 2.0 if odd else 6.0)

    def state_count(self) -> StateCount:
        """(J + 1)^2 states up to J, and (J + 1)^2 <= 2 (1 + J (J + 1))."""
        base = self.lowest
        ground = (2 * base + 1) * self.spin_weights[base]
        lift = 1.0 + base * (base + 1)
        return StateCount(2 * max(self.spin_weights) / ground * lift, self.constant * lift, 1.0)
