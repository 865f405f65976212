"""Copies of a model on a ladder of temperatures that exchange their configurations, and the ladder they climb best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.kernels import kernel
from statmech.sampling.base import (
    SpinSystem,
    State,
    heat_bath_sweep,
    seeded_state,
    substreams,
    turning_chances,
    uniform,
)

__all__ = ["Ensemble", "tuned_ladder"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_REJECTION = 0.5  # between neighbours at most: the barrier between two rungs
_PILOT = 200  # sweeps at each rung of the first ladder
_MOST_RUNGS = 2000


class Ensemble:
    """One ladder of copies: slot ``at[r]`` of ``spins`` is on rung r."""

    def __init__(self, system: SpinSystem, beta: Array, spins: Any, bits: Words) -> None:
        self.system, self.beta, self.bits = system, beta, bits
        size = beta.size
        self.chances = turning_chances(system, beta, "heat_bath")
        self.spins = np.ascontiguousarray(spins, dtype=np.uint8)
        self.energies = np.array([system.energy(row) for row in self.spins])
        self.counts = np.array([np.bincount(row, minlength=system.states) for row in self.spins])
        self.at = np.arange(size)
        self.label = np.zeros(size, dtype=np.int64)  # 1 has been at the hot end last, -1 at the cold one
        self.rejected = np.zeros(max(size - 1, 1))  # sums of 1 - P(swap), and how many were tried
        self.tried = np.zeros(max(size - 1, 1), dtype=np.int64)
        self.clock = np.zeros(2, dtype=np.int64)  # sweeps done, round trips

    def measure(self, count: int) -> tuple[Array, Ints]:
        """So many sweeps with swaps: energies (count, K) and states (count, K, q) of each rung."""
        energies = np.empty((count, self.beta.size))
        counts = np.empty((count, self.beta.size, self.system.states), dtype=np.int64)
        _temper(
            self.spins, self.at, self.energies, self.counts, self.label, self.beta, *self.system.neighbours,
            self.system.pair_table, self.system.site_energy, self.chances, self.bits, self.rejected, self.tried,
            self.clock, energies, counts,
        )  # fmt: skip
        return energies, counts

    def forget(self) -> None:
        """Begin the statistics of swaps and round trips anew (not the swaps' turn)."""
        self.rejected[:] = 0.0
        self.tried[:] = 0
        self.label[:] = 0
        self.clock[1] = 0

    _ARRAYS: ClassVar[tuple[str, ...]] = (
        "spins", "energies", "counts", "at", "label", "rejected", "tried", "clock", "bits",
    )  # fmt: skip

    def state(self) -> State:
        """Everything it needs to go on, copied."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        for name in self._ARRAYS:
            setattr(self, name, np.array(state[name]))


def tuned_ladder(system: SpinSystem, asked: Array, burn_in: int, sequence: np.random.SeedSequence) -> Array:
    """The ladder: 0 and all betas asked for, joined by rungs at equal steps of the barrier."""
    anchors = np.unique(np.concatenate(([0.0], asked)))
    begin, bits = substreams(sequence, 2)
    generator, words = np.random.default_rng(begin), seeded_state(bits)
    beta, spins = [0.0], [system.start(generator, True)]
    while beta[-1] < anchors[-1]:
        alone = Ensemble(system, np.array(beta[-1:]), [spins[-1]], words)
        alone.measure(_PILOT // 4)
        energies, _ = alone.measure(_PILOT)
        spread = float(energies.std())
        spins[-1] = alone.spins[0]
        step = 1.0 / spread if spread > 0 else np.inf
        beta.append(float(min(beta[-1] + max(step, 1e-3 * anchors[-1]), anchors[-1])))
        spins.append(spins[-1].copy())
        if len(beta) > _MOST_RUNGS:
            raise InputError(
                f"temperature: a ladder down to T = {1 / anchors[-1]:g} needs more than {_MOST_RUNGS} rungs here; "
                "ask for higher temperatures"
            )
    if len(beta) == 1:
        return anchors
    first = np.array(beta)
    ensemble = Ensemble(system, first, spins, words)
    ensemble.measure(max(_PILOT // 2, burn_in // 4))
    ensemble.forget()
    ensemble.measure(max(2 * _PILOT, burn_in // 2))
    # A gap never rejected has no barrier; half a rejection, were there one, keeps the interpolation one-to-one.
    rejected = np.maximum(ensemble.rejected, 0.5) / np.maximum(ensemble.tried, 1)
    barrier = np.concatenate(([0.0], np.cumsum(rejected)))
    at_anchors = np.interp(anchors, first, barrier)
    rungs = [np.array([0.0])]
    for low, high, b in zip(at_anchors[:-1], at_anchors[1:], anchors[1:], strict=True):
        inner = np.linspace(low, high, max(1, int(np.ceil((high - low) / _REJECTION))) + 1)[1:-1]
        rungs += [np.interp(inner, barrier, first), np.array([b])]
    return np.unique(np.concatenate(rungs))


@kernel(error_model="numpy")
def _temper(
    spins: Any, at: Ints, energies: Array, counts: Ints, label: Ints, beta: Array, indptr: Any, indices: Any,
    couplings: Array, pair: Array, site_energy: Array, chances: Words, bits: Words, rejected: Array, tried: Ints,
    clock: Ints, out_energies: Array, out_counts: Ints,
) -> None:  # fmt: skip
    """Sweeps of all rungs, each followed by swaps of the even or the odd neighbours."""
    size = beta.size
    work = np.empty((2, counts.shape[1]))
    for n in range(out_energies.shape[0]):
        for r in range(size):
            slot = at[r]
            energies[slot] += heat_bath_sweep(
                spins[slot],
                indptr,
                indices,
                couplings,
                pair,
                site_energy,
                beta[r],
                chances[r],
                bits,
                counts[slot],
                work,
            )
        for r in range(clock[0] % 2, size - 1, 2):
            low, high = at[r], at[r + 1]
            x = (beta[r + 1] - beta[r]) * (energies[high] - energies[low])
            chance = 1.0 if x >= 0 else np.exp(x)
            rejected[r] += 1.0 - chance
            tried[r] += 1
            if uniform(bits) < chance:
                at[r], at[r + 1] = high, low
        clock[0] += 1
        hot, cold = at[0], at[size - 1]
        if label[hot] == -1:
            clock[1] += 1
        label[hot] = 1
        if label[cold] == 1:
            label[cold] = -1
        for r in range(size):
            out_energies[n, r] = energies[at[r]]
            out_counts[n, r] = counts[at[r]]
