r"""Annealed importance sampling: log Z from the weights that chains gather on their way between two distributions.

.. math:: \log \frac{Z_1}{Z_0} = \log \Bigl\langle \prod_k \frac{p^*_{k+1}(x_k)}{p^*_k(x_k)} \Bigr\rangle

The mean weight is unbiased for Z_1 / Z_0, however short the chains; its logarithm is a lower bound in expectation. Run
in reverse, from the target, minus the logarithm of the mean of 1 / w is an upper one.

Source: R. M. Neal, Stat. Comput. 11, 125 (2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import Array, Estimate, poor_weights, weight_average

__all__ = ["AnnealedImportance", "anneal", "annealed_importance"]


@dataclass(frozen=True, eq=False)
class AnnealedImportance(Estimate):
    """log Z_1 / Z_0 from annealed chains.

    Attributes
    ----------
    log_z, error : float
        The estimate and its standard error to first order.
    effective_samples : float
        (sum w)^2 / sum w^2, between 1 and the number of chains: where it is a handful, the error means little.
    tail_shape : float
        k of the largest weights (generalised Pareto); from 1 on their mean is not known. nan where there are too few to
        tell.
    """

    log_z: float
    error: float
    effective_samples: float
    tail_shape: float


def annealed_importance(log_weights: npt.ArrayLike, *, reverse: bool = False, check: bool = True) -> AnnealedImportance:
    """Average the weights of annealed chains.

    Parameters
    ----------
    log_weights : array_like, shape (chains,)
        log Z_1 / Z_0 as each chain has it; ``-inf`` (``+inf`` in reverse) for one that reached no weight.
    reverse : bool
        Whether the chains ran from the target: exp(-log_weights) is averaged then.
    check : bool
        Raise at fewer than 5 effective chains, or weights whose tail has no mean: the error of the first order means
        nothing then.

    Returns
    -------
    AnnealedImportance

    Raises
    ------
    InputError
        If there are fewer than two chains, one is nan, or none has a weight.
    ConvergenceError
        If too few chains carry the weight; ``.partial`` is the result.

    Examples
    --------
    >>> found = annealed_importance([0.1, -0.1, 0.0, 0.05, 0.1, -0.1, 0.0, 0.05])
    >>> round(found.log_z, 4), round(found.error, 4)
    (0.0152, 0.0275)
    """
    logs = np.array(log_weights, dtype=np.float64) * (-1.0 if reverse else 1.0)
    if logs.ndim != 1 or logs.size < 2:
        raise InputError(f"log_weights: expected at least two chains (one has no error); got shape {logs.shape}")
    if np.any(np.isnan(logs) | (logs == np.inf)):
        raise InputError(f"log_weights: expected numbers or -inf; got {logs[np.isnan(logs) | (logs == np.inf)][0]}")
    if np.all(np.isneginf(logs)):
        raise InputError("log_weights: no chain has any weight; anneal in more steps")
    found = weight_average(logs)
    result = AnnealedImportance(
        -found.log_mean if reverse else found.log_mean, found.error, found.effective, found.tail
    )
    poor = poor_weights(found.effective, found.tail, logs.size, unit=f"chains of {logs.size}")
    if check and poor:
        raise ConvergenceError(
            f"annealed_importance: {poor}; anneal in more steps, or more chains",
            partial=result,
        )
    return result


def anneal(
    states: npt.NDArray[np.generic],
    log_likelihood: Callable[[npt.NDArray[np.generic]], Array],
    transition: Callable[[npt.NDArray[np.generic], float], npt.NDArray[np.generic]],
    beta_k: npt.ArrayLike,
) -> Array:
    r"""Carry chains from the prior to the posterior along p_k(x) ~ L(x)^beta_k prior(x), gathering their log-weights.

    Parameters
    ----------
    states : array, shape (chains, ...)
        Independent draws from the prior (beta_k[0] = 0).
    log_likelihood : callable
        log L of states, shape (chains,).
    transition : callable
        ``transition(states, beta)`` gives states after a move that leaves p_beta as it is.
    beta_k : array_like, shape (K + 1,)
        Rising powers, usually from 0 to 1.

    Returns
    -------
    array, shape (chains,)
        For :func:`annealed_importance`.

    Raises
    ------
    InputError
        If the powers do not rise.

    Examples
    --------
    A normal of unit variance, y = 0 observed, its mean a standard normal before: log evidence -1.2655.

    >>> rng = np.random.default_rng(1)
    >>> def log_likelihood(x): return -0.5 * np.log(2 * np.pi) - 0.5 * x**2
    >>> def transition(x, beta): return rng.normal(0, (1 + beta) ** -0.5, x.size)  # an exact draw
    >>> found = annealed_importance(anneal(rng.normal(size=500), log_likelihood, transition, np.linspace(0, 1, 21)))
    >>> abs(found.log_z + 1.2655) < 3 * found.error < 0.05
    True
    """
    beta = np.asarray(beta_k, dtype=np.float64)
    if beta.ndim != 1 or beta.size < 2 or not np.all(np.isfinite(beta)) or np.any(np.diff(beta) <= 0):
        raise InputError(f"beta_k: expected at least two rising powers; got {beta_k!r}")
    logs = np.zeros(len(states))
    for k in range(beta.size - 1):
        logs += (beta[k + 1] - beta[k]) * np.asarray(log_likelihood(states), dtype=np.float64)
        if k + 2 < beta.size:
            states = transition(states, float(beta[k + 1]))
    return logs
