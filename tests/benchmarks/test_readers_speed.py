"""Reading level files: the CO list, and a large ExoMol file beside pandas."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from statmech import read_levels


def test_the_carbon_monoxide_list_loads_at_once(benchmark, data):
    levels = benchmark(read_levels, data / "exomol" / "12C-16O__Li2015.states.bz2")
    assert len(levels) == 6383
    assert benchmark.stats.stats.min < 0.25


def test_a_million_states_beside_pandas(benchmark, tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "large.states"
    with path.open("w") as file:
        for i, (energy, j) in enumerate(
            zip(rng.uniform(0, 4e4, 1_000_000), rng.integers(0, 90, 1_000_000), strict=True)
        ):
            file.write(f"{i + 1:12d} {energy:12.6f} {2 * j + 1:6d} {j:7d} Inf X\n")
    times = ([], [])
    for _ in range(3):
        start = time.perf_counter()
        ours = read_levels(path)
        times[0].append(time.perf_counter() - start)
        start = time.perf_counter()
        theirs = pd.read_csv(path, sep=r"\s+", header=None, usecols=[0, 1, 2, 3])
        times[1].append(time.perf_counter() - start)
    assert np.array_equal(ours.energies, theirs[1].to_numpy())
    ratio = min(times[1]) / min(times[0])
    benchmark.extra_info["ratio"] = ratio
    print(f"\n1e6 states: {min(times[0]):.3f} s, pandas {min(times[1]):.3f} s, ratio {ratio:.2f}")
    benchmark.pedantic(read_levels, args=(path,), rounds=1)
    assert ratio > 0.7
