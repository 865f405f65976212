"""Status of level sums: lists that end too low, levels above the ionization limit; silence for complete spectra."""

from __future__ import annotations

import re

import numpy as np
import pytest

from statmech import EnergyLevels, Ising, density_of_states, lattices, read_levels, solve
from statmech.completeness import LevelProfile
from statmech.models.combined import Product
from statmech.models.hydrogen import Hydrogen
from statmech.models.morse import Morse
from statmech.models.spectrum import Spectrum
from statmech.models.two_level import TwoLevel
from statmech.status import Status
from statmech.summation import sum_levels


def first_flagged(levels, flag, temperatures):
    status = solve(levels, temperatures).status.values
    flagged = np.flatnonzero(status & flag)
    if flagged.size:
        assert np.all(status[flagged[0] :] & flag), "once flagged, hotter is flagged too"
    return float(temperatures[flagged[0]]) if flagged.size else None


@pytest.mark.parametrize(
    ("file", "low", "high"),
    [
        ("12C-16O__Li2015.states.bz2", 9000, 11000),  # made for up to 9000 K (.def)
        ("14N-16O__NOname.states.bz2", 4500, 5500),  # up to 5000 K (Wong et al. 2017)
        ("40Ca-1H__Yadin.states", 2000, 3000),  # up to 3000 K (.def)
        ("23Na-1H__Rivlin.states", 3000, 7000),  # up to 7000 K (Rivlin et al. 2015), bound levels only
    ],
)
def test_line_lists_are_flagged_about_where_their_makers_end_them(data, file, low, high):
    levels = read_levels(data / "exomol" / file)
    assert low < first_flagged(levels, Status.LEVELS_INCOMPLETE, np.arange(500.0, 15000.0, 100.0)) < high


def test_a_list_cut_short_is_flagged_before_its_heat_capacity_is_wrong(data):
    whole = read_levels(data / "exomol" / "12C-16O__Li2015.states.bz2")
    keep = whole.energies < 20_000.0
    cut = EnergyLevels(whole.energies[keep], whole.degeneracies[keep], unit="cm-1", truncated=True)
    temperatures = np.arange(200.0, 6000.0, 50.0)
    ds, full = (solve(levels, temperatures, output="reduced") for levels in (cut, whole))
    wrong = np.abs(ds.heat_capacity.values - full.heat_capacity.values) > 2e-3
    flagged = ds.status.values == Status.LEVELS_INCOMPLETE
    assert wrong.any()
    assert np.all(flagged[wrong])  # nothing that is wrong by 0.002 k goes unseen
    assert not flagged[np.abs(ds.heat_capacity.values - full.heat_capacity.values) < 1e-4].any()  # no false alarm


def test_atoms_are_flagged_where_rydberg_levels_count_and_above_their_limit(data):
    atom = {name: read_levels(data / "atomic" / f"nist_levels_{name}_I.tsv") for name in ("H", "He", "Na", "O")}
    T = np.arange(1000.0, 30000.0, 500.0)
    assert 8000 < first_flagged(atom["H"], Status.LEVELS_INCOMPLETE, T) < 10000
    assert first_flagged(atom["H"], Status.ABOVE_IONIZATION, T) is None  # the table has none
    assert 3000 < first_flagged(atom["Na"], Status.LEVELS_INCOMPLETE, T) < 5000
    assert 9000 < first_flagged(atom["O"], Status.ABOVE_IONIZATION, T) < 12000
    assert first_flagged(atom["He"], Status.LEVELS_INCOMPLETE, T) > 12000
    assert atom["O"].ionization_limit == 109837.02


def test_the_notes_of_a_flagged_result_say_which_and_why(data, tmp_path):
    ds = solve(Spectrum(data / "atomic" / "nist_levels_O_I.tsv"), [300.0, 20000.0])
    assert ds.status.values.tolist() == [0, 3]
    assert re.search(r"levels_incomplete: .*\. above_ionization: levels above the ionization limit", ds.status.comment)
    assert ds.attrs["model_ionization_limit"].startswith("109837.02 cm-1; ")


@pytest.mark.parametrize(
    "model",
    [TwoLevel(1.0), EnergyLevels([0.0, 1.0]), EnergyLevels([0.0, 1.0], unit="eV"), Ising(lattices.square(4, 4))],
    ids=["two_level", "levels", "physical levels", "ising"],
)
def test_complete_spectra_are_never_flagged(model):
    hot = 1e6 if model.unit == "reduced" else 1e9
    assert not solve(model, [0.0, 0.1, 1.0, hot, np.inf, -1.0]).status.values.any()
    assert not density_of_states(Ising(lattices.square(4, 4))).truncated


@pytest.mark.parametrize("shells", [5, 10, 40])
def test_hydrogen_is_flagged_where_its_cut_off_decides(shells):
    T = np.arange(1000.0, 30000.0, 500.0)
    atom = Hydrogen(shells, rydberg=109677.5834)
    ds, more = solve(atom, T, output="reduced"), solve(Hydrogen(2 * shells, rydberg=109677.5834), T, output="reduced")
    wrong = np.abs(ds.heat_capacity.values - more.heat_capacity.values) > 1e-2
    flagged = ds.status.values == Status.LEVELS_INCOMPLETE
    assert wrong.any()
    assert not flagged[0]
    assert np.all(flagged[wrong])
    assert ds.attrs["model_cut_off"] == f"shells n = 1 ... {shells}; the sum over all shells diverges at every T > 0"
    assert ds.attrs["zero_of_energy"] == "the ionization limit"


def test_a_morse_oscillator_is_flagged_where_its_continuum_counts():
    hcl = Morse(2990.95, 42340.9, unit="cm-1")
    ds = solve(hcl, [300.0, 2000.0, 30_000.0, np.inf, -300.0])
    assert ds.status.values.tolist() == [0, 0, 1, 1, 1]
    assert ds.attrs["model_levels"] == "28 bound ones; the continuum above the dissociation limit is no part of the sum"
    assert solve(Product([hcl, TwoLevel(1.0, unit="eV")]), [300.0, 30_000.0]).status.values.tolist() == [0, 1]


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-200, 1e-150, 1e-3])
def test_the_deepest_cold_needs_no_level_beyond_and_raises_no_warning(temperature):
    levels = EnergyLevels([0.0, 10.0, 30.0], [1, 3, 5], unit="cm-1", truncated=True, ionization_limit=20.0)
    assert solve(levels, temperature).status.values == 0  # under -W error: 0 times inf is nan


def test_a_file_says_itself_whether_it_is_complete(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text("energy [cm-1],g\n0,1\n100,3\n")
    cold, hot = [5.0], [500.0]
    assert solve(Spectrum(path), cold).status.values.tolist() == [0]
    assert solve(Spectrum(path), hot).status.values.tolist() == [Status.LEVELS_INCOMPLETE]
    assert solve(Spectrum(path, complete=True), hot).status.values.tolist() == [0]
    np.save(tmp_path / "levels.npy", [0.0, 1.0])
    assert solve(Spectrum(tmp_path / "levels.npy", unit="reduced"), hot).status.values.tolist() == [0]
    flagged = solve(Spectrum(tmp_path / "levels.npy", unit="reduced", complete=False), [1.0, np.inf, -1.0, 0.0])
    assert flagged.status.values.tolist() == [1, 1, 1, 0]
    with pytest.raises(ValueError, match="complete: expected true or false; got 'yes'"):
        read_levels(path, complete="yes")


@pytest.mark.parametrize("logs", [False, True])
def test_a_histogram_of_many_levels_says_what_the_levels_say(logs):
    rng = np.random.default_rng(3)
    energies = np.sort(rng.uniform(0.0, 60_000.0, 200_000))
    rng.shuffle(energies)
    g = rng.integers(1, 99, energies.size).astype(float)
    given = {"log_degeneracies": np.log(g) + 800.0} if logs else {"degeneracies": g}
    levels = EnergyLevels(energies, **given, unit="cm-1", truncated=True, ionization_limit=55_000.0)
    T = np.geomspace(100.0, 20_000.0, 60)
    c = sum_levels(levels, T)
    chunked = LevelProfile(True, 55_000.0, "cm-1")
    for start in range(0, energies.size, 30_000):
        part = slice(start, start + 30_000)
        chunked.add(EnergyLevels(energies[part], **{k: v[part] for k, v in given.items()}, unit="cm-1"))
    binned = LevelProfile.of(levels).status(T, c)
    np.testing.assert_array_equal(chunked.status(T, c), binned)
    keep = LevelProfile(True, 55_000.0, "cm-1")
    keep._lists = [(energies, g)]
    keep._scale = 800.0 if logs else 0.0
    keep._tops = [float(energies.max()), float(energies[energies <= 55_000.0].max())]
    assert np.count_nonzero(keep.status(T, c) != binned) <= 2  # at the threshold itself
    assert binned[0] == 0
    assert binned[-1] == 3
