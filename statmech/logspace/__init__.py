"""The log-sum-exp family with a temperature: ``LSE_tau(x) = tau log sum_i exp(x_i / tau)``.

Minus the free energy of levels E at temperature T is ``LSE_T(-E)``; its gradient, ``softmax``, is the Boltzmann
distribution; tau -> 0 is the maximum, the ground state. The sums themselves are in ``shifted_sums`` (one exponential
per element, one block of memory) and ``weighted_sums`` (weights of any sign, complex numbers).
"""

from __future__ import annotations

import math
from math import prod
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
from statmech.logspace.boltzmann_weights import boltzmann_weights
from statmech.logspace.scale_limits import infinite_scale, maximum
from statmech.logspace.shifted_sums import log_mean, log_sum
from statmech.logspace.weighted_sums import complex_log_sum, signed_log_sum

__all__ = ["log1mexp", "log_softmax", "logaddexp", "logdiffexp", "logmeanexp", "logsumexp", "softmax"]

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


def softmax(x: ArrayLike, axis: Axis = None, *, tau: float = 1.0) -> Any:
    """Boltzmann weights: ``p_i = exp(x_i / tau) / sum_j exp(x_j / tau)``, the gradient of LSE_tau.

    Parameters
    ----------
    x : array_like, real or complex, any shape
        Exponents (minus energies), in the unit of tau.
    axis : int, tuple of int or None
        Axes over which the weights sum to 1; None is all of them.
    tau : float
        Scale. tau < 0 favours the smallest; tau = 0 (the limit from above) is uniform over the largest, tau = +-inf
        over all exponents that are finite.

    Returns
    -------
    NumPy scalar or ndarray of the shape of `x`, dimensionless
        Infinite exponents share the mass uniformly. All -inf is 0 / 0, nan. Integers become float64; float16, float32
        and complex64 are computed in double precision. (SciPy: uint8 wraps around, ``softmax([inf, 0])`` is nan, an
        empty array is an error.)

    Raises
    ------
    InputError
        tau is nan or -0.0, or a limit with complex `x`; a masked array.

    Examples
    --------
    >>> softmax([1000.0, 0.0, 1000.0])
    array([0.5, 0. , 0.5])
    >>> softmax([np.inf, 0.0])
    array([1., 0.])
    """
    return boltzmann_weights(x, axis, tau, log=False)


def log_softmax(x: ArrayLike, axis: Axis = None, *, tau: float = 1.0) -> Any:
    """Logarithm of the Boltzmann weights: ``log p_i = (x_i - LSE_tau(x)) / tau``.

    Summed as ``(x_i - max) / tau - log1p(rest)``, so weights close to 1 keep their digits. The parameters, corners and
    errors are those of `softmax`.

    Parameters
    ----------
    x : array_like, real or complex, any shape
        Exponents, in the unit of tau.
    axis : int, tuple of int or None
        Axes over which the weights sum to 1; None is all of them.
    tau : float
        Scale.

    Returns
    -------
    NumPy scalar or ndarray of the shape of `x`, dimensionless

    Raises
    ------
    InputError
        As for `softmax`.

    Examples
    --------
    >>> log_softmax([1000.0, 1.0])
    array([   0., -999.])
    >>> log_softmax([0.0, -40.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    return boltzmann_weights(x, axis, tau, log=True)


def logmeanexp(
    a: ArrayLike,
    axis: Axis = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    *,
    tau: float = 1.0,
    where: ArrayLike | None = None,
) -> Any:
    """Log-mean-exp: ``tau log (sum_i b_i exp(a_i / tau) / sum_i b_i)``, the plain mean without `b`.

    Where the exponents hardly differ, the mean of ``exp - 1`` is summed instead, so a result of 1e-20 keeps its digits.

    Parameters
    ----------
    a : array_like, real or complex, any shape
        Exponents, in the unit of tau.
    axis, keepdims, where
        As in `logsumexp`; what `where` leaves out is not counted.
    b : array_like, optional
        Weights, normalised here.
    tau : float
        Scale. The limits are the maximum over positive weights (0) and the mean (inf, -inf).

    Returns
    -------
    NumPy scalar or ndarray, unit of tau
        nan for the mean of nothing, and where the weighted mean of the exponentials is negative.

    Raises
    ------
    InputError
        As for `logsumexp`.

    Examples
    --------
    >>> logmeanexp([3.0, 3.0, 3.0])
    np.float64(3.0)
    >>> logmeanexp([0.0, 2e-20])
    np.float64(1e-20)
    """
    x, scale = np.atleast_1d(check_numbers("a", a)), check_scale(tau)
    dtype = result_dtype(a, x)
    limit = scale == 0.0 or math.isinf(scale)
    if b is None and dtype.kind != "c" and not limit:
        mask = check_mask(where, x.shape)
        x = x if mask is None else np.broadcast_to(x, mask.shape)
        axes = check_axes(axis, x.ndim)
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        terms = np.full(shape, prod(x.shape[i] for i in axes)) if mask is None else np.count_nonzero(mask, axis=axes)
        value = log_mean(x, axes, np.asarray(terms), scale, mask) if x.size else np.full(shape, np.nan)
        if keepdims:
            value = value.reshape(tuple(1 if i in axes else n for i, n in enumerate(x.shape)))
        return finish(value, dtype)
    if scale == 0.0:
        return logsumexp(a, axis, b, keepdims, tau=0.0, where=where)
    x, weights = np.broadcast_arrays(x, np.atleast_1d(check_numbers("b", 1.0 if b is None else b)))
    use: Any = True if where is None else check_mask(where, x.shape)
    with np.errstate(all="ignore"):
        total = np.sum(weights, axis=axis, keepdims=keepdims, where=use)
        if limit:
            hidden = np.where(weights == 0, 0.0, weights * x)
            return finish(np.asarray(np.sum(hidden, axis=axis, keepdims=keepdims, where=use) / total), dtype)
        if dtype.kind == "c":
            return logsumexp(a, axis, b, keepdims, tau=scale, where=where) - scale * np.log(total + 0j)
        value, sign = logsumexp(a, axis, weights, keepdims, True, tau=scale, where=where)
        value = np.where(sign * np.sign(total) < 0, np.nan, value - scale * np.log(np.abs(total)))
        # Exponents close together (against tau): what differs from 1 is averaged, as without weights.
        extreme = (np.maximum if scale > 0 else np.minimum).reduce
        live = use & (weights != 0)
        x = x.astype(np.result_type(x, np.float64))
        m = extreme(x, axis=check_axes(axis, x.ndim), keepdims=True, where=live, initial=-math.copysign(np.inf, scale))
        away = np.where(live, weights * np.expm1((x - m) / scale), 0.0).sum(axis=axis, keepdims=keepdims) / total
        value = np.where(away > -0.5, m.reshape(np.shape(total)) + scale * np.log1p(away), value)
    return finish(value, result_dtype(a, x, b, weights))


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
