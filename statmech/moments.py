"""Weight, mean and covariance of sets of levels, and how disjoint sets join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Moments", "join_all", "join_columns", "weighted_moments"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Weight, mean and covariance of a set of levels."""

    weight: float
    mean: Array
    covariance: Array

    def joined(self, other: Moments) -> Moments:
        """The same of two disjoint sets together (law of total covariance)."""
        total = self.weight + other.weight
        p, q = self.weight / total, other.weight / total
        apart = other.mean - self.mean
        spread = p * self.covariance + q * other.covariance + p * q * np.multiply.outer(apart, apart)
        # p a + q b and not a + q (b - a): a light block far away must not round a heavy one near by
        return Moments(total, p * self.mean + q * other.mean, spread)


def join_all(parts: list[Moments]) -> Moments | None:
    """Join blocks pairwise, always in the same order; None where every weight is 0."""
    parts = [part for part in parts if part.weight > 0.0]
    while len(parts) > 1:
        tail = [parts[-1]] if len(parts) % 2 else []
        parts = [a.joined(b) for a, b in zip(parts[0::2], parts[1::2], strict=False)] + tail
    return parts[0] if parts else None


def weighted_moments(columns: Sequence[Array], weights: Array, work: Array) -> Moments:
    """Moments of quantities (each of shape (n,)) under weights (n,), about their own mean; ``work`` is a buffer."""
    n = len(columns)
    mean, covariance = np.zeros(n), np.zeros((n, n))
    total = float(weights.sum())
    if total == 0.0:
        return Moments(total, mean, covariance)
    for k, column in enumerate(columns):
        mean[k] = np.dot(weights, column) / total
    moved = [work[: weights.size]] if n == 1 else [np.empty(weights.size) for _ in columns]
    for k, column in enumerate(columns):
        np.subtract(column, mean[k], out=moved[k])
    for k in range(n):
        weighted = moved[k] * weights
        for j in range(k + 1):
            covariance[k, j] = covariance[j, k] = np.dot(weighted, moved[j]) / total
        if covariance[k, k] < 1e-12 * mean[k] ** 2:
            # The rounding of the mean itself would show in so narrow a distribution: take it off.
            left = float(weighted.sum()) / total
            mean[k] += left
            moved[k] -= left
            covariance[k, k] = np.dot(moved[k] * weights, moved[k]) / total
    return Moments(total, mean, covariance)


def join_columns(weight: Array, mean: Array, variance: Array) -> tuple[Array, Array, Array]:
    """The same for one quantity and many temperatures: arrays (T, blocks) to (T,), by the law of total variance."""
    while weight.shape[-1] > 1:
        if weight.shape[-1] % 2:  # an empty block changes nothing
            pad = ((0, 0), (0, 1))
            weight, mean, variance = np.pad(weight, pad), np.pad(mean, pad), np.pad(variance, pad)
        a, b = weight[:, 0::2], weight[:, 1::2]
        total = a + b
        q = np.divide(b, total, out=np.zeros_like(total), where=total > 0)
        p = np.divide(a, total, out=np.zeros_like(total), where=total > 0)
        apart = mean[:, 1::2] - mean[:, 0::2]
        variance = p * variance[:, 0::2] + q * variance[:, 1::2] + p * q * apart * apart
        mean = p * mean[:, 0::2] + q * mean[:, 1::2]
        weight = total
    return weight[:, 0], mean[:, 0], variance[:, 0]
