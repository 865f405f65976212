"""Published tables of Q: evaluated inside their range only, compared with sums over levels."""

from __future__ import annotations

import bz2
import json
import pickle

import numpy as np
import pytest

from statmech import EnergyLevels, compare_with_table, read_levels, read_partition_table, solve
from statmech.errors import FileFormatError, InputError
from statmech.models.spectrum import Spectrum
from statmech.status import Status


def table_of(path, levels, temperatures, digits=8):
    q = np.exp(solve(levels, temperatures).log_z.values)
    path.write_text("".join(f"{t:10.2f}  {value:.{digits}f}\n" for t, value in zip(temperatures, q, strict=True)))
    return read_partition_table(path)


def test_carbon_monoxide_agrees_with_a_table_in_the_layout_of_exomol(data, tmp_path):
    rows = json.loads((data / "reference" / "levels.json").read_text())["sets"]["CO_Li2015"]["rows"]
    path = tmp_path / "12C-16O__Li2015.pf"
    path.write_text("".join(f"{row['T']:8.2f}  {row['Q']:.6f}\n" for row in rows))
    table = read_partition_table(path)
    ds = solve(Spectrum(data / "exomol" / "12C-16O__Li2015.states.bz2"), [row["T"] for row in rows] + [0.5, 20000.0])
    found = compare_with_table(ds, table)
    assert np.nanmax(np.abs(found.relative_difference.values)) < 5e-7  # the digits of the table
    outside = np.isin(found.temperature.values, (0.5, 20000.0))
    np.testing.assert_array_equal((found.status.values & Status.OUTSIDE_RANGE) != 0, outside)
    assert np.isnan(found.log_q.values[outside]).all()
    # what was flagged before stays flagged
    np.testing.assert_array_equal(found.status.values & 1, ds.status.values & 1)


def test_between_its_temperatures_a_table_is_interpolated_within_its_estimate(tmp_path):
    levels = EnergyLevels(1.9 * np.arange(60) * np.arange(1, 61), 2 * np.arange(60) + 1, unit="cm-1")
    table = table_of(tmp_path / "q26.txt", levels, np.arange(20.0, 301.0, 1.0))
    T = np.arange(20.5, 300.0, 7.25)
    off = np.abs(table.log_q(T) - solve(levels, T).log_z.values)
    assert off.max() < 1e-8  # 1 K apart: the table's own eight digits
    assert np.all(off <= table.interpolation_error(T) + 1e-8)
    assert table.log_q(table.temperature).tolist() == np.log(table.partition_function).tolist()
    coarse = table_of(tmp_path / "q27.txt", levels, np.arange(20.0, 321.0, 50.0))
    off = np.abs(coarse.log_q(T) - solve(levels, T).log_z.values)
    assert 1e-7 < off.max() < 1e-2
    assert np.all(off <= coarse.interpolation_error(T))


def test_nothing_is_extrapolated(tmp_path):
    table = table_of(tmp_path / "q1.txt", EnergyLevels([0.0, 5.0], unit="cm-1"), [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"q1.txt has Q from 1 to 3 K; got 3.5 K, and nothing is extrapolated"):
        table.log_q([2.0, 3.5])
    with pytest.raises(InputError, match="expected temperatures in kelvin"):
        compare_with_table(solve(EnergyLevels([0.0, 1.0]), [1.0]), table)
    one = compare_with_table(solve(EnergyLevels([0.0, 5.0], unit="cm-1"), 2.0), table)
    assert abs(float(one.relative_difference)) < 1e-8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.0 1.0\n2.0 x\n", r"q1.txt:2:5: Q: expected a positive number; got 'x'"),
        ("1.0 1.0\n1.0 1.1\n", r"q1.txt:2: T: expected rising temperatures; got 1 after 1"),
        ("1.0 1.0\n2.0 -3\n", r"q1.txt:2:5: Q: expected a positive number"),
        ("1.0\n", r"q1.txt:1: expected T and Q"),
        ("\n", "the table is empty"),
    ],
)
def test_tables_that_are_none_are_refused_with_their_place(tmp_path, text, message):
    (tmp_path / "q1.txt").write_text(text)
    with pytest.raises(FileFormatError, match=message):
        read_partition_table(tmp_path / "q1.txt")


def test_a_table_is_no_list_of_levels_and_a_pickle_is_neither(tmp_path):
    for name in ("q26.txt", "x.pf"):
        (tmp_path / name).write_text("1.0 1.0\n2.0 1.1\n")
        with pytest.raises(FileFormatError, match=r"not a list of levels; .*read_partition_table reads it"):
            read_levels(tmp_path / name, unit="cm-1")
    (tmp_path / "x.pf.bz2").write_bytes(bz2.compress(b"1.0 1.0 9\n2.0 1.1 9\n"))
    assert read_partition_table(tmp_path / "x.pf.bz2").temperature.tolist() == [1.0, 2.0]
    (tmp_path / "5_1.QTpy").write_bytes(pickle.dumps({"1": 2.0}))
    for reader in (read_partition_table, read_levels):
        with pytest.raises(FileFormatError, match="pickle, which can run any code when opened, is refused"):
            reader(tmp_path / "5_1.QTpy")
