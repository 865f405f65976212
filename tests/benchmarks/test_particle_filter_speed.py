"""Particle filters beside the `particles` package: 1000 particles, 200 observations, a linear-Gaussian model.

`particles` 0.4 needs numpy < 2 and cannot share an environment with this package. Give it one of its own,
``python -m venv DIR && DIR/bin/pip install particles``, and name its interpreter in ``STATMECH_PARTICLES_PYTHON``;
otherwise that row skips.
"""

from __future__ import annotations

import math
import os
import subprocess
import time

import numpy as np
import pytest

from statmech.inference.particle_filter import auxiliary_filter, bootstrap_filter

PARTICLES, STEPS = 1000, 200

THEIRS = """
import sys, time
import numpy as np, particles
from particles import distributions as d, state_space_models as ssm
class Model(ssm.StateSpaceModel):
    def PX0(self): return d.Normal(0.0, 1.0)
    def PX(self, t, xp): return d.Normal(0.9 * xp, 0.5 ** 0.5)
    def PY(self, t, xp, x): return d.Normal(x, 1.0)
y = np.array(sys.stdin.readline().split(), dtype=float)
def run(seed):
    np.random.seed(seed)
    pf = particles.SMC(fk=ssm.Bootstrap(ssm=Model(), data=y), N=1000, resampling="systematic", ESSrmin=0.5)
    pf.run()
    return pf.logLt
run(0)
for line in sys.stdin:
    start = time.perf_counter()
    value = run(int(line))
    print(time.perf_counter() - start, value, flush=True)
"""


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


def test_beside_the_particles_package(benchmark, series):
    python = os.environ.get("STATMECH_PARTICLES_PYTHON")
    if not python:
        pytest.skip("particles needs numpy < 2: name the interpreter of its own venv in STATMECH_PARTICLES_PYTHON")
    y, exact = series
    mine, theirs = [], []
    with subprocess.Popen(
        [python, "-W", "ignore", "-c", THEIRS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdin.write(" ".join(map(repr, y.tolist())) + "\n")
        for seed in range(1, 41):  # in turns
            mine.append(timed(bootstrap_filter, y, seed))
            other.stdin.write(f"{seed}\n")
            other.stdin.flush()
            theirs.append(tuple(map(float, other.stdout.readline().split())))
        other.stdin.close()
    (my_time, my_values), (their_time, their_values) = zip(*mine, strict=True), zip(*theirs, strict=True)
    ratio = np.median(their_time) / np.median(my_time)
    print(
        f"\nmin/median {min(my_time) * 1e3:.1f}/{np.median(my_time) * 1e3:.1f} ms; "
        f"particles {min(their_time) * 1e3:.1f}/{np.median(their_time) * 1e3:.1f} ms, ratio of medians {ratio:.1f}; "
        "log-evidence minus Kalman: "
        f"{np.mean(my_values) - exact:.3f} (sd {np.std(my_values):.3f}), "
        f"particles {np.mean(their_values) - exact:.3f} "
        f"(sd {np.std(their_values):.3f})"
    )
    benchmark.extra_info.update(ratio=ratio)
    benchmark.pedantic(timed, args=(bootstrap_filter, y, 0), rounds=5)
    assert ratio > 1
