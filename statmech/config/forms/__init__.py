"""What a value in YAML may look like, derived from the annotations of the constructor that will receive it.

This is how a model of the user's own works in YAML without a line of schema: the parameters of its constructor, with
their annotations, defaults and docstring, are the schema.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech import lattices, methods, models
from statmech.config.forms.base import FAILED, Builder, Form
from statmech.config.forms.containers import ListForm, MapForm, TupleForm, UnionForm
from statmech.config.forms.records import KindForm, Parameter, RecordForm, parameter_texts
from statmech.config.forms.scalars import AnyForm, LiteralForm, PathForm, ScalarForm
from statmech.errors import InputError
from statmech.methods.base import Method
from statmech.models.base import HasLevels, Model

__all__ = ["FAILED", "Builder", "Form", "Forms", "KindForm", "MapForm", "Parameter", "PathForm", "RecordForm"]

_NUMBER = ScalarForm(float)
_NUMBERS = ListForm(_NUMBER)
# `npt.ArrayLike` is a union of things that no YAML can be, beside numbers and nested lists of them
_ARRAY = UnionForm((_NUMBER, _NUMBERS, ListForm(_NUMBERS)))
_SIZE: Any = int | list[int] | Literal["infinite"]


@dataclass(frozen=True)
class Forms:
    """Annotations to forms.

    Parameters
    ----------
    used : frozenset of str, optional
        Kinds of models, methods and lattices to know, so that only their modules load; all where not given.

    Examples
    --------
    >>> Forms().of(list[float] | None).complaint("x")
    "expected a list of numbers or nothing; got 'x'"
    """

    used: frozenset[str] | None = None

    @cached_property
    def models(self) -> KindForm:
        """``{kind: ising, ...}``."""
        return KindForm("model", models.kinds, lambda kind: self.record(models.get(kind), kind), self.used)

    @cached_property
    def methods(self) -> KindForm:
        """``{kind: enumeration, ...}``; ``auto`` is one without options."""
        return KindForm("method", lambda: ["auto", *methods.kinds()], self._method, self.used)

    @cached_property
    def method_or_name(self) -> Form:
        """A method without options needs its name only."""
        return UnionForm((LiteralForm(tuple(self.methods.kinds())), self.methods))

    @cached_property
    def lattices(self) -> KindForm:
        """``{kind: square, shape: [4, 4], ...}``."""
        return KindForm("lattice", lambda: list(lattices.KINDS), self._lattice, self.used)

    def of(self, annotation: Any) -> Form:
        """The form of an annotation."""
        if annotation in (inspect.Parameter.empty, Any, object):
            return AnyForm()
        if annotation in _ROWS:
            return ScalarForm(_ROWS[annotation])
        if annotation == npt.ArrayLike:
            return _ARRAY
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.of(arguments[0])
        if origin is Literal:
            return LiteralForm(arguments)
        if origin in (typing.Union, types.UnionType):
            return self._union(arguments)
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            return TupleForm(tuple(self.of(item) for item in arguments))
        if origin in _LISTS:
            return ListForm(self.of(arguments[0]) if arguments else AnyForm(), _LISTS[origin])
        if annotation in _LISTS:
            return ListForm(AnyForm(), _LISTS[annotation])
        if origin in _MAPPINGS or annotation in _MAPPINGS:
            return MapForm(self.of(arguments[1]) if arguments else AnyForm())
        if origin is np.ndarray:
            return _ARRAY
        return self._of_class(annotation) if isinstance(annotation, type) else AnyForm()

    def _of_class(self, annotation: type) -> Form:
        if issubclass(annotation, PurePath):
            return PathForm()
        if issubclass(annotation, lattices.Lattice):
            return self.lattices
        if annotation in (Model, HasLevels) or isinstance(getattr(annotation, "kind", None), str):
            return self.models
        if issubclass(annotation, Method):
            return self.methods
        return self.record(annotation, None) if is_dataclass(annotation) else AnyForm()

    def _union(self, arguments: Sequence[Any]) -> Form:
        """Branches that YAML can express; a class that it cannot (an array, a graph) is for Python users."""
        branches = list(dict.fromkeys(self.of(argument) for argument in arguments))
        plain = [branch for branch in branches if not isinstance(branch, AnyForm)] if Any not in arguments else []
        if any(isinstance(branch, PathForm) for branch in plain):  # str | Path is a file either way
            plain = [branch for branch in plain if branch != ScalarForm(str)]
        if not plain:
            return AnyForm()
        return plain[0] if len(plain) == 1 else UnionForm(tuple(plain))

    def record(self, constructor: Callable[..., Any], kind: str | None) -> RecordForm:
        """The form of a constructor's arguments.

        Raises
        ------
        InputError
            If its annotations name something that cannot be found.
        """
        name = getattr(constructor, "__name__", str(constructor))
        given: Any = constructor
        target = given.__init__ if isinstance(constructor, type) else given
        try:
            hints = typing.get_type_hints(target, include_extras=True)
        except (NameError, TypeError) as failure:
            raise InputError(
                f"{kind or name}: the annotations of {name} cannot be resolved: {failure}; "
                "import their types at run time, not under TYPE_CHECKING"
            ) from None
        texts = parameter_texts(constructor.__doc__) | parameter_texts(target.__doc__)
        parameters = {
            parameter.name: Parameter(
                self.of(hints.get(parameter.name, Any)), parameter.default, texts.get(parameter.name, "")
            )
            for parameter in inspect.signature(constructor).parameters.values()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY)
        }
        return RecordForm(
            name, constructor, parameters, kind, inspect.cleandoc(constructor.__doc__ or "").split("\n")[0]
        )

    def _method(self, name: str) -> RecordForm:
        if name == "auto":
            return RecordForm("auto", lambda: "auto", {}, "auto", "The first method that supports the model.")
        return self.record(methods.get(name), name)

    def _lattice(self, kind: str) -> RecordForm:
        family = self.record(lattices.KINDS[kind], kind)
        given = dict(family.parameters)
        if "periodic" in given:  # a cell repeated over a shape
            size = Parameter(self.of(_SIZE), text="Primitive cells in each direction, or 'infinite' (closed forms).")
            wrap = Parameter(self.of(bool | list[bool]), True, "For all directions, or one each.")
            given = {"shape": size, "periodic": wrap}

        def make(**values: Any) -> lattices.Lattice:
            return lattices.make(kind, **values)

        return replace(family, constructor=make, parameters=given)


_ROWS: Mapping[Any, Any] = {float: float, int: int, bool: bool, str: str, None: type(None), type(None): type(None)}
_LISTS: Mapping[Any, Callable[[list[Any]], Any]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
}
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
