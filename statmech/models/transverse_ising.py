"""The Ising chain in a transverse field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["TransverseIsing"]


@dataclass(frozen=True)
class TransverseIsing:
    r"""H = -J sum sigma^z sigma^z - Gamma sum sigma^x over neighbours in a chain, Pauli matrices, each bond once.

    J > 0 is ferromagnetic; Gamma = J is the quantum critical point of the infinite chain. A ring of two spins has two
    bonds. P. Pfeuty, Ann. Phys. 57, 79 (1970).

    Parameters
    ----------
    length : int
        Number of spins, at least 2.
    coupling : float
        J in ``unit``.
    transverse_field : float
        Gamma in ``unit``.
    periodic : bool
        Whether the chain is closed to a ring.
    unit : str
        Unit of J and Gamma; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If the length is no integer above 1 or a number is not finite.

    Examples
    --------
    >>> TransverseIsing(3, periodic=False).bonds
    ((0, 1), (1, 2))
    """

    length: int
    coupling: float = 1.0
    transverse_field: float = 1.0
    periodic: bool = True
    unit: str = "reduced"

    kind: ClassVar[str] = "transverse_ising"

    def __post_init__(self) -> None:
        if self.length != int(self.length) or self.length < 2:
            raise InputError(f"length: expected an integer above 1; got {self.length}")
        for name in ("coupling", "transverse_field"):
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
