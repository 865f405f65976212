"""A configuration to begin with, written from the form of a model."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import yaml

from statmech import methods, models, sampling
from statmech.config.forms import Form, Forms, KindForm, PathForm
from statmech.config.forms.containers import ListForm, TupleForm, UnionForm
from statmech.config.forms.scalars import LiteralForm, ScalarForm
from statmech.errors import StatmechError, UnsupportedError
from statmech.selection import choose_method

__all__ = ["template"]

_EXAMPLES: dict[str, Any] = {
    "lattice": {"kind": "square", "shape": [4, 4]},
    "model": {"kind": "two_level", "gap": 1.0},
    "method": "auto",
}
_SCALARS: dict[Any, Any] = {float: 1.0, int: 2, str: "name", bool: True, type(None): None}


_LATTICES: tuple[dict[str, Any], ...] = (  # what methods are shown on, the first that they support
    {"kind": "square", "shape": [4, 4]},
    *({"kind": kind, "shape": "infinite"} for kind in ("square", "triangular", "honeycomb", "kagome")),
    {"kind": "square", "shape": [8, 8], "periodic": False},
    {"kind": "chain", "shape": [16]},
    {"kind": "complete", "n": 16},
)


def template(kind: str) -> str:
    """YAML for a model or method: what it needs with example values, the rest as comments with the defaults.

    Parameters
    ----------
    kind : str
        Of a model, a method or a sampling algorithm.

    Raises
    ------
    InputError
        If there is no such kind.

    Examples
    --------
    >>> print(template("two_level"))
    title: two_level
    model:
      kind: two_level  # H has two eigenvalues: 0 (g_0 states) and ``gap`` (g_1 states).
      gap: 1.0  # Energy difference in ``unit``; positive
      # degeneracies: [1, 1]  # (g_0, g_1), each positive
      # unit: reduced  # Unit of the gap; ``reduced`` means k_B = 1
    sweep:
      temperature: {linspace: [0.5, 5.0, 46]}  # or a list, {geomspace: [start, stop, count]}, {arange: [...]}
      # model.gap: [...]  # any dotted path is an axis
    method: auto
    # units: {output: molar, per: site}
    output: results/two_level.h5
    <BLANKLINE>
    """
    if kind not in models.kinds() and kind in [*methods.kinds(), *sampling.algorithms()]:
        return _method_template(kind)
    record = Forms(frozenset({kind})).models.named(kind)
    example = getattr(models.get(kind), "example", {})  # where no single key is required
    lines = [f"title: {kind}", "model:", f"  kind: {kind}  # {record.text}"]
    for name, parameter in record.parameters.items():
        about = f"  # {parameter.text.split('. ')[0].rstrip('.')}" if parameter.text else ""
        if parameter.required or name in example:
            lines.append(f"  {name}: {_flow(example.get(name, _example(parameter.form)))}{about}")
        else:
            default = record.filled({})[name]
            lines.append(f"  # {name}: {'...' if default is None else _flow(default)}{about}")
    physical = "file" in record.parameters
    spacing = "{geomspace: [1.0, 5000.0, 200]}" if physical else "{linspace: [0.5, 5.0, 46]}"
    axis = next((name for name in ("field", *record.parameters) if name in record.parameters), None)
    lines += [
        "sweep:",
        f"  temperature: {spacing}  # or a list, {{geomspace: [start, stop, count]}}, {{arange: [...]}}",
    ]
    if axis is not None and not physical:
        lines.append(f"  # model.{axis}: [...]  # any dotted path is an axis")
    given = yaml.safe_load("\n".join(lines))["model"]
    lines += [f"method: {_method_for(given)}", "# units: {output: molar, per: site}", f"output: results/{kind}.h5", ""]
    return "\n".join(lines)


def _method_template(name: str) -> str:
    """The first model that the method supports, and its options."""
    algorithm = {} if name in methods.kinds() else {"algorithm": name}
    kind = "monte_carlo" if algorithm else name
    record = Forms(frozenset({kind})).methods.named(kind)
    chosen = methods.get(kind)(**algorithm)
    model = next(
        (made for made in _examples() if chosen.supports(_built(made))), {"kind": "spectrum", "file": "levels.csv"}
    )
    lines = [f"title: {name}", f"model: {_flow(model)}"]
    lines += ["sweep:", "  temperature: {linspace: [0.5, 5.0, 10]}", "method:", f"  kind: {kind}  # {record.text}"]
    for key, parameter in record.parameters.items():
        about = f"  # {parameter.text.split('. ')[0].rstrip('.')}" if parameter.text else ""
        default = record.filled({})[key]
        if key in algorithm:
            lines.append(f"  {key}: {name}{about}")
        else:
            lines.append(f"  # {key}: {'...' if default is None else _flow(default)}{about}")
    return "\n".join([*lines, f"output: results/{name}.h5", ""])


def _examples() -> Iterator[dict[str, Any]]:
    """Models to show a method on."""
    yield from ({"kind": "ising", "lattice": lattice} for lattice in _LATTICES)
    for kind in models.KINDS:
        if kind != "spectrum":
            yield yaml.safe_load(template(kind))["model"]


def _method_for(model: dict[str, Any]) -> str:
    """``auto``, or sampling where no exact method supports the model."""
    try:
        choose_method(_built(model))
    except UnsupportedError:
        return "{kind: monte_carlo, sweeps: 2000, seed: 1}  # no exact method can treat it"
    except StatmechError:  # it needs a file that is not there yet
        pass
    return "auto"


def _built(model: dict[str, Any]) -> Any:
    from statmech.config import load

    return load({"model": model, "sweep": {"temperature": 1.0}}).model()


def _example(form: Form) -> Any:
    if isinstance(form, KindForm):
        return deepcopy(_EXAMPLES[form.what])
    if isinstance(form, PathForm):
        return "levels.csv"
    if isinstance(form, ScalarForm):
        return _SCALARS[form.python]
    if isinstance(form, LiteralForm):
        return form.options[0]
    if isinstance(form, UnionForm):
        return _example(form.branches[0])
    if isinstance(form, TupleForm):
        return [_example(item) for item in form.items]
    return [_example(form.item) for _ in range(2)] if isinstance(form, ListForm) else 1.0


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    return (
        str(yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)).removesuffix("...\n").strip()
    )
