"""Hidden Markov models beside hmmlearn: 64 states, 100 000 observations, the same digits.

hmmlearn is no dependency: ``pip install hmmlearn`` in the environment that runs this file, or its rows skip.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from statmech.inference import hidden_markov

STATES, STEPS = 64, 100_000


@pytest.fixture(scope="module")
def hmmc():
    return pytest.importorskip("hmmlearn._hmmc", reason="hmmlearn is not installed")


@pytest.fixture(scope="module")
def chain():
    rng = np.random.default_rng(1)
    initial, transition = rng.dirichlet(np.ones(STATES)), rng.dirichlet(np.ones(STATES), size=STATES)
    x, means = rng.normal(0, 3, STEPS), rng.normal(0, 3, STATES)
    scores = -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)
    arguments = np.log(initial), np.log(transition), scores
    hidden_markov.log_likelihood(*(a[:10] if a is scores else a for a in arguments))  # compiles
    hidden_markov.viterbi(*(a[:10] if a is scores else a for a in arguments))
    return initial, transition, arguments


def alternating(*work, rounds=3):
    """Least time of each, taken in turns."""
    times = [[] for _ in work]
    for _ in range(rounds):
        for k, each in enumerate(work):
            start = time.perf_counter()
            each()
            times[k].append(time.perf_counter() - start)
    return [min(t) for t in times]


def long_double_forward(initial, transition, scores):
    matrix, f, total = np.exp(transition.astype(np.longdouble)), np.exp(initial.astype(np.longdouble)), np.longdouble(0)
    for t, row in enumerate(scores):
        row = row.astype(np.longdouble)
        f = (f if t == 0 else f @ matrix) * np.exp(row - row.max())
        size = f.sum()
        f, total = f / size, total + np.log(size) + row.max()
    return total


def test_the_log_likelihood_beside_hmmlearn(benchmark, hmmc, chain):
    initial, transition, arguments = chain
    scores = arguments[2]
    value = hidden_markov.log_likelihood(*arguments)
    error = float(value - long_double_forward(*arguments))
    theirs_value = hmmc.forward_scaling(initial, transition, np.exp(scores))[0]
    mine, scaling = alternating(
        lambda: hidden_markov.log_likelihood(*arguments),
        lambda: hmmc.forward_scaling(initial, transition, np.exp(scores)),
    )
    again, log = alternating(
        lambda: hidden_markov.log_likelihood(*arguments),
        lambda: hmmc.forward_log(initial, transition, scores),
        rounds=1,
    )
    print(
        f"\nlog-likelihood {value:.6f}: error {error:.1e} (hmmlearn {float(theirs_value - value) + error:.1e}); "
        f"{mine:.3f} s; hmmlearn scaling {scaling:.3f} s, {scaling / mine:.1f} x; log {log:.2f} s, {log / again:.0f} x"
    )
    benchmark.extra_info.update(error=error, scaling_ratio=scaling / mine, log_ratio=log / again)
    benchmark.pedantic(lambda: hidden_markov.log_likelihood(*arguments), rounds=3)
    assert abs(error) <= 1e-9
    assert scaling / mine >= 3
    assert log / again >= 15


def test_viterbi_beside_hmmlearn(benchmark, hmmc, chain):
    initial, transition, arguments = chain
    path, score = hidden_markov.viterbi(*arguments)
    their_score, their_path = hmmc.viterbi(initial, transition, arguments[2])
    mine, theirs = alternating(
        lambda: hidden_markov.viterbi(*arguments), lambda: hmmc.viterbi(initial, transition, arguments[2])
    )
    print(f"\nViterbi {mine:.3f} s, hmmlearn {theirs:.3f} s, ratio {theirs / mine:.1f}")
    benchmark.extra_info.update(ratio=theirs / mine)
    benchmark.pedantic(lambda: hidden_markov.viterbi(*arguments), rounds=3)
    assert np.array_equal(path, their_path)
    assert score == pytest.approx(their_score, rel=1e-12)
    assert theirs / mine >= 1.5


def test_right_where_hmmlearn_scaling_raises(benchmark, hmmc):
    means, x = np.arange(8) * 5.0, np.repeat(np.arange(8) * 5.0, 10)
    x[20] += 200.0  # one outlier of 200 sigma
    scores = -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)
    transition = 0.9 * np.eye(8) + 0.1 * np.eye(8, k=1)
    transition[-1, -1] = 1.0
    initial = np.eye(8)[0]
    with pytest.raises(ValueError, match="underflow"):
        hmmc.forward_scaling(initial, transition, np.exp(scores))
    with np.errstate(divide="ignore"):
        arguments = np.log(initial), np.log(transition), scores
    theirs = hmmc.forward_log(initial, transition, scores)[0]
    value = benchmark(lambda: hidden_markov.log_likelihood(*arguments))
    print(f"\noutlier of 200 sigma, left-right chain: {value:.9f}; hmmlearn's log implementation {theirs:.9f}")
    assert value == pytest.approx(theirs, rel=1e-13)
