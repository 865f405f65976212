"""The sum over levels against mpmath: every digit, from T = 1e-6 to 1e9 of the level scale, and beyond."""

from __future__ import annotations

import tracemalloc

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import EnergyLevels
from statmech.errors import InputError
from statmech.summation import level_sums, sum_levels
from statmech.summation.spectrum import BLOCK
from statmech.thermodynamics import thermodynamics

TINY = 2.2250738585072014e-308  # smallest normal float64: below it a float cannot hold 16 digits
# exp(-y) is evaluated with y up to 722 rounded once or twice: 722 * 2 * 1.1e-16 = 1.6e-13; 1e-12 is the promise.
PROMISE = 1e-12
TEMPERATURES = [1e-6, 1e-3, 1 / 722, 1 / 715, 1 / 709, 1 / 700, 1 / 516, 0.01, 0.1, 1.0, 10.0, 1e3, 1e9, np.inf]
TEMPERATURES += [-t for t in TEMPERATURES if np.isfinite(t)]


def exact(energies, log_g, temperature):
    """log Z_rel, U - E0, S, C by mpmath with enough digits that 1 + exp(-722) is not 1."""
    with mp.workdps(420):
        beta = mp.mpf(0) if np.isinf(temperature) else 1 / mp.mpf(float(temperature))
        E = [mp.mpf(float(e)) for e in energies]
        E0 = min(E) if temperature > 0 else max(E)
        weights = [mp.exp(l - beta * (e - E0)) for l, e in zip(log_g, E, strict=True)]
        Z = mp.fsum(weights)
        U = mp.fsum(w * (e - E0) for w, e in zip(weights, E, strict=True)) / Z
        V = mp.fsum(w * (e - E0 - U) ** 2 for w, e in zip(weights, E, strict=True)) / Z
        return mp.log(Z), U, mp.log(Z) + beta * U, beta**2 * V


def assert_every_digit(levels, log_g, temperatures, tolerance=PROMISE):
    th = thermodynamics(sum_levels(levels, temperatures))
    c = sum_levels(levels, temperatures)
    for t, temperature in enumerate(temperatures):
        expected = exact(levels.energies, log_g, temperature)
        got = (c.log_z[t], th.internal_energy_excess[t], th.entropy[t], th.heat_capacity[t])
        for name, want, have in zip(("log Z", "U - E0", "S", "C"), expected, got, strict=True):
            if abs(want) >= TINY:
                assert abs((mp.mpf(float(have)) - want) / want) < tolerance, (name, temperature, float(want), have)
            else:
                assert abs(have) < 1.01 * TINY, (name, temperature, have)


def logs(degeneracies):
    with mp.workdps(420):
        return [mp.log(mp.mpf(float(g))) for g in degeneracies]


@pytest.mark.parametrize("g", [(1, 1), (2, 3), (1, 1e25), (7, 0.5)])
def test_two_levels_keep_every_digit_where_the_entropy_is_1e_300(g):
    assert_every_digit(EnergyLevels([0.0, 1.0], list(g)), logs(g), TEMPERATURES)


def test_many_levels_keep_every_digit():
    rng = np.random.default_rng(1)
    energies, g = np.sort(rng.uniform(0, 1, 200)), rng.integers(1, 50, 200)
    assert_every_digit(EnergyLevels(energies, g), logs(g), TEMPERATURES)


def test_blocks_beyond_the_first_count():
    rng = np.random.default_rng(2)
    energies = rng.permutation(np.linspace(0, 3, 2 * BLOCK + 77))
    assert_every_digit(EnergyLevels(energies), logs(np.ones(energies.size)), [0.5, -0.3])


@pytest.mark.parametrize("weighted", [False, True])
def test_the_compiled_sum_agrees_with_the_blocks_and_with_mpmath(weighted, monkeypatch):
    rng = np.random.default_rng(8)
    energies = rng.uniform(0, 30, 5000)
    g = rng.integers(1, 40, 5000).astype(float) if weighted else None
    levels = EnergyLevels(energies, g)
    gap = float(np.diff(np.sort(energies))[0])
    temperatures = [gap / 715, gap / 300, 1e-4, 0.01, 1.0, 1e5, np.inf, 0.0, -0.02, -7.0]
    blocks = sum_levels(levels, temperatures)
    monkeypatch.setattr(level_sums, "COMPILED_FROM", 1)
    compiled = sum_levels(levels, temperatures)
    for name in ("log_z", "mean", "covariance"):
        assert np.allclose(getattr(compiled, name), getattr(blocks, name), rtol=2e-13, atol=0), name
    assert_every_digit(levels, logs(g if weighted else np.ones(5000)), [temperatures[0], 0.01, -7.0])
    alone = sum_levels(levels, temperatures[4:5])
    assert alone.covariance[0, 0, 0] == compiled.covariance[4, 0, 0]  # the bits of a point do not depend on others


@pytest.mark.parametrize("compiled_from", [1, 10**9])
@pytest.mark.parametrize(("energies", "g"), [([0, 0, 1], [1, 1, 1e29]), ([0, 0, 0, 1, 1], [2, 1, 3, 1, 1])])
def test_a_ground_level_listed_more_than_once_costs_no_digit(energies, g, compiled_from, monkeypatch):
    monkeypatch.setattr(level_sums, "COMPILED_FROM", compiled_from)
    temperatures = [1 / 780, 1 / 750, 1 / 722, 1 / 709, 0.01, 1.0, np.inf, -1 / 715]
    assert_every_digit(EnergyLevels(energies, g), logs(g), temperatures)


def test_many_excited_copies_of_one_level_count_where_each_weight_is_subnormal():
    levels = EnergyLevels(np.concatenate([[0.0, 0.0], np.ones(100_000)]))  # compiled
    combined = EnergyLevels([0.0, 1.0], [2, 100_000])
    a, b = sum_levels(levels, [1 / 709, 1 / 720]), sum_levels(combined, [1 / 709, 1 / 720])
    assert np.allclose(a.covariance, b.covariance, rtol=PROMISE, atol=0)
    assert np.all(a.covariance > 0)


@pytest.mark.parametrize("energies", [[3.0], [2.0, 2.0], np.full(5000, -1.0)])
def test_levels_of_one_energy_have_log_g_at_any_temperature(energies):
    c = sum_levels(EnergyLevels(energies), [0.0, 1e-9, 2.0, np.inf, -1.0])
    assert np.array_equal(c.log_z, np.full(5, np.log(len(energies))))
    assert not c.mean.any()
    assert not c.covariance.any()


def test_tied_ground_levels_keep_their_magnetic_moments():
    levels = EnergyLevels([0.0, 0.0, 1.0], [1, 3, 2], observables={"magnetization": [2.0, -2.0, 0.0]})
    c = sum_levels(levels, [0.0, 1e-3, 0.5])
    assert np.allclose(c.mean[:2, 1], -1.0, rtol=1e-15)
    assert np.allclose(c.covariance[:2, 1, 1], 3.0, rtol=1e-15)
    weight = 4 + 2 * np.exp(-2.0)
    assert c.mean[2, 1] == pytest.approx(-4.0 / weight, rel=1e-14)
    assert c.covariance[2, 1, 1] == pytest.approx(16 / weight - (4 / weight) ** 2, rel=1e-14)


@pytest.mark.parametrize("compiled_from", [1, 10**9])
def test_a_light_block_far_away_does_not_round_a_heavy_one_near_by(compiled_from, monkeypatch):
    monkeypatch.setattr(level_sums, "COMPILED_FROM", compiled_from)
    near = np.random.default_rng(9).uniform(0.001, 0.003, BLOCK)
    energies = np.concatenate([np.full(BLOCK, 900.0), near])  # the far block comes first
    assert_every_digit(EnergyLevels(energies), logs(np.ones(energies.size)), [5.0])


def test_a_field_that_nearly_cancels_the_energy_keeps_every_digit():
    energies, moments, h = [-8.0, -4.0, 0.0, 8.0], [0.0, 2.0, 4.0, 8.0], 1.9999999
    levels = EnergyLevels(energies, [2, 8, 5, 1], observables={"magnetization": moments})
    with mp.workdps(60):
        total = [mp.mpf(e) - mp.mpf(h) * mp.mpf(m) for e, m in zip(energies, moments, strict=True)]
        low = min(total)
        weights = [g * mp.exp(-(e - low) / mp.mpf(1e-7)) for g, e in zip([2, 8, 5, 1], total, strict=True)]
        Z = mp.fsum(weights)
        U = mp.fsum(w * (e - low) for w, e in zip(weights, total, strict=True)) / Z
        V = mp.fsum(w * (e - low - U) ** 2 for w, e in zip(weights, total, strict=True)) / Z
        exact_c = float(V / mp.mpf(1e-7) ** 2)
    assert sum_levels(levels, [1e-7], [h]).covariance[0, 0, 0, 0] == pytest.approx(exact_c, rel=PROMISE)


def test_degeneracies_up_to_exp_a_million():
    rng = np.random.default_rng(3)
    energies, log_g = rng.uniform(0, 1, 60), rng.uniform(0, 1e6, 60)
    levels = EnergyLevels(energies, log_degeneracies=log_g)
    with mp.workdps(420):
        assert_every_digit(
            levels, [mp.mpf(x) for x in log_g], [1e-7, 3.3e-7, 1e-6, 1.3e-6, 1e-3, 1.0, 1e9, -1e-6, np.inf]
        )


def test_competing_degeneracies_of_a_million_need_twice_the_precision():
    energies, log_g = [0.0, 1.0, 1 + 1e-9, 2.0], [0.0, 1e6, 1e6 - 1e-3, 2e6]
    with mp.workdps(420):
        assert_every_digit(
            EnergyLevels(energies, log_degeneracies=log_g), [mp.mpf(x) for x in log_g], [1e-6, 1.0000001e-6, 0.99999e-6]
        )


def test_narrow_distribution_far_above_the_ground_level():
    log_g = [0.0, 700.0, 700.0]
    levels = EnergyLevels([0.0, 1e6 - 1, 1e6 + 1], log_degeneracies=log_g)
    assert_every_digit(levels, [mp.mpf(x) for x in log_g], [1e7, 1e5, 1e3, 1428.5])


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_the_scale_of_energies_does_not_matter(scale):
    energies = np.array([0.0, 0.3, 1.0]) * scale
    assert_every_digit(EnergyLevels(energies), logs([1, 1, 1]), [scale / 700, scale, -scale, scale * 1e6])


@given(
    gaps=st.lists(st.floats(0, 1e3), min_size=1, max_size=6),
    g=st.lists(st.integers(1, 1000), min_size=6, max_size=6),
    log10_t=st.floats(-3, 6),
    negative=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_levels_keep_every_digit(gaps, g, log10_t, negative):
    g = g[: len(gaps)]
    temperature = 10.0**log10_t * (-1 if negative else 1)
    # Gaps that are subnormal multiples of T are below what a float can promise.
    gaps = [gap if gap > 1e-290 else 0.0 for gap in gaps]
    assert_every_digit(EnergyLevels(gaps, g), logs(g), [temperature])


def test_a_shift_by_a_billion_changes_no_bit():
    levels = EnergyLevels([0.1, 0.7, 3.3], [1, 2, 5])
    for shift in (1e9, -1e9):
        a, b = sum_levels(levels, TEMPERATURES), sum_levels(levels.shift(shift), TEMPERATURES)
        assert np.array_equal(a.log_z, b.log_z)
        assert np.array_equal(a.mean, b.mean)
        assert np.array_equal(a.covariance, b.covariance)
        assert np.allclose(b.reference - a.reference, shift, rtol=1e-15)


def test_an_offset_that_levels_hold_exactly_changes_no_bit():
    energies = np.round(np.random.default_rng(4).uniform(0, 1, 50) * 2**20) / 2**20
    a, b = sum_levels(EnergyLevels(energies), TEMPERATURES), sum_levels(EnergyLevels(energies + 1e9), TEMPERATURES)
    assert np.array_equal(a.mean, b.mean)
    assert np.array_equal(a.covariance, b.covariance)


def test_zero_temperature_is_the_ground_level():
    levels = EnergyLevels([1.0, 1.0, 2.0], [2, 3, 1], observables={"magnetization": [1.0, -1.0, 5.0]})
    th = thermodynamics(sum_levels(levels, [0.0]))
    assert th.entropy[0] == pytest.approx(np.log(5), rel=1e-15)
    assert (th.heat_capacity[0], th.internal_energy[0], th.free_energy[0]) == (0.0, 1.0, 1.0)
    assert th.log_z[0] == -np.inf
    assert th.observables["magnetization"][0] == pytest.approx(-0.2, rel=1e-15)
    assert th.susceptibilities["magnetization"][0] == np.inf


def test_zero_temperature_at_zero_energy_has_a_finite_log_z():
    assert thermodynamics(sum_levels(EnergyLevels([0.0, 1.0], [3, 1]), [0.0])).log_z[0] == pytest.approx(np.log(3))


def test_the_limit_of_small_temperatures_is_zero_temperature():
    levels = EnergyLevels([0.0, 0.0, 1.0])
    for tiny in (5e-324, 1e-310, 1e-300, 1e-5):
        assert sum_levels(levels, [tiny]).log_z[0] == sum_levels(levels, [0.0]).log_z[0]


def test_an_infinite_temperature_counts_states():
    th = thermodynamics(sum_levels(EnergyLevels([0.0, 1.0, 4.0], [1, 1, 2]), [np.inf]))
    assert (th.entropy[0], th.heat_capacity[0]) == (pytest.approx(np.log(4), rel=1e-15), 0.0)
    assert th.internal_energy[0] == pytest.approx(9 / 4, rel=1e-15)


def test_unpopulated_levels_are_no_reference():
    th = thermodynamics(sum_levels(EnergyLevels([0.0, 1.0, 2.0], [0, 1, 1]), [0.1, -0.1]))
    assert th.reference_energy.tolist() == [1.0, 2.0]


def test_fields_enter_before_the_sum():
    energies, moments = [-2.0, 0.0, 0.0, 1.0], [2.0, 0.0, 1.0, -2.0]
    joint = sum_levels(EnergyLevels(energies, observables={"magnetization": moments}), [0.7, -2.0], [0.0, 0.3, -1.1])
    for f, h in enumerate([0.0, 0.3, -1.1]):
        alone = sum_levels(EnergyLevels(np.array(energies) - h * np.array(moments)), [0.7, -2.0])
        total = alone.log_z - alone.beta * alone.reference
        assert np.allclose(joint.log_z[f] - joint.beta * joint.reference[f], total, rtol=1e-14)
        assert np.allclose(joint.covariance[f, :, 0, 0], alone.covariance[:, 0, 0], rtol=1e-13)


def test_magnetization_and_susceptibility_are_derivatives_of_log_z():
    energies, moments = [-2.0, 0.0, 0.0, 1.0], [2.0, 0.0, 1.0, -2.0]
    levels = EnergyLevels(energies, observables={"magnetization": moments})
    th = thermodynamics(sum_levels(levels, [0.7], [0.3]))
    with mp.workdps(40):
        beta = 1 / mp.mpf(0.7)

        def log_z(h):
            return mp.log(mp.fsum(mp.exp(-beta * (e - h * m)) for e, m in zip(energies, moments, strict=True)))

        assert th.observables["magnetization"][0, 0] == pytest.approx(float(mp.diff(log_z, 0.3) / beta), rel=1e-13)
        assert th.susceptibilities["magnetization"][0, 0] == pytest.approx(
            float(mp.diff(log_z, 0.3, 2) / beta), rel=1e-13
        )


def test_a_point_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(5)
    levels = EnergyLevels(rng.uniform(0, 5, 3 * BLOCK), rng.integers(1, 9, 3 * BLOCK))
    many = sum_levels(levels, np.linspace(0.1, 4, 7))
    one = sum_levels(levels, [np.linspace(0.1, 4, 7)[3]])
    assert one.log_z[0] == many.log_z[3]
    assert np.array_equal(one.covariance[0], many.covariance[3])


def test_memory_beyond_the_levels_stays_small():
    levels = EnergyLevels(np.random.default_rng(6).uniform(0, 1e4, 1_000_000))
    tracemalloc.start()
    sum_levels(levels, np.linspace(100, 5000, 5))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # the bound of the specification; measured 25 MB


def test_all_units_give_the_same_partition_function():
    from statmech.units import ENERGY_UNITS, conversion_factor

    wavenumbers = np.array([0.0, 3.845, 11.53, 2143.27])
    physical = [unit for unit in ENERGY_UNITS if unit != "reduced"]
    assert len(physical) == 11
    reference = sum_levels(EnergyLevels(wavenumbers, [1, 3, 5, 1], unit="cm-1"), [2.0, 300.0])
    for unit in physical:
        levels = EnergyLevels(wavenumbers * conversion_factor("cm-1", unit), [1, 3, 5, 1], unit=unit)
        assert np.allclose(sum_levels(levels, [2.0, 300.0]).log_z, reference.log_z, rtol=1e-12, atol=0), unit


@pytest.mark.parametrize("bad", [np.nan, -0.0])
def test_temperatures_without_meaning_are_refused(bad):
    with pytest.raises(InputError, match="temperature: expected"):
        sum_levels(EnergyLevels([0.0, 1.0]), [1.0, bad])


def test_a_field_needs_something_to_couple_to():
    with pytest.raises(InputError, match="no observable 'magnetization'"):
        sum_levels(EnergyLevels([0.0, 1.0]), [1.0], [0.1])
