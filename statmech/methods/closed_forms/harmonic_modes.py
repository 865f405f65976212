r"""Sums over independent harmonic modes: what the oscillator, the vibrations of a molecule and phonons share.

With :math:`x = \omega/T` and :math:`q = e^{-x}`, relative to the zero-point energy,

.. math:: \log Z = -\log(1 - q), \quad \langle y \rangle = \frac{x q}{1 - q}, \quad
          \operatorname{Var} y = \frac{x^2 q}{(1 - q)^2}

All denominators are :math:`1 - q = -\mathrm{expm1}(-x)`, so nothing overflows at low T (exp(x) would, beyond x = 709)
and nothing cancels at high T. All terms are positive: an entropy of 1e-300 keeps its digits.

Of many modes the sums are compiled (5 instead of 50 ns per mode and temperature): one exponential gives both e^{-x/2}
and expm1(-x/2), from which 1 - q = -expm1(-x/2) (1 + e^{-x/2}).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.exponential import exponential_parts
from statmech.kernels import kernel
from statmech.methods.base import above_zero

__all__ = ["COMPILED_FROM", "harmonic_modes", "mode_terms"]

Array = npt.NDArray[np.float64]

_NEAR_ONE = 0.999  # above this q = exp(-x) costs log(1 - q) more than 1e-14
COMPILED_FROM = 32  # modes: a crystal or a large molecule, whose tables repay loading numba
_TINY = 1e-290  # x below which 1 - q would come near the subnormal numbers
_BLOCK = 8192  # modes times temperatures at once: what stays in the second-level cache


def harmonic_modes(quanta: Array, weights: Array, temperatures: Array) -> tuple[Array, Array, Array]:
    """log Z, <y> and Var y of independent modes, relative to their zero-point energy.

    Parameters
    ----------
    quanta : array, shape (n,)
        omega of each mode, positive, in units of T.
    weights : array, shape (n,)
        How many times it counts; need not be an integer.
    temperatures : array, shape (T,)
        0 <= T < inf.

    Returns
    -------
    tuple of three arrays, shape (T,)

    Raises
    ------
    InputError
        At T < 0 and T = inf, where the sum over all levels of a mode does not exist.

    Examples
    --------
    >>> log_z, mean, variance = harmonic_modes(np.array([1.0, 2.0]), np.ones(2), np.array([0.0, 0.5]))
    >>> log_z.round(6)
    array([0.      , 0.163899])
    """
    beta = above_zero(temperatures, "the levels of an oscillator")
    if quanta.size >= COMPILED_FROM:
        with np.errstate(over="ignore"):
            usual = quanta.min() * beta > _TINY
        sums = np.empty((3, beta.size))
        _sums(np.ascontiguousarray(quanta), np.ascontiguousarray(weights, dtype=np.float64), beta, sums)
        if usual.all():
            return sums[0], sums[1], sums[2]
        sums[:, ~usual] = _plain(quanta, weights, beta[~usual])
        return sums[0], sums[1], sums[2]
    sums = _plain(quanta, weights, beta)
    return sums[0], sums[1], sums[2]


def _plain(quanta: Array, weights: Array, beta: Array) -> Array:
    """The three sums at each temperature, shape (3, T), in NumPy."""
    sums = np.empty((3, beta.size))
    rows = max(_BLOCK // max(quanta.size, 1), 1)
    for start in range(0, beta.size, rows):
        here = slice(start, start + rows)
        with np.errstate(over="ignore"):  # omega / 1e-310 is inf: the limit T = 0
            terms = mode_terms(quanta * beta[here, None])
        for k, term in enumerate(terms):  # each row is summed alone: its bits do not depend on the other temperatures
            np.sum(term * weights, axis=1, out=sums[k, here])
    return sums


def mode_terms(x: Array) -> tuple[Array, Array, Array]:
    """-log(1 - q), x q/(1 - q) and x^2 q/(1 - q)^2 at x = omega/T > 0, inf included."""
    with np.errstate(under="ignore", invalid="ignore"):  # inf * 0 at T = 0 is replaced
        half, rest = np.exp(-0.5 * x), -np.expm1(-x)
        # with q = half^2, in halves: right where q alone would be subnormal
        reduced = x * half / rest
        frozen = np.isinf(x)
        if frozen.any():
            reduced = np.where(frozen, 0.0, reduced)
        q = half * half
        log_z = -np.log1p(-np.minimum(q, _NEAR_ONE))
        if q.max(initial=0.0) > _NEAR_ONE:  # where 1 - q has lost digits, its other form
            log_z = np.where(q > _NEAR_ONE, -np.log(rest), log_z)
        return log_z + 0.0, reduced * half, reduced * reduced


_LOG2_HIGH = 6.93147180369123816490e-01  # the low 20 bits are zero: k times it is exact
_LOG2_LOW = 1.90821492927058770002e-10
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: added to a small number it leaves the nearest integer in the last bits
_MAGIC_BITS = 4843621399236968448
_BITS_OF_ONE = 1023 << 52
_BITS_OF_ROOT = 0x3FE6A09E00000000  # of the square root of 1/2, cut
_MANTISSA = (1 << 52) - 1


# Two functions: as one they would be too long to be put into the loop, which then would not run in vector registers.
@kernel(fastmath={"contract"}, error_model="numpy")
def _half_and_rest(x: float) -> tuple[float, float]:
    """exp(-x/2) and 1 - exp(-x) for 1e-290 < x <= 1500."""
    p, power = exponential_parts(-0.5 * x)
    half = p * power + power
    return half, -((power - 1.0) + p * power) * (1.0 + half)


@kernel(fastmath={"contract"}, error_model="numpy")
def _log_of_rest(half: float, rest: float) -> float:
    """log(1 - q) of 1 - q and of sqrt(q), a normal number and perhaps a tiny one."""
    # 1 - q = 2^e m, sqrt(1/2) <= m < sqrt(2); m - 1 is exact, and is -q itself where e = 0
    raised = np.float64(rest).view(np.int64) + (_BITS_OF_ONE - _BITS_OF_ROOT)
    e = np.int64((raised >> 52) + (_MAGIC_BITS - 1023)).view(np.float64) - _MAGIC
    m = np.int64((raised & _MANTISSA) + _BITS_OF_ROOT).view(np.float64)
    f = m - 1.0 if e != 0.0 else -half * half
    s = f / (2.0 + f)
    q = s * s
    t = 0.085220817813906990645  # log(1 + f) = 2 artanh s; the terms of artanh(s)/s - 1 for s <= 1/3
    t = t * q + 0.041622532559304102879
    t = t * q + 0.060550843640346088273
    t = t * q + 0.066501870163373121685
    t = t * q + 0.076933070211520038808
    t = t * q + 0.090908704162524022551
    t = t * q + 0.11111112040373836587
    t = t * q + 0.14285714272727057267
    t = t * q + 0.20000000000092873734
    t = t * q + 0.33333333333330074797
    result: float = (2.0 * s * q) * t + 2.0 * s + e * _LOG2_LOW + e * _LOG2_HIGH
    return result


# Sums may be reordered (that is what lets them run in parallel lanes), the terms may not.
@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _sums(quanta: Array, weights: Array, betas: Array, out: Array) -> None:
    """Weighted sums over all modes at each temperature, shape (3, T); terms as in :func:`mode_terms`."""
    for t in range(betas.size):
        beta, log_z, mean, variance = betas[t], 0.0, 0.0, 0.0
        for i in range(quanta.size):
            x = min(quanta[i] * beta, 1500.0)  # exp(-750) is 0 already: all terms are
            half, rest = _half_and_rest(x)
            reduced = x * half / rest
            log_z -= weights[i] * _log_of_rest(half, rest)
            mean += weights[i] * (reduced * half)
            variance += weights[i] * (reduced * reduced)
        out[0, t], out[1, t], out[2, t] = log_z, mean, variance
