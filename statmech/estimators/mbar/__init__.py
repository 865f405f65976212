r"""MBAR: free energies of many states from samples of some of them, each sample used in all.

.. math:: f_k = -\log \sum_n \frac{e^{-u_{kn}}}{\sum_j N_j e^{f_j - u_{jn}}}

Source: M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import LARGEST_ERROR, difference_errors, overlap_modes, poor_weights, weakest_cut
from statmech.estimators.mbar.equations import Equations, Solution, solve
from statmech.estimators.mbar.potentials import Potentials
from statmech.estimators.mbar.result import MBAR, Expectations, Perturbed, free_energies, tail_shapes
from statmech.estimators.mbar.start import bennett_tree

__all__ = ["MBAR", "Expectations", "Perturbed", "mbar"]


def mbar(
    u_kn: Any,
    N_k: npt.ArrayLike | None = None,
    *,
    initial_f_k: npt.ArrayLike | None = None,
    tolerance: float = 1e-13,
    iterations: int = 200,
    memory: float = 2e9,
    check: bool = True,
) -> MBAR:
    """Free energies, errors, overlap and weights from reduced potentials of all samples in all states.

    Parameters
    ----------
    u_kn : array, memmap or h5py dataset, shape (K, N); or data frame u_nk
        ``u_kn[k, n]``: reduced potential (energy over k_B T, and so on) of sample n in state k; ``+inf`` where the
        state forbids it. Samples stand in the order of the states that drew them. A data frame has samples as rows
        with a MultiIndex (time, state...) and states as columns, as alchemlyb makes it.
    N_k : array_like of int, shape (K,)
        Samples drawn from each state, 0 allowed. A data frame counts them itself.
    initial_f_k : array_like, shape (K,), optional
        Where to start; by default Bennett's estimates along a tree of best overlap.
    tolerance : float
        Largest Newton step, in f, that is left out.
    iterations : int
        Newton steps at most.
    memory : float
        Bytes for keeping exponentials between the steps; above, u_kn is read again in each.
    check : bool
        Raise where the numbers are not to be trusted; with False the result tells by ``success`` and ``message``.

    Returns
    -------
    MBAR
        Errors are asymptotic and take the samples as independent: thin by 2 tau_int first.

    Raises
    ------
    InputError
        If shapes do not fit or a number has no meaning.
    ConvergenceError
        If the equations are not solved, if the states fall into groups whose difference has an error above 1 (they
        share less than one sample), or if a state without samples has less than 5 effective ones, or weights whose tail
        has no mean. ``.partial`` is the result.

    Examples
    --------
    Three harmonic oscillators u = (x - center)^2 / 2 width^2; exactly f_k = -log(width_k / width_0). The last has no
    samples.

    >>> rng = np.random.default_rng(1)
    >>> centers, widths = np.array([0.0, 1.0, 0.5]), np.array([1.0, 1.5, 1.2])
    >>> x = np.concatenate([rng.normal(c, w, 5000) for c, w in zip(centers[:2], widths[:2])])
    >>> found = mbar(0.5 * ((x - centers[:, None]) / widths[:, None]) ** 2, [5000, 5000, 0])
    >>> found.success, bool(np.all(abs(found.f_k + np.log(widths)) <= 3 * found.df_k))
    (True, True)
    """
    potentials = Potentials.of(u_kn, N_k)
    if not (0 < tolerance < 1) or iterations < 1:
        raise InputError(f"tolerance, iterations: expected 0 < tolerance < 1 and >= 1; got {tolerance}, {iterations}")
    sampled = potentials.sampled
    if initial_f_k is None:
        start = bennett_tree(potentials)
    else:
        given = np.asarray(initial_f_k, dtype=np.float64)
        if given.shape != potentials.N_k.shape or not np.all(np.isfinite(given)):
            raise InputError(f"initial_f_k: expected {potentials.N_k.size} finite numbers; got {initial_f_k!r}")
        start = given[sampled]
    equations = Equations(potentials, start, memory)
    solution = solve(equations, tolerance, iterations)
    found = _result(potentials, equations, solution)
    if check and not found.success:
        raise ConvergenceError(f"mbar: {found.message}", partial=found)
    return found


def _result(potentials: Potentials, equations: Equations, solution: Solution) -> MBAR:
    sampled, counts = potentials.sampled, equations.counts
    log_d = equations.log_denominators(solution.f)
    size = potentials.N_k.size
    gap, propagator = overlap_modes(solution.gram, counts)
    f = np.empty(size)
    f[sampled] = solution.f
    gram = solution.gram
    if sampled.size < size:
        rest = np.flatnonzero(potentials.N_k == 0)
        f[rest] = free_energies(potentials, log_d, rest)
        gram = np.zeros((size, size))
        for where, u in potentials.chunks():
            weights = np.exp(f[:, None] - u - log_d[where])
            gram += weights @ weights.T
    mixed = np.sqrt(counts)[:, None] * gram[sampled]
    theta = gram + mixed.T @ propagator @ mixed
    errors = difference_errors(theta)
    effective = 1.0 / np.diag(gram)
    tails = np.full(size, np.nan)
    if sampled.size < size:
        tails[rest] = tail_shapes(potentials, log_d, rest)
    poor = {
        k: why for k in range(size) if (why := poor_weights(float(effective[k]), float(tails[k]), potentials.count))
    }
    worst, shared, group = weakest_cut(np.outer(counts, counts) * solution.gram, counts)
    message = "converged"
    if not solution.converged:
        message = (
            f"not converged after {solution.iterations} Newton steps: residual {solution.residual:.1e}, "
            f"last step {solution.step:.1e}; are the samples in the order of N_k?"
        )
    elif worst > LARGEST_ERROR:
        names = [potentials.states[sampled[k]] for k in group]
        message = (
            f"states {names} share {shared:.1e} of a sample with the others: their difference has an error of "
            f"{worst:.1e} (at most {LARGEST_ERROR:g} is known to mean something): add states in between, or samples"
        )
    elif poor:
        worst_of = min(poor, key=lambda k: effective[k])
        names = [potentials.states[k] for k in poor]
        message = f"states {names} have {poor[worst_of]}; the samples do not reach them: sample there"
    return MBAR(
        f_k=f - f[0],
        df_k=errors[0].copy(),
        Delta_f=f[None, :] - f[:, None],
        dDelta_f=errors,
        Theta=theta,
        overlap=gram * potentials.N_k,
        overlap_gap=gap,
        shared_samples=shared,
        effective_samples=effective,
        residual=solution.residual,
        iterations=solution.iterations,
        success=message == "converged",
        message=message,
        N_k=potentials.N_k,
        states=potentials.states,
        log_d=log_d - f[0],
        propagator=propagator,
        potentials=potentials,
    )
