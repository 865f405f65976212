r"""Bootstrap and auxiliary particle filters: N weighted states carried through the observations, O(T N).

With normalised weights W of the particles at t - 1, look-ahead weights e^eta (1 in the bootstrap filter) and the
likelihood g of the observation:

    resampled:      A ~ V = W e^eta / S,  S = sum_i W_i e^eta_i;   w_i = (S / N) exp(-eta_A(i)) g(x_t^i)
    not resampled:                                                 w_i = W_i g(x_t^i)
    evidence:       p(y_t | y_0 ... y_{t-1}) ~ sum_i w_i           then W_i = w_i / sum_j w_j

One formula for both branches, so steps without resampling carry their weights into the next increment: the estimate
stays unbiased whatever triggers the resampling.

References
----------
N. J. Gordon, D. J. Salmond, A. F. M. Smith, IEE Proc. F 140, 107 (1993) (bootstrap).
M. K. Pitt, N. Shephard, J. Am. Stat. Assoc. 94, 590 (1999) (auxiliary).
M. K. Pitt, R. S. Silva, P. Giordani, R. Kohn, J. Econom. 171, 134 (2012), theorem 1 (unbiased evidence).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.particle_filter.resampling import SCHEMES, Resampling
from statmech.inference.particle_filter.result import FilterResult, History
from statmech.inference.particle_filter.state_space import LookAheadModel, StateSpaceModel, check_model
from statmech.inference.particle_filter.weights import normalise_log_weights, weigh

__all__ = ["auxiliary_filter", "bootstrap_filter"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Observations = Sequence[Any] | npt.NDArray[Any]


def bootstrap_filter(
    model: StateSpaceModel,
    observations: Observations,
    particles: int,
    generator: np.random.Generator,
    *,
    resampling: str | Resampling = "systematic",
    ess_threshold: float = 0.5,
    keep_history: bool = False,
) -> FilterResult:
    """Move particles by the model's own transition, weigh them by the likelihood, resample when few are left.

    Parameters
    ----------
    model : StateSpaceModel
        Any object with ``sample_initial``, ``sample_transition`` and ``log_likelihood``.
    observations : sequence of length T >= 1
        ``observations[t]`` is handed to the model as it is.
    particles : int
        N. The variance of the log-evidence falls as T / N.
    generator : numpy.random.Generator
        The only source of randomness.
    resampling : str or callable
        "systematic", "stratified", "residual", "multinomial", or a function (weights, n, generator) -> n indices
        with expected counts n W.
    ess_threshold : float
        Resample when the effective sample size is below this share of N: 0.0 is never, 1.0 at every step.
    keep_history : bool
        Keep all particles: for ``history`` and ``trajectories()``.

    Returns
    -------
    FilterResult
        Log-evidence with its increments, filtered means and variances, effective sample sizes. Look at
        `collapsed_at`: where all particles have weight zero the evidence is estimated as zero, log -inf.

    Raises
    ------
    InputError
        If an argument has no meaning, or the model returns a wrong shape, nan, or +inf; the message names method and t.

    Examples
    --------
    The growth model of Gordon, Salmond and Smith: y shows only the square of x.

    >>> class Growth:
    ...     def sample_initial(self, rng, n):
    ...         return rng.normal(0.0, np.sqrt(2.0), n)
    ...     def sample_transition(self, rng, x, t):
    ...         return x / 2 + 25 * x / (1 + x**2) + 8 * np.cos(1.2 * t) + rng.normal(0.0, np.sqrt(10.0), x.size)
    ...     def log_likelihood(self, x, y, t):
    ...         return -0.5 * (y - x**2 / 20) ** 2 - 0.5 * np.log(2 * np.pi)
    >>> y = [0.4, 7.5, 1.1, 0.6, 2.3, 9.8]
    >>> found = bootstrap_filter(Growth(), y, 20_000, np.random.default_rng(1))
    >>> round(found.log_evidence, 1)
    -12.3
    >>> found.means.shape, found.collapsed_at
    ((6,), None)
    """
    return _filter(model, None, observations, particles, generator, resampling, ess_threshold, keep_history)


def auxiliary_filter(
    model: LookAheadModel,
    observations: Observations,
    particles: int,
    generator: np.random.Generator,
    *,
    resampling: str | Resampling = "systematic",
    ess_threshold: float = 0.5,
    keep_history: bool = False,
) -> FilterResult:
    """As :func:`bootstrap_filter`, but resample those particles that the next observation will favour.

    The model has one more method, ``log_look_ahead(states, observation, t)``: a guess at log p(y_t | x_{t-1}), for
    example the likelihood at the mean of x_t. Steps resample when the effective sample size of the weights *with* the
    look-ahead is below the threshold. A guess with lighter tails than the likelihood makes the variance large.

    Parameters
    ----------
    model : LookAheadModel
        The methods of ``StateSpaceModel`` and ``log_look_ahead``.
    observations, particles, generator, resampling, ess_threshold, keep_history
        As in :func:`bootstrap_filter`.

    Returns
    -------
    FilterResult
        As from :func:`bootstrap_filter`. A look-ahead of -inf for all particles declares the observation impossible:
        evidence zero, log -inf.

    Raises
    ------
    InputError
        As :func:`bootstrap_filter`.

    Examples
    --------
    A local level (random walk plus noise), as for the flow of the Nile:

    >>> class Level:
    ...     def sample_initial(self, rng, n):
    ...         return rng.normal(1000.0, 200.0, n)
    ...     def sample_transition(self, rng, level, t):
    ...         return level + rng.normal(0.0, 38.0, level.size)
    ...     def log_likelihood(self, level, flow, t):
    ...         return -0.5 * ((flow - level) / 123.0) ** 2 - np.log(123.0 * np.sqrt(2 * np.pi))
    ...     def log_look_ahead(self, level, flow, t):
    ...         return -0.5 * (flow - level) ** 2 / (38.0**2 + 123.0**2)
    >>> flow = [1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140]
    >>> found = auxiliary_filter(Level(), flow, 20_000, np.random.default_rng(1))
    >>> round(found.log_evidence), round(found.means[-1], -1)
    (-66, np.float64(1160.0))
    """
    return _filter(model, model, observations, particles, generator, resampling, ess_threshold, keep_history)


def _filter(
    model: StateSpaceModel,
    ahead: LookAheadModel | None,
    observations: Observations,
    n: int,
    generator: np.random.Generator,
    resampling: str | Resampling,
    threshold: float,
    keep_history: bool,
) -> FilterResult:
    check_model(model, ahead is not None)
    steps = _check_run(observations, n, generator, threshold)
    resample = _scheme(resampling)
    increments, sizes = np.full(steps, np.nan), np.zeros(steps)
    resampled = np.zeros(steps, dtype=np.bool_)
    states = _states(model.sample_initial(generator, n), "sample_initial", 0, None, n)
    means = np.full((steps, *states.shape[1:]), np.nan)
    variances = means.copy()
    all_states = np.zeros((steps, *states.shape), states.dtype) if keep_history else None
    all_weights = np.full((steps if keep_history else 0, n), -np.inf)
    ancestors = np.tile(np.arange(n), (all_weights.shape[0], 1))
    weights = np.full(n, 1.0 / n)
    base = np.full(n, -log(n))  # logarithms of what each particle weighs before its observation
    collapsed_at: int | None = None
    for t in range(steps):
        if t:
            probabilities, size = weights, sizes[t - 1]
            if ahead is not None:
                eta = _scores(ahead.log_look_ahead(_shown(states), observations[t], t), "log_look_ahead", t, n)
                probabilities, scale, size = weigh(base + eta)
                if scale == -np.inf:
                    increments[t], collapsed_at, base = -np.inf, t, np.full(n, -np.inf)
                    break
            if threshold and (size < threshold * n or threshold == 1.0):
                index = _indices(resample(probabilities, n, generator), n)
                states, resampled[t] = states[index], True
                base = np.full(n, -log(n)) if ahead is None else (scale - log(n)) - eta[index]
                if keep_history:
                    ancestors[t] = index
            moved = model.sample_transition(generator, _shown(states), t)
            states = _states(moved, "sample_transition", t, states, n)
        base = base + _scores(model.log_likelihood(_shown(states), observations[t], t), "log_likelihood", t, n)
        weights, increment, sizes[t] = weigh(base)
        increments[t] = increment
        if all_states is not None:
            all_states[t] = states
        if increment == -np.inf:
            collapsed_at = t
            break
        base = base - increment
        if keep_history:
            all_weights[t] = base
        means[t], variances[t] = _moments(weights, states)
    stop = steps if collapsed_at is None else collapsed_at
    return FilterResult(
        log_evidence=fsum(increments) if collapsed_at is None else -np.inf,
        log_increments=increments,
        means=means,
        variances=variances,
        effective_sample_sizes=sizes,
        resampled=resampled,
        states=states.copy(),
        log_weights=normalise_log_weights(base),
        collapsed_at=collapsed_at,
        history=None if all_states is None else History(all_states[:stop], all_weights[:stop], ancestors[:stop]),
    )


def _moments(weights: Array, states: npt.NDArray[Any]) -> tuple[Array, Array]:
    """Weighted mean and variance of each component, over the particles that have a weight."""
    x = states.reshape(weights.size, -1)
    live = weights > 0.0
    if not live.all():  # a state of zero weight may be infinite: it has no part in the moments
        x, weights = x[live], weights[live]
    mean = weights @ x
    away = x - mean
    shape = states.shape[1:]
    return mean.reshape(shape), (weights @ (away * away)).reshape(shape)


def _shown(states: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = states.view()
    view.flags.writeable = False
    return view


def _states(given: Any, method: str, t: int, before: npt.NDArray[Any] | None, n: int) -> npt.NDArray[Any]:
    x = np.asarray(given)
    wanted = f"({n}, ...)" if before is None else str(before.shape)
    if x.ndim < 1 or x.shape[0] != n or (before is not None and x.shape != before.shape) or x.dtype.kind not in "fiub":
        raise InputError(
            f"{method}: expected real states of shape {wanted} at t = {t}; got shape {x.shape} of {x.dtype}"
        )
    return x


def _scores(given: Any, method: str, t: int, n: int) -> Array:
    x = np.asarray(given, dtype=np.float64)
    if x.shape != (n,):
        raise InputError(f"{method}: expected one number per particle, shape ({n},), at t = {t}; got shape {x.shape}")
    if not float(np.maximum.reduce(x)) < np.inf:
        bad = x[~(x < np.inf)][0]
        raise InputError(f"{method}: expected numbers below +inf (-inf is impossible) at t = {t}; got {bad}")
    return x


def _indices(given: Any, n: int) -> Ints:
    index = np.asarray(given)
    if index.shape != (n,) or index.dtype.kind not in "iu" or index.min() < 0 or index.max() >= n:
        raise InputError(
            f"resampling: expected {n} integers from 0 to {n - 1}; got shape {index.shape} of {index.dtype}"
        )
    return index


def _scheme(resampling: str | Resampling) -> Resampling:
    if callable(resampling):
        return resampling
    if resampling not in SCHEMES:
        raise InputError(f"resampling: expected one of {', '.join(SCHEMES)}, or a function; got {resampling!r}")
    return SCHEMES[resampling]


def _check_run(observations: Observations, n: int, generator: object, threshold: float) -> int:
    """The number of observations."""
    if not hasattr(observations, "__len__") or not hasattr(observations, "__getitem__") or not len(observations):
        raise InputError(f"observations: expected a sequence of at least one; got {observations!r}")
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InputError(f"particles: expected an integer >= 1; got {n!r}")
    if not isinstance(generator, np.random.Generator):
        raise InputError(f"generator: expected numpy.random.default_rng(seed); got {generator!r}")
    if not 0.0 <= threshold <= 1.0:
        raise InputError(f"ess_threshold: expected a share of the particles from 0.0 to 1.0; got {threshold!r}")
    return len(observations)
