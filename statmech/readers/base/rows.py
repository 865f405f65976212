"""Rows of a text table as levels: NumPy's parser first, and a strict one that knows the place of what is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError
from statmech.readers.base.decimal_columns import decimal_columns
from statmech.readers.base.level_files import Columns
from statmech.readers.base.text_files import Lines

__all__ = ["Layout", "character_column", "half_integer", "parse_rows", "split_cells"]

Array = npt.NDArray[np.float64]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"\+?(\d+)(?:\.0*)?", re.ASCII)
_EXACT_INTEGER = 2.0**53
_COMPILED_FROM = 8192  # lines: for less, loading numba takes more time than it saves
_HALF_INTEGER = re.compile(r"\+?(\d{1,9})(?:/([12])|\.(0*|50*))?", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """Which columns (counted from 0) of a text table hold what, and how its lines are cut.

    ``delimiter`` None cuts at white space; ``width`` is the exact number of columns, None where only those up to
    the last one named are promised; ``comment`` starts a comment, None where there are none.
    """

    energy: int
    degeneracy: int | None = None
    log_degeneracy: int | None = None
    j: int | None = None
    uncertainty: int | None = None
    delimiter: str | None = None
    width: int | None = None
    decimal: str = "."
    comment: str | None = "#"

    @property
    def used(self) -> dict[str, int]:
        """Column of each quantity that is read."""
        names = ("energy", "degeneracy", "log_degeneracy", "j", "uncertainty")
        found = {name: getattr(self, name) for name in names}
        return {name: column for name, column in found.items() if column is not None}


def half_integer(text: str) -> float | None:
    """J as a number from ``3/2``, ``1.5``, ``2`` or ``2.0``; None where it is no half-integer.

    Examples
    --------
    >>> half_integer("3/2"), half_integer("2.0"), half_integer("0.7")
    (1.5, 2.0, None)
    """
    match = _HALF_INTEGER.fullmatch(text.strip())
    if match is None:
        return None
    whole, below, fraction = match.groups()
    if below is not None:
        return int(whole) / int(below)
    return int(whole) + (0.5 if fraction and fraction.startswith("5") else 0.0)


def split_cells(text: str, layout: Layout) -> list[str]:
    """Cells of one line without its comment; empty where nothing is left."""
    if layout.comment and layout.comment in text and '"' not in text:
        text = text.partition(layout.comment)[0]
    text = text.strip("\r\n")
    if not text.strip() or (layout.comment and text.lstrip().startswith(layout.comment)):
        return []
    if layout.delimiter is None:
        return text.split()
    if '"' in text:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=layout.delimiter, strict=True))]
    return [cell.strip() for cell in text.split(layout.delimiter)]


def character_column(line: str, cell: int, delimiter: str | None) -> int:
    """Column at which a cell (from 0) begins, as an editor shows it: characters from 1; the end for one too many.

    Examples
    --------
    >>> character_column("0.5, 12", 1, ","), character_column(" 0.5  12", 1, None), character_column("1,2", 2, ",")
    (6, 7, 4)
    """
    line = line.rstrip("\r\n")
    if delimiter is None:
        starts = [match.start() for match in re.finditer(r"\S+", line)]
    else:
        starts, quoted = [0], False
        for place, character in enumerate(line):
            if character == '"':
                quoted = not quoted
            elif character == delimiter and not quoted:
                starts.append(place + 1)
    if cell >= len(starts):
        return len(line) + 1
    start = starts[cell]
    while start < len(line) and line[start].isspace() and line[start] != delimiter:
        start += 1
    return start + 1


def parse_rows(path: Path, first: int, lines: Lines, layout: Layout) -> Columns | None:
    """Levels of a block of lines; None where it holds only blank lines and comments.

    A compiled parser reads many lines of plain decimals, NumPy's parser what is more. Where that stumbles, or a value
    is not allowed, the lines are read one by one, which understands more (``3/2``, quotes) and knows the place of what
    is wrong.

    Raises
    ------
    FileFormatError
        With line and column of the first cell that is not what it should be.
    """
    table = _parsed_fast(lines, layout)
    if table is None or not _sane(table):
        table = _parsed_strictly(path, first, lines, layout)
    if not table["energy"].size:
        return None
    degeneracies, j = table.get("degeneracy"), table.get("j")
    if degeneracies is None and j is not None:
        degeneracies, j = 2.0 * j + 1.0, None
    return Columns(table["energy"], degeneracies, table.get("log_degeneracy"), j, table.get("uncertainty"))


def _parsed_fast(lines: Lines, layout: Layout) -> dict[str, Any] | None:
    """All lines at once, by the compiled parser or ``numpy.loadtxt``; None where they cannot."""
    comment = layout.comment
    plain = layout.delimiter is None and layout.decimal == "." and layout.width is None
    if plain and len(lines) >= _COMPILED_FROM and not (comment and comment in lines.text):
        table = decimal_columns(lines, layout.used)
        if table is not None:
            return table
    if not any((head := line.lstrip()) and not (comment and head.startswith(comment)) for line in lines):
        return {name: np.empty(0) for name in layout.used}  # loadtxt would warn
    if layout.delimiter is not None and '"' in lines.text:
        return None
    rows: Iterable[str] = lines
    if layout.decimal != ".":
        rows = [line.replace(layout.decimal, ".") for line in lines]
    used = layout.used
    names = {column: name for name, column in used.items()}
    try:
        if layout.width is None:
            columns = sorted(names)
            plain_table = np.loadtxt(rows, usecols=columns, comments=comment, delimiter=layout.delimiter, ndmin=2)
            return {names[column]: np.ascontiguousarray(plain_table[:, k]) for k, column in enumerate(columns)}
        kinds = [(names.get(k, f"_{k}"), "f8" if k in names else "U1") for k in range(layout.width)]
        records = np.loadtxt(rows, dtype=kinds, comments=comment, delimiter=layout.delimiter, ndmin=1)
        return {name: np.ascontiguousarray(records[name]) for name in used}
    except (ValueError, OverflowError):
        return None  # the strict parser says what is wrong, or finds that nothing is


def _sane(table: dict[str, Any]) -> bool:
    """Whether every value is one that a level can have."""
    for name, values in table.items():
        if name == "log_degeneracy":
            fine = ~np.isnan(values) & (values < np.inf)
        elif name == "energy":
            fine = np.isfinite(values)
        else:
            fine = np.isfinite(values) & (values >= 0)
            if name == "j":
                fine &= 2 * values == np.floor(2 * values)
            else:
                fine &= values < _EXACT_INTEGER  # text that a float64 may round is read again
        if not np.all(fine):
            return False
    return True


def _parsed_strictly(path: Path, first: int, lines: Lines, layout: Layout) -> dict[str, Any]:
    """Line by line, cell by cell; degeneracies beyond 2^53 as a list of Python integers."""
    used = layout.used
    values: dict[str, list[Any]] = {name: [] for name in used}
    rounded: tuple[int, int, int] | None = None  # line, column and value of an integer that no float64 holds
    least = max(used.values()) + 1
    for number, line in enumerate(lines, first):
        try:
            cells = split_cells(line, layout)
        except csv.Error as problem:
            raise FileFormatError(f"quotes do not match: {problem}", path, number) from None
        if not cells:
            continue
        if layout.width is not None and len(cells) != layout.width:
            raise FileFormatError(
                f"expected {layout.width} columns, as in the lines before; got {len(cells)}: {_shown(line)}"
                + _comma_hint(cells, layout),
                path,
                number,
                character_column(line, min(len(cells), layout.width), layout.delimiter),
            )
        if len(cells) < least:
            raise FileFormatError(
                f"expected at least {least} columns; got {len(cells)}: {_shown(line)}",
                path,
                number,
                character_column(line, len(cells), layout.delimiter),
            )
        for name, column in used.items():
            place = character_column(line, column, layout.delimiter)
            value = _cell(path, number, place, name, cells[column], layout)
            if rounded is None and isinstance(value, int) and int(float(value)) != value:
                rounded = number, place, value
            values[name].append(value)
    table: dict[str, Any] = {name: np.array(column, dtype=np.float64) for name, column in values.items()}
    if rounded is not None:
        number, place, value = rounded
        if not all(float(g).is_integer() for g in values["degeneracy"]):
            raise FileFormatError(
                f"degeneracy g: the integer {str(value)[:40]} cannot stay exact beside fractions", path, number, place
            )
        table["degeneracy"] = [int(g) for g in values["degeneracy"]]
    return table


def _cell(path: Path, line: int, column: int, name: str, text: str, layout: Layout) -> float | int:
    """One cell as the number it must be; an integer where it is a degeneracy that a float64 may round."""
    if name == "j":
        j = half_integer(text.replace(layout.decimal, "."))
        if j is None:
            raise FileFormatError(f"J: expected 0, 1/2, 1, 1.5, ...; got {text[:40]!r}", path, line, column)
        return j
    what = {"degeneracy": "degeneracy g", "log_degeneracy": "log of the degeneracy"}.get(name, name)
    if name == "log_degeneracy" and text.lower() == "-inf":
        return -np.inf
    number = text if layout.decimal == "." else text.replace(layout.decimal, ".")
    if _NUMBER.fullmatch(number) is None:
        hint = ""
        if text.strip("+-").lower() in ("nan", "inf", "infinity"):
            raise FileFormatError(f"{what}: expected a finite number; got {text!r}", path, line, column)
        if not text:
            raise FileFormatError(f"{what}: expected a number; the cell is empty", path, line, column)
        if layout.decimal == "." and re.fullmatch(r"[+-]?\d+,\d+", text):
            hint = "; if that is a decimal comma, say decimal=','"
        elif re.fullmatch(r"[+-]?\d+\.\d*[dD][+-]?\d+", text):
            hint = "; write Fortran's D exponents as E"
        raise FileFormatError(f"{what}: expected a number; got {text[:40]!r}{hint}", path, line, column)
    value = float(number)
    if not np.isfinite(value):
        raise FileFormatError(f"{what}: {text[:40]!r} is too large for a number", path, line, column)
    if name in ("degeneracy", "uncertainty") and value < 0:
        symbol = "g" if name == "degeneracy" else "a number"
        raise FileFormatError(f"{what}: expected {symbol} >= 0; got {text!r}", path, line, column)
    if name == "degeneracy" and value >= _EXACT_INTEGER and (whole := _INTEGER.fullmatch(number)) is not None:
        return int(whole[1])
    return value


def _shown(line: str) -> str:
    line = line.strip("\r\n")
    return repr(line if len(line) <= 60 else line[:57] + "...")


def _comma_hint(cells: list[str], layout: Layout) -> str:
    if layout.delimiter == "," and layout.width is not None and len(cells) > layout.width:
        return " (decimal commas? then separate columns by ';' or white space and say decimal=',')"
    return ""
