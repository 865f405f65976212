r"""BAR: the free energy between two states from the work in both directions.

.. math:: \sum_{n \in F} \frac{1}{1 + e^{M + w_n - \Delta f}} = \sum_{n \in R} \frac{1}{1 + e^{-M + w_n + \Delta f}},
          \qquad M = \log \frac{n_F}{n_R}

Of all estimates from these works it has the least variance. Sources: C. H. Bennett, J. Comput. Phys. 22, 245 (1976);
for work out of equilibrium M. R. Shirts, E. Bair, G. Hooker and V. S. Pande, Phys. Rev. Lett. 91, 140601 (2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import Array, Estimate, bennett_difference

__all__ = ["BAR", "bar"]


@dataclass(frozen=True, eq=False)
class BAR(Estimate):
    """A difference of free energies.

    Attributes
    ----------
    delta_f, error : float
        f_1 - f_0 and its standard error.
    shared_samples : float
        sum_n p_n (1 - p_n), where p_n is the chance that sample n is of state 1: how many samples both share. The
        error is sqrt(1 / shared - 1 / n_F - 1 / n_R).
    """

    delta_f: float
    error: float
    shared_samples: float


def bar(w_F: npt.ArrayLike, w_R: npt.ArrayLike, *, check: bool = True) -> BAR:
    """Free-energy difference from forward and reverse work, in units of k_B T.

    Parameters
    ----------
    w_F : array_like, shape (n_F,)
        u_1 - u_0 at samples of state 0 (or the work of switching from 0 to 1); ``+inf`` allowed.
    w_R : array_like, shape (n_R,)
        u_0 - u_1 at samples of state 1 (or the work of switching back).
    check : bool
        Raise where the error exceeds 1: the states share less than one sample then.

    Returns
    -------
    BAR

    Raises
    ------
    InputError
        If a direction has fewer than two works (one has no error), or a number is nan or -inf.
    ConvergenceError
        If the error exceeds 1, ``.partial`` being the result; or no finite work at all.

    Examples
    --------
    Oscillators x^2 / 2 and x^2; exactly log(2) / 2 = 0.3466.

    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.normal(0, 1, 20000), rng.normal(0, 0.5**0.5, 20000)
    >>> found = bar(x**2 / 2, -(y**2) / 2)
    >>> abs(found.delta_f - np.log(2) / 2) < 3 * found.error < 0.03
    True
    """
    forward, reverse = _work("w_F", w_F), _work("w_R", w_R)
    if not (np.any(np.isfinite(forward)) and np.any(np.isfinite(reverse))):
        raise ConvergenceError("bar: a direction has no finite work: the states do not overlap; add one in between")
    # Infinite work is weight 0 on its side of the equation, yet counts in n.
    shift = math.log(forward.size / np.isfinite(forward).sum()) - math.log(reverse.size / np.isfinite(reverse).sum())
    delta = bennett_difference(forward[np.isfinite(forward)] + shift, reverse[np.isfinite(reverse)] - shift)
    ratio = math.log(forward.size / reverse.size)
    shared = sum(
        float(np.exp(-np.logaddexp(0.0, x) - np.logaddexp(0.0, -x)).sum())
        for x in (ratio + forward[np.isfinite(forward)] - delta, -ratio + reverse[np.isfinite(reverse)] + delta)
    )
    excess = 1.0 / shared - 1.0 / forward.size - 1.0 / reverse.size if shared > 0 else math.inf
    found = BAR(delta, math.sqrt(excess) if excess > 0 else 0.0, shared)
    if check and found.error > 1.0:
        raise ConvergenceError(
            f"bar: the states share {shared:.1e} of a sample: their difference has an error of {found.error:.1e} "
            "(at most 1 is known to mean something); add states in between, or samples",
            partial=found,
        )
    return found


def _work(name: str, values: npt.ArrayLike) -> Array:
    work = np.asarray(values, dtype=np.float64)
    if work.ndim != 1 or work.size < 2:
        raise InputError(f"{name}: expected work of shape (n,), n at least 2; got shape {work.shape}")
    if np.any(np.isnan(work) | np.isneginf(work)):
        raise InputError(f"{name}: expected numbers or +inf; got {work[np.isnan(work) | np.isneginf(work)][0]}")
    return work
