"""Sums of exponentials relative to their largest term, in cache-sized blocks: the engine of the log-sum-exp family.

    sum_i exp(x_i / tau) = exp(m / tau) (1 + rest),      m = max x (min x for tau < 0)

``rest`` leaves the largest term out instead of subtracting it, so ``m + tau log1p(rest)`` keeps a ``rest`` of 1e-300
(P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41, 2311 (2021), eq. 4.3). Only one block is ever
copied, one ``exp`` per element is done in place on it, and block sums are added pairwise. The weighted and the complex
sums are in ``weighted_sums``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "PairwiseSum", "log_mean", "log_sum", "scaled_sum", "tiles"]

Array = NDArray[np.floating[Any]]
Box = tuple[slice, ...]

# From this many numbers on a compiled exponential (1 instead of 3 to 5 ns where NumPy has none for the widest
# registers at hand) repays loading numba. Chosen by size alone, so that equal calls have equal bits.
COMPILED_FROM = 500_000
BLOCK = 65536  # elements: 512 kB of float64 stay in the second-level cache; half as many cost 10 % more
_LONG = 64  # an inner loop shorter than this costs more per call than per element


def tiles(shape: tuple[int, ...], limit: int) -> Iterator[Box]:
    """Cut an array into boxes of at most `limit` elements, last axes kept whole as far as possible.

    Examples
    --------
    >>> [[(s.start, s.stop) for s in box] for box in tiles((3, 2), 4)]
    [[(0, 2), (None, None)], [(2, 3), (None, None)]]
    """
    size, split = 1, len(shape)
    while split and size * shape[split - 1] <= limit:
        split -= 1
        size *= shape[split]
    whole = (slice(None),) * (len(shape) - split)
    if split == 0:
        yield whole
        return
    step = max(1, limit // size)
    for lead in np.ndindex(*shape[: split - 1]):
        head = tuple(slice(i, i + 1) for i in lead)
        for start in range(0, shape[split - 1], step):
            yield (*head, slice(start, min(start + step, shape[split - 1])), *whole)


class PairwiseSum:
    """A sum of many arrays of one shape whose rounding error grows as the logarithm of their number.

    Examples
    --------
    >>> total = PairwiseSum()
    >>> for _ in range(1000):
    ...     total.add(np.array([0.1]))
    >>> round(total.value().item(), 12)
    100.0
    """

    def __init__(self) -> None:
        self._partial: list[tuple[int, Array]] = []

    def add(self, value: Array) -> None:
        """Add one more array; it is kept, not copied."""
        level = 0
        while self._partial and self._partial[-1][0] == level:
            value = self._partial.pop()[1] + value
            level += 1
        self._partial.append((level, value))

    def value(self) -> Array:
        """Return the sum so far."""
        total = self._partial[-1][1]
        for _, value in self._partial[-2::-1]:
            total = value + total
        return total


def _sum_rows(block: Array, half: Array) -> Array:
    """Sum over axis 0 pairwise, by halving, with `half` (flat, half as large) as the workspace."""
    rows, columns = block.shape
    if rows < 8:
        return np.asarray(np.add.reduce(block, axis=0))
    middle = rows // 2
    work = half[: middle * columns].reshape(middle, columns)
    np.add(block[:middle], block[middle : 2 * middle], out=work)
    if rows % 2:
        work[0] += block[-1]
    while middle >= 8:
        rows, middle = middle, middle // 2
        work[:middle] += work[middle : 2 * middle]
        if rows % 2:
            work[0] += work[rows - 1]
    return np.asarray(np.add.reduce(work[:middle], axis=0))


class _Reader:
    """Reads an array block by block as a matrix: kept x reduced (`last`), or reduced x kept."""

    def __init__(self, x: Array, reduced: tuple[int, ...], where: NDArray[np.bool_] | None, fill: float) -> None:
        kept = [i for i in range(x.ndim) if i not in reduced]
        away = sorted(reduced, key=lambda i: -abs(x.strides[i]))  # along memory, whatever the order of the axes
        self.kept_shape = tuple(x.shape[i] for i in kept)
        self.away_shape = tuple(x.shape[i] for i in away)
        count, terms = prod(self.kept_shape), prod(self.away_shape)
        # The inner axis of the block is the one along memory, unless that one is too short to be looped over.
        natural = not kept or (bool(away) and abs(x.strides[away[-1]]) <= abs(x.strides[kept[-1]]))
        inner, outer = (terms, count) if natural else (count, terms)
        self.last = natural != (inner < _LONG <= outer)
        order = [*kept, *away] if self.last else [*away, *kept]
        self.view = x.transpose(order)
        self.where = None if where is None else np.broadcast_to(where, x.shape).transpose(order)
        self.fill = fill
        self.direct = self.last == natural and where is None and x.dtype.kind == "f" and x.dtype.itemsize >= 8
        self.axis = 1 if self.last else 0
        if self.last:
            self.kept_limit = max(1, BLOCK // max(terms, 1))
            self.away_limit = BLOCK
        else:
            self.kept_limit = max(_LONG, BLOCK // min(max(terms, 1), 16))
            self.away_limit = max(1, BLOCK // max(1, min(count, self.kept_limit)))

    def read(self, kept: Box, away: Box, buffer: Array) -> tuple[Array, Array]:
        """Return one block as a matrix to read from, and the part of `buffer` that has its shape."""
        box = self.box(kept, away)
        block = self.view[box]
        split = len(kept) if self.last else len(away)
        shape = prod(block.shape[:split]), prod(block.shape[split:])
        out = buffer[: block.size].reshape(shape)
        if self.direct:
            try:
                return np.reshape(block, shape, copy=False), out
            except ValueError:
                pass  # axes that do not merge: one block is copied
        target = out.reshape(block.shape)
        np.copyto(target, block, casting="same_kind")
        self.hide(target, box, self.fill)
        return out, out

    def box(self, kept: Box, away: Box) -> Box:
        """Return the index of a block in the view."""
        return (*kept, *away) if self.last else (*away, *kept)

    def hide(self, target: Array, box: Box, value: float) -> None:
        """Write `value` over the terms that `where` leaves out."""
        if self.where is not None:
            np.copyto(target, value, where=~self.where[box])

    def first(self, kept: Box) -> Array:
        """Return the first term of every sum in the box, as a vector of floats."""
        zeros = (0,) * len(self.away_shape)
        place: tuple[slice | int, ...] = (*kept, *zeros) if self.last else (*zeros, *kept)
        return np.asarray(self.view[place], dtype=np.float64).ravel()


class _Kernel:
    """One blocked pass over the terms of a box of results: exponentials in place, sums pairwise."""

    def __init__(self, reader: _Reader, tau: float, dtype: np.dtype[Any], size: int) -> None:
        self.reader, self.tau = reader, tau
        self.exp = _compiled_exp if dtype == np.float64 and reader.view.size >= COMPILED_FROM else _exp
        self.buffer, self.half = np.empty(size, dtype), np.empty(size // 2, dtype)
        self.extreme = np.maximum if tau > 0 else np.minimum
        self.spread = (slice(None), None) if reader.last else (None, slice(None))

    def add_up(self, block: Array) -> Array:
        if not self.reader.last:
            return _sum_rows(block, self.half)
        if block.shape[1] < _LONG:  # in the same order as if there were enough rows to transpose
            return _sum_rows(np.ascontiguousarray(block.T), self.half)
        return np.asarray(np.add.reduce(block, axis=1))

    def largest(self, kept: Box, boxes: list[Box]) -> Array:
        found: Array | None = None
        for away in boxes:
            block = self.reader.read(kept, away, self.buffer)[0]
            here = self.extreme.reduce(block, axis=self.reader.axis)
            found = here if found is None else self.extreme(found, here)
        return np.asarray(found)

    def divided(self, block: Array, out: Array) -> Array:
        return np.divide(block, self.tau, out=out) if self.tau != 1.0 else block

    def plain(self, kept: Box, boxes: list[Box]) -> Array:
        """``sum exp(x / tau)`` as it stands: exact enough unless it overflows, underflows or is close to 1."""
        total = PairwiseSum()
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            total.add(self.add_up(self.exp(self.divided(block, out), out)))
        return total.value()

    def shifted(self, kept: Box, boxes: list[Box], m: Array, eager: bool = False) -> Array:
        """``sum exp((x - m) / tau) - 1`` with the 1 of the largest term left out, not subtracted."""
        total, others, ones = PairwiseSum(), PairwiseSum(), PairwiseSum()
        missed: Any = False
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            np.subtract(block, m[self.spread], out=out)
            whole = small = self.add_up(self.exp(self.divided(out, out), out))
            total.add(whole)
            # A sum in [1, 2) may hide small terms behind the 1 of the largest: add them up without it. In one block of
            # many that is done where it is likely to be needed.
            near = (whole >= 1.0) & (whole < 2.0)
            if near.any():
                if eager or len(boxes) == 1 or 2 * np.count_nonzero(near) > near.size:
                    np.multiply(out, out < 1.0, out=out)
                    small = np.where(near, self.add_up(out), whole)
                else:
                    missed = missed | near
            ones.add(np.rint(whole - small))
            others.add(small)
        sum_ = total.value()
        close = sum_ < 2.0
        if (close & missed).any():
            return self.shifted(kept, boxes, m, eager=True)
        return np.where(close, (ones.value() - 1.0) + others.value(), sum_ - 1.0)

    def shifted_expm1(self, kept: Box, boxes: list[Box], m: Array) -> Array:
        """``sum expm1((x - m) / tau)``: the terms' distances from 1, for sums near their number."""
        total = PairwiseSum()
        for away in boxes:
            block, out = self.reader.read(kept, away, self.buffer)
            np.subtract(block, m[self.spread], out=out)
            np.expm1(self.divided(out, out), out=out)
            box = self.reader.box(kept, away)
            self.reader.hide(out.reshape(self.reader.view[box].shape), box, 0.0)
            total.add(self.add_up(out))
        return total.value()


def _exp(block: Array, out: Array) -> Array:
    """``exp(block)`` into `out`, which may be `block`.

    Vectorised exponentials take a slow path where they underflow (35 ns per element against 0.6), so where
    a sample says that there are such elements, exp(x) = exp(max(x, -700)) exp(min(x + 700, 0)).
    """
    if out.dtype != np.float64 or not np.minimum.reduce(block[:, ::16], axis=None) < -700.0:
        return np.exp(block, out=out)
    tail = block + 700.0
    np.clip(tail, -100.0, 0.0, out=tail)
    np.exp(tail, out=tail)
    np.maximum(block, -700.0, out=out)
    np.exp(out, out=out)
    out *= tail
    return out


def _compiled_exp(block: Array, out: Array) -> Array:
    """The same, compiled, where all exponents of the block lie between -708 and 708."""
    from statmech.exponential import exponentials

    if block.flags.c_contiguous and out.flags.c_contiguous:
        x, y = np.asarray(block.reshape(-1), np.float64), np.asarray(out.reshape(-1), np.float64)  # the same memory
        if exponentials(x, y):
            return out
    return _exp(block, out)


def _run(
    x: NDArray[Any],
    reduced: tuple[int, ...],
    tau: float,
    where: NDArray[np.bool_] | None,
    work: Callable[[_Kernel, Box, list[Box]], tuple[Array, ...]],
    outputs: int,
) -> tuple[Array, ...]:
    """Call `work` for every box of results and lay what it returns into arrays of the shape that is left."""
    dtype = np.result_type(x.dtype, np.float64)
    reader = _Reader(x, reduced, where, -np.inf if tau > 0 else np.inf)
    results = tuple(np.empty(reader.kept_shape, dtype) for _ in range(outputs))
    kernel = _Kernel(reader, tau, dtype, min(max(BLOCK, reader.kept_limit), x.size))
    with np.errstate(all="ignore"):
        for kept in tiles(reader.kept_shape, reader.kept_limit):
            boxes = list(tiles(reader.away_shape, reader.away_limit))
            for result, value in zip(results, work(kernel, kept, boxes), strict=True):
                result[kept] = value.reshape(result[kept].shape)
    return results


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

    def work(kernel: _Kernel, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        m = kernel.largest(kept, boxes)
        return m, _shifted(kernel, kept, boxes, m)

    m, rest = _run(x, reduced, tau, where, work, 2)
    return m, rest


def _shifted(kernel: _Kernel, kept: Box, boxes: list[Box], m: Array) -> Array:
    finite = np.isfinite(m)
    if finite.all():
        return kernel.shifted(kept, boxes, m)
    return np.where(finite, kernel.shifted(kept, boxes, np.where(finite, m, 0.0)), 0.0)


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

    def work(kernel: _Kernel, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        log: Array | None = None
        first = kernel.reader.first(kept)
        likely = np.abs(first / tau) < 600.0  # otherwise the plain sum is not worth trying
        good = likely
        if likely.any():
            log = np.log(kernel.plain(kept, boxes))
            size = np.abs(log)
            good = likely & (size > 0.5) & (size < 640.0)  # 640 = log 1e278
            if good.all():
                return (tau * log,)
        m = kernel.largest(kept, boxes)
        value = m + tau * np.log1p(_shifted(kernel, kept, boxes, m))
        return (value if log is None else np.where(good, tau * log, value),)

    plain = _compiled_log_sum(x, reduced) if tau == 1.0 and where is None else None
    if plain is None:
        return _run(x, reduced, tau, where, work, 1)[0]
    value, good = plain
    return value if good.all() else np.where(good, value, _run(x, reduced, tau, where, work, 1)[0])


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

    def work(kernel: _Kernel, kept: Box, boxes: list[Box]) -> tuple[Array, ...]:
        m = kernel.largest(kept, boxes)
        n = flat[kept].ravel()
        mean = (1.0 + _shifted(kernel, kept, boxes, m)) / n
        log = np.log(mean)
        close = (mean > 0.5) & np.isfinite(m)
        if close.any():
            distance = kernel.shifted_expm1(kept, boxes, np.where(np.isfinite(m), m, 0.0)) / n
            log = np.where(close, np.log1p(distance), log)
        return (m + tau * log,)

    return _run(x, reduced, tau, where, work, 1)[0]
