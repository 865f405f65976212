"""Files that extend files, and values from the command line: one tree of nodes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from statmech.config.base import Loc, Mark, Node, Problems, dotted, nearest, shown
from statmech.config.yaml_nodes import parse, read

__all__ = ["document", "overridden"]


def document(path: Path, problems: Problems, chain: tuple[Path, ...] = ()) -> tuple[Node | None, str]:
    """A YAML file laid over those it extends, and the text of all; None where one cannot be read.

    Parameters
    ----------
    path : Path
        The file.
    problems : Problems
        Receives what is wrong.
    chain : tuple of Path
        Files that led here by ``extends``.
    """
    node, text = read(path, os.fspath(path), problems)
    if node is None or not isinstance(node.value, dict) or "extends" not in node.value:
        return node, text
    here = (*chain, path.resolve())
    given = node.value["extends"]
    node = replace(node, value={name: child for name, child in node.value.items() if name != "extends"})
    wanted = given.value if isinstance(given.value, list) else [given]
    base: Node | None = None
    for name in wanted:
        if not isinstance(name.value, str):
            problems.add(name.mark, ("extends",), f"expected the name of a file; got {shown(name.plain())}")
            continue
        target = Path(os.path.normpath(path.parent / name.value))
        if target.resolve() in here:
            ring = [*here[here.index(target.resolve()) :], target.resolve()]
            problems.add(name.mark, ("extends",), f"goes in a circle: {' -> '.join(file.name for file in ring)}")
        elif not target.is_file():
            near = [file.name for file in target.parent.iterdir()] if target.parent.is_dir() else []
            problems.add(name.mark, ("extends",), f"no such file: {name.value}{nearest(target.name, near)}")
        else:
            found, words = document(target, problems, here)
            text = f"{words.rstrip()}\n\n# laid over {name.value}:\n{text}"
            if found is not None and found.value is not None:
                base = found if base is None else base.merged(found)
    return (node if base is None else base.merged(node)), text


def overridden(node: Node, override: str, problems: Problems) -> Node:
    """The tree with one ``path=value`` in it; the value is YAML.

    Parameters
    ----------
    node : Node
        A mapping.
    override : str
        For example ``model.field=0.5`` or ``sweep.temperature={linspace: [1, 5, 9]}``.
    problems : Problems
        Receives what is wrong.
    """
    mark = Mark(f"--set {override}", Path())
    path, equals, text = override.partition("=")
    loc = _steps(path.strip())
    if not equals or not all(loc):
        problems.add(mark, (), "expected path=value, for example --set model.field=0.5")
        return node
    value = parse(text, mark, problems)
    if value is None:
        return node
    try:
        return node.placed(loc, replace(value, key=mark))
    except LookupError as failure:
        stop = loc[: failure.args[0]]
        problems.add(mark, stop, f"is {shown(node.at(stop).plain())} and has no {dotted(loc[len(stop) :])!r}")
        return node


def _steps(path: str) -> Loc:
    """Path to location; the dots in the name of a sweep axis are part of the name."""
    parts = path.split(".")
    if parts[0] != "sweep" or len(parts) < 3:
        return tuple(parts)
    rule = parts[-1:] if parts[-1] in ("linspace", "geomspace", "arange") else []
    return ("sweep", ".".join(parts[1 : len(parts) - len(rule)]), *rule)
