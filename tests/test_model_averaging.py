"""Bayesian model averaging against exact sums, draws, and a conjugate model whose evidence is known."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statmech.errors import InputError
from statmech.inference.model_averaging import aic, average, bic, criterion_weights, model_weights, waic

INF = math.inf


def test_weights_are_prior_times_evidence_at_any_offset():
    for offset in (0.0, -1e6, 1e6):
        found = model_weights(np.log([3.0, 1.0]) + offset, np.log([0.2, 0.8]))
        assert np.allclose(found.weights, [3 / 7, 4 / 7], rtol=1e-15 * max(1.0, abs(offset)))
        assert found.log_evidence == pytest.approx(math.log(1.4) + offset, rel=1e-14)


def test_priors_need_not_be_normalised():
    assert model_weights([0.0, 1.0], [5.0, 5.0]).log_evidence == pytest.approx(model_weights([0.0, 1.0]).log_evidence)
    assert model_weights([0.0, 0.0]).log_evidence == pytest.approx(0.0, abs=1e-15)


def test_weights_that_underflow_keep_their_logarithms():
    found = model_weights([0.0, -5000.0, -INF])
    assert found.weights.tolist() == [1.0, 0.0, 0.0]
    assert found.log_weights.tolist() == [0.0, -5000.0, -INF]
    assert found.bayes_factor(1, 0) == 0.0


def test_criteria_are_minus_twice_a_log_evidence():
    values = [210.0, 214.0, 230.5]
    assert np.array_equal(criterion_weights(values).weights, model_weights(-0.5 * np.array(values)).weights)
    assert criterion_weights([1.0, INF]).weights.tolist() == [1.0, 0.0]


def test_bic_approximates_the_evidence_of_a_conjugate_model():
    # n normal observations of unknown mean, prior N(0, 1): the evidence is a Gaussian integral.
    n = 4000
    x = np.random.default_rng(1).normal(0.05, 1.0, n)
    constant = -0.5 * n * math.log(2 * math.pi)
    free = constant - 0.5 * (x @ x) + 0.5 * x.sum() ** 2 / (n + 1) - 0.5 * math.log(n + 1)
    fixed = constant - 0.5 * (x @ x)
    best = constant - 0.5 * ((x - x.mean()) @ (x - x.mean()))
    found = criterion_weights(bic([fixed, best], [0, 1], n))
    exact = model_weights([fixed, free])
    # BIC leaves out the prior density at the estimate, exp(-m^2 / 2), and 1 / n
    assert np.log(found.bayes_factor(1, 0)) == pytest.approx(np.log(exact.bayes_factor(1, 0)), abs=5e-3)


def test_aic_and_waic_agree_where_the_posterior_is_normal():
    n = 2000
    rng = np.random.default_rng(2)
    x = rng.normal(0.3, 1.0, n)
    draws = rng.normal(x.mean(), 1 / math.sqrt(n), 4000)
    log_likelihood = -0.5 * (x - draws[:, None]) ** 2 - 0.5 * math.log(2 * math.pi)
    best = float((-0.5 * (x - x.mean()) ** 2 - 0.5 * math.log(2 * math.pi)).sum())
    # they differ by 2 (p_waic - 1) and the like; p_waic = mean of x's squared deviations = 1 +- sqrt(2 / n) = 0.03
    assert waic(log_likelihood) == pytest.approx(float(aic(best, 1)), abs=0.3)
    assert waic(log_likelihood - 1e6) == pytest.approx(waic(log_likelihood) + 2e6 * n, rel=1e-12)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(-1000, 1000), st.integers(0, 1000)), min_size=1, max_size=6),
    st.sampled_from([0, 10**6]),
)
def test_the_average_obeys_the_law_of_total_variance(models, offset):
    total = sum(w for w, _, _ in models)
    share = [Fraction(w, total) for w, _, _ in models]
    mean = sum(s * (m + offset) for s, (_, m, _) in zip(share, models, strict=True))
    within = sum(s * v for s, (_, _, v) in zip(share, models, strict=True))
    between = sum(s * (m + offset - mean) ** 2 for s, (_, m, _) in zip(share, models, strict=True))
    found = average([float(s) for s in share], [m + offset for _, m, _ in models], [v for _, _, v in models])
    assert found.mean == pytest.approx(float(mean), rel=1e-14, abs=1e-12)
    assert found.within == pytest.approx(float(within), rel=1e-13)
    # the rounding of the mean, eps * offset, enters squared and times a deviation of up to 1000
    assert found.between == pytest.approx(float(between), rel=1e-12, abs=1e-12 + 1e-15 * offset * 1e3)
    assert found.variance == pytest.approx(found.within + found.between, rel=1e-13)


def test_the_average_is_that_of_draws_from_the_models():
    rng = np.random.default_rng(3)
    weights, means, variances = (
        model_weights(np.log([0.5, 0.3, 0.2])),
        np.array([0.0, 1.0, 5.0]),
        np.array([1.0, 0.5, 2.0]),
    )
    chosen = rng.choice(3, size=200_000, p=weights.weights)
    x = rng.normal(means[chosen], np.sqrt(variances[chosen]))
    found = average(weights, means, variances)
    assert x.mean() == pytest.approx(found.mean, abs=5 * math.sqrt(found.variance / x.size))
    assert x.var() == pytest.approx(found.variance, rel=5 * math.sqrt(3 / x.size))  # fourth moment: below 4 V^2


def test_predictions_keep_their_shape_and_an_impossible_model_has_no_say():
    means = np.arange(12.0).reshape(2, 2, 3)
    found = average(model_weights([0.0, -INF]), means, np.ones_like(means))
    assert np.array_equal(found.mean, means[0])
    assert np.array_equal(found.variance, np.ones((2, 3)))
    assert np.array_equal(found.between, np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: model_weights([0.0, math.nan]), "log_evidence: expected finite"),
        (lambda: model_weights([0.0, INF]), "or -inf"),
        (lambda: model_weights([-INF, -INF]), "at least one possible model"),
        (lambda: model_weights([0.0, -INF], [-INF, 0.0]), "at least one possible model"),
        (lambda: model_weights([]), "log_evidence: expected shape"),
        (lambda: model_weights([0.0], [0.0, 0.0]), "log_prior: expected shape"),
        (lambda: criterion_weights([0.0, -INF]), "or inf"),
        (lambda: average([0.5, 0.6], [0.0, 1.0]), "weights: expected probabilities"),
        (lambda: average([0.5, 0.5], [0.0]), "means, variances: expected the same shape"),
        (lambda: average([1.0], [0.0], [-1.0]), "variances >= 0"),
        (lambda: waic([[1.0, 2.0]]), "draws >= 2"),
        (lambda: bic(0.0, 1, 0), "observations"),
    ],
)
def test_a_wrong_argument_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
