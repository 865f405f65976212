r"""Level files larger than memory, summed as they are read.

Blocks of 131 072 rows, counted from fixed places of the file, are summed one by one and joined by the mixture law in
a balanced tree; so neither the memory nor who reads which part changes a bit. Each block keeps its lowest energy (its
highest for T < 0) in the unit of the file, and gaps between blocks are exact differences of those, as gaps within a
block are.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.completeness import LevelProfile
from statmech.cumulants import Cumulants
from statmech.errors import FileFormatError
from statmech.level_uncertainties import propagated_errors
from statmech.levels import EnergyLevels
from statmech.readers import iter_levels, open_levels, section_levels
from statmech.readers.base import LevelFile
from statmech.summation import sum_levels
from statmech.units import kelvin_per

__all__ = ["LevelPart", "LevelStream"]

Array = npt.NDArray[np.float64]

BLOCK = 131_072  # rows that are summed at once
PART_BYTES = 1 << 28  # of text, about six million lines
PART_ROWS = 1 << 23


@dataclass(frozen=True)
class LevelPart:
    """A range of a file, in bytes or rows (None: all of it), and the energies that sums of parts count from.

    ``low`` from T = 0 on, ``high`` for negative temperatures: near the references, so that these keep their digits.
    """

    start: int | None
    stop: int | None
    low: float
    high: float

    def origin(self, temperatures: Array) -> Array:
        """Where energies count from, shape (T,)."""
        return np.where(temperatures < 0, self.high, self.low)


@dataclass(frozen=True)
class _Tally:
    """What was found in a part beside its sum."""

    profile: LevelProfile
    levels: int
    skipped: Counter[str]
    notes: dict[str, str]


class LevelStream:
    """A level file whose levels are summed as they are read.

    Parameters
    ----------
    path : path-like
        The file.
    format, unit, options
        As found by :func:`statmech.readers.open_levels`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "levels.npy"
    >>> np.save(path, np.arange(3.0))
    >>> stream = LevelStream(path, "arrays", "reduced", {})
    >>> (part,) = stream.parts()
    >>> round(float(stream.cumulants(part, np.array([1.0])).log_z[0]), 12)
    0.407605964444
    """

    def __init__(self, path: str | Path, format: str, unit: str, options: dict[str, Any]) -> None:  # noqa: A002
        self.path, self.format, self.unit, self.options = Path(path), format, unit, dict(options)
        self._tallies: dict[tuple[int | None, int | None], _Tally] = {}
        head = self._open()
        head.close()
        self._head = head
        self._parts: tuple[LevelPart, ...] | None = None

    def _open(self) -> LevelFile:
        return open_levels(self.path, self.format, self.unit, BLOCK, **self.options)

    @property
    def size(self) -> float:
        """Estimated number of levels: rows, or lines of 40 bytes (compressed to an eighth)."""
        sections = self._head.sections
        if sections is None:
            return self.path.stat().st_size * 8 / 40
        return (sections.last - sections.first) / (40 if sections.what == "bytes" else 1)

    def parts(self) -> tuple[LevelPart, ...]:
        """The file in ranges of fixed size; one part where it is compressed.

        Raises
        ------
        FileFormatError
            If the file has no populated level.
        """
        if self._parts is None:
            sections, ends = self._head.sections, self._ends()
            if sections is None:
                self._parts = (LevelPart(None, None, *ends),)
            else:
                step = PART_BYTES if sections.what == "bytes" else PART_ROWS
                starts = range(sections.first, sections.last, step)
                self._parts = tuple(LevelPart(at, min(at + step, sections.last), *ends) for at in starts)
        return self._parts

    def _ends(self) -> tuple[float, float]:
        """The lowest and the highest level of the first few thousand."""
        for block in iter_levels(self.path, self.format, self.unit, chunk_size=4096, **self.options):
            energies = block.energies[block.populated]
            return float(energies.min()), float(energies.max())
        raise FileFormatError("no levels: the file has none with g > 0", self.path)

    def blocks(self, part: LevelPart) -> Iterator[EnergyLevels]:
        """Populated levels of a part, block by block; what else there is to know of it is kept at its end."""
        profile = self._profile()
        for block in self._read(part, profile):
            profile.add(block)
            yield block

    def _profile(self) -> LevelProfile:
        return LevelProfile(self._head.truncated, self._head.ionization_limit, self.unit)

    def _read(self, part: LevelPart, profile: LevelProfile) -> Iterator[EnergyLevels]:
        """The same, where somebody else adds the blocks to the profile."""
        levels, file = 0, self._head
        span = (part.start, part.stop)
        for block, source in section_levels(self.path, self.format, self.unit, *span, BLOCK, **self.options):
            file = source
            levels += len(block)
            yield block
        self._tallies[span] = _Tally(profile, levels, file.skipped, file.notes)

    def cumulants(self, part: LevelPart, temperatures: Array) -> Cumulants:
        """Cumulants of a part, energies counted from its origins.

        Raises
        ------
        FileFormatError
            With line and column of what is not a level.
        """
        tree, profile = _BlockTree(temperatures, kelvin_per(self.unit)), self._profile()

        def take(block: EnergyLevels) -> None:
            profile.add(block)
            tree.add(sum_levels(block, temperatures), block)

        waiting: deque[Future[None]] = deque()
        # One thread takes block after block while the next one is read: most of both leaves the interpreter free.
        with self._bar(part) as bar, ThreadPoolExecutor(1) as thread:
            for block in self._read(part, profile):
                waiting.append(thread.submit(take, block))
                bar.update(len(block))
                if len(waiting) > 2:
                    waiting.popleft().result()
            for left in waiting:
                left.result()
        return tree.total(part.origin(temperatures))

    def _bar(self, part: LevelPart) -> Any:
        """Progress in levels of the whole file, on a terminal and in the main process only; not with TQDM_DISABLE."""
        from multiprocessing import parent_process

        from tqdm import tqdm

        sections = self._head.sections
        before = 0.0 if sections is None else self.size * _share(part, sections.first, sections.last)
        hidden = None if parent_process() is None and not os.environ.get("TQDM_DISABLE") else True
        return tqdm(
            total=int(self.size), initial=int(before), disable=hidden, delay=0.5, leave=False, unit="levels",
            unit_scale=True, desc=self.path.name,
        )  # fmt: skip

    def status(self, temperatures: Array, cumulants: Cumulants) -> npt.NDArray[np.int8]:
        """As :meth:`statmech.completeness.LevelProfile.status`; what other processes have read is read again."""
        whole = self._profile()
        for tally in self._all():
            whole.join(tally.profile)
        return whole.status(temperatures, cumulants)

    def errors(self, temperatures: Array, cumulants: Cumulants) -> dict[str, Array]:
        """As :func:`statmech.level_uncertainties.propagated_errors`, in a second pass; none where levels are exact."""
        if "level uncertainties" not in self._head.notes:
            return {}
        return propagated_errors(
            (block for part in self.parts() for block in self.blocks(part)), temperatures, cumulants
        )

    def notes(self) -> dict[str, str]:
        """What the file says of itself, and what was skipped in all its parts."""
        tallies = self._all()
        file = replace(self._head, skipped=sum((tally.skipped for tally in tallies), Counter()))
        notes = file.complete_notes(sum(tally.levels for tally in tallies))
        told = tallies[0].notes
        same = {key for key in told if all(tally.notes.get(key) == told[key] for tally in tallies)}
        streamed = f"in blocks of {BLOCK} rows, {len(tallies)} parts"
        return {**notes, **{key: told[key] for key in same if key not in notes}, "streamed": streamed}

    def _all(self) -> list[_Tally]:
        for part in self.parts():
            if (part.start, part.stop) not in self._tallies:
                for _ in self.blocks(part):
                    pass
        return [self._tallies[part.start, part.stop] for part in self.parts()]


def _share(part: LevelPart, first: int, last: int) -> float:
    return ((part.start or 0) - first) / max(last - first, 1)


class _BlockTree:
    """Sums of blocks in the order of the file, joined two by two; references are kept as energies of the file."""

    def __init__(self, temperatures: Array, unit: float) -> None:
        self._temperatures, self._unit = temperatures, unit
        self._nodes: list[tuple[int, Cumulants, Array]] = []  # blocks in it, sum above its reference, reference

    def add(self, total: Cumulants, block: EnergyLevels) -> None:
        energies = block.energies[block.populated]
        reference = np.where(self._temperatures < 0, energies.max(), energies.min())
        node = (1, replace(total, reference=np.zeros_like(reference)), reference)
        while self._nodes and self._nodes[-1][0] == node[0]:
            node = self._joined(self._nodes.pop(), node)
        self._nodes.append(node)

    def _joined(
        self, one: tuple[int, Cumulants, Array], other: tuple[int, Cumulants, Array]
    ) -> tuple[int, Cumulants, Array]:
        low, high = np.minimum(one[2], other[2]), np.maximum(one[2], other[2])
        base = np.where(self._temperatures < 0, high, low)
        both = [replace(total, reference=(energy - base) * self._unit) for _, total, energy in (one, other)]
        return one[0] + other[0], Cumulants.mixture(both), base

    def total(self, origin: Array) -> Cumulants:
        """All blocks, energies counted from the origin; a set without states where there was none."""
        zero = np.zeros(self._temperatures.size)
        if not self._nodes:
            return Cumulants(self._temperatures, zero, zero - np.inf, zero[:, None], zero[:, None, None])
        node = self._nodes[-1]
        for earlier in reversed(self._nodes[:-1]):
            node = self._joined(earlier, node)
        return replace(node[1], reference=(node[2] - origin) * self._unit)
