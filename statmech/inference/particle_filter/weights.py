r"""Weights of particles, kept as logarithms: normalised weights, effective sample size, mean weight.

No function changes its argument. Weights that are all zero (all -inf) mean that no particle explains what was seen:
their mean is zero (log -inf), their effective sample size 0, and they stay -inf when normalised. Never nan.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.logspace import log_softmax, logmeanexp

__all__ = ["effective_sample_size", "log_mean_exp", "normalise_log_weights", "weigh"]

Array = npt.NDArray[np.float64]


def normalise_log_weights(log_weights: npt.ArrayLike, axis: int = -1) -> Array:
    r"""Logarithms of weights that add to 1: :math:`\log W_i = \log w_i - \log\sum_j w_j`.

    Parameters
    ----------
    log_weights : array_like, shape (..., N)
        Logarithms of weights, dimensionless; -inf is a weight of zero. Not changed.
    axis : int
        The axis of the particles.

    Returns
    -------
    array, the shape of `log_weights`
        A new float64 array. Where all weights are zero nothing can be normalised and all stay -inf: their
        exponentials add to 0.

    Raises
    ------
    InputError
        If there are no weights, or one is nan or +inf.

    Examples
    --------
    >>> np.exp(normalise_log_weights([-1000.0, -1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    >>> normalise_log_weights([-np.inf, -np.inf])
    array([-inf, -inf])
    """
    x = _read(log_weights, axis)
    dead = np.max(x, axis=axis, keepdims=True) == -np.inf
    return np.asarray(np.where(dead, -np.inf, log_softmax(np.where(dead, 0.0, x), axis)), dtype=np.float64)


def effective_sample_size(log_weights: npt.ArrayLike, axis: int = -1) -> Any:
    r"""How many equal weights are worth these: :math:`(\sum_i w_i)^2 / \sum_i w_i^2`, from 1 to N.

    Parameters
    ----------
    log_weights : array_like, shape (..., N)
        Logarithms of weights, normalised or not. Not changed.
    axis : int
        The axis of the particles.

    Returns
    -------
    NumPy scalar or array, shape (...)
        0.0 where all weights are zero: no particle is left.

    Raises
    ------
    InputError
        If there are no weights, or one is nan or +inf.

    References
    ----------
    A. Kong, J. S. Liu, W. H. Wong, J. Am. Stat. Assoc. 89, 278 (1994).

    Examples
    --------
    >>> effective_sample_size([-1000.0, -1000.0, -np.inf])
    np.float64(2.0)
    >>> effective_sample_size([-np.inf, -np.inf])
    np.float64(0.0)
    """
    x = _read(log_weights, axis)
    peak = np.max(x, axis=axis, keepdims=True)
    w = np.exp(x - np.where(peak == -np.inf, 0.0, peak))
    squares = np.sum(w * w, axis=axis)
    return np.sum(w, axis=axis) ** 2 / np.where(squares == 0.0, 1.0, squares)


def log_mean_exp(log_weights: npt.ArrayLike, axis: int = -1) -> Any:
    r"""Logarithm of the mean weight: :math:`\log \frac1N\sum_i w_i`, what one importance sample says of the evidence.

    Parameters
    ----------
    log_weights : array_like, shape (..., N)
        Logarithms of weights. Not changed.
    axis : int
        The axis of the particles.

    Returns
    -------
    NumPy scalar or array, shape (...)
        -inf where all weights are zero.

    Raises
    ------
    InputError
        If there are no weights, or one is nan or +inf.

    Examples
    --------
    >>> log_mean_exp([-1000.0, -1000.0])
    np.float64(-1000.0)
    >>> log_mean_exp([-np.inf, -np.inf])
    np.float64(-inf)
    """
    return logmeanexp(_read(log_weights, axis), axis)


def weigh(log_weights: Array) -> tuple[Array, float, float]:
    """Weights (N,) that add to 1, the logarithm of their sum before, and the effective sample size; unchecked.

    All -inf is (zeros, -inf, 0.0).
    """
    peak = float(np.maximum.reduce(log_weights))
    if peak == -np.inf:
        return np.zeros(log_weights.size), -np.inf, 0.0
    w = np.exp(log_weights - peak)
    total = float(np.add.reduce(w))
    w /= total
    return w, peak + float(np.log(total)), 1.0 / float(w @ w)


def _read(log_weights: npt.ArrayLike, axis: int) -> Array:
    try:
        x = np.asarray(log_weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"log_weights: expected real numbers; got {log_weights!r}") from error
    if not isinstance(axis, int | np.integer) or not -x.ndim <= axis < x.ndim:
        raise InputError(f"log_weights, axis: expected an axis of the array; got shape {x.shape} and axis {axis!r}")
    if x.shape[axis] == 0:
        raise InputError(f"log_weights: expected at least one weight; got shape {x.shape}")
    if not np.all(x < np.inf):
        bad = x[~(x < np.inf)].flat[0]
        raise InputError(f"log_weights: expected numbers below +inf (-inf is a weight of zero); got {bad}")
    return x
