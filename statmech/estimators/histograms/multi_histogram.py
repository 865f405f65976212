r"""Histogram reweighting: from samples at one or several temperatures to all temperatures in between.

.. math:: Z(\beta) = \sum_n w_n, \qquad \langle A \rangle_\beta = \frac{1}{Z(\beta)} \sum_n A_n w_n, \qquad
          w_n = \frac{e^{-\beta E_n}}{\sum_k N_k e^{f_k - \beta_k E_n}}

Energies that occur more than once are gathered, so that nothing is lost to bins: with one temperature this is the
method of A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988), with several that of the same authors,
63, 1195 (1989). Errors are the jackknife over blocks of the series, so they know of correlations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import (
    HEAVIEST_TAIL_OF_MEANS,
    Array,
    Estimate,
    poor_weights,
    replicas,
    tail_count,
    tail_shape,
)
from statmech.estimators.histograms.wham import solve_histograms
from statmech.logspace import logsumexp

__all__ = ["Reweighted", "histogram_reweighting"]


@dataclass(frozen=True, eq=False)
class Reweighted(Estimate):
    """Means at inverse temperatures (T,), with one further row for each block left out.

    Attributes
    ----------
    beta : array, shape (T,)
        Inverse temperatures asked for.
    log_z : array, shape (T,)
        log Z(beta) - log Z(beta_k[0]).
    energy, variance : array, shape (T,)
        <E> and Var E; the heat capacity is beta^2 Var E.
    observable : array, shape (T,) or (0,)
        <A>, where it was given.
    log_z_error, energy_error, variance_error, observable_error : array
        Standard errors by the jackknife.
    effective_samples : array, shape (T,)
        (sum w)^2 / sum w^2: a temperature outside the reach of the samples has few.
    tail_shapes : array, shape (T,)
        k of the largest weights (generalised Pareto); from 0.7 on the samples do not reach that temperature. nan where
        too few of them differ to tell.
    log_z_blocks, energy_blocks, variance_blocks : array, shape (blocks, T)
        With one block left out: errors of anything else follow from these.
    """

    beta: Array
    log_z: Array
    energy: Array
    variance: Array
    observable: Array
    log_z_error: Array
    energy_error: Array
    variance_error: Array
    observable_error: Array
    effective_samples: Array
    tail_shapes: Array
    log_z_blocks: Array
    energy_blocks: Array
    variance_blocks: Array


def histogram_reweighting(
    energies: npt.ArrayLike | Sequence[npt.ArrayLike],
    beta_k: npt.ArrayLike,
    beta: npt.ArrayLike,
    observables: npt.ArrayLike | Sequence[npt.ArrayLike] | None = None,
    *,
    blocks: int = 32,
    check: bool = True,
) -> Reweighted:
    """Energy, its variance, log Z and an observable at other temperatures than those sampled.

    Parameters
    ----------
    energies : array_like (N,) or sequence of K series
        Energies in the order they were drawn, one series for each temperature sampled.
    beta_k : float or array_like, shape (K,)
        Inverse temperatures sampled.
    beta : array_like, shape (T,)
        Those asked for; 0 is allowed.
    observables : as ``energies``, optional
        An observable at the same samples.
    blocks : int
        Of the jackknife: every block longer than several autocorrelation times.
    check : bool
        Raise where a temperature asked for has fewer than 5 effective samples, or weights of too heavy a tail.

    Returns
    -------
    Reweighted

    Raises
    ------
    InputError
        If shapes do not fit or a number is not finite.
    ConvergenceError
        If neighbouring temperatures do not overlap, or the samples do not reach one asked for; ``.partial`` is the
        result then.

    Examples
    --------
    A two-level system sampled at beta = 1 and asked at beta = 1.2; exactly 1 / (1 + exp(1.2)).

    >>> rng = np.random.default_rng(1)
    >>> energies = (rng.random(20000) < 1 / (1 + np.e)).astype(float)
    >>> found = histogram_reweighting(energies, 1.0, [1.2])
    >>> bool(abs(found.energy[0] - 1 / (1 + np.exp(1.2))) < 3 * found.energy_error[0])
    True
    """
    betas_k, asked = np.atleast_1d(np.asarray(beta_k, float)), np.atleast_1d(np.asarray(beta, float))
    rows = replicas("energies", energies, least=blocks)
    if len(rows) != betas_k.size or not np.all(np.isfinite(betas_k)):
        raise InputError(f"beta_k: expected {len(rows)} finite numbers, one for each series; got {beta_k!r}")
    if asked.ndim != 1 or not np.all(np.isfinite(asked)):
        raise InputError(f"beta: expected finite numbers of shape (T,); got {beta!r}")
    if blocks < 2:
        raise InputError(f"blocks: expected at least 2; got {blocks}")
    seconds = rows if observables is None else replicas("observables", observables, least=blocks)
    if [row.size for row in seconds] != [row.size for row in rows]:
        raise InputError("observables: expected series as long as those of the energies")
    levels, where = np.unique(np.concatenate(rows), return_inverse=True)
    A = np.concatenate(seconds)
    series = np.repeat(np.arange(len(rows)), [row.size for row in rows])
    block = np.concatenate([np.arange(row.size) * blocks // row.size for row in rows])
    counts = np.bincount(where, minlength=levels.size).astype(np.float64)
    sums = np.asarray(np.bincount(where, weights=A, minlength=levels.size), dtype=np.float64)
    sizes = np.bincount(series, minlength=len(rows)).astype(np.float64)
    centre = float(counts @ levels / counts.sum())
    bias = betas_k[:, None] * (levels - centre)
    start = _neighbour_start(rows, betas_k, centre)
    f, whole, effective, tails = _at(levels - centre, counts, sums, sizes, bias, asked, start, whole=True)
    left_out = []
    for b in range(blocks):
        out = block == b
        part = np.bincount(where[out], minlength=levels.size)
        less = _at(
            levels - centre,
            counts - part,
            np.asarray(sums - np.bincount(where[out], weights=A[out], minlength=levels.size)),
            sizes - np.bincount(series[out], minlength=len(rows)),
            bias,
            asked,
            f,
        )
        left_out.append(less[1])
    replicates = np.array(left_out)  # (blocks, 4, T)
    errors = np.sqrt((blocks - 1) / blocks * np.sum((replicates - replicates.mean(axis=0)) ** 2, axis=0))
    shift = -(asked - betas_k[0]) * centre
    empty = np.empty(0)
    given = observables is not None
    found = Reweighted(
        beta=asked,
        log_z=whole[0] + shift,
        energy=whole[1] + centre,
        variance=whole[2],
        observable=whole[3] if given else empty,
        log_z_error=errors[0],
        energy_error=errors[1],
        variance_error=errors[2],
        observable_error=errors[3] if given else empty,
        effective_samples=effective,
        tail_shapes=tails,
        log_z_blocks=replicates[:, 0] + shift,
        energy_blocks=replicates[:, 1] + centre,
        variance_blocks=replicates[:, 2],
    )
    for t in np.argsort(effective):
        poor = poor_weights(float(effective[t]), float(tails[t]), A.size, heaviest=HEAVIEST_TAIL_OF_MEANS)
        if check and poor:
            raise ConvergenceError(
                f"histogram_reweighting: beta {asked[t]:g} has {poor}; the samples do not reach it: sample nearer to "
                "it",
                partial=found,
            )
    return found


def _at(
    levels: Array, counts: Array, sums: Array, sizes: Array, bias: Array, beta: Array, start: Array,
    whole: bool = False,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Free energies, rows (log Z, <E>, Var E, <A>) at each beta, effective samples and, if ``whole``, tail shapes."""
    seen = counts > 0
    levels, counts, sums = levels[seen], counts[seen], sums[seen]
    f, log_d, _, _ = solve_histograms(counts, sizes, bias[:, seen], start)
    exponent = -beta[:, None] * levels - log_d + np.log(counts)
    log_z = np.asarray(logsumexp(exponent, axis=1))
    p = np.exp(exponent - log_z[:, None])
    energy = p @ levels
    variance = np.einsum("tb,tb->t", p, (levels - energy[:, None]) ** 2)
    tails = np.array([_tail(row, counts) for row in exponent - np.log(counts)]) if whole else np.empty(0)
    rows = np.stack([log_z + f[0], energy, variance, p @ (sums / counts)])
    return f, rows, 1.0 / (p**2 @ (1.0 / counts)), tails


def _tail(logs: Array, counts: Array) -> float:
    """Shape of the tail of the weights of single samples, of which ``counts`` share each."""
    order = np.argsort(logs)[::-1]
    largest = tail_count(int(counts.sum())) + 1
    few = order[: 1 + int(np.searchsorted(np.cumsum(counts[order]), largest))]
    return tail_shape(np.repeat(logs[few], counts[few].astype(np.int64))[:largest])


def _neighbour_start(rows: list[Array], beta: Array, centre: float) -> Array:
    """Free energies by the trapezoidal rule over <E>, along the temperatures in order."""
    order = np.argsort(beta)
    means = np.array([row.mean() - centre for row in rows])[order]
    steps = 0.5 * (means[1:] + means[:-1]) * np.diff(beta[order])
    f = np.zeros(beta.size)
    f[order] = np.concatenate(([0.0], np.cumsum(steps)))
    return f
