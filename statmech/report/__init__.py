"""One page that tells what a result is: a self-contained HTML file that opens anywhere, without a network."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from statmech.errors import ResultsError
from statmech.report.figures import figures
from statmech.report.style import STYLE
from statmech.report.values import csv_size, csv_text, download, value_table
from statmech.summary import summarise

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["report_page", "write_report"]

_LARGEST_CSV: Final = 200_000  # bytes in the page, which is to stay under a megabyte

# attribute -> what it is called on the page; the order is that of the page
_FACTS: Final = {
    "exactness": "Exactness",
    "relative_error_bound": "Relative error bound",
    "relative_error_bound_of": "which holds for",
    "output_units": "Units of the results",
    "per": "Extensive quantities per",
    "energy_unit": "Unit of the model's energies",
    "zero_of_energy": "Zero of energy",
    "boltzmann_constant": "Boltzmann constant",
    "sites": "Sites",
    "seed": "Seed",
}


def write_report(dataset: Dataset, path: str | os.PathLike[str], *, source: str = "results.h5") -> Path:
    """Write the report of a result: what ``statmech report FILE`` does.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results.
    path : path-like
        HTML file to write. Its folder must exist.
    source : str
        Name of the results file, for the lines that say how to open it again.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ResultsError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.solve import solve
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(solve(EnergyLevels([0.0, 1.0]), [0.5, 1.0]), f"{folder}/two.html")
    ...     page.read_text()[:15]
    '<!DOCTYPE html>'
    """
    target, text = Path(path), report_page(dataset, source=source)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ResultsError(
            f"{path}: the report could not be written: {problem.strerror}; choose another file with -o"
        ) from problem
    return target


def report_page(dataset: Dataset, *, source: str = "results.h5") -> str:
    """The page as text; equal results give equal text."""
    found = summarise(dataset)
    title = str(found["title"] or Path(source).stem)
    drawn = list(figures(dataset))
    sections = {
        "summary": ("Summary", _summary(found)),
        "curves": ("Curves", _curves(drawn)),
        "values": ("Values", _values(dataset, source)),
        "configuration": ("Configuration", _configuration(found, source)),
        "again": ("Open and reproduce", _again(found, source)),
        "provenance": ("Provenance", _provenance(found)),
    }
    links = "".join(f'<li><a href="#{name}">{words}</a></li>' for name, (words, _) in sections.items())
    body = "\n".join(
        f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{words}</h2>\n{text}\n</section>'
        for name, (words, text) in sections.items()
    )
    method = f"{found['attributes'].get('method', 'unknown method')}, {found['attributes'].get('exactness', '')}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{_text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the results</a>
<header>
<h1>{_text(title)}</h1>
<p class="lead">{_text(method)}; from {_text(Path(source).name)}</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main id="main">
{_notes(found)}
{body}
</main>
</body>
</html>
"""


def _text(value: Any) -> str:
    return html.escape(str(value))


def _list(rows: Iterator[tuple[str, str]]) -> str:
    return "<dl>\n" + "\n".join(f"<dt>{_text(name)}</dt><dd>{value}</dd>" for name, value in rows) + "\n</dl>"


def _notes(found: dict[str, Any]) -> str:
    """What needs a second look, before everything else."""
    lines = [
        f"{count} {'point is' if count == 1 else 'points are'} not to be relied on: {name.replace('_', ' ')}"
        for name, count in found["status"].items()
        if name != "ok"
    ]
    attributes = found["attributes"]
    lines += [f"warning of the reader: {attributes['model_warning']}"] if "model_warning" in attributes else []
    if not lines:
        return ""
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return (
        f'<div class="note" role="note" aria-label="Warnings"><p><strong>Look twice</strong></p><ul>{items}</ul></div>'
    )


def _summary(found: dict[str, Any]) -> str:
    attributes = found["attributes"]

    def rows() -> Iterator[tuple[str, str]]:
        yield "Model", _model(found)
        yield "Method", f"<code>{_text(attributes.get('method', 'unknown'))}</code>"
        yield "Why this method", _text(attributes.get("method_reason", "not recorded"))
        for name, row in found["dimensions"].items():
            yield f"Axis {name}", _text(_axis(row))
        for name, words in _FACTS.items():
            if name in attributes and (name != "relative_error_bound_of" or attributes.get("exactness") == "exact"):
                yield words, _text(attributes[name])
        if found["not_computed"]:
            yield "Not computed", "<br>".join(_text(line) for line in str(found["not_computed"]).split("; "))

    return _list(rows())


def _model(found: dict[str, Any]) -> str:
    resolved = found["config_resolved"]
    if not isinstance(resolved, dict):
        return "see the Python call that made this result"
    model = resolved.get("model", {})
    details = ", ".join(
        f"{name} = {_plain(value)}" for name, value in model.items() if name != "kind" and value is not None
    )
    return f"<code>{_text(model.get('kind', '?'))}</code>{': ' if details else ''}{_text(details)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_plain(item)}" for name, item in value.items() if item is not None) + "}"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _axis(row: dict[str, Any]) -> str:
    unit = "" if row["units"] == "1" else f" {row['units']}"
    if row["values"]:
        return ", ".join(map(_number, row["values"])) + unit
    return f"{row['size']} values, {_number(row['first'])} to {_number(row['last'])}{unit}"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _curves(drawn: list[str]) -> str:
    if not drawn:
        return "<p>No curve: there is no axis of numbers with two points. The values stand below.</p>"
    return '<div class="figures">\n' + "\n".join(drawn) + "\n</div>"


def _values(dataset: Dataset, source: str) -> str:
    size, stem = csv_size(dataset), Path(source).stem
    if size <= _LARGEST_CSV:
        text = csv_text(dataset)
        link = f'<p><a download="{_text(stem)}.csv" href="{download(text)}">Download all values as CSV</a></p>'
    else:
        command = f"import statmech; statmech.open_results({Path(source).name!r}).to_dataframe().to_csv('{stem}.csv')"
        link = f"<p>All values as CSV are {size / 1e6:.1g} MB, too much for this page. In Python:</p>"
        link += f'<pre tabindex="0" aria-label="Python">{_text(command)}</pre>'
    return f"{link}\n{value_table(dataset)}"


def _configuration(found: dict[str, Any], source: str) -> str:
    text = str(found["config"])
    if not text:
        return "<p>Made by a call of <code>solve</code> in Python, without a configuration.</p>"
    name = f"{Path(source).stem}.yaml"
    return (
        f'<p><a download="{_text(name)}" href="{download(text, "application/yaml")}">Download {_text(name)}</a></p>\n'
        f'<pre tabindex="0" aria-label="Configuration">{_text(text)}</pre>\n'
        "<details><summary>With every default written out</summary>\n"
        f'<pre tabindex="0" aria-label="Resolved configuration">'
        f"{_text(json.dumps(found['config_resolved'], indent=2, ensure_ascii=False))}</pre></details>"
    )


def _again(found: dict[str, Any], source: str) -> str:
    name, stem = Path(source).name, Path(source).stem
    python = f"import statmech\nds = statmech.open_results({name!r})      # an xarray.Dataset\nds.heat_capacity"
    shell = f"statmech show {name}\nstatmech plot {name}\nncdump -h {name}"
    text = (
        f"<h3>In Python</h3>\n<pre>{_text(python)}</pre>\n<h3>In a terminal</h3>\n<pre>{_text(shell)}</pre>\n"
        "<p>It is netCDF-4 compatible HDF5: xarray, h5py, HDFView and H5Web open it too.</p>\n"
    )
    if not found["config"]:
        return text
    run = f"statmech run {stem}.yaml -o again.h5"
    versions = ", ".join(f"{package} {number}" for package, number in found["versions"].items())
    return (
        f"{text}<h3>Compute it again</h3>\n<pre>{_text(run)}</pre>\n"
        f"<p>with the configuration above, beside the files that it names. Made with {_text(versions)}.</p>"
    )


def _provenance(found: dict[str, Any]) -> str:
    told = {*_FACTS, "method", "method_reason", "model_warning"}
    rest = ((name, _text(value)) for name, value in found["attributes"].items() if name not in told)
    versions = (("version of " + package, _text(number)) for package, number in found["versions"].items())
    return _list(iter([*rest, *versions]))
