"""Phonons: meshes and densities of states against references, mpmath and each other."""

from __future__ import annotations

import json
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from statmech import solve
from statmech.cli import main
from statmech.errors import FileFormatError, InputError
from statmech.methods.closed_forms.harmonic_modes import harmonic_modes
from statmech.models.phonons import Phonons
from statmech.readers.phonons import read_phonons
from statmech.units import GAS_CONSTANT, kelvin_per

THZ = kelvin_per("THz")
NAMES = {
    "free_energy": "F_kJ_mol",
    "internal_energy": "U_kJ_mol",
    "entropy": "S_J_mol_K",
    "heat_capacity": "Cv_J_mol_K",
}


@pytest.mark.parametrize("name", ["hdf5", "yaml"])
def test_sodium_chloride_on_a_mesh(data, name):
    reference = json.loads((data / "reference" / "phonon_nacl.json").read_text())
    crystal = Phonons(reference["cutoff_THz"], data / "phonons" / f"nacl_mesh_555.{name}")
    assert crystal.mode_count * 125 == pytest.approx(reference["n_modes_used_weighted"], rel=1e-15)
    assert crystal.sites == 2
    for row in reference["rows"]:
        ds = solve(crystal, row["T"])
        # YAML has 10 decimals: nu/T = 70 at 1 K makes 1e-10 THz a relative 5e-9.
        tolerance = 5e-9 if name == "yaml" and row["T"] == 1.0 else 1e-10
        for ours, theirs in NAMES.items():
            assert float(ds[ours]) == pytest.approx(row[theirs], rel=tolerance, abs=0.0), (ours, row["T"])
    assert float(solve(crystal, 1.0).entropy) == pytest.approx(3.219e-29, rel=1e-4)


def exact(quanta, weights, temperature):
    with mpmath.workdps(60):
        T = mpf(temperature)
        x = [mpf(float(w)) / T for w in quanta]
        terms = [y / mpmath.expm1(y) - mpmath.log1p(-mpmath.exp(-y)) for y in x]
        return sum(mpf(float(g)) * term for g, term in zip(weights, terms, strict=True))


@pytest.mark.parametrize("temperature", [0.5, 4.0, 77.0, 1e5])
def test_entropy_of_a_mesh_keeps_twelve_digits(data, temperature):
    crystal = Phonons(1e-3, data / "phonons" / "nacl_mesh_555.hdf5")
    want = exact(crystal.quanta, crystal.weights, temperature)
    found = float(solve(crystal, temperature, output="reduced").entropy)
    assert abs(mpf(found) / want - 1) < 1e-12


def test_the_three_ways_to_write_a_mesh_agree(data, tmp_path):
    path = data / "phonons" / "nacl_mesh_555.hdf5"
    mesh = read_phonons(path)
    listed = Phonons(1e-3, frequencies=mesh.frequencies, weights=mesh.weights)
    assert np.array_equal(listed.quanta, Phonons(1e-3, path).quanta)
    wavenumbers = Phonons(1e-3, frequencies=mesh.frequencies / 0.0299792458, weights=mesh.weights, unit="cm-1")
    assert np.allclose(solve(wavenumbers, 100.0).entropy, solve(listed, 100.0).entropy, rtol=1e-12)
    per_atom = solve(listed, 100.0, per="site")
    assert float(per_atom.entropy) == pytest.approx(float(solve(listed, 100.0).entropy) / 2)


def dos(tmp_path, rows):
    path = tmp_path / "total_dos.dat"
    path.write_text("# Tetrahedron method\n" + "".join(f"{x:.10f} {g:.10f}\n" for x, g in rows))
    return path


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_a_density_of_states_is_integrated_exactly_where_it_is_resolved(tmp_path, start):
    # triangles: linear between the points, so that mpmath integrates the very same function
    rows = [(0.0, 0.0), (0.5, 0.0 if start else 1.5), (1.0, 0.0 if start else 3.0), (1.5, 2.0), (2.0, 0.0)]
    crystal = Phonons(0.0, dos(tmp_path, rows))
    with mpmath.workdps(30):
        for temperature in (0.5 * THZ / 4.0, 20.0, 300.0):
            T = mpf(temperature)

            def entropy(nu, T=T):
                x = mpf(nu) * mpf(THZ) / T
                return 0 if x == 0 else x / mpmath.expm1(x) - mpmath.log(-mpmath.expm1(-x))

            want = mpf(0)
            for (a, ga), (b, gb) in pairwise(rows):
                if ga or gb:
                    ends = [mpf(a), *([mpf(b) / 64, mpf(b) / 8] if a == 0 else []), mpf(b)]
                    want += mpmath.quad(
                        lambda nu, a=a, b=b, ga=ga, gb=gb: (ga + (gb - ga) * (nu - a) / (b - a)) * entropy(nu), ends
                    )
            ds = solve(crystal, temperature, output="reduced")
            assert abs(mpf(float(ds.entropy)) / want - 1) < 1e-12, temperature
            assert int(ds.status) == 0
    assert int(solve(crystal, 0.4 * THZ / 4.0).status) == 4  # the grid is coarser than 4 T


def test_mesh_and_density_of_states_agree_where_both_hold(data):
    mesh = solve(Phonons(1e-3, data / "phonons" / "nacl_mesh_555.hdf5"), [300.0, 1000.0])
    density = Phonons(1e-3, data / "phonons" / "nacl_total_dos_20.dat")
    assert density.mode_count == pytest.approx(6.0, abs=2e-3)
    # 5 x 5 x 5 misses 3 of 750 modes and samples coarsely: 1 %
    assert np.allclose(solve(density, [300.0, 1000.0]).entropy, mesh.entropy, rtol=1e-2)


def test_dulong_and_petit_and_the_zero_point():
    crystal = Phonons(0.0, frequencies=[[1.0, 2.0, 3.0]])
    ds = solve(crystal, [0.0, 1e5])
    assert ds.heat_capacity.values == pytest.approx([0.0, 3 * GAS_CONSTANT], rel=1e-5)
    assert float(ds.reference_energy[0]) == pytest.approx(3.0 * THZ * GAS_CONSTANT / 1000)
    assert float(ds.entropy[0]) == 0.0


def test_imaginary_modes_are_refused_with_the_list(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (data / "phonons" / "nacl_mesh_555.yaml").read_text().replace(" 1.5641532315", "-1.5641532315", 1)
    assert text.count("-1.56") == 1
    (tmp_path / "mesh.yaml").write_text(text)
    config = "model: {kind: phonons, file: mesh.yaml, cutoff: 0.001}\nsweep: {temperature: 300}\noutput: out.h5\n"
    (tmp_path / "soft.yaml").write_text(config)
    assert main(["run", "soft.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "soft.yaml:1:30: model.file: 1 imaginary mode" in said
    assert "wave vector 2 (0.2, 0, 0) band 1: -1.56415 THz" in said
    with pytest.raises(InputError, match=r"12 imaginary modes .*; and 4 more|12 imaginary modes .*, and 4 more"):
        Phonons(0.001, frequencies=[[-1.0] * 3] * 4)
    with pytest.raises(InputError, match="imaginary modes: the density of states below the cutoff"):
        Phonons(0.1, dos(tmp_path, [(-1.0, 0.0), (-0.5, 0.3), (0.0, 0.0), (1.0, 3.0)]))


def test_the_cutoff_is_explicit_and_says_what_it_left_out(data):
    path = data / "phonons" / "nacl_mesh_555.hdf5"
    with pytest.raises(TypeError, match="cutoff"):
        Phonons(file=path)
    with pytest.raises(InputError, match="raise cutoff if they are acoustic modes"):
        Phonons(0.0, path)
    assert Phonons(1e-3, path).notes["modes left out"] == "3 of 60, weight 3 of 750, within +-0.001 THz"
    with pytest.raises(InputError, match=r"leaves no mode; the highest frequency is 7.09627 THz"):
        Phonons(8.0, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mesh: [1, 1, 1]\nnqpoint: 2\nphonon:\n- {weight: 1, band: [{frequency: 1.0}]}\n", "announces 2 .* has 1"),
        ("phonon:\n- {q-position: [0, 0], weight: 1, band: [{frequency: 1.0}]}\n", "q-position to be three numbers"),
        ("phonon: 2001-99-99\n", "is not YAML"),
        ("nqpoint: 1\nphonon:\n- {weight: 1, band: [{frequency: x}]}\n", "wave vector 1 of 1"),
        ("nqpoint: 1\nphonon:\n- {weight: 0, band: [{frequency: 1.0}]}\n", "positive weights; got 0"),
        ("nqpoint: 1\nnatom: 2\nphonon:\n- {weight: 1, band: [{frequency: 1.0}]}\n", "expected 6 bands for 2 atoms"),
        ("nqpoint: 1\nphonon: {a\n", ":3:1: is not YAML"),
        ("nqpoint: 1\n", "expected a list 'phonon'"),
        ("# dos\n0.0 0.0\n1.0 x\n", ":3: expected frequency"),
        ("0.0 0.0\n0.0 1.0\n", ":2: expected rising frequencies"),
        ("0.0 0.0\n1.0 -1.0\n", ":2: expected a density of states >= 0"),
        ("0.0 nan\n1.0 1.0\n", ":1: expected finite numbers"),
        ("# nothing\n", "two frequencies or more"),
    ],
)
def test_files_that_are_not_what_they_should_be(tmp_path, text, words):
    path = tmp_path / "phonons.dat"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=words):
        read_phonons(path)


def test_damaged_hdf5_is_told(data, tmp_path):
    whole = (data / "phonons" / "nacl_mesh_555.hdf5").read_bytes()
    path = tmp_path / "mesh.hdf5"
    path.write_bytes(whole[:2000])
    with pytest.raises(FileFormatError, match="cannot be read as HDF5"):
        read_phonons(path)


def test_input_without_meaning_is_refused_by_name(tmp_path):
    for changes, words in (
        ({"cutoff": -1.0}, "cutoff: expected a number >= 0"),
        ({"frequencies": None}, "frequencies: give either"),
        ({"frequencies": [[1.0], [1.0, 2.0]]}, "frequencies: expected"),
        ({"frequencies": [np.nan]}, "frequencies: expected finite"),
        ({"weights": [1, 2]}, "weights: expected 1 positive"),
        ({"unit": "reduced"}, "unit: expected a physical unit"),
        ({"file": "x", "frequencies": None, "weights": [1]}, "weights: the file has its own"),
    ):
        with pytest.raises(InputError, match=words):
            Phonons(**{"cutoff": 0.0, "frequencies": [1.0, 2.0, 3.0], **changes})


def test_a_point_has_the_same_bits_alone_and_in_company(data):
    crystal, T = Phonons(1e-3, data / "phonons" / "nacl_mesh_555.hdf5"), [0.0, 3.0, 50.0, 900.0]
    together = solve(crystal, T)
    for t, temperature in enumerate(T):
        assert float(solve(crystal, temperature).entropy) == float(together.entropy[t])


@pytest.mark.parametrize("n", [27, 57])  # in blocks of 303 temperatures, and compiled
def test_sums_in_blocks_have_the_bits_of_single_temperatures(n):
    rng = np.random.default_rng(3)
    quanta, weights, T = rng.uniform(1.0, 800.0, n), rng.uniform(0.5, 3.0, n), rng.uniform(0.1, 900.0, 500)
    together = harmonic_modes(quanta, weights, T)
    for t in (0, 1, 142, 302, 303, 304, 499):
        alone = harmonic_modes(quanta, weights, T[t : t + 1])
        assert [float(a[0]) for a in alone] == [float(b[t]) for b in together]
