r"""Sums and maxima over the paths of a chain, in O(T S^2):

.. math:: \mathrm{LSE}_\tau = \tau \log \sum_{x_1 \dots x_T}
          \exp\frac{1}{\tau}\Bigl[\pi(x_1) + \sum_{t>1} a_t(x_{t-1}, x_t) + \sum_t b_t(x_t)\Bigr]

with log_initial pi, log_transition a and log_likelihood b. The scores may be logarithms of probabilities (a hidden
Markov model) or minus energies (a chain of spins, tau the temperature, the result minus the free energy); they need not
be normalised.

References
----------
L. R. Rabiner, Proc. IEEE 77, 257 (1989), eqs. 19-20 (forward), 24-25 (backward), 27 (posterior), 32-35 (Viterbi).
"""

from __future__ import annotations

from math import fsum

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.hidden_markov.chain import Chain, check_tau, read_chain
from statmech.inference.hidden_markov.kernels import best_scores, draw_paths, messages, path_score, trace_back
from statmech.logspace import softmax

__all__ = ["log_likelihood", "sample", "smooth", "viterbi"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LN2_HIGH = float.fromhex("0x1.62e42feep-1")  # 32 bits: its product with a power below 2^21 is exact
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")


def log_likelihood(
    log_initial: npt.ArrayLike, log_transition: npt.ArrayLike, log_likelihood: npt.ArrayLike, tau: float = 1.0
) -> float:
    """Logarithm of the sum over all paths: the log-likelihood of the observations (forward algorithm).

    Parameters
    ----------
    log_initial : array_like, shape (S,)
        log p(x_1); -inf is impossible.
    log_transition : array_like, shape (S, S), or (T - 1, S, S) for one per step
        log p(x_t | x_{t-1}), [from, to].
    log_likelihood : array_like, shape (T, S)
        log p(observation t | state). A missing observation is a row of zeros; nan is refused.
    tau : float
        Scale (temperature) in the unit of the scores: 1 is the likelihood, 0.0 the best path's score V;
        ``V <= LSE_tau <= V + tau T log S``.

    Returns
    -------
    float
        tau log sum exp(theta / tau), in the unit of the scores; -inf if no path is possible. The sum of T
        logarithms is compensated: its error is that of the scores' own rounding.

    Raises
    ------
    InputError
        If shapes do not fit, a score is nan or +inf, or tau is negative or not finite.

    Examples
    --------
    Rain or sun behind an umbrella (Russell and Norvig's example), seen on two days:

    >>> transition = np.log([[0.7, 0.3], [0.3, 0.7]])
    >>> umbrella = np.log([[0.9, 0.2], [0.9, 0.2]])
    >>> round(float(np.exp(log_likelihood(np.log([0.5, 0.5]), transition, umbrella))), 12)
    0.3515
    """
    tau = check_tau(tau, zero=True)
    if tau == 0.0:
        chain = read_chain(log_initial, log_transition, log_likelihood)
        path, _ = _best_path(chain)
        return -np.inf if path is None else path_score(chain.initial, chain.transition, chain.scores, path)
    chain = read_chain(log_initial, log_transition, log_likelihood, tau)
    return tau * _forward(chain)[0]


def viterbi(
    log_initial: npt.ArrayLike, log_transition: npt.ArrayLike, log_likelihood: npt.ArrayLike
) -> tuple[Ints, float]:
    """The most probable path and its score (Viterbi algorithm); it is the limit tau -> 0, the ground state.

    Parameters
    ----------
    log_initial, log_transition, log_likelihood : array_like
        As for :func:`log_likelihood`.

    Returns
    -------
    path : ndarray of int, shape (T,)
        States; among equally good ones the lower state, from the end.
    score : float
        The sum of its scores, added in twice the working precision.

    Raises
    ------
    InputError
        As for :func:`log_likelihood`, and if no path is possible.

    Examples
    --------
    >>> transition = np.log([[0.7, 0.3], [0.3, 0.7]])
    >>> umbrella, none = np.log([0.9, 0.2]), np.log([0.1, 0.8])
    >>> path, score = viterbi(np.log([0.5, 0.5]), transition, [umbrella, umbrella, none, umbrella, umbrella])
    >>> path.tolist(), round(score, 6)
    ([0, 0, 1, 0, 0], -4.459028)
    """
    chain = read_chain(log_initial, log_transition, log_likelihood)
    path, stopped = _best_path(chain)
    if path is None:
        raise InputError(_no_path(stopped))
    return path, path_score(chain.initial, chain.transition, chain.scores, path)


def smooth(
    log_initial: npt.ArrayLike, log_transition: npt.ArrayLike, log_likelihood: npt.ArrayLike, tau: float = 1.0
) -> Array:
    """Posterior probability of each state at each time, given all observations (forward-backward algorithm).

    Parameters
    ----------
    log_initial, log_transition, log_likelihood : array_like
        As for :func:`log_likelihood`.
    tau : float
        Positive scale; paths have weight exp(theta / tau).

    Returns
    -------
    ndarray, shape (T, S)
        Rows add to 1. They are the gradient of :func:`log_likelihood` with respect to its third argument.

    Raises
    ------
    InputError
        As for :func:`log_likelihood`; if no path is possible; at tau = 0 (use :func:`viterbi`).

    Examples
    --------
    >>> transition = np.log([[0.7, 0.3], [0.3, 0.7]])
    >>> umbrella = np.log([[0.9, 0.2], [0.9, 0.2]])
    >>> smooth(np.log([0.5, 0.5]), transition, umbrella).round(3)
    array([[0.883, 0.117],
           [0.883, 0.117]])
    """
    chain = read_chain(log_initial, log_transition, log_likelihood, check_tau(tau, zero=False))
    joint = forward_messages(chain)[1]
    joint += chain.scores
    joint += backward_messages(chain)
    return np.asarray(softmax(joint, axis=1))


def sample(
    log_initial: npt.ArrayLike,
    log_transition: npt.ArrayLike,
    log_likelihood: npt.ArrayLike,
    count: int = 1,
    *,
    generator: np.random.Generator,
    tau: float = 1.0,
) -> Ints:
    """Independent paths drawn from their posterior (forward filtering, backward sampling, mirrored in time).

    Parameters
    ----------
    log_initial, log_transition, log_likelihood : array_like
        As for :func:`log_likelihood`; with rows of zeros the paths come from the prior.
    count : int
        Number of paths n.
    generator : numpy.random.Generator
        Source of randomness.
    tau : float
        Positive scale; paths are drawn with weight exp(theta / tau).

    Returns
    -------
    ndarray of int, shape (n, T)

    Raises
    ------
    InputError
        As for :func:`smooth`.

    Examples
    --------
    >>> stay = np.log([[0.99, 0.01], [0.01, 0.99]])
    >>> seen = np.log([[0.9, 0.1]] * 3)
    >>> sample(np.log([0.5, 0.5]), stay, seen, 2, generator=np.random.default_rng(1))
    array([[0, 0, 0],
           [0, 0, 0]])
    """
    chain = read_chain(log_initial, log_transition, log_likelihood, check_tau(tau, zero=False))
    if not isinstance(count, int | np.integer) or count < 0:
        raise InputError(f"count: expected an integer >= 0; got {count!r}")
    onward = backward_messages(chain) + chain.scores
    if not np.max(chain.initial + onward[0]) > -np.inf:
        raise InputError(_no_path(_forward(chain)[1]))
    paths = np.empty((int(count), chain.steps), dtype=np.int64)
    draw_paths(chain.initial, chain.transition, onward, generator.random(paths.shape), paths)
    return paths


def _forward(chain: Chain, out: Array | None = None) -> tuple[float, int]:
    """Log of the sum over paths, and the time at which none was left (-1 if there are some)."""
    top = np.max(chain.transition, axis=(1, 2))
    top = np.where(top > -np.inf, top, 0.0)
    relative = chain.transition - top[:, None, None]
    wide = np.any((relative < -300.0) & (relative > -np.inf), axis=(1, 2)).astype(np.float64)
    with np.errstate(under="ignore"):
        linear = np.exp(relative)
    out = np.empty((0, chain.initial.size)) if out is None else out
    log_sum, high, low, power, stopped = messages(chain.initial, chain.transition, linear, top, wide, chain.scores, out)
    if stopped >= 0:
        return -np.inf, stopped
    return fsum([log_sum, high, low, power * _LN2_HIGH, power * _LN2_LOW]), -1


def forward_messages(chain: Chain) -> tuple[float, Array]:
    """Log of the sum over paths and log q_t (T, S), rows up to constants."""
    out = np.empty_like(chain.scores)
    value, stopped = _forward(chain, out)
    if stopped >= 0:
        raise InputError(_no_path(stopped))
    return value, out


def backward_messages(chain: Chain) -> Array:
    """Log of the sum over everything that follows a state, shape (T, S), rows up to constants."""
    out = np.full_like(chain.scores, -np.inf)
    _forward(chain.reversed(), out)  # where no path is left, -inf stays
    return out[::-1]


def _best_path(chain: Chain) -> tuple[Ints | None, int]:
    best = np.empty_like(chain.scores)
    stopped = best_scores(chain.initial, chain.transition, chain.scores, best)
    if stopped >= 0:
        return None, stopped
    path = np.empty(chain.steps, dtype=np.int64)
    trace_back(np.ascontiguousarray(chain.transition.transpose(0, 2, 1)), best, path)
    return path, -1


def _no_path(stopped: int) -> str:
    return (
        f"log_likelihood: no path is possible: every state has probability 0 at time {stopped} (counted from 0), given "
        "what came before; allow a transition or an observation, or leave this observation out (a row of zeros)"
    )
