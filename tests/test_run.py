"""Sweeps: the tasks they become, what they give, and what is recorded of them."""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import statmech
from statmech import lattices, models
from statmech.config import load
from statmech.errors import ConfigError, InputError, ResultsError
from statmech.levels import EnergyLevels
from statmech.results import open_results
from statmech.run import plan, run
from statmech.run.executors import KNOWN, Serial, executor
from statmech.solve import compute, solve

TWO_LEVEL = {"kind": "two_level", "gap": 1.0}
ISING = {"kind": "ising", "lattice": {"kind": "square", "shape": [2, 3]}}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_sweep_gives_at_each_point_what_solve_gives_there():
    sweep = {"model.lattice.shape": [[2, 2], [2, 3]], "temperature": [0.0, 0.7, np.inf], "model.field": [0.0, -0.3]}
    ds = run({"model": ISING, "sweep": sweep})
    assert dict(ds.sizes) == {"shape": 2, "temperature": 3, "field": 2}
    for shape in sweep["model.lattice.shape"]:
        for field in sweep["model.field"]:
            model = statmech.Ising(statmech.lattices.square(*shape), field=field)
            alone = solve(model, sweep["temperature"])
            point = ds.sel(shape="x".join(map(str, shape)), field=field)
            for name in ("free_energy", "internal_energy", "entropy", "heat_capacity", "magnetization"):
                # summed with H at the field, or jointly with M and the field put in afterwards
                np.testing.assert_allclose(point[name], alone[name], rtol=1e-12, atol=1e-12)
    assert ds.sites.values.tolist() == [4, 6]


def test_axes_that_the_method_takes_at_once_are_one_task():
    both = {"temperature": [1.0, 2.0], "model.field": [0.0, 0.1, 0.2]}
    whole = plan(load({"model": ISING, "sweep": both}))
    assert (len(whole.tasks), whole.points) == (1, 6)
    assert [axis.role for axis in whole.axes] == ["temperature", "field"]
    shapes = {**both, "model.lattice.shape": [[2, 2], [2, 3]], "model.coupling": [1.0, -1.0]}
    whole = plan(load({"model": ISING, "sweep": shapes}))
    assert (len(whole.tasks), whole.points) == (4, 24)
    assert [task.point["model.coupling"] for task in whole.tasks] == [1.0, -1.0, 1.0, -1.0]


def test_a_field_for_each_site_is_an_axis_of_its_own_tasks():
    whole = plan(load({"model": ISING, "sweep": {"temperature": 1.0, "model.field": [0.0, [0.1] * 6]}}))
    assert (len(whole.tasks), [axis.role for axis in whole.axes]) == (2, ["temperature", "outer"])
    ds = run({"model": ISING, "sweep": {"temperature": 1.0, "model.field": [0.0, [0.1] * 6]}})
    np.testing.assert_allclose(ds.magnetization.values[0, 1], run(
        {"model": {**ISING, "field": 0.1}, "sweep": {"temperature": 1.0}}
    ).magnetization.values[0], rtol=1e-12)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """H = field * n, n = 0, 1: levels that know nothing of a magnetisation.

    Parameters
    ----------
    field : float
        Gap.
    """

    field: float = 1.0

    kind: ClassVar[str] = "field_only"
    unit: ClassVar[str] = "reduced"
    sites: ClassVar[int | None] = None

    def levels(self):
        return EnergyLevels([0.0, self.field])


def test_a_parameter_called_field_of_a_model_without_magnetisation_is_an_axis_like_any_other(monkeypatch):
    monkeypatch.setitem(models.KINDS, "field_only", "mine:Field")
    monkeypatch.setitem(models._REGISTRY._loaded, "field_only", Field)
    ds = run({"model": {"kind": "field_only"}, "sweep": {"temperature": [1.0], "model.field": [1.0, 2.0]}})
    np.testing.assert_allclose(ds.log_z.values[0], np.log1p(np.exp([-1.0, -2.0])), rtol=1e-12)


@dataclass(frozen=True)
class Spin:
    """H = -field * s, s = +-1, with its own field in the listed levels.

    Parameters
    ----------
    field : float
        h.
    """

    field: float = 0.0

    kind: ClassVar[str] = "spin"
    unit: ClassVar[str] = "reduced"
    sites: ClassVar[int | None] = 1

    def levels(self):
        return EnergyLevels([-self.field, self.field], observables={"magnetization": [1.0, -1.0]})


def test_a_swept_field_stands_in_place_of_the_models_own_and_not_on_top_of_it(monkeypatch):
    monkeypatch.setitem(models.KINDS, "spin", "mine:Spin")
    monkeypatch.setitem(models._REGISTRY._loaded, "spin", Spin)
    source = {"model": {"kind": "spin", "field": 3.0}, "sweep": {"temperature": [1.0], "model.field": [0.5, 2.0]}}
    assert plan(load(source)).axes[1].role == "field"
    np.testing.assert_allclose(run(source).magnetization.values[0], np.tanh([0.5, 2.0]), rtol=1e-12)


def test_the_method_can_be_an_axis():
    ds = run({"model": TWO_LEVEL, "sweep": {"temperature": [1.0], "method": ["auto", "level_sum"]}})
    assert ds.entropy.values[0, 0] == ds.entropy.values[0, 1]
    assert ds.method.values.tolist() == ["auto", "level_sum"]


def test_a_method_that_cannot_is_told_at_its_place_before_any_work(here):
    Path("a.yaml").write_text(
        "model: {kind: two_level, gap: 1}\nmethod: enumeration\nsweep: {temperature: 1}\noutput: sub/x.h5\n"
    )
    with pytest.raises(ConfigError, match=r"^a\.yaml:2:9: method: enumeration cannot treat this model"):
        run("a.yaml")
    assert not Path("sub").exists()
    with pytest.raises(ConfigError, match=r"at model\.lattice\.shape = \[9, 9\]"):
        run(
            {
                "model": ISING,
                "sweep": {"temperature": 1, "model.lattice.shape": [[2, 2], [9, 9]]},
                "method": "enumeration",
            }
        )


def test_values_that_do_not_go_together_are_told_before_any_work():
    sweep = {"temperature": 1, "model.lattice.shape": [[2, 2], [3, 3]], "model.coupling": [1.0, [1.0] * 8]}
    with pytest.raises(ConfigError, match="one number per bond, 18 in all"):
        run({"model": ISING, "sweep": sweep, "output": "x.h5"})
    assert not Path("x.h5").exists()


def test_results_are_written_where_the_configuration_or_the_caller_says():
    source = {"model": TWO_LEVEL, "sweep": {"temperature": [1.0, 2.0]}, "output": "deep/er/a.h5"}
    ds = run(source)
    assert open_results("deep/er/a.h5").drop_attrs().identical(ds.drop_attrs())
    run(source, output="b.h5")
    assert Path("b.h5").exists()
    before = set(Path().rglob("*"))
    run({**source, "output": None})
    assert set(Path().rglob("*")) == before


def test_an_output_that_cannot_be_written_is_refused_before_any_work(monkeypatch):
    def never(*_):
        raise AssertionError("work was done")

    monkeypatch.setattr(sys.modules["statmech.run"], "work", never)
    source = {"model": TWO_LEVEL, "sweep": {"temperature": 1}}
    Path("folder").mkdir()
    with pytest.raises(ResultsError, match="is a folder"):
        run(source, output="folder")
    Path("file").write_text("x")
    with pytest.raises(ResultsError, match="cannot be made"):
        run(source, output="file/x.h5")
    if os.geteuid() != 0:  # root may write anywhere
        Path("folder").chmod(0o500)
        with pytest.raises(ResultsError, match="cannot be written"):
            run(source, output="folder/x.h5")


def test_provenance_reads_back_as_the_same_run_and_tells_nothing_of_the_machine(here):
    Path("levels.csv").write_text("energy [cm-1],g\n0,1\n5,3\n")
    Path("a.yaml").write_text(
        f"title: mine\nmodel: {{kind: spectrum, file: {here}/levels.csv}}\nsweep: {{temperature: [1, .inf]}}\n"
    )
    ds = run("a.yaml", output="x.h5", overrides=["sweep.temperature=[1, 2, .inf]"])
    attributes = open_results("x.h5").attrs
    assert attributes["title"] == "mine"
    assert "# --set sweep.temperature=[1, 2, .inf]" in attributes["config"]
    assert attributes["method"] == "level_sum"
    assert attributes["method_reason"]
    assert json.loads(attributes["versions"])["statmech"] == statmech.__version__
    assert not any(str(here) in str(value) for value in attributes.values())
    assert not any(os.uname().nodename in str(value) for value in attributes.values())
    again = run(json.loads(attributes["config_resolved"]))
    np.testing.assert_array_equal(again.entropy, ds.entropy)


def test_reproducible_runs_write_equal_bytes():
    source = {"model": ISING, "sweep": {"temperature": {"linspace": [1, 3, 50]}, "model.field": [0.0, 0.5]}}
    for name in ("a.h5", "b.h5"):
        run(source, output=name, reproducible=True)
    assert Path("a.h5").read_bytes() == Path("b.h5").read_bytes()


def test_any_executor_gives_the_same_bits():
    source = {"model": ISING, "sweep": {"temperature": [0.5, 1.0], "model.coupling": [-1.0, 0.5, 1.0, 2.0]}}
    serial = run(source)
    with ThreadPoolExecutor(2) as pool:
        assert run(source, executor=pool).identical(serial)
        assert pool.submit(int, "1").result() == 1  # still the caller's
    with Serial() as pool:
        assert run(source, executor=pool).identical(serial)


def test_more_tasks_than_are_in_flight_keep_their_order():
    gaps = [0.1 * k for k in range(1, 60)]
    with ThreadPoolExecutor(3) as pool:
        ds = run({"model": TWO_LEVEL, "sweep": {"model.gap": gaps, "temperature": [1.0]}}, executor=pool)
    np.testing.assert_allclose(ds.log_z.values[:, 0], np.log1p(np.exp(-np.array(gaps))), rtol=1e-12)


def test_a_task_can_go_to_another_process():
    whole = plan(load({"model": ISING, "sweep": {"temperature": [1.0], "model.field": [0.0, 1.0]}}))
    arguments = whole.tasks[0].arguments(whole.config)
    travelled = pickle.loads(pickle.dumps(arguments))
    solution = pickle.loads(pickle.dumps(compute(*travelled).thermodynamics.log_z))
    np.testing.assert_array_equal(solution, compute(*arguments).thermodynamics.log_z)


def test_serial_is_an_executor_that_keeps_errors_for_the_result_and_interrupts_at_once():
    pool = Serial()
    assert isinstance(pool, Executor)
    failed = pool.submit(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.submit(interrupted)
    assert list(pool.map(abs, [-1, 2])) == [1, 2]


@pytest.mark.parametrize("name", ["processes", "processes:0", "dask:x", "mpi:2", "tcp://host", "Serial", ""])
def test_an_unknown_executor_names_those_there_are(name):
    with pytest.raises(InputError, match=f"expected {', '.join(KNOWN[:-1])} or {KNOWN[-1]}; got '{name}'"):
        executor(name)


class Slow(Serial):
    def submit(self, fn, /, *args, **kwargs):
        time.sleep(0.25)
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize(("progress", "shown"), [(True, True), (None, False), (False, False)])
def test_progress_is_shown_when_asked_for_and_not_where_there_is_no_terminal(capsys, progress, shown):
    source = {"model": TWO_LEVEL, "sweep": {"temperature": [1.0], "model.gap": [1.0, 2.0, 3.0]}}
    run(source, progress=progress, executor=Slow())
    assert ("3/3" in capsys.readouterr().err) == shown


def test_a_plan_says_what_would_run():
    whole = plan(load({"title": "T", "model": ISING, "sweep": {"temperature": [1.0, 2.0], "model.coupling": [1, 2]}}))
    text = "\n".join(whole.lines())
    for words in ("T\n", "method       enumeration", "why          auto: ", "not          level_sum: ", "4 in 2 tasks"):
        assert words in text
    assert whole.cost().seconds > 0


def test_run_is_found_in_the_package_whichever_is_imported_first():
    assert callable(statmech.run)
    assert statmech.run({"model": TWO_LEVEL, "sweep": {"temperature": 1.0}}).sizes == {"temperature": 1}


def test_a_field_sweep_through_zero_keeps_magnetization_and_susceptibility():
    model = {"kind": "ising", "lattice": {"kind": "square", "shape": [8, 8]}}
    ds = run({"model": model, "sweep": {"temperature": [2.0], "model.field": [0.0, 0.1]}})
    # at h = 0 alone Kaufman's closed form would be taken, which knows no M
    assert {"magnetization", "susceptibility"} <= set(ds.data_vars)
    assert ds.attrs["method"] == "transfer_matrix"


def test_a_sum_in_parts_reads_its_file_once_for_all_temperatures(monkeypatch):
    """Units of their own for each temperature would each read it, or count the states, again."""
    monkeypatch.setattr(sys.modules["statmech.run.sweep"], "_APART_SECONDS", 0.0)
    Path("levels.csv").write_text("energy [cm-1],g\n" + "".join(f"{k},{2 * k + 1}\n" for k in range(1000)))
    in_file = {"kind": "spectrum", "file": "levels.csv", "in_memory": False}
    counted = {"kind": "ising", "lattice": {"kind": "square", "shape": [5, 6]}}
    streamed = {
        "kind": "ising",
        "lattice": {"kind": "chain", "shape": [30]},
        "coupling": {"random": "gaussian", "seed": 1},
    }
    small = {"kind": "ising", "lattice": {"kind": "square", "shape": [3, 3]}}
    for model, apart in ((in_file, False), (counted, False), (streamed, True), (small, True)):
        method = "auto" if model is in_file else {"kind": "enumeration"}
        whole = plan(load({"model": model, "sweep": {"temperature": [1.0, 2.0, 3.0]}, "method": method}))
        assert whole.tasks[0].apart(whole.config) == apart, model


def test_a_swept_field_has_the_same_label_and_unit_in_a_run_and_in_solve():
    model = {"kind": "potts", "states": 3, "lattice": {"kind": "chain", "shape": [4]}}
    sweep = {"temperature": [1.0], "model.field": [0.0, 0.3]}
    sampled = run({"model": model, "sweep": sweep, "method": {"kind": "monte_carlo", "seed": 1, "sweeps": 200}})
    assert sampled.field.attrs == solve(statmech.Potts(lattices.chain(4), 3), [1.0], [0.0, 0.3]).field.attrs
    assert sampled.field.attrs["units"] == "1"
