r"""Exact density of states of any network with integer energies: elimination with polynomials for numbers.

With :math:`x = e^{-\beta u}`, u the unit of the energies, a Boltzmann factor is a power of x, and summing over one
variable after the other,

.. math:: P_{t+1}(\text{front}') = \sum_{s_\mathrm{leaving}} x^{\text{cost of } v} P_t(\text{front}),

moves and adds rows of coefficients: integers, computed modulo 2^64 and odd numbers below 2^63 whose product exceeds
the number of states, which bounds every coefficient. Where all energies differ by multiples of several units (two on
lattices with an even number of bonds at every site), the cost modulo that step depends on the front alone, and only
every step-th coefficient is kept. A second observable M makes a coefficient of each pair (E, M): the power is
E * stride + M.

Cost: entries of the front x length of the polynomials x sites x moduli. References: K. Binder, Physica 62, 508 (1972)
(spin by spin); R. Dechter, Artif. Intell. 113, 41 (1999) (elimination over any numbers that add and multiply).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.methods.density_of_states.chinese_remainder import recombine
from statmech.methods.density_of_states.fronts import Front, Sweep
from statmech.methods.density_of_states.integer_costs import IntegerCosts

__all__ = ["Elimination", "cost_counts"]

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# Seconds, measured on one core of a 2024 server: per coefficient added modulo one number, per entry joined, per step.
_PER_TERM, _PER_ENTRY, _PER_STEP, _FIXED = 2e-9, 6e-8, 1e-4, 2e-2


@dataclass(frozen=True, eq=False)
class Elimination:
    """What is to be done: energies, an order, and the observable that is counted beside the energy.

    Attributes
    ----------
    costs : IntegerCosts
        The energies.
    sweep : Sweep
        The order, complete.
    moments : tuple of tuple of int, or None
        For each variable and state what it adds to the observable, counted from 0; None for g(E) alone.
    """

    costs: IntegerCosts
    sweep: Sweep
    moments: tuple[tuple[int, ...], ...] | None = None

    @cached_property
    def stride(self) -> int:
        """Values of the observable, from 0 to its largest: 1 where none is counted."""
        return 1 if self.moments is None else 1 + sum(map(max, self.moments))

    @property
    def fixed(self) -> bool:
        """Whether the first variable need not be summed over, since all its states are alike."""
        return self.costs.alike and (self.moments is None or self.costs.cardinalities[0] == 2)

    @cached_property
    def moduli(self) -> tuple[int, ...]:
        """Pairwise coprime, their product above the number of states that are counted one by one."""
        states = math.prod(self.costs.cardinalities) // (self.costs.cardinalities[0] if self.fixed else 1)
        found, product, candidate = [2**64], 2**64, 2**63 + 1
        while product <= states:
            candidate -= 2
            if math.gcd(candidate, product) == 1:
                found.append(candidate)
                product *= candidate
        return tuple(found)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Bound of the energies counted after each step, in steps of the energy, plus one."""
        place = {step.enters: t for t, step in enumerate(self.sweep.steps)}
        added = [0] * len(place)
        for scope, table in self.costs.factors.items():
            added[max(place[v] for v in scope)] += int(table.max())
        total = np.cumsum(added) // self.costs.step + 1
        return tuple(total.tolist())

    @property
    def _joined(self) -> list[float]:
        """Entries joined at each step."""
        halves = self.costs.cardinalities[0] if self.fixed else 1
        return [max(joined / halves, 1.0) for _, joined in self.sweep.sizes]

    @property
    def seconds(self) -> float:
        """Estimated time."""
        terms = sum(joined * n for joined, n in zip(self._joined, self.lengths, strict=True)) * self.stride
        return _FIXED + len(self.moduli) * (
            _PER_TERM * terms + _PER_ENTRY * sum(self._joined) + _PER_STEP * len(self.lengths)
        )

    @property
    def memory(self) -> float:
        """Bytes at the peak: two tables of coefficients, and where their rows come from."""
        halves = self.costs.cardinalities[0] if self.fixed else 1
        sizes = [1.0, *(max(left / halves, 1.0) for left, _ in self.sweep.sizes)]
        lengths = [1, *self.lengths]
        tables = [8.0 * self.stride * size * n for size, n in zip(sizes, lengths, strict=True)]
        return max(a + b + 40.0 * joined for (a, b), joined in zip(pairwise(tables), self._joined, strict=True))


def cost_counts(elimination: Elimination) -> list[list[int]]:
    """How many configurations have each cost (and each value of the observable).

    Parameters
    ----------
    elimination : Elimination
        Energies, order, observable.

    Returns
    -------
    list (costs / step) of list (values of the observable) of int
        Row e counts the configurations of energy ``costs.energy(e)``; the sum of all is the number of states, exactly.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.methods.density_of_states.fronts import find_sweep
    >>> from statmech.methods.density_of_states.integer_costs import integer_costs
    >>> from statmech.models.ising import Ising
    >>> network = Ising(square(4, 4)).network()
    >>> costs = integer_costs(network)
    >>> counts = cost_counts(Elimination(costs, find_sweep(network.neighbours, costs.cardinalities)))
    >>> [row[0] for row in counts[:5]]
    [2, 0, 32, 64, 424]
    """
    stride, length = elimination.stride, elimination.lengths[-1]
    rows = [_residues(elimination, modulus).tolist() for modulus in elimination.moduli]
    flat = recombine(rows, elimination.moduli)
    counts = [flat[e * stride : (e + 1) * stride] for e in range(length)]
    if elimination.fixed:  # every state of the first variable gives the same; M is mirrored
        q = elimination.costs.cardinalities[0]
        if elimination.moments is None:
            return [[q * row[0]] for row in counts]
        return [[a + b for a, b in zip(row, reversed(row), strict=True)] for row in counts]
    return counts


def _residues(elimination: Elimination, modulus: int) -> Words:
    """Coefficients modulo one number (2^64 stands for itself: the sums wrap around)."""
    costs, stride = elimination.costs, elimination.stride
    shown = np.uint64(0 if modulus == 2**64 else modulus)
    fixed: dict[int, int] = {elimination.sweep.steps[0].enters: 0} if elimination.fixed else {}
    cards = [1 if v in fixed else q for v, q in enumerate(costs.cardinalities)]
    factors = _by_step(costs, elimination.sweep)
    spaces = [np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint64)]  # used in turns: fresh pages cost more
    table = np.zeros((1, stride), dtype=np.uint64)
    table[0, 0] = 1
    before: tuple[int, ...] = ()
    rest = np.zeros(1, dtype=np.int64)  # cost modulo the step, of each entry of the front
    for t, (step, own, length) in enumerate(zip(elimination.sweep.steps, factors, elimination.lengths, strict=True)):
        source, cost, moment = _join(step, before, own, cards, elimination.moments)
        cost += rest[source]
        rest = cost[:, 0] % costs.step
        shift = (cost - rest[:, None]) // costs.step * stride + moment
        size = len(source) * length * stride
        if spaces[t % 2].size < size:
            spaces[t % 2] = np.empty(size, dtype=np.uint64)
        following = spaces[t % 2][:size].reshape(len(source), length * stride)
        _add_rows(table, source, shift, shown, following)
        table, before = following, step.after
    found: Words = table[0].copy()
    return found


def _by_step(costs: IntegerCosts, sweep: Sweep) -> list[list[tuple[tuple[int, ...], Ints]]]:
    """The factors of each step: those whose last variable enters there."""
    place = {step.enters: t for t, step in enumerate(sweep.steps)}
    own: list[list[tuple[tuple[int, ...], Ints]]] = [[] for _ in place]
    for scope, table in costs.factors.items():
        own[max(place[v] for v in scope)].append((scope, table))
    return own


def _join(
    step: Front,
    before: tuple[int, ...],
    own: list[tuple[tuple[int, ...], Ints]],
    cards: list[int],
    moments: tuple[tuple[int, ...], ...] | None,
) -> tuple[Ints, Ints, Ints]:
    """For each entry of the new front (rows) and state of what leaves (columns): old entry, cost and moment added."""
    axes = (*step.after, *step.leaving)
    shape = tuple(cards[v] for v in axes)

    def along(v: int, values: Ints) -> Ints:
        return values.reshape([cards[v] if u == v else 1 for u in axes])

    source, cost, moment = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    size = 1
    for v in reversed(before):
        source += along(v, size * np.arange(cards[v]))
        size *= cards[v]
    for scope, full in own:
        table = full[tuple(slice(cards[v]) for v in scope)]  # a fixed variable has its first state only
        ordered = np.transpose(table, [scope.index(u) for u in axes if u in scope])
        cost += ordered.reshape([cards[u] if u in scope else 1 for u in axes])
    if moments is not None:
        moment += along(step.enters, np.array(moments[step.enters][: cards[step.enters]]))
    columns = math.prod(cards[v] for v in step.leaving)
    return source.reshape(-1, columns), cost.reshape(-1, columns), moment.reshape(-1, columns)


@kernel()
def _add_rows(old: Words, source: Ints, shift: Ints, modulus: np.uint64, new: Words) -> None:
    """new[r] = sum over u of old[source[r, u]], moved up by shift[r, u], modulo the modulus (0: modulo 2^64)."""
    length = new.shape[1]
    for r in range(new.shape[0]):
        into = new[r]
        start = shift[r, 0]
        count = min(old.shape[1], length - start)  # what would go beyond is known to be 0
        into[:start] = 0
        into[start : start + count] = old[source[r, 0], :count]
        into[start + count :] = 0
        for u in range(1, source.shape[1]):
            start = shift[r, u]
            count = min(old.shape[1], length - start)
            part, row = into[start : start + count], old[source[r, u]]
            if modulus == 0:
                for k in range(count):
                    part[k] += row[k]
            else:
                for k in range(count):
                    total = part[k] + row[k]
                    part[k] = min(total, total - modulus)
