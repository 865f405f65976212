"""Densities of states: log g over the energy, the microcanonical entropy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.logspace import logsumexp
from statmech.plots.base import COLOURS, DASHES, MARKERS, finish, new_figure, pretty, style
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics
from statmech.units import is_physical, kelvin_per

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from statmech.levels import EnergyLevels

__all__ = ["plot_density_of_states"]

Array = npt.NDArray[np.float64]

_MANY = 2000  # distinct levels from which they are counted in bins
_FEW = 60  # up to here every level gets a marker
_BINS = 200


def plot_density_of_states(
    levels: EnergyLevels,
    *,
    per: str = "system",
    bins: int | None = None,
    temperatures: Sequence[float] = (),
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw :math:`S(E)/k_B = \log g(E)`; further calls on the same axes take further colours and markers.

    Parameters
    ----------
    levels : EnergyLevels
        Levels; equal ones are joined. Degeneracies beyond the largest float are no problem.
    per : {"system", "site"}
        Divide energy and logarithm by the number of sites, so that sizes can be compared.
    bins : int, optional
        Count the states in that many equal intervals of energy; by default so with more than 2000 distinct levels.
    temperatures : sequence of float
        At each of these a point at the mean energy, where the slope of S(E) is about 1/T.
    label : str, optional
        For the key.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If ``per`` is unknown, or asked of levels without sites, or bins is not positive.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> ax = plot_density_of_states(EnergyLevels([-4.0, 0.0, 4.0], [2, 12, 2]))
    >>> ax.get_ylabel()
    'Logarithm of the degeneracy, $\\log\\, g$'
    """
    if per not in ("system", "site"):
        raise InputError(f"per: expected 'system' or 'site'; got {per!r}")
    if per == "site" and levels.sites is None:
        raise InputError("per: 'site' needs levels with sites; these have none, give EnergyLevels(..., sites=N)")
    if bins is not None and bins < 1:
        raise InputError(f"bins: expected a positive integer; got {bins}")
    size = float(levels.sites or 1) if per == "site" else 1.0
    every = levels.combined()
    count = bins if bins is not None else _BINS if len(every) > _MANY else None
    energies, log_g = every.energies + every.offset, every.log_g
    if count is not None:
        energies, log_g = _counted(energies, log_g, count)
    with style() if ax is None else nullcontext():
        if ax is None:
            ax = new_figure(4.8, 3.4).subplots()
        known = sum(1 for line in ax.get_lines() if line.get_gid() == "density")
        colour, marker = COLOURS[known % len(COLOURS)], MARKERS[known % len(MARKERS)]
        few = energies.size <= _FEW
        ax.plot(
            energies / size,
            log_g / size,
            gid="density",
            color=colour,
            label=label or "_density",
            linestyle=DASHES[known % len(DASHES)] if count is None else "none",
            linewidth=0.8 if few else 1.4,
            marker=marker if few or count is not None else "None",
            markersize=3.5 if few else 2.5,
        )
        _mark_temperatures(ax, levels, temperatures, energies, log_g, size)
        about = " per site" if per == "site" else ""
        unit = "" if levels.unit == "reduced" else f" ({pretty(levels.unit)})"
        ax.set_xlabel(f"Energy{about}{unit}")
        ax.set_ylabel(rf"Logarithm of the {'degeneracy' if count is None else 'states per bin'}{about}, $\log\, g$")
        finish(ax)
        if label is not None:
            ax.legend(frameon=False)
    return ax


def _counted(energies: Array, log_g: Array, count: int) -> tuple[Array, Array]:
    """Centres of the occupied bins and the logarithm of the states in each."""
    edges = np.linspace(energies[0], energies[-1], count + 1)
    place = np.minimum(np.searchsorted(edges, energies, side="right") - 1, count - 1)
    occupied = np.unique(place)
    sums = [float(logsumexp(log_g[place == k])) for k in occupied]
    return (0.5 * (edges[1:] + edges[:-1]))[occupied], np.array(sums)


def _mark_temperatures(
    ax: Axes, levels: EnergyLevels, temperatures: Sequence[float], energies: Array, log_g: Array, size: float
) -> None:
    """Points at the mean energies; the heights are read off the curve."""
    if len(temperatures) == 0:
        return
    cumulants = sum_levels(levels, np.asarray(temperatures, dtype=np.float64))
    kelvin = kelvin_per(levels.unit) if is_physical(levels.unit) else 1.0
    means = thermodynamics(cumulants).internal_energy / kelvin
    heights = np.interp(means, energies, log_g)
    ax.plot(means / size, heights / size, linestyle="none", marker="o", markersize=5.5, color="white", mec="0.1", mew=1)
    for temperature, energy, height in zip(temperatures, means / size, heights / size, strict=True):
        ax.annotate(
            f"$T$ = {temperature:.4g}", (energy, height), (7, -4), textcoords="offset points", va="top", fontsize=8.0
        )
