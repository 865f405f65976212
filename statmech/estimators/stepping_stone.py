r"""Stepping-stone evidence: a chain of ratios of partition functions from the prior to the posterior.

.. math:: \log \frac{Z(\beta_K)}{Z(\beta_0)} = \sum_{k=0}^{K-1} \log \left\langle
          L^{\beta_{k+1} - \beta_k} \right\rangle_{\beta_k}, \qquad Z(\beta) = \int L(x)^\beta \pi(x)\, dx

Source: W. Xie, P. O. Lewis, Y. Fan, L. Kuo and M.-H. Chen, Syst. Biol. 60, 150 (2011), equations (9) to (12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import poor_weights, weight_average

__all__ = ["SteppingStone", "stepping_stone"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SteppingStone:
    """Evidence by stepping stones.

    Attributes
    ----------
    log_evidence : float
        log Z(beta_K) - log Z(beta_0): the log-evidence where beta runs from 0 to 1.
    error : float
        Its standard error, for independent samples.
    log_ratios, ratio_errors : array, shape (K,)
        Of each step, and their standard errors: a large one asks for a stone in between.
    effective_sample_sizes : array, shape (K,)
        1 / sum p^2 of the weights of each step.
    tail_shapes : array, shape (K,)
        k of the largest weights of each step (generalised Pareto); from 1 on their mean is not known. nan where there
        are too few to tell.
    """

    log_evidence: float
    error: float
    log_ratios: Array
    ratio_errors: Array
    effective_sample_sizes: Array
    tail_shapes: Array


def stepping_stone(
    log_likelihood_kn: Sequence[npt.ArrayLike] | Array, beta_k: npt.ArrayLike, *, check: bool = True
) -> SteppingStone:
    """Log-evidence and its standard error from samples of the power posteriors.

    Parameters
    ----------
    log_likelihood_kn : sequence of K array_like, shapes (N_k,)
        log L of independent samples at ``beta_k[k]``; a further one, at the last beta, is not needed and not used.
    beta_k : array_like, shape (K + 1,)
        Rising powers, usually from 0 (the prior) to 1 (the posterior).
    check : bool
        Raise where a step has fewer than 5 effective samples, or weights whose tail has no mean: the error of the
        first order means nothing then.

    Returns
    -------
    SteppingStone
        With the ratio of every step. The error is that of the first order, sqrt(sum_k (<w^2>/<w>^2 - 1)/N_k).

    Raises
    ------
    InputError
        If the powers do not rise, the counts do not fit, a step has fewer than two samples, or a log-likelihood is nan
        or +inf (``-inf``, a likelihood of 0, is a number like any other).
    ConvergenceError
        If a step has too few effective samples; ``.partial`` is the result.

    Examples
    --------
    One observation y = 0 of a normal of unit variance, whose mean has a standard normal prior; exactly -1.2655.

    >>> rng = np.random.default_rng(1)
    >>> beta = np.linspace(0, 1, 9) ** 3
    >>> means = [rng.normal(0, 1 / np.sqrt(1 + b), 2000) for b in beta[:-1]]
    >>> found = stepping_stone([-0.5 * np.log(2 * np.pi) - 0.5 * m**2 for m in means], beta)
    >>> round(found.log_evidence, 2), found.error < 0.01
    (-1.26, True)
    """
    beta = np.asarray(beta_k, dtype=np.float64)
    if beta.ndim != 1 or beta.size < 2 or not np.all(np.isfinite(beta)) or np.any(np.diff(beta) <= 0):
        raise InputError(f"beta_k: expected at least two rising powers; got {beta_k!r}")
    rows = [np.asarray(row, dtype=np.float64) for row in log_likelihood_kn]
    steps = beta.size - 1
    if len(rows) not in (steps, steps + 1):
        raise InputError(f"log_likelihood_kn: expected {steps} arrays, one for each step; got {len(rows)}")
    ratios, errors, sizes, tails = np.empty((4, steps))
    for k, row in enumerate(rows[:steps]):
        if row.ndim != 1 or row.size < 2:
            raise InputError(f"log_likelihood_kn[{k}]: expected at least two samples; got shape {row.shape}")
        if np.any(np.isnan(row) | (row == np.inf)):
            raise InputError(f"log_likelihood_kn[{k}]: expected numbers or -inf; got nan or inf")
        if np.all(np.isneginf(row)):
            raise InputError(f"log_likelihood_kn[{k}]: every sample has likelihood 0; no ratio can be estimated")
        logs = row * (beta[k + 1] - beta[k])
        ratios[k], errors[k], sizes[k], tails[k] = weight_average(logs)
    found = SteppingStone(float(ratios.sum()), float(np.sqrt(np.sum(errors**2))), ratios, errors, sizes, tails)
    for k in np.argsort(sizes):
        poor = poor_weights(float(sizes[k]), float(tails[k]), rows[k].size)
        if check and poor:
            raise ConvergenceError(
                f"stepping_stone: the step from beta {beta[k]:g} to {beta[k + 1]:g} has {poor}; "
                "add stones in between, or samples",
                partial=found,
            )
    return found
