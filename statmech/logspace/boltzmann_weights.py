"""Boltzmann weights ``exp(x_i / tau) / sum_j exp(x_j / tau)`` and their logarithms, block by block into the result."""

from __future__ import annotations

import math
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statmech.errors import InputError
from statmech.logspace.arguments import Axis, check_axes, check_numbers, check_scale, finish, foreign, result_dtype
from statmech.logspace.blocks import BLOCK, tiles
from statmech.logspace.shifted_sums import scaled_sum
from statmech.logspace.weighted_sums import complex_log_sum

__all__ = ["log_softmax", "softmax"]

_FEW = 1024  # up to this many, in as few calls as possible


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
    return _boltzmann_weights(x, axis, tau, log=False)


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
    return _boltzmann_weights(x, axis, tau, log=True)


def _boltzmann_weights(x: ArrayLike, axis: Axis, tau: float, log: bool) -> Any:
    """Softmax of `x`, or its logarithm."""
    if type(x) is np.ndarray and x.dtype == np.float64 and 0 < x.size <= _FEW and tau == 1.0:
        m = x.max(axis=axis, keepdims=True)
        if np.isfinite(m).all():
            d = x - m
            with np.errstate(under="ignore"):
                e = np.exp(d)
                s = e.sum(axis=axis, keepdims=True)
                if not log:
                    return (e / s)[()]
                if (s >= 2.0).all():  # otherwise small terms may hide behind the 1 of the largest
                    return (d - np.log(s))[()]
    back = foreign(x)
    if back is not None:
        return back(_boltzmann_weights(np.asarray(x), axis, tau, log))
    y = check_numbers("x", x)
    dtype = result_dtype(x, y)
    tau = check_scale(tau)
    y, shape = np.atleast_1d(y), y.shape
    axes = check_axes(axis, y.ndim)
    if y.size == 0:
        return np.empty(shape, dtype)
    limit = tau == 0.0 or math.isinf(tau)
    if dtype.kind == "c":
        if limit:
            raise InputError(f"tau: expected a finite non-zero number, got {tau}: no limit of complex numbers")
        kept = tuple(1 if i in axes else n for i, n in enumerate(y.shape))
        z = (y - complex_log_sum(y, None, axes, tau)[0].reshape(kept)) / tau
        return finish((z if log else np.exp(z)).reshape(shape), dtype)
    if tau == 0.0:
        top = np.max(y, axis=axes, keepdims=True)
        y, tau = np.where((y == top) & (top > -np.inf), 0.0, np.where(np.isnan(top), np.nan, -np.inf)), 1.0
    elif limit:
        y, tau = np.where(np.isfinite(y), 0.0, y), math.copysign(1.0, tau)
    return finish(_weights(y, axes, tau, log, dtype).reshape(shape), dtype)


def _weights(y: NDArray[Any], axes: tuple[int, ...], tau: float, log: bool, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(Log) softmax for finite tau, block by block into the result."""
    n = prod(y.shape[i] for i in axes)
    rows = y.flags.c_contiguous and set(axes) == set(range(y.ndim - len(axes), y.ndim)) and 0 < n <= BLOCK
    if rows and y.dtype == np.float64 and math.isfinite(tau):
        out = np.empty((y.size // n, n))
        if _rows(y.reshape(-1, n), tau, log, out):
            return out.reshape(y.shape)
    kept = tuple(1 if i in axes else n for i, n in enumerate(y.shape))
    m, rest = (part.reshape(kept) for part in scaled_sum(y, axes, tau))
    out = np.empty(y.shape, dtype)
    full = math.copysign(np.inf, tau)
    mass = m == full
    if mass.any():
        rest = np.where(mass, np.count_nonzero(y == full, axis=axes, keepdims=True) - 1.0, rest)
    with np.errstate(all="ignore"):
        norm = np.log1p(rest) if log else 1.0 + rest
        top, mass, norm = (np.broadcast_to(part, y.shape) for part in (m, mass, norm))
        for box in tiles(y.shape, BLOCK):
            d = y[box] - top[box]
            if mass[box].any():
                d = np.where(mass[box], np.where(y[box] == full, 0.0, -full), d)
            if tau != 1.0:
                d /= tau
            out[box] = d - norm[box] if log else np.exp(d, out=d) / norm[box]
    return out


def _rows(y: NDArray[Any], tau: float, log: bool, out: NDArray[Any]) -> bool:
    """Weights along contiguous rows, with one exponential each; False if an exponent that matters is not finite."""
    for (box,) in tiles(y.shape[:1], max(1, BLOCK // y.shape[1])):
        m = (np.maximum if tau > 0 else np.minimum).reduce(y[box], axis=1, keepdims=True)
        if not np.isfinite(m).all():
            return False
        with np.errstate(all="ignore"):
            d = np.subtract(y[box], m, out=out[box])
            if tau != 1.0:
                d /= tau
            e = np.exp(d, out=None if log else d)
            total = np.add.reduce(e, axis=1, keepdims=True)
            if not log:
                e /= total
                continue
            norm = np.log(total)
            close = total < 2.0
            if close.any():  # small terms may hide behind the 1 of the largest
                small = np.add.reduce(np.multiply(e, e < 1.0, out=e), axis=1, keepdims=True)
                norm = np.where(close, np.log1p(np.rint(total - small) - 1.0 + small), norm)
            d -= norm
    return True
