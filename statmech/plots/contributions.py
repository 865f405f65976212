"""Entropy and heat capacity of a molecule, and what translation, rotation, vibration and electrons add to them."""

from __future__ import annotations

import textwrap
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statmech.errors import InputError
from statmech.plots.base import add_key, axis_label, draw_curves, hue_of, new_figure, style

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["CONTRIBUTIONS", "plot_contributions"]

CONTRIBUTIONS: Final = ("translation", "rotation", "vibration", "electronic")
_QUANTITIES: Final = {"entropy": "Entropy", "heat_capacity": "Heat capacity Cv"}


def plot_contributions(dataset: Dataset, *, title: str | None = None, fig: Any = None) -> Any:
    """Draw S and Cv over temperature, in all and each contribution alone; one that is 0 everywhere is left out.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a molecule over temperature; ``isel`` or ``sel`` other axes.
    title : str, optional
        Heading in place of the Dataset's title.
    fig : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If these are no results of a molecule, there are fewer than two temperatures, or other axes are left.

    Examples
    --------
    >>> from statmech import solve
    >>> from statmech.models.molecule import Molecule
    >>> ds = solve(Molecule(28.0134, [1.98957], [2329.92], 2), [300.0, 600.0])
    >>> [len(ax.get_lines()) for ax in plot_contributions(ds).axes]
    [4, 4]
    """
    import xarray as xr

    missing = [name for quantity in _QUANTITIES for name in _names(quantity) if name not in dataset]
    if missing:
        raise InputError(
            f"dataset: expected results of a molecule, with {missing[0]!r}; got {', '.join(map(str, dataset))}"
        )
    long = [str(dim) for dim in dataset["entropy"].dims if dim != "temperature" and dataset.sizes[dim] > 1]
    if long:
        raise InputError(f"dataset: expected one molecule; choose a value of {', '.join(long)} with isel or sel")
    page = dataset.isel({dim: 0 for dim in dataset["entropy"].dims if dim != "temperature"}, drop=True)
    if page["entropy"].dims != ("temperature",) or np.isfinite(page["temperature"].values).sum() < 2:
        raise InputError("temperature: expected at least two finite values; one point is no curve")
    kept = [name for name in CONTRIBUTIONS if any(np.any(page[f"{quantity}_{name}"] != 0) for quantity in _QUANTITIES)]
    labels = ["total", *kept]
    curves = xr.Dataset(
        {
            quantity: (
                ("contribution", "temperature"),
                np.stack([page[quantity].values, *(page[f"{quantity}_{name}"].values for name in kept)]),
                {**page[quantity].attrs, "long_name": long_name},
            )
            for quantity, long_name in _QUANTITIES.items()
        },
        {"temperature": page["temperature"], "contribution": ("contribution", np.array(labels, dtype=object))},
    )
    look = hue_of(curves, "contribution")
    with style() if fig is None else nullcontext():
        if fig is None:
            fig = new_figure(7.4, 3.3)
        panels = list(fig.subplots(1, 2).ravel())
        for ax, quantity in zip(panels, _QUANTITIES, strict=True):
            draw_curves(ax, curves, quantity, "temperature", look)
            ax.set_xlabel(axis_label(page["temperature"]))
        heading = str(dataset.attrs.get("title", "")) if title is None else title
        if heading:
            fig.suptitle(textwrap.fill(heading, 88).replace("$", r"\$"))
        add_key(fig, panels, look)
    return fig


def _names(quantity: str) -> list[str]:
    return [quantity, *(f"{quantity}_{name}" for name in CONTRIBUTIONS)]
