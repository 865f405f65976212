r"""tau = 0: the highest score (the ground state), how many configurations have it, and one of them.

The same elimination with max in the place of the sum. Energies are integers, so ties are exact; the number of ties is
counted modulo primes p < 2^31 and put together by the Chinese remainder theorem, as many as the floating-point
logarithm of the count (carried along) says are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.kernels import kernel
from statmech.networks import Network
from statmech.variable_elimination.base import (
    FINE_BITS,
    FORBIDDEN,
    Bucket,
    Operand,
    OperandKind,
    Program,
    operand_address,
)

__all__ = ["GroundState", "ground_state_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_BIG = FORBIDDEN
_FINE = 2.0**-FINE_BITS
_HALF = FORBIDDEN // 2


@dataclass(frozen=True, eq=False)
class GroundState:
    """The lowest energy, its exact degeneracy and one configuration that has it.

    Attributes
    ----------
    energy : float
        Lowest H (minus the highest score), in the unit of the scores.
    degeneracy : int
        Number of configurations with exactly this energy; a Python integer of any size.
    configuration : array of int, shape (n,)
        One of them: the state of each variable (a spin model's own values where it came from one).
    """

    energy: float
    degeneracy: int
    configuration: Ints


def ground_state_of(program: Program, network: Network) -> GroundState:
    """Ground energy, degeneracy and one ground state.

    Parameters
    ----------
    program : Program
        Bound to the network with ``sign = 1``.
    network : Network
        For the energy of the configuration found.

    Returns
    -------
    GroundState
        The degeneracy counts energies that are equal as sums of the exact binary values of the scores.

    Raises
    ------
    InputError
        If every configuration is forbidden.

    Examples
    --------
    >>> from statmech.variable_elimination import Eliminator
    >>> flip = np.array([[-1.0, 1.0], [1.0, -1.0]])
    >>> ring = Network.from_factors([2] * 3, [([0, 1], flip), ([1, 2], flip), ([2, 0], flip)])
    >>> Eliminator(ring).ground_state().degeneracy
    6
    """
    plan = program.plan
    buckets, most = plan.buckets, int(network.cardinalities.max())
    costs, fine, counts = (np.empty(plan.arena, np.int64) for _ in range(3))
    logs = np.empty(plan.arena)
    best = np.empty(plan.kept, np.uint8 if most <= 256 else np.uint16 if most <= 65536 else np.uint32)
    roots = np.array([not axes for axes in plan.axes])
    chunk = int(buckets[:, Bucket.LOW].max())

    def count(prime: int, chosen: npt.NDArray[Any]) -> tuple[int, float]:
        found, residue, logarithm = _maximise(
            buckets, plan.operands, plan.lists, program.costs, program.fine, roots, prime, costs, fine, counts, logs,
            chosen, chunk,
        )  # fmt: skip
        if not found:
            raise InputError("network: every configuration is forbidden (a score of -inf)")
        return residue, logarithm

    prime = 2**31 - 1
    degeneracy, logarithm = count(prime, best)
    product, enough = prime, logarithm * (1 + 1e-9) + 1.0  # the logarithm is good to 1e-12
    while log(product) < enough:
        prime = _prime_below(prime)
        residue, _ = count(prime, best[:0])
        degeneracy += product * ((residue - degeneracy) * pow(product, -1, prime) % prime)
        product *= prime
    configuration = np.zeros(network.size, dtype=np.int64)
    states, cards = configuration.tolist(), network.cardinalities.tolist()
    for b in range(len(buckets) - 1, -1, -1):
        entry = 0
        for u in plan.axes[b]:
            entry = entry * cards[u] + states[u]
        states[buckets[b, Bucket.VARIABLE]] = int(best[buckets[b, Bucket.KEPT] + entry])
    configuration[:] = states
    configuration.flags.writeable = False
    return GroundState(-network.score(configuration), degeneracy, configuration)


def _prime_below(number: int) -> int:
    """The next smaller prime, by Fermat's test to the bases that decide below 2^32 (Miller)."""
    while True:
        number -= 2
        if all(_passes(number, base) for base in (2, 3, 5, 7)):
            return number


def _passes(number: int, base: int) -> bool:
    """Miller and Rabin's test; with bases 2, 3, 5, 7 it is a proof below 3 215 031 751."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    x = pow(base, odd, number)
    if x in (1, number - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % number
        if x == number - 1:
            return True
    return False


@kernel(error_model="numpy")
def _maximise(
    buckets: Ints, operands: Ints, lists: Ints, costs: Ints, fine: Ints, roots: Bools, prime: int, arena_e: Ints,
    arena_f: Ints, arena_c: Ints, arena_l: Array, best: npt.NDArray[Any], chunk: int,
) -> tuple[bool, int, float]:  # fmt: skip
    """Lowest costs, counts modulo a prime and log counts, bucket by bucket; the state chosen where `best` has room."""
    e, f, c, w = np.empty(chunk, np.int64), np.empty(chunk, np.int64), np.empty(chunk, np.int64), np.empty(chunk)
    e1, f1, c1, w1 = np.empty(chunk, np.int64), np.empty(chunk, np.int64), np.empty(chunk, np.int64), np.empty(chunk)
    place = np.empty(operands.shape[0], np.int64)
    total, log_total = 1, 0.0
    for b in range(buckets.shape[0]):
        q, size, n = buckets[b, Bucket.STATES], buckets[b, Bucket.SIZE], buckets[b, Bucket.LOW]
        first, last = buckets[b, Bucket.FIRST], buckets[b, Bucket.LAST]
        out, kept = buckets[b, Bucket.SLOT], buckets[b, Bucket.KEPT]
        lowest = np.int64(_BIG)
        for h in range(size // n):
            for o in range(first, last):
                place[o] = operand_address(b, o, h, buckets, operands, lists, Bucket.SLOT)
            start = kept + h * n
            for s in range(q):
                e1[:n], f1[:n], c1[:n], w1[:n] = 0, 0, 1, 0.0
                for o in range(first, last):
                    base = place[o] + s * operands[o, Operand.STRIDE]
                    where = lists[operands[o, Operand.LOW] : operands[o, Operand.LOW] + n]
                    if operands[o, Operand.KIND] == OperandKind.TABLE:
                        for k in range(n):
                            at = base + where[k]
                            e1[k] = min(e1[k] + arena_e[at], _BIG)
                            f1[k] += arena_f[at]
                            c1[k] = c1[k] * arena_c[at] % prime
                            w1[k] += arena_l[at]
                    else:
                        for k in range(n):
                            e1[k] = min(e1[k] + costs[base + where[k]], _BIG)
                            f1[k] += fine[base + where[k]]
                for k in range(n):
                    # Exact: the two integers of a cost cancel only where both differences are small.
                    gap = float(e1[k] - e[k]) + _FINE * float(f1[k] - f[k])
                    if s == 0 or gap < 0.0:
                        e[k], f[k], c[k], w[k] = e1[k], f1[k], c1[k], w1[k]
                        if best.size:
                            best[start + k] = s
                    elif gap == 0.0:
                        c[k] = (c[k] + c1[k]) % prime
                        w[k] = max(w[k], w1[k]) + np.log1p(np.exp(-abs(w[k] - w1[k])))
            for k in range(n):
                lowest = min(lowest, e[k])
                at = out + h * n + k
                arena_e[at], arena_f[at], arena_c[at], arena_l[at] = e[k], f[k], c[k], w[k]
        if lowest >= _HALF:
            return False, 0, 0.0
        for k in range(out, out + size):
            arena_e[k] = arena_e[k] - lowest if arena_e[k] < _HALF else _BIG
        if roots[b]:
            total, log_total = total * int(arena_c[out]) % prime, log_total + float(arena_l[out])
    return True, total, log_total
