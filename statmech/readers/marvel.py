"""MARVEL empirical energy levels: quantum numbers, energy, uncertainty, and a degeneracy by the user's rule."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.readers.base import (
    Columns,
    DegeneracyRule,
    Layout,
    LevelFile,
    Lines,
    agreed_unit,
    character_column,
    half_integer,
    line_blocks,
    split_cells,
)

__all__ = ["open_levels"]

_ENERGY = ("energy", "e", "term", "tilde_e")
_UNCERTAINTY = ("uncertainty", "unc", "sigma", "error", "err")


@dataclass(frozen=True)
class _Reading:
    """What the columns are called, which hold what, and the rule for g."""

    names: tuple[str, ...]
    energy: int
    uncertainty: int | None
    rule: DegeneracyRule
    layout: Layout


def open_levels(
    path: Path,
    unit: str | None,
    chunk_size: int,
    columns: str | None = None,
    degeneracy: str | None = None,
    energy: str | None = None,
    uncertainty: str | None = None,
    comment: str = "#",
) -> LevelFile:
    r"""Levels of a MARVEL output file: one level per line, energies in cm-1, without header and without degeneracies.

    MARVEL (Furtenbacher, Csaszar and Tennyson, J. Mol. Spectrosc. 245, 115 (2007)) determines energies with
    uncertainties from measured transitions, but not how many states a level has: that depends on which quantum numbers
    the list has and on whether nuclear spin shall count, so the rule is yours. The uncertainties become
    ``<name>_errors`` of the results.

    Parameters
    ----------
    path : Path
        The file; columns separated by white space, commas or semicolons.
    unit : str or None
        cm-1 where given.
    chunk_size : int
        Lines per chunk.
    columns : str
        Names of the columns in their order, for example ``v1 v2 v3 J Ka Kc energy uncertainty lines``.
    degeneracy : str
        g as a formula of these names, for example ``2*J + 1``, or for water with its ortho and para states
        ``(2*J + 1) * (3 if (Ka + Kc + v3) % 2 else 1)``.
    energy, uncertainty : str, optional
        Names of these two columns where they are not ``energy`` and ``uncertainty``; uncertainty ``none`` to leave it
        out.
    comment : str
        Starts a comment.

    Raises
    ------
    FileFormatError
        With line and column of what is wrong.
    InputError
        If names or rule are missing or make no sense.
    """
    agreed_unit(path, "cm-1", unit)
    if not columns or not isinstance(columns, str):
        raise InputError(
            "columns: a MARVEL file has no header; name its columns in their order, as in "
            "columns='v1 v2 v3 J Ka Kc energy uncertainty lines'"
        )
    if degeneracy is None:
        raise InputError(
            "degeneracy: MARVEL gives no degeneracies; give a rule, as in degeneracy='2*J + 1' or (ortho and para "
            "water) degeneracy='(2*J + 1) * (3 if (Ka + Kc + v3) % 2 else 1)'"
        )
    names = tuple(columns.replace(",", " ").split())
    if len(set(names)) < len(names):
        raise InputError(f"columns: every name must be there once; got {columns!r}")
    rule = DegeneracyRule(str(degeneracy))
    for name in sorted(rule.names - set(names)):
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        raise InputError(
            f"degeneracy: {name!r} is none of the columns {', '.join(names)}"
            + (f"; did you mean {near[0]!r}?" if near else "")
        )
    place = _place(names, energy, _ENERGY, "energy")
    if place is None:
        raise InputError(f"energy: expected a column named energy; the columns are {', '.join(names)}")
    spread = None if uncertainty == "none" else _place(names, uncertainty, _UNCERTAINTY, "uncertainty")
    layout = Layout(place, delimiter=_delimiter(path, comment), width=len(names), comment=comment)
    notes = {
        "degeneracies": f"{rule.text} (rule given)",
        "nuclear spin": "as in the rule",
        "energies": f"column {names[place]!r}",
    }
    if spread is not None:
        notes["level uncertainties"] = f"column {names[spread]!r}, taken as independent, to first order"
    file = LevelFile("cm-1", iter(()), notes, truncated=True)
    file.chunks = _chunks(path, _Reading(names, place, spread, rule, layout), chunk_size, file)
    return file


def _place(names: tuple[str, ...], asked: str | None, known: tuple[str, ...], option: str) -> int | None:
    if asked is not None:
        if asked not in names:
            raise InputError(f"{option}: no column is named {asked!r}; the columns are {', '.join(names)}")
        return names.index(asked)
    lower = [name.lower() for name in names]
    return next((lower.index(name) for name in known if name in lower), None)


def _delimiter(path: Path, comment: str) -> str | None:
    """The separator of the first line with content; None for white space."""
    for _, block in line_blocks(path, 64):
        for text in block:
            bare = text.partition(comment)[0]
            if bare.strip():
                return next((cut for cut in (";", ",", "\t") if cut in bare.strip()), None)
    raise FileFormatError("no levels: the file is empty", path)


def _chunks(path: Path, how: _Reading, chunk_size: int, file: LevelFile) -> Iterator[Columns]:
    for first, block in line_blocks(path, chunk_size):
        cells: list[list[str]] = []
        lines: list[int] = []
        for number, text in enumerate(block, first):
            try:
                row = split_cells(text, how.layout)
            except csv.Error as problem:
                raise FileFormatError(f"quotes do not match: {problem}", path, number) from None
            if not row:
                file.skipped["blank or comment lines"] += 1
                continue
            if len(row) != len(how.names):
                raise FileFormatError(
                    f"expected {len(how.names)} columns ({' '.join(how.names)}); got {len(row)}",
                    path,
                    number,
                    character_column(text, min(len(row), len(how.names)), how.layout.delimiter),
                )
            cells.append(row)
            lines.append(number)
        if cells:
            yield _levels(path, how, cells, lines, first, block)


def _levels(path: Path, how: _Reading, cells: list[list[str]], lines: list[int], first: int, block: Lines) -> Columns:
    def numbers(column: int, least: float) -> Any:
        values = np.empty(len(cells))
        for k, row in enumerate(cells):
            try:
                values[k] = float(row[column])
            except ValueError:
                values[k] = np.nan
            if not least <= values[k] < np.inf:
                what = "a finite number" if least < 0 else "a number >= 0"
                raise FileFormatError(
                    f"{how.names[column]}: expected {what}; got {row[column][:40]!r}",
                    path,
                    lines[k],
                    character_column(block[lines[k] - first], column, how.layout.delimiter),
                )
        return values

    energies = numbers(how.energy, -1e300)
    spread = None if how.uncertainty is None else numbers(how.uncertainty, 0.0)
    table = {name: _quantum_numbers([row[how.names.index(name)] for row in cells]) for name in how.rule.names}
    table.setdefault("", np.zeros(len(cells)))  # a rule without names is a number for every row
    try:
        g = how.rule(table)
    except InputError as problem:
        raise FileFormatError(str(problem), path, lines[0]) from None
    bad = np.flatnonzero(~(np.isfinite(g) & (g >= 0)))
    if bad.size:
        k = int(bad[0])
        raise FileFormatError(f"degeneracy: {how.rule.text!r} gives {g[k]:g}; expected g >= 0", path, lines[k])
    return Columns(energies, g, uncertainties=spread)


def _quantum_numbers(cells: list[str]) -> Any:
    """A column as numbers (``3/2`` too) where all are some, else as texts."""
    values = []
    for cell in cells:
        half = half_integer(cell)
        try:
            values.append(float(cell) if half is None else half)
        except ValueError:
            return np.array(cells)
    return np.array(values)
