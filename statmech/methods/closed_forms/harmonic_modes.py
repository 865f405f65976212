r"""Sums over independent harmonic modes: what the oscillator, the vibrations of a molecule and phonons share.

With :math:`x = \omega/T` and :math:`q = e^{-x}`, relative to the zero-point energy,

.. math:: \log Z = -\log(1 - q), \quad \langle y \rangle = \frac{x q}{1 - q}, \quad
          \operatorname{Var} y = \frac{x^2 q}{(1 - q)^2}

All denominators are :math:`1 - q = -\mathrm{expm1}(-x)`, so nothing overflows at low T (exp(x) would, beyond x = 709)
and nothing cancels at high T. All terms are positive: an entropy of 1e-300 keeps its digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.methods.base import above_zero

__all__ = ["harmonic_modes", "mode_terms"]

Array = npt.NDArray[np.float64]

_NEAR_ONE = 0.999  # above this q = exp(-x) costs log(1 - q) more than 1e-14
_BLOCK = 8192  # modes times temperatures at once: what stays in the second-level cache


def harmonic_modes(quanta: Array, weights: Array, temperatures: Array) -> tuple[Array, Array, Array]:
    """log Z, <y> and Var y of independent modes, relative to their zero-point energy.

    Parameters
    ----------
    quanta : array, shape (n,)
        omega of each mode, positive, in units of T.
    weights : array, shape (n,)
        How many times it counts; need not be an integer.
    temperatures : array, shape (T,)
        0 <= T < inf.

    Returns
    -------
    tuple of three arrays, shape (T,)

    Raises
    ------
    InputError
        At T < 0 and T = inf, where the sum over all levels of a mode does not exist.

    Examples
    --------
    >>> log_z, mean, variance = harmonic_modes(np.array([1.0, 2.0]), np.ones(2), np.array([0.0, 0.5]))
    >>> log_z.round(6)
    array([0.      , 0.163899])
    """
    beta = above_zero(temperatures, "the levels of an oscillator")
    sums = np.empty((3, temperatures.size))
    rows = max(_BLOCK // max(quanta.size, 1), 1)
    for start in range(0, temperatures.size, rows):
        here = slice(start, start + rows)
        with np.errstate(over="ignore"):  # omega / 1e-310 is inf: the limit T = 0
            terms = mode_terms(quanta * beta[here, None])
        for k, term in enumerate(terms):  # each row is summed alone: its bits do not depend on the other temperatures
            np.sum(term * weights, axis=1, out=sums[k, here])
    return sums[0], sums[1], sums[2]


def mode_terms(x: Array) -> tuple[Array, Array, Array]:
    """-log(1 - q), x q/(1 - q) and x^2 q/(1 - q)^2 at x = omega/T > 0, inf included."""
    with np.errstate(under="ignore", invalid="ignore"):  # inf * 0 at T = 0 is replaced
        half, rest = np.exp(-0.5 * x), -np.expm1(-x)
        # with q = half^2, in halves: right where q alone would be subnormal
        reduced = x * half / rest
        frozen = np.isinf(x)
        if frozen.any():
            reduced = np.where(frozen, 0.0, reduced)
        q = half * half
        log_z = -np.log1p(-np.minimum(q, _NEAR_ONE))
        if q.max(initial=0.0) > _NEAR_ONE:  # where 1 - q has lost digits, its other form
            log_z = np.where(q > _NEAR_ONE, -np.log(rest), log_z)
        return log_z + 0.0, reduced * half, reduced * reduced
