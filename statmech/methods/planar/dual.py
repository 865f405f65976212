"""The dual graph of an embedded one, with Kasteleyn's signs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from statmech.methods.planar.base import Bonds, Dual, Ints, Rotation, face_walks

__all__ = ["dual_graph"]

_LARGE = 8  # a face with more sides is cut into a path of faces with three each, so that fronts stay narrow


def dual_graph(graph: Bonds, rotation: Rotation) -> Dual:
    """Faces as vertices, crossed bonds as edges, and signs that make every even subgraph count positive.

    Cutting a large face is the same as drawing bonds of zero coupling across it. A bridge would be a loop at a vertex
    of the dual; it is independent of all else and left out.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    bonds = len(graph.ends)
    ones = np.ones(bonds, dtype=np.int8)
    adjacency = coo_array((ones, (graph.ends[:, 0], graph.ends[:, 1])), shape=(graph.sites, graph.sites))
    components = int(connected_components(adjacency, directed=False)[0])
    count, face, following = face_walks(rotation)
    bridge = face[0::2] == face[1::2]
    number = np.repeat(np.cumsum(~bridge) - 1, 2) * 2 + np.tile([0, 1], bonds)  # new numbers of half-edges
    walks: list[list[int]] = [[] for _ in range(count)]
    seen = np.repeat(bridge, 2)
    for first in np.flatnonzero(~seen).tolist():
        if seen[first]:
            continue
        h, walk = first, walks[face[first]]
        while True:
            if not bridge[h >> 1]:
                seen[h] = True
                walk.append(int(number[h]))
            h = int(following[h])
            if h == first:
                break
    kept = np.flatnonzero(~bridge)
    pieces: list[list[int]] = []
    spare = 2 * kept.size
    for walk in walks:
        while len(walk) > _LARGE:
            pieces.append([*walk[:3], spare])
            walk = [spare + 1, *walk[3:]]
            spare += 2
        if walk:
            pieces.append(walk)
    order = np.array([h for piece in pieces for h in piece], dtype=np.int64)
    vertex = np.empty(spare, dtype=np.int64)
    vertex[order] = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    bond = np.concatenate([kept, np.full(spare // 2 - kept.size, -1)]).astype(np.int64)
    dual = Rotation(vertex, order)
    return Dual(dual, _kasteleyn(dual), bond, np.flatnonzero(bridge).astype(np.int64), components)


def _kasteleyn(rotation: Rotation) -> Ints:
    """Signs with which every even subgraph counts positive.

    It is enough that every face does (P. W. Kasteleyn, J. Math. Phys. 4, 287 (1963)): along a face the product of
    K[out, in] over its edges and of K[in, out] over its corners must be -1. Corners give -1 where the order at the
    vertex wraps round. Signs off a spanning tree of faces are free; the tree is settled from its leaves.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    size = rotation.order.size
    sign = np.zeros(size // 2, dtype=np.int64)
    if size == 0:
        return sign + 1
    count, face, _ = face_walks(rotation)
    wraps = rotation.around()[1][np.arange(size) ^ 1]
    wrong = 1 + np.bincount(face, weights=(np.arange(size) & 1) + wraps, minlength=count).astype(np.int64)
    wrong &= 1
    one, two = face[0::2], face[1::2]
    between = np.flatnonzero(one != two)
    pairs, which = np.unique(np.minimum(one, two)[between] * count + np.maximum(one, two)[between], return_index=True)
    edge = between[which].astype(np.int64)
    a, b = pairs // count, pairs % count
    graph = csr_array((np.tile(edge + 1, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(count, count))
    label: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    for root in np.unique(label, return_index=True)[1].tolist():
        found, before = breadth_first_order(graph, root, directed=False)
        for f in found[:0:-1].tolist():
            if wrong[f]:
                sign[graph[f, before[f]] - 1] = 1
                wrong[before[f]] ^= 1
        assert not wrong[root]  # by Euler's formula
    return 1 - 2 * sign
