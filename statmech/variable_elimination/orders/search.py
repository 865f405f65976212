"""The search: rule after rule, from the quickest to the dearest, as long as a better order would repay it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

import numpy as np

from statmech.networks import Network
from statmech.variable_elimination.base import Order, order_of
from statmech.variable_elimination.orders.bits import merges_along
from statmech.variable_elimination.orders.dissection import nested_dissection
from statmech.variable_elimination.orders.fronts import breadth_first, sweep
from statmech.variable_elimination.orders.graph import Ints, Words, bit_rows, far_end, least_width, listed
from statmech.variable_elimination.orders.greedy import greedy_order, minimum_degree

__all__ = ["find_order"]

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
    rules = _rules(network, listed(network.neighbours), None)
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
    adjacency = listed(network.neighbours)
    rows, logs = bit_rows(*adjacency), np.log2(network.cardinalities)
    found: list[tuple[float, str, list[int]]] = []
    least, spent, in_vain = inf, 0.0, 0
    for name, price, rule in _rules(network, adjacency, rows):
        spent += price * network.size
        in_vain += 1
        if found and (in_vain > _PATIENCE or spent > _SHARE * _MERGE * least):
            break
        sequence = rule()
        merges = merges_along(rows.copy(), np.array(sequence), logs, _PER_ENTRY)
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
    network: Network, adjacency: tuple[Ints, Ints], rows: Words | None
) -> Iterator[tuple[str, float, Callable[[], list[int]]]]:
    """(name, microseconds per variable, rule), from the quickest to the dearest."""
    graph, n = network.neighbours, network.size
    yield "natural", 6.0 if n > _SMALL else 0.1, lambda: list(range(n))
    if least_width(graph) > _HOPELESS:
        return
    generator = np.random.default_rng(_SEED)
    first = far_end(graph, 0, range(n))
    starts, ends = adjacency

    def sweep_from(start: int) -> Callable[[], list[int]]:
        return lambda: sweep(starts, ends, start, _HOPELESS).tolist()

    def least(fill: bool) -> Callable[[], list[int]]:
        if rows is None:
            return lambda: minimum_degree(graph, generator, _HOPELESS)
        return lambda: greedy_order(rows.copy(), generator.random(n), fill, _HOPELESS).tolist()

    if rows is None:
        yield "breadth first", 10.0, lambda: breadth_first(graph, first, range(n))
        yield "minimum degree", 30.0, least(False)
        yield "sweep", 1.0, sweep_from(first)
        if n <= _LARGE:
            yield "nested dissection", 30.0, lambda: nested_dissection(graph)
        return
    per_degree, per_fill = 0.6 + 0.002 * n, 1.0 + 0.01 * n
    yield "sweep", 0.3, sweep_from(first)
    yield "minimum degree", per_degree, least(False)
    yield "minimum fill", per_fill, least(True)
    for again in range(_RESTARTS):
        if again < 3:
            yield "sweep", 0.3, sweep_from(int(generator.integers(n)))
        if again == 5:
            yield "breadth first", 10.0, lambda: breadth_first(graph, first, range(n))
            yield "nested dissection", 30.0, lambda: nested_dissection(graph)
        yield "minimum fill", per_fill, least(True)
        yield "minimum degree", per_degree, least(False)
