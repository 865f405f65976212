"""NIST Atomic Spectra Database (ASD) level tables, exported tab-delimited or as CSV."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.readers.base import Columns, LevelFile, agreed_unit, character_column, half_integer, line_blocks

__all__ = ["open_levels"]

_LEVEL = re.compile(r"level\s*\((?P<unit>[^)]+)\)", re.IGNORECASE)
# A number as ASD prints it, with marks around it where the export does not split them off.
_ENERGY = re.compile(
    r"(?P<before>[\[(]*)\s*(?P<number>-?\d+(?:\.\d*)?)\s*(?P<after>[\])]*[?*†‡]*(?:\+[a-z]\??)?)", re.ASCII
)
_UNITS = {"Ryd": "Ry", "Rydberg": "Ry", "Hartree": "hartree"}  # names of the ASD form
_POLICIES = ("mean", "first", "skip", "error")
_MARKS = {
    "[": "in brackets [ ] (predicted)",
    "(": "in parentheses ( ) (theoretical)",
    "?": "marked ? (uncertain)",
    "+x": "marked +x (their offset to the other levels is not known)",
    "or": "with ambiguous J ('a or b')",
}


@dataclass(frozen=True)
class _Table:
    """Column numbers of the header and the cells of the rows below, each with its line."""

    header: list[str]
    level: int
    j: int
    term: int | None
    prefix: int | None
    suffix: int | None
    header_line: int
    rows: list[tuple[int, str, list[str]]]
    delimiter: str
    header_text: str

    def column(self, text: str, cell: int) -> int:
        """Where a cell begins in a line, in characters."""
        return character_column(text, cell, self.delimiter)


def _header_cells(line: str) -> list[str] | None:
    """Names in the header line of an ASD export; None where the line is none."""
    delimiter = "\t" if "\t" in line else ","
    cells = [_unwrapped(cell) for cell in line.strip("\r\n").split(delimiter)]
    names = {cell.lower() for cell in cells}
    is_header = "j" in names and ("configuration" in names or "term" in names)
    return cells if is_header and any(_LEVEL.fullmatch(cell) for cell in cells) else None


def open_levels(path: Path, unit: str | None, chunk_size: int, ambiguous: str = "mean") -> LevelFile:
    r"""Levels of a NIST ASD export: one row per level, :math:`g = \sum (2J + 1)` over the J in its cell.

    Skipped, and counted in the notes: ionization limits, rows without an energy, and rows without J (averages over
    finer rows and unresolved groups; adding them would count states twice). Levels with an energy in brackets,
    with ``?`` or ``+x`` are kept and counted. Nothing above an ionization limit is dropped.

    Parameters
    ----------
    path : Path
        The export, with header (``Configuration  Term  J  Prefix  Level (cm-1)  Suffix``).
    unit : str or None
        Must agree with the header where given.
    chunk_size : int
        Levels per chunk.
    ambiguous : {"mean", "first", "skip", "error"}
        What ``1/2 or 3/2`` means for g: the mean over the alternatives, the first of them, no level, or an error.

    Raises
    ------
    FileFormatError
        With line and column of the cell that cannot be understood.
    InputError
        If ``ambiguous`` is none of the above.
    """
    if ambiguous not in _POLICIES:
        raise InputError(f"ambiguous: expected one of {', '.join(_POLICIES)}; got {ambiguous!r}")
    table = _read_table(path)
    match = _LEVEL.fullmatch(table.header[table.level])
    assert match is not None
    named = match["unit"].strip()
    found = agreed_unit(
        path, _UNITS.get(named, named), unit, table.header_line, table.column(table.header_text, table.level)
    )
    skipped: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    limits: list[float] = []
    energies, degeneracies = [], []
    for line, text, cells in table.rows:
        term = cells[table.term].lower() if table.term is not None else ""
        is_limit = term == "limit" or set(cells[table.j]) == {"-"}
        energy, marks = _energy(path, line, table, text, cells)
        if is_limit:
            skipped["ionization-limit rows"] += 1
            if energy is not None:
                limits.append(energy)
            continue
        if energy is None:
            skipped["rows without an energy"] += 1
            continue
        alternatives = _degeneracies(path, line, table.column(text, table.j), cells[table.j])
        if not alternatives:
            skipped["rows without J"] += 1
            continue
        if len(alternatives) > 1:
            if ambiguous == "error":
                raise FileFormatError(
                    f"J: {cells[table.j]!r} is ambiguous; say ambiguous='mean', 'first' or 'skip'",
                    path,
                    line,
                    table.column(text, table.j),
                )
            if ambiguous == "skip":
                skipped["rows with ambiguous J"] += 1
                continue
            marks = [*marks, "or"]
        marked.update(marks)
        energies.append(energy)
        degeneracies.append(sum(alternatives) / len(alternatives) if ambiguous == "mean" else alternatives[0])
    kept = {_MARKS.get(mark, f"marked {mark!r}"): count for mark, count in marked.items()}
    notes = {
        "degeneracies": "sum of 2J + 1 over the J of a row" + _policy(marked, ambiguous),
        "nuclear spin": "not included in g",
        "kept with marks": _counts(kept) or "none",
    }
    if limits:
        above = sum(energy > min(limits) for energy in energies)
        notes["ionization limit"] = f"{min(limits):.10g} {found}; {above} levels above it, kept"
    e, g = np.array(energies), np.array(degeneracies, dtype=np.float64)

    def chunks() -> Iterator[Columns]:
        for start in range(0, e.size, chunk_size):
            yield Columns(e[start : start + chunk_size], g[start : start + chunk_size])

    return LevelFile(
        found, chunks(), notes, truncated=True, ionization_limit=min(limits, default=None), skipped=skipped
    )


def _read_table(path: Path) -> _Table:
    """Header and rows, cells unwrapped; every row as long as the header."""
    lines = [(line + k, text) for line, block in line_blocks(path, 4096) for k, text in enumerate(block)]
    start = next((k for k, (_, text) in enumerate(lines) if text.strip()), None)
    if start is None:
        raise FileFormatError("the file is empty", path)
    header_line, text = lines[start]
    header = _header_cells(text)
    if header is None:
        raise FileFormatError(
            "expected the header of a NIST ASD level table with the columns J and 'Level (cm-1)'; got "
            f"{text.strip()[:80]!r}; in the ASD form choose tab-delimited or CSV output and tick J and Level",
            path,
            header_line,
        )
    names = [name.lower() for name in header]
    while header and not header[-1]:
        header.pop()
    level = next(k for k, name in enumerate(header) if _LEVEL.fullmatch(name))
    delimiter = "\t" if "\t" in text else ","
    rows = []
    for line, content in lines[start + 1 :]:
        if not content.strip():
            continue
        try:
            cells = [_unwrapped(cell) for cell in next(csv.reader([content.strip("\r\n")], delimiter=delimiter))]
        except csv.Error as problem:
            raise FileFormatError(f"cells cannot be told apart: {problem}", path, line) from None
        if len(cells) < len(header) or any(cells[len(header) :]):
            raise FileFormatError(
                f"expected {len(header)} columns, as in the header; got {len(cells)}",
                path,
                line,
                character_column(content, min(len(cells), len(header)), delimiter),
            )
        rows.append((line, content, cells))
    optional = {name: names.index(name) if name in names else None for name in ("term", "prefix", "suffix")}
    return _Table(
        header,
        level,
        names.index("j"),
        header_line=header_line,
        header_text=text,
        rows=rows,
        delimiter=delimiter,
        **optional,
    )


def _unwrapped(cell: str) -> str:
    """The text in ``="..."``, in quotes, or bare."""
    cell = cell.strip()
    if cell.startswith("="):
        cell = cell[1:]
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        cell = cell[1:-1].replace('""', '"')
        if cell.startswith("="):
            return _unwrapped(cell)
    return cell.strip()


def _energy(path: Path, line: int, table: _Table, row: str, cells: list[str]) -> tuple[float | None, list[str]]:
    """The energy of a row, None where it has none, and the marks around it."""
    text = cells[table.level]
    if not text:
        return None, []
    match = _ENERGY.fullmatch(text)
    if match is None or not np.isfinite(float(match["number"])):
        raise FileFormatError(
            f"energy: expected a number, perhaps in brackets or with ?; got {text[:40]!r}",
            path,
            line,
            table.column(row, table.level),
        )
    split_off = [cells[k] for k in (table.prefix, table.suffix) if k is not None]
    around = "".join([match["before"], match["after"], *split_off])
    marks = [mark for mark in ("[", "(", "?") if mark in around]
    if re.search(r"\+[a-z]", around):
        marks.append("+x")
    other = re.sub(r"[\[\]()?\s]|\+[a-z]", "", around)
    return float(match["number"]), [*marks, other] if other else marks


def _degeneracies(path: Path, line: int, column: int, text: str) -> list[float]:
    """Sum of 2J + 1 for each alternative of ``a,b or c``; empty where no J is given."""
    cleaned = re.sub(r"[\[\]()?]", "", text).strip()
    if not cleaned:
        return []
    found = []
    for alternative in re.split(r"\s+or\s+", cleaned):
        values = [half_integer(part) for part in alternative.split(",")]
        known = [j for j in values if j is not None]
        if len(known) < len(values):
            raise FileFormatError(
                f"J: expected half-integers such as '3/2', '1/2,3/2' or '1 or 2'; got {text[:40]!r}", path, line, column
            )
        found.append(sum(2.0 * j + 1.0 for j in known))
    return found


def _policy(marked: Counter[str], ambiguous: str) -> str:
    return f"; {ambiguous} of the alternatives where J is ambiguous" if marked["or"] else ""


def _counts(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
