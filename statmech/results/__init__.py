"""Results to one HDF5 file and back: netCDF-4 compatible, with NeXus axes for browser viewers, replaced atomically."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statmech.errors import InputError, ResultsError
from statmech.results.base import NEXUS, SCHEMA, SCHEMA_VERSION
from statmech.results.image import add_group, nexus_attributes
from statmech.results.reading import open_results
from statmech.results.replacing import check_writable, replace
from statmech.storable import storage_problems
from statmech.tables import Table

if TYPE_CHECKING:
    from xarray import Dataset

    from statmech.levels import EnergyLevels

__all__ = [
    "SCHEMA_VERSION",
    "check_writable",
    "open_results",
    "read_stored_levels",
    "write_results",
    "write_stored_levels",
]

_VOLATILE = ("created",)  # differs from run to run; left out of reproducible files


def write_results(
    dataset: Dataset | Table,
    path: str | os.PathLike[str],
    *,
    reproducible: bool = False,
    samples: Dataset | Table | None = None,
) -> Path:
    """Write a Dataset as one HDF5 file, in place of an older one.

    Parameters
    ----------
    dataset : xarray.Dataset or Table
        Results; never changed. Variables float32/64, int8 to int64, bool or str; attributes str, int, float,
        lists of str or one-dimensional numbers.
    path : path-like
        File to write. Its folder must exist.
    reproducible : bool
        Leave out what differs between two runs of the same input (``created``), so that the bytes are equal.
    samples : xarray.Dataset or Table, optional
        Raw samples, written as the second group ``/samples`` with their own coordinates.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ResultsError
        If a variable or attribute cannot be stored (all of them are listed, and nothing is written), or if the
        folder is missing, read-only or full; an older file is then still what it was.

    Examples
    --------
    >>> import tempfile, xarray as xr
    >>> ds = xr.Dataset({"log_z": ("temperature", [0.5, 0.7])}, {"temperature": [1.0, 2.0]}, {"title": "demo"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_results(ds, f"{folder}/demo.h5", reproducible=True)
    ...     open_results(file).identical(ds)
    True
    """
    table, series = Table.of(dataset), None if samples is None else Table.of(samples)
    problems = [*storage_problems(table, reserved=(*NEXUS, SCHEMA))]
    if series is not None:
        problems += [f"samples: {line}" for line in storage_problems(series)]
    if problems:
        raise ResultsError("\n".join([f"{os.fspath(path)}: cannot be written:", *(f"  {line}" for line in problems)]))
    attributes = _lasting(table)
    if not reproducible:
        attributes["created"] = table.attributes.get("created", datetime.now(UTC).isoformat(timespec="seconds"))
    image = io.BytesIO()
    add_group(image, table, {**attributes, **nexus_attributes(table), SCHEMA: SCHEMA_VERSION})
    if series is not None:
        add_group(image, series, _lasting(series), "samples")
    return replace(Path(path), image.getbuffer())


def _lasting(table: Table) -> dict[str, Any]:
    return {name: value for name, value in table.attributes.items() if name not in _VOLATILE}


def write_stored_levels(levels: EnergyLevels, path: str | os.PathLike[str], *, reproducible: bool = False) -> Path:
    """Write energy levels; integer degeneracies of any size as decimal text with log g beside them.

    Raises
    ------
    ResultsError
        As :func:`write_results`.

    Examples
    --------
    >>> import tempfile
    >>> from statmech.levels import EnergyLevels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_stored_levels(EnergyLevels([0.0, 1.0], [1, 3**50]), f"{folder}/x.h5")
    ...     read_stored_levels(path).exact_degeneracies
    (1, 717897987691852588770249)
    """
    from statmech.results.stored_levels import table_of

    return write_results(table_of(levels), path, reproducible=reproducible)


def read_stored_levels(path: str | os.PathLike[str]) -> EnergyLevels:
    """Read what :func:`write_stored_levels` wrote, exact degeneracies included.

    Raises
    ------
    ResultsError
        As :func:`open_results`, and if the file holds something else than levels.
    """
    from statmech.results.stored_levels import levels_of

    try:
        return levels_of(Table.of(open_results(path)))
    except InputError as problem:
        raise ResultsError(f"{os.fspath(path)}: {problem}") from problem
