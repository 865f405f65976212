"""Level files: real ones to the last digit, malformed ones to the line and column."""
# ruff: noqa: E501 (tables with one case per line)

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import pickle
import random
import re
import tracemalloc
from pathlib import Path

import h5py
import mpmath
import numpy as np
import pytest

from statmech.errors import FileFormatError, InputError, StatmechError, UnitError
from statmech.levels import EnergyLevels
from statmech.models.spectrum import Spectrum
from statmech.readers import iter_levels, read_levels
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics
from statmech.units import ENERGY_UNITS

REPOSITORY = Path(__file__).resolve().parents[1]
GAS_CONSTANT = 8.31446261815324  # J/mol/K, exact
C2 = mpmath.mpf("6.62607015e-34") * 299792458 * 100 / mpmath.mpf("1.380649e-23")  # cm K
REFERENCE = {  # the names in levels.json and what they are
    "lnQ": lambda th: th.log_z,
    "Q": lambda th: np.exp(th.log_z),
    "U_J_per_mol": lambda th: GAS_CONSTANT * th.internal_energy,
    "F_J_per_mol": lambda th: GAS_CONSTANT * th.free_energy,
    "S_J_per_mol_K": lambda th: GAS_CONSTANT * th.entropy,
    "Cv_J_per_mol_K": lambda th: GAS_CONSTANT * th.heat_capacity,
}
ATOMS = ("Ar_I", "C_I", "Ca_II", "Fe_I", "Fe_II", "H_I", "He_I", "Li_I", "N_I", "Na_I", "Si_I")


def partition_function(levels: EnergyLevels, temperature: float) -> float:
    return float(np.exp(sum_levels(levels, [temperature]).log_z[0]))


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- real files against exact sums ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["CO_Li2015", "NIST_O_I", "CaH_Yadin"])
def test_reference_spectra_give_every_function_to_1e_12(data, name):
    entry = json.loads((data / "reference" / "levels.json").read_text())["sets"][name]
    path = data / entry["file"]
    if not path.exists():  # the reference names CaH with the suffix it is served with
        path = path.with_suffix("")
    levels = read_levels(path)
    assert len(levels) == entry["n_levels"]
    assert levels.degeneracies.sum() == entry["sum_g"]
    th = thermodynamics(sum_levels(levels, [row["T"] for row in entry["rows"]]))
    for quantity, value in REFERENCE.items():
        expected = np.array([row[quantity] for row in entry["rows"]])
        # 1e-12 is the promise of level sums; abs=1e-300 because a frozen-out value may print as 0
        assert value(th) == pytest.approx(expected, rel=1e-12, abs=1e-300), quantity


def states_by_hand(path):
    """ExoMol columns 2 and 3 as mpmath numbers."""
    text = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
    rows = [line.split()[1:3] for line in text.decode().splitlines()]
    return [(mpmath.mpf(energy), mpmath.mpf(g)) for energy, g in rows]


def nist_by_hand(path):
    """NIST rows with an energy and J, limits left out; g is the sum of 2J + 1 over the listed J."""
    found = []
    with path.open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            if row["Term"] != "Limit" and row["J"] and row["Level (cm-1)"]:
                g = sum(mpmath.mpf(a.split("/")[0]) / (2 if "/" in a else 1) * 2 + 1 for a in row["J"].split(","))
                found.append((mpmath.mpf(row["Level (cm-1)"]), g))
    return found


def exact_functions(levels, temperature):
    """log Q, U/R, S/R and C/R by a plain sum in 400 digits: log(1 + 1e-334) keeps 60 of them."""
    with mpmath.workdps(400):
        weights = [g * mpmath.exp(-C2 * energy / temperature) for energy, g in levels]
        q = mpmath.fsum(weights)
        mean = mpmath.fsum(w * energy for w, (energy, _) in zip(weights, levels, strict=True)) / q
        variance = mpmath.fsum(w * (e - mean) ** 2 for w, (e, _) in zip(weights, levels, strict=True)) / q
        u = C2 * mean
        return [
            float(x) for x in (mpmath.log(q), u, mpmath.log(q) + u / temperature, variance * (C2 / temperature) ** 2)
        ]


@pytest.mark.parametrize("name", ["14N-16O__NOname.states.bz2", "23Na-1H__Rivlin.states"])
def test_other_line_lists_agree_with_a_sum_in_400_digits(data, name):
    path = data / "exomol" / name
    levels, by_hand = read_levels(path), states_by_hand(path)
    assert len(levels) == len(by_hand)
    th = thermodynamics(sum_levels(levels, [1000.0]))
    got = [th.log_z[0], th.internal_energy[0], th.entropy[0], th.heat_capacity[0]]
    assert got == pytest.approx(exact_functions(by_hand, 1000.0), rel=1e-12)  # the promise of level sums


@pytest.mark.parametrize("atom", ATOMS)
def test_other_nist_tables_agree_with_a_sum_in_400_digits(data, atom):
    path = data / "atomic" / f"nist_levels_{atom}.tsv"
    levels, by_hand = read_levels(path), nist_by_hand(path)
    assert len(levels) == len(by_hand)
    for temperature in (300.0, 10_000.0):
        th = thermodynamics(sum_levels(levels, [temperature]))
        got = [th.log_z[0], th.internal_energy[0], th.entropy[0], th.heat_capacity[0]]
        # abs: at 300 K He I has U = exp(-770), whose exact value is below the smallest normal float64
        assert got == pytest.approx(exact_functions(by_hand, temperature), rel=1e-12, abs=1e-300)


def test_sodium_counts_every_j_of_a_row(data):
    levels = read_levels(data / "atomic" / "nist_levels_Na_I.tsv")
    assert partition_function(levels, 10_000.0) == pytest.approx(5.84566, abs=5e-6)  # the digits of the fact


def test_hydrogen_does_not_add_rows_that_repeat_finer_ones(data):
    levels = read_levels(data / "atomic" / "nist_levels_H_I.tsv")
    assert partition_function(levels, 20_000.0) == pytest.approx(2.161, abs=5e-4)  # 18.99 if they were
    assert levels.notes["skipped"] == "1 ionization-limit rows; 39 rows without J"


def test_helium_keeps_its_bracketed_ground_state(data):
    levels = read_levels(data / "atomic" / "nist_levels_He_I.tsv")
    assert levels.energies[0] == 0.0
    assert partition_function(levels, 5000.0) == pytest.approx(1.0, abs=1e-15)
    assert "837 in brackets" in levels.notes["kept with marks"]


def test_nist_notes_count_what_was_skipped_and_name_the_limit(data):
    notes = read_levels(data / "atomic" / "nist_levels_O_I.tsv").notes
    assert notes["skipped"] == "4 ionization-limit rows; 30 rows without an energy"
    assert notes["ionization limit"] == "109837.02 cm-1; 346 levels above it, kept"
    assert notes["nuclear spin"] == "not included in g"
    assert notes["source"] == "nist_levels_O_I.tsv"


def test_exomol_notes_state_the_nuclear_spin_and_the_zero(data):
    notes = read_levels(data / "exomol" / "14N-16O__NOname.states.bz2").notes
    assert notes["nuclear spin"].startswith("included in g")
    assert notes["degeneracies"].endswith("g/(2J+1) = 3")  # 14N has I = 1
    assert notes["zero of energy"] == "E = 0 of the file"
    assert notes["format"] == "exomol"
    assert not any("/" in notes[key] for key in ("source", "format"))  # no path of this machine


def test_the_def_beside_a_file_never_rescales_and_only_warns_of_another_count(data, tmp_path):
    states = (data / "exomol" / "40Ca-1H__Yadin.states").read_text()
    definition = (data / "exomol" / "40Ca-1H__Yadin.def").read_text()
    path = written(tmp_path / "CaH.states", states)
    alone = read_levels(path)
    written(tmp_path / "CaH.def", definition)
    assert "warning" not in read_levels(path).notes
    written(tmp_path / "CaH.def", definition.replace("1892  #", "1893  #"))
    warned = read_levels(path)
    assert warned.notes["warning"] == "the .def beside the file announces 1893 states; the file has 1892"
    assert np.array_equal(warned.degeneracies, alone.degeneracies)


# --- one spectrum, many guises ----------------------------------------------------------------------------------


def test_one_spectrum_in_every_unit_has_the_same_partition_function(data, tmp_path):
    original = read_levels(data / "exomol" / "12C-16O__Li2015.states.bz2")
    physical = [unit for unit in ENERGY_UNITS if unit != "reduced"]
    assert len(physical) == 11
    expected = partition_function(original, 1000.0)
    for unit in physical:
        energies = original.to(unit).energies.tolist()
        rows = [f"{e!r},{int(g)}" for e, g in zip(energies, original.degeneracies.tolist(), strict=True)]
        path = written(tmp_path / "levels.csv", f"energy [{unit}],g\n" + "\n".join(rows))
        levels = read_levels(path)
        assert levels.unit == unit
        # conversion and its inverse round once each: some 4e-16 of E/T = 130 at most
        assert partition_function(levels, 1000.0) == pytest.approx(expected, rel=1e-12), unit


def table(*rows: str) -> str:
    return "\n".join(rows) + "\n"


GUISES = {
    "comma": (table("energy [cm-1],g", "0.0,1", "3.845,3"), {}),
    "semicolon": (table("energy [cm-1];g", "0.0;1", "3.845;3"), {}),
    "tab": (table("energy (cm-1)\tg", "0.0\t1", "3.845\t3"), {}),
    "white space": (table("energy [cm-1]   g", "  0.0      1", "  3.845    3"), {}),
    "bar": (table("energy [cm-1] | g", "0.0 | 1", "3.845 | 3"), {}),
    "no header": (table("0.0 1", "3.845 3"), {"unit": "cm-1"}),
    "slash": (table("energy / cm-1,g", "0.0,1", "3.845,3"), {}),
    "unit by argument": (table("energy,g", "0.0,1", "3.845,3"), {"unit": "1/cm"}),
    "unit by both": (table("energy [1/cm],g", "0.0,1", "3.845,3"), {"unit": "cm-1"}),
    "comments": (table("# CO", "", "energy [cm-1],g # header", "# rows", "0.0,1 # ground", "", "3.845,3"), {}),
    "header as comment": (table("# CO", "# energy [cm-1]  g", "0.0 1", "3.845 3"), {}),
    "byte order mark": ("﻿" + table("energy [cm-1],g", "0.0,1", "3.845,3"), {}),
    "CRLF": (table("energy [cm-1],g", "0.0,1", "3.845,3").replace("\n", "\r\n"), {}),
    "CR": (table("energy [cm-1],g", "0.0,1", "3.845,3").replace("\n", "\r"), {}),
    "quotes": (table('"energy [cm-1]","g"', '"0.0","1"', '"3.845","3"'), {}),
    "decimal comma": (table("energy [cm-1];g", "0,0;1", "3,845;3"), {"decimal": ","}),
    "decimal comma, one column": (table("energy [cm-1] g", "0,0 1", "3,845 3"), {"decimal": ","}),
    "J": (table("energy [cm-1],J", "0.0,0", "3.845,1"), {}),
    "J as fractions": (table("energy [cm-1],J", "0.0,0/2", "3.845,2/2"), {}),
    "J with point": (table("J energy [cm-1]", "0.0 0.0", "1.0 3.845"), {}),
    "log g": (table("energy [cm-1],log_g", "0.0,0", f"3.845,{float(np.log(3))!r}"), {}),
    "labels": (table("state,v,g,energy [cm-1]", "X 1S+,0,1,0.0", '"A, 1P",0,3,3.845'), {}),
    "columns by name": (table("e1 [cm-1],e2 [cm-1],w", "9,0.0,1", "9,3.845,3"), {"energy": "E2", "degeneracy": "w"}),
    "columns by number": (table("X 1 0.0", "X 3 3.845"), {"energy": 3, "degeneracy": 2, "unit": "cm-1"}),
    "g wins over J": (table("J,g,energy [cm-1]", "7,1,0", "7,3,3.845"), {}),
    "J asked for": (table("J,g,energy [cm-1]", "0,9,0", "1,9,3.845"), {"j": "J"}),
    "energy / K": (table("energy / cm-1  g", "0.0 1", "3.845 3"), {}),
    "level with unit": (table("level [cm-1],g", "0.0,1", "3.845,3"), {}),
    "level beside energy": (table("level,energy [cm-1],g", "7,0.0,1", "9,3.845,3"), {}),
    **{
        name: (table(f"energy [cm-1],{name}", "0.0,1", "3.845,3"), {})
        for name in ("deg", "degen", "g_i", "gi", "g_tot", "2J+1", "(2J + 1)"[1:-1], "Degeneracy g", "stat. weight")
    },
    "no end of line": ("energy [cm-1],g\n0.0,1\n3.845,3", {}),
    "exponents": (table("energy [cm-1],g", "0E0,1.0", "+3.845e+00,3."), {}),
    "exomol": (table("1 0.000 1 0 Inf e", "2 3.845 3 1 NaN", "3 9.9 0 7 + X1/2  -0.5"), {}),
    "exomol, half-integer J": (table("1 0.000 1 0.5 e", "2 3.845 3 1.5 f"), {}),
    "json": (json.dumps({"energies": [0.0, 3.845], "degeneracies": [1, 3], "unit": "cm-1"}), {}),
    "json with J": (json.dumps({"energy": [0.0, 3.845], "J": [0, 1]}), {"unit": "cm-1"}),
}


PACKERS = {"plain": bytes, "bz2": bz2.compress, "gz": gzip.compress, "xz": lzma.compress}


@pytest.mark.parametrize(
    ("guise", "packer"), [(g, p) for g in GUISES for p in PACKERS if p == "plain" or not g.startswith("json")]
)
def test_every_guise_of_the_same_levels_reads_alike(tmp_path, guise, packer):
    content, options = GUISES[guise]
    raw = PACKERS[packer](content.encode())
    levels = read_levels(written(tmp_path / "levels", raw), **options)
    keep = levels.populated
    assert levels.energies[keep].tolist() == [0.0, 3.845]
    assert np.exp(levels.log_g[keep]) == pytest.approx([1, 3], rel=1e-15)
    assert levels.unit == "cm-1"
    assert all(isinstance(text, str) for text in levels.notes.values())


def test_arrays_of_every_kind_read_alike_and_integers_stay_exact(tmp_path):
    energies, g = np.array([0.0, 3.845]), np.array([1, 3])
    np.save(tmp_path / "alone.npy", energies)
    np.save(tmp_path / "both.npy", np.stack([energies, g], axis=1))
    np.savez(tmp_path / "named.npz", energies=energies, degeneracies=g, unit="cm-1")
    np.savez_compressed(tmp_path / "spins.npz", energies=energies, J=[0, 1])
    with h5py.File(tmp_path / "levels.h5", "w") as file:
        file["energies"], file["degeneracies"] = energies, g
        file["energies"].attrs["units"] = "cm-1"
    with h5py.File(tmp_path / "group.h5", "w") as file:
        file["run/e"], file["run/w"] = energies.astype(">f8"), g.astype(np.uint8)
        file.attrs["unit"] = np.bytes_("cm-1")
    assert read_levels(tmp_path / "alone.npy", unit="cm-1").degeneracies is None
    for name, options in {
        "both.npy": {"unit": "cm-1"},
        "named.npz": {},
        "spins.npz": {"unit": "cm-1"},
        "levels.h5": {},
        "group.h5": {"energy": "run/e", "degeneracy": "run/w"},
    }.items():
        levels = read_levels(tmp_path / name, **options)
        assert (levels.energies.tolist(), levels.degeneracies.tolist(), levels.unit) == ([0.0, 3.845], [1, 3], "cm-1")
        chunks = list(iter_levels(tmp_path / name, chunk_size=1, **options))
        assert [chunk.energies.tolist() for chunk in chunks] == [[0.0], [3.845]]
    assert read_levels(tmp_path / "levels.h5").exact_degeneracies == (1, 3)
    huge = written(tmp_path / "huge.json", json.dumps({"energies": [0, 1], "degeneracies": [1, 3**900], "unit": "K"}))
    assert read_levels(huge).exact_degeneracies == (1, 3**900)


NIST_ROWS = [
    ("1s", "2S", "1/2", "[", "0.0000", "]"),
    ("2p", "2P*", "1/2,3/2", "", "100.5", "?"),
    ("2d", "2D", "3/2 or 5/2", "(", "200", ")"),
    ("3", "", "", "", "150", ""),
    ("3d", "2D", "5/2", "", "", ""),
    ("x", "2F", "7/2", "[", "300", "]+x"),
    ("Y II (1S)", "Limit", "---", "", "250", ""),
]
NIST_HEADER = ("Configuration", "Term", "J", "Prefix", "Level (cm-1)", "Suffix")


def nist_tab():
    return "".join(
        "\t".join(f'"{c}"' if row != NIST_HEADER else c for c in row) + "\t\n" for row in (NIST_HEADER, *NIST_ROWS)
    )


def nist_csv():
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NIST_HEADER)
    writer.writerows([f'="{cell}"' for cell in row] for row in NIST_ROWS)
    return text.getvalue()


def nist_marks_in_the_cell():
    rows = [(c, t, j, "".join(level)) for c, t, j, *level in NIST_ROWS]
    return "".join(",".join(f'"{c}"' for c in row) + "\n" for row in [(*NIST_HEADER[:3], NIST_HEADER[4]), *rows])


@pytest.mark.parametrize("export", [nist_tab, nist_csv, nist_marks_in_the_cell])
def test_every_nist_export_reads_alike_with_counts_by_reason(tmp_path, export):
    levels = read_levels(written(tmp_path / "levels.txt", export()))
    assert levels.energies.tolist() == [0.0, 100.5, 200.0, 300.0]
    assert levels.degeneracies.tolist() == [2, 2 + 4, (4 + 6) / 2, 8]
    assert levels.notes["skipped"] == "1 ionization-limit rows; 1 rows without J; 1 rows without an energy"
    assert set(levels.notes["kept with marks"].split("; ")) == {
        "2 in brackets [ ] (predicted)",
        "1 in parentheses ( ) (theoretical)",
        "1 marked ? (uncertain)",
        "1 marked +x (their offset to the other levels is not known)",
        "1 with ambiguous J ('a or b')",
    }
    assert levels.notes["ionization limit"] == "250 cm-1; 1 levels above it, kept"
    assert "mean of the alternatives" in levels.notes["degeneracies"]


@pytest.mark.parametrize(("cell", "other"), [('"---"', '""'), ('"Limit"', '""'), ('"Limit"', '"limit"')])
def test_an_ionization_limit_is_known_by_its_term_or_its_dashes(tmp_path, cell, other):
    levels = read_levels(written(tmp_path / "levels.txt", nist_tab().replace(cell, other)))
    assert "1 ionization-limit rows" in levels.notes["skipped"]


@pytest.mark.parametrize(("policy", "expected"), [("mean", [2, 6, 5, 8]), ("first", [2, 6, 4, 8]), ("skip", [2, 6, 8])])
def test_ambiguous_j_follows_the_stated_policy(tmp_path, policy, expected):
    levels = read_levels(written(tmp_path / "levels.txt", nist_tab()), ambiguous=policy)
    assert levels.degeneracies.tolist() == expected
    if policy == "skip":
        assert "1 rows with ambiguous J" in levels.notes["skipped"]


# --- streaming --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 1000, 10**9])
def test_chunks_put_together_are_the_whole(data, size):
    path = data / "exomol" / ("40Ca-1H__Yadin.states" if size == 1 else "14N-16O__NOname.states.bz2")
    whole, chunks = read_levels(path), list(iter_levels(path, chunk_size=size))
    assert np.array_equal(np.concatenate([chunk.energies for chunk in chunks]), whole.energies)
    assert np.array_equal(np.concatenate([chunk.degeneracies for chunk in chunks]), whole.degeneracies)
    assert max(len(chunk) for chunk in chunks) <= size
    assert chunks[-1].notes["degeneracies"] == whole.notes["degeneracies"]


def test_streaming_needs_constant_memory(tmp_path):
    with (tmp_path / "long.csv").open("w") as file:
        file.write("energy [K],g\n")
        for k in range(200_000):
            file.write(f"{k}.25,{k % 7}\n")
    tracemalloc.start()
    count = sum(len(chunk) for chunk in iter_levels(tmp_path / "long.csv", chunk_size=2000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 2e6  # measured 0.7 MB; the whole file as arrays is 3.2 MB, as lines 13 MB


def test_a_chunk_without_populated_levels_is_passed_over(tmp_path):
    path = written(tmp_path / "levels.csv", table("energy [K],g", "0,0", "1,0", "2,0", "3,1"))
    assert [chunk.energies.tolist() for chunk in iter_levels(path, chunk_size=2)] == [[3.0]]


def test_multi_stream_bz2_is_read_to_its_end(tmp_path):
    first, second = b"1 0.0 1 0\n2 3.845 3 1\n", b"3 11.53 5 2\n"
    path = written(tmp_path / "x.states.bz2", bz2.compress(first) + bz2.compress(second))
    assert len(read_levels(path)) == 3


# --- malformed files --------------------------------------------------------------------------------------------

STATES = b"".join(b"%12d %12.6f %6d %7d %4d\n" % (k + 1, k * 1.5, 2 * k + 1, k, 0) for k in range(3000))
PACKED = bz2.compress(STATES)

MALFORMED = {
    "nan": ("l.csv", table("energy [K],g", "0,1", "nan,3"), {}, r"l.csv:3:1: energy: expected a finite number; got 'nan'"),
    "inf": ("l.csv", table("energy [K],g", "0,1", "-inf,3"), {}, r"l.csv:3:1: energy: expected a finite number; got '-inf'"),
    "overflow": ("l.csv", table("energy [K],g", "0,1", "1e999,3"), {}, r"l.csv:3:1: energy: '1e999' is too large"),
    "negative g": ("l.csv", table("energy [K],g", "0,1", "1,-3"), {}, r"l.csv:3:3: degeneracy g: expected g >= 0; got '-3'"),
    "nan g": ("l.csv", table("energy [K],g", "0,nan"), {}, r"l.csv:2:3: degeneracy g: expected a finite number"),
    "bad J": ("l.csv", table("energy [K],J", "0,0.7"), {}, r"l.csv:2:3: J: expected 0, 1/2, 1, 1.5, ...; got '0.7'"),
    "huge J": ("l.csv", table("energy [K],J", "0," + "9" * 400 + "/2"), {}, r"l.csv:2:3: J: expected .* got '9{40}'"),
    "thirds": ("l.csv", table("energy [K],J", "0,1/3"), {}, r"l.csv:2:3: J: expected .* got '1/3'"),
    "negative J": ("l.csv", table("energy [K],J", "0,-1"), {}, r"l.csv:2:3: J: expected .* got '-1'"),
    "no unit": ("l.csv", table("energy,g", "0,1"), {}, r"l.csv:1: the energy unit is not known: write it into the header"),
    "no unit, no header": ("l.csv", table("0,1"), {}, r"l.csv: the energy unit is not known"),
    "contradiction": ("l.csv", table("g,energy [K]", "1,0"), {"unit": "eV"}, r"l.csv:1:3: unit: the file says .*'K'.*'eV'"),
    "unknown unit": ("l.csv", table("energy [cm],g", "0,1"), {}, r"l.csv:1:1: the unit of the energies: .*got 'cm'; did you mean"),
    "empty": ("l.csv", "", {}, r"l.csv: the file is empty"),
    "only comments": ("l.csv", "# nothing\n\n", {}, r"l.csv: no levels: the file is empty"),
    "only a header": ("l.csv", "energy [K],g\n", {}, r"l.csv:1: the header is there, but no levels follow"),
    "wrong column": ("l.csv", table("energy [K],g", "0,1"), {"energy": "enrgy"}, r"no column is named 'enrgy'.*did you mean 'energy'"),
    "no such number": ("l.csv", table("0 1"), {"energy": 3, "unit": "K"}, r"energy: expected a column from 1 to 2; got 3"),
    "no energy column": ("l.csv", table("v,g", "0,1"), {}, r"l.csv:1: no column is named energy; the columns are 'v', 'g'"),
    "two energies": ("l.csv", table("energy [K],level [K]", "0,1"), {}, r"l.csv:1:12: more than one column could be the energy"),
    "text": ("l.csv", table("energy [K],g", "0,1", "zero,3"), {}, r"l.csv:3:1: energy: expected a number; got 'zero'"),
    "empty cell": ("l.csv", table("energy [K],g", "0,1", ",3"), {}, r"l.csv:3:1: energy: expected a number; the cell is empty"),
    "underscore": ("l.csv", table("energy [K],g", "1_0,1"), {}, r"l.csv:2:1: energy: expected a number; got '1_0'"),
    "Fortran": ("l.csv", table("energy [K],g", "1.0D+03,1"), {}, r"l.csv:2:1: .*write Fortran's D exponents as E"),
    "ragged long": ("l.csv", table("energy [K],g", "0,1", "1,2,3"), {}, r"l.csv:3:5: expected 2 columns.*got 3: '1,2,3'"),
    "ragged short": ("l.csv", table("energy [K],g", "0,1", "1"), {}, r"l.csv:3:2: expected 2 columns.*got 1: '1'"),
    "header too short": ("l.csv", table("energy [K]", "0,0", "3,845"), {}, r"l.csv:2: the header names 1 columns.*decimal=','"),
    "decimal comma": ("l.csv", table("energy [K];g", "0,5;1"), {}, r"l.csv:2:1: .*got '0,5'; if that is a decimal comma"),
    "doubtful comma": ("l.csv", table("0,000", "3,845"), {"unit": "K"}, r"l.csv:1: '0,000': a decimal comma, or energy and g"),
    "comma twice": ("l.csv", table("energy [K],g", "0,1"), {"decimal": ",", "delimiter": ","}, r"columns are separated by ','"),
    "many columns": ("l.csv", table("1,2,3"), {"unit": "K"}, r"l.csv:1: 3 columns without a header: say which"),
    "all g = 0": ("l.csv", table("energy [K],g", "0,0"), {}, r"l.csv: degeneracies: expected at least one populated"),
    "open quote": ("l.csv", table('energy [K],"g"', '0,"1'), {}, r"l.csv:2: quotes do not match"),
    "latin-1": ("l.csv", b"energy [K],g\n0,1\n# \xb0\n", {}, r"l.csv:3: not UTF-8 text \(byte 0xb0\)"),
    "UTF-16": ("l.csv", "energy [K]\n0\n".encode("utf-16"), {}, r"l.csv: UTF-16 text; save it as UTF-8"),
    "binary": ("l.dat", bytes(range(256)), {}, r"l.dat: a binary file that no reader knows"),
    "web page": ("l.txt", "<!DOCTYPE html><html>", {}, r"l.txt:1:1: a web page, not a table"),
    "spreadsheet": ("l.xlsx", b"PK\x03\x04 and so on", {}, r"l.xlsx: a spreadsheet or document; export the levels as CSV"),
    "pickle": ("l.npy", pickle.dumps({"a": 1}), {}, r"l.npy: a Python pickle, which can run any code"),
    "old pickle": ("l.pkl", pickle.dumps({"a": [1.5]}, 0), {}, r"l.pkl: a Python pickle"),
    "oldest list": ("l.pkl", pickle.dumps([1.5], 1), {}, r"l.pkl: a Python pickle"),
    "HITRAN pickle": ("1.QTpy", pickle.dumps({"1": "2"}), {}, r"1.QTpy: a Python pickle.*ExoMol .states"),
    "pickle forced": ("l.csv", pickle.dumps([1]), {"format": "delimited"}, r"l.csv: a Python pickle"),
    "HITRAN table": ("q26.txt", table("1.0 1.01", "2.0 1.2"), {}, r"q26.txt: a HITRAN table of partition sums"),
    "ExoMol pf": ("CO.pf", table("1.0 1.01", "2.0 1.2"), {}, r"CO.pf: an ExoMol table of a partition function"),
    "states, nan": ("c.states", table("1 0.0 1 0", "2 nan 3 1"), {}, r"c.states:2:3: energy: expected a finite number"),
    "states, g": ("c.states", table("1 0.0 1 0", "2 1.0 -3 1"), {}, r"c.states:2:7: degeneracy g: expected g >= 0; got '-3'"),
    "states, J": ("c.states", table("1 0.0 1 0", "2 1.0 3 1.3"), {}, r"c.states:2:9: J: expected .* got '1.3'"),
    "states, short": ("c.states", table("1 0.0 1 0", "2 1.0 3"), {}, r"c.states:2:8: expected at least 4 columns; got 3"),
    "states, id": ("c.states", table("0.0 1 0 5", "1.0 3 1 5"), {}, r"c.states:1:1: state id: expected an integer"),
    "states, unit": ("c.states", table("1 0.0 1 0"), {"unit": "eV"}, r"c.states: unit: the file says .*'cm-1'.*'eV'"),
    "truncated bz2": ("c.states.bz2", PACKED[:-9], {}, r"c.states.bz2: unreadable after line \d+: it ends in the middle"),
    "corrupt bz2": ("c.states.bz2", PACKED[:900] + b"XX" + PACKED[902:], {}, r"c.states.bz2: unreadable .*damaged or cut off"),
    "bad second stream": ("c.states.bz2", PACKED + PACKED[1:], {}, r"c.states.bz2: unreadable after line 3000"),
    "truncated gz": ("c.states.gz", gzip.compress(STATES)[:-9], {}, r"c.states.gz: unreadable"),
    "nist J": ("n.tsv", nist_tab().replace("1/2,3/2", "1/2;3/2"), {}, r"n.tsv:3:12: J: expected half-integers"),
    "nist ambiguous": ("n.tsv", nist_tab(), {"ambiguous": "error"}, r"n.tsv:4:11: J: '3/2 or 5/2' is ambiguous; say"),
    "nist energy": ("n.tsv", nist_tab().replace("100.5", "1oo.5"), {}, r"n.tsv:3:25: energy: expected a number, .*'1oo.5'"),
    "nist ragged": ("n.tsv", nist_tab().replace('\t""\t"100.5"', ""), {}, r"n.tsv:3:26: expected 6 columns"),
    "nist unit": ("n.tsv", nist_tab(), {"unit": "eV"}, r"n.tsv:1:29: unit: the file says .*'cm-1'.*'eV'"),
    "not nist": ("n.tsv", table("energy [K]", "0"), {"format": "nist"}, r"n.tsv:1: expected the header of a NIST ASD"),
    "json syntax": ("l.json", '{"energies": [0, 1,]}', {"unit": "K"}, r"l.json:1:\d+: not JSON"),
    "json text": ("l.json", '{"energies": [0, "1"]}', {"unit": "K"}, r"energies\[1\]: expected a number; got '1'"),
    "json nan": ("l.json", '{"energies": [0, NaN]}', {"unit": "K"}, r"energies\[1\]: expected a finite number; got nan"),
    "json twice": ("l.json", '{"energies": [0], "energies": [1]}', {"unit": "K"}, r"the key 'energies' is there twice"),
    "json lengths": ("l.json", '{"energies": [0, 1], "g": [1]}', {"unit": "K"}, r"g: expected 2 values, one per energy; got 1"),
    "json names": ("l.json", '{"eigen": [0]}', {"unit": "K"}, r"expected an array named energies; the arrays are 'eigen'"),
    "json deep": ("l.json", "[" * 100_000, {"unit": "K"}, r"l.json: "),
    "cut npy": ("l.npy", b"\x93NUMPY\x01\x00v\x00{'descr'", {"unit": "K"}, r"l.npy: cannot be read"),
    "cut h5": ("l.h5", b"\x89HDF\r\n\x1a\n" + bytes(50), {"unit": "K"}, r"l.h5: cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_input_is_one_message_with_its_place(tmp_path, case):
    name, content, options, message = MALFORMED[case]
    path = written(tmp_path / name, content)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_levels(path, **options)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # no chain of tracebacks
    with pytest.raises(FileFormatError):  # streaming is the same parser
        list(iter_levels(path, chunk_size=2, **options))


# --- weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["g_J", "multiplicity", "population", "v", "gns"])
def test_g_is_never_1_in_silence_where_a_column_is_left_over(tmp_path, name):
    path = written(tmp_path / "l.csv", table(f"energy [K],{name}", "0,1", "5,3"))
    with pytest.raises(FileFormatError, match=rf"l.csv:1: no column is known as g or J, .* {name!r} would not be used"):
        read_levels(path)
    assert read_levels(path, degeneracy=name).degeneracies.tolist() == [1, 3]
    alone = read_levels(path, degeneracy="none")
    assert alone.degeneracies is None
    assert alone.notes["columns not used"] == repr(name)


def test_none_stands_for_one_state_per_line_with_or_without_a_header(tmp_path):
    path = written(tmp_path / "l.txt", "0 7\n5 7\n")
    assert read_levels(path, unit="K").degeneracies.tolist() == [7, 7]
    assert read_levels(path, unit="K", degeneracy="none").degeneracies is None
    path = written(tmp_path / "l.csv", table("energy [K],J", "0,1", "5,3"))
    assert read_levels(path, degeneracy="none").degeneracies is None
    path = written(tmp_path / "l.csv", table("energy [K],none", "0,1", "5,3"))
    assert read_levels(path, degeneracy="none").degeneracies.tolist() == [1, 3]
    path = written(tmp_path / "l.txt", "a 0 7\n")
    with pytest.raises(FileFormatError, match="1, 3 would not be used"):
        read_levels(path, unit="K", energy=2)
    np.savez(tmp_path / "l.npz", energies=[0.0, 5.0], weights=[1, 3], other=[1.0])
    with pytest.raises(FileFormatError, match="as long as the energies are 'weights': set degeneracy"):
        read_levels(tmp_path / "l.npz", unit="K")
    assert read_levels(tmp_path / "l.npz", unit="K", degeneracy="none").degeneracies is None
    assert read_levels(tmp_path / "l.npz", unit="K", degeneracy="weights").degeneracies.tolist() == [1, 3]


def test_swapped_columns_without_a_header_and_levels_without_states_are_told(tmp_path):
    path = tmp_path / "levels.txt"
    path.write_text("1 0.0\n3 10.5\n5 100.5\n")
    notes = read_levels(path, unit="cm-1").notes
    assert notes["warning"] == "energies are whole numbers and degeneracies are not: are the columns swapped?"
    assert notes["skipped"] == "1 levels with g = 0, which count for nothing"
    path.write_text("0.0 1\n10.5 3\n100.5 5\n")
    assert "warning" not in read_levels(path, unit="cm-1").notes
    path.write_text("energy [cm-1] g\n0 1.5\n10 3\n")
    assert "warning" not in read_levels(path).notes  # a header says which is which


def test_a_factor_of_g_beside_j_is_not_left_out_in_silence(tmp_path):
    path = written(tmp_path / "l.csv", table("energy [K],J,g_ns", "0,0,1", "5,1,3"))
    with pytest.raises(FileFormatError, match=r"g = 2J \+ 1 would leave out 'g_ns'"):
        read_levels(path)
    assert read_levels(path, j="J").degeneracies.tolist() == [1, 3]
    for name in ("g_J", "v", "gap", "gamma", "Gv"):
        path = written(tmp_path / "l.csv", table(f"energy [K],J,{name}", "0,0,1", "5,1,3"))
        assert read_levels(path).degeneracies.tolist() == [1, 3]


def test_a_column_of_numbered_levels_is_no_energy(tmp_path):
    path = written(tmp_path / "l.csv", table("level,g", "1,1", "2,3"))
    with pytest.raises(FileFormatError, match="no column is named energy; the columns are 'level', 'g'; set energy"):
        read_levels(path, unit="K")
    assert read_levels(path, unit="K", energy="level").energies.tolist() == [1, 2]


@pytest.mark.parametrize("chunk", [None, 1])
def test_integers_that_no_float_holds_stay_exact_in_text(tmp_path, chunk):
    exact = [1, 36893488147419103233, 2**53 + 1]
    path = written(tmp_path / "l.csv", table("energy [K],g", *(f"{k},{g}" for k, g in enumerate(exact))))
    if chunk is None:
        assert read_levels(path).exact_degeneracies == tuple(exact)
    else:
        assert [part.exact_degeneracies for part in iter_levels(path, chunk_size=1)][1:] == [(exact[1],), (exact[2],)]
    path = written(tmp_path / "l.csv", table("energy [K],g", "0,1.5", f"1,{2**53 + 1}"))
    with pytest.raises(FileFormatError, match=r"l.csv:3:3: degeneracy g: the integer 9007199254740993 cannot stay"):
        read_levels(path)
    path = written(tmp_path / "l.csv", table("energy [K],g", "0,1.5", "1,1e20", f"2,{2**60}"))
    assert read_levels(path).degeneracies.tolist() == [1.5, 1e20, 2.0**60]
    rows = "\n".join(f"{k},1" for k in range(17_000))  # more than a block
    path = written(tmp_path / "l.csv", f"energy [K],g\n{rows}\n17000,{2**64 + 1}\n")
    assert read_levels(path).exact_degeneracies[-2:] == (1, 2**64 + 1)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("energy [K],g\n0,1\n 3.5 ,  x\n", "3:9"),
        ("energy [K]   g\n0 1\n  3.5     x\n", "3:11"),
        ('name,energy [K],g\n"a, b",0,1\n"c, d",3.5,x\n', "3:12"),
        ("energy [K]\tg\n0\t1\n3.5\tx\n", "3:5"),
        ("energy [K];g\n0;1\n3.5;\n", "3:5"),
        ('name,  "g", "energy [nope]"\na,1,0\n', "1:14"),
        ("# g  energy [nope]\n1 0\n", "1:6"),
    ],
)
def test_columns_in_messages_are_those_of_an_editor(tmp_path, content, place):
    path = written(tmp_path / "l.csv", content)
    with pytest.raises(FileFormatError, match=f"^{path}:{place}: "):
        read_levels(path)


def bad_arrays(folder):
    np.save(folder / "objects.npy", np.array([{"a": 1}], dtype=object))
    np.savez(folder / "objects.npz", energies=np.array([None, 1], dtype=object))
    np.save(folder / "complex.npy", np.array([1j]))
    np.save(folder / "square.npy", np.zeros((3, 3)))
    np.save(folder / "bool.npy", np.array([True]))
    np.save(folder / "empty.npy", np.zeros(0))
    np.save(folder / "nan.npy", np.array([0.0, np.nan]))
    np.savez(folder / "g.npz", energies=[0.0, 1.0], degeneracies=[1, -2])
    np.savez(folder / "names.npz", [0.0])
    np.savez(folder / "unit.npz", energies=[0.0], unit="eV")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("objects.npy", "holds pickled Python objects"),
        ("objects.npz", "holds pickled Python objects"),
        ("complex.npy", "energies: expected real numbers; got type complex128; take the real part"),
        ("square.npy", r"energies: expected one dimension, shape \(n,\); got \(3, 3\)"),
        ("bool.npy", "expected real numbers; got type bool"),
        ("empty.npy", "the array of energies is empty"),
        ("nan.npy", r"energies\[1\]: expected a finite number; got nan"),
        ("g.npz", r"degeneracies\[1\]: expected a finite g >= 0; got -2"),
        ("names.npz", "expected an array named energies; the arrays are 'arr_0'"),
        ("unit.npz", "the file says its energies are in 'eV'"),
    ],
)
def test_arrays_that_are_no_levels_are_refused(tmp_path, name, message):
    bad_arrays(tmp_path)
    with pytest.raises(FileFormatError, match=message):
        read_levels(tmp_path / name, unit="K")


def test_a_missing_file_names_its_neighbours(tmp_path):
    written(tmp_path / "co.states.bz2", PACKED)
    with pytest.raises(FileFormatError, match=r"no such file; did you mean 'co.states.bz2'\?"):
        read_levels(tmp_path / "co.states")
    with pytest.raises(FileFormatError, match=r"did you mean 'co.states.bz2'\?"):
        read_levels(tmp_path / "c0.states.bz2")
    with pytest.raises(FileFormatError, match=r"the folder .* does not exist"):
        read_levels(tmp_path / "nowhere" / "co.states")
    with pytest.raises(FileFormatError, match=r"is a folder; expected a level file, such as co.states.bz2"):
        read_levels(tmp_path)
    with pytest.raises(FileFormatError, match=r"cannot be opened|no such file"):
        read_levels("a\0b")
    with pytest.raises(FileFormatError, match="not a regular file"):
        read_levels("/dev/null")


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    path = written(tmp_path / "l.csv", "energy [K]\n0\n")

    def refused(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)  # a test run as root may read everything
    with pytest.raises(FileFormatError, match=r"l.csv: permission denied"):
        read_levels(path)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"format": "exomole"}, InputError, "format: expected one of auto, .*did you mean 'exomol'"),
        ({"enregy": "e"}, InputError, "enregy: no option of format 'delimited'; .*did you mean 'energy'"),
        ({"ambiguous": "mean"}, InputError, "ambiguous: no option of format 'delimited'"),
        ({"delimiter": "x"}, InputError, "delimiter: expected"),
        ({"decimal": ":"}, InputError, "decimal: expected"),
        ({"degeneracy": 1, "j": 2}, InputError, "not both"),
        ({"unit": "furlong"}, UnitError, "unit: expected one of"),
    ],
)
def test_an_option_that_does_not_exist_is_refused(tmp_path, options, error, message):
    path = written(tmp_path / "l.csv", table("energy [K],g", "0,1"))
    with pytest.raises(error, match=message):
        read_levels(path, **options)


def test_policies_and_chunk_sizes_that_do_not_exist_are_refused(tmp_path):
    path = written(tmp_path / "n.tsv", nist_tab())
    with pytest.raises(InputError, match="ambiguous: expected one of mean, first, skip, error; got 'last'"):
        read_levels(path, ambiguous="last")
    with pytest.raises(InputError, match="chunk_size: expected a positive integer; got 0"):
        iter_levels(path, chunk_size=0)


# --- mutations --------------------------------------------------------------------------------------------------


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, dropped, doubled or swapped, or the end cut off."""
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        if not content:
            break
        at = rng.randrange(len(content))
        span = rng.choice([1, 1, 2, 8, 100])
        kind = rng.randrange(5)
        if kind == 0:
            content[at] = rng.randrange(256)
        elif kind == 1:
            del content[at : at + span]
        elif kind == 2:
            content[at:at] = content[max(0, at - span) : at]
        elif kind == 3:
            content[at:at] = rng.choice(
                [b"nan", b"-", b"\t", b",", b'"', b"\n", b"1e999", b"[", b"#", b"\0", b"\xff", b"9" * 400]
            )
        else:
            del content[at:]
    return bytes(content)


def test_mutated_files_raise_nothing_but_our_errors(data, tmp_path):
    cah = b"".join((data / "exomol" / "40Ca-1H__Yadin.states").read_bytes().splitlines(keepends=True)[:50])
    energies, g = np.arange(4.0), np.array([1, 2, 3, 4])
    np.save(tmp_path / "a.npy", energies)
    np.savez(tmp_path / "a.npz", energies=energies, degeneracies=g)
    seeds = {
        "x.states": cah,
        "x.states.bz2": bz2.compress(cah),
        "x.states.gz": gzip.compress(cah),
        "x.tsv": (data / "atomic" / "nist_levels_H_I.tsv").read_bytes()[:2500],
        "y.csv": nist_csv().encode(),
        "z.csv": table("energy [cm-1];g;label", *(f"{k}.5;{k + 1};x{k}" for k in range(40))).encode(),
        "w.txt": table("# energy [K]  J", *(f"{k}.5 {k}/2" for k in range(40))).encode(),
        "a.npy": (tmp_path / "a.npy").read_bytes(),
        "a.npz": (tmp_path / "a.npz").read_bytes(),
        "a.json": b'{"energies": [0.0, 1.5, 2.5], "degeneracies": [1, 2, 3], "unit": "K"}',
    }
    rng = random.Random(20240501)
    outcomes = {"read": 0, "refused": 0}
    for name, content in seeds.items():
        for _ in range(60):
            path = written(tmp_path / f"mutant_{name}", mutated(content, rng))
            try:
                levels = read_levels(path, unit="K" if name.startswith("a.np") else None)
            except StatmechError:
                outcomes["refused"] += 1
            else:
                assert np.all(np.isfinite(levels.energies))
                assert levels.populated.any()
                outcomes["read"] += 1
    assert min(outcomes.values()) > 50  # the mutations neither spare nor ruin everything


# --- the model and the shipped levels ---------------------------------------------------------------------------


def test_spectrum_knows_its_unit_at_once_and_reads_once(tmp_path):
    path = written(tmp_path / "l.csv", table("energy [eV],g", "0,1", "1,2"))
    spectrum = Spectrum(path)
    assert (spectrum.unit, spectrum.format, spectrum.kind, spectrum.sites) == ("eV", "delimited", "spectrum", None)
    levels = spectrum.levels()
    path.unlink()
    assert spectrum.levels() is levels
    assert pickle.loads(pickle.dumps(spectrum)) == spectrum
    with pytest.raises(FileFormatError, match="no such file"):
        Spectrum(path)


def test_spectrum_passes_its_options_to_the_reader(tmp_path):
    path = written(tmp_path / "n.tsv", nist_tab())
    assert Spectrum(path, ambiguous="first").levels().degeneracies.tolist() == [2, 6, 4, 8]
    path = written(tmp_path / "l.csv", table("% made", "energy [K],g", "0,5"))
    assert Spectrum(path, comment="%").levels().degeneracies.tolist() == [5]
    path = written(tmp_path / "l.csv", table("a;b", "0,5;1"))
    spectrum = Spectrum(path, unit="K", energy="a", degeneracy="b", decimal=",", delimiter=";", format="delimited")
    assert spectrum.levels().energies.tolist() == [0.5]
    with pytest.raises(InputError, match="decimal: no option of format 'nist'"):
        Spectrum(tmp_path / "n.tsv", decimal=",")


CO_FILE = REPOSITORY / "configs" / "data" / "co_levels.csv"


def test_shipped_carbon_monoxide_levels_follow_from_the_constants_in_their_header():
    text = CO_FILE.read_text()
    assert len(text) < 150_000
    found = re.findall(r"^# Y_(\d)(\d) = (\S+)$", text, re.MULTILINE)
    assert len(found) == 9 + 8 + 5 + 3 + 3 + 2 + 1
    constants = {(int(k), int(l)): mpmath.mpf(value) for k, l, value in found}

    def energy(v, j):
        return mpmath.fsum(y * (v + mpmath.mpf("0.5")) ** k * (j * (j + 1)) ** l for (k, l), y in constants.items())

    rows = [line.split(",") for line in text.splitlines() if line[0].isdecimal()]
    assert [(int(v), int(j)) for v, j, _ in rows] == [(v, j) for v in range(26) for j in range(151)]
    zero = energy(0, 0)
    for v, j, value in rows:
        assert abs(energy(int(v), int(j)) - zero - mpmath.mpf(value)) < 0.5001e-4, (v, j)  # rounded to 1e-4


def test_shipped_carbon_monoxide_levels_agree_with_the_line_list_as_their_header_says(data):
    ours = thermodynamics(sum_levels(read_levels(CO_FILE), [298.15, 1000.0, 2000.0, 4000.0, 5000.0, 6000.0]))
    theirs = read_levels(data / "exomol" / "12C-16O__Li2015.states.bz2")
    exact = thermodynamics(sum_levels(theirs, ours.temperature))
    q = np.abs(np.expm1(ours.log_z - exact.log_z))
    assert q[:3].max() < 2e-7
    assert q[3:5].max() < 5e-6
    missing = 1 - ours.heat_capacity / exact.heat_capacity
    assert missing == pytest.approx([0, 0, 0, 2e-5, 3e-4, 2e-3], rel=0.25, abs=3e-7)
    assert GAS_CONSTANT * ours.heat_capacity[0] == pytest.approx(8.354869, abs=5e-7)
