"""Double-double arithmetic: an unevaluated sum ``hi + lo`` of two floats, about 106 bits.

Just enough of it for the logarithm of a weighted term, ``l = a / tau + log b``, which cancels when the
weight undoes the exponential (``a = -700, b = 1.01e304``): every other rounding of a log-sum-exp is small
beside its own result.

Sources: T. J. Dekker, Numer. Math. 18, 224 (1971); D. E. Knuth, TAOCP vol. 2, sec. 4.2.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["accurate_sum", "log_remainder", "log_term", "quotient", "two_product", "two_sum"]

Array = NDArray[np.floating[Any]]

_SPLIT = 134217729.0  # 2^27 + 1 cuts a float64 into two halves of 26 bits (Dekker)
# ln 2 in three parts; the first has 32 bits, so that its product with a binary exponent (12 bits) is exact.
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_LN2_LAST = float.fromhex("0x1.cc01f97b57a08p-87")
_TAYLOR_TERMS = 24  # 0.35^24 / 24! = 2e-35


def two_sum(x: Array, y: Array | float) -> tuple[Array, Array]:
    """Return ``s = fl(x + y)`` and the exact error ``x + y - s`` (Knuth), elementwise.

    Examples
    --------
    >>> s, e = two_sum(np.array([1.0]), np.array([1e-20]))
    >>> s.item(), e.item()
    (1.0, 1e-20)
    """
    s = x + y
    t = s - x
    return s, (x - (s - t)) + (y - t)


def two_product(x: Array, y: Array | float) -> tuple[Array, Array]:
    """Return ``p = fl(x y)`` and the exact error ``x y - p`` (Dekker), for ``|x|, |y|`` below 1e290.

    Examples
    --------
    >>> p, e = two_product(np.array([1 + 2.0**-52]), 1 + 2.0**-52)
    >>> e.item() == 2.0**-104
    True
    """
    p = x * y
    u, v = x * _SPLIT, y * _SPLIT
    x1, y1 = u - (u - x), v - (v - y)
    x2, y2 = x - x1, y - y1
    return p, x2 * y2 - (((p - x1 * y1) - x2 * y1) - x1 * y2)


def accurate_sum(x: Array) -> tuple[Array, Array]:
    """Sum over axis 1 as ``hi + lo``: a pairwise tree that keeps the error of every addition.

    Parameters
    ----------
    x : ndarray of float64, shape (rows, n)
        Finite summands.

    Returns
    -------
    hi, lo : ndarray of float64, shape (rows,)

    Examples
    --------
    >>> hi, lo = accurate_sum(np.array([[1.0, 1e-20, -1.0]]))
    >>> (hi + lo).item()
    1e-20
    """
    lo = np.zeros(x.shape[0])
    while x.shape[1] > 1:
        n = x.shape[1] // 2
        hi, error = two_sum(x[:, :n], x[:, n : 2 * n])
        lo = lo + error.sum(axis=1)
        x = np.concatenate([hi, x[:, 2 * n :]], axis=1)
    return (x[:, 0] if x.shape[1] else np.zeros(x.shape[0])), lo


def quotient(x: Array, tau: float) -> tuple[Array, Array]:
    """``x / tau`` as ``q + r``, q the float64 quotient and r its rounding error.

    Examples
    --------
    >>> q, r = quotient(np.array([1.0]), 3.0)
    >>> q.item(), r.item()
    (0.3333333333333333, 1.850371707708594e-17)
    """
    ratio = x / tau
    if tau == 1.0:
        return ratio, np.zeros_like(ratio)
    # scaled by powers of two, exactly, so that no product leaves the range of floats
    mantissa, power = np.frexp(tau)
    scaled, powers = np.frexp(x)
    q = np.ldexp(ratio, power - powers)
    product, error = two_product(q, float(mantissa))
    remainder = np.ldexp(((scaled - product) - error) / mantissa, powers - power)
    return ratio, np.where(np.isfinite(ratio), remainder, 0.0)


def log_remainder(f: Array) -> tuple[Array, Array]:
    """log f as ``y + rho``, y the float64 logarithm and rho its rounding error to about 1e-32.

    ``rho = log1p(f exp(-y) - 1)``, where ``exp(-y)`` is summed in double-double by Horner's rule.

    Parameters
    ----------
    f : ndarray of float64, any shape
        Numbers in [1/2, 2].

    Returns
    -------
    y, rho : ndarray

    Examples
    --------
    >>> y, rho = log_remainder(np.array([2.0]))
    >>> float(y[0]), round(float(rho[0]) * 1e17, 6)
    (0.6931471805599453, 2.319047)
    """
    y = np.log(f)
    hi, lo = np.ones_like(y), np.zeros_like(y)
    for k in range(_TAYLOR_TERMS, 0, -1):  # p <- 1 - (y / k) p
        product, error = two_product(hi, -y)
        error = error + lo * -y
        quotient = product / k
        back, back_error = two_product(quotient, float(k))
        correction = ((product - back) - back_error + error) / k
        hi, lo = two_sum(np.ones_like(y), quotient)
        lo = lo + correction
        hi, lo = two_sum(hi, lo)
    product, error = two_product(hi, f)
    residual = (product - 1.0) + (error + lo * f)
    return y, residual - 0.5 * residual * residual


def log_term(a: Array, b: Array, tau: float = 1.0) -> Array:
    """``a / tau + log b`` to eps of itself plus 1e-31 of log b, however much the two cancel.

    Parameters
    ----------
    a : ndarray of float64, any shape
        Finite exponents, in the unit of tau.
    b : ndarray of float64, same shape
        Finite positive weights.
    tau : float
        Finite non-zero scale.

    Returns
    -------
    ndarray of float64, dimensionless

    Examples
    --------
    >>> log_term(np.array([np.log(0.5)]), np.array([2.0])).item()       # the rounding error of log 2
    2.3190468138462996e-17
    """
    a = np.asarray(a, dtype=np.float64)
    mantissa, exponent = np.frexp(np.asarray(b, dtype=np.float64))
    low = mantissa < np.sqrt(0.5)
    mantissa = np.where(low, 2 * mantissa, mantissa)
    power = (exponent - low).astype(np.float64)
    y, rho = log_remainder(mantissa)
    ratio, remainder = quotient(a, tau)
    whole, tail = two_product(power, _LN2_LOW)
    first, e1 = two_sum(ratio, power * _LN2_HIGH)
    second, e2 = two_sum(first, y)
    third, e3 = two_sum(second, whole)
    small = (e1 + e2) + e3 + tail + rho + remainder + power * _LN2_LAST
    return np.asarray(third + small)
