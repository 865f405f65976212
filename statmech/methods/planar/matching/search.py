"""The search: from one unmatched vertex after the other a tree of tight edges grows until it meets an unmatched one."""

from __future__ import annotations

import heapq

import numpy as np

from statmech.kernels import kernel
from statmech.methods.planar.matching.blossoms import expand, rebase, shrink
from statmech.methods.planar.matching.forest import FAR, FREE, INNER, OUTER, Forest, Int, Ints, settle
from statmech.methods.planar.matching.tightness import Events, least_slack, reach, scan, scan_vertex

__all__ = ["match"]


@kernel()
def match(f: Forest, n: Int) -> bool:
    """Fill in mates and duals (of doubled weights); whether there is a perfect matching."""
    if not _start(f, n):
        return False
    spare = [np.int64(2 * n - 1 - i) for i in range(n)]  # names for blossoms
    tree, stack = np.empty(2 * n, np.int64), np.empty((2 * n, 2), np.int64)
    mark, fresh = np.zeros(2 * n, np.int64), np.empty(n, np.int64)
    events = [(np.int64(0), np.int64(0), np.int64(0))]
    for root in range(n):
        if f.mate[root] >= 0:
            continue
        reached, count, now = _grow(f, root, n, tree, spare, mark, fresh, events)
        if reached < 0:
            return False
        for i in range(count):
            settle(f, tree[i], n, now)
        _turn_over(f, reached, n, stack)
        for i in range(count):
            f.label[tree[i]] = FREE
    return True


@kernel()
def _start(f: Forest, n: Int) -> bool:
    """Feasible duals, half of the lightest edge and then as much more as each vertex bears; tight edges matched."""
    v: Int
    for u in range(n):
        least = FAR
        for k in range(f.start[u], f.start[u + 1]):
            least = min(least, f.weights[k])
        if least == FAR:
            return False
        f.y[u] = least // 2
    for u in range(n):
        least = FAR
        for k in range(f.start[u], f.start[u + 1]):
            least = min(least, f.weights[k] - f.y[u] - f.y[f.others[k]])
        f.y[u] += least
        if f.mate[u] < 0:
            for k in range(f.start[u], f.start[u + 1]):
                v = f.others[k]
                if f.mate[v] < 0 and f.weights[k] == f.y[u] + f.y[v]:
                    f.mate[u], f.mate[v] = v, u
                    break
    return True


@kernel()
def _grow(
    f: Forest, r: Int, n: Int, tree: Ints, spare: list[Int], mark: Ints, fresh: Ints, events: Events
) -> tuple[Int, Int, Int]:
    """Grow the tree of vertex r to an unmatched node: that node or -1, the number of nodes in the tree, the time."""
    root = f.top[r]
    f.label[root], f.above[root], f.since[root] = OUTER, -1, 0
    tree[0], count = root, 1
    b: Int
    u: Int
    v: Int
    events.clear()
    scan(f, root, np.int64(0), events)
    while len(events) > 0:
        key, u, v = heapq.heappop(events)
        now = key // 2
        if v < 0:  # the inner blossom u, if it still is one
            b = u
            if f.label[b] == INNER and f.parent[b] < 0 and f.z[b] - 2 * (now - f.since[b]) == 0:
                count = _open(f, b, n, now, tree, count, events)
                spare.append(b)
            continue
        b, c = f.top[u], f.top[v]
        if f.label[b] != OUTER or f.label[c] == INNER or b == c or least_slack(f, u, v, now) != 0:
            continue
        if f.label[c] == FREE:
            f.label[c], f.above[c], f.here[c], f.since[c] = INNER, u, v, now
            tree[count] = c
            count += 1
            m = f.mate[f.base[c]]
            if m < 0:
                return c, count, now
            if c >= n:
                heapq.heappush(events, (2 * now + f.z[c] + 1, c, np.int64(-1)))
            d = f.top[m]
            f.label[d], f.above[d], f.here[d], f.since[d] = OUTER, f.base[c], m, now
            tree[count] = d
            count += 1
            scan(f, d, now, events)
        else:
            b = spare.pop()
            found = shrink(f, b, u, v, n, now, mark, fresh)
            count = _kept(f, tree, count)
            tree[count] = b
            count += 1
            for i in range(found):
                scan_vertex(f, fresh[i], now, events)
    return np.int64(-1), count, np.int64(0)


@kernel()
def _open(f: Forest, b: Int, n: Int, now: Int, tree: Ints, count: Int, events: Events) -> Int:
    """Replace an inner blossom by its children; the new number of nodes in the tree."""
    settle(f, b, n, now)
    f.label[b] = FREE
    old = _kept(f, tree, count)
    count = expand(f, b, tree, old)
    for i in range(old, count):
        f.since[tree[i]] = now
        if f.label[tree[i]] == INNER and tree[i] >= n:
            heapq.heappush(events, (2 * now + f.z[tree[i]] + 1, tree[i], np.int64(-1)))
    for i in range(old, count):
        if f.label[tree[i]] == OUTER:
            scan(f, tree[i], now, events)
    c = f.first[b]
    while True:  # children outside the tree can be reached again
        if f.label[c] == FREE:
            reach(f, c, now, events)
        c = f.after[c]
        if c == f.first[b]:
            return count


@kernel()
def _turn_over(f: Forest, c: Int, n: Int, stack: Ints) -> None:
    """Match along the path from node c to the root, every other edge."""
    s, t = f.above[c], f.here[c]
    while True:
        rebase(f, f.top[t], t, n, stack)
        bs = f.top[s]
        rebase(f, bs, s, n, stack)
        f.mate[s], f.mate[t] = t, s
        if f.above[bs] < 0:
            return
        bt = f.top[f.above[bs]]
        s, t = f.above[bt], f.here[bt]


@kernel()
def _kept(f: Forest, tree: Ints, count: Int) -> Int:
    """Drop the nodes that are no longer on top or no longer in the tree; the new count."""
    kept = 0
    for i in range(count):
        if f.parent[tree[i]] < 0 and f.label[tree[i]] != FREE:
            tree[kept] = tree[i]
            kept += 1
    return kept
