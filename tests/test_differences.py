"""What diff says, and what a run is told it will need."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from statmech.cli import main
from statmech.config import load
from statmech.differences import differences
from statmech.errors import ResourceError
from statmech.run import estimated, plan, run
from statmech.run.limits import available_memory, check_memory

SOURCE = {"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}}


def test_equal_results_have_no_difference_and_diff_is_0(tmp_path, capsys):
    for name in ("a.h5", "b.h5"):
        run(SOURCE, output=tmp_path / name)
    assert main(["diff", str(tmp_path / "a.h5"), str(tmp_path / "b.h5")]) == 0
    assert capsys.readouterr().out == ""


def test_one_bit_of_one_value_is_a_difference():
    a = run(SOURCE)
    b = a.copy(deep=True)
    b.entropy.values[1] = math.nextafter(float(b.entropy.values[1]), 9.0)
    (found,) = differences(a, b)
    assert found[0] == "entropy"
    assert found[1].startswith("1 of 2 points differ, by at most 1.11e-16")
    assert found[1].endswith("at temperature = 1")
    a["temperature"], b["temperature"] = ("temperature", [1.0, 0.3]), ("temperature", [1.0, 0.3])
    assert dict(differences(a, b))["entropy"].endswith("at temperature = 0.3")
    b.entropy.values[1] = float("nan")
    assert dict(differences(a, b))["entropy"].startswith("1 of 2 points differ, by at most inf")
    a.entropy.values[1] = float("nan")
    assert not list(differences(a, b))


def test_parameters_points_and_variables_are_told_by_name(tmp_path, capsys):
    run(SOURCE, output=tmp_path / "a.h5")
    other = {"model": {"kind": "two_level", "gap": 2.0}, "sweep": {"temperature": [1.0, 3.0, 4.0]}}
    run(other, output=tmp_path / "b.h5")
    assert main(["diff", str(tmp_path / "a.h5"), str(tmp_path / "b.h5")]) == 1
    out = capsys.readouterr().out
    assert "1 values in both, 1 only in the first, 2 only in the second" in out
    assert "config model.gap" in out
    assert "1.0 and 2.0" in out
    assert "entropy                   1 of 1 points differ" in out
    a, b = run(SOURCE), run(SOURCE)
    assert ("log_z", "this variable is only in the second") in list(differences(a.drop_vars("log_z"), b))
    swept = run({**SOURCE, "sweep": {"temperature": [1.0], "model.gap": [1.0]}})
    assert ("gap", "this axis is only in the second") in list(differences(a, swept))


def test_a_run_that_exceeds_the_memory_is_refused_before_it_starts(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["statmech.run.limits"], "available_memory", lambda: 1e5)
    with pytest.raises(
        ResourceError, match=r"level_sum needs about 0\.001 GB, and 0\.0001 GB are free; run it on a larger"
    ):
        run(SOURCE, output=tmp_path / "sub" / "a.h5")
    assert not (tmp_path / "sub").exists()
    with pytest.raises(ResourceError, match=r"in each of 4 workers.* with fewer workers"):
        check_memory(5e4, 4, "x")
    check_memory(1e4, 4, "x")


def test_the_memory_of_this_machine_is_known():
    if Path("/proc/meminfo").exists():
        assert 1e7 < available_memory() < 1e15


def test_a_plan_is_timed_by_one_of_its_points():
    needed = estimated(plan(load(SOURCE)))
    assert needed.tried is not None
    assert 0 < needed.tried <= needed.seconds < 60
    assert needed.file > 40_000
    blind = estimated(plan(load(SOURCE)), trial=False)
    assert (blind.tried, blind.file) == (None, None)
