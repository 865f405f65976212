"""Bennett's equation for the free energy between two states."""

from __future__ import annotations

import math

import numpy as np

from statmech.estimators.base.series import Array

__all__ = ["bennett_difference"]


def bennett_difference(forward: Array, reverse: Array, tolerance: float = 1e-13) -> float:
    r"""The root of Bennett's equation for works of both directions, in the log domain: exists for any numbers.

    .. math:: \sum_F \frac{1}{1 + \frac{n_F}{n_R} e^{w_F - \Delta f}} =
              \sum_R \frac{1}{1 + \frac{n_R}{n_F} e^{w_R + \Delta f}}

    The logarithm of left over right rises with a slope between 0 and 2, so Newton's method within a shrinking bracket
    finds it. Source: C. H. Bennett, J. Comput. Phys. 22, 245 (1976), equation (12).
    """
    ratio = math.log(forward.size / reverse.size)
    first, second = forward + ratio, reverse - ratio  # left is a sum of 1 / (1 + exp(first - x))

    def imbalance(x: float) -> tuple[float, float]:
        left, left_slope = _log_sum_expit(x - first)
        right, right_slope = _log_sum_expit(-x - second)
        return left - right, left_slope + right_slope

    low = min(float(first.min()), -float(second.max())) - 1.0
    high = max(float(first.max()), -float(second.min())) + 1.0
    for _ in range(200):  # towards the ends both sums are of equal terms: widen until the sign changes
        if imbalance(low)[0] <= 0:
            break
        low -= 2 * (high - low)
    for _ in range(200):
        if imbalance(high)[0] >= 0:
            break
        high += 2 * (high - low)
    x = 0.5 * (low + high)
    for _ in range(300):
        value, slope = imbalance(x)
        if value > 0:
            high = x
        else:
            low = x
        step = -value / slope if slope > 0 else math.inf
        if abs(step) <= tolerance * max(1.0, abs(x)):
            return x + step
        x = x + step if low < x + step < high else 0.5 * (low + high)
        if high - low <= 4e-16 * max(abs(low), abs(high)):
            return x
    return x


def _log_sum_expit(x: Array) -> tuple[float, float]:
    """log sum 1 / (1 + exp(-x)) and its derivative under a common shift of x."""
    logs = -np.logaddexp(0.0, -x)
    top = float(logs.max())
    weights = np.exp(logs - top)
    total = float(weights.sum())
    with np.errstate(under="ignore"):
        slope = float(np.dot(weights, np.exp(-np.logaddexp(0.0, x)))) / total
    return top + math.log(total), slope
