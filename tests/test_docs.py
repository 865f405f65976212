"""What README and documentation show runs, and what is written from the classes is up to date."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
_SPEC = importlib.util.spec_from_file_location("pages", DOCS / "pages.py")
pages = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pages)

SLOW = {"gallery"}  # a minute: python docs/pages.py gallery, or STATMECH_SOAK=1
PAGES = [TOP / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_a_page_shows_runs(page, tmp_path, monkeypatch, capsys):
    if page.stem in SLOW and not os.environ.get("STATMECH_SOAK"):
        pytest.skip("takes a minute; STATMECH_SOAK=1")
    monkeypatch.chdir(tmp_path)
    for folder in ("results", "images"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs").symlink_to(TOP / "configs")
    shown = sum(language in ("python", "sh") for language, _ in pages.blocks(page.read_text()))
    assert (pages.run_page(page) > 0) or shown == 0 or page.stem in ("benchmarks", "notebooks")


def test_a_page_with_a_mistake_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    for text, failure in (
        ("```python\nimport statmech\nstatmech.solv\n```\n", AttributeError),
        ("```sh\nstatmech show nothing.h5\n```\n", AssertionError),
        ("```sh\nstatmach show nothing.h5\n```\n", AssertionError),
    ):
        page.write_text(text)
        with pytest.raises(failure):
            pages.run_page(page)


def test_the_table_of_the_readme_is_that_of_the_classes():
    text = (TOP / "README.md").read_text()
    assert pages.readme(text) == text, "python docs/pages.py"
    assert text.count("<!-- benchmarks:begin -->") == text.count("<!-- benchmarks:end -->") == 1


def test_every_public_name_has_its_place_in_the_reference():
    import statmech
    from statmech import models

    listed = set(re.findall(r"^::: (\S+)$", "\n".join(pages.reference().values()), re.MULTILINE))
    last = {name.rpartition(".")[2] for name in listed}
    assert not set(statmech.__all__) - last - {"__version__", *statmech._MODULES}
    assert not {home.replace(":", ".") for home in models.KINDS.values()} - listed


def test_pages_and_figures_that_are_linked_exist():
    kept = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*") if path.is_file()} | set(pages.reference())
    for page in PAGES:
        home = page.parent
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                found = (home / target).resolve()
                known = found.is_relative_to(DOCS) and found.relative_to(DOCS).as_posix() in kept
                assert known or found.exists(), f"{page.name}: {target}"


def test_every_notebook_is_listed():
    listed = set(re.findall(r"^\| `(\d\d_\w+)`", (DOCS / "notebooks.md").read_text(), re.MULTILINE))
    assert listed >= {path.stem for path in (TOP / "notebooks").glob("[0-9]*.ipynb")}


def test_the_site_builds_without_warnings(tmp_path):
    """With mkdocs, where it is installed (extra ``docs``); ``make docs`` does the same."""
    pytest.importorskip("mkdocs")
    import subprocess

    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    page = (tmp_path / "site" / "index.html").read_text()
    fetched = re.findall(r"(?:src|href)=\"(https?://[^\"]+)\"", page)
    assert not [address for address in fetched if "font" in address or address.endswith((".js", ".css"))]
