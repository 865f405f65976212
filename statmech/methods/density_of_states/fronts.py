"""Fronts: an order in which variables enter, and which of them can be summed over when.

A variable may be summed over as soon as all its neighbours have entered. Those that have entered and still wait
are the front; a table holds one entry for each of its configurations, so its size decides everything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Front", "Sweep", "find_sweep", "sweep_of"]

_HOPELESS = 30.0  # log2 of the entries of a front beyond which an order is not followed
_STARTS = 8  # of the greedy rule


@dataclass(frozen=True)
class Front:
    """One step: variable ``enters``, those in ``leaving`` are summed over, ``after`` is the front that is left.

    The last of ``after`` is the one that entered, if it stayed.
    """

    enters: int
    leaving: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Sweep:
    """All steps of an order, and the size of the tables.

    Attributes
    ----------
    steps : tuple of Front
        One per variable; incomplete where ``log2_largest`` passed 2^30.
    cardinalities : tuple of int
        States of each variable.
    """

    steps: tuple[Front, ...]
    cardinalities: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether it was followed to its end."""
        return len(self.steps) == len(self.cardinalities)

    @cached_property
    def sizes(self) -> tuple[tuple[float, float], ...]:
        """For each step the entries of the table left, and of those joined for it."""
        found = []
        for step in self.steps:
            left = math.prod(self.cardinalities[v] for v in step.after)
            found.append((float(left), float(left * math.prod(self.cardinalities[v] for v in step.leaving))))
        return tuple(found)

    @property
    def log2_largest(self) -> float:
        """log2 of the entries of the largest table."""
        return math.log2(max(left for left, _ in self.sizes))

    @property
    def work(self) -> float:
        """Entries joined in all steps, weighed by how far the sweep has come: polynomials grow on the way."""
        return sum(joined * (k + 1) for k, (_, joined) in enumerate(self.sizes))


def sweep_of(order: Sequence[int], neighbours: Sequence[frozenset[int]], cardinalities: Sequence[int]) -> Sweep:
    """Follow an order, up to its end or to a front of 2^30 entries.

    Examples
    --------
    >>> ring = [frozenset({3, 1}), frozenset({0, 2}), frozenset({1, 3}), frozenset({2, 0})]
    >>> [step.leaving for step in sweep_of(range(4), ring, [2] * 4).steps]
    [(), (), (1,), (0, 2, 3)]
    """
    waiting = [len(others) for others in neighbours]  # neighbours still to enter
    front: list[int] = []
    steps: list[Front] = []
    size = 0.0
    for v in order:
        for u in neighbours[v]:
            waiting[u] -= 1
        leaving = tuple(u for u in (*front, v) if waiting[u] == 0)
        front = [u for u in (*front, v) if waiting[u] > 0]
        steps.append(Front(v, leaving, tuple(front)))
        size += math.log2(cardinalities[v]) - sum(math.log2(cardinalities[u]) for u in leaving)
        if size > _HOPELESS:
            break
    return Sweep(tuple(steps), tuple(cardinalities))


def find_sweep(
    neighbours: Sequence[frozenset[int]], cardinalities: Sequence[int], orders: Iterable[Sequence[int]] = ()
) -> Sweep:
    """The cheapest of the orders given, the natural one, one for trees, and greedy ones from several starts.

    Parameters
    ----------
    neighbours : sequence of frozenset of int
        For each variable the others it shares a factor with.
    cardinalities : sequence of int
        States of each.
    orders : iterable of sequence of int
        Further orders worth trying (a lattice knows its rows and columns).

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> network = Ising(square(20, 4, periodic=False)).network()
    >>> find_sweep(network.neighbours, [2] * 80).log2_largest
    4.0
    """
    n = len(neighbours)
    best: Sweep | None = None
    starts = sorted({0, n - 1, *(round(k * (n - 1) / (_STARTS - 1)) for k in range(_STARTS))})
    thin = sorted(range(n), key=lambda v: len(neighbours[v]))[:2]
    candidates: list[Sequence[int]] = [range(n), *orders]
    candidates.append(_postorder(neighbours))
    candidates += [_greedy(neighbours, start) for start in dict.fromkeys([*thin, *starts])]
    for order in candidates:
        sweep = sweep_of(order, neighbours, cardinalities)
        if best is None or (not sweep.complete, sweep.work) < (not best.complete, best.work):
            best = sweep
    assert best is not None  # the natural order is always there
    return best


def _postorder(neighbours: Sequence[frozenset[int]]) -> list[int]:
    """Children before parents in trees of shortest paths, larger branches first: the front of a tree is log n."""
    parents: dict[int, int] = {}
    order: list[int] = []
    for root in range(len(neighbours)):
        if root in parents:
            continue
        parents[root] = root
        level = [root]
        for v in level:  # grows on the way: breadth first
            for u in sorted(neighbours[v]):
                if u not in parents:
                    parents[u] = v
                    level.append(u)
        sizes = dict.fromkeys(level, 1)
        children: dict[int, list[int]] = {v: [] for v in level}
        for v in reversed(level[1:]):
            sizes[parents[v]] += sizes[v]
            children[parents[v]].append(v)
        stack, reverse = [root], []
        while stack:
            v = stack.pop()
            reverse.append(v)
            stack.extend(sorted(children[v], key=lambda u: -sizes[u]))  # the last is taken first, then reversed
        order.extend(reversed(reverse))
    return order


def _greedy(neighbours: Sequence[frozenset[int]], start: int) -> list[int]:
    """Next enters the variable that leaves the smallest front; among equals, a neighbour of what waits longest."""
    entered = [False] * len(neighbours)
    waiting = [len(others) for others in neighbours]
    front: dict[int, None] = {}  # in order of entrance
    order: list[int] = []

    def enter(v: int) -> None:
        entered[v] = True
        order.append(v)
        for u in neighbours[v]:
            waiting[u] -= 1
            if waiting[u] == 0:
                front.pop(u, None)
        if waiting[v]:
            front[v] = None

    for source in (start, *range(len(neighbours))):
        if entered[source]:
            continue
        enter(source)
        while front:
            if len(front) > 2 * _HOPELESS:
                return order + [v for v in range(len(neighbours)) if not entered[v]]
            best, price = -1, math.inf
            for u in front:
                for v in sorted(neighbours[u]):
                    if not entered[v]:
                        freed = sum(1 for w in neighbours[v] if entered[w] and waiting[w] == 1)
                        cost = (waiting[v] > 0) - freed
                        if cost < price:
                            best, price = v, cost
                if price < 0:
                    break
            enter(best)
    return order
