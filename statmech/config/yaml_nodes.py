"""YAML 1.2 text as nodes that know their line and column.

PyYAML follows YAML 1.1: it reads ``1e-3`` as a string, ``no`` as false, ``1:30`` as 90 and ``0777`` as octal, and keeps
the last of two equal keys in silence. Here its parser meets the scalars of the YAML 1.2 core schema, and equal keys
are a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from statmech.config.base import Loc, Mark, Node, Problems, dotted, is_absolute, nearest

__all__ = ["parse", "read", "shortened"]

_TAG: Final = "tag:yaml.org,2002:"
_MOST_VALUES: Final = 2_000_000  # aliases of aliases of aliases would fill any memory

# tag, pattern and the characters it can begin with: YAML 1.2, section 10.3.2
_SCALARS: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own attribute


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)


def parse(text: str, mark: Mark, problems: Problems) -> Node | None:
    """YAML text as nodes; None after a mistake that makes the rest unreadable.

    Parameters
    ----------
    text : str
        One document.
    mark : Mark
        Whose source and folder all nodes get. With a line, nodes get their own lines and columns; without (the
        command line, which has none), all get this mark.
    problems : Problems
        Receives what is wrong.

    Examples
    --------
    >>> parse("{a: 1e-3, b: no, c: 1:30, d: 0777}", Mark("x.yaml", Path("."), 1), Problems()).plain()
    {'a': 0.001, 'b': 'no', 'c': '1:30', 'd': 777}
    """
    try:
        top = yaml.compose(text, _Loader)
        if top is None:
            return Node(None, replace(mark, column=1) if mark.line else mark)
        reader = _Reader(mark, problems)
        node = reader.node(top, (), [])
        if reader.sizes[id(top)] <= _MOST_VALUES:
            return node
        problems.add(mark, (), f"aliases expand to more than {_MOST_VALUES} values")
    except yaml.MarkedYAMLError as mistake:
        place = mistake.problem_mark or mistake.context_mark
        problems.add(_position(mark, place), (), _words(text, mistake))
    except yaml.reader.ReaderError as mistake:
        lines = text[: mistake.position].split("\n")
        here = replace(mark, line=len(lines), column=len(lines[-1]) + 1) if mark.line else mark
        problems.add(here, (), f"the character {mistake.character!r} cannot stand in a text file; is this YAML?")
    except RecursionError:
        problems.add(mark, (), "nested too deeply to be read")
    return None


def read(path: Path, name: str, problems: Problems) -> tuple[Node | None, str]:
    """The nodes of a YAML file and its text; None after a mistake that makes it unreadable.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What messages call it.
    problems : Problems
        Receives what is wrong.
    """
    mark = Mark(name, path.parent)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        folder = path.parent
        near = (
            [other.name for other in folder.iterdir() if other.suffix in (".yaml", ".yml")] if folder.is_dir() else []
        )
        hint = nearest(path.name, near) or (f"; there is {', '.join(near[:5])}" if near else "")
        problems.add(mark, (), f"no such file{hint}")
        return None, ""
    except OSError as failure:
        problems.add(mark, (), f"cannot be read: {failure.strerror}")
        return None, ""
    if data.startswith(b"\x89HDF"):
        problems.add(mark, (), "expected a YAML configuration, got a results file; look at it with `statmech show`")
        return None, ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = data[: failure.start].count(b"\n") + 1
        column = failure.start - (data.rfind(b"\n", 0, failure.start) + 1) + 1
        found = f"expected text in UTF-8, got the byte 0x{data[failure.start]:02x}; is this a YAML file?"
        problems.add(replace(mark, line=line, column=column), (), found)
        return None, ""
    return parse(text, replace(mark, line=1, column=1), problems), text


def shortened(text: str, places: Collection[str], loc: Loc = ()) -> str:
    """YAML text with absolute file names cut down to the name, and every other character as it is.

    Parameters
    ----------
    text : str
        Valid YAML.
    places : collection of str
        Dotted paths of values that name files.
    loc : tuple
        Where the text stands in the whole.

    Examples
    --------
    >>> shortened("file: /home/me/a.csv # from /home/me/a.csv", {"file"})
    'file: a.csv # from /home/me/a.csv'
    """
    top = yaml.compose(text, _Loader)
    found = {} if top is None else {node.start_mark.index: node for node in _scalars(top, loc, places)}
    for start in sorted(found, reverse=True):
        node = found[start]
        written = text[start : node.end_mark.index]
        before = re.match(r"(?:[&!]\S*\s+)*", written)  # an anchor stays
        end = len(written.rstrip())
        kept = before[0] if before is not None else ""
        name = Path(node.value).name
        word = name if node.style is None else str(yaml.safe_dump(name, default_style='"', width=10_000)).strip()
        text = text[:start] + kept + word + written[end:] + text[node.end_mark.index :]
    return text


def _scalars(node: yaml.Node, loc: Loc, places: Collection[str]) -> Iterator[yaml.ScalarNode]:
    """Those at the places that are absolute file names."""
    if isinstance(node, yaml.ScalarNode):
        if dotted(loc) in places and is_absolute(node.value):
            yield node
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _scalars(item, (*loc, i), places)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*loc, key.value), places)


class _Reader:
    """Turns the parser's nodes into ours, each once: an alias is the same node again.

    ``sizes`` counts the values below each node as they would be written out without aliases.
    """

    def __init__(self, mark: Mark, problems: Problems) -> None:
        self.mark, self.problems = mark, problems
        self.made: dict[int, Node] = {}
        self.sizes: dict[int, int] = {}

    def node(self, source: yaml.Node, loc: Loc, above: list[yaml.Node]) -> Node:
        if id(source) not in self.made:
            self.sizes[id(source)] = 1
            made = self._made(source, loc, above)
            if isinstance(source, yaml.SequenceNode):
                self.sizes[id(source)] += sum(self.sizes.get(id(item), 1) for item in source.value)
            elif isinstance(source, yaml.MappingNode):
                self.sizes[id(source)] += sum(self.sizes.get(id(value), 1) for _, value in source.value)
            if any(source is other for other in above):
                return made  # inside itself: not complete
            self.made[id(source)] = made
        return self.made[id(source)]

    def _made(self, source: yaml.Node, loc: Loc, above: list[yaml.Node]) -> Node:
        mark = _position(self.mark, source.start_mark)
        if any(source is other for other in above):
            self.problems.add(mark, loc, "contains itself through an alias")
            return Node(None, mark)
        if isinstance(source, yaml.ScalarNode):
            return Node(self.scalar(source, mark, loc), mark)
        if source.tag not in (_TAG + "seq", _TAG + "map"):
            self.problems.add(mark, loc, f"the tag {source.tag!r} has no meaning here; leave it out")
        if isinstance(source, yaml.SequenceNode):
            items = [self.node(item, (*loc, i), [*above, source]) for i, item in enumerate(source.value)]
            return Node(items, mark)
        children: dict[str, Node] = {}
        for key, value in source.value:
            place = _position(self.mark, key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self.problems.add(place, loc, "expected a word as key, got a list or mapping")
                continue
            name = key.value
            if name in children:
                first = children[name].key
                where = "" if first is None or first.line is None else f", first in {first}"
                self.problems.add(place, (*loc, name), f"given twice{where}")
                continue
            children[name] = replace(self.node(value, (*loc, name), [*above, source]), key=place)
        return Node(children, mark)

    def scalar(self, source: yaml.ScalarNode, mark: Mark, loc: Loc) -> Any:
        tag, text = source.tag.removeprefix(_TAG), source.value
        try:
            if tag == "str":
                return text
            if tag == "null":
                return None
            if tag == "bool":
                return {"true": True, "false": False}[text.lower()]
            if tag == "int":
                return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            if tag == "float":
                return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
        except (ValueError, KeyError):
            self.problems.add(mark, loc, f"{text[:40]!r} is no {tag}")
            return None
        self.problems.add(mark, loc, f"the tag {source.tag!r} has no meaning here; leave it out")
        return None


def _position(mark: Mark, place: Any) -> Mark:
    if mark.line is None or place is None:
        return mark
    return replace(mark, line=place.line + 1, column=place.column + 1)


def _words(text: str, mistake: yaml.MarkedYAMLError) -> str:
    """What PyYAML found, in words for somebody who has never seen its source."""
    place, said = mistake.problem_mark, mistake.problem or str(mistake)
    lines = text.split("\n")
    line = lines[place.line] if place is not None and place.line < len(lines) else ""
    if place is not None and line[place.column : place.column + 1] == "\t":
        return "a tab; YAML is indented with spaces"
    if "mapping values are not allowed" in said:
        return "a second ':' in one line; put quotes around text that has one, or check the indentation"
    if "expected a single document" in str(mistake) or "but found another document" in said:
        return "a second document ('---'); a configuration is one"
    if "undefined alias" in said:
        return f"{said}; put quotes around text that begins with '*'"
    context = f" {mistake.context}" if mistake.context else ""
    return f"not YAML: {said}{context}"
