"""Passes over the terms of a sum, block by block: one exponential per element, in place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from statmech.logspace.blocks import LONG, BlockReader, Box, PairwiseSum, sum_rows

__all__ = ["COMPILED_FROM", "ExponentialPasses"]

Array = NDArray[np.floating[Any]]

# From this many numbers on a compiled exponential (1 instead of 3 to 5 ns where NumPy has none for the widest
# registers at hand) repays loading numba. Chosen by size alone, so that equal calls have equal bits.
COMPILED_FROM = 500_000


class ExponentialPasses:
    """Blocked passes over the terms of a box of results, in one buffer: exponentials in place, sums pairwise."""

    def __init__(self, reader: BlockReader, tau: float, dtype: np.dtype[Any], size: int) -> None:
        self.reader, self.tau = reader, tau
        self.exp = _compiled_exp if dtype == np.float64 and reader.view.size >= COMPILED_FROM else _exp
        self.buffer, self.half = np.empty(size, dtype), np.empty(size // 2, dtype)
        self.extreme = np.maximum if tau > 0 else np.minimum
        self.spread = (slice(None), None) if reader.last else (None, slice(None))

    def _add_up(self, block: Array) -> Array:
        """Sum over the terms of a block, pairwise."""
        if not self.reader.last:
            return sum_rows(block, self.half)
        if block.shape[1] < LONG:  # in the same order as if there were enough rows to transpose
            return sum_rows(np.ascontiguousarray(block.T), self.half)
        return np.asarray(np.add.reduce(block, axis=1))

    def largest(self, kept: Box, boxes: list[Box]) -> Array:
        """The term to be taken off: the maximum, or the minimum for a negative scale."""
        found: Array | None = None
        for away in boxes:
            block = self.reader.read(kept, away, self.buffer)[0]
            here = self.extreme.reduce(block, axis=self.reader.axis)
            found = here if found is None else self.extreme(found, here)
        return np.asarray(found)

    def _divided(self, block: Array, out: Array) -> Array:
        return np.divide(block, self.tau, out=out) if self.tau != 1.0 else block

    def plain(self, kept: Box, boxes: list[Box]) -> Array:
        """``sum exp(x / tau)`` as it stands: exact enough unless it overflows, underflows or is close to 1."""
        total = PairwiseSum()
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            total.add(self._add_up(self.exp(self._divided(block, out), out)))
        return total.value()

    def shifted(self, kept: Box, boxes: list[Box], m: Array, eager: bool = False) -> Array:
        """``sum exp((x - m) / tau) - 1`` with the 1 of the largest term left out, not subtracted."""
        total, others, ones = PairwiseSum(), PairwiseSum(), PairwiseSum()
        missed: Any = False
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            np.subtract(block, m[self.spread], out=out)
            whole = small = self._add_up(self.exp(self._divided(out, out), out))
            total.add(whole)
            # A sum in [1, 2) may hide small terms behind the 1 of the largest: add them up without it. In one block of
            # many that is done where it is likely to be needed.
            near = (whole >= 1.0) & (whole < 2.0)
            if near.any():
                if eager or len(boxes) == 1 or 2 * np.count_nonzero(near) > near.size:
                    np.multiply(out, out < 1.0, out=out)
                    small = np.where(near, self._add_up(out), whole)
                else:
                    missed = missed | near
            ones.add(np.rint(whole - small))
            others.add(small)
        sum_ = total.value()
        close = sum_ < 2.0
        if (close & missed).any():
            return self.shifted(kept, boxes, m, eager=True)
        return np.where(close, (ones.value() - 1.0) + others.value(), sum_ - 1.0)

    def shifted_expm1(self, kept: Box, boxes: list[Box], m: Array) -> Array:
        """``sum expm1((x - m) / tau)``: the terms' distances from 1, for sums near their number."""
        total = PairwiseSum()
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            np.subtract(block, m[self.spread], out=out)
            np.expm1(self._divided(out, out), out=out)
            box = self.reader.box(kept, away)
            self.reader.hide(out.reshape(self.reader.view[box].shape), box, 0.0)
            total.add(self._add_up(out))
        return total.value()


def _exp(block: Array, out: Array) -> Array:
    """``exp(block)`` into `out`, which may be `block`.

    Vectorised exponentials take a slow path where they underflow (35 ns per element against 0.6), so where
    a sample says that there are such elements, exp(x) = exp(max(x, -700)) exp(min(x + 700, 0)).
    """
    if out.dtype != np.float64 or not np.minimum.reduce(block[:, ::16], axis=None) < -700.0:
        return np.exp(block, out=out)
    tail = block + 700.0
    np.clip(tail, -100.0, 0.0, out=tail)
    np.exp(tail, out=tail)
    np.maximum(block, -700.0, out=out)
    np.exp(out, out=out)
    out *= tail
    return out


def _compiled_exp(block: Array, out: Array) -> Array:
    """The same, compiled, where all exponents of the block lie between -708 and 708."""
    from statmech.exponential import exponentials

    if block.flags.c_contiguous and out.flags.c_contiguous:
        x, y = np.asarray(block.reshape(-1), np.float64), np.asarray(out.reshape(-1), np.float64)  # the same memory
        if exponentials(x, y):
            return out
    return _exp(block, out)
