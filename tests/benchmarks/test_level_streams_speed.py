"""Summing a file as it is read, beside reading it alone. Alone on the machine: make timings."""

from __future__ import annotations

import resource
import time

import h5py
import numpy as np
import pytest

from statmech import iter_levels, solve
from statmech.models.spectrum import Spectrum

T = np.linspace(100.0, 5000.0, 50)
BLOCK = 131_072


def write_states(path, count):
    rng = np.random.default_rng(1)
    rows = enumerate(zip(rng.uniform(0, 4e4, 500_000), rng.integers(0, 90, 500_000), strict=True), 1)
    block = "".join(f"{i:12d} {energy:12.6f} {2 * j + 1:6d} {j:7d} Inf X\n" for i, (energy, j) in rows)
    with path.open("w") as file:
        for _ in range(count // 500_000):
            file.write(block)


def write_h5(path, count):
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        file["energies"], file["degeneracies"] = rng.uniform(0, 4e4, count), rng.integers(1, 99, count)
        file["energies"].attrs["units"] = "cm-1"


@pytest.mark.parametrize(
    ("name", "write", "count", "most"),
    [("x.states", write_states, 10_000_000, 1.25), ("x.h5", write_h5, 20_000_000, 6.0)],
    ids=["states", "hdf5"],
)
def test_a_sum_over_fifty_temperatures_beside_reading(benchmark, tmp_path, name, write, count, most):
    """A text file is summed while it is read; HDF5 is read in the time of two or three passes over its numbers."""
    path = tmp_path / name
    write(path, count)
    solve(Spectrum(path, in_memory=False), T)  # compiles
    alone, summed = [], []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        start = time.perf_counter()
        levels = sum(len(chunk) for chunk in iter_levels(path, chunk_size=BLOCK))
        alone.append(time.perf_counter() - start)
        start = time.perf_counter()
        ds = solve(Spectrum(path, in_memory=False), T)
        summed.append(time.perf_counter() - start)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    benchmark.pedantic(lambda: None, rounds=1)
    whole = solve(Spectrum(path, in_memory=True), T)
    for quantity in ("log_z", "internal_energy", "entropy", "heat_capacity"):
        np.testing.assert_allclose(ds[quantity], whole[quantity], rtol=1e-13)
    assert levels == count
    ratio = min(summed) / min(alone)
    each = [1e9 * min(seconds) / count for seconds in (alone, summed)]
    print(f"\n{name}: reading {each[0]:.0f} ns a level, with the sum {each[1]:.0f} ns, {grown:.0f} MB more")
    benchmark.extra_info.update(ratio=ratio)
    assert ratio < most
    assert grown < 500
