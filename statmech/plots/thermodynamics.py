"""The thermodynamic functions of a result on one page: F (or log Z), U, S, C."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from statmech.errors import InputError
from statmech.plots.base import add_key, choose_axes, draw_curves, hue_of, new_figure, style

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["plot_thermodynamics"]

_PANELS = (("free_energy", "log_z"), ("internal_energy",), ("entropy",), ("heat_capacity",))


def plot_thermodynamics(
    dataset: Dataset,
    *,
    quantities: Sequence[str] | None = None,
    x: str | None = None,
    hue: str | None = None,
    exact: Dataset | None = None,
    title: str | None = None,
    fig: Any = None,
) -> Any:
    """Draw a page of panels, two in a row, with one key for all.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results with at most two axes longer than one.
    quantities : sequence of str, optional
        Variables; by default free energy (log Z where it is missing), internal energy, entropy, heat capacity.
    x, hue : str, optional
        Axes, as in :func:`~statmech.plots.quantity.plot_quantity`.
    exact : xarray.Dataset, optional
        Results to compare with, drawn as lines behind the points.
    title : str, optional
        Above the panels; by default the title of the Dataset.
    fig : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Figure or SubFigure
        Its ``axes`` are the panels, in the order of the quantities.

    Raises
    ------
    InputError
        If none of the quantities is there, or as :func:`~statmech.plots.quantity.plot_quantity`.

    Examples
    --------
    >>> import xarray
    >>> ds = xarray.Dataset({"entropy": ("temperature", [0.0, 0.6])}, {"temperature": [1.0, 2.0]})
    >>> [ax.get_ylabel() for ax in plot_thermodynamics(ds).axes]
    ['Entropy']
    """
    names = list(quantities) if quantities is not None else _present(dataset)
    if not names:
        raise InputError(
            f"dataset: expected one of {', '.join(name for panel in _PANELS for name in panel)}; "
            f"got {', '.join(map(str, dataset.data_vars)) or 'no variable'}"
        )
    x, hue = choose_axes(dataset, names, x, hue)
    look = hue_of(dataset, hue)
    rows, columns = -(-len(names) // 2), min(len(names), 2)
    with style() if fig is None else nullcontext():
        if fig is None:
            fig = new_figure(3.7 * columns, 2.6 * rows + 0.5)
        grid = fig.subplots(rows, columns, sharex=True, squeeze=False)
        panels = list(grid.ravel())
        for ax in panels[len(names) :]:
            ax.remove()
        panels = panels[: len(names)]
        for k, (ax, name) in enumerate(zip(panels, names, strict=True)):
            draw_curves(ax, dataset, name, x, look, exact)
            if k + columns < len(names):  # the axis below says it
                ax.set_xlabel("")
            else:
                ax.tick_params(labelbottom=True)
        (fig.figure or fig).align_ylabels(panels)
        heading = str(dataset.attrs.get("title", "")) if title is None else title
        if heading:
            fig.suptitle(textwrap.fill(heading, 44 * columns).replace("$", r"\$"))
        add_key(fig, panels, look)
    return fig


def _present(dataset: Dataset) -> list[str]:
    first = (next((name for name in panel if name in dataset.data_vars), None) for panel in _PANELS)
    return [name for name in first if name is not None]
