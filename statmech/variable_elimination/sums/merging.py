"""Two sets of states merged into one, entry by entry, in loops that vectorise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.variable_elimination.base import FINE_BITS

__all__ = ["COVARIANCE", "LOG_WEIGHT", "MEAN", "OBSERVED", "OBSERVED_VARIANCE", "VARIANCE", "merge"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What an entry holds besides its lowest cost; only the first one, three or all six are carried.
LOG_WEIGHT, MEAN, VARIANCE, OBSERVED, OBSERVED_VARIANCE, COVARIANCE = range(6)  # the last one: of energy and observable

_LOG2E = 1.4426950408889634
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")  # 32 bits: its product with an exponent is exact
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: added to a small integer it puts that integer into the last bits
_MAGIC_BITS = 4843621399236968448  # of 1.5 * 2^52
_FAR = 2.0**60  # a difference of costs beyond this means: forbidden
_FINE = 2.0**-FINE_BITS
_GONE = 708.0  # exp(-708) squared is 0; beyond it a weight is 0


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
def _lower_energy(n: int, e: Ints, e1: Ints, y: Array, swapped: Array, split: bool) -> None:
    """The lower of two energies goes to e, their distance to y, and to ``swapped`` a 1 where it is the second."""
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


@kernel(fastmath={"contract"}, error_model="numpy")
def _merge_energies(n: int, w: Array, w1: Array, h: Array, i: Array, y: Array, signed: Array, swapped: Array) -> None:
    """Mean and variance of the energy; y is the distance of the energies, and becomes that of the means."""
    # Probabilities are products of their square roots, so that p y^2 keeps its digits where p is subnormal.
    m, m1, v, v1 = w[MEAN], w1[MEAN], w[VARIANCE], w1[VARIANCE]
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


@kernel(fastmath={"contract"}, error_model="numpy")
def _merge_observables(
    n: int, w: Array, w1: Array, h: Array, i: Array, y: Array, signed: Array, swapped: Array
) -> None:
    """Mean and variance of the observable, and its covariance with the energy."""
    a, a1, b, b1, c, c1 = (
        w[OBSERVED],
        w1[OBSERVED],
        w[OBSERVED_VARIANCE],
        w1[OBSERVED_VARIANCE],
        w[COVARIANCE],
        w1[COVARIANCE],
    )
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


@kernel(fastmath={"contract"}, error_model="numpy")
def merge(
    n: int, beta: float, unit: float, e: Ints, w: Array, e1: Ints, w1: Array, bits: Ints, t: Array, columns: int,
    split: bool,
) -> None:  # fmt: skip
    """Merge the sets of states (e1, w1) into (e, w), entry by entry; the formulas are in the package's docstring."""
    x, h, i, y, signed, swapped = t[0], t[1], t[2], t[3], t[4], t[5]
    _lower_energy(n, e, e1, y, swapped, split)
    log, log1 = w[LOG_WEIGHT], w1[LOG_WEIGHT]
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
        _merge_energies(n, w, w1, h, i, y, signed, swapped)
    if columns > 3:
        _merge_observables(n, w, w1, h, i, y, signed, swapped)
