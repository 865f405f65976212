"""Levels above the ground level with plain degeneracies: in blocks, at all temperatures at once, or compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.moments import Moments, join_all, join_columns, weighted_moments
from statmech.summation.spectrum import BLOCK, NEGLIGIBLE, Spectrum, inside

__all__ = ["energy_sums", "plain_rest"]

Array = npt.NDArray[np.float64]


def plain_rest(s: Spectrum, beta: float) -> tuple[Moments | None, float]:
    """All levels above the ground level: weights g_i / g_0 exp(-beta (E_i - E_0)), scaled by exp(-top)."""
    largest, top = _scaling(s, beta)
    lowest = -NEGLIGIBLE - float(np.log(s.gaps.size))
    if largest < lowest:
        return None, top
    buffer, work = np.empty(BLOCK), np.empty(BLOCK)
    parts = []
    for block, distance in zip(s.blocks, s.nearest, strict=True):
        if -distance * abs(beta) - top < lowest:
            continue  # nothing in this block counts
        w = buffer[: block.stop - block.start]
        np.multiply(s.gaps[block], -beta, out=w)
        w[inside(s.tied, block)] = -np.inf
        if top:
            np.subtract(w, top, out=w)
        np.exp(w, out=w)
        if s.degeneracies is not None:
            np.multiply(w, s.degeneracies[block], out=w)
        parts.append(weighted_moments([s.gaps[block], *s.observables[:, block]], w, work))
    return _relative_to_ground(s, join_all(parts)), top


def energy_sums(s: Spectrum, betas: Array, compiled: bool) -> tuple[Array, Array, Array]:
    """log Z, mean and variance (relative, in units of k_B T) without observables, at all T but T -> 0 at once."""
    copies, *_ = s.level(s.ground, s.tied)
    log_z = np.full(betas.size, s.log_degeneracy(s.ground) + copies)
    mean, variance = np.zeros(betas.size), np.zeros(betas.size)
    nearest = min(s.nearest)
    if np.isinf(nearest):  # a single energy
        return log_z, mean, variance
    largest = -nearest * np.abs(betas)
    points = np.flatnonzero(largest >= -NEGLIGIBLE - float(np.log(s.gaps.size)))  # elsewhere nothing else counts
    beta = betas[points]
    tops = np.where(largest[points] > -300.0, 0.0, largest[points])  # as _scaling
    weight, above, width = (_compiled_rests if compiled else _block_rests)(s, beta, tops)
    factor = np.where(beta != 0, beta, s.unit)
    root = np.sqrt(weight * np.exp(-copies)) * np.exp(0.5 * tops)
    ratio = root * root
    share = root / (1.0 + ratio)
    apart = above * factor
    log_z[points] += np.log1p(ratio)
    mean[points] = apart * root * share
    between = (apart * root) * (apart * share) / (1.0 + ratio)
    variance[points] = width * factor * factor * root * share + between
    return log_z, mean, variance


def _block_rests(s: Spectrum, betas: Array, tops: Array) -> tuple[Array, Array, Array]:
    """Weight (over that of the ground level), mean gap and variance of all levels above, shape (T,), in NumPy.

    Every operation is elementwise in the temperatures, or a sum over levels in an order of its own: the bits of a
    point do not depend on the others.
    """
    gaps = s.gaps
    weight, mean, variance = np.zeros(betas.size), np.zeros(betas.size), np.zeros(betas.size)
    rows = max(1, BLOCK // gaps.size)
    for start in range(0, betas.size, rows):
        here = slice(start, start + rows)
        w = np.multiply.outer(-betas[here], gaps)
        w -= tops[here, None]
        w[:, s.tied] = -np.inf
        np.exp(w, out=w)
        if s.degeneracies is not None:
            w *= s.degeneracies
        total = np.add.reduce(w, axis=1)
        inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0.0)
        centre = np.add.reduce(w * gaps, axis=1) * inverse
        moved = gaps - centre[:, None]
        spread = np.add.reduce(moved * moved * w, axis=1) * inverse
        narrow = np.flatnonzero(spread < 1e-12 * centre**2)
        if narrow.size:  # the rounding of the mean itself would show in so narrow a distribution: take it off
            left = np.add.reduce(moved[narrow] * w[narrow], axis=1) * inverse[narrow]
            centre[narrow] += left
            again = moved[narrow] - left[:, None]
            spread[narrow] = np.add.reduce(again * again * w[narrow], axis=1) * inverse[narrow]
        weight[here], mean[here], variance[here] = total, centre, spread
    if s.degeneracies is not None:
        weight /= float(s.degeneracies[s.ground])
    return weight, mean, variance


def _compiled_rests(s: Spectrum, betas: Array, tops: Array) -> tuple[Array, Array, Array]:
    """Weight (over that of the ground level), mean gap and variance of all levels above, shape (T,), compiled."""
    from statmech.binned_moments import BINNED_BELOW, bin_width, binned_moments

    degeneracies = np.empty(0) if s.degeneracies is None else s.degeneracies
    found, left = np.empty((3, betas.size)), np.ones(betas.size, dtype=bool)
    width = bin_width(float(np.abs(s.gaps).max()), s.gaps.size)
    hot = np.flatnonzero(np.abs(betas) * width < BINNED_BELOW)
    if width and hot.size:  # by the spectrum alone: a point's bits do not depend on what it is asked with
        *columns, sure = binned_moments(s.gaps, degeneracies, betas[hot], tops[hot], width)
        found[:, hot] = columns
        left[hot[sure]] = False
    rest = np.flatnonzero(left)
    for start in range(0, rest.size, 64):  # bounds the memory of the block results
        points = rest[start : start + 64]
        found[:, points] = _direct(s, betas[points], tops[points], 0.0)
    for t in rest[found[2, rest] < 1e-8 * found[1, rest] ** 2]:
        # A narrow distribution far above: what means of blocks lack in digits would show in its width.
        origin = float(found[1, t])
        weight, mean, variance = _direct(s, betas[t : t + 1], tops[t : t + 1] + betas[t] * origin, origin)
        found[:, t] = weight[0], mean[0] + origin, variance[0]
    if s.degeneracies is not None:
        found[0] /= float(s.degeneracies[s.ground])
    return found[0], found[1], found[2]


def _direct(s: Spectrum, betas: Array, tops: Array, origin: float) -> tuple[Array, Array, Array]:
    """The same from every level at every temperature, with gaps from an origin."""
    from statmech.compiled_moments import block_moments

    size = 2048  # levels per block: gaps, degeneracies and weights fit the first-level cache
    gaps = s.gaps - origin if origin else s.gaps
    degeneracies = np.empty(0) if s.degeneracies is None else s.degeneracies
    table = np.empty((betas.size, -(-gaps.size // size), 3))
    block_moments(gaps, degeneracies, betas, tops, s.tied, size, table)
    return join_columns(table[..., 0], table[..., 1], table[..., 2])


def _scaling(s: Spectrum, beta: float) -> tuple[float, float]:
    """Largest exponent -beta |gap| beside the ground level, and what to scale the weights by."""
    largest = -min(s.nearest) * abs(beta)
    return largest, 0.0 if largest > -300.0 else largest  # moderate exponents need no scaling, which saves a pass


def _relative_to_ground(s: Spectrum, rest: Moments | None) -> Moments | None:
    if rest is None or s.degeneracies is None:
        return rest
    return Moments(rest.weight / float(s.degeneracies[s.ground]), rest.mean, rest.covariance)
