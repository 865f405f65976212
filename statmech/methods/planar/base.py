"""Values that the parts of the planar method hand on: a graph without doubles, its dual with signs, a plan.

A bond k has two half-edges, 2k at its first end and 2k + 1 at its second, so the other end of h is ``h ^ 1``. An
embedding is a *rotation*: the half-edges around each vertex in cyclic order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bonds", "Dual", "Leaf", "Merge", "Rotation", "Step", "face_walks"]

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bonds:
    """A simple graph: parallel bonds joined, self-loops and zero couplings taken out.

    Attributes
    ----------
    sites : int
        Number of spins N.
    ends : array (B, 2) of int
        The two different sites of each bond; no pair twice.
    couplings : array (B,) of float
        J, not 0.
    constant : float
        Energy of the self-loops, -sum J.
    """

    sites: int
    ends: Ints
    couplings: Floats
    constant: float


@dataclass(frozen=True, eq=False)
class Rotation:
    """Half-edges in cyclic order around vertices.

    Attributes
    ----------
    vertex : array (H,) of int
        Vertex of each half-edge.
    order : array (H,) of int
        Half-edges sorted by vertex, and around each vertex in cyclic order.
    """

    vertex: Ints
    order: Ints

    def around(self) -> tuple[Ints, NDArray[np.bool_]]:
        """The half-edge after each one around its vertex, and whether that step goes back to the first."""
        count = np.bincount(self.vertex)
        start = np.concatenate([[0], np.cumsum(count)])
        place = np.empty(self.order.size, dtype=np.int64)
        place[self.order] = np.arange(self.order.size)
        last = place == start[self.vertex + 1] - 1
        return self.order[np.where(last, start[self.vertex], (place + 1) % max(self.order.size, 1))], last


def face_walks(rotation: Rotation) -> tuple[int, Ints, Ints]:
    """Number of faces, the face to the side of each half-edge, and the half-edge after it along that face.

    Arriving along h at ``h ^ 1`` one leaves by the next half-edge around that vertex.

    Examples
    --------
    >>> triangle = Rotation(np.array([0, 1, 1, 2, 2, 0]), np.array([0, 5, 1, 2, 3, 4]))
    >>> face_walks(triangle)[0]
    2
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = rotation.order.size
    here = np.arange(size)
    following = rotation.around()[0][here ^ 1]
    graph = coo_array((np.ones(size, dtype=np.int8), (here, following)), shape=(size, size))
    count, face = connected_components(graph, directed=False)
    return int(count), face.astype(np.int64), following


@dataclass(frozen=True, eq=False)
class Dual:
    r"""The dual graph as a Pfaffian: one row per half-edge.

    With u_h = exp(-beta w) of the bond that half-edge h crosses (1 where it crosses none),

    .. math:: K_{gh} = u_g u_h \text{ for } g \text{ before } h \text{ at one vertex}, \quad
              K_{h, h \oplus 1} = \pm 1, \qquad
              \mathrm{Pf} K = \sum_\text{even subgraphs} \prod_{h} u_h

    Attributes
    ----------
    rotation : Rotation
        Faces of the spins' graph as vertices (large ones cut into a path of small ones), bonds crossed as edges.
    sign : array (H / 2,) of int
        K[2k, 2k + 1], such that every even subgraph counts with a plus.
    bond : array (H / 2,) of int
        The bond that an edge crosses; -1 for the edges inside a cut face.
    bridges : array of int
        Bonds with one face on both sides: they are independent of everything else.
    components : int
        Connected parts of the spins' graph; the ground state is 2^components-fold at least.
    """

    rotation: Rotation
    sign: Ints
    bond: Ints
    bridges: Ints
    components: int


@dataclass(frozen=True, eq=False)
class Leaf:
    """A few vertices: rows in full, then their inner half-edges eliminated.

    Attributes
    ----------
    half : array (n,) of int
        Their half-edges.
    pattern : array (n, n)
        +1 above and -1 below the diagonal within a vertex.
    joined : array (n, n)
        The entries +-1 of edges inside.
    inner, outer : arrays of int
        Which rows are eliminated, which stay.
    """

    half: Ints
    pattern: Floats
    joined: Floats
    inner: Ints
    outer: Ints


@dataclass(frozen=True, eq=False)
class Merge:
    """Two regions joined along their common edges.

    Attributes
    ----------
    left, right : int
        Steps that made the regions.
    inner_left, inner_right : arrays (m,) of int
        Rows of the common edges, in the same order.
    sign : array (m,)
        K between them.
    outer_left, outer_right : arrays of int
        Rows that stay.
    """

    left: int
    right: int
    inner_left: Ints
    inner_right: Ints
    sign: Floats
    outer_left: Ints
    outer_right: Ints


Step: TypeAlias = Leaf | Merge
