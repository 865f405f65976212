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
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.networks import Network
from statmech.variable_elimination.base import Order, order_of

__all__ = ["find_order"]

Graph: TypeAlias = tuple[frozenset[int], ...]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

_SEED = 20240229  # of the random choices among ties; any fixed number
_SHARE = 0.6  # searching may take so many times as long as one sum (a sweep has many)
_MERGE = 0.01  # microseconds per merge
_PER_ENTRY = 4.0  # merges that an entry which is alive costs: it is written, read, and pushes others out of the cache
_SMALL = 1500  # variables up to which rows of bits are worth their quadratic memory, and minimum fill its time
_RESTARTS = 50  # with other ties, of which on random graphs the best needs a tenth of the usual merges
_PATIENCE = 9  # orders in vain after which no better one is expected
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
    if network.size <= _SMALL:
        return _of_small(network, most_entries)
    rules = _rules(network, _listed(network.neighbours), None)
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


def _of_small(network: Network, most_entries: float) -> Order:
    """The same where merges are counted quickly: the best order alone is analysed, more if it needs too much memory."""
    listed = _listed(network.neighbours)
    rows, logs = _bits(*listed), np.log2(network.cardinalities)
    found: list[tuple[float, str, list[int]]] = []
    least, spent, in_vain = inf, 0.0, 0
    for name, price, rule in _rules(network, listed, rows):
        spent += price * network.size
        in_vain += 1
        if found and (in_vain > _PATIENCE or spent > _SHARE * _MERGE * least):
            break
        sequence = rule()
        merges = _merges(rows.copy(), np.array(sequence), logs, _PER_ENTRY)
        found.append((merges, name, sequence))
        if merges < least:
            least, in_vain = merges, 0
    found.sort(key=lambda entry: entry[0])
    best: Order | None = None
    for _, name, sequence in found:
        order = order_of(network, sequence, name, _CAP)
        if best is None or _rank(order, most_entries) < _rank(best, most_entries):
            best = order
        if best.complete and best.peak <= most_entries:
            break
    assert best is not None
    return best


def _rank(order: Order, most_entries: float) -> tuple[bool, bool, float]:
    fits = order.complete and order.peak <= most_entries
    return not order.complete, not fits, order.merges + _PER_ENTRY * order.peak if fits else order.peak


def _rules(
    network: Network, listed: tuple[Ints, Ints], rows: Words | None
) -> Iterator[tuple[str, float, Callable[[], list[int]]]]:
    """(name, microseconds per variable, rule), from the quickest to the dearest."""
    graph, n = network.neighbours, network.size
    yield "natural", 6.0 if n > _SMALL else 0.1, lambda: list(range(n))
    if _least_width(graph) > _HOPELESS:
        return
    generator = np.random.default_rng(_SEED)
    first = _far_end(graph, 0, range(n))
    starts, ends = listed

    def sweep(start: int) -> Callable[[], list[int]]:
        return lambda: _sweep(starts, ends, start, _HOPELESS).tolist()

    def least(fill: bool) -> Callable[[], list[int]]:
        if rows is None:
            return lambda: _minimum_degree(graph, generator)
        return lambda: _minimum(rows.copy(), generator.random(n), fill, _HOPELESS).tolist()

    if rows is None:
        yield "breadth first", 10.0, lambda: _breadth_first(graph, first, range(n))
        yield "minimum degree", 30.0, least(False)
        yield "sweep", 1.0, sweep(first)
        if n <= _LARGE:
            yield "nested dissection", 30.0, lambda: _dissect(graph)
        return
    per_degree, per_fill = 0.6 + 0.002 * n, 1.0 + 0.01 * n
    yield "sweep", 0.3, sweep(first)
    yield "minimum degree", per_degree, least(False)
    yield "minimum fill", per_fill, least(True)
    for again in range(_RESTARTS):
        if again < 3:
            yield "sweep", 0.3, sweep(int(generator.integers(n)))
        if again == 5:
            yield "breadth first", 10.0, lambda: _breadth_first(graph, first, range(n))
            yield "nested dissection", 30.0, lambda: _dissect(graph)
        yield "minimum fill", per_fill, least(True)
        yield "minimum degree", per_degree, least(False)


def _listed(graph: Graph) -> tuple[Ints, Ints]:
    """Neighbours one after the other, sorted, and where those of each variable begin."""
    starts = np.concatenate([[0], np.cumsum([len(others) for others in graph])]).astype(np.int64)
    return starts, np.array([u for others in graph for u in sorted(others)], dtype=np.int64)


def _bits(starts: Ints, ends: Ints) -> Words:
    """Neighbours as bits, shape (n, words)."""
    n = starts.size - 1
    table = np.zeros((n, -(-n // 64) * 64), dtype=np.uint8)
    table[np.repeat(np.arange(n), np.diff(starts)), ends] = 1
    return np.packbits(table, axis=1, bitorder="little").view(np.uint64)


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


def _minimum_degree(graph: Graph, generator: np.random.Generator) -> list[int]:
    """Eliminate the variable with the fewest neighbours again and again, ties at random; of large graphs."""
    left = [set(others) for others in graph]
    degrees = [len(others) for others in left]
    ties = generator.random(len(graph)).tolist()
    heap = [(d, tie, v) for v, (d, tie) in enumerate(zip(degrees, ties, strict=True))]
    heapify(heap)
    gone = [False] * len(graph)
    order = []
    while heap:
        d, _, v = heappop(heap)
        if gone[v] or d != degrees[v]:
            continue
        gone[v] = True
        order.append(v)
        around = left[v]
        for u in around:
            left[u] |= around
            left[u] -= {u, v}
        if len(around) > _HOPELESS:
            return order + [u for u in range(len(graph)) if not gone[u]]
        for u in around:
            if len(left[u]) != degrees[u]:
                degrees[u] = len(left[u])
                heappush(heap, (degrees[u], ties[u], u))
    return order


@kernel()
def _ones(word: np.uint64) -> int:
    """How many bits are set (D. E. Knuth, The Art of Computer Programming 4A, 7.1.3, eq. 62)."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel()
def _members(row: Words, out: Ints) -> int:
    """Numbers of the bits that are set, in order; returns how many."""
    count = 0
    for word in range(row.size):
        bits = row[word]
        while bits:
            low = bits & (~bits + np.uint64(1))
            out[count] = 64 * word + _ones(low - np.uint64(1))
            count += 1
            bits ^= low
    return count


@kernel()
def _minimum(rows: Words, ties: npt.NDArray[np.float64], fill: bool, hopeless: int) -> Ints:
    """Eliminate the variable that adds the fewest edges (or has the fewest neighbours) again and again.

    Parameters
    ----------
    rows : array of uint64, shape (n, words)
        Neighbours as bits; written over.
    ties : array, shape (n,)
        Decide between equal ones.
    fill : bool
        Whether edges are counted, or neighbours.
    hopeless : int
        Neighbours beyond which the rest follows in any order.
    """
    n, words = rows.shape
    order, prices, gone = np.empty(n, np.int64), np.empty(n, np.int64), np.zeros(n, np.bool_)
    near, others = np.empty(n, np.int64), np.empty(n, np.int64)
    stale = np.ones(n, np.bool_)
    for step in range(n):
        for v in range(n):
            if gone[v] or not stale[v]:
                continue
            stale[v] = False
            k = _members(rows[v], others)
            prices[v] = k
            if fill:
                shared = 0
                for x in range(k):
                    for word in range(words):
                        shared += _ones(rows[v, word] & rows[others[x], word])
                prices[v] = k * k if k > hopeless else (k * (k - 1) - shared) // 2
        best = -1
        for v in range(n):
            if not gone[v] and (
                best < 0 or prices[v] < prices[best] or (prices[v] == prices[best] and ties[v] < ties[best])
            ):
                best = v
        gone[best] = True
        order[step] = best
        k = _members(rows[best], near)
        for x in range(k):
            u = near[x]
            grows = False
            for word in range(words):
                joined = rows[u, word] | rows[best, word]
                if word == u // 64:
                    joined &= ~(np.uint64(1) << np.uint64(u % 64))
                if word == best // 64:
                    joined &= ~(np.uint64(1) << np.uint64(best % 64))
                grows |= (joined & ~rows[u, word]) != 0
                rows[u, word] = joined
            stale[u] = True
            if fill and grows:
                for y in range(_members(rows[u], others)):
                    stale[others[y]] = True
        if k > hopeless:
            step += 1
            for v in range(n):
                if not gone[v]:
                    order[step] = v
                    step += 1
            return order
    return order


@kernel()
def _merges(rows: Words, sequence: Ints, logs: npt.NDArray[np.float64], per_entry: float) -> float:
    """Pairs of entries merged along a sequence, of variables with so many bits each; ``rows`` is written over.

    Each entry of the largest table, which bounds what is alive at once, counts as ``per_entry`` of them.
    """
    n, words = rows.shape
    near, total, largest = np.empty(n, np.int64), 0.0, 0.0
    for v in sequence:
        size = logs[v]
        k = _members(rows[v], near)
        for x in range(k):
            size += logs[near[x]]
        total += 2.0**size
        largest = max(largest, size - logs[v])
        for x in range(k):
            u = near[x]
            for word in range(words):
                rows[u, word] |= rows[v, word]
            rows[u, u // 64] &= ~(np.uint64(1) << np.uint64(u % 64))
            rows[u, v // 64] &= ~(np.uint64(1) << np.uint64(v % 64))
    everything: float = total + per_entry * 2.0**largest
    return everything


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


@kernel()
def _sweep(starts: Ints, ends: Ints, first: int, hopeless: int) -> Ints:
    """Move a front through the graph: next is the variable of the front that opens the fewest, oldest first.

    Parameters
    ----------
    starts, ends : array of int, shapes (n + 1,) and (edges,)
        Neighbours of all variables, as :func:`_listed`.
    first : int
        Where it begins.
    hopeless : int
        Variables of a front beyond which the rest follows in any order.
    """
    n = starts.size - 1
    order, front = np.empty(n, np.int64), np.empty(n, np.int64)
    opened, closed = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    done, wide = 0, 0
    for source in range(-1, n):
        v = first if source < 0 else source
        if opened[v]:
            continue
        front[0], wide = v, 1
        opened[v] = True
        while wide:
            if wide > hopeless:
                for u in range(n):
                    if not closed[u]:
                        order[done] = u
                        done += 1
                return order
            cost, best = -1, 0
            for k in range(wide):
                new = 0
                for x in range(starts[front[k]], starts[front[k] + 1]):
                    new += not opened[ends[x]]
                if cost < 0 or new < cost:
                    cost, best = new, k
                    if new == 0:
                        break
            v = front[best]
            for k in range(best, wide - 1):
                front[k] = front[k + 1]
            wide -= 1
            closed[v] = True
            order[done] = v
            done += 1
            for x in range(starts[v], starts[v + 1]):
                if not opened[ends[x]]:
                    opened[ends[x]] = True
                    front[wide] = ends[x]
                    wide += 1
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
