"""What in the documentation is made by the program: a hook of MkDocs, and ``python docs/pages.py`` for the files kept.

``python docs/pages.py`` writes docs/methods.md, docs/configuration.md and the table of the README again from the
classes; ``python docs/pages.py gallery`` runs the commands of docs/gallery.md and keeps their figures.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- methods:begin -->", "<!-- methods:end -->"
# programs of a reader's own; every other line of a shell block is ours and is run
OTHERS = (
    "make",
    "git",
    "cd",
    "pip",
    "jupyter",
    "jupyter-lab",
    "ncdump",
    "silx",
    "mpiexec",
    "dask",
    "srun",
    "python",
    "$EDITOR",
)

# ---- pages of the Python reference, named by what is public


def _public(module: str, names: Iterator[str] | list[str]) -> list[str]:
    """Where each public name of a module is defined, for mkdocstrings."""
    found = []
    for name in names:
        value = getattr(import_module(module), name)
        home = getattr(value, "__module__", module)
        if callable(value) and home.startswith("statmech"):
            found.append(f"{home}.{getattr(value, '__name__', name)}")
    return found


def reference() -> dict[str, str]:
    """Name of each page and its text."""
    import statmech
    from statmech import models

    kinds = [home.replace(":", ".") for home in models.KINDS.values()]
    top = _public("statmech", [name for name in statmech.__all__ if name != "__version__"])
    logspace = [name for name in top if name.startswith("statmech.logspace")]
    reading = [name for name in top if "read" in name.rpartition(".")[2] or "iter_" in name or "compare" in name]
    rest = [name for name in top if name not in (*kinds, *logspace, *reading)]
    rooms = [f"statmech.inference.{room}" for room in import_module("statmech.inference").__all__]
    pages = {
        "solve": ("Solve and run", ["statmech.accessor.Results", "statmech.status.Status"], rest),
        "models": ("Models", [], kinds),
        "lattices": ("Lattices", [], _public("statmech.lattices", import_module("statmech.lattices").__all__)),
        "logspace": ("The log-sum-exp family", [], logspace),
        "reading": ("Reading files", [], reading),
        "estimators": ("Estimators", [], _public("statmech.estimators", import_module("statmech.estimators").__all__)),
        "inference": ("Inference", [], [n for room in rooms for n in _public(room, import_module(room).__all__)]),
        "plots": ("Plots", [], _public("statmech.plots", import_module("statmech.plots").__all__)),
    }
    return {
        f"reference/{page}.md": f"# {title}\n\n"
        + "\n\n".join(f"::: {name}" for name in dict.fromkeys([*names, *more]))
        + "\n"
        for page, (title, more, names) in pages.items()
    }


def on_files(files: Any, config: Any) -> Any:
    """MkDocs asks which files there are: those of the reference too."""
    from mkdocs.structure.files import File

    for path, text in reference().items():
        files.append(File.generated(config, path, content=text))
    return files


# ---- files kept, written from the classes


def readme(text: str) -> str:
    """The README with its table of methods as the classes have it."""
    from statmech import methods
    from statmech.reference import methods_markdown

    rows = []
    for line in methods_markdown().splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        if len(cells) == 6 and cells[1].strip(" `") in methods.KINDS:
            rows.append("|" + "|".join((cells[1], cells[2], cells[4])) + "|")
    table = "\n".join(["| method | computes | reference |", "|---|---|---|", *rows])
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def write() -> None:
    """Write them."""
    from statmech.reference import configuration_markdown, methods_markdown

    (TOP / "docs" / "methods.md").write_text(methods_markdown())
    (TOP / "docs" / "configuration.md").write_text(configuration_markdown())
    (TOP / "README.md").write_text(readme((TOP / "README.md").read_text()))


# ---- what a page shows is run


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and text of each fenced block."""
    for found in re.finditer(r"^( *)```(\w+)\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE):
        lines = found[3].splitlines()
        yield found[2], "\n".join(line.removeprefix(found[1]) for line in lines) + "\n"


def run_page(page: Path) -> int:
    """Run the Python blocks and the commands of a page, in order, in the current folder; how many there were."""
    import matplotlib

    matplotlib.use("agg")
    names: dict[str, Any] = {}
    count = 0
    for language, text in blocks(page.read_text()):
        if language == "python":
            exec(compile(text, f"<{page.name}>", "exec"), names)  # noqa: S102
            count += 1
        elif language == "sh":
            count += sum(_command(line) for line in text.splitlines())
    import matplotlib.pyplot as plt

    plt.close("all")
    return count


def _command(line: str) -> bool:
    from statmech.cli import main

    words = shlex.split(line, comments=True)
    if not words or words[0] in OTHERS or words[0].startswith("."):
        return False
    if words[0] != "statmech":
        raise AssertionError(f"{line!r}: neither a command of statmech nor one of {', '.join(OTHERS)}")
    target = Path(words[words.index(">") + 1]) if ">" in words else None
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(words[1 : words.index(">")] if target else words[1:])
    if target:
        target.write_text(said.getvalue())
    if code != 0:
        raise AssertionError(f"{line!r} ends with exit code {code}")
    return True


def gallery() -> None:
    """Run docs/gallery.md and keep its figures."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("configs").symlink_to(TOP / "configs")
        Path("images").mkdir()
        run_page(TOP / "docs" / "gallery.md")
        for figure in Path("images").iterdir():
            shutil.copy(figure, TOP / "docs" / "images" / figure.name)


if __name__ == "__main__":
    gallery() if "gallery" in sys.argv[1:] else write()
