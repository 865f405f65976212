"""What a particle filter returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen

__all__ = ["FilterResult", "History"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class History(Frozen):
    """All particles of all times (T is shorter after a collapse: the times before it), in the unit of the states.

    Parameters
    ----------
    states : array, shape (T, N, ...)
        Particles after the move to time t, weighted by `log_weights`.
    log_weights : array, shape (T, N)
        Normalised logarithms of their weights.
    ancestors : array of int, shape (T, N)
        ``ancestors[t, i]`` is the index at t - 1 of the parent of particle i; at t = 0 its own.
    """

    states: npt.NDArray[Any]
    log_weights: Array
    ancestors: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for array in (self.states, self.log_weights, self.ancestors):
            array.flags.writeable = False


@dataclass(frozen=True, eq=False)
class FilterResult(Frozen):
    """Evidence and filtered moments of a state-space model, and the last particles.

    If at time t every particle has weight zero, the evidence is estimated as zero: `log_evidence` and
    ``log_increments[t]`` are -inf, `collapsed_at` is t and the filter stops there. What would be conditioned on an
    impossible past has no value: `means` and `variances` are nan from t on, `log_increments` after t, and
    `effective_sample_sizes` are 0 from t on.

    Parameters
    ----------
    log_evidence : float
        Estimate of log p(y_0 ... y_{T-1}); exp of it is unbiased, so it is itself low by about half its variance.
    log_increments : array, shape (T,)
        Estimates of log p(y_t | y_0 ... y_{t-1}); they add to `log_evidence`.
    means, variances : array, shape (T, ...)
        Of x_t given y_0 ... y_t, component by component, in the unit of the states and its square.
    effective_sample_sizes : array, shape (T,)
        Of the weights at time t, from 1 to N; look at the smallest.
    resampled : array of bool, shape (T,)
        Whether particles were resampled on the way from t - 1 to t.
    states : array, shape (N, ...)
        The last particles.
    log_weights : array, shape (N,)
        Normalised logarithms of their weights; all -inf after a collapse.
    collapsed_at : int or None
        The time at which no particle was left.
    history : History or None
        All particles, if asked for by ``keep_history=True``.
    """

    log_evidence: float
    log_increments: Array
    means: Array
    variances: Array
    effective_sample_sizes: Array
    resampled: npt.NDArray[np.bool_]
    states: npt.NDArray[Any]
    log_weights: Array
    collapsed_at: int | None
    history: History | None

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def trajectories(self) -> npt.NDArray[Any]:
        """Paths of the last particles through their ancestors, shape (N, T, ...), weighted by `log_weights`.

        Early times are carried by few distinct ancestors: trust the last steps.

        Raises
        ------
        InputError
            If the history was not kept, or the filter collapsed.
        """
        if self.history is None:
            raise InputError("history: expected a filter run with keep_history=True; got one without")
        if self.collapsed_at is not None:
            raise InputError(f"trajectories: no particle was left at t = {self.collapsed_at}, so no path has a weight")
        kept = self.history
        steps, n = kept.ancestors.shape
        paths = np.empty((n, steps, *kept.states.shape[2:]), kept.states.dtype)
        index = np.arange(n)
        for t in range(steps - 1, -1, -1):
            paths[:, t] = kept.states[t, index]
            index = kept.ancestors[t, index]
        return paths
