"""What a run will need, known before it begins: time from one point that is done, memory, size of the results."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from statmech.dataset import Solution
from statmech.errors import ResourceError
from statmech.methods.base import Cost
from statmech.run.base import Estimate

__all__ = ["available_memory", "check_memory", "estimate"]

_TRY_BELOW = 20.0  # seconds: a point that is estimated to take longer is not tried
_AGAIN_BELOW = 5.0  # a point this fast is done twice: the first one loads libraries and compiles
_FILE_BYTES = 40_000  # of a results file without points: coordinates, attributes, configuration


def estimate(total: Cost, one: Cost, units: int, points: int, attempt: Callable[[], Solution]) -> Estimate:
    """Estimate from the costs that methods state, corrected by what one point takes here.

    Parameters
    ----------
    total, one : Cost
        Of the whole run, and of the point that is tried.
    units, points : int
        How many pieces of work and how many points there are.
    attempt : callable
        Computes the point.

    Examples
    --------
    >>> estimate(Cost(1e6, 8e9), Cost(1e3, 8e9), 1000, 1000, lambda: None).seconds  # too long to be tried
    1000000.0
    """
    if not one.seconds <= _TRY_BELOW:
        return Estimate(total.seconds, total.memory)
    start = perf_counter()
    solution = attempt()
    tried = perf_counter() - start
    if tried < _AGAIN_BELOW:
        start = perf_counter()
        attempt()
        tried = min(tried, perf_counter() - start)
    # What methods state is the work itself; beside it each unit has its own overhead, all there is of a small one.
    seconds = total.seconds * tried / one.seconds if one.seconds >= 0.01 else total.seconds + units * tried
    size = _FILE_BYTES + 8.0 * points * (1 + len(solution.columns()))
    return Estimate(seconds, total.memory, size, tried)


def available_memory() -> float:
    """Bytes that processes can still take, also inside a container; ``inf`` where the system does not say.

    Examples
    --------
    >>> available_memory() > 1e6
    True
    """
    found = [math.inf]
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024.0 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]))
    with suppress(OSError, ValueError):
        most = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if most != "max":
            found.append(float(int(most) - int(Path("/sys/fs/cgroup/memory.current").read_text())))
    return min(found)


def check_memory(memory: float, workers: int, methods: str) -> None:
    """Refuse what would exceed the memory.

    Raises
    ------
    ResourceError
        With how much is needed, how much there is and what to change.

    Examples
    --------
    >>> check_memory(1e18, 2, "enumeration")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    statmech.errors.ResourceError: memory: enumeration needs about 1e+09 GB in each of 2 workers, and ... GB are free...
    """
    free = available_memory()
    if memory * max(1, workers) <= free:
        return
    each = f" in each of {workers} workers" if workers > 1 else ""
    fewer = " with fewer workers (--executor processes:1),"
    advice = fewer if workers > 1 and memory <= free else ""
    raise ResourceError(
        f"memory: {methods} needs about {memory / 1e9:.3g} GB{each}, and {free / 1e9:.3g} GB are free; run it{advice} "
        "on a larger machine, with a smaller system or fewer temperatures, or with another method "
        "(statmech plan says which others can)"
    )
