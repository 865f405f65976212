r"""Rates that differ between sites: a discretised gamma distribution, and sites that never change.

A site has rate :math:`r_k` with probability :math:`(1 - p)/K` each, :math:`k = 1 \ldots K`, or rate 0 with probability
p. The mean over sites is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["Gamma"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gamma:
    """Gamma distribution of rates in equally probable categories, with invariant sites.

    Parameters
    ----------
    shape : float
        alpha > 0; small means that rates differ much, ``inf`` that they are all equal.
    categories : int
        K, at least 1.
    average : str
        The rate of a category: its ``mean``, or its ``median`` (rescaled so that their mean is 1).
    invariant : float
        Probability p of a site that never changes, 0 <= p < 1. The other rates are divided by 1 - p.

    Raises
    ------
    InputError
        If a value is out of range, or shape so small that a rate is no number.

    References
    ----------
    Z. Yang, J. Mol. Evol. 39, 306 (1994), eqs. 9 and 10 (mean) and below (median).

    Examples
    --------
    >>> Gamma(0.5).rates.round(4), Gamma(0.5, average="median").rates.round(4)
    (array([0.0334, 0.2519, 0.8203, 2.8944]), array([0.0291, 0.2807, 0.9248, 2.7654]))
    >>> Gamma(float("inf"), invariant=0.2).rates, Gamma(float("inf"), invariant=0.2).weights
    (array([1.25, 0.  ]), array([0.8, 0.2]))
    """

    shape: float
    categories: int = 4
    average: str = "mean"
    invariant: float = 0.0

    def __post_init__(self) -> None:
        number = isinstance(self.shape, int | float | np.number) and not isinstance(self.shape, bool)
        if not (number and self.shape > 0):
            raise InputError(f"shape: expected a number > 0; got {self.shape!r}")
        if 1e12 < self.shape < np.inf:  # the incomplete gamma functions lose their digits
            raise InputError(f"shape: expected at most 1e12, or inf for equal rates; got {self.shape!r}")
        if not isinstance(self.categories, int | np.integer) or self.categories < 1:
            raise InputError(f"categories: expected an integer >= 1; got {self.categories!r}")
        if self.average not in ("mean", "median"):
            raise InputError(f"average: expected 'mean' or 'median'; got {self.average!r}")
        if not 0 <= self.invariant < 1:
            raise InputError(f"invariant: expected a probability, 0 <= p < 1; got {self.invariant!r}")

    @property
    def rates(self) -> Array:
        """Rates of the categories, the invariant one last, shape (K,) or (K + 1,)."""
        rates = self._relative() / (1.0 - self.invariant)
        if not np.all(np.isfinite(rates)):
            raise InputError(f"shape: {self.shape!r} is too small for {self.categories} categories of this average")
        return np.append(rates, 0.0) if self.invariant else rates

    @property
    def weights(self) -> Array:
        """Probabilities of the categories, of the shape of :attr:`rates`."""
        count = 1 if np.isinf(self.shape) else self.categories
        weights = np.full(count, (1.0 - self.invariant) / count)
        return np.append(weights, self.invariant) if self.invariant else weights

    def _relative(self) -> Array:
        """Rates of mean 1."""
        from scipy.special import gammainc, gammaincc, gammaincinv

        if np.isinf(self.shape):
            return np.ones(1)
        k = self.categories
        if self.average == "median":
            middle = gammaincinv(self.shape, (np.arange(k) + 0.5) / k)
            with np.errstate(invalid="ignore"):  # 0 / 0 is refused by the caller
                return np.asarray(middle / middle.mean(), dtype=np.float64)
        cuts = gammaincinv(self.shape, np.arange(1, k) / k)
        below = np.concatenate([[0.0], gammainc(self.shape + 1, cuts), [1.0]])
        above = np.concatenate([[1.0], gammaincc(self.shape + 1, cuts), [0.0]])
        share = np.where(below[1:] < 0.5, np.diff(below), -np.diff(above))  # the difference that cancels less
        return np.asarray(k * share, dtype=np.float64)
