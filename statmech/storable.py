"""What a results file can hold: checked before anything is written.

The types that netCDF, HDF5 and the common readers agree on. The others fail late, mostly leaving a partial file, or
make a file that some reader cannot open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from statmech.tables import Table

__all__ = ["storage_problems"]

# netCDF and xarray give these a meaning of their own.
_RESERVED = {
    *("_FillValue", "missing_value", "scale_factor", "add_offset", "coordinates", "dtype", "calendar"),
    *("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates"),
}
_TIME_UNITS = ("days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds")
_DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "bool")
_MOST_ATTRIBUTE_BYTES = 60_000  # of one numeric attribute: HDF5 keeps them in an object header of 64 kB


def storage_problems(table: Table, reserved: Collection[str] = ()) -> Iterator[str]:
    """One line for everything that a reader of the file could not digest.

    Parameters
    ----------
    table : Table
        What is to be written.
    reserved : collection of str
        Further names that attributes of the Table must not have.

    Yields
    ------
    str
        Which variable or attribute, what was expected, what came, and what to do.

    Examples
    --------
    >>> from statmech.tables import Variable
    >>> for line in storage_problems(Table({"z": Variable((), np.array(1j))}, attributes={"seed": None})):
    ...     print(line)
    attribute seed: expected str, int, float, a list of str or a one-dimensional array of numbers; got NoneType
    z: expected float32, float64, int8, int16, int32, int64, bool or str; got complex128; convert it with .astype
    """
    yield from _attribute_problems(table.attributes, "", {*_RESERVED, *reserved})
    for name, size in table.sizes.items():
        if size == 0:
            yield f"{name}: expected at least one point along this axis; got none"
    for name in dict.fromkeys([*table.sizes, *table.everything]):
        yield from (f"{name!r}: {why}" for why in _name_problems(name))
    for name, variable in table.everything.items():
        dtype = variable.values.dtype
        if dtype.kind in "OU":
            strings = variable.values.ravel().tolist()
            others = [value for value in strings if not isinstance(value, str)]
            if others:
                yield f"{name}: expected text throughout; got {others[0]!r} of type {type(others[0]).__name__}"
            else:
                yield from {f"{name}: {why}" for why in map(_text_problem, strings) if why}
        elif dtype.name not in _DTYPES:
            yield f"{name}: expected {', '.join(_DTYPES)} or str; got {dtype}; convert it with .astype"
        yield from _attribute_problems(variable.attributes, f"{name}.", _RESERVED)
        units = variable.attributes.get("units")
        if isinstance(units, str) and (" since " in units or units in _TIME_UNITS):
            yield f"{name}.units: {units!r} would be read back as a date or duration; write 's' for seconds"


def _text_problem(text: str) -> str | None:
    if "\0" in text:
        return "text must not contain the character NUL"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return f"text must be valid Unicode; got {text!r}"
    return None


def _name_problems(name: object) -> Iterator[str]:
    if not isinstance(name, str):
        yield f"expected a name of type str; got {type(name).__name__}"
    elif not name or name in (".", "..") or name != name.strip() or "/" in name or not name.isprintable():
        yield "expected a name without '/', control characters, and spaces at its ends"


def _attribute_problems(attributes: Mapping[Any, Any], where: str, reserved: Collection[str]) -> Iterator[str]:
    for name, value in attributes.items():
        yield from (f"attribute {where}{name!r}: {why}" for why in _name_problems(name))
        if name in reserved:
            yield f"attribute {where}{name}: this name is reserved for the file format; choose another"
        why = _value_problem(value)
        if why:
            yield f"attribute {where}{name}: {why}"


def _value_problem(value: Any) -> str | None:
    """Why an attribute cannot be stored so that every reader gets it, or None."""
    expected = "expected str, int, float, a list of str or a one-dimensional array of numbers"
    if isinstance(value, (list, tuple)) and any(isinstance(item, str) for item in value):
        bad = [item for item in value if type(item) is not str]
        if bad:
            return f"expected a list of str only; got {bad[0]!r} of type {type(bad[0]).__name__} in it"
        return next((why for why in map(_text_problem, value) if why), None)
    if isinstance(value, str):
        if type(value) is not str:
            return f"{expected}; got {type(value).__name__}; convert it with str()"
        return _text_problem(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return f"expected an integer below 2**63; got {value}; store it as text"
    if isinstance(value, (list, tuple)) and len(value) == 0:
        return f"{expected}; got an empty list; leave it out"
    try:
        array = np.asarray(value)
    except ValueError:
        return f"{expected}; got a ragged {type(value).__name__}"
    if array.dtype.name not in _DTYPES[:-1]:
        return f"{expected}; got {type(value).__name__}" + (f" of {array.dtype}" if array.ndim else "")
    if array.ndim > 1:
        return f"{expected}; got shape {array.shape}; make it a variable"
    if not 0 < array.nbytes <= _MOST_ATTRIBUTE_BYTES:
        return f"expected 1 to {_MOST_ATTRIBUTE_BYTES} bytes; got {array.nbytes}; make it a variable"
    return None
