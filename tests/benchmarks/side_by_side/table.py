"""The measured pairs as Markdown."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["beside_peers", "headline", "markdown", "summary"]


def duration(seconds: float | None) -> str:
    """With a unit that leaves few digits."""
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def volume(size: float | None) -> str:
    """Of memory."""
    if size is None:
        return "-"
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return "< 1 MB"


def ratio(row: dict[str, Any]) -> str:
    """How many times as long the peer takes."""
    if row.get("absent"):
        return "not measured"
    if row.get("ratio") is None:
        return "-"
    value = row["ratio"]
    return f"{value:.0f}x" if value >= 10 else f"{value:.2g}x"


def remark(row: dict[str, Any]) -> str:
    """Difference of the answers, or why there is none."""
    if row.get("absent"):
        return str(row["absent"])
    if row.get("refused"):
        return f"we refuse ({row['refused']}); they give {row.get('they_say', '-')}"
    if row.get("failure"):
        return f"**{row['failure']}**"
    apart = row.get("difference")
    text = "" if apart is None else "equal" if apart == 0 else f"{apart:.0e}"
    return f"{text}, with {row['warned'][0]}" if row.get("warned") else text


def headline(row: dict[str, Any]) -> str:
    """One row for a terminal."""
    return (
        f"{row['name']}: ours {duration(row.get('ours'))}, theirs {duration(row.get('theirs'))}, {ratio(row)}; "
        f"{remark(row).strip('*')}"
    )


def beside_peers(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with a ratio to another program; not those beside a floor that nothing can undercut."""
    floors = ("-", "python -c pass", "reading it only")
    return [row for row in report["pairs"] if row.get("ratio") and row["peer"] not in floors]


def summary(report: dict[str, Any]) -> str:
    """The table in a sentence."""
    measured = beside_peers(report)
    ahead = sum(row["ratio"] > 1 for row in measured)
    far = sum(row["ratio"] >= 5 for row in measured)
    failed = sum(bool(row.get("failure")) for row in report["pairs"])
    middle = math.exp(sum(math.log(row["ratio"]) for row in measured) / len(measured)) if measured else math.nan
    return (
        f"{len(measured)} comparisons with a peer: ahead in {ahead}, at least 5x in {far}, "
        f"geometric mean {middle:.1f}x; {failed} where the peer gave no right answer."
    )


def markdown(report: dict[str, Any]) -> str:
    """Every pair, every law, the versions."""
    lines = [
        "# Side by side",
        "",
        f"{summary(report)} Measured in turns in one process per pair, one thread, medians"
        + (" (QUICK=1: few rounds)" if report["quick"] else "")
        + ". The ratio is their time over ours; the difference is that of the answers, relative to the largest.",
        "",
        "| area | work | peer | ours | theirs | ratio | memory, ours / theirs | difference | note |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["pairs"]:
        memory = f"{volume(row.get('ours_memory'))} / {volume(row.get('theirs_memory'))}"
        theirs = duration(row.get("theirs")) + (" (one call)" if row.get("once") else "")
        cells = (
            row["area"], row["work"], row["peer"], duration(row.get("ours")), theirs,
            ratio(row), memory, remark(row), row["note"],
        )  # fmt: skip
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    lines += [
        "",
        "## Cost against size",
        "",
        "Least of a few times at each size; the exponent is fitted to the upper half of the sizes, large enough that "
        "what a call costs beside them does not show.",
        "",
        "| method | against | sizes | seconds | peak memory | exponent | expected |",
        "|---|---|---|---|---|---|---|",
    ]
    for law in report["scaling"]:
        if "exponent" not in law:
            lines.append(f"| {law['method']} | {law['size']} | | | | **{law.get('failure', 'not measured')}** | |")
            continue
        kind = "2^(x n)" if law["form"] == "exponential" else "n^x"
        lines.append(
            f"| {law['method']} | {law['size']} | {', '.join(map(str, law['sizes']))} | "
            f"{', '.join(duration(s) for s in law['seconds'])} | {volume(law['memory'][-1])} | "
            f"{kind}, x = {law['exponent']:.2f} | {law['expected']} |"
        )
    changed = report["changed_digits"]
    lines += [
        "",
        "No answer of ours changed digits." if not changed else "Answers of ours that changed: " + "; ".join(changed),
        "",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in report["versions"].items()) + ".",
        "",
    ]
    return "\n".join(lines)
