"""MBAR side by side with pymbar (NumPy backend) in one process, accuracy beside the time.

pymbar takes a minute or two; it is found where it is installed (``pip install pymbar`` changes no other package), or on
``PYTHONPATH``.
"""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest

from statmech.estimators import mbar


def oscillators(states, samples):
    rng = np.random.default_rng(0)
    centers, stiffness = np.linspace(0, 0.4 * states, states), np.linspace(1, 3, states)
    x = np.concatenate([rng.normal(c, k**-0.5, samples) for c, k in zip(centers, stiffness, strict=True)])
    return 0.5 * stiffness[:, None] * (x - centers[:, None]) ** 2, np.full(states, samples), x


def long_double_step(u, counts, f):
    """How far f is from the solution: a Newton step whose gradient is summed in long double."""
    total, gram = np.zeros(counts.size, dtype=np.longdouble), np.zeros((counts.size, counts.size))
    for start in range(0, u.shape[1], 5000):
        exponent = f.astype(np.longdouble)[:, None] - u[:, start : start + 5000].astype(np.longdouble)
        W = np.exp(exponent - exponent.max(axis=0))
        W /= counts.astype(np.longdouble) @ W
        total += W.sum(axis=1)
        gram += W.astype(float) @ W.astype(float).T
    gradient = (counts * (total - 1)).astype(float)
    hessian = np.diag(counts * total.astype(float)) - np.outer(counts, counts) * gram
    return np.linalg.solve(hessian[1:, 1:], gradient[1:])


def test_fifty_oscillators(benchmark):
    logging.disable(logging.WARNING)  # what pymbar says about JAX on import
    try:
        pymbar = pytest.importorskip("pymbar")
    finally:
        logging.disable(logging.NOTSET)
    u, counts, x = oscillators(50, 5000)
    found = benchmark.pedantic(lambda: mbar(u, counts), rounds=5, warmup_rounds=1)
    start = time.perf_counter()
    theirs = pymbar.MBAR(u, counts)
    differences = theirs.compute_free_energy_differences()
    seconds = time.perf_counter() - start
    ours = benchmark.stats.stats.median
    error = np.max(np.abs(long_double_step(u, counts, found.f_k)))
    their_error = np.max(np.abs(long_double_step(u, counts, theirs.f_k)))
    benchmark.extra_info.update(ratio=seconds / ours, error=error, their_error=their_error)
    print(
        f"\nours {ours:.2f} s, pymbar {seconds:.1f} s, ratio {seconds / ours:.0f}; from long double {error:.1e}, "
        f"{their_error:.1e}; uncertainties apart {np.max(np.abs(differences['dDelta_f'] - found.dDelta_f)):.1e}"
    )
    assert error < 1e-12
    assert np.max(np.abs(differences["dDelta_f"] - found.dDelta_f)) < 1e-8
    mine, other = found.expectations(x), theirs.compute_expectations(x)
    assert np.allclose(mine.mean, other["mu"], rtol=0, atol=1e-9)
    assert np.allclose(mine.error, other["sigma"], rtol=0, atol=1e-8)
    assert seconds / ours >= 10
