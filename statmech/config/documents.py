"""Files that extend files, and values from the command line: one tree of nodes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from statmech.config.base import Loc, Mark, Node, Problems, dotted, is_absolute, nearest, shown
from statmech.config.yaml_nodes import parse, read, shortened

__all__ = ["Source", "document", "joined", "overridden"]


@dataclass(frozen=True)
class Source:
    """A piece of what was written.

    Attributes
    ----------
    text : str
        YAML.
    before, after : str
        What stands around it in the whole.
    loc : tuple
        Where the text stands in the configuration.
    data : object
        The text as plain data.
    path : Path or None
        The file it is from.
    """

    text: str
    before: str = ""
    after: str = ""
    loc: Loc = ()
    data: Any = None
    path: Path | None = None


def document(path: Path, problems: Problems, chain: tuple[Path, ...] = ()) -> tuple[Node | None, list[Source]]:
    """A YAML file laid over those it extends, and all that was written; None where one cannot be read.

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
    sources = [Source(text, data=None if node is None else node.plain(), path=path)]
    if node is None or not isinstance(node.value, dict) or "extends" not in node.value:
        return node, sources
    here = (*chain, path.resolve())
    given = node.value["extends"]
    node = replace(node, value={name: child for name, child in node.value.items() if name != "extends"})
    wanted = given.value if isinstance(given.value, list) else [given]
    base: Node | None = None
    for name in wanted:
        if not isinstance(name.value, str):
            problems.add(name.mark, ("extends",), f"expected the name of a file; got {shown(name.plain())}")
            continue
        target = Path(os.path.normpath(path.parent / Path(name.value).expanduser()))
        if target.resolve() in here:
            ring = [*here[here.index(target.resolve()) :], target.resolve()]
            problems.add(name.mark, ("extends",), f"goes in a circle: {' -> '.join(file.name for file in ring)}")
        elif not target.is_file():
            near = [file.name for file in _neighbours(target) if file.resolve() not in here]
            problems.add(name.mark, ("extends",), f"no such file: {name.value}{nearest(target.name, near)}")
        else:
            found, pieces = document(target, problems, here)
            words = target.name if is_absolute(name.value) else name.value
            sources = [*pieces, replace(sources[0], before=f"\n\n# laid over {words}:\n"), *sources[1:]]
            if found is not None and found.value is not None:
                base = found if base is None else base.merged(found)
    return (node if base is None else base.merged(node)), sources


def _neighbours(target: Path) -> list[Path]:
    """Files beside one that is not there."""
    return list(target.parent.iterdir()) if target.parent.is_dir() else []


def joined(sources: Iterable[Source], places: Collection[str]) -> str:
    """All that was written as one text, absolute file names at the places cut down to the name.

    Parameters
    ----------
    sources : iterable of Source
        In the order of the text.
    places : collection of str
        Dotted paths of values that name files, beside ``extends``.
    """
    text = ""
    for source in sources:
        extends = source.data.get("extends") if isinstance(source.data, dict) and not source.loc else None
        also = ("extends", *(f"extends.{i}" for i in range(len(extends) if isinstance(extends, list) else 0)))
        text = f"{text.rstrip()}{source.before}" if text else text
        text += shortened(source.text, {*places, *also}, source.loc) + source.after
    return text


def overridden(node: Node, override: str, problems: Problems) -> tuple[Node, Source]:
    """The tree with one ``path=value`` in it, and the piece of text it is; the value is YAML.

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
    source = Source(text, f"\n# --set {path}=", "\n", loc)
    if not equals or not all(loc):
        problems.add(mark, (), "expected path=value, for example --set model.field=0.5")
        return node, source
    value = parse(text, mark, problems)
    if value is None:
        return node, source
    try:
        return node.placed(loc, replace(value, key=mark)), source
    except LookupError as failure:
        stop = loc[: failure.args[0]]
        problems.add(mark, stop, f"is {shown(node.at(stop).plain())} and has no {dotted(loc[len(stop) :])!r}")
        return node, source


def _steps(path: str) -> Loc:
    """Path to location; the dots in the name of a sweep axis are part of the name."""
    parts = path.split(".")
    if parts[0] != "sweep" or len(parts) < 3:
        return tuple(parts)
    rule = parts[-1:] if parts[-1] in ("linspace", "geomspace", "arange") else []
    return ("sweep", ".".join(parts[1 : len(parts) - len(rule)]), *rule)
