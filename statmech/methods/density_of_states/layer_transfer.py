r"""Exact density of states of thin tori, such as 4 x 4 x 4, layer by layer from one start layer per symmetry orbit.

With :math:`x = e^{-2\beta J}`, V(t) the broken bonds within a layer t of n sites and W(s, t) = x^{d(s, t)}, where d
counts the sites in which s and t differ, a torus of L = a + b layers has

.. math:: \sum_b g_b x^b = \sum_{s, t} x^{V(s) + V(t)} P_a(s, t) P_b(s, t), \quad
          P_1 = W, \quad P_{c+1} = W x^V P_c .

P depends on the pair (s, t) only up to the symmetries of the layer, turning all spins included, so one s of each
orbit is enough: 222 of 65 536 for 4 x 4. W is applied site by site. Each P(s, t) has even or odd powers only, those
of d(s, t). All numbers are integers of one machine word; where products of two would exceed it they are cut in pieces.

Cost: orbits x 2^n x n x layers x length. Reference for the polynomial of 4 x 4 x 4: R. B. Pearson, Phys. Rev. B 26,
6285 (1982).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.kernels import kernel

__all__ = ["LayerTransfer"]

Ints = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[Any]  # uint32 where the numbers fit, else uint64

_MOST_SITES = 18  # of a layer: 2^18 rows of coefficients for each start layer
_WORD = 64  # bits of a coefficient of P
# Seconds, measured on one core of a 2024 server: per coefficient and site transferred, per product closed.
_PER_TERM, _PER_PRODUCT, _PER_ROW, _FIXED = 0.22e-9, 0.1e-9, 1e-7, 2e-2


@dataclass(frozen=True)
class LayerTransfer:
    """A torus cut into layers.

    Attributes
    ----------
    layer : tuple of int
        Sides of a layer; its sites are numbered row-major, the first side slowest.
    layers : int
        Number of layers, at least 2.
    """

    layer: tuple[int, ...]
    layers: int

    def __post_init__(self) -> None:
        if self.layers < 2 or min(self.layer, default=1) < 1:
            raise InputError(f"layers: expected at least 2 of positive sides; got {self.layers} of {self.layer}")

    @property
    def sites(self) -> int:
        """Sites of a layer n."""
        return math.prod(self.layer)

    @property
    def refusal(self) -> str | None:
        """Why it is out of reach; None where it is not."""
        if self.sites > _MOST_SITES:
            return f"layers of {self.sites} sites exceed {_MOST_SITES}"
        if self._longer * self.sites - self.sites >= _WORD:
            return f"{self.layers} layers of {self.sites} sites need coefficients beyond {_WORD} bits"
        return None

    @property
    def _longer(self) -> int:
        return self.layers - self.layers // 2

    @property
    def _lengths(self) -> list[int]:
        """Coefficients of P_1, P_2, ..., of every other power."""
        bonds = sum(self.sites for side in self.layer if side > 1)
        return [(c * self.sites + (c - 1) * bonds) // 2 + 1 for c in range(1, self._longer + 1)]

    @property
    def seconds(self) -> float:
        """Estimated time."""
        group = 2.0 * 2.0 ** len(self.layer) * self.sites * math.factorial(max(map(self.layer.count, self.layer)))
        rows = 2.0**self.sites
        orbits = max(1.5 * rows / group, 1.0)
        shorter, longer = self._lengths[self.layers // 2 - 1], self._lengths[-1]
        products = shorter * longer * self._pieces**2
        each = self.sites * sum(self._lengths[1:]) * _PER_TERM + products * _PER_PRODUCT + _PER_ROW
        return float(_FIXED + orbits * rows * each)

    @property
    def memory(self) -> float:
        """Bytes at the peak: P_a, P_b, and both sorted and in float64."""
        return 2.0**self.sites * (16.0 * (self._lengths[self.layers // 2 - 1] + self._lengths[-1]) + 100.0)

    @property
    def _piece(self) -> int:
        """Bits of the pieces that are multiplied: sums over 2^n rows and all powers stay below 2^64."""
        if (self.layers - 1) * self.sites <= _WORD:
            return _WORD  # all paths of one start layer together are that many
        return (_WORD - self.sites - self._lengths[-1].bit_length()) // 2

    @property
    def _pieces(self) -> int:
        return -(-max((self._longer - 1) * self.sites, 1) // self._piece)

    @cached_property
    def _broken(self) -> Ints:
        """Half the broken bonds within each of the 2^n layers: around a ring they are even in number."""
        places = np.arange(self.sites).reshape(self.layer)
        states = np.arange(2**self.sites)
        total = np.zeros(2**self.sites, dtype=np.int64)
        for axis in range(len(self.layer)):
            for i, j in zip(places.ravel(), np.roll(places, -1, axis).ravel(), strict=True):
                total += ((states >> i) ^ (states >> j)) & 1
        return total // 2

    @cached_property
    def orbits(self) -> tuple[Ints, Ints]:
        """One layer of each orbit under the symmetries, and the size of its orbit."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        states = np.arange(2**self.sites)
        images = [2**self.sites - 1 - states]
        for permutation in _generators(self.layer):
            turned = np.zeros_like(states)
            for i, j in enumerate(permutation.tolist()):
                turned |= ((states >> i) & 1) << j
            images.append(turned)
        pairs = (np.tile(states, len(images)), np.concatenate(images))
        joined = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(states.size, states.size))
        labels = connected_components(joined, directed=False)[1]
        _, first, count = np.unique(labels, return_index=True, return_counts=True)
        return first.astype(np.int64), count.astype(np.int64)

    def broken_bond_counts(self) -> list[int]:
        """Number of states with b = 0, 1, ... broken bonds, up to the number of bonds of the torus.

        Examples
        --------
        >>> LayerTransfer((3, 3), 3).broken_bond_counts()[:13:2]
        [2, 0, 0, 54, 0, 162, 594]
        >>> LayerTransfer((4,), 4).broken_bond_counts()[:9:2]
        [2, 0, 32, 64, 424]
        """
        rows, lengths, broken = 2**self.sites, self._lengths, self._broken
        kind = np.uint32 if (self._longer - 1) * self.sites < 32 else np.uint64
        states = np.arange(rows)
        ones = _ones(states)
        parity = ones % 2
        work = [np.zeros((rows, n), dtype=kind) for n in lengths]
        bonds = self.layers * self.sites * (1 + len(self.layer))
        mirrored = all(side % 2 == 0 for side in (*self.layer, self.layers))  # b -> bonds - b
        half = [0] * (bonds // 2 + 1)  # of every other power
        most = bonds // 4 if mirrored else bonds // 2
        for start, size in zip(*(array.tolist() for array in self.orbits), strict=True):
            added = broken[states ^ start]  # a row stands for the layer start ^ row, so its parity is its own
            work[0][:] = 0
            work[0][states, ones // 2] = 1
            for old, new in pairwise(work):
                _weigh(old, added, new)
                _transfer(new, parity, self.sites)
            for power, number in enumerate(self._closed(work, added + parity + int(broken[start]), most)):
                half[power] += size * number
        counts = [0] * (bonds + 1)
        if mirrored:
            half[most + 1 :] = half[bonds // 2 - most - 1 :: -1]
        counts[: 2 * len(half) : 2] = half
        return counts

    def _closed(self, work: list[Words], powers: Ints, most: int) -> list[int]:
        """Coefficients, up to the power ``most``, of the sum over rows of x^powers P_a P_b."""
        first, second = work[self.layers // 2 - 1], work[-1]
        total = [0] * (most + 1)
        for i in range(self._pieces):
            for j in range(self._pieces):
                found = np.zeros(most + 1, dtype=np.uint64)
                _multiply(self._cut(first, i), self._cut(second, j), powers, found)
                for power, number in enumerate(found.tolist()):
                    total[power] += number << (self._piece * (i + j))
        return total

    def _cut(self, rows: Words, piece: int) -> Words:
        """Some of the bits of all numbers."""
        if self._pieces == 1:
            return rows
        kind = rows.dtype.type
        cut: Words = (rows >> kind(piece * self._piece)) & kind(2**self._piece - 1)
        return cut


def _ones(states: Ints) -> Ints:
    count = np.zeros_like(states)
    while states.any():
        count += states & 1
        states = states >> 1
    return count


def _generators(layer: Sequence[int]) -> Iterator[Ints]:
    """Permutations of the sites of a torus that keep its bonds, as where[site]; all others are products of them."""
    places = np.arange(math.prod(layer)).reshape(layer)
    for axis, side in enumerate(layer):
        if side > 1:
            yield np.roll(places, 1, axis).ravel()
            yield np.flip(places, axis).ravel()
    for one, other in combinations(range(len(layer)), 2):
        if layer[one] == layer[other] > 1:
            yield np.swapaxes(places, one, other).ravel()
        if layer[one] == layer[other] == 4:  # a ring of 4 is a square, two of them a 4-cube: mix their directions
            gray = places.take([0, 1, 3, 2], axis=one).take([0, 1, 3, 2], axis=other)
            corners = np.moveaxis(gray, (one, other), (0, 1)).reshape(2, 2, 2, 2, -1)
            image = np.empty(places.size, dtype=np.int64)
            image[corners.ravel()] = np.swapaxes(corners, 1, 2).ravel()
            yield image


@kernel()
def _multiply(first: Words, second: Words, powers: Ints, total: npt.NDArray[np.uint64]) -> None:
    """total[powers[row] + i + j] += first[row, i] second[row, j], as far as there is room.

    Four i at a time: a sum that is written and read again one place further on waits for the memory.
    """
    n, m, size = first.shape[1], second.shape[1], total.size
    one, other = np.zeros(n + 3, np.uint64), np.zeros(m + 6, np.uint64)
    room = np.zeros(size + n + m + 6, np.uint64)
    for row in range(first.shape[0]):
        base = powers[row]
        if base >= size:
            continue
        for i in range(n):
            one[i] = first[row, i]
        for j in range(m):
            other[j + 3] = second[row, j]
        for i in range(0, n, 4):
            a, b, c, d = one[i], one[i + 1], one[i + 2], one[i + 3]
            if a | b | c | d:
                into = room[base + i : base + i + m + 3]
                for j in range(m + 3):
                    into[j] += (a * other[j + 3] + b * other[j + 2]) + (c * other[j + 1] + d * other[j])
    total[:] = room[:size]


@kernel()
def _weigh(old: Words, added: Ints, new: Words) -> None:
    """new[row] = old[row] times x^(2 added[row]); one coefficient stands for a step of 2."""
    n, length = old.shape[1], new.shape[1]
    for row in range(old.shape[0]):
        start = added[row]
        count = min(n, length - start)
        new[row, :start] = 0
        new[row, start : start + count] = old[row, :count]
        new[row, start + count :] = 0


@kernel()
def _turn(table: Words, even: int, odd: int, work: Words) -> None:
    """One site of two rows that differ in it: both become themselves plus x times the other.

    The powers of one row are even, 2 k, those of the other odd, 2 k + 1, so x takes odd to even one place further.
    """
    a, b = table[even], table[odd]
    n = a.size
    for k in range(n):
        work[k] = b[k]
    for k in range(n):
        b[k] += a[k]
    for k in range(1, n):
        a[k] += work[k - 1]


@kernel()
def _transfer(table: Words, parity: Ints, sites: int) -> None:
    """All sites: first those within blocks of rows that the cache holds, then the others, block against block."""
    rows = table.shape[0]
    work = np.empty_like(table[0])
    low = min(sites, 7)
    block = 1 << low
    for start in range(0, rows, block):
        for site in range(low):
            for row in range(start, start + block):
                if row >> site & 1 == 0:
                    other = row | 1 << site
                    if parity[row]:
                        _turn(table, other, row, work)
                    else:
                        _turn(table, row, other, work)
    for start in range(block):
        for site in range(low, sites):
            for row in range(start, rows, block):
                if row >> site & 1 == 0:
                    other = row | 1 << site
                    if parity[row]:
                        _turn(table, other, row, work)
                    else:
                        _turn(table, row, other, work)
