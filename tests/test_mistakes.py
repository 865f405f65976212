"""Mistakes of newcomers: each message names the place, what was expected, what came, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from statmech.cli import main

TWO = "model: {kind: two_level, gap: 1.0}\n"
ISING = "model: {{kind: ising, lattice: {{kind: {}, shape: {}}}}}\n"
SQUARE = ISING.format("square", "[4, 4]")
SPECTRUM = "model: {{kind: spectrum, file: {}}}\n"
AT = "sweep: {temperature: [1.0, 2.0]}\n"

# what was written -> where and what the message says (all of it has to be there)
MISTAKES = {
    "unit of the results": (
        SPECTRUM.format("levels.csv") + AT + "units: {output: kcal}\n",
        ["a.yaml:3:17: units.output", "got 'kcal'", "did you mean 'kcal/mol'?"],
    ),
    "a molar result without a unit": (
        TWO + AT + "units: {output: molar}\n",
        ["a.yaml:3:17", "needs levels in a physical unit", "give the model a unit, or leave output out"],
    ),
    "a file that is not there": (
        SPECTRUM.format("level.csv") + AT,
        ["a.yaml:1:31: model.file", "no file 'level.csv'", "did you mean 'levels.csv'?"],
    ),
    "a file without a unit": (
        SPECTRUM.format("nounit.csv") + AT,
        ["nounit.csv:1", "the energy unit is not known", "write it into the header, as in 'energy [cm-1]'"],
    ),
    "a file without levels": (SPECTRUM.format("notes.txt") + AT, ["notes.txt:1", "expected one line per level"]),
    "a word in a column of numbers": (
        SPECTRUM.format("bad.csv") + AT,
        ["bad.csv:3:1: energy", "expected a number; got 'ten'"],
    ),
    "a temperature in Celsius": (
        TWO + 'sweep: {temperature: ["25 C"]}\n',
        ["a.yaml:2:23: sweep.temperature", "got '25 C'", "units have their own key"],
    ),
    "a temperature with its unit": (TWO + "sweep: {temperature: 300 K}\n", ["write 300 alone"]),
    "negative temperature of an unbounded spectrum": (
        "model: {kind: oscillator, omega: 1.0}\nsweep: {temperature: [-1.0, 1.0]}\n",
        ["temperature: expected 0 <= T < inf", "no upper bound; got -1.0"],
    ),
    "no temperature": (TWO + "sweep: {model.gap: [1, 2]}\n", ["a.yaml:2:8: sweep: temperature is missing"]),
    "temperature at the wrong place": (
        TWO + "temperature: 1.0\n",
        ["a.yaml:2:1: temperature: unknown key", "did you mean 'sweep'?"],
    ),
    "a misspelt key": (
        "model: {kind: two_level, gpa: 1.0}\n" + AT,
        ["a.yaml:1:26: model.gpa: unknown key", "did you mean 'gap'?"],
    ),
    "a mixture of nothing": (
        "model: {kind: mixture}\n" + AT,
        ["a.yaml:1:8: model: parts is missing; expected a list of models"],
    ),
    "a product of a product of nothing": (
        "model: {kind: product, parts: [{kind: product, parts: []}]}\n" + AT,
        ["a.yaml:1:55: model.parts.0.parts: expected a list of at least one model"],
    ),
    "a misspelt section": (TWO + "swep: {temperature: 1.0}\n", ["a.yaml:2:1: swep", "did you mean 'sweep'?"]),
    "a misspelt kind": ("model: {kind: isng}\n" + AT, ["a.yaml:1:15: model.kind", "did you mean 'ising'?"]),
    "a misspelt axis": (
        TWO + "sweep: {temperature: 1.0, model.gab: [1, 2]}\n",
        ["sweep.model.gab: model has no 'gab'", "did you mean 'gap'?"],
    ),
    "too large a lattice": (
        ISING.format("cubic", "[20, 20, 20]") + AT,
        ["no exact method can treat this model; monte_carlo can", "method: {kind: monte_carlo", "2^8000"],
    ),
    "too large for the method": (
        ISING.format("square", "[10, 10]") + AT + "method: enumeration\n",
        ["a.yaml:3:9: method: enumeration", "2^100 states exceed 2^34", "kaufman, transfer_matrix"],
    ),
    "a method for something else": (
        TWO + AT + "method: kaufman\n",
        ["a.yaml:3:9", "'two_level' is no Ising model; level_sum can"],
    ),
    "a shape in words": (ISING.format("square", "4x4") + AT, ["model.lattice.shape", "got '4x4'; write [4, 4]"]),
    "a lattice in one word": ("model: {kind: ising, lattice: square}\n" + AT, ["write {kind: square}"]),
    "couplings of another number": (
        "model: {kind: ising, lattice: {kind: square, shape: [4, 4]}, coupling: [1, 2]}\n" + AT,
        ["model.coupling: expected one number per bond, 32 in all; got shape (2,)"],
    ),
    "per site without sites": (TWO + AT + "units: {per: site}\n", ["'two_level' has no sites; leave it out"]),
    "a range the wrong way round": (
        TWO + "sweep: {temperature: {arange: [5, 1, 0.1]}}\n",
        ["sweep.temperature.arange", "a falling range needs a negative step"],
    ),
    "a logarithmic range from zero": (
        TWO + "sweep: {temperature: {geomspace: [0, 10, 5]}}\n",
        ["begin at a small number, or use linspace"],
    ),
    "tabs": ("model:\n\tkind: two_level\n", ["a.yaml:2:1: a tab; YAML is indented with spaces"]),
    "a brace that is not closed": ("model: {kind: two_level, gap: 1.0\n" + AT, ["a.yaml:2:6: not YAML"]),
    "an empty file": ("", ["is empty; `statmech new` prints a configuration to begin with"]),
    "clusters on a frustrated lattice": (
        "model: {kind: ising, lattice: {kind: triangular, shape: [6, 6]}, coupling: -1}\n"
        + AT + "method: {kind: monte_carlo, algorithm: wolff}\n",
        ["frustrated", "ask metropolis"],
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("levels.csv").write_text("energy [cm-1],g\n0,1\n10,3\n")
    Path("nog.csv").write_text("energy [cm-1]\n0\n10\n")
    Path("nounit.csv").write_text("energy,g\n0,1\n10,3\n")
    Path("bad.csv").write_text("energy [cm-1],g\n0,1\nten,3\n")
    Path("notes.txt").write_text("hello world\n")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_message_says_where_and_what_to_do(mistake, capsys):
    text, expected = MISTAKES[mistake]
    Path("a.yaml").write_text(text)
    assert main(["run", "a.yaml"]) in (1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    for words in expected:
        assert words in err
    assert not Path("results/a.h5").exists()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (["run", "b.yaml"], "b.yaml: no such file; did you mean 'a.yaml'?"),
        (["show", "a.yaml"], "not an HDF5 file"),
        (["plot", "results/a.h5"], "there is no such file; `statmech run` writes one"),
        (["run", "a.yaml", "--set", "model.gap"], "expected path=value, for example --set model.field=0.5"),
        (
            ["run", "a.yaml", "--set", "model.gab=2"],
            "unknown key, expected one of degeneracies, unit; did you mean 'gap'?",
        ),
        (["run", "a.yaml", "-o", "levels.csv"], "is no results file (HDF5)"),
        (["new", "isign"], "did you mean 'ising'?"),
    ],
)
def test_mistakes_of_a_call(call, expected, capsys):
    Path("a.yaml").write_text(TWO + AT)
    before = Path("levels.csv").read_text()
    assert main(call) == 2
    assert expected in capsys.readouterr().err
    assert Path("levels.csv").read_text() == before


def test_what_is_legal_but_suspicious_is_told(capsys):
    Path("a.yaml").write_text(SPECTRUM.format("nog.csv") + "sweep: {temperature: [-50, 25, 100]}\n")
    assert main(["run", "a.yaml"]) == 0
    out = capsys.readouterr().out
    assert "temperatures are in kelvin: 25 C is 298.15" in out
    assert "degeneracies: 1 for every line (no column g or J); if levels are degenerate, add one" in out
    assert "points levels_incomplete" in out
