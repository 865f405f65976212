"""A measured table into the README and the documentation: their figures are generated, never typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.side_by_side.picture import draw
from benchmarks.side_by_side.table import duration, markdown, ratio, remark, summary

__all__ = ["BEGIN", "END", "publish", "readme_section"]

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"


def readme_section(report: dict[str, Any]) -> str:
    """The sentence that sums the table up, and one row of each area: the largest work with a peer."""
    chosen: dict[str, dict[str, Any]] = {}
    for row in report["pairs"]:
        if row.get("ratio") and (row["area"] not in chosen or row["ours"] > chosen[row["area"]]["ours"]):
            chosen[row["area"]] = row
    lines = [
        f"{summary(report)} [Every row](docs/benchmarks.md), slower ones included; `make bench` measures it anew.",
        "",
        "| area | work | beside | ours | theirs | ratio | answers differ by |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in chosen.values():
        cells = (
            *(row[key] for key in ("area", "work", "peer")),
            *(duration(row["ours"]), duration(row["theirs"]), ratio(row), remark(row)),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def publish(report: dict[str, Any], root: Path) -> None:
    """Write the table into docs/benchmarks.md, its picture beside it, and the section of README.md.

    Raises
    ------
    ValueError
        If a page has lost its marks.
    """
    (root / "docs" / "images").mkdir(parents=True, exist_ok=True)
    draw(report, root / "docs" / "images" / "benchmarks.svg")
    picture = "![Ratios of the table](images/benchmarks.svg)"
    _, _, table = markdown(report).partition("\n\n")  # the page has a heading of its own
    _between(root / "docs" / "benchmarks.md", f"{picture}\n\n{table.strip()}")
    _between(root / "README.md", readme_section(report))


def _between(page: Path, text: str) -> None:
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name}: expected {BEGIN} ... {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
