"""Cumulants of a spectrum: the dominant energy and the rest, as a mixture of two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.summation.log_weights import log_rest
from statmech.summation.plain_weights import energy_sums, plain_rest
from statmech.summation.spectrum import Spectrum, prepare

__all__ = ["COMPILED_FROM", "sum_levels"]

Array = npt.NDArray[np.float64]

# From this many levels on a compiled loop (1.5 instead of 10 ns per level and temperature, where NumPy has no vector
# exponential) repays loading numba: 0.2 s within one table of 5000 temperatures, as line lists have them.
COMPILED_FROM = 4096


def sum_levels(
    levels: EnergyLevels,
    temperatures: npt.ArrayLike,
    fields: npt.ArrayLike | None = None,
    coupled: str = "magnetization",
) -> Cumulants:
    r"""Cumulants of a spectrum: log Z, mean and covariance of energy and observables.

    Parameters
    ----------
    levels : EnergyLevels
        The spectrum.
    temperatures : array_like, shape (T,)
        In kelvin where the levels have a physical unit, in units of the levels (k_B = 1) where they are reduced.
        Zero (the limit from above), infinite and negative temperatures are allowed.
    fields : array_like, shape (F,), optional
        Uniform fields h conjugate to the observable ``coupled``: the Hamiltonian becomes H - h M, formed level
        by level before anything is summed.
    coupled : str
        Name of the observable the fields couple to.

    Returns
    -------
    Cumulants
        Arrays of shape (T,), or (F, T) where fields are given. Energies are in the unit of the temperatures.

    Raises
    ------
    InputError
        If a temperature is nan or -0.0, or the levels do not carry the observable that the fields need.

    Examples
    --------
    A two-level system far below its gap: the entropy is 4e-215, with all its digits.

    >>> c = sum_levels(EnergyLevels([0.0, 1.0]), [1 / 500])
    >>> float(c.log_z[0] + c.mean[0, 0])  # doctest: +ELLIPSIS
    3.5694127797...e-215
    """
    temperature = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    inverse_temperature(temperature)  # refuses nan and -0.0
    if fields is None:
        return _sweep(levels, temperature, 0.0, coupled)
    values = np.asarray(fields, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.all(np.isfinite(values)):
        raise InputError(f"fields: expected finite numbers of shape (F,); got {fields!r}")
    if coupled not in levels.observables:
        raise InputError(
            f"fields: the levels carry no observable {coupled!r} to couple to; "
            f"they have {', '.join(levels.observables) or 'none'}"
        )
    return Cumulants.stack([_sweep(levels, temperature, float(h), coupled) for h in values])


def _sweep(levels: EnergyLevels, temperature: Array, h: float, coupled: str) -> Cumulants:
    n = 1 + len(levels.observables)
    log_z, mean = np.empty(temperature.size), np.empty((temperature.size, n))
    covariance, reference = np.empty((temperature.size, n, n)), np.empty(temperature.size)
    for from_top in (False, True):
        points = np.flatnonzero((temperature < 0) == from_top)
        if points.size:
            spectrum = prepare(levels, h, coupled, from_top)
            reference[points] = spectrum.reference
            if spectrum.log_g is None and n == 1:
                betas = spectrum.beta(temperature[points])
                warm = np.isfinite(betas)
                found = energy_sums(spectrum, betas[warm], compiled=len(levels) >= COMPILED_FROM)
                log_z[points[warm]], mean[points[warm], 0], covariance[points[warm], 0, 0] = found
                points = points[~warm]
            for t in points:
                log_z[t], mean[t], covariance[t] = _point(spectrum, float(temperature[t]))
    return Cumulants(temperature, reference, log_z, mean, covariance, tuple(levels.observables))


def _point(s: Spectrum, temperature: float) -> tuple[float, Array, Array]:
    """log Z relative to the reference, mean and covariance (component 0 in units of k_B T) at one temperature."""
    beta = float(s.beta(temperature))
    if np.isinf(beta):  # the limit T -> 0
        star = s.ground if s.log_g is None else int(s.tied[np.argmax(s.log_g[s.tied])])
        copies, mean, covariance = s.level(star, s.tied)
        return s.log_degeneracy(star) + copies, mean, covariance
    n = 1 + s.observables.shape[0]
    if s.log_g is None:
        star, tied = s.ground, s.tied
        rest, top = plain_rest(s, beta)
        log_star = s.log_degeneracy(s.ground)
    else:
        star = int(np.argmax(s.log_g - s.gaps * beta))
        tied = np.flatnonzero(s.energies == s.energies[star])
        rest, top, own = log_rest(s, star, tied, temperature)
        log_star = own + s.log_degeneracy(s.ground)
    copies, base, base_covariance = s.level(star, tied)
    factor = np.ones(n)
    factor[0] = beta if beta else s.unit  # component 0: beta (E - E0), or E - E0 at T = inf
    origin = base.copy()
    origin[0] = s.gaps[star]
    base[0] = s.gaps[star] * factor[0]
    if rest is None:
        return log_star + copies, base, base_covariance
    # A mixture of two: the dominant energy, and the rest at weight * exp(top) relative to it. The square root of that
    # ratio is what is multiplied, twice, so that p y^2 keeps its digits where p alone would be subnormal.
    root = float(np.sqrt(rest.weight * np.exp(-copies)) * np.exp(0.5 * top))
    ratio = root * root
    share = root / (1.0 + ratio)
    apart = (rest.mean - origin) * factor
    spread = rest.covariance * factor * factor[:, None]
    mean = base + (apart * root) * share
    between = np.multiply.outer(apart * root, apart * share) / (1.0 + ratio)
    covariance = base_covariance / (1.0 + ratio) + spread * root * share + between
    return log_star + copies + float(np.log1p(ratio)), mean, covariance
