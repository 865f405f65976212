"""Log-sum-exp ``LSE_tau(a) = tau log sum_i b_i exp(a_i / tau)``: which sum answers a call; short vectors at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statmech.errors import InputError
from statmech.logspace.arguments import (
    Axis,
    check_axes,
    check_mask,
    check_numbers,
    check_scale,
    finish,
    foreign,
    result_dtype,
)
from statmech.logspace.scale_limits import infinite_scale, maximum
from statmech.logspace.shifted_sums import log_sum
from statmech.logspace.weighted_sums import complex_log_sum, signed_log_sum

__all__ = ["logsumexp"]

Real = NDArray[np.floating[Any]]

_FEW = 8  # up to this many numbers, Python's own loop is faster than a handful of calls of NumPy
_SHORT = 16384  # up to this many, one block without the bookkeeping of blocks


def logsumexp(
    a: ArrayLike,
    axis: Axis = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    *,
    tau: float = 1.0,
    where: ArrayLike | None = None,
) -> Any:
    """Log-sum-exp: ``LSE_tau(a) = tau log sum_i b_i exp(a_i / tau)``.

    The call and the results are those of ``scipy.special.logsumexp``, except for the corners below.

    Parameters
    ----------
    a : array_like, real or complex, any shape
        Exponents, in the unit of tau.
    axis : int, tuple of int or None
        Axes to sum over; None is all of them.
    b : array_like, optional
        Weights, dimensionless, broadcast against `a`; they may be negative or complex. A zero weight hides its
        exponent, inf and nan included.
    keepdims : bool
        Keep the summed axes with length 1.
    return_sign : bool
        Return also the sign (the phase, if complex) of the sum; the value is then that of its modulus.
    tau : float
        Scale (temperature), in the unit of `a`.

        - ``tau > 0``: for unit weights ``max a <= LSE_tau(a) <= max a + tau log n``;
        - ``tau < 0``: ``LSE_-tau(a) = -LSE_tau(-a)``, the soft minimum;
        - ``tau = 0``: the limit tau -> 0+, the maximum over positive weights;
        - ``tau = inf``: the limit; with B = sum b (n without weights, over exponents that are not -inf) it is inf for
          B > 1, -inf for B < 1 and sum b a for B = 1, where B is the correctly rounded sum; ``tau = -inf`` mirrors it.
    where : array_like of bool, optional
        Broadcasts against `a`; terms that are False are left out.

    Returns
    -------
    value : NumPy scalar or ndarray, unit of tau
        -inf if the sum is zero or empty (+inf for tau < 0); nan if it is negative and `return_sign` is False. float32,
        float16 and complex64 are computed in double precision and returned in their own.
    sign : NumPy scalar or ndarray, only with `return_sign`
        -1, 0, 1, or nan.

    Raises
    ------
    InputError
        tau is nan, -0.0 or not a number; tau = 0 with a negative weight, tau = inf with an infinite one, either with
        complex numbers; a masked array; `where` is not boolean.

    Notes
    -----
    For real input the error is at most 4 eps (|LSE| + sum_i p_i |a_i + tau log b_i|), p_i = |term_i / sum|, which is
    what the rounding of the exponents themselves may cost. Real sums need memory for one block; complex ones copy
    their input.

    Corners that differ from SciPy 1.17:

    - the dominant term is the one with the largest ``a + tau log|b|``: ``a=[700, 0], b=[1e-308, 1]`` is exact;
    - a zero weight hides inf and nan also beside other infinities; infinite weights give the limit, not nan;
    - sums of opposite signs that cancel keep their digits (``a=[0, 1e-20], b=[-1, 1]`` is log 1e-20);
    - float16 does not overflow; a sign of an empty sum is 0;
    - an empty sum with ``keepdims=True, axis=None`` is an array of -inf instead of an error;
    - masked arrays are refused instead of read without their mask; nothing warns.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41, 2311 (2021), eqs. 3.6 and 4.3.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    np.float64(1000.6931471805599)
    >>> logsumexp([0.0, -40.0])
    np.float64(4.248354255291589e-18)
    >>> value, sign = logsumexp([1, 2], b=[1, -1], return_sign=True)
    >>> round(value, 12), sign
    (np.float64(1.541324854613), np.float64(-1.0))
    >>> energies = np.array([0.0, 1.0, 1.0])
    >>> -logsumexp(-energies, tau=0.5)                                        # free energy at T = 0.5
    np.float64(-0.11977238311094227)
    """
    plain = b is None and where is None and not (keepdims or return_sign) and tau == 1.0
    if plain and (axis is None or (type(axis) is int and axis in (0, -1))):
        x = np.asarray(a) if isinstance(a, list) else a
        if type(x) is np.ndarray and x.ndim == 1 and x.dtype == np.float64 and 0 < x.size <= _SHORT:
            return _short(x)
    back = foreign(a, b)
    if back is not None:
        b = None if b is None else np.asarray(b)
        result = logsumexp(np.asarray(a), axis, b, keepdims, return_sign, tau=tau, where=where)
        return (back(result[0]), back(result[1])) if return_sign else back(result)
    x = check_numbers("a", a)
    weights = None if b is None else check_numbers("b", b)
    dtype = result_dtype(a, x) if weights is None else result_dtype(a, x, b, weights)
    x = np.atleast_1d(x)
    if weights is not None:
        x, weights = np.broadcast_arrays(x, np.atleast_1d(weights))
    mask = check_mask(where, x.shape)
    if mask is not None and mask.shape != x.shape:
        x = np.broadcast_to(x, mask.shape)
        weights = None if weights is None else np.broadcast_to(weights, mask.shape)
    axes = check_axes(axis, x.ndim)
    tau = check_scale(tau)
    value, sign = _log_sum(x, weights, axes, tau, mask, dtype, return_sign)
    if keepdims:
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        value, sign = value.reshape(shape), None if sign is None else sign.reshape(shape)
    if sign is None:
        return finish(value, dtype)
    return finish(value, dtype), finish(sign, dtype)


def _short(x: Real) -> Any:
    """Log-sum-exp of a short vector of float64 in as few calls as possible."""
    if x.size <= _FEW:
        values: list[float] = x.tolist()
        top = max(values)
        if math.isfinite(top):
            values.remove(top)
            return np.float64(top + math.log1p(math.fsum([math.exp(v - top) for v in values])))
    with np.errstate(all="ignore"):
        if -600.0 < x[0] < 600.0:  # without a shift, as shifted_sums.log_sum
            total = float(np.add.reduce(np.exp(x)))
            if 1e-278 < total < 1e278 and not 0.6 < total < 1.7:
                return np.float64(math.log(total))
        peak = float(np.maximum.reduce(x))
        if not math.isfinite(peak):
            return np.float64(peak)
        d = x - peak
        np.exp(d, out=d)
        total = float(np.add.reduce(d))
        if total < 2.0:  # small terms may hide behind the 1 of the largest
            d[d.argmax()] = 0.0
            return np.float64(peak + math.log1p(float(np.add.reduce(d))))
        return np.float64(peak + math.log(total))


def _log_sum(
    x: NDArray[Any],
    weights: NDArray[Any] | None,
    axes: tuple[int, ...],
    tau: float,
    mask: NDArray[np.bool_] | None,
    dtype: np.dtype[Any],
    signed: bool,
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Value and, where needed, sign, without the summed axes and still in the working precision."""
    value: NDArray[Any]
    sign: NDArray[Any] | None
    limit = tau == 0.0 or math.isinf(tau)
    if dtype.kind == "c" or (dtype == np.longdouble and weights is not None and not limit):
        if limit:
            raise InputError(f"tau: expected a finite non-zero number, got {tau}: no limit of complex numbers")
        value, sign = complex_log_sum(x, weights, axes, tau, mask)
        if dtype.kind != "c":
            value, sign = value.real, np.rint(sign.real)
            return (value, sign) if signed else (np.where(sign < 0, np.nan, value), None)
        return (value.real, sign) if signed else (value, None)
    if limit:
        if tau == 0.0:
            value, sign = maximum(x, weights, axes, mask)
        else:
            value, sign = infinite_scale(x, weights, axes, tau, mask)
    elif weights is not None:
        value, sign = signed_log_sum(x, weights, axes, tau, mask)
    else:
        zero = -np.inf if tau > 0 else np.inf
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        value = log_sum(x, axes, tau, mask) if x.size else np.full(shape, zero)
        sign = np.where(np.isnan(value), np.nan, np.where(value == zero, 0.0, 1.0)) if signed else None
    if not signed and sign is not None:
        value, sign = np.where(sign < 0, np.nan, value), None
    return value, sign
