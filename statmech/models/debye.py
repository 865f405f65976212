"""Debye's crystal: sound waves up to a cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["Debye"]


@dataclass(frozen=True)
class Debye:
    r"""H = sum over d N modes of omega (n + 1/2), their density d^2 N omega^(d - 1) / theta^d up to omega = theta.

    .. math:: C = d N \left[(d + 1)\, D_d(x) - \frac{d\, x}{e^x - 1}\right], \quad
              D_d(x) = \frac{d}{x^d} \int_0^x \frac{t^d\, dt}{e^t - 1}, \quad x = \theta / T

    In three dimensions C = (12 pi^4 / 5) N (T / theta)^3 at low T. The zero of energy is the bottom of the wells
    unless ``zero_point`` is false. P. Debye, Ann. Phys. 344, 789 (1912).

    Parameters
    ----------
    theta : float
        Highest quantum of energy in ``unit``; positive. With ``unit: K`` the Debye temperature.
    atoms : int
        N, the number of atoms.
    dimension : int
        d = 1, 2 or 3: modes per atom, and how their density grows.
    zero_point : bool
        Whether the zero-point energy d^2 N theta / 2(d + 1) is part of H (9/8 N theta in three dimensions).
    unit : str
        Unit of theta; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If theta or atoms is not positive, or the dimension is not 1, 2 or 3.

    Examples
    --------
    >>> Debye(theta=428.0, unit="K").ground_energy  # aluminium
    481.5
    """

    theta: float
    atoms: int = 1
    dimension: int = 3
    zero_point: bool = True
    unit: str = "reduced"

    kind: ClassVar[str] = "debye"

    def __post_init__(self) -> None:
        if not 0 < self.theta < float("inf"):
            raise InputError(f"theta: expected a positive number; got {self.theta}")
        if self.atoms < 1 or self.atoms != int(self.atoms):
            raise InputError(f"atoms: expected a positive integer; got {self.atoms}")
        if self.dimension not in (1, 2, 3):
            raise InputError(f"dimension: expected 1, 2 or 3; got {self.dimension}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def sites(self) -> int:
        """Number of atoms."""
        return self.atoms

    @property
    def ground_energy(self) -> float:
        """Zero-point energy of all modes together, in ``unit``."""
        d = self.dimension
        return d * d * self.atoms * self.theta / (2 * (d + 1)) if self.zero_point else 0.0
