"""Atoms from NIST levels beside thermochemical tables; files that must be refused, as the command line says it."""

from __future__ import annotations

import bz2
import pickle
import re

import numpy as np
import pytest

from statmech import solve
from statmech.cli import main
from statmech.models.molecule import Molecule

# M. W. Chase, NIST-JANAF Thermochemical Tables, 4th ed., J. Phys. Chem. Ref. Data Monograph 9 (1998), tables O1(g) and
# Fe1(g), p = 1 bar: T (K), Cp and S (J/mol/K)
JANAF = {
    "O": [(298.15, 21.911, 161.058), (500.0, 21.257, 172.197), (1000.0, 20.915, 186.790)],
    "Fe": [(298.15, 25.675, 180.488), (500.0, 24.889, 193.668), (1000.0, 22.488, 210.035)],
}
WEIGHTS = {"O": 15.999, "Fe": 55.845}  # IUPAC 2021


@pytest.mark.parametrize("atom", JANAF)
def test_levels_and_translation_make_the_thermochemical_tables(data, atom):
    levels = data / "atomic" / f"nist_levels_{atom}_I.tsv"
    gas = Molecule(mass=WEIGHTS[atom], electronic=levels, pressure="1 bar")
    temperatures, capacities, entropies = np.array(JANAF[atom]).T
    ds = solve(gas, temperatures)
    # rounded to 0.001, and made with an R and atomic weights before today's: S moves by up to 0.001
    np.testing.assert_allclose(ds.entropy, entropies, rtol=0, atol=0.002)
    np.testing.assert_allclose(ds.heat_capacity_constant_pressure, capacities, rtol=0, atol=0.001)
    assert not ds.status.values.any()
    ground_only = solve(Molecule(mass=WEIGHTS[atom], electronic=9), temperatures)
    assert np.abs(ground_only.entropy.values - entropies).max() > 0.1  # the levels matter


def test_a_molecule_with_a_level_file_runs_from_yaml(data, tmp_path, capsys):
    config = tmp_path / "oxygen.yaml"
    levels = data / "atomic" / "nist_levels_O_I.tsv"
    config.write_text(
        f"model: {{kind: molecule, mass: 15.999, electronic: '{levels}'}}\nsweep: {{temperature: [298.15]}}\n"
    )
    assert main(["run", str(config), "-o", str(tmp_path / "o.h5")]) == 0
    assert "161.059" in capsys.readouterr().out


STATES = "".join(f"{i:12d} {3.8 * i:12.6f} {2 * i + 1:6d} {i:7d}\n" for i in range(2000))


def truncated_bz2(path):
    data = bz2.compress(STATES.encode())
    (path / "x.states.bz2").write_bytes(data[: len(data) * 2 // 3])
    return (
        "file: x.states.bz2",
        r"x\.states\.bz2: unreadable after line \d+: it ends in the middle of",
    )


def a_pickle(path):
    (path / "5_296.QTpy").write_bytes(pickle.dumps({"296": 107.4}))
    return (
        "file: 5_296.QTpy",
        r"5_296\.QTpy: a Python pickle, which can run any code when opened, is refused; .*q\*",
    )


def pickled_npy(path):
    np.save(path / "x.npy", np.array([0.0, "a"], dtype=object), allow_pickle=True)
    return "file: x.npy, unit: eV", r"x\.npy: holds pickled Python objects, which can run any code when opened"


def two_units(path):
    (path / "x.csv").write_text("energy [cm-1],g\n0,1\n10,3\n")
    return "file: x.csv, unit: eV", r"model\.unit: x\.csv:1:1: the file says its energies are in 'cm-1', not 'eV'"


def two_units_in_a_file(path):
    (path / "x.csv").write_text("energy [cm-1],g,uncertainty [eV]\n0,1,0\n10,3,1e-6\n")
    return "file: x.csv", r"x\.csv:1:\d+: mixed units: the energies are in 'cm-1', their uncertainties in 'eV'"


def two_columns_in_two_units(path):
    (path / "x.csv").write_text("energy [cm-1],energy [eV],g\n0,0,1\n10,0.001,3\n")
    return "file: x.csv", r"x\.csv:1:\d+: more than one column could be the energy: 'energy', 'energy'"


def no_rule(path):
    (path / "marvel.txt").write_text("0 0.0 0.0 5\n1 3.8 0.1 5\n")
    return "file: marvel.txt", "columns: a MARVEL file has no header; name its columns"


def a_table(path):
    (path / "q26.txt").write_text("1.0 1.0\n2.0 1.1\n")
    return "file: q26.txt", r"q26\.txt: a HITRAN table of partition sums, not a list of levels; .*read_partition_table"


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(
    "make",
    [truncated_bz2, a_pickle, pickled_npy, two_units, two_units_in_a_file, two_columns_in_two_units, no_rule, a_table],
    ids=lambda make: make.__name__,
)
def test_what_cannot_be_read_ends_with_code_2_and_one_message(tmp_path, capsys, monkeypatch, make, command):
    monkeypatch.chdir(tmp_path)
    options, message = make(tmp_path)
    (tmp_path / "c.yaml").write_text(f"model: {{kind: spectrum, {options}}}\nsweep: {{temperature: 300}}\n")
    assert main([command, "c.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(message, err)
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()
