"""What a run costs beside its points, and what a second core brings. Alone on the machine: make bench."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from statmech.config import load
from statmech.run import plan, run
from statmech.solve import compute

SMALL = {"model": {"kind": "two_level", "gap": 1.0}}


def sweep(points):
    return {**SMALL, "sweep": {"temperature": [1.0], "model.gap": np.linspace(0.5, 2.0, points).tolist()}}


def test_overhead_of_a_point_with_journal(benchmark, tmp_path):
    points = 2000
    config = load(sweep(points))
    tasks = plan(config).tasks
    run(load(sweep(2)), progress=False)  # imports
    start = time.process_time()
    for task in tasks:
        compute(*task.arguments(config))
    alone = time.process_time() - start

    def whole():
        return run(load(sweep(points)), output=tmp_path / "a.h5", progress=False, fresh=True)

    start = time.process_time()
    dataset = benchmark.pedantic(whole, rounds=1)
    together = time.process_time() - start
    overhead = (together - alone) / points
    np.testing.assert_allclose(dataset.log_z.values.ravel(), np.log1p(np.exp(-dataset.gap.values)), rtol=1e-12)
    benchmark.extra_info.update(overhead=overhead, alone=alone / points)
    print(f"\na point alone {alone / points * 1e3:.3f} ms, in a run {together / points * 1e3:.3f} ms")
    assert overhead <= 1e-3


def test_ten_thousand_small_points_on_two_processes(benchmark, tmp_path):
    def whole():
        return run(sweep(10_000), output=tmp_path / "b.h5", executor="processes:2", progress=False, fresh=True)

    start = time.perf_counter()
    dataset = benchmark.pedantic(whole, rounds=1)
    seconds = time.perf_counter() - start
    np.testing.assert_allclose(dataset.log_z.values.ravel(), np.log1p(np.exp(-dataset.gap.values)), rtol=1e-12)
    print(f"\n10 000 points on processes:2 in {seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
    assert seconds <= 15


def test_scaling_on_two_cores(benchmark, tmp_path):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    source = {
        "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [32, 32]}},
        "sweep": {"temperature": np.linspace(1.5, 3.5, 60).tolist()},
        "method": {"kind": "monte_carlo", "algorithm": "metropolis", "seed": 1, "sweeps": 20_000},
    }
    seconds, results = {}, {}
    for where in ("serial", "processes:2"):
        start = time.perf_counter()
        results[where] = run(source, output=tmp_path / "c.h5", executor=where, progress=False, fresh=True)
        seconds[where] = time.perf_counter() - start
    ratio = seconds["serial"] / seconds["processes:2"]
    print(f"\nserial {seconds['serial']:.1f} s, processes:2 {seconds['processes:2']:.1f} s: {ratio:.2f} times as fast")
    benchmark.extra_info.update(seconds, ratio=ratio)
    benchmark.pedantic(lambda: None, rounds=1)
    assert results["serial"].identical(results["processes:2"])
    assert ratio >= 1.8
