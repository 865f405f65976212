r"""Bayesian model averaging: models weighted by posterior probability, predictions with the variance between them.

.. math:: w_k = \frac{\pi_k Z_k}{\sum_j \pi_j Z_j}, \qquad
          m = \sum_k w_k m_k, \qquad V = \sum_k w_k V_k + \sum_k w_k (m_k - m)^2

An evidence Z_k is a partition function, so the average is the mixture law of :class:`statmech.cumulants.Cumulants`:
log Z by log-sum-exp, the mean by the softmax weights, the variance by the law of total variance.

References
----------
J. A. Hoeting, D. Madigan, A. E. Raftery, C. T. Volinsky, Statist. Sci. 14, 382 (1999), eqs. 1-3; K. P. Burnham,
D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), sec. 2.9 (criterion weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.logspace import log_softmax, logmeanexp, logsumexp

__all__ = ["ModelWeights", "Prediction", "aic", "average", "bic", "criterion_weights", "model_weights", "waic"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ModelWeights:
    """Posterior probabilities of K models.

    Parameters
    ----------
    weights, log_weights : array, shape (K,)
        They add to 1; the logarithms hold weights that underflow.
    log_evidence : float
        log sum_k prior_k Z_k, of all models together; for criteria, up to their common constant.
    """

    weights: Array
    log_weights: Array
    log_evidence: float

    def bayes_factor(self, model: int, other: int) -> float:
        """Posterior odds w_model / w_other; the Bayes factor where the priors are equal.

        Examples
        --------
        >>> round(model_weights([np.log(3.0), 0.0]).bayes_factor(0, 1), 12)
        3.0
        """
        return float(np.exp(self.log_weights[model] - self.log_weights[other]))


@dataclass(frozen=True, eq=False)
class Prediction:
    """A model-averaged prediction; the arrays have the shape of one model's.

    Parameters
    ----------
    mean : array
        In the unit of the predictions.
    variance : array
        within + between, in its square.
    within, between : array
        The mean of the models' variances, and the variance of their means.
    """

    mean: Array
    variance: Array
    within: Array
    between: Array


def model_weights(log_evidence: npt.ArrayLike, log_prior: npt.ArrayLike | None = None) -> ModelWeights:
    """Weights from log-evidences (of stepping-stone, nested sampling, a closed form) and log-priors.

    Parameters
    ----------
    log_evidence : array_like, shape (K,)
        log Z_k in nats, at any common offset; -inf is a model that cannot have made the data.
    log_prior : array_like, shape (K,), optional
        Logarithms of prior probabilities; normalised here. None is 1 / K for each.

    Raises
    ------
    InputError
        If the shapes differ, a number is nan or +inf, or every model is impossible.

    Examples
    --------
    >>> model_weights([-1000.0, -1001.0, -1010.0]).weights.round(4)
    array([0.731 , 0.2689, 0.    ])
    """
    evidence = _row("log_evidence", log_evidence)
    prior = np.zeros_like(evidence) if log_prior is None else _row("log_prior", log_prior)
    if prior.shape != evidence.shape:
        raise InputError(f"log_prior: expected shape {evidence.shape}; got {prior.shape}")
    if not np.max(prior) > -np.inf or not np.max(evidence + prior) > -np.inf:
        raise InputError("log_evidence, log_prior: expected at least one possible model; got -inf for every one")
    joint = evidence + np.asarray(log_softmax(prior))
    log_weights = np.asarray(log_softmax(joint))
    with np.errstate(under="ignore"):
        weights = np.exp(log_weights)
    for array in (weights, log_weights):
        array.flags.writeable = False
    return ModelWeights(weights, log_weights, float(logsumexp(joint)))


def criterion_weights(criteria: npt.ArrayLike, log_prior: npt.ArrayLike | None = None) -> ModelWeights:
    """Weights exp(-IC / 2) from AIC, BIC, WAIC or leave-one-out values on the deviance scale, smaller being better.

    Parameters
    ----------
    criteria : array_like, shape (K,)
        Of every model, on the same data. BIC / -2 approximates the log-evidence; an elpd enters as -2 elpd.
    log_prior : array_like, shape (K,), optional
        As for :func:`model_weights`.

    Raises
    ------
    InputError
        As for :func:`model_weights`.

    Examples
    --------
    Burnham and Anderson's scale: a model 2 above the best has 37 % of its weight.

    >>> found = criterion_weights([100.0, 102.0])
    >>> round(found.bayes_factor(1, 0), 4)
    0.3679
    """
    return model_weights(-0.5 * _row("criteria", criteria, sign=-1.0), log_prior)


def aic(log_likelihood: npt.ArrayLike, parameters: npt.ArrayLike) -> Array:
    """Akaike's criterion, 2 k - 2 log L at the maximum, elementwise.

    Examples
    --------
    >>> aic([-10.0, -9.5], [2, 3])
    array([24., 25.])
    """
    return np.asarray(2.0 * np.asarray(parameters) - 2.0 * np.asarray(log_likelihood), dtype=np.float64)


def bic(log_likelihood: npt.ArrayLike, parameters: npt.ArrayLike, observations: int) -> Array:
    """Schwarz's criterion, k log n - 2 log L at the maximum, elementwise.

    Examples
    --------
    >>> bic([-10.0, -9.5], [2, 3], 100).round(3)
    array([29.21 , 32.816])
    """
    if observations < 1:
        raise InputError(f"observations: expected a number >= 1; got {observations!r}")
    size = np.log(observations)
    return np.asarray(size * np.asarray(parameters) - 2.0 * np.asarray(log_likelihood), dtype=np.float64)


def waic(log_likelihood: npt.ArrayLike) -> float:
    """Watanabe's criterion on the deviance scale, -2 (lppd - p_waic).

    Parameters
    ----------
    log_likelihood : array_like, shape (draws, observations)
        log p(observation | parameters of the draw), at least two draws from the posterior.

    Raises
    ------
    InputError
        If the shape does not fit or a number is not finite.

    References
    ----------
    A. Gelman, J. Hwang, A. Vehtari, Stat. Comput. 24, 997 (2014), eqs. 5 and 12.

    Examples
    --------
    >>> round(waic([[-1.0, -2.0], [-1.2, -1.8]]), 4)
    6.06
    """
    x = np.asarray(log_likelihood, dtype=np.float64)
    if x.ndim != 2 or len(x) < 2 or x.shape[1] == 0 or not np.all(np.isfinite(x)):
        raise InputError(f"log_likelihood: expected finite numbers (draws >= 2, observations); got shape {x.shape}")
    return float(-2.0 * (np.sum(logmeanexp(x, axis=0)) - np.sum(np.var(x, axis=0, ddof=1))))


def average(
    weights: ModelWeights | npt.ArrayLike, means: npt.ArrayLike, variances: npt.ArrayLike | None = None
) -> Prediction:
    """Average predictions over models, with the variance within and between them.

    Parameters
    ----------
    weights : ModelWeights, or array_like of shape (K,)
        Posterior probabilities.
    means : array_like, shape (K, ...)
        Prediction of each model.
    variances : array_like, shape of `means`, optional
        Its variance; None is 0, a point prediction.

    Raises
    ------
    InputError
        If shapes do not fit, weights do not add to 1, a variance is negative, or a number is not finite.

    Examples
    --------
    Two equally good models that agree on the first point and differ on the second:

    >>> found = average(model_weights([-5.0, -5.0]), [[1.0, 2.0], [1.0, 4.0]], [[0.1, 0.1], [0.1, 0.3]])
    >>> found.mean, found.within, found.between
    (array([1., 3.]), array([0.1, 0.2]), array([0., 1.]))
    """
    log_weights = weights.log_weights if isinstance(weights, ModelWeights) else _log(weights)
    m = np.asarray(means, dtype=np.float64)
    v = np.zeros_like(m) if variances is None else np.asarray(variances, dtype=np.float64)
    if m.ndim == 0 or len(m) != len(log_weights) or v.shape != m.shape:
        raise InputError(
            f"means, variances: expected the same shape ({len(log_weights)}, ...); got {m.shape} and {v.shape}"
        )
    if not (np.all(np.isfinite(m)) and np.all(np.isfinite(v)) and np.all(v >= 0)):
        raise InputError("means, variances: expected finite numbers, variances >= 0")
    total, between = (_mixture(log_weights, m, spread) for spread in (v, np.zeros_like(v)))
    within = _mixture(log_weights, v, np.zeros_like(v))
    shape = m.shape[1:]
    return Prediction(
        total.mean[..., 0, 1].reshape(shape),
        total.covariance[..., 0, 1, 1].reshape(shape),
        within.mean[..., 0, 1].reshape(shape),
        between.covariance[..., 0, 1, 1].reshape(shape),
    )


def _mixture(log_weights: Array, means: Array, variances: Array) -> Cumulants:
    """Models as disjoint sets of states at beta = 1: each point is an observable of a system of its own."""
    parts = []
    for log_weight, m, v in zip(
        log_weights, means.reshape(len(means), -1), variances.reshape(len(means), -1), strict=True
    ):
        mean, covariance = np.zeros((m.size, 1, 2)), np.zeros((m.size, 1, 2, 2))
        mean[:, 0, 1], covariance[:, 0, 1, 1] = m, v
        log_z = np.full((m.size, 1), log_weight)
        parts.append(Cumulants(np.ones(1), np.zeros_like(log_z), log_z, mean, covariance, ("prediction",)))
    return Cumulants.mixture(parts)


def _log(weights: npt.ArrayLike) -> Array:
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or w.size == 0 or not np.all(w >= 0) or abs(w.sum() - 1) > 1e-6:
        raise InputError(f"weights: expected probabilities of shape (K,) that add to 1; got {weights!r}")
    with np.errstate(divide="ignore"):  # a weight of 0
        return np.asarray(np.log(w / w.sum()))


def _row(name: str, given: npt.ArrayLike, sign: float = 1.0) -> Array:
    array = np.asarray(given, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name}: expected shape (K,), K >= 1; got {array.shape}")
    if np.any(np.isnan(array)) or np.any(sign * array == np.inf):
        raise InputError(
            f"{name}: expected finite numbers, or {'-inf' if sign > 0 else 'inf'} (impossible); got {given!r}"
        )
    return array
