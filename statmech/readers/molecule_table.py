"""Tables of molecular constants: one line of CSV per molecule."""

from __future__ import annotations

import csv
from difflib import get_close_matches
from pathlib import Path

from statmech.errors import FileFormatError
from statmech.molecular_constants import MolecularConstants
from statmech.readers.base import UNREADABLE, character_column, existing_file, open_text

__all__ = ["COLUMNS", "is_molecule_table", "read_molecule"]

COLUMNS = (
    "name", "mass_u", "geometry", "symmetry_number", "electronic_degeneracy", "rot_constants_cm-1", "wavenumbers_cm-1",
)  # fmt: skip
_CONSTANTS = {"atom": 0, "linear": 1, "nonlinear": 3}


def is_molecule_table(path: str | Path) -> bool:
    """Whether the first line that is no comment names the columns of such a table."""
    try:
        with open_text(existing_file(path)) as handle:
            for line in handle:
                if line.strip() and not line.startswith("#"):
                    return {"mass_u", "wavenumbers_cm-1"} <= {cell.strip() for cell in line.split(",")}
    except (*UNREADABLE, UnicodeDecodeError):
        pass  # whoever reads it will say what is wrong
    return False


def read_molecule(path: str | Path, name: str | None = None) -> MolecularConstants:
    r"""One molecule of a table.

    The header is ``name,mass_u,geometry,symmetry_number,electronic_degeneracy,rot_constants_cm-1,wavenumbers_cm-1`` in
    any order; geometry is ``atom``, ``linear`` or ``nonlinear``; the last two hold numbers with spaces between. Lines
    that begin with ``#`` are comments.

    Parameters
    ----------
    path : path-like
        The table.
    name : str, optional
        Which molecule; may be left out where there is one only.

    Returns
    -------
    MolecularConstants

    Raises
    ------
    FileFormatError
        With line and column of what is not as it should be, or if the molecule is not there.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "molecules.csv"
    >>> _ = path.write_text(",".join(COLUMNS) + "\nCO,28.0101,linear,1,1,1.92253,2143.27\n")
    >>> read_molecule(path, "CO").frequencies
    (2143.27,)
    """
    file = existing_file(path)
    try:
        with open_text(file) as handle:
            lines = [(k, text.rstrip("\r\n")) for k, text in enumerate(handle, 1) if text.strip() and text[0] != "#"]
    except (*UNREADABLE, UnicodeDecodeError) as problem:
        raise FileFormatError(f"cannot be read as text: {problem}", path) from None
    if not lines:
        raise FileFormatError("no molecules: the file is empty", path)
    first, header = lines[0]
    columns = [cell.strip() for cell in header.split(",")]
    for wanted in COLUMNS:
        if columns.count(wanted) != 1:
            near = get_close_matches(wanted, columns, n=1, cutoff=0.6)
            hint = f"; {near[0]!r} looks like it" if near and wanted not in columns else ""
            raise FileFormatError(f"expected one column {wanted!r} in the header; got {columns}{hint}", path, first)
    rows = [_Row(path, k, text, columns) for k, text in lines[1:]]
    names = [row.text("name") for row in rows]
    if name is None and len(rows) != 1:
        raise FileFormatError(f"name: has {len(rows)} molecules, set the name of one: {', '.join(names)}", path)
    places = [k for k, known in enumerate(names) if name is None or known == name]
    if len(places) != 1:
        near = get_close_matches(str(name), names, n=1, cutoff=0.3)
        hint = f"; did you mean {near[0]!r}?" if near and not places else ""
        count = "no molecule" if not places else f"{len(places)} molecules"
        raise FileFormatError(f"name: has {count} {name!r}; it has {', '.join(names)}{hint}", path)
    return rows[places[0]].constants()


class _Row:
    """A line, cut into cells, that says where in it something is wrong."""

    def __init__(self, path: str | Path, line: int, text: str, columns: list[str]) -> None:
        self.path, self.line, self.raw, self.columns = path, line, text, columns
        self.cells = [cell.strip() for cell in next(csv.reader([text]))]
        if len(self.cells) != len(columns):
            raise FileFormatError(f"expected {len(columns)} cells; got {len(self.cells)}", path, line)

    def text(self, column: str) -> str:
        return self.cells[self.columns.index(column)]

    def error(self, column: str, expected: str) -> FileFormatError:
        place = character_column(self.raw, self.columns.index(column), ",")
        return FileFormatError(f"{column}: expected {expected}; got {self.text(column)!r}", self.path, self.line, place)

    def numbers(self, column: str) -> tuple[float, ...]:
        try:
            return tuple(float(cell) for cell in self.text(column).split())
        except ValueError:
            raise self.error(column, "numbers with spaces between") from None

    def count(self, column: str) -> int:
        if not (self.text(column).isdecimal() and int(self.text(column)) > 0):
            raise self.error(column, "a positive integer")
        return int(self.text(column))

    def constants(self) -> MolecularConstants:
        mass = self.numbers("mass_u")
        if len(mass) != 1:
            raise self.error("mass_u", "one number")
        rotation = self.numbers("rot_constants_cm-1")
        if self.text("geometry") not in _CONSTANTS:
            raise self.error("geometry", "atom, linear or nonlinear")
        if len(rotation) != _CONSTANTS[self.text("geometry")]:
            wanted = _CONSTANTS[self.text("geometry")]
            raise self.error("rot_constants_cm-1", f"{wanted} numbers for geometry {self.text('geometry')!r}")
        return MolecularConstants(
            mass[0],
            rotation,
            self.numbers("wavenumbers_cm-1"),
            self.count("symmetry_number"),
            self.count("electronic_degeneracy"),
            notes={"molecule": self.text("name"), "source": Path(self.path).name},
        )
