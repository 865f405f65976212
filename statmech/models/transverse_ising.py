"""The Ising chain in a transverse field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.models.base import QuantumChain

__all__ = ["TransverseIsing"]


@dataclass(frozen=True)
class TransverseIsing(QuantumChain):
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
        self.check("coupling", "transverse_field")
