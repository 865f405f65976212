"""Measure one pair in this process and print the result as JSON: ``python -m benchmarks.side_by_side.child NAME``."""

from __future__ import annotations

import json
import sys

from benchmarks.side_by_side.areas import all_pairs
from benchmarks.side_by_side.base import Absent, measure
from benchmarks.side_by_side.scaling import laws, measure_law


def main(kind: str, name: str, quick: bool) -> None:
    """Look the name up, measure, print one line."""
    try:
        if kind == "law":
            found = measure_law(next(law for law in laws() if law.name == name), quick)
        else:
            found = measure(next(pair for pair in all_pairs() if pair.name == name), quick)
    except Absent as reason:
        found = {"absent": str(reason)}
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "quick")
