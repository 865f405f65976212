r"""Where a list of levels ends, and at which temperatures that is felt.

A list that was measured or computed ends although the spectrum goes on. Let the last level be at :math:`E_m` and let
the levels within kT below it have the degeneracies :math:`g_j`. If the density of states stayed as it is there, the
levels beyond would add the fraction

.. math:: \delta = \frac{1}{Z} \sum_{E_j > E_m - kT} g_j \, e^{-\beta E_m}

to Z, and :math:`\Delta C \approx \delta\,(x^2 + 2x + 2)\,k`, :math:`x = (E_m - U)/kT`, to the heat capacity, which
feels it first. A temperature is flagged where that exceeds 0.001 k (0.008 J/mol/K, the last digit of thermochemical
tables). Real densities of states grow, so the flag says that something is missing, never how much.

With an ionization limit the same is asked at the last level below it, because the series that converge there are cut
off somewhere; and levels above it are flagged where their own :math:`\sum p_i x_i^2` exceeds the same 0.001 k.

The ranges are those that the makers of line lists give (tests/test_guard_rails.py): CO of Li et al. (2015), made for
up to 9000 K, is flagged from 10 200 K, NO (up to 5000 K) from 4900 K, CaH of Yadin et al. (up to 3000 K) from 2240 K.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.levels import EnergyLevels
from statmech.status import Status
from statmech.units import kelvin_per

__all__ = ["TOLERATED", "LevelProfile"]

Array = npt.NDArray[np.float64]

TOLERATED = 1e-3
"""Change of the heat capacity, in k, that is not flagged."""

_EXACT = 65_536  # levels that are kept as they are; beyond that a histogram
_MOST_BINS = 8192


class LevelProfile:
    """Where the statistical weight of a list lies: the levels themselves, or a histogram where there are many.

    Bins have a width of a power of two and begin at multiples of it, doubled as the list needs it, so that the
    profile does not depend on the order of the levels or on their chunks.

    Parameters
    ----------
    truncated : bool
        Whether the spectrum goes on above the list.
    limit : float or None
        Ionization limit, on the scale of the energies.
    unit : str
        Energy unit of the levels.

    Examples
    --------
    >>> from statmech.summation import sum_levels
    >>> levels = EnergyLevels([0.0, 100.0], [1, 3], unit="cm-1", truncated=True)
    >>> LevelProfile.of(levels).status(np.array([10.0, 100.0]), sum_levels(levels, [10.0, 100.0])).tolist()
    [0, 1]
    """

    def __init__(self, truncated: bool, limit: float | None, unit: str) -> None:
        self.truncated, self.limit, self.unit = truncated, limit, unit
        self._lists: list[tuple[Array, Array]] = []
        self._count = 0
        self._exponent: int | None = None  # of the width of the bins; None while levels are kept
        self._first = 0  # number of the first bin
        self._bins = np.zeros(0)
        self._scale = 0.0  # weights are g exp(-scale)
        self._tops: list[float] = [-np.inf, -np.inf]  # of the list, and below the limit

    @classmethod
    def of(cls, levels: EnergyLevels) -> LevelProfile:
        """Of a whole list."""
        profile = cls(levels.truncated, levels.ionization_limit, levels.unit)
        profile.add(levels)
        return profile

    def add(self, levels: EnergyLevels) -> None:
        """Some more levels of the list, in the same unit."""
        keep = levels.populated
        if not np.any(keep):
            return
        energies = (levels.energies if keep.all() else levels.energies[keep]) + levels.offset
        self._tops[0] = max(self._tops[0], float(energies.max()))
        if self.limit is not None:
            bound = energies[energies <= self.limit]
            self._tops[1] = max(self._tops[1], float(bound.max()) if bound.size else -np.inf)
        if levels.log_degeneracies is not None:
            logs = levels.log_degeneracies[keep]
            top = max(self._scale, float(logs.max()))
            self._rescale(top)
            weights = np.exp(logs - top)
        else:
            plain = np.ones(energies.size) if levels.degeneracies is None else levels.degeneracies[keep]
            weights = plain * np.exp(-self._scale)
        self._lists.append((energies, weights))
        self._count += energies.size
        self._bin_many()

    def join(self, other: LevelProfile) -> None:
        """The levels of another part of the list."""
        self._tops = [max(pair) for pair in zip(self._tops, other._tops, strict=True)]
        self._rescale(other._scale)
        factor = float(np.exp(other._scale - self._scale))
        if other._exponent is None:
            self._lists += [(energies, weights * factor) for energies, weights in other._lists]
            self._count += other._count
        else:
            while self._exponent is not None and self._exponent < other._exponent:
                self._halve()
            if self._exponent is None:
                self._exponent, self._first = other._exponent, other._first
            used = np.flatnonzero(other._bins)
            middles = np.ldexp(other._first + used + 0.5, other._exponent)
            self._fill(middles, other._bins[used] * factor)
            self._count = max(self._count, _EXACT) + 1
        self._bin_many()

    def status(self, temperatures: Array, cumulants: Cumulants) -> npt.NDArray[np.int8]:
        """Flags at each temperature, shape (T,): ``levels_incomplete`` and ``above_ionization``.

        Parameters
        ----------
        temperatures : array, shape (T,)
            In kelvin, or units of the levels where they are reduced.
        cumulants : Cumulants
            Of the whole list at these temperatures, without a field.
        """
        unit = kelvin_per(self.unit)
        energies, weights = self._table()
        energies = energies * unit
        flags = np.zeros(temperatures.size, dtype=np.int8)
        tops = [top * unit for top in self._tops if top > -np.inf]
        limit = None if self.limit is None else self.limit * unit
        # at T < 0 and T = inf every level beyond would count as much as those listed
        endless = (temperatures < 0) | np.isinf(temperatures)
        if self.truncated:
            flags[endless] |= np.int8(Status.LEVELS_INCOMPLETE)
        if limit is not None and energies.max() > limit:
            flags[endless] |= np.int8(Status.ABOVE_IONIZATION)
        points = np.flatnonzero(~endless & (temperatures > 0))
        kT = temperatures[points]
        log_z, reference = cumulants.log_z[points] - self._scale, cumulants.reference[points]
        mean = reference + cumulants.mean[points, 0] * kT
        for top in tops if self.truncated else []:
            effect = _weighed(
                np.float64(top), _shares_below(top, energies, weights, kT), kT, reference, log_z, mean, 1.0
            )
            flags[points[effect > TOLERATED]] |= np.int8(Status.LEVELS_INCOMPLETE)
        if limit is not None:
            above = energies > limit
            for k, t in enumerate(points):
                each = _weighed(energies[above], weights[above], kT[k], reference[k], log_z[k], mean[k], 0.0)
                flags[t] |= Status.ABOVE_IONIZATION if each.sum() > TOLERATED else 0
        return flags

    def _table(self) -> tuple[Array, Array]:
        """Energies and weights: of the levels, or of the middles of the bins that are not empty."""
        if self._exponent is None:
            return (
                np.concatenate([energies for energies, _ in self._lists]),
                np.concatenate([weights for _, weights in self._lists]),
            )
        used = np.flatnonzero(self._bins)
        middles = np.minimum(np.ldexp(self._first + used + 0.5, self._exponent), self._tops[0])
        return middles, self._bins[used]

    def _bin_many(self) -> None:
        if self._count > _EXACT:
            for part in self._lists:
                self._fill(*part)
            self._lists = []

    def _rescale(self, top: float) -> None:
        if top > self._scale:
            factor = float(np.exp(self._scale - top))
            self._bins *= factor
            self._lists = [(energies, weights * factor) for energies, weights in self._lists]
            self._scale = top

    def _fill(self, energies: Array, weights: Array) -> None:
        low, high = float(energies.min()), float(energies.max())
        if self._exponent is None:
            self._exponent = int(np.frexp(max(high - low, abs(high) * 1e-12, 1e-300))[1]) - 12
            self._first = int(np.floor(np.ldexp(low, -self._exponent)))
        while True:
            first = min(self._first, int(np.floor(np.ldexp(low, -self._exponent))))
            last = max(self._first + self._bins.size - 1, int(np.floor(np.ldexp(high, -self._exponent))))
            if last - first < _MOST_BINS:
                break
            self._halve()
        bins = np.zeros(last - first + 1)
        bins[self._first - first : self._first - first + self._bins.size] = self._bins
        places = np.floor(np.ldexp(energies, -self._exponent)).astype(np.int64) - first
        self._bins = bins + np.bincount(places, weights, minlength=bins.size)
        self._first = first

    def _halve(self) -> None:
        """Bins of twice the width."""
        assert self._exponent is not None
        padded = np.concatenate([np.zeros(self._first % 2), self._bins])
        padded = np.concatenate([padded, np.zeros(padded.size % 2)])
        self._bins = padded[0::2] + padded[1::2]
        self._first //= 2
        self._exponent += 1


def _shares_below(top: float, energies: Array, weights: Array, temperatures: Array) -> Array:
    """Sum of the weights of all levels within kT below the last one, shape (T,), added from there downwards."""
    below = energies <= top
    distances = top - energies[below]
    nearest_first = np.argsort(distances, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weights[below][nearest_first])])
    shares: Array = sums[np.searchsorted(distances[nearest_first], temperatures, side="left")]
    return shares


def _weighed(
    energies: Array | np.float64,
    weights: Array,
    temperature: Array,
    reference: Array,
    log_z: Array,
    mean: Array,
    more: float,
) -> Array:
    """weights exp(-(E - reference)/T) / Z ((x + more)^2 + more), x = |E - mean|/T; in logs for any T > 0."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # where T is so small that y is infinite
        y = (energies - reference) / temperature
        x = np.abs(energies - mean) / temperature
        logs = np.log(weights) - y - log_z + 2 * np.log(np.hypot(x + more, more))
        here = np.isfinite(y) & (weights > 0)
        return np.where(here, np.exp(logs), 0.0)
