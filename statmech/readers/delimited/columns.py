"""Which column holds which quantity: from the caller's words, or the header's."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from statmech.errors import FileFormatError, UnitError
from statmech.readers.delimited.header import Head
from statmech.readers.delimited.vocabulary import LIKE_A_WEIGHT, NAMES, means, name_and_unit
from statmech.units import canonical_unit

__all__ = ["check_unit", "find_columns", "notes_on"]


def find_columns(path: Path, head: Head, asked: dict[str, str | int | None]) -> dict[str, int]:
    """Column of each quantity, from the caller's words or the header's."""
    named_none = "none" in map(str.lower, head.names or ())  # a column of that name is meant, then

    def declined(quantity: str) -> bool:
        wanted = asked[quantity]
        return isinstance(wanted, str) and wanted.lower() == "none" and not named_none

    single, exact = declined("degeneracy"), declined("uncertainty")
    asked = {**asked, **({"degeneracy": None} if single else {}), **({"uncertainty": None} if exact else {})}
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
    doubtful = [name for name in unused if isinstance(name, str) and LIKE_A_WEIGHT.fullmatch(name.lower())]
    if weight == "j" and doubtful and asked["j"] is None:
        raise FileFormatError(
            f"g = 2J + 1 would leave out {doubtful[0]!r}, which looks like a weight: set degeneracy to the column that "
            "holds the whole g, or j to that of J if 2J + 1 is the whole of it",
            path,
            head.line,
        )
    return found


def _named_columns(path: Path, head: Head, asked: dict[str, str | int | None], single: bool) -> dict[str, int]:
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
    for quantity in NAMES:
        if quantity in found or (single and quantity != "energy"):
            continue
        pairs = enumerate(zip(head.names, head.units, strict=True))
        places = [k for k, (name, unit) in pairs if means(quantity, name, unit) and k not in found.values()]
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


def _asked_column(path: Path, head: Head, quantity: str, wanted: str | int) -> int:
    if isinstance(wanted, int):
        if not 1 <= wanted <= head.width:
            raise FileFormatError(
                f"{quantity}: expected a column from 1 to {head.width}; got {wanted}", path, head.line
            )
        return wanted - 1
    names = [name.lower() for name in head.names or ()]
    for spelling in (wanted, name_and_unit(wanted)[0]):
        if spelling.lower() in names:
            return names.index(spelling.lower())
    near = get_close_matches(wanted.lower(), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listing = ", ".join(repr(name) for name in head.names or ())
    has = f"the columns are {listing}" if names else "the file has no header, give the number of the column"
    raise FileFormatError(f"{quantity}: no column is named {wanted!r}; {has}{hint}", path, head.line)


def check_unit(path: Path, head: Head, columns: dict[str, int], unit: str) -> None:
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


def notes_on(head: Head, columns: dict[str, int]) -> dict[str, str]:
    """What was read as what, for whoever looks at the result."""

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
