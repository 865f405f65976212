r"""Whether chains have forgotten where they started: split R-hat, and hot against cold starts.

.. math:: \hat R^2 = \frac{\frac{n - 1}{n} W + \frac{1}{n} B}{W}

with W the mean variance within half chains and B / n the variance of their means: halves that drift, and chains that
differ, make it larger than 1.

Sources: A. Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), section 11.4; limits: A. Vehtari et al., Bayesian
Anal. 16, 667 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.base import Array, Estimate, replicas

__all__ = ["Equilibration", "equilibration", "split_r_hat"]

_LIMIT = 1.05


@dataclass(frozen=True, eq=False)
class Equilibration(Estimate):
    """What chains from different starts say of each other.

    Attributes
    ----------
    r_hat : float
        Split R-hat of what is left after ``burn_in``; 1 in equilibrium.
    burn_in : int
        The first samples to drop, of those tried (0, 1/16, 1/8, 1/4, 1/2 of the chains): the fewest with R-hat below
        the limit, or half of them where none was enough.
    equilibrated : bool
        Whether R-hat is below the limit.
    tried, r_hats : array
        Burn-ins tried and the R-hat after each.
    """

    r_hat: float
    burn_in: int
    equilibrated: bool
    tried: npt.NDArray[np.int64]
    r_hats: Array


def split_r_hat(chains: npt.ArrayLike | Sequence[npt.ArrayLike], *, variance: float | None = None) -> float:
    """Split R-hat of chains of equal lengths, shape (R, N), or of one, (N,).

    Parameters
    ----------
    chains : array_like, shape (R, N)
        At least 4 samples of each.
    variance : float, optional
        Of single samples, over all chains, where ``chains`` are means of successive samples (bins): W is then this
        less the variance between the halves, and R-hat^2 = 1 + (B / n) / W. Chains may then be of different lengths,
        from 2 bins on.

    Raises
    ------
    InputError
        If a chain is too short, or lengths differ.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> split_r_hat(rng.normal(size=(4, 1000))) < 1.01, split_r_hat(rng.normal([[0], [1]], size=(2, 1000))) > 1.1
    (True, True)
    >>> samples = rng.normal(size=(4, 1000))
    >>> split_r_hat(samples.reshape(4, 50, 20).mean(axis=-1), variance=samples.var()) < 1.01
    True
    """
    rows = replicas("chains", chains, least=4 if variance is None else 2)
    if variance is None and len({row.size for row in rows}) > 1:
        raise InputError(f"chains: expected equal lengths; got {[row.size for row in rows]}")
    halves = [part - rows[0][0] for row in rows for part in (row[: row.size // 2], row[-(row.size // 2) :])]
    means = np.array([part.mean() for part in halves])
    between = float(means.var(ddof=1))
    if variance is None:
        within, own = float(np.mean([part.var(ddof=1) for part in halves])), 1.0 - 1.0 / halves[0].size
    else:
        within, own = variance - float(means.var()), 1.0
    if within <= 0.0:
        return 1.0 if between == 0.0 else float("inf")
    return float(np.sqrt(own + between / within))


def equilibration(chains: npt.ArrayLike | Sequence[npt.ArrayLike], *, limit: float = _LIMIT) -> Equilibration:
    """How much to drop before chains from hot and cold starts agree.

    Parameters
    ----------
    chains : array_like, shape (R, N)
        At least two chains, from starts as different as can be, from their first sample on; at least 64 samples.
    limit : float
        R-hat that counts as equal.

    Returns
    -------
    Equilibration

    Raises
    ------
    InputError
        If there is one chain only, one is too short, or lengths differ.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> decay = 20 * np.exp(-np.arange(2000) / 50)
    >>> found = equilibration([rng.normal(size=2000) + decay, rng.normal(size=2000) - decay])
    >>> found.equilibrated, 100 < found.burn_in < 300
    (True, True)
    """
    rows = replicas("chains", chains, least=64)
    if len(rows) < 2:
        raise InputError("chains: expected at least two, from different starts; got one")
    length = min(row.size for row in rows)
    tried = np.array([0, length // 16, length // 8, length // 4, length // 2])
    r_hats = np.array([split_r_hat([row[burn:] for row in rows]) for burn in tried])
    good = np.flatnonzero(r_hats < limit)
    best = int(good[0]) if good.size else tried.size - 1
    return Equilibration(float(r_hats[best]), int(tried[best]), bool(good.size), tried, r_hats)
