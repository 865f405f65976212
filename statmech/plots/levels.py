"""Energy levels as the lines of a term diagram."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np

from statmech.errors import InputError
from statmech.plots.base import COLOURS, new_figure, pretty, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from statmech.levels import EnergyLevels

__all__ = ["plot_levels"]


def plot_levels(levels: EnergyLevels, *, count: int = 30, ax: Axes | None = None) -> Axes:
    """Draw the lowest levels, each a line, with its degeneracy where there is room.

    Parameters
    ----------
    levels : EnergyLevels
        Levels; equal ones are joined.
    count : int
        How many of the lowest levels are drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If ``count`` is not positive.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> plot_levels(EnergyLevels([0.0, 3.845], [1, 3], unit="cm-1")).get_ylabel()
    'Energy (cm⁻¹)'
    """
    if count < 1:
        raise InputError(f"count: expected a positive integer; got {count}")
    every = levels.combined()
    energies, log_g = every.energies[:count] + every.offset, every.log_g[:count]
    with style() if ax is None else nullcontext():
        if ax is None:
            ax = new_figure(3.2, 4.2).subplots()
        ax.hlines(energies, 0.0, 1.0, color=COLOURS[0], linewidth=1.3)
        span = float(np.ptp(energies)) or 1.0
        ax.set(xlim=(-0.05, 1.6), ylim=(energies[0] - 0.04 * span, energies[-1] + 0.06 * span), xticks=[])
        ax.set_ylabel("Energy" if levels.unit == "reduced" else f"Energy ({pretty(levels.unit)})")
        last = -math.inf
        for energy, logarithm in zip(energies, log_g, strict=True):
            if energy - last >= 0.035 * span:
                ax.text(1.06, energy, f"$g$ = {_power(float(logarithm))}", va="center", fontsize=8.0)
                last = energy
        rest = len(every) - energies.size
        if rest:
            ax.set_title(f"lowest {energies.size} of {len(every)} levels", loc="left")
        ax.spines[["top", "right", "bottom"]].set_visible(False)
        ax.tick_params(length=3.0, width=0.7)
    return ax


def _power(log_g: float) -> str:
    """exp(log_g) as it is printed, also beyond the largest float."""
    if log_g < math.log(1e6):
        return f"{math.exp(log_g):.6g}"
    exponent, rest = divmod(log_g / math.log(10.0), 1.0)
    return rf"${10.0**rest:.3g}\times 10^{{{exponent:.0f}}}$"
