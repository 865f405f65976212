"""No mutated file crashes a parser, hangs it, or gets a traceback out of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import TARGETS

SOAK = os.environ.get("STATMECH_SOAK", "0") not in ("", "0")
DATA = Path(os.environ.get("STATMECH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
# 50 000 in all where there is time; those that cost tens of milliseconds each get fewer
COUNTS = {"yaml": 4000, "results": 3000, "journal": 1000, "override": 2000, "qchem": 2500, "molecule": 2500}
OTHERS = 3000


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_files_are_read_or_refused(target, tmp_path):
    count = COUNTS.get(target, OTHERS) if SOAK else 40
    data = [str(DATA)] if DATA.is_dir() else []
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzzing.py")), target, str(count), "1", str(tmp_path), *data],
        capture_output=True, text=True, timeout=7200 if SOAK else 300,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stderr[-3000:]}\nthe case is in {tmp_path}"
    print(done.stdout.strip())
    accepted = int(re.search(rf"{target}: {count} cases, (\d+) accepted", done.stdout)[1])
    assert 0 < accepted < count  # neither is everything refused at its first byte, nor nothing


def test_enough_cases_are_tried_in_the_long_run():
    assert sum(COUNTS.get(target, OTHERS) for target in TARGETS) >= 50_000
