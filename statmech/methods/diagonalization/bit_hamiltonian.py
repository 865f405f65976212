"""Hamiltonians of spins 1/2 on the basis of bit patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.models.spin_chain import SpinChain
from statmech.models.transverse_ising import TransverseIsing

__all__ = ["BitHamiltonian", "bit_hamiltonian"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BitHamiltonian:
    """H on 2^sites bit patterns (bit i set: spin i up): a diagonal, and moves that turn spins over.

    Attributes
    ----------
    sites : int
        Number of spins.
    bonds : tuple of pairs
        Neighbours, for the diagonal.
    unequal : float
        Energy of a bond of unequal spins above one of equal ones.
    equal : float
        Energy of a bond of equal spins.
    moves : tuple of (mask, amplitude)
        Turning over the bits of the mask has this matrix element, where they are unequal if there are two.
    conserves : bool
        Whether the number of spins up is conserved (all masks have two bits).
    """

    sites: int
    bonds: tuple[tuple[int, int], ...]
    equal: float
    unequal: float
    moves: tuple[tuple[int, float], ...]
    conserves: bool

    def diagonal(self, states: Ints) -> Array:
        """Diagonal elements, shape of the states."""
        differing = np.zeros(states.shape)
        for i, j in self.bonds:
            differing += (states >> i ^ states >> j) & 1
        return self.equal * len(self.bonds) + self.unequal * differing

    def moved(self, mask: int, states: Ints) -> tuple[npt.NDArray[np.intp], Ints]:
        """Which of the states a move acts on, and what it makes of them."""
        if not self.conserves:
            return np.arange(states.size), states ^ mask
        part = states & mask
        here = np.flatnonzero((part != 0) & (part != mask))
        return here, states[here] ^ mask

    @property
    def norm(self) -> float:
        """A bound on the size of its eigenvalues."""
        largest = max(abs(self.equal), abs(self.equal + self.unequal)) * len(self.bonds)
        return largest + sum(abs(amplitude) for _, amplitude in self.moves)


def bit_hamiltonian(model: SpinChain | TransverseIsing) -> BitHamiltonian:
    """The Hamiltonian without a field along z.

    Examples
    --------
    >>> bit_hamiltonian(SpinChain(2, periodic=False)).diagonal(np.array([0, 1, 2, 3]))
    array([ 0.25, -0.25, -0.25,  0.25])
    """
    n = model.length
    if isinstance(model, SpinChain):
        quarter = 0.25 * model.coupling * model.anisotropy
        moves = tuple((1 << i | 1 << j, 0.5 * model.coupling) for i, j in model.bonds)
        return BitHamiltonian(n, model.bonds, quarter, -2 * quarter, moves, True)
    flips = tuple((1 << i, -model.transverse_field) for i in range(n))
    return BitHamiltonian(n, model.bonds, -model.coupling, 2 * model.coupling, flips, False)
