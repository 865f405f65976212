"""Reference pages written from the classes themselves: which method for what, and every key of a configuration."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from statmech import lattices, methods, models, sampling
from statmech.config import Units
from statmech.config.forms import Form, Forms, RecordForm
from statmech.selection import PREFERENCE

__all__ = ["configuration_markdown", "methods_lines", "methods_markdown"]

_COST = re.compile(r"Cost:\s*(.*?)(?:\.\s+Reference|Reference:|\n\s*\n|\Z)", re.DOTALL)


def methods_lines() -> Iterator[str]:
    """Every method with what it computes, for a terminal."""
    width = max(map(len, methods.KINDS))
    for name in methods.KINDS:
        yield f"{name:<{width}}  {methods.get(name).formula}"


def methods_markdown() -> str:
    """The table "which method?", in the order in which ``method: auto`` asks.

    Examples
    --------
    >>> methods_markdown().splitlines()[0]
    '# Which method?'
    """
    asked = list(dict.fromkeys(name for name, _ in PREFERENCE))
    order = [*asked, *(name for name in methods.KINDS if name not in asked)]
    lines = [
        "# Which method?",
        "",
        "`method: auto` asks these from the top and takes the first that supports the model; the result records which",
        "and why, and `statmech plan` says it beforehand. Each can be asked for by name. Written by",
        "`statmech methods --markdown` from the classes.",
        "",
        "| method | computes | cost | reference |",
        "|---|---|---|---|",
    ]
    for name in order:
        kind = methods.get(name)
        cells = [f"`{name}`", kind.formula, _cost(kind), kind.reference]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    lines += ["", "## Sampling algorithms", ""]
    lines += [
        "Of `method: {kind: monte_carlo, algorithm: ...}`.",
        "",
        "| algorithm | computes | cost | reference |",
        "|---|---|---|---|",
    ]
    for name in sampling.ALGORITHMS:
        kind = sampling.get(name)
        cells = [f"`{name}`", kind.formula, _cost(kind), kind.reference]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cost(kind: Any) -> str:
    """What the class says after "Cost:", else the first line of its ``cost``."""
    told = _COST.search(inspect.getdoc(kind) or "")
    text = told.group(1) if told else (inspect.getdoc(getattr(kind, "cost", None)) or "").split("\n\n")[0]
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def configuration_markdown() -> str:
    """Every key of a configuration with what it may be, its default and its meaning.

    Examples
    --------
    >>> "### two_level" in configuration_markdown()
    True
    """
    forms = Forms()
    lines = [
        "# Configuration reference",
        "",
        "Written by `statmech schema --markdown` from the classes that receive the values; `statmech schema` prints",
        "the same as JSON Schema, for editors, and `statmech new KIND` a file to begin with.",
        "",
        "| key | meaning |",
        "|---|---|",
        "| `title` | What is computed, for figures and listings. |",
        "| `model` | The Hamiltonian: `{kind: ..., ...}`, see [models](#models). |",
        "| `sweep` | `temperature`, and any dotted path such as `model.field`, with its values. |",
        "| `method` | `auto`, a name, or `{kind: ..., ...}`, see [methods](#methods). |",
        "| `units` | Units of energies and results, see [units](#units). |",
        "| `output` | Results file, relative to the current folder. |",
        "| `extends` | A file, or a list of files, that this one is laid over. |",
        "",
        "The values of an axis are a number, a list, `{linspace: [start, stop, count]}`,",
        "`{geomspace: [start, stop, count]}` or `{arange: [start, stop, step]}`.",
        "",
        "## Units",
        "",
        *_table(forms.record(Units, None)),
    ]
    for heading, level, kinds in (
        ("Models", forms.models, models.KINDS),
        ("Lattices", forms.lattices, lattices.KINDS),
    ):
        lines += ["", f"## {heading}"]
        for kind in kinds:
            lines += _section(level.named(kind))
    lines += ["", "## Methods", "", "Those without a section here have no options.", ""]
    for kind in methods.KINDS:
        record = forms.methods.named(kind)
        if record.parameters:
            lines += _section(record)
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _section(record: RecordForm) -> list[str]:
    return ["", f"### {record.kind}", "", _words(record.text), "", *_table(record)]


def _table(record: RecordForm) -> list[str]:
    if not record.parameters:
        return ["No keys beside `kind`."]
    defaults = record.filled({})
    rows = ["| key | expected | default | meaning |", "|---|---|---|---|"]
    for name, parameter in record.parameters.items():
        default = "required" if parameter.required else _default(defaults.get(name))
        rows.append(f"| `{name}` | {_cell(_expected(parameter.form))} | {_cell(default)} | {_cell(parameter.text)} |")
    return rows


def _expected(form: Form) -> str:
    words = form.words
    return words if len(words) <= 160 else f"{words[:157]}..."


def _default(value: Any) -> str:
    return "" if value is None or value == "" else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return _words(text).replace("|", "\\|")


def _words(text: str) -> str:
    """One line of Markdown from a line of a docstring: roles become code, and <s> is no HTML."""
    text = re.sub(r":\w+(?::\w+)*:`~?([^`]+)`", r"`\1`", " ".join(text.split()))
    parts = re.split(r"(``[^`]*``|`[^`]*`)", text)
    return "".join(
        f"`{part.strip('`')}`" if part.startswith("`") else part.replace("<", "&lt;").replace("*", "\\*")
        for part in parts
    )
