"""The levels of a text table, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from statmech.errors import InputError
from statmech.readers.base import (
    Columns,
    Layout,
    LevelFile,
    Lines,
    Sections,
    agreed_unit,
    compressed,
    line_blocks,
    parse_rows,
    section_blocks,
)
from statmech.readers.delimited.columns import check_unit, find_columns, notes_on
from statmech.readers.delimited.header import DELIMITERS, read_head
from statmech.units import is_physical

__all__ = ["open_levels"]


def open_levels(
    path: Path,
    unit: str | None,
    chunk_size: int,
    energy: str | int | None = None,
    degeneracy: str | int | None = None,
    j: str | int | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    comment: str = "#",
    uncertainty: str | int | None = None,
) -> LevelFile:
    r"""Levels of a text table.

    With a header, columns are found by name: ``energy`` (with its unit: ``energy [cm-1]``, ``energy (eV)``,
    ``energy / K``), ``g`` or ``degeneracy``, ``log_g``, or ``J``, from which :math:`g = 2J + 1`. A comment line just
    above the data counts as header if it names an energy. Without a header the columns are energy, or energy and g.
    Where no column is known as a weight and some are left over, g is not taken to be 1 in silence: say which it is.

    Parameters
    ----------
    path : Path
        The file; ``.bz2``, ``.gz`` and ``.xz`` are decompressed.
    unit : str or None
        Energy unit; needed where the header has none.
    chunk_size : int
        Lines per chunk.
    energy, degeneracy, j : str or int, optional
        Column by its header name, or by its number counted from 1. ``degeneracy`` ``none`` says that every line is
        one state, g = 1, whatever the other columns are.
    delimiter : str, optional
        ``,``, ``;``, ``|``, ``tab`` or ``whitespace``; found from the first lines where not given.
    decimal : str
        ``.`` or ``,``.
    comment : str
        Starts a comment, at the beginning of a line or after the numbers.
    uncertainty : str or int, optional
        Column of the standard errors of the energies, in their unit; found by name (``uncertainty``, ``unc``,
        ``sigma``) where not given, ``none`` to leave it out.

    Raises
    ------
    FileFormatError
        With line and column of what is wrong.
    InputError
        If an option has no such value.
    """
    if delimiter is not None and delimiter not in DELIMITERS:
        raise InputError(f"delimiter: expected ',', ';', '|', 'tab' or 'whitespace'; got {delimiter!r}")
    if decimal not in (".", ","):
        raise InputError(f"decimal: expected '.' or ','; got {decimal!r}")
    if not comment:
        raise InputError("comment: expected at least one character; got ''")
    if degeneracy is not None and j is not None:
        raise InputError("degeneracy: give the column of g or that of J, not both")
    head = read_head(path, delimiter, decimal, comment)
    asked = {"energy": energy, "degeneracy": degeneracy, "j": j, "uncertainty": uncertainty}
    columns = find_columns(path, head, asked)
    found = agreed_unit(path, head.units[columns["energy"]], unit, head.line, head.place(columns["energy"]))
    check_unit(path, head, columns, found)
    layout = Layout(**columns, delimiter=head.delimiter, width=head.width, decimal=decimal, comment=comment)
    file = LevelFile(found, iter(()), notes_on(head, columns), truncated=is_physical(found))
    file.chunks = _chunks(line_blocks(path, chunk_size), path, head.skip, layout, file)
    if not compressed(path):

        def section(start: int, stop: int) -> Iterator[Columns]:
            return _chunks(section_blocks(path, chunk_size, start, stop), path, 0, layout, file)

        file.sections = Sections(_after(path, head.skip), path.stat().st_size, "bytes", section)
    return file


def _chunks(
    blocks: Iterator[tuple[int, Lines]], path: Path, skip: int, layout: Layout, file: LevelFile
) -> Iterator[Columns]:
    whole_energies, whole_weights = True, True
    for line, block in blocks:
        drop = min(max(0, skip + 1 - line), len(block))
        columns = parse_rows(path, line + drop, block[drop:], layout)
        found = 0 if columns is None else columns.energies.size
        file.skipped["blank or comment lines"] += len(block) - drop - found
        if columns is None:
            continue
        if layout.degeneracy is not None:
            g = np.asarray(columns.degeneracies)
            file.skipped["levels with g = 0, which count for nothing"] += int(np.count_nonzero(g == 0))
            whole_weights = whole_weights and (g.dtype.kind != "f" or not np.any(g % 1))
            whole_energies = whole_energies and not np.any(columns.energies % 1)
        yield columns
    if whole_energies and not whole_weights and "(no header)" in file.notes["energies"]:
        file.notes["warning"] = "energies are whole numbers and degeneracies are not: are the columns swapped?"


def _after(path: Path, lines: int) -> int:
    """The byte after so many lines."""
    with path.open("rb") as handle:
        return sum(len(handle.readline()) for _ in range(lines))
