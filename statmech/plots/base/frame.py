"""What stands around curves: logarithmic axes where they help, and critical temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

__all__ = ["critical_temperatures", "finish", "is_geometric", "is_wide", "mark_critical", "set_logarithmic"]

Array = npt.NDArray[np.float64]

_WIDE = 100.0  # a positive axis that spans more is logarithmic, if its points are not equally spaced
_MOST_MARKS = 3  # critical temperatures that are marked


def critical_temperatures(dataset: Dataset) -> list[float]:
    """Critical temperatures that the methods of a result know, in the unit of its temperatures.

    Examples
    --------
    >>> import xarray
    >>> critical_temperatures(xarray.Dataset(attrs={"model_critical_temperature": "-; 2.269185314213022"}))
    [2.269185314213022]
    """
    texts = str(dataset.attrs.get("model_critical_temperature", "")).split(";")
    return [float(text) for text in texts if text.strip() not in ("", "-", "None")]


def finish(ax: Axes) -> None:
    """Frame, grid and ticks, the same in all figures."""
    import matplotlib

    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.88", linewidth=0.6)
    ax.set_axisbelow(True)
    # Ticks are made when the figure is drawn, then outside of our settings: pin their size now.
    ax.tick_params(length=3.0, width=0.7, labelsize=matplotlib.rcParams["xtick.labelsize"])


def set_logarithmic(ax: Axes) -> None:
    """A logarithmic axis of temperature, with a few plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    low, high = ax.get_xlim()
    if low > 5e-4 and high < 2e5:
        if high < _WIDE * low:  # two labels would be all
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_minor_formatter(NullFormatter())  # 3 x 10^2 would lie on 200 and 500
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def mark_critical(ax: Axes, dataset: Dataset, points: Array) -> None:
    """A line at every critical temperature inside the figure, if it is a few."""
    known = [tc for tc in critical_temperatures(dataset) if points.size and points[0] < tc < points[-1]]
    for tc in known if len(known) <= _MOST_MARKS else []:
        ax.axvline(tc, color="0.35", linewidth=0.8, linestyle=(0, (1, 2)), zorder=1, label="_critical")
        ax.annotate(
            r"$T_\mathrm{c}$", (tc, 1.0), (3, -1), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", color="0.25", fontsize=8.5,
        )  # fmt: skip


def is_geometric(points: Array) -> bool:
    """Whether an axis is better logarithmic: over two decades and not equally spaced, or one in equal ratios."""
    points = np.sort(points[np.isfinite(points) & (points != 0)])
    if points.size < 3 or points[0] < 0 or points[-1] < 10 * points[0]:
        return False
    steps, ratios = np.diff(points), np.diff(np.log(points))
    if np.ptp(steps) < 0.01 * steps.mean():
        return False
    return bool(points[-1] > _WIDE * points[0] or np.ptp(ratios) < 0.01 * ratios.mean())


def is_wide(values: npt.NDArray[Any]) -> bool:
    """Whether positive numbers span more than two decades."""
    return bool(values.min() > 0 and values.max() > _WIDE * values.min())
