"""A particle in a box of one to three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import AVOGADRO, BOLTZMANN, PLANCK, canonical_unit, is_physical, kelvin_per

__all__ = ["ParticleInBox"]


@dataclass(frozen=True)
class ParticleInBox:
    r"""H = p^2 / 2m between hard walls: energies sum over directions of e_i n_i^2, n_i = 1, 2, ...

    .. math:: e_i = \frac{\pi^2 \hbar^2}{2 m L_i^2}, \qquad Z = \prod_i \sum_{n \ge 1} e^{-e_i n^2 / T}

    Parameters
    ----------
    lengths : sequence of float
        L of one, two or three directions: in nanometres where the unit is physical, in units with hbar = 1 where it
        is reduced.
    mass : float
        m: in dalton (unified atomic mass units) where the unit is physical; an electron has 5.48579909065e-4.
    unit : str
        Unit of energies in the results' reference; ``reduced`` means k_B = hbar = 1.

    Raises
    ------
    InputError
        If there are no or more than three lengths, or a number is not positive.

    Examples
    --------
    >>> ParticleInBox([1.0]).quanta  # pi^2 / 2
    (4.934802200544679,)
    >>> electron = ParticleInBox([1.0], mass=5.48579909065e-4, unit="eV")
    >>> round(electron.quanta[0], 6)
    0.37603
    """

    lengths: Sequence[float]
    mass: float = 1.0
    unit: str = "reduced"

    kind: ClassVar[str] = "particle_in_box"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        lengths = tuple(float(value) for value in self.lengths)
        if not 1 <= len(lengths) <= 3 or not all(0 < value < math.inf for value in lengths):
            raise InputError(f"lengths: expected one to three positive numbers; got {list(lengths)}")
        if not 0 < self.mass < math.inf:
            raise InputError(f"mass: expected a positive number; got {self.mass}")
        object.__setattr__(self, "lengths", lengths)
        object.__setattr__(self, "unit", canonical_unit(self.unit))
        if not all(0 < value < math.inf for value in self.quanta):
            raise InputError(f"lengths: the energies {self.quanta} leave the range of floats; got {list(lengths)}")

    @property
    def quanta(self) -> tuple[float, ...]:
        """e_i in ``unit``."""
        if not is_physical(self.unit):
            return tuple(math.pi**2 / (2 * self.mass * length**2) for length in self.lengths)
        kilogram = 1e-3 / AVOGADRO  # of a dalton, to 3e-10 (the molar mass constant)
        joule = [PLANCK**2 / (8 * self.mass * kilogram * (1e-9 * length) ** 2) for length in self.lengths]
        return tuple(value / BOLTZMANN / kelvin_per(self.unit) for value in joule)
