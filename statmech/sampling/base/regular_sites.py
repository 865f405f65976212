"""Sweeps over two-state sites that all have z equal bonds and no energy of their own: chances are looked up.

Whether site i turns depends on its state and on how many of its neighbours are in state 1, so that 2 (z + 1) numbers
say all: 7 ns a site instead of 20 with an exponential.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.sampling.base.random_bits import stepped
from statmech.sampling.base.spin_system import SpinSystem

__all__ = ["regular_sweep", "turning_chances"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

_KEPT = 15.0 / 16.0  # of the proposals of Metropolis; see there


def turning_chances(system: SpinSystem, betas: Array, rule: Literal["heat_bath", "metropolis"]) -> Words:
    """2^64 times the chances to turn over, at most 2^64 - 1: shape (len(betas), 2 (z + 1)), state 0 first.

    With dE the energy of turning: 1 / (1 + exp(beta dE)) by the heat bath, 15/16 min(1, exp(-beta dE)) by Metropolis.
    Shape (len(betas), 0) where sites are not regular.
    """
    z = system.regular
    if z is None:
        return np.empty((len(betas), 0), dtype=np.uint64)
    pair, ups = system.pair_table, np.arange(z + 1)
    rise = -system.neighbours[2][0] * ((z - ups) * (pair[1, 0] - pair[0, 0]) + ups * (pair[1, 1] - pair[0, 1]))
    x = np.multiply.outer(np.asarray(betas, dtype=np.float64), np.concatenate([rise, -rise]))
    small = np.exp(-np.abs(x))  # no overflow, whatever the sign
    least = np.where(x > 0, small, 1.0)
    chance = least / (1.0 + small) if rule == "heat_bath" else _KEPT * least
    return np.asarray(np.minimum(chance * 2.0**64, np.nextafter(2.0**64, 0.0)), dtype=np.uint64)


@kernel(inline="always")
def _sweep(spins: Any, indices: Ints, z: int, chances: Words, bits: Words) -> Any:
    """Sites in order; by how much the sites in state 1 have grown, and the sum of that times neighbours in state 1."""
    a, b, c, d = bits[0], bits[1], bits[2], bits[3]
    turned: Any = 0
    weighted: Any = 0
    for i in range(spins.size):
        ups: Any = 0
        for m in range(z):
            ups += np.int64(spins[indices[i * z + m]])
        word, a, b, c, d = stepped(a, b, c, d)
        old = np.int64(spins[i])
        turn = np.int64(word < chances[old * (z + 1) + ups])
        spins[i] = old ^ turn
        step = turn * (1 - 2 * old)
        turned += step
        weighted += step * ups
    bits[0], bits[1], bits[2], bits[3] = a, b, c, d
    return turned, weighted


@kernel()
def _square(spins: Any, indices: Ints, chances: Words, bits: Words) -> Any:
    return _sweep(spins, indices, 4, chances, bits)  # a constant number unrolls the loop over neighbours


@kernel()
def _cubic(spins: Any, indices: Ints, chances: Words, bits: Words) -> Any:
    return _sweep(spins, indices, 6, chances, bits)


@kernel()
def _any(spins: Any, indices: Ints, chances: Words, bits: Words) -> Any:
    return _sweep(spins, indices, chances.size // 2 - 1, chances, bits)


@kernel()
def regular_sweep(
    spins: Any, indices: Ints, coupling: float, pair: Array, chances: Words, bits: Words, tally: Any
) -> float:
    """One sweep in order of the sites; returns the change of the energy and keeps ``tally`` (2,) of the states."""
    z = chances.size // 2 - 1
    if z == 4:
        turned, weighted = _square(spins, indices, chances, bits)
    elif z == 6:
        turned, weighted = _cubic(spins, indices, chances, bits)
    else:
        turned, weighted = _any(spins, indices, chances, bits)
    tally[0] -= turned
    tally[1] += turned
    low, high = pair[1, 0] - pair[0, 0], pair[1, 1] - pair[0, 1]
    return float(-coupling * (low * (z * turned - weighted) + high * weighted))
