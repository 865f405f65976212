"""Exact samples: independent configurations from the distribution itself, by walking back along the elimination.

From the last variable eliminated to the first, each state is drawn given those of its separator; no Markov chain, no
correlation. Cost: n operations per sample, after one sum with every table kept.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.kernels import kernel
from statmech.variable_elimination.base import (
    FINE_BITS,
    FORBIDDEN,
    Bucket,
    Operand,
    OperandKind,
    Tables,
    operand_address,
)

__all__ = ["samples_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BIG = FORBIDDEN
_FINE = 2.0**-FINE_BITS
_HALF = FORBIDDEN // 2
_AT_ONCE = 1_000_000  # uniform numbers drawn in one call; the samples do not depend on it


def samples_of(tables: Tables, cardinalities: Ints, count: int, generator: np.random.Generator) -> Ints:
    """Independent configurations.

    Parameters
    ----------
    tables : Tables
        A sum at one temperature. At T = 0 the samples are uniform over the ground states.
    cardinalities : array of int, shape (n,)
        Of the network.
    count : int
        How many.
    generator : numpy.random.Generator
        Source of randomness; n uniform numbers are used per sample.

    Returns
    -------
    array of int, shape (count, n)
        States, from 0.

    Raises
    ------
    InputError
        If ``count`` is negative, or the generator is none.

    Examples
    --------
    >>> from statmech.networks import Network
    >>> from statmech.variable_elimination import Eliminator
    >>> coin = Network.from_factors([2], [([0], [np.log(3.0), 0.0])])
    >>> float(Eliminator(coin).samples(1.0, 4000, np.random.default_rng(1)).mean().round(2))
    0.25
    """
    if not isinstance(generator, np.random.Generator):
        raise InputError(
            f"generator: expected a numpy.random.Generator (numpy.random.default_rng(1)); got {generator!r}"
        )
    if count < 0:
        raise InputError(f"count: expected a number of samples >= 0; got {count}")
    plan = tables.program.plan
    starts = np.cumsum([0, *map(len, plan.axes)])
    variables = np.array([u for axes in plan.axes for u in axes], dtype=np.int64)
    n = len(cardinalities)
    states = np.zeros((count, n), dtype=np.int64)
    step = max(1, _AT_ONCE // n)
    for begin in range(0, count, step):
        block = states[begin : begin + step]
        _draw(
            plan.buckets, plan.operands, plan.lists, tables.program.costs, tables.program.fine, cardinalities, starts,
            variables, tables.beta, tables.costs, tables.fine, tables.logs, generator.random(block.shape), block,
            int(plan.buckets[:, Bucket.STATES].max()),
        )  # fmt: skip
    return states


@kernel(error_model="numpy")
def _draw(
    buckets: Ints, operands: Ints, lists: Ints, costs: Ints, fine: Ints, cardinalities: Ints, starts: Ints,
    variables: Ints, beta: float, table_e: Ints, table_f: Ints, table_l: Array, uniform: Array, states: Ints, most: int,
) -> None:  # fmt: skip
    """One row of `states` after the other, from the roots down."""
    e, f, p = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most)
    for row in range(states.shape[0]):
        x = states[row]
        for b in range(buckets.shape[0] - 1, -1, -1):
            q, n = buckets[b, Bucket.STATES], buckets[b, Bucket.LOW]
            first, last = buckets[b, Bucket.FIRST], buckets[b, Bucket.LAST]
            entry = np.int64(0)
            for a in range(starts[b], starts[b + 1]):
                entry = entry * cardinalities[variables[a]] + x[variables[a]]
            h, k = entry // n, entry % n
            e[:q], f[:q], p[:q] = 0, 0, 0.0
            for o in range(first, last):
                base = operand_address(b, o, h, buckets, operands, lists, Bucket.KEPT)
                base += lists[operands[o, Operand.LOW] + k]
                for s in range(q):
                    at = base + s * operands[o, Operand.STRIDE]
                    if operands[o, Operand.KIND] == OperandKind.TABLE:
                        e[s] = min(e[s] + table_e[at], _BIG)
                        f[s] += table_f[at]
                        p[s] += table_l[at]
                    else:
                        e[s] = min(e[s] + costs[at], _BIG)
                        f[s] += fine[at]
            lowest, least = e[0], f[0]
            for s in range(1, q):
                if float(e[s] - lowest) + _FINE * float(f[s] - least) < 0.0:
                    lowest, least = e[s], f[s]
            top = -np.inf
            for s in range(q):
                gap = float(e[s] - lowest) + _FINE * float(f[s] - least)
                if e[s] >= _HALF:
                    p[s] = -np.inf
                elif gap > 0.0:
                    p[s] -= gap * beta
                top = max(top, p[s])
            total = 0.0
            for s in range(q):
                p[s] = np.exp(p[s] - top)
                total += p[s]
            left = uniform[row, buckets[b, Bucket.VARIABLE]] * total
            chosen = 0
            for s in range(q):
                if p[s] > 0.0:
                    chosen = s
                    if left < p[s]:
                        break
                    left -= p[s]
            x[buckets[b, Bucket.VARIABLE]] = chosen
