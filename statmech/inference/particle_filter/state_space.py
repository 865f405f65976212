"""What a particle filter asks of a model: p(x_0), p(x_t | x_{t-1}) to draw from, p(y_t | x_t) to evaluate."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["LookAheadModel", "StateSpaceModel", "check_model"]


class StateSpaceModel(Protocol):
    """A hidden Markov state x_t seen through observations y_t, t = 0 ... T - 1. No base class is needed.

    States are arrays whose first axis counts the N particles: (N,), (N, D), or with more axes. They are handed over
    read-only: return new arrays.
    """

    def sample_initial(self, rng: np.random.Generator, n: int) -> npt.NDArray[Any]:
        """Draw n states from p(x_0): shape (n, ...)."""
        ...

    def sample_transition(self, rng: np.random.Generator, states: npt.NDArray[Any], t: int) -> npt.NDArray[Any]:
        """Draw x_t given each x_{t-1} in `states` (N, ...): the same shape; t = 1 ... T - 1."""
        ...

    def log_likelihood(self, states: npt.NDArray[Any], observation: Any, t: int) -> npt.NDArray[Any]:
        """log p(y_t | x_t) of each state, normalised in y_t: shape (N,); -inf is impossible.

        A missing observation is the model's to recognise; it says nothing: zeros.
        """
        ...


class LookAheadModel(StateSpaceModel, Protocol):
    """A state-space model that guesses which states the next observation will favour."""

    def log_look_ahead(self, states: npt.NDArray[Any], observation: Any, t: int) -> npt.NDArray[Any]:
        """A guess at log p(y_t | x_{t-1}) of each x_{t-1} in `states`: shape (N,); any constant may be added.

        The guess costs or saves variance and leaves the result unbiased, as long as it is -inf only where y_t is
        impossible.
        """
        ...


def check_model(model: object, look_ahead: bool) -> None:
    """Say which methods are missing."""
    needed = ["sample_initial", "sample_transition", "log_likelihood"] + ["log_look_ahead"] * look_ahead
    missing = [name for name in needed if not callable(getattr(model, name, None))]
    if missing:
        raise InputError(
            f"model: expected an object with the methods {', '.join(needed)}; got {type(model).__name__} "
            f"without {', '.join(missing)}"
        )
