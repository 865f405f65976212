r"""Compiled Boltzmann sums for spectra of a hundred thousand levels and more: weights and moments, block by block.

The exponential is written out so that the compiler can run eight of them at once: with
:math:`x = k \log 2 + r`, :math:`|r| \le \log 2 / 2`, a polynomial 1 + r + r^2 q(r), with q of degree 9 through the
Chebyshev nodes, has a relative error of 2e-17, and two-part log 2 (W. J. Cody and W. Waite, Software Manual for the
Elementary Functions, 1980, chapter 6) keeps r exact to x = 708. Imported only where it is used: it needs numba at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from statmech.kernels import kernel

__all__ = ["block_moments"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LOG2_E = 1.4426950408889634
_LOG2_HIGH = 6.93147180369123816490e-01  # the low 20 bits are zero: k times it is exact
_LOG2_LOW = 1.90821492927058770002e-10


def _float_of_bits(_context: Any, _bits: Any) -> Any:
    """The float64 whose bit pattern is a given int64."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


_bits_to_float: Any = intrinsic(_float_of_bits)


@kernel(fastmath={"contract"}, error_model="numpy")
def _exp(x: float) -> float:
    """exp(x) for x <= 700 to 1e-15; 0 where the result would be subnormal."""
    x = max(x, -709.0)  # k = -1023: the power of two is 0 there, as it shall be for all smaller x
    k = np.rint(x * _LOG2_E)
    r = x - k * _LOG2_HIGH
    r = r - k * _LOG2_LOW
    p = 2.5100375929185925e-08
    p = p * r + 2.762007600563138e-07
    p = p * r + 2.7557268480106926e-06
    p = p * r + 2.480152132210459e-05
    p = p * r + 0.00019841269863040675
    p = p * r + 0.001388888891719689
    p = p * r + 0.008333333333330065
    p = p * r + 0.041666666666624164
    p = p * r + 0.16666666666666669
    p = p * r + 0.5000000000000001
    p = p * r * r + r
    power: float = _bits_to_float((np.int64(k) + 1023) << 52)  # 2^k, and 0 for k = -1023
    result: float = (p + 1.0) * power
    return result


# Sums may be reordered (that is what lets them run in parallel lanes), the exponential above may not.
@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
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
                    w[i] = _exp(-beta * d[i] - top) * g[i]
                    total += w[i]
                    first += w[i] * d[i]
            else:
                for i in range(d.size):
                    w[i] = _exp(-beta * d[i] - top)
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
