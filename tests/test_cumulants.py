"""The three laws: product, mixture, shift."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import Cumulants, EnergyLevels
from statmech.errors import InputError
from statmech.summation import sum_levels

TEMPERATURES = np.array([0.0, 0.05, 0.7, 3.0, np.inf, -0.4, -20.0])


def spectrum(seed, size=5, observable=True):
    rng = np.random.default_rng(seed)
    # Small integers, so that ground levels of different parts tie now and then.
    energies = rng.integers(-3, 4, size).astype(float)
    observables = {"magnetization": rng.integers(-2, 3, size).astype(float)} if observable else {}
    return EnergyLevels(energies, rng.integers(1, 4, size), observables=observables)


def assert_same(a, b, tolerance=1e-13):
    # Weights are rounded once per merge, a few eps each; means are of order 10.
    assert np.array_equal(a.temperature, b.temperature)
    assert np.allclose(a.reference, b.reference, rtol=tolerance, atol=0)
    assert np.allclose(a.log_z, b.log_z, rtol=tolerance, atol=tolerance)
    assert np.allclose(a.mean, b.mean, rtol=tolerance, atol=tolerance)
    assert np.allclose(a.covariance, b.covariance, rtol=tolerance, atol=10 * tolerance)


def joined(levels):
    names = list(levels[0].observables)
    return EnergyLevels(
        np.concatenate([x.energies for x in levels]),
        np.concatenate([x.degeneracies for x in levels]),
        observables={name: np.concatenate([x.observables[name] for x in levels]) for name in names},
    )


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_mixture_of_parts_is_the_sum_over_all_their_levels(seeds):
    parts = [spectrum(seed) for seed in seeds]
    mixed = Cumulants.mixture(sum_levels(part, TEMPERATURES) for part in parts)
    assert_same(mixed, sum_levels(joined(parts), TEMPERATURES))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_product_is_the_sum_over_all_pairs_of_levels(a, b):
    one, two = spectrum(a), spectrum(b)
    both = Cumulants.product([sum_levels(one, TEMPERATURES), sum_levels(two, TEMPERATURES)])
    assert_same(both, sum_levels(one.product(two), TEMPERATURES))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_product_and_mixture_are_associative_and_commutative(a, b, c):
    x, y, z = (sum_levels(spectrum(seed), TEMPERATURES) for seed in (a, b, c))
    for law in (Cumulants.mixture, Cumulants.product):
        assert_same(law([law([x, y]), z]), law([x, law([y, z])]))
        assert_same(law([x, y, z]), law([z, x, y]))


@given(st.integers(0, 10**6), st.floats(-1e3, 1e3))
@settings(max_examples=30, deadline=None)
def test_shift_moves_the_reference_only(seed, energy):
    c = sum_levels(spectrum(seed), TEMPERATURES)
    moved = c.shift(energy)
    assert np.array_equal(moved.reference, c.reference + energy)
    assert np.array_equal(moved.log_z, c.log_z)
    assert np.array_equal(moved.covariance, c.covariance)


def test_a_thousand_chunks_equal_one_pass():
    rng = np.random.default_rng(7)
    energies, g = rng.uniform(0, 50, 20_000), rng.integers(1, 9, 20_000)
    whole = sum_levels(EnergyLevels(energies, g), [0.02, 1.0, 30.0, -2.0])
    chunks = [
        sum_levels(EnergyLevels(e, w), [0.02, 1.0, 30.0, -2.0])
        for e, w in zip(np.array_split(energies, 1000), np.array_split(g, 1000), strict=True)
    ]
    assert_same(Cumulants.mixture(chunks), whole)
    one_by_one = chunks[0]
    for chunk in chunks[1:]:
        one_by_one = Cumulants.mixture([one_by_one, chunk])
    assert_same(one_by_one, whole, tolerance=1e-12)  # a thousand roundings in a row


def test_mixture_keeps_a_tiny_rest():
    ground, excited = (sum_levels(EnergyLevels([e]), [1 / 500]) for e in (0.0, 1.0))
    mixed = Cumulants.mixture([ground, excited])
    assert mixed.log_z[0] == pytest.approx(np.exp(-500.0), rel=1e-13)
    assert mixed.mean[0, 0] == pytest.approx(500 * np.exp(-500.0), rel=1e-13)


def test_mixture_at_zero_temperature_adds_degeneracies_of_equal_references_only():
    parts = [sum_levels(EnergyLevels([e, 9.0], [g, 1]), [0.0]) for e, g in ((0.0, 2), (1.0, 7), (0.0, 3))]
    mixed = Cumulants.mixture(parts)
    assert mixed.log_z[0] == pytest.approx(np.log(5), rel=1e-15)
    assert mixed.reference[0] == 0.0


def test_power_equals_repeated_product():
    c = sum_levels(spectrum(3), TEMPERATURES)
    assert_same(c.power(4), Cumulants.product([c] * 4))


def test_observables_a_part_lacks_are_zero_in_a_product():
    spin, vibration = sum_levels(spectrum(1), [1.0]), sum_levels(spectrum(2, observable=False), [1.0])
    both = Cumulants.product([vibration, spin])
    assert both.observables == ("magnetization",)
    assert both.mean[0, 1] == spin.mean[0, 1]
    with pytest.raises(InputError, match="same observables"):
        Cumulants.mixture([vibration, spin])


def test_energy_moments_are_divided_by_the_temperature():
    c = sum_levels(spectrum(5), [0.0, 2.0, np.inf])
    unit = c.energy_unit
    mean, covariance = c.mean.copy(), c.covariance.copy()
    mean[:, 0] *= unit
    covariance[:, 0, :] *= unit[:, None]
    covariance[:, :, 0] *= unit[:, None]
    again = Cumulants.from_energy_moments(c.temperature, c.reference, c.log_z, mean, covariance, c.observables)
    assert_same(c, again, tolerance=1e-15)


def test_values_are_read_only_and_survive_pickling():
    c = sum_levels(spectrum(5), TEMPERATURES)
    with pytest.raises(ValueError, match="read-only"):
        c.log_z[0] = 1.0
    assert_same(pickle.loads(pickle.dumps(c)), c)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_z": np.zeros(2)}, r"log_z: expected shape \(..., 1\); got \(2,\)"),
        ({"mean": np.zeros((1, 2))}, r"mean: expected shape \(1, 1\); got \(1, 2\)"),
        ({"log_z": np.array([np.nan])}, r"log_z: nan at index \(0,\)"),
        ({"temperature": np.array([-0.0])}, "got -0.0 at index 0"),
    ],
)
def test_shapes_and_nans_are_refused(change, message):
    arguments = {
        "temperature": np.ones(1),
        "reference": np.zeros(1),
        "log_z": np.zeros(1),
        "mean": np.zeros((1, 1)),
        "covariance": np.zeros((1, 1, 1)),
    }
    with pytest.raises(InputError, match=message):
        Cumulants(**{**arguments, **change})


def test_laws_need_parts_at_the_same_temperatures():
    a, b = sum_levels(spectrum(1), [1.0]), sum_levels(spectrum(1), [2.0])
    with pytest.raises(InputError, match="same temperatures"):
        Cumulants.mixture([a, b])
    with pytest.raises(InputError, match="at least one part"):
        Cumulants.product([])
    assert Cumulants.concatenate([a, b]).temperature.tolist() == [1.0, 2.0]
