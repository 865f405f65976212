"""Particle filters: 1000 particles, 200 observations, a linear-Gaussian model with known evidence."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from statmech.inference.particle_filter import auxiliary_filter, bootstrap_filter

PARTICLES, STEPS = 1000, 200


class LinearGaussian:
    def sample_initial(self, rng, n):
        return rng.standard_normal(n)

    def sample_transition(self, rng, states, t):
        return 0.9 * states + math.sqrt(0.5) * rng.standard_normal(states.size)

    def log_likelihood(self, states, observation, t):
        return -0.5 * (observation - states) ** 2 - 0.5 * math.log(2 * math.pi)

    def log_look_ahead(self, states, observation, t):
        return -0.5 * (observation - 0.9 * states) ** 2 / 1.5


@pytest.fixture(scope="module")
def series():
    """Observations and their exact log-evidence (Kalman filter)."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal(), []
    for t in range(STEPS):
        x = 0.9 * x + math.sqrt(0.5) * rng.standard_normal() if t else x
        y.append(x + rng.standard_normal())
    m, v, exact = 0.0, 1.0, 0.0
    for t, seen in enumerate(y):
        if t:
            m, v = 0.9 * m, 0.81 * v + 0.5
        s = v + 1.0
        exact += -0.5 * (seen - m) ** 2 / s - 0.5 * math.log(2 * math.pi * s)
        m, v = m + v / s * (seen - m), v - v * v / s
    return np.array(y), exact


def timed(run, y, seed):
    start = time.perf_counter()
    value = run(LinearGaussian(), y, PARTICLES, np.random.default_rng(seed)).log_evidence
    return time.perf_counter() - start, value


@pytest.mark.parametrize("run", [bootstrap_filter, auxiliary_filter])
def test_a_thousand_particles_over_two_hundred_steps(benchmark, series, run):
    y, exact = series
    times, values = zip(*(timed(run, y, seed) for seed in range(200)), strict=True)
    ratios = np.exp(np.array(values) - exact)
    error = ratios.std(ddof=1) / math.sqrt(ratios.size)
    print(
        f"\n{run.__name__}: {min(times) * 1e3:.1f} ms (median {np.median(times) * 1e3:.1f}); "
        f"mean exp(log-evidence - Kalman) {ratios.mean():.3f} +- {error:.3f}"
    )
    benchmark.extra_info.update(ratio=ratios.mean(), error=error)
    benchmark.pedantic(timed, args=(run, y, 0), rounds=5)
    assert abs(ratios.mean() - 1) < 4 * error
    assert min(times) <= 0.025
