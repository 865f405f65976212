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

from pydantic import TypeAdapter

from statmech.config.axes import AxisRule, sweep_axes
from statmech.config.base import Loc, Mark, Node, Problems, location, nearest, node_of, shown
from statmech.config.documents import document, overridden
from statmech.config.forms import FAILED, Forms, MapForm, Parameter, PathForm, RecordForm
from statmech.config.forms.explain import leaves, mistakes
from statmech.config.run_config import RunConfig, portable, strict_json
from statmech.dataset import OutputUnits
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
        for key, unit, more in (("energy", self.energy, ()), ("output", self.output, ("molar", "reduced"))):
            try:
                if unit is not None and unit not in more:
                    canonical_unit(unit)
            except UnitError as failure:
                words = str(failure).removeprefix("unit: ")
                if nearest(unit, more):
                    words = words.partition("; did you mean")[0] + nearest(unit, more)
                listed = words.replace("one of ", "one of molar, ") if more else words
                raise UnitError(f"{key}: {listed}") from None


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
        text = json.dumps(json.loads(strict_json(node.plain())), indent=2, ensure_ascii=False)
    else:
        name = Path(source).stem
        node, text = document(Path(source), problems)
    if node is None or not isinstance(node.value, dict):
        if node is not None and node.value is None:
            problems.add(node.mark, (), "is empty; `statmech new` prints a configuration to begin with")
        elif node is not None:
            problems.add(node.mark, (), f"expected a mapping (title, model, sweep, ...); got {shown(node.plain())}")
        problems.raise_any()
        raise ConfigError(f"{name}: cannot be read")
    for override in overrides:
        node = overridden(node, override, problems)
        text = f"{text.rstrip()}\n# --set {override}\n"
    return _checked(node, name, text, problems)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a configuration with every known kind, for editors that complete and check YAML.

    Examples
    --------
    >>> sorted(json_schema()["properties"])
    ['extends', 'method', 'model', 'output', 'sweep', 'title', 'units']
    """
    schema = TypeAdapter(_root(Forms()).schema).json_schema(by_alias=True)
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


def _checked(node: Node, name: str, text: str, problems: Problems) -> RunConfig:
    data = node.plain()
    root = _root(Forms(frozenset(_kinds(data))))
    sweep, axes = node.child("sweep"), list(sweep_axes(node, root, problems))
    for axis, nodes in axes:  # a required key may be given by the sweep alone
        if axis.path != "temperature":
            node = node.placed(location(axis.path), nodes[0])
    written, data = data, node.plain()
    bad = {"model"} if "model" not in data else set()
    for loc, at_key, words in mistakes(root, data):
        here = node.at(loc)
        problems.add(here.key if at_key and here.key is not None else here.mark, loc, words)
        bad.update(map(str, loc[:1]))
    if sweep is not None and isinstance(sweep.value, dict) and "temperature" not in sweep.value:
        hint = next((f"; is {key!r} meant to be it?" for key in sweep.value if nearest(key, ["temperature"])), "")
        problems.add(sweep.mark, ("sweep",), f"temperature is missing; expected a number, a list or a rule{hint}")
    for loc, form, value in leaves(root, data):
        if isinstance(form, PathForm) and isinstance(value, str) and not _file_there(node.at(loc), loc, problems):
            bad.add(str(loc[0]))
    config = RunConfig(
        title=data["title"] if isinstance(data.get("title"), str) else "",
        name=name,
        text=text,
        resolved={},
        axes=tuple(axis for axis, _ in axes),
        units=OutputUnits(),
        output=Path(data["output"]).expanduser() if isinstance(data.get("output"), str) else None,
        _form=root,
        _node=node,
        _places={axis.path: nodes for axis, nodes in axes},
    )
    units = FAILED if "units" in bad else config.attempt("units", {}, problems)
    if "method" not in bad:
        config.attempt("method", {}, problems)
    if "model" not in bad:
        _check_points(config, problems, units if isinstance(units, Units) else Units())
    problems.raise_any()
    assert isinstance(units, Units)
    for absolute, short in _absolute(root, data):
        text = text.replace(absolute, short)
    resolved = root.filled(portable(root, written))
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


def _absolute(root: RecordForm, data: Any) -> Iterator[tuple[str, str]]:
    """Absolute file names and what stands for them in results, which tell nothing of the machine."""
    for _, form, value in leaves(root, data):
        if isinstance(form, PathForm) and isinstance(value, str) and Path(value).expanduser().is_absolute():
            yield value, Path(value).name
