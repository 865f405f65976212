"""Einstein's crystal: every atom three oscillators of one frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["Einstein"]


@dataclass(frozen=True)
class Einstein:
    r"""H = sum over 3 N oscillators of theta (n + 1/2): a crystal of N atoms, all modes at one frequency.

    .. math:: C = 3N \left(\frac{\theta}{T}\right)^2 \frac{e^{\theta/T}}{(e^{\theta/T} - 1)^2}

    The zero of energy is the bottom of the wells unless ``zero_point`` is false. A. Einstein, Ann. Phys. 327, 180
    (1907).

    Parameters
    ----------
    theta : float
        Quantum of energy in ``unit``; positive. With ``unit: K`` the Einstein temperature.
    atoms : int
        N, the number of atoms.
    zero_point : bool
        Whether theta/2 of every mode is part of H.
    unit : str
        Unit of theta; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If theta or atoms is not positive.

    Examples
    --------
    >>> Einstein(theta=1320.0, unit="K").ground_energy  # diamond
    1980.0
    """

    theta: float
    atoms: int = 1
    zero_point: bool = True
    unit: str = "reduced"

    kind: ClassVar[str] = "einstein"

    def __post_init__(self) -> None:
        if not 0 < self.theta < float("inf"):
            raise InputError(f"theta: expected a positive number; got {self.theta}")
        if self.atoms < 1 or self.atoms != int(self.atoms):
            raise InputError(f"atoms: expected a positive integer; got {self.atoms}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def omega(self) -> float:
        """Quantum of energy of every mode, in ``unit``."""
        return self.theta

    @property
    def copies(self) -> int:
        """Number of modes, 3 N."""
        return 3 * self.atoms

    @property
    def sites(self) -> int:
        """Number of atoms."""
        return self.atoms

    @property
    def ground_energy(self) -> float:
        """Zero-point energy of all modes together, in ``unit``."""
        return 0.5 * self.theta * self.copies if self.zero_point else 0.0
