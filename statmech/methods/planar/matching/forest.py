"""The state of a matching: duals, blossoms and the alternating tree; and what proves that it is the lightest."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.kernels import kernel

__all__ = ["FAR", "FREE", "INNER", "OUTER", "Forest", "Int", "Ints", "certificate", "plant", "settle"]

Ints = NDArray[np.int64]
Int: TypeAlias = Any  # int64 inside kernels, int outside
FAR = np.int64(2**62)
FREE, OUTER, INNER = 0, 1, 2  # labels: not in the tree, even distance from the root, odd distance


class Forest(NamedTuple):
    """Graph, matching, duals, blossoms and the tree; nodes are vertices 0 ... n - 1 and blossoms n ... 2 n - 1.

    Attributes
    ----------
    start, others, weights : arrays
        Edges of vertex u: ``others[start[u]:start[u + 1]]``.
    y, mate : arrays (n,)
        Dual and partner of each vertex; -1 for none.
    parent : array (2 n,)
        Blossom that directly contains a node; -1 on top.
    first, after, before : arrays (2 n,)
        Child that holds a blossom's base; next and previous child around its odd cycle.
    leave, enter : arrays (2 n,)
        Edge from a child to the next: its vertex here, its vertex there.
    base, z : arrays (2 n,)
        Vertex that the inside of a node leaves to be matched outside; dual of a blossom.
    label, since : arrays (2 n,)
        Place in the tree, and when the duals of a node in it were last written down.
    above, here : arrays (2 n,)
        Edge to the tree parent: its vertex there, its vertex here.
    head, tail : arrays (2 n,)
        First and last of the linked list of the vertices of a node.
    link, top : arrays (n,)
        Next in that list; the node on top that holds a vertex.
    """

    start: Ints
    others: Ints
    weights: Ints
    y: Ints
    mate: Ints
    parent: Ints
    first: Ints
    after: Ints
    before: Ints
    leave: Ints
    enter: Ints
    base: Ints
    z: Ints
    label: Ints
    since: Ints
    above: Ints
    here: Ints
    head: Ints
    tail: Ints
    link: Ints
    top: Ints


def plant(start: Ints, others: Ints, weights: Ints) -> Forest:
    """Every vertex by itself, unmatched, with duals 0."""
    n = start.size - 1

    def filled(value: int, size: int = 2 * n) -> Ints:
        return np.full(size, value, dtype=np.int64)

    return Forest(
        start=start, others=others, weights=weights, y=filled(0, n), mate=filled(-1, n), parent=filled(-1),
        first=filled(-1), after=filled(-1), before=filled(-1), leave=filled(-1), enter=filled(-1),
        base=np.arange(2 * n), z=filled(0), label=filled(0), since=filled(0), above=filled(-1), here=filled(-1),
        head=np.arange(2 * n), tail=np.arange(2 * n), link=filled(-1, n), top=np.arange(n),
    )  # fmt: skip


@kernel()
def settle(f: Forest, b: Int, n: Int, now: Int) -> None:
    """Write down the duals of a node of the tree."""
    step = now - f.since[b] if f.label[b] == OUTER else f.since[b] - now
    f.since[b] = now
    if b >= n:
        f.z[b] += 2 * step
    u = f.head[b]
    while u >= 0:
        f.y[u] += step
        u = f.link[u]


@kernel()
def certificate(f: Forest, n: Int) -> tuple[Int, Int, Int]:
    """Weight of the matching, value of the dual solution, least slack or z."""
    size = np.zeros(2 * n, np.int64)
    mark = np.full(2 * n, -1, np.int64)
    total, bound, least = np.int64(0), np.int64(0), FAR
    for u in range(n):
        bound += f.y[u]
        b = f.parent[u]
        while b >= 0:
            size[b] += 1
            mark[b] = u
            b = f.parent[b]
        lightest = FAR
        for k in range(f.start[u], f.start[u + 1]):
            v = f.others[k]
            slack = f.weights[k] - f.y[u] - f.y[v]
            b = f.parent[v]
            while b >= 0:
                if mark[b] == u:
                    slack += f.z[b]
                b = f.parent[b]
            least = min(least, slack)
            if v == f.mate[u]:
                lightest = min(lightest, f.weights[k])
        if f.mate[u] > u:
            total += lightest
    for b in range(n, 2 * n):
        if size[b] > 0:  # blossoms that are in use
            bound -= f.z[b] * (size[b] - 1) // 2
            least = min(least, f.z[b])
    return total, bound, least
