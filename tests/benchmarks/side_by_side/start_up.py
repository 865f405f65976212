"""Whole processes: help and the smallest run, beside a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.base import Pair

AREA = "start-up"
CONFIG = "model: {kind: two_level, gap: 1.0}\nsweep: {temperature: {linspace: [0.1, 5, 100]}}\n"


def _prepare(what: str) -> Any:
    folder = Path(tempfile.mkdtemp(prefix="statmech-bench-"))
    (folder / "small.yaml").write_text(CONFIG)
    arguments = {
        "--help": ["--help"],
        "smallest run": ["run", "-q", str(folder / "small.yaml"), "-o", str(folder / "small.h5")],
    }[what]

    def process(arguments: list[str]) -> float:
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        return 0.0

    return (lambda: process(["-m", "statmech", *arguments])), (lambda: process(["-c", "pass"]))


def pairs() -> list[Pair]:
    """There is no peer; the bare interpreter is what cannot be undercut."""
    return [
        Pair(AREA, what, "python -c pass", partial(_prepare, what), note="a floor, not a peer")
        for what in ("--help", "smallest run")
    ]
