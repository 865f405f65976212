"""Write every notebook, without outputs, from its twin in the py:percent format: ``python notebooks/pair.py``.

The twin is what is edited and compared; editors (VS Code, Spyder, PyCharm) run it cell by cell too. After work in
Jupyter, ``jupytext --to py:percent NOTEBOOK.ipynb`` brings the changes back into the twin.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import jupytext
import nbformat

__all__ = ["notebook", "twins"]

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def twins() -> list[Path]:
    """The py:percent files beside this one, in the order of the course."""
    return sorted(Path(__file__).parent.glob("[0-9][0-9]_*.py"))


def notebook(twin: Path) -> str:
    """The text of the notebook that belongs to a twin; equal twins give equal bytes."""
    made = jupytext.read(twin, fmt="py:percent")
    made.metadata = nbformat.from_dict(_METADATA)
    known: set[str] = set()
    for cell in made.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()
        cell.id = next(digest[k : k + 8] for k in range(50) if digest[k : k + 8] not in known)
        known.add(cell.id)
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


if __name__ == "__main__":
    for path in twins():
        target = path.with_suffix(".ipynb")
        text = notebook(path)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{target.name}\n")
