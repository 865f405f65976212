r"""All states of a lattice model, block by block, with exact integer energies.

Every finite float64 is an integer times a power of two, so the energies of any configuration are integers in units of
a common ``unit`` u:

.. math:: H = c + u \Bigl[\sum_{i<j} k_{ij} f(a_i, a_j) + \sum_i t_i(a_i)\Bigr], \quad a_i = 0 \dots q-1,

and adding and taking away never drifts. The sites are cut in two: the energies of all states of the low sites
(at most ``BLOCK``) stand in one array, and the high sites walk through a reflected mixed-radix Gray code
(D. E. Knuth, TAOCP 4A, sec. 7.2.1.1, algorithm H), each step of which adds one precomputed array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts

__all__ = ["BLOCK", "LIMB", "Block", "SpinSystem", "spin_system"]

Ints = npt.NDArray[np.int64]

# States of the low sites: energies, weights and work arrays of this size stay in the second-level cache, and BLAS
# computes a dot product of this length in one thread, so the bits do not depend on the number of threads.
BLOCK = 8192
# Bits of the lower half of an energy too wide for one int64: differences of halves are exact in float64.
LIMB = 52
_ONE_LIMB = 2**62
_TWO_LIMBS = 2 ** (62 + LIMB)
_LARGEST = 2**1023  # energies beyond it are no float64


@dataclass(frozen=True)
class Block:
    """All states of the low sites at one state of the high ones.

    Attributes
    ----------
    energies : array of int64, shape (limbs, n)
        Energies in units of the system, without ``offset``; in two rows the value is row 0 * 2^52 + row 1.
        A buffer that the next step overwrites.
    offset : tuple of int, length limbs
        What the high sites add to each row.
    moment : int
        What the high sites add to the observable.
    high : tuple of int
        States of the high sites, in the order of their numbers.
    """

    energies: Ints
    offset: tuple[int, ...]
    moment: int
    high: Sequence[int]


@dataclass(frozen=True)
class SpinSystem:
    """H of a lattice model in integers, see the head of this file.

    Attributes
    ----------
    states : int
        q, states of a site.
    pair : tuple of tuple of int, (q, q)
        f(a, b), symmetric, smallest value 0.
    weights : tuple of dict, length N
        ``weights[i][j]`` = k_ij for the neighbours j of i; each bond stands at both ends.
    single : tuple of tuple of int, (N, q)
        t_i(a), with t_i(0) = 0.
    moment : tuple of int, length q
        Observable of one site, M = sum_i moment[a_i].
    values : tuple of int, length q
        What state a is called in the model (+1 and -1 for Ising).
    unit, constant : Fraction
        u and c.
    share : tuple of (int, int, bool), optional
        One of ``representatives``: only states of this last site count, which makes it a part of the sum.
    tail : tuple of int
        The sites just before the last one stay in these states, in a part.
    """

    states: int
    pair: tuple[tuple[int, ...], ...]
    weights: tuple[dict[int, int], ...]
    single: tuple[tuple[int, ...], ...]
    moment: tuple[int, ...]
    values: tuple[int, ...]
    unit: Fraction
    constant: Fraction
    share: tuple[int, int, bool] | None = None
    tail: tuple[int, ...] = ()

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return len(self.single)

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Integers between which all energies lie (not always reached)."""
        top = max(map(max, self.pair))
        bonds = [k * top for i, row in enumerate(self.weights) for j, k in row.items() if i < j]
        low = sum(min(0, k) for k in bonds) + sum(map(min, self.single))
        return low, sum(max(0, k) for k in bonds) + sum(map(max, self.single))

    @property
    def limbs(self) -> int:
        """How many int64 an energy needs: 1 or 2."""
        return 1 if self._width < _ONE_LIMB else 2

    @property
    def _width(self) -> int:
        low, high = self.bounds
        return max(-low, high, high - low)

    @property
    def refusal(self) -> str | None:
        """Why these integers cannot be worked with; None where they can."""
        if self._width >= _TWO_LIMBS:
            return (
                "the couplings and fields range over more than 18 decades and their last binary digits lie too far "
                f"apart ({self._width.bit_length()} bits together); round the small ones or set them to 0"
            )
        if abs(self.constant) + self.unit * self._width > _LARGEST:
            return "the energies of some states exceed the largest float64; scale the couplings and fields down"
        return None

    @cached_property
    def representatives(self) -> tuple[tuple[int, int, bool], ...]:
        """States of the last site that stand for all: (state, multiplicity, with the mirror image of M as well).

        Without site terms the two-valued and three-valued spins have s -> -s, the Potts states other than 0 are
        alike (and all q where M does not matter, which is not used).
        """
        if self.share is not None:
            return (self.share,)
        q = self.states
        plain = tuple((a, 1, False) for a in range(q))
        if self.values == tuple(range(q)):  # Potts
            alike = all(len(set(row[1:])) == 1 for row in self.single)
            return ((0, 1, False), (1, q - 1, False)) if alike else plain
        if any(row[a] != row[q - 1 - a] for row in self.single for a in range(q)):
            return plain
        return tuple((a, 1, a != q - 1 - a) for a in range((q + 1) // 2))

    @property
    def low_sites(self) -> int:
        """Number of sites whose states make up one block; the last site is never among them."""
        return min(self.sites - 1, int(math.log(BLOCK + 0.5, self.states)))

    @cached_property
    def _low(self) -> tuple[Ints, Ints]:
        """States (low sites, n) of the low sites in a block and their observable (n,)."""
        m, q = self.low_sites, self.states
        digits = np.arange(q**m) // q ** np.arange(m)[:, None] % q
        return digits, np.asarray(self.moment)[digits].sum(axis=0)

    @property
    def low_moment(self) -> Ints:
        """Observable of the low sites, shape (n,)."""
        return self._low[1]

    def low_states(self, index: int) -> tuple[int, ...]:
        """States of the low sites at one place of a block."""
        return tuple(self._low[0][:, index].tolist())

    @property
    def gap_bits(self) -> int:
        """Gaps between energies are below 2^gap_bits units."""
        low, high = self.bounds
        return (high - low).bit_length()

    @property
    def gap_scale(self) -> Fraction:
        """Energy of 2^gap_bits units, in units of the model."""
        return self.unit * (1 << self.gap_bits)

    def energy(self, value: int) -> float:
        """H of an energy in integers, in units of the model, rounded once."""
        return float(self.constant + self.unit * value)

    def _split(self, value: int) -> tuple[int, ...]:
        return (value,) if self.limbs == 1 else (value >> LIMB, value & (2**LIMB - 1))

    def _tables(self) -> tuple[Ints, list[Ints]]:
        """Energies (limbs, n) of the low sites alone; for each high site those (q, limbs, n) of its bonds to them."""
        digits, _ = self._low
        pair = np.asarray(self.pair)
        m, n, limbs = self.low_sites, digits.shape[1], self.limbs
        energies = np.zeros((limbs, n), dtype=np.int64)
        tables = [np.zeros((self.states, limbs, n), dtype=np.int64) for _ in range(m, self.sites)]
        for v in range(m):
            for limb, row in enumerate(np.array([self._split(t) for t in self.single[v]]).T):
                energies[limb] += row[digits[v]]
            for u, k in self.weights[v].items():
                for limb, part in enumerate(self._split(k)):
                    if u < v:
                        energies[limb] += part * pair[digits[u], digits[v]]
                    elif u >= m:
                        tables[u - m][:, limb] += part * pair[:, digits[v]]
        return energies, tables

    def blocks(self, last: int) -> Iterator[Block]:
        """All states with the last site in state ``last`` (and those before it in ``tail``), block after block."""
        m, q = self.low_sites, self.states
        energies, tables = self._tables()
        count = len(tables) - 1 - len(self.tail)
        state = [0] * count + [*self.tail, last]
        energies += sum(table[a] for a, table in zip(state, tables, strict=True))
        steps = [np.diff(table, axis=0) for table in tables[:count]]
        bonds = [[(v - m, k) for v, k in row.items() if v >= m] for row in self.weights[m:]]
        high = sum(k * self.pair[state[u]][state[v]] for u, row in enumerate(bonds) for v, k in row if u < v)
        high += sum(self.single[m + u][a] for u, a in enumerate(state))
        moment = sum(self.moment[a] for a in state)
        focus, direction = list(range(count + 1)), [1] * count
        while True:
            yield Block(energies, self._split(high), moment, state)
            u = focus[0]
            focus[0] = 0
            if u == count:
                return
            old = state[u]
            new = state[u] = old + direction[u]
            if direction[u] > 0:
                energies += steps[u][old]
            else:
                energies -= steps[u][new]
            before, after = self.pair[old], self.pair[new]
            high += sum(k * (after[state[v]] - before[state[v]]) for v, k in bonds[u])
            high += self.single[m + u][new] - self.single[m + u][old]
            moment += self.moment[new] - self.moment[old]
            if new in (0, q - 1):
                direction[u] = -direction[u]
                focus[u] = focus[u + 1]
                focus[u + 1] = u + 1


def spin_system(model: Ising | Potts | BlumeCapel, field: float | None = None) -> SpinSystem:
    """The integers of a model, exactly as its float64 couplings and fields are.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        The model.
    field : float, optional
        A uniform field in place of the model's own.

    Examples
    --------
    >>> from statmech import lattices
    >>> system = spin_system(Ising(lattices.square(4, 4), coupling=0.1))
    >>> system.bounds, float(system.unit), float(system.constant)
    ((0, 32), 0.2, -3.2)
    """
    fields = [Fraction(h) for h in (model.fields.tolist() if field is None else [field] * model.sites)]
    if isinstance(model, Potts):
        values = tuple(range(model.states))
        moment = tuple(int(a == 0) for a in values)
        raw = [[-int(a == b) for b in values] for a in values]
        squares = [Fraction(0)] * model.sites
    else:
        values = (1, -1) if isinstance(model, Ising) else (1, 0, -1)
        moment = values
        raw = [[-a * b for b in values] for a in values]
        anisotropies = model.anisotropies.tolist() if isinstance(model, BlumeCapel) else [0.0] * model.sites
        squares = [Fraction(d) for d in anisotropies]
    states = range(len(values))
    lowest = min(map(min, raw))
    step = math.gcd(*(entry - lowest for row in raw for entry in row))
    pair = tuple(tuple((entry - lowest) // step for entry in row) for row in raw)
    constant = Fraction(0)
    weights: list[dict[int, Fraction]] = [{} for _ in fields]
    single = [[d * s * s - h * m for s, m in zip(values, moment, strict=True)]
              for d, h in zip(squares, fields, strict=True)]  # fmt: skip
    for (i, j), coupling in zip(model.lattice.bonds.tolist(), map(Fraction, model.couplings.tolist()), strict=True):
        if i == j:
            for a in states:
                single[i][a] += coupling * raw[a][a]
            continue
        constant += coupling * lowest
        weights[i][j] = weights[j][i] = weights[i].get(j, Fraction(0)) + coupling * step
    constant += sum((row[0] for row in single), Fraction(0))
    single = [[t - row[0] for t in row] for row in single]
    numbers = [k for row in weights for k in row.values()] + [t for row in single for t in row]
    denominator = math.lcm(*(x.denominator for x in numbers))
    divisor = math.gcd(*(int(x * denominator) for x in numbers)) or denominator
    unit = Fraction(divisor, denominator)
    return SpinSystem(
        len(values),
        pair,
        tuple({j: int(k / unit) for j, k in row.items() if k} for row in weights),
        tuple(tuple(int(t / unit) for t in row) for row in single),
        moment,
        values,
        unit,
        constant,
    )
