"""Forms without parts: numbers, flags, texts, words from a list, files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Strict

from statmech.config.base import Loc, nearest
from statmech.config.forms.base import Builder, Form, either, shape_of

__all__ = ["AnyForm", "LiteralForm", "PathForm", "ScalarForm"]

# python type -> one, many, shapes
_ROWS: dict[Any, tuple[str, str, frozenset[str]]] = {
    float: ("a number", "numbers", frozenset({"integer", "number"})),
    int: ("an integer", "integers", frozenset({"integer"})),
    bool: ("true or false", "true or false", frozenset({"flag"})),
    str: ("text", "texts", frozenset({"text"})),
    type(None): ("nothing", "nothing", frozenset({"nothing"})),
}
_NUMBER_AND_UNIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)")


@dataclass(frozen=True)
class AnyForm(Form):
    """No annotation, or one that YAML cannot express: the constructor decides."""

    @property
    def words(self) -> str:
        """What is expected."""
        return "a value"

    @property
    def plural(self) -> str:
        """Several."""
        return "values"

    @property
    def shapes(self) -> frozenset[str]:
        """All."""
        return frozenset({"flag", "integer", "number", "text", "nothing", "list", "mapping"})

    @property
    def schema(self) -> Any:
        """Anything."""
        return Any

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:  # noqa: ARG002
        """The value itself."""
        return value


@dataclass(frozen=True)
class ScalarForm(Form):
    """A number, an integer, a flag, a text or nothing, by its Python type.

    Examples
    --------
    >>> ScalarForm(float).complaint("300 K")
    "expected a number; got '300 K'; write 300 alone: units have their own key"
    """

    python: Any

    @property
    def words(self) -> str:
        """What is expected."""
        return _ROWS[self.python][0]

    @property
    def plural(self) -> str:
        """Several."""
        return _ROWS[self.python][1]

    @property
    def shapes(self) -> frozenset[str]:
        """An integer is a number too."""
        return _ROWS[self.python][2]

    @property
    def schema(self) -> Any:
        """Strict: a number in quotes is a text."""
        return None if self.python is type(None) else Annotated[self.python, Strict()]

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:  # noqa: ARG002
        """The value; an integer where a number is expected becomes one."""
        return float(value) if self.python is float else value

    def advice(self, value: Any) -> str:
        """Tell a number with a unit, or in quotes, from other text."""
        number = _NUMBER_AND_UNIT.fullmatch(value) if self.python in (float, int) and isinstance(value, str) else None
        if number is None:
            return ""
        return f"; write {number[1]} alone: units have their own key" if number[2] else "; leave out the quotes"


@dataclass(frozen=True)
class LiteralForm(Form):
    """One of a few words."""

    options: tuple[Any, ...]

    @property
    def words(self) -> str:
        """The words."""
        return either([str(option) for option in self.options])

    @property
    def plural(self) -> str:
        """The words."""
        return self.words

    @property
    def shapes(self) -> frozenset[str]:
        """Those of the words."""
        return frozenset(shape_of(option) for option in self.options)

    @property
    def schema(self) -> Any:
        """``typing.Literal``."""
        literal: Any = Literal
        return literal[self.options]

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:  # noqa: ARG002
        """The word."""
        return value

    def fits(self, value: Any) -> int:
        """1 for one of the words."""
        return int(value in self.options)

    def advice(self, value: Any) -> str:
        """The nearest word."""
        return nearest(value, [str(option) for option in self.options])


@dataclass(frozen=True)
class PathForm(Form):
    """The name of a file."""

    @property
    def words(self) -> str:
        """What is expected."""
        return "the name of a file"

    @property
    def plural(self) -> str:
        """Several."""
        return "names of files"

    @property
    def shapes(self) -> frozenset[str]:
        """Text."""
        return frozenset({"text"})

    @property
    def schema(self) -> Any:
        """Strict text."""
        return Annotated[str, Strict()]

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """Relative to the file in which it is written."""
        return builder.path(loc, value)
