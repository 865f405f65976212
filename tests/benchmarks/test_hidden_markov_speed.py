"""Hidden Markov models of 64 states and 100 000 observations, beside long double."""

from __future__ import annotations

import numpy as np
import pytest

from statmech.inference import hidden_markov

STATES, STEPS = 64, 100_000


@pytest.fixture(scope="module")
def chain():
    rng = np.random.default_rng(1)
    initial, transition = rng.dirichlet(np.ones(STATES)), rng.dirichlet(np.ones(STATES), size=STATES)
    x, means = rng.normal(0, 3, STEPS), rng.normal(0, 3, STATES)
    scores = -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)
    arguments = np.log(initial), np.log(transition), scores
    hidden_markov.log_likelihood(*(a[:10] if a is scores else a for a in arguments))  # compiles
    return arguments


def long_double_forward(initial, transition, scores):
    matrix, f, total = np.exp(transition.astype(np.longdouble)), np.exp(initial.astype(np.longdouble)), np.longdouble(0)
    for t, row in enumerate(scores):
        row = row.astype(np.longdouble)
        f = (f if t == 0 else f @ matrix) * np.exp(row - row.max())
        size = f.sum()
        f, total = f / size, total + np.log(size) + row.max()
    return total


def test_the_log_likelihood_beside_long_double(benchmark, chain):
    value = benchmark.pedantic(lambda: hidden_markov.log_likelihood(*chain), rounds=3)
    error = float(value - long_double_forward(*chain))
    print(f"\nlog-likelihood {value:.6f}: error {error:.1e}")
    benchmark.extra_info.update(error=error)
    assert abs(error) <= 1e-9
