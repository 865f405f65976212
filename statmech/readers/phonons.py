"""Phonon frequencies as phonopy writes them: ``mesh.yaml``, ``mesh.hdf5`` and ``total_dos.dat``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError
from statmech.readers.base import UNREADABLE, existing_file, open_text

__all__ = ["PhononDensity", "PhononMesh", "read_phonons"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhononMesh:
    """Frequencies on a mesh of wave vectors.

    Attributes
    ----------
    frequencies : array, shape (q, bands)
        In THz; imaginary ones negative.
    weights : array, shape (q,)
        How many points of the full mesh each one stands for.
    wave_vectors : array, shape (q, 3), or None
        In reciprocal lattice units, for messages.
    atoms : int or None
        In the cell; the number of bands is three times that.
    notes : dict of str to str
        Where it comes from.
    """

    frequencies: Array
    weights: Array
    wave_vectors: Array | None = None
    atoms: int | None = None
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PhononDensity:
    """A density of states.

    Attributes
    ----------
    frequencies : array, shape (n,)
        In THz, rising.
    density : array, shape (n,)
        Modes per THz and cell.
    notes : dict of str to str
        Where it comes from.
    """

    frequencies: Array
    density: Array
    notes: dict[str, str] = field(default_factory=dict)


def read_phonons(path: str | Path) -> PhononMesh | PhononDensity:
    r"""Phonons of a file; which of the three kinds it is, its content says.

    Parameters
    ----------
    path : path-like
        ``mesh.yaml``, ``mesh.hdf5`` or ``total_dos.dat`` of phonopy, under any name; the text may be compressed.
        Frequencies are in THz, phonopy's default; give another unit to the model if yours were written in one.

    Returns
    -------
    PhononMesh or PhononDensity

    Raises
    ------
    FileFormatError
        If the file is of none of these kinds, is damaged or incomplete, or a weight is not positive or a number not
        finite; with the line where there is one.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "total_dos.dat"
    >>> _ = path.write_text("# Tetrahedron method\n0.0 0.0\n0.5 1.5\n1.0 0.0\n")
    >>> read_phonons(path).density
    array([0. , 1.5, 0. ])
    """
    file = existing_file(path)
    with file.open("rb") as handle:
        head = handle.read(8)
    if head.startswith(b"\x89HDF"):
        found: PhononMesh | PhononDensity = _hdf5(file)
    else:
        try:
            with open_text(file) as text:
                content = text.read()
        except (*UNREADABLE, UnicodeDecodeError) as problem:
            raise FileFormatError(f"cannot be read as text: {problem}", path) from None
        found = (
            _yaml(file, content) if re.search(r"^(phonon|mesh|nqpoint):", content, re.M) else _density(file, content)
        )
    found.notes.setdefault("source", file.name)
    return found


def _hdf5(path: Path) -> PhononMesh:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            for name in ("frequency", "weight"):
                if name not in file:
                    raise FileFormatError(f"expected the dataset {name!r} of a phonopy mesh; got {list(file)}", path)
            q = np.asarray(file["qpoint"][()], dtype=np.float64) if "qpoint" in file else None
            values = np.asarray(file["frequency"][()], dtype=np.float64)
            weights = np.asarray(file["weight"][()], dtype=np.float64)
    except FileFormatError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as problem:
        raise FileFormatError(f"cannot be read as HDF5: {problem}; the file is damaged", path) from None
    return _mesh(path, values, weights, q, None)


def _yaml(path: Path, content: str) -> PhononMesh:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times faster
    try:
        data = yaml.load(content, Loader=loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise FileFormatError(
            f"is not YAML: {getattr(problem, 'problem', problem)}; the file is damaged", path,
            None if mark is None else mark.line + 1, None if mark is None else mark.column + 1,
        ) from None  # fmt: skip
    except (ValueError, RecursionError) as problem:  # a date that is none; nested too deeply
        raise FileFormatError(f"is not YAML: {problem}; the file is damaged", path) from None
    if not isinstance(data, dict) or not isinstance(data.get("phonon"), list) or not data["phonon"]:
        raise FileFormatError("expected a list 'phonon' of wave vectors, as in phonopy's mesh.yaml", path)
    points = data["phonon"]
    if isinstance(data.get("nqpoint"), int) and data["nqpoint"] != len(points):
        raise FileFormatError(f"announces {data['nqpoint']} wave vectors and has {len(points)}: it is cut off", path)
    rows, weights, vectors = [], [], []
    for k, point in enumerate(points):
        try:
            rows.append([float(band["frequency"]) for band in point["band"]])
            weights.append(float(point["weight"]))
            vectors.append([float(x) for x in point.get("q-position", (np.nan,) * 3)])
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as problem:
            raise FileFormatError(
                f"wave vector {k + 1} of {len(points)}: expected weight and band, a list of {{frequency: number}}; "
                f"wrong at {problem}",
                path,
            ) from None
    if len({len(row) for row in rows}) > 1:
        raise FileFormatError("wave vectors differ in their number of bands: the file is damaged", path)
    if any(len(vector) != 3 for vector in vectors):
        raise FileFormatError("expected q-position to be three numbers at each wave vector: the file is damaged", path)
    atoms = data.get("natom")
    return _mesh(path, np.array(rows), np.array(weights), np.array(vectors), atoms if isinstance(atoms, int) else None)


def _mesh(path: Path, values: Array, weights: Array, vectors: Array | None, atoms: int | None) -> PhononMesh:
    if values.ndim != 2 or weights.shape != values.shape[:1] or values.size == 0:
        raise FileFormatError(
            f"expected frequencies (q, bands) and weights (q,); got shapes {values.shape} and {weights.shape}", path
        )
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        q, band = map(int, bad[0])
        raise FileFormatError(
            f"expected finite frequencies; got {values[q, band]} at wave vector {q + 1}, band {band + 1}", path
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
    if wrong.size:
        raise FileFormatError(f"expected positive weights; got {weights[wrong[0]]} at {int(wrong[0]) + 1}", path)
    bands = values.shape[1]
    if atoms is not None and bands != 3 * atoms:
        raise FileFormatError(f"expected {3 * atoms} bands for {atoms} atoms; got {bands}", path)
    if vectors is not None and (vectors.shape != (values.shape[0], 3) or not np.all(np.isfinite(vectors))):
        vectors = None
    count = f"{values.shape[0]} wave vectors, weights sum to {weights.sum():g}, {bands} bands"
    return PhononMesh(values, weights, vectors, bands // 3 if bands % 3 == 0 else None, {"phonon mesh": count})


def _density(path: Path, content: str) -> PhononDensity:
    rows: list[tuple[float, float]] = []
    for k, text in enumerate(content.splitlines(), 1):
        cells = text.partition("#")[0].split()
        if not cells:
            continue
        try:
            frequency, density = map(float, cells)
        except ValueError:
            raise FileFormatError(
                "expected frequency (THz) and density of states in two columns, as in phonopy's total_dos.dat (or "
                f"mesh.yaml, mesh.hdf5); got {text.strip()[:60]!r}",
                path,
                k,
            ) from None
        if not (np.isfinite(frequency) and np.isfinite(density)):
            raise FileFormatError(f"expected finite numbers; got {text.strip()[:60]!r}", path, k)
        if rows and frequency <= rows[-1][0]:
            raise FileFormatError(f"expected rising frequencies; got {frequency} after {rows[-1][0]}", path, k)
        if density < 0:
            raise FileFormatError(f"expected a density of states >= 0; got {density}", path, k)
        rows.append((frequency, density))
    if len(rows) < 2:
        raise FileFormatError("expected a density of states at two frequencies or more; got none", path)
    table = np.array(rows)
    return PhononDensity(table[:, 0], table[:, 1])
