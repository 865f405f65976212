"""One quantity over one axis, a curve for every value of another."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from statmech.plots.base import Hue, add_key, choose_axes, draw_curves, hue_of, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

__all__ = ["plot_quantity"]

_DIRECT = 4  # up to so many curves are labelled where they end, if their ends are apart


def plot_quantity(
    dataset: Dataset,
    name: str,
    *,
    x: str | None = None,
    hue: str | None = None,
    exact: Dataset | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one variable; error bars where ``<name>_errors`` is there.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results with at most two axes longer than one; ``isel`` or ``sel`` the others.
    name : str
        Variable, for example ``heat_capacity``.
    x : str, optional
        Axis to the right; ``temperature`` by default. Logarithmic for temperatures over more than two decades.
    hue : str, optional
        Axis whose values are the curves; by default the one that is left.
    exact : xarray.Dataset, optional
        Results to compare with, drawn as lines behind the points.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default (``ax.figure``).

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If a name is not there, x has fewer than two finite values, or axes are left over.

    Examples
    --------
    >>> import xarray
    >>> ds = xarray.Dataset({"entropy": ("temperature", [0.0, 0.6])}, {"temperature": [1.0, 2.0]})
    >>> plot_quantity(ds, "entropy").get_ylabel()
    'Entropy'
    """
    x, hue = choose_axes(dataset, [name], x, hue)
    look = hue_of(dataset, hue)
    with style() if ax is None else nullcontext():
        if ax is None:
            ax = new_figure(4.8, 3.4).subplots()
        draw_curves(ax, dataset, name, x, look, exact)
        if not _labelled_at_ends(ax, look):
            add_key(ax, [ax], look)
    return ax


def _labelled_at_ends(ax: Axes, hue: Hue) -> bool:
    """Write the labels beside the ends of the curves where there is room; say whether."""
    if not 1 < len(hue.labels) <= _DIRECT:
        return False
    ends = {}
    for line in ax.get_lines():
        label, points = str(line.get_label()), np.asarray(line.get_xydata(), dtype=float)
        if label in hue.labels and points.size and np.all(np.isfinite(points[-1])):
            ends[label] = (float(points[-1, 0]), float(points[-1, 1]))
    low, high = ax.get_ylim()
    heights = sorted((y - low) / (high - low) for _, y in ends.values())
    if len(ends) < len(hue.labels) or any(b - a < 0.08 for a, b in pairwise(heights)):
        return False
    for label, (px, py) in ends.items():
        text = f"{hue.title} = {label}" if label == hue.labels[0] else label
        ax.annotate(text, (px, py), (4, 0), textcoords="offset points", va="center", color="0.15", fontsize=8.5)
    return True
