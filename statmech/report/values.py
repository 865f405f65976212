"""The numbers of a report: a table to read, and all of them as CSV."""

from __future__ import annotations

import base64
import csv
import html
import io
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

__all__ = ["csv_size", "csv_text", "download", "value_table"]

_MOST_ROWS: Final = 200  # of the table on the page; the CSV has all
_SHOWN: Final = (
    *("log_z", "free_energy", "internal_energy", "entropy", "heat_capacity"),
    *("magnetization", "absolute_magnetization", "susceptibility"),
)


def csv_text(dataset: Dataset) -> str:
    r"""Every point as one line, with units in the header; numbers with all their digits.

    Examples
    --------
    >>> import xarray
    >>> ds = xarray.Dataset({"entropy": ("temperature", [0.1], {"units": "k_B"})}, {"temperature": [1.0]})
    >>> csv_text(ds)
    'temperature,entropy [k_B]\n1.0,0.1\n'
    """
    names = _columns(dataset)
    dims = _dims(dataset)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(_head(dataset, name) for name in dims), *(_head(dataset, name) for name in names)])
    for place, row in _rows(dataset, dims, names):
        writer.writerow([*place, *(repr(value) if isinstance(value, float) else value for value in row)])
    return out.getvalue()


def csv_size(dataset: Dataset) -> int:
    """About how many bytes :func:`csv_text` has."""
    names = _columns(dataset)
    points = max((dataset[name].size for name in names), default=0)
    return 19 * points * (len(names) + dataset[names[0]].ndim) if names else 0


def download(text: str, kind: str = "text/csv") -> str:
    """Text as the address of a link that saves it, without a network."""
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def value_table(dataset: Dataset) -> str:
    """HTML table of the usual quantities, evenly spaced rows where there are many."""
    dims = _dims(dataset)
    names = [name for name in _columns(dataset) if name in _SHOWN] or _columns(dataset)[:8]
    shown = [name for name in _columns(dataset) if name.removesuffix("_errors") in names]
    flagged = "status" in dataset and bool(np.any(dataset["status"].values != 0))
    if flagged:
        shown.append("status")
    total = dataset[names[0]].size if names else 0
    chosen = range(total) if total <= _MOST_ROWS else np.linspace(0, total - 1, _MOST_ROWS).round().astype(int).tolist()
    rows = list(_rows(dataset, dims, shown, chosen))
    words = f"{total} points" if len(rows) == total else f"{len(rows)} of {total} points, evenly spaced"
    head = "".join(f'<th scope="col">{html.escape(_head(dataset, name))}</th>' for name in (*dims, *shown))
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(_short(value))}</td>" for value in (*place, *row)) + "</tr>"
        for place, row in rows
    )
    return (
        '<div class="scroll" role="region" aria-label="Table of values" tabindex="0">\n'
        f"<table><caption>{words}; all of them, with all digits, are in the CSV file</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>\n</div>"
    )


def _dims(dataset: Dataset) -> list[str]:
    """Axes of the sweep, without those of single sites and bonds."""
    return [str(dim) for dim in (dataset["status"].dims if "status" in dataset else dataset.dims)]


def _columns(dataset: Dataset) -> list[str]:
    """Variables with one number for each point."""
    dims = set(_dims(dataset))
    return [str(name) for name, array in dataset.data_vars.items() if set(array.dims) == dims and name != "status"]


def _rows(
    dataset: Dataset, dims: list[str], names: list[str], chosen: Iterable[int] | None = None
) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    """Coordinates and values of the chosen points, of all by default, the last axis fastest."""
    shape = tuple(dataset.sizes[dim] for dim in dims)
    coordinates = [dataset[dim].values.tolist() for dim in dims]
    arrays = [_aligned(dataset[name], dims) for name in names]
    for point in range(math.prod(shape)) if chosen is None else chosen:
        place = tuple(int(k) for k in np.unravel_index(point, shape)) if shape else ()
        yield (
            tuple(values[k] for values, k in zip(coordinates, place, strict=True)),
            [array[place].item() for array in arrays],
        )


def _aligned(array: DataArray, dims: list[str]) -> Any:
    return array.transpose(*dims).values


def _head(dataset: Dataset, name: str) -> str:
    unit = str(dataset[name].attrs.get("units", "1"))
    return name if unit in ("1", "") else f"{name} [{unit}]"


def _short(value: Any) -> str:
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}") if isinstance(value, float) else str(value)
