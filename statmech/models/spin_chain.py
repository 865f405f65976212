"""Heisenberg and XXZ chains of spins 1/2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.models.base import QuantumChain

__all__ = ["SpinChain"]


@dataclass(frozen=True)
class SpinChain(QuantumChain):
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
        self.check("coupling", "anisotropy", "field")
