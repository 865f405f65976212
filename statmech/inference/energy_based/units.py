"""Units that are 0 or 1: sums over one, its probability, and draws, for whole arrays of independent units."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["activation", "check_tau", "draw", "probabilities", "softplus_sum"]

Array = npt.NDArray[np.float64]

_FACTORS = 512  # 2^512 is far from overflow


def softplus_sum(x: Array, axis: int) -> Array:
    """``sum_j log(1 + exp(x_j))`` along one axis: the sum over all states of independent units, as a logarithm.

    Written as ``sum_j max(x_j, 0) + log prod_j (1 + exp(-|x_j|))``, one logarithm per 512 units; where the product is
    below 2 it is summed by log1p, so a result of 1e-300 keeps its digits.

    Parameters
    ----------
    x : ndarray, at least one axis
        Log-odds of each unit, dimensionless.
    axis : int
        Axis of the units.

    Returns
    -------
    ndarray, the shape of x without that axis

    Examples
    --------
    >>> softplus_sum(np.array([[1000.0, 0.0], [-50.0, -50.0]]), axis=1)
    array([1.00069315e+03, 3.85749970e-22])
    """
    x = np.moveaxis(x, axis, 0)
    t = np.abs(x)
    np.negative(t, out=t)
    np.exp(t, out=t)  # cannot overflow; an underflow to 0 is below rounding beside the other terms
    rest = np.zeros(x.shape[1:])
    for start in range(0, len(x), _FACTORS):
        part = t[start : start + _FACTORS]
        product = np.multiply.reduce(1.0 + part, axis=0)
        small = product < 2.0
        if small.any():
            rest[small] += np.log1p(part[:, small]).sum(axis=0)
            rest[~small] += np.log(product[~small])
        else:
            rest += np.log(product)
    return np.asarray(np.add.reduce(np.maximum(x, 0.0), axis=0) + rest)


def activation(x: Array) -> Array:
    """Probability ``1 / (1 + exp(-x))`` that a unit with log-odds x is 1.

    Examples
    --------
    >>> activation(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore", under="ignore"):  # exp(1000) = inf gives the right limit, 0
        p = np.exp(-x)
        p += 1.0
        return np.asarray(np.reciprocal(p, out=p))


def draw(probability: Array, generator: np.random.Generator) -> Array:
    """Zeros and ones (as floats, for the next product), 1 with the given probabilities."""
    return (generator.random(probability.shape) < probability).astype(np.float64)


def check_tau(tau: float, zero: bool) -> None:
    """Refuse nan and -0.0, and 0.0 unless `zero`."""
    if math.isnan(tau) or (tau == 0.0 and (not zero or math.copysign(1.0, tau) < 0.0)):
        raise InputError(
            f"tau: expected a number{'' if zero else ' other than 0; ground_state() is the limit'}; got {tau}"
        )


def probabilities(field: Array, tau: float) -> Array:
    """Probability that each unit is 1 in its field: 0, 1, or 1/2 at a tie, if tau = 0."""
    check_tau(tau, zero=True)
    if tau == 0.0:
        return np.heaviside(field, 0.5)
    with np.errstate(over="ignore"):  # an infinite log-odds is a certainty
        return activation(field / tau)
