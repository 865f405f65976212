"""Level sums side by side with a loop over scipy.special.logsumexp, accuracy beside the time."""

from __future__ import annotations

import time

import numpy as np
import pytest
import scipy.special

from statmech import EnergyLevels
from statmech.summation import sum_levels


def alternating(first, second, rounds):
    """Medians of two callables, measured in turn so that both see the same machine."""
    times = ([], [])
    for _ in range(rounds):
        for k, work in enumerate((first, second)):
            start = time.perf_counter()
            work()
            times[k].append(time.perf_counter() - start)
    return np.median(times[0]), np.median(times[1])


@pytest.mark.parametrize("weighted", [False, True], ids=["nondegenerate", "degenerate"])
def test_a_million_levels_at_fifty_temperatures(benchmark, weighted):
    rng = np.random.default_rng(1)
    energies = rng.uniform(0, 1e4, 1_000_000)
    g = rng.integers(1, 100, energies.size).astype(float) if weighted else None
    temperatures = np.linspace(100, 5000, 50)
    levels = EnergyLevels(energies, g)

    def scipy_loop():
        return np.array([scipy.special.logsumexp(-energies / T, b=g) for T in temperatures])

    ours = sum_levels(levels, temperatures)  # compiled outside the measurement, as in every later call
    theirs = scipy_loop()
    assert np.allclose(ours.log_z - ours.beta * ours.reference, theirs, rtol=1e-13)
    mine, scipys = alternating(lambda: sum_levels(levels, temperatures), scipy_loop, rounds=5)
    benchmark.extra_info.update(ratio=scipys / mine, nanoseconds_per_term=mine / 5e7 * 1e9)
    print(f"\nlevel sum, {'g' if weighted else 'g = 1'}: {mine:.4f} s, scipy {scipys:.3f} s, ratio {scipys / mine:.1f}")
    benchmark.pedantic(lambda: sum_levels(levels, temperatures), rounds=3)
    assert scipys / mine >= 20
