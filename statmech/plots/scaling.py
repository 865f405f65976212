"""Finite-size scaling: curves of several sizes, the critical temperature, and their collapse onto one."""

from __future__ import annotations

import math
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from statmech.errors import InputError
from statmech.estimators.crossings import Crossing, crossings
from statmech.plots.base import (
    DASHES,
    MARKERS,
    MOST_KEYS,
    axis_label,
    critical_temperatures,
    draw_curves,
    finish,
    hue_of,
    new_figure,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

__all__ = ["plot_scaling"]


def plot_scaling(
    dataset: Dataset,
    name: str = "susceptibility",
    *,
    size: str | None = None,
    crossing: str = "binder_cumulant",
    critical_temperature: float | None = None,
    nu: float = 1.0,
    exponent: float = 0.0,
    fig: Any = None,
) -> Any:
    r"""Draw one variable for several sizes, and :math:`L^{-x/\nu} Y` over :math:`(T - T_c) L^{1/\nu}`.

    The collapsed curves fall onto one where Tc and the exponents are right and L is large: x is gamma for chi per
    site, -beta for the magnetisation, 0 for the Binder cumulant.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results over ``temperature`` and an axis of sizes (shapes ``8x8`` or numbers L); an infinite size is drawn
        beside the others and left out of the collapse.
    name : str
        Variable.
    size : str, optional
        Axis of the sizes; by default the one that changes the number of sites, or the only one left.
    crossing : str
        Variable that gives Tc where curves of neighbouring sizes cross, if it is there: then its panel comes first.
    critical_temperature : float, optional
        Tc; by default from the crossing of the two largest sizes, or what the results know.
    nu, exponent : float
        nu and x.
    fig : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Figure or SubFigure
        Its last axes are the collapse.

    Raises
    ------
    InputError
        If a name is not there, there are fewer than two finite sizes, or Tc is not known.

    Examples
    --------
    >>> import xarray
    >>> t = np.linspace(1.0, 3.0, 9)
    >>> curves = np.array([np.tanh((2.0 - t) * L) for L in (4, 8)]).T
    >>> ds = xarray.Dataset({"binder_cumulant": (("temperature", "L"), curves)}, {"temperature": t, "L": [4, 8]})
    >>> figure = plot_scaling(ds, "binder_cumulant")
    >>> figure.axes[0].texts[0].get_text()
    '$T_\\mathrm{c}$ = 2.0000'
    """
    for variable in (name, *([size] if size else [])):
        if variable not in dataset.variables:
            raise InputError(f"name, size: expected one of {', '.join(map(str, dataset.variables))}; got {variable!r}")
    if nu <= 0:
        raise InputError(f"nu: expected a positive number; got {nu}")
    axis = size or _size_axis(dataset, name)
    dataset = dataset.sel(temperature=np.isfinite(dataset["temperature"])).sortby("temperature")
    lengths = [_length(value) for value in dataset[axis].values.tolist()]
    order = sorted((k for k, length in enumerate(lengths) if math.isfinite(length)), key=lambda k: lengths[k])
    if len(order) < 2:
        raise InputError(f"size: expected two finite sizes along {axis!r} or more; got {len(order)}")
    found = _found(dataset, crossing, axis, order) if crossing in dataset else []
    known = critical_temperatures(dataset)
    if critical_temperature is None:
        if not found and not known:
            raise InputError(
                f"critical_temperature: not given, and these results have neither {crossing!r} nor a known one: "
                "give critical_temperature=..."
            )
        critical_temperature = found[-1].place if found else known[-1]
    panels = [crossing] if found and name != crossing else []
    look = hue_of(dataset, axis)
    with style() if fig is None else nullcontext():
        if fig is None:
            fig = new_figure(3.5 * (len(panels) + 2), 3.2)
        axes = list(np.atleast_1d(fig.subplots(1, len(panels) + 2)))
        for ax, variable in zip(axes, [*panels, name], strict=False):
            draw_curves(ax, dataset, variable, "temperature", look)
        _mark(axes[0], critical_temperature, found)
        _collapse(axes[-1], dataset, name, axis, order, lengths, critical_temperature, nu, exponent)
        finish(axes[-1])
        handles, labels = axes[0].get_legend_handles_labels()
        named = {label: handle for handle, label in zip(handles, labels, strict=True) if not label.startswith("_")}
        fig.legend(
            list(named.values()), list(named), title=look.title, loc="outside lower center", ncols=min(len(named), 8),
            frameon=False, handlelength=3.0,
        )  # fmt: skip
    return fig


def _size_axis(dataset: Dataset, name: str) -> str:
    if "sites" in dataset.coords and dataset["sites"].ndim == 1:
        return str(dataset["sites"].dims[0])
    others = [str(dim) for dim in dataset[name].dims if dim != "temperature" and dataset.sizes[dim] > 1]
    if len(others) != 1:
        raise InputError(
            f"size: expected results over temperature and one axis of sizes; got axes {', '.join(others) or 'none'} "
            "beside temperature: name the one of the sizes, choose values of the others"
        )
    return others[0]


def _length(value: Any) -> float:
    """L of a label: 8x8 is 8, 4x9 is 6 (the edge of the cube of equal volume)."""
    if isinstance(value, (int, float)):
        return float(value)
    if str(value) == "infinite":
        return math.inf
    sides = [int(side) for side in re.findall(r"\d+", str(value))]
    if not sides:
        raise InputError(f"size: expected numbers or shapes such as 8x8; got {value!r}: name the axis of sizes")
    return float(math.prod(sides) ** (1.0 / len(sides)))


def _found(dataset: Dataset, crossing: str, axis: str, order: list[int]) -> list[Crossing]:
    curves = dataset[crossing].isel({axis: order}).transpose(axis, "temperature")
    errors = f"{crossing}_errors"
    bars = dataset[errors].isel({axis: order}).transpose(axis, "temperature").values if errors in dataset else None
    return crossings(dataset["temperature"].values, curves.values, bars)


def _mark(ax: Axes, tc: float, found: list[Crossing]) -> None:
    ax.axvline(tc, color="0.35", linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    error = found[-1].error if found and found[-1].place == tc else 0.0
    digits = max(1 - math.floor(math.log10(error)), 0) if error > 0 else 4
    text = rf"$T_\mathrm{{c}}$ = {tc:.{digits}f}" + (rf" $\pm$ {error:.{digits}f}" if error > 0 else "")
    for text_of_results in list(ax.texts):  # the mark that the results know is told by this one
        text_of_results.remove()
    ax.annotate(text, (tc, 1.0), (4, -1), xycoords=("data", "axes fraction"), textcoords="offset points", va="top")
    if found:
        ax.plot(
            [one.place for one in found], [one.height for one in found], linestyle="none", marker="o", markersize=7.0,
            markerfacecolor="none", markeredgecolor="0.1", label="_crossings",
        )  # fmt: skip


def _collapse(
    ax: Axes,
    dataset: Dataset,
    name: str,
    axis: str,
    order: list[int],
    lengths: list[float],
    tc: float,
    nu: float,
    exponent: float,
) -> None:
    look = hue_of(dataset, axis)
    temperatures = dataset["temperature"].values
    for k in order:
        scale = lengths[k] ** (-exponent / nu)
        curve = dataset[name].isel({axis: k}).values * scale
        shown: dict[str, Any] = {"color": look.colours[k], "linewidth": 1.1}
        if not look.many:
            shown |= {"linestyle": DASHES[k % MOST_KEYS], "marker": MARKERS[k % MOST_KEYS], "markersize": 3.0}
        if f"{name}_errors" in dataset:
            bars = dataset[f"{name}_errors"].isel({axis: k}).values * scale
            ax.errorbar((temperatures - tc) * lengths[k] ** (1 / nu), curve, bars, **shown, capsize=1.5, elinewidth=0.8)
        else:
            shown["markevery"] = max(temperatures.size // 12, 1)
            ax.plot((temperatures - tc) * lengths[k] ** (1 / nu), curve, **shown)
    far = min((np.ptp(temperatures) * lengths[order[0]] ** (1 / nu)), 30.0)
    ax.set_xlim(-0.5 * far, 0.5 * far)
    power = "L" if nu == 1 else rf"L^{{{1 / nu:.4g}}}"
    ax.set_xlabel(rf"$(T - T_\mathrm{{c}})\,{power}$")
    ylabel = axis_label(dataset[name])
    ax.set_ylabel(ylabel if exponent == 0 else rf"{ylabel} $\cdot\; L^{{{-exponent / nu:.4g}}}$")
