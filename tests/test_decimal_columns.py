"""Plain decimals, compiled: the floats are those of Python's own parser, and what is none is left alone."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from statmech import read_levels
from statmech.readers.base import rows
from statmech.readers.base.decimal_columns import decimal_columns
from statmech.readers.base.text_files import Lines, line_blocks


def columns_of(lines, used):
    return decimal_columns(Lines.of(lines), used)


def test_every_float_is_that_of_python(tmp_path):
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.uniform(-99_999, 99_999, 3000), rng.uniform(0, 1e-3, 500), [0.0, -0.0, 99_999.999999]])
    for decimals in (0, 1, 3, 6, 9):
        lines = [
            f"{i:8d} {value:18.{decimals}f} {i % 90 * 2 + 1:5d} {i % 7 / 2:5.1f} Inf\n"
            for i, value in enumerate(values)
        ]
        found = columns_of(lines, {"energy": 1, "degeneracy": 2, "j": 3})
        cells = [line.split() for line in lines]
        for name, column in (("energy", 1), ("degeneracy", 2), ("j", 3)):
            exact = np.array([float(row[column]) for row in cells])
            assert found[name].tobytes() == exact.tobytes(), (name, decimals)


def test_points_that_do_not_stand_below_each_other():
    texts = ["5085.01844", "0.0", "-12.5", "17", "-.25", "3.", "99999.999999999"]
    lines = [f"{i:6d} {texts[i % 7]:>18}\n" for i in range(100)]
    found = columns_of(lines, {"energy": 1})
    assert found["energy"].tolist() == [float(texts[i % 7]) for i in range(100)]
    lines[50] = f"{50:6d} {'9999999.999999999':>18}\n"  # 16 digits: more than one rounding would do
    assert columns_of(lines, {"energy": 1}) is None
    for text in (".1234567890123456", "1234567890123456", "12345678901234.56", "1.2345678901234567"):
        assert columns_of([f"1 {text:>20}\n"] * 100, {"energy": 1}) is None, text
    for text in (".123456789012345", "123456789012345", "1234567890123.45", "-1.23456789012345"):
        found = columns_of([f"1 {text:>20}\n"] * 100, {"energy": 1})
        assert found["energy"].tolist() == [float(text)] * 100


GOOD = [f"{i:6d} {i / 8:12.4f} {2 * i + 1:6d} {i:5d}\n" for i in range(200)]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(".", ","),
        lambda line: line.replace(" ", "\t", 1),
        lambda line: line[:-1] + " \n",  # longer than the others
        lambda line: line[:-1] + "\u2028 x\n",
        lambda line: line[:7] + "\x0b" + line[8:],
        lambda line: "\n",
        lambda line: line[:9] + "\n",
        lambda line: line[:14] + "000000" + line[20:],
        lambda line: line[:8] + "1 " + line[10:],  # two cells in one place
        lambda line: line[:14] + "1.5E+1" + line[20:],
        lambda line: line[:14] + "   nan" + line[20:],
        lambda line: line[:14] + " 1-2.5" + line[20:],
        lambda line: line[:14] + "  -   " + line[20:],
        lambda line: line[:14] + " 12.50" + line[20:],  # the point elsewhere
        lambda line: line[:20] + "x" + line[21:],
        lambda line: line[:19] + "  " + line[21:],
        lambda line: line[:10] + "\u0663" + line[11:],  # a digit, but not ASCII
        lambda line: "\n".join(["", line[1:]]),
    ],
)
def test_whatever_has_another_format_is_left_to_the_next_parser(change):
    assert columns_of(GOOD, {"energy": 1, "degeneracy": 2}) is not None
    lines = list(GOOD)
    lines[77] = change(lines[77])
    found = columns_of(lines, {"energy": 1, "degeneracy": 2})
    if found is not None:  # the same numbers, then
        exact = [float(line.split()[1]) for line in lines]
        assert found["energy"].tolist() == exact


@pytest.mark.parametrize("seed", range(20))
def test_mutated_lines_are_read_as_the_general_parser_reads_them(seed):
    rng = np.random.default_rng(seed)
    for _ in range(100):
        lines = list(GOOD[:80])
        for _ in range(rng.integers(1, 3)):
            k = int(rng.integers(len(lines)))
            place = int(rng.integers(len(lines[k]) - 1))
            lines[k] = lines[k][:place] + str(rng.choice(list(" 0123456789.-+eEx\t#"))) + lines[k][place + 1 :]
        found = columns_of(lines, {"energy": 1, "degeneracy": 2})
        if found is None:
            continue
        cells = [line.split() for line in lines]
        assert found["energy"].tolist() == [float(row[1]) for row in cells]
        assert found["degeneracy"].tolist() == [float(row[2]) for row in cells]


@pytest.mark.parametrize("name", ["40Ca-1H__Yadin.states", "12C-16O__Li2015.states.bz2", "23Na-1H__Rivlin.states"])
def test_line_lists_take_the_short_way_and_give_the_same_bits(data, monkeypatch, name):
    taken = []
    monkeypatch.setattr(rows, "decimal_columns", lambda *a: taken.append(decimal_columns(*a)) or taken[-1])
    monkeypatch.setattr(rows, "_COMPILED_FROM", 1)
    short = read_levels(data / "exomol" / name)
    assert all(table is not None for table in taken)
    monkeypatch.setattr(rows, "decimal_columns", lambda *a: None)
    general = read_levels(data / "exomol" / name)
    assert short.energies.tobytes() == general.energies.tobytes()
    assert short.degeneracies.tobytes() == general.degeneracies.tobytes()


def blocks_of(path, size):
    return [(line, list(block), len(block)) for line, block in line_blocks(path, size)]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_blocks_are_the_lines_of_the_file_whatever_their_lengths(tmp_path, size, end):
    rng = np.random.default_rng(size)
    path = tmp_path / "lines.txt"
    for lengths in (rng.integers(0, 90, 300), np.full(300, 20), np.r_[np.full(100, 3), np.full(100, 400)], [0], []):
        text = [f"{'é' * int(k % 3)}{k:.>{k}}" for k in lengths]
        path.write_bytes((end or "\n").join(text).encode() + end.encode() * bool(len(text)))
        with path.open(encoding="utf-8") as file:
            lines = list(file)
        blocks = blocks_of(path, size)
        assert [line for _, block, _ in blocks for line in block] == lines
        assert [number for number, _, _ in blocks] == list(range(1, len(lines) + 1, size))
        assert all(count == len(block) and 0 < count <= size for _, block, count in blocks)
        assert all(count == size for *_, count in blocks[:-1])
        packed = tmp_path / "lines.txt.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert blocks_of(packed, size) == blocks


def test_lines_are_a_sequence():
    lines = Lines("a\n\nb")
    assert (len(lines), list(lines), lines[2], lines[1:].text, len(lines[1:])) == (3, ["a\n", "\n", "b"], "b", "\nb", 2)
    assert lines[0:] is lines
    assert not Lines("")
    assert list(Lines.of(["a\n", "b"])[:1]) == ["a\n"]
