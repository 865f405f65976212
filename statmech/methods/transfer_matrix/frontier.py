"""The order in which a lattice is walked through, and the frontier of sites whose bonds are not all counted yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.lattices.base import Lattice
from statmech.methods.transfer_matrix.sweep import CHUNK, Near, Step

__all__ = ["Walk", "chunk_of", "coordinates", "first_layer", "walk"]

Ints = npt.NDArray[np.int64]


def coordinates(lattice: Lattice) -> Ints:
    """Cell coordinates of each site and its place in the cell, shape (N, d + 1)."""
    per_cell = lattice.sites // int(np.prod(lattice.shape))
    return np.indices((*lattice.shape, per_cell)).reshape(len(lattice.shape) + 1, -1).T


def first_layer(lattice: Lattice, axis: int) -> Ints:
    """Sites whose coordinate along an axis is 0, in their order."""
    return np.flatnonzero(coordinates(lattice)[:, axis] == 0)


@dataclass(frozen=True, eq=False)
class Walk:
    """Sites one after the other along one direction of a lattice, as steps of :func:`sweep`.

    Attributes
    ----------
    given : array of int, shape (w,)
        Sites of the first layer where it is held fixed (to be summed outside), else empty.
    later : array of int, shape (B,)
        The site at which each bond is counted: the later of its two.
    mirror : bool
        Whether the newest spin is held in state 0.
    steps, near : array of int, shapes (S, 6), (K, 2)
        For :func:`sweep`; the second column of ``near`` is the number of the bond.
    """

    given: Ints
    later: Ints
    mirror: bool
    steps: Ints
    near: Ints

    @cached_property
    def digits(self) -> int:
        """Digits of the largest vector that is kept."""
        kept = self.steps[:, Step.FREE] + self.steps[:, Step.NEW]
        return int(kept.max(initial=0))

    def merges(self, q: int) -> float:
        """Entries merged in one walk, an entry that is only moved counted as a third."""
        old, new, free = (self.steps[:, column] for column in (Step.OLD, Step.NEW, Step.FREE))
        each = np.where(old >= 0, float(q - 1), 1 / 3) * np.where(new > 0, float(q), 1.0)
        with np.errstate(over="ignore"):  # infinite: too large
            return float(np.sum(each * np.power(float(q), free)))


def walk(lattice: Lattice, direction: tuple[int, ...], closed: bool, mirror: bool) -> Walk:
    """Plan a walk.

    Parameters
    ----------
    lattice : Lattice
        With cells.
    direction : tuple of int
        Coordinates of a cell times these numbers rise on the way: (1, 0) goes row by row, (1, 1) from corner to
        corner of an open square, which halves most frontiers.
    closed : bool
        Whether the first layer, of an axis then, is given (so that the walk may come back to it).
    mirror : bool
        Whether the newest spin is held in state 0.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> walk(square(50, 6, periodic=False), (1, 0), False, False).digits
    6
    >>> walk(square(50, 6, periodic=False), (1, 0), False, True).digits
    5
    """
    place = coordinates(lattice)
    along = place[:, :-1] @ np.array(direction, dtype=np.int64)
    order = np.lexsort([*place.T[::-1], along])
    given = order[along[order] == 0] if closed else order[:0]
    order = order[given.size :]
    position = np.empty(lattice.sites, dtype=np.int64)
    position[order] = np.arange(order.size)
    position[given] = -1 - np.arange(given.size)  # before all others
    ends = position[lattice.bonds]
    numbers = np.flatnonzero((ends.max(axis=1) >= 0) & (ends[:, 0] != ends[:, 1]))
    earlier, later = ends[numbers].min(axis=1), ends[numbers].max(axis=1)
    by_site = np.lexsort([earlier, later])
    numbers, earlier, later = numbers[by_site], earlier[by_site], later[by_site]
    starts = np.searchsorted(later, np.arange(order.size + 1)).tolist()
    until = np.arange(order.size)
    free = earlier >= 0
    np.maximum.at(until, earlier[free], later[free])
    if mirror:  # the newest is no digit, so it can be summed one step later only
        until = np.maximum(until, np.minimum(np.arange(order.size) + 1, order.size - 1))
    sites = np.concatenate([order, given[::-1]])  # position -1 is the first that is given
    steps, near = _steps(order.tolist(), until, starts, earlier.tolist(), numbers.tolist(), mirror)
    return Walk(given, sites[ends.max(axis=1, initial=-1)], mirror, steps, near)


def _steps(
    order: list[int], until: Ints, starts: list[int], earlier: list[int], numbers: list[int], mirror: bool
) -> tuple[Ints, Ints]:
    """Follow the frontier, oldest first; in a walk with a mirror its last site is no digit."""
    ending: list[list[int]] = [[] for _ in order]
    for t, last in enumerate(until.tolist()):
        ending[last].append(t)
    frontier: list[int] = []
    steps: list[tuple[int, ...]] = []
    near: list[tuple[int, int]] = []
    for t, site in enumerate(order):
        newest = frontier[-1] if mirror and frontier else -1
        summed = [s for s in ending[t] if s not in (t, newest)]
        old = summed[0] if summed else -1
        digit = frontier.index(old) if summed else -1
        if summed:
            del frontier[digit]
        first = len(near)
        for x in range(starts[t], starts[t + 1]):
            other = earlier[x]
            if other < 0:
                place = Near.FIXED + 1 + other
            elif other == old:
                place = int(Near.OLD)
            elif other == newest:
                place = int(Near.NEWEST)
            else:
                place = frontier.index(other)
            near.append((int(place), numbers[x]))
        if not (mirror and t == 0):
            steps.append((digit, 1, first, len(near), len(frontier) - (newest >= 0), site))
        frontier.append(t)
        for s in ending[t]:
            if s != old and not (mirror and s == t):
                digit = frontier.index(s)
                del frontier[digit]
                steps.append((digit, 0, len(near), len(near), len(frontier) - mirror, 0))
    return np.array(steps, dtype=np.int64).reshape(-1, len(Step)), np.array(near, dtype=np.int64).reshape(-1, 2)


def chunk_of(q: int) -> int:
    """Largest power of q up to :data:`CHUNK`, at least q."""
    n = q
    while n * q <= CHUNK:
        n *= q
    return n
