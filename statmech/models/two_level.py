"""Two levels a gap apart: the Schottky anomaly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.units import canonical_unit

__all__ = ["TwoLevel"]


@dataclass(frozen=True)
class TwoLevel:
    r"""H has two eigenvalues: 0 (g_0 states) and ``gap`` (g_1 states).

    .. math:: Z = g_0 + g_1 e^{-\Delta/T}

    Negative temperatures are allowed: the spectrum is bounded above.

    Parameters
    ----------
    gap : float
        Energy difference in ``unit``; positive.
    degeneracies : tuple of float
        (g_0, g_1), each positive.
    unit : str
        Unit of the gap; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If the gap or a degeneracy is not positive and finite.

    Examples
    --------
    >>> TwoLevel(gap=1.0).levels().energies
    array([0., 1.])
    """

    gap: float
    degeneracies: tuple[float, float] = (1, 1)
    unit: str = "reduced"

    kind: ClassVar[str] = "two_level"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not 0 < self.gap < float("inf"):
            raise InputError(f"gap: expected a positive number; got {self.gap}")
        if len(self.degeneracies) != 2 or not all(0 < g < float("inf") for g in self.degeneracies):
            raise InputError(f"degeneracies: expected two positive numbers; got {self.degeneracies}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    def levels(self) -> EnergyLevels:
        """The two levels."""
        return EnergyLevels([0.0, self.gap], list(self.degeneracies), unit=self.unit)
