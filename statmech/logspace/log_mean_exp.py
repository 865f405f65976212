"""Log-mean-exp ``tau log (sum_i b_i exp(a_i / tau) / sum_i b_i)``: digits kept where the exponents hardly differ."""

from __future__ import annotations

import math
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statmech.logspace.arguments import (
    Axis,
    check_axes,
    check_mask,
    check_numbers,
    check_scale,
    finish,
    result_dtype,
)
from statmech.logspace.log_sum_exp import logsumexp
from statmech.logspace.shifted_sums import log_mean

__all__ = ["logmeanexp"]


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
    if b is None and dtype.kind != "c" and scale != 0.0 and not math.isinf(scale):
        return finish(_plain_mean(x, axis, keepdims, scale, check_mask(where, x.shape)), dtype)
    if scale == 0.0:
        return logsumexp(a, axis, b, keepdims, tau=0.0, where=where)
    x, weights = np.broadcast_arrays(x, np.atleast_1d(check_numbers("b", 1.0 if b is None else b)))
    use: Any = True if where is None else check_mask(where, x.shape)
    with np.errstate(all="ignore"):
        total = np.sum(weights, axis=axis, keepdims=keepdims, where=use)
        if math.isinf(scale):
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


def _plain_mean(
    x: NDArray[Any], axis: Axis, keepdims: bool, tau: float, mask: NDArray[np.bool_] | None
) -> NDArray[np.floating[Any]]:
    """Without weights, of real numbers at a finite scale: in the working precision."""
    x = x if mask is None else np.broadcast_to(x, mask.shape)
    axes = check_axes(axis, x.ndim)
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    terms = np.full(shape, prod(x.shape[i] for i in axes)) if mask is None else np.count_nonzero(mask, axis=axes)
    value = log_mean(x, axes, np.asarray(terms), tau, mask) if x.size else np.full(shape, np.nan)
    return value.reshape(tuple(1 if i in axes else n for i, n in enumerate(x.shape))) if keepdims else value
