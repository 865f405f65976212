"""Bosons at one temperature."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from statmech.methods.grand_canonical.base import GasPoint, Orbitals, spread

__all__ = ["boson_point"]

Array = npt.NDArray[np.float64]


def boson_point(orbitals: Orbitals, T: float) -> GasPoint:
    r"""Everything of u = (epsilon_0 - mu)/T > 0 and x_i = (epsilon_i - epsilon_0)/T.

    .. math:: \beta (E_0 - F) = u N - \sum_i g_i \log(1 - e^{-x_i - u}), \quad \beta (U - E_0) = \sum_i g_i x_i f_i,
              \quad f_i = \frac{1}{e^{x_i + u} - 1}

    At fixed N the root of log N(u) - log N in log u lies between log(1 + g_0/N) and log(1 + G/N), G the number of
    states: a condensate of 1e23 has u = 1e-23 with all its digits.
    """
    e0, g = float(orbitals.energies[0]), orbitals.degeneracies
    gaps = orbitals.energies - e0
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        x = np.where(gaps == 0, 0.0, gaps / T)
        if orbitals.mu is not None:
            u = (e0 - orbitals.mu) / T if T else math.inf
        else:
            assert orbitals.number is not None
            u = _root(x, g, orbitals.number)
    if math.isinf(u):  # mu fixed, T = 0: nothing is there
        return GasPoint(0.0, 0.0, 0.0, 0.0, float(orbitals.mu or 0.0), 0.0, 0.0, 0.0, 0.0, 0.0)
    a = x + u
    with np.errstate(under="ignore", over="ignore", invalid="ignore", divide="ignore"):  # the branch not taken
        free = np.where(a < 0.7, np.log(-np.expm1(-a)), np.log1p(-np.exp(-a)))  # log(1 - e^-a)
        rest = -np.expm1(-a)
        half = np.exp(-0.5 * a)
        f = half * half / rest
        number = float((g * f).sum())
        unit = np.where(np.isinf(x), 0.0, gaps if math.isinf(T) else x)
        mean = float((g * (unit * half) * half / rest).sum())
        log_weights = np.where(np.isinf(a), -np.inf, np.log(g) - a - 2 * free)
    wanted = number if orbitals.number is None else orbitals.number
    log_z = u * wanted - float((g * free).sum())
    mu = e0 if T == 0 else -math.inf if math.isinf(T) else e0 - u * T
    return GasPoint(
        wanted * e0,
        log_z,
        mean,
        spread(log_weights, unit) if T else 0.0,
        mu if orbitals.mu is None else orbitals.mu,
        number,
        float(np.exp(log_weights).sum()),
        float((g * free).sum()) * T + 0.0 if not math.isinf(T) else -math.inf,
        float(g[0] * f[0]),
        abs(number - wanted) / wanted if wanted else 0.0,
    )


def _root(x: Array, g: Array, number: float) -> float:
    """u of a mean number of particles."""
    from scipy.optimize import brentq

    low, high = math.log1p(float(g[0]) / number), math.log1p(float(g[np.isfinite(x)].sum()) / number)

    def excess(v: float) -> float:
        a = x + math.exp(v)
        with np.errstate(under="ignore", over="ignore"):
            return math.log(float((g * np.exp(-a) / -np.expm1(-a)).sum())) - math.log(number)

    lower, upper = math.log(low) - 1e-12, math.log(high) + 1e-12
    if excess(lower) <= 0:  # the lowest level holds all, to rounding
        return low
    if excess(upper) >= 0:
        return high
    return math.exp(float(brentq(excess, lower, upper, xtol=1e-16, rtol=1e-15, maxiter=500)))
