r"""What MBAR gives: free energies, and everything that follows from the weights of the samples.

All errors are of one form. To first order an estimate moves by a sum over samples of z_n; with U = W N^(1/2)
over the sampled states and B = U^T U = Y b Y^T,

.. math:: \operatorname{Cov}(z, z') = z \cdot z' + (U^T z)^T P\, (U^T z'), \qquad
          P = \sum_{b_i < 1} \frac{y_i y_i^T}{1 - b_i}

which is W^T (1 - W N W^T)^+ W of Shirts and Chodera (2008), equation (8), with nothing inverted that is singular. A
difference of free energies has z = W_i - W_j, an expectation z = W_k (A - <A>_k).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import (
    HEAVIEST_TAIL,
    HEAVIEST_TAIL_OF_MEANS,
    Array,
    Estimate,
    difference_errors,
    poor_weights,
    tail_count,
    tail_shape,
)
from statmech.estimators.mbar.potentials import Potentials
from statmech.logspace import logsumexp

__all__ = ["MBAR", "Expectations", "Perturbed", "free_energies", "tail_shapes"]


@dataclass(frozen=True, eq=False)
class Expectations(Estimate):
    """Means of an observable in states, with errors.

    Attributes
    ----------
    mean, error : array, shape (K,)
        <A>_k and its standard error.
    covariance : array, shape (K, K)
        Between the states: the same samples serve all.
    effective_samples : array, shape (K,)
        1 / sum_n W_nk^2.
    tail_shapes : array, shape (K,)
        k of the largest weights (generalised Pareto); from 1 on the samples do not reach that state. nan where too few
        of them differ to tell, and for states of the equations, which :func:`mbar` has looked at.
    """

    mean: Array
    error: Array
    covariance: Array
    effective_samples: Array
    tail_shapes: Array


@dataclass(frozen=True, eq=False)
class Perturbed(Estimate):
    """Free energies of states that were not part of the equations, relative to the state f_k[0] = 0.

    Attributes
    ----------
    f_l, df_l : array, shape (L,)
        Free energies and standard errors of f_l - f_k[0].
    Delta_f, dDelta_f : array, shape (L, L)
        f_j - f_i among them, and its error.
    effective_samples : array, shape (L,)
        1 / sum_n W_nl^2: below about 50 a value rests on a handful of samples.
    tail_shapes : array, shape (L,)
        As in :class:`Expectations`.
    """

    f_l: Array
    df_l: Array
    Delta_f: Array
    dDelta_f: Array
    effective_samples: Array
    tail_shapes: Array


@dataclass(frozen=True, eq=False)
class MBAR(Estimate):
    """Free energies of K states from samples of some of them.

    Attributes
    ----------
    f_k, df_k : array, shape (K,)
        Reduced free energies, f_k[0] = 0, and standard errors of f_k - f_k[0].
    Delta_f, dDelta_f : array, shape (K, K)
        f_j - f_i and its standard error, [i, j], as in pymbar.
    Theta : array, shape (K, K)
        Covariance of the f_k up to a constant: Var(f_j - f_i) = Theta_ii + Theta_jj - 2 Theta_ij.
    overlap : array, shape (K, K)
        O_ij = N_j sum_n W_ni W_nj: the chance that a sample of i is taken for one of j. Rows add up to 1.
    overlap_gap : float
        1 less the second eigenvalue of the overlap among sampled states; 0 where they fall into separate groups.
    shared_samples : float
        Weight, in samples, that crosses the weakest cut between the states (inf for one state).
    effective_samples : array, shape (K,)
        1 / sum_n W_nk^2.
    residual : float
        max_k |sum_n W_nk - 1| over sampled states, at f_k.
    iterations : int
        Newton steps.
    success : bool
        Converged, shared samples, and effective samples everywhere.
    message : str
        In words.
    N_k : array of int64, shape (K,)
        Samples of each state.
    states : tuple
        Labels of the states.
    log_d : array, shape (N,)
        log sum_k N_k exp(f_k - u_kn): all that expectations need.
    propagator : array, shape (S, S)
        sum y y^T / (1 - b), see above; S states have samples.
    potentials : Potentials
        What it was computed from; not copied.
    """

    f_k: Array
    df_k: Array
    Delta_f: Array
    dDelta_f: Array
    Theta: Array
    overlap: Array
    overlap_gap: float
    shared_samples: float
    effective_samples: Array
    residual: float
    iterations: int
    success: bool
    message: str
    N_k: npt.NDArray[np.int64]
    states: tuple[Hashable, ...]
    log_d: Array
    propagator: Array
    potentials: Potentials

    def weights(self) -> Array:
        """W_nk, shape (N, K): columns add up to 1. Needs as much memory as u_kn."""
        out = np.empty((self.potentials.count, self.N_k.size))
        for where, u in self.potentials.chunks():
            out[where] = np.exp(self.f_k[:, None] - u - self.log_d[where]).T
        return out

    def expectations(self, A_n: npt.ArrayLike, u_ln: Any = None, *, check: bool = True) -> Expectations:
        """Mean of an observable in every state, or in states of the reduced potentials given.

        Parameters
        ----------
        A_n : array_like, shape (N,) or (K, N)
            The observable at every sample; one row per state where it differs between them.
        u_ln : array, memmap or h5py dataset, shape (L, N), optional
            Reduced potentials of other states.
        check : bool
            Raise where one of these states has fewer than 5 effective samples, or weights of too heavy a tail.

        Returns
        -------
        Expectations

        Raises
        ------
        InputError
            If shapes do not fit or a number is not finite.
        ConvergenceError
            If the samples do not reach one of these states; ``.partial`` is the result.

        Examples
        --------
        >>> from statmech.estimators import mbar
        >>> rng = np.random.default_rng(1)
        >>> x = np.concatenate([rng.normal(0, 1, 4000), rng.normal(1, 1, 4000)])
        >>> found = mbar(0.5 * (x - np.array([[0.0], [1.0]])) ** 2, [4000, 4000])
        >>> moment = found.expectations(x)
        >>> bool(np.all(abs(moment.mean - [0, 1]) < 3 * moment.error))
        True
        """
        states = self._states(u_ln)
        A = np.asarray(A_n, dtype=np.float64)
        size, count = states.u_kn.shape
        if A.shape not in ((count,), (size, count)) or not np.all(np.isfinite(A)):
            raise InputError(f"A_n: expected finite numbers of shape ({count},) or ({size}, {count}); got {A.shape}")
        f = self.f_k if u_ln is None else free_energies(states, self.log_d)
        offset = A[..., :1] if A.ndim == 2 else A[0]  # a large constant shall not cost digits
        A = A - offset
        mean = np.zeros(size)
        for where, u in states.chunks():
            mean += (np.exp(f[:, None] - u - self.log_d[where]) * A[..., where]).sum(axis=1)
        own, mixed, squares = np.zeros((size, size)), np.zeros((self.propagator.shape[0], size)), np.zeros(size)
        for where, u in states.chunks():
            weights = np.exp(f[:, None] - u - self.log_d[where])
            squares += (weights**2).sum(axis=1)
            z = weights * (A[..., where] - mean[:, None])
            own += z @ z.T
            mixed += self._sampled_weights(where) @ z.T
        covariance = own + mixed.T @ self.propagator @ mixed
        tails = np.full(size, np.nan) if u_ln is None else tail_shapes(states, self.log_d)
        error = np.sqrt(np.diag(covariance).copy())
        found = Expectations(mean + np.ravel(offset), error, covariance, 1.0 / squares, tails)
        if check and u_ln is not None:
            return _reached("expectations", found, count, HEAVIEST_TAIL_OF_MEANS)
        return found

    def perturbed(self, u_ln: Any, *, check: bool = True) -> Perturbed:
        """Free energies of other states at the same samples.

        Parameters
        ----------
        u_ln : array, memmap or h5py dataset, shape (L, N)
            Their reduced potentials.
        check : bool
            Raise where one of these states has fewer than 5 effective samples, or weights of too heavy a tail.

        Returns
        -------
        Perturbed

        Raises
        ------
        InputError
            If the shape does not fit or a number is nan.
        ConvergenceError
            If the samples do not reach one of these states; ``.partial`` is the result.

        Examples
        --------
        >>> from statmech.estimators import mbar
        >>> rng = np.random.default_rng(1)
        >>> x = np.concatenate([rng.normal(0, 1, 4000), rng.normal(1, 1, 4000)])
        >>> found = mbar(0.5 * (x - np.array([[0.0], [1.0]])) ** 2, [4000, 4000])
        >>> wider = found.perturbed(0.5 * (x / 1.1)[None, :] ** 2)  # exactly -log 1.1
        >>> bool(abs(wider.f_l[0] + np.log(1.1)) < 3 * wider.df_l[0])
        True
        """
        states = self._states(u_ln)
        f = free_energies(states, self.log_d)
        size = f.size
        own, mixed = np.zeros((size + 1, size + 1)), np.zeros((self.propagator.shape[0], size + 1))
        for where, u in states.chunks():
            first = np.asarray(self.potentials.u_kn[:1, where], dtype=np.float64)
            exponent = np.concatenate((self.f_k[:1, None] - first, f[:, None] - u)) - self.log_d[where]
            weights = np.exp(exponent)
            own += weights @ weights.T
            mixed += self._sampled_weights(where) @ weights.T
        theta = own + mixed.T @ self.propagator @ mixed
        errors = difference_errors(theta)
        sizes = 1.0 / np.diag(own)[1:]
        tails = tail_shapes(states, self.log_d)
        found = Perturbed(f, errors[0, 1:].copy(), f[None, :] - f[:, None], errors[1:, 1:].copy(), sizes, tails)
        return _reached("perturbed", found, states.count) if check else found

    def _states(self, u_ln: Any) -> Potentials:
        if u_ln is None:
            return self.potentials
        if not (hasattr(u_ln, "shape") and hasattr(u_ln, "dtype")):
            u_ln = np.asarray(u_ln, dtype=np.float64)
        if len(u_ln.shape) != 2 or u_ln.shape[1] != self.potentials.count:
            raise InputError(f"u_ln: expected shape (L, {self.potentials.count}); got {tuple(u_ln.shape)}")
        return Potentials(u_ln, np.zeros(u_ln.shape[0], dtype=np.int64), tuple(range(u_ln.shape[0])))

    def _sampled_weights(self, where: slice) -> Array:
        """N_k^(1/2) W_nk of the sampled states, shape (S, c)."""
        rows = self.potentials.sampled
        u = np.asarray(self.potentials.u_kn[:, where], dtype=np.float64)[rows]
        return np.asarray(
            np.exp(self.f_k[rows, None] - u - self.log_d[where]) * np.sqrt(self.N_k[rows].astype(float))[:, None]
        )


def free_energies(states: Potentials, log_d: Array, rows: npt.NDArray[np.int64] | slice = slice(None)) -> Array:
    """-log sum_n exp(-u_ln) / d_n of each row, in the log domain, shape (L,)."""
    parts = []
    for where, u in states.chunks():
        parts.append(logsumexp(-u[rows] - log_d[where], axis=1))
    logs = np.asarray(logsumexp(np.stack(parts), axis=0))
    if np.any(np.isneginf(logs)):
        row = int(np.arange(states.N_k.size)[rows][np.isneginf(logs)][0])
        raise InputError(f"u_kn: state {row} is +inf at every sample; the samples say nothing about it")
    return -logs


def tail_shapes(
    states: Potentials, log_d: Array, rows: npt.NDArray[np.int64] | slice = slice(None)
) -> npt.NDArray[np.float64]:
    """Shape of the tail of the weights of each row, shape (L,)."""
    size = tail_count(states.count) + 1
    largest = np.empty((np.arange(states.N_k.size)[rows].size, 0))
    for where, u in states.chunks():
        largest = np.concatenate((largest, -u[rows] - log_d[where]), axis=1)
        if largest.shape[1] > size:
            largest = np.partition(largest, largest.shape[1] - size, axis=1)[:, -size:]
    return np.array([tail_shape(row) for row in largest])


_Reached = TypeVar("_Reached", Expectations, Perturbed)


def _reached(name: str, found: _Reached, samples: int, heaviest: float = HEAVIEST_TAIL) -> _Reached:
    """Itself, if the samples reach all its states."""
    for k in np.argsort(found.effective_samples):
        poor = poor_weights(float(found.effective_samples[k]), float(found.tail_shapes[k]), samples, heaviest=heaviest)
        if poor:
            raise ConvergenceError(
                f"{name}: state {k} of u_ln has {poor}; the samples do not reach it: sample nearer to it", partial=found
            )
    return found
