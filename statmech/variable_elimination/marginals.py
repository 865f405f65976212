r"""The backward pass: probabilities of the states of every variable and of every factor.

From the last variable eliminated to the first: given its separator, the state s of a variable has the probability

.. math:: p(s | j) = e^{\ell_s(j) - \beta e_s(j)} \Big/ \sum_{s'} e^{\ell_{s'}(j) - \beta e_{s'}(j)}

from the tables joined at it, and the separator's own probabilities were known before. Probabilities are only added and
multiplied. Cost: two to three times the sum itself, with every table kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.networks import Network
from statmech.variable_elimination.base import (
    FINE_BITS,
    FORBIDDEN,
    Bucket,
    Operand,
    OperandKind,
    Tables,
    operand_address,
)

__all__ = ["Marginals", "marginals_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BIG = FORBIDDEN
_FINE = 2.0**-FINE_BITS
_HALF = FORBIDDEN // 2


@dataclass(frozen=True, eq=False)
class Marginals:
    """Probabilities at one temperature.

    Attributes
    ----------
    network : Network
        Of which.
    states : array, shape (sum of cardinalities,)
        Probability of every state of variable 0, then of variable 1, ...
    factors : tuple of array
        For each batch of factors, probabilities of the same shape as its scores.
    """

    network: Network
    states: Array
    factors: tuple[Array, ...]

    def of(self, variable: int) -> Array:
        """Probabilities of the states of one variable, shape (q,)."""
        starts = self.network.starts
        return self.states[starts[variable] : starts[variable + 1]]

    def means(self, values: npt.ArrayLike) -> Array:
        """Mean of a quantity of each variable, shape (n,), from its value in every state (as in `states`)."""
        return np.add.reduceat(np.asarray(values, dtype=np.float64) * self.states, self.network.starts[:-1])


def marginals_of(tables: Tables, network: Network) -> Marginals:
    """All probabilities of single variables and of factors.

    Examples
    --------
    >>> from statmech.variable_elimination import Eliminator
    >>> pair = Network.from_factors([2, 2], [([0], [np.log(3.0), 0.0]), ([0, 1], np.zeros((2, 2)))])
    >>> Eliminator(pair).marginals(1.0).states
    array([0.75, 0.25, 0.5 , 0.5 ])
    """
    program = tables.program
    plan = program.plan
    states, factors = np.zeros(int(program.starts[-1])), np.zeros(program.costs.size)
    roots = np.array([not axes for axes in plan.axes])
    _descend(
        plan.buckets, plan.operands, plan.lists, program.costs, program.fine, program.starts, roots, tables.beta,
        tables.costs, tables.fine, tables.logs, np.zeros(plan.kept), states, factors,
        int(plan.buckets[:, Bucket.LOW].max()), int(plan.buckets[:, Bucket.STATES].max()),
    )  # fmt: skip
    ends = np.cumsum([batch.scores.size for batch in network.factors])
    shapes = [batch.scores.shape for batch in network.factors]
    parts = tuple(part.reshape(shape) for part, shape in zip(np.split(factors, ends[:-1]), shapes, strict=False))
    for array in (states, *parts):
        array.flags.writeable = False
    return Marginals(network, states, parts)


@kernel(error_model="numpy")
def _descend(
    buckets: Ints, operands: Ints, lists: Ints, costs: Ints, fine: Ints, starts: Ints, roots: npt.NDArray[np.bool_],
    beta: float, table_e: Ints, table_f: Ints, table_l: Array, probability: Array, states: Array, factors: Array,
    chunk: int, most: int,
) -> None:  # fmt: skip
    """From the roots down: joint probabilities of each bucket, added to whatever its operands are."""
    e, f = np.empty((most, chunk), np.int64), np.empty((most, chunk), np.int64)
    p, total = np.empty((most, chunk)), np.empty(chunk)
    place = np.empty(operands.shape[0], np.int64)
    for b in range(buckets.shape[0] - 1, -1, -1):
        q, size, n = buckets[b, Bucket.STATES], buckets[b, Bucket.SIZE], buckets[b, Bucket.LOW]
        first, last = buckets[b, Bucket.FIRST], buckets[b, Bucket.LAST]
        out, start = buckets[b, Bucket.KEPT], starts[buckets[b, Bucket.VARIABLE]]
        if roots[b]:
            probability[out] = 1.0
        for h in range(size // n):
            for o in range(first, last):
                place[o] = operand_address(b, o, h, buckets, operands, lists, Bucket.KEPT)
            e[:q, :n], f[:q, :n], p[:q, :n], total[:n] = 0, 0, 0.0, 0.0
            for s in range(q):
                for o in range(first, last):
                    base = place[o] + s * operands[o, Operand.STRIDE]
                    where = lists[operands[o, Operand.LOW] : operands[o, Operand.LOW] + n]
                    if operands[o, Operand.KIND] == OperandKind.TABLE:
                        for k in range(n):
                            e[s, k] = min(e[s, k] + table_e[base + where[k]], _BIG)
                            f[s, k] += table_f[base + where[k]]
                            p[s, k] += table_l[base + where[k]]
                    else:
                        for k in range(n):
                            e[s, k] = min(e[s, k] + costs[base + where[k]], _BIG)
                            f[s, k] += fine[base + where[k]]
            for k in range(n):
                lowest, rest = e[0, k], f[0, k]
                for s in range(1, q):
                    if float(e[s, k] - lowest) + _FINE * float(f[s, k] - rest) < 0.0:
                        lowest, rest = e[s, k], f[s, k]
                top = -np.inf
                for s in range(q):
                    gap = float(e[s, k] - lowest) + _FINE * float(f[s, k] - rest)
                    if e[s, k] >= _HALF:
                        p[s, k] = -np.inf
                    elif gap > 0.0:
                        p[s, k] -= gap * beta
                    top = max(top, p[s, k])
                for s in range(q):
                    p[s, k] = np.exp(p[s, k] - top) if lowest < _HALF else 0.0
                    total[k] += p[s, k]
                here = probability[out + h * n + k]
                for s in range(q):
                    p[s, k] = here * (p[s, k] / total[k]) if here > 0.0 else 0.0
            for s in range(q):
                states[start + s] += np.sum(p[s, :n])
                for o in range(first, last):
                    base = place[o] + s * operands[o, Operand.STRIDE]
                    where = lists[operands[o, Operand.LOW] : operands[o, Operand.LOW] + n]
                    into = probability if operands[o, Operand.KIND] == OperandKind.TABLE else factors
                    for k in range(n):
                        into[base + where[k]] += p[s, k]
