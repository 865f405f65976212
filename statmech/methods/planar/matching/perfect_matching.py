"""Perfect matching of least weight, and the check that it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from statmech.errors import InputError, PrecisionError
from statmech.methods.planar.matching.forest import Ints, certificate, plant
from statmech.methods.planar.matching.search import match

__all__ = ["Matching", "least_perfect_matching"]


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
    if not match(forest, vertices):
        raise InputError(f"edges: the graph of {vertices} vertices has no perfect matching")
    total, bound, slack = certificate(forest, vertices)
    if total != bound or slack < 0:
        raise PrecisionError(
            f"edges: weight {total / 2} but dual bound {bound / 2}, least slack {slack / 2}; please report this graph"
        )
    return Matching(forest.mate, int(total) // 2, forest.y)
