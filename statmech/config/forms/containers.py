"""Forms of lists, of mappings with free keys, and of one thing or another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from statmech.config.base import Loc, shown
from statmech.config.forms.base import FAILED, Builder, Form, either, shape_of

__all__ = ["ListForm", "MapForm", "TupleForm", "UnionForm"]

_SIDES, _NUMBERS = re.compile(r"\s*\d+(\s*[x×*,]\s*\d+)+\s*"), re.compile(r"\d+")  # 4x4 for a list [4, 4]

_generic_list: Any = list
_generic_tuple: Any = tuple
_generic_dict: Any = dict
_generic_union: Any = Union


@dataclass(frozen=True)
class ListForm(Form):
    """Any number of items of one form, given to the constructor as ``container``."""

    item: Form
    container: Callable[[list[Any]], Any] = list

    @property
    def words(self) -> str:
        """What is expected."""
        return f"a list of {self.item.plural}"

    @property
    def plural(self) -> str:
        """Several."""
        return f"lists of {self.item.plural}"

    @property
    def shapes(self) -> frozenset[str]:
        """A list."""
        return frozenset({"list"})

    @property
    def schema(self) -> Any:
        """A list."""
        return _generic_list[self.item.schema]

    def child(self, step: str | int, value: Any) -> Form | None:  # noqa: ARG002
        """The item."""
        return self.item if isinstance(step, int) else None

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """Items made, in the container the annotation names."""
        items = [self.item.make(item, builder, (*loc, i)) for i, item in enumerate(value)]
        return FAILED if any(item is FAILED for item in items) else self.container(items)

    def filled(self, value: Any) -> Any:
        """Each item filled."""
        return [self.item.filled(item) for item in value]

    def fits(self, value: Any) -> int:
        """Whether the first item has the shape of an item: a list of numbers is told from a list of lists."""
        return int(isinstance(value, list) and bool(value) and shape_of(value[0]) in self.item.shapes)


@dataclass(frozen=True)
class TupleForm(Form):
    """A fixed number of items."""

    items: tuple[Form, ...]

    @property
    def words(self) -> str:
        """What is expected."""
        return f"a list [{', '.join(item.words for item in self.items)}]"

    @property
    def plural(self) -> str:
        """Several."""
        return f"lists [{', '.join(item.words for item in self.items)}]"

    @property
    def shapes(self) -> frozenset[str]:
        """A list."""
        return frozenset({"list"})

    @property
    def schema(self) -> Any:
        """A tuple, which takes lists."""
        return _generic_tuple[tuple(item.schema for item in self.items)]

    def child(self, step: str | int, value: Any) -> Form | None:  # noqa: ARG002
        """The item at that place."""
        return self.items[step] if isinstance(step, int) and 0 <= step < len(self.items) else None

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """A tuple."""
        pairs = zip(self.items, value, strict=True)
        items = [form.make(item, builder, (*loc, i)) for i, (form, item) in enumerate(pairs)]
        return FAILED if any(item is FAILED for item in items) else tuple(items)


@dataclass(frozen=True)
class MapForm(Form):
    """Any keys, values of one form; ``about`` replaces the words where they would be long."""

    item: Form
    about: str = ""

    @property
    def words(self) -> str:
        """What is expected."""
        return self.about or f"a mapping to {self.item.plural}"

    @property
    def plural(self) -> str:
        """Several."""
        return f"mappings to {self.item.plural}"

    @property
    def shapes(self) -> frozenset[str]:
        """A mapping."""
        return frozenset({"mapping"})

    @property
    def schema(self) -> Any:
        """A dict."""
        return _generic_dict[str, self.item.schema]

    def child(self, step: str | int, value: Any) -> Form | None:
        """The item, for keys that are there."""
        return self.item if isinstance(value, Mapping) and step in value else None

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """A dict."""
        items = {name: self.item.make(item, builder, (*loc, name)) for name, item in value.items()}
        return FAILED if any(item is FAILED for item in items.values()) else items

    def filled(self, value: Any) -> Any:
        """Each value filled."""
        return {name: self.item.filled(item) for name, item in value.items()}


@dataclass(frozen=True)
class UnionForm(Form):
    """One of several forms, told apart by the shape of the value and, for mappings, by their keys."""

    branches: tuple[Form, ...]

    @property
    def words(self) -> str:
        """All."""
        return either([branch.words for branch in self.branches])

    @property
    def plural(self) -> str:
        """All."""
        return either([branch.plural for branch in self.branches])

    @property
    def shapes(self) -> frozenset[str]:
        """Those of any branch."""
        return frozenset().union(*(branch.shapes for branch in self.branches))

    def _able(self, value: Any) -> list[Form]:
        return [branch for branch in self.branches if shape_of(value) in branch.shapes]

    def branch(self, value: Any) -> Form | None:
        """The form meant by a value; None if it has the shape of none."""
        able = self._able(value)
        return max(able, key=lambda branch: branch.fits(value)) if able else None

    @property
    def schema(self) -> Any:
        """Tagged, so that a mistake inside one branch is one message."""
        tagged = tuple(Annotated[branch.schema, Tag(f"<{i}>")] for i, branch in enumerate(self.branches))

        def tag(value: Any) -> str | None:
            chosen = self.branch(value)
            return None if chosen is None else f"<{self.branches.index(chosen)}>"

        return Annotated[_generic_union[tagged], Discriminator(tag)]

    def make(self, value: Any, builder: Builder, loc: Loc) -> Any:
        """By the branch meant."""
        chosen = self.branch(value)
        assert chosen is not None
        return chosen.make(value, builder, loc)

    def child(self, step: str | int, value: Any) -> Form | None:
        """Of the branch meant."""
        chosen = self.branch(value)
        return None if chosen is None else chosen.child(step, value)

    def names(self, value: Any) -> tuple[str, ...]:
        """Of the branch meant."""
        chosen = self.branch(value)
        return () if chosen is None else chosen.names(value)

    def filled(self, value: Any) -> Any:
        """By the branch meant."""
        chosen = self.branch(value)
        return value if chosen is None else chosen.filled(value)

    def blame(self, value: Any) -> Loc:
        """Of the branch meant."""
        chosen = self.branch(value)
        return () if chosen is None else chosen.blame(value)

    def advice(self, value: Any) -> str:
        """The first that any branch has."""
        return next((branch.advice(value) for branch in self.branches if branch.advice(value)), "")

    def complaint(self, value: Any) -> str:
        """Of the branch meant where only one can be; of all otherwise."""
        able = self._able(value)
        sides = _SIDES.fullmatch(value) if isinstance(value, str) else None
        if sides and any(isinstance(branch, ListForm) for branch in self.branches):
            listed = ", ".join(_NUMBERS.findall(value))
            return f"expected {self.words}; got {shown(value)}; write [{listed}]"
        if len(able) == 1:
            return able[0].complaint(value)
        return f"expected {self.words}; got {shown(value)}{self.advice(value)}"
