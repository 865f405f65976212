r"""The sum over levels: cumulants of a spectrum at every temperature, in cache-sized blocks.

.. math:: \log Z_\mathrm{rel} = \log g_* - \beta (E_* - E_0) + \log\Bigl(1 + \sum_{i \ne *} \frac{g_i}{g_*}
          e^{-\beta (E_i - E_*)}\Bigr)

One dominant level * (the ground level wherever degeneracies are moderate) is kept out of the sum and the
rest is scaled by its own largest term, so log Z, mean and variance keep full *relative* precision also
where the rest is 1e-300. Within a block moments are taken about the block's own mean, and blocks
merge by the law of total covariance in a fixed tree. Cost: one exponential and three passes per level
and temperature; memory beyond the levels: a few buffers of one block. Large spectra go through the same
arithmetic compiled (:mod:`statmech.compiled_moments`), which the tests hold against the blocks below, and
where it is warm enough through moments of narrow bins (:mod:`statmech.binned_moments`): then a level costs as
much as a handful of exponentials, whatever the number of temperatures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.double_double import two_product, two_sum
from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.moments import Moments, join_all, join_columns, weighted_moments
from statmech.units import kelvin_per

__all__ = ["BLOCK", "COMPILED_FROM", "sum_levels"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Levels per block: three float64 buffers of this size stay in the second-level cache (measured best of 2k ... 64k),
# and BLAS computes a dot product of this length in one thread, so the bits do not depend on the number of threads.
BLOCK = 8192
# From this many levels on a compiled loop (1.5 instead of 10 ns per level and temperature, where NumPy has no vector
# exponential) repays loading numba: 0.2 s within one table of 5000 temperatures, as line lists have them.
COMPILED_FROM = 4096
# Degeneracies inside these bounds are multiplied as they are; outside, their logarithms are added with compensation.
_PLAIN_DEGENERACIES = (1e-30, 1e30)
# y^2 exp(-y) is below the smallest normal float64 beyond y = 722; the margin is for the degeneracies above.
_NEGLIGIBLE = 900.0


@dataclass(frozen=True)
class _Spectrum:
    """Populated levels seen from their lowest (or highest) one: everything that needs no temperature."""

    gaps: Array  # (n,) E - E0, in multiples of ``unit``
    unit: float  # kelvin, or units of the model, per unit of gaps; a power of two times the unit of the levels
    energies: Array  # (n,) as given, for exact differences
    energy_unit: float  # kelvin, or units of the model, per unit of energies
    degeneracies: Array | None  # (n,) plain; None for all 1, or where log_g is there
    log_g: Array | None  # (n,) where plain numbers would overflow
    observables: Array  # (m, n)
    ground: int
    tied: Ints  # all levels at the energy of the ground level, it included
    reference: float  # E0, in kelvin or units of the model
    blocks: tuple[slice, ...]
    nearest: tuple[float, ...]  # smallest non-zero |gap| of each block


def sum_levels(
    levels: EnergyLevels,
    temperatures: npt.ArrayLike,
    fields: npt.ArrayLike | None = None,
    coupled: str = "magnetization",
) -> Cumulants:
    r"""Cumulants of a spectrum: log Z, mean and covariance of energy and observables.

    Parameters
    ----------
    levels : EnergyLevels
        The spectrum.
    temperatures : array_like, shape (T,)
        In kelvin where the levels have a physical unit, in units of the levels (k_B = 1) where they are reduced.
        Zero (the limit from above), infinite and negative temperatures are allowed.
    fields : array_like, shape (F,), optional
        Uniform fields h conjugate to the observable ``coupled``: the Hamiltonian becomes H - h M, formed level
        by level before anything is summed.
    coupled : str
        Name of the observable the fields couple to.

    Returns
    -------
    Cumulants
        Arrays of shape (T,), or (F, T) where fields are given. Energies are in the unit of the temperatures.

    Raises
    ------
    InputError
        If a temperature is nan or -0.0, or the levels do not carry the observable that the fields need.

    Examples
    --------
    A two-level system far below its gap: the entropy is 4e-215, with all its digits.

    >>> c = sum_levels(EnergyLevels([0.0, 1.0]), [1 / 500])
    >>> float(c.log_z[0] + c.mean[0, 0])  # doctest: +ELLIPSIS
    3.5694127797...e-215
    """
    temperature = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    inverse_temperature(temperature)  # refuses nan and -0.0
    if fields is None:
        return _sweep(levels, temperature, 0.0, coupled)
    values = np.asarray(fields, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.all(np.isfinite(values)):
        raise InputError(f"fields: expected finite numbers of shape (F,); got {fields!r}")
    if coupled not in levels.observables:
        raise InputError(
            f"fields: the levels carry no observable {coupled!r} to couple to; "
            f"they have {', '.join(levels.observables) or 'none'}"
        )
    return Cumulants.stack([_sweep(levels, temperature, float(h), coupled) for h in values])


def _sweep(levels: EnergyLevels, temperature: Array, h: float, coupled: str) -> Cumulants:
    n = 1 + len(levels.observables)
    log_z, mean = np.empty(temperature.size), np.empty((temperature.size, n))
    covariance, reference = np.empty((temperature.size, n, n)), np.empty(temperature.size)
    for from_top in (False, True):
        points = np.flatnonzero((temperature < 0) == from_top)
        if points.size:
            spectrum = _prepare(levels, h, coupled, from_top)
            reference[points] = spectrum.reference
            if spectrum.log_g is None and n == 1:
                betas = _betas(spectrum, temperature[points])
                warm = np.isfinite(betas)
                found = _points(spectrum, betas[warm], compiled=len(levels) >= COMPILED_FROM)
                log_z[points[warm]], mean[points[warm], 0], covariance[points[warm], 0, 0] = found
                points = points[~warm]
            for t in points:
                log_z[t], mean[t], covariance[t] = _point(spectrum, float(temperature[t]))
    return Cumulants(temperature, reference, log_z, mean, covariance, tuple(levels.observables))


def _prepare(levels: EnergyLevels, h: float, coupled: str, from_top: bool) -> _Spectrum:
    """Gaps, units and blocks for one field and one end of the spectrum."""
    keep = levels.populated
    everything = bool(np.all(keep))

    def select(values: Array) -> Array:
        return values if everything else values[keep]

    energies, offset = select(levels.energies), levels.offset
    observables = np.array([select(values) for values in levels.observables.values()])
    observables = observables.reshape(-1, energies.size)
    if h != 0.0:
        moment = select(levels.observables[coupled])
        first = int(np.argmin(energies - h * moment))
        offset += float(energies[first] - h * moment[first])
        # Differences first, in twice the working precision: h M may cancel E to a gap that must keep its digits.
        moved, moved_low = two_sum(energies, -energies[first])
        drop, drop_low = two_product(moment - moment[first], h)
        gap, gap_low = two_sum(moved, -drop)
        energies = np.asarray(gap + (gap_low + (moved_low - drop_low)), dtype=np.float64)
    ground = int(np.argmax(energies) if from_top else np.argmin(energies))
    gaps = energies - energies[ground]
    scale = kelvin_per(levels.unit)
    exponent = int(np.frexp(max(float(gaps.max()), -float(gaps.min())))[1])
    if abs(exponent) > 64:  # squares of gaps this large or small would overflow or vanish
        gaps = np.ldexp(gaps, -exponent)
    else:
        exponent = 0
    plain = None if levels.degeneracies is None else select(levels.degeneracies)
    log_g = None if levels.log_degeneracies is None else select(levels.log_degeneracies)
    smallest, largest = _PLAIN_DEGENERACIES
    if plain is not None and not (smallest <= plain.min() and plain.max() <= largest):
        log_g, plain = np.log(plain), None
    elif log_g is not None and np.log(smallest) <= log_g.min() and log_g.max() <= np.log(largest):
        plain, log_g = np.exp(log_g), None
    starts = np.arange(0, gaps.size, BLOCK)
    blocks = tuple(slice(int(i), min(int(i) + BLOCK, gaps.size)) for i in starts)
    nearest = -np.maximum.reduceat(gaps, starts) if from_top else np.minimum.reduceat(gaps, starts)
    tied = np.flatnonzero(gaps == 0.0)
    for number in np.flatnonzero(np.bincount(tied // BLOCK)):  # np.unique would import numpy.ma
        distances = np.abs(gaps[blocks[number]])
        nearest[number] = np.min(distances, where=distances > 0.0, initial=np.inf)
    reference = (float(energies[ground]) + offset) * scale
    return _Spectrum(
        gaps, float(np.ldexp(scale, exponent)), energies, scale, plain, log_g, observables, ground, tied,
        reference, blocks, tuple(nearest.tolist()),
    )  # fmt: skip


def _beta(s: _Spectrum, temperature: float) -> float:
    """Inverse temperature per unit of the gaps."""
    with np.errstate(divide="ignore", over="ignore"):  # inf is the limit T -> 0
        return 0.0 if np.isinf(temperature) else float(np.float64(s.unit) / temperature)


def _betas(s: _Spectrum, temperatures: Array) -> Array:
    """The same at all temperatures."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(np.isinf(temperatures), 0.0, s.unit / temperatures)


def _point(s: _Spectrum, temperature: float) -> tuple[float, Array, Array]:
    """log Z relative to the reference, mean and covariance (component 0 in units of k_B T) at one temperature."""
    beta = _beta(s, temperature)
    if np.isinf(beta):  # the limit T -> 0
        star = s.ground if s.log_g is None else int(s.tied[np.argmax(s.log_g[s.tied])])
        copies, mean, covariance = _level(s, star, s.tied)
        return _log_g(s, star) + copies, mean, covariance
    n = 1 + s.observables.shape[0]
    if s.log_g is None:
        star, tied = s.ground, s.tied
        rest, top = _plain_rest(s, beta)
        log_star = _log_g(s, s.ground)
    else:
        star = int(np.argmax(s.log_g - s.gaps * beta))
        tied = np.flatnonzero(s.energies == s.energies[star])
        rest, top, own = _log_rest(s, star, tied, temperature)
        log_star = own + _log_g(s, s.ground)
    copies, base, base_covariance = _level(s, star, tied)
    factor = np.ones(n)
    factor[0] = beta if beta else s.unit  # component 0: beta (E - E0), or E - E0 at T = inf
    origin = base.copy()
    origin[0] = s.gaps[star]
    base[0] = s.gaps[star] * factor[0]
    if rest is None:
        return log_star + copies, base, base_covariance
    # A mixture of two: the dominant energy, and the rest at weight * exp(top) relative to it. The square root of that
    # ratio is what is multiplied, twice, so that p y^2 keeps its digits where p alone would be subnormal.
    root = float(np.sqrt(rest.weight * np.exp(-copies)) * np.exp(0.5 * top))
    ratio = root * root
    share = root / (1.0 + ratio)
    apart = (rest.mean - origin) * factor
    spread = rest.covariance * factor * factor[:, None]
    mean = base + (apart * root) * share
    between = np.multiply.outer(apart * root, apart * share) / (1.0 + ratio)
    covariance = base_covariance / (1.0 + ratio) + spread * root * share + between
    return log_star + copies + float(np.log1p(ratio)), mean, covariance


def _log_g(s: _Spectrum, index: int) -> float:
    if s.log_g is not None:
        return float(s.log_g[index])
    return 0.0 if s.degeneracies is None else float(np.log(s.degeneracies[index]))


def _level(s: _Spectrum, star: int, tied: Ints) -> tuple[float, Array, Array]:
    """log(sum g / g_*), mean and covariance of the levels of one energy: the energy itself does not vary (zeros)."""
    n = 1 + s.observables.shape[0]
    mean, covariance = np.zeros(n), np.zeros((n, n))
    g = np.ones(tied.size)
    if s.log_g is not None:
        g = np.exp(s.log_g[tied] - s.log_g[star])
    elif s.degeneracies is not None:
        g = s.degeneracies[tied] / s.degeneracies[star]
    total = float(g.sum())
    p = g / total
    values = s.observables[:, tied]
    mean[1:] = (values * p).sum(axis=1)
    moved = values - mean[1:, None]
    for k in range(n - 1):
        covariance[k + 1, 1:] = (moved * (p * moved[k])).sum(axis=1)
    return float(np.log(total)), mean, covariance


def _scaling(s: _Spectrum, beta: float) -> tuple[float, float]:
    """Largest exponent -beta |gap| beside the ground level, and what to scale the weights by."""
    largest = -min(s.nearest) * abs(beta)
    return largest, 0.0 if largest > -300.0 else largest  # moderate exponents need no scaling, which saves a pass


def _plain_rest(s: _Spectrum, beta: float) -> tuple[Moments | None, float]:
    """All levels above the ground level: weights g_i / g_0 exp(-beta (E_i - E_0)), scaled by exp(-top)."""
    largest, top = _scaling(s, beta)
    lowest = -_NEGLIGIBLE - float(np.log(s.gaps.size))
    if largest < lowest:
        return None, top
    buffer, work = np.empty(BLOCK), np.empty(BLOCK)
    parts = []
    for block, distance in zip(s.blocks, s.nearest, strict=True):
        if -distance * abs(beta) - top < lowest:
            continue  # nothing in this block counts
        w = buffer[: block.stop - block.start]
        np.multiply(s.gaps[block], -beta, out=w)
        w[_inside(s.tied, block)] = -np.inf
        if top:
            np.subtract(w, top, out=w)
        np.exp(w, out=w)
        if s.degeneracies is not None:
            np.multiply(w, s.degeneracies[block], out=w)
        parts.append(weighted_moments([s.gaps[block], *s.observables[:, block]], w, work))
    return _relative_to_ground(s, join_all(parts)), top


def _inside(indices: Ints, block: slice) -> Ints:
    """Those of the sorted indices that lie in a block, counted from its start."""
    first, last = np.searchsorted(indices, (block.start, block.stop))
    inside: Ints = indices[first:last] - block.start
    return inside


def _relative_to_ground(s: _Spectrum, rest: Moments | None) -> Moments | None:
    if rest is None or s.degeneracies is None:
        return rest
    return Moments(rest.weight / float(s.degeneracies[s.ground]), rest.mean, rest.covariance)


def _points(s: _Spectrum, betas: Array, compiled: bool) -> tuple[Array, Array, Array]:
    """As :func:`_point` for energies alone and all temperatures at once, none of them the limit T -> 0: (T,) each."""
    copies, *_ = _level(s, s.ground, s.tied)
    log_z = np.full(betas.size, _log_g(s, s.ground) + copies)
    mean, variance = np.zeros(betas.size), np.zeros(betas.size)
    nearest = min(s.nearest)
    if np.isinf(nearest):  # a single energy
        return log_z, mean, variance
    largest = -nearest * np.abs(betas)
    points = np.flatnonzero(largest >= -_NEGLIGIBLE - float(np.log(s.gaps.size)))  # elsewhere nothing else counts
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


def _block_rests(s: _Spectrum, betas: Array, tops: Array) -> tuple[Array, Array, Array]:
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


def _compiled_rests(s: _Spectrum, betas: Array, tops: Array) -> tuple[Array, Array, Array]:
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


def _direct(s: _Spectrum, betas: Array, tops: Array, origin: float) -> tuple[Array, Array, Array]:
    """The same from every level at every temperature, with gaps from an origin."""
    from statmech.compiled_moments import block_moments

    size = 2048  # levels per block: gaps, degeneracies and weights fit the first-level cache
    gaps = s.gaps - origin if origin else s.gaps
    degeneracies = np.empty(0) if s.degeneracies is None else s.degeneracies
    table = np.empty((betas.size, -(-gaps.size // size), 3))
    block_moments(gaps, degeneracies, betas, tops, s.tied, size, table)
    return join_columns(table[..., 0], table[..., 1], table[..., 2])


def _log_rest(s: _Spectrum, star: int, tied: Ints, temperature: float) -> tuple[Moments | None, float, float]:
    """The same for any log g: weights relative to the dominant level; also its own relative to the ground level."""
    precise = _beta_in_two_parts(s.energy_unit, temperature)
    exponents = [_exponents(s, block, star, precise) for block in s.blocks]
    for block, values in zip(s.blocks, exponents, strict=True):
        values[_inside(tied, block)] = -np.inf
    own = -float(_exponents(s, slice(s.ground, s.ground + 1), star, precise)[0])
    top = max(float(values.max()) for values in exponents)
    if top < -_NEGLIGIBLE - float(np.log(s.gaps.size)):
        return None, top, own
    work = np.empty(BLOCK)
    parts = [
        weighted_moments([s.gaps[block], *s.observables[:, block]], np.exp(x - top), work)
        for block, x in zip(s.blocks, exponents, strict=True)
    ]
    return join_all(parts), top, own


def _beta_in_two_parts(unit: float, temperature: float) -> tuple[float, float]:
    """unit / T as the rounded quotient and what it misses."""
    if np.isinf(temperature):
        return 0.0, 0.0
    beta = unit / temperature
    back, back_low = two_product(np.array([beta]), temperature)
    return beta, float(((unit - back[0]) - back_low[0]) / temperature)


def _exponents(s: _Spectrum, block: slice, star: int, precise: tuple[float, float]) -> Array:
    """(log g_i - log g_*) - beta (E_i - E_*) in twice the working precision: both may be 1e6 and cancel."""
    assert s.log_g is not None
    beta, beta_low = precise
    gap, gap_low = two_sum(s.energies[block], -s.energies[star])
    gain, gain_low = two_sum(s.log_g[block], -s.log_g[star])
    cost, cost_low = two_product(gap, beta)
    high, low = two_sum(gain, -cost)
    exponents: Array = high + (low + (gain_low - cost_low - gap * beta_low - gap_low * beta))
    return exponents
