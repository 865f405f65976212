r"""Where MBAR starts: Bennett's estimate along a tree of the states that overlap best.

How far two states are apart is told by :math:`\langle u_j - u_i \rangle_i + \langle u_i - u_j \rangle_j \ge 0`, to
which additive constants of the states do not contribute; so neither the order of the states nor offsets of any size
lead it astray.
"""

from __future__ import annotations

import numpy as np

from statmech.errors import ConvergenceError
from statmech.estimators.base import Array, bennett_difference
from statmech.estimators.mbar.potentials import Potentials

__all__ = ["bennett_tree"]

_FOR_DISTANCES = 64  # samples per state: medians to 0.15 of a spread tell neighbours
_FOR_DIFFERENCES = 1000  # samples per state and edge: the start is then within a few hundredths


def bennett_tree(potentials: Potentials) -> Array:
    """Free energies of the sampled states, shape (S,), the first 0.

    Raises
    ------
    ConvergenceError
        If a group of states has no finite energy at the samples of the others.
    """
    sampled = potentials.sampled
    size = sampled.size
    f = np.zeros(size)
    if size == 1:
        return f
    works = np.full((size, size), np.inf)
    few = []
    for i, k in enumerate(sampled):
        u = potentials.of_state(int(k), _FOR_DIFFERENCES)[sampled]
        few.append(u)
        step = max(1, u.shape[1] // _FOR_DISTANCES)
        works[i] = np.median(u[:, ::step] - u[i, ::step], axis=1)
    distance = works + works.T
    joined, best, parent = np.zeros(size, dtype=bool), distance[0].copy(), np.zeros(size, dtype=np.int64)
    joined[0] = True
    for _ in range(size - 1):
        open_states = np.flatnonzero(~joined)
        j = int(open_states[np.argmin(best[open_states])])
        i = int(parent[j])
        forward, reverse = few[i][j] - few[i][i], few[j][i] - few[j][j]
        forward, reverse = forward[np.isfinite(forward)], reverse[np.isfinite(reverse)]
        if forward.size == 0 or reverse.size == 0:
            names = [potentials.states[sampled[k]] for k in open_states]
            raise ConvergenceError(
                f"mbar: states {names} share no sample of finite energy with the others; "
                "no difference between them can be estimated: add states in between"
            )
        f[j] = f[i] + bennett_difference(forward, reverse, tolerance=1e-6)
        joined[j] = True
        nearer = distance[j] < best
        best[nearer], parent[nearer] = distance[j][nearer], j
    return f
