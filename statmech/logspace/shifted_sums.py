"""Sums of exponentials relative to their largest term: the engine of the log-sum-exp family.

    sum_i exp(x_i / tau) = exp(m / tau) (1 + rest),      m = max x (min x for tau < 0)

``rest`` leaves the largest term out instead of subtracting it, so ``m + tau log1p(rest)`` keeps a ``rest`` of 1e-300
(P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41, 2311 (2021), eq. 4.3). The weighted and the complex
sums are in ``weighted_sums``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statmech.logspace.blocks import BLOCK, BlockReader, Box, tiles
from statmech.logspace.exponential_passes import ExponentialPasses

__all__ = ["log_mean", "log_sum", "scaled_sum"]

Array = NDArray[np.floating[Any]]


def scaled_sum(
    x: NDArray[Any],
    reduced: tuple[int, ...],
    tau: float = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> tuple[Array, Array]:
    """Return m and ``rest = sum_i exp((x_i - m) / tau) - 1`` over the axes `reduced`.

    Parameters
    ----------
    x : ndarray, real
        Exponents, in the unit of tau; at least one along `reduced`. Never written to.
    reduced : tuple of int
        Distinct non-negative axes to sum over.
    tau : float
        Finite non-zero scale. m is the maximum for tau > 0 and the minimum for tau < 0.
    where : ndarray of bool, optional
        Broadcasts to `x`; terms that are False are left out.

    Returns
    -------
    m, rest : ndarray of float64 (long double where `x` is), the shape that is left
        m is -inf (+inf for tau < 0) where there is no term; ``rest`` is 0 where m is infinite or nan.

    Examples
    --------
    >>> m, rest = scaled_sum(np.array([0.0, -690.0]), (0,))
    >>> m.item(), rest.item()
    (0.0, 2.171738281389827e-300)
    """

    def work(passes: ExponentialPasses, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        m = passes.largest(kept, boxes)
        return m, _shifted(passes, kept, boxes, m)

    m, rest = _reduce(x, reduced, tau, where, work, 2)
    return m, rest


def log_sum(
    x: NDArray[Any],
    reduced: tuple[int, ...],
    tau: float = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> Array:
    """``tau log sum_i exp(x_i / tau)`` over the axes `reduced`; parameters as in :func:`scaled_sum`.

    The sum is first taken without a shift, in one pass. That is as accurate as with one if nothing over- or
    underflows and the result is not small (Blanchard, Higham and Higham, sec. 3), which the sum itself tells;
    whatever fails the test is summed again relative to its largest term. The choice is made for each result by its own
    terms, so a result does not depend on its neighbours.

    Examples
    --------
    >>> log_sum(np.array([[1000.0, 1000.0], [0.0, -40.0]]), (1,))
    array([1.00069315e+03, 4.24835426e-18])
    """

    def work(passes: ExponentialPasses, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        log: Array | None = None
        first = passes.reader.first(kept)
        likely = np.abs(first / tau) < 600.0  # otherwise the plain sum is not worth trying
        good = likely
        if likely.any():
            log = np.log(passes.plain(kept, boxes))
            size = np.abs(log)
            good = likely & (size > 0.5) & (size < 640.0)  # 640 = log 1e278
            if good.all():
                return (tau * log,)
        m = passes.largest(kept, boxes)
        value = m + tau * np.log1p(_shifted(passes, kept, boxes, m))
        return (value if log is None else np.where(good, tau * log, value),)

    plain = _compiled_log_sum(x, reduced) if tau == 1.0 and where is None else None
    if plain is None:
        return _reduce(x, reduced, tau, where, work, 1)[0]
    value, good = plain
    return value if good.all() else np.where(good, value, _reduce(x, reduced, tau, where, work, 1)[0])


def log_mean(
    x: NDArray[Any],
    reduced: tuple[int, ...],
    terms: NDArray[np.int_],
    tau: float = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> Array:
    """``tau log (1/n) sum_i exp(x_i / tau)`` over the axes `reduced`, n = `terms` for each result.

    Where the exponents hardly differ, the mean of ``exp(d) - 1`` is what is small, and it is summed as such.

    Examples
    --------
    >>> log_mean(np.array([0.0, 2e-20]), (0,), np.array(2)).item()
    1e-20
    """
    flat = np.broadcast_to(terms, tuple(n for i, n in enumerate(x.shape) if i not in reduced))

    def work(passes: ExponentialPasses, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        m = passes.largest(kept, boxes)
        n = flat[kept].ravel()
        mean = (1.0 + _shifted(passes, kept, boxes, m)) / n
        log = np.log(mean)
        close = (mean > 0.5) & np.isfinite(m)
        if close.any():
            distance = passes.shifted_expm1(kept, boxes, np.where(np.isfinite(m), m, 0.0)) / n
            log = np.where(close, np.log1p(distance), log)
        return (m + tau * log,)

    return _reduce(x, reduced, tau, where, work, 1)[0]


def _reduce(
    x: NDArray[Any],
    reduced: tuple[int, ...],
    tau: float,
    where: NDArray[np.bool_] | None,
    work: Callable[[ExponentialPasses, Box, list[Box]], tuple[Array, ...]],
    outputs: int,
) -> tuple[Array, ...]:
    """Call `work` for every box of results and lay what it returns into arrays of the shape that is left."""
    dtype = np.result_type(x.dtype, np.float64)
    reader = BlockReader(x, reduced, where, -np.inf if tau > 0 else np.inf)
    results = tuple(np.empty(reader.kept_shape, dtype) for _ in range(outputs))
    passes = ExponentialPasses(reader, tau, dtype, min(max(BLOCK, reader.kept_limit), x.size))
    with np.errstate(all="ignore"):
        for kept in tiles(reader.kept_shape, reader.kept_limit):
            boxes = list(tiles(reader.away_shape, reader.away_limit))
            for result, value in zip(results, work(passes, kept, boxes), strict=True):
                result[kept] = value.reshape(result[kept].shape)
    return results


def _shifted(passes: ExponentialPasses, kept: Box, boxes: list[Box], m: Array) -> Array:
    finite = np.isfinite(m)
    if finite.all():
        return passes.shifted(kept, boxes, m)
    return np.where(finite, passes.shifted(kept, boxes, np.where(finite, m, 0.0)), 0.0)


def _compiled_log_sum(x: NDArray[Any], reduced: tuple[int, ...]) -> tuple[Array, NDArray[np.bool_]] | None:
    """The same without a shift in one compiled pass, and for which results that is exact enough; None of few terms."""
    from statmech.logspace.compiled_sums import as_rows, row_sums

    rows = as_rows(x, reduced)
    if rows is None:
        return None
    total, inside = row_sums(rows)
    with np.errstate(all="ignore"):
        log = np.log(total)
    size = np.abs(log)
    shape = x.shape[: x.ndim - len(reduced)]
    return log.reshape(shape), (inside & (size > 0.5) & (size < 640.0)).reshape(shape)
