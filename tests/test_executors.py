"""Any executor gives the same bits, and a worker that dies costs nothing but its time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from survival import SOAK, children, command, finish, kill_group, same_numbers, start, units, wait_for

from statmech.errors import InputError, ResourceError
from statmech.results import open_results
from statmech.run import run
from statmech.run.executors import Serial, executor
from statmech.run.executors.processes import Processes

# Six sums that share what is prepared, three chains, in units of their own
SUMS = """\
model: {kind: ising, lattice: {kind: square, shape: [4, 4]}, coupling: 1.0}
sweep: {model.coupling: [0.5, 1.0], temperature: [0.5, 1.0, 2.0], model.field: [0.0, 0.1]}
method: {kind: transfer_matrix}
output: out.h5
"""
CHAINS = """\
model: {kind: ising, lattice: {kind: square, shape: [6, 6]}}
sweep: {temperature: [1.5, 2.5, 3.5]}
method: {kind: monte_carlo, algorithm: metropolis, seed: 1, sweeps: 3000}
output: out.h5
"""
LONG = CHAINS.replace("[1.5, 2.5, 3.5]", "{linspace: [1.5, 3.5, 24]}").replace("3000", "60000" if SOAK else "20000")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sums.yaml").write_text(SUMS)
    Path("chains.yaml").write_text(CHAINS)
    Path("long.yaml").write_text(LONG)
    return tmp_path


def bytes_of(folder, *arguments, prefix=()):
    """Both configurations by one executor: their reproducible files."""
    found = []
    for name in ("sums", "chains"):
        full = [*prefix, *command("run", "-q", f"{name}.yaml", "--reproducible", "-o", "out.h5", *arguments)]
        done = subprocess.run(full, cwd=folder, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "Traceback" not in done.stderr
        found.append((Path(folder) / "out.h5").read_bytes())
    return found


def test_serial_and_processes_write_the_same_bytes(here):
    assert bytes_of(here) == bytes_of(here, "--executor", "processes:2")


def test_a_counted_enumeration_is_shared_among_workers(here):
    """2^30 states in four parts, of which symmetry leaves two."""
    source = {
        "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [5, 6]}, "coupling": -0.1},
        "sweep": {"temperature": [0.0, 0.5, 2.0], "model.field": [0.0, 0.1]},
        "method": {"kind": "enumeration"},
    }
    assert same_numbers(run(source), run(source, executor="processes:2", progress=False))


def need(package):
    if find_spec(package) is None:
        pytest.skip(
            f"{package} is not installed: pip install 'statmech[{'mpi' if package == 'mpi4py' else 'cluster'}]'"
        )


def test_dask_here_and_a_scheduler_elsewhere_write_the_same_bytes(here):
    need("distributed")
    serial = bytes_of(here)
    assert bytes_of(here, "--executor", "dask:2") == serial
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1",
         "--scheduler-file", "where.json"], **quiet,
    )  # fmt: skip
    workers = []
    try:
        wait_for(lambda: Path("where.json").exists())
        import json

        address = json.loads(Path("where.json").read_text())["address"]
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"],
                **quiet,
            )
            for _ in range(2)
        ]
        assert bytes_of(here, "--executor", address) == serial
    finally:
        for process in (*workers, scheduler):
            kill_group(process)


def test_mpi_writes_the_same_bytes(here):
    need("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    launcher = str(mpiexec) if mpiexec.exists() else shutil.which("mpiexec")
    if launcher is None:
        pytest.skip("there is no mpiexec: pip install mpi4py mpich, both into the environment of statmech")
    probe = [launcher, "-n", "2", sys.executable, "-c", "from mpi4py import MPI; print(MPI.COMM_WORLD.size)"]
    found = subprocess.run(probe, capture_output=True, text=True, timeout=60)
    if found.returncode or "".join(found.stdout.split()) != "22":  # two lines, perhaps within each other
        pytest.skip(
            f"mpi4py and {launcher} do not go together ({found.stderr.strip()[-100:]}): pip install mpi4py mpich, both "
            "into the environment of statmech, or build mpi4py for the library that is there: "
            "pip install --no-binary mpi4py mpi4py"
        )
    assert bytes_of(here, "--executor", "mpi", prefix=[launcher, "-n", "2"]) == bytes_of(here)
    wrong = subprocess.run(
        [launcher, "-n", "2", *command("run", "nowhere.yaml", "--executor", "mpi")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "nowhere.yaml: no such file" in wrong.stderr  # and the other rank does not wait for ever
    alone = finish(start(here, "run", "sums.yaml", "--executor", "mpi"))
    assert (alone[0], "at least two ranks" in alone[2]) == (2, True)


def workers_of(pid, mark):
    """Descendants whose command line has a word in it."""
    found = []
    for child in children(pid):
        try:
            line = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark in line:
            found.append(child)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")
@pytest.mark.parametrize(("where", "mark"), [("processes:2", "forkserver"), ("dask:2", "spawn_main")])
def test_a_worker_that_is_killed_is_replaced_and_the_results_are_the_same(here, where, mark):
    if where.startswith("dask"):
        need("distributed")
    code, _, err = finish(start(here, "run", "-q", "long.yaml", "-o", "whole.h5", "--reproducible"))
    assert code == 0, err
    process = start(here, "run", "-q", "long.yaml", "-o", "out.h5", "--reproducible", "--executor", where)
    killed = 0
    try:
        for some in (1, 8):  # while the work goes on: it has begun, and is about half way
            wait_for(lambda some=some: process.poll() is not None or units("out.h5.journal") >= some)
            victims = busy(process.pid, mark)
            if victims:
                os.kill(victims[0], signal.SIGKILL)
                killed += 1
        code, _, err = finish(process)
    finally:
        kill_group(process)
    assert code == 0, err
    assert killed >= 1
    assert Path("out.h5").read_bytes() == Path("whole.h5").read_bytes()
    assert same_numbers(open_results("out.h5"), open_results("whole.h5"))


def busy(pid, mark):
    """Workers that have used half a second of processor time after their imports."""
    found = []
    for child in workers_of(pid, mark):
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if not children(child) and (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > 0.5:
            found.append(child)
    return found


def die():
    os._exit(9)


def test_a_task_that_kills_its_worker_each_time_is_given_up_with_advice():
    with Processes(1) as pool:
        assert pool.submit(abs, -3).result() == 3
        with pytest.raises(ResourceError, match="died 4 times at the same task; is there enough memory"):
            pool.submit(os._exit, 9).result()
        assert pool.submit(abs, -4).result() == 4


def test_workers_use_one_thread():
    with Processes(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert pool.submit(os.getenv, "NUMBA_NUM_THREADS").result() == "1"
    assert os.getenv("OMP_NUM_THREADS") == os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("where", ["processes:2", "dask:2"])
def test_a_script_without_the_guard_gets_one_sentence(here, where):
    if where.startswith("dask"):
        need("distributed")
    Path("script.py").write_text(
        "from statmech.run import run\n"
        "from statmech.errors import StatmechError\n"
        "try:\n"
        f"    run('sums.yaml', executor='{where}', output='x.h5')\n"
        "except StatmechError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, timeout=120)
    assert 'must do so below `if __name__ == "__main__":`' in done.stdout
    assert (done.stdout.count("\n"), "Traceback" in done.stderr) == (1, False), done.stderr
    assert not Path("x.h5").exists()


def test_workers_end_when_the_driver_is_killed(here):
    process = start(here, "run", "-q", "long.yaml", "-o", "out.h5", "--executor", "processes:2")
    wait_for(lambda: len(workers_of(process.pid, "forkserver")) >= 3)
    family = workers_of(process.pid, "forkserver")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        pipe.close()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 20)


def test_no_scheduler_at_the_address_is_told():
    need("distributed")
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run("sums.yaml", executor="tcp://127.0.0.1:9", output="x.h5", progress=False)


def test_a_failing_task_reports_its_own_error_from_a_worker():
    source = {"model": {"kind": "ising", "lattice": {"kind": "square", "shape": [3, 3]}}, "sweep": {"temperature": 0.0}}
    source["method"] = {"kind": "monte_carlo", "algorithm": "metropolis"}
    for where in ("serial", "processes:1"):
        with pytest.raises(InputError, match="monte_carlo needs T != 0"):
            run(source, executor=where, progress=False)
    assert isinstance(executor("serial"), Serial)
