"""Heisenberg and XXZ chains of spins 1/2."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["SpinChain"]


@dataclass(frozen=True)
class SpinChain:
    r"""H = J sum (S^x S^x + S^y S^y + Delta S^z S^z) - h sum S^z over neighbours in a chain of spins 1/2.

    J > 0 is antiferromagnetic (unlike the classical models here, as the literature of quantum chains has it);
    Delta = 1 is the Heisenberg chain, 0 the XX chain. The magnetisation is M = sum S^z, which is conserved. A ring of
    two spins has two bonds.

    Parameters
    ----------
    length : int
        Number of spins, at least 2.
    coupling : float
        J in ``unit``.
    anisotropy : float
        Delta.
    field : float
        h, along z, in ``unit``.
    periodic : bool
        Whether the chain is closed to a ring.
    unit : str
        Unit of J and h; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If the length is no integer above 1 or a number is not finite.

    Examples
    --------
    >>> SpinChain(4).bonds
    ((0, 1), (1, 2), (2, 3), (3, 0))
    """

    length: int
    coupling: float = 1.0
    anisotropy: float = 1.0
    field: float = 0.0
    periodic: bool = True
    unit: str = "reduced"

    kind: ClassVar[str] = "spin_chain"

    def __post_init__(self) -> None:
        if self.length != int(self.length) or self.length < 2:
            raise InputError(f"length: expected an integer above 1; got {self.length}")
        for name in ("coupling", "anisotropy", "field"):
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"{name}: expected a finite number; got {getattr(self, name)}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def sites(self) -> int:
        """Number of spins."""
        return self.length

    @property
    def bonds(self) -> tuple[tuple[int, int], ...]:
        """Neighbours."""
        last = self.length if self.periodic else self.length - 1
        return tuple((i, (i + 1) % self.length) for i in range(last))

    @property
    def energy_symbol(self) -> str:
        """What energies are measured in, for labels."""
        return "" if self.unit != "reduced" or self.coupling != 1 else "units of J"
