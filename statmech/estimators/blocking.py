r"""Errors of correlated means by blocking, with the level chosen by a test.

Pairs of neighbours are averaged again and again; the variance of the mean rises until the blocks are longer than the
correlations, and stays. The level is the first from which on the remaining lag-one correlations are as small as
chance has it:

.. math:: M_j = \sum_{k \ge j} n_k \frac{\left(\frac{n_k - 1}{n_k^2} \sigma_k^2 + \gamma_k(1)\right)^2}{\sigma_k^4}
          < \chi^2_{0.99}(d - j)

Sources: H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989); the choice of the level: M. Jonsson,
Phys. Rev. E 98, 043304 (2018).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.estimators.base import Array, Estimate, finite_series

__all__ = ["Blocking", "blocking"]

_LEAST_TIMES = (
    100.0  # tau_int in the series: the level that passes is too low in shorter ones (error bars half as long)
)
_LEAST_BLOCKS = 16  # with fewer the test has no power, and the error is known to 20 % at best


@dataclass(frozen=True, eq=False)
class Blocking(Estimate):
    """Mean of a correlated series and its error by blocking.

    Attributes
    ----------
    mean, error, error_of_error : float
        At the level chosen.
    level : int
        Blocks of 2^level samples.
    errors, errors_of_errors : array, shape (levels,)
        At every level: they rise to a plateau where the series is long enough.
    plateau : bool
        False where no level of at least 16 blocks passed the test, the series is shorter than 100 integrated times, or
        it never moved: the error is then likely too small.
    """

    mean: float
    error: float
    error_of_error: float
    level: int
    errors: Array
    errors_of_errors: Array
    plateau: bool


def blocking(series: npt.ArrayLike) -> Blocking:
    """Mean and error of one correlated series.

    Parameters
    ----------
    series : array_like, shape (N,)
        Samples in the order they were drawn; at least 16. A remainder at a level is left out of it.

    Returns
    -------
    Blocking

    Raises
    ------
    InputError
        If there are fewer samples or one is not finite.

    Examples
    --------
    >>> x = np.repeat(np.random.default_rng(1).normal(size=1024), 8)  # every value eight times
    >>> found = blocking(x)
    >>> found.level >= 3, abs(found.error * 32 - 1) < 0.2  # 1024 independent values
    (True, True)
    """
    from scipy.stats import chi2

    x = finite_series("series", series, least=16)
    mean = float(x.mean())
    errors, spreads, terms = [], [], []
    d = x - mean
    while d.size >= 4:
        n = d.size
        centred = d - d.mean()
        variance = float(np.dot(centred, centred)) / n
        lag = float(np.dot(centred[1:], centred[:-1])) / n
        errors.append(math.sqrt(variance / (n - 1)))
        spreads.append(errors[-1] / math.sqrt(2 * (n - 1)))
        terms.append(n * (((n - 1) * variance / n**2 + lag) / variance) ** 2 if variance > 0 else 0.0)
        d = 0.5 * (d[0 : n - n % 2 : 2] + d[1::2])
    remaining = np.cumsum(terms[::-1])[::-1]
    limits = chi2.ppf(0.99, np.arange(len(terms), 0, -1))
    passed = np.flatnonzero(remaining < limits)
    level = int(passed[0]) if passed.size else int(np.argmax(errors))
    time = 0.5 * (errors[level] / errors[0]) ** 2 if errors[0] > 0 else math.inf  # tau_int; a constant never moved
    plateau = bool(passed.size) and x.size >> level >= _LEAST_BLOCKS and x.size >= _LEAST_TIMES * time
    return Blocking(mean, errors[level], spreads[level], level, np.array(errors), np.array(spreads), plateau)
