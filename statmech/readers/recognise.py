"""Which reader a file is for: by its first bytes and lines, then by its name."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from statmech.errors import FileFormatError
from statmech.readers.base import UNREADABLE, open_text

__all__ = ["recognise", "refuse_foreign"]

_ARRAYS = (b"\x93NUMPY", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n")
_COMPRESSED = (b"BZh", b"\xfd7zXZ", b"\x1f\x8b")
# Protocols 2 to 5 begin with PROTO; older ones with an opcode and a memo or a global.
_PICKLE = re.compile(rb"\x80[\x02-\x05]|[(\]}](?:[dlt]p\d+\n|q\x00)|c[a-z_.]+\n\w+\n|\(?[dl]p\d+\n")
# id, energy with a decimal point, integer g, half-integer J
_STATES_ROW = re.compile(r"\s*\d+\s+-?\d+\.\d*\s+\d+(\.0*)?\s+\d+(\.[05]0*)?(\s|$)", re.ASCII)
_NIST_HEADER = re.compile(r"(?=.*\blevel\s*\()(?=.*(?:^|[\t,=\"])J(?:$|[\t,\"]))(?=.*\b(?:configuration|term)\b)", re.I)
_TABLES = {
    r"q\d+\.txt": "a HITRAN table of partition sums",
    r".*\.pf(\.\w+)?": "an ExoMol table of a partition function",
    r".*\.trans(\.bz2)?": "an ExoMol list of transitions",
    r".*\.def(\.json)?": "an ExoMol definition file",
}


def refuse_foreign(path: Path) -> bytes:
    """First bytes of the file, once it is no pickle, web page, spreadsheet or other binary.

    Raises
    ------
    FileFormatError
        If it is; the message says what to use instead.
    """
    with path.open("rb") as handle:
        head = handle.read(4096)
    if not head:
        raise FileFormatError("the file is empty; expected energy levels", path)
    if _PICKLE.match(head):
        hitran = path.suffix.lower() == ".qtpy"
        instead = (
            "HITRAN's .QTpy hold tables of partition sums, no levels: use the ExoMol .states file of the isotopologue, "
            "or HITRAN's q*.txt table for comparison"
            if hitran
            else "save the arrays with np.savez(path, energies=..., degeneracies=...) instead (HITRAN's .QTpy: "
            "use the ExoMol .states file of the isotopologue)"
        )
        raise FileFormatError(f"a Python pickle, which can run any code when opened, is refused; {instead}", path)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileFormatError("UTF-16 text; save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')", path)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")) or path.suffix.lower() in (".xls", ".xlsx", ".ods", ".pdf"):
        raise FileFormatError("a spreadsheet or document; export the levels as CSV", path)
    if head.startswith((*_ARRAYS, *_COMPRESSED)):
        return head
    if b"\0" in head:
        raise FileFormatError(
            f"a binary file that no reader knows (it begins with {head[:8]!r}); expected text, .npy, .npz or .h5",
            path,
            None,
        )
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml)", head, re.IGNORECASE):
        raise FileFormatError(
            "a web page, not a table (a failed download?); for NIST ASD choose tab-delimited or CSV output", path, 1, 1
        )
    return head


def recognise(path: Path) -> str:
    """Name of the format: ``arrays``, ``nist``, ``exomol``, ``marvel`` or ``delimited``.

    Raises
    ------
    FileFormatError
        If the file is of a known kind that holds no levels.
    """
    head = refuse_foreign(path)
    if head.startswith(_ARRAYS):
        return "arrays"
    if not head.startswith(_COMPRESSED) and re.match(rb"(?:\xef\xbb\xbf)?\s*[{\[]", head) and _is_json(path, head):
        return "arrays"
    try:
        with open_text(path) as handle:
            lines = [line for line in islice(handle, 40) if line.strip()]
    except (*UNREADABLE, UnicodeDecodeError):
        lines = []  # the reader will say where
    if lines and _NIST_HEADER.match(lines[0]):
        return "nist"
    name = path.name.lower()
    for pattern, what in _TABLES.items():
        if re.fullmatch(pattern, name):
            table = "; statmech.read_partition_table reads it for comparison" if "partition" in what else ""
            raise FileFormatError(f"{what}, not a list of levels; for ExoMol take the .states file{table}", path)
    if re.search(r"\.states(\.\w+)?$", name) or (lines and all(_STATES_ROW.match(line) for line in lines)):
        return "exomol"
    if re.search(r"marvel", name) and not _has_header(lines):
        return "marvel"
    return "delimited"


def _has_header(lines: list[str]) -> bool:
    """Whether the first line with content names columns: it has a letter in every cell, as levels have not."""
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    cells = re.split(r"[\s,;]+", first.strip())
    return all(re.search(r"[^\W\d_]", cell) for cell in cells)


def _is_json(path: Path, head: bytes) -> bool:
    """A header such as ``[cm-1]`` also begins with a bracket."""
    starts = re.match(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[-\d\]"\[{])', head)
    return starts is not None or path.suffix.lower() == ".json"
