"""Levels, and what a gas is at one temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["GasPoint", "Orbitals", "spread"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Orbitals:
    """Single-particle levels in rising order, in kelvin or units of the model; equal ones joined.

    Attributes
    ----------
    energies, degeneracies : array, shape (n,)
    number : float or None
        Mean number of particles, where it is fixed.
    mu : float or None
        Chemical potential, where that is.
    """

    energies: Array
    degeneracies: Array
    number: float | None
    mu: float | None


@dataclass(frozen=True)
class GasPoint:
    """One temperature: with y = (E - E0)/T (an energy at T = inf), ``log_z`` is (E0 - F)/T and ``variance`` is C_N."""

    reference: float
    log_z: float
    mean: float
    variance: float
    mu: float
    number: float
    number_variance: float
    omega: float
    lowest: float
    residual: float


def spread(log_weights: Array, x: Array) -> float:
    """Sum of w (x - mean x)^2 under weights exp(log_weights): Var E - Cov(E, N)^2 / Var N, of one sign throughout."""
    relative = np.exp(log_weights - log_weights.max())
    middle = float((relative * x).sum() / relative.sum())
    root = np.exp(0.5 * log_weights)
    return float(((root * (x - middle)) ** 2).sum())
