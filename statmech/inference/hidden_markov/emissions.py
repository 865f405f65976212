"""What hidden states show: categories, Gaussian vectors, counts. Each knows its density, its weighted fit, its draws.

A missing observation is nan (in a vector: every component): it has likelihood 1 in every state and no say in a fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError

__all__ = ["CategoricalEmissions", "Emissions", "GaussianEmissions", "PoissonEmissions", "check_probabilities"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COLLAPSED = 1e-16  # a state's variance beside the data's: one point, at which the likelihood has no upper bound
_FLAT = 1e-13  # least eigenvalue of a correlation matrix: rounding of its entries is 1e-16 times their number


class Emissions(Protocol):
    """The law of an observation given the hidden state, for S states."""

    @property
    def states(self) -> int:
        """Number of hidden states S."""
        ...

    def log_likelihood(self, observations: npt.ArrayLike) -> Array:
        """log p(observation t | state), shape (T, S); zeros where the observation is missing."""
        ...

    def fitted(self, observations: npt.ArrayLike, weights: Array) -> Self:
        """The parameters of highest weighted likelihood, weights (T, S); a state without weight keeps its own."""
        ...

    def draw(self, path: Ints, generator: np.random.Generator) -> npt.NDArray[np.generic]:
        """One observation for each state of a path."""
        ...


def check_probabilities(name: str, given: npt.ArrayLike, ndim: int) -> Array:
    """A read-only array whose last axis adds to 1 within 1e-6, then normalised to rounding."""
    array = np.array(given, dtype=np.float64)
    if array.ndim != ndim or array.size == 0 or not np.all(array >= 0) or np.any(abs(array.sum(axis=-1) - 1) > 1e-6):
        where = "" if array.ndim != ndim else f" with sums {array.sum(axis=-1)}"
        raise InputError(f"{name}: expected probabilities >= 0 whose {ndim}-D rows add to 1; got {array.shape}{where}")
    array /= array.sum(axis=-1, keepdims=True)
    array.flags.writeable = False
    return array


def _frozen(name: str, given: npt.ArrayLike, ndims: tuple[int, ...]) -> Array:
    array = np.array(given, dtype=np.float64)
    if array.ndim not in ndims or array.size == 0 or not np.all(np.isfinite(array)):
        raise InputError(f"{name}: expected finite numbers in {' or '.join(map(str, ndims))} axes; got {given!r}")
    array.flags.writeable = False
    return array


def _rows(observations: npt.ArrayLike, columns: int, whole: bool) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Observations as (T, D) and which rows are there."""
    x = np.asarray(observations, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 and columns == 1 else x
    if x.ndim != 2 or x.shape[1] != columns:
        wanted = "(T,)" if columns == 1 else f"(T, {columns})"
        raise InputError(f"observations: expected shape {wanted}; got {np.shape(observations)}")
    missing = np.isnan(x)
    there: npt.NDArray[np.bool_] = np.logical_not(missing.all(axis=1))
    if np.any(missing[there]) or np.any(np.isinf(x)):
        row = int(np.flatnonzero((missing.any(axis=1) & there) | np.isinf(x).any(axis=1))[0])
        raise InputError(
            f"observations: expected finite numbers, or nan in a whole row (missing); got {x[row]} at {row}"
        )
    if whole and not np.all((x[there] >= 0) & (x[there] == np.floor(x[there]))):
        raise InputError("observations: expected whole numbers >= 0 (nan if missing)")
    return x, there


@dataclass(frozen=True, eq=False)
class CategoricalEmissions:
    """p(k | s): one of K symbols.

    Parameters
    ----------
    probabilities : array_like, shape (S, K)
        Rows add to 1. Observations are whole numbers 0 .. K - 1, shape (T,).

    Raises
    ------
    InputError
        If a row does not add to 1.

    Examples
    --------
    >>> CategoricalEmissions([[0.5, 0.5], [0.1, 0.9]]).log_likelihood([1, float("nan")]).round(3)
    array([[-0.693, -0.105],
           [ 0.   ,  0.   ]])
    """

    probabilities: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", check_probabilities("probabilities", self.probabilities, 2))

    @property
    def states(self) -> int:
        """Number of hidden states S."""
        return len(self.probabilities)

    def log_likelihood(self, observations: npt.ArrayLike) -> Array:
        """log p(k_t | s), shape (T, S)."""
        k, there = self._symbols(observations)
        with np.errstate(divide="ignore"):
            table = np.log(self.probabilities.T)
        out = np.zeros((len(there), self.states))
        out[there] = table[k]
        return out

    def fitted(self, observations: npt.ArrayLike, weights: Array) -> CategoricalEmissions:
        """Weighted frequencies."""
        k, there = self._symbols(observations)
        counts = np.zeros(self.probabilities.shape[::-1])
        np.add.at(counts, k, weights[there])
        total = counts.sum(axis=0)
        with np.errstate(invalid="ignore"):
            return CategoricalEmissions(np.where(total[:, None] > 0, counts.T / total[:, None], self.probabilities))

    def draw(self, path: Ints, generator: np.random.Generator) -> Ints:
        """Symbols, shape (T,)."""
        edges = np.cumsum(self.probabilities, axis=1)
        edges[:, -1] = 1.0
        return np.asarray((generator.random(len(path))[:, None] >= edges[path]).sum(axis=1), dtype=np.int64)

    def _symbols(self, observations: npt.ArrayLike) -> tuple[Ints, npt.NDArray[np.bool_]]:
        x, there = _rows(observations, 1, whole=True)
        k = x[there, 0].astype(np.int64)
        count = self.probabilities.shape[1]
        if k.size and k.max() >= count:
            raise InputError(f"observations: expected whole numbers from 0 to {count - 1}; got {k.max()}")
        return k, there


@dataclass(frozen=True, eq=False)
class GaussianEmissions:
    """p(x | s): normal, of D components.

    Parameters
    ----------
    means : array_like, shape (S,) or (S, D)
        In the unit of the observations; (S,) for observations of shape (T,).
    covariances : array_like, shape of `means`, or (S, D, D)
        Variances of independent components, or full matrices. A fit keeps the form.

    Raises
    ------
    InputError
        If shapes do not fit, or a variance or matrix is not positive.

    Examples
    --------
    >>> GaussianEmissions([0.0, 4.0], [1.0, 1.0]).log_likelihood([0.0]).round(4)
    array([[-0.9189, -8.9189]])
    """

    means: Array
    covariances: Array

    def __post_init__(self) -> None:
        means, covariances = _frozen("means", self.means, (1, 2)), _frozen("covariances", self.covariances, (1, 2, 3))
        full = (*means.shape, means.shape[-1])
        if covariances.shape != means.shape and not (means.ndim == 2 and covariances.shape == full):
            raise InputError(
                f"covariances: expected shape {means.shape} (variances) or (S, D, D); got {covariances.shape}"
            )
        if covariances.ndim < 3 and not np.all(covariances > 0):
            raise InputError(f"covariances: expected variances > 0; got {covariances.min()}")
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "covariances", covariances)
        self._roots()

    @property
    def states(self) -> int:
        """Number of hidden states S."""
        return len(self.means)

    def _roots(self) -> Array:
        """Cholesky factors (S, D, D), or standard deviations (S, D)."""
        if self.covariances.ndim < 3:
            return np.sqrt(self.covariances.reshape(self.states, -1))
        if not np.allclose(self.covariances, self.covariances.transpose(0, 2, 1), rtol=1e-10, atol=0):
            raise InputError("covariances: expected symmetric matrices")
        try:
            return np.asarray(np.linalg.cholesky(self.covariances), dtype=np.float64)
        except np.linalg.LinAlgError as error:
            raise InputError("covariances: expected positive definite matrices") from error

    def log_likelihood(self, observations: npt.ArrayLike) -> Array:
        """log density in each state, shape (T, S)."""
        means, roots = self.means.reshape(self.states, -1), self._roots()
        x, there = _rows(observations, means.shape[1], whole=False)
        out = np.zeros((len(x), self.states))
        for s, (mean, root) in enumerate(zip(means, roots, strict=True)):
            away = x[there] - mean
            z = away / root if root.ndim == 1 else np.linalg.solve(root, away.T).T
            scale = root if root.ndim == 1 else np.diag(root)
            out[there, s] = -0.5 * (z * z).sum(axis=1) - np.log(scale).sum() - 0.5 * len(mean) * math.log(2 * math.pi)
        return out

    def fitted(self, observations: npt.ArrayLike, weights: Array) -> GaussianEmissions:
        """Weighted means, and covariances about them.

        Raises
        ------
        ConvergenceError
            If a state has closed in on a single point or a plane, where the likelihood is unbounded.
        """
        means = np.array(self.means.reshape(self.states, -1))
        covariances = np.array(self.covariances).reshape(self.states, *means.shape[1:], *self.covariances.shape[2:])
        x, there = _rows(observations, means.shape[1], whole=False)
        x, weights = x[there], weights[there]
        for s in range(self.states):
            total = weights[:, s].sum()
            if total > 0:
                share = weights[:, s] / total
                means[s] = share @ x
                away = x - means[s]
                covariances[s] = (share[:, None] * away).T @ away if covariances.ndim == 3 else share @ (away * away)
                variances = np.diag(covariances[s]) if covariances.ndim == 3 else covariances[s]
                flat = bool(np.any(variances <= _COLLAPSED * x.var(axis=0)))
                if not flat and covariances.ndim == 3:
                    correlation = covariances[s] / np.sqrt(np.outer(variances, variances))
                    flat = bool(np.linalg.eigvalsh(correlation)[0] < _FLAT)
                if flat:
                    raise ConvergenceError(
                        f"fit: state {s} has closed in on one value (or a line of them), {means[s]}, where the "
                        "likelihood has no upper bound; use fewer states, another start or fewer iterations",
                        partial=self,
                    )
        return GaussianEmissions(means.reshape(self.means.shape), covariances.reshape(self.covariances.shape))

    def draw(self, path: Ints, generator: np.random.Generator) -> Array:
        """Observations, shape (T,) or (T, D)."""
        means, roots = self.means.reshape(self.states, -1), self._roots()
        z = generator.standard_normal((len(path), means.shape[1]))
        away = roots[path] * z if roots.ndim == 2 else np.einsum("tij,tj->ti", roots[path], z)
        return (means[path] + away).reshape(len(path), *self.means.shape[1:])


@dataclass(frozen=True, eq=False)
class PoissonEmissions:
    """p(k | s): counts, Poisson in each of D independent components.

    Parameters
    ----------
    rates : array_like, shape (S,) or (S, D)
        Mean counts >= 0; (S,) for observations of shape (T,).

    Raises
    ------
    InputError
        If a rate is negative or not finite.

    Examples
    --------
    >>> PoissonEmissions([0.0, 2.0]).log_likelihood([0, 3]).round(4)
    array([[ 0.    , -2.    ],
           [   -inf, -1.7123]])
    """

    rates: Array

    def __post_init__(self) -> None:
        rates = _frozen("rates", self.rates, (1, 2))
        if np.any(rates < 0):
            raise InputError(f"rates: expected numbers >= 0; got {rates.min()}")
        object.__setattr__(self, "rates", rates)

    @property
    def states(self) -> int:
        """Number of hidden states S."""
        return len(self.rates)

    def log_likelihood(self, observations: npt.ArrayLike) -> Array:
        """log p(k_t | s), shape (T, S)."""
        from scipy.special import gammaln, xlogy

        rates = self.rates.reshape(self.states, -1)
        k, there = _rows(observations, rates.shape[1], whole=True)
        out = np.zeros((len(k), self.states))
        k = k[there]
        for s, rate in enumerate(rates):
            out[there, s] = (xlogy(k, rate) - rate - gammaln(k + 1)).sum(axis=1)
        return out

    def fitted(self, observations: npt.ArrayLike, weights: Array) -> PoissonEmissions:
        """Weighted mean counts."""
        rates = np.array(self.rates.reshape(self.states, -1))
        k, there = _rows(observations, rates.shape[1], whole=True)
        total = weights[there].sum(axis=0)
        used = total > 0
        rates[used] = (weights[there].T @ k[there])[used] / total[used, None]
        return PoissonEmissions(rates.reshape(self.rates.shape))

    def draw(self, path: Ints, generator: np.random.Generator) -> Ints:
        """Counts, shape (T,) or (T, D)."""
        return np.asarray(generator.poisson(self.rates[path]), dtype=np.int64)
