r"""Boltzmann sums of very many levels at many temperatures: levels into narrow bins once, temperatures from the bins.

In a bin of width :math:`w` around :math:`c` every level is :math:`c + \delta`, and

.. math:: \sum_i g_i\,\delta_i^m\,e^{-\beta(c + \delta_i)}
          = e^{-\beta c} \sum_k \frac{(-\beta)^k}{k!} \mu_{k+m}, \qquad \mu_k = \sum_i g_i\,\delta_i^k .

For :math:`\beta w / 2 \le 3/8` fourteen terms leave a relative error of 1e-17, because every :math:`g_i` is positive.
So a level costs its sixteen moments once, instead of one exponential at each temperature. Widths are powers of two
and bins begin at multiples of them: c and :math:`\delta` are exact. Where the levels that count lie within a small
part of a bin, differences of its moments would cancel; such temperatures are left to :mod:`statmech.compiled_moments`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.exponential import exponential
from statmech.kernels import kernel
from statmech.moments import join_columns

__all__ = ["BINNED_BELOW", "bin_width", "binned_moments"]

Array = npt.NDArray[np.float64]

BINNED_BELOW = 0.75
"""Largest beta times width of a bin: half of it to the 14th, by 14!, is 1e-17."""

_MOMENTS = 16  # of a bin, two cache lines
_PER_BIN = 64  # levels, so that a bin costs less than what falls into it
_MOST_BINS = 4096  # half a MB of moments stays in the second-level cache
_LEVELS = 1 << 20  # that share a set of bins


def bin_width(span: float, levels: int) -> float:
    """Width of the bins for gaps from 0 to ``span``: a power of two; 0 where bins would be no use."""
    bins = min(_MOST_BINS, min(levels, _LEVELS) // _PER_BIN)
    return float(2.0 ** np.ceil(np.log2(span / bins))) if bins and span > 0.0 else 0.0


def binned_moments(
    gaps: Array, degeneracies: Array, betas: Array, tops: Array, width: float
) -> tuple[Array, Array, Array, npt.NDArray[np.bool_]]:
    """Weight, mean gap and variance under g exp(-beta gap - top) of all levels but those with gap 0.

    Parameters
    ----------
    gaps : array, shape (n,)
        Energies from the lowest level (or down from the highest, all <= 0, with ``betas`` < 0).
    degeneracies : array, shape (n,) or (0,)
        Empty where all are 1.
    betas, tops : array, shape (T,)
        Inverse temperatures, and the exponent all weights are scaled by at each.
    width : float
        As of :func:`bin_width`.

    Returns
    -------
    weight, mean, variance : array, shape (T,)
        ``mean`` has the sign of the gaps.
    sure : array of bool, shape (T,)
        False where bins are too wide for the temperature; the other three are then worth nothing.

    Examples
    --------
    >>> gaps = np.linspace(0.0, 1.0, 10_001)
    >>> width = bin_width(1.0, 10_001)
    >>> Z, mean, variance, sure = binned_moments(gaps, np.empty(0), np.array([2.0]), np.zeros(1), width)
    >>> bool(sure[0]), abs(float(Z[0] / np.exp(-2 * gaps[1:]).sum()) - 1) < 1e-14
    (True, True)
    """
    parts = range(0, gaps.size, _LEVELS)
    table = np.empty((len(parts), betas.size, 3))
    sure = np.ones((len(parts), betas.size), dtype=bool)
    for part, start in zip(range(len(parts)), parts, strict=True):
        some = slice(start, start + _LEVELS)
        bins = int(np.abs(gaps[some]).max() / width) + 1
        moments = np.zeros((bins, _MOMENTS))
        _fill(gaps[some], degeneracies[some], width, max(4096, 4 * bins), moments)
        _evaluate(np.ascontiguousarray(moments.T), width, np.abs(betas), tops, table[part], sure[part])
    weight, mean, variance = join_columns(*np.ascontiguousarray(table.transpose(2, 1, 0)))
    ok = sure.all(axis=0) & (np.abs(betas) * width <= BINNED_BELOW)
    return weight, np.where(betas < 0, -mean, mean), variance, ok


@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", nogil=True)
def _fill(gaps: Array, degeneracies: Array, width: float, few: int, moments: Array) -> None:
    """Add sum g (2 delta / w)^k of the levels of each bin to ``moments`` (bins, 16), ``few`` levels at a time."""
    weighted = degeneracies.size > 0
    inverse, scale = 1.0 / width, 2.0 / width
    table = moments.reshape(moments.size)
    recent = np.zeros(table.size)  # sums of few terms, so that rounding does not grow with the number of levels
    some = 1024
    place, away, weight = np.empty(some, dtype=np.uint64), np.empty(some), np.empty(some)
    since = 0
    for start in range(0, gaps.size, some):
        stop = min(start + some, gaps.size)
        gap = gaps[start:stop]
        for i in range(gap.size):  # by itself, for it runs on several levels at once
            bin_ = np.floor(abs(gap[i]) * inverse)
            away[i] = (abs(gap[i]) - (bin_ + 0.5) * width) * scale
            place[i] = np.uint64(np.int32(bin_)) * np.uint64(16)
        for i in range(gap.size):
            g = degeneracies[start + i] if weighted else 1.0
            weight[i] = g if gap[i] != 0.0 else 0.0
        for i in range(gap.size):
            x, a = away[i], weight[i]
            square = x * x
            fourth = square * square
            b, c, d = a * x, a * square, a * square * x
            for k in range(0, 16, 4):
                at = place[i] + np.uint64(k)
                recent[at] += a
                recent[at + np.uint64(1)] += b
                recent[at + np.uint64(2)] += c
                recent[at + np.uint64(3)] += d
                a, b, c, d = a * fourth, b * fourth, c * fourth, d * fourth
        since += some
        if since >= few or stop == gaps.size:
            since = 0
            for k in range(table.size):
                table[k] += recent[k]
                recent[k] = 0.0


@kernel(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", nogil=True)
def _evaluate(moments: Array, width: float, betas: Array, tops: Array, out: Array, sure: npt.NDArray[np.bool_]) -> None:
    """Weight, mean and variance at each beta >= 0 into ``out`` (T, 3), from ``moments`` (16, bins)."""
    bins = moments.shape[1]
    half = 0.5 * width
    s0, s1, s2 = np.empty(bins), np.empty(bins), np.empty(bins)
    for t in range(betas.size):
        s0[:], s1[:], s2[:] = 0.0, 0.0, 0.0
        factor = 1.0
        for k in range(14):
            zeroth, first, second = moments[k], moments[k + 1], moments[k + 2]
            for n in range(bins):
                s0[n] += factor * zeroth[n]
                s1[n] += factor * first[n]
                s2[n] += factor * second[n]
            factor *= -betas[t] * half / (k + 1)
        for n in range(bins):
            # At most 3/8 where there are levels; empty bins below the first must not overflow.
            w = exponential(min(-betas[t] * (n + 0.5) * width - tops[t], 1.0))
            s0[n] *= w
            s1[n] *= w
            s2[n] *= w
        heaviest = np.argmax(s0)
        # In units of half a bin from the middle of the heaviest one: distances of middles are whole numbers.
        total, moved = 0.0, 0.0
        for n in range(bins):
            total += s0[n]
            moved += 2.0 * (n - heaviest) * s0[n] + s1[n]
        if not total > 0.0:
            out[t, :] = 0.0
            sure[t] = False
            continue
        mean = moved / total
        spread = 0.0
        for n in range(bins):
            far = 2.0 * (n - heaviest) - mean
            spread += far * far * s0[n] + 2.0 * far * s1[n] + s2[n]
        variance = spread / total
        away = 2.0 * heaviest + 1.0 + mean
        # Moments of a bin cancel to 16 units of rounding at most.
        sure[t] = variance > 0.0625 and away > 0.25
        out[t, 0] = total
        out[t, 1] = away * half
        out[t, 2] = variance * half * half
