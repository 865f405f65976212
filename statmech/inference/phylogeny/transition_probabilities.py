r"""Transition probabilities :math:`P(t) = e^{Qt}` with every entry right to rounding, however short the branch.

With :math:`q = \max_i |Q_{ii}|` and :math:`R = 1 + Q/q \ge 0`

.. math:: e^{Qt} = \bigl(e^{-x} \sum_k x^k R^k / k!\bigr)^{2^m}, \qquad x = q t / 2^m \le 1

Nothing is ever subtracted, so small probabilities keep their digits (the usual eigenvectors leave 1e-16 of noise, also
negative, where P is 1e-12). Rows are brought back to sum 1 after every squaring; that keeps the error below
:math:`(20 + 8m)` ulp. Cost: S^3 (24 + m).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["transition_probabilities"]

Array = npt.NDArray[np.float64]

_TERMS = 24  # 1 / 24! is 2e-24


def transition_probabilities(rate_matrix: Array, times: npt.ArrayLike) -> Array:
    """P of every time, shape (..., S, S).

    Parameters
    ----------
    rate_matrix : array, shape (S, S)
        Q: off-diagonal >= 0, rows of sum 0.
    times : array_like, any shape
        Branch length x rate, finite, >= 0.

    Examples
    --------
    >>> rates = np.array([[-1.0, 1.0], [1.0, -1.0]])
    >>> transition_probabilities(rates, [0.0, 1e-20, 0.5])[:, 0, 1]
    array([0.00000000e+00, 1.00000000e-20, 3.16060279e-01])
    """
    t = np.asarray(times, dtype=np.float64)
    fastest = float(-rate_matrix.diagonal().min())
    jumps = rate_matrix / fastest
    np.fill_diagonal(jumps, 0.0)
    np.fill_diagonal(jumps, 1.0 - jumps.sum(axis=1))
    np.fill_diagonal(jumps, np.where(jumps.diagonal() > 0, jumps.diagonal(), 0.0))  # the fastest state: 0, not -1 ulp
    size = len(jumps)
    out = np.empty((t.size, size, size))
    _exponentials(jumps, fastest, np.ascontiguousarray(t.ravel()), out)
    return out.reshape(*t.shape, size, size)


@kernel(error_model="numpy")
def _exponentials(jumps: Array, fastest: float, times: Array, out: Array) -> None:
    size = jumps.shape[0]
    a, b = np.empty((size, size)), np.empty((size, size))
    for n in range(times.size):
        x, squarings = fastest * times[n], 0
        while x > 1.0:
            x *= 0.5
            squarings += 1
        p = out[n]
        for i in range(size):  # Horner: 1 + x R / 1 (1 + x R / 2 (1 + ...))
            for j in range(size):
                p[i, j] = 1.0 if i == j else 0.0
        for k in range(_TERMS, 0, -1):
            for i in range(size):
                for j in range(size):
                    total = 0.0
                    for s in range(size):
                        total += jumps[i, s] * p[s, j]
                    a[i, j] = total * (x / k)
            for i in range(size):
                for j in range(size):
                    p[i, j] = a[i, j] + (1.0 if i == j else 0.0)
        scale = np.exp(-x)
        for i in range(size):
            for j in range(size):
                p[i, j] *= scale
        for _ in range(squarings):
            for i in range(size):
                row = 0.0
                for j in range(size):
                    total = 0.0
                    for s in range(size):
                        total += p[i, s] * p[s, j]
                    b[i, j] = total
                    row += total
                for j in range(size):
                    b[i, j] /= row
            for i in range(size):
                for j in range(size):
                    p[i, j] = b[i, j]
