"""The command line answers at once: whole processes, beside a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time

CONFIG = "model: {kind: two_level, gap: 1.0}\nsweep: {temperature: {linspace: [0.1, 5, 100]}}\n"


def fastest(arguments, times):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_help_and_a_small_run(benchmark, tmp_path):
    config = tmp_path / "small.yaml"
    config.write_text(CONFIG)
    run = ["-m", "statmech", "run", "-q", str(config), "-o", str(tmp_path / "small.h5")]
    bare, help_, small = fastest(["-c", "pass"], 10), fastest(["-m", "statmech", "--help"], 10), fastest(run, 5)
    benchmark.extra_info.update(bare=bare, help=help_, run=small)
    print(f"\npython -c pass {bare:.3f} s; statmech --help {help_:.3f} s; statmech run {small:.3f} s")
    benchmark.pedantic(lambda: fastest(["-m", "statmech", "--help"], 1), rounds=3)
    assert help_ <= 0.12
    assert small <= 1.5
