"""A sweep as tasks: each is one model with every axis that its method takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from statmech.config import RunConfig
from statmech.dataset import Axis
from statmech.errors import InputError
from statmech.methods.base import Cost, Method
from statmech.models.base import Model
from statmech.run.base import Estimate
from statmech.selection import Choice, choose_method, deciding_field
from statmech.units import is_physical

__all__ = ["Plan", "Task", "plan"]

_FIELD = "model.field"
_APART_SECONDS = 2e-3


@dataclass(frozen=True)
class Task:
    """One model, with the temperatures and fields that its method takes at once.

    Attributes
    ----------
    point : mapping
        Path -> value on every other axis.
    choice : Choice
        The method and why.
    temperatures : tuple of float
        All of the sweep.
    fields : tuple of float or None
        All of the sweep, where the method takes them at once.
    sites : int or None
        Of the model.
    """

    point: Mapping[str, Any]
    choice: Choice
    temperatures: tuple[float, ...]
    fields: tuple[float, ...] | None
    sites: int | None = None

    def arguments(self, config: RunConfig) -> tuple[Model, tuple[float, ...], tuple[float, ...] | None, Choice]:
        """What :func:`statmech.solve.compute` needs; pickles, so that it can go to another process."""
        return config.model(self.model_point), self.temperatures, self.fields, self.choice

    def cost(self, config: RunConfig) -> Cost:
        """Estimate of the work."""
        model = config.model(self.model_point)
        return self.choice.method.cost(model, len(self.temperatures), len(self.fields or (0.0,)))

    def apart(self, config: RunConfig) -> bool:
        """Whether its temperatures are worth units of their own: each takes longer than the message about it.

        What a method prepares is kept by each worker; but a sum in parts reads its file or counts its states again in
        every unit, so there a temperature must be worth that too.
        """
        method = self.choice.method
        if len(self.temperatures) == 1 or not method.separable:
            return False
        model, fields = config.model(self.model_point), len(self.fields or (0.0,))
        one, two = (method.cost(model, count, fields).seconds for count in (1, 2))
        each, common = two - one, 2 * one - two
        if each < _APART_SECONDS:
            return False
        in_parts = type(method).parts is not Method.parts and method.parts(model) is not None
        return not in_parts or each >= common

    @property
    def model_point(self) -> dict[str, Any]:
        """Where the model is made: at field 0 if the method brings the fields."""
        return dict(self.point) | ({} if self.fields is None else {_FIELD: 0.0})


@dataclass(frozen=True)
class Plan:
    """All tasks of a sweep.

    Attributes
    ----------
    config : RunConfig
        What it is the plan of.
    axes : tuple of Axis
        Of the configuration, each with the role it plays.
    tasks : tuple of Task
        Row-major over the axes of role ``outer``.
    """

    config: RunConfig
    axes: tuple[Axis, ...]
    tasks: tuple[Task, ...]

    @property
    def points(self) -> int:
        """Number of points of the whole sweep."""
        return prod(len(axis.values) for axis in self.axes)

    def cost(self) -> Cost:
        """Estimate of the work on one core, one task after the other."""
        return sum((task.cost(self.config) for task in self.tasks), Cost(0.0, 0.0))

    def lines(self, needed: Estimate | None = None) -> Iterator[str]:
        """What would run and what it will need, for a terminal."""
        if self.config.title:
            yield self.config.title
        by_method: dict[tuple[str, str], int] = {}
        for task in self.tasks:
            key = (task.choice.method.name, task.choice.reason)
            by_method[key] = by_method.get(key, 0) + 1
        for (name, reason), count in by_method.items():
            yield f"method       {name}" + (f" ({count} of {len(self.tasks)} tasks)" if len(by_method) > 1 else "")
            yield f"why          {reason}"
        for name, reason in self.tasks[0].choice.rejected:
            yield f"not          {name}: {reason}"
        for axis in self.axes:
            how = "one task for each value" if axis.role == "outer" else "all values at once"
            ends = f"{axis.values[0]} ... {axis.values[-1]}" if len(axis.values) > 1 else f"{axis.values[0]}"
            yield f"axis         {axis.path}: {len(axis.values)} values, {ends} ({how})"
        if min(self.tasks[0].temperatures) < 0 and is_physical(self.config.model(self.tasks[0].model_point).unit):
            yield "note         negative temperatures: inverted population (temperatures are in kelvin: 25 C is 298.15)"
        if needed is None:
            cost = self.cost()
            needed = Estimate(cost.seconds, cost.memory)
        yield f"points       {self.points} in {len(self.tasks)} task{'s' if len(self.tasks) > 1 else ''}"
        tried = "" if needed.tried is None else f" (one point took {_duration(needed.tried)})"
        yield f"estimate     {_duration(needed.seconds)} on one core{tried}, {_size(needed.memory)} of memory"
        if needed.file is not None:
            yield f"file         at most {_size(needed.file)}"


def plan(config: RunConfig) -> Plan:
    """Choose the method at every point and cut the sweep into tasks.

    Raises
    ------
    ConfigError
        If a model of the sweep cannot be made, or no method can treat it.

    Examples
    --------
    >>> from statmech.config import load
    >>> model = {"kind": "two_level", "gap": 1.0}
    >>> whole = plan(load({"model": model, "sweep": {"temperature": [0.5, 1.0], "model.gap": [1.0, 2.0]}}))
    >>> whole.points, len(whole.tasks), whole.tasks[0].choice.method.name
    (4, 2, 'level_sum')
    """
    axes = config.axes
    temperatures = tuple(next(axis.values for axis in axes if axis.role == "temperature"))
    field = next((axis for axis in axes if axis.path == _FIELD and all(map(_is_number, axis.values))), None)
    if field is not None:
        outer = [axis for axis in axes if axis.role == "outer" and axis is not field]
        fields = tuple(float(value) for value in field.values)
        tasks = tuple(
            _task(config, point, temperatures, fields, {_FIELD: deciding_field(fields)}) for point in _points(outer)
        )
        if all(_takes_field(config, task) for task in tasks):
            roles = tuple(replace(axis, role="field") if axis is field else axis for axis in axes)
            return Plan(config, roles, tasks)
    outer = [axis for axis in axes if axis.role == "outer"]
    return Plan(
        config,
        axes,
        tuple(_task(config, point, temperatures, None, {}) for point in _points(outer)),
    )


def _task(
    config: RunConfig,
    point: dict[str, Any],
    temperatures: tuple[float, ...],
    fields: tuple[float, ...] | None,
    decisive: dict[str, Any],
) -> Task:
    at = point | decisive
    return Task(point, _choice(config, at), temperatures, fields, config.model(at).sites)


def _points(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    for values in product(*(axis.values for axis in axes)):
        yield dict(zip((axis.path for axis in axes), values, strict=True))


def _takes_field(config: RunConfig, task: Task) -> bool:
    """Whether the method sums over energy and magnetisation jointly, so that the field comes after the sum."""
    method = task.choice.method
    return "field" in method.absorbs and "magnetization" in method.observables(config.model(task.model_point))


def _choice(config: RunConfig, point: Mapping[str, Any]) -> Choice:
    try:
        return choose_method(config.model(point), config.method(point))
    except InputError as failure:
        where = ", ".join(f"{path} = {value}" for path, value in point.items())
        text = str(failure).removeprefix("method: ") + (f" (at {where})" if where else "")
        raise config.error("method", point, text) from None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s" if seconds >= 0.01 else "less than 0.01 s"


def _size(size: float) -> str:
    for unit, length in (("GB", 1e9), ("MB", 1e6)):
        if size >= length:
            return f"{size / length:.3g} {unit}"
    return "less than 1 MB" if size >= 1e5 else f"{size / 1e3:.2g} kB"
