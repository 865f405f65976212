"""The ratios of the table as a picture: one dot a pair, on a logarithmic axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.side_by_side.table import beside_peers

__all__ = ["draw"]

OURS, THEIRS = "#0072B2", "#D55E00"  # Okabe and Ito: told apart with any colour vision


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the picture; the marker says on which side of 1 a ratio lies, beside the colour."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = beside_peers(report)
    if not rows:
        return
    figure = Figure(figsize=(8.0, 1.2 + 0.19 * len(rows)), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    for y, row in enumerate(reversed(rows)):
        ahead = row["ratio"] >= 1
        colour, marker = (OURS, "o") if ahead else (THEIRS, "s")
        axes.hlines(y, min(1.0, row["ratio"]), max(1.0, row["ratio"]), color=colour, linewidth=1)
        axes.plot(
            row["ratio"],
            y,
            marker,
            color=colour,
            markersize=5,
            markerfacecolor="white" if row.get("failure") else colour,
        )
    axes.axvline(1.0, color="0.3", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [f"{row['work']}  /  {row['peer']}" for row in reversed(rows)], fontsize=6.5)
    axes.set_ylim(-1, len(rows))
    axes.set_xlabel("their time / our time (open marker: their answer is not right)", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.savefig(path, format="svg", metadata={"Date": None})
