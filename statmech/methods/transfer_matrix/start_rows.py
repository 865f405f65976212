"""States of the first layer of a ring of layers, one of each class that the symmetries of the model leave."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from statmech.lattices.base import Lattice
from statmech.methods.transfer_matrix.frontier import coordinates

__all__ = ["start_rows"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_SYMMETRIES = 256
_MOST_SITES = 200_000  # beyond, symmetries are not looked for


def start_rows(
    lattice: Lattice,
    given: Ints,
    couplings: Array,
    numbers: Sequence[Array],
    states: int,
    flips: bool,
) -> tuple[Ints, Ints]:
    """One state of each class, and how many states its class has.

    Translations and reflections are looked for among those of the cells, and each is used only if it maps every
    bond to one of the same coupling and every site to one of the same field.

    Parameters
    ----------
    lattice : Lattice
        With cells.
    given : array of int, shape (w,)
        Sites of the layer.
    couplings : array, shape (B,)
        J of each bond.
    numbers : sequence of arrays, shape (N,)
        Whatever else the sites carry.
    states : int
        q.
    flips : bool
        Whether turning all spins round, state s to q - 1 - s, is a symmetry.

    Returns
    -------
    rows : array of int, shape (K, w)
    counts : array of int, shape (K,)

    Examples
    --------
    >>> from statmech.lattices import square
    >>> rows, counts = start_rows(square(6, 4), np.arange(4), np.ones(48), [np.zeros(24)], 2, True)
    >>> rows.tolist(), counts.tolist()
    ([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]], [2, 8, 4, 2])
    """
    width = given.size
    everything = np.arange(states**width)
    digits = np.stack([everything // states**c % states for c in range(width)])
    least = everything.copy()
    for permutation in _symmetries(lattice, given, couplings, numbers):
        moved = np.zeros_like(everything)
        for c, target in enumerate(permutation):
            moved += digits[c] * states**target
        np.minimum(least, moved, out=least)
        if flips:
            np.minimum(least, states**width - 1 - moved, out=least)
    classes, counts = np.unique(least, return_counts=True)
    return np.ascontiguousarray(digits[:, classes].T), counts.astype(np.int64)


def _symmetries(lattice: Lattice, given: Ints, couplings: Array, numbers: Sequence[Array]) -> list[tuple[int, ...]]:
    """Permutations of the given sites that symmetries of the whole model make: a group, the identity first."""
    if lattice.sites > _MOST_SITES:
        return [tuple(range(given.size))]
    index = {site: c for c, site in enumerate(given.tolist())}
    generators = []
    for moved in _candidates(lattice):
        image = moved[given].tolist()
        if all(site in index for site in image) and _keeps(lattice, moved, couplings, numbers):
            generators.append(tuple(index[site] for site in image))
    group = [tuple(range(given.size))]
    known = set(group)
    for element in group:  # grows while it is walked through
        for generator in generators:
            product = tuple(generator[c] for c in element)
            if product not in known and len(group) < _MOST_SYMMETRIES:
                known.add(product)
                group.append(product)
    return group if len(group) < _MOST_SYMMETRIES else group[:1]


def _candidates(lattice: Lattice) -> list[Ints]:
    """Where each site would go: steps along periodic directions, inversions of any directions, swaps of equal ones."""
    place = coordinates(lattice)
    d = place.shape[1] - 1
    moves = []
    for axis in range(d):
        if lattice.periodic[axis]:
            moved = place.copy()
            moved[:, axis] = (moved[:, axis] + 1) % lattice.shape[axis]
            moves.append(moved)
    if place[:, d].max(initial=0) == 0:
        for count in range(1, d + 1):
            for axes in combinations(range(d), count):
                moved = place.copy()
                for axis in axes:
                    size = lattice.shape[axis]
                    moved[:, axis] = -moved[:, axis] % size if lattice.periodic[axis] else size - 1 - moved[:, axis]
                moves.append(moved)
        for a, b in combinations(range(d), 2):
            if lattice.shape[a] == lattice.shape[b] and lattice.periodic[a] == lattice.periodic[b]:
                moved = place.copy()
                moved[:, [a, b]] = moved[:, [b, a]]
                moves.append(moved)
    extent = (*lattice.shape, int(place[:, d].max(initial=0)) + 1)
    return [np.ravel_multi_index(tuple(moved.T), extent).astype(np.int64) for moved in moves]


def _keeps(lattice: Lattice, moved: Ints, couplings: Array, numbers: Sequence[Array]) -> bool:
    """Whether a permutation of the sites changes no energy."""
    if not all(np.array_equal(row[moved], row) for row in numbers):
        return False

    def listed(bonds: Ints) -> tuple[Ints, Array]:
        ends = np.sort(bonds, axis=1)
        order = np.lexsort([couplings, ends[:, 1], ends[:, 0]])
        return ends[order], couplings[order]

    before, after = listed(lattice.bonds), listed(moved[lattice.bonds])
    return np.array_equal(before[0], after[0]) and np.array_equal(before[1], after[1])
