"""What is in results, for a terminal or as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from statmech.status import STATUS_FLAGS, Status
from statmech.tables import Table, Variable

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["summarise", "summary_lines"]

_ELSEWHERE = ("title", "config", "config_resolved", "versions", "not_computed")  # have their own place

# What a reader of levels did not use -> how a run says it
_READ = (
    ("model_imaginary_modes", "imaginary"),
    ("model_skipped", "skipped"),
    ("model_columns_not_used", "not used"),
    ("model_warning", "warning"),
)


def summarise(results: Table | xr.Dataset) -> dict[str, Any]:
    """Dimensions, variables with units and ranges, status, method and provenance, as data that JSON can hold.

    Parameters
    ----------
    results : Table or xarray.Dataset
        From ``run``, ``solve`` or ``open_results``.

    Returns
    -------
    dict
        ``title``, ``dimensions``, ``variables``, ``status``, ``attributes``, ``config``, ``config_resolved``,
        ``versions``. Infinite and undefined numbers are the texts ``inf``, ``-inf`` and ``nan``.

    Examples
    --------
    >>> import xarray as xr
    >>> ds = xr.Dataset({"entropy": ("temperature", [0.1, 0.5], {"units": "k_B"})}, {"temperature": [1.0, 2.0]})
    >>> summarise(ds)["variables"]["entropy"]["maximum"]
    0.5
    """
    table = Table.of(results)
    about = table.attributes
    return {
        "title": about.get("title", ""),
        "dimensions": {name: _dimension(table[name], name) for name in table.sizes},
        "variables": {name: _variable(array) for name, array in table.variables.items() if name != "status"},
        "status": _status(table),
        "not_computed": about.get("not_computed", ""),
        "attributes": {name: _plain(value) for name, value in about.items() if name not in _ELSEWHERE},
        "config": about.get("config", ""),
        "config_resolved": json.loads(about.get("config_resolved", "null")),
        "versions": json.loads(about.get("versions", "{}")),
    }


def summary_lines(results: Table | xr.Dataset, *, provenance: bool = True) -> Iterator[str]:
    """The same as lines of text; without provenance, the few lines that end a run.

    Examples
    --------
    >>> import xarray as xr
    >>> ds = xr.Dataset({"entropy": ("temperature", [0.1, 0.5], {"units": "k_B"})}, {"temperature": [1.0, 2.0]})
    >>> for line in summary_lines(ds, provenance=False):
    ...     print(line)
    temperature  2 values, 1 ... 2
    entropy  0.1 ... 0.5  k_B
    """
    table = Table.of(results)
    found = summarise(table)
    about = found["attributes"]
    if found["title"]:
        yield found["title"]
    if "method" in about:
        bound = f", relative error <= {about['relative_error_bound']:.0e}" if about.get("exactness") == "exact" else ""
        yield f"method       {about['method']} ({about.get('exactness', 'unknown')}{bound})"
        yield f"why          {about.get('method_reason', '')}"
    yield from _table([[name, _extent(row)] for name, row in found["dimensions"].items()])
    rows = [
        [name, _range(row), row["units"], row["long_name"] if provenance else ""]
        for name, row in found["variables"].items()
    ]
    yield from _table(rows)
    yield from _doubts(table, found["status"])
    if found["not_computed"]:
        yield f"left out     {found['not_computed']}"
    temperature = table.coordinates.get("temperature")
    if temperature is not None and temperature.attributes.get("units") == "K" and np.any(temperature.values < 0):
        yield "note         negative temperatures: inverted population (temperatures are in kelvin: 25 C is 298.15)"
    if not provenance:  # the other way they stand with all attributes
        if str(about.get("model_degeneracies", "")).startswith("1 for every"):
            yield f"note         degeneracies: {about['model_degeneracies']}; if levels are degenerate, add one"
        for name, words in _READ:
            if about.get(name, "nothing") != "nothing":
                yield f"{words:<13}{about[name]}"
    if provenance:
        yield from _provenance(found, about)


def _provenance(found: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[str]:
    shown = {"method", "method_reason", "exactness", "relative_error_bound"}
    yield from _table([[name, str(value)] for name, value in about.items() if name not in shown])
    if found["versions"]:
        yield "versions     " + ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    if found["config"]:
        yield "configuration"
        yield from (f"    {line}".rstrip() for line in found["config"].rstrip().split("\n"))


def _dimension(labels: Variable, name: str) -> dict[str, Any]:
    values, about = labels.values, labels.attributes
    few = [_plain(value) for value in values.tolist()] if values.size <= 6 else []
    return {
        "size": int(values.size),
        "first": _plain(values[0].item() if hasattr(values[0], "item") else values[0]),
        "last": _plain(values[-1].item() if hasattr(values[-1], "item") else values[-1]),
        "values": few,
        "units": about.get("units", "1"),
        "path": about.get("path", name),
    }


def _variable(array: Variable) -> dict[str, Any]:
    values = np.asarray(array.values, dtype=np.float64)
    known = values[~np.isnan(values)]
    return {
        "dimensions": list(array.dims),
        "units": array.attributes.get("units", "1"),
        "long_name": array.attributes.get("long_name", ""),
        "minimum": _plain(float(known.min())) if known.size else "nan",
        "maximum": _plain(float(known.max())) if known.size else "nan",
        "undefined": int(values.size - known.size),
    }


def _status(table: Table) -> dict[str, int]:
    """Number of points that are ok, and of those with each flag (a point may have several)."""
    if "status" not in table:
        return {}
    values = table["status"].values
    counts = {"ok": int(np.sum(values == 0))}
    counts |= {name: int(np.sum((values & bit) != 0)) for bit, name in STATUS_FLAGS.items()}
    return {name: count for name, count in counts.items() if count}


def _doubts(table: Table, counts: Mapping[str, int]) -> Iterator[str]:
    """One line for each flag that is set: how many points, at which temperatures, and what it means."""
    for flag in Status:
        name = STATUS_FLAGS[flag]
        if name not in counts:
            continue
        status = table["status"]
        where = ""
        if "temperature" in status.dims:
            others = tuple(axis for axis, dim in enumerate(status.dims) if dim != "temperature")
            at = table["temperature"].values[((status.values & int(flag)) != 0).any(axis=others)]
            where = f" (T = {_number(float(at.min()))}" + (f" ... {_number(float(at.max()))})" if at.size > 1 else ")")
        yield f"status       {counts[name]} of {status.values.size} points {name}{where}: {flag.meaning}"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _extent(row: Mapping[str, Any]) -> str:
    unit = "" if row["units"] == "1" else f" {row['units']}"
    if row["values"] and row["size"] != 2:
        return f"{', '.join(_number(value) for value in row['values'])}{unit}"
    return f"{row['size']} values, {_number(row['first'])} ... {_number(row['last'])}{unit}"


def _range(row: Mapping[str, Any]) -> str:
    low, high = _number(row["minimum"]), _number(row["maximum"])
    undefined = f" ({row['undefined']} undefined)" if row["undefined"] else ""
    return f"{low}{undefined}" if low == high else f"{low} ... {high}{undefined}"


def _table(rows: list[list[str]]) -> Iterator[str]:
    """Columns aligned, two spaces between."""
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
