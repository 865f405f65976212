"""Arrays of energies: ``.npy``, ``.npz``, ``.h5`` and ``.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from statmech.errors import FileFormatError, StatmechError
from statmech.readers.base import Columns, LevelFile, Sections, agreed_unit
from statmech.units import is_physical

__all__ = ["open_levels"]

_NAMES = {
    "energies": ("energies", "energy", "E", "levels", "eigenvalues"),
    "degeneracies": ("degeneracies", "degeneracy", "g", "deg", "degen", "g_i", "g_tot"),
    "log_degeneracies": ("log_degeneracies", "log_degeneracy", "log_g"),
    "j": ("J", "j"),
    "uncertainties": ("uncertainties", "uncertainty", "unc", "errors", "sigma"),
}
_UNIT_NAMES = ("unit", "units", "energy_unit")
_MAGIC = {b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"\x89HDF\r\n\x1a\n": "h5"}


@dataclass(frozen=True, eq=False)
class _Arrays:
    """Named arrays of a file (loaded, mapped or still on disk), its unit, and how to let go of it."""

    values: Mapping[str, Any]
    unit: str | None
    close: Callable[[], None]


def open_levels(
    path: Path,
    unit: str | None,
    chunk_size: int,
    energy: str | None = None,
    degeneracy: str | None = None,
    uncertainty: str | None = None,
) -> LevelFile:
    """Levels from arrays named ``energies`` and ``degeneracies`` (or ``log_degeneracies``, or ``J``).

    ``.npy`` holds the energies alone, shape (n,), or energies and degeneracies as columns, shape (n, 2). JSON is an
    object of lists, or a list of energies. HDF5 gives its unit as attribute ``units`` of the energies (or of the
    file); ``.npz`` and JSON as an entry ``unit``. Integer degeneracies stay exact. Pickled objects are refused: they
    can run code when opened.

    Parameters
    ----------
    path : Path
        The file; what it is, its first bytes decide.
    unit : str or None
        Energy unit; needed where the file has none.
    chunk_size : int
        Levels per chunk.
    energy, degeneracy, uncertainty : str, optional
        Other names of the arrays (in HDF5 a path such as ``run1/levels``); degeneracy ``none`` where every entry
        is one state, uncertainty ``none`` to take energies as exact.

    Raises
    ------
    FileFormatError
        If an array is missing, has the wrong shape or type, or holds what no level has; with its index.
    """
    try:
        arrays = _open(path)
    except StatmechError:
        raise
    except Exception as problem:  # NumPy, zipfile, json and h5py raise a dozen kinds for a damaged file
        if "pickle" in str(problem) or "Python objects" in str(problem):
            raise FileFormatError(
                "holds pickled Python objects, which can run any code when opened; save plain numbers "
                "(array.astype(float)) instead",
                path,
            ) from None
        raise FileFormatError(f"cannot be read: {_first_line(problem)}; the file is damaged", path) from None
    single = degeneracy == "none" and "none" not in arrays.values
    names = {
        "energies": _name(path, arrays, "energies", energy),
        "degeneracies": None if single else _name(path, arrays, "degeneracies", degeneracy),
        "log_degeneracies": None,
        "j": None,
    }
    exact = uncertainty == "none" and "none" not in arrays.values
    names["uncertainties"] = None if exact else _name(path, arrays, "uncertainties", uncertainty)
    for other in ("log_degeneracies", "j"):
        if not single and names["degeneracies"] is None and names["log_degeneracies"] is None:
            names[other] = _name(path, arrays, other, None)
    found = agreed_unit(path, arrays.unit, unit)
    columns = {key: arrays.values[name] for key, name in names.items() if name is not None}
    size = _checked_size(path, columns, names)
    others = [name for name, values in arrays.values.items() if name not in names.values() and _long(values, size)]
    if not {"degeneracies", "log_degeneracies", "j"} & columns.keys() and others and not single:
        raise FileFormatError(
            f"no array is known as g or J, and as long as the energies are {', '.join(map(repr, others[:10]))}: "
            "set degeneracy to the name of the one that holds g, or to 'none' where every entry is one state",
            path,
        )
    weights = next((key for key in ("degeneracies", "log_degeneracies", "j") if key in columns), None)
    said = {None: "1 for every entry", "j": "2J + 1"}.get(weights, f"as given, array {names[weights or 'energies']!r}")
    notes = {
        "degeneracies": said,
        "nuclear spin": "not included in g" if weights == "j" else "as in the file",
    }

    def rows(first: int, last: int) -> Iterator[Columns]:
        for start in range(first, last, chunk_size):
            yield _chunk(path, columns, start, min(start + chunk_size, last))

    def chunks() -> Iterator[Columns]:
        try:
            yield from rows(0, size)
        finally:
            arrays.close()

    if "uncertainties" in columns:
        notes["level uncertainties"] = f"array {names['uncertainties']!r}, taken as independent, to first order"
    sections = Sections(0, size, "rows", rows)
    return LevelFile(found, chunks(), notes, arrays.close, truncated=is_physical(found), sections=sections)


def _open(path: Path) -> _Arrays:
    with path.open("rb") as handle:
        head = handle.read(8)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "json")
    return {"npy": _open_npy, "npz": _open_npz, "h5": _open_h5, "json": _open_json}[kind](path)


def _open_npy(path: Path) -> _Arrays:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim == 2 and array.shape[1] == 2:
        return _Arrays({"energies": array[:, 0], "degeneracies": array[:, 1]}, None, _nothing)
    return _Arrays({"energies": array}, None, _nothing)


def _open_npz(path: Path) -> _Arrays:
    with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
        if not isinstance(archive, np.lib.npyio.NpzFile) or not archive.files:
            raise FileFormatError("a zip file without NumPy arrays (a spreadsheet? export it as CSV)", path)
        values = {name: archive[name] for name in archive.files}
    unit = next((str(values[name]) for name in _UNIT_NAMES if name in values and values[name].ndim == 0), None)
    return _Arrays(values, unit, _nothing)


def _open_h5(path: Path) -> _Arrays:
    import h5py

    file = h5py.File(path, "r")
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(note)
    unit = None
    for name in (*_NAMES["energies"], None):
        holder = file if name is None else found.get(name)
        if holder is not None and unit is None:
            text = next((holder.attrs[key] for key in _UNIT_NAMES if key in holder.attrs), None)
            unit = text.decode() if isinstance(text, bytes) else None if text is None else str(text)
    return _Arrays(found, unit, file.close)


def _open_json(path: Path) -> _Arrays:
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_unique)
    except json.JSONDecodeError as problem:
        raise FileFormatError(f"not JSON: {problem.msg}", path, problem.lineno, problem.colno) from None
    except RecursionError:
        raise FileFormatError("nested too deeply; expected an object of lists", path) from None
    if isinstance(content, list):
        content = {"energies": content}
    if not isinstance(content, dict):
        raise FileFormatError('expected an object such as {"energies": [...], "unit": "cm-1"}, or a list', path)
    values = {}
    for name, entry in content.items():
        if isinstance(entry, list):
            bad = next((k for k, x in enumerate(entry) if isinstance(x, bool) or not isinstance(x, int | float)), None)
            if bad is not None:
                raise FileFormatError(f"{name}[{bad}]: expected a number; got {str(entry[bad])[:40]!r}", path)
            values[name] = entry
    unit = next((content[name] for name in _UNIT_NAMES if isinstance(content.get(name), str)), None)
    return _Arrays(values, unit, _nothing)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for k, (name, _) in enumerate(pairs) if name in {other for other, _ in pairs[:k]}]
    if twice:
        raise ValueError(f"the key {twice[0]!r} is there twice")
    return dict(pairs)


def _nothing() -> None:
    """Nothing to close."""


def _name(path: Path, arrays: _Arrays, key: str, asked: str | None) -> str | None:
    """Under which name an array is there; None where it is not and need not be."""
    present = ", ".join(repr(name) for name in list(arrays.values)[:10]) or "none"
    if asked is not None:
        if asked in arrays.values:
            return asked
        option = {"energies": "energy", "uncertainties": "uncertainty"}.get(key, "degeneracy")
        raise FileFormatError(f"{option}: no array is named {asked!r}; the arrays are {present}", path)
    name = next((name for name in _NAMES[key] if name in arrays.values), None)
    if name is None and key == "energies":
        raise FileFormatError(f"expected an array named energies; the arrays are {present}; say energy='<name>'", path)
    return name


def _checked_size(path: Path, columns: Mapping[str, Any], names: Mapping[str, str | None]) -> int:
    size = None
    for key, values in columns.items():
        if isinstance(values, list):
            length = len(values)
        else:
            if values.dtype.kind not in "iuf":
                advice = "; take the real part first" if values.dtype.kind == "c" else ""
                raise FileFormatError(f"{names[key]}: expected real numbers; got type {values.dtype}{advice}", path)
            if len(values.shape) != 1:
                raise FileFormatError(f"{names[key]}: expected one dimension, shape (n,); got {values.shape}", path)
            length = values.shape[0]
        if size is not None and length != size:
            raise FileFormatError(f"{names[key]}: expected {size} values, one per energy; got {length}", path)
        size = length
    if not size:
        raise FileFormatError("no levels: the array of energies is empty", path)
    return size


def _long(values: Any, size: int) -> bool:
    """Whether an array has one number for each level."""
    if isinstance(values, list):
        return len(values) == size
    return tuple(values.shape) == (size,) and values.dtype.kind in "iuf"


def _chunk(path: Path, columns: Mapping[str, Any], start: int, stop: int) -> Columns:
    """Levels start to stop, checked."""
    parts: dict[str, Any] = {}
    for key, values in columns.items():
        try:
            part = values[start:stop]
            floats = np.asarray(part, dtype=np.float64)
        except (OverflowError, OSError, ValueError, TypeError) as problem:
            if key == "degeneracies" and isinstance(problem, OverflowError) and min(values) >= 0:
                parts[key] = part  # integers beyond float64: EnergyLevels takes them exactly
                continue
            raise FileFormatError(f"{key}: cannot be read as numbers: {_first_line(problem)}", path) from None
        if key == "energies":
            fine, wanted = np.isfinite(floats), "a finite number"
        elif key == "log_degeneracies":
            fine, wanted = ~np.isnan(floats) & (floats < np.inf), "a number or -inf"
        elif key in ("degeneracies", "uncertainties"):
            fine, wanted = (
                np.isfinite(floats) & (floats >= 0),
                "a finite number >= 0" if key == "uncertainties" else "a finite g >= 0",
            )
        else:
            fine = np.isfinite(floats) & (floats >= 0) & (2 * floats == np.floor(2 * floats))
            wanted = "0, 0.5, 1, ..."
        if not np.all(fine):
            k = int(np.flatnonzero(~fine)[0])
            raise FileFormatError(f"{key}[{start + k}]: expected {wanted}; got {floats[k]}", path)
        exact = key == "degeneracies" and (isinstance(part, list) or part.dtype.kind in "iu")
        parts[key] = (part if isinstance(part, list) else np.asarray(part)) if exact else floats
    if "j" in parts:
        parts["degeneracies"] = 2.0 * parts.pop("j") + 1.0
    return Columns(**parts)


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:160]
