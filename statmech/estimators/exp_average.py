r"""Exponential averaging: a free energy from work in one direction.

.. math:: \Delta f = -\log \langle e^{-w} \rangle_0

Sources: R. W. Zwanzig, J. Chem. Phys. 22, 1420 (1954); out of equilibrium C. Jarzynski, Phys. Rev. Lett. 78, 2690
(1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.estimators.base import Estimate, poor_weights, weight_average

__all__ = ["ExponentialAverage", "exp_average"]


@dataclass(frozen=True, eq=False)
class ExponentialAverage(Estimate):
    """f_1 - f_0 from samples of state 0.

    Attributes
    ----------
    delta_f, error : float
        The difference and its standard error to first order.
    effective_samples : float
        (sum w)^2 / sum w^2 of the weights exp(-w).
    tail_shape : float
        k of the largest weights (generalised Pareto); from 1 on their mean is not known, above 0.7 the error is often
        too small. nan where too few weights differ to tell.
    """

    delta_f: float
    error: float
    effective_samples: float
    tail_shape: float


def exp_average(w_F: npt.ArrayLike, *, check: bool = True) -> ExponentialAverage:
    """Free-energy difference from forward work, in units of k_B T.

    Parameters
    ----------
    w_F : array_like, shape (n,)
        u_1 - u_0 at independent samples of state 0; ``+inf`` where state 1 forbids the sample.
    check : bool
        Raise where fewer than 5 effective samples reach state 1, or the tail of the weights has no mean: samples that
        miss state 1 altogether do not know how few they are.

    Returns
    -------
    ExponentialAverage

    Raises
    ------
    InputError
        If there are fewer than two samples, or one is nan or -inf.
    ConvergenceError
        If the samples do not reach state 1; ``.partial`` is the result. Use :func:`bar` or states in between.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=20000)
    >>> found = exp_average(x**2 / 2)  # x^2 / 2 -> x^2
    >>> abs(found.delta_f - np.log(2) / 2) < 3 * found.error < 0.02
    True
    """
    work = np.asarray(w_F, dtype=np.float64)
    if work.ndim != 1 or work.size < 2:
        raise InputError(f"w_F: expected at least two samples of shape (n,); got shape {work.shape}")
    if np.any(np.isnan(work) | np.isneginf(work)):
        raise InputError(f"w_F: expected numbers or +inf; got {work[np.isnan(work) | np.isneginf(work)][0]}")
    if np.all(np.isposinf(work)):
        raise ConvergenceError("exp_average: state 1 forbids every sample: their difference cannot be estimated")
    average = weight_average(-work)
    found = ExponentialAverage(-average.log_mean, average.error, average.effective, average.tail)
    poor = poor_weights(average.effective, average.tail, work.size)
    if check and poor:
        raise ConvergenceError(
            f"exp_average: {poor}; the samples do not reach state 1: add states in between, or use bar "
            "with samples of both",
            partial=found,
        )
    return found
