"""Resampling: n particles drawn from N weighted ones, so that particle i is expected n W_i times.

All four schemes are unbiased, E[counts] = n W; they differ in the variance that they add. Stratified and systematic
draw one mark in each of n equal strata of [0, 1) (systematic the same in all), residual keeps floor(n W_i) copies
for certain, multinomial draws all independently. Each costs O(N + n log N) and gives ascending indices.

References
----------
R. Douc, O. Cappe, E. Moulines, Proc. 4th Int. Symp. Image Signal Process. Anal., 64 (2005).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["SCHEMES", "Resampling", "multinomial", "residual", "stratified", "systematic"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Resampling = Callable[[Array, int, np.random.Generator], Ints]

_SUM = 1e-8  # weights normalised in float64 add to 1 far better; a sum off by more was never normalised


def systematic(weights: npt.ArrayLike, n: int, generator: np.random.Generator) -> Ints:
    """One uniform number u for all strata: marks (k + u) / n. The usual choice; counts are floor or ceil of n W.

    Parameters
    ----------
    weights : array_like, shape (N,)
        Weights W that add to 1: ``np.exp(normalise_log_weights(...))``.
    n : int
        How many to draw.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array of int64, shape (n,)
        Ascending indices of the particles drawn; never one of zero weight.

    Raises
    ------
    InputError
        If the weights are negative, not finite or do not add to 1, or n is no integer >= 1.

    Examples
    --------
    >>> systematic([0.5, 0.0, 0.25, 0.25], 4, np.random.default_rng(1))
    array([0, 0, 2, 3])
    """
    w = _read(weights, n)
    return _pick(w, (np.arange(n) + generator.random()) / n)


def stratified(weights: npt.ArrayLike, n: int, generator: np.random.Generator) -> Ints:
    """One independent uniform number in each stratum: marks (k + u_k) / n. Call, result, errors of :func:`systematic`.

    Examples
    --------
    >>> stratified([0.5, 0.0, 0.25, 0.25], 4, np.random.default_rng(1))
    array([0, 0, 2, 3])
    """
    w = _read(weights, n)
    return _pick(w, (np.arange(n) + generator.random(n)) / n)


def residual(weights: npt.ArrayLike, n: int, generator: np.random.Generator) -> Ints:
    """floor(n W_i) copies of each, the rest drawn from what is left over. Call, result, errors of :func:`systematic`.

    Examples
    --------
    >>> residual([0.5, 0.0, 0.25, 0.25], 4, np.random.default_rng(1))
    array([0, 0, 2, 3])
    """
    scaled = n * _read(weights, n)
    whole = np.floor(scaled)
    counts = whole.astype(np.int64)
    rest = n - int(counts.sum())
    if rest:
        counts += np.bincount(_pick(scaled - whole, _sorted_uniform(rest, generator)), minlength=counts.size)
    return np.repeat(np.arange(counts.size), counts)


def multinomial(weights: npt.ArrayLike, n: int, generator: np.random.Generator) -> Ints:
    """n independent draws, sorted. Adds the most variance. Call, result, errors of :func:`systematic`.

    Examples
    --------
    >>> multinomial([0.5, 0.0, 0.25, 0.25], 4, np.random.default_rng(1)).shape
    (4,)
    """
    w = _read(weights, n)
    return _pick(w, _sorted_uniform(n, generator))


SCHEMES: dict[str, Resampling] = {
    "systematic": systematic,
    "stratified": stratified,
    "residual": residual,
    "multinomial": multinomial,
}


def _sorted_uniform(n: int, generator: np.random.Generator) -> Array:
    """Order statistics of n uniform numbers: partial sums of n + 1 exponential gaps over their total."""
    sums = np.cumsum(generator.standard_exponential(n + 1))
    return np.asarray(sums[:-1] / sums[-1])


def _pick(weights: Array, marks: Array) -> Ints:
    """Indices whose share of [0, 1) holds each mark; a share of zero width holds none."""
    sums = np.cumsum(weights)
    found = sums.searchsorted(marks * sums[-1], side="right")
    # A mark just below 1 may round up to the total; it belongs to the last particle that has a weight.
    return np.asarray(np.minimum(found, sums.searchsorted(sums[-1])), dtype=np.int64)


def _read(weights: npt.ArrayLike, n: int) -> Array:
    w = np.asarray(weights, dtype=np.float64)
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InputError(f"n: expected an integer >= 1; got {n!r}")
    if w.ndim != 1 or not w.size:
        raise InputError(f"weights: expected shape (N,) with N >= 1; got shape {w.shape}")
    least, total = float(w.min()), float(w.sum())
    if not least >= 0.0 or not abs(total - 1.0) <= _SUM:
        raise InputError(
            f"weights: expected numbers >= 0 that add to 1; got a least of {least} and a sum of {total}; "
            "np.exp(normalise_log_weights(...)) makes them from logarithms"
        )
    return w
