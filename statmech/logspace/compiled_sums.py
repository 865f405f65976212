"""Sums of exponentials in one compiled pass, for half a million numbers and more along the last axis.

They are taken as they stand, without a shift, in chunks that are added pairwise; which results that is exact enough
for is decided by the caller, result by result.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statmech.exponential import exponential
from statmech.kernels import kernel

__all__ = ["as_rows", "row_sums", "weighted_row_sums"]

Array = NDArray[np.float64]

# From this many numbers on a compiled exponential (1 instead of 3 to 7 ns where NumPy has none for the widest
# registers at hand) repays loading numba. Chosen by shape alone, so that equal calls have equal bits.
_COMPILED_FROM = 500_000
_LONG = 64  # shorter sums cost more per call of the loop than per number
_CHUNK = 256  # numbers added in lanes before the sums of chunks are added pairwise: rounding stays at a few eps
_LARGE = 1e20  # weights up to which subnormal exponentials stay 1e-16 below the smallest sum that is taken as it stands
_INSIDE = 700.0  # exponents whose exponential is a normal number, with room for the sum


def as_rows(x: NDArray[Any], reduced: tuple[int, ...]) -> Array | None:
    """The array as a matrix (results, terms) without a copy, or None where that cannot be or would not pay."""
    kept = x.ndim - len(reduced)
    rows, terms = prod(x.shape[:kept]), prod(x.shape[kept:])
    if x.dtype != np.float64 or x.size < _COMPILED_FROM or terms < _LONG or not x.flags.c_contiguous:
        return None
    if sorted(reduced) != list(range(kept, x.ndim)):
        return None
    return x.reshape(rows, terms)


def row_sums(x: Array) -> tuple[Array, NDArray[np.bool_]]:
    """``sum exp(x)`` of each row, and whether all its exponents are moderate; where not, the sum means nothing.

    Examples
    --------
    >>> total, inside = row_sums(np.array([[0.0, 1.0], [0.0, 800.0]]))
    >>> round(float(total[0]), 12), inside.tolist()
    (3.718281828459, [True, False])
    """
    sums, inside = np.zeros((len(x), -(-x.shape[1] // _CHUNK))), np.ones(len(x), dtype=np.bool_)
    _add_exponentials(x, _CHUNK, _INSIDE, sums, inside)
    return np.asarray(np.add.reduce(sums, axis=1)), inside


def weighted_row_sums(x: Array, b: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """``sum b exp(x)`` and ``sum |b| exp(x)`` of each row, and whether exponents and weights are moderate.

    Examples
    --------
    >>> total, size, inside = weighted_row_sums(np.zeros((1, 3)), np.array([[1.0, -2.0, 4.0]]))
    >>> float(total[0]), float(size[0]), bool(inside[0])
    (3.0, 7.0, True)
    """
    sums, inside = np.zeros((2, len(x), -(-x.shape[1] // _CHUNK))), np.ones(len(x), dtype=np.bool_)
    _add_weighted(x, b, _CHUNK, _INSIDE, _LARGE, sums, inside)
    total, size = np.add.reduce(sums, axis=2)
    return total, size, inside


# Sums may be reordered (that is what lets them run in parallel lanes), the exponential may not.
@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _add_exponentials(x: Array, chunk: int, most: float, sums: Array, inside: NDArray[np.bool_]) -> None:
    for r in range(x.shape[0]):
        for k in range(sums.shape[1]):
            part = x[r, k * chunk : min((k + 1) * chunk, x.shape[1])]
            good = True
            for i in range(part.size):
                good &= (part[i] >= -most) & (part[i] <= most)  # false for nan, too
            if not good:
                inside[r] = False
                break
            total = 0.0
            for i in range(part.size):
                total += exponential(part[i])
            sums[r, k] = total


@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _add_weighted(
    x: Array, b: Array, chunk: int, most: float, large: float, sums: Array, inside: NDArray[np.bool_]
) -> None:
    for r in range(x.shape[0]):
        for k in range(sums.shape[2]):
            stop = min((k + 1) * chunk, x.shape[1])
            part, weights = x[r, k * chunk : stop], b[r, k * chunk : stop]
            good = True
            for i in range(part.size):
                good &= (part[i] >= -most) & (part[i] <= most) & (abs(weights[i]) < large)
            if not good:
                inside[r] = False
                break
            total, size = 0.0, 0.0
            for i in range(part.size):
                term = exponential(part[i]) * weights[i]
                total += term
                size += abs(term)
            sums[0, r, k], sums[1, r, k] = total, size
