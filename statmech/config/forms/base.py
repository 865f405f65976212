"""A form: the values that an annotation allows in YAML."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter

from statmech.config.base import Loc, shown

__all__ = ["FAILED", "Builder", "Form", "either", "plain_default", "shape_of"]


class _Failed:
    def __repr__(self) -> str:
        return "FAILED"


FAILED = _Failed()
"""What ``make`` returns after it has reported a problem."""


class Builder(Protocol):
    """What ``make`` needs to know of the configuration around a value."""

    unit: str | None

    def problem(self, loc: Loc, text: str) -> None:
        """Report that the value at a location is wrong."""

    def path(self, loc: Loc, name: str) -> Path:
        """The file meant by a name at a location."""


class Form(ABC):
    """The values one annotation allows, with three sides: a pydantic type, words for messages, and ``make``."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is expected, with its article: ``a number``."""

    @property
    @abstractmethod
    def plural(self) -> str:
        """Several of them: ``numbers``."""

    @property
    @abstractmethod
    def shapes(self) -> frozenset[str]:
        """Which of the results of :func:`shape_of` can be right."""

    @property
    @abstractmethod
    def schema(self) -> Any:
        """The pydantic type."""

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What checks values of that type: it takes a millisecond to make, and a sweep has thousands of values."""
        return TypeAdapter(self.schema)

    @abstractmethod
    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """A valid plain value as the constructor's argument, or FAILED."""

    def child(self, step: str | int, value: Any) -> Form | None:  # noqa: ARG002
        """Form of the value one step down, given the value here."""
        return None

    def names(self, value: Any) -> tuple[str, ...]:  # noqa: ARG002
        """Known keys, where a mapping is expected."""
        return ()

    def filled(self, value: Any) -> Any:
        """The value with defaults written out."""
        return value

    def fits(self, value: Any) -> int:  # noqa: ARG002
        """How well a value of the right shape suits, to choose among forms; higher is better."""
        return 0

    def blame(self, value: Any) -> Loc:  # noqa: ARG002
        """The part of an unsuitable value that makes it so."""
        return ()

    def advice(self, value: Any) -> str:  # noqa: ARG002
        """What to do about a value that does not suit, as the end of a sentence."""
        return ""

    def complaint(self, value: Any) -> str:
        """What is wrong with a value that does not suit."""
        return f"expected {self.words}; got {shown(value)}{self.advice(value)}"


def shape_of(value: Any) -> str:
    """One of flag, integer, number, text, nothing, list, mapping.

    Examples
    --------
    >>> [shape_of(value) for value in (True, 1, 1.0, "1", None, [1], {})]
    ['flag', 'integer', 'number', 'text', 'nothing', 'list', 'mapping']
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "mapping" if isinstance(value, Mapping) else "list"


def either(words: list[str]) -> str:
    """``a, b or c``, each once.

    Examples
    --------
    >>> either(["a number", "a list of numbers", "a number"])
    'a number or a list of numbers'
    """
    once = list(dict.fromkeys(words))
    return once[0] if len(once) == 1 else f"{', '.join(once[:-1])} or {once[-1]}"


def plain_default(value: Any) -> Any:
    """A default as plain data; None where it is an object that YAML cannot express."""
    if isinstance(value, (list, tuple)):
        return [plain_default(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain_default(item) for name, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    return value if shape_of(value) != "list" else None
