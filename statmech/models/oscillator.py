"""The harmonic oscillator, by its closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["Oscillator"]


@dataclass(frozen=True)
class Oscillator:
    r"""H = omega (n + 1/2), n = 0, 1, 2, ...: a quantum harmonic oscillator, or ``copies`` independent ones.

    .. math:: \log Z = -\frac{\omega}{2T} - \log\left(1 - e^{-\omega/T}\right)

    The zero of energy is the bottom of the well unless ``zero_point`` is false.

    Parameters
    ----------
    omega : float
        Quantum of energy in ``unit``; positive.
    copies : int
        Number of independent oscillators (an Einstein crystal of N atoms has 3 N).
    zero_point : bool
        Whether omega/2 is part of H.
    unit : str
        Unit of omega; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If omega or copies is not positive.

    Examples
    --------
    >>> Oscillator(omega=2143.0, unit="cm-1").ground_energy
    1071.5
    """

    omega: float
    copies: int = 1
    zero_point: bool = True
    unit: str = "reduced"

    kind: ClassVar[str] = "oscillator"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not 0 < self.omega < float("inf"):
            raise InputError(f"omega: expected a positive number; got {self.omega}")
        if self.copies < 1 or self.copies != int(self.copies):
            raise InputError(f"copies: expected a positive integer; got {self.copies}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def ground_energy(self) -> float:
        """Lowest energy of all copies together, in ``unit``."""
        return 0.5 * self.omega * self.copies if self.zero_point else 0.0
