"""Classification losses beside scikit-learn and SciPy, and model weights beside the usual NumPy lines."""

from __future__ import annotations

import time

import numpy as np
import pytest
import scipy.special

from statmech.inference.contrastive import cross_entropy
from statmech.inference.model_averaging import criterion_weights


def alternating(first, second, rounds=7):
    times = ([], [])
    for _ in range(rounds):
        for k, work in enumerate((first, second)):
            start = time.perf_counter()
            work()
            times[k].append(time.perf_counter() - start)
    return min(times[0]), min(times[1])


def test_cross_entropy_beside_scikit_learn(benchmark):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(1)
    logits, target = rng.normal(0, 5, (20_000, 50)), rng.integers(0, 50, 20_000)

    def theirs():
        return metrics.log_loss(target, scipy.special.softmax(logits, axis=1), labels=np.arange(50))

    assert cross_entropy(logits, target) == pytest.approx(theirs(), rel=1e-9)  # theirs clips probabilities at eps
    mine, other = alternating(lambda: cross_entropy(logits, target), theirs)
    benchmark.extra_info["ratio"] = other / mine
    print(f"\ncross entropy 20000 x 50: {mine:.4f} s, softmax + log_loss {other:.4f} s, ratio {other / mine:.1f}")
    benchmark.pedantic(cross_entropy, args=(logits, target), rounds=3)
    shifted = cross_entropy(logits + 1e8, target)
    naive = float(np.mean(scipy.special.logsumexp(logits + 1e8, axis=1) - (logits + 1e8)[np.arange(20_000), target]))
    rounded = cross_entropy((logits + 1e8) - 1e8, target)  # what the input still holds after the offset
    assert shifted == pytest.approx(float(rounded), rel=1e-12)
    assert abs(naive - float(rounded)) > 1e-12  # lse - z[t] loses it


def test_akaike_weights_beside_numpy(benchmark):
    criteria = np.random.default_rng(2).normal(1e6, 30, 1000)
    weights = benchmark(criterion_weights, criteria)
    usual = np.exp(-0.5 * (criteria - criteria.min()))
    assert np.allclose(weights.weights, usual / usual.sum(), rtol=1e-12)
