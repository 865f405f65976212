"""The command line as its users meet it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from statmech.cli import main
from statmech.errors import ConvergenceError, ResultsError
from statmech.results import open_results
from statmech.summary import summarise, summary_lines

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("STATMECH_TEST_DATA", ROOT.parent / "shared" / "data"))
GOOD = "title: Two levels\nmodel: {kind: two_level, gap: 1.0}\nsweep: {temperature: [0.5, 1.0]}\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys):
    def call(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def good():
    Path("a.yaml").write_text(GOOD)
    return "a.yaml"


def process(*arguments, **options):
    command = [sys.executable, "-m", "statmech", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_help_loads_no_library_and_lists_every_command():
    code = (
        "import sys\n"
        "from statmech.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'numpy', 'matplotlib', 'pydantic', 'yaml', 'xarray', 'h5py', 'scipy', 'numba', 'pandas', 'tqdm'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
    for command in ("run", "plan", "show", "plot", "report", "schema", "new"):
        assert re.search(rf"^ +{command} ", done.stdout, re.MULTILINE)


def test_a_run_loads_no_library_it_does_not_need(good):
    code = (
        "import sys\n"
        "from statmech.cli import main\n"
        f"assert main(['run', '{good}']) == 0\n"
        "heavy = {'xarray', 'pandas', 'dask', 'scipy', 'matplotlib', 'numba', 'networkx', 'flint', 'tqdm'}\n"
        "ours = {'sampling.base', 'estimators', 'readers', 'variable_elimination', 'methods.closed_forms'}\n"
        "heavy |= {'numpy.ma'} | {f'statmech.{name}' for name in ours}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "Two levels"
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert re.fullmatch(r"statmech \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_run_writes_the_results_and_says_what_and_where(call, good):
    code, out, err = call("run", good)
    assert (code, err) == (0, "")
    assert out.startswith("Two levels\n")
    for words in ("level_sum (exact", "why ", "temperature  2 values, 0.5 ... 1", "0.365334 ... 0.582203", "k_B"):
        assert words in out
    assert "results      results/a.h5" in out
    assert "statmech show results/a.h5; statmech plot results/a.h5" in out
    assert open_results("results/a.h5").attrs["title"] == "Two levels"
    assert not list(Path().rglob("*.png"))


def test_quiet_prints_nothing(call, good):
    assert call("run", "-q", good) == (0, "", "")


def test_output_is_the_options_then_the_configurations_then_results(call, good):
    Path("b.yaml").write_text(GOOD + "output: mine/b.h5\n")
    call("run", "-q", "b.yaml")
    call("run", "-q", "b.yaml", "-o", "other.h5")
    assert Path("mine/b.h5").exists()
    assert Path("other.h5").exists()
    assert "output       mine/b.h5" in call("plan", "b.yaml")[1]
    assert "output       results/a.h5" in call("plan", good)[1]


def test_set_changes_one_value_and_may_be_repeated(call, good):
    call("run", "-q", good, "--set", "model.gap=2", "--set", "sweep.temperature=[1, 2, 3]", "-o", "x.h5")
    ds = open_results("x.h5")
    assert ds.sizes == {"temperature": 3}
    assert json.loads(ds.attrs["config_resolved"])["model"]["gap"] == 2


def test_reproducible_runs_of_two_processes_write_equal_bytes(good):
    for name in ("x.h5", "y.h5"):
        assert process("run", "-q", good, "--reproducible", "-o", name).returncode == 0
    assert Path("x.h5").read_bytes() == Path("y.h5").read_bytes()


def test_plot_draws_and_names_every_file(call, good):
    code, out, _ = call("run", good, "--plot")
    named = re.findall(r"^figure +(.+)$", out, re.MULTILINE)
    assert code == 0
    assert named
    assert all(Path(name).stat().st_size > 1000 for name in named)
    assert "statmech plot" not in out
    code, out, _ = call("plot", "results/a.h5", "-o", "fig", "--format", "pdf")
    assert (code, out.split()) == (0, ["fig_thermodynamics.pdf"])
    assert Path("fig_thermodynamics.pdf").exists()
    assert call("plot", "results/a.h5", "--format", "gif")[0] == 2


def test_plan_says_method_and_why_points_and_estimates_and_writes_nothing(call, good):
    before = set(Path().rglob("*"))
    code, out, err = call("plan", good)
    assert (code, err) == (0, "")
    for words in (
        "method       level_sum",
        "why          auto: ",
        "points       2 in 1 task",
        "on one core",
        "of memory",
    ):
        assert words in out
    assert set(Path().rglob("*")) == before


def test_plan_on_five_mistakes_prints_five_lines_with_line_and_column_and_three_suggestions():
    Path("bad.yaml").write_text(
        "model:\n"
        "  kind: ising\n"
        "  latice: {kind: square, shape: [4, 4]}\n"
        "sweep:\n"
        "  temperature: [300 K, 2]\n"
        "  model.feild: [0, 1]\n"
        "method: enumerasion\n"
        "units: {per: 3}\n"
    )
    done = process("plan", "bad.yaml")
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, "", 5)
    places = [re.match(r"bad\.yaml:(\d+):(\d+): ", line) for line in lines]
    assert [(int(place[1]), int(place[2])) for place in places] == [(3, 3), (5, 17), (6, 3), (7, 9), (8, 14)]
    assert sum("did you mean" in line for line in lines) == 3


def test_show_prints_everything_that_results_know_of_themselves(call, good):
    call("run", "-q", good)
    code, out, _ = call("show", "results/a.h5")
    assert code == 0
    for words in (
        "Two levels",
        "temperature",
        "Heat capacity",
        "why ",
        "exact",
        "versions",
        "numpy",
        "    model: {kind",
    ):
        assert words in out


def test_show_json_is_strict_json_with_everything_in_it(call):
    Path("a.yaml").write_text(GOOD.replace("[0.5, 1.0]", "[0.0, 1.0, .inf]"))
    call("run", "-q", "a.yaml")

    def never(name):
        raise AssertionError(name)

    found = json.loads(call("show", "--json", "results/a.h5")[1], parse_constant=never)
    assert found["dimensions"]["temperature"]["values"] == [0.0, 1.0, "inf"]
    assert found["variables"]["free_energy"]["minimum"] == "-inf"
    assert found["variables"]["entropy"]["units"] == "k_B"
    assert found["config_resolved"]["model"]["kind"] == "two_level"
    assert found["status"] == {"ok": 3}
    assert found["attributes"]["method"] == "level_sum"


def test_schema_prints_json_schema(call):
    code, out, _ = call("schema")
    assert code == 0
    assert "model" in json.loads(out)["properties"]


def test_new_lists_kinds_and_prints_a_configuration_that_runs(call):
    assert re.search(r"^ising +H = ", call("new")[1], re.MULTILINE)
    code, out, _ = call("new", "ising")
    Path("new.yaml").write_text(out)
    assert (code, call("run", "-q", "new.yaml")[0]) == (0, 0)
    code, out, err = call("new", "isng")
    assert (code, out) == (2, "")
    assert "did you mean 'ising'?" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "b.yaml"], "b.yaml: no such file; did you mean 'a.yaml'?"),
        (["run", "a.yaml", "--set", "model.gap=x"], "--set model.gap=x: model.gap: expected a number; got 'x'"),
        (["run", "a.yaml", "--executor", "threads:4"], "executor: expected serial, processes:N,"),
        (["plan", "a.yaml", "--set", "method=enumeration"], "enumeration cannot treat this model"),
        (["show", "a.yaml"], "a.yaml: not an HDF5 file"),
        (["show", "b.h5"], "b.h5: there is no such file"),
        (["plot", "b.h5"], "b.h5: there is no such file"),
        (["run", "levels.yaml"], "levels.csv:3:1: "),
    ],
)
def test_bad_input_is_exit_2_with_one_message_and_no_traceback(call, good, arguments, words):
    Path("levels.csv").write_text("energy [cm-1],g\n0,1\nx,1\n")
    Path("levels.yaml").write_text("model: {kind: spectrum, file: levels.csv}\nsweep: {temperature: 1}\n")
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert err.count("\n") == 1, err
    assert not Path("results/a.h5").exists()


@pytest.mark.parametrize("arguments", [["rnu"], ["run"], ["run", "a.yaml", "--stale"], ["show"], ["--nope"]])
def test_a_wrong_call_is_exit_2(capsys, arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: statmech" in capsys.readouterr().err


def test_no_command_at_all_prints_the_help_and_is_exit_2(call):
    code, out, _ = call()
    assert code == 2
    assert out.startswith("usage: statmech")


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("folder", "folder: is a folder or device, expected the name of a file"),
        (f"{'x' * 300}.h5", "the file name is too long"),
        ("a.yaml/x.h5", "output: the folder a.yaml"),
        ("/proc/nowhere/x.h5", "output: the folder /proc/nowhere cannot be made"),
    ],
)
def test_an_output_that_cannot_be_written_is_exit_2_before_any_work(call, good, monkeypatch, command, output, words):
    def never(*_):
        raise AssertionError("work was done")

    monkeypatch.setattr(sys.modules["statmech.run.work"], "compute", never)
    Path("folder").mkdir()
    if output.startswith("/proc") and command == "plan" and os.geteuid() == 0:
        pytest.skip("root may write anywhere, says access(2)")
    code, out, err = call(command, good, "-o", output)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert ".part" not in err
    assert "[Errno" not in err


def test_an_output_that_fails_after_the_work_is_exit_1(call, good, monkeypatch):
    def full(*_, **__):
        raise ResultsError("results/a.h5: the disk is full")

    monkeypatch.setattr(sys.modules["statmech.run"], "write_results", full)
    code, out, err = call("run", good)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "statmech: results/a.h5: the disk is full",
        "statmech: 1 of 1 units are in the journal: run it again to go on",
    ]


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize("through_link", [False, True])
def test_results_never_replace_a_file_that_the_run_reads(call, command, through_link):
    files = {
        "g.csv": "energy [K],g\n0,1\n5,3\n",
        "b.yaml": "sweep: {temperature: [1, 2]}\n",
        "v.yaml": "extends: b.yaml\nmodel: {kind: spectrum, file: g.csv}\n",
        "w.yaml": "extends: v.yaml\noutput: g.csv\n",
    }
    for name, text in files.items():
        Path(name).write_text(text)
    for name, what in (("v.yaml", "the configuration"), ("b.yaml", "extends"), ("g.csv", "the file of model.file")):
        output = name
        if through_link:
            output = f"link-{name}"
            Path(output).symlink_to(name)
        code, out, err = call(command, "v.yaml", "-o", output)
        assert (code, out) == (2, "")
        assert err.startswith(f"output: '{output}' is ")
        assert what in err
    code, out, err = call(command, "w.yaml")
    assert (code, out) == (2, "")
    assert err == (
        "w.yaml:2:9: output: 'g.csv' is the file of model.file, which the results would replace; choose another name\n"
    )
    assert {name: Path(name).read_text() for name in files} == files
    swept = call(command, "v.yaml", "-o", "h.csv", "--set", "sweep.model.file=[g.csv, h.csv]")
    assert swept[0] == 2  # h.csv is not there
    Path("h.csv").write_text(files["g.csv"])
    code, _, err = call(command, "v.yaml", "-o", "h.csv", "--set", "sweep.model.file=[g.csv, h.csv]")
    assert (code, Path("h.csv").read_text()) == (2, files["g.csv"])
    assert "'h.csv' is the file of model.file" in err


def test_results_never_replace_a_file_that_is_no_results_file(call, good):
    Path("thesis.tex").write_text("years of work")
    code, out, err = call("run", good, "-o", "thesis.tex")
    assert (code, out, Path("thesis.tex").read_text()) == (2, "", "years of work")
    assert "is no results file (HDF5)" in err
    Path("empty").touch()
    assert call("run", good, "-q", "-o", "empty") == (0, "", "")
    assert call("run", good, "-q", "-o", "empty") == (0, "", "")


def test_a_run_that_fails_is_exit_1_and_its_traceback_is_for_debug_only(call, good, monkeypatch):
    def fails(*_):
        raise ConvergenceError("residual 1e-3 after 50 steps; raise steps")

    monkeypatch.setattr(sys.modules["statmech.run.work"], "compute", fails)
    assert call("run", good) == (1, "", "statmech: residual 1e-3 after 50 steps; raise steps\n")
    with pytest.raises(ConvergenceError):
        main(["run", good, "--debug"])


def test_a_fault_of_the_program_says_so_and_how_to_report_it(call, good, monkeypatch):
    def breaks(*_):
        raise KeyError("state")

    monkeypatch.setattr(sys.modules["statmech.run.work"], "compute", breaks)
    code, out, err = call("run", good)
    assert (code, out) == (1, "")
    assert "unexpected KeyError: 'state'" in err
    assert "report it" in err
    assert "--debug" in err
    assert "Traceback" not in err
    with pytest.raises(KeyError):
        main(["run", good, "--debug"])


def test_an_interrupt_is_exit_130_and_leaves_nothing_half_written(call, good, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["statmech.run.work"], "compute", interrupted)
    code, _, err = call("run", good)
    assert (code, err) == (130, "statmech: interrupted; nothing was written\n")
    assert not list(Path("results").iterdir())


def test_an_interrupt_while_drawing_says_what_was_written(call, good, monkeypatch):
    import statmech.plots

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(statmech.plots, "save_figures", interrupted)
    code, _, err = call("run", good, "--plot", "-o", "a.h5")
    assert (code, err) == (130, "statmech: interrupted; written: a.h5\n")
    assert open_results("a.h5").sizes["temperature"] == 2


def test_a_run_that_has_nothing_to_draw_says_so_and_is_no_error(call, good):
    code, out, err = call("run", good, "--plot", "--set", "sweep.temperature=1")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("no figure: ")
    assert Path("results/a.h5").exists()


def test_ctrl_c_on_the_process_is_exit_130(good):
    code = (
        "import sys, time\n"
        "from statmech import cli\n"
        "import statmech.run\n"
        "def slow(*_):\n"
        "    print('working', flush=True)\n"
        "    time.sleep(30)\n"
        "sys.modules['statmech.run.work'].compute = slow\n"
        f"sys.exit(cli.main(['run', '{good}']))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "working\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, "", "statmech: interrupted; nothing was written\n")


def test_a_reader_that_has_seen_enough_is_no_error(call, good):
    call("run", "-q", good)
    command = f"{sys.executable} -m statmech schema | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


@pytest.mark.parametrize("name", ["co_levels", "ising_square", "molecule", "phonons"])
def test_the_shipped_configurations_run_from_any_folder(call, name):
    code, out, err = call("run", str(ROOT / "configs" / f"{name}.yaml"))
    assert (code, err) == (0, "")
    assert f"results/{name}.h5" in out
    assert open_results(f"results/{name}.h5").status.values.max() == 0


def test_the_shipped_configuration_runs_on_the_real_line_list(call):
    states = DATA / "exomol" / "12C-16O__Li2015.states.bz2"
    if not states.exists():
        pytest.skip(f"{states} is not there (STATMECH_TEST_DATA says where)")
    rows = json.loads((DATA / "reference" / "levels.json").read_text())["sets"]["CO_Li2015"]["rows"]
    temperatures = [row["T"] for row in rows]
    options = ["--set", f"model.file={states}", "--set", "model.format=exomol"]
    options += ["--set", f"sweep.temperature={temperatures}"]
    assert call("run", "-q", str(ROOT / "configs" / "co_levels.yaml"), *options)[0] == 0
    ds = open_results("results/co_levels.h5")
    # 40-digit sums over the same levels; 1e-12 is what level sums promise
    for name, key in (("log_z", "lnQ"), ("entropy", "S_J_per_mol_K"), ("heat_capacity", "Cv_J_per_mol_K")):
        np.testing.assert_allclose(ds[name], [row[key] for row in rows], rtol=1e-12)
    assert ds.attrs["model_format"] == "exomol"
    assert str(DATA) not in json.dumps(ds.attrs)


def test_what_a_reader_left_out_and_inverted_populations_are_said(call):
    Path("l.csv").write_text("v,energy [K],g\n0,0,1\n1,5,3\n")
    Path("a.yaml").write_text("model: {kind: spectrum, file: l.csv}\nsweep: {temperature: [-5, 5]}\n")
    note = "note         negative temperatures: inverted population (temperatures are in kelvin: 25 C is 298.15)\n"
    code, out, _ = call("run", "a.yaml")
    assert code == 0
    assert note in out
    assert "not used     'v'\n" in out
    assert note in call("plan", "a.yaml")[1]
    assert note not in call("plan", "a.yaml", "--set", "sweep.temperature=5")[1]


def test_points_with_a_status_are_told_line_by_line():
    status = ("temperature", np.array([0, 1, 5], np.int8))
    dataset = xr.Dataset({"status": status}, {"temperature": [1.0, 2.0, 3.0]})
    lines = [line for line in summary_lines(dataset, provenance=False) if line.startswith("status")]
    assert lines[0].startswith("status       2 of 3 points levels_incomplete (T = 2 ... 3): the list of levels ends")
    assert lines[1].startswith("status       1 of 3 points outside_range (T = 3): the temperature is outside")
    assert summarise(dataset)["status"] == {"ok": 1, "levels_incomplete": 2, "outside_range": 1}
