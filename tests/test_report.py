"""The report of a result: one page that holds everything, needs nothing, and can be read by eye, ear and keyboard."""

from __future__ import annotations

import base64
import csv
import io
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from statmech import EnergyLevels, solve
from statmech.cli import main
from statmech.errors import ResultsError
from statmech.report import report_page, write_report
from statmech.results import open_results, write_results
from statmech.run import run

VOID = {"meta", "link", "br", "img", "input"}
SQUARE = {
    "title": "A & B <square>",
    "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [3, 3]}},
    "sweep": {"temperature": {"linspace": [0.5, 5, 60]}, "model.field": [0.0, 0.5]},
}


class Page(HTMLParser):
    """Elements with their attributes; every tag has to be closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.stack, self.texts = [], [], []
        self.feed(text)
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), len(self.stack)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), len(self.stack)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def find(self, tag):
        return [attrs for name, attrs, _ in self.elements if name == tag]


@pytest.fixture(scope="module")
def square():
    return run(SQUARE)


@pytest.fixture(scope="module")
def text(square):
    return report_page(square, source="results/square.h5")


def test_the_page_is_well_formed_and_needs_nothing_else(square, text):
    page = Page(text)
    assert page.find("html") == [{"lang": "en"}]
    assert page.find("script") == []
    assert "A &amp; B &lt;square&gt;" in text
    ids = [attrs["id"] for _, attrs, _ in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = {attrs[key] for _, attrs, _ in page.elements for key in ("href", "xlink:href") if key in attrs}
    inside |= {f"#{name}" for name in re.findall(r"url\(#([^)]+)\)", text)}
    assert {name[1:] for name in inside if name.startswith("#")} <= set(ids)
    assert all(name.startswith(("#", "data:")) for name in inside)
    assert set(re.findall(r"https?://[^\"' <]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert report_page(square, source="results/square.h5") == text


def test_it_can_be_read_by_ear_and_keyboard(text):
    page = Page(text)
    assert len(page.find("h1")) == 1
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert max(np.diff(levels)) <= 1  # no level is skipped
    drawings = page.find("svg")
    assert len(drawings) == 6  # F, U, S, C, M, chi
    named = {attrs.get("id") for attrs in page.find("title")}
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] in named for attrs in drawings)
    words = " ".join(page.texts)
    assert re.search(r"Curve of Heat capacity over Temperature.*? from 0\.5 to 5, 2 curves by Field h", words)
    assert re.search(r"Lowest \S+ k_B at \S+, highest \S+ k_B at", words)
    assert all(attrs.get("scope") == "col" for attrs in page.find("th"))
    regions = [attrs for attrs in page.find("div") if attrs.get("class") == "scroll"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)
    assert page.find("a")[0]["href"] == "#main"  # skip to the content
    assert len(page.find("caption")) == 1


def test_it_says_method_exactness_units_and_how_to_go_on(text):
    words = re.sub(r"\s+", " ", " ".join(Page(text).texts))
    for part in (
        "enumeration, exact; from square.h5",
        "Why this method",
        "Relative error bound 1e-12",
        "Zero of energy that of the model's Hamiltonian",
        "Units of the results reduced",
        "statmech.open_results('square.h5')",
        "statmech run square.yaml -o again.h5",
        "version of numpy",
        "shape: [3, 3]",
    ):
        assert part in words, part


def test_the_csv_has_every_digit_of_every_point(square, text):
    page = Page(text)
    (link,) = (attrs for attrs in page.find("a") if attrs.get("download", "").endswith(".csv"))
    text = base64.b64decode(link["href"].partition("base64,")[2]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 120
    for row in rows[::17]:
        point = square.sel(temperature=float(row["temperature"]), field=float(row["field"]))
        assert float(row["heat_capacity [k_B]"]) == float(point.heat_capacity)
        assert float(row["magnetization"]) == float(point.magnetization)
    (link,) = (attrs for attrs in page.find("a") if attrs.get("download", "").endswith(".yaml"))
    assert base64.b64decode(link["href"].partition("base64,")[2]).decode() == square.attrs["config"]


def test_doubtful_points_and_warnings_come_first():
    ds = solve(EnergyLevels([0.0, 1.0]), np.linspace(1, 2, 5))
    assert "Look twice" not in report_page(ds)
    status = np.array([0, 0, 8, 8, 8], np.int8)
    doubtful = ds.assign(status=ds.status.copy(data=status))
    doubtful.attrs["model_warning"] = "3 lines < 0 were skipped"
    text = report_page(doubtful)
    place = text.index("Look twice")
    assert place < text.index('<section id="summary"')
    assert "3 points are not to be relied on: too few samples" in text
    assert "3 lines &lt; 0 were skipped" in text
    assert '<th scope="col">status</th>' in text


def test_a_single_point_and_a_large_sweep_make_a_page_too():
    one = report_page(solve(EnergyLevels([0.0, 1.0]), 1.0))
    Page(one)
    assert "No curve" in one
    assert "0.582203" in one


def test_a_large_sweep_stays_under_a_megabyte():
    temperatures, fields = np.linspace(1, 5, 1500), np.linspace(0, 2, 60)
    levels = EnergyLevels([-4.0, -2, 0, 2, 4], [2, 8, 12, 8, 2], observables={"magnetization": [4.0, 2, 0, -2, -4]})
    large = solve(levels, temperatures, field=fields)
    text = report_page(large)
    Page(text)
    assert 100_000 < len(text.encode()) < 1_000_000
    assert "too much for this page" in text
    assert "200 of 90000 points" in text
    assert "12 of 60 values of field" in text


def test_the_command_writes_it_beside_the_results(tmp_path, square, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_results(square, "square.h5")
    assert main(["report", "square.h5"]) == 0
    assert capsys.readouterr().out == "square.html\n"
    assert Path("square.html").stat().st_size < 1_000_000
    assert main(["report", "square.h5", "-o", "missing/x.html"]) != 0
    assert "choose another file with -o" in capsys.readouterr().err
    with pytest.raises(ResultsError, match="could not be written"):
        write_report(open_results("square.h5"), tmp_path / "missing" / "x.html")


@pytest.mark.skipif(not os.environ.get("STATMECH_SOAK"), reason="starts a browser; STATMECH_SOAK=1")
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")
def test_a_browser_has_no_complaint(tmp_path, square):
    file = write_report(square, tmp_path / "page.html")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run([*command, f"file://{file}"], capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count("<svg") == 6
