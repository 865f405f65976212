"""Figures of results: functions that take a Dataset and hand back matplotlib objects, and never show anything."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statmech.errors import InputError, ResultsError
from statmech.plots.base import style
from statmech.plots.configuration import plot_configuration
from statmech.plots.contributions import plot_contributions
from statmech.plots.convergence import plot_convergence
from statmech.plots.density_of_states import plot_density_of_states
from statmech.plots.levels import plot_levels
from statmech.plots.overlap import plot_overlap
from statmech.plots.quantity import plot_quantity
from statmech.plots.scaling import plot_scaling
from statmech.plots.thermodynamics import plot_thermodynamics
from statmech.plots.zeros import plot_zeros

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = [
    "pages",
    "plot_configuration",
    "plot_contributions",
    "plot_convergence",
    "plot_density_of_states",
    "plot_levels",
    "plot_overlap",
    "plot_quantity",
    "plot_scaling",
    "plot_thermodynamics",
    "plot_zeros",
    "save_figures",
]

_FORMATS: Final = ("png", "svg", "pdf")
_MOST_PAGES = 6  # of a sweep over three axes or more: evenly spaced values of the further ones
_MAGNETIC = ("magnetization", "susceptibility", "absolute_magnetization")


def save_figures(
    dataset: Dataset,
    prefix: str | os.PathLike[str],
    formats: Sequence[str] = ("png", "svg"),
    *,
    quantities: Sequence[str] | None = None,
    x: str | None = None,
    hue: str | None = None,
    exact: Dataset | None = None,
    dpi: int = 200,
) -> list[Path]:
    """Draw the standard figures of a result and write them: what ``statmech plot FILE`` does.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results.
    prefix : path-like
        Start of the file names: ``results/co`` gives ``results/co_thermodynamics.png``. The folder must exist.
    formats : sequence of str
        ``png``, ``svg``, ``pdf``. Equal results give equal bytes.
    quantities : sequence of str, optional
        One figure for each of these, instead of the standard ones.
    x, hue : str, optional
        Axes, as in :func:`plot_quantity`.
    exact : xarray.Dataset, optional
        Results to compare with, drawn behind.
    dpi : int
        Resolution of ``png``.

    Returns
    -------
    list of Path
        The files written. Of a sweep over more than two axes there is a page for each of up to 6 evenly spaced
        values of the shorter ones, named by them.

    Raises
    ------
    InputError
        If a format is unknown, or nothing can be drawn (a single point, only text axes).
    ResultsError
        If a file cannot be written.
    """
    for kind in formats:
        if kind not in _FORMATS:
            raise InputError(f"formats: expected some of {', '.join(_FORMATS)}; got {kind!r}")
    written = []
    for chosen, page in pages(dataset):
        name = "".join(f"_{axis}={value}" for axis, value in chosen.items())
        shown = ", ".join(f"{axis} = {value}" for axis, value in chosen.items())
        heading = ": ".join(text for text in (str(dataset.attrs.get("title", "")), shown) if text)
        asked: dict[str, Any] = {"x": x, "hue": hue, "exact": exact}
        if quantities is not None:
            figures = {quantity: plot_quantity(page, quantity, **asked).figure for quantity in quantities}
        else:
            figures = {"thermodynamics": plot_thermodynamics(page, title=heading, **asked)}
            magnetic = [quantity for quantity in _MAGNETIC if quantity in page]
            if magnetic:
                figures["magnetization"] = plot_thermodynamics(page, quantities=magnetic, title=heading, **asked)
        if quantities is None and "entropy_translation" in page and page["entropy"].squeeze().dims == ("temperature",):
            figures["contributions"] = plot_contributions(page, title=heading)
        for what, figure in figures.items():
            for kind in formats:
                path = Path(f"{os.fspath(prefix)}_{what}{name}.{kind}")
                _write(figure, path, kind, dpi)
                written.append(path)
    return written


def pages(dataset: Dataset) -> Iterator[tuple[dict[str, str], Dataset]]:
    """The Dataset cut into pieces with two axes, each with the values it was cut at; of long axes a few values.

    Examples
    --------
    >>> import xarray
    >>> ds = xarray.Dataset(coords={"temperature": [1.0, 2.0], "field": [0.0, 0.1, 0.2], "seed": [0, 1]})
    >>> [chosen for chosen, page in pages(ds)]
    [{'seed': '0'}, {'seed': '1'}]
    """
    whole = dataset["status"].dims if "status" in dataset else tuple(dataset.dims)  # not those of single sites
    dims = [dim for dim in whole if dataset.sizes[dim] > 1]
    ordered = sorted(dims, key=lambda dim: (dim != "temperature", -dataset.sizes[dim]))
    further = ordered[2:]
    places = [np.unique(np.linspace(0, dataset.sizes[dim] - 1, _MOST_PAGES).round().astype(int)) for dim in further]
    for place in itertools.product(*places):
        page = dataset.isel(dict(zip(further, place, strict=True)))
        labels = (page[dim].item() if dim in page.coords else k for dim, k in zip(further, place, strict=True))
        yield {str(dim): _text(label) for dim, label in zip(further, labels, strict=True)}, page


def _text(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return "".join(character if character.isalnum() or character in "+-._x" else "-" for character in text)


def _write(figure: Any, path: Path, kind: str, dpi: int) -> None:
    dates = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}
    image = io.BytesIO()
    with style():
        figure.savefig(image, format=kind, dpi=dpi, metadata=dates[kind])
    try:
        path.write_bytes(image.getvalue())
    except OSError as problem:
        raise ResultsError(
            f"{path}: the figure could not be written: {problem.strerror}; choose another prefix"
        ) from problem
