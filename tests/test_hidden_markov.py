"""Hidden Markov models against all paths listed in mpmath, long doubles, and spin chains solved elsewhere."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import statmech
from statmech import lattices
from statmech.errors import ConvergenceError, InputError
from statmech.inference import hidden_markov
from statmech.inference.hidden_markov import (
    CategoricalEmissions,
    GaussianEmissions,
    HiddenMarkovModel,
    PoissonEmissions,
    from_ising,
    to_ising,
)
from statmech.inference.hidden_markov.chain import read_chain
from statmech.inference.hidden_markov.expectations import expectations
from statmech.logspace import logsumexp
from statmech.models.ising import Ising
from statmech.variable_elimination import Eliminator

INF = math.inf


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(50):
        yield


def random_chain(seed, states=3, steps=5, zeros=0.0, spread=1.0, inhomogeneous=False):
    rng = np.random.default_rng(seed)
    shape = (steps - 1, states, states) if inhomogeneous else (states, states)
    arrays = [spread * rng.normal(size=s) for s in ((states,), shape, (steps, states))]
    for array in arrays:
        array[rng.random(array.shape) < zeros] = -INF
    return arrays


def scores_of_all_paths(initial, transition, scores):
    """{path: exact score as mpf}, forbidden paths left out."""
    steps, states = scores.shape
    table = {}
    for path in itertools.product(range(states), repeat=steps):
        terms = [initial[path[0]], *(scores[t, s] for t, s in enumerate(path))]
        terms += [
            (transition[t] if transition.ndim == 3 else transition)[a, b]
            for t, (a, b) in enumerate(itertools.pairwise(path))
        ]
        if all(x > -INF for x in terms):
            table[path] = mpmath.fsum(map(mpmath.mpf, map(float, terms)))
    return table


def brute_log_sum(table, tau=1.0):
    if not table:
        return -mpmath.inf
    return tau * mpmath.log(mpmath.fsum(mpmath.exp(s / mpmath.mpf(tau)) for s in table.values()))


CHAINS = {
    "plain": {"seed": 1},
    "one state": {"seed": 2, "states": 1},
    "one time": {"seed": 3, "steps": 1},
    "zeros": {"seed": 4, "zeros": 0.3, "states": 4},
    "each step its own": {"seed": 5, "inhomogeneous": True},
    "each step its own, zeros": {"seed": 13, "inhomogeneous": True, "zeros": 0.2, "states": 4},
    "far apart": {"seed": 6, "spread": 300.0},
    "very far apart": {"seed": 7, "spread": 3000.0, "zeros": 0.2, "states": 4},
    "very far apart, each step its own": {"seed": 8, "spread": 3000.0, "inhomogeneous": True},
}


@pytest.mark.parametrize("tau", [1.0, 0.1, 30.0])
@pytest.mark.parametrize("name", CHAINS)
def test_the_log_likelihood_is_the_sum_over_all_paths(name, tau):
    chain = random_chain(**CHAINS[name])
    want = brute_log_sum(scores_of_all_paths(*chain), tau)
    assert want > -INF
    size = max(1.0, float(abs(want)))  # the scores' own rounding by tau: 1e-16 of the largest each
    assert abs(hidden_markov.log_likelihood(*chain, tau=tau) - want) < 4e-15 * size


@pytest.mark.parametrize("name", CHAINS)
def test_the_best_path_is_the_best_of_all_paths(name):
    chain = random_chain(**CHAINS[name])
    table = scores_of_all_paths(*chain)
    path, score = hidden_markov.viterbi(*chain)
    best = max(table, key=table.__getitem__)
    assert tuple(path) == best
    assert score == float(table[best])
    assert hidden_markov.log_likelihood(*chain, tau=0.0) == score


@pytest.mark.parametrize("tau", [1.0, 0.1])
@pytest.mark.parametrize("name", CHAINS)
def test_posteriors_are_the_shares_of_the_paths(name, tau):
    chain = random_chain(**CHAINS[name])
    table = scores_of_all_paths(*chain)
    total = brute_log_sum(table, tau) / mpmath.mpf(tau)
    want = np.zeros(chain[2].shape)
    for path, score in table.items():
        want[np.arange(len(path)), path] += float(mpmath.exp(score / mpmath.mpf(tau) - total))
    got = hidden_markov.smooth(*chain, tau=tau)
    scale = max(1.0, max(abs(float(s)) for s in table.values()) / tau)
    # an absolute error of the logarithms of 1e-16 * scale is a relative one of the probabilities
    assert np.allclose(got, want, rtol=1e-14 * scale, atol=1e-290)
    assert np.allclose(got.sum(axis=1), 1.0, rtol=1e-14)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.4]), st.sampled_from([1.0, 100.0, 1000.0]), st.booleans())
def test_any_chain_agrees_with_the_log_domain(seed, zeros, spread, inhomogeneous):
    chain = random_chain(seed, states=4, steps=12, zeros=zeros, spread=spread, inhomogeneous=inhomogeneous)
    initial, transition, scores = chain
    message = initial + scores[0]
    for t in range(1, 12):
        step = transition[t - 1] if inhomogeneous else transition
        message = logsumexp(message[:, None] + step, axis=0) + scores[t]
    want, got = logsumexp(message), hidden_markov.log_likelihood(*chain)
    assert got == want or got == pytest.approx(want, rel=1e-13, abs=1e-13)


def test_two_separate_chains_keep_the_one_that_wins_late():
    # The second chain falls e^-5000 behind at once and makes up for it, e^1 a step, only after 5000 steps.
    scores = np.zeros((12_001, 2))
    scores[0], scores[1:, 1] = (0.0, -5000.0), 1.0
    apart = np.array([[0.0, -INF], [-INF, 0.0]])
    value = hidden_markov.log_likelihood([0.0, 0.0], apart, scores)
    assert value == 7000.0
    assert hidden_markov.smooth([0.0, 0.0], apart, scores)[0].tolist() == [0.0, 1.0]


def test_an_outlier_of_200_sigma_in_a_left_right_chain_is_summed_right():
    # Means 5 sigma apart: at the outlier the likeliest state is e^-4950 away from the reachable ones.
    means, steps = np.arange(6) * 5.0, 40
    x = np.repeat(means, 8)[:steps].copy()
    x[10] = 200.0
    scores = -0.5 * (x[:, None] - means) ** 2 - 0.5 * math.log(2 * math.pi)
    with np.errstate(divide="ignore"):
        transition = np.log(0.75 * np.eye(6) + 0.25 * np.eye(6, k=1) + np.diag([0.0] * 5 + [0.25]))
        initial = np.log(np.eye(6)[0])
    message = [mpmath.mpf(float(v)) for v in initial + scores[0]]
    for t in range(1, steps):
        message = [
            mpmath.log(mpmath.fsum(mpmath.exp(message[i] + float(transition[i, j])) for i in range(6)))
            + float(scores[t, j])
            if any(message[i] + float(transition[i, j]) > -INF for i in range(6))
            else -mpmath.inf
            for j in range(6)
        ]
    want = mpmath.log(mpmath.fsum(mpmath.exp(m) for m in message))
    got = hidden_markov.log_likelihood(initial, transition, scores)
    assert got < -17_000
    assert abs(got - want) < 1e-15 * abs(want) * 10


def long_double_forward(initial, transition, scores):
    matrix, f, total = np.exp(transition.astype(np.longdouble)), np.exp(initial.astype(np.longdouble)), np.longdouble(0)
    for t, row in enumerate(scores.astype(np.longdouble)):
        f = (f if t == 0 else f @ matrix) * np.exp(row - row.max())
        size = f.sum()
        f, total = f / size, total + np.log(size) + row.max()
    return total


def test_a_long_chain_is_right_to_1e_9():
    rng = np.random.default_rng(1)
    initial, transition = np.log(rng.dirichlet(np.ones(16))), np.log(rng.dirichlet(np.ones(16), size=16))
    scores = -0.5 * (rng.normal(0, 3, 20_000)[:, None] - rng.normal(0, 3, 16)) ** 2
    want = long_double_forward(initial, transition, scores)
    assert abs(hidden_markov.log_likelihood(initial, transition, scores) - want) < 2e-11  # eps |L| = 1e-11


@pytest.mark.parametrize("tau", [1.0, 0.1, 1e-4])
def test_the_log_likelihood_lies_between_the_best_path_and_all_paths_being_it(tau):
    initial, transition, scores = random_chain(9, states=8, steps=300)
    _, best = hidden_markov.viterbi(initial, transition, scores)
    value = hidden_markov.log_likelihood(initial, transition, scores, tau)
    assert best * (1 - 1e-14) <= value <= best + tau * 300 * math.log(8)


def test_equal_paths_are_counted_at_low_tau():
    value = hidden_markov.log_likelihood(np.zeros(4), np.zeros((4, 4)), np.full((100, 4), -2.0), tau=1e-4)
    assert value == pytest.approx(-200.0 + 1e-4 * 100 * math.log(4), rel=1e-15)


def test_equal_paths_give_the_lower_state():
    assert hidden_markov.viterbi(np.zeros(3), np.zeros((3, 3)), np.zeros((4, 3)))[0].tolist() == [0, 0, 0, 0]


def test_a_missing_observation_is_summed_out():
    initial, transition, scores = random_chain(10, states=3, steps=6)
    scores[2] = 0.0
    table = scores_of_all_paths(initial, transition, scores)
    joined = logsumexp(transition[:, :, None] + transition[None], axis=1)  # two steps at once
    steps = np.stack([transition, joined, transition, transition])
    value = hidden_markov.log_likelihood(initial, steps, np.delete(scores, 2, axis=0))
    assert value == pytest.approx(hidden_markov.log_likelihood(initial, transition, scores), rel=1e-14)
    assert value == pytest.approx(float(brute_log_sum(table)), rel=1e-14)


def test_drawn_paths_have_their_posterior_frequencies():
    chain = random_chain(11, states=2, steps=4, inhomogeneous=True)
    table = scores_of_all_paths(*chain)
    for tau in (1.0, 0.5):
        total = brute_log_sum(table, tau)
        paths = hidden_markov.sample(*chain, 40_000, generator=np.random.default_rng(3), tau=tau)
        found = dict(zip(*np.unique(paths @ [8, 4, 2, 1], return_counts=True), strict=True))
        chi2 = 0.0
        for path, score in table.items():
            expected = 40_000 * float(mpmath.exp((score - total) / tau))
            chi2 += (found.get(int(np.dot(path, [8, 4, 2, 1])), 0) - expected) ** 2 / expected
        assert chi2 < 53  # 15 degrees of freedom: p = 4e-6


def test_drawn_paths_never_take_a_forbidden_step():
    stay = np.array([[0.0, -INF], [-INF, 0.0]])
    paths = hidden_markov.sample([0.0, 0.0], stay, np.zeros((50, 2)), 100, generator=np.random.default_rng(1))
    assert set(paths.sum(axis=1).tolist()) == {0, 50}


def test_no_possible_path_is_minus_infinity_and_has_no_posterior():
    chain = [0.0, -INF], [[-INF, 0.0], [-INF, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, -INF]]
    assert hidden_markov.log_likelihood(*chain) == -INF
    assert hidden_markov.log_likelihood(*chain, tau=0.0) == -INF
    for function in (hidden_markov.viterbi, hidden_markov.smooth):
        with pytest.raises(InputError, match="no path is possible: every state has probability 0 at time 2"):
            function(*chain)
    with pytest.raises(InputError, match="no path is possible"):
        hidden_markov.sample(*chain, generator=np.random.default_rng(1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_likelihood": [[0.0, math.nan]]}, "missing observation is a row of zeros"),
        ({"log_likelihood": [[0.0, INF]]}, "finite numbers or -inf"),
        ({"log_likelihood": np.zeros((0, 2))}, "T >= 1"),
        ({"log_likelihood": np.zeros((3, 3))}, "expected shape"),
        ({"log_transition": np.zeros((4, 2, 2))}, "one per step"),
        ({"log_initial": np.zeros((1, 2))}, "log_initial: expected shape"),
        ({"log_initial": ["a", "b"]}, "log_initial: expected real numbers"),
        ({"tau": -1.0}, "tau: expected"),
        ({"tau": -0.0}, "tau: expected"),
        ({"tau": math.nan}, "tau: expected"),
        ({"tau": INF}, "tau: expected"),
        ({"tau": 1e-308, "log_initial": [0.0, -10.0]}, "overflows"),
    ],
)
def test_a_wrong_argument_is_named(change, message):
    arguments = {"log_initial": [0.0, 0.0], "log_transition": np.zeros((2, 2)), "log_likelihood": np.zeros((3, 2))}
    with pytest.raises(InputError, match=message):
        hidden_markov.log_likelihood(**arguments | change)


def test_arguments_are_left_as_they_were():
    chain = random_chain(12)
    copies = [array.copy() for array in chain]
    for function in (hidden_markov.log_likelihood, hidden_markov.smooth, hidden_markov.viterbi):
        function(*chain)
    assert all(np.array_equal(a, b) for a, b in zip(chain, copies, strict=True))


# The class ----------------------------------------------------------------------------------------------------------


CASINO = HiddenMarkovModel(
    [0.5, 0.5], [[0.95, 0.05], [0.1, 0.9]], CategoricalEmissions([[1 / 6] * 6, [0.1] * 5 + [0.5]])
)
FAMILIES = {
    "categorical": CategoricalEmissions([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]),
    "gaussian": GaussianEmissions([0.0, 3.0], [1.0, 0.5]),
    "gaussian, independent components": GaussianEmissions([[0.0, 1.0], [3.0, -1.0]], [[1.0, 0.5], [0.3, 2.0]]),
    "gaussian, full": GaussianEmissions(
        [[0.0, 1.0], [3.0, -1.0]], [[[1.0, 0.5], [0.5, 1.0]], [[2.0, -0.3], [-0.3, 0.7]]]
    ),
    "poisson": PoissonEmissions([2.0, 9.0]),
    "poisson, two components": PoissonEmissions([[2.0, 5.0], [9.0, 1.0]]),
}
STEPS = [[0.9, 0.1], [0.2, 0.8]]


def mp_log_density(emissions, s, x):
    x = [mpmath.mpf(float(v)) for v in np.atleast_1d(x)]
    if isinstance(emissions, CategoricalEmissions):
        return mpmath.log(mpmath.mpf(float(emissions.probabilities[s, int(x[0])])))
    if isinstance(emissions, PoissonEmissions):
        rates = np.atleast_1d(emissions.rates[s])
        return mpmath.fsum(
            k * mpmath.log(float(r)) - float(r) - mpmath.loggamma(k + 1) for k, r in zip(x, rates, strict=True)
        )
    c = emissions.covariances[s]
    c = mpmath.matrix(np.diag(np.atleast_1d(c)).tolist() if np.ndim(c) < 2 else c.tolist())
    d = mpmath.matrix([v - float(m) for v, m in zip(x, np.atleast_1d(emissions.means[s]), strict=True)])
    return -((d.T * mpmath.inverse(c) * d)[0] + mpmath.log(mpmath.det(c)) + len(x) * mpmath.log(2 * mpmath.pi)) / 2


@pytest.mark.parametrize("name", FAMILIES)
def test_emissions_are_the_textbook_densities(name):
    emissions = FAMILIES[name]
    x = emissions.draw(np.array([0, 1, 0, 1]), np.random.default_rng(1))
    got = emissions.log_likelihood(x)
    for t, row in enumerate(x):
        for s in range(2):
            assert got[t, s] == pytest.approx(float(mp_log_density(emissions, s, row)), rel=1e-13)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_gains_likelihood_at_every_iteration_and_finds_the_truth(name):
    truth = HiddenMarkovModel([0.5, 0.5], STEPS, FAMILIES[name])
    x, _ = truth.sample(4000, np.random.default_rng(5))
    fit = HiddenMarkovModel([0.4, 0.6], [[0.7, 0.3], [0.4, 0.6]], FAMILIES[name]).fit(x, iterations=100)
    gains = np.diff(fit.log_likelihoods)
    assert fit.converged
    assert gains.min() > -1e-9  # rounding of a log-likelihood of 1e4: 1e-12 per observation
    assert fit.log_likelihoods[-1] >= truth.log_likelihood(x)
    assert fit.log_likelihoods[-1] == pytest.approx(fit.model.log_likelihood(x), rel=1e-13)
    # 4000 observations, some 2700 and 1300 steps: 5 standard errors of the worst
    assert np.allclose(fit.model.transition, STEPS, atol=5 * math.sqrt(0.2 * 0.8 / 1300) * 1.5)


def test_one_iteration_of_baum_welch_is_the_sum_over_all_paths():
    x = [0, 5, 5, 1, 5]
    logs = np.log(CASINO.initial), np.log(CASINO.transition), CASINO.emissions.log_likelihood(x)
    table = scores_of_all_paths(*logs)
    total = brute_log_sum(table)
    steps, shown = np.zeros((2, 2)), np.zeros((2, 6))
    for path, score in table.items():
        weight = float(mpmath.exp(score - total))
        for a, b in itertools.pairwise(path):
            steps[a, b] += weight
        for s, k in zip(path, x, strict=True):
            shown[s, k] += weight
    once = CASINO.fit(x, iterations=1).model
    assert np.allclose(once.transition, steps / steps.sum(axis=1, keepdims=True), rtol=1e-13)
    assert np.allclose(once.emissions.probabilities, shown / shown.sum(axis=1, keepdims=True), rtol=1e-13)


def test_expected_steps_survive_underflow():
    # One outlier makes every step's weight 0 in plain numbers; the other steps still count 1 each.
    model = HiddenMarkovModel(
        [1.0, 0.0, 0.0],
        [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]],
        GaussianEmissions([0.0, 50.0, 200.0], np.ones(3)),
    )
    x = np.array([0.1, -0.2, 200.0, 0.3, 50.0, 49.0, 200.0])
    logs = np.log(np.maximum(model.initial, 0), where=model.initial > 0, out=np.full(3, -INF)), model._logs()[1]
    table = scores_of_all_paths(*logs, model.emissions.log_likelihood(x))
    total, want = brute_log_sum(table), np.zeros((3, 3))
    for path, score in table.items():
        for a, b in itertools.pairwise(path):
            want[a, b] += float(mpmath.exp(score - total))
    found = expectations(read_chain(*logs, model.emissions.log_likelihood(x)))
    assert np.allclose(found.steps, want, rtol=1e-9, atol=1e-12)
    assert found.log_likelihood == pytest.approx(float(total), rel=1e-15)


def test_several_sequences_are_independent():
    rng = np.random.default_rng(2)
    parts = [CASINO.sample(n, rng)[0] for n in (30, 1, 50)]
    x, lengths = np.concatenate(parts), [30, 1, 50]
    assert CASINO.log_likelihood(x, lengths) == pytest.approx(sum(map(CASINO.log_likelihood, parts)), rel=1e-14)
    assert np.array_equal(CASINO.smooth(x, lengths), np.concatenate([CASINO.smooth(p) for p in parts]))
    path, score = CASINO.viterbi(x, lengths)
    assert np.array_equal(path, np.concatenate([CASINO.viterbi(p)[0] for p in parts]))
    assert score == pytest.approx(sum(CASINO.viterbi(p)[1] for p in parts), rel=1e-14)
    once = CASINO.fit(x, lengths, iterations=1)
    assert np.allclose(once.model.initial, CASINO.smooth(x, lengths)[[0, 30, 31]].mean(axis=0), rtol=1e-14)
    fit = CASINO.fit(x, lengths, iterations=3)
    assert np.diff(fit.log_likelihoods).min() > 0


def test_a_zero_transition_stays_zero_and_an_unused_state_keeps_its_parameters():
    start = HiddenMarkovModel(
        [1.0, 0.0, 0.0],
        [[0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]],
        GaussianEmissions([0.0, 5.0, 9.0], np.ones(3)),
    )
    x = np.random.default_rng(1).normal(np.repeat([0.0, 5.0], 20))
    model = start.fit(x).model
    assert model.transition[0, 2] == model.transition[1, 0] == 0
    assert model.transition[2].tolist() == [0.2, 0.3, 0.5]
    assert model.emissions.means[2] == 9.0


def test_a_missing_observation_says_nothing():
    x, k = [0.1, 5.0, math.nan, -0.3, 4.0, 3.2], [0, 5, math.nan, 1, 4, 3]
    for name, missing in (("categorical", [2, 0, math.nan, 1]), ("gaussian", x), ("poisson", k)):
        model = HiddenMarkovModel([0.5, 0.5], STEPS, FAMILIES[name])
        assert np.all(model.emissions.log_likelihood(missing)[2] == 0.0)
        assert model.fit(missing, iterations=2).log_likelihoods.size == 3
        assert np.all(np.isfinite(model.smooth(missing)))


def test_a_state_that_closes_in_on_one_value_is_refused_with_what_was_reached():
    start = HiddenMarkovModel([0.5, 0.5], [[0.5, 0.5]] * 2, GaussianEmissions([0.0, 9.0], [1.0, 0.01]))
    with pytest.raises(ConvergenceError, match="state 1 has closed in on one value") as error:
        start.fit([0.1, 0.5, 9.0, -0.3, 9.0, 0.2])
    assert isinstance(error.value.partial.model, HiddenMarkovModel)
    plane = GaussianEmissions([[0.0, 0.0], [9.0, 9.0]], [np.eye(2), np.eye(2)])
    with pytest.raises(ConvergenceError, match="a line of them"):
        HiddenMarkovModel([0.5, 0.5], STEPS, plane).fit([[0, 0], [1, 2], [2, 1], [9, 9], [10, 10], [11, 11]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HiddenMarkovModel([0.5, 0.6], STEPS, FAMILIES["poisson"]), "initial: expected probabilities"),
        (lambda: HiddenMarkovModel([1.0], [[1.0]], FAMILIES["poisson"]), "same number of states"),
        (lambda: GaussianEmissions([0.0], [0.0]), "variances > 0"),
        (lambda: GaussianEmissions([[0.0, 0.0]], [[[1.0, 2.0], [2.0, 1.0]]]), "positive definite"),
        (lambda: GaussianEmissions([[0.0, 0.0]], [[[1.0, 2.0], [0.0, 1.0]]]), "symmetric"),
        (lambda: GaussianEmissions([0.0, 1.0], [[1.0], [1.0]]), "covariances: expected shape"),
        (lambda: PoissonEmissions([-1.0]), "rates: expected"),
        (lambda: CASINO.log_likelihood([6]), "from 0 to 5; got 6"),
        (lambda: CASINO.log_likelihood([0.5]), "whole numbers"),
        (lambda: CASINO.log_likelihood([0, 1], [3]), "lengths: expected integers"),
        (lambda: FAMILIES["gaussian, full"].log_likelihood([[0.0, math.nan]]), "nan in a whole row"),
        (lambda: CASINO.fit([0, 1], iterations=0), "iterations, tolerance"),
        (lambda: CASINO.sample(0, np.random.default_rng(1)), "length: expected"),
    ],
)
def test_a_wrong_parameter_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


# The chain Ising model in disguise ----------------------------------------------------------------------------------


def spin_glass(sites=12, seed=3):
    rng = np.random.default_rng(seed)
    return Ising(
        lattices.chain(sites, periodic=False), rng.normal(size=sites - 1).tolist(), rng.normal(size=sites).tolist()
    )


def test_the_free_energy_of_an_ising_chain_is_a_log_likelihood():
    model = spin_glass()
    temperatures = [0.0, 0.05, 1.0, 7.0]
    want = statmech.solve(model, temperature=temperatures)["free_energy"].values
    got = [-hidden_markov.log_likelihood(*from_ising(model), tau=T) for T in temperatures]
    assert np.allclose(got, want, rtol=2e-15)


def test_posteriors_are_magnetisations_and_the_best_path_is_the_ground_state():
    model = spin_glass()
    m = 2 * hidden_markov.smooth(*from_ising(model), tau=0.7)[:, 1] - 1
    total = statmech.solve(model, temperature=[0.7])["magnetization"].values[0]
    assert m.sum() == pytest.approx(float(total), rel=1e-13)
    path, score = hidden_markov.viterbi(*from_ising(model))
    assert model.energy(2 * path - 1) == pytest.approx(-score, rel=1e-15)
    assert -score == pytest.approx(Eliminator(model.network()).ground_state().energy, rel=1e-15)


def test_from_ising_to_hidden_markov_and_back_is_the_same_model():
    model = spin_glass()
    back, constant = to_ising(*from_ising(model))
    assert constant == pytest.approx(0.0, abs=1e-15)
    assert np.allclose(back.couplings, model.couplings, rtol=1e-15)
    assert np.allclose(back.fields, model.fields, rtol=1e-14, atol=1e-15)
    alone, _ = to_ising(*from_ising(Ising(lattices.chain(1, periodic=False), 1.0, 0.3)))
    assert alone.fields.tolist() == [0.3]


def test_a_hidden_markov_model_of_two_states_is_an_ising_chain():
    logs = np.log([0.3, 0.7]), np.log(STEPS), CASINO.emissions.log_likelihood([0, 5, 5, 3, 5, 1])
    model, constant = to_ising(*logs)
    want = statmech.solve(model, temperature=[1.0])["free_energy"].values[0]
    assert hidden_markov.log_likelihood(*logs) == pytest.approx(constant - want, rel=1e-14)
    for path in itertools.product(range(2), repeat=6):
        assert float(scores_of_all_paths(*logs)[path]) == pytest.approx(
            constant - model.energy(2 * np.array(path) - 1), rel=1e-14
        )


def test_only_an_open_chain_of_two_states_is_converted():
    with pytest.raises(InputError, match="open chain"):
        from_ising(Ising(lattices.chain(4)))
    with pytest.raises(InputError, match="two states and finite"):
        to_ising([0.0, -INF], np.zeros((2, 2)), np.zeros((3, 2)))
