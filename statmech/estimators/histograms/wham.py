r"""WHAM: weighted histograms, solved in the log domain.

.. math:: p_b = \frac{\sum_k n_{kb}}{\sum_k N_k e^{f_k - u_{kb}}}, \qquad f_k = -\log \sum_b p_b e^{-u_{kb}}

MBAR with samples gathered in bins: exact where the bins are the levels of a discrete system.

Sources: A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989); S. Kumar et al., J. Comput. Chem. 13,
1011 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import (
    LARGEST_ERROR,
    Array,
    Estimate,
    difference_errors,
    newton_step,
    overlap_modes,
    weakest_cut,
)
from statmech.logspace import logsumexp

__all__ = ["WHAM", "solve_histograms", "wham"]


@dataclass(frozen=True, eq=False)
class WHAM(Estimate):
    """Free energies and the distribution over bins without bias.

    Attributes
    ----------
    f_k, df_k : array, shape (K,)
        Reduced free energies of the states, f_k[0] = 0, and standard errors of f_k - f_k[0].
    Delta_f, dDelta_f : array, shape (K, K)
        f_j - f_i, [i, j], and its error.
    log_p, log_p_errors : array, shape (B,)
        log of the probability of each bin at u = 0, normalised to 1 over the bins; -inf (error 0) in empty ones.
    overlap_gap : float
        1 less the second eigenvalue of the overlap of the states.
    residual : float
        max_k |sum_b n_b W_bk - 1|.
    """

    f_k: Array
    df_k: Array
    Delta_f: Array
    dDelta_f: Array
    log_p: Array
    log_p_errors: Array
    overlap_gap: float
    residual: float


def wham(
    n_kb: npt.ArrayLike, u_kb: npt.ArrayLike, *, inefficiency_k: npt.ArrayLike | None = None, check: bool = True
) -> WHAM:
    """Free energies and unbiased distribution from one histogram per state.

    Parameters
    ----------
    n_kb : array_like, shape (K, B)
        Samples of state k in bin b; every state has some.
    u_kb : array_like, shape (K, B)
        Reduced bias of state k at bin b (beta_k E_b for temperatures); ``+inf`` where it forbids the bin.
    inefficiency_k : array_like, shape (K,), optional
        2 tau_int of each state: its counts are divided by it.
    check : bool
        Raise where states fall into groups whose difference has an error above 1: they share less than one count.

    Returns
    -------
    WHAM
        Errors take the counts (divided by the inefficiency) as independent.

    Raises
    ------
    InputError
        If shapes do not fit, a count is negative, or a state has none or has some where it forbids them.
    ConvergenceError
        If the states share no bin, or less than one count (``.partial`` is the result then), or the equations are not
        solved.

    Examples
    --------
    Umbrella sampling of five bins with equal weights, one window pulling to each side:

    >>> rng = np.random.default_rng(1)
    >>> bias = np.array([[0.0, 1, 2, 3, 4], [4.0, 3, 2, 1, 0]])
    >>> p = np.exp(-bias) / np.exp(-bias).sum(axis=1, keepdims=True)
    >>> found = wham([rng.multinomial(5000, row) for row in p], bias)
    >>> bool(np.all(abs(found.log_p - np.log(0.2)) < 3 * found.log_p_errors))
    True
    """
    n, u = np.asarray(n_kb, dtype=np.float64), np.asarray(u_kb, dtype=np.float64)
    if n.ndim != 2 or u.shape != n.shape:
        raise InputError(f"n_kb, u_kb: expected equal shapes (K, B); got {n.shape} and {u.shape}")
    if not np.all(np.isfinite(n)) or np.any(n < 0) or np.any(n.sum(axis=1) == 0):
        raise InputError("n_kb: expected counts >= 0, and some in every state")
    if np.any(np.isnan(u) | np.isneginf(u)) or np.any((n > 0) & np.isposinf(u)):
        raise InputError("u_kb: expected numbers, or +inf where the state has no counts")
    if inefficiency_k is not None:
        g = np.asarray(inefficiency_k, dtype=np.float64)
        if g.shape != n.shape[:1] or not np.all((g > 0) & np.isfinite(g)):
            raise InputError(f"inefficiency_k: expected {n.shape[0]} positive numbers; got {inefficiency_k!r}")
        n = n / g[:, None]
    N, total = n.sum(axis=1), n.sum(axis=0)
    seen = total > 0
    f, log_d, gram, residual = solve_histograms(total[seen], N, u[:, seen])
    gap, propagator = overlap_modes(gram, N)
    root = np.sqrt(N)
    mixed = root[:, None] * gram
    errors = difference_errors(gram + mixed.T @ propagator @ mixed)
    logs = np.log(total[seen]) - log_d
    norm = float(logsumexp(logs))
    log_p, log_p_errors = np.full(seen.size, -np.inf), np.zeros(seen.size)
    log_p[seen] = logs - norm
    # z of log p_b: the bin's own weight, 1 / n_b at its samples, less that of the state without bias.
    free = np.exp(-log_d - norm)
    W = np.exp(f[:, None] - u[:, seen] - log_d)  # (K, B)
    own = 1.0 / total[seen] - 2.0 * free + float(total[seen] @ free**2)
    across = root[:, None] * (W - (W @ (total[seen] * free))[:, None])
    log_p_errors[seen] = np.sqrt(own + np.einsum("kb,kl,lb->b", across, propagator, across))
    f = f - f[0]
    found = WHAM(f, errors[0].copy(), f[None, :] - f[:, None], errors, log_p, log_p_errors, gap, residual)
    worst, shared, group = weakest_cut(np.outer(N, N) * gram, N)
    if check and worst > LARGEST_ERROR:
        raise ConvergenceError(
            f"wham: states {group} share {shared:.1e} of a count with the others: their difference has an error of "
            f"{worst:.1e} (at most {LARGEST_ERROR:g} is known to mean something): add states in between, or counts",
            partial=found,
        )
    return found


def solve_histograms(
    counts: Array, N_k: Array, u_kb: Array, start: Array | None = None
) -> tuple[Array, Array, Array, float]:
    """Free energies f_k, log d_b, W^T W over samples, and the residual, from counts in bins of all states together.

    Newton's method on the convex L(f) = sum_b n_b log d_b - sum_k N_k f_k in the log domain, with halved steps where L
    would rise, and self-consistent steps where it is flat.

    Raises
    ------
    ConvergenceError
        If the residual is not met.
    """
    logs_N = np.log(N_k)
    # From nowhere: what each state has if the counts were uniform over the bins they reach.
    f = np.zeros(N_k.size) if start is None else start

    def at(f: Array) -> tuple[Array, Array, Array, float]:
        exponent = (f + logs_N)[:, None] - u_kb
        top = exponent.max(axis=0)
        W = np.exp(exponent - top)
        d = W.sum(axis=0)
        log_d = top + np.log(d)
        W /= d * N_k[:, None]
        return log_d, W, W @ counts, float(counts @ log_d - N_k @ f)

    log_d, W, total, value = at(f)
    last = np.inf
    for _ in range(2000):
        gram = (W * counts) @ W.T
        step = newton_step(total, gram, N_k)
        longest = float(np.max(np.abs(step))) if step is not None else np.inf
        if longest < 1e-13 or (longest < 1e-9 and longest > 0.25 * last):
            return f, log_d, gram, float(np.max(np.abs(total - 1.0)))
        if step is None and np.max(np.abs(total - 1.0)) < 1e-12:
            break  # every state has its own counts, and there is no way between them
        last = longest
        if step is None or longest > 30.0:
            log_total = np.asarray(logsumexp(f[:, None] - u_kb - log_d + np.log(counts), axis=1))
            f = f - log_total + log_total[0]
            log_d, W, total, value = at(f)
            continue
        slack = 1e-12 * abs(value)
        for _ in range(30):
            trial = at(f + step)
            if trial[3] <= value + slack:
                break
            step = 0.5 * step
        f = f + step
        log_d, W, total, value = trial
    raise ConvergenceError(
        f"wham: not solved, residual {np.max(np.abs(total - 1.0)):.1e}: groups of states share no counts"
    )
