"""Elimination orders: several rules, the cheapest kept.

No rule is best everywhere: on a 12 x 12 grid rows give width 12 and minimum fill alone 16, on a random graph it is
the other way round. Finding the best order is NP-hard (S. Arnborg, D. Corneil, A. Proskurowski, SIAM J. Alg. Disc.
Meth. 8, 277 (1987)); the rules are those of A. Darwiche, Modeling and Reasoning with Bayesian Networks (2009), ch. 9,
A. George, SIAM J. Numer. Anal. 10, 345 (1973) (nested dissection) and E. Cuthill, J. McKee, ACM Proc. 24, 157 (1969).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from heapq import heapify, heappop, heappush
from math import inf
from typing import TypeAlias

import numpy as np

from statmech.networks import Network
from statmech.variable_elimination.base import Order, order_of

__all__ = ["find_order"]

Graph: TypeAlias = tuple[frozenset[int], ...]

_SEED = 20240229  # of the random choices among ties; any fixed number
_SHARE = 10.0  # searching may take as long as so many sums (a sweep has more temperatures than that)
_MERGE = 0.01  # microseconds per merge
_SMALL = 1500  # variables up to which minimum fill is worth its quadratic price
_RESTARTS = 3
_LARGE = 20_000  # variables beyond which only the quickest rules are asked
_CAP = 2.0**48  # entries; an order that passes this is not followed to its end
_HOPELESS = 48  # variables of a separator, likewise


def find_order(network: Network, most_entries: float = inf) -> Order:
    """The cheapest of the orders that the rules give.

    Parameters
    ----------
    network : Network
        What is to be summed.
    most_entries : float
        Entries of tables that may be alive at once: among orders that fit, the least work wins; if none fits, the
        least memory.

    Returns
    -------
    Order
        The best one; ``complete`` is False where no rule stayed below 2^48 entries.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> find_order(Ising(square(12, 12, periodic=False)).network()).width
    12
    """
    rules = _rules(network)
    name, _, rule = next(rules)
    best = order_of(network, rule(), name, _CAP)
    spent = 0.0
    for name, price, rule in rules:
        spent += price * network.size
        if best.complete and best.peak <= most_entries and spent > _SHARE * _MERGE * best.merges:
            break
        order = order_of(network, rule(), name, _CAP)
        if _rank(order, most_entries) < _rank(best, most_entries):
            best = order
    return best


def _rank(order: Order, most_entries: float) -> tuple[bool, bool, float]:
    fits = order.complete and order.peak <= most_entries
    # An entry that is alive costs a few merges: it is written, read, and pushes others out of the cache.
    return not order.complete, not fits, order.merges + 4.0 * order.peak if fits else order.peak


def _rules(network: Network) -> Iterator[tuple[str, float, Callable[[], list[int]]]]:
    """(name, microseconds per variable, rule), from the quickest to the dearest."""
    graph, n = network.neighbours, network.size
    yield "natural", 6.0, lambda: list(range(n))
    if _least_width(graph) > _HOPELESS:
        return
    generator = np.random.default_rng(_SEED)
    first = _far_end(graph, 0, range(n))
    yield "breadth first", 10.0, lambda: _breadth_first(graph, first, range(n))
    yield "minimum degree", 30.0, lambda: _greedy(graph, _degree, generator)
    yield "sweep", 15.0, lambda: _sweep(graph, first)
    if n > _LARGE:
        return
    yield "nested dissection", 30.0, lambda: _dissect(graph)
    if n > _SMALL:
        return
    yield "minimum fill", 150.0, lambda: _greedy(graph, _fill, generator)
    for _ in range(_RESTARTS):
        yield "sweep", 15.0, lambda: _sweep(graph, int(generator.integers(n)))
    for _ in range(_RESTARTS):
        yield "minimum degree", 30.0, lambda: _greedy(graph, _degree, generator)
        yield "minimum fill", 150.0, lambda: _greedy(graph, _fill, generator)


def _least_width(graph: Graph) -> int:
    """A lower bound of every width: the largest smallest degree met when the vertex of least degree leaves again and
    again.
    """
    degrees = [len(others) for others in graph]
    queues: list[list[int]] = [[] for _ in range(max(degrees) + 1)]
    for v, d in enumerate(degrees):
        queues[d].append(v)
    bound, d = 0, 0
    while d < len(queues):
        if not queues[d]:
            d += 1
            continue
        v = queues[d].pop()
        if degrees[v] != d:
            continue
        bound = max(bound, d)
        degrees[v] = -1
        for u in graph[v]:
            if degrees[u] > 0:
                degrees[u] -= 1
                queues[degrees[u]].append(u)
                d = min(d, degrees[u])
    return bound


def _degree(v: int, graph: list[set[int]]) -> int:
    return len(graph[v])


def _fill(v: int, graph: list[set[int]]) -> int:
    """Pairs of neighbours of v that are not yet neighbours of each other."""
    around = graph[v]
    k = len(around)
    if k > _HOPELESS:
        return k * k
    return (k * (k - 1) - sum(len(around & graph[u]) for u in around)) // 2


def _greedy(graph: Graph, price: Callable[[int, list[set[int]]], int], generator: np.random.Generator) -> list[int]:
    """Eliminate the cheapest variable again and again, ties at random."""
    left = [set(others) for others in graph]
    prices = [price(v, left) for v in range(len(graph))]
    ties = generator.random(len(graph)).tolist()
    heap = [(p, tie, v) for v, (p, tie) in enumerate(zip(prices, ties, strict=True))]
    heapify(heap)
    gone = [False] * len(graph)
    order = []
    while heap:
        p, _, v = heappop(heap)
        if gone[v] or p != prices[v]:
            continue
        gone[v] = True
        order.append(v)
        around = left[v]
        touched = set(around)
        for u in around:
            before = len(left[u])
            left[u] |= around
            left[u] -= {u, v}
            if price is _fill and len(left[u]) != before - 1:
                touched |= left[u]
        if len(around) > _HOPELESS:
            return order + [u for u in range(len(graph)) if not gone[u]]
        for u in touched - {v}:
            cost = price(u, left)
            if cost != prices[u]:
                prices[u] = cost
                heappush(heap, (cost, ties[u], u))
    return order


def _levels(graph: Graph, start: int, inside: Collection[int]) -> list[list[int]]:
    """Variables by distance from one, within a connected part of ``inside``."""
    seen, levels = {start}, [[start]]
    while True:
        step = []
        for v in levels[-1]:
            for u in sorted(graph[v]):
                if u not in seen and u in inside:
                    seen.add(u)
                    step.append(u)
        if not step:
            return levels
        levels.append(step)


def _far_end(graph: Graph, start: int, inside: Collection[int]) -> int:
    """A variable as far from another one as can be found by walking to the end twice."""
    for _ in range(2):
        start = min(_levels(graph, start, inside)[-1], key=lambda v: len(graph[v]))
    return start


def _breadth_first(graph: Graph, start: int, inside: Collection[int]) -> list[int]:
    """Cuthill and McKee: by distance from a far end, part by part."""
    order = [v for level in _levels(graph, start, inside) for v in level]
    seen = set(order)
    for v in inside:
        if v not in seen:
            part = [u for level in _levels(graph, _far_end(graph, v, inside), inside) for u in level]
            order.extend(part)
            seen.update(part)
    return order


def _sweep(graph: Graph, start: int) -> list[int]:
    """Move a front through the graph: next is the variable of the front that opens the fewest, oldest first."""
    order: list[int] = []
    opened = [False] * len(graph)
    closed = [False] * len(graph)
    for source in [start, *range(len(graph))]:
        if opened[source]:
            continue
        front = [source]
        opened[source] = True
        while front:
            if len(front) > _HOPELESS:
                return order + [v for v in range(len(graph)) if not closed[v]]
            cost, best = None, 0
            for k, v in enumerate(front):
                new = sum(not opened[u] for u in graph[v])
                if cost is None or new < cost:
                    cost, best = new, k
                    if new == 0:
                        break
            v = front.pop(best)
            closed[v] = True
            order.append(v)
            for u in sorted(graph[v]):
                if not opened[u]:
                    opened[u] = True
                    front.append(u)
    return order


def _dissect(graph: Graph) -> list[int]:
    """Cut in the middle, both halves first, the cut last; so on within the halves."""
    order: list[int] = []  # built from the end
    parts: list[set[int]] = [set(range(len(graph)))]
    while parts:
        part = parts.pop()
        levels = _levels(graph, _far_end(graph, min(part), part), part)
        reached = {v for level in levels for v in level}
        if len(reached) < len(part):
            parts.append(part - reached)
            part = reached
        if len(levels) < 3:
            order.extend(sorted(part))
            continue
        below, middle = 0, 0
        while below + len(levels[middle]) < len(part) / 2:
            below += len(levels[middle])
            middle += 1
        nearby = range(max(1, middle - 1), min(len(levels) - 1, middle + 2))
        middle = min(nearby, key=lambda k: len(levels[k]))
        beyond = set(levels[middle + 1])
        cut = [v for v in levels[middle] if graph[v] & beyond]
        order.extend(cut)
        low = {v for level in levels[: middle + 1] for v in level} - set(cut)
        parts += [half for half in (low, part - low - set(cut)) if half]
    order.reverse()
    return order
