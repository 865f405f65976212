"""The header of a text table: separator, number, names and units of the columns."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from statmech.errors import FileFormatError
from statmech.readers.base import Layout, line_blocks, split_cells
from statmech.readers.delimited.vocabulary import means, name_and_unit

__all__ = ["DELIMITERS", "Head", "read_head"]

_Line: TypeAlias = tuple[int, str]  # its number in the file, and its text
_NUMBER_LIKE = re.compile(r"[+-]?(\d[\d.,/]*([eEdD][+-]?\d+)?|\.\d+|nan|inf(inity)?)", re.IGNORECASE | re.ASCII)
DELIMITERS = {"tab": "\t", "whitespace": None, "\t": "\t", ",": ",", ";": ";", "|": "|"}


@dataclass(frozen=True)
class Head:
    """What stands above the data: lines to skip, names and units of the columns, their number."""

    skip: int
    names: tuple[str, ...] | None
    units: tuple[str | None, ...]
    line: int | None
    width: int
    delimiter: str | None
    places: tuple[int, ...] = ()

    def place(self, column: int) -> int | None:
        """Where the header names a column, in characters from 1."""
        return self.places[column] if self.places else None


def read_head(path: Path, delimiter: str | None, decimal: str, comment: str) -> Head:
    """Header and layout, from the lines up to the second with content."""
    remark, header, data, raw = _top(path, delimiter, decimal, comment)
    cut = DELIMITERS[delimiter] if delimiter else _sniffed((header or data)[1], data[1], decimal)
    if cut == "," and decimal == ",":
        raise FileFormatError("columns are separated by ',' and decimal is ',' too; use ';' or white space", path)
    try:
        width = len(split_cells(data[1], Layout(0, delimiter=cut, comment=comment)))
    except csv.Error as problem:
        raise FileFormatError(f"quotes do not match: {problem}", path, data[0]) from None
    skip = header[0] if header else 0
    if header is None and remark is not None:
        names = _header_names(remark[1], cut)
        units = [name_and_unit(name) for name in names]
        if len(names) == width and sum(means("energy", name, unit) for name, unit in units) == 1:
            header = remark
    if header is None:
        _refuse_doubtful_comma(path, data, cut, width)
        return Head(0, None, (None,) * width, None, width, cut)
    names = _header_names(header[1], cut)
    if len(names) != width:
        hint = " (decimal commas? then say decimal=',')" if cut == "," and width > len(names) else ""
        raise FileFormatError(
            f"the header names {len(names)} columns, the first level has {width}{hint}", path, data[0], None
        )
    pairs = [name_and_unit(name) for name in names]
    return Head(
        skip,
        tuple(name for name, _ in pairs),
        tuple(unit for _, unit in pairs),
        header[0],
        width,
        cut,
        _places(raw[header[0]], names),
    )


def _top(
    path: Path, delimiter: str | None, decimal: str, comment: str
) -> tuple[_Line | None, _Line | None, _Line, dict[int, str]]:
    """The comment just above, the header, the first line of data; and the first two as they stand in the file."""
    remark: _Line | None = None
    header: _Line | None = None
    raw: dict[int, str] = {}
    for first, block in line_blocks(path, 64):
        for number, line in enumerate(block, first):
            text = line.strip()
            if not text:
                continue
            if text.startswith(comment):
                if header is None:
                    remark = (number, text.lstrip(comment).strip())
                    raw[number] = line
                continue
            if '"' not in text:
                text = text.partition(comment)[0].strip()
            if header is not None or not _names_columns(text, delimiter, decimal):
                return remark, header, (number, text), raw
            header = (number, text)
            raw[number] = line
    what = "the header is there, but no levels follow" if header else "no levels: the file is empty"
    raise FileFormatError(f"{what}; expected one line per level", path, header[0] if header else None)


def _names_columns(text: str, delimiter: str | None, decimal: str) -> bool:
    """Whether a line is a header: it has cells, and none of them is a number."""
    cut = DELIMITERS[delimiter] if delimiter else _sniffed(text, text, decimal)
    return not any(_NUMBER_LIKE.fullmatch(cell.strip('" ')) for cell in _header_names(text, cut))


def _sniffed(first: str, second: str, decimal: str) -> str | None:
    """The separator that header and data (or the data alone) use; None for white space."""
    bare = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", first)  # units may contain a comma or a space
    allowed = [cut for cut in (";", "\t", ",", "|") if cut != decimal]
    above = next((cut for cut in allowed if cut in bare), None)
    return above or next((cut for cut in allowed if cut in second and cut != "\t"), None)


def _header_names(text: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return re.findall(r"[^\s\[(]+(?:\s*(?:\[[^\]]*\]|\([^)]*\))|\s+/\s+\S+)?", text)
    return [name.strip().strip('"').strip() for name in text.split(delimiter)]


def _places(line: str, names: list[str]) -> tuple[int, ...]:
    """Where each name stands in the header line, in characters from 1."""
    found, at = [], 0
    for name in names:
        at = line.index(name, at)
        found.append(at + 1)
        at += len(name)
    return tuple(found)


def _refuse_doubtful_comma(path: Path, data: tuple[int, str], cut: str | None, width: int) -> None:
    """Refuse ``3,845`` and ``0,000`` alone on a line: one number with a decimal comma, or an energy and g?"""
    cells = data[1].strip().split(",")
    if cut == "," and width == 2 and re.fullmatch(r"0\d+", cells[1]):
        raise FileFormatError(
            f"{data[1].strip()[:40]!r}: a decimal comma, or energy and g? Say decimal=',', or write a header",
            path,
            data[0],
        )
