r"""How heavy the tail of weights is: whether their mean can be known from these samples.

The largest M = min(n/5, 3 sqrt(n)) weights, less the next smaller one, follow a generalised Pareto distribution of
density

.. math:: p(x) = \frac{1}{\sigma} \left(1 + k \frac{x}{\sigma}\right)^{-1/k - 1}

With k >= 1 it has no mean: what carries the average has hardly been met, however many samples seem effective, since the
variance that would tell has not been met either. With k < 1/2 the variance exists too, and errors of the first order
hold well.

Sources: A. Vehtari, D. Simpson, A. Gelman, Y. Yao and J. Gabry, J. Mach. Learn. Res. 25, 72 (2024); the fit: J. Zhang
and M. A. Stephens, Technometrics 51, 316 (2009), with the weak prior of the former (k = 1/2, as good as ten samples).
"""

from __future__ import annotations

import numpy as np

from statmech.estimators.base.series import Array

__all__ = ["HEAVIEST_TAIL", "HEAVIEST_TAIL_OF_MEANS", "tail_count", "tail_shape"]

HEAVIEST_TAIL = 1.0  # k: from here on the fitted tail has no mean
HEAVIEST_TAIL_OF_MEANS = 0.7  # of observables, which may rise along the tail: the limit of Vehtari et al.
_LEAST_TAIL = 5  # weights in the tail: with fewer it tells nothing


def tail_count(samples: int) -> int:
    """M, how many of the largest weights make the tail."""
    return int(min(samples / 5.0, 3.0 * np.sqrt(samples)))


def tail_shape(logs: Array) -> float:
    """The shape k of the tail of weights.

    Parameters
    ----------
    logs : array, shape (M + 1,)
        Logarithms of the M weights of the tail and the next smaller one, in any order.

    Returns
    -------
    float
        k; nan where fewer than 5 weights stand above the smallest: the tail is too short, or all of one value.

    Examples
    --------
    Weights of a Pareto distribution, u^-k:

    >>> u = (np.arange(10_000) + 0.5) / 10_000
    >>> [round(tail_shape(np.sort(-k * np.log(u))[-301:]), 2) for k in (0.2, 0.5, 1.5)]
    [0.21, 0.5, 1.45]
    """
    ordered = np.sort(logs)
    if ordered.size <= _LEAST_TAIL or np.isneginf(ordered[-1]):
        return np.nan
    with np.errstate(under="ignore"):
        x = np.exp(ordered[1:] - ordered[-1]) - np.exp(ordered[0] - ordered[-1])
    x = x[x > 0]
    n = x.size
    if n < _LEAST_TAIL:
        return np.nan
    trials = 30 + int(np.sqrt(n))
    theta = 1.0 / x[-1] + (1.0 - np.sqrt(trials / (np.arange(1, trials + 1) - 0.5))) / (3.0 * x[int(n / 4 + 0.5) - 1])
    shapes = np.log1p(-theta[:, None] * x).mean(axis=1)
    # theta = 0, an exponential tail, is met to the bit where many weights are equal: sigma = -k / theta is their mean
    flat = theta == 0.0
    scales = np.where(flat, x.mean(), -shapes / np.where(flat, 1.0, theta))
    profile = n * (-np.log(scales) - shapes - 1.0)
    weights = np.exp(profile - profile.max())
    best = float(weights @ theta / weights.sum())
    k = float(np.log1p(-best * x).mean())
    return float((n * k + 10 * 0.5) / (n + 10))
