"""Curves with a hue, error bars, doubtful points crossed out, and their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from statmech.plots.base.frame import finish, is_geometric, mark_critical, set_logarithmic
from statmech.plots.base.hue import Hue
from statmech.plots.base.style import DASHES, MARKERS, MOST_KEYS, axis_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

__all__ = ["add_key", "draw_curves"]

Array = npt.NDArray[np.float64]

_DOUBTS = "not to be relied on: "
_FEW_POINTS = 40  # up to here every point gets a marker or an error bar of its own


def draw_curves(ax: Axes, dataset: Dataset, name: str, x: str, hue: Hue, exact: Dataset | None = None) -> None:
    """One variable over x, a curve per hue, with error bars where ``<name>_errors`` is there.

    Temperatures that are not finite, and 0 on a logarithmic axis, are not drawn; points whose ``status`` is not ok
    are faint and crossed out. Curves of ``exact`` lie behind, those of the same hue in the same colour. A critical
    temperature that the results know is marked.
    """
    if exact is not None:
        _draw_exact(ax, exact, dataset, name, x, hue)
    points = dataset[x].values.astype(float)
    logarithmic = x == "temperature" and is_geometric(points)
    shown = np.isfinite(points) & ((points > 0) | (not logarithmic))
    order = np.flatnonzero(shown)[np.argsort(points[shown], kind="stable")]
    points = points[order]
    empty = True
    for k, label in enumerate(hue.labels):
        values, errors, doubtful = (
            None if column is None else column[order] for column in _columns(dataset, name, x, hue.name, k)
        )
        assert values is not None
        empty = empty and not np.any(np.isfinite(values))
        look = {"color": hue.colours[k], "label": label or "_curve"}
        if hue.many:
            look["linewidth"] = 1.5 * (MOST_KEYS / len(hue.labels)) ** 0.33  # 0.5 for 200 curves
        else:
            look |= {"linestyle": DASHES[k % MOST_KEYS], "marker": MARKERS[k % MOST_KEYS], "markersize": 3.5}
        if doubtful is not None and doubtful.any():
            ax.plot(*_broken(points, values), color=hue.colours[k], linewidth=1.0, alpha=0.35)
            _cross_out(ax, points, values, doubtful, _doubts(dataset))
            values = np.where(doubtful, np.nan, values)
        spread = (k, 1 if hue.many else len(hue.labels))
        _draw_one(ax, points, values, errors, look, spread, joined=exact is None)
    ax.set_xlabel(axis_label(dataset[x]))
    ax.set_ylabel(axis_label(dataset[name]))
    if logarithmic:
        set_logarithmic(ax)
    if x == "temperature":
        mark_critical(ax, dataset, points)
    finish(ax)
    if empty:
        ax.text(0.5, 0.5, "no finite values", transform=ax.transAxes, ha="center", va="center", color="0.4")
        ax.set_yticks([])


def add_key(owner: Any, axes: list[Axes], hue: Hue) -> None:
    """Say which curve is which, once: a colour bar for many numbers, else a key (thinned where there are many).

    ``owner`` is the figure (key above all panels) or the axes (key inside).
    """
    handles, labels = axes[0].get_legend_handles_labels()
    named = {label: handle for label, handle in zip(labels, handles, strict=True) if not label.startswith("_")}
    figure: Any = axes[0].figure
    if hue.scale is not None:
        bar = figure.colorbar(hue.scale, ax=axes if owner is figure else owner, label=hue.title, aspect=30, pad=0.02)
        bar.outline.set_visible(False)
        named = {label: handle for label, handle in named.items() if label not in hue.labels}
    elif hue.many:
        kept = {hue.labels[k] for k in np.linspace(0, len(hue.labels) - 1, MOST_KEYS).round().astype(int)}
        named = {label: handle for label, handle in named.items() if label in kept or label not in hue.labels}
    if not named:
        return
    title = hue.title if any(label in hue.labels for label in named) else None
    place: dict[str, Any] = {}
    if owner is figure:  # as many columns as fit: 25 pt of line, 5 pt a letter, and gaps
        fitting = int(72 * figure.bbox.width / figure.dpi / (56 + 5 * max(map(len, named))))
        place = {"loc": "outside lower center", "ncols": max(min(len(named), fitting), 1)}
    order = sorted(named, key=lambda label: label.startswith(_DOUBTS))  # the values of the hue first
    owner.legend([named[label] for label in order], order, title=title, frameon=False, handlelength=3.0, **place)


def _columns(dataset: Dataset, name: str, x: str, hue: str, k: int) -> Iterator[npt.NDArray[Any] | None]:
    """Values, standard errors and doubtful points of the k-th curve; None where there are none."""
    for variable in (name, f"{name}_errors", "status"):
        if variable not in dataset:
            yield None
            continue
        array = dataset[variable]
        array = array.isel({dim: k if dim == hue else 0 for dim in array.dims if dim != x})
        column = array.values if x in array.dims else np.full(dataset.sizes[x], array.values)
        if variable == "status":
            yield column != 0
        else:
            yield np.where(np.isfinite(column), column.astype(float), np.nan)


def _draw_one(
    ax: Axes,
    points: Array,
    values: Array,
    errors: Array | None,
    look: Mapping[str, Any],
    spread: tuple[int, int],
    joined: bool,
) -> None:
    """A curve, or points with bars; ``spread`` is its number and how many there are, for the places of markers."""
    look = dict(look)
    number, curves = spread
    few = points.size <= _FEW_POINTS
    if errors is not None and few:
        look.setdefault("marker", "o")
        line = look.pop("linestyle", "-")
        ax.errorbar(points, values, errors, **look, linestyle="none", capsize=2.0, elinewidth=0.9)
        if joined:
            ax.plot(points, values, color=look["color"], linestyle=line, linewidth=0.8, alpha=0.6, label="_guide")
        return
    if errors is not None:
        ax.fill_between(points, values - errors, values + errors, color=look["color"], alpha=0.25, linewidth=0)
    if curves == 1 and not few:
        look |= {"marker": "None"}
    elif not few and "marker" in look:  # six or so along the curve, staggered so that they do not cover each other
        step = max(points.size // 7, 1)
        look["markevery"] = (int((number + 0.5) * step / curves) % step, step)
    ax.plot(*_broken(points, values), **look)


def _doubts(dataset: Dataset) -> str:
    """What the flags say of the points that are not ok."""
    status = dataset["status"]
    meanings = str(status.attrs.get("flag_meanings", "")).split()
    bits = np.atleast_1d(status.attrs.get("flag_masks", [])).tolist()
    seen = int(np.bitwise_or.reduce(status.values, axis=None))
    found = [name for bit, name in zip(bits, meanings, strict=False) if seen & bit]
    return _DOUBTS + (", ".join(found) or f"status {seen}").replace("_", " ")


def _broken(points: Array, values: Array) -> tuple[Array, Array]:
    """The curve with a gap between negative and positive temperatures: they meet at infinity, not at 0."""
    turn = int(np.searchsorted(points, 0.0))
    if 0 < turn < points.size:
        return np.insert(points, turn, np.nan), np.insert(values, turn, np.nan)
    return points, values


def _draw_exact(ax: Axes, exact: Dataset, dataset: Dataset, name: str, x: str, hue: Hue) -> None:
    """Curves to compare with, behind: per hue where they have that axis, else the one there is."""
    if name not in exact or x not in exact[name].dims:
        return
    curves = exact[name].sortby(x)
    points = curves[x].values.astype(float)
    shown = np.isfinite(points)
    asked = dataset[hue.name].values.tolist() if hue.name in dataset.coords else [None]
    split = hue.name in curves.dims
    for k, value in enumerate(asked if split else [None]):
        if split and value not in curves[hue.name].values.tolist():
            continue
        curve = curves.sel({hue.name: value}) if split else curves
        curve = curve.isel(dict.fromkeys((dim for dim in curve.dims if dim != x), 0))
        colour = hue.colours[k] if split or len(hue.labels) == 1 else "0.35"
        label = "exact" if k == 0 else "_exact"
        ax.plot(points[shown], curve.values[shown], color=colour, linewidth=1.1, alpha=0.75, zorder=1.5, label=label)


def _cross_out(ax: Axes, points: Array, values: Array, doubtful: npt.NDArray[np.bool_], label: str) -> None:
    """Crosses at points that are not to be relied on, a few dozen where there are many."""
    places = np.flatnonzero(doubtful & np.isfinite(values))
    if places.size > _FEW_POINTS:
        places = places[np.linspace(0, places.size - 1, _FEW_POINTS).round().astype(int)]
    ax.plot(points[places], values[places], linestyle="none", marker="x", markersize=4.5, color="#B00020", label=label)
