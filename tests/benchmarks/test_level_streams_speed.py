"""Summing a file as it is read, beside reading it alone; CPU time, so that a busy machine does not matter."""

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
    [("x.states", write_states, 2_000_000, 1.6), ("x.h5", write_h5, 20_000_000, 15.0)],
    ids=["states", "hdf5"],
)
def test_a_sum_over_fifty_temperatures_beside_reading(benchmark, tmp_path, name, write, count, most):
    """Text is bound by the reader; HDF5, which reads a level in the time of 20 terms, by its 50 terms."""
    path = tmp_path / name
    write(path, count)
    solve(Spectrum(path, in_memory=False), T[:1])  # compiles
    start = time.process_time()
    levels = sum(len(chunk) for chunk in iter_levels(path, chunk_size=BLOCK))
    alone = time.process_time() - start
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    ds = benchmark.pedantic(lambda: solve(Spectrum(path, in_memory=False), T), rounds=1)
    summed = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    whole = solve(Spectrum(path, in_memory=True), T)
    np.testing.assert_allclose(ds.entropy, whole.entropy, rtol=1e-13)
    assert levels == count
    each = [1e9 * seconds / count for seconds in (alone, summed)]
    print(f"\n{name}: reading {each[0]:.0f} ns a level, with the sum {each[1]:.0f} ns, {grown:.0f} MB more")
    benchmark.extra_info["ratio"] = summed / alone
    assert summed < most * alone
    assert grown < 500
