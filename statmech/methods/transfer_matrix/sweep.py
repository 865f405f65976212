r"""One site after the other: the vector of a row carried along a lattice, as compiled loops.

Entry j of the vector stands for all states of the sites summed so far, the frontier being in state j. It holds what an
entry of an elimination holds (:mod:`statmech.variable_elimination.sums`: lowest energy as an exact integer, log weight,
mean, variance, observable), and states are merged by the same kernel. The frontier is a queue: its oldest site is the
lowest digit of j, so that a step reads neighbours and writes two streams,

.. math:: v'(a, j) = \sum_o v(j, o) \, e^{-\beta E(o, a) - \beta E(j, a)}

with o the oldest site, summed, and a the new one. Without a field the newest spin is held up and all others are taken
relative to it: the entries with a down are those of the reversed spins, written backwards. That halves the work.

What all entries have in common is taken off now and then, when they are next read, and is returned step by step.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.variable_elimination.sums.merging import COVARIANCE, OBSERVED, merge

__all__ = ["CENTRED", "CHUNK", "Near", "Step", "fold", "multiply", "sweep"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CENTRED = 8  # what is common to all entries is taken off after so many steps
CHUNK = 256  # entries merged at a time: the buffers stay in the first-level cache


class Step(IntEnum):
    """Columns of the steps: what is summed, what is added."""

    OLD = 0  # digit that is summed over, -1 for none
    NEW = 1  # 1 where a site is added
    FIRST = 2  # its bonds are rows FIRST to LAST of the neighbours
    LAST = 3
    FREE = 4  # digits that stay
    SITE = 5  # number of the site that is added


class Near(IntEnum):
    """What stands for a place in the first column of the neighbours, beside the digits from 0 on."""

    OLD = -1  # the digit that is summed over
    NEWEST = -2  # the site that was added last, held in state 0
    FIXED = -3  # and below: number -3 - x of the sites whose state is given


@kernel(error_model="numpy")
def sweep(
    steps: Ints, near: Ints, tables: Ints, sites: Ints, values: Array, fixed: Ints, mirror: bool, beta: float,
    unit: float, chunk: int, arena_e: Ints, arena_w: Array, shift_e: Ints, shift_w: Array,
) -> int:  # fmt: skip
    """Follow the steps from one entry to one entry; which half of the arena it lies in is returned.

    Parameters
    ----------
    steps : array of int, shape (S, 6)
        Columns are those of :class:`Step`.
    near : array of int, shape (K, 2)
        Where a neighbour of the new site is (a digit, or one of :class:`Near`), and the table of the bond.
    tables : array of int, shape (limbs, U, q, q)
        Costs of a bond.
    sites : array of int, shape (limbs, N, q)
        Costs of a site.
    values : array, shape (q,)
        The observable of each state.
    fixed : array of int, shape (w,)
        States of the sites that are given.
    mirror : bool
        Hold the newest spin in state 0 (two states, no field).
    beta, unit : float
        Per unit of cost: what is taken off a log weight, and what is added to a mean.
    chunk : int
        Entries merged at a time: a power of q.
    arena_e, arena_w : array of int and of float, shapes (2, limbs, size) and (2, columns, size)
        Work space.
    shift_e, shift_w : array of int and of float, shapes (limbs, S) and (columns, S)
        Filled with what was taken off after each step, mostly 0.
    """
    limbs, columns, q = tables.shape[0], arena_w.shape[1], tables.shape[2]
    split, observed = limbs > 1, columns > 3
    e, e1 = np.empty((2, chunk), np.int64), np.empty((2, chunk), np.int64)
    w, w1 = np.empty((6, chunk)), np.empty((6, chunk))
    t = np.empty((6, chunk))
    bits = t[1].view(np.int64)
    joint = np.empty((limbs, q, q), np.int64)
    local = np.empty((limbs, q, chunk), np.int64)
    where = np.empty(chunk, np.int64)
    off_e, off_w = np.zeros(limbs, np.int64), np.zeros(columns)
    least_e, least_w = np.empty(limbs, np.int64), np.empty(columns)
    here = 0
    arena_e[0, :, 0] = 0
    arena_w[0, :, 0] = 0.0
    if mirror and observed:
        arena_w[0, OBSERVED, 0] = values[0]  # the first site
    for r in range(steps.shape[0]):
        old, new, first, last, free, site = steps[r]
        q_old, q_new = q if old >= 0 else 1, q if new else 1
        total = q**free
        n = min(total, chunk)
        low = 0
        while low < free and q ** (low + 1) <= n:
            low += 1
        stride = q ** max(old, 0)
        nearby = False
        for limb in range(limbs):
            for a in range(q_new):
                start = sites[limb, site, a] if new else 0
                for x in range(first, last):
                    place = near[x, 0]
                    if place == Near.NEWEST:
                        start += tables[limb, near[x, 1], a, 0]
                    elif place <= Near.FIXED:
                        start += tables[limb, near[x, 1], a, fixed[Near.FIXED - place]]
                for o in range(q_old):
                    joint[limb, o, a] = start - off_e[limb]
                    for x in range(first, last):
                        if near[x, 0] == Near.OLD:
                            joint[limb, o, a] += tables[limb, near[x, 1], a, o]
            for x in range(first, last):
                place = near[x, 0]
                if 0 <= place < low:
                    if not nearby:
                        local[:, :, :n] = 0
                        nearby = True
                    step = q**place
                    for a in range(q_new):
                        for k in range(n):
                            local[limb, a, k] += tables[limb, near[x, 1], a, (k // step) % q]
        if 0 < old < low:
            for k in range(n):
                where[k] = k // stride * stride * q + k % stride
        for c in range(columns):
            least_w[c] = np.inf
        for limb in range(limbs):
            least_e[limb] = 2**62
        there, centred = 1 - here, r % CENTRED == CENTRED - 1
        for start in range(0, total, n):
            for a in range(q_new):
                for o in range(q_old):
                    into_e, into_w = (e, w) if o == 0 else (e1, w1)
                    if old > 0 and old >= low:
                        base = start // stride * stride * q + o * stride + start % stride
                    else:
                        base = start * q_old + o * stride
                    for limb in range(limbs):
                        plus, target, source = joint[limb, o, a], into_e[limb], arena_e[here, limb, base:]
                        if old < 0 or old >= low:
                            for k in range(n):
                                target[k] = source[k] + plus
                        elif old > 0:
                            for k in range(n):
                                target[k] = source[where[k]] + plus
                        elif q == 2:
                            for k in range(n):
                                target[k] = source[2 * k] + plus
                        else:
                            for k in range(n):
                                target[k] = source[q * k] + plus
                    for c in range(columns):
                        less, row, numbers = off_w[c], into_w[c], arena_w[here, c, base:]
                        if old < 0 or old >= low:
                            for k in range(n):
                                row[k] = numbers[k] - less
                        elif old > 0:
                            for k in range(n):
                                row[k] = numbers[where[k]] - less
                        elif q == 2:
                            for k in range(n):
                                row[k] = numbers[2 * k] - less
                        else:
                            for k in range(n):
                                row[k] = numbers[q * k] - less
                    if o > 0:
                        merge(n, beta, unit, e, w, e1, w1, bits, t, columns, split)
                backwards = mirror and a == 1
                out = a * total + (total - n - start if backwards else start)
                for limb in range(limbs):
                    plus = 0
                    for x in range(first, last):
                        if near[x, 0] >= low:
                            plus += tables[limb, near[x, 1], a, (start // q ** near[x, 0]) % q]
                    source, more, target = e[limb], local[limb, a], arena_e[there, limb, out : out + n]
                    if nearby:
                        for k in range(n):
                            source[k] += more[k]
                    if centred:
                        least = least_e[limb]
                        for k in range(n):
                            least = min(least, source[k] + plus)
                        least_e[limb] = least
                    if backwards:
                        for k in range(n):
                            target[n - 1 - k] = source[k] + plus
                    else:
                        for k in range(n):
                            target[k] = source[k] + plus
                for c in range(columns):
                    numbers, row = w[c], arena_w[there, c, out : out + n]
                    if c == OBSERVED and new:
                        moment = values[a]
                        for k in range(n):
                            numbers[k] += moment
                    if backwards:
                        if c in (OBSERVED, COVARIANCE):
                            for k in range(n):
                                row[n - 1 - k] = -numbers[k]
                        else:
                            for k in range(n):
                                row[n - 1 - k] = numbers[k]
                    else:
                        for k in range(n):
                            row[k] = numbers[k]
                    if centred:
                        least_number = least_w[c]
                        for k in range(n):
                            least_number = min(least_number, numbers[k])
                        least_w[c] = least_number
        here = there
        for limb in range(limbs):
            off_e[limb] = shift_e[limb, r] = least_e[limb] if centred else 0
        for c in range(columns):
            off_w[c] = shift_w[c, r] = 0.0 if not centred or (mirror and c in (OBSERVED, COVARIANCE)) else least_w[c]
    for limb in range(limbs):
        arena_e[here, limb, 0] -= off_e[limb]
    for c in range(columns):
        arena_w[here, c, 0] -= off_w[c]
    return here


@kernel(error_model="numpy")
def fold(beta: float, unit: float, e: Ints, w: Array) -> None:
    """Merge all entries of (e, w), shapes (limbs, n) and (columns, n), into the first, halving them again and again."""
    limbs, columns, n = e.shape[0], w.shape[0], e.shape[1]
    split = limbs > 1
    half = (n + 1) // 2
    a, b = np.zeros((2, half), np.int64), np.zeros((2, half), np.int64)
    x, y = np.empty((6, half)), np.empty((6, half))
    t = np.empty((6, half))
    bits = t[1].view(np.int64)
    while n > 1:
        half = n // 2
        rest = n - half
        for limb in range(limbs):
            for k in range(half):
                a[limb, k], b[limb, k] = e[limb, k], e[limb, rest + k]
        for c in range(columns):
            for k in range(half):
                x[c, k], y[c, k] = w[c, k], w[c, rest + k]
        merge(half, beta, unit, a, x, b, y, bits, t, columns, split)
        for limb in range(limbs):
            for k in range(half):
                e[limb, k] = a[limb, k]
        for c in range(columns):
            for k in range(half):
                w[c, k] = x[c, k]
        n = rest


@kernel(error_model="numpy")
def multiply(
    beta: float, unit: float, left_e: Ints, left_w: Array, right_e: Ints, right_w: Array, out_e: Ints, out_w: Array,
    chunk: int, shift_e: Ints, shift_w: Array,
) -> None:  # fmt: skip
    """Product of two matrices whose entries are sets of states, shapes (limbs or columns, rows, n) and (..., n, m).

    What all entries have in common is taken off and stored in the shifts, shapes (limbs,) and (columns,).
    """
    limbs, columns = left_e.shape[0], left_w.shape[0]
    split = limbs > 1
    e, e1 = np.empty((2, chunk), np.int64), np.empty((2, chunk), np.int64)
    w, w1 = np.empty((6, chunk)), np.empty((6, chunk))
    t = np.empty((6, chunk))
    bits = t[1].view(np.int64)
    size = right_e.shape[2]
    for i in range(left_e.shape[1]):
        for start in range(0, size, chunk):
            n = min(chunk, size - start)
            for j in range(right_e.shape[1]):
                into_e, into_w = (e, w) if j == 0 else (e1, w1)
                for limb in range(limbs):
                    plus, target, source = left_e[limb, i, j], into_e[limb], right_e[limb, j, start : start + n]
                    for k in range(n):
                        target[k] = source[k] + plus
                for c in range(columns):
                    more, row, numbers = left_w[c, i, j], into_w[c], right_w[c, j, start : start + n]
                    for k in range(n):
                        row[k] = numbers[k] + more
                if j > 0:
                    merge(n, beta, unit, e, w, e1, w1, bits, t, columns, split)
            for limb in range(limbs):
                out_e[limb, i, start : start + n] = e[limb, :n]
            for c in range(columns):
                out_w[c, i, start : start + n] = w[c, :n]
    for limb in range(limbs):
        shift_e[limb] = out_e[limb].min()
        out_e[limb] -= shift_e[limb]
    for c in range(columns):
        shift_w[c] = out_w[c].min()
        out_w[c] -= shift_w[c]
