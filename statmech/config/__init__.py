"""A configuration: YAML or a mapping, checked as a whole before any work.

``load`` gives a :class:`RunConfig`, or raises one ConfigError with every mistake, each with file, line, column and,
where something known is near, a suggestion. Within this folder ``base`` and ``forms`` are the ground that the other
modules stand on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from statmech.config.axes import AxisRule, sweep_axes
from statmech.config.base import Loc, Mark, Node, Problems, dotted, location, nearest, node_of, shown
from statmech.config.documents import Source, document, joined, overridden
from statmech.config.forms import FAILED, Forms, MapForm, Parameter, RecordForm
from statmech.config.forms.explain import files, mistakes
from statmech.config.run_config import RunConfig, portable, strict_json
from statmech.dataset import Axis, OutputUnits
from statmech.errors import ConfigError, InputError, UnitError
from statmech.units import canonical_unit

__all__ = ["RunConfig", "Units", "json_schema", "load"]


@dataclass(frozen=True)
class Units:
    """Units of what goes in and what comes out.

    Parameters
    ----------
    energy : str
        Unit of the model's energies, for models that do not say it themselves: cm-1, eV, meV, J, K, kJ/mol,
        kcal/mol, hartree, Ry, GHz, THz or reduced.
    output : str
        molar (kJ/mol, J/mol/K), reduced (K, k_B) or an energy unit; molar for physical levels where not given.
    per : str
        Divide extensive quantities by the number of sites or not.

    Raises
    ------
    UnitError
        If a unit is unknown.
    """

    energy: str | None = None
    output: str | None = None
    per: Literal["system", "site"] = "system"

    def __post_init__(self) -> None:
        for key, words in _unknown_units({"energy": self.energy, "output": self.output}):
            raise UnitError(f"{key}: {words}")


def _unknown_units(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key of ``units`` whose text is no unit, and what is wrong with it."""
    for key, more in (("energy", ()), ("output", ("molar", "reduced"))):
        unit = given.get(key)
        if not isinstance(unit, str) or unit in more:
            continue
        try:
            canonical_unit(unit)
        except UnitError as failure:
            words = str(failure).removeprefix("unit: ")
            if nearest(unit, more):
                words = words.partition("; did you mean")[0] + nearest(unit, more)
            yield key, words.replace("one of ", "one of molar, ") if more else words


def load(source: str | os.PathLike[str] | Mapping[str, Any] | RunConfig, overrides: Iterable[str] = ()) -> RunConfig:
    """Read and check a configuration.

    Parameters
    ----------
    source : path-like or mapping
        A YAML file, or the same as a mapping. Files named in YAML are relative to that YAML file; those named in
        a mapping or in overrides, and the output, to the current folder.
    overrides : iterable of str
        ``path=value`` each, with the value in YAML: ``model.field=0.5``, ``model.lattice.shape=[8, 8]``.

    Returns
    -------
    RunConfig
        Complete and without mistakes.

    Raises
    ------
    ConfigError
        With all mistakes.

    Examples
    --------
    >>> config = load({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}})
    >>> config.axes[0].values, config.model().kind
    ((0.5, 1.0), 'two_level')
    >>> load({"model": {"kind": "two_level", "gab": 1.0}, "sweep": {"temperature": 1.0}})
    Traceback (most recent call last):
    statmech.errors.ConfigError: model.gab: unknown key, expected one of gap, degeneracies, unit; did you mean 'gap'?
    """
    if isinstance(source, RunConfig):
        if list(overrides):
            raise InputError("overrides: this configuration is loaded already; give them to load")
        return source
    problems = Problems()
    node: Node | None
    if isinstance(source, Mapping):
        name, node = "run", node_of(source, Mark("", Path()))
        data = json.loads(strict_json(node.plain()))
        sources = [Source(json.dumps(data, indent=2, ensure_ascii=False), data=data)]
    else:
        name = Path(source).stem
        node, sources = document(Path(source), problems)
    whole = not len(problems)  # otherwise a file that it extends is not there, or not all of it
    if node is None or not isinstance(node.value, dict):
        if node is not None and node.value is None:
            problems.add(node.mark, (), "is empty; `statmech new` prints a configuration to begin with")
        elif node is not None:
            problems.add(node.mark, (), f"expected a mapping (title, model, sweep, ...); got {shown(node.plain())}")
        problems.raise_any()
        raise ConfigError(f"{name}: cannot be read")
    for override in overrides:
        node, piece = overridden(node, override, problems)
        sources.append(piece)
    return _checked(node, name, sources, problems, whole)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a configuration with every known kind, for editors that complete and check YAML.

    Examples
    --------
    >>> sorted(json_schema()["properties"])
    ['extends', 'method', 'model', 'output', 'sweep', 'title', 'units']
    """
    schema = _root(Forms()).adapter.json_schema(by_alias=True)
    schema["properties"]["extends"] = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": "Files, relative to this one, that it is laid over.",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _root(forms: Forms) -> RecordForm:
    """The form of a whole configuration."""
    sweep = MapForm(forms.of(AxisRule), "a mapping {temperature: {linspace: [1, 5, 41]}, model.field: [0, 1], ...}")
    parameters = {
        "title": Parameter(forms.of(str), "", "What is computed, for plots and listings."),
        "model": Parameter(forms.models, text="The Hamiltonian."),
        "sweep": Parameter(sweep, text="temperature, and any dotted path such as model.field, with its values."),
        "method": Parameter(forms.method_or_name, "auto", "How to sum: auto, a name, or {kind: name, option: value}."),
        "units": Parameter(forms.record(Units, None), {}, "Units of energies and of the results."),
        "output": Parameter(forms.of(str | None), None, "Results file, relative to the current folder."),
    }
    return RecordForm("Configuration", dict, parameters, text="What statmech run computes.")


def _checked(node: Node, name: str, sources: list[Source], problems: Problems, whole: bool) -> RunConfig:
    """The configuration; of one that is not ``whole`` nothing is said to be missing."""
    data = node.plain()
    root = _root(Forms(frozenset(_kinds(data))))
    sweep, axes = node.child("sweep"), list(sweep_axes(node, root, problems, whole))
    for axis, nodes in axes:  # a required key may be given by the sweep alone
        if axis.path != "temperature":
            node = node.placed(location(axis.path), nodes[0])
    written, data = data, node.plain()
    bad = {"model"} if "model" not in data else set()
    for loc, at_key, words in mistakes(root, data):
        here = node.at(loc)
        if whole or not words.partition(";")[0].endswith(" is missing"):
            problems.add(here.key if at_key and here.key is not None else here.mark, loc, words)
        bad.update(map(str, loc[:1]))
    if whole and sweep is not None and isinstance(sweep.value, dict):
        named = any(nearest(key, ["temperature"]) for key in sweep.value if "." not in key)  # misspelt: told already
        if not named and "temperature" not in sweep.value:
            problems.add(sweep.mark, ("sweep",), "temperature is missing; expected a number, a list or a rule")
    for loc, _ in files(root, data):
        if not _file_there(node.at(loc), loc, problems):
            bad.add(str(loc[0]))
    units_given = data.get("units")
    for key, words in _unknown_units(units_given if isinstance(units_given, dict) else {}):
        problems.add(node.at(("units", key)).mark, ("units", key), words)
        bad.add("units")
    config = RunConfig(
        title=data["title"] if isinstance(data.get("title"), str) else "",
        name=name,
        text="",
        resolved={},
        axes=tuple(axis for axis, _ in axes),
        units=OutputUnits(),
        output=Path(data["output"]).expanduser() if isinstance(data.get("output"), str) else None,
        sources=tuple(source.path for source in reversed(sources) if source.path is not None),
        _form=root,
        _node=node,
        _places={axis.path: nodes for axis, nodes in axes},
    )
    units = FAILED if "units" in bad else config.attempt("units", {}, problems)
    if "method" not in bad:
        config.attempt("method", {}, problems)
    if "model" not in bad:
        found = Problems()
        _check_points(config, found, units if isinstance(units, Units) else Units())
        problems.take(found, but="units.energy" if "units" in bad else "-")  # a wrong units.energy is told already
    problems.raise_any()
    assert isinstance(units, Units)
    places = set(_places_of_files(root, [data, *(source.data for source in sources)], config.axes))
    text = joined(sources, places)
    resolved = root.filled(portable(root, written, places))
    return replace(config, text=text, resolved=resolved, units=OutputUnits(units.output, units.per))


def _kinds(value: Any) -> Iterator[str]:
    """Every text in a configuration that may be the name of a kind."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in ("kind", "method") and isinstance(item, str):
                yield item
            yield from _kinds(item)
    elif isinstance(value, list):
        for item in value:
            yield from ([item] if isinstance(item, str) else _kinds(item))


def _file_there(node: Node, loc: Loc, problems: Problems) -> bool:
    """Whether a file that is named exists."""
    target = node.mark.folder / Path(node.value).expanduser()
    if target.is_file():
        return True
    if target.is_dir():
        problems.add(node.mark, loc, f"expected a file; {node.value!r} is a folder")
        return False
    near = [other.name for other in target.parent.iterdir()] if target.parent.is_dir() else []
    where = (
        f" in the folder {str(target.parent)!r}"
        if target.parent.is_dir()
        else f"; there is no folder {str(target.parent)!r}"
    )
    problems.add(node.mark, loc, f"no file {target.name!r}{where}{nearest(target.name, near)}")
    return False


def _check_points(config: RunConfig, problems: Problems, units: Units) -> None:
    """Make every model and method of the sweep once: one axis at a time, the others at their first value."""
    before = len(problems)
    model = config.attempt("model", {}, problems)
    if len(problems) > before:
        return
    _check_units(config, model, units, problems)
    for axis in config.axes:
        section = str(location(axis.path)[0])
        if section in ("model", "method"):
            evenly = len({node.mark for node in config.places(axis.path)}) == 1  # a rule: its ends stand for all
            for value in (axis.values[0], axis.values[-1]) if evenly else axis.values:
                config.attempt(section, {axis.path: value}, problems)


def _check_units(config: RunConfig, model: Any, units: Units, problems: Problems) -> None:
    """Units against the model: asked for in vain, twice, or impossible."""
    parts = [(loc, form.names(value), value) for loc, form, value in config.parts("model")]
    takers = [(loc, value) for loc, names, value in parts if "unit" in names]
    if units.energy is not None and not takers and canonical_unit(units.energy) != "reduced":
        text = f"a model of kind {model.kind!r} is reduced (k_B = 1) and takes no unit; leave it out"
        problems.add(config.mark(("units", "energy")), ("units", "energy"), text)
    for loc, value in takers:
        own = value.get("unit") if isinstance(value, Mapping) else None
        if own is not None and units.energy is not None and canonical_unit(own) != canonical_unit(units.energy):
            text = f"is {own!r}, but units.energy says {units.energy!r}; keep one of them"
            problems.add(config.mark((*loc, "unit")), (*loc, "unit"), text)
    try:
        OutputUnits(units.output).scales(model.unit)
    except UnitError as failure:
        text = str(failure).removeprefix("units: ")
        problems.add(config.mark(("units", "output")), ("units", "output"), text)
    if units.per == "site" and model.sites is None:
        text = f"a model of kind {model.kind!r} has no sites; leave it out"
        problems.add(config.mark(("units", "per")), ("units", "per"), text)


def _places_of_files(root: RecordForm, written: Iterable[Any], axes: Iterable[Axis]) -> Iterator[str]:
    """Dotted paths of all values that name files: results tell nothing of the machine."""
    yield "output"
    named = {dotted(loc) for data in written if isinstance(data, Mapping) for loc, _ in files(root, data)}
    yield from named
    for axis in axes:
        if axis.path in named:
            yield from (f"sweep.{axis.path}", *(f"sweep.{axis.path}.{i}" for i in range(len(axis.values))))
