"""The symmetric top, prolate, oblate or spherical, with nuclear spins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from statmech.errors import InputError, ResourceError
from statmech.levels import EnergyLevels
from statmech.models.base import StateCount
from statmech.units import canonical_unit

__all__ = ["SymmetricRotor"]

_MOST_LEVELS = 20_000_000


@dataclass(frozen=True)
class SymmetricRotor:
    r"""H = B (J^2 - J_z^2) + A J_z^2: energies B J (J + 1) + (A - B) K^2, -J <= K <= J, on (2J + 1) g_K states each.

    A is the constant of the figure axis: A > B prolate (CH3Cl), A < B oblate (NH3, benzene), A = B spherical (CH4).
    g_K is the weight of the nuclear spins by the size of K modulo the length of ``weights``: for a threefold axis with
    three protons (CH3Cl, NH3 with its inversion unresolved) ``[4, 2, 2]``, that is (4 I^2 + 4 I + 3)(2I + 1)/3 for
    K divisible by 3 and (4 I^2 + 4 I)(2I + 1)/3 otherwise.

    Parameters
    ----------
    axial : float
        A (C of an oblate top), the constant of the figure axis, in ``unit``.
    perpendicular : float
        B, of the two others.
    weights : sequence of float
        g by the size of K modulo their number; not negative, that of K = 0 positive.
    unit : str
        Unit of the constants; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If a constant is not positive or the weights are no weights.

    Examples
    --------
    >>> ammonia = SymmetricRotor(axial=6.196, perpendicular=9.944, weights=[4, 2, 2], unit="cm-1")
    >>> ammonia.ladder(20.0).combined().degeneracies[:3]  # J, K = 00, 11, 10
    array([ 4., 12., 12.])
    """

    axial: float
    perpendicular: float
    weights: Sequence[float] = (1.0,)
    unit: str = "reduced"

    kind: ClassVar[str] = "symmetric_rotor"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        for name, value in (("axial", self.axial), ("perpendicular", self.perpendicular)):
            if not 0 < value < math.inf:
                raise InputError(f"{name}: expected a positive number; got {value}")
        weights = tuple(float(g) for g in self.weights)
        if not weights or not all(0 <= g < math.inf for g in weights) or not weights[0] > 0:
            raise InputError(f"weights: expected numbers >= 0, the first positive; got {list(weights)}")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    def ladder(self, energy: float) -> EnergyLevels:
        """All levels up to ``energy`` above J = 0.

        Raises
        ------
        ResourceError
            If there are more than 2e7.
        """
        A, B = self.axial, self.perpendicular
        top = math.floor(math.sqrt(0.25 + max(energy, 0.0) / min(A, B)) - 0.5) + 1
        if top * top > 2 * _MOST_LEVELS:
            raise ResourceError(
                f"symmetric_rotor: {energy:.3g} {self.unit} above the ground level are J = 0 ... {top}, some "
                f"{top * top // 2} levels; the limit is {_MOST_LEVELS}: lower the temperature, "
                "or take the kind molecule, whose rotation is classical and right so far above B/k"
            )
        J, K = np.tril_indices(top + 1)
        # both terms positive, prolate or oblate: B (J(J + 1) - K^2) + A K^2
        energies = B * (J * (J + 1) - K * K).astype(np.float64) + A * (K * K).astype(np.float64)
        g = np.array(self.weights)[K % len(self.weights)] * np.where(K == 0, 1.0, 2.0) * (2.0 * J + 1)
        keep = (energies <= energy) & (g > 0)
        return EnergyLevels(energies[keep], g[keep], unit=self.unit)

    def first_gap(self) -> float:
        """To J = 1, K = 0 or 1, or to the next K with weight if that is lower."""
        A, B = self.axial, self.perpendicular
        period = len(self.weights)
        heads = [B * K + A * K * K for K in range(1, 2 * period + 1) if self.weights[K % period] > 0]
        return min([2 * B, *heads])

    def state_count(self) -> StateCount:
        """(J + 1)(2J + 1)(2J + 3)/3 states up to J, at most 4 (1 + E / min(A, B))^(3/2)."""
        return StateCount(4 * max(self.weights) / self.weights[0], min(self.axial, self.perpendicular), 1.5)
