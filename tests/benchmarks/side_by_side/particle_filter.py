"""A bootstrap particle filter beside the ``particles`` package, which needs an environment of its own (NumPy 1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Pair, elsewhere, z_score

AREA = "particle filter"
PARTICLES, STEPS, RUNS = 1000, 200, 10

THEIRS = """
import sys
import numpy as np, particles
from particles import distributions as d, state_space_models as ssm
class Model(ssm.StateSpaceModel):
    def PX0(self): return d.Normal(0.0, 1.0)
    def PX(self, t, xp): return d.Normal(0.9 * xp, 0.5 ** 0.5)
    def PY(self, t, xp, x): return d.Normal(x, 1.0)
y = np.array(sys.stdin.readline().split(), dtype=float)
for line in sys.stdin:
    pf = particles.SMC(fk=ssm.Bootstrap(ssm=Model(), data=y), N=1000, resampling="systematic", ESSrmin=0.5)
    pf.run()
    print(pf.logLt, flush=True)
"""


class LinearGaussian:
    """x' = 0.9 x + N(0, 1/2), y = x + N(0, 1)."""

    def sample_initial(self, rng: np.random.Generator, n: int) -> Any:
        return rng.standard_normal(n)

    def sample_transition(self, rng: np.random.Generator, states: Any, t: int) -> Any:
        return 0.9 * states + math.sqrt(0.5) * rng.standard_normal(states.size)

    def log_likelihood(self, states: Any, observation: float, t: int) -> Any:
        return -0.5 * (observation - states) ** 2 - 0.5 * math.log(2 * math.pi)


def _series() -> tuple[Any, float]:
    """Observations, and their exact log-evidence by the Kalman filter."""
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


def _prepare() -> Any:
    from statmech.inference.particle_filter import bootstrap_filter

    y, _ = _series()
    run_theirs = elsewhere(THEIRS, " ".join(map(repr, y.tolist())))
    rng = np.random.default_rng(7)

    def summary(values: list[float]) -> tuple[float, float]:
        return float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values)))

    return (
        lambda: summary([bootstrap_filter(LinearGaussian(), y, PARTICLES, rng).log_evidence for _ in range(RUNS)]),
        lambda: summary([run_theirs() for _ in range(RUNS)]),
    )


def pairs() -> list[Pair]:
    """Ten runs of 1000 particles over 200 observations; the mean log-evidences agree within their errors."""
    return [
        Pair(
            AREA,
            f"{RUNS} runs, N = 1000, T = 200",
            "particles",
            _prepare,
            compare=z_score,
            tolerance=4.5,  # standard errors
            exact=False,
            note="theirs runs in a process of its own, spoken to through a pipe",
        )
    ]
