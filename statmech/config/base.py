"""Where every value of a configuration was written, and the list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from statmech.errors import ConfigError

__all__ = ["Loc", "Mark", "Node", "Problems", "dotted", "is_absolute", "location", "nearest", "node_of", "shown"]

Loc: TypeAlias = tuple[str | int, ...]

# symbols of the textbooks -> the words used here, offered as suggestions
_SYMBOLS = {
    "T": "temperature",
    "temp": "temperature",
    "temperatures": "temperature",
    "J": "coupling",
    "h": "field",
    "H": "field",
    "B": "field",
    "q": "states",
    "D": "anisotropy",
    "L": "shape",
    "size": "shape",
    "boundary": "periodic",
    "path": "file",
    "filename": "file",
    "type": "kind",
    "name": "kind",
    "parameters": "sweep",
    "temperature": "sweep",
    "out": "output",
}


@dataclass(frozen=True)
class Mark:
    """Where something was written: a file with line and column from 1, or the command line, or Python.

    ``folder`` is what relative file names mean there.

    Examples
    --------
    >>> str(Mark("ising.yaml", Path("."), 3, 7)), str(Mark("--set model.field=x", Path(".")))
    ('ising.yaml:3:7', '--set model.field=x')
    """

    source: str
    folder: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)


@dataclass(frozen=True)
class Node:
    """A value with its mark: a scalar, a list of nodes or a dict of nodes; ``key`` marks the key it stands under."""

    value: Any
    mark: Mark
    key: Mark | None = None

    def plain(self) -> Any:
        """The value without marks."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> Node | None:
        """The node one step down, None where there is none."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            found: Node = self.value[step]
            return found
        return None

    def at(self, loc: Iterable[str | int]) -> Node:
        """The node at a location, or the last one on the way to it."""
        node = self
        for step in loc:
            below = node.child(step)
            if below is None:
                break
            node = below
        return node

    def merged(self, over: Node, loc: Loc = ()) -> Node:
        """The mapping with another on top: mappings merge key by key, everything else is replaced.

        Two mappings of different ``kind`` have no keys in common, and a sweep axis is one value, so these are
        replaced too.
        """
        if not isinstance(self.value, dict) or not isinstance(over.value, dict) or (loc[:1] == ("sweep",) and loc[1:]):
            return over
        kinds = [node.value["kind"].value for node in (self, over) if "kind" in node.value]
        if len(kinds) == 2 and kinds[0] != kinds[1]:
            return over
        joined = dict(self.value)
        for name, child in over.value.items():
            joined[name] = joined[name].merged(child, (*loc, name)) if name in joined else child
        return replace(self, value=joined)

    def placed(self, loc: Loc, node: Node) -> Node:
        """A copy with ``node`` at a location; mappings on the way are made where there are none.

        Raises
        ------
        LookupError
            If the way leads through a scalar or past the end of a list; the argument is the location of that value.
        """
        if not loc:
            return node
        step, rest = loc[0], loc[1:]
        if isinstance(self.value, list):
            index = int(step) if str(step).isdigit() else -1
            below = self.child(index)
            if below is None:
                raise LookupError(0)
            return replace(
                self, value=[*self.value[:index], _below(below.placed, rest, node), *self.value[index + 1 :]]
            )
        if not isinstance(self.value, dict):
            raise LookupError(0)
        below = self.value.get(step, Node({}, node.mark, node.mark))
        return replace(self, value={**self.value, str(step): _below(below.placed, rest, node)})


def _below(place: Any, rest: Loc, node: Node) -> Node:
    try:
        placed: Node = place(rest, node)
    except LookupError as failure:
        raise LookupError(failure.args[0] + 1) from None
    return placed


def node_of(value: Any, mark: Mark) -> Node:
    """A plain value as nodes that all carry one mark (values from Python or from the command line).

    Examples
    --------
    >>> node_of({"a": (1, 2)}, Mark("", Path("."))).plain()
    {'a': [1, 2]}
    """
    if isinstance(value, Mapping):
        return Node({str(name): node_of(child, mark) for name, child in value.items()}, mark, mark)
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        value = value.tolist()
    if isinstance(value, (list, tuple, range)):
        return Node([node_of(child, mark) for child in value], mark, mark)
    return Node(str(value) if isinstance(value, Path) else value, mark, mark)


@dataclass
class Problems:
    """What is wrong, collected so that a user sees everything at once."""

    found: list[tuple[Mark, str]] = field(default_factory=list)

    def add(self, mark: Mark, loc: Loc, text: str) -> None:
        """Note a problem of the value at a location."""
        parts = [part for part in (str(mark), dotted(loc), text) if part]
        entry = (mark, ": ".join(parts))
        if entry not in self.found:
            self.found.append(entry)

    def __len__(self) -> int:
        return len(self.found)

    def take(self, others: Problems, but: str) -> None:
        """Note those of another list that are not about a key of that name."""
        self.found += [entry for entry in others.found if f"{but}: " not in entry[1] and entry not in self.found]

    def raise_any(self) -> None:
        """Raise all of them, in the order of the file.

        Raises
        ------
        ConfigError
            If there are any.
        """
        if self.found:
            ordered = sorted(self.found, key=lambda entry: (entry[0].source, entry[0].line or 0, entry[0].column or 0))
            raise ConfigError([text for _, text in ordered])


def dotted(loc: Iterable[str | int]) -> str:
    """A location as it is written in ``--set`` and ``sweep``.

    Examples
    --------
    >>> dotted(("model", "parts", 0, "gap"))
    'model.parts.0.gap'
    """
    return ".".join(map(str, loc))


def is_absolute(name: str) -> bool:
    """Whether the name of a file tells where it lies on this machine.

    Examples
    --------
    >>> is_absolute("/home/me/a.csv"), is_absolute("~/a.csv"), is_absolute("../a.csv")
    (True, True, False)
    """
    return name.startswith("~") or Path(name).is_absolute()


def location(path: str) -> Loc:
    """A dotted path as a location.

    Examples
    --------
    >>> location("model.parts.0.gap")
    ('model', 'parts', 0, 'gap')
    """
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def nearest(name: object, names: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest of the names, or nothing.

    Examples
    --------
    >>> nearest("tempertaure", ["temperature", "field"])
    "; did you mean 'temperature'?"
    """
    known = list(names)
    lower = {other.lower(): other for other in known}
    found = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.6)
    best = _SYMBOLS.get(str(name)) if _SYMBOLS.get(str(name)) in known else lower[found[0]] if found else None
    return f"; did you mean {best!r}?" if best else ""


def shown(value: Any) -> str:
    """A value as a user wrote it, short.

    Examples
    --------
    >>> shown(True), shown("300 K"), shown({"a": 1, "b": 2}), shown(None)
    ('true', "'300 K'", 'a mapping {a, b}', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"a mapping {{{', '.join(map(str, value))}}}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
