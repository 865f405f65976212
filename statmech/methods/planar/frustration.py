"""A ground state of a planar graph: the cheapest set of broken bonds that explains the frustrated faces.

A face is frustrated if the product of its couplings is negative; an odd number of its bonds is then broken. The
cheapest way joins the frustrated faces in pairs by shortest paths of broken bonds in the dual graph: a perfect matching
(I. Bieche, R. Maynard, R. Rammal and J. P. Uhry, J. Phys. A 13, 2553 (1980); F. Barahona, ibid. 15, 3241 (1982)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError
from statmech.methods.planar.base import Bonds, Ints, Rotation, face_walks

__all__ = ["common_unit", "ground_weights"]

Floats = NDArray[np.float64]
_FINEST = 2**40  # whole numbers up to here stay exact through path lengths in float64 and duals in int64


class _Matching(Protocol):
    @property
    def mate(self) -> Ints: ...
    @property
    def dual(self) -> Ints: ...


Matcher = Callable[[int, Ints, Ints], _Matching]


def common_unit(couplings: Floats) -> float | None:
    """The largest number of which all couplings are multiples, or None where some would be beyond 2^40 of it.

    Examples
    --------
    >>> common_unit(np.array([0.5, -1.25])), common_unit(np.array([0.1, 0.3]))
    (0.25, None)
    """
    if couplings.size == 0:
        return None
    parts = [value.as_integer_ratio() for value in np.unique(np.abs(couplings)).tolist()]
    scale = max(denominator for _, denominator in parts)  # all are powers of two
    whole = [numerator * (scale // denominator) for numerator, denominator in parts]
    unit = math.gcd(*whole)
    return unit / scale if max(whole) <= _FINEST * unit else None


def ground_weights(graph: Bonds, rotation: Rotation, match: Matcher) -> Floats:
    """J_ij s_i s_j of each bond in a ground state, shape (B,): |J|, or -|J| where it is broken.

    Couplings without a common unit are rounded to 2^-40 of the largest for the search only, so the state found is the
    lowest within that per bond; its weights are exact.
    """
    from scipy.sparse import csr_array

    strength = np.abs(graph.couplings)
    if not len(graph.ends):
        return strength
    count, face, _ = face_walks(rotation)
    negative = np.repeat(graph.couplings < 0, 2)
    frustrated = np.flatnonzero(np.bincount(face, weights=negative, minlength=count).astype(np.int64) & 1)
    if frustrated.size == 0:
        return strength
    unit = common_unit(strength) or float(strength.max()) / _FINEST
    cost = np.maximum(np.rint(strength / unit), 1.0)
    low, high = np.minimum(face[0::2], face[1::2]), np.maximum(face[0::2], face[1::2])
    order = np.lexsort((cost, high, low))
    order = order[low[order] != high[order]]
    fresh = np.ones(order.size, dtype=bool)
    fresh[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    bond = order[fresh]  # the cheapest between each two faces
    dual = csr_array((cost[bond], (low[bond], high[bond])), shape=(count, count))
    crossed = {(int(a), int(b)): int(k) for a, b, k in zip(low[bond], high[bond], bond, strict=True)}
    weights = strength.copy()
    dual = csr_array(dual + dual.T)
    for a, b, length in _matched(dual, frustrated, 2.0 * float(np.median(cost)), match):
        for step in _path(dual, a, b, length):
            weights[crossed[step]] *= -1.0
    return weights


def _matched(dual: Any, frustrated: Ints, reach: float, match: Matcher) -> list[tuple[int, int, float]]:
    """Pairs of frustrated faces at the least total distance, with their distances.

    Close pairs are offered first. The duals y of the matching say which others could have shortened it: those at a
    distance below (y_u + y_v) / 2. They are added until there is none left.
    """
    size = frustrated.size
    edges, lengths = _near(dual, frustrated, np.full(size, np.inf if size <= 200 else reach, dtype=np.float64))
    while True:
        try:
            found = match(size, edges, lengths)
        except InputError:  # too few pairs to match all
            reach *= 2.0
            edges, lengths = _near(dual, frustrated, np.full(size, reach, dtype=np.float64))
            continue
        closer, distances = _near(dual, frustrated, np.multiply(found.dual, 0.5, dtype=np.float64))
        key = edges[:, 0] * size + edges[:, 1]
        new = ~np.isin(closer[:, 0] * size + closer[:, 1], key)
        if not new.any():
            break
        edges, lengths = np.concatenate([edges, closer[new]]), np.concatenate([lengths, distances[new]])
    mates = np.stack([np.arange(size), found.mate], axis=1)
    mates = mates[mates[:, 0] < mates[:, 1]]
    order = np.argsort(key)
    where = order[np.searchsorted(key, mates[:, 0] * size + mates[:, 1], sorter=order)]
    ends = frustrated[mates]
    return list(zip(ends[:, 0].tolist(), ends[:, 1].tolist(), lengths[where].tolist(), strict=True))


def _near(dual: Any, frustrated: Ints, radius: Floats) -> tuple[Ints, Ints]:
    """Pairs u < v of frustrated faces no further apart than radius_u + radius_v, and their distances."""
    from scipy.sparse.csgraph import dijkstra

    pairs, distances = [], []
    column = np.arange(frustrated.size)
    for begin in range(0, frustrated.size, 256):
        row = column[begin : begin + 256]
        limit = max(float(radius[row].max() + radius.max()), 0.0)
        length = dijkstra(dual, indices=frustrated[row], limit=limit)[:, frustrated]
        near = np.isfinite(length) & (length <= radius[row, None] + radius) & (column > row[:, None])
        i, j = np.nonzero(near)
        pairs.append(np.stack([i + begin, j], axis=1))
        distances.append(length[i, j])
    return np.concatenate(pairs), np.concatenate(distances).astype(np.int64)


def _path(dual: Any, a: int, b: int, length: float) -> list[tuple[int, int]]:
    from scipy.sparse.csgraph import dijkstra

    before = dijkstra(dual, True, np.array([a]), True, False, length)[1][0]
    steps = []
    while b != a:
        previous = int(before[b])
        steps.append((min(b, previous), max(b, previous)))
        b = previous
    return steps
