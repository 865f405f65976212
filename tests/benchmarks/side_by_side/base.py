"""One comparison: the same work done here and by a peer, in turns in one process, digits beside the time."""

from __future__ import annotations

import gc
import math
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

__all__ = ["Absent", "Pair", "Sides", "difference", "elsewhere", "measure", "peak_memory", "z_score"]

LONG = 10.0  # seconds of one call that are not asked for twice

Work = Callable[[], Any]
Sides = tuple[Work, Work | None] | tuple[Work, Work | None, Work]


class Absent(Exception):
    """The peer, or the data it is compared on, is not on this machine."""


@dataclass(frozen=True)
class Pair:
    """Work that two sides do.

    Attributes
    ----------
    area, work, peer : str
        Row of the table.
    prepare : callable
        Builds the problem and returns (ours, theirs): functions without arguments, each giving numbers. ``theirs``
        is None where there is nobody to compare with. A third is work that theirs cannot leave out and ours does not
        do: its time is taken off. Called in the process that measures; imports the peer.
    compare : callable (ours, theirs) -> float
        How far apart the two answers are, to be at most ``tolerance``.
    tolerance : float
        Of ``compare``; what justifies it stands beside each pair.
    rounds : int
        Turns that each side has.
    quick : bool
        Whether it is measured with QUICK=1, too.
    note : str
        What a reader must know (what the peer gives less or more than we do).
    exact : bool
        Whether our answer is the same in every run, so that its digits are kept and watched.
    """

    area: str
    work: str
    peer: str
    prepare: Callable[[], Sides]
    compare: Callable[[Any, Any], float] | None = None
    tolerance: float = 1e-10
    rounds: int = 7
    quick: bool = True
    note: str = ""
    exact: bool = True

    @property
    def name(self) -> str:
        """Unique among all pairs."""
        return f"{self.area}: {self.work} / {self.peer}"


def difference(ours: Any, theirs: Any) -> float:
    """Largest |ours - theirs| relative to the largest |theirs|; nan where theirs is not finite."""
    mine, other = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if mine.shape != other.shape:
        raise ValueError(f"shapes {mine.shape} and {other.shape}")
    if not np.all(np.isfinite(other)):
        return math.nan
    return float(np.max(np.abs(mine - other)) / max(float(np.max(np.abs(other))), np.finfo(float).tiny))


def z_score(ours: Any, theirs: Any) -> float:
    """Distance of two estimates (value, error) in units of their joint error."""
    return abs(float(ours[0]) - float(theirs[0])) / math.hypot(float(ours[1]), float(theirs[1]))


def elsewhere(script: str, problem: str) -> Callable[[], float]:
    """A peer that cannot share our environment, as a function: its process reads the problem from its first line, then
    answers every further line with a number. ``STATMECH_PEERS_PYTHON`` names the interpreter.

    Raises
    ------
    Absent
        If there is no such interpreter.
    """
    python = os.environ.get("STATMECH_PEERS_PYTHON")
    if not python:
        raise Absent("needs an environment of its own: name its interpreter in STATMECH_PEERS_PYTHON")
    command = [python, "-W", "ignore", "-c", script]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdin is not None
    assert other.stdout is not None
    into, out = other.stdin, other.stdout
    into.write(problem + "\n")

    def answer() -> float:
        into.write("\n")
        into.flush()
        line = out.readline()
        if not line:
            raise RuntimeError("the process of the peer has ended")
        return float(line)

    return answer


def measure(pair: Pair, quick: bool) -> dict[str, Any]:
    """Time both sides in turns.

    Returns
    -------
    dict
        ``ours`` and ``theirs`` (median seconds), ``ratio`` (theirs / ours), its spread over the rounds,
        ``difference``, peak memory of either above what the process held (bytes, Linux only), ``digits`` of ours,
        and ``failure``: what the peer said where it gave no right answer.
    """
    from statmech import StatmechError

    ours, theirs, *others = pair.prepare()
    try:
        value = ours()  # compiles
    except StatmechError as refusal:
        return {"digits": None, "failure": None, "refused": str(refusal)[:160]} | _what_they_say(theirs)
    found: dict[str, Any] = {"digits": _digits(value) if pair.exact else None, "failure": None}
    if theirs is not None:
        found |= _their_answer(pair, value, theirs)
        if found.pop("stop", False):
            theirs = None
    if theirs is not None and not others and found["their_first"] > LONG:
        return found | _once(ours, found["their_first"], found.pop("first_memory"))
    found.pop("first_memory", None)
    sides: Sequence[Work] = [ours] if theirs is None else [ours, theirs, *others]
    rounds = min(pair.rounds, 3) if quick else pair.rounds
    repeats, seconds = zip(*(_repeats(side) for side in sides), strict=True)
    together = LONG / 2 if quick else 2 * LONG
    rounds = max(1, min(rounds, int(together / sum(seconds))))
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for k, side in enumerate(sides):
            start = time.perf_counter()
            for _ in range(repeats[k]):
                side()
            times[k].append((time.perf_counter() - start) / repeats[k])
    found["ours"] = median(times[0])
    found["ours_memory"] = peak_memory(ours)
    if theirs is not None:
        theirs_times = [b - sum(rest) for b, *rest in zip(*times[1:], strict=True)]
        ratios = [b / a for a, b in zip(times[0], theirs_times, strict=True)]
        found |= {
            "theirs": median(theirs_times),
            "ratio": median(theirs_times) / median(times[0]),
            "spread": [min(ratios), max(ratios)],
            "theirs_memory": peak_memory(theirs),
        }
    return found


def _once(ours: Work, theirs: float, memory: int | None) -> dict[str, Any]:
    """Where one call of theirs takes so long that it is not repeated: it is the one that compared the answers."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        ours()
        times.append(time.perf_counter() - start)
    mine = median(times)
    return {
        "ours": mine,
        "ours_memory": peak_memory(ours),
        "theirs": theirs,
        "theirs_memory": memory,
        "ratio": theirs / mine,
        "spread": [theirs / max(times), theirs / min(times)],
        "once": True,
    }


def _what_they_say(theirs: Work | None) -> dict[str, Any]:
    """Where we refuse to answer."""
    if theirs is None:
        return {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            theirs()
        except Exception as problem:  # whatever a peer raises is what we report
            return {"they_say": type(problem).__name__}
    return {"they_say": "an answer" + (" with a warning" if caught else "")}


def _their_answer(pair: Pair, value: Any, theirs: Work) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answers: list[Any] = []
        start = time.perf_counter()
        try:
            memory = peak_memory(lambda: answers.append(theirs()))
            answer = answers[0] if answers else theirs()
        except Exception as problem:  # whatever a peer raises is what we report
            text = str(problem).strip().splitlines()
            return {"failure": f"{type(problem).__name__}: {text[0][:90] if text else ''}", "stop": True}
        once = time.perf_counter() - start
    apart = (pair.compare or difference)(value, answer)
    told = sorted({w.category.__name__ for w in caught if issubclass(w.category, RuntimeWarning)})
    found: dict[str, Any] = {"difference": None if math.isnan(apart) else apart, "their_first": once, "warned": told}
    found["first_memory"] = memory
    if math.isnan(apart):
        found["failure"] = "nan or inf" + (f" ({', '.join(told)})" if told else ", without a word")
    elif apart > pair.tolerance:
        found["failure"] = f"differs by {apart:.2g}"
    return found


def _repeats(work: Work) -> tuple[int, float]:
    """How often to call it within one timing, so that it lasts milliseconds; and how long one call takes."""
    start = time.perf_counter()
    work()
    once = time.perf_counter() - start
    return max(1, min(10_000, int(5e-3 / max(once, 1e-7)))), once


def peak_memory(work: Work) -> int | None:
    """Bytes that the call needs at its peak above what the process holds; None where it is not Linux."""
    reset, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    if not status.exists():
        return None
    gc.collect()
    try:
        reset.write_text("5")
    except OSError:
        return None
    before = _kilobytes(status, "VmRSS")
    work()
    return max(0, _kilobytes(status, "VmHWM") - before) * 1024


def _kilobytes(status: Path, key: str) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1])


def _digits(value: Any) -> list[float]:
    flat = np.ravel(np.asarray(value, dtype=np.float64))
    return [float(x) for x in flat[:: max(1, flat.size // 5)][:6]]
