"""Runs in processes of their own, to be killed, filled up and watched."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

SOAK = os.environ.get("STATMECH_SOAK", "0") not in ("", "0")

EXACT = """\
model: {kind: ising, lattice: {kind: square, shape: [4, 5]}, coupling: 1.0}
sweep:
  model.coupling: {linspace: [0.5, 1.5, 120]}
  temperature: [2.0]
method: {kind: elimination}
output: exact.h5
"""
CHAINS = """\
model: {kind: ising, lattice: {kind: square, shape: [6, 6]}}
sweep:
  temperature: {linspace: [1.5, 3.5, 80]}
method: {kind: monte_carlo, algorithm: metropolis, seed: 1, sweeps: 4000}
output: chains.h5
"""
# 200 points in one run: half of them exact, half chains
BOTH = """\
model: {kind: ising, lattice: {kind: square, shape: [4, 5]}, coupling: 1.0}
sweep:
  model.coupling: {linspace: [0.5, 1.5, 50]}
  temperature: [2.0, 2.5]
  method:
    - {kind: elimination}
    - {kind: monte_carlo, algorithm: metropolis, seed: 1, sweeps: 4000}
output: both.h5
"""
# 200 points of every algorithm; hasty runs cut each chain into pieces
LINKED = """\
model: {kind: ising, lattice: {kind: square, shape: [6, 6]}, coupling: 1.0}
sweep:
  model.coupling: {linspace: [0.5, 1.5, 4]}
  temperature: {linspace: [2.0, 4.0, 10]}
  method:
    - {kind: monte_carlo, algorithm: wolff, seed: 1, sweeps: 1000}
    - {kind: monte_carlo, algorithm: multispin, seed: 1, sweeps: 300, target_error: 1e-4}
    - {kind: monte_carlo, algorithm: tempering, seed: 1, sweeps: 3000}
    - {kind: monte_carlo, algorithm: wang_landau, seed: 1, sweeps: 3000, burn_in: 1000}
    - {kind: monte_carlo, algorithm: population_annealing, seed: 1, sweeps: 500}
output: linked.h5
"""
# A run that stores its chains every 50 ms and rebuilds its results as often as it may: it is killed while it does so
HASTY = """\
import sys
from functools import partial
import statmech.run
package, driver = sys.modules["statmech.run"], sys.modules["statmech.run.driver"]
package.Job = partial(package.Job, seconds=0.05)
driver._REBUILD_SECONDS = 0.1
from statmech.cli import main
sys.exit(main(sys.argv[1:]))
"""


def command(*arguments):
    return [sys.executable, "-m", "statmech", *arguments]


def start(folder, *arguments, hasty=False, **options):
    """A command in the background, in a process group of its own."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    full = [sys.executable, "-c", HASTY, *arguments] if hasty else command(*arguments)
    return subprocess.Popen(full, cwd=folder, start_new_session=True, **pipes)


def finish(process, timeout=300):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def kill_group(process):
    """kill -9 to the driver and all of its workers."""
    with suppress(ProcessLookupError):  # it was done
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def wait_for(condition, seconds=60.0, step=0.01):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(step)


def same_numbers(a, b):
    """Equal bits in every variable and coordinate."""
    assert set(a.variables) == set(b.variables)
    for name in a.variables:
        left, right = a[name].values, b[name].values
        assert left.dtype == right.dtype, name
        assert left.tobytes() == right.tobytes() if left.dtype != object else np.array_equal(left, right), name
    return True


def children(pid):
    """Process ids of all descendants."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == pid:
                found += [int(entry.name), *children(int(entry.name))]
    return found


def units(path):
    """Finished units, counted in a copy: the journal itself is locked."""
    return _count(path, "unit")


def chains_under_way(path):
    """Chains that were stored before their end."""
    return _count(path, "progress")


def _count(path, table):
    if not Path(path).exists():
        return 0
    with tempfile.TemporaryDirectory() as folder:  # a new one each time: nothing of an earlier copy is beside it
        copy = str(Path(folder) / "copy")
        for ending in ("", "-wal"):
            with suppress(FileNotFoundError):  # the run is over
                shutil.copy(path + ending, copy + ending)
        try:
            with closing(sqlite3.connect(copy)) as db:
                return db.execute(f"select count(*) from {table}").fetchone()[0]
        except sqlite3.Error:
            return 0
