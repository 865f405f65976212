"""Perfect matching of least weight on a sparse graph, with the dual solution that proves it least.

J. Edmonds, J. Res. NBS 69B, 125 (1965). One alternating tree is grown at a time, from one unmatched vertex, so the work
stays where the tree is; duals are integers, so tightness is exact. The linear program and its dual, with the blossoms B
(odd sets) and z_B >= 0:

    min sum w_e x_e  =  max sum_v y_v - sum_B z_B (|B| - 1) / 2,      w_uv - y_u - y_v + sum_{B contains u, v} z_B >= 0
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError, PrecisionError
from statmech.kernels import kernel
from statmech.methods.planar.forest import FAR, Forest, certificate, plant

__all__ = ["Matching", "least_perfect_matching"]

Ints = NDArray[np.int64]
Int: TypeAlias = Any  # int64 inside kernels, int outside
_FREE, _OUTER, _INNER = 0, 1, 2  # labels: not in the tree, even distance from the root, odd distance


@dataclass(frozen=True, eq=False)
class Matching:
    """A perfect matching of least weight.

    Attributes
    ----------
    mate : array (n,) of int
        Partner of each vertex.
    weight : int
        Sum of the weights of its edges.
    dual : array (n,) of int
        y_v, times 2: no edge that was left out and is longer than ``(y_u + y_v) / 2`` could have shortened it.
    """

    mate: Ints
    weight: int
    dual: Ints


def least_perfect_matching(vertices: int, edges: Ints, weights: Ints) -> Matching:
    """Match all vertices in pairs along edges at the least total weight.

    Parameters
    ----------
    vertices : int
        Number of vertices, even.
    edges : array (m, 2) of int
        Different vertices at the ends of each edge.
    weights : array (m,) of int
        Non-negative, below 2^58.

    Raises
    ------
    InputError
        If there is no perfect matching.
    PrecisionError
        If the dual solution does not prove the matching optimal (it always should).

    Examples
    --------
    >>> edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]])
    >>> found = least_perfect_matching(4, edges, np.array([5, 1, 5, 2, 0]))
    >>> found.weight, found.mate.tolist()
    (3, [3, 2, 1, 0])
    """
    ends = np.concatenate([edges[:, 0], edges[:, 1]])
    order = np.argsort(ends, kind="stable")
    others = np.concatenate([edges[:, 1], edges[:, 0]])[order]
    doubled = 2 * np.concatenate([weights, weights])[order]  # even, so that half the slack of a tight tree is whole
    start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=vertices))])
    forest = plant(start.astype(np.int64), others, doubled)
    if not _match(forest, vertices):
        raise InputError(f"edges: the graph of {vertices} vertices has no perfect matching")
    total, bound, slack = certificate(forest, vertices)
    if total != bound or slack < 0:
        raise PrecisionError(
            f"edges: weight {total / 2} but dual bound {bound / 2}, least slack {slack / 2}; please report this graph"
        )
    return Matching(forest.mate, int(total) // 2, forest.y)


@kernel()
def _match(f: Forest, n: Int) -> bool:
    """Fill in mates and duals (of doubled weights); whether there is a perfect matching."""
    spare = np.arange(2 * n - 1, n - 1, -1)  # names for blossoms
    spares: Int = n
    b: Int
    u: Int
    v: Int
    tree = np.empty(2 * n, np.int64)
    fresh = np.empty(n, np.int64)
    mark = np.zeros(2 * n, np.int64)
    stack = np.empty((2 * n, 2), np.int64)
    # when an edge becomes tight (or, with v = -1, a z reaches 0); doubled, so that what ends a search comes first
    events: list[tuple[Int, Int, Int]] = [(np.int64(0), np.int64(0), np.int64(0))]

    for u in range(n):  # a feasible start: half of the lightest edge, then as much more as each vertex bears
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

    for r in range(n):
        if f.mate[r] >= 0:
            continue
        root = f.top[r]
        f.label[root], f.above[root], f.since[root] = _OUTER, -1, 0
        tree[0], count, now = root, 1, np.int64(0)
        events.clear()
        _scan(f, root, now, events)
        while True:
            if len(events) == 0:
                return False
            key, u, v = heapq.heappop(events)
            now = key // 2
            if v < 0:  # the inner blossom u, if it still is one
                b = u
                if f.label[b] != _INNER or f.parent[b] >= 0 or f.z[b] - 2 * (now - f.since[b]) != 0:
                    continue
                _settle(f, b, n, now)
                f.label[b] = _FREE
                count = _kept(f, tree, count)
                old = count
                count = _expand(f, b, tree, count)
                for i in range(old, count):
                    f.since[tree[i]] = now
                    if f.label[tree[i]] == _INNER and tree[i] >= n:
                        heapq.heappush(events, (2 * now + f.z[tree[i]] + 1, tree[i], np.int64(-1)))
                for i in range(old, count):
                    if f.label[tree[i]] == _OUTER:
                        _scan(f, tree[i], now, events)
                c = f.first[b]
                while True:  # children outside the tree can be reached again
                    if f.label[c] == _FREE:
                        _reach(f, c, now, events)
                    c = f.after[c]
                    if c == f.first[b]:
                        break
                spare[spares] = b
                spares += 1
                continue
            b, c = f.top[u], f.top[v]
            if f.label[b] != _OUTER or f.label[c] == _INNER or b == c:
                continue
            if _slack(f, u, v, now) != 0:
                continue
            if f.label[c] == _FREE:
                f.label[c], f.above[c], f.here[c], f.since[c] = _INNER, u, v, now
                tree[count] = c
                count += 1
                m = f.mate[f.base[c]]
                if m < 0:
                    break
                if c >= n:
                    heapq.heappush(events, (2 * now + f.z[c] + 1, c, np.int64(-1)))
                d = f.top[m]
                f.label[d], f.above[d], f.here[d], f.since[d] = _OUTER, f.base[c], m, now
                tree[count] = d
                count += 1
                _scan(f, d, now, events)
            else:
                spares -= 1
                b = spare[spares]
                found = _shrink(f, b, u, v, n, now, mark, fresh)
                count = _kept(f, tree, count)
                tree[count] = b
                count += 1
                for i in range(found):
                    _scan_vertex(f, fresh[i], now, events)
        for i in range(count):
            _settle(f, tree[i], n, now)
        s, t = f.above[c], f.here[c]
        while True:  # turn the path from c to the root over
            _rebase(f, f.top[t], t, n, stack)
            bs = f.top[s]
            _rebase(f, bs, s, n, stack)
            f.mate[s], f.mate[t] = t, s
            if f.above[bs] < 0:
                break
            bt = f.top[f.above[bs]]
            s, t = f.above[bt], f.here[bt]
        for i in range(count):
            f.label[tree[i]] = _FREE
    return True


@kernel()
def _dual(f: Forest, v: Int, now: Int) -> Int:
    """y_v at this time: it rises in outer nodes and falls in inner ones."""
    c = f.top[v]
    if f.label[c] == _OUTER:
        return f.y[v] + (now - f.since[c])
    if f.label[c] == _INNER:
        return f.y[v] - (now - f.since[c])
    return f.y[v]


@kernel()
def _slack(f: Forest, u: Int, v: Int, now: Int) -> Int:
    """Least slack of an edge between two vertices."""
    least = FAR
    for k in range(f.start[u], f.start[u + 1]):
        if f.others[k] == v:
            least = min(least, f.weights[k])
    return least - _dual(f, u, now) - _dual(f, v, now)


@kernel()
def _settle(f: Forest, b: Int, n: Int, now: Int) -> None:
    """Write down the duals of a node of the tree."""
    step = now - f.since[b] if f.label[b] == _OUTER else f.since[b] - now
    f.since[b] = now
    if b >= n:
        f.z[b] += 2 * step
    u = f.head[b]
    while u >= 0:
        f.y[u] += step
        u = f.link[u]


@kernel()
def _scan_vertex(f: Forest, u: Int, now: Int, events: list[tuple[Int, Int, Int]]) -> None:
    """Note when the edges of an outer vertex will be tight."""
    b = f.top[u]
    own = _dual(f, u, now)
    for k in range(f.start[u], f.start[u + 1]):
        v = f.others[k]
        c = f.top[v]
        if c == b or f.label[c] == _INNER:
            continue
        slack = f.weights[k] - own - _dual(f, v, now)
        if f.label[c] == _OUTER:
            slack //= 2
        heapq.heappush(events, (2 * (now + slack) + np.int64(f.mate[f.base[c]] >= 0), u, v))


@kernel()
def _scan(f: Forest, b: Int, now: Int, events: list[tuple[Int, Int, Int]]) -> None:
    """The same for all vertices of a node that has just become outer."""
    u = f.head[b]
    while u >= 0:
        _scan_vertex(f, u, now, events)
        u = f.link[u]


@kernel()
def _reach(f: Forest, c: Int, now: Int, events: list[tuple[Int, Int, Int]]) -> None:
    """Note when edges from outer vertices to a node that has become free will be tight."""
    v = f.head[c]
    while v >= 0:
        for k in range(f.start[v], f.start[v + 1]):
            u = f.others[k]
            if f.label[f.top[u]] == _OUTER:
                slack = f.weights[k] - f.y[v] - _dual(f, u, now)
                heapq.heappush(events, (2 * (now + slack) + 1, u, v))
        v = f.link[v]


@kernel()
def _kept(f: Forest, tree: Ints, count: Int) -> Int:
    """Drop the nodes that are no longer on top or no longer in the tree; the new count."""
    kept = 0
    for i in range(count):
        if f.parent[tree[i]] < 0 and f.label[tree[i]] != _FREE:
            tree[kept] = tree[i]
            kept += 1
    return kept


@kernel()
def _shrink(f: Forest, b: Int, u: Int, v: Int, n: Int, now: Int, mark: Ints, fresh: Ints) -> Int:
    """Make the odd cycle that the tight edge u-v closes one node, b; vertices that became outer go to ``fresh``."""
    p = f.top[u]
    while True:  # the common ancestor: mark the way up from u, then climb from v to a mark
        mark[p] = 1
        if f.above[p] < 0:
            break
        p = f.top[f.above[f.top[f.above[p]]]]
    q = f.top[v]
    while mark[q] == 0:
        q = f.top[f.above[f.top[f.above[q]]]]
    meet = q
    p = f.top[u]
    while True:
        mark[p] = 0
        if f.above[p] < 0:
            break
        p = f.top[f.above[f.top[f.above[p]]]]
    p = f.top[u]
    while p != meet:
        t = f.top[f.above[p]]
        f.after[t], f.leave[t], f.enter[t] = p, f.above[p], f.here[p]
        s = f.top[f.above[t]]
        f.after[s], f.leave[s], f.enter[s] = t, f.above[t], f.here[t]
        p = s
    p = f.top[u]
    f.after[p], f.leave[p], f.enter[p] = f.top[v], u, v
    p = f.top[v]
    while p != meet:
        t = f.top[f.above[p]]
        f.after[p], f.leave[p], f.enter[p] = t, f.here[p], f.above[p]
        s = f.top[f.above[t]]
        f.after[t], f.leave[t], f.enter[t] = s, f.here[t], f.above[t]
        p = s
    f.first[b], f.base[b], f.z[b], f.parent[b] = meet, f.base[meet], 0, -1
    f.label[b], f.above[b], f.here[b] = _OUTER, f.above[meet], f.here[meet]
    f.head[b] = f.head[meet]
    f.since[b] = now
    found = 0
    c = meet
    while True:
        following = f.after[c]
        f.before[following] = c
        _settle(f, c, n, now)
        w = f.head[c]
        while w >= 0:
            f.top[w] = b
            if f.label[c] == _INNER:
                fresh[found] = w
                found += 1
            w = f.link[w]
        f.parent[c], f.label[c] = b, _FREE
        if following == meet:
            f.tail[b] = f.tail[c]
            break
        c = following
    c = meet
    while f.after[c] != meet:
        f.link[f.tail[c]] = f.head[f.after[c]]
        c = f.after[c]
    return found


@kernel()
def _expand(f: Forest, b: Int, tree: Ints, count: Int) -> Int:
    """Undo an inner blossom whose z is 0: its children come to the top, and an even path of them into the tree."""
    root = f.first[b]
    c = root
    while True:
        f.parent[c] = -1
        f.link[f.tail[c]] = -1
        w = f.head[c]
        while w >= 0:
            f.top[w] = c
            w = f.link[w]
        c = f.after[c]
        if c == root:
            break
    entry = f.top[f.here[b]]
    odd = False
    c = root
    while c != entry:
        odd = not odd
        c = f.after[c]
    f.label[entry], f.above[entry], f.here[entry] = _INNER, f.above[b], f.here[b]
    tree[count] = entry
    count += 1
    c = entry
    while c != root:  # each inner child, then the outer one it is matched to, towards the base
        if odd:
            s = f.after[c]
            f.above[s], f.here[s] = f.leave[c], f.enter[c]
            t = f.after[s]
            f.above[t], f.here[t] = f.leave[s], f.enter[s]
        else:
            s = f.before[c]
            f.above[s], f.here[s] = f.enter[s], f.leave[s]
            t = f.before[s]
            f.above[t], f.here[t] = f.enter[t], f.leave[t]
        f.label[s], f.label[t] = _OUTER, _INNER
        tree[count], tree[count + 1] = s, t
        count += 2
        c = t
    return count


@kernel()
def _rebase(f: Forest, b: Int, v: Int, n: Int, stack: Ints) -> None:
    """Match the inside of node b so that vertex v is left over."""
    depth = 0
    if b >= n:
        stack[0, 0], stack[0, 1] = b, v
        depth = 1
    while depth > 0:
        depth -= 1
        b, v = stack[depth, 0], stack[depth, 1]
        child = v
        while f.parent[child] != b:
            child = f.parent[child]
        if child >= n:
            stack[depth, 0], stack[depth, 1] = child, v
            depth += 1
        odd = False
        c = f.first[b]
        while c != child:
            odd = not odd
            c = f.after[c]
        while c != f.first[b]:
            if odd:
                p = f.after[c]
                q = f.after[p]
                w, x = f.leave[p], f.enter[p]
            else:
                p = f.before[c]
                q = f.before[p]
                w, x = f.enter[q], f.leave[q]
            if p >= n:
                stack[depth, 0], stack[depth, 1] = p, w
                depth += 1
            if q >= n:
                stack[depth, 0], stack[depth, 1] = q, x
                depth += 1
            f.mate[w], f.mate[x] = x, w
            c = q
        f.first[b], f.base[b] = child, v
