"""Parts of one large sum, joined by the mixture law in a tree that never changes its shape.

Rounding depends on the order of additions. Here the order follows from the number of parts alone: neither the number
of workers nor who is done first changes a bit of the result.
"""

from __future__ import annotations

from collections.abc import Iterable

from statmech.cumulants import Cumulants
from statmech.errors import InputError

__all__ = ["MergeTree"]


class MergeTree:
    """The balanced binary tree over ``count`` disjoint parts; a node is summed as soon as both its halves are there.

    Memory: at most one node per level and gap in what has arrived, so log2(count) where parts come in order.

    Parameters
    ----------
    count : int
        Number of parts.

    Raises
    ------
    InputError
        If there is no part.

    Examples
    --------
    >>> import numpy as np
    >>> T = np.array([1.0])
    >>> level = Cumulants(T, np.zeros(1), np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1, 1)))
    >>> tree = MergeTree(3)
    >>> for k in (2, 0, 1):
    ...     tree.add(k, level.shift(float(k)))
    >>> tree.complete, bool(np.isclose(tree.total().log_z[0], np.log(1 + np.exp(-1.0) + np.exp(-2.0))))
    (True, True)
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise InputError(f"count: expected at least one part; got {count}")
        self.count = count
        self._nodes: dict[tuple[int, int], Cumulants] = {}  # (level, place): what waits for its other half
        self._arrived: set[int] = set()

    @property
    def complete(self) -> bool:
        """Whether every part is there."""
        return len(self._arrived) == self.count

    def missing(self) -> Iterable[int]:
        """Places of the parts that are not there yet, in order."""
        return (index for index in range(self.count) if index not in self._arrived)

    def add(self, index: int, part: Cumulants) -> None:
        """Put a part in its place.

        Raises
        ------
        InputError
            If there is no such place or it is taken; if temperatures or observables differ from the others'.
        """
        if not 0 <= index < self.count or index in self._arrived:
            raise InputError(f"index: expected one of the {self.count} places that is still free; got {index}")
        self._arrived.add(index)
        level, place, width = 0, index, self.count
        while width > 1:
            other = (level, place ^ 1)
            if place ^ 1 < width:
                if other not in self._nodes:
                    break
                half = self._nodes.pop(other)
                part = Cumulants.mixture([half, part] if place & 1 else [part, half])
            level, place, width = level + 1, place // 2, (width + 1) // 2  # the last one of an odd row goes up alone
        self._nodes[level, place] = part

    def total(self) -> Cumulants:
        """All parts together.

        Raises
        ------
        InputError
            If a part is missing.
        """
        if not self.complete:
            raise InputError(f"total: {self.count - len(self._arrived)} of {self.count} parts are missing")
        (whole,) = self._nodes.values()
        return whole
