"""Symmetry sectors of chains: one-dimensional representations of translation, reflection and spin flip."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Group", "Orbits", "Sector", "sectors"]

Ints = npt.NDArray[np.int64]
Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Group:
    """Which of translation, reflection and spin flip belong to a group of a chain of ``sites`` spins."""

    sites: int
    translation: bool
    reflection: bool
    flip: bool

    @property
    def elements(self) -> tuple[tuple[int, int, int], ...]:
        """(t, r, f): t translations after r reflections after f flips."""
        return tuple(
            (t, r, f)
            for t in range(self.sites if self.translation else 1)
            for r in range(2 if self.reflection else 1)
            for f in range(2 if self.flip else 1)
        )

    def image(self, element: tuple[int, int, int], states: Ints) -> Ints:
        """What an element makes of bit patterns."""
        n = self.sites
        everything = (1 << n) - 1
        t, r, f = element
        image = states ^ everything if f else states
        if r:
            turned = np.zeros_like(image)
            for i in range(n):
                turned |= (image >> i & 1) << (n - 1 - i)
            image = turned
        return (image << t | image >> (n - t)) & everything if t else image


@dataclass(frozen=True)
class Sector:
    """A one-dimensional representation: momentum 2 pi k / sites, and the signs of reflection and flip.

    ``copies`` counts equal sectors (k and -k).
    """

    group: Group
    k: int
    reflection: int
    flip: int
    copies: int

    @property
    def real(self) -> bool:
        """Whether its matrix is real."""
        return 2 * self.k % self.group.sites == 0

    def characters(self) -> Complex:
        """Of each element of the group."""
        n = self.group.sites
        return np.array(
            [
                _root(-self.k * t % n, n) * (self.reflection if r else 1) * (self.flip if f else 1)
                for t, r, f in self.group.elements
            ]
        )


def _root(numerator: int, n: int) -> complex:
    """exp(2 pi i numerator / n), exact at quarter turns."""
    exact = {0: 1, n: -1, 2 * n: 1}.get(2 * numerator)
    return complex(exact) if exact is not None else cmath.exp(2j * math.pi * numerator / n)


class Orbits:
    """Bit patterns under a group: the smallest of each orbit stands for it.

    Parameters
    ----------
    group : Group
        The group; it must map the states onto themselves.
    states : array of int
        Bit patterns, rising.
    """

    def __init__(self, group: Group, states: Ints) -> None:
        self.group = group
        smallest = states.copy()
        which = np.zeros(states.size, dtype=np.int64)
        for g, element in enumerate(group.elements):
            image = group.image(element, states)
            lower = image < smallest
            smallest[lower] = image[lower]
            which[lower] = g
        self.states = states
        self.representative, self.which = smallest, which  # element ``which`` takes a state to its representative
        self.heads: Ints = states[smallest == states]
        self.fixed = np.stack([group.image(element, self.heads) == self.heads for element in group.elements])

    def sizes(self, sector: Sector) -> npt.NDArray[np.float64]:
        """Sum of the characters over what leaves each head as it is: 0 where the head is not in the sector."""
        total: npt.NDArray[np.float64] = (sector.characters() @ self.fixed).real
        return np.where(total > 0.5, total, 0.0)


def sectors(sites: int, periodic: bool, flip: bool) -> Iterator[Sector]:
    """All sectors of a chain, those that have the same levels once."""
    signs = (1, -1) if flip else (1,)
    if not periodic:
        group = Group(sites, False, True, flip)
        yield from (Sector(group, 0, r, f, 1) for r in (1, -1) for f in signs)
        return
    mirrored, plain = Group(sites, True, True, flip), Group(sites, True, False, flip)
    for k in range(sites // 2 + 1):
        if 2 * k % sites == 0:  # reflection turns k into -k: here it commutes
            yield from (Sector(mirrored, k, r, f, 1) for r in (1, -1) for f in signs)
        else:
            yield from (Sector(plain, k, 1, f, 2) for f in signs)
