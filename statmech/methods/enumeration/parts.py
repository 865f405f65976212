"""A sum over states cut into parts: those of the last site, and of some sites before it, in given states."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.methods.enumeration.counting import density_of_states
from statmech.methods.enumeration.spin_system import SpinSystem
from statmech.methods.enumeration.streaming import stream
from statmech.summation import sum_levels

__all__ = ["COUNTED", "Part", "count_part", "cut", "origins", "stream_part"]

Array = npt.NDArray[np.float64]
Part: TypeAlias = tuple[int, ...]
"""States of the last sites."""

_STATES = 2**26  # of one part: half a second at each temperature
COUNTED = 2**28
"""States of one part that is counted: half a second."""


def cut(system: SpinSystem, states: float = _STATES) -> tuple[Part, ...] | None:
    """Parts of at most about so many states, None where there would be only those of the last site.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> system = spin_system(Ising(lattices.chain(16)))
    >>> cut(system), cut(system, 2**14)
    (None, ((0, 0), (0, 1), (1, 0), (1, 1)))
    """
    most = system.sites - 1 - system.low_sites  # high sites that walk
    excess = (system.sites - 1) * math.log2(system.states) - math.log2(states)
    fixed = min(most, max(0, math.ceil(excess / math.log2(system.states))))
    if not fixed:
        return None
    return tuple(product(range(system.states), repeat=fixed + 1))


def stream_part(system: SpinSystem, part: Part, temperatures: Array) -> Cumulants:
    """Cumulants of one part, with energies counted from :func:`origins`: exact where parts are compared.

    A part that others stand for by symmetry is empty; a field may break the symmetry, so the cut does not know it.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.merge_tree import MergeTree
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> system = spin_system(Ising(lattices.chain(16), coupling=[0.1 * k for k in range(1, 17)]))
    >>> parts, tree = cut(system, 2**14), MergeTree(4)
    >>> for k, part in enumerate(parts):
    ...     tree.add(k, stream_part(system, part, np.array([2.0])))
    >>> whole = stream(system, np.array([2.0]))
    >>> bool(np.isclose(tree.total().log_z[0], whole.log_z[0], rtol=1e-13))
    True
    """
    *tail, last = part
    size = temperatures.size
    reference, log_z = np.zeros(size), np.full(size, -np.inf)
    mean, covariance = np.zeros((size, 2)), np.zeros((size, 2, 2))
    share = next((share for share in system.representatives if share[0] == last), None)
    if share is None:
        return Cumulants(temperatures, reference, log_z, mean, covariance, ("magnetization",))
    for from_top, origin in zip((False, True), origins(system), strict=True):
        at = np.flatnonzero((temperatures < 0) == from_top)
        if at.size:
            moved = replace(system, share=share, tail=tuple(tail), constant=-system.unit * origin)
            c = stream(moved, temperatures[at])
            reference[at], log_z[at], mean[at], covariance[at] = c.reference, c.log_z, c.mean, c.covariance
    return Cumulants(temperatures, reference, log_z, mean, covariance, ("magnetization",))


def count_part(system: SpinSystem, part: Part, temperatures: Array, fields: Array | None = None) -> Cumulants:
    """The same of states that are counted, whatever the number of temperatures, in fields that couple to M.

    Energies are counted from the lower of the :func:`origins`.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.merge_tree import MergeTree
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> system = spin_system(Ising(lattices.chain(16)))
    >>> parts, tree = cut(system, 2**14), MergeTree(4)
    >>> for k, part in enumerate(parts):
    ...     tree.add(k, count_part(system, part, np.array([2.0])))
    >>> whole = sum_levels(density_of_states(system), np.array([2.0]))
    >>> bool(np.isclose(tree.total().log_z[0], whole.log_z[0], rtol=1e-13))
    True
    """
    *tail, last = part
    share = next((share for share in system.representatives if share[0] == last), None)
    if share is None:
        shape = temperatures.shape if fields is None else (fields.size, temperatures.size)
        empty = np.zeros((*shape, 2))
        return Cumulants(
            temperatures, np.zeros(shape), np.full(shape, -np.inf), empty, empty[..., None] * empty[..., None, :],
            ("magnetization",),
        )  # fmt: skip
    moved = replace(system, share=share, tail=tuple(tail), constant=-system.unit * origins(system)[0])
    return sum_levels(density_of_states(moved), temperatures, fields)


def origins(system: SpinSystem) -> tuple[int, int]:
    """Energies near the lowest and the highest one, in units of the system, by descent from each site's states.

    Any would do: gaps between parts are rounded relative to their distance from the origin, not to the energy itself.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> system = spin_system(Ising(lattices.square(4, 4)))
    >>> [system.energy(value) for value in origins(system)]
    [-32.0, 32.0]
    """
    return _descent(system, 1), -_descent(system, -1)


def _descent(system: SpinSystem, sign: int) -> int:
    q, pair = system.states, system.pair

    def local(state: list[int], i: int, a: int) -> int:
        return sign * (system.single[i][a] + sum(k * pair[a][state[j]] for j, k in system.weights[i].items()))

    best: int | None = None
    sites = range(system.sites)
    starts = [[a for _ in sites] for a in range(q)] + [[(i // step) % q for i in sites] for step in (1, 2)]
    for state in starts:
        moved = True
        while moved:
            moved = False
            for i, old in enumerate(state):
                new = min(range(q), key=lambda a: local(state, i, a))
                if local(state, i, new) < local(state, i, old):
                    state[i], moved = new, True
        bonds = sum(
            k * pair[state[i]][state[j]] for i, row in enumerate(system.weights) for j, k in row.items() if i < j
        )
        energy = sign * (bonds + sum(t[a] for t, a in zip(system.single, state, strict=True)))
        best = energy if best is None else min(best, energy)
    assert best is not None
    return best
