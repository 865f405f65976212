"""The benchmark table: ``python -m benchmarks.side_by_side OUT [--quick] [--only AREA]``, with ``tests`` on the path.

Each pair is measured in a process of its own, both sides in turns, each in one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.areas import all_pairs
from benchmarks.side_by_side.digits import changed_digits
from benchmarks.side_by_side.picture import draw
from benchmarks.side_by_side.publication import publish
from benchmarks.side_by_side.scaling import laws
from benchmarks.side_by_side.table import headline, markdown

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
) | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
PACKAGES = (
    *("statmech", "numpy", "scipy", "numba", "torch", "ase", "phonopy", "dimod", "dwave-samplers", "quimb", "cotengra"),
    *("peapods", "pyalps", "pymbar", "hmmlearn", "dynamax", "jax", "cogent3"),
)
LIMIT = 300.0  # seconds for one pair


def child(kind: str, name: str, quick: bool) -> dict[str, Any]:
    """What the measuring process found, or how it ended."""
    command = [sys.executable, "-m", "benchmarks.side_by_side.child", kind, name, "quick" if quick else "full"]
    try:
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return {"failure": f"no end within {LIMIT:g} s"}
    if done.returncode:
        return {"failure": f"the process ended with {done.returncode}", "stderr": done.stderr[-2000:]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def versions() -> dict[str, str]:
    """Of everything that was compared, and of the interpreter; nothing of the machine but its kind."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def main() -> int:
    """Measure, compare the digits with those kept, write JSON, Markdown and the picture."""
    parser = argparse.ArgumentParser(prog="benchmarks.side_by_side", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder of benchmarks.json, benchmarks.md and benchmarks.svg")
    parser.add_argument("--quick", action="store_true", help="few pairs, few rounds: under five minutes")
    parser.add_argument("--only", help="areas or works whose name contains this")
    parser.add_argument("--publish", action="store_true", help="into README.md and docs/, too")
    parser.add_argument("--keep-digits", action="store_true", help="take today's digits as those to hold")
    asked = parser.parse_args()
    began = time.perf_counter()
    rows: list[dict[str, Any]] = []
    for pair in all_pairs():
        if (asked.quick and not pair.quick) or (asked.only and asked.only not in pair.name):
            continue
        row = {"area": pair.area, "work": pair.work, "peer": pair.peer, "note": pair.note, "name": pair.name}
        rows.append(row | child("pair", pair.name, asked.quick))
        print(headline(rows[-1]), flush=True)
    curves: list[dict[str, Any]] = []
    for law in laws():
        if asked.only and asked.only not in law.name:
            continue
        curves.append({"method": law.method, "size": law.size, "name": law.name} | child("law", law.name, asked.quick))
        print(
            f"{law.name}: exponent {curves[-1].get('exponent', float('nan')):.2f}, expected {law.expected}", flush=True
        )
    digits = changed_digits(rows, keep=asked.keep_digits)
    report = {
        "versions": versions(),
        "quick": asked.quick,
        "seconds": time.perf_counter() - began,
        "load": os.getloadavg()[0],
        "pairs": rows,
        "scaling": curves,
        "changed_digits": digits,
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "benchmarks.json").write_text(json.dumps(report, indent=1) + "\n")
    (asked.out / "benchmarks.md").write_text(markdown(report))
    draw(report, asked.out / "benchmarks.svg")
    if asked.publish:
        publish(report, Path(__file__).resolve().parents[3])
    print(f"\n{len(rows)} pairs in {report['seconds']:.0f} s; {asked.out / 'benchmarks.md'}")
    for line in digits:
        print(f"digits changed: {line}")
    return 1 if digits else 0


if __name__ == "__main__":
    raise SystemExit(main())
