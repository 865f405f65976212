"""From an order to flat arrays that a compiled loop can follow: addresses, strides, shapes; no numbers yet.

The table of a bucket is laid out row-major over the axes of its largest incoming table, with the new variables where
the eliminated one was: mostly the table is then read in the order in which it is written. Its entries are walked
through in chunks over the last axes; addresses in other tables are a list within the chunk and digits beyond it.
"""

from __future__ import annotations

from bisect import insort
from math import prod

import numpy as np
import numpy.typing as npt

from statmech.errors import ResourceError
from statmech.networks import Network
from statmech.variable_elimination.base import Bucket, Operand, OperandKind, Order, Plan

__all__ = ["make_plan"]

_LOW = 512  # entries of the lower half: the buffers of one chunk stay in the first-level cache
_MOST_ENTRIES = 2**40  # addresses beyond this are a mistake, not a memory

Ints = npt.NDArray[np.int64]
_Axes = tuple[int, ...]
_K = OperandKind


def make_plan(network: Network, order: Order) -> Plan:
    """Lay out all tables of an elimination.

    Parameters
    ----------
    network : Network
        Its variables and the scopes of its factors; its numbers do not matter.
    order : Order
        A complete order of the same network.

    Returns
    -------
    Plan
        To be bound to numbers.

    Raises
    ------
    ResourceError
        If the order was given up on when it was analysed: its tables are too large.

    Examples
    --------
    >>> from statmech.variable_elimination.base import order_of
    >>> pair = Network.from_factors([2, 3], [([0, 1], np.zeros((2, 3)))])
    >>> make_plan(pair, order_of(pair, [0, 1], "natural")).arena
    4
    """
    if not order.complete or order.peak > _MOST_ENTRIES:
        raise ResourceError(f"elimination: tables of width {order.width} and {order.peak:.1e} entries are too large")
    count = network.size
    cards = network.cardinalities.tolist()
    bucket_of = np.empty(count, dtype=np.int64)
    bucket_of[list(order.variables)] = np.arange(count)
    own = _factors_by_bucket(network, bucket_of)
    place = bucket_of.tolist()
    children: list[list[int]] = [[] for _ in range(count)]
    strides_of: list[dict[int, int]] = []
    axes_of: list[_Axes] = []
    lists, memory, kept = _Lists(), _Memory(), 0
    table, mixed, on_high, on_low = (int(kind) for kind in (_K.TABLE, _K.MIXED, _K.HIGH, _K.LOW))
    buckets: list[tuple[int, ...]] = []
    operands: list[tuple[int, ...]] = []
    for b, (v, separator) in enumerate(zip(order.variables, order.separators, strict=True)):
        incoming = children[b]
        axes = _axes(v, separator, [axes_of[c] for c in incoming])
        shape = tuple([cards[u] for u in axes])
        strides = _row_major(shape)
        size = prod(shape)
        split, low = len(axes), 1
        while split and (low == 1 or low * shape[split - 1] <= _LOW):
            split -= 1
            low *= shape[split]
        first = len(operands)
        for c in incoming:
            theirs = strides_of[c]
            in_order = all(theirs.get(u, 0) == strides[k] for k, u in enumerate(axes) if k >= split)
            high, addresses = lists.steps(axes[:split], theirs), lists.addresses(axes[split:], shape[split:], theirs)
            operands.append((table, c, theirs[v], high, addresses, in_order))
        for base, scope, steps in own[b]:
            theirs = dict(zip(scope, steps, strict=True))
            in_high = any(u in theirs for u in axes[:split])
            in_low = any(u in theirs for u in axes[split:])
            kind = mixed if in_high and in_low else on_high if in_high else on_low
            high, addresses = lists.steps(axes[:split], theirs), lists.addresses(axes[split:], shape[split:], theirs)
            operands.append((kind, base, theirs[v], high, addresses, 0))
        slot = memory.take(size)
        for c in incoming:
            memory.give(buckets[c][4], buckets[c][2])  # Bucket.SLOT, Bucket.SIZE
        shape_start = lists.find(shape[:split])
        buckets.append((v, cards[v], size, low, slot, kept, first, len(operands), split, shape_start))
        kept += size
        axes_of.append(axes)
        strides_of.append(dict(zip(axes, strides, strict=True)))
        if separator:
            children[place[separator[0]]].append(b)
    return Plan(
        order=order,
        buckets=_table(buckets, len(Bucket)),
        operands=_table(operands, len(Operand)),
        lists=np.concatenate(lists.arrays) if lists.arrays else np.zeros(0, dtype=np.int64),
        arena=memory.top,
        kept=kept,
        axes=tuple(axes_of),
    )


def _table(rows: list[tuple[int, ...]], columns: int) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, columns)


def _axes(v: int, separator: _Axes, incoming: list[_Axes]) -> _Axes:
    """Axes of the table left by v: those of the largest incoming one, new variables in the place of v."""
    if len(separator) < 2 or not incoming:
        return separator
    model = max(incoming, key=len)
    known = set(model)
    new = tuple(u for u in separator if u not in known)
    at = model.index(v)
    return model[:at] + new + model[at + 1 :]


def _row_major(shape: tuple[int, ...]) -> list[int]:
    strides, step = [], 1
    for q in reversed(shape):
        strides.append(step)
        step *= q
    strides.reverse()
    return strides


def _factors_by_bucket(network: Network, bucket_of: Ints) -> list[list[tuple[int, list[int], list[int]]]]:
    """(address, variables, strides) of the factors of each bucket: those whose first-eliminated variable it is."""
    own: list[list[tuple[int, list[int], list[int]]]] = [[] for _ in range(network.size)]
    address = 0
    for batch in network.factors:
        shape = batch.scores.shape[1:]
        size, steps = prod(shape), _row_major(shape)
        if batch.arity and len(batch):
            where = bucket_of[batch.variables].min(axis=1).tolist()
            for row, (b, scope) in enumerate(zip(where, batch.variables.tolist(), strict=True)):
                own[b].append((address + row * size, scope, steps))
        address += size * len(batch)
    return own


class _Lists:
    """Short lists of integers one after the other, equal ones kept once."""

    def __init__(self) -> None:
        self.arrays: list[Ints] = []
        self._end = 0
        self._known: dict[tuple[_Axes, ...], int] = {}
        self._digits: dict[_Axes, Ints] = {}

    def find(self, numbers: _Axes) -> int:
        """Where a list begins."""
        return self._add((numbers,), np.array(numbers, dtype=np.int64)) if numbers else 0

    def steps(self, axes: _Axes, strides: dict[int, int]) -> int:
        """Where the strides of another table along these axes begin."""
        return self.find(tuple([strides.get(u, 0) for u in axes])) if axes else 0

    def addresses(self, axes: _Axes, shape: _Axes, strides: dict[int, int]) -> int:
        """Where the addresses in another table begin, for all digits of these axes in row-major order."""
        steps = tuple([strides.get(u, 0) for u in axes])
        start = self._known.get((shape, steps))
        if start is not None:
            return start
        digits = self._digits.get(shape)
        if digits is None:
            digits = self._digits[shape] = np.indices(shape, dtype=np.int64).reshape(len(shape), prod(shape))
        return self._add((shape, steps), np.array(steps, dtype=np.int64) @ digits)

    def _add(self, key: tuple[_Axes, ...], numbers: Ints) -> int:
        start = self._known.get(key)
        if start is None:
            start = self._known[key] = self._end
            self.arrays.append(numbers)
            self._end += numbers.size
        return start


class _Memory:
    """Where tables lie: first fit among the gaps, neighbouring gaps joined."""

    def __init__(self) -> None:
        self.top = 0
        self._gaps: list[tuple[int, int]] = []  # (start, end), sorted

    def take(self, size: int) -> int:
        for k, (start, end) in enumerate(self._gaps):
            if end - start >= size:
                if end - start == size:
                    del self._gaps[k]
                else:
                    self._gaps[k] = (start + size, end)
                return start
        start = self.top
        if self._gaps and self._gaps[-1][1] == self.top:  # the last gap touches the end: grow from there
            start = self._gaps.pop()[0]
        self.top = start + size
        return start

    def give(self, start: int, size: int) -> None:
        gap = (start, start + size)
        insort(self._gaps, gap)
        k = self._gaps.index(gap)
        if k + 1 < len(self._gaps) and self._gaps[k + 1][0] == gap[1]:
            self._gaps[k : k + 2] = [(gap[0], self._gaps[k + 1][1])]
        if k and self._gaps[k - 1][1] == gap[0]:
            self._gaps[k - 1 : k + 1] = [(self._gaps[k - 1][0], self._gaps[k][1])]
