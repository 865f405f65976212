r"""The sum over all states by elimination, with mean and variance: log Z, U, C and M at once.

Every entry of a table stands for the set of all states of the variables summed so far, given the others. It holds their
lowest energy e, and relative to it

.. math:: \ell = \log \sum_i e^{-\beta(E_i - e)} \ge 0, \quad m = \langle \beta (E - e) \rangle \ge 0, \quad
          v = \operatorname{Var} \beta E \ge 0

Joining tables adds all four. Summing over a variable merges sets a, b with :math:`e_a \le e_b`,
:math:`z = e^{-x}`, :math:`x = \beta(e_b - e_a) - (\ell_b - \ell_a)`:

.. math:: \ell = \ell_a + \log(1 + z), \quad m = p_a m_a + p_b (m_b + \beta(e_b - e_a)), \quad
          v = p_a v_a + p_b v_b + p_a p_b (m_b + \beta(e_b - e_a) - m_a)^2

(and with the roles of 1 and z exchanged where x < 0). Energies are exact integers, every other term is non-negative: no
digit is lost however small the results. Cost: about 10 ns per combination of states joined.
"""

from __future__ import annotations

from math import fsum

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError, PrecisionError
from statmech.kernels import kernel
from statmech.variable_elimination.base import FINE_BITS, FORBIDDEN, Bucket, Program, Tables

__all__ = ["sum_program", "tables_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BIG = FORBIDDEN
_HALF = FORBIDDEN // 2
_LOG2E = 1.4426950408889634
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")  # 32 bits: its product with an exponent is exact
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: added to a small integer it puts that integer into the last bits
_MAGIC_BITS = 4843621399236968448  # of 1.5 * 2^52
_FAR = 2.0**60  # a difference of costs beyond this means: forbidden
_FINE = 2.0**-FINE_BITS
_ROUNDING = 1e-13
_GONE = 708.0  # exp(-708) squared is 0; beyond it a weight is 0


# What an entry holds besides its lowest cost; only the first one, three or all six are carried.
_L, _M, _V, _A, _B, _X = range(6)  # log weight, mean, variance, mean and variance of the observable, covariance


@kernel(fastmath={"contract"}, error_model="numpy")
def _decay(x: Array, h: Array, bits: Ints, i: Array, n: int) -> None:
    """h = exp(-x) for x >= 0, to an ulp; 0 beyond _GONE. `bits` is h seen as integers. Loops that vectorise."""
    for k in range(n):
        i[k] = (min(x[k], _GONE) * _LOG2E + _MAGIC) - _MAGIC
    for k in range(n):
        h[k] = _MAGIC - i[k]
    for k in range(n):
        bits[k] = (bits[k] - _MAGIC_BITS + 1023) << 52
    for k in range(n):
        r = (min(x[k], _GONE) - i[k] * _LN2_HIGH) - i[k] * _LN2_LOW
        p = -2.5110037605963777712e-8
        p = p * r + 2.7632639639041029749e-7
        p = p * r - 2.7557240918578969823e-6
        p = p * r + 0.000024801485482328492419
        p = p * r - 0.00019841269890047113707
        p = p * r + 0.0013888888952314774652
        p = p * r - 0.0083333333333196006109
        p = p * r + 0.041666666666488095495
        p = p * r - 0.16666666666666680806
        p = p * r + 0.50000000000000183855
        p = p * r - 1.0
        p = p * r + 1.0
        h[k] = h[k] * p if x[k] < _GONE else 0.0


@kernel(fastmath={"contract"}, error_model="numpy")
def _merge(
    n: int, beta: float, unit: float, e: Ints, w: Array, e1: Ints, w1: Array, bits: Ints, t: Array, columns: int,
    split: bool,
) -> None:  # fmt: skip
    """Merge the sets of states (e1, w1) into (e, w), entry by entry; the formulas are in the module's docstring."""
    x, h, i, y, signed, swapped = t[0], t[1], t[2], t[3], t[4], t[5]
    log, log1 = w[_L], w1[_L]
    whole, whole1, fine, fine1 = e[0], e1[0], e[1], e1[1]
    if split:
        for k in range(n):
            gap = float(whole1[k] - whole[k]) + _FINE * float(fine1[k] - fine[k])
            whole[k] = whole1[k] if gap < 0.0 else whole[k]
            fine[k] = fine1[k] if gap < 0.0 else fine[k]
            y[k] = abs(gap)
            swapped[k] = 1.0 if gap < 0.0 else 0.0
    else:
        for k in range(n):
            step = whole1[k] - whole[k]
            whole[k] = min(whole1[k], whole[k])
            y[k] = float(abs(step))
            swapped[k] = 1.0 if step < 0 else 0.0
    for k in range(n):
        turn, distance = swapped[k] > 0.0, y[k]
        gain = log[k] - log1[k] if turn else log1[k] - log[k]
        log[k] = log1[k] if turn else log[k]
        cost = distance * beta if distance > 0.0 else 0.0  # also where beta is infinite
        cost = np.inf if distance > _FAR else cost
        d = cost - gain
        signed[k] = d
        x[k] = 0.5 * abs(d)
        y[k] = distance * unit if d < 2.0 * _GONE else 0.0  # where the weight is 0, so that inf * 0 cannot be
    _decay(x, h, bits, i, n)
    for k in range(n):
        z = h[k] * h[k]
        i[k] = 1.0 / (1.0 + z)
        s = z / (2.0 + z)  # log(1 + z) = 2 artanh s
        q = s * s
        p = 0.085220817813906990645
        p = p * q + 0.041622532559304102879
        p = p * q + 0.060550843640346088273
        p = p * q + 0.066501870163373121685
        p = p * q + 0.076933070211520038808
        p = p * q + 0.090908704162524022551
        p = p * q + 0.11111112040373836587
        p = p * q + 0.14285714272727057267
        p = p * q + 0.20000000000092873734
        p = p * q + 0.33333333333333074797
        p = p * q + 1.0
        log[k] = (log[k] + 2.0 * s * p) + (0.0 if signed[k] >= 0.0 else -signed[k])
    if columns > 1:
        # Probabilities are products of their square roots, so that p y^2 keeps its digits where p is subnormal.
        m, m1, v, v1 = w[_M], w1[_M], w[_V], w1[_V]
        for k in range(n):
            turn = swapped[k] > 0.0
            mean, mean1 = (m1[k], m[k]) if turn else (m[k], m1[k])
            var, var1 = (v1[k], v[k]) if turn else (v[k], v1[k])
            first = signed[k] >= 0.0
            qa = 1.0 if first else h[k]
            qb = h[k] if first else 1.0
            mean1 += y[k]
            apart = h[k] * (mean1 - mean) * i[k]
            m[k] = (qa * mean) * (qa * i[k]) + (qb * mean1) * (qb * i[k])
            v[k] = (qa * var) * (qa * i[k]) + (qb * var1) * (qb * i[k]) + apart * apart
            y[k] = apart
    if columns > 3:
        a, a1, b, b1, c, c1 = w[_A], w1[_A], w[_B], w1[_B], w[_X], w1[_X]
        for k in range(n):
            turn = swapped[k] > 0.0
            mean, mean1 = (a1[k], a[k]) if turn else (a[k], a1[k])
            var, var1 = (b1[k], b[k]) if turn else (b[k], b1[k])
            cov, cov1 = (c1[k], c[k]) if turn else (c[k], c1[k])
            first = signed[k] >= 0.0
            qa = 1.0 if first else h[k]
            qb = h[k] if first else 1.0
            pa, pb = qa * (qa * i[k]), qb * (qb * i[k])
            apart = h[k] * (mean1 - mean) * i[k]
            # equal means stay equal to the bit, so that ground states of one M have no variance
            a[k] = mean + pb * (mean1 - mean) if pb < pa else mean1 + pa * (mean - mean1)
            b[k] = pa * var + pb * var1 + apart * apart
            c[k] = (qa * cov) * (qa * i[k]) + (qb * cov1) * (qb * i[k]) + apart * y[k]


@kernel(error_model="numpy")
def _fill(
    state: int, value: float, n: int, first: int, last: int, operands: Ints, lists: Ints, costs: Ints, local: Ints,
    place: Ints, e: Ints, w: Array, arena_e: Ints, arena_w: Array, columns: int, limbs: int,
) -> None:  # fmt: skip
    """Join all operands of a bucket at one state of its variable, for one chunk."""
    for limb in range(limbs):
        start = 0
        for o in range(first, last):
            if operands[o, 0] == 2:
                start = min(start + int(costs[limb, place[o] + state * operands[o, 2]]), _BIG)
        into = e[limb]
        for k in range(n):
            into[k] = min(start + local[limb, state, k], _BIG)
    for c in range(columns):
        w[c, :n] = 0.0
    if columns > 3:
        w[3, :n] = value
    for o in range(first, last):
        kind, base = operands[o, 0], place[o] + state * operands[o, 2]
        where = lists[operands[o, 4] : operands[o, 4] + n]
        if kind == 0 and operands[o, 5]:
            for limb in range(limbs):
                into, source = e[limb], arena_e[limb, base : base + n]
                for k in range(n):
                    into[k] = min(into[k] + source[k], _BIG)
            for c in range(columns):
                row, numbers = w[c], arena_w[c, base : base + n]
                for k in range(n):
                    row[k] += numbers[k]
        elif kind == 0:
            for limb in range(limbs):
                into, source = e[limb], arena_e[limb, base:]
                for k in range(n):
                    into[k] = min(into[k] + source[where[k]], _BIG)
            for c in range(columns):
                row, numbers = w[c], arena_w[c, base:]
                for k in range(n):
                    row[k] += numbers[where[k]]
        elif kind == 3:
            for limb in range(limbs):
                into, source = e[limb], costs[limb, base:]
                for k in range(n):
                    into[k] = min(into[k] + source[where[k]], _BIG)


@kernel(error_model="numpy")
def _centre(whole: Ints, numbers: Array, size: int, some: bool) -> float:
    """Take the least of the numbers off them and return it; entries that are forbidden become 0."""
    least = np.inf
    if some:
        for k in range(size):
            least = min(least, numbers[k] if whole[k] < _HALF else np.inf)
        for k in range(size):
            numbers[k] = numbers[k] - least if whole[k] < _HALF else 0.0
    else:
        for k in range(size):
            least = min(least, numbers[k])
        for k in range(size):
            numbers[k] -= least
    return least


@kernel(error_model="numpy")
def _eliminate(
    buckets: Ints, operands: Ints, lists: Ints, costs: Ints, values: Array, starts: Ints, beta: float, unit: float,
    slot: int, arena_e: Ints, arena_w: Array, shift_e: Ints, shift_w: Array, chunk: int,
) -> bool:  # fmt: skip
    """All buckets in order. What is common to the entries of a table goes to the shifts; False where nothing is."""
    columns, limbs = arena_w.shape[0], arena_e.shape[0]
    split = limbs > 1
    e, e1, w, w1 = (
        np.empty((2, chunk), np.int64),
        np.empty((2, chunk), np.int64),
        np.empty((6, chunk)),
        np.empty((6, chunk)),
    )
    t = np.empty((6, chunk))
    bits = t[1].view(np.int64)
    place = np.empty(operands.shape[0], np.int64)
    for b in range(buckets.shape[0]):
        q, size, n, first, last = buckets[b, 1], buckets[b, 2], buckets[b, 3], buckets[b, 6], buckets[b, 7]
        out = buckets[b, slot]
        local = np.zeros((limbs, q, n), np.int64)
        for o in range(first, last):
            if operands[o, 0] == 1:
                for limb in range(limbs):
                    for s in range(q):
                        base = operands[o, 1] + s * operands[o, 2]
                        for k in range(n):
                            added = local[limb, s, k] + costs[limb, base + lists[operands[o, 4] + k]]
                            local[limb, s, k] = min(added, _BIG)
        lowest = np.int64(_BIG)
        for h in range(size // n):
            for o in range(first, last):
                address = buckets[operands[o, 1], slot] if operands[o, 0] == 0 else operands[o, 1]
                rest = h
                for axis in range(buckets[b, 8] - 1, -1, -1):
                    card = lists[buckets[b, 9] + axis]
                    address += (rest % card) * lists[operands[o, 3] + axis]
                    rest //= card
                place[o] = address
            for s in range(q):
                value = values[starts[buckets[b, 0]] + s] if columns > 3 else 0.0
                if s == 0:
                    _fill(
                        s, value, n, first, last, operands, lists, costs, local, place, e, w, arena_e, arena_w,
                        columns, limbs,
                    )  # fmt: skip
                else:
                    _fill(
                        s, value, n, first, last, operands, lists, costs, local, place, e1, w1, arena_e, arena_w,
                        columns, limbs,
                    )  # fmt: skip
                    _merge(n, beta, unit, e, w, e1, w1, bits, t, columns, split)
            start = out + h * n
            for limb in range(limbs):
                arena_e[limb, start : start + n] = e[limb, :n]
            for k in range(n):
                lowest = min(lowest, e[0, k])
            for c in range(columns):
                arena_w[c, start : start + n] = w[c, :n]
        if lowest >= _HALF:
            return False
        into = arena_e[0, out : out + size]
        some = False
        for k in range(size):
            some = some or into[k] >= _HALF
            into[k] = into[k] - lowest if into[k] < _HALF else _BIG
        shift_e[0, b] = lowest
        if split:
            rest = _BIG
            fine = arena_e[1, out : out + size]
            for k in range(size):
                rest = min(rest, int(fine[k]) if into[k] < _HALF else _BIG)
            for k in range(size):
                fine[k] = int(fine[k]) - rest if into[k] < _HALF else 0
            shift_e[1, b] = rest
        for c in range(columns):
            shift_w[c, b] = _centre(into, arena_w[c, out : out + size], size, some)
    return True


def tables_of(program: Program, temperature: float) -> Tables:
    """Sum at one temperature and keep every table.

    Parameters
    ----------
    program : Program
        With the sign of the temperature.
    temperature : float
        T, or tau: zero, positive, negative or infinite.

    Raises
    ------
    InputError
        If no configuration is allowed.
    """
    beta, unit = _exponents(program, temperature)
    run = _Run(program, Bucket.KEPT, 1)
    if not run.at(beta, unit):
        raise InputError("network: every configuration is forbidden (a score of -inf), so there is no distribution")
    fine = run.arena_e[1] if program.split else np.zeros(program.plan.kept, dtype=np.int64)
    return Tables(program, beta, run.arena_e[0], fine, run.arena_w[0])


def sum_program(program: Program, temperatures: Array, observable: str | None = None) -> Cumulants:
    """log Z, mean and covariance at each temperature, one after the other.

    Parameters
    ----------
    program : Program
        Bound with ``sign = -1`` for negative temperatures, 1 otherwise, and with the observable if one is named.
    temperatures : array, shape (T,)
        All of one sign.
    observable : str, optional
        Its name.

    Returns
    -------
    Cumulants
        log Z = -inf where every configuration is forbidden.

    Raises
    ------
    PrecisionError
        Where the rounding of the energies to 100 bits would show: beta times it above 1e-13.
    """
    n = 1 if observable is None else 2
    count = len(temperatures)
    reference, log_z = np.zeros(count), np.full(count, -np.inf)
    mean, covariance = np.zeros((count, n)), np.zeros((count, n, n))
    run = _Run(program, Bucket.SLOT, 3 if observable is None else 6)
    constants = (-program.constants).tolist()
    for t, temperature in enumerate(temperatures.tolist()):
        beta, unit = _exponents(program, temperature)
        if not run.at(beta, unit):
            reference[t] = program.sign * fsum(constants)
            continue
        whole = sum(
            [sum(row) << (FINE_BITS * (len(run.shift_e) - 1 - k)) for k, row in enumerate(run.shift_e.tolist())]
        )
        bits = program.exponent - FINE_BITS * (len(run.shift_e) - 1)
        high = float(whole)
        lowest = fsum([*constants, float(np.ldexp(high, bits)), float(np.ldexp(float(whole - int(high)), bits))])
        sums = [fsum(row) for row in run.shift_w.tolist()]
        reference[t], log_z[t] = program.sign * lowest, sums[_L]
        mean[t, 0], covariance[t, 0, 0] = sums[_M], sums[_V]
        if temperature == -np.inf:  # H - E0 itself, and E0 is the highest level
            mean[t, 0] = -mean[t, 0]
        if observable is not None:
            mean[t, 1], covariance[t, 1, 1] = sums[_A], sums[_B]
            covariance[t, 0, 1] = covariance[t, 1, 0] = -sums[_X] if temperature == -np.inf else sums[_X]
    return Cumulants(temperatures, reference, log_z, mean, covariance, () if observable is None else (observable,))


def _exponents(program: Program, temperature: float) -> tuple[float, float]:
    """Per unit of cost: what is taken off a log weight, and what is added to a mean."""
    beta = abs(float(inverse_temperature(temperature)))
    if np.isfinite(beta) and beta * program.rounding > _ROUNDING:
        raise PrecisionError(
            f"elimination: at T = {temperature} the rounding of the energies ({program.rounding:.1e}) would show: "
            "the scores differ too much in size; use -inf for what is meant to be forbidden"
        )
    with np.errstate(over="ignore"):
        exponent = float(np.ldexp(beta, program.exponent))
    if np.isinf(exponent):
        return exponent, 0.0
    return exponent, exponent if beta else float(np.ldexp(1.0, program.exponent))


class _Run:
    """Work space of one program, used again for every temperature."""

    def __init__(self, program: Program, slot: Bucket, columns: int) -> None:
        plan = program.plan
        entries, buckets = plan.kept if slot is Bucket.KEPT else plan.arena, len(plan.buckets)
        self.program, self.slot = program, int(slot)
        self.costs = np.stack([program.costs, program.fine]) if program.split else program.costs[None]
        limbs = len(self.costs)
        self.arena_e, self.arena_w = np.empty((limbs, entries), np.int64), np.empty((columns, entries))
        self.shift_e, self.shift_w = np.zeros((limbs, buckets), np.int64), np.zeros((columns, buckets))

    def at(self, beta: float, unit: float) -> bool:
        """Eliminate everything; False where nothing is allowed."""
        program, plan = self.program, self.program.plan
        return _eliminate(
            plan.buckets, plan.operands, plan.lists, self.costs, program.values, program.starts, beta, unit,
            self.slot, self.arena_e, self.arena_w, self.shift_e, self.shift_w, int(plan.buckets[:, Bucket.LOW].max()),
        )  # fmt: skip
