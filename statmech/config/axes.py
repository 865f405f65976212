"""Sweep axes: each a path and its values, which are one value, a list, or a rule that makes a list."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from statmech.config.base import Loc, Node, Problems, location, nearest, node_of, shown
from statmech.config.forms import FAILED, Forms, KindForm, RecordForm
from statmech.config.forms.explain import mistakes, paths, reach
from statmech.dataset import Axis
from statmech.errors import InputError

__all__ = [
    "Arange",
    "AxisRule",
    "Geomspace",
    "Linspace",
    "_temperature_problem",
    "axis_values",
    "repeated",
    "sweep_axes",
]

_MOST = 10_000_000  # points of one axis


@dataclass(frozen=True)
class Linspace:
    """Evenly spaced numbers from start to stop, both included.

    Parameters
    ----------
    linspace : tuple
        [start, stop, count].

    Raises
    ------
    InputError
        If an end is not finite or the count is not between 1 and 10^7.

    Examples
    --------
    >>> Linspace((0.0, 1.0, 5)).values()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    linspace: tuple[float, float, int]

    def __post_init__(self) -> None:
        _check("linspace", self.linspace)

    def values(self) -> list[float]:
        """The numbers."""
        return [float(value) for value in np.linspace(*self.linspace)]


@dataclass(frozen=True)
class Geomspace:
    """Numbers in constant ratio from start to stop, both included.

    Parameters
    ----------
    geomspace : tuple
        [start, stop, count]; the ends are of one sign and not zero.

    Raises
    ------
    InputError
        If the ends are zero, of two signs or not finite, or the count is not between 1 and 10^7.

    Examples
    --------
    >>> Geomspace((1.0, 1000.0, 4)).values()
    [1.0, 10.0, 100.0, 1000.0]
    """

    geomspace: tuple[float, float, int]

    def __post_init__(self) -> None:
        _check("geomspace", self.geomspace)
        start, stop, _ = self.geomspace
        if not start * stop > 0:
            raise InputError(
                f"geomspace: expected two ends of one sign, neither of them 0; got {start} and {stop}; "
                "begin at a small number, or use linspace"
            )

    def values(self) -> list[float]:
        """The numbers."""
        return [float(value) for value in np.geomspace(*self.geomspace)]


@dataclass(frozen=True)
class Arange:
    """start, start + step, ... up to but without stop, as in Python.

    Parameters
    ----------
    arange : tuple
        [start, stop, step].

    Raises
    ------
    InputError
        If a number is not finite, the step is 0 or leads away from stop, or there would be more than 10^7 values.

    Examples
    --------
    >>> Arange((1.0, 2.0, 0.25)).values(), Arange((0.0, 3.0, 1.0)).values()
    ([1.0, 1.25, 1.5, 1.75], [0, 1, 2])
    """

    arange: tuple[float, float, float]

    def __post_init__(self) -> None:
        start, stop, step = self.arange
        if not all(map(math.isfinite, self.arange)) or step == 0:
            raise InputError(f"arange: expected finite [start, stop, step], step not 0; got {list(self.arange)}")
        if not 0 < (stop - start) / step <= _MOST:
            falling = "; a falling range needs a negative step" if stop < start and step > 0 else ""
            raise InputError(f"arange: expected 1 to {_MOST} steps from {start} to {stop}; got step {step}{falling}")

    def values(self) -> list[float] | list[int]:
        """The numbers, integers where all are; a stop that the last step misses by rounding alone is left out too."""
        start, stop, step = self.arange
        if start.is_integer() and step.is_integer():
            return list(range(int(start), math.ceil(stop) if step > 0 else math.floor(stop), int(step)))
        return [start + i * step for i in range(math.ceil((stop - start) / step - 1e-9))]


AxisRule: Any = float | str | bool | list[Any] | Linspace | Geomspace | Arange

# coordinates and variables of the Dataset: an axis of such a name keeps its whole path
_TAKEN = {
    *("temperature", "status", "sites", "log_z", "free_energy", "internal_energy", "entropy", "heat_capacity"),
    *("reference_energy", "free_energy_excess", "internal_energy_excess"),
    *("magnetization", "susceptibility", "absolute_magnetization"),
}
_INFINITIES = {"inf": math.inf, "-inf": -math.inf}


def _check(name: str, rule: tuple[float, float, int]) -> None:
    start, stop, count = rule
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise InputError(f"{name}: expected finite ends; got {start} and {stop}; use a list to include inf")
    if not 1 <= count <= _MOST:
        raise InputError(f"{name}: expected a count between 1 and {_MOST}; got {count}")


def axis_values(given: Any) -> list[Any]:
    """What an axis runs over: a rule's numbers, the items of a list, or one value alone.

    Examples
    --------
    >>> axis_values(300), axis_values([[4, 4], [8, 8]])
    ([300], [[4, 4], [8, 8]])
    """
    if isinstance(given, (Linspace, Geomspace, Arange)):
        return list(given.values())
    return list(given) if isinstance(given, list) else [given]


def _temperature_problem(value: float) -> str | None:
    """Why a value is no temperature, or None."""
    if math.isnan(value):
        return "expected a temperature; got nan"
    if value == 0 and math.copysign(1.0, value) < 0:
        return "expected a temperature; got -0.0, another state than zero: write 0.0, or a small negative number"
    return None


def repeated(values: Sequence[Any]) -> tuple[int, int] | None:
    """Places of the first two equal values of an axis, or None.

    Examples
    --------
    >>> repeated([1, 2.0, 2]), repeated([1, 2])
    ((1, 2), None)
    """
    seen: dict[Any, int] = {}
    for i, value in enumerate(values):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        key = float(value) if number else json.dumps(value, sort_keys=True, default=str)
        if key in seen:
            return seen[key], i
        seen[key] = i
    return None


def sweep_axes(
    node: Node, root: RecordForm, problems: Problems, complete: bool = True
) -> Iterator[tuple[Axis, tuple[Node, ...]]]:
    """The axes that make sense, each with the nodes of its values.

    A path into a section that is missing with the file that has it (``complete`` False), or whose kind is unknown,
    is not called wrong.
    """
    sweep = node.child("sweep")
    if sweep is None or not isinstance(sweep.value, dict):
        return
    data, rule = node.plain(), root.parameters["sweep"].form.child
    lasts = [path.split(".")[-1] for path in sweep.value]
    for path, given in sweep.value.items():
        key = given.key or given.mark
        loc: Loc = ("sweep", path)
        form = rule(path, sweep.value)
        if form is None or list(mistakes(form, given.plain())):
            continue  # told with everything else
        made = form.make(given.plain(), _Rule(given, loc, problems), ())
        if made is FAILED:
            continue
        values = axis_values(made)
        nodes = given.value if isinstance(given.value, list) else [node_of(value, given.mark) for value in values]
        if path == "temperature":
            values = _temperatures(values, nodes, problems)
        else:
            target = _target(path, root, data)
            if isinstance(target, str):
                section = location(path)[0]
                if section not in ("model", "method") or (complete and _kind_known(root, data, str(section))):
                    problems.add(key, loc, target)
                continue
            for item in nodes if isinstance(given.value, list) else nodes[:1]:
                for below, at_key, words in mistakes(target, item.plain()):
                    here = item.at(below)
                    mark = here.key if at_key and here.key is not None else here.mark
                    problems.add(mark, (*location(path), *below), words)
                    values = []
        twice = repeated(values)
        if twice is not None:
            problems.add(nodes[twice[1]].mark, loc, f"{shown(values[twice[1]])} is there twice; each value once")
        elif not nodes:
            problems.add(given.mark, loc, "expected at least one value; got an empty list")
        elif values:
            last = path.split(".")[-1]
            whole = lasts.count(last) > 1 or last.isdigit() or (last in _TAKEN and path != "temperature")
            role: Literal["outer", "temperature"] = "temperature" if path == "temperature" else "outer"
            yield Axis(path if whole else last, tuple(values), path, role), tuple(nodes)


class _Rule:
    """The surroundings of a sweep rule, whose numbers stand on their own."""

    unit: str | None = None

    def __init__(self, node: Node, loc: Loc, problems: Problems) -> None:
        self.node, self.loc, self.problems = node, loc, problems

    def problem(self, loc: Loc, text: str) -> None:
        """Report that the value at a location is wrong."""
        self.problems.add(self.node.at(loc).mark, (*self.loc, *loc), text)

    def path(self, loc: Loc, name: str) -> Path:
        """A rule names no files."""
        raise InputError(f"{loc}: no file is expected in a sweep rule; got {name!r}")


def _temperatures(values: list[Any], nodes: list[Node], problems: Problems) -> list[float]:
    """Temperatures as floats; none at all after a mistake."""
    good = []
    number = Forms().of(float)
    for value, node in zip(values, nodes, strict=True):
        value = _INFINITIES.get(value, value) if isinstance(value, str) else value
        wrong = next((words for _, _, words in mistakes(number, value)), None) or _temperature_problem(value)
        if wrong:
            problems.add(node.mark, ("sweep", "temperature"), wrong)
        else:
            good.append(float(value))
    return good if len(good) == len(values) else []


def _kind_known(root: RecordForm, data: Mapping[str, Any], section: str) -> bool:
    """Whether it is known what a section can hold; if not, its kind has a message of its own."""
    form, value = root.parameters[section].form, data.get(section)
    kinds = form if isinstance(form, KindForm) else None
    return kinds is None or not isinstance(value, Mapping) or kinds.of(value) is not None


def _target(path: str, root: RecordForm, data: Mapping[str, Any]) -> Any:
    """The form of what an axis runs over, or why there is nothing of that path."""
    loc = location(path)
    known = [other for other in paths(root, data) if other.startswith(("model.", "method."))]
    if loc[0] in ("model", "method"):
        return reach(root, data, loc)
    ends = {other.split(".")[-1]: other for other in reversed(known)} | {"temperature": "temperature"}
    hint = nearest(path, known) or nearest(path.split(".")[-1], ends)
    for end, other in ends.items():
        hint = hint.replace(f"'{end}'", f"'{other}'")
    return f"expected temperature, or a path in the model such as {(known or ['model.field'])[0]}{hint}"
