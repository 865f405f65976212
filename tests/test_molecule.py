"""Molecules of an ideal gas: against references, printed logs, and mpmath over all temperatures."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from statmech import EnergyLevels, solve
from statmech.cli import main
from statmech.errors import FileFormatError, InputError, MissingDependencyError
from statmech.methods.closed_forms import harmonic_modes as modes
from statmech.methods.closed_forms.harmonic_modes import harmonic_modes
from statmech.methods.closed_forms.rigid_rotor import RigidRotorHarmonicOscillator
from statmech.models.molecule import Molecule, QuasiHarmonic
from statmech.molecular_constants import atoms_in
from statmech.plots import plot_contributions, save_figures
from statmech.readers.molecule_table import COLUMNS, read_molecule
from statmech.readers.quantum_chemistry import read_quantum_chemistry
from statmech.units import GAS_CONSTANT, kelvin_per

WAVENUMBER = kelvin_per("cm-1")


def water(**changes):
    given = {
        "mass": 18.01528,
        "rotational_constants": [27.8806, 14.5216, 9.2777],
        "frequencies": [1594.75, 3657.05, 3755.93],
        "symmetry_number": 2,
    }
    return Molecule(**{**given, **changes})


def exact_mode(quantum, temperature):
    """log Z, <y>, Var y of one mode with 60 digits."""
    with mpmath.workdps(60):
        x = mpf(quantum) / mpf(temperature)
        q, rest = mpmath.exp(-x), -mpmath.expm1(-x)
        return -(mpmath.log1p(-q) if q < 0.5 else mpmath.log(rest)), x * q / rest, x * x * q / rest**2


# --- accuracy


@pytest.mark.parametrize("temperature", [0.01, 0.3, 1.7, 20.0, 298.15, 1e3, 1e5])
def test_sums_over_modes_keep_twelve_digits_at_any_temperature(temperature):
    quanta = np.array([0.01, 0.9, 7.2, 180.0, 2300.0, 4300.0])
    weights = np.array([1.0, 2.0, 0.25, 3.0, 1.0, 1.0])
    for chosen in (slice(0, 6), slice(1, 2), slice(2, 3), slice(3, 4), slice(5, 6)):
        found = [values[0] for values in harmonic_modes(quanta[chosen], weights[chosen], np.array([temperature]))]
        parts = [exact_mode(w, temperature) for w in quanta[chosen]]
        want = [sum(mpf(g) * part[k] for g, part in zip(weights[chosen], parts, strict=True)) for k in range(3)]
        for value, exact in [*zip(found, want, strict=True), (found[0] + found[1], want[0] + want[1])]:
            assert abs(mpf(float(value)) - exact) <= mpf(1e-12) * exact + mpf(2.3e-308)


def test_the_compiled_sums_over_modes_keep_twelve_digits_and_agree_with_the_plain_ones(monkeypatch):
    rng = np.random.default_rng(4)
    x = [*np.geomspace(1e-295, 1e-280, 3), *np.geomspace(1e-200, 1e-3, 20), *np.geomspace(1e-3, 700, 60)]
    x += [*rng.uniform(1.2, 1.25, 10), *rng.uniform(700, 760, 10), 1e5, 1e300, np.inf]  # 1.2279: 1 - q = sqrt(1/2)
    quanta, T = np.full(32, 2.0), np.array([2.0 / value for value in x])
    compiled = np.array(harmonic_modes(quanta, np.ones(32), T))
    for t, temperature in enumerate(T.tolist()):
        want = exact_mode(2.0, temperature) if temperature > 1e-4 else (mpf(0),) * 3
        for k in range(3):
            assert abs(mpf(float(compiled[k, t])) - 32 * want[k]) <= mpf(1e-13) * 32 * want[k] + mpf(2.3e-308) * 32, x[
                t
            ]
    some, weights = rng.uniform(1.0, 900.0, 40), rng.uniform(0.1, 9.0, 40)
    compiled = np.array(harmonic_modes(some, weights, T))
    monkeypatch.setattr(modes, "COMPILED_FROM", 10**9)
    assert np.allclose(compiled, np.array(harmonic_modes(some, weights, T)), rtol=1e-13, atol=1e-306)


@pytest.mark.parametrize("name", ["N2", "CO2", "CH4"])
def test_the_references_of_the_rigid_rotor_and_harmonic_oscillator(data, name):
    reference = json.loads((data / "reference" / "rrho.json").read_text())[name]["rows"]
    table = data / "molecules" / "rrho_molecules.csv"
    for row in reference:
        for pressure, key in (("1 bar", "S_1bar"), ("1 atm", "S_1atm"), (101_325.0, "S_1atm")):
            ds = solve(Molecule(file=table, name=name, pressure=pressure), row["T"])
            assert float(ds.entropy) == pytest.approx(row[key], rel=1e-9)
        assert float(ds.heat_capacity_constant_pressure) == pytest.approx(row["Cp"], rel=1e-12)
        assert 1000 * float(ds.enthalpy_excess) == pytest.approx(row["H_minus_H0"], rel=1e-12)


def test_every_function_of_water_against_mpmath():
    gas, temperature = water(electronic=[(0.0, 1), (500.0, 3)], energy=-1.5, pressure=50_000.0), 700.0
    c, u, k, h = 299792458, mpf("1.66053906892e-27"), mpf("1.380649e-23"), mpf("6.62607015e-34")
    T = mpf(temperature)
    unit = h * c * 100 / k
    theta = [mpf(b) * unit for b in (27.8806, 14.5216, 9.2777)]
    omega = [mpf(w) * unit for w in (1594.75, 3657.05, 3755.93)]
    moved = (2 * mpmath.pi * mpf(18.01528) * u * k * T / h**2) ** 1.5 * k * T / 50_000
    turned = mpmath.sqrt(mpmath.pi * T**3 / (theta[0] * theta[1] * theta[2])) / 2
    excited = 3 * mpmath.exp(-500 * unit / T)

    def log_q(t):  # at constant volume, the one of T
        vib = sum(-mpmath.log(1 - mpmath.exp(-w / t)) for w in omega)
        return 3 * mpmath.log(t / T) + vib + mpmath.log(1 + 3 * mpmath.exp(-500 * unit / t))

    ground = sum(omega) / 2 - mpf("1.5") * mpf("4.3597447222060e-18") / k
    excess = T**2 * mpmath.diff(log_q, T)
    cv = mpmath.diff(lambda t: t**2 * mpmath.diff(log_q, t), T)
    entropy = mpmath.log(moved) + 1 + mpmath.log(turned) + log_q(T) + excess / T
    assert excited > 0
    R = mpf("8.31446261815324")
    ds = solve(gas, temperature)
    want = {
        "reference_energy": R * ground / 1000,
        "internal_energy_excess": R * excess / 1000,
        "entropy": R * entropy,
        "heat_capacity": R * cv,
        "heat_capacity_constant_pressure": R * (cv + 1),
        "enthalpy_excess": R * (excess + T) / 1000,
        "enthalpy": R * (ground + excess + T) / 1000,
        "gibbs_energy": R * (ground + excess + T - T * entropy) / 1000,
    }
    for quantity, exact in want.items():
        assert float(ds[quantity]) == pytest.approx(float(exact), rel=1e-12), quantity
    room = solve(gas, 298.15)
    above = float(ds.enthalpy_excess) - float(room.enthalpy_excess)
    assert float(ds.enthalpy_above_298) == pytest.approx(above, rel=1e-12)
    assert float(room.enthalpy_above_298) == 0.0
    assert float(ds.gibbs_energy_function) == pytest.approx(float(ds.entropy) - 1000 * above / temperature, rel=1e-12)


def test_contributions_are_independent_systems_that_add():
    method, T = RigidRotorHarmonicOscillator(), np.array([50.0, 298.15, 3000.0])
    parts = method.contributions(water(electronic=[(0.0, 2), (150.0, 4)]), T)
    ds = solve(water(electronic=[(0.0, 2), (150.0, 4)]), T)
    for quantity in ("entropy", "heat_capacity", "internal_energy_excess"):
        total = sum(ds[f"{quantity}_{name}"] for name in parts)
        assert np.allclose(total, ds[quantity], rtol=1e-14)
    assert ds.heat_capacity_translation.values == pytest.approx([1.5 * GAS_CONSTANT] * 3)
    assert ds.heat_capacity_rotation.values == pytest.approx([1.5 * GAS_CONSTANT] * 3)
    levels = solve(EnergyLevels([0.0, 150.0], [2, 4], unit="cm-1"), T)
    assert np.array_equal(ds.entropy_electronic, levels.entropy)
    linear = solve(Molecule(28.0134, [1.98957], [2329.92], 2), T)
    assert linear.heat_capacity_rotation.values == pytest.approx([GAS_CONSTANT] * 3)


def test_electronic_levels_that_end_too_low_are_flagged_and_their_origin_is_told(data):
    gas = Molecule(55.847, electronic=data / "atomic" / "nist_levels_Fe_I.tsv")
    assert "nist_levels_Fe_I.tsv" in gas.notes["electronic levels"]
    assert solve(gas, [1000.0, 30_000.0]).status.values.tolist() == [0, 1]


# --- logs


@pytest.mark.parametrize("log", ["goodvibes_methane.log", "goodvibes_HCN_singlet.out"])
def test_logs_give_the_digits_that_the_program_printed(data, log):
    pytest.importorskip("cclib")
    printed = json.loads((data / "reference" / "qchem.json").read_text())[log]["printed_by_program"]
    gas = Molecule(file=data / "qchem" / log, pressure="1 atm", energy=0.0)
    hartree, kcal = solve(gas, 298.15, output="hartree"), solve(gas, 298.15, output="kcal/mol")
    assert round(float(hartree.reference_energy), 6) == printed["Zero-point correction"]
    assert round(float(hartree.internal_energy), 6) == printed["Thermal correction to Energy"]
    assert round(float(hartree.enthalpy), 6) == printed["Thermal correction to Enthalpy"]
    assert round(float(hartree.gibbs_energy), 6) == printed["Thermal correction to Gibbs Free Energy"]
    assert round(float(kcal.internal_energy), 3) == printed["E_thermal_kcal"]
    assert round(1000 * float(kcal.heat_capacity), 3) == printed["Cv_cal"]
    assert round(1000 * float(kcal.entropy), 3) == printed["S_cal"]
    parts = RigidRotorHarmonicOscillator().contributions(gas, np.array([298.15]))
    # The program's own constants are older: its logarithms agree to 5e-6.
    assert parts["vibration"].log_z[0] == pytest.approx(printed["lnQ Vib (V=0)"], abs=5e-6)
    assert parts["translation"].log_z[0] - 1 == pytest.approx(printed["lnQ Translational"], abs=5e-6)
    assert parts["rotation"].log_z[0] == pytest.approx(printed["lnQ Rotational"], abs=5e-6)


def test_the_electronic_energy_of_a_log_is_part_of_its_enthalpy(data):
    pytest.importorskip("cclib")
    path = data / "qchem" / "goodvibes_methane.log"
    with_energy, without = Molecule(file=path), Molecule(file=path, energy=0.0)
    difference = solve(with_energy, 500.0, output="hartree").enthalpy - solve(without, 500.0, output="hartree").enthalpy
    assert float(difference) == pytest.approx(-40.5183831835, abs=1e-9)  # SCF Done, last in the log
    assert with_energy.notes["formula"] == "CH4"
    assert with_energy.notes["symmetry number"] == "12 (of the file)"
    assert without.notes["electronic energy"] == "given, in place of the file's"
    assert Molecule(file=path, symmetry_number=1).notes["symmetry number"] == "1 (given; the file says 12)"


def test_orca_prints_no_constants_for_cclib_and_they_come_from_the_geometry(data):
    pytest.importorskip("cclib")
    constants = read_quantum_chemistry(data / "qchem" / "cclib_orca5_dvb_ir.out")
    assert constants.rotational_constants == pytest.approx([0.153923, 0.022856, 0.019901], abs=1e-6)
    gas = Molecule(file=data / "qchem" / "cclib_orca5_dvb_ir.out", pressure="1 atm", quasi_harmonic=QuasiHarmonic())
    ds = solve(gas, 298.15, output="hartree")
    # T S as the log prints it, in hartree; ORCA uses Grimme's entropy and frequencies of more digits than it prints.
    assert 298.15 * float(ds.entropy_translation) == pytest.approx(0.01924489, abs=2e-7)
    assert 298.15 * float(ds.entropy_rotation) == pytest.approx(0.01337276, abs=2e-7)
    vibration = ds.entropy_quasi_harmonic - (ds.entropy - ds.entropy_vibration)
    assert 298.15 * float(vibration) == pytest.approx(0.01027032, rel=2e-4)
    assert 298.15 * float(ds.entropy_vibration) > 0.01066  # the oscillators alone do not fit


def test_a_log_that_cclib_cannot_read_is_one_clear_message(data, tmp_path, capsys, monkeypatch):
    pytest.importorskip("cclib")
    monkeypatch.chdir(tmp_path)
    log = data / "qchem" / "goodvibes_CuCN.out"
    (tmp_path / "cucn.yaml").write_text(
        f"model: {{kind: molecule, file: {log}}}\nsweep: {{temperature: 298.15}}\noutput: out.h5\n"
    )
    assert main(["run", "cucn.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cclib cannot read this log" in said
    assert "goodvibes_CuCN.out" in said
    assert "give mass, rotational_constants" in said


def test_other_logs_are_refused_with_the_reason(tmp_path, data):
    pytest.importorskip("cclib")
    other = tmp_path / "notes.log"
    other.write_text("nothing of the kind\n")
    with pytest.raises(FileFormatError, match="not recognised as the log"):
        Molecule(file=other)
    text = (data / "qchem" / "goodvibes_methane.log").read_text()
    cut = tmp_path / "cut.log"
    cut.write_text(text[: text.index("Frequencies --")].replace("Normal termination", "No termination"))
    with pytest.raises(FileFormatError, match=r"did not end normally|no frequencies"):
        Molecule(file=cut)
    atom = Molecule(file=data / "qchem" / "goodvibes_Al_298K.out", pressure="1 atm", energy=0.0)
    assert round(1000 * float(solve(atom, 298.15, output="kcal/mol").entropy), 3) == 37.191  # as printed


def test_without_cclib_the_message_says_how_to_install_it(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "cclib.io.ccio", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'statmech\[chemistry\]'"):
        Molecule(file=data / "qchem" / "goodvibes_methane.log")


# --- tables and input


def table(tmp_path, *rows):
    path = tmp_path / "molecules.csv"
    path.write_text("# from a book\n" + ",".join(COLUMNS) + "\n" + "".join(f"{row}\n" for row in rows))
    return path


def test_what_is_wrong_in_a_table_is_told_with_line_and_column(tmp_path):
    good = "CO,28.0101,linear,1,1,1.92253,2143.27"
    assert read_molecule(table(tmp_path, good)).symmetry_number == 1
    for row, words in {
        "CO,28.0101,linear,0,1,1.9,2143": r":3:19: symmetry_number: expected a positive integer; got '0'",
        "CO,28.0101,linear,1,1,1.9 2.0,2143": "rot_constants_cm-1: expected 1 numbers for geometry 'linear'",
        "CO,28.0101,bent,1,1,1.9,2143": "geometry: expected atom, linear or nonlinear",
        "CO,x,linear,1,1,1.9,2143": "mass_u: expected numbers",
        "CO,28.0101,linear,1,1,1.9": "expected 7 cells; got 6",
    }.items():
        with pytest.raises(FileFormatError, match=words):
            read_molecule(table(tmp_path, row))
    with pytest.raises(FileFormatError, match="no molecule 'C0'; it has CO; did you mean 'CO'"):
        read_molecule(table(tmp_path, good), "C0")
    with pytest.raises(FileFormatError, match="has 2 molecules, set the name of one: CO, CO"):
        read_molecule(table(tmp_path, good, good))
    with pytest.raises(FileFormatError, match="one column 'mass_u'"):
        read_molecule(tmp_path / "molecules.csv" if (tmp_path / "molecules.csv").write_text("name,mass\n") else "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frequencies": [1594.75, 3657.05]}, "3N - 6 modes: 3, 6, 9, ..., degenerate ones repeated; got 2"),
        ({"frequencies": [1594.75, 3657.05], "formula": "H2O"}, "H2O as a nonlinear molecule .* has 3 modes"),
        ({"frequencies": [-1594.75, -20.5, 3755.93]}, r"2 imaginary modes \(written negative\): -1594.75, -20.5 cm-1"),
        ({"frequencies": [0.0, 1.0, 2.0]}, "other than 0"),
        ({"rotational_constants": [1.0, 2.0]}, "none for an atom, one for a linear molecule or three; got 2"),
        ({"rotational_constants": [1.0]}, "3N - 5 modes: 1, 4, 7"),
        ({"rotational_constants": []}, "an atom .* has none; got 3"),
        ({"symmetry_number": None}, "symmetry_number: is missing"),
        ({"symmetry_number": 0}, "symmetry_number: expected a positive integer"),
        ({"mass": None}, "mass: is missing"),
        ({"mass": -1.0}, "mass: expected a positive number"),
        ({"pressure": 0.0}, "pressure: expected a positive number"),
        ({"pressure": "1 torr"}, "'1 bar' or '1 atm'"),
        ({"electronic": 0}, "degeneracy of at least 1"),
        ({"electronic": [(0.0, -1.0)]}, "electronic: degeneracies"),
        ({"electronic": EnergyLevels([0.0, 1.0])}, "reduced"),
        ({"formula": "H2Q"}, "no element"),
        ({"formula": "H3O"}, "H3O as a nonlinear molecule"),
        ({"formula": "O"}, "O has 1 atoms"),
        ({"name": "H2O"}, "name: is that of a molecule in a table"),
        ({"unit": "reduced"}, "unit: expected a physical unit"),
        ({"energy": float("nan")}, "energy: expected a finite number"),
        ({"frequency_scale": 0.0}, "frequency_scale: expected a positive"),
    ],
)
def test_input_without_meaning_is_refused_by_name(changes, words):
    with pytest.raises(InputError, match=words):
        water(**changes)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan, -0.0])
def test_temperatures_where_an_ideal_gas_has_no_limit_are_refused(temperature):
    with pytest.raises(InputError, match="temperature"):
        solve(water(), temperature)


def test_imaginary_modes_are_dropped_on_request_and_the_result_says_so():
    ds = solve(water(frequencies=[-1594.75, 3657.05, 3755.93], imaginary="drop"), 298.15)
    assert ds.attrs["model_imaginary_modes"] == "left out: -1594.75 cm-1"
    want = 0.5 * (3657.05 + 3755.93) * WAVENUMBER * GAS_CONSTANT / 1000
    assert float(ds.reference_energy) == pytest.approx(want, rel=1e-14)


def test_scale_factors_of_frequencies_and_of_the_zero_point_energy_are_two():
    plain = water(frequencies=[0.97 * w for w in (1594.75, 3657.05, 3755.93)])
    scaled = water(frequency_scale=0.97)
    assert scaled.vibrational_temperatures == pytest.approx(plain.vibrational_temperatures, rel=1e-14)
    assert scaled.zero_point_energy == pytest.approx(plain.zero_point_energy, rel=1e-14)
    two = water(frequency_scale=0.97, zpe_scale=0.98)
    assert two.vibrational_temperatures == scaled.vibrational_temperatures
    assert two.zero_point_energy == pytest.approx(scaled.zero_point_energy * 0.98 / 0.97, rel=1e-14)
    assert two.notes["scale factors"] == "frequencies 0.97, zero-point energy 0.98"


def test_units_of_input_are_converted_once():
    ghz = water(
        rotational_constants=[b * 29.9792458 for b in (27.8806, 14.5216, 9.2777)],
        rotational_unit="GHz",
        frequencies=[w * 0.1 for w in (1594.75, 3657.05, 3755.93)],
        unit="cm-1",
        energy=1.0,
        energy_unit="kJ/mol",
    )
    assert ghz.rotational_temperatures == pytest.approx(water().rotational_temperatures, rel=1e-12)
    assert ghz.energy == pytest.approx(1000 / GAS_CONSTANT)


def test_the_name_in_a_table_is_the_formula_where_it_fits(data):
    path = data / "molecules" / "rrho_molecules.csv"
    assert Molecule(file=path, name="NH3").notes["formula"] == "NH3"
    assert atoms_in("CH3COOH") == {"C": 2, "H": 4, "O": 2}


def test_doubtful_temperatures_are_flagged():
    nitrogen = Molecule(28.0134, [1.98957], [2329.92], 2)
    assert solve(nitrogen, [0.1, 2.0, 3.0, 300.0]).status.values.tolist() == [4, 4, 0, 0]


# --- quasi-harmonic treatments


def test_without_low_frequencies_quasi_harmonic_is_harmonic():
    for option in (QuasiHarmonic("grimme", "head_gordon", cutoff=1e-3), QuasiHarmonic("truhlar", cutoff=100.0)):
        ds = solve(water(quasi_harmonic=option), 298.15)
        assert float(ds.entropy_quasi_harmonic) == pytest.approx(float(ds.entropy), rel=1e-12)
        assert float(ds.enthalpy_quasi_harmonic) == pytest.approx(float(ds.enthalpy), rel=1e-12)
        assert float(ds.gibbs_energy_quasi_harmonic) == pytest.approx(float(ds.gibbs_energy), rel=1e-12)
        assert "no partition function" in ds.entropy_quasi_harmonic.attrs["long_name"]


def test_low_frequencies_become_rotors_or_are_raised():
    floppy = water(frequencies=[20.0, 3657.05, 3755.93])
    T = [298.15, 500.0]
    plain = solve(floppy, T)
    raised = solve(replace_quasi(floppy, QuasiHarmonic("truhlar")), T)
    at_cutoff = solve(water(frequencies=[100.0, 3657.05, 3755.93]), T)
    assert np.allclose(raised.entropy_quasi_harmonic, at_cutoff.entropy, rtol=1e-12)
    assert np.array_equal(raised.entropy, plain.entropy)  # the harmonic results stay what they are
    assert np.array_equal(raised.enthalpy_quasi_harmonic, plain.enthalpy)
    damped = solve(replace_quasi(floppy, QuasiHarmonic("grimme", "head_gordon")), T)
    assert np.all(damped.entropy_quasi_harmonic < plain.entropy)
    # w = 1/(1 + 5^4): the mode is a free rotor with T/2 but for 0.2 %
    change = damped.enthalpy_quasi_harmonic - plain.enthalpy
    quantum = 20.0 * WAVENUMBER
    oscillator = quantum * (0.5 + 1 / np.expm1(quantum / np.array(T)))
    want = (0.5 * np.array(T) - oscillator) * (1 - 1 / 626) * GAS_CONSTANT / 1000
    assert np.allclose(change, want, rtol=1e-3)


def replace_quasi(molecule, option):
    made = object.__new__(Molecule)
    made.__dict__.update(molecule.__dict__, quasi_harmonic=option)
    return made


def test_a_point_has_the_same_bits_alone_and_in_company():
    T = np.array([10.0, 298.15, 4000.0])
    method, gas = RigidRotorHarmonicOscillator(), water()
    together = method.cumulants(gas, T)
    for t in range(3):
        alone = method.cumulants(gas, T[t : t + 1])
        assert alone.log_z[0] == together.log_z[t]
        assert alone.mean[0, 0] == together.mean[t, 0]


def test_the_heat_capacity_is_the_slope_of_the_enthalpy():
    T = 298.15 * (1 + 1e-3 * np.arange(-2, 3))
    ds = solve(water(electronic=[(0.0, 1), (400.0, 2)]), T)
    h = ds.enthalpy_excess.values * 1000
    slope = (h[0] - 8 * h[1] + 8 * h[3] - h[4]) / (12 * (T[1] - T[0]))
    assert slope == pytest.approx(float(ds.heat_capacity_constant_pressure[2]), rel=1e-8)


def test_quasi_harmonic_options_have_meaning():
    with pytest.raises(InputError, match="cutoff"):
        QuasiHarmonic(cutoff=0.0)
    assert replace(QuasiHarmonic(), entropy="harmonic").label == "harmonic, 100 cm-1; no partition function"


# --- figure


def test_the_figure_shows_every_contribution_that_there_is(tmp_path):
    ds = solve(water(), np.linspace(200.0, 1500.0, 60))
    entropy, capacity = plot_contributions(ds, title="Water").axes
    labels = [line.get_label() for line in entropy.get_lines()]
    assert labels == ["total", "translation", "rotation", "vibration"]  # one electronic level adds nothing
    assert np.allclose(entropy.get_lines()[0].get_ydata(), ds.entropy.values)
    assert np.allclose(capacity.get_lines()[3].get_ydata(), ds.heat_capacity_vibration.values)
    assert entropy.get_ylabel() == "Entropy (J mol\u207b\u00b9 K\u207b\u00b9)"
    excited = solve(water(electronic=[(0.0, 1), (300.0, 3)]), [300.0, 600.0])
    assert [len(ax.get_lines()) for ax in plot_contributions(excited).axes] == [5, 5]
    written = save_figures(ds, tmp_path / "water", ["png"])
    assert [path.name for path in written] == ["water_thermodynamics.png", "water_contributions.png"]
    with pytest.raises(InputError, match="expected results of a molecule"):
        plot_contributions(solve(EnergyLevels([0.0, 1.0]), [1.0, 2.0]))
    with pytest.raises(InputError, match="at least two finite values"):
        plot_contributions(solve(water(), [300.0]))
