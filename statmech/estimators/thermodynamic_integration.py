r"""Thermodynamic integration: a free energy as the area under a mean force.

.. math:: \Delta f = \int_a^b \Bigl\langle \frac{\partial u}{\partial \lambda} \Bigr\rangle_\lambda d\lambda
          \approx \sum_k w_k \langle \partial_\lambda u \rangle_k

The error has two parts, told apart: that of the means, sqrt(sum w_k^2 sigma_k^2), and that of the rule, estimated by
what a second rule of other weights gives beyond the noise.

Source: J. G. Kirkwood, J. Chem. Phys. 3, 300 (1935).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.base import Array, Estimate

__all__ = ["ThermodynamicIntegration", "thermodynamic_integration"]

_ROUNDED = 6e-5  # programs print nodes with four or five decimals


@dataclass(frozen=True, eq=False)
class ThermodynamicIntegration(Estimate):
    """An integral of means, with both parts of its error.

    Attributes
    ----------
    delta_f : float
        The integral.
    error : float
        Standard error: both parts in quadrature.
    statistical_error, discretisation_error : float
        Of the means, and of the rule.
    weights : array, shape (K,)
        w_k.
    rule : str
        ``trapezoid``, ``simpson`` or ``gauss_legendre``.
    """

    delta_f: float
    error: float
    statistical_error: float
    discretisation_error: float
    weights: Array
    rule: str


def thermodynamic_integration(
    lambda_k: npt.ArrayLike,
    mean_k: npt.ArrayLike,
    error_k: npt.ArrayLike | None = None,
    *,
    rule: Literal["auto", "trapezoid", "simpson", "gauss_legendre"] = "auto",
    interval: tuple[float, float] | None = None,
) -> ThermodynamicIntegration:
    """Integrate means of du/dlambda at given lambdas.

    Parameters
    ----------
    lambda_k : array_like, shape (K,)
        Rising; at least 3.
    mean_k, error_k : array_like, shape (K,)
        <du/dlambda> and its standard errors (0 if left out: exact means).
    rule : str
        ``auto`` takes Gauss-Legendre where the lambdas are its nodes on ``interval``, rounded to four decimals or more
        (the weights are then those of the nodes as given), Simpson where they are evenly spaced and odd in number, else
        trapezoids.
    interval : (float, float), optional
        For Gauss-Legendre, whose nodes lie inside; by default (0, 1). The other rules integrate from the first lambda
        to the last, which are the interval where it is given.

    Returns
    -------
    ThermodynamicIntegration

    Raises
    ------
    InputError
        If shapes do not fit, lambdas do not rise, or the rule asked for does not fit them.

    Examples
    --------
    >>> lam = np.linspace(0, 1, 5)
    >>> found = thermodynamic_integration(lam, lam**3, np.full(5, 0.01))
    >>> found.rule, round(found.delta_f, 12), round(found.statistical_error, 4)
    ('simpson', 0.25, 0.0051)
    """
    lam, means = np.asarray(lambda_k, dtype=np.float64), np.asarray(mean_k, dtype=np.float64)
    sigma = np.zeros_like(means) if error_k is None else np.asarray(error_k, dtype=np.float64)
    if lam.ndim != 1 or lam.size < 3 or not np.all(np.isfinite(lam)) or np.any(np.diff(lam) <= 0):
        raise InputError(f"lambda_k: expected at least three rising numbers; got {lambda_k!r}")
    for name, values in (("mean_k", means), ("error_k", sigma)):
        if values.shape != lam.shape or not np.all(np.isfinite(values)):
            raise InputError(f"{name}: expected {lam.size} finite numbers, one for each lambda; got {values!r}")
    if np.any(sigma < 0):
        raise InputError(f"error_k: expected standard errors >= 0; got {sigma.min()}")
    steps = np.diff(lam)
    even = bool(np.allclose(steps, steps[0], rtol=1e-6)) and lam.size % 2 == 1
    nodes, gauss_weights = np.polynomial.legendre.leggauss(lam.size)
    low, high = (0.0, 1.0) if interval is None else interval
    off = float(np.max(np.abs(lam - low - (high - low) * (nodes + 1) / 2))) / abs(high - low) if high > low else np.inf
    gauss = off < _ROUNDED
    chosen = rule if rule != "auto" else "gauss_legendre" if gauss else "simpson" if even else "trapezoid"
    if chosen == "gauss_legendre" and not gauss:
        raise InputError(f"rule: these {lam.size} lambdas are not the Gauss-Legendre nodes on {(low, high)}")
    if chosen == "simpson" and not even:
        raise InputError("rule: simpson needs an odd number of evenly spaced lambdas")
    if chosen != "gauss_legendre" and interval is not None and not np.allclose([lam[0], lam[-1]], interval, atol=1e-12):
        raise InputError(
            f"interval: the {chosen} rule integrates from the first lambda to the last, {lam[0]:g} to {lam[-1]:g}; "
            f"got {interval}"
        )
    if chosen == "gauss_legendre":
        weights = gauss_weights * (high - low) / 2 if off < 1e-12 else _interpolatory(lam, low, high)
        second = _interpolatory(np.delete(lam, lam.size // 2), low, high)
        second = np.insert(second, lam.size // 2, 0.0)
    elif chosen == "simpson":
        weights = np.full(lam.size, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        weights *= (lam[-1] - lam[0]) / (3 * (lam.size - 1))
        second = _gregory_weights(lam)
    elif chosen == "trapezoid":
        weights = np.zeros(lam.size)
        weights[:-1] += 0.5 * steps
        weights[1:] += 0.5 * steps
        second = _spline_weights(lam)
    else:
        raise InputError(f"rule: expected auto, trapezoid, simpson or gauss_legendre; got {rule!r}")
    difference = second - weights
    beyond = float(difference @ means) ** 2 - float(difference**2 @ sigma**2)  # its noise is in the other part
    statistical = float(np.sqrt(weights**2 @ sigma**2))
    discretisation = float(np.sqrt(beyond)) if beyond > 0 else 0.0
    return ThermodynamicIntegration(
        float(weights @ means),
        float(np.hypot(statistical, discretisation)),
        statistical,
        discretisation,
        weights,
        chosen,
    )


def _interpolatory(lam: Array, low: float, high: float) -> Array:
    """Weights of the rule that integrates polynomials through all lambdas exactly."""
    scaled = (2 * lam - low - high) / (high - low)
    moments = np.zeros(lam.size)
    moments[0] = 2.0  # the integral of every Legendre polynomial but the first is 0
    weights = np.linalg.solve(np.polynomial.legendre.legvander(scaled, lam.size - 1).T, moments)
    return np.asarray(weights * (high - low) / 2)


def _gregory_weights(lam: Array) -> Array:
    """Evenly spaced trapezoids with end corrections by first and second differences (first alone for three)."""
    weights = np.ones(lam.size)
    weights[[0, -1]] = 0.5
    corrections = [(1 / 12, (-1, 1)), (-1 / 24, (1, -2, 1))]
    for factor, difference in corrections[: 1 if lam.size == 3 else 2]:
        weights[: len(difference)] += factor * np.array(difference)
        weights[::-1][: len(difference)] += factor * np.array(difference)
    return np.asarray(weights * (lam[1] - lam[0]))


def _spline_weights(lam: Array) -> Array:
    """Weights of the integral of the cubic spline through all lambdas (a parabola through three)."""
    if lam.size == 3:
        return _interpolatory(lam, float(lam[0]), float(lam[-1]))
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(lam, np.eye(lam.size)).integrate(lam[0], lam[-1]))
