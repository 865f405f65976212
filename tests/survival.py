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

# 200 points of about 10 ms each on one core: 120 exact, one model each, and 80 chains that take several pieces
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


def command(*arguments):
    return [sys.executable, "-m", "statmech", *arguments]


def start(folder, *arguments, **options):
    """A command in the background, in a process group of its own."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command(*arguments), cwd=folder, start_new_session=True, **pipes)


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
    if not Path(path).exists():
        return 0
    with tempfile.TemporaryDirectory() as folder:  # a new one each time: nothing of an earlier copy is beside it
        copy = str(Path(folder) / "copy")
        for ending in ("", "-wal"):
            with suppress(FileNotFoundError):  # the run is over
                shutil.copy(path + ending, copy + ending)
        try:
            with closing(sqlite3.connect(copy)) as db:
                return db.execute("select count(*) from unit").fetchone()[0]
        except sqlite3.Error:
            return 0
