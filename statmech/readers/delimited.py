"""Delimited text: CSV, TSV, semicolons or white space, with or without a header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from statmech.errors import FileFormatError, InputError, UnitError
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
    split_cells,
)
from statmech.units import canonical_unit, is_physical

__all__ = ["open_levels"]

# Header names, in lower case, that mean a quantity without being asked. `multiplicity` is none: it may be 2S + 1.
_NAMES = {
    "energy": ("energy", "energies", "e", "energy level", "term value", "eigenvalue", "eigenvalues"),
    "degeneracy": (
        *("g", "deg", "degen", "degeneracy", "degeneracies", "degeneracy g", "g_i", "gi", "g_tot", "gtot", "2j+1"),
        *("weight", "stat. weight", "stat weight", "statistical weight", "statistical weights"),
    ),
    "log_degeneracy": ("log_g", "ln_g", "log g", "ln g", "log_degeneracy", "log_degeneracies"),
    "j": ("j",),
    "uncertainty": (
        *("uncertainty", "uncertainties", "unc", "unc.", "error", "errors", "sigma", "standard error", "std"),
        *("energy uncertainty", "energy error", "uncertainty_energy", "e_err", "e_unc"),
    ),
}
_ENERGY_WITH_UNIT = ("level", "levels")  # without one they may be numbered
# Beside J such a column may be a further factor of g; `g_J` is the Lande factor.
_LIKE_A_WEIGHT = re.compile(r"g_?(?!j$)(ns|n|s|i|nuc\w*|spin\w*|el\w*|rot\w*|vib\w*)|.*(degen|weight).*")
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*(?:\[(?P<square>[^\]]*)\]|\((?P<round>[^)]*)\)|\s/\s*(?P<slash>\S+))\s*")
_NUMBER_LIKE = re.compile(r"[+-]?(\d[\d.,/]*([eEdD][+-]?\d+)?|\.\d+|nan|inf(inity)?)", re.IGNORECASE | re.ASCII)
_DELIMITERS = {"tab": "\t", "whitespace": None, "\t": "\t", ",": ",", ";": ";", "|": "|"}


@dataclass(frozen=True)
class _Head:
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
    if delimiter is not None and delimiter not in _DELIMITERS:
        raise InputError(f"delimiter: expected ',', ';', '|', 'tab' or 'whitespace'; got {delimiter!r}")
    if decimal not in (".", ","):
        raise InputError(f"decimal: expected '.' or ','; got {decimal!r}")
    if not comment:
        raise InputError("comment: expected at least one character; got ''")
    if degeneracy is not None and j is not None:
        raise InputError("degeneracy: give the column of g or that of J, not both")
    head = _head(path, delimiter, decimal, comment)
    asked = {"energy": energy, "degeneracy": degeneracy, "j": j, "uncertainty": uncertainty}
    columns = _columns(path, head, asked)
    found = agreed_unit(path, head.units[columns["energy"]], unit, head.line, head.place(columns["energy"]))
    _same_unit(path, head, columns, found)
    layout = Layout(**columns, delimiter=head.delimiter, width=head.width, decimal=decimal, comment=comment)
    file = LevelFile(found, iter(()), _notes(head, columns), truncated=is_physical(found))
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


def _same_unit(path: Path, head: _Head, columns: dict[str, int], unit: str) -> None:
    """The uncertainties are in the unit of the energies, or the file mixes units."""
    column = columns.get("uncertainty")
    if column is None or (named := head.units[column]) is None:
        return
    try:
        same = canonical_unit(named) == unit
    except UnitError:
        same = False
    if not same:
        raise FileFormatError(
            f"mixed units: the energies are in {unit!r}, their uncertainties in {named!r}; "
            "convert one of them, or set uncertainty to 'none'",
            path,
            head.line,
            head.place(column),
        )


def _head(path: Path, delimiter: str | None, decimal: str, comment: str) -> _Head:
    """Header and layout, from the lines up to the second with content."""
    remark: tuple[int, str] | None = None  # the comment just above
    raw: dict[int, str] = {}  # the lines that may be the header, as they are
    header: tuple[int, str] | None = None
    data: tuple[int, str] | None = None
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
            if header is None and _names_columns(text, delimiter, decimal):
                header = (number, text)
                raw[number] = line
                continue
            data = (number, text)
            break
        if data is not None:
            break
    if data is None:
        what = "the header is there, but no levels follow" if header else "no levels: the file is empty"
        raise FileFormatError(f"{what}; expected one line per level", path, header[0] if header else None)
    cut = _DELIMITERS[delimiter] if delimiter else _sniffed((header or data)[1], data[1], decimal)
    if cut == "," and decimal == ",":
        raise FileFormatError("columns are separated by ',' and decimal is ',' too; use ';' or white space", path)
    try:
        width = len(split_cells(data[1], Layout(0, delimiter=cut, comment=comment)))
    except csv.Error as problem:
        raise FileFormatError(f"quotes do not match: {problem}", path, data[0]) from None
    skip = header[0] if header else 0
    if header is None and remark is not None:
        names = _header_names(remark[1], cut)
        units = [_name_and_unit(name) for name in names]
        if len(names) == width and sum(_means("energy", name, unit) for name, unit in units) == 1:
            header = remark
    if header is None:
        _refuse_doubtful_comma(path, data, cut, width)
        return _Head(0, None, (None,) * width, None, width, cut)
    names = _header_names(header[1], cut)
    if len(names) != width:
        hint = " (decimal commas? then say decimal=',')" if cut == "," and width > len(names) else ""
        raise FileFormatError(
            f"the header names {len(names)} columns, the first level has {width}{hint}", path, data[0], None
        )
    pairs = [_name_and_unit(name) for name in names]
    return _Head(
        skip,
        tuple(name for name, _ in pairs),
        tuple(unit for _, unit in pairs),
        header[0],
        width,
        cut,
        _places(raw[header[0]], names),
    )


def _names_columns(text: str, delimiter: str | None, decimal: str) -> bool:
    """Whether a line is a header: it has cells, and none of them is a number."""
    cut = _DELIMITERS[delimiter] if delimiter else _sniffed(text, text, decimal)
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


def _means(quantity: str, name: str, unit: str | None) -> bool:
    """Whether a column of that name holds the quantity."""
    plain = re.sub(r"\s*\+\s*", "+", " ".join(name.lower().split()))
    return plain in _NAMES[quantity] or (quantity == "energy" and unit is not None and plain in _ENERGY_WITH_UNIT)


def _name_and_unit(text: str) -> tuple[str, str | None]:
    """``Energy [cm-1]`` as ``Energy``, ``cm-1``."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or not match["name"]:
        return text, None
    unit = next((part for part in (match["square"], match["round"], match["slash"]) if part is not None), "").strip()
    return match["name"], unit or None


def _refuse_doubtful_comma(path: Path, data: tuple[int, str], cut: str | None, width: int) -> None:
    """Refuse ``3,845`` and ``0,000`` alone on a line: one number with a decimal comma, or an energy and g?"""
    cells = data[1].strip().split(",")
    if cut == "," and width == 2 and re.fullmatch(r"0\d+", cells[1]):
        raise FileFormatError(
            f"{data[1].strip()[:40]!r}: a decimal comma, or energy and g? Say decimal=',', or write a header",
            path,
            data[0],
        )


def _columns(path: Path, head: _Head, asked: dict[str, str | int | None]) -> dict[str, int]:
    """Column of each quantity, from the caller's words or the header's."""
    none = isinstance(asked["degeneracy"], str) and asked["degeneracy"].lower() == "none"
    single = none and "none" not in map(str.lower, head.names or ())
    asked = {**asked, "degeneracy": None} if single else asked
    free = "none" not in map(str.lower, head.names or ())
    exact = isinstance(asked["uncertainty"], str) and asked["uncertainty"].lower() == "none" and free
    asked = {**asked, "uncertainty": None} if exact else asked
    found = _named_columns(path, head, asked, single)
    if exact:
        found.pop("uncertainty", None)
    unused = [head.names[k] if head.names else k + 1 for k in range(head.width) if k not in found.values()]
    weight = next((quantity for quantity in found if quantity not in ("energy", "uncertainty")), None)
    if weight is None and unused and not single and asked["degeneracy"] is None:
        listing = ", ".join(map(repr, unused))
        raise FileFormatError(
            f"no column is known as g or J, and of what is there {listing} would not be used: set degeneracy to the "
            "column that holds g (or j to that of J), or to 'none' where every line is one state",
            path,
            head.line,
        )
    doubtful = [name for name in unused if isinstance(name, str) and _LIKE_A_WEIGHT.fullmatch(name.lower())]
    if weight == "j" and doubtful and asked["j"] is None:
        raise FileFormatError(
            f"g = 2J + 1 would leave out {doubtful[0]!r}, which looks like a weight: set degeneracy to the column that "
            "holds the whole g, or j to that of J if 2J + 1 is the whole of it",
            path,
            head.line,
        )
    return found


def _named_columns(path: Path, head: _Head, asked: dict[str, str | int | None], single: bool) -> dict[str, int]:
    """Column of the energy and of the weight, where there is one (``single``: where there is to be none)."""
    found: dict[str, int] = {}
    for quantity, wanted in asked.items():
        if wanted is not None:
            found[quantity] = _asked_column(path, head, quantity, wanted)
    if head.names is None:
        if "energy" not in found:
            if head.width > 2:
                raise FileFormatError(
                    f"{head.width} columns without a header: say which hold energy and g (energy: 1, degeneracy: 2), "
                    "or write a header such as 'energy [cm-1]  g'",
                    path,
                    1,
                )
            found["energy"] = 0
            if head.width == 2 and not single and not {"degeneracy", "j", "uncertainty"} & found.keys():
                found["degeneracy"] = 1
        return found
    listing = ", ".join(repr(name) for name in head.names)
    for quantity in _NAMES:
        if quantity in found or (single and quantity != "energy"):
            continue
        pairs = enumerate(zip(head.names, head.units, strict=True))
        places = [k for k, (name, unit) in pairs if _means(quantity, name, unit) and k not in found.values()]
        if len(places) > 1 and (quantity in ("energy", "uncertainty") or not {"degeneracy", "j"} & found.keys()):
            raise FileFormatError(
                f"more than one column could be the {quantity}: {listing}; set {quantity} to the one meant",
                path,
                head.line,
                head.place(places[1]),
            )
        if places:
            found[quantity] = places[0]
    if "energy" not in found:
        raise FileFormatError(
            f"no column is named energy; the columns are {listing}; set energy to the one meant, or correct the header",
            path,
            head.line,
        )
    preferred = next((q for q in ("degeneracy", "j") if asked[q] is not None), None)
    order = [preferred] if preferred else ["degeneracy", "log_degeneracy", "j"]
    weight = next((quantity for quantity in order if quantity in found), None)
    return {q: k for q, k in found.items() if q in ("energy", "uncertainty", weight)}


def _asked_column(path: Path, head: _Head, quantity: str, wanted: str | int) -> int:
    if isinstance(wanted, int):
        if not 1 <= wanted <= head.width:
            raise FileFormatError(
                f"{quantity}: expected a column from 1 to {head.width}; got {wanted}", path, head.line
            )
        return wanted - 1
    names = [name.lower() for name in head.names or ()]
    for spelling in (wanted, _name_and_unit(wanted)[0]):
        if spelling.lower() in names:
            return names.index(spelling.lower())
    near = get_close_matches(wanted.lower(), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listing = ", ".join(repr(name) for name in head.names or ())
    has = f"the columns are {listing}" if names else "the file has no header, give the number of the column"
    raise FileFormatError(f"{quantity}: no column is named {wanted!r}; {has}{hint}", path, head.line)


def _notes(head: _Head, columns: dict[str, int]) -> dict[str, str]:
    def called(column: int) -> str:
        return repr(head.names[column]) if head.names else f"{column + 1} (no header)"

    notes = {"energies": f"column {called(columns['energy'])}"}
    if "j" in columns:
        notes["degeneracies"] = f"2J + 1, J from column {called(columns['j'])}"
        notes["nuclear spin"] = "not included in g"
    elif "log_degeneracy" in columns:
        notes["degeneracies"] = f"exp of column {called(columns['log_degeneracy'])}"
        notes["nuclear spin"] = "as in the file's degeneracies"
    elif "degeneracy" in columns:
        notes["degeneracies"] = f"as given, column {called(columns['degeneracy'])}"
        notes["nuclear spin"] = "as in the file's degeneracies"
    else:
        notes["degeneracies"] = "1 for every line (no column g or J)"
        notes["nuclear spin"] = "as in the file's list of states"
    if "uncertainty" in columns:
        notes["level uncertainties"] = f"column {called(columns['uncertainty'])}, taken as independent, to first order"
    unused = [called(k) for k in range(head.width) if k not in columns.values()]
    if unused:
        notes["columns not used"] = ", ".join(unused)
    return notes
