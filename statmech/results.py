"""A Dataset to one HDF5 file and back: netCDF-4 compatible, with NeXus axes for browser viewers, replaced atomically.

The file image is built in memory and written by Python: HDF5 writing to a full disk ends the interpreter, a killed
writer leaves half a file, and opening a target for writing truncates it before it fails. Here the old file stays
until the new one is complete on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import io
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statmech.errors import ResultsError
from statmech.storable import storage_problems

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

SCHEMA_VERSION: Final = 1
"""Raised when a reader of the old layout would misread the new one."""

_SCHEMA = "statmech_schema"
_MAGIC = b"\x89HDF\r\n\x1a\n"
_VOLATILE = ("created",)  # differs from run to run; left out of reproducible files
_NEXUS = ("NX_class", "signal", "axes", "auxiliary_signals", "default")
_FLAGS = {"flag_values", "flag_masks"}  # attributes with numbers of the type of their variable
_COMPRESS_ABOVE = 64 * 1024  # bytes; smaller variables grow by chunking
_FILTERS = {"compression": "gzip", "compression_opts": 4, "shuffle": True, "fletcher32": True}
_JSON = ("config_resolved", "versions")  # attributes that hold a JSON object
# The curve a viewer shows first.
_SIGNALS = ("heat_capacity", "entropy", "internal_energy", "free_energy", "log_z")


def write_results(
    dataset: Dataset, path: str | os.PathLike[str], *, reproducible: bool = False, samples: Dataset | None = None
) -> Path:
    """Write a Dataset as one HDF5 file, in place of an older one.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results; never changed. Variables float32/64, int8 to int64, bool or str; attributes str, int, float,
        lists of str or one-dimensional numbers.
    path : path-like
        File to write. Its folder must exist.
    reproducible : bool
        Leave out what differs between two runs of the same input (``created``), so that the bytes are equal.
    samples : xarray.Dataset, optional
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
    problems = [*storage_problems(dataset, reserved=(*_NEXUS, _SCHEMA))]
    if samples is not None:
        problems += [f"samples: {line}" for line in storage_problems(samples)]
    if problems:
        raise ResultsError("\n".join([f"{os.fspath(path)}: cannot be written:", *(f"  {line}" for line in problems)]))
    extra: dict[str, Any] = {**_nexus(dataset), _SCHEMA: SCHEMA_VERSION}
    if not reproducible:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        extra = {"created": dataset.attrs.get("created", now), **extra}
    image = io.BytesIO()
    _dump(dataset, image, None, extra)
    if samples is not None:
        _dump(samples, image, "samples", {})
    return _replace(Path(path), image)


def open_results(path: str | os.PathLike[str], group: str | None = None) -> Dataset:
    """Read a results file into memory; the file is closed again and may be replaced meanwhile.

    Parameters
    ----------
    path : path-like
        File written by :func:`write_results`.
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
    dataset.attrs = {k: v for k, v in _plain(dataset.attrs, lists[""]).items() if k not in (*_NEXUS, _SCHEMA)}
    for name in dataset.attrs.keys() & set(_JSON):
        _check_json(path, name, dataset.attrs[name])
    return dataset


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise now what :func:`write_results` would raise after hours of work.

    Raises
    ------
    ResultsError
        If the folder is missing or cannot be written, or if the path is no regular file, read-only, or a file
        that is no HDF5: somebody's data or configuration.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_writable(f"{folder}/results.h5")  # no news is good news
    """
    path = Path(path)
    target, probe = _target(path)
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        probe.unlink()
    except OSError as problem:
        raise _explained(path, target, problem) from problem


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
    import xarray

    unit = {"units": "1" if levels.unit == "reduced" else levels.unit}
    columns: dict[str, Any] = {"energy": ("level", levels.energies, {**unit, "long_name": "energy above the offset"})}
    log_g = {"units": "1", "long_name": "logarithm of the degeneracy"}
    if levels.exact_degeneracies is not None:
        digits = [str(g) for g in levels.exact_degeneracies]
        columns["exact_degeneracy"] = ("level", np.array(digits, dtype=object), {"long_name": "degeneracy, exact"})
    elif levels.degeneracies is not None:
        columns["degeneracy"] = ("level", levels.degeneracies, {"units": "1", "long_name": "degeneracy"})
    columns["log_degeneracy"] = ("level", levels.log_g, log_g)
    if levels.uncertainties is not None:
        columns["uncertainty"] = ("level", levels.uncertainties, {**unit, "long_name": "standard error of the energy"})
    columns |= {f"observable_{name}": ("level", values) for name, values in levels.observables.items()}
    attributes = {"content": "energy levels", "unit": levels.unit, "offset": levels.offset}
    if levels.sites is not None:
        attributes["sites"] = levels.sites
    if levels.truncated:
        attributes["truncated"] = 1
    if levels.ionization_limit is not None:
        attributes["ionization_limit"] = levels.ionization_limit
    attributes["notes"] = json.dumps(dict(levels.notes), ensure_ascii=False)
    return write_results(xarray.Dataset(columns, attrs=attributes), path, reproducible=reproducible)


def read_stored_levels(path: str | os.PathLike[str]) -> EnergyLevels:
    """Read what :func:`write_stored_levels` wrote, exact degeneracies included.

    Raises
    ------
    ResultsError
        As :func:`open_results`, and if the file holds something else than levels.
    """
    from statmech.levels import EnergyLevels

    dataset = open_results(path)
    if dataset.attrs.get("content") != "energy levels":
        raise ResultsError(f"{os.fspath(path)}: holds no energy levels but results; read it with open_results")
    degeneracies: Any = None
    if "exact_degeneracy" in dataset:
        degeneracies = [int(digits) for digits in dataset["exact_degeneracy"].values]
    elif "degeneracy" in dataset:
        degeneracies = dataset["degeneracy"].values
    return EnergyLevels(
        dataset["energy"].values,
        degeneracies,
        log_degeneracies=dataset["log_degeneracy"].values if degeneracies is None else None,
        unit=dataset.attrs["unit"],
        offset=dataset.attrs["offset"],
        sites=dataset.attrs.get("sites"),
        notes=json.loads(dataset.attrs["notes"]),
        uncertainties=dataset["uncertainty"].values if "uncertainty" in dataset else None,
        truncated=bool(dataset.attrs.get("truncated", 0)),
        ionization_limit=dataset.attrs.get("ionization_limit"),
        observables={
            str(name).removeprefix("observable_"): variable.values
            for name, variable in dataset.data_vars.items()
            if str(name).startswith("observable_")
        },
    )


def _nexus(dataset: Dataset) -> dict[str, Any]:
    """NXdata attributes of the root group: what to draw, and against which axes.

    The root itself is the NXdata group (``xarray.open_dataset`` needs the variables there), so there is no
    ``default`` to follow. A text axis is ``.``: viewers refuse axes that are no numbers.
    """
    curves = [
        name
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind == "f" and variable.ndim and not str(name).endswith("_errors")
    ]
    if not curves:
        return {}
    ranks = {name: _SIGNALS.index(str(name)) if name in _SIGNALS else len(_SIGNALS) for name in curves}
    signal = min(curves, key=lambda name: (ranks[name] == len(_SIGNALS), -dataset[name].ndim, ranks[name]))
    dims = dataset[signal].dims
    axes = [str(dim) if dim in dataset.coords and dataset[dim].dtype.kind in "fi" else "." for dim in dims]
    attributes: dict[str, Any] = {"NX_class": "NXdata", "signal": str(signal), "axes": axes}
    others = [str(name) for name in curves if name != signal and dataset[name].dims == dims]
    if others:
        attributes["auxiliary_signals"] = others
    return attributes


def _dump(dataset: Dataset, image: io.BytesIO, group: str | None, extra: Mapping[str, Any]) -> None:
    """Add a Dataset to a file image in memory.

    Not ``to_netcdf``: that asks for Dask's scheduler and fails while a default client is active.
    """
    from xarray.backends import H5NetCDFStore

    copy = _ordered(dataset.compute())
    attributes = {k: v for k, v in dataset.attrs.items() if k not in _VOLATILE} | dict(extra)
    copy.attrs = {k: list(v) if isinstance(v, tuple) else v for k, v in attributes.items()}
    copy.encoding = {}
    for variable in copy.variables.values():
        kind = variable.dtype.kind
        # A fill value would turn stored nan into "missing" for some readers.
        variable.encoding = {"_FillValue": None} if kind == "f" else {}
        if kind in "fi" and variable.nbytes > _COMPRESS_ABOVE:
            variable.encoding |= _FILTERS
        variable.attrs = {k: list(v) if isinstance(v, tuple) else v for k, v in variable.attrs.items()}
        for flags in _FLAGS & variable.attrs.keys():  # of the type of its variable, says CF
            variable.attrs[flags] = np.asarray(variable.attrs[flags], dtype=variable.dtype)
    store = H5NetCDFStore.open(image, mode="w" if group is None else "a", group=group, lock=False)
    try:
        copy.dump_to_store(store)
    finally:
        store.close()


def _ordered(dataset: Dataset) -> Dataset:
    """A copy with its coordinates in the order in which they are read back, so that a rewrite has the same bytes."""
    import xarray

    dims = list(dict.fromkeys(dim for variable in dataset.data_vars.values() for dim in variable.dims))
    rank = {dim: position for position, dim in enumerate([*dims, *(dim for dim in dataset.dims if dim not in dims)])}
    names = sorted(dataset.coords, key=lambda name: (rank.get(name, len(rank)), str(name)))
    coords = {name: dataset.variables[name].copy(deep=False) for name in names}
    return xarray.Dataset({k: v.variable.copy(deep=False) for k, v in dataset.data_vars.items()}, coords)


def _replace(path: Path, image: io.BytesIO) -> Path:
    """Put the image where the old file was: temporary file, fsync, replace, fsync of the folder."""
    target, part = _target(path)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(image.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _sweep(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if os.name == "posix":  # elsewhere a folder cannot be opened
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as problem:
        raise _explained(path, target, problem) from problem
    return path


def _sweep(target: Path) -> None:
    """Delete what writers of this file left that were killed more than an hour ago."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - part.stat().st_mtime > 3600:
                part.unlink()


def _target(path: Path) -> tuple[Path, Path]:
    """The file behind a symbolic link, and a temporary name beside it."""
    if "\0" in os.fspath(path):
        raise ResultsError(f"output: expected the name of a file; got {os.fspath(path)!r}, with a NUL in it")
    target = Path(os.path.realpath(path))
    if not (os.access(target.parent, os.F_OK) and target.parent.is_dir()):  # pathlib raises where a name is too long
        raise ResultsError(
            f"{path}: the folder {str(path.parent)!r} does not exist; create it (mkdir -p) or choose another output"
        )
    if os.access(target, os.F_OK):
        if not target.is_file():
            raise ResultsError(f"{path}: is a folder or device, expected the name of a file; add a file name")
        if not os.access(target, os.W_OK):
            raise ResultsError(f"{path}: the file is read-only; make it writable (chmod u+w) or choose another output")
        _refuse_foreign(path, target)
    return target, target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def _refuse_foreign(path: Path, target: Path) -> None:
    """Results take the place of older results only, never of a configuration or of data."""
    try:
        with target.open("rb") as file:
            head = file.read(8)
    except OSError:
        return  # without permission to read it we cannot know; what cannot be written is told elsewhere
    if head and head != _MAGIC:
        raise ResultsError(
            f"{path}: is there already and is no results file (HDF5) but begins with {head!r}; it is left as it is: "
            "choose another name for the output, or remove it first"
        )


def _explained(path: Path, target: Path, problem: OSError) -> ResultsError:
    kept = "; the older file is unchanged" if os.access(target, os.F_OK) else ""
    advice = {
        errno.ENOSPC: "the disk is full; free some space or choose another output",
        errno.EDQUOT: "your disk quota is used up; free some space or choose another output",
        errno.EACCES: f"the folder {str(path.parent)!r} cannot be written; change its permissions or choose another",
        errno.EPERM: f"the folder {str(path.parent)!r} cannot be written; change its permissions or choose another",
        errno.EROFS: "the file system is read-only; choose another output",
        errno.ENAMETOOLONG: "the file name is too long; choose a shorter one",
    }
    return ResultsError(
        f"{path}: {advice.get(problem.errno or 0, f'could not be written: {problem.strerror or problem}')}{kept}"
    )


def _read(path: Path) -> bytes:
    try:
        image = path.read_bytes()
    except FileNotFoundError:
        raise ResultsError(f"{path}: there is no such file; `statmech run` writes one") from None
    except IsADirectoryError:
        raise ResultsError(f"{path}: is a folder; give the results file in it") from None
    except OSError as problem:
        raise ResultsError(f"{path}: could not be read: {problem.strerror}") from problem
    if not image.startswith(_MAGIC):
        start = "it is empty" if not image else f"it starts with {image[:8]!r}"
        raise ResultsError(f"{path}: not an HDF5 file ({start}); expected a file written by `statmech run`")
    return image


def _check_schema(path: str | os.PathLike[str], file: Any) -> None:
    if _SCHEMA not in file.attrs:
        raise ResultsError(
            f"{os.fspath(path)}: HDF5, but not written by statmech (no attribute {_SCHEMA!r}); "
            "open it with xarray.open_dataset or h5py, or as a level file with statmech.read_levels"
        )
    version = int(np.ravel(file.attrs[_SCHEMA])[0])
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
        if identity.shape == (1,) and (identity.dtype.kind == "O" or name in _FLAGS):
            yield name


def _plain(attributes: Mapping[Any, Any], lists: set[str]) -> dict[str, Any]:
    """Attributes with Python numbers, and lists of one item as lists again."""
    values = {str(k): v.item() if isinstance(v, np.generic) else v for k, v in attributes.items()}
    return {k: [v] if k in lists and isinstance(v, (str, int)) else v for k, v in values.items()}
