"""Particle filters against the Kalman filter, a finite chain and sums over few particles."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statmech.errors import InputError
from statmech.inference import hidden_markov
from statmech.inference.particle_filter import (
    auxiliary_filter,
    bootstrap_filter,
    effective_sample_size,
    log_mean_exp,
    multinomial,
    normalise_log_weights,
    residual,
    stratified,
    systematic,
)

INF = math.inf
SCHEMES = {"systematic": systematic, "stratified": stratified, "residual": residual, "multinomial": multinomial}


class LinearGaussian:
    """x_0 ~ N(0, 1), x_t = 0.9 x_{t-1} + N(0, q), y_t = x_t + N(0, r)."""

    a, q, r = 0.9, 0.5, 1.0

    def sample_initial(self, rng, n):
        return rng.standard_normal(n)

    def sample_transition(self, rng, states, t):
        return self.a * states + math.sqrt(self.q) * rng.standard_normal(states.size)

    def log_likelihood(self, states, observation, t):
        return -0.5 * (observation - states) ** 2 / self.r - 0.5 * math.log(2 * math.pi * self.r)

    def log_look_ahead(self, states, observation, t):
        return -0.5 * (observation - self.a * states) ** 2 / (self.q + self.r) + 7.0  # any constant


def kalman(model, y):
    """Exact log-evidence and filtered means and variances."""
    m, v, total, means, variances = 0.0, 1.0, 0.0, [], []
    for t, seen in enumerate(y):
        if t:
            m, v = model.a * m, model.a**2 * v + model.q
        s = v + model.r
        total += -0.5 * (seen - m) ** 2 / s - 0.5 * math.log(2 * math.pi * s)
        m, v = m + v / s * (seen - m), v - v * v / s
        means.append(m)
        variances.append(v)
    return total, np.array(means), np.array(variances)


def simulate(model, steps, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal(), []
    for t in range(steps):
        x = model.a * x + math.sqrt(model.q) * rng.standard_normal() if t else x
        y.append(x + math.sqrt(model.r) * rng.standard_normal())
    return np.array(y)


# Mutants that must fail: dropping the 1/N after resampling, keeping the old weights after resampling, leaving out the
# weights of steps that did not resample, forgetting -eta in the auxiliary weights.
@pytest.mark.parametrize("run", [bootstrap_filter, auxiliary_filter])
@pytest.mark.parametrize(("scheme", "threshold"), [*((s, 0.6) for s in SCHEMES), ("systematic", 1.0)])
def test_the_mean_evidence_over_seeds_is_that_of_the_kalman_filter(run, scheme, threshold):
    model, y = LinearGaussian(), simulate(LinearGaussian(), 10, 3)
    exact = kalman(model, y)[0]
    found = [
        run(model, y, 100, np.random.default_rng(seed), resampling=scheme, ess_threshold=threshold)
        for seed in range(400)
    ]
    ratios = np.exp([f.log_evidence - exact for f in found])
    error = ratios.std(ddof=1) / math.sqrt(len(ratios))
    share = np.mean([f.resampled[1:].mean() for f in found])
    assert share == 1.0 if threshold == 1.0 else 0.05 < share < 0.95  # both branches run
    assert error < 0.03  # so that a bias of 10 % is seen
    assert abs(ratios.mean() - 1) < 4 * error  # 4 sigma: one run in 16 000 at fixed seeds


@pytest.mark.parametrize("run", [bootstrap_filter, auxiliary_filter])
def test_filtered_means_and_variances_are_those_of_the_kalman_filter(run):
    model, y = LinearGaussian(), simulate(LinearGaussian(), 30, 4)
    _, means, variances = kalman(model, y)
    found = [run(model, y, 2000, np.random.default_rng(seed)) for seed in range(20)]
    # a standard error of sqrt(v / (2000 * 20)) = 0.003 at full weight; three times that for uneven ones, at 4 sigma
    np.testing.assert_allclose(np.mean([f.means for f in found], axis=0), means, atol=0.04)
    np.testing.assert_allclose(np.mean([f.variances for f in found], axis=0), variances, atol=0.04)


class Chain:
    """Three hidden states of a Markov chain, two symbols; zeros included."""

    initial = np.array([0.6, 0.4, 0.0])
    transition = np.array([[0.5, 0.5, 0.0], [0.1, 0.6, 0.3], [0.0, 0.3, 0.7]])
    emission = np.array([[0.9, 0.1], [0.4, 0.6], [0.0, 1.0]])

    def sample_initial(self, rng, n):
        return rng.choice(3, n, p=self.initial)

    def sample_transition(self, rng, states, t):
        return (rng.random(states.size)[:, None] > self.transition.cumsum(axis=1)[states]).sum(axis=1)

    def log_likelihood(self, states, observation, t):
        with np.errstate(divide="ignore"):
            return np.log(self.emission[states, observation])


def test_the_mean_evidence_of_a_finite_chain_is_the_forward_sum():
    model, y = Chain(), [0, 1, 1, 0, 1, 1]
    with np.errstate(divide="ignore"):
        exact = hidden_markov.log_likelihood(
            np.log(model.initial), np.log(model.transition), np.log(model.emission[:, y]).T
        )
    ratios = np.exp([bootstrap_filter(model, y, 40, np.random.default_rng(s)).log_evidence - exact for s in range(600)])
    error = ratios.std(ddof=1) / math.sqrt(ratios.size)
    assert error < 0.02
    assert abs(ratios.mean() - 1) < 4 * error


def test_without_resampling_the_evidence_is_the_mean_weight_of_whole_paths():
    model, y = LinearGaussian(), simulate(LinearGaussian(), 8, 5)
    found = bootstrap_filter(model, y, 50, np.random.default_rng(1), ess_threshold=0.0, keep_history=True)
    paths = found.trajectories()
    weights = sum(model.log_likelihood(paths[:, t], seen, t) for t, seen in enumerate(y))
    assert not found.resampled.any()
    assert found.log_evidence == pytest.approx(log_mean_exp(weights), rel=1e-13)
    np.testing.assert_allclose(found.log_weights, normalise_log_weights(weights), rtol=1e-12)


@pytest.mark.parametrize("run", [bootstrap_filter, auxiliary_filter])
def test_history_moments_and_ancestors_fit_together(run):
    y = simulate(LinearGaussian(), 12, 6)
    found = run(LinearGaussian(), y, 30, np.random.default_rng(2), keep_history=True)
    kept = found.history
    weights = np.exp(kept.log_weights)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_allclose((weights * kept.states).sum(axis=1), found.means, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(effective_sample_size(kept.log_weights), found.effective_sample_sizes, rtol=1e-12)
    moved = (kept.ancestors != np.arange(30)).any(axis=1)
    assert np.array_equal(moved, found.resampled)
    paths = found.trajectories()
    assert np.array_equal(paths[:, -1], found.states)
    assert np.array_equal(paths[:, -2], kept.states[-2, kept.ancestors[-1]])
    assert math.fsum(found.log_increments) == found.log_evidence
    assert not pickle.loads(pickle.dumps(found)).means.flags.writeable


def test_one_seed_is_one_result_and_states_may_be_vectors():
    class Plane(LinearGaussian):
        def sample_initial(self, rng, n):
            return rng.standard_normal((n, 2))

        def sample_transition(self, rng, states, t):
            return self.a * states + rng.standard_normal(states.shape)

        def log_likelihood(self, states, observation, t):
            return -0.5 * ((observation - states) ** 2).sum(axis=1)

    first, second = (bootstrap_filter(Plane(), np.ones((5, 2)), 64, np.random.default_rng(9)) for _ in range(2))
    assert first.log_evidence == second.log_evidence
    assert first.means.shape == first.variances.shape == (5, 2)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_expected_counts_are_n_times_the_weights(scheme):
    rng, n, runs = np.random.default_rng(11), 7, 20_000
    weights = np.array([0.31, 0.0, 0.02, 0.37, 0.2, 0.1])
    counts = np.array([np.bincount(SCHEMES[scheme](weights, n, rng), minlength=6) for _ in range(runs)])
    assert (counts.sum(axis=1) == n).all()
    assert not counts[:, 1].any()
    error = np.sqrt(n * weights * (1 - weights) / runs)  # of independent draws, the largest of all schemes
    assert (np.abs(counts.mean(axis=0) - n * weights) <= 4 * error).all()
    if scheme == "systematic":
        assert (np.abs(counts - n * weights) < 1).all()
    if scheme == "residual":
        assert (counts >= np.floor(n * weights)).all()
    if scheme == "multinomial":  # independent draws have the binomial variance; 5 % is 5 sigma of 20 000
        np.testing.assert_allclose(counts.var(axis=0), n * weights * (1 - weights), rtol=0.05)


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=30), st.integers(1, 50), st.integers(0, 2**32))
def test_resampling_draws_n_ascending_particles_that_have_a_weight(logs, n, seed):
    weights = np.exp(normalise_log_weights(logs))
    for scheme in SCHEMES.values():
        index = scheme(weights, n, np.random.default_rng(seed))
        assert index.shape == (n,)
        assert (np.diff(index) >= 0).all()
        assert (weights[index] > 0).all()


@pytest.mark.parametrize("scheme", [systematic, stratified])
@pytest.mark.parametrize("mark", [0.0, math.nextafter(1.0, 0.0)])
def test_marks_at_the_ends_of_the_unit_interval_meet_no_particle_of_zero_weight(scheme, mark):
    class Fixed:
        def random(self, size=None):
            return mark if size is None else np.full(size, mark)

    for n in (1, 3, 1000):  # (999 + mark) / 1000 rounds to 1
        assert np.array_equal(scheme([0.0, 1.0, 0.0], n, Fixed()), np.ones(n))


@given(st.lists(st.floats(-1e4, 1e4) | st.just(-INF), min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_weight_functions_do_not_change_their_argument_nor_see_an_offset(logs, offset):
    given_array = np.array(logs)
    before = given_array.copy()
    shifted = given_array + offset
    size = effective_sample_size(given_array)
    # adding the offset rounds exponents by up to 1e6 eps = 2e-10
    assert size == pytest.approx(effective_sample_size(shifted), rel=1e-8)
    assert log_mean_exp(shifted) == pytest.approx(log_mean_exp(given_array) + offset, rel=1e-12, abs=1e-9)
    total = np.exp(normalise_log_weights(given_array)).sum()
    assert np.array_equal(given_array, before)
    if max(logs) == -INF:
        assert (size, total, log_mean_exp(given_array)) == (0.0, 0.0, -INF)
    else:
        assert 1 - 1e-12 <= size <= len(logs) * (1 + 1e-12)
        assert total == pytest.approx(1, rel=1e-13)


def test_rows_of_weights_stand_alone():
    rows = np.array([[0.0, 0.0], [-INF, -INF], [0.0, -INF]])
    assert np.array_equal(effective_sample_size(rows), [2.0, 0.0, 1.0])
    assert np.array_equal(log_mean_exp(rows), [0.0, -INF, -math.log(2)])
    assert np.array_equal(np.exp(normalise_log_weights(rows)).sum(axis=1), [1.0, 0.0, 1.0])
    assert np.array_equal(effective_sample_size(rows, axis=0), [2.0, 1.0])


class Doomed(LinearGaussian):
    def log_likelihood(self, states, observation, t):
        return np.full(states.size, -INF if t == 2 else 0.0)

    def log_look_ahead(self, states, observation, t):
        return np.full(states.size, -INF if t == 2 else 0.0)


@pytest.mark.parametrize("run", [bootstrap_filter, auxiliary_filter])
def test_no_particle_left_is_evidence_zero_not_nan(run):
    found = run(Doomed(), np.zeros(5), 10, np.random.default_rng(1), keep_history=True)
    assert (found.log_evidence, found.collapsed_at, found.log_increments[2]) == (-INF, 2, -INF)
    assert (found.log_weights == -INF).all()
    assert np.array_equal(np.isnan(found.means), [False, False, True, True, True])
    assert np.array_equal(found.effective_sample_sizes[2:], [0, 0, 0])
    assert found.history.states.shape == (2, 10)
    with pytest.raises(InputError, match="no particle was left at t = 2"):
        found.trajectories()


def test_a_model_cannot_change_the_particles_under_the_filter():
    class InPlace(LinearGaussian):
        def sample_transition(self, rng, states, t):
            states += 1.0
            return states

    with pytest.raises(ValueError, match="read-only"):
        bootstrap_filter(InPlace(), np.zeros(3), 10, np.random.default_rng(1))


def broken(**methods):
    return type("Broken", (LinearGaussian,), methods)()


@pytest.mark.parametrize(
    ("model", "change", "words"),
    [
        (object(), {}, "model: expected .* got object without sample_initial"),
        (LinearGaussian(), {"observations": []}, "observations: .* at least one; got"),
        (LinearGaussian(), {"particles": 0}, "particles: expected an integer >= 1; got 0"),
        (LinearGaussian(), {"generator": 3}, "generator: .*; got 3"),
        (LinearGaussian(), {"ess_threshold": 1.5}, "ess_threshold: .* got 1.5"),
        (LinearGaussian(), {"resampling": "systemic"}, "resampling: expected one of systematic.* got 'systemic'"),
        (LinearGaussian(), {"resampling": lambda w, n, g: [0], "ess_threshold": 1.0}, "resampling: expected 10 integ"),
        (broken(log_likelihood=lambda s, x, y, t: x * np.nan), {}, "log_likelihood: .* at t = 0; got nan"),
        (broken(log_likelihood=lambda s, x, y, t: x[:3]), {}, r"log_likelihood: .*\(10,\).* got shape \(3,\)"),
        (broken(sample_transition=lambda s, g, x, t: x[1:]), {}, r"sample_transition: .* t = 1; got shape \(9,\)"),
        (broken(sample_initial=lambda s, g, n: 1.0), {}, r"sample_initial: .* got shape \(\)"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(model, change, words):
    call = {"observations": [0.0, 0.0], "particles": 10, "generator": np.random.default_rng(1), **change}
    with pytest.raises(InputError, match=words):
        bootstrap_filter(model, **call)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_mean_exp([]), r"at least one weight; got shape \(0,\)"),
        (lambda: effective_sample_size([0.0, math.nan]), "below .inf .*; got nan"),
        (lambda: normalise_log_weights([INF]), "below .inf .*; got inf"),
        (lambda: systematic([0.5, 0.6], 2, np.random.default_rng(1)), "add to 1; got a least of 0.5 and a sum of 1.1"),
        (lambda: residual([0.0, 0.0], 2, np.random.default_rng(1)), "a sum of 0.0"),
        (lambda: multinomial([1.5, -0.5], 2, np.random.default_rng(1)), "a least of -0.5"),
        (lambda: stratified([1.0], 0, np.random.default_rng(1)), "n: expected an integer >= 1; got 0"),
    ],
)
def test_weights_without_meaning_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
