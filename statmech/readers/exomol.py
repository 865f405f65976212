"""ExoMol ``.states`` and ``.states.bz2`` line-list levels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.readers.base import (
    Columns,
    Layout,
    LevelFile,
    Lines,
    Sections,
    agreed_unit,
    character_column,
    compressed,
    line_blocks,
    open_text,
    parse_rows,
    section_blocks,
)

__all__ = ["open_levels"]

# Tennyson et al., J. Mol. Spectrosc. 327, 73 (2016), Table 4: i, E (cm-1), g_tot, J; all further columns vary.
_LAYOUT = Layout(energy=1, degeneracy=2, j=3, comment=None)


def open_levels(path: Path, unit: str | None, chunk_size: int, uncertainty: int | None = None) -> LevelFile:
    """Levels of an ExoMol ``.states`` file, plain or compressed.

    Only columns 1 to 4 (id, energy, total degeneracy, J) are read: those further right differ from list to list and
    may hold ``Inf`` and ``NaN``. Rows may be in any order. g is taken as given: it includes nuclear spin, and the
    ``.def`` beside the file is looked at only to compare the number of states. ``uncertainty`` is the number of the
    column (from 1; 5 in newer lists, says their ``.def``) that holds the standard errors of the energies in cm-1.

    Raises
    ------
    FileFormatError
        With line and column of what is not a level, or if ``unit`` is given and not cm-1.
    """
    agreed_unit(path, "cm-1", unit)
    if uncertainty is not None and (not isinstance(uncertainty, int) or uncertainty < 5):
        raise InputError(f"uncertainty: expected the number of a column from 5 on; got {uncertainty!r}")
    layout = _LAYOUT if uncertainty is None else replace(_LAYOUT, uncertainty=uncertainty - 1)
    for line, block in line_blocks(path, 64):
        for number, text in enumerate(block, line):
            cells = text.split()
            if cells and not cells[0].isdecimal():
                raise FileFormatError(
                    f"state id: expected an integer in column 1 of a .states file; got {cells[0][:40]!r}",
                    path,
                    number,
                    character_column(text, 0, None),
                )
        break
    notes = {
        "degeneracies": "g_tot as given (column 3)",
        "nuclear spin": "included in g (convention of ExoMol and HITRAN)",
    }
    if uncertainty is not None:
        notes["level uncertainties"] = f"column {uncertainty}, taken as independent, to first order"
    file = LevelFile("cm-1", iter(()), notes, truncated=True, announced=_promised(path))
    file.chunks = _chunks(line_blocks(path, chunk_size), path, layout, file)
    if not compressed(path):

        def section(start: int, stop: int) -> Iterator[Columns]:
            return _chunks(section_blocks(path, chunk_size, start, stop), path, layout, file)

        file.sections = Sections(0, path.stat().st_size, "bytes", section)
    return file


def _chunks(blocks: Iterator[tuple[int, Lines]], path: Path, layout: Layout, file: LevelFile) -> Iterator[Columns]:
    low, high, text = float("inf"), 0.0, file.notes["degeneracies"]
    for line, lines in blocks:
        columns = parse_rows(path, line, lines, layout)
        file.skipped["blank lines"] += len(lines) - (0 if columns is None else columns.energies.size)
        if columns is None:
            continue
        assert columns.j is not None
        ratio = np.asarray(columns.degeneracies, dtype=np.float64) / (2.0 * columns.j + 1.0)
        low, high = min(low, float(ratio.min())), max(high, float(ratio.max()))
        yield columns
    file.notes["degeneracies"] = text + f"; g/(2J+1) = {low:g}" + (f" to {high:g}" if high > low else "")


def _promised(path: Path) -> int | None:
    """Number of states that the ``.def`` beside the file announces; None where there is none or it does not say."""
    stem = re.sub(r"\.states(\.\w+)?$", "", path.name)
    definition = path.with_name(stem + ".def")
    if stem == path.name or not definition.is_file():
        return None
    try:
        with open_text(definition) as handle:
            for line in handle:
                value, _, meaning = line.partition("#")
                if "states in .states" in meaning and re.fullmatch(r"\d{1,18}", value.strip(), re.ASCII):
                    return int(value)
    except (OSError, UnicodeDecodeError):
        return None  # the .def is only a second opinion
    return None
