"""The scores of a chain, checked once and divided by tau."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["Chain", "check_tau", "read_chain"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """Scores theta / tau of a chain of T variables with S states each; float64, C-contiguous, finite or -inf.

    Parameters
    ----------
    initial : array, shape (S,)
        Scores of the first state.
    transition : array, shape (K, S, S)
        Scores [from, to] of the steps: K = 1 for all of them, or K = T - 1.
    scores : array, shape (T, S)
        Scores of the states at each time.
    """

    initial: Array
    transition: Array
    scores: Array

    @property
    def steps(self) -> int:
        """Number of variables T."""
        return len(self.scores)

    def reversed(self) -> Chain:
        """The same chain read from its end, without the scores of the first state."""
        back = self.transition[::-1].transpose(0, 2, 1)
        return Chain(np.zeros_like(self.initial), np.ascontiguousarray(back), np.ascontiguousarray(self.scores[::-1]))


def check_tau(tau: float, zero: bool) -> float:
    """Return tau as a float: finite and positive, or 0.0 where the maximum is meant too."""
    try:
        value = float(tau)
    except (TypeError, ValueError):
        value = math.nan
    if not (0 < value < math.inf or (zero and value == 0 and math.copysign(1.0, value) > 0)):
        at_zero = ", or 0.0 (the best path)" if zero else "; the limit 0 is the best path: viterbi"
        raise InputError(f"tau: expected a finite positive number{at_zero}; got {tau!r}")
    return value


def read_chain(
    log_initial: npt.ArrayLike, log_transition: npt.ArrayLike, log_likelihood: npt.ArrayLike, tau: float = 1.0
) -> Chain:
    """Check shapes and values and divide by tau.

    Raises
    ------
    InputError
        If shapes do not fit, a score is nan or +inf, or theta / tau overflows.

    Examples
    --------
    >>> read_chain([0.0, 0.0], np.zeros((2, 2)), np.zeros((5, 2))).steps
    5
    """
    initial = _numbers("log_initial", log_initial, tau)
    transition = _numbers("log_transition", log_transition, tau)
    scores = _numbers("log_likelihood", log_likelihood, tau)
    if initial.ndim != 1 or initial.size == 0:
        raise InputError(f"log_initial: expected shape (S,), S >= 1; got {initial.shape}")
    size = initial.size
    if scores.ndim != 2 or scores.shape[1] != size or len(scores) == 0:
        raise InputError(f"log_likelihood: expected shape (T, {size}), T >= 1; got {scores.shape}")
    one, each = (size, size), (len(scores) - 1, size, size)
    if transition.shape not in (one, each):
        raise InputError(f"log_transition: expected shape {one}, or {each} for one per step; got {transition.shape}")
    if transition.ndim == 2:
        transition = transition[None]
    elif not len(transition):
        transition = np.zeros((1, size, size))  # a single variable has no step: never read
    return Chain(initial, transition, scores)


def _numbers(name: str, given: npt.ArrayLike, tau: float) -> Array:
    if isinstance(given, np.ma.MaskedArray):
        raise InputError(f"{name}: expected a plain array; got a masked one: a missing observation is a row of zeros")
    try:
        array = np.ascontiguousarray(given, dtype=np.float64).reshape(np.shape(given))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected real numbers (finite or -inf); got {given!r}") from error
    if array.size and not array.max() < np.inf:  # one pass finds nan and inf
        where = tuple(map(int, np.argwhere(np.isnan(array) | (array == np.inf))[0]))
        advice = "; a missing observation is a row of zeros" if name == "log_likelihood" else ""
        raise InputError(f"{name}: expected finite numbers or -inf (impossible); got {array[where]} at {where}{advice}")
    if tau == 1.0 or tau == 0.0:
        return array
    with np.errstate(over="ignore"):
        scaled = array / tau
    if np.any(np.isinf(scaled) != np.isinf(array)):
        raise InputError(f"tau: {tau} is too small for {name} (theta / tau overflows); use tau=0.0, the limit")
    return scaled
