"""NASA polynomials: exact where they must be, close elsewhere, and what Cantera makes of the file."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest
import yaml

from statmech import solve
from statmech.cli import main
from statmech.errors import InputError
from statmech.models.molecule import Molecule
from statmech.nasa import NasaPolynomials, cantera_yaml, fit, species_of
from statmech.units import GAS_CONSTANT

T = np.array([200.0, 250.0, 298.15, *np.linspace(300.0, 3000.0, 136)])


def carbon_dioxide(temperatures=T, **changes):
    gas = Molecule(44.0095, [0.39022], [667.38, 667.38, 1333.0, 2349.14], 2, formula="CO2", **changes)
    return solve(gas, temperatures)


@pytest.mark.parametrize(("terms", "cp", "s", "h"), [(7, 0.25, 0.04, 0.02), (9, 0.03, 3e-3, 3e-3)])
def test_fits_are_close_and_say_how_close(terms, cp, s, h):
    ds = carbon_dioxide()
    thermo = fit(ds, terms, formation_enthalpy=-393.51)
    found = {
        "heat_capacity": np.abs(thermo.heat_capacity(T) - ds.heat_capacity_constant_pressure.values).max(),
        "entropy": np.abs(thermo.entropy(T) - ds.entropy.values).max(),
        "enthalpy": np.abs(thermo.enthalpy(T) + 393.51 - ds.enthalpy_above_298.values).max(),
    }
    for name, limit in (("heat_capacity", cp), ("entropy", s), ("enthalpy", h)):
        assert found[name] < limit
        assert thermo.errors[name] == pytest.approx(found[name], rel=1e-6)


@pytest.mark.parametrize("terms", [7, 9])
def test_ranges_meet_and_room_temperature_is_exact(terms):
    ds = carbon_dioxide()
    thermo = fit(ds, terms, joints=[900.0, 1800.0], formation_enthalpy=-393.51)
    assert thermo.temperatures.tolist() == [200.0, 900.0, 1800.0, 3000.0]
    for k, joint in enumerate((900.0, 1800.0)):
        below = NasaPolynomials(terms, thermo.temperatures[k : k + 2], thermo.coefficients[k : k + 1], {})
        above = NasaPolynomials(terms, thermo.temperatures[k + 1 : k + 3], thermo.coefficients[k + 1 : k + 2], {})
        for quantity in ("heat_capacity", "enthalpy", "entropy"):
            assert getattr(below, quantity)(joint) == pytest.approx(getattr(above, quantity)(joint), rel=1e-10)
    room = ds.sel(temperature=298.15)
    assert thermo.enthalpy(298.15) == pytest.approx(-393.51, rel=1e-12)
    assert thermo.entropy(298.15) == pytest.approx(float(room.entropy), rel=1e-12)
    assert thermo.heat_capacity(298.15) == pytest.approx(float(room.heat_capacity_constant_pressure), rel=1e-11)


@pytest.mark.parametrize("terms", [7, 9])
def test_enthalpy_and_entropy_are_integrals_of_the_heat_capacity(terms):
    thermo = fit(carbon_dioxide(), terms)
    for temperature in (350.0, 2000.0):
        step = 1e-3 * temperature
        for function, slope in ((thermo.enthalpy, 1e-3), (thermo.entropy, 1 / temperature)):
            a, b, c, d = (function(temperature + k * step) for k in (-2, -1, 1, 2))
            assert (a - 8 * b + 8 * c - d) / (12 * step) == pytest.approx(
                slope * thermo.heat_capacity(temperature), rel=1e-8
            )


@pytest.mark.parametrize("terms", [7, 9])
def test_what_is_such_a_polynomial_is_found_again(terms):
    ds = carbon_dioxide()
    first = fit(ds, terms)
    ds["heat_capacity_constant_pressure"].values[:] = first.heat_capacity(T)
    ds["enthalpy_above_298"].values[:] = first.enthalpy(T)
    ds["entropy"].values[:] = first.entropy(T)
    again = fit(ds, terms)
    assert max(again.errors.values()) < 1e-9
    assert np.allclose(again.coefficients, first.coefficients, rtol=1e-5)


def test_argon_of_the_tables_of_nasa():
    # NASA/TP-2002-211556: Ar, 200 to 1000 K: a3 = 2.5, b1 = -745.375, b2 = 4.37967491
    thermo = fit(solve(Molecule(39.948), np.linspace(200.0, 1000.0, 50)), 9)
    assert thermo.coefficients[0, 2] == pytest.approx(2.5, abs=1e-6)
    assert thermo.coefficients[0, 7] == pytest.approx(-745.375, abs=1e-3)
    assert thermo.coefficients[0, 8] == pytest.approx(4.37967491, abs=1e-4)


def test_the_file_has_what_cantera_reads():
    one = species_of(carbon_dioxide(pressure="1 atm"), formation_enthalpy=-393.51)
    data = yaml.safe_load(cantera_yaml(one))
    species = data["species"][0]
    assert species["composition"] == {"C": 1, "O": 2}
    assert species["thermo"]["model"] == "NASA7"
    assert species["thermo"]["reference-pressure"] == "1 atm"
    assert len(species["thermo"]["temperature-ranges"]) == len(species["thermo"]["data"]) + 1
    assert {len(row) for row in species["thermo"]["data"]} == {7}
    assert data["phases"][0]["species"] == ["CO2"]
    names = species_of(solve(Molecule(30.0, [1.7], [1900.0], 1, formula="NO"), T))
    assert yaml.safe_load(cantera_yaml(names))["species"][0]["name"] == "NO"  # and not False


@pytest.mark.parametrize("terms", [7, 9])
def test_cantera_loads_it_and_gives_the_same_numbers(tmp_path, terms):
    python = os.environ.get("STATMECH_CHEMISTRY_PEERS")
    if python is None:
        pytest.skip("no Cantera: set STATMECH_CHEMISTRY_PEERS to a python that has it")
    ds = carbon_dioxide()
    (tmp_path / "gas.yaml").write_text(cantera_yaml(species_of(ds, terms, formation_enthalpy=-393.51)))
    code = (
        "import cantera as ct, json; g = ct.Solution('gas.yaml'); out = []\n"
        "for T in (250.0, 298.15, 1500.0):\n"
        "    g.TP = T, 1e5; out.append([g.cp_mole / 1e3, g.enthalpy_mole / 1e6, g.entropy_mole / 1e3])\n"
        "print(json.dumps(out))"
    )
    ran = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    thermo = fit(ds, terms, formation_enthalpy=-393.51)
    for temperature, (cp, h, s) in zip((250.0, 298.15, 1500.0), json.loads(ran.stdout), strict=True):
        assert cp == pytest.approx(float(thermo.heat_capacity(temperature)), rel=1e-9)
        assert h == pytest.approx(float(thermo.enthalpy(temperature)), rel=1e-9)
        assert s == pytest.approx(float(thermo.entropy(temperature)), rel=1e-9)


def test_the_command_writes_a_species_for_every_molecule_of_a_sweep(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "three.yaml").write_text(
        f"model: {{kind: molecule, file: {data / 'molecules' / 'rrho_molecules.csv'}}}\n"
        "sweep: {model.name: [N2, CO2, CH4], temperature: {linspace: [200, 3000, 57]}}\noutput: three.h5\n"
    )
    assert main(["run", "-q", "three.yaml"]) == 0
    assert main(["nasa", "three.h5"]) == 0
    said = capsys.readouterr().out
    assert "CH4          NASA7, 200, 1000, 3000 K; largest deviations Cp" in said
    species = yaml.safe_load((tmp_path / "three_nasa.yaml").read_text())["species"]
    assert [one["composition"] for one in species] == [{"N": 2}, {"C": 1, "O": 2}, {"C": 1, "H": 4}]
    assert main(["nasa", "three.h5", "--formula", "CH4"]) == 2
    assert "axes name" in capsys.readouterr().err
    assert main(["nasa", "three.h5", "--joints", "cold"]) == 2


def test_what_cannot_be_fitted_is_told():
    ds = carbon_dioxide()
    for bad, words in (
        (lambda: fit(carbon_dioxide([300.0, 400.0])), "at least 14 points from 300 to 400 K; got 2"),
        (lambda: fit(ds, joints=[100.0]), "joints: expected rising temperatures between 200 and 3000"),
        (lambda: fit(ds, 8), "terms: expected 7 or 9"),
        (lambda: fit(ds, formation_enthalpy=np.nan), "formation_enthalpy"),
        (lambda: fit(ds.drop_vars("enthalpy_above_298")), "expected results of a molecule"),
        (lambda: fit(ds).entropy(100.0), "expected 200 to 3000 K"),
        (lambda: fit(carbon_dioxide([0.1, *T])), "results at 0.1 K are marked by status"),
        (lambda: species_of(ds.assign_attrs(model_formula="")), "formula: is not in the results"),
        (lambda: cantera_yaml([]), "one or more"),
    ):
        with pytest.raises(InputError, match=words):
            bad()
    gas = Molecule(44.0095, [0.39022], [667.38, 667.38, 1333.0, 2349.14], 2)
    with pytest.raises(InputError, match="in J/mol/K; got k_B: ask for molar"):
        fit(solve(gas, T, output="reduced"))
    assert GAS_CONSTANT > 8
