"""Restricted Boltzmann machines beside scikit-learn on its digits, and what scikit-learn does not have: log Z.

scikit-learn is no dependency: ``pip install scikit-learn`` in the environment that runs this file, or its rows skip.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from statmech.inference.energy_based import RestrictedBoltzmannMachine, fit, log_z_bounds


@pytest.fixture(scope="module")
def neural_network():
    return pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")


@pytest.fixture(scope="module")
def digits():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    return (datasets.load_digits().data > 7.5).astype(float)


def alternating(*work, rounds=5):
    """Least time of each, taken in turns."""
    times = [[] for _ in work]
    for _ in range(rounds):
        for k, each in enumerate(work):
            start = time.perf_counter()
            each()
            times[k].append(time.perf_counter() - start)
    return [min(t) for t in times]


def test_free_energies_beside_scikit_learn(benchmark, neural_network, digits):
    machine = RestrictedBoltzmannMachine.random(64, 256, np.random.default_rng(1), scale=0.5)
    theirs = neural_network.BernoulliRBM(n_components=256)
    vars(theirs).update(machine.sklearn_parameters())
    expected = theirs._free_energy(digits)
    error = np.max(np.abs(machine.free_energy(digits) - expected) / np.abs(expected))
    mine, other = alternating(lambda: machine.free_energy(digits), lambda: theirs._free_energy(digits))
    print(
        f"\nfree energies 1797 x 64 x 256: {mine * 1e3:.1f} ms, scikit-learn {other * 1e3:.1f} ms; differ {error:.1e}"
    )
    benchmark.extra_info.update(ratio=other / mine, error=error)
    benchmark.pedantic(lambda: machine.free_energy(digits), rounds=3)
    assert error <= 1e-12
    assert other / mine >= 1.5


def test_persistent_learning_beside_scikit_learn(benchmark, neural_network, digits):
    hidden, epochs = 16, 10

    def mine():
        rng = np.random.default_rng(1)
        start = RestrictedBoltzmannMachine.random(64, hidden, rng)
        return fit(start, digits, rng, epochs=epochs, learning_rate=0.05)

    def theirs():
        estimator = neural_network.BernoulliRBM(hidden, learning_rate=0.05, n_iter=epochs, random_state=1)
        return RestrictedBoltzmannMachine.from_sklearn(estimator.fit(digits))

    ours, peer = mine().log_likelihoods[-1], theirs().log_likelihood(digits).mean()
    own, other = alternating(mine, theirs, rounds=3)
    print(
        f"\n64 x {hidden}, {epochs} epochs: {own:.3f} s with log p = {ours:.2f} nats (two exact reports included); "
        f"scikit-learn {other:.3f} s, {peer:.2f}"
    )
    benchmark.extra_info.update(log_likelihood=ours, sklearn_log_likelihood=peer, ratio=other / own)
    benchmark.pedantic(mine, rounds=1)
    assert ours > peer - 1.0  # the same algorithm, other random numbers
    assert other / own >= 0.5  # the reports are a quarter of it


@pytest.mark.parametrize("hidden", [12, 16, 20])
def test_log_z_by_enumeration(benchmark, hidden):
    machine = RestrictedBoltzmannMachine.random(64, hidden, np.random.default_rng(1), scale=0.3)
    benchmark.pedantic(machine.log_z, rounds=3)


def test_annealing_a_learned_machine_closes_on_the_exact_log_z(benchmark, digits):
    rng = np.random.default_rng(1)
    machine = fit(RestrictedBoltzmannMachine.random(64, 16, rng), digits, rng, epochs=10, learning_rate=0.05).machine
    exact = machine.log_z()
    share = (digits.sum(axis=0) + 1) / (len(digits) + 2)
    base = np.log(share / (1 - share))
    for steps in (100, 1000, 5000):
        begin = time.perf_counter()
        found = log_z_bounds(machine, np.random.default_rng(2), steps=steps, base_visible_bias=base)
        print(
            f"\n{steps} steps, {time.perf_counter() - begin:.2f} s: {found.lower.log_z - exact:+.4f} "
            f"+- {found.lower.error:.4f} (ESS {found.lower.effective_sample_size:.0f}) to "
            f"{found.upper.log_z - exact:+.4f} +- {found.upper.error:.4f} (ESS {found.upper.effective_sample_size:.0f})"
        )
    assert abs(found.lower.log_z - exact) <= 4 * found.lower.error
    assert abs(found.upper.log_z - exact) <= 4 * found.upper.error
    benchmark.pedantic(
        lambda: log_z_bounds(machine, np.random.default_rng(2), steps=100, base_visible_bias=base), rounds=3
    )
