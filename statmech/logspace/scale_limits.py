"""The limits of ``tau log sum_i b_i exp(a_i / tau)``: tau -> 0 is the maximum, tau -> inf compares sum b with 1."""

from __future__ import annotations

import math
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError

__all__ = ["infinite_scale", "maximum"]


def maximum(
    x: NDArray[Any], weights: NDArray[Any] | None, axes: tuple[int, ...], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """tau -> 0+: the largest exponent of a positive weight."""
    live: Any = True if mask is None else mask
    if weights is not None:
        wrong = ~(weights >= 0) & live
        if wrong.any():
            raise InputError(
                f"b: expected weights >= 0 at tau = 0, got {weights[wrong].flat[0]}; the maximum has no sign"
            )
        live = live & (weights > 0)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    value = np.asarray(np.maximum.reduce(x, axis=axes, initial=-np.inf, where=live))
    return value, np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0))


def infinite_scale(
    x: NDArray[Any], weights: NDArray[Any] | None, axes: tuple[int, ...], tau: float, mask: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """tau -> inf: tau log B + (sum b a) / B, so that B = sum b against 1 decides."""
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = tuple(x.shape[i] for i in kept)

    def rows(y: Any, dtype: Any) -> list[list[Any]]:
        whole = np.broadcast_to(y, x.shape).transpose([*kept, *axes]).astype(dtype)
        return whole.reshape(prod(shape), prod(x.shape[i] for i in axes)).tolist()

    flip = math.copysign(1.0, tau)
    value, sign = [], []
    live = rows(True if mask is None else mask, np.bool_)
    for a, b, use in zip(rows(x, np.float64), rows(1.0 if weights is None else weights, np.float64), live, strict=True):
        if not all(math.isfinite(w) for w, u in zip(b, use, strict=True) if u):
            raise InputError("b: expected finite weights at infinite tau, got inf or nan; use a finite tau")
        terms = [(flip * v, w) for v, w, u in zip(a, b, use, strict=True) if u and w != 0.0 and flip * v != -math.inf]
        v, s = _limit_of_sum(terms)
        value.append(flip * v)
        sign.append(s)
    return np.array(value).reshape(shape), np.array(sign).reshape(shape)


def _limit_of_sum(terms: list[tuple[float, float]]) -> tuple[float, float]:
    infinite = {math.copysign(1.0, w) for v, w in terms if v == math.inf}
    if len(infinite) == 2 or any(math.isnan(v) for v, _ in terms):
        return math.nan, math.nan
    if infinite:
        return math.inf, infinite.pop()
    total = math.fsum(w for _, w in terms)
    mean = math.fsum(w * v for v, w in terms)
    if total == 0.0:
        return -math.inf, (mean > 0) - (mean < 0)
    if abs(total) == 1.0:
        return mean / total, total
    return (math.inf if abs(total) > 1.0 else -math.inf), math.copysign(1.0, total)
