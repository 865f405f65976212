"""A walk that learns the density of states as it goes, and then measures with what it learnt held fixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.sampling.base import SpinSystem, State, below, seeded_state, uniform

__all__ = ["LOG_F", "Walk"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

LOG_F = 2e-4  # the walk learns until log f is down to this, unless it takes too long


class Walk:
    """One configuration, with what it has learnt."""

    def __init__(self, system: SpinSystem, levels: Array, sequence: np.random.SeedSequence, hot: bool) -> None:
        begin, bits = sequence.spawn(2)
        self.system = system
        self.spins = system.start(np.random.default_rng(begin), hot)
        self.bits = seeded_state(bits)
        gap = float(levels[1] - levels[0]) if levels.size > 1 else 1.0
        self.per_gap = 1.0 / gap
        self.place = np.array([round((system.energy(self.spins) - float(levels[0])) / gap)])
        self.log_g = np.zeros(levels.size)
        self.found = np.zeros(levels.size, dtype=np.bool_)
        self.found[self.place[0]] = True
        self.seen = np.zeros(levels.size, dtype=np.bool_)  # since log f was halved
        self.numbers = np.array([1.0, 0.0, 0.0])  # log f, sweeps learnt, whether in the 1/t stage

    @property
    def log_f(self) -> float:
        """Present modification of log g."""
        return float(self.numbers[0])

    @property
    def learnt(self) -> int:
        """Sweeps spent learning."""
        return int(self.numbers[1])

    def _tables(self) -> tuple[Any, Any, Array, Array, Array, float, Words]:
        return (*self.system.neighbours, self.system.pair_table, self.system.site_energy, self.per_gap, self.bits)

    def learn(self, most: int, least: int, longest: int) -> int:
        """At most that many sweeps of learning; returns how many."""
        before = self.learnt
        _learn(
            self.spins, self.place, *self._tables(), self.log_g, self.found, self.seen, self.numbers,
            most, least, longest, LOG_F,
        )  # fmt: skip
        return self.learnt - before

    def produce(self, weights: Array, count: int) -> tuple[Ints, Ints]:
        """Sweeps with fixed weights: levels (count,) and sites in each state (count, q)."""
        places, states = np.empty(count, dtype=np.int64), np.empty((count, self.system.states), dtype=np.int64)
        _produce(self.spins, self.place, *self._tables(), weights, places, states)
        return places, states

    _ARRAYS: ClassVar[tuple[str, ...]] = ("spins", "bits", "place", "log_g", "found", "seen", "numbers")

    def state(self) -> State:
        """Everything it needs to go on, copied."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        for name in self._ARRAYS:
            setattr(self, name, np.array(state[name]))


@kernel(error_model="numpy")
def _proposal(
    spins: Any, indptr: Any, indices: Any, couplings: Array, pair: Array, site_energy: Array, per_gap: float,
    bits: Words,
) -> Any:  # fmt: skip
    """A random site, another state of it, and by how many levels the energy would rise."""
    sites, q = site_energy.shape
    i = below(bits, sites)
    old = spins[i]
    new = 1 - old if q == 2 else (old + 1 + below(bits, q - 1)) % q
    rise = site_energy[i, new] - site_energy[i, old]
    for k in range(indptr[i], indptr[i + 1]):
        other = spins[indices[k]]
        rise -= couplings[k] * (pair[new, other] - pair[old, other])
    return i, new, np.int64(np.rint(rise * per_gap))


@kernel(error_model="numpy")
def _learn(
    spins: Any, place: Ints, indptr: Any, indices: Any, couplings: Array, pair: Array, site_energy: Array,
    per_gap: float, bits: Words, log_g: Array, found: Any, seen: Any, numbers: Array, most: int, least: int,
    longest: int, last: float,
) -> None:  # fmt: skip
    """Sweeps with log g rising under the walk, until log f is small enough."""
    sites = site_energy.shape[0]
    levels = 0
    for k in range(found.size):
        levels += found[k]
    here = place[0]
    for _ in range(most):
        if numbers[1] >= longest or (numbers[1] >= least and numbers[0] <= last):
            break
        for _ in range(sites):
            i, new, rise = _proposal(spins, indptr, indices, couplings, pair, site_energy, per_gap, bits)
            there = here + rise
            if not found[there]:  # a new level begins with the weight of where it was found from
                found[there] = True
                log_g[there] = log_g[here]
                levels += 1
            x = log_g[here] - log_g[there]
            if x >= 0 or uniform(bits) < np.exp(x):
                spins[i] = new
                here = there
            log_g[here] += numbers[0]
            seen[here] = True
        numbers[1] += 1
        slow = levels / (numbers[1] * sites)
        if numbers[2] == 1.0:
            numbers[0] = slow
        else:
            complete = True
            for k in range(found.size):
                if found[k] and not seen[k]:
                    complete = False
                    break
            if complete:
                numbers[0] *= 0.5
                seen[:] = False
                if numbers[0] <= slow:
                    numbers[2] = 1.0
                    numbers[0] = slow
    place[0] = here


@kernel(error_model="numpy")
def _produce(
    spins: Any, place: Ints, indptr: Any, indices: Any, couplings: Array, pair: Array, site_energy: Array,
    per_gap: float, bits: Words, weights: Array, places: Ints, states: Ints,
) -> None:  # fmt: skip
    """Sweeps with fixed weights, each followed by a measurement."""
    sites, q = site_energy.shape
    tally = np.zeros(q, dtype=np.int64)
    for i in range(sites):
        tally[spins[i]] += 1
    here = place[0]
    for n in range(places.size):
        for _ in range(sites):
            i, new, rise = _proposal(spins, indptr, indices, couplings, pair, site_energy, per_gap, bits)
            there = here + rise
            x = weights[here] - weights[there]
            if x >= 0 or uniform(bits) < np.exp(x):
                tally[spins[i]] -= 1
                tally[new] += 1
                spins[i] = new
                here = there
        places[n] = here
        for s in range(q):
            states[n, s] = tally[s]
    place[0] = here
