"""Any graph: an edge list or a networkx graph."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from statmech.errors import InputError
from statmech.lattices.base import MAX_SITES, GraphLattice, Lattice, integer

__all__ = ["graph"]


def graph(edges: Any, sites: int | None = None, positions: ArrayLike | None = None) -> Lattice:
    """Graph with the given edges.

    Bond k is edge k, its ends as given. An edge listed twice is a doubled bond, whichever way round it is
    written, and (i, i) a self-loop. All bonds have kind 0.

    Parameters
    ----------
    edges : sequence or array (B, 2) of int, or a networkx Graph or MultiGraph
        Pairs of site numbers from 0. Nodes of a networkx graph are numbered in sorted order where they can
        be compared, in the graph's order otherwise; ``labels[i]`` is the node of site i, and bonds come in
        the order of ``edges.edges()``. Node attributes ``pos`` become the positions.
    sites : int, optional
        Number of sites; the largest number + 1 if left out. Not for networkx graphs.
    positions : array (N, d), optional
        For plotting; a circle if left out.

    Raises
    ------
    InputError
        Site numbers that are no integers, negative or out of range; a directed graph; no sites at all.

    Examples
    --------
    >>> graph([[0, 1], [1, 2], [2, 0]])
    <Lattice graph: 3 sites, 3 bonds>
    >>> graph([[0, 1]], sites=4).degrees.tolist()
    [1, 1, 0, 0]
    """
    places = None if positions is None else np.asarray(positions, dtype=np.float64)
    if hasattr(edges, "nodes") and hasattr(edges, "edges"):
        if sites is not None:
            raise InputError(f"graph: sites: a networkx graph has its own nodes, got {sites!r}; leave it out")
        return _from_networkx(edges, places)
    pairs = _pairs(edges)
    if sites is None:
        if not len(pairs):
            raise InputError("graph: edges: an empty list says nothing about the sites; give sites=N as well")
        sites = int(pairs.max()) + 1
    count = integer("graph: sites", sites, at_least=1)
    kinds = np.zeros(len(pairs), dtype=np.int64)
    return GraphLattice(kind="graph", sites=count, edges=pairs, edge_kind=kinds, layout=places)


def _pairs(edges: Any) -> NDArray[np.int64]:
    """Edges as an int64 array (B, 2), or an InputError that shows the first that is none."""
    if isinstance(edges, (str, bytes)) or not isinstance(edges, Iterable):
        raise InputError(f"graph: edges: expected pairs of site numbers like [[0, 1], [1, 2]], got {edges!r}")
    given = edges if isinstance(edges, np.ndarray) else list(edges)
    if len(given) == 0:
        return np.empty((0, 2), dtype=np.int64)
    try:
        array = np.asarray(given)
    except ValueError:  # ragged
        array = np.empty(0, dtype=object)
    if array.ndim == 2 and array.shape[1] == 2 and array.dtype.kind in "iu":
        wrong = (array < 0) | (array >= MAX_SITES)
        if not wrong.any():
            return array.astype(np.int64, copy=False)
        row = int(np.argmax(wrong.any(axis=1)))
        raise InputError(
            f"graph: edges: expected site numbers from 0 to 2^31 - 1, got {array[row].tolist()} in edge {row}"
        )
    for row, edge in enumerate(given):
        pair = edge.tolist() if isinstance(edge, np.ndarray) else edge
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise InputError(f"graph: edges: expected two site numbers, got {pair!r} in edge {row}")
        for site in pair:
            integer(f"graph: edges: edge {row}", site, at_least=0)
    raise InputError(f"graph: edges: expected integers (B, 2) below 2^31, got {array.dtype} {array.shape}")


def _from_networkx(network: Any, places: NDArray[np.float64] | None) -> Lattice:
    if network.is_directed():
        raise InputError("graph: edges: expected an undirected graph, got a directed one (see to_undirected)")
    nodes: list[Hashable] = list(network.nodes)
    if not nodes:
        raise InputError("graph: edges: expected a graph with nodes, got one without")
    with suppress(TypeError):  # nodes without an order keep the graph's own
        nodes = sorted(nodes)  # type: ignore[type-var]
    number = {node: site for site, node in enumerate(nodes)}
    pairs = np.array([(number[u], number[v]) for u, v in network.edges()], dtype=np.int64).reshape(-1, 2)
    kinds = np.zeros(len(pairs), dtype=np.int64)
    drawn = [network.nodes[node].get("pos") for node in nodes]
    if places is None and all(place is not None for place in drawn):
        places = np.array(drawn, dtype=np.float64)
    labels = () if nodes == list(range(len(nodes))) else tuple(nodes)
    return GraphLattice(kind="graph", sites=len(nodes), edges=pairs, edge_kind=kinds, layout=places, labels=labels)
