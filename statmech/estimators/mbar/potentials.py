"""Reduced potentials u_kn in memory, on disk or in a data frame, read in chunks of samples."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.base import Array

__all__ = ["Potentials"]

_CHUNK_BYTES = 1 << 21  # a chunk and its weights stay in the cache


@dataclass(frozen=True, eq=False)
class Potentials:
    """u_kn[k, n], the reduced potential of sample n in state k, with the number of samples of each state.

    Attributes
    ----------
    u_kn : array, memmap or h5py dataset, shape (K, N)
        Anything with a shape that gives ``u_kn[:, a:b]``.
    N_k : array of int64, shape (K,)
        Samples of each state; 0 where none was drawn.
    states : tuple
        Labels of the states: their numbers, or the columns of a data frame.
    origin : array of int64, shape (N,), or None
        The state that drew each sample; None where they stand in the order of the states.
    """

    u_kn: Any
    N_k: npt.NDArray[np.int64]
    states: tuple[Hashable, ...]
    origin: npt.NDArray[np.int64] | None = None

    @classmethod
    def of(cls, u_kn: Any, N_k: npt.ArrayLike | None) -> Potentials:
        """Take a matrix with its counts, or a data frame ``u_nk`` that has them in its index.

        Raises
        ------
        InputError
            If shapes and counts do not fit together.
        """
        if hasattr(u_kn, "columns") and hasattr(u_kn, "index"):
            return cls._of_frame(u_kn, N_k)
        if not (hasattr(u_kn, "shape") and hasattr(u_kn, "dtype")):
            u_kn = np.asarray(u_kn, dtype=np.float64)
        if len(u_kn.shape) != 2 or u_kn.dtype.kind not in "iuf":
            raise InputError(
                f"u_kn: expected real numbers of shape (K, N); got {u_kn.dtype}, shape {tuple(u_kn.shape)}"
            )
        if N_k is None:
            raise InputError("N_k: expected the number of samples of each state (only a data frame has them itself)")
        counts = np.asarray(N_k)
        if counts.dtype.kind not in "iuf":
            raise InputError(f"N_k: expected counts; got {N_k!r}")
        if counts.shape != (u_kn.shape[0],) or np.any(counts < 0) or np.any(counts != np.floor(counts)):
            raise InputError(f"N_k: expected {u_kn.shape[0]} counts, one for each row of u_kn; got {N_k!r}")
        if counts.sum() != u_kn.shape[1]:
            hint = " (is it transposed?)" if counts.sum() == u_kn.shape[0] else ""
            raise InputError(f"N_k: {counts.sum():.0f} samples do not fit u_kn of shape {tuple(u_kn.shape)}{hint}")
        if counts.sum() == 0:
            raise InputError("N_k: expected samples; got none")
        return cls(u_kn, counts.astype(np.int64), tuple(range(counts.size)))

    @classmethod
    def _of_frame(cls, frame: Any, N_k: npt.ArrayLike | None) -> Potentials:
        """Columns are states; rows are samples, whose index is (time, state...) as alchemlyb has it, in any order."""
        unit = getattr(frame, "attrs", {}).get("energy_unit", "kT")
        if unit != "kT":
            raise InputError(
                f"u_nk: expected reduced potentials, in kT; this data frame is in {unit} (so its attrs): convert it "
                "first, as alchemlyb's to_kT does"
            )
        columns = list(frame.columns)
        drawn = [entry[1] if len(entry) == 2 else tuple(entry[1:]) for entry in frame.index if isinstance(entry, tuple)]
        if len(drawn) != len(frame):
            raise InputError("u_nk: expected a data frame with a MultiIndex (time, state...); got a plain index")
        place = {state: k for k, state in enumerate(columns)}
        unknown = sorted({str(state) for state in drawn if state not in place})
        if unknown:
            raise InputError(f"u_nk: samples of states that are no column: {', '.join(unknown)}; columns: {columns}")
        origin = np.array([place[state] for state in drawn])
        counts = np.bincount(origin, minlength=len(columns))
        if N_k is not None and not np.array_equal(counts, np.asarray(N_k)):
            raise InputError(f"N_k: {N_k!r} contradicts the index of the data frame, which counts {counts.tolist()}")
        values = np.asarray(frame.to_numpy(), dtype=np.float64)
        whole = cls.of(np.ascontiguousarray(values.T), counts)
        return cls(whole.u_kn, whole.N_k, tuple(columns), None if np.all(np.diff(origin) >= 0) else origin)

    @property
    def sampled(self) -> npt.NDArray[np.int64]:
        """Indices of the states that have samples."""
        return np.flatnonzero(self.N_k > 0)

    @property
    def count(self) -> int:
        """N."""
        return int(self.u_kn.shape[1])

    @property
    def in_memory(self) -> bool:
        """Whether the matrix is an array already (a memory map is not)."""
        return isinstance(self.u_kn, np.ndarray) and not isinstance(self.u_kn, np.memmap)

    def chunks(self) -> Iterator[tuple[slice, Array]]:
        """(samples, u_kn of them), checked: shape (K, c), finite or +inf.

        Raises
        ------
        InputError
            At nan or -inf.
        """
        width = chunk_width(self.u_kn.shape[0])
        for start in range(0, self.count, width):
            where = slice(start, min(start + width, self.count))
            block = np.asarray(self.u_kn[:, where], dtype=np.float64)
            _check(block, np.arange(where.start, where.stop))
            if np.any(self.N_k) and np.isposinf(block.max()):
                self._check_own(block, where)
            yield where, block

    def _check_own(self, block: Array, where: slice) -> None:
        """No sample is forbidden by the state that drew it."""
        samples = np.arange(where.start, where.stop)
        own = np.searchsorted(np.cumsum(self.N_k), samples, "right") if self.origin is None else self.origin[where]
        forbidden = np.flatnonzero(np.isposinf(block[own, samples - where.start]))
        if forbidden.size:
            n, k = samples[forbidden[0]], own[forbidden[0]]
            raise InputError(f"u_kn: sample {n} has infinite energy in state {k}, which is said to have drawn it")

    def of_state(self, k: int, most: int) -> Array:
        """u of at most that many samples of state k, evenly spaced, in all states: shape (K, c)."""
        start, count = int(self.N_k[:k].sum()), int(self.N_k[k])
        step = max(1, -(-count // most))
        if self.origin is None:
            where = np.arange(start, start + count, step)
            block = np.asarray(self.u_kn[:, start : start + count : step], dtype=np.float64)
        else:
            where = np.flatnonzero(self.origin == k)[::step]
            block = np.asarray(self.u_kn[:, where], dtype=np.float64)
        _check(block, where)
        if np.any(np.isposinf(block[k])):
            n = where[np.flatnonzero(np.isposinf(block[k]))[0]]
            raise InputError(f"u_kn: sample {n} has infinite energy in state {k}, which is said to have drawn it")
        return block


def _check(block: Array, where: npt.NDArray[np.int64]) -> None:
    if not block.min() > -np.inf:  # nan fails every comparison
        k, n = np.argwhere(np.isnan(block) | np.isneginf(block))[0]
        raise InputError(f"u_kn: expected numbers or +inf; got {block[k, n]} at [{k}, {where[n]}]")


def chunk_width(rows: int) -> int:
    """Samples per chunk."""
    return max(256, _CHUNK_BYTES // (8 * max(rows, 1)))
