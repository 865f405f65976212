"""Every configuration that is shipped runs, and every kind of model and method has one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from statmech import methods, models, sampling
from statmech.config import RunConfig, load
from statmech.config.template import template
from statmech.reference import configuration_markdown, methods_markdown
from statmech.run import plan, run

CONFIGS = Path(__file__).parent.parent / "configs"
FILES = sorted(CONFIGS.glob("*.yaml"))


@cache
def shipped(path: Path) -> RunConfig:
    return load(path)


def reduced(path: Path, folder: Path) -> Path:
    """The same configuration with a few points of each axis, and short chains."""
    config = shipped(path)
    lines = [f"extends: {path}", "sweep:"]
    for axis in config.axes:
        most = 3 if axis.path == "temperature" else 2
        keep = np.unique(np.linspace(0, len(axis.values) - 1, min(most, len(axis.values))).round().astype(int))
        lines.append(f"  {axis.path}: {[axis.values[k] for k in keep]}".replace("inf", ".inf").replace(".inf_", "inf_"))
    method = config.resolved["method"]
    if isinstance(method, dict) and method.get("kind") == "monte_carlo":
        lines.append("method: {sweeps: 100}")
    file = folder / path.name
    file.write_text("\n".join(lines).replace("'.infinite'", "infinite").replace(".infinite", "infinite") + "\n")
    return file


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_it_runs_and_gives_finite_numbers(path, tmp_path):
    ds = run(reduced(path, tmp_path), progress=False, output=tmp_path / "results.h5")
    assert ds.attrs["title"]
    name = "internal_energy" if ds.attrs["exactness"] == "statistical" else "entropy"  # log Z is not sampled
    assert np.all(np.isfinite(ds[name]))
    # less its bias, C of a chain much too short may be negative: then it says so
    assert np.all((ds["heat_capacity"] >= 0) | (ds["status"] != 0 if name == "internal_energy" else False))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_it_says_what_it_is_and_writes_into_results(path):
    text = path.read_text()
    assert text.startswith("#"), "begin with a comment that says what it shows"
    config = shipped(path)
    assert config.title
    assert config.output == Path("results", f"{path.stem}.h5")


def kinds_in(value) -> set[str]:
    """Every kind that a configuration names, however deep."""
    if isinstance(value, dict):
        return {str(value.get("kind"))} | set().union(*map(kinds_in, value.values()), set())
    return set().union(*map(kinds_in, value), set()) if isinstance(value, list) else set()


def test_every_kind_of_model_has_a_configuration():
    named = set().union(*(kinds_in(shipped(path).resolved["model"]) for path in FILES))
    assert not set(models.KINDS) - named


def test_every_method_is_used_by_a_configuration():
    tasks = [task for path in FILES for whole in [plan(shipped(path)).tasks] for task in (*whole[:8], whole[-1])]
    missing = set(methods.KINDS) - {task.choice.method.name for task in tasks}
    assert not missing, f"no configuration uses {sorted(missing)}"


def test_every_algorithm_of_sampling_has_a_configuration():
    resolved = [shipped(path).resolved["method"] for path in FILES]
    named = {method.get("algorithm") for method in resolved if isinstance(method, dict)}
    assert not set(sampling.ALGORITHMS) - named


@pytest.mark.parametrize("kind", [*models.KINDS, *methods.KINDS, *sampling.ALGORITHMS])
def test_the_template_of_every_kind_is_a_configuration(kind, tmp_path):
    """What ``statmech new KIND`` prints loads; a model's runs where it needs no file, a method's is planned with it."""
    file = tmp_path / f"{kind}.yaml"
    file.write_text(template(kind))
    if kind == "spectrum":
        file.with_name("levels.csv").write_text("energy [cm-1],g\n0,1\n1,3\n")
    sampled = kind in models.KINDS and "monte_carlo" in file.read_text()
    config = load(file, ["sweep.temperature=[1.0, 2.0]", *(["method.sweeps=100"] if sampled else [])])
    if kind in models.KINDS:
        assert np.all(np.isfinite(run(config, progress=False, output=tmp_path / "results.h5")["internal_energy"]))
    else:
        task = plan(config).tasks[0]
        assert task.choice.method.name in (kind, "monte_carlo")
        assert task.choice.reason.startswith("as asked")


# ---- pages written from the classes


def test_the_reference_pages_are_those_of_the_classes():
    for name, text in (("methods", methods_markdown()), ("configuration", configuration_markdown())):
        page = CONFIGS.parent / "docs" / f"{name}.md"
        flags = {"methods": "methods --markdown", "configuration": "schema --markdown"}[name]
        assert page.read_text() == text, f"python -m statmech {flags} > docs/{name}.md"


def test_every_method_says_what_it_computes_what_it_costs_and_where_it_is_described():
    for name in methods.KINDS:
        kind = methods.get(name)
        assert kind.formula, name
        assert kind.reference, name
    rows = [line for line in methods_markdown().splitlines() if line.startswith("| `")]
    assert all(cell.strip() for row in rows for cell in row.strip("|").replace("\\|", "").split("|"))


def test_every_option_of_every_model_and_method_is_explained():
    bare = [line for line in configuration_markdown().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert not bare
