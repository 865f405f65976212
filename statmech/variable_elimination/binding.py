r"""Scores as integers: costs ``(max theta - theta) / 2^e``, exact sums of which make ties and gaps exact.

The unit 2^e is chosen so that no table's costs exceed 2^60. The spread of a table is bounded by the spreads of the
factors that touch its variables, whatever was summed before, so the unit depends on the neighbourhood of a variable and
not on the size of the network. (Where combinations are forbidden that bound fails, and the sum of all spreads is used.)
What a score has beyond the last bit goes to a second integer, 40 bits finer.
"""

from __future__ import annotations

from math import frexp, isfinite, prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.double_double import two_sum
from statmech.errors import InputError
from statmech.networks import Network
from statmech.variable_elimination.base import FINE_BITS, FORBIDDEN, Bucket, Operand, OperandKind, Plan, Program

__all__ = ["bind"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_Table: TypeAlias = tuple[Array, npt.NDArray[np.bool_], Array]  # scores, where allowed, maxima

_BITS = 60


def bind(plan: Plan, network: Network, sign: int = 1, observable: str | None = None) -> Program:
    """Put the numbers of a network into a plan made for it, or for another one with the same scopes.

    Parameters
    ----------
    plan : Plan
        Addresses and shapes.
    network : Network
        The scores.
    sign : int
        -1 to reverse all energies (for negative temperatures); forbidden stays forbidden.
    observable : str, optional
        Name of the observable to carry along.

    Returns
    -------
    Program

    Raises
    ------
    InputError
        If the scores span more than float64 can hold.

    Examples
    --------
    >>> from statmech.variable_elimination.base import order_of
    >>> from statmech.variable_elimination.planning import make_plan
    >>> pair = Network.from_factors([2, 2], [([0, 1], [[1.0, -1.0], [-1.0, 1.0]])])
    >>> program = bind(make_plan(pair, order_of(pair, [0, 1], "natural")), pair)
    >>> program.costs * 2.0**program.exponent
    array([0., 2., 2., 0.])
    """
    tables, tops, spreads, forbidding = [], [], [], False
    for batch in network.factors:
        flat = batch.scores.reshape(len(batch), prod(batch.scores.shape[1:]))
        allowed = flat > -np.inf
        reversed_or_not = np.where(allowed, sign * flat, -np.inf)
        top = reversed_or_not.max(axis=1, initial=-np.inf)
        top = np.where(top > -np.inf, top, 0.0)
        low = np.where(allowed, reversed_or_not, np.inf).min(axis=1, initial=np.inf)
        with np.errstate(over="ignore"):
            spreads.append(np.where(low < np.inf, top - low, 0.0))
        tables.append((reversed_or_not, allowed, top))
        tops.append(top)
        forbidding = forbidding or not bool(allowed.all())
    widest = _widest_table(plan, network, spreads, forbidding)
    if not isfinite(widest):
        raise InputError("network: the scores span more than 1e308; write -inf for what is forbidden")
    exponent = frexp(widest)[1] - _BITS if widest else 0
    costs, fine, split, rounded = _whole_costs(tables, exponent)
    return Program(
        plan=plan,
        costs=costs,
        fine=fine,
        split=split,
        exponent=exponent,
        constants=np.concatenate([[sign * network.constant], *tops]),
        rounding=float(np.ldexp(1.0, exponent - FINE_BITS)) if rounded else 0.0,
        sign=sign,
        values=np.zeros(0) if observable is None else np.asarray(network.observables[observable]),
        starts=network.starts,
    )


def _whole_costs(tables: list[_Table], exponent: int) -> tuple[Ints, Ints, bool, bool]:
    """Costs as multiples of 2^exponent, what is left in the finer unit, whether anything is, and whether still more."""
    costs, fine, rounded = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], False
    for table, allowed, top in tables:
        gap, left = two_sum(np.broadcast_to(top[:, None], table.shape), np.where(allowed, -table, -top[:, None]))
        whole, rest = np.zeros(table.shape, dtype=np.int64), np.zeros(table.shape, dtype=np.int64)
        for part in (np.ldexp(gap, -exponent), np.ldexp(left, -exponent)):
            near = np.rint(part)
            over = np.ldexp(part - near, FINE_BITS)
            whole += near.astype(np.int64)
            rest += np.rint(over).astype(np.int64)
            rounded = rounded or bool(np.any(over != np.rint(over)))
        costs.append(np.where(allowed, whole, FORBIDDEN).ravel())
        fine.append(rest.ravel())
    remainders = np.concatenate(fine)
    return np.concatenate(costs), remainders, bool(remainders.any()), rounded


def _widest_table(plan: Plan, network: Network, spreads: list[Array], forbidding: bool) -> float:
    """An upper bound of the largest minus the smallest cost in any bucket, in energy units."""
    touching = np.zeros(network.size)
    for batch, spread in zip(network.factors, spreads, strict=True):
        for column in batch.variables.T:
            np.add.at(touching, column, spread)
    near = touching.tolist()
    everything = np.concatenate([np.zeros(0), *spreads])
    sizes = [prod(batch.scores.shape[1:]) for batch in network.factors]
    starts = np.cumsum([0, *(size * len(batch) for size, batch in zip(sizes, network.factors, strict=True))])
    rows = np.cumsum([0, *map(len, network.factors)])
    factor = plan.operands[:, Operand.KIND] != OperandKind.TABLE
    source = plan.operands[:, Operand.SOURCE]
    spread_of = np.zeros(len(source))
    if factor.any():
        batch_of = np.searchsorted(starts, source[factor], side="right") - 1
        row = rows[batch_of] + (source[factor] - starts[batch_of]) // np.array(sizes)[batch_of]
        spread_of[factor] = everything[row]
    totals: list[float] = []
    left: list[float] = []
    first, last = plan.buckets[:, Bucket.FIRST].tolist(), plan.buckets[:, Bucket.LAST].tolist()
    is_factor, sources, widths = factor.tolist(), source.tolist(), spread_of.tolist()
    for a, b, axes in zip(first, last, plan.axes, strict=True):
        total = 0.0
        for k in range(a, b):
            total += widths[k] if is_factor[k] else left[sources[k]]
        totals.append(total)
        left.append(total if forbidding else min(total, sum([near[u] for u in axes])))
    return max(totals)
