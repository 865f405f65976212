"""Errors of correlated series: autoregressive processes, whose autocorrelations are known, over many seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import chi2

from statmech.errors import InputError
from statmech.estimators import (
    autocorrelation,
    block_correction,
    blocking,
    derived_autocorrelation,
    jackknife,
    jackknife_bias,
    jackknife_error,
    measured_block_correction,
)

SEEDS = 400
LOW, HIGH = chi2.ppf(1e-6, SEEDS), chi2.ppf(1 - 1e-6, SEEDS)


def process(seed, samples=4000, coefficient=0.8, shape=()):
    """x_n = a x_(n-1) + noise of unit stationary variance: rho(t) = a^t, tau_int = (1 + a) / (1 - a) / 2."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(*shape, samples)) * np.sqrt(1 - coefficient**2)
    noise[..., 0] = rng.normal(size=shape)
    return lfilter([1.0], [1.0, -coefficient], noise)


def calibrated(z):
    """Error bars mean what they say; error bars times 0.7 would be found out."""
    assert abs(z.mean()) < 0.2
    assert LOW < np.sum(z**2) < HIGH
    assert np.sum((z / 0.7) ** 2) > HIGH


def test_gamma_method_errors_are_calibrated():
    found = [autocorrelation(process(seed)) for seed in range(SEEDS)]
    calibrated(np.array([f.mean / f.error for f in found]))
    times = np.array([f.time for f in found])
    assert times.mean() == pytest.approx(4.5, rel=0.03)  # a truncated tail and the bias of the window: -1 %
    assert np.std(times) == pytest.approx(np.mean([f.time_error for f in found]), rel=0.15)
    assert np.std([f.error for f in found]) == pytest.approx(np.mean([f.error_of_error for f in found]), rel=0.4)
    assert all(f.reliable for f in found)


def test_blocking_errors_are_calibrated():
    calibrated(np.array([(b := blocking(process(seed, samples=4096))).mean / b.error for seed in range(SEEDS)]))


def test_jackknife_errors_of_a_variance_and_a_binder_cumulant_are_calibrated():
    z = []
    for seed in range(SEEDS):
        x = process(seed)
        found = jackknife(lambda v: [v.var(), 1 - np.mean(v**4) / (3 * np.mean(v**2) ** 2)], x, blocks=40)
        z.append((found.corrected - [1.0, 0.0]) / found.error)
    for column in np.transpose(z):
        calibrated(column)


@pytest.mark.parametrize("chains", [1, 2, 16])
def test_blocks_of_a_chain_are_corrected_for_their_correlations(chains):
    # AR(1) with tau = 4.5 in blocks of 3 tau: the jackknife variance is low by a quarter, corrected it is not
    rng, rho, length, blocks = np.random.default_rng(5), 0.8, 15, 32
    steps = length * blocks // chains
    x = np.empty((4000, chains, steps))
    x[..., 0] = rng.normal(size=x.shape[:2])
    noise = rng.normal(scale=np.sqrt(1 - rho**2), size=x.shape)
    for n in range(1, steps):
        x[..., n] = rho * x[..., n - 1] + noise[..., n]
    means = x.reshape(4000, blocks, length).mean(axis=2)
    total = means.sum(axis=1, keepdims=True)
    variance = float(np.mean(jackknife_error((total - means) / (blocks - 1), axis=1) ** 2))
    truth = float(means.mean(axis=1).var())
    found = block_correction((1 + rho) / (1 - rho) / 2, length, blocks, chains)
    assert variance * found == pytest.approx(truth, rel=0.08)  # 4 sigma of 4000 chains
    assert found > 1.15
    assert variance < 0.9 * truth


@pytest.mark.parametrize("chains", [1, 4])
def test_blocks_are_corrected_for_a_slow_part_of_little_weight(chains):
    # a sum of AR(1) of tau 1 and 20, the slow one with a fifth of the variance; blocks of 30, over 6 times their tau
    rng, length, blocks = np.random.default_rng(8), 30, 32
    steps, parts = length * blocks // chains, ((1 / 3, 0.8), (19.5 / 20.5, 0.2))
    x = np.zeros((3000, chains, steps))
    for rho, weight in parts:
        y = rng.normal(scale=np.sqrt(weight), size=x.shape[:2])
        for n in range(steps):
            x[..., n] += y
            y = rho * y + rng.normal(scale=np.sqrt(weight * (1 - rho**2)), size=y.shape)
    means = x.reshape(3000, blocks, length).mean(axis=2)
    total = means.sum(axis=1, keepdims=True)
    variance = float(np.mean(jackknife_error((total - means) / (blocks - 1), axis=1) ** 2))
    truth = float(means.mean(axis=1).var())
    lags = np.arange(steps)
    rho = sum(weight * slope**lags for slope, weight in parts)
    assert variance * measured_block_correction(rho, length, blocks, chains) == pytest.approx(truth, rel=0.1)
    assert variance * block_correction(rho.sum() - 0.5, length, blocks, chains) < 0.9 * truth  # one exponential
    # of one exponential it says the same
    assert measured_block_correction(0.8**lags, length, blocks, chains) == pytest.approx(
        block_correction(4.5, length, blocks, chains), rel=1e-12
    )


def test_correlations_without_meaning_are_refused():
    with pytest.raises(InputError, match="begin with 1"):
        measured_block_correction([0.5, 0.2], 10, 4)
    with pytest.raises(InputError, match="cut within an oscillation"):
        measured_block_correction([1.0, -0.9], 10, 4)
    with pytest.raises(InputError, match="length: expected a positive number; got 0"):
        measured_block_correction([1.0], 0, 4)


def test_the_jackknife_takes_the_bias_of_a_variance():
    rng = np.random.default_rng(6)
    found = [jackknife(np.var, rng.normal(size=40), blocks=10) for _ in range(4000)]
    assert np.mean([f.estimate for f in found]) == pytest.approx(1 - 1 / 40, abs=0.013)  # 4 sigma
    assert np.mean([f.corrected for f in found]) == pytest.approx(1, abs=0.013)
    assert np.all(jackknife_bias(np.full(3, 0.1), np.full((8, 3), 0.1)) == 0.0)


def test_derived_quantities_agree_with_the_jackknife():
    x = process(3, samples=20000)
    y = 2.0 + x + process(4, samples=20000)
    gamma = derived_autocorrelation(lambda a, b: a / b, x + 3, y)
    knife = jackknife(lambda a, b: a.mean() / b.mean(), x + 3, y, blocks=100)
    assert gamma.mean == pytest.approx(float(knife.estimate), rel=1e-12)
    assert gamma.error == pytest.approx(float(knife.error), rel=0.2)


def test_autocovariances_agree_with_the_direct_sum():
    x = process(5, samples=200)
    found = autocorrelation(x, window=20)
    d = x - x.mean()
    gamma = np.array([d[: x.size - t] @ d[t:] / (x.size - t) for t in range(21)])
    summed = gamma[0] + 2 * gamma[1:].sum()
    gamma += summed / x.size
    assert np.allclose(found.normalized, gamma / gamma[0], rtol=0, atol=1e-13)
    assert found.variance == pytest.approx(gamma[0], rel=1e-12)


def test_replicas_of_different_lengths_count_by_their_samples():
    rows = [process(1, 3000), process(2, 1000)]
    both = autocorrelation(rows)
    assert both.samples == 4000
    assert both.mean == pytest.approx(np.concatenate(rows).mean(), rel=1e-12)
    assert abs(both.time - 4.5) < 4 * both.time_error


def test_offset_and_scale_change_no_time():
    x = process(7)
    here, there = autocorrelation(x), autocorrelation(1e9 + 1e-3 * x)
    assert there.window == here.window
    assert there.time == pytest.approx(here.time, rel=1e-3)
    assert there.error == pytest.approx(1e-3 * here.error, rel=1e-3)


def test_a_series_shorter_than_its_correlations_says_so():
    assert not autocorrelation(process(1, samples=100, coefficient=0.99)).reliable
    ramp = autocorrelation(np.linspace(0, 1, 50))
    assert not ramp.reliable
    constant = autocorrelation(np.full(100, 0.1))
    assert (constant.error, constant.time, constant.reliable) == (0.0, 0.5, False)
    assert not blocking(process(1, samples=4096, coefficient=0.9999)).plateau
    assert not blocking(np.full(64, 0.1)).plateau
    short = [
        blocking(process(seed, samples=200, coefficient=0.9)) for seed in range(100)
    ]  # 21 times: bars half as long
    assert np.mean([found.plateau for found in short]) < 0.25
    long = [blocking(process(seed, samples=4000, coefficient=0.8)) for seed in range(20)]
    assert all(found.plateau for found in long)


@pytest.mark.parametrize(("coefficient", "samples"), [(0.98, 1000), (0.99, 2000), (0.995, 20000)])
def test_a_time_above_the_root_of_the_length_is_found_or_not_trusted(coefficient, samples):
    # the noise of the first lag must not end the sum of a series whose decay time exceeds sqrt(N)
    truth = (1 + coefficient) / (1 - coefficient) / 2
    found = [autocorrelation(process(seed, samples, coefficient)) for seed in range(60)]
    assert np.median([f.time for f in found]) > 0.4 * truth
    assert np.std([f.mean / f.error for f in found]) < 1.7
    assert samples > 50 * truth or np.mean([f.reliable for f in found]) < 0.35
    ramp = autocorrelation(np.arange(1000.0))
    assert ramp.time > 50
    assert not ramp.reliable
    assert not autocorrelation([np.zeros(100), np.ones(100)]).reliable


def test_alternating_samples_have_a_time_below_one_half():
    found = autocorrelation(process(2, samples=20000, coefficient=-0.5))
    assert found.time == pytest.approx(1 / 6, abs=4 * found.time_error + 0.02)


def test_the_jackknife_of_a_mean_is_the_standard_error_and_equal_values_have_none():
    x = np.random.default_rng(0).normal(size=64)
    found = jackknife(np.mean, x, blocks=64)
    assert float(found.error) == pytest.approx(x.std(ddof=1) / 8, rel=1e-12)
    assert abs(float(found.bias)) < 1e-14
    assert float(jackknife_error(np.full(7, 0.1))) == 0.0
    assert jackknife_error(np.zeros((3, 5, 2)), axis=1).shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: autocorrelation([1.0, 2.0]), "at least 4 samples"),
        (lambda: autocorrelation([1.0, 2.0, np.nan, 3.0]), "nan at sample 2"),
        (lambda: autocorrelation(np.zeros((2, 2, 2))), "shape"),
        (lambda: autocorrelation(np.arange(8.0), window=9), "window: expected 0 to 4"),
        (lambda: autocorrelation(np.arange(8.0), decay_factor=0), "decay_factor"),
        (lambda: derived_autocorrelation(lambda a, b: a, np.arange(5.0), np.arange(6.0)), "equal lengths"),
        (lambda: blocking(np.arange(5.0)), "at least 16"),
        (lambda: jackknife(np.mean, np.arange(5.0), blocks=6), "from 2 to the number of samples, 5"),
        (lambda: jackknife(lambda a: np.nan, np.arange(5.0), blocks=2), "finite"),
        (lambda: jackknife(lambda a, b: 1.0, np.arange(5.0), np.arange(4.0), blocks=2), "equal lengths"),
        (lambda: jackknife_error([1.0]), "at least two blocks"),
    ],
)
def test_input_without_meaning_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
