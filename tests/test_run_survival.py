"""Runs that are killed, interrupted, starved of disk and started twice: nothing finished is lost, nothing is broken."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from survival import (
    BOTH,
    CHAINS,
    EXACT,
    LINKED,
    SOAK,
    chains_under_way,
    command,
    finish,
    kill_group,
    same_numbers,
    start,
    units,
    wait_for,
)

from statmech.errors import ConvergenceError, ResultsError
from statmech.results import open_results
from statmech.run import Interrupted, run
from statmech.run.journal import Journal, journal_path
from statmech.run.journal.database import Database

SWEEP = {"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"model.gap": [1.0, 2.0, 3.0], "temperature": [0.5, 1.0]}}
PENDING = 64


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def readable(path):
    """A results file is there whole or not at all."""
    if Path(path).exists():
        ds = open_results(path)
        for name, variable in ds.data_vars.items():
            if name != "status" and not name.endswith("_errors"):
                unknown = np.isnan(variable.values)
                assert np.all((ds.status.values[unknown] & PENDING) == PENDING), name
        return int(np.count_nonzero(ds.status.values & PENDING))
    return None


@pytest.mark.parametrize("kind", ["both", "linked"])
def test_kill_9_at_random_moments_loses_nothing(kind, here):
    kills, earliest = (100, 0.1) if SOAK else (2, 0.6)
    rng = random.Random(kind)
    text = {"both": BOTH, "linked": LINKED}[kind]
    if not SOAK:
        text = text.replace("50]", "8]").replace("1.5, 4]", "1.5, 1]").replace("4.0, 10]", "4.0, 2]")
        text = text.replace("3000", "1500").replace("sweeps: 500", "sweeps: 100")
    Path(f"{kind}.yaml").write_text(text)
    arguments = ("run", "-q", f"{kind}.yaml", "--reproducible", "-o")
    for name in ("whole.h5", "again.h5"):  # the first one may compile for half a minute
        begun = time.monotonic()
        code, out, err = finish(start(here, *arguments, name))
        assert code == 0, (code, out, err)
        seconds = time.monotonic() - begun
    whole = Path("whole.h5").read_bytes()
    assert Path("again.h5").read_bytes() == whole
    killed = finished = partial = half = 0
    while killed < kills:
        process = start(here, *arguments, "cut.h5", hasty=True)
        time.sleep(rng.uniform(earliest, 1.0) * seconds)
        if process.poll() is None:
            killed += 1
        else:
            out, err = process.communicate()
            assert process.returncode == 0, (process.returncode, out, err)
        kill_group(process)
        missing = [readable(name) for name in ("cut.h5", "cut.partial.h5")]
        partial += any(missing)
        half += chains_under_way("cut.h5.journal") > 0
        if process.returncode == 0:
            finished += 1
            assert Path("cut.h5").read_bytes() == whole
            if rng.random() < 0.5:
                Path("cut.h5").unlink()
    code, _, err = finish(start(here, *arguments, "cut.h5"))
    assert (code, err.count("Traceback")) == (0, 0), err
    assert Path("cut.h5").read_bytes() == whole
    # the journal of more than a minute of work stays
    assert not [path.name for path in here.iterdir() if path.suffix == ".owner" or "partial" in path.name]
    if SOAK:
        assert partial
        assert half or kind == "both"  # the short chains of the other are done before they are first stored
    print(
        f"\n{kind}: {seconds:.0f} s, killed {killed} times ({half} with a chain under way), "
        f"results in parts {partial} times; finished {finished + 1} times, identical each time"
    )


@pytest.fixture
def failing():
    """failing(n, error) makes the n-th call of the driver's work fail; failing.end() puts it back."""
    package = sys.modules["statmech.run"]  # the attribute of that name is the function
    real = package.work

    def begin(at, failure):
        calls = []

        def work(jobs):
            calls.append(len(jobs))
            if len(calls) == at:
                raise failure
            return real(jobs)

        package.work = work
        return calls

    begin.end = lambda: setattr(package, "work", real)
    yield begin
    begin.end()


@pytest.fixture
def partial(failing):
    """Two of three units of SWEEP in the journal of a.h5."""
    failing(3, ConvergenceError("no luck"))
    with pytest.raises(ConvergenceError) as failure:
        run(SWEEP, output="a.h5")
    failing.end()
    return failure.value


def test_a_failure_keeps_what_was_finished_and_the_next_run_goes_on(partial, failing):
    whole = run(SWEEP)
    assert "2 of 3 units are kept in a.h5: run it again to go on" in partial.__notes__[0]
    there = open_results("a.h5")
    assert there.status.values.tolist() == [[0, 0], [0, 0], [PENDING, PENDING]]
    same_numbers(there.isel(gap=slice(2)).drop_vars("status"), whole.isel(gap=slice(2)).drop_vars("status"))
    said, calls = [], failing(99, None)
    again = run(SWEEP, output="a.h5", say=said.append)
    assert same_numbers(again, whole)
    assert calls == [1]  # one unit was left to do
    assert said == ["going on: 2 of 3 units are there already; --fresh begins anew"]
    assert not journal_path(Path("a.h5")).exists()


def test_a_point_added_to_a_sweep_changes_no_other_and_is_all_that_is_computed(partial, failing):
    longer = {**SWEEP, "sweep": {"model.gap": [0.5, 1.0, 2.0, 3.0], "temperature": [0.5, 1.0]}}
    calls = failing(99, None)
    assert same_numbers(run(longer, output="a.h5"), run(longer))
    assert calls == [1, 1, *[1] * 4]  # two units that were missing; all four without an output


def test_results_in_parts_of_a_sweep_over_methods_can_be_written_at_any_point(failing, monkeypatch):
    """A unit that is not there is like those of its own method: others have other variables."""
    monkeypatch.setattr(sys.modules["statmech.run.sweep"], "_APART_SECONDS", 0.0)
    methods = [{"kind": "elimination"}, {"kind": "monte_carlo", "algorithm": "metropolis", "seed": 1, "sweeps": 200}]
    source = {
        "model": {"kind": "ising", "lattice": {"kind": "chain", "shape": [6]}},
        "sweep": {"model.coupling": [1.0, 2.0], "temperature": [1.0, 2.0], "method": methods},
    }
    whole = run(source)
    count = len(failing(99, None))
    for last in range(2, 10):
        Path("a.h5").unlink(missing_ok=True)
        calls = failing(last, ConvergenceError("no luck"))
        with contextlib.suppress(ConvergenceError):
            run(source, output="a.h5", fresh=True)
        failing.end()
        assert not calls or readable("a.h5") is not None
        count = max(count, len(calls))
        found = open_results("a.h5")
        there = (found.status & PENDING) == 0
        for name in found.data_vars.keys() & {"internal_energy", "heat_capacity_errors"}:
            assert np.array_equal(found[name].values[there.values], whole[name].values[there.values], equal_nan=True)
    assert count > 4
    assert same_numbers(run(source, output="a.h5"), whole)


def test_finished_results_stay_until_all_of_the_new_ones_are_there(failing):
    run({**SWEEP, "title": "before"}, output="a.h5")
    before = Path("a.h5").read_bytes()
    other = {**SWEEP, "model": {"kind": "two_level", "gap": 1.0, "degeneracies": [1, 3]}}
    for count in (1, 2):
        failing(2, ConvergenceError("no luck"))
        with pytest.raises(ConvergenceError) as failure:
            run(other, output="a.h5")
        words = f"{count} of 3 units are kept in a.partial.h5 (a.h5 is what it was): run it again to go on"
        assert words in failure.value.__notes__[0]
        assert Path("a.h5").read_bytes() == before
        assert np.count_nonzero(open_results("a.partial.h5").status & PENDING) == 2 * (3 - count)
        failing.end()
    assert same_numbers(run(other, output="a.h5"), run(other))
    assert same_numbers(open_results("a.h5"), run(other))
    assert sorted(path.name for path in Path().iterdir()) == ["a.h5"]


def test_nobodys_file_gives_way_to_results_in_parts(failing):
    run(SWEEP, output="a.h5")
    Path("a.partial.h5").write_text("my notes")
    other = {**SWEEP, "model": {"kind": "two_level", "gap": 1.0, "degeneracies": [1, 3]}}
    failing(2, ConvergenceError("no luck"))
    with pytest.raises(ConvergenceError) as failure:
        run(other, output="a.h5")
    failing.end()
    assert "1 of 3 units are in the journal (a.h5 is what it was): run it again to go on" in failure.value.__notes__[0]
    run(other, output="a.h5")
    assert Path("a.partial.h5").read_text() == "my notes"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"model": {"kind": "two_level", "gap": 1.0, "degeneracies": [1, 3]}},
            "model.degeneracies was [1, 1], is [1, 3]",
        ),
        ({"method": "level_sum"}, 'method was "auto", is "level_sum"'),
        ({"units": {"energy": "cm-1"}}, 'units.energy was null, is "cm-1"'),
    ],
)
def test_a_changed_configuration_says_which_key_and_what_fresh_would_discard(partial, change, words):
    before = Path("a.h5").read_bytes()
    changed = {**SWEEP, **change}
    with pytest.raises(ResultsError) as refusal:
        run(changed, output="a.h5")
    for part in (words, "holds 2 finished units of another configuration", "--fresh", "-o FILE"):
        assert part in str(refusal.value)
    assert Path("a.h5").read_bytes() == before
    assert same_numbers(run(changed, output="a.h5", fresh=True), run(changed))


def test_what_changes_no_number_does_not_stop_a_resume(partial, failing):
    calls = failing(99, None)
    assert run({**SWEEP, "title": "other"}, output="a.h5").attrs["title"] == "other"
    assert calls == [1]


def test_a_file_with_another_content_is_another_configuration(failing):
    source = {
        "model": {"kind": "spectrum", "file": "g.csv"},
        "sweep": {"temperature": [10.0], "method": ["auto", "level_sum"]},
    }
    Path("g.csv").write_text("energy [cm-1],g\n0,1\n5,3\n")
    failing(2, ConvergenceError("no luck"))
    with pytest.raises(ConvergenceError):
        run(source, output="a.h5")
    failing.end()
    Path("g.csv").write_text("energy [cm-1],g\n0,1\n6,3\n")
    with pytest.raises(ResultsError, match=r"the content of g\.csv has changed"):
        run(source, output="a.h5")


def test_two_runs_on_one_output_the_second_is_told_who_holds_it(here):
    Path("a.yaml").write_text(CHAINS.replace("4000", "400000"))
    first = start(here, "run", "a.yaml", "-o", "a.h5")
    try:
        wait_for(lambda: Path("a.h5.journal.owner").exists())
        code, out, err = finish(start(here, "run", "a.yaml", "-o", "a.h5"))
        assert (code, out) == (1, "")
        assert f"another run is writing there (process {first.pid} on " in err
        assert "Traceback" not in err
    finally:
        kill_group(first)
    assert Journal(Path("a.h5"), {}, {}, fresh=True)  # the lock dies with its holder


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("executor", ["serial", "processes:2"])
def test_a_signal_keeps_what_is_done_and_says_how_to_go_on(here, signum, code, executor):
    Path("a.yaml").write_text(CHAINS.replace("80]", "400]").replace("4000", "8000"))
    process = start(here, "run", "a.yaml", "-o", "a.h5", "--executor", executor)
    wait_for(lambda: process.poll() is not None or units("a.h5.journal") > 2, 120.0)
    process.send_signal(signum)
    begun = time.monotonic()
    got, out, err = finish(process)
    assert time.monotonic() - begun < 30  # a moment, where nobody else uses the machine
    assert (got, out) == (code, "")
    assert "units are kept in a.h5: run it again to go on, with --fresh to begin anew" in err
    assert "Traceback" not in err
    assert 0 < readable("a.h5") < 400


def test_an_interrupt_at_start_up_leaves_the_previous_results_and_no_traceback(here):
    Path("a.yaml").write_text(EXACT.replace("120]", "2]"))
    assert finish(start(here, "run", "-q", "a.yaml", "-o", "a.h5"))[0] == 0
    before = Path("a.h5").read_bytes()
    rng, codes = random.Random(1), []
    for k in range(100 if SOAK else 6):
        signum = (signal.SIGINT, signal.SIGTERM)[k % 2]
        process = start(
            here, "run", "-q", "a.yaml", "-o", "a.h5", "--set", "sweep.temperature=[1, 2]", "--reproducible"
        )
        time.sleep(rng.uniform(0.05, 1.0))
        process.send_signal(signum)
        code, _, err = finish(process)
        codes.append(code)
        python = "import_site" in err or "<frozen site>" in err or "<frozen runpy>" in err
        if code == 0:  # it was done
            assert finish(start(here, "run", "-q", "a.yaml", "-o", "a.h5", "--fresh"))[0] == 0
            before = Path("a.h5").read_bytes()
        elif code != -signum and not python:  # else Python itself had not begun
            assert "Traceback" not in err, err
            assert code == 128 + signum, (code, err)
            assert err.startswith("statmech: interrupted; "), err
        assert Path("a.h5").read_bytes() == before
    told = sum(code in (130, 143) for code in codes)
    assert told or not SOAK
    print(f"\n{len(codes)} signals in the first second: {told} told by the run, {codes.count(0)} after its end")


def test_results_open_in_another_process_while_the_run_writes(here):
    """The writer rebuilds without pause, which is a thousand times as often as it does."""
    opens = 1000 if SOAK else 40
    script = Path("writer.py")
    script.write_text(
        "import sys\n"
        "from statmech.run import run\n"
        "driver = sys.modules['statmech.run.driver']\n"
        "driver._REBUILD_SECONDS = 0.0\n"
        "driver.monotonic = lambda: 0.0\n"
        "while True:\n"
        "    run('exact.yaml', output='a.h5', fresh=True, progress=False)\n"
    )
    Path("exact.yaml").write_text(EXACT)
    writer = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, start_new_session=True)
    seen = set()
    try:
        wait_for(lambda: Path("a.h5").exists() or writer.poll() is not None)
        for _ in range(opens):
            assert writer.poll() is None, writer.stderr.read()
            seen.add(readable("a.h5"))
            time.sleep(0.01)
    finally:
        kill_group(writer)
    assert len(seen) > 3, seen  # it was caught in different states


def test_a_full_disk_keeps_the_previous_results_and_goes_on_afterwards(here):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small file system to fill needs root and mount")
    disk = Path("disk")
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        Path("a.yaml").write_text(EXACT.replace("120]", "40]"))
        small = ["-o", "disk/a.h5", "--set", "sweep.temperature=[1]"]
        assert finish(start(here, "run", "-q", "a.yaml", *small))[0] == 0
        before = Path("disk/a.h5").read_bytes()
        Path("disk/filler").write_bytes(b"x" * (512 * 1024 - len(before) - 48 * 1024))
        code, out, err = finish(start(here, "run", "-q", "a.yaml", "-o", "disk/a.h5"))
        assert (code, out) == (1, ""), err
        assert "the disk is full" in err
        assert "Traceback" not in err
        assert Path("disk/a.h5").read_bytes() == before
        Path("disk/filler").unlink()
        code, out, err = finish(start(here, "run", "a.yaml", "-o", "disk/a.h5"))
        assert code == 0, err
        assert readable("disk/a.h5") == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_read_only_file_system_is_told_before_any_work(here):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a read-only file system needs root and mount")
    disk = Path("disk")
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        Path("a.yaml").write_text(EXACT.replace("120]", "2]"))
        assert finish(start(here, "run", "-q", "a.yaml", "-o", "disk/a.h5"))[0] == 0
        before = Path("disk/a.h5").read_bytes()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        code, out, err = finish(start(here, "run", "a.yaml", "-o", "disk/a.h5"))
        assert (code, out) == (2, "")
        assert "read-only" in err
        assert Path("disk/a.h5").read_bytes() == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_deleted_during_the_run_is_told(here):
    Path("a.yaml").write_text(EXACT)
    process = start(here, "run", "-q", "a.yaml", "-o", "sub/a.h5")
    wait_for(lambda: Path("sub/a.h5.journal.owner").exists())
    shutil.rmtree("sub")
    code, out, err = finish(process)
    assert (code, out) == (1, "")
    assert "deleted or moved during the run" in err or "does not exist" in err
    assert "Traceback" not in err


def test_a_damaged_journal_says_so_and_fresh_begins_anew():
    journal_path(Path("a.h5")).write_bytes(b"this is no database" * 100)
    with pytest.raises(ResultsError, match="is no journal of a run, or damaged"):
        run(SWEEP, output="a.h5")
    assert same_numbers(run(SWEEP, output="a.h5", fresh=True), run(SWEEP))


@pytest.mark.parametrize("place", [-1, 8, 0, None])
def test_damaged_rows_are_computed_again(partial, place):
    """One bit on the disk is enough: it might be one of a number."""
    with sqlite3.connect(journal_path(Path("a.h5"))) as db:
        for key, data in db.execute("select key, data from unit").fetchall():
            damaged = bytearray(data)
            if place is not None:
                damaged[place] ^= 1
            db.execute("update unit set data = ? where key = ?", (bytes(damaged) if place is not None else b"", key))
    db.close()
    assert same_numbers(run(SWEEP, output="a.h5"), run(SWEEP))


def test_a_chain_whose_stored_state_was_damaged_begins_anew(here):
    text = CHAINS.replace("80]", "2]").replace("4000", "100000")
    Path("a.yaml").write_text(text)
    process = start(here, "run", "-q", "a.yaml", "-o", "a.h5", hasty=True)
    wait_for(lambda: process.poll() is not None or chains_under_way("a.h5.journal"))
    kill_group(process)
    with sqlite3.connect(journal_path(Path("a.h5"))) as db:
        rows = db.execute("select key, data from progress").fetchall()
        assert rows
        for key, data in rows:
            damaged = bytearray(data)
            damaged[len(data) // 2] ^= 64  # a spin of 64, where there are two
            db.execute("update progress set data = ? where key = ?", (bytes(damaged), key))
    db.close()
    assert same_numbers(run("a.yaml", output="a.h5"), run("a.yaml", output="b.h5"))


def test_a_journal_of_a_newer_version_is_left_alone():
    with Database(journal_path(Path("a.h5"))) as database:
        database.note("schema", "99")
    with pytest.raises(ResultsError, match="written by a newer statmech"):
        run(SWEEP, output="a.h5")


def test_the_journal_of_long_work_stays_and_a_longer_sweep_costs_the_new_points_alone(monkeypatch, failing):
    monkeypatch.setattr(sys.modules["statmech.run.journal"], "_KEEP_ABOVE", 0.0)
    run(SWEEP, output="a.h5")
    assert journal_path(Path("a.h5")).exists()
    calls = failing(99, None)
    longer = {**SWEEP, "sweep": {"model.gap": [1.0, 1.5, 2.0, 3.0], "temperature": [0.5, 1.0]}}
    run(longer, output="a.h5")
    assert calls == [1]


def test_an_interrupted_run_raises_for_callers_in_python(failing):
    failing(2, KeyboardInterrupt())
    with pytest.raises(Interrupted, match="1 of 3 units are kept") as interrupt:
        run(SWEEP, output="a.h5")
    assert interrupt.value.signum == signal.SIGINT
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_journal_says_nothing_of_the_machine_once_the_run_is_over(here):
    run(SWEEP, output="a.h5")
    assert sorted(path.name for path in here.iterdir()) == ["a.h5"]
    assert json.loads(open_results("a.h5").attrs["versions"])["statmech"]
    assert command("x")[-1] == "x"
