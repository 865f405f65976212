"""Level files to :class:`~statmech.levels.EnergyLevels`: delimited text, ExoMol, NIST ASD, MARVEL, arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.levels import EnergyLevels
from statmech.readers.base import Columns, LevelFile, damage, existing_file, section_starts
from statmech.readers.recognise import recognise, refuse_foreign
from statmech.units import canonical_unit

__all__ = ["FORMATS", "iter_levels", "open_levels", "read_levels", "section_levels"]

# format -> module with ``open_levels(path, unit, chunk_size, **options)``; loaded on first use
FORMATS = {
    "delimited": "statmech.readers.delimited",
    "exomol": "statmech.readers.exomol",
    "nist": "statmech.readers.nist",
    "marvel": "statmech.readers.marvel",
    "arrays": "statmech.readers.arrays",
}
_BLOCK = 16384  # lines at a time; larger blocks are no faster


def read_levels(path: str | Path, format: str = "auto", unit: str | None = None, **options: Any) -> EnergyLevels:  # noqa: A002
    r"""Energy levels of a file.

    Parameters
    ----------
    path : path-like
        The file. Text may be compressed (``.bz2``, ``.gz``, ``.xz``).
    format : {"auto", "delimited", "exomol", "nist", "marvel", "arrays"}
        ``auto`` goes by the content first, then by the name. ``arrays`` is ``.npy``, ``.npz``, ``.h5`` and ``.json``.
    unit : str, optional
        Energy unit, needed where the file does not name one; it is never guessed, and must agree with the file's.
    **options
        Of the format: ``energy``, ``degeneracy`` (names of columns or arrays; columns also by number from 1; ``none``
        where every line is one state), ``j``, ``uncertainty``,
        ``delimiter``, ``decimal``, ``comment`` (delimited), ``ambiguous`` (nist), ``columns`` (marvel). See
        ``open_levels`` in its module.
        Of all: ``complete``, whether the file has every level there is. By default lists in a physical unit end
        although the spectrum goes on (``truncated``), and those in reduced units are complete.

    Returns
    -------
    EnergyLevels
        Shape (n,), in the order and the unit of the file, E = 0 where the file has it. ``notes`` say what was read,
        what was skipped and why (counts by reason), and whether g includes nuclear spin.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or does not say what it should; with line and column where there are some.
    InputError
        If the format or an option is unknown.
    UnitError
        If ``unit`` is unknown.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "fine_structure.csv"
    >>> _ = path.write_text("energy [cm-1],J\n0.0,1/2\n881.0,3/2\n")
    >>> levels = read_levels(path)
    >>> levels.energies, levels.degeneracies, levels.unit
    (array([  0., 881.]), array([2., 4.]), 'cm-1')
    >>> levels.notes["degeneracies"]
    "2J + 1, J from column 'J'"
    """
    file = open_levels(path, format, unit, None, **options)
    parts = list(file.chunks)
    if not parts:
        raise FileFormatError("no levels: the file has none", path)
    whole = parts[0] if len(parts) == 1 else _joined(path, parts)
    return _levels(path, file, whole, whole.energies.size)


def iter_levels(
    path: str | Path,
    format: str = "auto",  # noqa: A002
    unit: str | None = None,
    *,
    chunk_size: int = 65_536,
    **options: Any,
) -> Iterator[EnergyLevels]:
    r"""Energy levels of a file in chunks, at constant memory: for files larger than that.

    Parameters
    ----------
    path, format, unit, **options
        As for :func:`read_levels`, whose parser this is.
    chunk_size : int
        Lines (or levels) per chunk. A chunk without any populated level (all g = 0) is passed over.

    Returns
    -------
    iterator of EnergyLevels
        In the order of the file. The notes of the last chunk are complete.

    Raises
    ------
    FileFormatError, InputError, UnitError
        As :func:`read_levels`: at once for what the head of the file shows, later for what is further down.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ladder.txt"
    >>> _ = path.write_text("energy (K)\n" + "\n".join(str(k) for k in range(10)))
    >>> [len(chunk) for chunk in iter_levels(path, chunk_size=4)]
    [3, 4, 3]
    """
    if chunk_size < 1 or chunk_size != int(chunk_size):
        raise InputError(f"chunk_size: expected a positive integer; got {chunk_size}")
    return _iterated(path, open_levels(path, format, unit, int(chunk_size), **options))


def _iterated(path: str | Path, file: LevelFile) -> Iterator[EnergyLevels]:
    """One chunk behind the file, so that the last one carries the complete notes."""
    waiting: Columns | None = None
    count = 0
    for columns in file.chunks:
        count += columns.energies.size
        if _populated(columns):
            if waiting is not None:
                yield _levels(path, file, waiting)
            waiting = columns
    if waiting is None:
        raise FileFormatError("no levels: the file has none with g > 0", path)
    yield _levels(path, file, waiting, count)


def open_levels(
    path: str | Path,
    format: str = "auto",  # noqa: A002
    unit: str | None = None,
    chunk_size: int | None = None,
    complete: bool | None = None,
    **options: Any,
) -> LevelFile:
    """Recognise a file and read its head: format and unit are known, the levels are still to come.

    Raises
    ------
    FileFormatError, InputError, UnitError
        As :func:`read_levels`.
    """
    if unit is not None:
        canonical_unit(unit)
    if format not in ("auto", *FORMATS):
        near = get_close_matches(str(format), FORMATS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"format: expected one of auto, {', '.join(FORMATS)}; got {format!r}{hint}")
    file = existing_file(path)
    if format == "auto":
        name = "marvel" if "columns" in options else recognise(file)
    else:
        refuse_foreign(file)
        name = format
    opener: Callable[..., LevelFile] = import_module(FORMATS[name]).open_levels
    known = list(inspect.signature(opener).parameters)[3:]
    for option in options:
        if option not in known:
            near = get_close_matches(option, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            has = f"its options are {', '.join(known)}" if known else "it has no options"
            raise InputError(f"{option}: no option of format {name!r}; {has}{hint}")
    size = chunk_size if chunk_size is not None else (1 << 62 if name == "arrays" else _BLOCK)
    with _damage_told_first(file):
        found = opener(file, unit, size, **options)
    found.chunks = _watched(file, found.chunks)
    if complete is not None:
        if not isinstance(complete, bool):
            raise InputError(f"complete: expected true or false; got {complete!r}")
        found.truncated = not complete
    common = {"source": file.name, "format": name, "zero of energy": "E = 0 of the file"}
    for key, text in common.items():
        found.notes.setdefault(key, text)
    return found


@contextmanager
def _damage_told_first(path: Path) -> Iterator[None]:
    """A line that makes no sense may only be the effect of damaged compression."""
    try:
        yield
    except FileFormatError as problem:
        raise damage(path) or problem from None


def _watched(path: Path, chunks: Iterator[Columns]) -> Iterator[Columns]:
    with _damage_told_first(path):
        yield from chunks


def _joined(path: str | Path, parts: list[Columns]) -> Columns:
    def column(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        if values[0] is None:
            return None
        if any(isinstance(value, list) for value in values):  # integers beyond 2^53
            if not all(float(g).is_integer() for value in values for g in value):
                raise FileFormatError("degeneracies: integers beyond 2^53 cannot stay exact beside fractions", path)
            return [int(g) for value in values for g in value]
        return np.concatenate(values)

    return Columns(
        column("energies"),
        column("degeneracies"),
        column("log_degeneracies"),
        uncertainties=column("uncertainties"),
    )


def _populated(columns: Columns) -> bool:
    if columns.degeneracies is not None:
        return any(g > 0 for g in columns.degeneracies)
    return columns.log_degeneracies is None or bool(np.any(columns.log_degeneracies > -np.inf))


def section_levels(
    path: str | Path,
    format: str,  # noqa: A002
    unit: str | None,
    start: int | None,
    stop: int | None,
    chunk_size: int,
    **options: Any,
) -> Iterator[tuple[EnergyLevels, LevelFile]]:
    """Populated levels between two places of :class:`~statmech.readers.base.Sections`, each with what the file says.

    All levels of the file where the places are None.

    Raises
    ------
    FileFormatError
        As :func:`read_levels`, with the line of the file and not of the section.
    """
    file = open_levels(path, format, unit, chunk_size, **options)
    cut = None if start is None or stop is None else file.sections
    try:
        for columns in file.chunks if cut is None else cut.read(start or 0, stop or 0):
            if _populated(columns):
                yield _levels(path, file, columns), file
    except FileFormatError as problem:
        if cut is None or problem.line is None or cut.what == "rows":
            raise
        line = problem.line + section_starts(Path(path), start or 0)
        raise FileFormatError(problem.reason, path, line, problem.column) from None
    finally:
        file.close()


def _levels(path: str | Path, file: LevelFile, columns: Columns, total: int | None = None) -> EnergyLevels:
    """The value, its notes as they stand; with the number of levels where it is known to be all."""
    try:
        return EnergyLevels(
            columns.energies,
            columns.degeneracies,
            log_degeneracies=columns.log_degeneracies,
            unit=file.unit,
            notes=file.notes_so_far(columns.energies.size) if total is None else file.complete_notes(total),
            uncertainties=columns.uncertainties,
            truncated=file.truncated,
            ionization_limit=file.ionization_limit,
        )
    except InputError as problem:
        raise FileFormatError(str(problem), path) from None
