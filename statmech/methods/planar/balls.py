"""The elimination of ``fronts`` in ball arithmetic: an enclosure of log Pf K and its derivatives, at any precision.

Every number carries a rigorous bound of its error (F. Johansson, IEEE Trans. Comput. 66, 1281 (2017); Arb, now part of
FLINT), so a result that is narrow enough is right, and one that is not says how many bits it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.methods.planar.base import Leaf, Merge, Step

__all__ = ["log_pfaffian_ball"]

Ball: TypeAlias = Any  # flint.arb; the package has no annotations
Matrix: TypeAlias = Any  # flint.arb_mat
Jet: TypeAlias = tuple[Matrix, Matrix, Matrix]
Region: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # arrays of balls, which can be indexed


def log_pfaffian_ball(
    steps: Sequence[Step], weights: NDArray[np.float64], beta: Ball, bits: int
) -> tuple[Ball, Ball, Ball] | None:
    """Balls around log Pf K, d/dbeta and d^2/dbeta^2; None if a matrix may be singular at this precision.

    Parameters
    ----------
    steps, weights
        As for :func:`statmech.methods.planar.fronts.log_pfaffian`.
    beta : flint.arb
        Inverse temperature.
    bits : int
        Working precision.
    """
    import flint

    with flint.ctx.workprec(bits):
        table: dict[float, tuple[Ball, Ball, Ball]] = {}
        regions: list[Region | None] = []
        total = [flint.arb(0)] * 3
        for step in steps:
            try:
                if isinstance(step, Leaf):
                    region, gain = _leaf(step, weights, beta, table)
                else:
                    region, gain = _merged(step, regions)
            except ZeroDivisionError:
                return None
            regions.append(region)
            total = [a + b for a, b in zip(total, gain, strict=True)]
        first, second, third = (value / 2 for value in total)
    return first, second, third


def _leaf(
    step: Leaf, weights: NDArray[np.float64], beta: Ball, table: dict[float, tuple[Ball, Ball, Ball]]
) -> tuple[Region, list[Ball]]:
    from flint import arb

    n = step.half.size
    zero = arb(0)
    full = (np.full((n, n), zero), np.full((n, n), zero), np.full((n, n), zero))
    for i, j in zip(*np.nonzero(step.pattern), strict=True):
        slope = -(weights[step.half[i]] + weights[step.half[j]])
        if slope not in table:
            exact = -(arb(weights[step.half[i]]) + arb(weights[step.half[j]]))
            value = (beta * exact).exp()
            table[slope] = (value, value * exact, value * exact * exact)
        for entry, value in zip(full, table[slope], strict=True):
            entry[i, j] = value if step.pattern[i, j] > 0 else -value
    for i, j in zip(*np.nonzero(step.joined), strict=True):
        full[0][i, j] += int(step.joined[i, j])
    rest = _block(full, step.outer, step.outer)
    if step.inner.size == 0:
        return _entries(rest), [zero] * 3
    inverse, gain = _inverse(_block(full, step.inner, step.inner))
    if step.outer.size == 0:
        return _entries(rest), gain
    across = _block(full, step.outer, step.inner)
    return _entries(_sum(rest, _product(_product(across, inverse), _transposed(across)))), gain


def _merged(step: Merge, regions: list[Region | None]) -> tuple[Region, list[Ball]]:
    from flint import arb

    left, right = regions[step.left], regions[step.right]
    regions[step.left] = regions[step.right] = None  # memory
    assert left is not None and right is not None  # noqa: PT018
    i, j, k, n = step.inner_left, step.inner_right, step.outer_left, step.outer_right
    size = k.size + n.size
    whole = (np.full((size, size), arb(0)), np.full((size, size), arb(0)), np.full((size, size), arb(0)))
    if i.size == 0:
        for target, x, y in zip(whole, left, right, strict=True):
            target[: k.size, : k.size], target[k.size :, k.size :] = x, y
        return whole, [arb(0)] * 3
    turn, one = _diagonal(step.sign), _diagonal(np.ones(i.size))
    a0, a1, a2 = (turn * x * turn for x in _block(left, i, i))
    a, b = (a0, a1, a2), _block(right, j, j)
    q = _product(a, b)
    m, gain = _inverse((q[0] + one, q[1], q[2]))
    if k.size:
        c0, c1, c2 = (x * turn for x in _block(left, k, i))
        c = (c0, c1, c2)
        upper = _sum(_block(left, k, k), _product(_product(c, _product(b, m)), _transposed(c)))
        for target, x in zip(whole, _entries(upper), strict=True):
            target[: k.size, : k.size] = x
    if n.size:
        d = _block(right, n, j)
        lower = _sum(_block(right, n, n), _product(_product(d, _product(m, a)), _transposed(d)))
        for target, x in zip(whole, _entries(lower), strict=True):
            target[k.size :, k.size :] = x
    if k.size and n.size:
        corner = _product(_product(d, m), _transposed(c))
        for target, x in zip(whole, _entries(corner), strict=True):
            target[k.size :, : k.size], target[: k.size, k.size :] = x, -x.T
    return whole, gain


def _diagonal(values: NDArray[np.float64]) -> Matrix:
    from flint import arb_mat

    matrix = arb_mat(values.size, values.size)
    for k, value in enumerate(values):
        matrix[k, k] = int(value)
    return matrix


def _block(region: Region, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Jet:
    from flint import arb_mat

    first, second, third = (
        arb_mat(rows.size, columns.size, part[rows[:, None], columns].ravel().tolist()) for part in region
    )
    return first, second, third


def _entries(jet: Jet) -> Region:
    parts = []
    for matrix in jet:
        flat = np.empty(matrix.nrows() * matrix.ncols(), dtype=object)
        flat[:] = matrix.entries()
        parts.append(flat.reshape(matrix.nrows(), matrix.ncols()))
    return parts[0], parts[1], parts[2]


def _sum(x: Jet, y: Jet) -> Jet:
    return x[0] + y[0], x[1] + y[1], x[2] + y[2]


def _product(x: Jet, y: Jet) -> Jet:
    """Leibniz' rule to second order."""
    return x[0] * y[0], x[0] * y[1] + x[1] * y[0], x[0] * y[2] + x[1] * y[1] * 2 + x[2] * y[0]


def _transposed(x: Jet) -> Jet:
    return x[0].transpose(), x[1].transpose(), x[2].transpose()


def _inverse(q: Jet) -> tuple[Jet, list[Ball]]:
    """Jets of the inverse and of log |det|."""
    m = q[0].inv()
    first = m * q[1]
    m1 = -(first * m)
    m2 = -(m * q[2] * m) - first * m1 * 2
    gain = [abs(q[0].det()).log(), _trace(m, q[1]), _trace(m, q[2]) + _trace(m1, q[1])]
    return (m, m1, m2), gain


def _trace(x: Matrix, y: Matrix) -> Ball:
    from flint import arb

    total = arb(0)
    for a, b in zip(x.entries(), y.transpose().entries(), strict=True):
        total += a * b
    return total
