"""Nested dissection: in which order the vertices of the dual are joined.

A. George, SIAM J. Numer. Anal. 10, 345 (1973); R. J. Lipton, D. J. Rose and R. E. Tarjan, ibid. 16, 346 (1979): with
separators of length sqrt(n) the elimination costs n^{3/2}.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from statmech.kernels import kernel
from statmech.methods.planar.base import Dual, Floats, Ints, Leaf, Merge, Step

__all__ = ["elimination_plan"]

Int: TypeAlias = Any  # int64 inside kernels, int outside


def elimination_plan(dual: Dual, leaf: int) -> list[Step]:
    """Steps in an order in which every step's regions come before it; the last one leaves no row.

    Parameters
    ----------
    dual : Dual
        What is eliminated.
    leaf : int
        Regions of at most so many vertices are eliminated directly.
    """
    rotation = dual.rotation
    vertices = int(rotation.vertex.max()) + 1 if rotation.vertex.size else 0
    if vertices == 0:
        return []
    degree = np.bincount(rotation.vertex, minlength=vertices)
    start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    other = rotation.vertex[rotation.order ^ 1]
    place, cuts = _dissect(start, other, leaf)
    position = np.empty(rotation.vertex.size, dtype=np.int64)
    steps: list[Step] = []
    rows: list[Ints] = []
    pending: list[int] = []
    for low, middle, high in cuts[::-1].tolist():  # children come after their parent in the list of cuts
        if middle < 0:
            half = np.concatenate([rotation.order[start[v] : start[v + 1]] for v in place[low:high]])
            vertex = rotation.vertex[half]
            along = np.arange(half.size)
            pattern = (vertex[:, None] == vertex) * np.sign(along - along[:, None]).astype(np.float64)
            twin = half[:, None] == half ^ 1
            joined = twin * _signs(dual, half)[:, None]
            inside = twin.any(axis=1)
            steps.append(Leaf(half, pattern, joined, np.flatnonzero(inside), np.flatnonzero(~inside)))
            rows.append(half[~inside])
        else:
            left, right = pending.pop(), pending.pop()
            a, b = rows[left], rows[right]
            position[:] = -1
            position[b] = np.arange(b.size)
            met = position[a ^ 1]
            inner_left = np.flatnonzero(met >= 0)
            inner_right = met[inner_left]
            outer_left = np.flatnonzero(met < 0)
            outer_right = np.setdiff1d(np.arange(b.size), inner_right)
            sign = _signs(dual, a[inner_left])
            steps.append(Merge(left, right, inner_left, inner_right, sign, outer_left, outer_right))
            rows.append(np.concatenate([a[outer_left], b[outer_right]]))
        pending.append(len(steps) - 1)
    return steps


def _signs(dual: Dual, half: Ints) -> Floats:
    """K between each half-edge and the other end of its edge."""
    signs: Floats = (dual.sign[half >> 1] * (1 - 2 * (half & 1))).astype(np.float64)
    return signs


@kernel()
def _dissect(start: Ints, other: Ints, leaf: Int) -> tuple[Ints, Ints]:
    """Vertices in an order in which every region is a slice, and the slices (low, middle, high), parents first.

    A region is cut where few edges cross, near the middle of its vertices sorted by distance from one end less that
    from the other end; two pairs of ends are tried.
    """
    n = start.size - 1
    place = np.arange(n)
    part = np.zeros(n, np.int64)
    cuts = np.empty((2 * n, 3), np.int64)
    stack = np.empty((n + 1, 2), np.int64)
    far = np.zeros((4, n), np.int64)
    queue = np.empty(n, np.int64)
    rank = np.empty(n, np.int64)
    best_order = np.empty(n, np.int64)
    stack[0, 0], stack[0, 1] = 0, n
    depth, made, name = 1, 0, 0
    while depth > 0:
        depth -= 1
        low, high = stack[depth, 0], stack[depth, 1]
        size = high - low
        cuts[made, 0], cuts[made, 1], cuts[made, 2] = low, -1, high
        made += 1
        if size <= leaf:
            continue
        name += 1
        for i in range(low, high):
            part[place[i]] = name
        reached = _distances(place[low], start, other, part, name, place[low:high], far[0], queue)
        middle = low
        if reached < size:  # not connected: one part, and the rest
            for i in range(reached):
                best_order[i] = queue[i]
                part[queue[i]] = 0
            k = reached
            for i in range(low, high):
                if part[place[i]] == name:
                    best_order[k] = place[i]
                    k += 1
            middle = low + reached
        else:
            least = np.int64(2**62)
            a = queue[size - 1]
            for pair in range(2):
                if pair == 1:  # ends far from both ends of the first pair
                    widest = np.int64(-1)
                    for i in range(low, high):
                        v = place[i]
                        away = min(far[0, v], far[1, v])
                        if away > widest:
                            widest, a = away, v
                _distances(a, start, other, part, name, place[low:high], far[2 * pair], queue)
                b = queue[size - 1]
                _distances(b, start, other, part, name, place[low:high], far[2 * pair + 1], queue)
                key = np.empty(size, np.int64)
                for i in range(size):
                    v = place[low + i]
                    key[i] = far[2 * pair, v] - far[2 * pair + 1, v]
                order = np.argsort(key, kind="mergesort")
                for i in range(size):
                    rank[place[low + order[i]]] = i
                change = np.zeros(size + 1, np.int64)
                for i in range(low, high):
                    v = place[i]
                    for k in range(start[v], start[v + 1]):
                        w = other[k]
                        if part[w] == name and rank[v] < rank[w]:
                            change[rank[v] + 1] += 1
                            change[rank[w] + 1] -= 1
                crossing = np.int64(0)
                for i in range(1, size):
                    crossing += change[i]
                    if 5 * i >= 2 * size and 5 * i <= 3 * size and crossing < least:
                        least = crossing
                        middle = low + i
                        for j in range(size):
                            best_order[j] = place[low + order[j]]
                if middle == low:  # too few vertices for the window
                    middle = low + size // 2
                    for j in range(size):
                        best_order[j] = place[low + order[j]]
        for i in range(size):
            place[low + i] = best_order[i]
        cuts[made - 1, 1] = middle
        stack[depth, 0], stack[depth, 1] = low, middle
        stack[depth + 1, 0], stack[depth + 1, 1] = middle, high
        depth += 2
    return place, cuts[:made]


@kernel()
def _distances(root: Int, start: Ints, other: Ints, part: Ints, name: Int, region: Ints, far: Ints, queue: Ints) -> Int:
    """Breadth-first distances within one region; the vertices reached are left in the queue."""
    count = np.int64(1)
    queue[0] = root
    for v in region:
        far[v] = -1
    far[root] = 0
    i = 0
    while i < count:
        v = queue[i]
        for k in range(start[v], start[v + 1]):
            w = other[k]
            if part[w] == name and far[w] < 0:
                far[w] = far[v] + 1
                queue[count] = w
                count += 1
        i += 1
    return count
