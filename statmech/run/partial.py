"""Where results in parts go: into the output itself, or beside it while finished results of before stand there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from statmech.status import Status

__all__ = ["Partial"]


class Partial:
    """The file for the results of a run that is not finished.

    Finished results are worth more than those of a run that has just begun, perhaps by mistake, and may fail: they stay
    until all of the new ones are there. Results in parts of an earlier run give way at once.

    Parameters
    ----------
    output : Path
        Results file of the run.

    Examples
    --------
    >>> Partial(Path("results/nowhere/a.h5")).path.name, Partial.beside(Path("a.h5")).name
    ('a.h5', 'a.partial.h5')
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self._kept: bool | None = None  # whether finished results are in the way

    @staticmethod
    def beside(output: Path) -> Path:
        """Its name where finished results are kept."""
        return output.with_name(f"{output.stem}.partial{output.suffix}")

    @property
    def path(self) -> Path | None:
        """Where to write; None where something else is in the place beside, so that the journal must do."""
        if self._kept is None:
            self._kept = _pending(self.output) is False
        if not self._kept:
            return self.output
        other = self.beside(self.output)
        return other if _pending(other) or not os.access(other, os.F_OK) else None

    def remove(self) -> None:
        """Delete what stands beside the output, of this run or an earlier one; the output is complete."""
        other = self.beside(self.output)
        if _pending(other):
            other.unlink(missing_ok=True)


def _pending(path: Path) -> bool | None:
    """Whether results have pending points; None where there are none that can be read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return bool(np.any(np.asarray(file["status"][()]) & Status.PENDING)) if "status" in file else False
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):  # not there, or whatever HDF5 makes of damage
        return None
