"""Published partition functions to compare with: HITRAN ``q*.txt`` and ExoMol ``.pf`` tables of T and Q.

A table is evaluated inside its range only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError, InputError
from statmech.frozen import Frozen
from statmech.readers.base import character_column, existing_file, line_blocks

__all__ = ["PartitionTable", "read_partition_table"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PartitionTable(Frozen):
    r"""Q at some temperatures, from a file.

    Attributes
    ----------
    temperature : array, shape (n,)
        Rising, in kelvin.
    partition_function : array, shape (n,)
        Q, relative to the zero of energy of the list it belongs to; nuclear spin included, in HITRAN and ExoMol.
    source : str
        Name of the file.

    Examples
    --------
    >>> table = PartitionTable(np.array([100.0, 200.0, 300.0]), np.array([10.0, 20.0, 30.0]), "made up")
    >>> table.log_q([150.0]).round(6), table.covers([150.0, 301.0])
    (array([2.70805]), array([ True, False]))
    """

    temperature: Array
    partition_function: Array
    source: str

    def covers(self, temperature: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether temperatures lie in the range of the table, ends included."""
        values = np.asarray(temperature, dtype=np.float64)
        inside: npt.NDArray[np.bool_] = (values >= self.temperature[0]) & (values <= self.temperature[-1])
        return inside

    def log_q(self, temperature: npt.ArrayLike) -> Array:
        """log Q at temperatures in the range of the table: cubic through four neighbours in log T, log Q.

        At temperatures of the table itself it is the table's value.

        Parameters
        ----------
        temperature : array_like
            In kelvin.

        Raises
        ------
        InputError
            If one of them is outside the range: nothing is extrapolated.
        """
        values = np.asarray(temperature, dtype=np.float64)
        outside = np.flatnonzero(~np.ravel(self.covers(values)))
        if outside.size:
            raise InputError(
                f"temperature: {self.source} has Q from {self.temperature[0]:g} to {self.temperature[-1]:g} K; got "
                f"{np.ravel(values)[outside[0]]:g} K, and nothing is extrapolated"
            )
        return self._interpolated(values, 4)

    def interpolation_error(self, temperature: npt.ArrayLike) -> Array:
        """Estimate of the error of :meth:`log_q`: the difference between four and two neighbours, 0 on the grid."""
        values = np.asarray(temperature, dtype=np.float64)
        return np.abs(self.log_q(values) - self._interpolated(values, 2))

    def _interpolated(self, temperature: Array, neighbours: int) -> Array:
        x, y = np.log(self.temperature), np.log(self.partition_function)
        count = min(neighbours, x.size)
        at = np.searchsorted(self.temperature, temperature)
        first = np.clip(at - count // 2, 0, x.size - count)
        target = np.log(temperature)
        total = np.zeros_like(target)
        for i in range(count):
            weight = np.ones_like(target)
            for j in range(count):
                if j != i:
                    weight = weight * (target - x[first + j]) / (x[first + i] - x[first + j])
            total = total + weight * y[first + i]
        exact = self.temperature[np.minimum(at, x.size - 1)] == temperature
        values: Array = np.where(exact, y[np.minimum(at, x.size - 1)], total)
        return values


def read_partition_table(path: str | Path) -> PartitionTable:
    r"""Read a HITRAN ``q*.txt`` or ExoMol ``.pf`` table: two columns, T in kelvin and Q; more columns are passed over.

    Parameters
    ----------
    path : path-like
        The file; may be compressed.

    Raises
    ------
    FileFormatError
        With line and column of what is wrong: no number, T that does not rise, Q that is not positive.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "q26.txt"
    >>> _ = path.write_text("  1.0   1.0\n  2.0   1.03\n  3.0   1.12\n")
    >>> read_partition_table(path).partition_function
    array([1.  , 1.03, 1.12])
    """
    file = existing_file(path)
    if file.suffix.lower() == ".qtpy":
        raise FileFormatError(
            "a Python pickle, which can run any code when opened, is refused; take the q*.txt table of the same "
            "isotopologue from HITRAN instead",
            path,
        )
    temperatures: list[float] = []
    values: list[float] = []
    for first, block in line_blocks(file, 4096):
        for number, line in enumerate(block, first):
            cells = line.partition("#")[0].replace(",", " ").split()
            if not cells:
                continue
            if len(cells) < 2:
                raise FileFormatError(f"expected T and Q; got {line.strip()[:60]!r}", path, number)
            pair = []
            for column, cell in enumerate(cells[:2]):
                try:
                    pair.append(float(cell))
                except ValueError:
                    pair.append(np.nan)
                if not 0 < pair[-1] < np.inf:
                    raise FileFormatError(
                        f"{'TQ'[column]}: expected a positive number; got {cell[:40]!r}",
                        path,
                        number,
                        character_column(line, column, None),
                    )
            if temperatures and pair[0] <= temperatures[-1]:
                raise FileFormatError(
                    f"T: expected rising temperatures; got {pair[0]:g} after {temperatures[-1]:g}", path, number
                )
            temperatures.append(pair[0])
            values.append(pair[1])
    if not temperatures:
        raise FileFormatError("the table is empty; expected lines of T and Q", path)
    return PartitionTable(np.array(temperatures), np.array(values), file.name)
