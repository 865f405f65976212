"""A Table as the bytes of a netCDF-4 file, with NeXus axes for browser viewers.

The image is built in memory: HDF5 that writes to a full disk ends the interpreter.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from statmech.results.base import FLAGS
from statmech.tables import Table, Variable

__all__ = ["add_group", "nexus_attributes"]

_COMPRESS_ABOVE = 64 * 1024  # bytes; smaller variables grow by chunking
_FILTERS = {"compression": "gzip", "compression_opts": 4, "shuffle": True, "fletcher32": True}
# The curve a viewer shows first.
_SIGNALS = ("heat_capacity", "entropy", "internal_energy", "free_energy", "log_z")


def nexus_attributes(table: Table) -> dict[str, Any]:
    """NXdata attributes of the root group: what to draw, and against which axes.

    The root itself is the NXdata group (``xarray.open_dataset`` needs the variables there), so there is no
    ``default`` to follow. A text axis is ``.``: viewers refuse axes that are no numbers.

    Examples
    --------
    >>> kelvin = Variable(("temperature",), np.array([1.0, 2.0]))
    >>> nexus_attributes(Table({"entropy": Variable(("temperature",), np.array([0.1, 0.5]))}, {"temperature": kelvin}))
    {'NX_class': 'NXdata', 'signal': 'entropy', 'axes': ['temperature']}
    """
    curves = {
        name: variable
        for name, variable in table.variables.items()
        if variable.values.dtype.kind == "f" and variable.dims and not name.endswith("_errors")
    }
    if not curves:
        return {}
    ranks = {name: _SIGNALS.index(name) if name in _SIGNALS else len(_SIGNALS) for name in curves}
    signal = min(curves, key=lambda name: (ranks[name] == len(_SIGNALS), -len(curves[name].dims), ranks[name]))
    dims = curves[signal].dims
    numbers = [dim in table.coordinates and table.coordinates[dim].values.dtype.kind in "fi" for dim in dims]
    axes = [dim if number else "." for dim, number in zip(dims, numbers, strict=True)]
    attributes: dict[str, Any] = {"NX_class": "NXdata", "signal": signal, "axes": axes}
    others = [name for name, variable in curves.items() if name != signal and variable.dims == dims]
    if others:
        attributes["auxiliary_signals"] = others
    return attributes


def add_group(image: io.BytesIO, table: Table, attributes: Mapping[str, Any], group: str | None = None) -> None:
    r"""Write a Table into a file image: the root of a new one, or a further group of one that is there.

    Parameters
    ----------
    image : BytesIO
        Grows by what is written.
    table : Table
        Without :func:`~statmech.storable.storage_problems`.
    attributes : mapping
        Of the group, in place of those of the Table.
    group : str, optional
        Name of the further group.

    Examples
    --------
    >>> image = io.BytesIO()
    >>> add_group(image, Table({"entropy": Variable(("temperature",), np.array([0.1, 0.5]))}), {"title": "demo"})
    >>> image.getvalue()[:4]
    b'\x89HDF'
    """
    import h5netcdf

    coordinates = _in_order(table)
    variables = {**table.variables, **coordinates}
    listed = _auxiliary_coordinates(table.variables, coordinates)
    sizes = Table(table.variables, coordinates).sizes
    with h5netcdf.File(image, mode="w" if group is None else "a", decode_vlen_strings=True) as file:
        node = file if group is None else file.create_group(group)
        for name, value in attributes.items():
            node.attrs[name] = _attribute(value)
        if listed[""]:
            node.attrs["coordinates"] = listed[""]
        shared = {} if group is None else {dim: len(known) for dim, known in file.dimensions.items()}
        for dim, size in sizes.items():
            if shared.get(dim) != size:  # a group sees the dimensions of the root
                node.dimensions[dim] = size
        for name, variable in variables.items():
            _add(node, name, variable, listed.get(name, ""))


def _add(node: Any, name: str, variable: Variable, coordinates: str) -> None:
    """One variable with its attributes, as xarray reads it: text of variable length, bool as int8 that says so."""
    import h5py

    values = variable.values
    kind = values.dtype.kind
    attributes = {key: _attribute(value) for key, value in variable.attributes.items()}
    for key in FLAGS & attributes.keys():  # of the type of its variable, says CF
        attributes[key] = np.asarray(attributes[key], dtype=values.dtype)
    if coordinates:
        attributes["coordinates"] = coordinates
    if kind == "b":
        attributes["dtype"] = "bool"
        values = values.astype(np.int8)
    # No fill value: it would turn stored nan into "missing" for some readers.
    dtype = h5py.string_dtype() if kind in "OU" else values.dtype
    filters = _FILTERS if variable.dims and kind in "fi" and values.nbytes > _COMPRESS_ABOVE else {}
    stored = node.create_variable(name, dtype=dtype, dimensions=variable.dims, **filters)
    for key, value in attributes.items():
        stored.attrs[key] = value
    stored[...] = values


def _attribute(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _in_order(table: Table) -> dict[str, Variable]:
    """The coordinates in the order in which they are read back, so that a rewrite has the same bytes."""
    rank = {dim: position for position, dim in enumerate(table.sizes)}
    names = sorted(table.coordinates, key=lambda name: (rank.get(name, len(rank)), name))
    return {name: table.coordinates[name] for name in names}


def _auxiliary_coordinates(variables: Mapping[str, Variable], coordinates: Mapping[str, Variable]) -> dict[str, str]:
    """Name of a variable -> its coordinates that label no dimension (CF); "" -> those of no variable."""
    dims = {dim for variable in (*variables.values(), *coordinates.values()) for dim in variable.dims}
    others = sorted(_listable(name for name in coordinates if name not in dims))
    listed = {
        name: " ".join(other for other in others if set(coordinates[other].dims) <= set(variable.dims))
        for name, variable in variables.items()
    }
    found = {other for names in listed.values() for other in names.split()}
    return {**listed, "": " ".join(other for other in others if other not in found)}


def _listable(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        if " " in name:
            warnings.warn(f"coordinate {name!r} comes back as a variable: its name has a space in it", stacklevel=2)
        else:
            yield name
