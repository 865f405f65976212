"""A configuration without mistakes, and the models and methods at the points of its sweep."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from statmech.config.base import Loc, Mark, Node, Problems, dotted, is_absolute, location, node_of
from statmech.config.forms import FAILED, Form, RecordForm
from statmech.config.forms.explain import files, leaves
from statmech.dataset import Axis, OutputUnits
from statmech.errors import ConfigError
from statmech.methods.base import Method
from statmech.models.base import Model

__all__ = ["RunConfig", "portable", "strict_json"]

_DEFAULTS: Mapping[str, Any] = {"method": "auto", "units": {}}
_KEPT = 8  # models: enough for the usual case, and not every realisation of a long sweep


@dataclass(frozen=True, eq=False)
class RunConfig:
    """A configuration without mistakes; made by :func:`statmech.config.load`.

    Attributes
    ----------
    title : str
        For plots and listings.
    name : str
        File name without its ending, or ``run``.
    text : str
        What was written, base files and overrides included.
    resolved : mapping
        Plain data with every default written out and no absolute path; ``load`` reads it again.
    axes : tuple of Axis
        In the order given; one is the temperature.
    units : OutputUnits
        Of the results.
    output : Path or None
        Results file, relative to the current folder.
    sources : tuple of Path
        The YAML files it was read from.
    """

    title: str
    name: str
    text: str
    resolved: Mapping[str, Any]
    axes: tuple[Axis, ...]
    units: OutputUnits
    output: Path | None
    sources: tuple[Path, ...]
    _form: RecordForm = field(repr=False)
    _node: Node = field(repr=False)
    _places: Mapping[str, tuple[Node, ...]] = field(repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    def json(self) -> str:
        """The resolved configuration as strict JSON; an infinite temperature is the text ``inf``."""
        return strict_json(self.resolved)

    def model(self, point: Mapping[str, Any] | None = None) -> Model:
        """The model at a point, path -> value; the first value of each axis that is not given.

        Raises
        ------
        ConfigError
            If these values do not go together.
        """
        made: Model = self._make("model", point or {})
        return made

    def method(self, point: Mapping[str, Any] | None = None) -> str | Method:
        """The method at a point of the sweep: ``auto``, a name, or a method with its options.

        Raises
        ------
        ConfigError
            If the options do not go together.
        """
        made: str | Method = self._make("method", point or {})
        return made

    def parameters(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that decides the numbers at a point, plain and complete: the identity of a task."""
        node = self._at(self._full(point))
        sections = {name: node.at((name,)).plain() for name in ("model", "method", "units") if node.child(name)}
        full = self._form.filled(portable(self._form, sections))  # without the sweep, which may be long
        return {"model": full["model"], "method": full["method"], "energy": full["units"].get("energy")}

    def error(self, path: str, point: Mapping[str, Any], text: str) -> ConfigError:
        """A mistake that shows only when work is planned, at the position of a path."""
        problems = Problems()
        loc = location(path)
        problems.add(self._at(self._full(point)).at(loc).mark, loc, text)
        return ConfigError([words for _, words in problems.found])

    def parts(self, section: str) -> Iterator[tuple[Loc, Form, Any]]:
        """Every part of a section with its location and form."""
        return (
            (loc, form, value) for loc, form, value in leaves(self._form, self._node.plain()) if loc[:1] == (section,)
        )

    def inputs(self) -> Iterator[tuple[str, Path]]:
        """Every file that is read, with what it is: YAML files, and those that the model or the method names."""
        for rank, source in enumerate(self.sources):
            yield ("a file that the configuration extends" if rank else "the configuration"), source
        plain = self._node.plain()
        for loc, _ in files(self._form, plain):
            for node in self._places.get(dotted(loc), (self._node.at(loc),)):
                yield f"the file of {dotted(loc)}", node.mark.folder / Path(node.value).expanduser()

    def mark(self, loc: Loc) -> Mark:
        """Where a value was written."""
        return self._node.at(loc).mark

    def places(self, path: str) -> tuple[Node, ...]:
        """The values of an axis as they were written."""
        return self._places[path]

    def _full(self, point: Mapping[str, Any]) -> dict[str, Any]:
        return {axis.path: point.get(axis.path, axis.values[0]) for axis in self.axes if axis.path != "temperature"}

    def _at(self, point: Mapping[str, Any]) -> Node:
        """The tree with the values of a point in it, each with the mark it has in the sweep."""
        node = self._node
        for path, value in point.items():
            places = self._places[path]
            rank = self._ranks[path].get(json.dumps(value, default=str))
            there = node_of(value, places[0].mark) if rank is None else places[rank]
            node = node.placed(location(path), there)
        return node

    @cached_property
    def _ranks(self) -> dict[str, dict[str, int]]:
        """Place of each value on its axis: an axis may have 10^5 values."""
        return {axis.path: {json.dumps(v, default=str): i for i, v in enumerate(axis.values)} for axis in self.axes}

    def _make(self, section: str, point: Mapping[str, Any]) -> Any:
        problems = Problems()
        made = self.attempt(section, point, problems)
        problems.raise_any()
        return made

    def attempt(self, section: str, point: Mapping[str, Any], problems: Problems) -> Any:
        """What a section describes at a point, or FAILED after noting why not."""
        full = {path: value for path, value in self._full(point).items() if location(path)[0] == section}
        key = json.dumps([section, full], default=str)
        if key not in self._made:
            builder = _Builder(self._at(full), problems)
            form = self._form.child(section, {})
            assert form is not None
            given = builder.node.child(section)
            made = form.make(_DEFAULTS.get(section) if given is None else given.plain(), builder, (section,))
            if made is FAILED or len(self._made) >= _KEPT:
                return made
            self._made[key] = made
        return self._made[key]


class _Builder:
    """The configuration around the values that constructors are given."""

    def __init__(self, node: Node, problems: Problems) -> None:
        self.node, self.problems = node, problems
        unit = node.at(("units", "energy")).value
        self.unit: str | None = unit if isinstance(unit, str) else None

    def problem(self, loc: Loc, text: str) -> None:
        """Report that the value at a location is wrong."""
        self.problems.add(self.node.at(loc).mark, loc, text)

    def path(self, loc: Loc, name: str) -> Path:
        """The file meant by a name at a location."""
        return self.node.at(loc).mark.folder / Path(name).expanduser()


def portable(form: RecordForm, data: Any, places: Collection[str] = ()) -> dict[str, Any]:
    """A copy of plain data with absolute file names cut down to the name: results tell nothing of the machine.

    ``places`` are dotted paths of names of files beside those that the form knows.
    """
    known = {*places, *(dotted(loc) for loc, _ in files(form, data))}

    def cut(part: Any, loc: Loc) -> Any:
        if isinstance(part, Mapping):
            return {name: cut(item, (*loc, name)) for name, item in part.items()}
        if isinstance(part, list):
            return [cut(item, (*loc, i)) for i, item in enumerate(part)]
        return Path(part).name if isinstance(part, str) and is_absolute(part) and dotted(loc) in known else part

    made: dict[str, Any] = cut(data, ())
    return made


def strict_json(value: Any) -> str:
    """JSON that every reader takes: infinities as text, as ``load`` takes them too.

    Examples
    --------
    >>> strict_json({"temperature": [1.0, float("inf")]})
    '{"temperature": [1.0, "inf"]}'
    """

    def finite(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {name: finite(item) for name, item in part.items()}
        if isinstance(part, (list, tuple)):
            return [finite(item) for item in part]
        return str(part) if isinstance(part, float) and not math.isfinite(part) else part

    return json.dumps(finite(value), allow_nan=False, ensure_ascii=False)
