"""A results file read: into memory as a whole, checked, and as it was written."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from statmech.errors import ResultsError
from statmech.results.base import FLAGS, MAGIC, NEXUS, SCHEMA, SCHEMA_VERSION

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["open_results"]

_JSON = ("config_resolved", "versions")  # attributes that hold a JSON object


def open_results(path: str | os.PathLike[str], group: str | None = None) -> Dataset:
    """Read a results file into memory; the file is closed again and may be replaced meanwhile.

    Parameters
    ----------
    path : path-like
        File written by :func:`~statmech.results.write_results`.
    group : str, optional
        ``"samples"`` for the raw samples.

    Returns
    -------
    xarray.Dataset
        As it was written, without the attributes that only viewers need.

    Raises
    ------
    ResultsError
        If the file is not there, not readable, not HDF5, damaged, of another origin, or of a newer version.
    """
    import h5py
    import xarray

    image = _read(Path(path))
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            _check_schema(path, file)
            if group is not None and group not in file:
                raise ResultsError(f"{os.fspath(path)}: no group {group!r} in this file; it was written without")
            lists = {name: set(_lists(node)) for name, node in _nodes(file[group or "/"])}
        engine: Any = "h5netcdf"
        with xarray.open_dataset(io.BytesIO(image), engine=engine, group=group) as opened:
            dataset = opened.load().drop_encoding()
    except (ResultsError, MemoryError):
        raise
    except Exception as problem:  # HDF5 and the libraries above it raise a dozen kinds for a damaged file
        raise ResultsError(
            f"{os.fspath(path)}: the file is damaged ({problem}); it may be an incomplete copy: "
            "copy it again, or run the calculation again"
        ) from problem
    import statmech.accessor  # noqa: F401  ds.statmech

    for name in dataset.variables:
        dataset[name].attrs = _plain(dataset[name].attrs, lists.get(str(name), set()))
    dataset.attrs = {k: v for k, v in _plain(dataset.attrs, lists[""]).items() if k not in (*NEXUS, SCHEMA)}
    for name in dataset.attrs.keys() & set(_JSON):
        _check_json(path, name, dataset.attrs[name])
    return dataset


def _read(path: Path) -> bytes:
    try:
        image = path.read_bytes()
    except FileNotFoundError:
        raise ResultsError(f"{path}: there is no such file; `statmech run` writes one") from None
    except IsADirectoryError:
        raise ResultsError(f"{path}: is a folder; give the results file in it") from None
    except OSError as problem:
        raise ResultsError(f"{path}: could not be read: {problem.strerror}") from problem
    if not image.startswith(MAGIC):
        start = "it is empty" if not image else f"it starts with {image[:8]!r}"
        raise ResultsError(f"{path}: not an HDF5 file ({start}); expected a file written by `statmech run`")
    return image


def _check_schema(path: str | os.PathLike[str], file: Any) -> None:
    if SCHEMA not in file.attrs:
        raise ResultsError(
            f"{os.fspath(path)}: HDF5, but not written by statmech (no attribute {SCHEMA!r}); "
            "open it with xarray.open_dataset or h5py, or as a level file with statmech.read_levels"
        )
    version = int(np.ravel(file.attrs[SCHEMA])[0])
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{os.fspath(path)}: written by a newer statmech (layout {version}, this one reads up to "
            f"{SCHEMA_VERSION}); upgrade with pip install -U statmech"
        )


def _check_json(path: str | os.PathLike[str], name: str, text: object) -> None:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ResultsError(
            f"{os.fspath(path)}: the file is damaged (attribute {name!r} holds no JSON object); copy it again, or run "
            "the calculation again"
        )


def _nodes(group: Any) -> Iterator[tuple[str, Any]]:
    yield "", group
    yield from ((name, node) for name, node in group.items() if hasattr(node, "dtype"))


def _lists(node: Any) -> Iterator[str]:
    """Names of attributes that are lists of one item, which netCDF readers hand back as the item.

    A single number is stored as a list of one too; only ``flag_values`` and ``flag_masks`` (CF) are known to be lists.
    """
    for name in node.attrs:
        identity = node.attrs.get_id(name)
        if identity.shape == (1,) and (identity.dtype.kind == "O" or name in FLAGS):
            yield name


def _plain(attributes: Mapping[Any, Any], lists: set[str]) -> dict[str, Any]:
    """Attributes with Python numbers, and lists of one item as lists again."""
    values = {str(k): v.item() if isinstance(v, np.generic) else v for k, v in attributes.items()}
    return {k: [v] if k in lists and isinstance(v, (str, int)) else v for k, v in values.items()}
