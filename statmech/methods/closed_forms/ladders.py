"""What the closed forms of ladders share: few levels when cold, a fast series when hot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.levels import EnergyLevels
from statmech.methods.closed_forms.jets import Jet
from statmech.summation import sum_levels
from statmech.units import kelvin_per

__all__ = ["cold_and_hot", "identity"]

Array = npt.NDArray[np.float64]


def cold_and_hot(
    temperatures: Array, quantum: float, border: float, levels: EnergyLevels, hot: Callable[[Jet], Jet]
) -> Cumulants:
    r"""Cumulants from a level sum at s = quantum/T >= ``border`` and from log Z_rel(s) below.

    .. math:: \langle y \rangle = -s\, \frac{d \log Z_\mathrm{rel}}{ds}, \qquad
              \operatorname{Var} y = s^2\, \frac{d^2 \log Z_\mathrm{rel}}{ds^2}

    Parameters
    ----------
    temperatures : array, shape (T,)
        T >= 0 in kelvin, or units of the levels where these are reduced.
    quantum : float
        Unit of the ladder, in the unit of the levels.
    levels : EnergyLevels
        Enough of them for s >= border.
    hot : callable
        The jet of s to the jet of log Z relative to the ground level of ``levels``.
    """
    with np.errstate(divide="ignore", over="ignore"):  # s = inf at T = 0
        s = quantum * kelvin_per(levels.unit) / temperatures
    cold = s >= border
    log_z, mean, variance = (np.empty(temperatures.shape) for _ in range(3))
    reference = np.full(temperatures.shape, (levels.energies[0] + levels.offset) * kelvin_per(levels.unit))
    if np.any(cold):
        part = sum_levels(levels, temperatures[cold])
        log_z[cold], mean[cold], variance[cold] = part.log_z, part.mean[:, 0], part.covariance[:, 0, 0]
    if not np.all(cold):
        x = s[~cold]
        jet = hot(identity(x))
        log_z[~cold], mean[~cold], variance[~cold] = jet.value, -x * jet.first, x * x * jet.second
    return Cumulants(temperatures, reference, log_z, mean[:, None], variance[:, None, None])


def identity(s: Array) -> Jet:
    """s as a function of itself."""
    return Jet(s, np.ones(s.shape), np.zeros(s.shape))
