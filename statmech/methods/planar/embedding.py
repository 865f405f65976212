"""A planar embedding of a graph, or the knowledge that there is none."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from statmech.methods.planar.base import Bonds, Ints, Rotation, face_walks

__all__ = ["embed", "simplify"]


def simplify(sites: int, bonds: Ints, couplings: NDArray[np.float64]) -> Bonds:
    """Join parallel bonds (their J add), turn self-loops into a constant, drop couplings of 0.

    Examples
    --------
    >>> simplify(2, np.array([[0, 1], [1, 0], [1, 1]]), np.array([1.0, 2.0, 5.0])).couplings
    array([3.])
    """
    low, high = bonds.min(axis=1, initial=sites), bonds.max(axis=1, initial=-1)
    loop = low == high
    pairs, which = np.unique(low[~loop] * sites + high[~loop], return_inverse=True)
    total = np.zeros(pairs.size)
    np.add.at(total, which, couplings[~loop])
    keep = total != 0
    ends = np.stack([pairs[keep] // sites, pairs[keep] % sites], axis=1).astype(np.int64)
    return Bonds(sites, ends, total[keep], -float(np.sum(couplings[loop])))


def embed(graph: Bonds, positions: NDArray[np.float64] | None = None) -> Rotation | None:
    """The half-edges around each site in an order that draws the graph without crossings; None if there is none.

    Straight bonds between the positions are tried first, which is quick and mostly right for open lattices. Euler's
    formula V - B + F = 1 + (connected parts) tells whether a rotation is planar, whatever suggested it. Otherwise the
    left-right planarity test (H. de Fraysseix and P. Rosenstiehl, as in networkx) finds one or proves that none exists.

    Examples
    --------
    >>> k4 = np.array([[a, b] for a in range(4) for b in range(a)])
    >>> embed(Bonds(4, k4, np.ones(6), 0.0)) is not None
    True
    >>> k5 = np.array([[a, b] for a in range(5) for b in range(a)])
    >>> embed(Bonds(5, k5, np.ones(10), 0.0)) is None
    True
    """
    vertex = graph.ends.ravel()
    touched = np.unique(vertex).size
    if len(graph.ends) > max(3 * touched - 6, touched - 1, 0):
        return None  # Euler: a planar simple graph has no more
    if positions is not None and positions.ndim == 2 and positions.shape[1] == 2:
        toward = positions[graph.ends[:, ::-1].ravel()] - positions[vertex]
        rotation = Rotation(vertex, np.lexsort((np.arctan2(toward[:, 1], toward[:, 0]), vertex)).astype(np.int64))
        if _is_planar(graph, rotation):
            return rotation
    return _from_networkx(graph, vertex)


def _is_planar(graph: Bonds, rotation: Rotation) -> bool:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(graph.ends):
        return True
    ones = np.ones(len(graph.ends), dtype=np.int8)
    adjacency = coo_array((ones, (graph.ends[:, 0], graph.ends[:, 1])), shape=(graph.sites, graph.sites))
    parts = int(connected_components(adjacency, directed=False)[0])
    touched = np.unique(rotation.vertex).size
    parts -= graph.sites - touched  # sites without bonds have no face of their own
    return touched - len(graph.ends) + face_walks(rotation)[0] == 2 * parts


def _from_networkx(graph: Bonds, vertex: Ints) -> Rotation | None:
    import networkx as nx

    network: Any = nx.Graph()
    network.add_edges_from(graph.ends.tolist())
    planar, embedding = cast("tuple[bool, Any]", nx.check_planarity(network))
    if not planar:
        return None
    half = {}
    for bond, (a, b) in enumerate(graph.ends.tolist()):
        half[a, b], half[b, a] = 2 * bond, 2 * bond + 1
    order = [half[a, b] for a in sorted(network) for b in embedding.neighbors_cw_order(a)]
    return Rotation(vertex, cast("Ints", np.array(order, dtype=np.int64)))
