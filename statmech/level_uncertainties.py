r"""Uncertain energies to uncertain thermodynamics, to first order, for independent errors of the levels.

With :math:`p_i = g_i e^{-\beta E_i}/Z`, :math:`x_i = \beta (E_i - U)` and C in k,

.. math:: \partial F = p_i, \quad \partial \log Z = -\beta p_i, \quad \partial U = p_i (1 - x_i), \quad
          \partial S = -\beta p_i x_i, \quad \partial C = \beta p_i (2 x_i - x_i^2 + C)

by E_i, and :math:`\sigma_Y^2 = \sum_i (\partial Y / \partial E_i)^2 \sigma_i^2`. F and U above the reference level r
lose what moves both: there :math:`\partial (F - E_0) = p_i - \delta_{ir}`, with :math:`1 - p_r` summed over the other
levels, so that it keeps its digits where it is 1e-200.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.levels import EnergyLevels
from statmech.units import kelvin_per

__all__ = ["propagated_errors"]

Array = npt.NDArray[np.float64]

_BLOCK = 16_384
_ROUNDED = 4 * np.finfo(np.float64).eps  # the reference of a sum in parts is rounded
_NAMES = ("free_energy", "internal_energy", "entropy", "heat_capacity", "free_energy_excess", "internal_energy_excess")


def propagated_errors(
    parts: Iterable[EnergyLevels], temperatures: npt.ArrayLike, cumulants: Cumulants
) -> dict[str, Array]:
    """Standard errors of all thermodynamic functions from those of the levels.

    Parameters
    ----------
    parts : iterable of EnergyLevels
        The list, whole or in chunks; chunks without uncertainties count as exact.
    temperatures : array_like, shape (T,)
        In kelvin, or units of the levels where they are reduced.
    cumulants : Cumulants
        Of the whole list at these temperatures, without a field.

    Returns
    -------
    dict of str to array, shape (T,)
        ``log_z``, ``free_energy``, ``internal_energy``, ``entropy``, ``heat_capacity``, ``reference_energy``,
        ``free_energy_excess`` and ``internal_energy_excess``, in units of the temperatures (k_B = 1).

    Examples
    --------
    A gap known to 1 % at T = gap: S is uncertain by p x sigma / T.

    >>> from statmech.summation import sum_levels
    >>> levels = EnergyLevels([0.0, 1.0], uncertainties=[0.0, 0.01])
    >>> errors = propagated_errors([levels], [1.0], sum_levels(levels, [1.0]))
    >>> round(float(errors["free_energy"][0]), 8), round(float(errors["entropy"][0]), 8)
    (0.00268941, 0.00196612)
    """
    temperature = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    norms = np.zeros((len(_NAMES), temperature.size))  # of all levels but the reference
    others = np.zeros(temperature.size)  # 1 - p of the reference
    share = np.zeros(temperature.size)  # p of the reference
    own = np.full(temperature.size, np.nan)  # its uncertainty
    for part in _blocks(parts):
        unit = kelvin_per(part.unit)
        energies = (part.energies + part.offset) * unit
        sigma = np.zeros(len(part)) if part.uncertainties is None else part.uncertainties * unit
        for t, value in enumerate(temperature.tolist()):
            gap = energies - cumulants.reference[t]
            gap[np.abs(gap) <= _ROUNDED * abs(cumulants.reference[t])] = 0.0
            first = int(np.argmin(np.abs(gap)))
            is_reference = gap[first] == 0 and np.isnan(own[t])
            if is_reference:
                own[t] = sigma[first]
            p, slopes = _slopes(part, gap, value, cumulants, t)
            if is_reference:
                share[t], p[first] = p[first], 0.0
                slopes[:, first] = 0.0
            others[t] += p.sum()
            for k in range(len(_NAMES)):
                norms[k, t] = np.hypot(norms[k, t], _norm(slopes[k] * sigma))
    return _with_reference(norms, others, share, np.where(np.isnan(own), 0.0, own), temperature, cumulants)


def _blocks(parts: Iterable[EnergyLevels]) -> Iterator[EnergyLevels]:
    for part in parts:
        keep = part.populated
        for start in range(0, len(part), _BLOCK):
            rows = np.flatnonzero(keep[start : start + _BLOCK]) + start
            if rows.size:
                yield EnergyLevels(
                    part.energies[rows],
                    log_degeneracies=part.log_g[rows],
                    unit=part.unit,
                    offset=part.offset,
                    uncertainties=None if part.uncertainties is None else part.uncertainties[rows],
                )


def _slopes(part: EnergyLevels, gap: Array, temperature: float, c: Cumulants, t: int) -> tuple[Array, Array]:
    """p_i, and the derivative of each function by E_i, shapes (n,) and (functions, n), reference not yet apart."""
    if temperature == 0:
        p = np.where(gap == 0, np.exp(part.log_g - c.log_z[t]), 0.0)
        zero = np.zeros_like(p)
        return p, np.array([p, p, zero, zero, p, p])
    beta = 0.0 if np.isinf(temperature) else 1.0 / temperature
    y = gap * beta
    p = np.exp(part.log_g - y - c.log_z[t])
    x = y - c.mean[t, 0] if beta else y
    of_energy = p * (1.0 - x)
    return p, np.array([p, of_energy, beta * p * x, beta * p * _capacity_slope(x, c.covariance[t, 0, 0]), p, of_energy])


def _capacity_slope(x: Array, capacity: npt.ArrayLike) -> Array:
    slope: Array = x * (2.0 - x) + np.asarray(capacity, dtype=np.float64)
    return slope


def _norm(values: Array) -> float:
    """Root of the sum of squares, where the squares would be subnormal too."""
    top = float(np.max(np.abs(values)))
    return 0.0 if top == 0 else top * float(np.sqrt(np.sum((values / top) ** 2)))


def _with_reference(
    norms: Array, others: Array, share: Array, own: Array, temperature: Array, c: Cumulants
) -> dict[str, Array]:
    """Add the reference level, whose share is 1 less that of all others."""
    finite = (temperature != 0) & np.isfinite(temperature)
    safe = np.where(finite, temperature, 1.0)
    beta = np.where(finite, 1.0 / safe, 0.0)
    mean = np.where(finite, c.mean[:, 0], 0.0)
    x = -mean
    slopes = {
        "free_energy": share,
        "internal_energy": share * (1.0 - x),
        "entropy": beta * share * x,
        "heat_capacity": beta * share * _capacity_slope(x, np.where(finite, c.covariance[:, 0, 0], 0.0)),
        "free_energy_excess": -others,
        "internal_energy_excess": -others - share * x,
    }
    found = {name: np.hypot(norms[k], np.abs(slopes[name]) * own) for k, name in enumerate(_NAMES)}
    with np.errstate(divide="ignore", invalid="ignore"):  # at T = 0 log Z is infinite, and so is its error
        log_z = found["free_energy"] / np.abs(temperature)
    log_z = np.where(found["free_energy"] == 0, 0.0, log_z)
    return {"log_z": log_z, **found, "reference_energy": own}
