"""Levels in bins against sums over every level in long double, and against the compiled sums over every level."""

from __future__ import annotations

import numpy as np
import pytest

from statmech import EnergyLevels, binned_moments
from statmech.summation import sum_levels

N = 20_000


def uniform(rng):
    return rng.uniform(0, 4e4, N), rng.integers(1, 90, N)


def crowded_at_the_bottom(rng):
    return 4e4 * rng.random(N) ** 6, None


def two_narrow_clusters(rng):
    return np.r_[0.0, 1.0 + 1e-9 * rng.random(N // 2), 3.0 + 1e-6 * rng.random(N // 2)], None


def one_narrow_cluster_far_above(rng):
    return np.r_[0.0, 1e4 + 1e-3 * rng.random(N)], np.r_[1.0, np.full(N, 1e25)]


def ladder(rng):
    return np.arange(float(N)), None


def many_ground_levels(rng):
    return np.r_[np.zeros(5000), rng.uniform(1, 2, N)], None


def wild_degeneracies(rng):
    return rng.uniform(-7, 900, N), 10.0 ** rng.uniform(-20, 20, N)


def one_excited_level_below_a_gap(rng):
    return np.r_[0.0, 1e-3, rng.uniform(50, 60, N)], None


SPECTRA = [
    uniform, crowded_at_the_bottom, two_narrow_clusters, one_narrow_cluster_far_above, ladder, many_ground_levels,
    wild_degeneracies, one_excited_level_below_a_gap,
]  # fmt: skip


def exact(energies, degeneracies, T):
    """log Z, <E - E0> / T and var E / T^2 in long double; E0 the lowest level, the highest for T < 0."""
    E = energies.astype(np.longdouble)
    g = np.ones(E.size) if degeneracies is None else degeneracies
    ground = E.max() if T < 0 else E.min()
    gap = E - ground
    x = np.zeros_like(gap) if np.isinf(T) else gap / np.longdouble(T)
    w = g * np.exp(-x)
    Z = w.sum()
    y = gap if np.isinf(T) else x
    mean = (w * y).sum() / Z
    lowest = w[gap == 0].sum()
    return np.log(lowest) + np.log1p(w[gap != 0].sum() / lowest), mean, (w * (y - mean) ** 2).sum() / Z


@pytest.mark.parametrize("spectrum", SPECTRA)
def test_bins_are_sums_over_all_levels_to_the_last_digits(monkeypatch, spectrum):
    energies, degeneracies = spectrum(np.random.default_rng(5))
    levels = EnergyLevels(energies, degeneracies)
    span = np.ptp(energies)
    T = np.r_[np.geomspace(span * 1e-5, span * 1e4, 30), np.inf]
    T = np.r_[T, -T[:-1]]
    binned = sum_levels(levels, T)
    monkeypatch.setattr(binned_moments, "bin_width", lambda *_: 0.0)
    direct = sum_levels(levels, T)
    for k, t in enumerate(T):
        found = (binned.log_z[k], binned.mean[k, 0], binned.covariance[k, 0, 0])
        plain = (direct.log_z[k], direct.mean[k, 0], direct.covariance[k, 0, 0])
        for value, other, truth in zip(found, plain, exact(energies, levels.degeneracies, t), strict=True):
            if truth > 1e-290:
                assert abs(value / truth - 1) < 1e-13, (t, value, truth)
                assert abs(other / truth - 1) < 1e-13, (t, other, truth)


@pytest.mark.parametrize("spectrum", [uniform, crowded_at_the_bottom, ladder])
def test_most_temperatures_take_the_bins(monkeypatch, spectrum):
    energies, degeneracies = spectrum(np.random.default_rng(5))
    taken = []
    original = binned_moments.binned_moments
    monkeypatch.setattr("statmech.binned_moments.binned_moments", lambda *a: taken.append((r := original(*a))[3]) or r)
    sum_levels(EnergyLevels(energies, degeneracies), np.geomspace(np.ptp(energies) / 100, np.ptp(energies) * 10, 40))
    assert np.mean(taken[-1]) > 0.9


def test_more_levels_than_share_a_set_of_bins(monkeypatch):
    rng = np.random.default_rng(2)
    levels = EnergyLevels(rng.uniform(0, 1e3, 100_000), rng.integers(1, 9, 100_000))
    T = np.linspace(20, 500, 12)
    whole = sum_levels(levels, T)
    monkeypatch.setattr(binned_moments, "_LEVELS", 30_000)
    parts = sum_levels(levels, T)
    for name in ("log_z", "mean", "covariance"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-13)


def test_a_temperature_too_cold_for_the_bins_is_not_sure():
    gaps = np.linspace(0.0, 1.0, 10_001)
    width = binned_moments.bin_width(1.0, gaps.size)
    betas = np.array([0.5, 0.74, 0.76, 2.0]) / width
    *_, sure = binned_moments.binned_moments(gaps, np.empty(0), betas, np.zeros(4), width)
    assert sure.tolist() == [True, True, False, False]
    assert binned_moments.bin_width(0.0, 10_000) == 0.0
    assert binned_moments.bin_width(1.0, 10) == 0.0


def test_a_point_has_the_same_bits_alone_and_in_a_sweep():
    energies, degeneracies = uniform(np.random.default_rng(5))
    levels = EnergyLevels(energies, degeneracies)
    T = np.geomspace(50, 1e6, 20)
    together = sum_levels(levels, T)
    for k, t in enumerate(T):
        alone = sum_levels(levels, [t])
        assert alone.log_z[0] == together.log_z[k]
        assert alone.mean[0] == together.mean[k]
        assert alone.covariance[0] == together.covariance[k]
