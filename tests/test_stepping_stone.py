"""Stepping-stone evidence against conjugate models with an exact answer."""

from __future__ import annotations

import numpy as np
import pytest

from statmech.errors import ConvergenceError, InputError
from statmech.estimators import stepping_stone
from statmech.inference.model_averaging import model_weights

DATA = np.array([0.3, 1.1, -0.4, 0.9, 1.7])


def exact(width):
    """log-evidence of unit-variance data whose mean has a normal prior of this width."""
    n = DATA.size
    covariance = np.eye(n) + width**2
    return float(
        -0.5 * (n * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] + DATA @ np.linalg.solve(covariance, DATA))
    )


def estimate(width, seed, samples=400, stones=12):
    rng = np.random.default_rng(seed)
    beta = np.linspace(0, 1, stones + 1) ** 3
    rows = []
    for b in beta[:-1]:
        precision = 1 / width**2 + b * DATA.size
        mean = rng.normal(b * DATA.sum() / precision, precision**-0.5, samples)
        rows.append(-0.5 * (DATA.size * np.log(2 * np.pi) + ((DATA[:, None] - mean) ** 2).sum(axis=0)))
    return stepping_stone(rows, beta)


def test_the_evidence_lies_within_its_stated_errors_over_400_seeds():
    z = np.array([(found.log_evidence - exact(3.0)) / found.error for found in (estimate(3.0, s) for s in range(400))])
    assert abs(z.mean()) < 0.2  # four standard deviations of the mean of 400 standard normals
    low, high = 276.0, 546.0  # the 1e-6 limits of chi^2(400)
    assert low < np.sum(z**2) < high
    assert np.sum((z / 0.7) ** 2) > high  # error bars that are too small by 0.7 would be found out


def test_the_ratios_add_up_and_tell_of_every_step():
    found = estimate(3.0, 1)
    assert found.log_evidence == pytest.approx(found.log_ratios.sum(), rel=1e-15)
    assert found.log_ratios.shape == found.ratio_errors.shape == found.effective_sample_sizes.shape == (12,)
    assert np.all((found.effective_sample_sizes > 1) & (found.effective_sample_sizes <= 400))


def test_the_evidence_feeds_model_averaging():
    evidences = [estimate(width, 7, samples=4000).log_evidence for width in (0.5, 3.0, 30.0)]
    right = model_weights([exact(width) for width in (0.5, 3.0, 30.0)]).weights
    assert np.allclose(model_weights(evidences).weights, right, atol=0.02)


def test_an_offset_of_the_likelihood_moves_the_evidence_and_nothing_else():
    rows, beta = [np.array([-1.0, -2.0, -0.5]), np.array([-1.5, -0.3])], [0.0, 0.25, 1.0]
    here, there = (
        stepping_stone(rows, beta, check=False),
        stepping_stone([row - 1e6 for row in rows], beta, check=False),
    )
    assert there.log_evidence + 1e6 == pytest.approx(here.log_evidence, abs=1e-9)
    assert there.error == pytest.approx(here.error, rel=1e-9)


def test_steps_that_rest_on_a_handful_of_samples_are_refused():
    rng = np.random.default_rng(0)
    rows = [rng.normal(-100, 50, 1000), rng.normal(-1, 0.1, 1000)]
    with pytest.raises(ConvergenceError, match=r"from beta 0 to 0.5 has .* effective samples") as refusal:
        stepping_stone(rows, [0.0, 0.5, 1.0])
    assert refusal.value.partial.log_evidence == stepping_stone(rows, [0.0, 0.5, 1.0], check=False).log_evidence


@pytest.mark.parametrize(
    ("rows", "beta", "message"),
    [
        ([[0.0, 1.0]], [1.0, 0.0], "rising powers"),
        ([[0.0, 1.0]], [0.0, 0.5, 1.0], "expected 2 arrays"),
        ([[0.0]], [0.0, 1.0], "at least two samples"),
        ([[0.0, np.nan]], [0.0, 1.0], "got nan or inf"),
        ([[-np.inf, -np.inf]], [0.0, 1.0], "likelihood 0"),
    ],
)
def test_input_without_meaning_is_refused(rows, beta, message):
    with pytest.raises(InputError, match=message):
        stepping_stone(rows, beta)
