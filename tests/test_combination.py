"""Products and mixtures of models: against multiplied-out level lists, closed forms and each other."""

from __future__ import annotations

import math
import pickle

import mpmath as mp
import numpy as np
import oracles
import pytest

from statmech import lattices
from statmech.combination import Combination
from statmech.config import load
from statmech.cumulants import Cumulants
from statmech.errors import ConfigError, InputError, UnitError, UnsupportedError
from statmech.levels import EnergyLevels
from statmech.models.combined import Mixture, Product
from statmech.models.debye import Debye
from statmech.models.ising import Ising
from statmech.models.molecule import Molecule
from statmech.models.morse import Morse
from statmech.models.oscillator import Oscillator
from statmech.models.paramagnet import Paramagnet
from statmech.models.rotor import Rotor
from statmech.models.spectrum import Spectrum
from statmech.models.two_level import TwoLevel
from statmech.run import run
from statmech.solve import compute, solve

BOUND = 1e-12
TINY = 2.2250738585072014e-308
QUANTITIES = ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity")
T = [0.0, 1 / 700, 0.01, 0.1, 1.0, 20.0, np.inf, -0.1, -5.0]

A = EnergyLevels([0.5, 1.5, 1.5, 4.0], [2, 1, 1, 3])
B = EnergyLevels([-1.0, 1.25], [1, 4])
C = EnergyLevels([0.0, 0.75, 2.0], [1, 2, 5])


def states_of(levels):
    return oracles.spectrum(levels.energies.tolist(), [int(g) for g in levels.degeneracies])


def check(model, states, temperatures=T, digits=700):
    th = compute(model, temperatures).thermodynamics
    for t, temperature in enumerate(temperatures):
        exact = oracles.point(states, temperature, digits)
        for name in ("reference_energy", *QUANTITIES):
            want = exact.reference if name == "reference_energy" else getattr(exact, name)
            assert oracles.relative_error(float(getattr(th, name)[t]), want, TINY) < BOUND, (name, temperature)


def test_a_product_is_the_spectrum_of_all_sums():
    states = {}
    for (a, _), g in states_of(A).items():
        for (b, _), h in states_of(B).items():
            for (c, _), k in states_of(B).items():
                states[a + b + c, 0] = states.get((a + b + c, 0), 0) + g * h * k
    check(Product([A, B], copies=[1, 2]), states)
    check(Product([A, Product([B, B])]), states)


def test_a_mixture_is_the_spectrum_of_all_levels():
    states = {}
    for levels, weight, offset in ((A, 1, 0.0), (B, 3, 1.75), (C, 2, -0.5)):
        for (e, _), g in states_of(levels).items():
            key = (e + oracles.Fraction(offset), 0)
            states[key] = states.get(key, 0) + weight * g
    check(Mixture([A, B, C], weights=[1, 3, 2], offsets=[0, 1.75, -0.5]), states)
    check(Mixture([Mixture([A, B], [1, 3], [0, 1.75]), C], [1, 2], [0, -0.5]), states)


def test_levels_of_one_energy_in_two_parts_are_degenerate_at_zero_temperature():
    ds = solve(Mixture([A, A], weights=[1, 2]), 0.0)
    assert float(ds.entropy) == pytest.approx(math.log(6), rel=1e-15)
    assert float(ds.population_0) == pytest.approx(1 / 3, rel=1e-15)


def test_a_weight_below_the_normal_numbers_keeps_its_digits():
    # exp(-715) is 1e-311; times 715^2 it is a normal number
    states = {(oracles.Fraction(0), 0): 1, (oracles.Fraction(715), 0): 1}
    check(Mixture([EnergyLevels([0.0]), EnergyLevels([715.0])]), states, [1.0])


def test_what_the_parts_say_of_themselves_is_in_the_result(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text("energy [cm-1],J,unc [cm-1]\n0.0,0,0.0\n\n10.0,1,0.5\n")
    parts = [Spectrum(path), Morse(100.0, 1000.0, unit="cm-1")]
    both = solve(Product(parts), 30.0)
    assert both.attrs["model_part_0_source"] == "levels.csv"
    assert both.attrs["model_part_0_skipped"] == "1 blank or comment lines"
    assert "20 bound ones" in both.attrs["model_part_1_levels"]
    assert "entropy_errors" in both
    mixed = solve(Mixture(parts, names=["light", "heavy"]), 30.0)
    assert mixed.attrs["model_part_light_skipped"] == "1 blank or comment lines"
    assert mixed.attrs["model_part_heavy_zero_of_energy"] == "the bottom of the well"
    assert "entropy_errors" in mixed
    endless = solve(Mixture([parts[0], Oscillator(10.0, unit="cm-1")]), 30.0)
    assert endless.attrs["model_level_uncertainties"].endswith("only where all are lists")
    assert "free_energy_errors" in endless
    assert "entropy_errors" not in endless
    assert "model_level_uncertainties" not in solve(Mixture(parts[1:]), 30.0).attrs


def test_ortho_and_para_hydrogen_together_are_the_rotor_with_both():
    para, ortho = Rotor(59.3, (1, 0), unit="cm-1"), Rotor(59.3, (0, 3), unit="cm-1")
    temperatures = np.geomspace(5.0, 3000.0, 40)
    both = solve(Mixture([para, ortho], names=["para", "ortho"]), temperatures)
    whole = solve(Rotor(59.3, nuclear_spin=0.5, unit="cm-1"), temperatures)
    for name in (*QUANTITIES, "free_energy", "log_z"):
        assert np.allclose(both[name], whole[name], rtol=BOUND, atol=0)
    assert np.allclose(both.population_para + both.population_ortho, 1, rtol=1e-15)
    assert float(both.population_ortho[-1]) == pytest.approx(0.75, abs=1e-9)
    # one molecule in 500 at the boiling point of hydrogen: 0.2 % ortho (Farkas 1935)
    cold = solve(Mixture([para, ortho], names=["para", "ortho"]), 20.39)
    assert float(cold.population_ortho) == pytest.approx(0.0021, abs=2e-4)


def test_normal_hydrogen_is_a_frozen_composition_with_entropy_of_mixing():
    para, ortho = Rotor(59.3, (1, 0), unit="cm-1"), Rotor(59.3, (0, 3), unit="cm-1")
    normal = Product([para, ortho], copies=[0.25, 0.75], mixing=True)
    parts = [solve(part, [30.0, 2000.0], output="reduced") for part in (para, ortho)]
    ds = solve(normal, [30.0, 2000.0], output="reduced")
    mixing = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert np.allclose(ds.entropy, 0.25 * parts[0].entropy + 0.75 * parts[1].entropy + mixing, rtol=1e-14)
    assert np.allclose(ds.heat_capacity, 0.25 * parts[0].heat_capacity + 0.75 * parts[1].heat_capacity, rtol=1e-14)
    # hot, the nuclear spins are free: log 4 whether frozen in or not
    equilibrium = solve(Rotor(59.3, nuclear_spin=0.5, unit="cm-1"), 2000.0, output="reduced")
    assert float(ds.entropy[1]) == pytest.approx(float(equilibrium.entropy), rel=1e-9)


def test_parts_in_different_units_are_one_system():
    model = Product([Oscillator(100.0, unit="cm-1"), TwoLevel(3.0, unit="meV"), Debye(150.0, unit="K")])
    temperatures = [4.0, 300.0]
    ds = solve(model, temperatures)
    parts = [solve(part, temperatures) for part in model.parts]
    for name in (*QUANTITIES, "free_energy", "internal_energy", "log_z"):
        assert np.allclose(ds[name], sum(part[name] for part in parts), rtol=1e-14)
    assert ds.entropy.attrs["units"] == "J/mol/K"
    shifted = solve(Mixture([TwoLevel(3.0, unit="meV"), TwoLevel(3.0, unit="meV")], offsets=[0, 5], unit="cm-1"), 9.0)
    levels = EnergyLevels([0.0, 3.0], unit="meV").to("cm-1")
    exact = solve(EnergyLevels([*levels.energies, *(levels.energies + 5)], unit="cm-1"), 9.0)
    assert float(shifted.entropy) == pytest.approx(float(exact.entropy), rel=1e-13)


def test_observables_of_a_product_add():
    spins = Product([Paramagnet(0.5, field=0.3), Paramagnet(2.0, field=-0.2), TwoLevel(1.0)], copies=[3, 1, 2])
    ds = solve(spins, [0.2, 1.0])
    one, other = solve(spins.parts[0], [0.2, 1.0]), solve(spins.parts[1], [0.2, 1.0])
    assert np.allclose(ds.magnetization, 3 * one.magnetization + other.magnetization, rtol=1e-14)
    assert np.allclose(ds.susceptibility, 3 * one.susceptibility + other.susceptibility, rtol=1e-14)


def test_a_lattice_and_its_phonons_are_one_product_with_a_reason():
    model = Product([Ising(lattices.square(3, 3)), Debye(2.0, atoms=9)])
    ds = solve(model, 2.0, per="site")
    assert model.sites == 18
    assert ds.attrs["method"] == "combined"
    assert "ising by enumeration; debye by debye_function" in ds.attrs["method_reason"]
    asked = solve(model, 2.0, method={"kind": "combined", "parts": ["transfer_matrix", "auto"]})
    assert "ising by transfer_matrix" in asked.attrs["method_reason"]
    assert float(asked.entropy) / 18 == pytest.approx(float(ds.entropy), rel=1e-12)


def test_level_uncertainties_of_parts_add_in_squares():
    one = EnergyLevels([0.0, 1.0, 2.5], [1, 2, 1], unit="cm-1", uncertainties=[0, 0.01, 0.1])
    single, twice = solve(one, 2.0), solve(Product([one, one]), 2.0)
    assert float(twice.entropy_errors) == pytest.approx(math.sqrt(2) * float(single.entropy_errors), rel=1e-12)


def test_level_uncertainties_of_a_mixture_are_those_of_the_list_of_all_levels():
    para = EnergyLevels([0.0, 1.0, 2.5], [1, 2, 1], unit="K", uncertainties=[0.01, 0.02, 0.1])
    ortho = EnergyLevels([1.5, 3.0], [3, 1], unit="K", uncertainties=[0.05, 0.03])
    exact = EnergyLevels([4.0, 5.0], unit="K")
    mixture = Mixture([para, Mixture([ortho, exact])], weights=[1, 3], offsets=[0.0, 0.25])
    together = EnergyLevels(
        [0.0, 1.0, 2.5, 1.75, 3.25, 4.25, 5.25], [1, 2, 1, 9, 3, 3, 3], unit="K",
        uncertainties=[0.01, 0.02, 0.1, 0.05, 0.03, 0, 0],
    )  # fmt: skip
    T = [0.0, 0.05, 0.7, 3.0, 1e4]
    mixed, listed = solve(mixture, T), solve(together, T)
    names = [name for name in listed.data_vars if name.endswith("_errors")]
    assert {"entropy_errors", "heat_capacity_errors", "free_energy_errors"} <= set(names)
    for name in names:
        np.testing.assert_allclose(mixed[name], listed[name], rtol=1e-12, err_msg=name)
    with_oscillator = solve(Mixture([para, Oscillator(1.0, unit="K")]), T[1:])
    assert "free_energy_errors" in with_oscillator
    assert "entropy_errors" not in with_oscillator


def molecule(**changes):
    known = {"mass": 28.0134, "rotational_constants": [1.998], "symmetry_number": 2, "frequencies": [2358.57]}
    return Molecule(**{**known, **changes})


def test_air_has_the_heat_capacity_and_the_gibbs_energy_of_its_gases():
    argon, nitrogen = Molecule(mass=39.948), molecule()
    T = [298.15, 1000.0]
    one, other = solve(argon, T), solve(nitrogen, T)
    for mixing in (False, True):
        air = solve(Product([argon, nitrogen], copies=[0.01, 0.99], mixing=mixing), T)
        entropy = -(0.01 * math.log(0.01) + 0.99 * math.log(0.99)) * 8.31446261815324 if mixing else 0.0
        for name in ("heat_capacity_constant_pressure", "enthalpy", "enthalpy_above_298", "entropy_translation"):
            np.testing.assert_allclose(air[name], 0.01 * one[name] + 0.99 * other[name], rtol=1e-13)
        np.testing.assert_allclose(air.entropy, 0.01 * one.entropy + 0.99 * other.entropy + entropy, rtol=1e-13)
        unit = 1000.0 if air.gibbs_energy.attrs["units"] == "kJ/mol" else 1.0
        np.testing.assert_allclose(unit * air.gibbs_energy, unit * air.enthalpy - np.array(T) * air.entropy, rtol=1e-12)


def test_conformers_at_equilibrium_have_a_heat_capacity_at_constant_pressure():
    anti, gauche = molecule(), molecule(frequencies=[2300.0])
    T = np.array([200.0, 298.15, 600.0])
    both = solve(Mixture([anti, gauche], weights=[1, 2], offsets=[0.0, 1.0], unit="kJ/mol"), T)
    np.testing.assert_allclose(both.heat_capacity_constant_pressure - both.heat_capacity, 8.31446261815324, rtol=1e-12)
    np.testing.assert_allclose(both.gibbs_energy, both.enthalpy - T * both.entropy / 1000, rtol=1e-12)
    assert float(both.enthalpy_above_298[1]) == 0.0
    assert "enthalpy" not in solve(Mixture([anti, molecule(pressure=1000.0)]), T)
    assert "enthalpy" not in solve(Product([anti, Oscillator(1.0, unit="K")]), T)


def test_the_mutant_that_multiplies_instead_of_mixing_is_noticed():
    temperatures = [0.3, 2.0]
    mixed = compute(Mixture([A, C]), temperatures).thermodynamics
    together = compute(Product([A, C]), temperatures).thermodynamics
    assert not np.allclose(mixed.entropy, together.entropy, rtol=1e-2)


def test_a_state_pickles_and_gives_the_same_bits():
    model, method = Mixture([A, Morse(1.0, 3.0)]), Combination()
    temperatures = np.array([0.1, 3.0])
    state = method.prepare(model)
    here = method.cumulants(state, temperatures)
    there = method.cumulants(pickle.loads(pickle.dumps(state)), temperatures)
    assert here.covariance.tobytes() == there.covariance.tobytes()
    alone = method.cumulants(state, temperatures[1:])
    assert alone.mean[0].tobytes() == here.mean[1].tobytes()


# What does not fit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Product([]), InputError, "parts: expected a list of at least one model"),
        (lambda: Product([A, 3.0]), InputError, "parts: expected models; got float as parts.1"),
        (lambda: Product([A, Oscillator(1.0, unit="K")]), UnitError, r"parts.1 \(oscillator\) is in 'K' and parts.0"),
        (lambda: Product([A], copies=[1, 2]), InputError, "copies: expected 1 positive numbers"),
        (lambda: Product([A], copies=[0]), InputError, "copies: expected 1 positive numbers"),
        (lambda: Product([A], unit="eV"), UnitError, "no common scale"),
        (lambda: Product([Ising(lattices.square("infinite"))]), InputError, "parts.0 is an infinite lattice"),
        (lambda: Mixture([A, B], weights=[1, -1]), InputError, "weights: expected 2 positive numbers"),
        (lambda: Mixture([A, B], offsets=[1]), InputError, "offsets: expected 2 finite numbers"),
        (lambda: Mixture([A, B], names=["x", "x"]), InputError, "names: expected 2 different words"),
    ],
)
def test_what_cannot_be_combined_says_why(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_mixture_needs_the_same_observables():
    with pytest.raises(InputError, match=r"parts.0 \(paramagnet\) has magnetization, parts.1 \(two_level\) none"):
        solve(Mixture([Paramagnet(), TwoLevel(1.0)]), 1.0)


def test_a_part_that_refuses_is_named():
    with pytest.raises(InputError, match=r"parts.1 \(oscillator\): temperature: expected 0 <= T < inf"):
        solve(Product([A, Oscillator(1.0)]), -1.0)
    big = Ising(lattices.cubic(6, 6, 6), coupling=1.0)
    with pytest.raises(UnsupportedError, match=r"combined: parts.1 \(ising\): no exact method"):
        solve(Product([A, big]), 1.0)
    with pytest.raises(InputError, match="expected 2 methods, one per part; got 1"):
        solve(Product([A, B]), 1.0, method={"kind": "combined", "parts": ["auto"]})


# In a configuration --------------------------------------------------------------------------------------------------


def test_a_configuration_nests_models_and_sweeps_into_them():
    gas = {
        "model": {
            "kind": "product",
            "parts": [
                {"kind": "mixture", "parts": [{"kind": "two_level", "gap": 1.0}, {"kind": "oscillator", "omega": 2.0}]},
                {"kind": "debye", "theta": 3.0},
            ],
            "copies": [2, 1],
        },
        "sweep": {"temperature": [0.5, 1.0], "model.parts.0.parts.0.gap": [1.0, 2.0]},
    }
    ds = run(load(gas))
    direct = Product([Mixture([TwoLevel(2.0), Oscillator(2.0)]), Debye(3.0)], copies=[2, 1])
    assert np.allclose(ds.entropy.sel(gap=2.0), solve(direct, [0.5, 1.0]).entropy, rtol=1e-15)


def test_a_mistake_in_a_part_has_its_place():
    wrong = {"kind": "product", "parts": [{"kind": "two_level", "gap": -1.0}, {"kind": "debby", "theta": 1.0}]}
    with pytest.raises(ConfigError) as caught:
        load({"model": wrong, "sweep": {"temperature": 1.0}})
    assert "model.parts.1.kind" in str(caught.value)
    assert "debye" in str(caught.value)
    wrong["parts"].pop()
    with pytest.raises(ConfigError, match=r"model.parts.0.gap: expected a positive number; got -1"):
        load({"model": wrong, "sweep": {"temperature": 1.0}})


def test_the_unit_of_the_configuration_reaches_the_parts():
    config = load(
        {
            "model": {"kind": "product", "parts": [{"kind": "two_level", "gap": 1.0}, {"kind": "debye", "theta": 9.0}]},
            "units": {"energy": "cm-1"},
            "sweep": {"temperature": [3.0]},
        }
    )
    assert [part.unit for part in config.model().parts] == ["cm-1", "cm-1"]
    assert float(run(config).entropy[0]) > 0


def test_the_mixture_law_takes_small_weights_as_it_takes_large_ones():
    rng = np.random.default_rng(3)
    parts = []
    for _ in range(3):
        root = rng.normal(size=(2, 2))
        one = Cumulants(
            np.ones(1), rng.normal(size=1), rng.normal(size=1), rng.normal(size=(1, 2)), (root @ root.T)[None], ("m",)
        )
        parts.append(one)
    joined = Cumulants.mixture(parts)
    with mp.workdps(40):
        e0 = min(float(p.reference[0]) for p in parts)
        w = [mp.exp(mp.mpf(float(p.log_z[0])) - (mp.mpf(float(p.reference[0])) - e0)) for p in parts]
        m = mp.fsum(wk * float(p.mean[0, 1]) for wk, p in zip(w, parts, strict=True)) / mp.fsum(w)
    assert joined.mean[0, 1] == pytest.approx(float(m), rel=1e-14)
