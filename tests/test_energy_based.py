"""Restricted Boltzmann machines against sums over all joint states in mpmath, elimination, Ising and scikit-learn."""

from __future__ import annotations

import itertools
import math
import pickle

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import statmech
from statmech.errors import ConvergenceError, InputError, ResourceError
from statmech.inference import energy_based
from statmech.inference.energy_based import (
    RestrictedBoltzmannMachine,
    annealed_importance,
    enumeration,
    fit,
    log_z_bounds,
    to_ising,
)
from statmech.variable_elimination import Eliminator


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(40):
        yield


def machine(visible, hidden, seed=1, scale=1.0):
    rng = np.random.default_rng(seed)
    shapes = (hidden, visible), (visible,), (hidden,)
    return RestrictedBoltzmannMachine(*(scale * rng.normal(size=shape) for shape in shapes))


def all_states(m):
    """[(v, h, exact score)] by the definition, one number at a time."""
    w, b, c = (
        [[mpmath.mpf(float(x)) for x in row] for row in np.atleast_2d(a)]
        for a in (m.weights, m.visible_bias, m.hidden_bias)
    )
    table = []
    for v in itertools.product((0, 1), repeat=m.visible):
        for h in itertools.product((0, 1), repeat=m.hidden):
            score = mpmath.fsum(b[0][i] for i in range(m.visible) if v[i])
            score += mpmath.fsum(c[0][j] for j in range(m.hidden) if h[j])
            score += mpmath.fsum(w[j][i] for j in range(m.hidden) for i in range(m.visible) if v[i] and h[j])
            table.append((v, h, score))
    return table


def exact_log_z(table, tau=1.0):
    return mpmath.log(mpmath.fsum(mpmath.exp(score / mpmath.mpf(tau)) for _, _, score in table))


@pytest.mark.parametrize("scale", [0.1, 3.0, 400.0])
@pytest.mark.parametrize("tau", [1.0, 0.05, 30.0, -2.0])
def test_log_z_and_free_energies_are_sums_over_all_joint_states(scale, tau):
    m = machine(4, 3, scale=scale)
    table = all_states(m)
    # |theta| / tau reaches 1e5 and carries its own rounding: 1e-13 relative to the largest score
    size = 1 + max(abs(float(s)) for _, _, s in table)
    assert abs(m.log_z(tau) - float(exact_log_z(table, tau))) <= 1e-13 * (1 + size / abs(tau))
    for v in itertools.product((0, 1), repeat=4):
        exact = -tau * float(exact_log_z([row for row in table if row[0] == v], tau))
        assert abs(m.free_energy(v, tau) - exact) <= 1e-13 * (size + abs(tau))


def test_either_layer_of_16_by_12_gives_the_same_log_z_to_1e_12():
    for seed in range(3):
        m = RestrictedBoltzmannMachine.random(16, 12, np.random.default_rng(seed), scale=1.0)
        visible, hidden = m.log_z(layer="visible"), m.log_z(layer="hidden")
        assert abs(visible - hidden) <= 1e-12
        found = Eliminator(m.network()).cumulants([1.0])
        assert abs(visible - float(found.log_z[0] - found.reference[0])) <= 1e-12


def test_blocks_of_any_size_give_the_same_sum(monkeypatch):
    m = machine(9, 7)
    whole = m.log_z()
    for block in (1, 8, 100):
        monkeypatch.setattr(enumeration, "_BLOCK", block)
        assert abs(m.log_z() - whole) <= 1e-13 * abs(whole)


def test_a_tiny_free_energy_keeps_its_digits():
    m = RestrictedBoltzmannMachine(np.zeros((3, 2)), [0.0, 0.0], [-300.0, -300.0, -301.0])
    exact = -(2 * math.exp(-300) + math.exp(-301))
    assert m.free_energy([1, 0]) == pytest.approx(exact, rel=1e-14, abs=0.0)


def test_a_thousand_hidden_units_do_not_overflow():
    m = RestrictedBoltzmannMachine(np.zeros((2000, 2)), [0.0, 0.0], np.zeros(2000))
    assert m.free_energy([0, 1]) == pytest.approx(-2000 * math.log(2), rel=1e-14)
    assert m.log_z() == pytest.approx(2002 * math.log(2), rel=1e-14)


def test_free_energies_and_probabilities_are_those_of_scikit_learn():
    neural_network = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    rng = np.random.default_rng(3)
    for scale in (0.01, 1.0, 20.0):
        m = machine(30, 20, scale=scale)
        theirs = neural_network.BernoulliRBM(n_components=20)
        vars(theirs).update(m.sklearn_parameters())
        v = rng.integers(0, 2, (50, 30)).astype(float)
        expected = theirs._free_energy(v)
        assert np.max(np.abs(m.free_energy(v) - expected) / np.abs(expected)) <= 1e-12
        np.testing.assert_allclose(m.hidden_probabilities(v), theirs.transform(v), rtol=1e-12)
        again = RestrictedBoltzmannMachine.from_sklearn(theirs)
        assert np.array_equal(again.weights, m.weights)
        assert np.array_equal(again.visible_bias, m.visible_bias)
        assert np.array_equal(again.hidden_bias, m.hidden_bias)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10**6), st.floats(0.05, 20.0))
@settings(max_examples=25, deadline=None)
def test_the_network_has_the_energies_and_elimination_the_log_z(visible, hidden, seed, tau):
    m = machine(visible, hidden, seed)
    network, rng = m.network(), np.random.default_rng(seed)
    x = rng.integers(0, 2, visible + hidden)
    assert network.score(x) == pytest.approx(-float(m.energy(x[:visible], x[visible:])), rel=1e-12, abs=1e-12)
    found = Eliminator(network).cumulants([tau])
    assert m.log_z(tau) == pytest.approx(float(found.log_z[0] - found.reference[0] / tau), rel=1e-12, abs=1e-12)


def test_the_ising_model_on_the_bipartite_graph_is_the_same_machine():
    m = machine(6, 4)
    model, constant = to_ising(m)
    for tau in (0.5, 1.0, 4.0):
        f = float(statmech.solve(model, temperature=tau)["free_energy"])
        assert m.log_z(tau) == pytest.approx((constant - f) / tau, rel=1e-12)


def test_low_tau_is_the_ground_state_and_ties_are_counted():
    m = machine(8, 6)
    ground = m.ground_state()
    best = max(float(s) for _, _, s in all_states(machine(4, 3)))
    assert machine(4, 3).ground_state().energy == pytest.approx(-best, rel=1e-14)
    v, h = ground.configuration[:8], ground.configuration[8:]
    assert float(m.energy(v, h)) == pytest.approx(ground.energy, rel=1e-13)
    assert -1e-4 * m.log_z(1e-4) == pytest.approx(ground.energy, rel=1e-12)  # no other state within 1e-2
    assert float(m.free_energy(v, 0.0)) == pytest.approx(ground.energy, rel=1e-13)
    np.testing.assert_array_equal(m.hidden_probabilities(v, 0.0), h)
    np.testing.assert_array_equal(m.visible_probabilities(h, 0.0), v)
    # |LSE_tau - max| <= tau log 2^n
    for tau in (1.0, 0.1, 0.01):
        assert -ground.energy <= tau * m.log_z(tau) <= -ground.energy + tau * 14 * math.log(2)
    tied = RestrictedBoltzmannMachine(np.zeros((2, 3)), np.zeros(3), [1.0, 0.0])
    assert tied.ground_state().degeneracy == 16
    assert tied.hidden_probabilities([0, 0, 0], 0.0).tolist() == [1.0, 0.5]


def test_infinite_tau_makes_all_states_alike():
    assert machine(5, 3).log_z(math.inf) == pytest.approx(8 * math.log(2), rel=1e-14)


def test_probabilities_of_all_pictures_add_to_one():
    m = machine(8, 5)
    v = np.array(list(itertools.product((0, 1), repeat=8)))
    for tau in (1.0, 0.2):
        assert np.exp(m.log_likelihood(v, tau)).sum() == pytest.approx(1.0, rel=1e-12)


def chi_square(found, weights, count):
    """(sum (O - E)^2 / E - dof) / sqrt(2 dof) over joint states that are expected at least 5 times."""
    expected = count * weights
    use = expected >= 5
    observed = np.append(found[use], found[~use].sum())
    wanted = np.append(expected[use], expected[~use].sum())
    observed, wanted = observed[wanted > 0], wanted[wanted > 0]
    dof = wanted.size - 1
    return (((observed - wanted) ** 2 / wanted).sum() - dof) / math.sqrt(2 * dof)


@pytest.mark.parametrize(("visible", "hidden"), [(4, 3), (3, 4)])
@pytest.mark.parametrize("tau", [1.0, 0.5])
def test_samples_have_the_joint_distribution(monkeypatch, visible, hidden, tau):
    # mutants that fail: hidden drawn at tau = 1, blocks drawn uniformly, the bits reversed (all > 50 sigma)
    monkeypatch.setattr(enumeration, "_BLOCK", 16)  # several blocks
    m = machine(visible, hidden)
    table = all_states(m)
    log_z = exact_log_z(table, tau)
    weights = np.array([float(mpmath.exp(s / mpmath.mpf(tau) - log_z)) for _, _, s in table])
    place = 1 << np.arange(visible + hidden)[::-1]
    rng = np.random.default_rng(5)
    count = 40_000
    v, h = m.sample(count, rng, tau)
    exact = np.bincount(np.hstack([v, h]) @ place, minlength=place[0] * 2)
    v, h = m.gibbs(v, rng, sweeps=3, tau=tau)  # leaves the distribution as it is
    moved = np.bincount(np.hstack([v, h]) @ place, minlength=place[0] * 2)
    v, h = m.gibbs(np.zeros((count, visible)), rng, sweeps=50, tau=tau)  # finds it
    reached = np.bincount(np.hstack([v, h]) @ place, minlength=place[0] * 2)
    assert max(chi_square(f, weights, count) for f in (exact, moved, reached)) < 5


def test_annealing_agrees_with_enumeration_at_16_by_12_from_both_sides():
    m = RestrictedBoltzmannMachine.random(16, 12, np.random.default_rng(1), scale=1.0)
    exact, bounds = m.log_z(), log_z_bounds(m, np.random.default_rng(2), chains=100, steps=500)
    for estimate in (bounds.lower, bounds.upper):
        assert abs(estimate.log_z - exact) <= 4 * estimate.error
        assert 90 < estimate.effective_sample_size <= 100
        assert 0 < estimate.error < 0.05
    assert bounds.upper.exact_start
    assert bounds.upper.reverse
    assert not bounds.lower.reverse


def test_annealing_is_unbiased_for_z_forward_and_for_its_inverse_in_reverse_with_honest_errors():
    # 20 steps of a strongly coupled machine: weights spread by about 1. Mutants that fail: log p* at beta_k both times,
    # the transition left out, the reverse chain swept at k instead of k - 1, errors x 0.7.
    m, rng = machine(6, 4, scale=1.5), np.random.default_rng(7)
    exact = m.log_z()
    forward, back, z_scores, gaps = [], [], [], []
    for _ in range(400):
        bounds = log_z_bounds(m, rng, chains=50, steps=20)
        forward.append(math.exp(bounds.lower.log_z - exact))
        back.append(math.exp(exact - bounds.upper.log_z))
        z_scores.append((bounds.lower.log_z - exact) / bounds.lower.error)
        gaps.append(bounds.gap)
    for ratio in (np.array(forward), np.array(back)):
        assert abs(ratio.mean() - 1) < 4 * ratio.std(ddof=1) / 20
    assert np.mean(gaps) > 0  # bounds in expectation
    assert abs(np.mean(z_scores)) < 0.25  # 5 sigma of 0.05; the logarithm's bias is half an error squared, 0.1 here
    assert 0.8 < np.mean(np.square(z_scores)) < 1.35  # chi^2(400) / 400 is 1 +- 0.07


def test_any_base_and_any_schedule_give_the_same_log_z():
    m = machine(8, 5)
    exact = m.log_z()
    options = {"base_visible_bias": np.linspace(-1, 1, 8), "schedule": np.linspace(0, 1, 301) ** 2}
    bounds = log_z_bounds(m, np.random.default_rng(4), chains=200, **options)
    for estimate in (bounds.lower, bounds.upper, annealed_importance(m, np.random.default_rng(5), **options)):
        assert abs(estimate.log_z - exact) <= 4 * estimate.error


def test_a_reverse_run_from_gibbs_chains_says_that_it_is_not_exact():
    m = machine(8, 5, scale=0.5)
    bounds = log_z_bounds(m, np.random.default_rng(4), steps=200, start=np.ones((100, 8)), burn_in=100)
    assert not bounds.upper.exact_start
    assert abs(bounds.upper.log_z - m.log_z()) <= 4 * bounds.upper.error


def test_layers_too_large_to_enumerate_are_annealed_between_bounds():
    m = RestrictedBoltzmannMachine(np.zeros((30, 40)), np.linspace(-1, 1, 40), np.full(30, 0.5))
    exact = np.logaddexp(0, m.visible_bias).sum() + 30 * np.logaddexp(0, 0.5)
    bounds = log_z_bounds(m, np.random.default_rng(1), steps=10, burn_in=1)
    assert bounds.lower.log_z == pytest.approx(exact, rel=1e-12)  # without weights every chain is exact
    assert bounds.upper.log_z == pytest.approx(exact, rel=1e-12)
    with pytest.raises(ResourceError, match="smaller layer has 30 units"):
        m.log_z()
    with pytest.raises(ResourceError, match="limit is 25"):
        m.sample(1, np.random.default_rng(1))


def bars(count, rng):
    return np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]])[rng.integers(0, 3, count)]


@pytest.mark.parametrize("persistent", [True, False])
def test_learning_climbs_the_likelihood_towards_the_entropy_of_the_data(persistent):
    rng = np.random.default_rng(1)
    data = bars(300, rng)
    start = RestrictedBoltzmannMachine.random(4, 3, rng, scale=0.1)
    learned = fit(start, data, rng, epochs=100, learning_rate=0.05, persistent=persistent, report_every=50)
    assert learned.epochs.tolist() == [0, 50, 100]
    assert learned.errors.tolist() == [0.0, 0.0, 0.0]
    # -log 3 = -1.1 is the best; free pixels with the right means give -2 log 2 + ... = -2.5
    assert learned.log_likelihoods[0] < -2.5
    assert -1.8 < learned.log_likelihoods[-1] < -math.log(3) + 0.02
    assert learned.log_likelihoods[-1] == pytest.approx(learned.machine.log_likelihood(data).mean(), rel=1e-14)


def test_the_mean_update_of_contrastive_divergence_from_the_model_is_zero_and_otherwise_the_gradient():
    # One update with k = 30 sweeps on a whole data set is learning_rate x gradient of the mean log-likelihood.
    m, rng = machine(4, 3, scale=0.7), np.random.default_rng(2)
    data = bars(20_000, rng)
    step = fit(m, data, rng, epochs=1, batch_size=20_000, persistent=False, sweeps=30, learning_rate=1.0).machine
    eps = 1e-5
    for name, index in (("weights", (1, 2)), ("weights", (0, 0)), ("visible_bias", (3,)), ("hidden_bias", (2,))):
        sides = []
        for sign in (1, -1):
            parts = {n: np.array(getattr(m, n)) for n in ("weights", "visible_bias", "hidden_bias")}
            parts[name][index] += sign * eps
            sides.append(RestrictedBoltzmannMachine(**parts).log_likelihood(data).mean())
        gradient = (sides[0] - sides[1]) / (2 * eps)
        # the negative phase has an error below 0.5 / sqrt(20 000) = 0.0035
        assert getattr(step, name)[index] - getattr(m, name)[index] == pytest.approx(gradient, abs=0.018)


def test_contrastive_divergence_starts_at_the_data_and_persistent_chains_do_not():
    # All pixels on or all off, nothing between: chains stay where they start, and the first persistent ones are off.
    start = RestrictedBoltzmannMachine([[40.0] * 4], [-20.0] * 4, [-80.0])
    data = np.ones((20, 4))
    for persistent, pull in ((False, 0.0), (True, 1.0)):
        learned = fit(start, data, np.random.default_rng(1), epochs=1, batch_size=20, persistent=persistent)
        change = learned.machine.visible_bias - start.visible_bias
        np.testing.assert_allclose(change, 0.1 * pull, atol=1e-12)


def test_reports_do_not_change_what_is_learned():
    start = RestrictedBoltzmannMachine.random(20, 18, np.random.default_rng(0))
    data = np.random.default_rng(1).integers(0, 2, (20, 20))
    runs = [fit(start, data, np.random.default_rng(2), epochs=2, report_every=every) for every in (None, 1)]
    assert np.array_equal(runs[0].machine.weights, runs[1].machine.weights)
    assert len(runs[1].epochs) == 3
    assert 0 < runs[1].errors[-1] < 0.1  # 18 units: annealed
    assert (
        abs(runs[1].log_likelihoods[-1] - runs[1].machine.log_likelihood(data).mean()) < 4 * runs[1].errors[-1] + 1e-9
    )


def test_digits_are_learned_with_their_log_likelihood_known():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    data = (datasets.load_digits().data > 7.5).astype(float)
    rng = np.random.default_rng(1)
    share = (data.sum(axis=0) + 1) / (len(data) + 2)
    free = float((data * np.log(share) + (1 - data) * np.log1p(-share)).sum(axis=1).mean())
    learned = fit(RestrictedBoltzmannMachine.random(64, 12, rng), data, rng, epochs=5, learning_rate=0.1)
    assert learned.log_likelihoods[0] < -44  # 64 log 2 = 44.36
    assert learned.log_likelihoods[-1] > free + 1.0  # better than pixels without correlation


def test_values_are_frozen_and_survive_a_pickle():
    m = pickle.loads(pickle.dumps(machine(3, 2)))
    assert m.log_z() == machine(3, 2).log_z()
    for array in (m.weights, m.visible_bias, m.hidden_bias):
        assert not array.flags.writeable


def test_a_fit_that_runs_away_raises_with_the_last_finite_machine():
    start = RestrictedBoltzmannMachine.random(4, 2, np.random.default_rng(1))
    with pytest.raises(ConvergenceError, match="weights overflow in epoch 1") as caught:
        fit(start, bars(50, np.random.default_rng(1)), np.random.default_rng(1), learning_rate=1e308)
    assert isinstance(caught.value.partial, RestrictedBoltzmannMachine)


GOOD = machine(3, 2)
RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RestrictedBoltzmannMachine([[1.0]], [0.0, 0.0], [0.0]), r"n_hidden, n_visible\) = \(1, 2\)"),
        (lambda: RestrictedBoltzmannMachine([[math.nan]], [0.0], [0.0]), "weights: expected .* with nan"),
        (lambda: RestrictedBoltzmannMachine([1.0], [0.0], [0.0]), "2 axes; got shape"),
        (lambda: RestrictedBoltzmannMachine([[1e308]], [1e308], [0.0]), "energies would overflow"),
        (lambda: RestrictedBoltzmannMachine.from_sklearn(object()), "expected a fitted BernoulliRBM"),
        (lambda: GOOD.free_energy([1, 0]), r"visible: expected shape \(\.\.\., 3\); got \(2,\)"),
        (lambda: GOOD.free_energy([1, 0, 2]), "between 0 and 1; got 2.0"),
        (lambda: GOOD.free_energy([1, 0, math.nan]), "between 0 and 1; got nan"),
        (lambda: GOOD.free_energy([1, 0, 1], math.inf), "tau: expected a finite number"),
        (lambda: GOOD.free_energy([1, 0, 1], -0.0), "tau: expected a number; got -0.0"),
        (lambda: GOOD.log_likelihood([1, 0, 0.5]), "Binarise the data first"),
        (lambda: GOOD.log_z(0.0), r"other than 0; ground_state\(\) is the limit"),
        (lambda: GOOD.log_z(1e-310), "so small that energies / tau overflow"),
        (lambda: GOOD.log_z(layer="top"), "expected 'smaller', 'visible' or 'hidden'; got 'top'"),
        (lambda: GOOD.gibbs([1, 0, 1], RNG, sweeps=0), "sweeps: expected an integer >= 1; got 0"),
        (lambda: GOOD.sample(-1, RNG), "count: expected an integer >= 0; got -1"),
        (lambda: annealed_importance(GOOD, RNG, chains=1), "chains: expected an integer >= 2"),
        (lambda: annealed_importance(GOOD, RNG, steps=0), "steps: expected an integer >= 1; got 0"),
        (lambda: annealed_importance(GOOD, RNG, schedule=[0, 0.5]), "rise from 0 to 1"),
        (lambda: annealed_importance(GOOD, RNG, base_visible_bias=[0.0]), "expected 3 finite numbers"),
        (lambda: log_z_bounds(GOOD, RNG, start=[[1, 0, 1]]), r"start: expected shape \(100, 3\); got \(1, 3\)"),
        (lambda: fit(GOOD, [[1, 0]], RNG), r"data: expected shape \(N, 3\)"),
        (lambda: fit(GOOD, [[1, 0, 0.3]], RNG), "zeros and ones; got 0.3"),
        (lambda: fit(GOOD, [[1, 0, 0]], RNG, epochs=0), "epochs: expected an integer >= 1; got 0"),
        (lambda: fit(GOOD, [[1, 0, 0]], RNG, learning_rate=0.0), "learning_rate, weight_decay"),
        (lambda: fit(GOOD, [[1, 0, 0]], RNG, report_every=0), "report_every: expected"),
    ],
)
def test_what_has_no_meaning_is_refused_with_what_came(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_every_public_name_is_reachable():
    assert all(hasattr(energy_based, name) for name in energy_based.__all__)


def test_a_report_that_cannot_know_log_z_says_so_and_does_not_cost_the_machine():
    rng = np.random.default_rng(0)
    data = (rng.random((50, 30)) < 0.5).astype(float)
    start = RestrictedBoltzmannMachine.random(30, 30, rng, scale=40.0)  # far too deep for 1000 steps of annealing
    found = fit(start, data, rng, epochs=1)
    assert found.machine.weights.shape == (30, 30)
    assert np.isinf(found.errors).any()
    assert np.all(np.isfinite(found.log_likelihoods))
