"""MARVEL levels: columns named by the user, degeneracies by a rule that is no program, uncertainties kept."""

from __future__ import annotations

import numpy as np
import pytest

from statmech import read_levels, solve
from statmech.errors import FileFormatError, InputError
from statmech.models.spectrum import Spectrum
from statmech.readers.base import DegeneracyRule

# The lowest levels of H2-16O: J Ka Kc, cm-1 (Tennyson et al., J. Quant. Spectrosc. Radiat. Transf. 117, 29 (2013))
WATER = """# v1 v2 v3 J Ka Kc E unc lines
0 0 0 0 0 0   0.000000 0.000000 1000

0 0 0 1 0 1  23.794361 0.000001 1200
0 0 0 1 1 1  37.137125 0.000001 1100
0 0 0 1 1 0  42.371740 0.000001  900
0 1 0 0 0 0 1594.746292 0.000030 400
"""
NAMES = "v1 v2 v3 J Ka Kc energy unc lines"
RULE = "(2*J + 1) * (3 if (Ka + Kc + v3) % 2 else 1)"


@pytest.fixture
def water(tmp_path):
    path = tmp_path / "MARVEL_water.txt"
    path.write_text(WATER)
    return path


def test_the_rule_gives_ortho_and_para_water_their_weights(water):
    levels = read_levels(water, columns=NAMES, degeneracy=RULE)
    assert levels.degeneracies.tolist() == [1.0, 9.0, 3.0, 9.0, 1.0]
    assert levels.uncertainties.tolist() == [0.0, 1e-6, 1e-6, 1e-6, 3e-5]
    assert (levels.unit, levels.truncated) == ("cm-1", True)
    assert levels.notes["format"] == "marvel"
    assert levels.notes["degeneracies"] == f"{RULE} (rule given)"
    assert levels.notes["skipped"] == "2 blank or comment lines"
    ds = solve(Spectrum(water, columns=NAMES, degeneracy=RULE), [10.0])
    # the uncertainty of U is that of the first excited level, nearly alone
    p = np.exp(-23.794361 * 1.4387768775 / 10) * 9
    assert 0 < float(ds.internal_energy_errors[0]) < 2 * p * 1e-6 * 8.314 * 1.44 / 1000 * 5


def test_without_names_or_rule_it_says_what_is_needed(water):
    with pytest.raises(InputError, match="columns: a MARVEL file has no header; name its columns"):
        read_levels(water)
    with pytest.raises(InputError, match="degeneracy: MARVEL gives no degeneracies; give a rule"):
        read_levels(water, columns=NAMES)
    with pytest.raises(InputError, match=r"'K' is none of the columns .*; did you mean 'K[ac]'"):
        read_levels(water, columns=NAMES, degeneracy="2*J+1 + K")
    with pytest.raises(InputError, match="energy: expected a column named energy"):
        read_levels(water, columns="a b c J Ka Kc x y z", degeneracy="2*J+1")
    with pytest.raises(FileFormatError, match=r"water.txt:2:11: expected 5 columns \(a b c J energy\); got 9"):
        read_levels(water, columns="a b c J energy", degeneracy="2*J+1")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("2 J+1", r"is no formula; .* every product with \*"),
        ("__import__('os').system('x')", "is not understood"),
        ("J.real", "'J.real' is not understood"),
        ("[J for J in (1,)]", "is not understood"),
        ("2*J + True", "'True' is not understood"),
        ("x" * 2000, "expected a formula"),
    ],
)
def test_a_rule_is_a_formula_and_nothing_else(rule, message):
    with pytest.raises(InputError, match=message):
        DegeneracyRule(rule)


def test_rules_compare_and_choose_in_words_and_numbers():
    columns = {"J": np.array([0.5, 1.5, 2.5]), "p": np.array(["e", "f", "e"]), "v": np.array([0.0, 1.0, 7.0])}
    assert DegeneracyRule("2*J + 1 if p == 'e' else 0")(columns).tolist() == [2.0, 0.0, 6.0]
    assert DegeneracyRule("4 if 0 < v < 5 and not p == 'e' else 1")(columns).tolist() == [1.0, 4.0, 1.0]
    assert DegeneracyRule("6 if v in (0, 7) or J == 1.5 else 1")(columns).tolist() == [6.0, 6.0, 6.0]
    assert DegeneracyRule("2J+1")(columns).tolist() == [2.0, 4.0, 6.0]
    assert DegeneracyRule("3")(columns).tolist() == [3.0, 3.0, 3.0]
    with pytest.raises(InputError, match="cannot be computed"):
        DegeneracyRule("p * 2")(columns)
    with pytest.raises(InputError, match="cannot be computed: divide by zero"):
        DegeneracyRule("1 / v")(columns)


def test_bad_cells_have_their_place(water):
    water.write_text("1/2 e 0.0 0.1\n3/2 f x 0.1\n")
    names = "J p energy uncertainty"
    with pytest.raises(FileFormatError, match=r"water.txt:2:7: energy: expected a finite number; got 'x'"):
        read_levels(water, columns=names, degeneracy="2*J+1")
    water.write_text("1/2 e 0.0 0.1\n3/2 f 1.0 -0.1\n")
    with pytest.raises(FileFormatError, match=r"water.txt:2:11: uncertainty: expected a number >= 0"):
        read_levels(water, columns=names, degeneracy="2*J+1")
    assert read_levels(water, columns=names, degeneracy="2*J+1", uncertainty="none").degeneracies.tolist() == [2, 4]
    with pytest.raises(FileFormatError, match=r"water.txt:2: degeneracy: .* gives -2; expected g >= 0"):
        read_levels(water, columns=names, degeneracy="2*J - 3 - 2*(J > 1) + 3*(J < 1)", uncertainty="none")
