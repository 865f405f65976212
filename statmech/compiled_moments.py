"""Compiled Boltzmann sums for spectra of ten thousand levels and more: weights and moments, block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.exponential import exponential
from statmech.kernels import kernel

__all__ = ["block_moments"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


# Sums may be reordered (that is what lets them run in parallel lanes), the exponential above may not.
@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", nogil=True)
def block_moments(
    gaps: Array, degeneracies: Array, betas: Array, tops: Array, left_out: Ints, block: int, out: Array
) -> None:
    """Weight, mean gap and variance of each block of levels under g exp(-beta gap - top), some left out.

    Parameters
    ----------
    gaps : array, shape (n,)
        Energies above the reference.
    degeneracies : array, shape (n,) or (0,)
        Empty where all are 1.
    betas, tops : array, shape (T,)
        Inverse temperatures, and the exponent all weights are scaled by at each.
    left_out : array of int64, sorted
        Levels to leave out.
    block : int
        Levels per block: one block of gaps, degeneracies and weights stays in the cache for all temperatures.
    out : array, shape (T, blocks, 3)
        Filled with weight, mean, variance; zeros where every weight vanishes.
    """
    weighted = degeneracies.size > 0
    w = np.empty(block)
    for b in range(out.shape[1]):
        start = b * block
        stop = min(start + block, gaps.size)
        first_out, last_out = np.searchsorted(left_out, start), np.searchsorted(left_out, stop)
        d = gaps[start:stop]  # views counted from 0: the compiler need not think of negative indices
        g = degeneracies[start:stop] if weighted else d
        for t in range(betas.size):
            beta, top = betas[t], tops[t]
            total, first = 0.0, 0.0
            if weighted:
                for i in range(d.size):
                    w[i] = exponential(-beta * d[i] - top) * g[i]
                    total += w[i]
                    first += w[i] * d[i]
            else:
                for i in range(d.size):
                    w[i] = exponential(-beta * d[i] - top)
                    total += w[i]
                    first += w[i] * d[i]
            if first_out < last_out:
                for k in range(first_out, last_out):
                    w[left_out[k] - start] = 0.0
                total, first = 0.0, 0.0
                for i in range(d.size):
                    total += w[i]
                    first += w[i] * d[i]
            if total == 0.0:
                out[t, b, :] = 0.0
                continue
            mean = first / total
            second = 0.0
            for i in range(d.size):
                moved = d[i] - mean
                second += w[i] * moved * moved
            if second < 1e-12 * mean * mean * total:
                # The rounding of the mean itself would show in so narrow a distribution: take it off.
                left = 0.0
                for i in range(d.size):
                    left += w[i] * (d[i] - mean)
                mean += left / total
                second = 0.0
                for i in range(d.size):
                    moved = d[i] - mean
                    second += w[i] * moved * moved
            out[t, b, 0] = total
            out[t, b, 1] = mean
            out[t, b, 2] = second / total
