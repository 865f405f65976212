"""Energies of all rungs, thinned as a chain grows longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.sampling.base import State

__all__ = ["KeptEnergies"]

Array = npt.NDArray[np.float64]

_KEPT = 8192  # of each rung and ensemble; when they are full every second one is left, then every fourth, ...


class KeptEnergies:
    """Energies of all rungs at every ``stride``-th sweep, at most so many: equally spaced whatever the length."""

    def __init__(self, rungs: int) -> None:
        self.energies = np.empty((_KEPT, rungs))
        self.size, self.stride, self.seen = 0, 1, 0

    def add(self, rows: Array) -> None:
        """Rows (n, K); any cut of a series into pieces keeps the same."""
        while len(rows):
            first = -self.seen % self.stride  # until the next one that is kept
            room = _KEPT - self.size
            take = rows[first :: self.stride][:room]
            used = len(rows) if len(take) < room else first + (room - 1) * self.stride + 1
            self.energies[self.size : self.size + len(take)] = take
            self.size += len(take)
            self.seen += used
            rows = rows[used:]
            if self.size == _KEPT:
                self.energies[: _KEPT // 2] = self.energies[::2].copy()
                self.size, self.stride = _KEPT // 2, 2 * self.stride

    def state(self) -> State:
        """Everything it needs to go on, copied."""
        return {
            "kept": self.energies[: self.size].copy(), "stride": self.stride, "seen": self.seen,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any], prefix: str) -> None:
        """Go back to a state, of which the keys begin with ``prefix``."""
        kept = np.asarray(state[f"{prefix}kept"])
        self.size, self.stride, self.seen = len(kept), int(state[f"{prefix}stride"]), int(state[f"{prefix}seen"])
        self.energies[: self.size] = kept
