"""Arrays of any axes in cache-sized blocks: how they are cut, read as matrices, and added up pairwise.

Only one block is ever copied; a block whose axes merge is not copied at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "LONG", "BlockReader", "Box", "PairwiseSum", "sum_rows", "tiles"]

Array = NDArray[np.floating[Any]]
Box = tuple[slice, ...]

BLOCK = 65536  # elements: 512 kB of float64 stay in the second-level cache; half as many cost 10 % more
LONG = 64  # an inner loop shorter than this costs more per call than per element


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


def sum_rows(block: Array, half: Array) -> Array:
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


class BlockReader:
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
        self.last = natural != (inner < LONG <= outer)
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
            self.kept_limit = max(LONG, BLOCK // min(max(terms, 1), 16))
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
