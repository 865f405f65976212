"""The shape of an elimination: which table is summed when, where it lies, and how large it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.networks import Network

__all__ = [
    "FINE_BITS",
    "FORBIDDEN",
    "Bucket",
    "Operand",
    "OperandKind",
    "Order",
    "Plan",
    "Program",
    "Tables",
    "operand_address",
    "order_of",
]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    r"""An elimination order with its cost.

    Eliminating variable v joins all tables that name it and sums over its states; what is left is one table on its
    *separator*, the other variables that those tables name.

    Attributes
    ----------
    variables : tuple of int
        The variables, first eliminated first: children before parents, and so that few tables are alive at once.
    separators : tuple of tuple of int
        Separator of each, in the same order; its own variables sorted by elimination.
    width : int
        Variables in the largest separator.
    merges : float
        Sum over all eliminations of the combinations of states joined: the work per temperature.
    peak : float
        Entries of all tables alive at once, at most.
    heuristic : str
        Which rule found it.
    complete : bool
        False where the analysis stopped early because the tables grew beyond ``cap``; width, merges and peak are
        then lower bounds for this order, and it cannot be used.
    """

    variables: tuple[int, ...]
    separators: tuple[tuple[int, ...], ...]
    width: int
    merges: float
    peak: float
    heuristic: str
    complete: bool = True


class Bucket(IntEnum):
    """Columns of ``Plan.buckets``."""

    VARIABLE = 0  # which is eliminated
    STATES = 1  # its cardinality
    SIZE = 2  # entries of the table that is left
    LOW = 3  # of which so many make a chunk (the last axes)
    SLOT = 4  # where the table lies if memory is used again
    KEPT = 5  # where it lies if every table is kept
    FIRST = 6  # its operands are rows FIRST to LAST of ``Plan.operands``
    LAST = 7
    HIGH_AXES = 8  # number of axes beyond the chunk
    HIGH_SHAPE = 9  # where their cardinalities begin in ``Plan.lists``


class OperandKind(IntEnum):
    """What is joined in a bucket: a table left by another bucket, or a factor and the axes it depends on."""

    TABLE = 0
    LOW = 1  # a factor on axes within the chunk (or on none)
    HIGH = 2  # on axes beyond it
    MIXED = 3


class Operand(IntEnum):
    """Columns of ``Plan.operands``."""

    KIND = 0
    SOURCE = 1  # the bucket that left the table; or the address of the factor's first score
    STRIDE = 2  # between the states of the eliminated variable
    HIGH = 3  # where its strides along the axes beyond the chunk begin in ``Plan.lists``
    LOW = 4  # where its addresses within the chunk begin in ``Plan.lists``
    IN_ORDER = 5  # whether those addresses are 0, 1, 2, ...


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything about an elimination but the numbers.

    Attributes
    ----------
    order : Order
        The order it follows.
    buckets : array of int, shape (n, 10)
        One row per eliminated variable; columns are those of :class:`Bucket`.
    operands : array of int, shape (operands, 6)
        Columns are those of :class:`Operand`.
    lists : array of int
        Short lists that the rows above point into.
    arena, kept : int
        Entries of memory: with memory used again, and with every table kept (for marginals and samples).
    axes : tuple of tuple of int
        Variables of the table each bucket leaves, slowest first.
    """

    order: Order
    buckets: Ints
    operands: Ints
    lists: Ints
    arena: int
    kept: int
    axes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Program:
    r"""A plan bound to numbers: energies as whole multiples of a power of two, so that they add exactly.

    The cost of an entry of a factor is ``(max theta - theta) / 2^exponent >= 0``: an integer, and where scores are no
    whole multiples of the unit a second integer in units 2^40 times finer.

    Attributes
    ----------
    plan : Plan
        Addresses and shapes.
    costs : array of int
        Costs of all entries of all factors, one factor after the other; ``FORBIDDEN`` where theta = -inf.
    fine : array of int
        What the costs leave over, in multiples of ``2^(exponent - 40)``, at most half a cost; 0 where not ``split``.
    split : bool
        Whether anything is left over.
    exponent : int
        Of the unit of the costs.
    constants : array
        The maxima of theta that were taken off, and the network's own constant: their sum is the score of a
        configuration of cost 0. With ``sign = -1`` these are scores of the reversed energies.
    rounding : float
        Largest error of one cost, in energy units; 0 where 100 bits hold all scores exactly, as they mostly do.
    sign : int
        -1 where the energies were reversed (negative temperatures).
    values : array, shape (sum of cardinalities,)
        The observable's value of every state of every variable; empty where none is carried.
    starts : array of int, shape (n + 1,)
        Where the states of each variable begin in ``values``.
    """

    plan: Plan
    costs: Ints
    fine: Ints
    split: bool
    exponent: int
    constants: npt.NDArray[np.float64]
    rounding: float
    sign: int
    values: npt.NDArray[np.float64]
    starts: Ints


@dataclass(frozen=True, eq=False)
class Tables:
    """Every table of a sum at one temperature, kept: what marginals and samples start from.

    Attributes
    ----------
    program : Program
        What was summed.
    beta : float
        Exponent per unit of cost: ``2^exponent / |T|``, or inf at T = 0.
    costs, fine : array of int
        Lowest cost of each entry of each table, relative to the lowest of the table, in two integers.
    logs : array
        log of the sum of each entry relative to its lowest cost, likewise.
    """

    program: Program
    beta: float
    costs: Ints
    fine: Ints
    logs: npt.NDArray[np.float64]


FINE_BITS = 40  # of the second integer: a sum of 2^23 halves of a cost still fits int64
FORBIDDEN = 2**61  # cost of a forbidden combination; allowed ones stay below 2^60, so two of these still fit int64


def order_of(network: Network, sequence: Sequence[int], heuristic: str, cap: float = inf) -> Order:
    """Analyse an elimination order without doing it.

    Parameters
    ----------
    network : Network
        What is to be summed.
    sequence : sequence of int
        All variables, in any order.
    heuristic : str
        Name of the rule, for the record.
    cap : float
        Entries of a table beyond which to give up.

    Returns
    -------
    Order
        With the variables re-sorted to a postorder of the elimination tree, which leaves all tables as they are and
        keeps the fewest alive (J. W. H. Liu, ACM Trans. Math. Softw. 12, 249 (1986)).

    Examples
    --------
    >>> chain = Network.from_factors([2] * 4, [([i, i + 1], np.eye(2)) for i in range(3)])
    >>> order_of(chain, [0, 1, 2, 3], "natural").width, order_of(chain, [1, 0, 2, 3], "bad").width
    (1, 2)
    """
    position = np.empty(network.size, dtype=np.int64)
    position[np.asarray(sequence)] = np.arange(network.size)
    place = position.tolist()
    cards = network.cardinalities.tolist()
    neighbours = network.neighbours
    children: list[list[int]] = [[] for _ in cards]
    separators: list[tuple[int, ...]] = [()] * network.size
    sizes = [1.0] * network.size
    width, merges, roots = 0, 0.0, []
    for v in sequence:
        here = place[v]
        left = {u for u in neighbours[v] if place[u] > here}
        for child in children[v]:
            left.update(separators[child])
        left.discard(v)
        ordered = tuple(sorted(left, key=place.__getitem__))
        size = 1.0
        for u in ordered:
            size *= cards[u]
        separators[v], sizes[v] = ordered, size
        width, merges = max(width, len(ordered)), merges + size * cards[v]
        if size > cap:
            return Order(tuple(sequence), (), width, merges, size, heuristic, complete=False)
        if ordered:
            children[ordered[0]].append(v)
        else:
            roots.append(v)
    final, peak = _postorder(roots, children, sizes)
    return Order(tuple(final), tuple(separators[v] for v in final), width, merges, peak, heuristic)


def _postorder(roots: list[int], children: list[list[int]], sizes: list[float]) -> tuple[list[int], float]:
    """Children before parents, and at each parent those first whose work space exceeds their result most."""
    peaks: dict[int, float] = {}
    top_down = []
    stack = list(roots)
    while stack:
        v = stack.pop()
        top_down.append(v)
        stack.extend(children[v])
    for v in reversed(top_down):
        children[v].sort(key=lambda c: sizes[c] - peaks[c])
        alive, most = 0.0, 0.0
        for c in children[v]:
            most = max(most, alive + peaks[c])
            alive += sizes[c]
        peaks[v] = max(most, alive + sizes[v])
    final: list[int] = []
    stack = list(reversed(roots))
    while stack:  # parents before children, last child first; reversed below
        v = stack.pop()
        final.append(v)
        stack.extend(children[v])
    final.reverse()
    return final, max(peaks[v] for v in roots) + len(roots)


@kernel(error_model="numpy")
def operand_address(b: int, o: int, h: int, buckets: Ints, operands: Ints, lists: Ints, slot: int) -> int:
    """Where chunk h of operand o of bucket b begins; tables lie at what ``slot`` of their bucket says."""
    address = (
        buckets[operands[o, Operand.SOURCE], slot]
        if operands[o, Operand.KIND] == OperandKind.TABLE
        else operands[o, Operand.SOURCE]
    )
    rest = h
    for axis in range(buckets[b, Bucket.HIGH_AXES] - 1, -1, -1):
        card = lists[buckets[b, Bucket.HIGH_SHAPE] + axis]
        address += (rest % card) * lists[operands[o, Operand.HIGH] + axis]
        rest //= card
    return int(address)
