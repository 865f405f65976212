"""Uncertain levels: the first-order errors of F, U, S, C against derivatives in 60 digits and against sampling."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from statmech import EnergyLevels, read_levels, solve
from statmech.level_uncertainties import propagated_errors
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics

ENERGIES = np.array([3.0, 0.0, 0.7, 5.5, 1.1])
G = np.array([2.0, 1.0, 4.0, 3.0, 1.0])
SIGMA = np.array([0.02, 0.01, 0.03, 0.0, 0.05])
NAMES = ("log_z", "free_energy", "internal_energy", "entropy", "heat_capacity")
EXCESS = ("free_energy_excess", "internal_energy_excess")


def functions(energies, temperature, reference):
    """log Z, F, U, S, C, F - E_r and U - E_r, where r is the level that was the reference."""
    beta = 1 / temperature
    weights = [g * mp.e ** (-beta * (e - energies[reference])) for g, e in zip(map(mp.mpf, G), energies, strict=True)]
    z = sum(weights)
    excess = sum(w * (e - energies[reference]) for w, e in zip(weights, energies, strict=True)) / z
    variance = sum(w * (e - energies[reference] - excess) ** 2 for w, e in zip(weights, energies, strict=True)) / z
    log_z = mp.log(z) - beta * energies[reference]
    free_excess = -temperature * mp.log(z)
    return (
        log_z,
        free_excess + energies[reference],
        excess + energies[reference],
        mp.log(z) + beta * excess,
        beta**2 * variance,
        free_excess,
        excess,
    )


def exact_errors(temperature):
    """By central differences in 900 digits: the steps are so small that only the first order is left."""
    with mp.workdps(900):
        energies = [mp.mpf(e) for e in ENERGIES]
        reference = int(np.argmax(ENERGIES) if temperature < 0 else np.argmin(ENERGIES))
        squares, step = [mp.mpf(0)] * 7, mp.mpf(10) ** -300
        for i, sigma in enumerate(SIGMA):
            up, down = list(energies), list(energies)
            up[i] += step
            down[i] -= step
            high, low = (functions(e, mp.mpf(temperature), reference) for e in (up, down))
            squares = [
                s + ((h - lo) / (2 * step) * mp.mpf(sigma)) ** 2 for s, h, lo in zip(squares, high, low, strict=True)
            ]
        return [float(mp.sqrt(s)) for s in squares]


@pytest.mark.parametrize("temperature", [0.002, 0.05, 0.4, 2.0, 300.0, -0.5, -0.02])
def test_errors_are_the_derivatives_times_the_uncertainties_to_rounding(temperature):
    levels = EnergyLevels(ENERGIES, G, uncertainties=SIGMA)
    errors = propagated_errors([levels], [temperature], sum_levels(levels, [temperature]))
    for name, expected in zip((*NAMES, *EXCESS), exact_errors(temperature), strict=True):
        # every slope keeps its digits; only 2x - x^2 + C may cancel, on single levels
        assert float(errors[name][0]) == pytest.approx(expected, rel=1e-11), name


def test_errors_do_not_depend_on_how_the_list_is_cut():
    rng = np.random.default_rng(5)
    energies, sigma = rng.uniform(0, 9, 40_000), rng.uniform(0, 0.1, 40_000)
    whole = EnergyLevels(energies, uncertainties=sigma, unit="cm-1")
    c = sum_levels(whole, [0.5, 5.0, 500.0])
    parts = [
        EnergyLevels(energies[a : a + 7000], uncertainties=sigma[a : a + 7000], unit="cm-1")
        for a in range(0, 40_000, 7000)
    ]
    one, many = propagated_errors([whole], c.temperature, c), propagated_errors(parts, c.temperature, c)
    for name in one:
        np.testing.assert_allclose(many[name], one[name], rtol=1e-12)


def test_limits_of_temperature_are_limits_of_the_errors():
    levels = EnergyLevels([0.0, 1.0], [1, 1], uncertainties=[0.0, 0.1])
    errors = propagated_errors([levels], [0.0, np.inf], sum_levels(levels, [0.0, np.inf]))
    assert errors["free_energy"].tolist() == [0.0, 0.05]
    assert errors["internal_energy"].tolist() == [0.0, 0.05]
    assert errors["log_z"].tolist() == errors["entropy"].tolist() == errors["heat_capacity"].tolist() == [0.0, 0.0]
    moved = EnergyLevels([0.0, 1.0], uncertainties=[0.1, 0.1])
    errors = propagated_errors([moved], [0.0], sum_levels(moved, [0.0]))
    assert (errors["log_z"][0], errors["free_energy"][0], errors["entropy"][0]) == (np.inf, 0.1, 0.0)


def sampled_ratios():
    """Spread of 4000 perturbed spectra over the error that is stated, for each function."""
    rng = np.random.default_rng(11)
    levels = EnergyLevels(ENERGIES, G, uncertainties=SIGMA * 0.1)
    c = sum_levels(levels, [0.8])
    errors = propagated_errors([levels], [0.8], c)
    values = {name: [] for name in NAMES}
    for _ in range(4000):
        th = thermodynamics(sum_levels(EnergyLevels(ENERGIES + 0.1 * SIGMA * rng.standard_normal(5), G), [0.8]))
        for name in NAMES:
            values[name].append(float(getattr(th, name)[0]))
    return {name: np.std(values[name]) / float(errors[name][0]) for name in NAMES}


def test_errors_are_the_spread_of_perturbed_spectra():
    ratios = sampled_ratios()
    for name, ratio in ratios.items():
        assert ratio == pytest.approx(1.0, abs=0.05), name  # 4000 samples: 1.1 %, 4.5 sigma
    assert all(ratio / 0.7 > 1.3 for ratio in ratios.values())  # error bars that are too small are seen


def test_an_uncertainty_column_becomes_errors_of_the_results(tmp_path):
    path = tmp_path / "marvel_like.csv"
    path.write_text("energy [cm-1],g,uncertainty [cm-1]\n0,1,0\n3.845,3,0.002\n11.53,5,0.004\n")
    levels = read_levels(path)
    assert levels.uncertainties.tolist() == [0.0, 0.002, 0.004]
    assert levels.notes["level uncertainties"].startswith("column 'uncertainty'")
    ds = solve(levels, [0.0, 5.0, 50.0])
    for name in (*NAMES, *EXCESS, "reference_energy"):
        assert ds[f"{name}_errors"].units == ds[name].units
    assert ds.attrs["model_level_uncertainties"].endswith("to first order")
    exact = solve(read_levels(path, uncertainty="none"), [5.0])
    assert "entropy_errors" not in exact
    path.write_text("energy [cm-1],g,uncertainty [MHz]\n0,1,0\n3.845,3,60\n")
    with pytest.raises(ValueError, match="mixed units: the energies are in 'cm-1', their uncertainties in 'MHz'"):
        read_levels(path)
    path.write_text("energy [cm-1],g,uncertainty\n0,1,0\n3.845,3,-0.1\n")
    with pytest.raises(ValueError, match=r"csv:3:9: uncertainty: expected a number >= 0"):
        read_levels(path)


def test_uncertainties_follow_the_levels_through_their_changes():
    levels = EnergyLevels([1.0, 0.0, 1.0], [2, 1, 6], uncertainties=[0.3, 0.0, 0.1], unit="eV")
    assert levels.to("meV").uncertainties.tolist() == pytest.approx([300.0, 0.0, 100.0])
    joined = levels.combined()
    assert joined.uncertainties.tolist() == pytest.approx([0.0, np.hypot(2 * 0.3, 6 * 0.1) / 8])
    T = [4000.0]
    apart, together = (propagated_errors([x], T, sum_levels(x, T)) for x in (levels, joined))
    for name in apart:
        assert float(apart[name][0]) == pytest.approx(float(together[name][0]), rel=1e-13)
    product = levels.product(levels)
    assert product.uncertainties is None
    assert "not carried" in product.notes["level uncertainties"]
