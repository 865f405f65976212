"""Logarithms of sums and differences of two exponentials, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statmech.logspace.arguments import (
    check_numbers,
    check_scale,
    finish,
    result_dtype,
)
from statmech.logspace.log_sum_exp import logsumexp

__all__ = ["log1mexp", "logaddexp", "logdiffexp"]

Real = NDArray[np.floating[Any]]


def logaddexp(x1: ArrayLike, x2: ArrayLike, *, tau: float = 1.0) -> Any:
    """``tau log(exp(x1 / tau) + exp(x2 / tau))``, elementwise.

    Parameters
    ----------
    x1, x2 : array_like, real or complex, shapes that broadcast
        Exponents, in the unit of tau.
    tau : float
        Scale, as in `logsumexp`.

    Returns
    -------
    NumPy scalar or ndarray, unit of tau

    Raises
    ------
    InputError
        As for `logsumexp`.

    Examples
    --------
    >>> logaddexp(0.0, [0.0, -40.0, -np.inf])
    array([6.93147181e-01, 4.24835426e-18, 0.00000000e+00])
    """
    first, second = check_numbers("x1", x1), check_numbers("x2", x2)
    dtype = result_dtype(x1, first, x2, second)
    if check_scale(tau) == 1.0 and dtype.kind != "c":
        work = np.result_type(dtype, np.float64)
        with np.errstate(all="ignore"):
            return finish(np.asarray(np.logaddexp(first, second, dtype=work)), dtype)
    pair = np.stack(np.broadcast_arrays(first, second))
    return finish(np.asarray(logsumexp(pair, axis=0, tau=tau)), dtype)


def logdiffexp(a: ArrayLike, b: ArrayLike) -> Any:
    """``log(exp(a) - exp(b))``, elementwise: the inverse of ``logaddexp(., b)``.

    Parameters
    ----------
    a, b : array_like, real, shapes that broadcast
        Exponents, dimensionless, ``a >= b``.

    Returns
    -------
    NumPy scalar or ndarray, dimensionless
        -inf where a = b (finite or -inf); nan, the logarithm of a negative number, where a < b: use
        ``logsumexp([a, b], b=[1, -1], return_sign=True)`` if that can happen; nan where both are inf.

    Raises
    ------
    InputError
        An argument is complex, masked, or no array of numbers.

    Examples
    --------
    >>> logdiffexp(1000.0, 999.0)
    np.float64(999.5413248546129)
    >>> logdiffexp(1e-20, 0.0)
    np.float64(-46.051701859880914)
    """
    first, second = check_numbers("a", a, real=True), check_numbers("b", b, real=True)
    dtype = result_dtype(a, first, b, second)
    work = np.result_type(dtype, np.float64)
    with np.errstate(all="ignore"):
        x, y = np.asarray(first, work), np.asarray(second, work)
        # -inf - -inf: nothing minus nothing is nothing
        value = np.where((y == -np.inf) & ~np.isnan(x), x, x + _log1mexp(y - x))
    return finish(value, dtype)


def log1mexp(x: ArrayLike) -> Any:
    """``log(1 - exp(x))`` for x <= 0, to rounding at both ends.

    Parameters
    ----------
    x : array_like, real, any shape
        Exponents, dimensionless; minus a probability's negative logarithm.

    Returns
    -------
    NumPy scalar or ndarray, dimensionless
        -inf at 0; nan for x > 0.

    Raises
    ------
    InputError
        `x` is complex, masked, or no array of numbers.

    Notes
    -----
    ``log(-expm1(x))`` above -log 2, ``log1p(-exp(x))`` below: M. Maechler, "Accurately computing log(1 - exp(-|a|))",
    Rmpfr vignette (2012), eq. 7.

    Examples
    --------
    >>> log1mexp([-1e-20, -1.0, -50.0])
    array([-4.60517019e+01, -4.58675145e-01, -1.92874985e-22])
    """
    y = check_numbers("x", x, real=True)
    dtype = result_dtype(x, y)
    with np.errstate(all="ignore"):
        return finish(_log1mexp(np.asarray(y, np.result_type(dtype, np.float64))), dtype)


def _log1mexp(x: Real) -> Real:
    return np.where(x > -math.log(2.0), np.log(-np.expm1(x)), np.log1p(-np.exp(x)))
