"""Forms of mappings with known keys: the parameters of one constructor, or of the one that ``kind`` names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic_core import core_schema

from statmech.config.base import Loc, nearest, shown
from statmech.config.forms.base import FAILED, Builder, Form, plain_default
from statmech.errors import FileFormatError, StatmechError

__all__ = ["KindForm", "Parameter", "RecordForm", "parameter_texts"]

_literal: Any = Literal


@dataclass(frozen=True)
class Parameter:
    """A key of a record: its form, its default where it has one, and what the docstring says of it."""

    form: Form
    default: Any = inspect.Parameter.empty
    text: str = ""

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True, eq=False)
class RecordForm(Form):
    """A mapping with known keys: the parameters of a constructor, and ``kind`` where it is one of several."""

    name: str
    constructor: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    kind: str | None = None
    text: str = ""

    @property
    def words(self) -> str:
        """Its keys."""
        return f"a mapping {{{', '.join(self.names({}))}}}"

    @property
    def plural(self) -> str:
        """Its keys."""
        return f"mappings {{{', '.join(self.names({}))}}}"

    @property
    def shapes(self) -> frozenset[str]:
        """A mapping."""
        return frozenset({"mapping"})

    @cached_property
    def schema(self) -> Any:
        """A pydantic model that forbids other keys."""
        fields: dict[str, Any] = {}
        if self.kind is not None:
            fields["p_kind"] = (_literal[self.kind], Field(alias="kind"))
        for name, parameter in self.parameters.items():
            about: dict[str, Any] = {"alias": name, "description": parameter.text or None}
            if not parameter.required:
                about["default"] = plain_default(parameter.default)
            fields[f"p_{name}"] = (parameter.form.schema, Field(**about))
        # built late: a record may hold a record of its own kind
        config = ConfigDict(extra="forbid", defer_build=True, title=self.kind or self.name)
        made: type[BaseModel] = create_model(self.name, __config__=config, __doc__=self.text or None, **fields)
        return made

    def names(self, value: Any) -> tuple[str, ...]:  # noqa: ARG002
        """Its keys."""
        return (*(("kind",) if self.kind is not None else ()), *self.parameters)

    def fits(self, value: Any) -> int:
        """Number of known keys; a misspelt one counts half."""
        if not isinstance(value, Mapping):
            return 0
        names = self.names(value)
        return sum(2 if key in names else int(bool(nearest(key, names))) for key in value)

    def child(self, step: str | int, value: Any) -> Form | None:  # noqa: ARG002
        """Form of a parameter."""
        parameter = self.parameters.get(step) if isinstance(step, str) else None
        return None if parameter is None else parameter.form

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """What the constructor makes of it; what it refuses is a problem of the key it names, or of the whole."""
        arguments = {
            name: parameter.form.make(value[name], builder, (*loc, name))
            for name, parameter in self.parameters.items()
            if name in value
        }
        if any(argument is FAILED for argument in arguments.values()):
            return FAILED
        if builder.unit is not None and "unit" in self.parameters and "unit" not in arguments:
            arguments["unit"] = builder.unit
        try:
            return self.constructor(**arguments)
        except (StatmechError, ValueError) as failure:
            where, words = self._blamed(failure, arguments, loc)
            general = where == (*loc, "unit") and "unit" not in value and "unit" in arguments
            builder.problem(("units", "energy") if general else where, words)
            return FAILED

    def _blamed(self, failure: Exception, arguments: Mapping[str, Any], loc: Loc) -> tuple[Loc, str]:
        """The key that an error of the constructor is about (``name: what is wrong``, or its file), and the words."""
        text = str(failure).removeprefix(f"{self.kind}: ")
        head, colon, rest = text.partition(": ")
        if colon and head in self.parameters:
            return (*loc, head), rest
        file = getattr(failure, "path", None)
        if isinstance(failure, FileFormatError) and file is not None:
            place = ":".join(str(part) for part in (file, failure.line, failure.column) if part is not None) + ": "
            option, _, said = text.removeprefix(place).partition(": ")
            if option in arguments:  # what was asked of the file is not in it
                return (*loc, option), place + said
        named = [name for name, argument in arguments.items() if file is not None and argument == file]
        return (*loc, *named[:1]), text

    def filled(self, value: Any) -> Any:
        """With defaults for the keys left out."""
        full: dict[str, Any] = {} if self.kind is None else {"kind": self.kind}
        for name, parameter in self.parameters.items():
            if name in value:
                full[name] = parameter.form.filled(value[name])
            elif not parameter.required:
                default = plain_default(parameter.default)
                full[name] = parameter.form.filled(default) if isinstance(default, dict) else default
        return full


@dataclass(frozen=True, eq=False)
class KindForm(Form):
    """A mapping whose ``kind`` says which record it is.

    ``record(kind)`` makes a record when its kind is first met, so that only modules of kinds in use load;
    ``used`` limits the pydantic type to these (None: all, for the JSON Schema).
    """

    what: str
    kinds: Callable[[], Sequence[str]]
    record: Callable[[str], RecordForm]
    used: frozenset[str] | None = None
    _records: dict[str, RecordForm] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What is expected."""
        return f"a {self.what}, {{kind: {'|'.join(self.kinds())}, ...}}"

    @property
    def plural(self) -> str:
        """Several."""
        return f"{self.what}s {{kind: ..., ...}}"

    @property
    def shapes(self) -> frozenset[str]:
        """A mapping."""
        return frozenset({"mapping"})

    def of(self, value: Any) -> RecordForm | None:
        """The record a value asks for; None if it names no known kind."""
        kind = value.get("kind") if isinstance(value, Mapping) else None
        return self.named(kind) if isinstance(kind, str) and kind in self.kinds() else None

    def named(self, kind: str) -> RecordForm:
        """The record of a known kind."""
        if kind not in self._records:
            self._records[kind] = self.record(kind)
        return self._records[kind]

    @property
    def schema(self) -> Any:
        """The union of the records, made when pydantic asks: a record may hold kinds again."""
        return Annotated[Any, self]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Records told apart by ``kind``."""
        known = [kind for kind in self.kinds() if self.used is None or kind in self.used] or list(self.kinds())[:1]
        # not a Union of the records: pydantic makes none of a single record that holds its own kind
        choices = {f"<{kind}>": handler.generate_schema(self.named(kind).schema) for kind in known}

        def tag(value: Any) -> str | None:
            record = self.of(value)
            return None if record is None else f"<{record.kind}>"

        return core_schema.tagged_union_schema(choices, discriminator=tag)

    def fits(self, value: Any) -> int:
        """1 where there is a kind."""
        return int(isinstance(value, Mapping) and "kind" in value)

    def child(self, step: str | int, value: Any) -> Form | None:
        """Of the record asked for."""
        record = self.of(value)
        return None if record is None else record.child(step, value)

    def names(self, value: Any) -> tuple[str, ...]:
        """Of the record asked for."""
        record = self.of(value)
        return ("kind",) if record is None else record.names(value)

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """By the record asked for."""
        record = self.of(value)
        assert record is not None
        return record.make(value, builder, loc)

    def filled(self, value: Any) -> Any:
        """By the record asked for."""
        record = self.of(value)
        return value if record is None else record.filled(value)

    def blame(self, value: Any) -> Loc:
        """The kind, where there is one."""
        return ("kind",) if isinstance(value, Mapping) and "kind" in value else ()

    def complaint(self, value: Any) -> str:
        """A mapping without a kind, with an unknown one, or something else altogether."""
        kinds = self.kinds()
        if not isinstance(value, Mapping):
            hint = f"; write {{kind: {value}}}" if value in kinds else nearest(value, kinds)
            return f"expected {self.words}; got {shown(value)}{hint}"
        if "kind" not in value:
            hint = next((f"; is {str(key)!r} meant to be it?" for key in value if nearest(key, ["kind"])), "")
            return f"kind is missing; expected one of {', '.join(kinds)}{hint}"
        return f"expected one of {', '.join(kinds)}; got {shown(value['kind'])}{nearest(value['kind'], kinds)}"


def parameter_texts(docstring: str | None) -> dict[str, str]:
    """What a NumPy-style docstring says of each parameter, in one line.

    Examples
    --------
    >>> parameter_texts('''Title.
    ...
    ...     Parameters
    ...     ----------
    ...     a, b : float
    ...         The first
    ...         and the second.
    ... ''')
    {'a': 'The first and the second.', 'b': 'The first and the second.'}
    """
    return {name: " ".join(text) for name, text in _entries(inspect.cleandoc(docstring or "").split("\n"))}


def _entries(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Names and text lines of the section "Parameters"."""
    if "Parameters" not in lines:
        return
    start = lines.index("Parameters") + 2
    names: list[str] = []
    text: list[str] = []
    for i, line in enumerate(lines[start:], start):
        if i + 1 < len(lines) and set(lines[i + 1]) == {"-"}:
            break
        if line and not line.startswith(" "):
            yield from ((name, text) for name in names)
            names, text = [name.strip(" *") for name in line.partition(" :")[0].split(",")], []
        elif line.strip():
            text.append(line.strip())
    yield from ((name, text) for name in names)
