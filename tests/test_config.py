"""Configurations: what is read, what is refused, and with which words at which place."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import methods, models
from statmech.config import RunConfig, json_schema, load
from statmech.config.base import Mark, Problems
from statmech.config.template import template
from statmech.config.yaml_nodes import parse
from statmech.errors import ConfigError, InputError
from statmech.lattices import Lattice
from statmech.methods.base import Method
from statmech.models.base import Model

GOOD = """\
title: Two levels
model:
  kind: two_level
  gap: 1.0
sweep:
  temperature: [0.5, 1.0]
"""
FIVE_MISTAKES = """\
model:
  kind: ising
  latice: {kind: square, shape: [4, 4]}
sweep:
  temperature: ["300 K", 2]
  model.feild: [0, 1]
method: enumerasion
units: {per: 3}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="a.yaml"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(source, *overrides):
    with pytest.raises(ConfigError) as caught:
        load(source, overrides)
    return list(caught.value.problems)


def scalar(text):
    found = Problems()
    node = parse(text, Mark("x", Path(), 1, 1), found)
    assert not len(found), found.found
    return node.plain()


def two_level(**sections):
    return {"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [1.0]}, **sections}


def ising(shape=(2, 2), **sections):
    model = {"kind": "ising", "lattice": {"kind": "square", "shape": list(shape)}}
    return {"model": model, "sweep": {"temperature": [1.0]}, **sections}


# --- YAML 1.2 scalars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), ("1E5", 1e5), ("-.5", -0.5), ("1.", 1.0), ("1.5e+3", 1500.0), (".inf", math.inf),
        ("-.INF", -math.inf), ("12", 12), ("-12", -12), ("0777", 777), ("0o777", 511), ("0x1F", 31),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("Off", "Off"), ("1:30", "1:30"), ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("=", "="), ("'1'", "1"), ('"true"', "true"), ("!!str 5", "5"), ("!!float 1", 1.0), ("0o9", "0o9"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text, value):
    got = scalar(text)
    assert got == value
    assert type(got) is type(value)


def test_nan_is_a_number_and_minus_zero_keeps_its_sign():
    assert math.isnan(scalar(".nan"))
    assert math.copysign(1.0, scalar("-0.0")) == -1.0


@given(st.floats(allow_nan=False))
def test_every_float_that_python_prints_is_read_back_to_the_bit(value):
    text = repr(value).replace("inf", ".inf")
    got = float(scalar(text))
    assert got == value
    assert math.copysign(1.0, got) == math.copysign(1.0, value)


@given(st.text(max_size=80))
@settings(max_examples=300)
def test_any_text_is_parsed_or_refused_without_another_error(text):
    found = Problems()
    node = parse(text, Mark("x", Path(), 1, 1), found)
    assert node is not None or len(found)


# --- files that are no configuration


def test_an_equal_key_is_refused_with_both_positions(write):
    path = write("title: a\nmodel:\n  kind: two_level\n  gap: 1\n  gap: 2\nsweep: {temperature: 1}\n")
    assert problems(path) == ["a.yaml:5:3: model.gap: given twice, first in a.yaml:4:3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yaml:1:1: is empty; `statmech new` prints"),
        ("# only a comment\n", "a.yaml:1:1: is empty"),
        ("- a\n- b\n", "a.yaml:1:1: expected a mapping (title, model, sweep, ...); got ['a', 'b']"),
        ("just words", "a.yaml:1:1: expected a mapping"),
        ("a:\n\tb: 1\n", "a.yaml:2:1: a tab; YAML is indented with spaces"),
        ("a: b: c\n", "a.yaml:1:5: a second ':' in one line"),
        ("a: [1, 2\n", "a.yaml:2:1: not YAML"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document"),
        ("a: *b\n", "a.yaml:1:4: found undefined alias"),
        ("? [a]\n: 1\n", "a.yaml:1:3: expected a word as key"),
        ("a: !!python/object:os.system x\n", "a.yaml:1:4: a: the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("a: &x [*x]\n", "a.yaml:1:4: a.0: contains itself"),
        (b"\x89HDF\r\n\x1a\n\x00\x00", "expected a YAML configuration, got a results file"),
        (b"title: \xff\xfe", "a.yaml:1:8: expected text in UTF-8, got the byte 0xff"),
        (b"title: a\nmodel: \x00", "a.yaml:2:8: the character"),
        ("[" * 3000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_configuration_says_what_it_is(write, text, message):
    found = problems(write(text))
    assert any(message in line for line in found), found


def test_aliases_of_aliases_do_not_fill_the_memory(write):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases expand to more than" in problems(write("\n".join(lines)))[0]


def test_a_file_that_is_not_there_names_the_nearest(write):
    write(GOOD, "ising_square.yaml")
    assert problems("ising_sqare.yaml") == ["ising_sqare.yaml: no such file; did you mean 'ising_square.yaml'?"]
    assert problems("zzz.yaml") == ["zzz.yaml: no such file; there is ising_square.yaml"]
    assert problems("nowhere/zzz.yaml") == ["nowhere/zzz.yaml: no such file"]
    assert "Is a directory" in problems(".")[0]


def test_a_byte_order_mark_and_windows_line_ends_are_read(write):
    config = load(write(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()))
    assert config.title == "Two levels"
    assert config.text.startswith("title")  # the mark is not recorded


# --- mistakes


def test_five_mistakes_are_five_messages_with_positions_and_suggestions(write):
    assert problems(write(FIVE_MISTAKES)) == [
        "a.yaml:3:3: model.latice: unknown key, expected one of lattice, coupling, field; did you mean 'lattice'?",
        "a.yaml:5:17: sweep.temperature: expected a number; got '300 K'; write 300 alone: units have their own key",
        "a.yaml:6:3: sweep.model.feild: model has no 'feild', expected one of lattice, coupling, field; "
        "did you mean 'field'?",
        f"a.yaml:7:9: method: expected auto, {', '.join(methods.kinds()[:-1])} or {methods.kinds()[-1]}; "
        "got 'enumerasion'; did you mean 'enumeration'?",
        "a.yaml:8:14: units.per: expected system or site; got 3",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: two_level", "kind: two_levl", "a.yaml:3:9: model.kind: expected one of"),
        ("kind: two_level", "kind: two_levl", "did you mean 'two_level'?"),
        ("kind: two_level", "kind: 5", "got 5"),
        ("kind: two_level", "knd: two_level", "a.yaml:3:3: model: kind is missing"),
        ("kind: two_level", "knd: two_level", "is 'knd' meant to be it?"),
        ("gap: 1.0", "gap: '1.0'", "a.yaml:4:8: model.gap: expected a number; got '1.0'; leave out the quotes"),
        ("gap: 1.0", "gap: 1 eV", "got '1 eV'; write 1 alone"),
        ("gap: 1.0", "gap: yes", "a.yaml:4:8: model.gap: expected a number; got 'yes'"),
        ("gap: 1.0", "gap: true", "expected a number; got true"),
        ("gap: 1.0", "gap: [1]", "expected a number; got [1]"),
        ("gap: 1.0", "gap: {a: 1}", "got a mapping {a}"),
        ("gap: 1.0", "gap:", "a.yaml:4:7: model.gap: expected a number; got nothing"),
        ("  gap: 1.0\n", "", "a.yaml:3:3: model: gap is missing; expected a number"),
        ("gap: 1.0", "gap: -1.0", "a.yaml:4:8: model.gap: expected a positive number; got -1.0"),
        ("gap: 1.0", "gap: 1\n  unit: cm", "a.yaml:5:9: model.unit: expected one of reduced, cm-1"),
        ("gap: 1.0", "gap: 1\n  degeneracies: [1]", "model.degeneracies: expected a list [a number, a number]"),
        ("gap: 1.0", "gap: 1\n  degeneracies: [1, 2, 3]", "model.degeneracies: expected a list [a number, a number]"),
        ("gap: 1.0", "gap: 1\n  degeneracies: [1, x]", "a.yaml:5:21: model.degeneracies.1: expected a number; got 'x'"),
        ("title: Two levels", "titel: x", "a.yaml:1:1: titel: unknown key"),
        ("title: Two levels", "title: 5", "a.yaml:1:8: title: expected text; got 5"),
        ("model:\n  kind: two_level\n  gap: 1.0", "model: two_level", "got 'two_level'; write {kind: two_level}"),
        ("title: Two levels", "method: [auto]", "a.yaml:1:9: method: expected auto"),
        ("title: Two levels", "method: {kind: level_sun}", "a.yaml:1:16: method.kind: expected one of auto"),
        ("title: Two levels", "method: {kind: level_sum, seed: 1}", "method.seed: unknown key"),
        ("title: Two levels", "output: 5", "a.yaml:1:9: output: expected text or nothing; got 5"),
        ("title: Two levels", "units: {energy: cm}", "a.yaml:1:17: units.energy: expected one of reduced, cm-1"),
        ("title: Two levels", "units: {output: molra}", "got 'molra'; did you mean 'molar'?"),
        ("title: Two levels", "units: {per: sites}", "units.per: expected system or site; got 'sites'"),
        ("title: Two levels", "units: {per: site}", "units.per: a model of kind 'two_level' has no sites"),
        ("title: Two levels", "units: {output: molar}", "units.output: output 'molar' needs levels in a physical"),
        ("[0.5, 1.0]", "300 K", "a.yaml:6:16: sweep.temperature: expected a number; got '300 K'"),
        ("[0.5, 1.0]", "[]", "a.yaml:6:16: sweep.temperature: expected at least one value"),
        ("[0.5, 1.0]", "[1, -0.0]", "a.yaml:6:20: sweep.temperature: expected a temperature; got -0.0"),
        ("[0.5, 1.0]", ".nan", "sweep.temperature: expected a temperature; got nan"),
        ("[0.5, 1.0]", "[1, 2, 1.0]", "a.yaml:6:23: sweep.temperature: 1.0 is there twice"),
        ("[0.5, 1.0]", "[1, true]", "expected a number; got true"),
        ("[0.5, 1.0]", "{linspce: [1, 2, 3]}", "temperature.linspce: unknown key, expected one of linspace; did"),
        ("[0.5, 1.0]", "{geomspce: [1, 2, 3]}", "expected one of geomspace; did you mean 'geomspace'?"),
        ("[0.5, 1.0]", "{linspace: [1, 2]}", "temperature.linspace: expected a list [a number, a number, an integer]"),
        ("[0.5, 1.0]", "{linspace: [1, 2, 3.5]}", "a.yaml:6:34: sweep.temperature.linspace.2: expected an integer"),
        ("[0.5, 1.0]", "{linspace: [1, 2, 0]}", "expected a count between 1 and 10000000; got 0"),
        ("[0.5, 1.0]", "{linspace: [1, .inf, 3]}", "expected finite ends"),
        ("[0.5, 1.0]", "{geomspace: [0, 5, 3]}", "a.yaml:6:28: sweep.temperature.geomspace: expected two ends of one"),
        ("[0.5, 1.0]", "{arange: [1, 5, -1]}", "sweep.temperature.arange: expected 1 to"),
        ("[0.5, 1.0]", "{linspace: [-1, -0.0, 3]}", "got -0.0"),
        ("temperature:", "temprature:", "a.yaml:6:3: sweep.temprature: expected temperature, or a path in the model"),
        ("temperature:", "temprature:", "did you mean 'temperature'?"),
        ("[0.5, 1.0]", "1\n  gap: [1, 2]", "a.yaml:7:3: sweep.gap: expected temperature, or a path in the model such"),
        ("[0.5, 1.0]", "1\n  gap: [1, 2]", "did you mean 'model.gap'?"),
        ("[0.5, 1.0]", "1\n  model.gap.x: [1, 2]", "model.gap is 1.0 and has no 'x'"),
        ("[0.5, 1.0]", "1\n  model.gap: [1, x]", "a.yaml:7:18: model.gap: expected a number; got 'x'"),
        ("[0.5, 1.0]", "1\n  model.gap: [1, -1]", "a.yaml:7:18: model.gap: expected a positive number; got -1.0"),
        ("[0.5, 1.0]", "1\n  model.gap: {linspace: [1, -1, 3]}", "a.yaml:7:14: model.gap: expected a positive number"),
        ("[0.5, 1.0]", "1\n  model.gap: []", "sweep.model.gap: expected at least one value"),
        ("[0.5, 1.0]", "1\n  units.energy: [K]", "a.yaml:7:3: sweep.units.energy: expected temperature, or a path"),
        ("sweep:\n  temperature: [0.5, 1.0]\n", "", "a.yaml:1:1: sweep is missing"),
        ("sweep:\n  temperature: [0.5, 1.0]\n", "sweep: 3\n", "a.yaml:5:8: sweep: expected a mapping {temperature"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(write, old, new, message):
    assert old in GOOD
    found = problems(write(GOOD.replace(old, new)))
    assert any(message in line for line in found), "\n".join(found)
    assert len(found) == 1, found
    assert all(line.startswith("a.yaml:") for line in found)


def test_mistakes_come_in_the_order_of_the_file_and_constructors_are_asked_too(write):
    path = write("model: {kind: two_level, gap: -1}\nsweep: {temperature: x}\nunits: {per: y}\nwhat: 1\n")
    assert [line.split(":")[1] for line in problems(path)] == ["1", "2", "3", "4"]


def test_a_wrong_model_is_told_with_a_wrong_sweep_of_it(write):
    text = GOOD.replace("gap: 1.0", "gapp: 1.0").replace("[0.5, 1.0]", "1\n  model.unti: [K]")
    assert [line.split(": ")[1] for line in problems(write(text))] == ["model.gapp", "sweep.model.unti"]


def test_every_wrong_unit_is_told_at_once(write):
    text = GOOD + "units: {energy: cm1, output: molr, per: sites}\n"
    assert [line.partition(": expected")[0] for line in problems(write(text))] == [
        "a.yaml:7:17: units.energy",
        "a.yaml:7:30: units.output",
        "a.yaml:7:41: units.per",
    ]


def test_a_wrong_kind_hides_no_mistake_elsewhere_and_makes_none_of_its_own(write):
    text = (
        "model: {kind: two_levl, gap: 1}\nsweep: {temperature: x, model.gap: [1, 2]}\n"
        "method: {kind: level_sum, seed: 1}\nunits: {energy: cm1, per: 3}\noutput: 5\nnote: 1\n"
    )
    assert [line.split(": ")[1] for line in problems(write(text))] == [
        *("model.kind", "sweep.temperature", "method.seed", "units.energy", "units.per", "output", "note"),
    ]


def test_symbols_of_the_textbooks_are_understood_in_suggestions(write):
    text = "model: {kind: ising, lattice: {kind: chain, L: 4}, J: 1, h: 0}\nsweep: {T: 1}\n"
    found = "\n".join(problems(write(text)))
    for name in ("shape", "coupling", "field", "temperature"):
        assert f"did you mean '{name}'?" in found


def test_a_missing_file_is_told_with_the_nearest_name(write):
    write("energy [cm-1],g\n0,1\n", "data/levels.csv")
    path = write("model: {kind: spectrum, file: data/levles.csv}\nsweep: {temperature: 1}\n")
    assert problems(path) == [
        "a.yaml:1:31: model.file: no file 'levles.csv' in the folder 'data'; did you mean 'levels.csv'?"
    ]
    path = write("model: {kind: spectrum, file: dta/levels.csv}\nsweep: {temperature: 1}\n")
    assert problems(path) == ["a.yaml:1:31: model.file: no file 'levels.csv'; there is no folder 'dta'"]
    path = write("model: {kind: spectrum, file: data}\nsweep: {temperature: 1}\n")
    assert problems(path) == ["a.yaml:1:31: model.file: expected a file; 'data' is a folder"]


def test_a_bad_level_file_is_told_at_the_key_that_names_it(write):
    write("energy,g\n0,1\n", "levels.csv")
    path = write("model:\n  kind: spectrum\n  file: levels.csv\nsweep: {temperature: 1}\n")
    (line,) = problems(path)
    assert "unit" in line
    assert line.startswith("a.yaml:")


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("energy: enrgy", "4:11: model.energy", "levels.csv:1: no column is named 'enrgy'"),
        ("degeneracy: 3", "4:15: model.degeneracy", "levels.csv:1: expected a column from 1 to 2; got 3"),
        (
            "unit: eV",
            "4:9: model.unit",
            "levels.csv:1:1: the file says its energies are in 'cm-1', not 'eV'; leave it out",
        ),
        ("format: nist", "3:9: model.file", "expected the header of a NIST ASD"),
    ],
)
def test_what_is_asked_of_a_level_file_in_vain_is_told_at_the_key_that_asks(write, more, place, words):
    write("energy [cm-1],g\n0,1\n", "levels.csv")
    text = f"model:\n  kind: spectrum\n  file: levels.csv\n  {more}\nsweep: {{temperature: 1}}\n"
    (line,) = problems(write(text))
    assert line.startswith(f"a.yaml:{place}: ")
    assert words in line


def test_a_general_unit_that_a_level_file_contradicts_is_told_at_its_key(write):
    write("energy [cm-1],g\n0,1\n", "levels.csv")
    text = "model: {kind: spectrum, file: levels.csv}\nsweep: {temperature: 1}\nunits: {energy: eV}\n"
    (line,) = problems(write(text))
    assert line.startswith("a.yaml:3:17: units.energy: levels.csv:1:1: the file says its energies are in 'cm-1', not")


def test_every_option_of_a_text_table_can_be_given(write):
    write("% made\nenergy [cm-1],x\n0,1\n", "levels.csv")
    text = "model: {kind: spectrum, file: levels.csv, comment: '%', degeneracy: none}\nsweep: {temperature: 1}\n"
    assert load(write(text)).model().levels().degeneracies is None


def test_units_said_twice_or_in_vain_are_refused():
    assert (
        "keep one of them"
        in problems({**two_level(units={"energy": "eV"}), "model": {"kind": "two_level", "gap": 1.0, "unit": "cm-1"}})[
            0
        ]
    )
    assert "takes no unit" in problems(ising(units={"energy": "eV"}))[0]


def test_units_energy_reaches_the_model():
    assert load(two_level(units={"energy": "1/cm"})).model().unit == "cm-1"


# --- overrides


def test_an_override_is_yaml_and_names_itself_in_errors(write):
    path = write(GOOD)
    assert load(path, ["model.gap=2e-1"]).model().gap == 0.2
    assert load(path, ["sweep.temperature={linspace: [1, 2, 3]}"]).axes[0].values == (1.0, 1.5, 2.0)
    assert load(path, ["sweep.temperature=7"]).axes[0].values == (7.0,)
    assert [axis.name for axis in load(path, ["sweep.model.gap=[1, 2]"]).axes] == ["temperature", "gap"]
    assert problems(path, "model.gap=x") == ["--set model.gap=x: model.gap: expected a number; got 'x'"]
    assert problems(path, "model.gab=1") == [
        "--set model.gab=1: model.gab: unknown key, expected one of degeneracies, unit; did you mean 'gap'?"
    ]
    assert problems(path, "modle.gap=1")[0].startswith("--set modle.gap=1: modle: unknown key")
    assert problems(path, "model") == ["--set model: expected path=value, for example --set model.field=0.5"]
    assert problems(path, "model.gap.x=1") == ["--set model.gap.x=1: model.gap: is 1.0 and has no 'x'"]
    assert problems(path, "title=[")[0].startswith("--set title=[: not YAML")


def test_an_override_reaches_into_lists():
    source = two_level()
    source["model"]["degeneracies"] = [1, 3]
    assert load(source, ["model.degeneracies.1=5"]).model().degeneracies == (1.0, 5.0)
    assert "has no '7'" in problems(source, "model.degeneracies.7=5")[0]


# --- extends


def test_a_file_is_laid_over_the_one_it_extends_and_errors_name_the_right_one(write):
    write("model: {kind: two_level, gap: 1.0, unit: K}\nsweep: {temperature: {linspace: [1, 2, 3]}}\n", "base/b.yaml")
    path = write("extends: base/b.yaml\ntitle: mine\nmodel: {gap: 2.0}\nsweep: {temperature: {geomspace: [1, 4, 3]}}\n")
    config = load(path)
    assert (config.model().gap, config.model().unit) == (2.0, "K")
    assert config.axes[0].values == (1.0, 2.0, 4.0)
    assert "laid over base/b.yaml" in config.text
    write("model: {kind: two_level, gap: x}\nsweep: {temperature: 1}\n", "base/b.yaml")
    path = write("extends: base/b.yaml\n")
    assert problems(path) == ["base/b.yaml:1:31: model.gap: expected a number; got 'x'"]


def test_another_kind_replaces_the_model_of_the_base(write):
    write(GOOD, "b.yaml")
    path = write("extends: b.yaml\nmodel: {kind: oscillator, omega: 1.0}\n")
    assert load(path).model().kind == "oscillator"


def test_extending_in_a_circle_is_refused(write):
    write("extends: b.yaml\n", "a.yaml")
    write("extends: a.yaml\n", "b.yaml")
    assert problems("a.yaml") == ["b.yaml:1:10: extends: goes in a circle: a.yaml -> b.yaml -> a.yaml"]
    (line,) = problems(write("extends: bb.yaml\n" + GOOD))
    assert line == "a.yaml:1:10: extends: no such file: bb.yaml; did you mean 'b.yaml'?"


def test_what_a_missing_base_would_have_given_is_not_called_missing(write):
    path = write("extends: base.yaml\nmodel: {gap: 1}\nsweep: {model.gap: [1, 2]}\nunits: {per: x}\n")
    assert problems(path) == [
        "a.yaml:1:10: extends: no such file: base.yaml",
        "a.yaml:4:14: units.per: expected system or site; got 'x'",
    ]
    write("model: [\n", "base.yaml")
    assert [line.split(":")[0] for line in problems(path)] == ["a.yaml", "base.yaml"]


def test_files_are_relative_to_the_yaml_that_names_them_and_overrides_to_the_current_folder(write):
    write("energy [cm-1],g\n0,1\n", "base/levels.csv")
    write("energy [cm-1],g\n0,1\n5,1\n", "levels.csv")
    write("model: {kind: spectrum, file: levels.csv}\nsweep: {temperature: 1}\n", "base/b.yaml")
    path = write("extends: ../base/b.yaml\n", "mine/a.yaml")
    assert len(load(path).model().levels()) == 1
    assert len(load(path, ["model.file=levels.csv"]).model().levels()) == 2
    assert (
        len(load({"model": {"kind": "spectrum", "file": "levels.csv"}, "sweep": {"temperature": 1}}).model().levels())
        == 2
    )


# --- what comes out


def test_axes_keep_their_order_and_take_the_last_part_of_the_path_or_all_of_it():
    config = load(ising(sweep={"model.lattice.shape": [[2, 2], [3, 3]], "temperature": 1, "model.field": [0, 0.5]}))
    assert [axis.name for axis in config.axes] == ["shape", "temperature", "field"]
    assert [axis.role for axis in config.axes] == ["outer", "temperature", "outer"]
    source = ising()
    source["model"] |= {name: {"random": "pm1", "seed": 1} for name in ("coupling", "field")}
    source["sweep"] |= {"model.coupling.seed": [1, 2], "model.field.seed": [1, 2]}
    assert [axis.name for axis in load(source).axes] == ["temperature", "model.coupling.seed", "model.field.seed"]


def test_a_point_of_the_sweep_has_its_own_model():
    source = ising(sweep={"temperature": 1, "model.lattice.shape": [[2, 2], [3, 4]]})
    source["model"]["coupling"] = {"random": "gaussian", "seed": 5}
    source["sweep"]["model.coupling.seed"] = [1, 2]
    config = load(source)
    model = config.model({"model.lattice.shape": [3, 4], "model.coupling.seed": 2})
    assert model.lattice.shape == (3, 4)
    assert np.array_equal(model.couplings, np.random.default_rng(2).standard_normal(24))
    assert config.model().sites == 4  # the first of each axis


def test_a_required_key_may_come_from_the_sweep_alone():
    config = load({"model": {"kind": "two_level"}, "sweep": {"temperature": 1, "model.gap": [1.0, 2.0]}})
    assert [config.model({"model.gap": gap}).gap for gap in (1.0, 2.0)] == [1.0, 2.0]


def test_values_that_do_not_go_together_are_told_when_their_point_is_made():
    source = ising(
        sweep={"temperature": 1, "model.lattice.shape": [[2, 2], [3, 3]], "model.coupling": [1.0, [1.0] * 8]}
    )
    config = load(source)
    with pytest.raises(ConfigError, match=r"model\.coupling: expected one number per bond, 18 in all"):
        config.model({"model.lattice.shape": [3, 3], "model.coupling": [1.0] * 8})


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (300, (300.0,)), ([0.0, 1, -2.5], (0.0, 1.0, -2.5)), ([1, math.inf], (1.0, math.inf)), ("inf", (math.inf,)),
        ({"linspace": [0, 1, 3]}, (0.0, 0.5, 1.0)), ({"geomspace": [-1, -4, 3]}, (-1.0, -2.0, -4.0)),
        ({"arange": [1, 2, 0.25]}, (1.0, 1.25, 1.5, 1.75)), ({"arange": [0, 0.3, 0.1]}, (0.0, 0.1, 0.2)),
        ({"arange": [1, 1.3, 0.1]}, (1.0, 1.1, 1.2)), ({"arange": [3, 0, -1]}, (3.0, 2.0, 1.0)),
        ({"linspace": [2, 2, 1]}, (2.0,)),
    ],
)  # fmt: skip
def test_every_way_to_give_temperatures(given, values):
    assert load(two_level(sweep={"temperature": given})).axes[0].values == pytest.approx(values, rel=1e-15)


def test_the_resolved_configuration_is_complete_and_reads_back_as_itself():
    source = ising(
        sweep={"temperature": [1.0, math.inf], "model.lattice.shape": [[2, 2], [3, 3]]}, units={"per": "site"}
    )
    source["model"]["coupling"] = {"random": "pm1", "seed": 1}
    config = load(source)
    again = load(json.loads(config.json()))
    assert again.resolved == config.resolved | {"sweep": again.resolved["sweep"]}
    assert again.json() == config.json()
    assert config.resolved["model"]["coupling"] == {
        "random": "pm1",
        "seed": 1,
        "mean": 0.0,
        "scale": 1.0,
        "fraction": 0.5,
    }
    assert config.resolved["model"]["lattice"] == {"kind": "square", "shape": [2, 2], "periodic": True}
    assert config.resolved["units"] == {"energy": None, "output": None, "per": "site"}
    assert np.array_equal(again.model().couplings, config.model().couplings)


def test_nothing_of_the_machine_stays_in_what_results_record(write, tmp_path):
    write("energy [cm-1],g\n0,1\n", "levels.csv")
    path = write(f"model: {{kind: spectrum, file: {tmp_path}/levels.csv}}\nsweep: {{temperature: 1}}\n")
    config = load(path)
    assert str(tmp_path) not in config.text + config.json() + json.dumps(config.parameters({}))
    assert config.resolved["model"]["file"] == "levels.csv"
    assert len(config.model().levels()) == 1
    assert str(tmp_path) not in load(write(GOOD), [f"model={{kind: spectrum, file: {tmp_path}/levels.csv}}"]).text


def test_absolute_names_are_cut_at_their_place_and_nowhere_else(write, tmp_path):
    write("energy [cm-1],g\n0,1\n", "levels.csv")
    here = str(tmp_path)
    write(f"output: '{here}/old.h5'\nsweep: {{temperature: 1}}\n", "base.yaml")
    path = write(
        f"# notes in /tmp and output\nextends: [{here}/base.yaml]\ntitle: output /tmp a\n"
        f"model: {{kind: spectrum, file: &f {here}/levels.csv}}  # file\noutput: /tmp  # /tmp\n"
    )
    sets = [f"output={here}/new.h5", f'sweep.model.file=["{here}/levels.csv"]']
    config = load(path, sets)
    assert config.text == (
        'output: "old.h5"\nsweep: {temperature: 1}\n\n# laid over base.yaml:\n'
        "# notes in /tmp and output\nextends: [base.yaml]\ntitle: output /tmp a\n"
        "model: {kind: spectrum, file: &f levels.csv}  # file\noutput: tmp  # /tmp\n"
        '# --set output=new.h5\n# --set sweep.model.file=["levels.csv"]\n'
    )
    assert here not in config.json()
    assert (config.resolved["output"], config.resolved["title"]) == ("new.h5", "output /tmp a")
    assert config.resolved["sweep"]["model.file"] == ["levels.csv"]
    assert config.output == tmp_path / "new.h5"
    assert len(config.model().levels()) == 1
    config = load({**two_level(title="/srv/x"), "output": f"{here}/x.h5"})
    assert (json.loads(config.text)["output"], json.loads(config.text)["title"]) == ("x.h5", "/srv/x")


def test_a_mapping_is_never_changed():
    source = ising(sweep={"temperature": [1.0], "model.field": [0.0, 1.0]})
    before = json.dumps(source)
    load(source, ["model.coupling=2"])
    assert json.dumps(source) == before


def test_the_identity_of_a_task_has_every_default_in_it():
    config = load(ising(sweep={"temperature": [1.0], "model.field": [0.0, 1.0]}))
    assert config.parameters({"model.field": 1.0}) == {
        "model": {
            "kind": "ising",
            "lattice": {"kind": "square", "shape": [2, 2], "periodic": True},
            "coupling": 1.0,
            "field": 1.0,
        },
        "method": "auto",
        "energy": None,
    }


# --- models of the user's own


@dataclass(frozen=True)
class Inner:
    """A record.

    Parameters
    ----------
    width : float
        How wide.
    """

    width: float
    mode: Literal["fast", "slow"] = "fast"


@dataclass(frozen=True)
class Mine:
    """H = mine.

    Parameters
    ----------
    lattice : Lattice
        Where.
    parts : list of Model
        Of what.
    inner : Inner, optional
        With what.
    """

    lattice: Lattice
    parts: list[Model]
    inner: Inner | None = None
    table: dict[str, list[int]] | None = None
    files: tuple[Path, ...] = ()

    kind: ClassVar[str] = "mine"
    unit: ClassVar[str] = "reduced"
    sites: ClassVar[int | None] = None

    def __post_init__(self):
        if len(self.parts) > 2:
            raise InputError(f"parts: expected at most 2; got {len(self.parts)}")
        if self.inner is not None and self.inner.width < 0:
            raise ValueError("a negative width")


class Unresolvable:
    """H = 0."""

    kind = "unresolvable"

    def __init__(self, x: "NoSuchType" = 1):  # noqa: F821, UP037
        pass


@pytest.fixture
def mine(monkeypatch):
    monkeypatch.setitem(models.KINDS, "mine", "mine:Mine")
    monkeypatch.setitem(models._REGISTRY._loaded, "mine", Mine)


MINE = {
    "model": {
        "kind": "mine",
        "lattice": {"kind": "chain", "shape": 4},
        "parts": [
            {"kind": "two_level", "gap": 1.0},
            {"kind": "mine", "lattice": {"kind": "complete", "n": 3}, "parts": []},
        ],
        "inner": {"width": 2},
        "table": {"a": [1, 2]},
    },
    "sweep": {"temperature": 1, "model.parts.0.gap": [1.0, 2.0], "model.inner.mode": ["fast", "slow"]},
}  # fmt: skip


def test_a_users_model_needs_no_schema_but_its_constructor(mine):
    config = load(MINE)
    model = config.model({"model.parts.0.gap": 2.0, "model.inner.mode": "slow"})
    assert isinstance(model, Mine)
    assert (model.parts[0].gap, model.parts[1].lattice.sites) == (2.0, 3)
    assert model.inner == Inner(2.0, "slow")
    assert model.table == {"a": [1, 2]}
    assert [axis.name for axis in config.axes] == ["temperature", "gap", "mode"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.parts.0.gap=x", "model.parts.0.gap: expected a number"),
        ("model.parts.1.parts=[{kind: twolevel}]", "model.parts.1.parts.0.kind: expected one of"),
        ("model.parts.1.lattice.m=3", "model.parts.1.lattice.m: unknown key"),
        ("model.parts.1.lattice.n=-3", "model.parts.1.lattice.n: expected"),
        ("model.inner={widht: 1}", "model.inner.widht: unknown key, expected one of width; did you mean 'width'?"),
        ("model.inner=5", "model.inner: expected a mapping {width, mode} or nothing; got 5"),
        ("model.inner.width=-1", "model: a negative width"),
        ("model.table={a: [x]}", "model.table.a.0: expected an integer; got 'x'"),
        ("model.parts=[{kind: two_level, gap: 1}, {kind: two_level, gap: 1}, {kind: two_level, gap: 1}]", "at most 2"),
        ("sweep.model.inner.mode=[fast, sloww]", "expected fast or slow; got 'sloww'; did you mean 'slow'?"),
        ("sweep.model.parts.5.gap=[1]", "model.parts has 2 items, 0 to 1, and no 5"),
        ("model.lattice.kind=chian", "did you mean 'chain'?"),
    ],
)
def test_mistakes_inside_nested_parts_have_their_own_place(mine, override, message):
    source = json.loads(json.dumps(MINE))
    if override.startswith(("model.parts", "model={")):
        source["sweep"] = {"temperature": 1}
    found = problems(source, override)
    assert any(message in line for line in found), "\n".join(found)


def test_annotations_that_cannot_be_resolved_are_the_fault_of_the_class(monkeypatch):
    monkeypatch.setitem(models.KINDS, "unresolvable", "mine:Unresolvable")
    monkeypatch.setitem(models._REGISTRY._loaded, "unresolvable", Unresolvable)
    with pytest.raises(InputError, match="annotations of Unresolvable cannot be resolved: name 'NoSuchType'"):
        load(two_level(model={"kind": "unresolvable"}))


class Tunable(Method):
    """A method with options.

    Parameters
    ----------
    steps : int
        How many.
    """

    name = "tunable"

    def __init__(self, steps: int = 10):
        if steps < 1:
            raise InputError(f"steps: expected a positive integer; got {steps}")
        self.steps = steps

    def supports(self, model):
        raise NotImplementedError

    prepare = cumulants = cost = supports


def test_options_of_a_method_are_those_of_its_constructor(monkeypatch):
    monkeypatch.setitem(methods.KINDS, "tunable", "mine:Tunable")
    monkeypatch.setitem(methods._REGISTRY._loaded, "tunable", Tunable)
    assert load(two_level(method={"kind": "tunable", "steps": 3})).method().steps == 3
    assert "did you mean 'steps'?" in problems(two_level(method={"kind": "tunable", "step": 3}))[0]
    assert problems(two_level(method={"kind": "tunable", "steps": 0})) == [
        "method.steps: expected a positive integer; got 0"
    ]
    config = load(two_level(method={"kind": "tunable"}, sweep={"temperature": 1, "method.steps": [1, 2]}))
    assert [config.method({"method.steps": n}).steps for n in (1, 2)] == [1, 2]


# --- schema and templates


def test_the_json_schema_knows_every_kind_and_describes_its_parameters(mine):
    schema = json_schema()
    text = json.dumps(schema)
    kinds = {
        entry["properties"]["kind"]["const"] for entry in schema["$defs"].values() if "kind" in entry["properties"]
    }
    assert set(models.kinds()) <= kinds
    assert set(methods.kinds()) <= kinds
    assert "Quantum of energy" in text
    assert schema["required"] == ["model", "sweep"]
    assert schema["additionalProperties"] is False


def test_the_json_schema_accepts_what_load_accepts_and_refuses_what_it_refuses():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    good = [two_level(), ising(sweep={"temperature": {"linspace": [1, 2, 3]}}), ising(method={"kind": "enumeration"})]
    for source in good:
        load(source)
        assert validator.is_valid(source), source
    for bad in (two_level(x=1), two_level(model={"kind": "nope"}), two_level(sweep={"temperature": {"lin": 1}})):
        problems(bad)
        assert not validator.is_valid(bad), bad


@pytest.mark.parametrize("kind", sorted(models.KINDS))
def test_the_template_of_every_kind_is_a_valid_configuration(write, kind):
    write("energy [cm-1],g\n0,1\n", "levels.csv")
    config = load(write(template(kind)))
    assert isinstance(config, RunConfig)
    assert config.model().kind == kind


def test_a_loaded_configuration_passes_through_and_takes_no_overrides():
    config = load(two_level())
    assert load(config) is config
    with pytest.raises(InputError, match="loaded already"):
        load(config, ["title=x"])
