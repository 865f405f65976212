"""Free energies and evidences from samples, against exact answers over many seeds."""

from __future__ import annotations

import os
from contextlib import suppress

import numpy as np
import pytest
from scipy.stats import chi2, genpareto

from statmech.errors import ConvergenceError, InputError
from statmech.estimators import (
    anneal,
    annealed_importance,
    bar,
    equilibration,
    exp_average,
    histogram_reweighting,
    mbar,
    split_r_hat,
    stepping_stone,
    thermodynamic_integration,
    wham,
)
from statmech.estimators.base.tails import tail_shape

SEEDS = 100
LOW, HIGH = chi2.ppf(1e-6, SEEDS), chi2.ppf(1 - 1e-6, SEEDS)


def calibrated(z, seeds=SEEDS):
    """Within stated errors; error bars too small by a half would be found out (by 0.7 at 400 seeds)."""
    low, high = chi2.ppf(1e-6, seeds), chi2.ppf(1 - 1e-6, seeds)
    assert abs(np.mean(z)) < 4 / np.sqrt(seeds)
    assert low < np.sum(np.square(z)) < high
    assert np.sum(np.square(z) / (0.7 if seeds >= 400 else 0.5) ** 2) > high


DATA = np.array([0.3, 1.1, -0.4, 0.9, 1.7])
WIDTH = 3.0


def evidence():
    """log of the evidence of unit-variance data whose mean has a normal prior of WIDTH, and its parts."""
    covariance = np.eye(DATA.size) + WIDTH**2
    return float(
        -0.5
        * (DATA.size * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] + DATA @ np.linalg.solve(covariance, DATA))
    )


def log_likelihood(mean):
    return -0.5 * (DATA.size * np.log(2 * np.pi) + ((DATA[:, None] - mean) ** 2).sum(axis=0))


def posterior(beta, size, rng):
    precision = 1 / WIDTH**2 + beta * DATA.size
    return rng.normal(beta * DATA.sum() / precision, precision**-0.5, size)


@pytest.mark.parametrize("rule", ["gauss_legendre", "simpson", "trapezoid"])
def test_thermodynamic_integration_is_within_its_errors(rule):
    """d log Z / d beta = <log L>_beta, along beta = lambda^5 so that the integrand is smooth."""
    if rule == "gauss_legendre":
        lam = (np.polynomial.legendre.leggauss(12)[0] + 1) / 2
    else:
        lam = np.linspace(0, 1, 25 if rule == "simpson" else 60)
    z, parts = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        logs = [log_likelihood(posterior(x**5, 300, rng)) * 5 * x**4 for x in lam]
        errors = [row.std(ddof=1) / np.sqrt(row.size) for row in logs]
        found = thermodynamic_integration(lam, [row.mean() for row in logs], errors)
        z.append((found.delta_f - evidence()) / found.error)
        parts.append(found.discretisation_error / found.error)
        assert found.rule == rule
    assert abs(np.mean(z)) < 1.0  # the error of a rule has a sign
    assert np.sum(np.square(z)) < HIGH
    if np.mean(parts) < 0.5:
        calibrated(z)


def test_the_discretisation_error_is_stated():
    for points, rule in ((5, "trapezoid"), (5, "simpson"), (9, "trapezoid"), (3, "simpson")):
        lam = np.linspace(0, 2, points)
        found = thermodynamic_integration(lam, np.exp(lam), rule=rule)
        assert found.statistical_error == 0.0
        assert abs(found.delta_f - (np.exp(2) - 1)) < 1.5 * found.error
        assert found.error < 30 * abs(found.delta_f - (np.exp(2) - 1))
    nodes = (np.polynomial.legendre.leggauss(4)[0] + 1) / 2
    found = thermodynamic_integration(2 * nodes, np.exp(2 * nodes), interval=(0, 2))
    assert found.rule == "gauss_legendre"
    assert abs(found.delta_f - (np.exp(2) - 1)) < found.error < 0.2


def test_annealed_importance_is_within_its_errors_in_both_directions():
    beta = np.linspace(0, 1, 41) ** 3
    forward, reverse = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)

        def walk(x, b, rng=rng):
            """Metropolis: correlated, so that the weights are not those of exact draws."""
            reach = 2.4 * (1 / WIDTH**2 + b * DATA.size) ** -0.5
            for _ in range(3):
                y = x + rng.normal(0, reach, x.size)
                log_ratio = b * (log_likelihood(y) - log_likelihood(x)) - (y**2 - x**2) / (2 * WIDTH**2)
                x = np.where(np.log(rng.random(x.size)) < log_ratio, y, x)
            return x

        found = annealed_importance(anneal(rng.normal(0, WIDTH, 400), log_likelihood, walk, beta))
        forward.append((found.log_z - evidence()) / found.error)
        # in reverse: from the posterior along 1 - beta, with the posterior's ratio the other way
        x, logs = posterior(1.0, 400, rng), np.zeros(400)
        for k in range(beta.size - 1, 0, -1):
            logs += (beta[k] - beta[k - 1]) * log_likelihood(x)
            x = walk(x, beta[k - 1])
        back = annealed_importance(logs, reverse=True)
        reverse.append((back.log_z - evidence()) / back.error)
    calibrated(forward)
    calibrated(reverse)


def test_bar_and_exponential_averages_are_calibrated():
    z = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(0, 1, 300), rng.normal(0.5, 0.5**0.5, 200)
        pair = bar((x - 0.5) ** 2 - x**2 / 2, y**2 / 2 - (y - 0.5) ** 2)
        narrow = rng.normal(0, 1, 2000)
        one = exp_average(narrow**2 / 2)
        z.append([(pair.delta_f - np.log(2) / 2) / pair.error, (one.delta_f - np.log(2) / 2) / one.error])
    for column in np.transpose(z):
        calibrated(column, 400)


def test_bar_refuses_states_that_share_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, 1000)
    with pytest.raises(ConvergenceError, match=r"share .* of a sample") as refusal:
        bar(((x - 12) ** 2 - x**2) / 2, ((x + 12) ** 2 - x**2) / 2)
    assert refusal.value.partial.error > 1
    with pytest.raises(ConvergenceError, match="no finite work"):
        bar([np.inf, np.inf], [1.0, 1.0])
    with pytest.raises(ConvergenceError, match="effective samples"):
        exp_average(x * 20)


def test_averages_that_rest_on_one_sample_are_refused():
    rng = np.random.default_rng(0)
    logs = rng.normal(0, 100, 1000)
    with pytest.raises(ConvergenceError, match="effective chains of 1000") as refusal:
        annealed_importance(logs)
    assert refusal.value.partial.log_z == annealed_importance(logs, check=False).log_z
    energies = rng.normal(0, 10, 10000)  # at beta 5 exactly -500 below; the lowest sample is near -40
    with pytest.raises(ConvergenceError, match=r"beta 5 has .* effective samples") as refusal:
        histogram_reweighting(energies, 1.0, [1.0, 5.0])
    assert refusal.value.partial.effective_samples[1] < 5
    assert histogram_reweighting(energies, 1.0, [5.0], check=False).energy[0] > -60


@pytest.mark.parametrize("digits", [4, 5, 7])
def test_gauss_legendre_nodes_as_programs_print_them_are_known(digits):
    exact = (np.polynomial.legendre.leggauss(12)[0] + 1) / 2
    lam = np.round(exact, digits)
    found = thermodynamic_integration(lam, np.exp(2 * lam))
    assert found.rule == "gauss_legendre"
    assert found.delta_f == pytest.approx((np.exp(2) - 1) / 2, rel=1e-10)  # trapezoids miss both ends: 3 % low


def test_bar_has_offsets_of_any_size_and_walls():
    rng = np.random.default_rng(3)
    w_F, w_R = rng.normal(1, 1, 500), rng.normal(0, 1, 700)
    here = bar(w_F, w_R)
    for offset in (1e3, -1e5):
        there = bar(w_F + offset, w_R - offset)
        assert there.delta_f - offset == pytest.approx(here.delta_f, abs=1e-10)
        assert there.error == pytest.approx(here.error, rel=1e-6)
    box = rng.uniform(0, 1, 4000)  # volumes 1 and 1/2
    walls = bar(np.where(box < 0.5, 0.0, np.inf), np.zeros(300))
    assert abs(walls.delta_f - np.log(2)) < 3 * walls.error


def sample_levels(energies, log_g, beta, size, rng):
    p = np.exp(log_g - beta * energies - np.max(log_g - beta * energies))
    return rng.choice(energies, size, p=p / p.sum())


ENERGIES = np.arange(-12.0, 13.0, 2.0)
LOG_G = np.log(np.array([2, 4, 24, 60, 120, 180, 244, 180, 120, 60, 24, 4, 2], float))  # any spectrum will do


def exact_log_z(beta):
    return float(np.log(np.exp(LOG_G - beta * ENERGIES).sum()))


def test_multi_histogram_reweighting_is_calibrated_for_log_z_energy_and_variance():
    beta_k, asked = np.array([0.0, 0.15, 0.3]), 0.22
    p = np.exp(LOG_G - asked * ENERGIES - exact_log_z(asked))
    mean = p @ ENERGIES
    exact = np.array([exact_log_z(asked) - exact_log_z(0.0), mean, p @ (ENERGIES - mean) ** 2])
    z = []
    seeds = 400 if os.environ.get("STATMECH_SOAK") else 100
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        found = histogram_reweighting([sample_levels(ENERGIES, LOG_G, b, 320, rng) for b in beta_k], beta_k, [asked])
        values = np.array([found.log_z[0], found.energy[0], found.variance[0]])
        z.append((values - exact) / [found.log_z_error[0], found.energy_error[0], found.variance_error[0]])
    for column in np.transpose(z):
        calibrated(column, seeds)


def test_reweighting_equals_mbar_on_the_same_samples():
    rng = np.random.default_rng(1)
    beta_k = np.array([0.1, 0.3])
    rows = [
        sample_levels(ENERGIES, LOG_G, b, n, rng) + rng.normal(0, 0.1, n)
        for b, n in zip(beta_k, (300, 200), strict=True)
    ]
    E = np.concatenate(rows)
    found = histogram_reweighting(rows, beta_k, [0.2, 0.0, 0.3], [row**2 for row in rows])
    reference = mbar(beta_k[:, None] * E, [300, 200])
    other = reference.perturbed(np.array([0.2, 0.0, 0.3])[:, None] * E)
    assert np.allclose(found.log_z, -other.f_l, rtol=0, atol=1e-11)
    assert np.allclose(found.effective_samples, other.effective_samples, rtol=1e-9)
    assert np.allclose(found.observable[0], reference.expectations(E**2, 0.2 * E[None, :]).mean, rtol=1e-10)
    assert found.log_z[2] == pytest.approx(-reference.f_k[1], abs=1e-11)
    assert np.allclose(found.log_z_error, other.df_l, rtol=0.4)


def test_offsets_of_the_energy_move_nothing_but_log_z():
    rng = np.random.default_rng(1)
    rows = [sample_levels(ENERGIES, LOG_G, b, 500, rng) for b in (0.1, 0.3)]
    here = histogram_reweighting(rows, [0.1, 0.3], [0.2])
    there = histogram_reweighting([row + 1e6 for row in rows], [0.1, 0.3], [0.2])
    assert there.log_z[0] + 0.1 * 1e6 == pytest.approx(here.log_z[0], abs=1e-8)
    assert there.variance[0] == pytest.approx(here.variance[0], rel=1e-8)


def test_wham_finds_the_density_of_states_within_its_errors():
    beta_k = np.array([0.0, 0.1, 0.2, 0.3])
    exact = LOG_G - exact_log_z(0.0)
    z = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        p = np.exp(LOG_G - np.multiply.outer(beta_k, ENERGIES))
        found = wham(
            [rng.multinomial(2000, row) for row in p / p.sum(axis=1, keepdims=True)], np.outer(beta_k, ENERGIES)
        )
        z.append(
            [
                (found.log_p[3] - exact[3]) / found.log_p_errors[3],
                (found.log_p[6] - exact[6]) / found.log_p_errors[6],
                (found.f_k[3] + exact_log_z(0.3) - exact_log_z(0.0)) / found.df_k[3],
            ]
        )
        assert found.residual < 1e-10
    for column in np.transpose(z):
        calibrated(column, 400)


def test_wham_equals_mbar_and_divides_by_inefficiencies():
    u = np.array([[0.0, 1, 2, np.inf], [3.0, 1, 0, 0.5], [0, 0, 0, 0]])
    n = np.array([[50, 20, 5, 0], [3, 10, 40, 20], [20, 22, 18, 25]])
    found = wham(n, u)
    samples = np.concatenate([np.repeat(np.arange(4), row) for row in n])
    reference = mbar(u[:, samples], n.sum(axis=1))
    assert np.allclose(found.f_k, reference.f_k, rtol=0, atol=1e-12)
    assert np.allclose(found.dDelta_f, reference.dDelta_f, rtol=1e-9)
    halved = wham(n, u, inefficiency_k=[4, 4, 4])
    assert np.allclose(halved.f_k, found.f_k, rtol=0, atol=1e-12)
    assert np.allclose(halved.log_p_errors, 2 * found.log_p_errors, rtol=1e-9)
    offset = wham(n, u + np.array([[1e5], [0], [-1e5]]))
    assert np.allclose(offset.f_k, found.f_k - 1e5 * np.arange(3), rtol=0, atol=1e-9)
    with pytest.raises(ConvergenceError, match="groups"):
        wham([[5, 5, 0, 0], [0, 0, 5, 5]], [[0, 0, np.inf, np.inf], [np.inf, np.inf, 0, 0]])


def test_chains_that_disagree_or_drift_are_seen():
    rng = np.random.default_rng(0)
    assert split_r_hat(rng.normal(size=(4, 500))) < 1.02
    assert split_r_hat(rng.normal(size=500) + np.linspace(0, 3, 500)) > 1.2
    apart = equilibration([rng.normal(size=400), rng.normal(size=400) + 3])
    assert not apart.equilibrated
    assert apart.burn_in == 200
    assert equilibration(np.zeros((2, 64))).equilibrated
    assert split_r_hat([[0.0] * 4, [1.0] * 4]) == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bar([], [1.0]), "w_F"),
        (lambda: bar([1.0], [-1.0, 0.0]), "w_F: expected work of shape .*at least 2"),
        (lambda: bar([1.0, 2.0], [np.nan, 0.0]), "w_R: expected numbers"),
        (lambda: thermodynamic_integration([0.1, 0.4, 0.9], [0, 1, 2], interval=(0, 1)), "first lambda to the last"),
        (lambda: exp_average([1.0]), "at least two"),
        (lambda: annealed_importance([0.0]), "at least two chains"),
        (lambda: annealed_importance([-np.inf, -np.inf]), "no chain has any weight"),
        (lambda: annealed_importance([0.0, np.nan]), "nan"),
        (lambda: anneal(np.zeros(3), np.cos, lambda x, b: x, [1.0, 0.5]), "rising powers"),
        (lambda: thermodynamic_integration([0, 1], [0, 1]), "at least three rising"),
        (lambda: thermodynamic_integration([0, 0.5, 1], [0, 1]), "mean_k"),
        (lambda: thermodynamic_integration([0, 0.4, 1], [0, 1, 2], rule="simpson"), "evenly spaced"),
        (lambda: thermodynamic_integration([0, 0.4, 1], [0, 1, 2], rule="gauss_legendre"), "Gauss-Legendre nodes"),
        (lambda: thermodynamic_integration([0, 0.4, 1], [0, 1, 2], rule="boole"), "expected auto"),
        (lambda: thermodynamic_integration([0, 0.5, 1], [0, 1, 2], [0, -1, 0]), "standard errors"),
        (lambda: wham([[1, 2]], [[0.0, 0.0, 0.0]]), "equal shapes"),
        (lambda: wham([[0, 0]], [[0.0, 0.0]]), "some in every state"),
        (lambda: wham([[1, 1]], [[0.0, np.inf]]), "no counts"),
        (lambda: wham([[1, 1]], [[0.0, 0.0]], inefficiency_k=[0]), "positive"),
        (lambda: histogram_reweighting(np.zeros(100), [1.0, 2.0], [1.0]), "one for each series"),
        (lambda: histogram_reweighting(np.zeros(100), 1.0, [np.nan]), "finite"),
        (lambda: histogram_reweighting(np.zeros(100), 1.0, [1.0], np.zeros(90)), "as long"),
        (lambda: split_r_hat([[1.0] * 4, [1.0] * 5]), "equal lengths"),
        (lambda: equilibration(np.zeros(100)), "at least two"),
    ],
)
def test_input_without_meaning_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_samples_that_miss_what_carries_the_average_are_refused_though_they_seem_many():
    # normal works of spread 5: <exp(-w)> = exp(12.5) rests on works near -25, which no sample reaches. The effective
    # samples are counted from what was met: above 5 in a third of the tries, the error then a tenth of the deviation.
    passed = {"exp_average": 0, "annealed_importance": 0, "stepping_stone": 0, "histogram_reweighting": 0}
    for seed in range(40):
        w = np.random.default_rng(seed).normal(0.0, 5.0, 1000)
        tries = {
            "exp_average": lambda w=w: exp_average(w),
            "annealed_importance": lambda w=w: annealed_importance(-w),
            "stepping_stone": lambda w=w: stepping_stone([-w], [0.0, 1.0]),
            "histogram_reweighting": lambda w=w: histogram_reweighting(w, 0.0, [1.0]),
        }
        for name, attempt in tries.items():
            with suppress(ConvergenceError):
                attempt()
                passed[name] += 1
    assert max(passed.values()) <= 1, passed
    # and a spread of 1.5, where errors are right within a fifth, is not
    for seed in range(40):
        exp_average(np.random.default_rng(seed).normal(0.0, 1.5, 1000))


def test_wham_refuses_states_that_share_less_than_one_count():
    bias = np.array([[0.0, 5.0, 20.0], [20.0, 5.0, 0.0]])
    with pytest.raises(ConvergenceError, match=r"states \[1\] share .* of a count") as refusal:
        wham([[1000, 0, 0], [0, 0, 1000]], bias)
    assert refusal.value.partial.df_k[1] > 100
    assert wham([[1000, 40, 0], [0, 40, 1000]], bias).df_k[1] < 0.5


def test_the_shape_of_a_tail_of_equal_weights_is_known():
    # theta = 0 is met to the bit by one of the trials: 0 / 0, were it not taken as the exponential tail that it is
    assert tail_shape(np.array([-np.inf, *np.zeros(100)])) < 0.0
    # beside maximum likelihood, drawn towards 1/2 as by ten samples
    x = np.random.default_rng(4).pareto(1 / 0.8, 400)
    shape, _, _ = genpareto.fit(x, floc=0)
    assert tail_shape(np.array([-np.inf, *np.log(x)])) == pytest.approx((400 * shape + 5) / 410, abs=0.01)
