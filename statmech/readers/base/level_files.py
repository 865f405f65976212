"""The result of a reader: levels in chunks, their unit, and what was found and skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError, UnitError
from statmech.units import ENERGY_UNITS, canonical_unit

__all__ = ["Columns", "LevelFile", "Sections", "agreed_unit"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Columns:
    """Some levels of a file: energies in its unit, and at most one of degeneracies and their logarithms."""

    energies: Array  # (n,)
    degeneracies: Any = None  # (n,) array, or list of exact integers
    log_degeneracies: Array | None = None  # (n,)
    j: Array | None = None  # (n,) total angular momentum, where the file has it beside g
    uncertainties: Array | None = None  # (n,) standard errors of the energies


@dataclass(frozen=True, eq=False)
class Sections:
    """How a file may be read in sections: from where to where, in bytes or rows, and how.

    ``read(start, stop)`` gives the levels whose line (or row) begins in that range, in chunks counted from its start.
    """

    first: int
    last: int
    what: Literal["bytes", "rows"]
    read: Callable[[int, int], Iterator[Columns]]


@dataclass(eq=False)
class LevelFile:
    """A file that has been recognised: its unit is known, its levels come in chunks.

    Attributes
    ----------
    unit : str
        Energy unit of every chunk.
    chunks : iterator of Columns
        Levels in the order of the file, read as they are asked for.
    notes : dict of str to str
        What the reader found; complete once the chunks are used up.
    skipped : Counter of str
        Lines or rows that are no level, by reason; complete once the chunks are used up.
    close : callable
        Lets go of the file where its chunks are not wanted.
    truncated : bool
        Whether the spectrum goes on above the levels of such a file.
    ionization_limit : float or None
        In the unit of the energies.
    sections : Sections or None
        Where it can be read in sections: plain text and arrays, nothing compressed.
    announced : int or None
        How many levels it should have, as something beside it says.
    """

    unit: str
    chunks: Iterator[Columns]
    notes: dict[str, str] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None
    truncated: bool = False
    ionization_limit: float | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    sections: Sections | None = None
    announced: int | None = None

    def notes_so_far(self, levels: int) -> dict[str, str]:
        """Notes after some of the levels."""
        reasons = "; ".join(f"{count} {reason}" for reason, count in sorted(self.skipped.items()) if count)
        return {**self.notes, "skipped": reasons or "nothing", "levels": str(levels)}

    def complete_notes(self, levels: int) -> dict[str, str]:
        """All notes, once all ``levels`` levels have been read."""
        notes = self.notes_so_far(levels)
        if self.announced not in (None, levels):
            said = f"the .def beside the file announces {self.announced} states; the file has {levels}"
            notes["warning"] = said
        return notes


def agreed_unit(
    path: Path, found: str | None, given: str | None, line: int | None = None, column: int | None = None
) -> str:
    """The unit that file and caller agree on; it is never guessed.

    Raises
    ------
    FileFormatError
        If neither names one, they contradict each other, or the file's is unknown.
    UnitError
        If the caller's is unknown.
    """
    wanted = None if given is None else canonical_unit(given)
    if found is None:
        if wanted is None:
            raise FileFormatError(
                "the energy unit is not known: write it into the header, as in 'energy [cm-1]', or give "
                f"unit (one of {', '.join(ENERGY_UNITS)})",
                path,
                line,
            )
        return wanted
    try:
        named = canonical_unit(found)
    except UnitError as problem:
        words = str(problem).removeprefix("unit: ")
        raise FileFormatError(f"the unit of the energies: {words}", path, line, column) from None
    if wanted is not None and wanted != named:
        raise FileFormatError(
            f"unit: the file says its energies are in {named!r}, not {wanted!r}; leave it out "
            "(results can be had in any unit) or correct the file",
            path,
            line,
            column,
        )
    return named
