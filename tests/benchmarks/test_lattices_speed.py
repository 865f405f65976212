"""Large lattices beside networkx, and beside a loop over sites."""

from __future__ import annotations

import networkx
import pytest

from statmech import lattices


@pytest.mark.parametrize("size", [300])
def test_a_torus_beside_networkx(benchmark, size):
    import time

    def ours():
        return lattices.square(size, size).bonds

    def theirs():
        return networkx.grid_graph((size, size), periodic=True).edges

    times = ([], [])
    for _ in range(3):
        for k, make in enumerate((ours, theirs)):
            start = time.perf_counter()
            assert len(make()) == 2 * size * size
            times[k].append(time.perf_counter() - start)
    ratio = min(times[1]) / min(times[0])
    benchmark.extra_info["ratio"] = ratio
    print(f"\n{size} x {size} torus: {min(times[0]):.4f} s, networkx {min(times[1]):.3f} s, ratio {ratio:.0f}")
    benchmark.pedantic(ours, rounds=3)
    assert ratio > 10
