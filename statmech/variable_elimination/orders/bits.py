"""Neighbours as rows of bits, in compiled loops: counting, listing, and the price of an order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.variable_elimination.orders.graph import Ints, Words

__all__ = ["members", "merges_along", "ones"]


@kernel()
def ones(word: np.uint64) -> int:
    """How many bits are set (D. E. Knuth, The Art of Computer Programming 4A, 7.1.3, eq. 62)."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel()
def members(row: Words, out: Ints) -> int:
    """Numbers of the bits that are set, in order; returns how many."""
    count = 0
    for word in range(row.size):
        bits = row[word]
        while bits:
            low = bits & (~bits + np.uint64(1))
            out[count] = 64 * word + ones(low - np.uint64(1))
            count += 1
            bits ^= low
    return count


@kernel()
def merges_along(rows: Words, sequence: Ints, logs: npt.NDArray[np.float64], per_entry: float) -> float:
    """Pairs of entries merged along a sequence, of variables with so many bits each; ``rows`` is written over.

    Each entry of the largest table, which bounds what is alive at once, counts as ``per_entry`` of them.
    """
    n, words = rows.shape
    near, total, largest = np.empty(n, np.int64), 0.0, 0.0
    for v in sequence:
        size = logs[v]
        k = members(rows[v], near)
        for x in range(k):
            size += logs[near[x]]
        total += 2.0**size
        largest = max(largest, size - logs[v])
        for x in range(k):
            u = near[x]
            for word in range(words):
                rows[u, word] |= rows[v, word]
            rows[u, u // 64] &= ~(np.uint64(1) << np.uint64(u % 64))
            rows[u, v // 64] &= ~(np.uint64(1) << np.uint64(v % 64))
    everything: float = total + per_entry * 2.0**largest
    return everything
