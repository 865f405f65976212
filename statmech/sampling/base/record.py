"""What a chain keeps of its measurements: sums over bins, so that a long chain takes no more memory than a short one.

A measurement is a row ``(E, m, m2, a, a2, a4)``: the energy; the component M that the field couples to and its
square, both averaged over the symmetries of the model (without a field m is a constant and m2 the mean over
directions); the size of the order parameter with its second and fourth power. Cluster algorithms put improved
estimators there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["CAPACITY", "COLUMNS", "MOMENTS", "Record"]

Array = npt.NDArray[np.float64]

COLUMNS = ("energy", "m", "m2", "a", "a2", "a4")
MOMENTS = ("e", "e2", "m", "m2", "em", "a", "a2", "a4")  # with e = E - centre
CAPACITY = 2048  # bins; when they are full, neighbours are joined


class Record:
    """Sums of moments over bins of equal width, in order of time.

    Parameters
    ----------
    centre : float
        Energy about which moments are taken, near the mean, so that the variance does not cancel.

    Examples
    --------
    >>> record = Record(0.0)
    >>> record.add(np.ones((5000, 6)))
    >>> record.count, record.width, len(record.bins), float(record.blocks(1)[0][0, 0])
    (5000, 4, 1250, 5000.0)
    """

    def __init__(self, centre: float) -> None:
        self.centre = centre
        self._bins = np.zeros((CAPACITY, len(MOMENTS)))
        self._sum = np.zeros(len(MOMENTS))  # of the bin that is not full
        self._numbers = np.array([0, 1, 0], dtype=np.int64)  # full bins, their width, measurements in the open one

    @property
    def bins(self) -> Array:
        """Sums of the full bins, shape (bins, 8)."""
        return self._bins[: self._numbers[0]]

    @property
    def width(self) -> int:
        """Measurements in a bin."""
        return int(self._numbers[1])

    @property
    def count(self) -> int:
        """Measurements so far."""
        full, width, begun = self._numbers
        return int(full * width + begun)

    def add(self, rows: Array) -> None:
        """Take measurements (n, 6); any cut of a series into pieces gives the same bins to the bit."""
        _add(np.ascontiguousarray(rows), self.centre, self._bins, self._sum, self._numbers)

    def blocks(self, count: int) -> tuple[Array, Array]:
        """Sums (count, 8) and numbers of measurements (count,) of consecutive blocks; nothing is left out."""
        edges = np.linspace(0, len(self.bins), count + 1).astype(int)
        sums = np.add.reduceat(self.bins, edges[:-1], axis=0)
        sizes = np.diff(edges) * self.width
        sums[-1] += self._sum
        sizes[-1] += self._numbers[2]
        return sums, sizes.astype(np.float64)

    def state(self, prefix: str) -> dict[str, Any]:
        """Flat copy, keys beginning with ``prefix``."""
        return {
            f"{prefix}bins": self.bins.copy(),
            f"{prefix}open_bin": self._sum.copy(),
            f"{prefix}numbers": self._numbers.copy(),
            f"{prefix}centre": self.centre,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any], prefix: str) -> Record:
        """What :meth:`state` gave."""
        record = cls(float(state[f"{prefix}centre"]))
        record._numbers[:] = state[f"{prefix}numbers"]
        record._sum[:] = state[f"{prefix}open_bin"]
        record.bins[:] = state[f"{prefix}bins"]
        return record


@kernel()
def _add(rows: Array, centre: float, bins: Array, total: Array, numbers: npt.NDArray[np.int64]) -> None:
    for n in range(rows.shape[0]):
        e = rows[n, 0] - centre
        total[0] += e
        total[1] += e * e
        total[2] += rows[n, 1]
        total[3] += rows[n, 2]
        total[4] += e * rows[n, 1]
        total[5] += rows[n, 3]
        total[6] += rows[n, 4]
        total[7] += rows[n, 5]
        numbers[2] += 1
        if numbers[2] == numbers[1]:
            bins[numbers[0]] = total
            total[:] = 0.0
            numbers[2] = 0
            numbers[0] += 1
            if numbers[0] == bins.shape[0]:  # full: join neighbours
                for b in range(bins.shape[0] // 2):
                    bins[b] = bins[2 * b] + bins[2 * b + 1]
                numbers[0] //= 2
                numbers[1] *= 2
