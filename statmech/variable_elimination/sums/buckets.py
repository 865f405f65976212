"""One bucket after the other: its operands joined, its variable summed over, in chunks that stay in the cache."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.variable_elimination.base import FORBIDDEN, Bucket, Operand, OperandKind, operand_address
from statmech.variable_elimination.sums.merging import OBSERVED, merge

__all__ = ["eliminate"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_HALF = FORBIDDEN // 2


@kernel(error_model="numpy")
def _fill(
    state: int, value: float, n: int, first: int, last: int, operands: Ints, lists: Ints, costs: Ints, local: Ints,
    place: Ints, e: Ints, w: Array, arena_e: Ints, arena_w: Array, columns: int, limbs: int,
) -> None:  # fmt: skip
    """Join all operands of a bucket at one state of its variable, for one chunk."""
    for limb in range(limbs):
        start = 0
        for o in range(first, last):
            if operands[o, Operand.KIND] == OperandKind.HIGH:
                start = min(start + int(costs[limb, place[o] + state * operands[o, Operand.STRIDE]]), FORBIDDEN)
        into = e[limb]
        for k in range(n):
            into[k] = min(start + local[limb, state, k], FORBIDDEN)
    for c in range(columns):
        w[c, :n] = 0.0
    if columns > 3:
        w[OBSERVED, :n] = value
    for o in range(first, last):
        kind, base = operands[o, Operand.KIND], place[o] + state * operands[o, Operand.STRIDE]
        where = lists[operands[o, Operand.LOW] : operands[o, Operand.LOW] + n]
        if kind == OperandKind.TABLE and operands[o, Operand.IN_ORDER]:
            for limb in range(limbs):
                into, source = e[limb], arena_e[limb, base : base + n]
                for k in range(n):
                    into[k] = min(into[k] + source[k], FORBIDDEN)
            for c in range(columns):
                row, numbers = w[c], arena_w[c, base : base + n]
                for k in range(n):
                    row[k] += numbers[k]
        elif kind == OperandKind.TABLE:
            for limb in range(limbs):
                into, source = e[limb], arena_e[limb, base:]
                for k in range(n):
                    into[k] = min(into[k] + source[where[k]], FORBIDDEN)
            for c in range(columns):
                row, numbers = w[c], arena_w[c, base:]
                for k in range(n):
                    row[k] += numbers[where[k]]
        elif kind == OperandKind.MIXED:
            for limb in range(limbs):
                into, source = e[limb], costs[limb, base:]
                for k in range(n):
                    into[k] = min(into[k] + source[where[k]], FORBIDDEN)


@kernel(error_model="numpy")
def _centre(whole: Ints, numbers: Array, size: int, some: bool) -> float:
    """Take the least of the numbers off them and return it; entries that are forbidden become 0."""
    least = np.inf
    if some:
        for k in range(size):
            least = min(least, numbers[k] if whole[k] < _HALF else np.inf)
        for k in range(size):
            numbers[k] = numbers[k] - least if whole[k] < _HALF else 0.0
    else:
        for k in range(size):
            least = min(least, numbers[k])
        for k in range(size):
            numbers[k] -= least
    return least


@kernel(error_model="numpy")
def _local_costs(first: int, last: int, q: int, n: int, operands: Ints, lists: Ints, costs: Ints) -> Ints:
    """Factors that do not depend on the chunk, added up: shape (limbs, states, n)."""
    limbs = costs.shape[0]
    local = np.zeros((limbs, q, n), np.int64)
    for o in range(first, last):
        if operands[o, Operand.KIND] == OperandKind.LOW:
            for limb in range(limbs):
                for s in range(q):
                    base = operands[o, Operand.SOURCE] + s * operands[o, Operand.STRIDE]
                    for k in range(n):
                        added = local[limb, s, k] + costs[limb, base + lists[operands[o, Operand.LOW] + k]]
                        local[limb, s, k] = min(added, FORBIDDEN)
    return local


@kernel(error_model="numpy")
def _place(
    b: int, h: int, first: int, last: int, buckets: Ints, operands: Ints, lists: Ints, slot: int, place: Ints
) -> None:
    """Addresses of all operands of a bucket for chunk h."""
    for o in range(first, last):
        place[o] = operand_address(b, o, h, buckets, operands, lists, slot)


@kernel(error_model="numpy")
def _take_off(
    b: int, out: int, size: int, lowest: np.int64, arena_e: Ints, arena_w: Array, shift_e: Ints, shift_w: Array
) -> None:  # fmt: skip
    """What is common to the entries of a table goes to the shifts."""
    into = arena_e[0, out : out + size]
    some = False
    for k in range(size):
        some = some or into[k] >= _HALF
        into[k] = into[k] - lowest if into[k] < _HALF else FORBIDDEN
    shift_e[0, b] = lowest
    if arena_e.shape[0] > 1:
        rest = FORBIDDEN
        fine = arena_e[1, out : out + size]
        for k in range(size):
            rest = min(rest, int(fine[k]) if into[k] < _HALF else FORBIDDEN)
        for k in range(size):
            fine[k] = int(fine[k]) - rest if into[k] < _HALF else 0
        shift_e[1, b] = rest
    for c in range(arena_w.shape[0]):
        shift_w[c, b] = _centre(into, arena_w[c, out : out + size], size, some)


@kernel(error_model="numpy")
def eliminate(
    buckets: Ints, operands: Ints, lists: Ints, costs: Ints, values: Array, starts: Ints, beta: float, unit: float,
    slot: int, arena_e: Ints, arena_w: Array, shift_e: Ints, shift_w: Array, chunk: int,
) -> bool:  # fmt: skip
    """All buckets in order. What is common to the entries of a table goes to the shifts; False where nothing is."""
    columns, limbs = arena_w.shape[0], arena_e.shape[0]
    split = limbs > 1
    e, e1 = np.empty((2, chunk), np.int64), np.empty((2, chunk), np.int64)
    w, w1 = np.empty((6, chunk)), np.empty((6, chunk))
    t = np.empty((6, chunk))
    bits = t[1].view(np.int64)
    place = np.empty(operands.shape[0], np.int64)
    for b in range(buckets.shape[0]):
        q, size, n = buckets[b, Bucket.STATES], buckets[b, Bucket.SIZE], buckets[b, Bucket.LOW]
        first, last = buckets[b, Bucket.FIRST], buckets[b, Bucket.LAST]
        out = buckets[b, slot]
        local = _local_costs(first, last, q, n, operands, lists, costs)
        lowest = np.int64(FORBIDDEN)
        for h in range(size // n):
            _place(b, h, first, last, buckets, operands, lists, slot, place)
            for s in range(q):
                value = values[starts[buckets[b, Bucket.VARIABLE]] + s] if columns > 3 else 0.0
                if s == 0:
                    _fill(
                        s, value, n, first, last, operands, lists, costs, local, place, e, w, arena_e, arena_w,
                        columns, limbs,
                    )  # fmt: skip
                else:
                    _fill(
                        s, value, n, first, last, operands, lists, costs, local, place, e1, w1, arena_e, arena_w,
                        columns, limbs,
                    )  # fmt: skip
                    merge(n, beta, unit, e, w, e1, w1, bits, t, columns, split)
            start = out + h * n
            for limb in range(limbs):
                arena_e[limb, start : start + n] = e[limb, :n]
            for k in range(n):
                lowest = min(lowest, e[0, k])
            for c in range(columns):
                arena_w[c, start : start + n] = w[c, :n]
        if lowest >= _HALF:
            return False
        _take_off(b, out, size, lowest, arena_e, arena_w, shift_e, shift_w)
    return True
