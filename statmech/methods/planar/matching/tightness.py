"""When an edge becomes tight: duals as they are now, slacks, and the queue of what will happen."""

from __future__ import annotations

import heapq
from typing import TypeAlias

import numpy as np

from statmech.kernels import kernel
from statmech.methods.planar.matching.forest import FAR, INNER, OUTER, Forest, Int

__all__ = ["Events", "least_slack", "reach", "scan", "scan_vertex"]

Events: TypeAlias = list[tuple[Int, Int, Int]]  # when (doubled), and the edge; a blossom and -1 where its z reaches 0


@kernel()
def dual(f: Forest, v: Int, now: Int) -> Int:
    """y_v at this time: it rises in outer nodes and falls in inner ones."""
    c = f.top[v]
    if f.label[c] == OUTER:
        return f.y[v] + (now - f.since[c])
    if f.label[c] == INNER:
        return f.y[v] - (now - f.since[c])
    return f.y[v]


@kernel()
def least_slack(f: Forest, u: Int, v: Int, now: Int) -> Int:
    """Least slack of an edge between two vertices."""
    least = FAR
    for k in range(f.start[u], f.start[u + 1]):
        if f.others[k] == v:
            least = min(least, f.weights[k])
    return least - dual(f, u, now) - dual(f, v, now)


@kernel()
def scan_vertex(f: Forest, u: Int, now: Int, events: Events) -> None:
    """Note when the edges of an outer vertex will be tight."""
    b = f.top[u]
    own = dual(f, u, now)
    for k in range(f.start[u], f.start[u + 1]):
        v = f.others[k]
        c = f.top[v]
        if c == b or f.label[c] == INNER:
            continue
        slack = f.weights[k] - own - dual(f, v, now)
        if f.label[c] == OUTER:
            slack //= 2
        heapq.heappush(events, (2 * (now + slack) + np.int64(f.mate[f.base[c]] >= 0), u, v))


@kernel()
def scan(f: Forest, b: Int, now: Int, events: Events) -> None:
    """The same for all vertices of a node that has just become outer."""
    u = f.head[b]
    while u >= 0:
        scan_vertex(f, u, now, events)
        u = f.link[u]


@kernel()
def reach(f: Forest, c: Int, now: Int, events: Events) -> None:
    """Note when edges from outer vertices to a node that has become free will be tight."""
    v = f.head[c]
    while v >= 0:
        for k in range(f.start[v], f.start[v + 1]):
            u = f.others[k]
            if f.label[f.top[u]] == OUTER:
                slack = f.weights[k] - f.y[v] - dual(f, u, now)
                heapq.heappush(events, (2 * (now + slack) + 1, u, v))
        v = f.link[v]
