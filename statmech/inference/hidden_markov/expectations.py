"""What Baum-Welch needs of a sequence: its log-likelihood, the posteriors, and how often each step was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.inference.hidden_markov.chain import Chain
from statmech.inference.hidden_markov.inference import backward_messages, forward_messages
from statmech.logspace import softmax

__all__ = ["Expectations", "expectations"]

Array = npt.NDArray[np.float64]

_BLOCK = 8192  # rows at a time
_FLOOR = 1e-100  # below it, underflow could show: that step is summed in the log domain


@dataclass(frozen=True, eq=False)
class Expectations:
    """Posterior expectations of one sequence.

    Parameters
    ----------
    log_likelihood : float
    posteriors : array, shape (T, S)
        Rows add to 1.
    steps : array, shape (S, S)
        Expected number of steps [from, to]; adds to T - 1.
    """

    log_likelihood: float
    posteriors: Array
    steps: Array


def expectations(chain: Chain) -> Expectations:
    """Forward-backward on a chain with the same transitions at all times (Rabiner 1989, eqs. 27, 37).

    Raises
    ------
    InputError
        If no path is possible.

    Examples
    --------
    >>> found = expectations(Chain(np.zeros(2), np.zeros((1, 2, 2)), np.zeros((5, 2))))
    >>> found.steps
    array([[1., 1.],
           [1., 1.]])
    """
    value, before = forward_messages(chain)
    before += chain.scores  # up to and with this observation
    after = backward_messages(chain)
    posteriors = np.asarray(softmax(before + after, axis=1))
    after += chain.scores
    transition = chain.transition[0]
    linear = np.exp(transition - transition.max())
    steps = np.zeros_like(transition)
    for start in range(0, chain.steps - 1, _BLOCK):
        u, v = before[start : start + _BLOCK][: chain.steps - 1 - start], after[start + 1 : start + _BLOCK + 1]
        with np.errstate(under="ignore"):
            a = np.exp(u - u.max(axis=1, keepdims=True))
            b = np.exp(v - v.max(axis=1, keepdims=True))
            total = ((a @ linear) * b).sum(axis=1)
            good = total > _FLOOR
            steps += linear * ((a[good] / total[good, None]).T @ b[good])
        for t in np.flatnonzero(~good):
            steps += softmax(u[t][:, None] + transition + v[t])
    return Expectations(value, posteriors, steps)
