"""Ideal Bose and Fermi gases: against the plain formulas in mpmath, textbook limits and each other."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import oracles
import pytest

from statmech.errors import InputError
from statmech.models.combined import Mixture, Product
from statmech.models.oscillator import Oscillator
from statmech.models.quantum_gas import BoseGas, FermiGas
from statmech.models.two_level import TwoLevel
from statmech.solve import compute, solve

BOUND = 1e-12
TINY = 2.2250738585072014e-308
QUANTITIES = ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity")

LEVELS = ([0.25, 1.0, 1.5, 2.0, 4.0], [2, 1, 4, 2, 3])


def exact_point(gas, T, digits=40):
    """The formulas as they stand in the books, in so many digits that nothing they cancel matters."""
    sign = 1 if gas.kind == "fermi_gas" else -1
    with mp.workdps(digits):
        e, g = [mp.mpf(x) for x in gas.energies], [mp.mpf(x) for x in gas.degeneracies]
        T = mp.mpf(T)

        def f(mu):
            return [1 / (mp.exp((x - mu) / T) + sign) for x in e]

        if gas.number is None:
            mu = mp.mpf(gas.chemical_potential)
        elif sign > 0:
            mu = bisect(lambda m: mp.fsum(w * p for w, p in zip(g, f(m), strict=True)) - gas.number, -4000 * T - 50,
                        4000 * T + 50, digits)  # fmt: skip
        else:  # in the logarithm of e_0 - mu
            lowest = min(e)
            v = bisect(lambda v: gas.number - mp.fsum(w * p for w, p in zip(g, f(lowest - mp.exp(v)), strict=True)),
                       mp.mpf(-200), mp.log(4000 * T + 50), digits)  # fmt: skip
            mu = lowest - mp.exp(v)
        share = f(mu)
        number = mp.fsum(w * p for w, p in zip(g, share, strict=True))
        log_xi = mp.fsum(sign * w * mp.log(1 + sign * mp.exp(-(x - mu) / T)) for x, w in zip(e, g, strict=True))
        F, U = -T * log_xi + mu * number, mp.fsum(x * w * p for x, w, p in zip(e, g, share, strict=True))
        weight = [w * p * (1 - sign * p) for w, p in zip(g, share, strict=True)]
        var_n = mp.fsum(weight)
        var_e = mp.fsum(w * x * x for w, x in zip(weight, e, strict=True))
        cov = mp.fsum(w * x for w, x in zip(weight, e, strict=True))
        E0, left = mp.mpf(0), number
        for x, w in sorted(zip(e, g, strict=True)):
            filled = left if sign < 0 else min(w, left)
            E0, left = E0 + filled * x, left - filled
        values = (F - E0, U - E0, (U - F) / T, (var_e - cov**2 / var_n) / T**2)
        return {**dict(zip(QUANTITIES, values, strict=True)), "mu": mu, "number": number, "reference": E0}


def bisect(function, low, high, digits):
    for _ in range(int(3.4 * digits) + 40):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return (low + high) / 2


def worst(gas, temperatures, digits=40, bound_of=QUANTITIES):
    th = compute(gas, temperatures).thermodynamics
    found = 0.0
    for t, T in enumerate(temperatures):
        exact = exact_point(gas, T, digits)
        for name in bound_of:
            found = max(found, oracles.relative_error(float(getattr(th, name)[t]), exact[name], TINY))
    return found


@pytest.mark.parametrize("N", [2.5, 3, 11.5])
def test_fermions_at_fixed_number_from_deep_cold_to_hot(N):
    gas = FermiGas(*LEVELS, particles=N)
    assert worst(gas, [0.002], digits=450) < BOUND
    assert worst(gas, [0.1, 0.5, 3.0, 100.0, 1e6]) < BOUND


@pytest.mark.parametrize("N", [1e-3, 30, 1e23])
def test_bosons_at_fixed_number_from_deep_cold_to_hot(N):
    gas = BoseGas(*LEVELS, particles=N)
    assert worst(gas, [0.002], digits=450) < BOUND
    assert worst(gas, [0.1, 0.5, 3.0, 100.0, 1e6], digits=90) < BOUND


@pytest.mark.parametrize("mu", [-3.0, 0.6, 1.5, 9.0])
def test_fermions_at_fixed_mu(mu):
    gas = FermiGas(*LEVELS, chemical_potential=mu)
    assert worst(gas, [0.01], digits=900) < BOUND  # U - E0 of a band nearly full is 1e-304 of its terms
    assert worst(gas, [0.3, 2.0, 100.0]) < BOUND


@pytest.mark.parametrize("mu", [-3.0, 0.2, 0.25 - 1e-9])
def test_bosons_at_fixed_mu(mu):
    gas = BoseGas(*LEVELS, chemical_potential=mu)
    assert worst(gas, [0.01], digits=900) < BOUND  # U - E0 of a band nearly full is 1e-304 of its terms
    assert worst(gas, [0.3, 2.0, 100.0], digits=60) < BOUND


def test_a_heat_capacity_at_constant_mu_is_noticed():
    # the mutant: Var E / T^2 without the term of the fluctuating number
    gas = FermiGas(*LEVELS, particles=3)
    exact = exact_point(gas, 0.5)
    ds = solve(gas, 0.5)
    e = np.array(gas.energies)
    f = 1 / (np.exp((e - float(ds.chemical_potential)) / 0.5) + 1)
    wrong = float((np.array(gas.degeneracies) * f * (1 - f) * e * e).sum()) / 0.25
    assert float(ds.heat_capacity) == pytest.approx(float(exact["heat_capacity"]), rel=BOUND)
    assert abs(wrong / float(exact["heat_capacity"]) - 1) > 0.1


def test_fixed_mu_and_the_number_it_gives_are_one_state():
    for gas in (FermiGas(*LEVELS, chemical_potential=1.6), BoseGas(*LEVELS, chemical_potential=0.2)):
        for T in (0.2, 2.0):
            ds = solve(gas, T)
            other = solve(type(gas)(*LEVELS, particles=float(ds.particle_number)), T)
            assert float(other.chemical_potential) == pytest.approx(gas.chemical_potential, rel=1e-12)
            for name in ("free_energy", "internal_energy", "entropy", "heat_capacity", "grand_potential"):
                assert float(other[name]) == pytest.approx(float(ds[name]), rel=1e-11)


def test_the_number_of_particles_is_met_and_said_so():
    T = np.geomspace(1e-4, 1e5, 40)
    for gas in (FermiGas(*LEVELS, particles=5.3), BoseGas(*LEVELS, particles=1e10)):
        ds = solve(gas, T)
        assert np.all(ds.particle_number_residual < 1e-12)
        assert np.allclose(ds.particle_number, gas.number, rtol=1e-12)
        assert np.allclose(
            ds.grand_potential, ds.free_energy - ds.chemical_potential * gas.number, rtol=1e-9, atol=1e-6
        )
        assert "C at constant mean number" in " ".join(map(str, ds.attrs.values()))


def test_identities_hold_along_the_temperature():
    for gas in (FermiGas(*LEVELS, particles=4), BoseGas(*LEVELS, particles=50)):
        for T in (0.3, 1.7):
            h = 2e-3 * T
            th = compute(gas, [T + k * h for k in (-2, -1, 0, 1, 2)]).thermodynamics
            u, s = th.internal_energy_excess, th.entropy
            C = (u[0] - 8 * u[1] + 8 * u[3] - u[4]) / (12 * h)
            assert th.heat_capacity[2] == pytest.approx(C, rel=1e-7)
            assert th.heat_capacity[2] == pytest.approx(T * (s[0] - 8 * s[1] + 8 * s[3] - s[4]) / (12 * h), rel=1e-7)


def test_a_metal_has_a_heat_capacity_linear_in_temperature():
    # equidistant levels of density 1/d: C = (pi^2 / 3) T / d for d << T << E_F (Sommerfeld)
    n, d = 4000, 1e-3
    gas = FermiGas((d * np.arange(n)).tolist(), [2.0] * n, particles=n)
    ds = solve(gas, [0.02, 0.04])
    assert np.allclose(ds.heat_capacity, np.pi**2 / 3 * 2 / d * np.array([0.02, 0.04]), rtol=1e-6)
    assert np.allclose(ds.chemical_potential, d * (n - 1) / 2, rtol=1e-12)  # the middle of the band


def test_bosons_condense_in_a_trap():
    # three-dimensional harmonic trap: T_c = (N / zeta(3))^(1/3) of an infinite system
    k = np.arange(400)
    N = 2e4
    gas = BoseGas(k.astype(float).tolist(), ((k + 1) * (k + 2) / 2).tolist(), particles=N)
    Tc = (N / 1.2020569) ** (1 / 3)
    ds = solve(gas, [0.0, 0.5 * Tc, 1.5 * Tc])
    share = ds.lowest_occupation / N
    assert float(share[0]) == pytest.approx(1, rel=1e-12)
    assert float(share[1]) == pytest.approx(1 - 0.5**3, abs=0.05)  # finite size lowers it by 1.5 zeta(2)/...
    assert float(share[2]) < 1e-3


def test_the_coldest_limit():
    half = solve(FermiGas(*LEVELS, particles=5), 0.0)  # two of four in the third level
    assert float(half.entropy) == pytest.approx(4 * math.log(2), rel=1e-15)
    assert float(half.chemical_potential) == 1.5
    shell = solve(FermiGas(*LEVELS, particles=3), 0.0)
    assert float(shell.entropy) == 0
    assert float(shell.chemical_potential) == 1.25  # the middle of the gap
    assert float(shell.free_energy) == 0.5 + 1.0
    condensate = solve(BoseGas(*LEVELS, particles=8), [0.0, 1e-3])
    f = 8 / 2
    assert np.allclose(condensate.entropy, 2 * ((f + 1) * math.log(f + 1) - f * math.log(f)), rtol=1e-14)
    empty = solve(BoseGas(*LEVELS, chemical_potential=0.0), 0.0)
    assert float(empty.particle_number) == 0
    assert float(empty.entropy) == 0
    full = solve(FermiGas([0.0, 1.0], particles=2), [0.0, 1.0])
    assert np.all(full.entropy == 0)
    assert np.all(full.free_energy == 1)


def test_the_hottest_limit_fills_all_states_alike():
    ds = solve(FermiGas(*LEVELS, particles=3), [np.inf, 1e9])
    p = 3 / 12
    assert np.allclose(ds.entropy, -12 * (p * math.log(p) + (1 - p) * math.log(1 - p)), rtol=1e-8)
    assert float(ds.internal_energy[0]) == pytest.approx(p * np.dot(*LEVELS), rel=1e-14)
    bose = solve(BoseGas(*LEVELS, particles=3), np.inf)
    assert float(bose.entropy) == pytest.approx(12 * ((1 + p) * math.log(1 + p) - p * math.log(p)), rel=1e-13)


def test_rare_particles_are_classical():
    # N -> 0: F = N (log N - 1 - log z) T of distinguishable particles with their Gibbs factor
    N, T = 1e-9, 0.8
    e, g = np.array(LEVELS[0]), np.array(LEVELS[1])
    z = (g * np.exp(-e / T)).sum()
    for kind in (FermiGas, BoseGas):
        ds = solve(kind(*LEVELS, particles=N), T)
        assert float(ds.free_energy) == pytest.approx(N * T * (math.log(N / z) - 1), rel=1e-9)


def test_units_convert_once():
    meV = solve(FermiGas([0.0, 10.0], [2, 2], particles=2, unit="meV"), 50.0, output="meV")
    plain = solve(FermiGas([0.0, 10.0], [2, 2], particles=2), 50.0 / 11.604518121550082)
    assert float(meV.free_energy) == pytest.approx(float(plain.free_energy), rel=1e-12)
    assert float(meV.chemical_potential) == pytest.approx(5.0, rel=1e-12)
    assert meV.chemical_potential.attrs["units"] == "meV"


def test_gases_join_products_and_no_mixtures():
    gas = FermiGas([0.0, 1.0], [2, 2], particles=2)
    together = solve(Product([gas, Oscillator(1.0)]), 0.7)
    assert float(together.entropy) == pytest.approx(
        float(solve(gas, 0.7).entropy) + float(solve(Oscillator(1.0), 0.7).entropy), rel=1e-14
    )
    with pytest.raises(InputError, match=r"parts.0 \(fermi_gas\) is, or holds, a gas in the grand canonical"):
        Mixture([gas, TwoLevel(1.0)])
    with pytest.raises(InputError, match=r"parts.1 \(product\) is, or holds, a gas in the grand canonical"):
        Mixture([TwoLevel(1.0), Product([Product([gas]), Oscillator(1.0)])])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FermiGas([]), "energies: expected at least one"),
        (lambda: FermiGas([0.0], [0]), "degeneracies: expected 1 positive"),
        (lambda: FermiGas([0.0, 1.0], particles=3), "particles: expected at most one per state, 2; got 3"),
        (lambda: FermiGas([0.0], particles=1, chemical_potential=0.0), "not both"),
        (lambda: BoseGas([0.0], particles=0), "particles: expected a positive number; got 0"),
        (lambda: BoseGas([0.0, 1.0], chemical_potential=0.0), "below the lowest level 0.0"),
        (lambda: BoseGas([0.0], chemical_potential=-math.inf), "chemical_potential: expected a finite"),
    ],
)
def test_impossible_gases_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_impossible_temperatures_are_refused():
    with pytest.raises(InputError, match="expected T >= 0 for a gas of identical particles; got -1"):
        solve(FermiGas([0.0, 1.0]), -1.0)
    with pytest.raises(InputError, match="infinitely many"):
        solve(BoseGas([0.0], chemical_potential=-1.0), np.inf)
