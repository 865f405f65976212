"""Wolff: one cluster of active bonds, grown from a random site, turns over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.sampling.base import (
    Algorithm,
    Chain,
    IndependentChains,
    Settings,
    SpinSystem,
    State,
    Walker,
    below,
    next_word,
    seeded_state,
    stepped,
)
from statmech.sampling.base.cluster_bonds import ClusterBonds, check_temperatures, cluster_support
from statmech.sampling.base.vector_spins import VectorWalker, supports_vectors

__all__ = ["Wolff"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_RARE = 0.01  # a bond active less often than that joins no clusters worth the name
_BLOCKS = 16  # of the burn-in, to see which estimator of M^2 is the better one


class Wolff(Algorithm):
    r"""Grow a cluster over active bonds from a random site and turn it over.

    A sweep is a fixed number of clusters, chosen at the end of the burn-in so that it visits about N sites (stopping
    when N sites have turned would be biased). It is odd where the lattice falls into parts that hardly share a cluster
    (high T, a graph in pieces): every cluster turns over one of them, and after an even number the parity of the parts
    that are up would be the same for ever. Without a field :math:`M^2` is measured either on configurations or by
    the improved estimator :math:`N \mu_c^2 / n_c`, whichever had the smaller error in the burn-in. A field is one more
    spin, the ghost: a cluster that reaches it stays as it is.

    Cost: about 15 ns per spin of a cluster, 30 where couplings differ or there is a field.
    Reference: U. Wolff, PRL 62, 361 (1989).
    """

    name: ClassVar[str] = "wolff"
    formula: ClassVar[str] = "turn over one cluster of bonds active with probability 1 - exp(-2J/T)"
    reference: ClassVar[str] = "Wolff, PRL 62, 361 (1989)"

    def supports(self, model: Model) -> Support:
        """Unfrustrated Ising and ferromagnetic Potts models; XY and Heisenberg without frustration and field."""
        return cluster_support(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """Independent chains at each temperature."""
        if supports_vectors(model):
            check_temperatures(model, temperatures)

            def turn(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
                return VectorWalker(model, T, sequence, hot, "wolff")

            return IndependentChains(model, temperatures, settings, self.name, turn)
        system = SpinSystem.of(model)
        tables = {float(T): ClusterBonds.of(system, float(T)) for T in temperatures}

        def make(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
            return _Walker(system, tables[T], sequence, hot)

        return IndependentChains(model, temperatures, settings, self.name, make)


class _Walker(Walker):
    """One configuration. ``clusters`` is 0 until the burn-in has told how many make a sweep; ``visited``: sites."""

    def __init__(self, system: SpinSystem, bonds: ClusterBonds, sequence: np.random.SeedSequence, hot: bool) -> None:
        self.system, self.bonds = system, bonds
        start, bits = sequence.spawn(2)
        self.spins = system.start(np.random.default_rng(start), hot)
        self.bits = seeded_state(bits)
        self.clusters, self.improved, self.visited = 0, False, 0
        self.burnt: list[Array] = []  # of each sweep of the burn-in: clusters, sites, both estimators of M^2

    def measure(self, count: int) -> Array:
        system, bonds = self.system, self.bonds
        energies, counts = np.empty(count), np.empty((count, system.states), dtype=np.int64)
        improved, visits = np.empty(count), np.empty((count, 2))
        _sweeps(
            self.spins,
            bonds.indptr,
            bonds.indices,
            bonds.thresholds,
            bonds.anti,
            bonds.mask,
            bonds.starts,
            bonds.ends,
            bonds.couplings,
            bonds.runs,
            system.regular or 0,
            system.delta,
            system.states,
            bonds.ghost,
            bonds.ghost_state,
            system.site_energy,
            self.bits,
            self.clusters,
            visits,
            energies,
            counts,
            improved,
        )
        self.visited += int(visits[:, 1].sum())
        rows = system.rows(energies + system.constant, counts)
        if system.delta:  # N_c^2 averaged over the colours, from the sum of squared cluster sizes
            sites, q = system.model.sites, system.states
            improved = sites**2 / q**2 + (q - 1) / q**2 * improved
        if not self.clusters:
            self.burnt.append(np.column_stack([visits, rows[:, 2], improved]))
        elif self.improved:
            rows[:, 2] = improved
        return rows

    def settle(self, rows: Array) -> None:  # noqa: ARG002
        """A sweep visits about N sites; M^2 is measured in the better way."""
        burnt = np.concatenate([*self.burnt, np.empty((0, 4))])
        late = burnt[len(burnt) // 2 :]
        clusters, sites = late[:, :2].sum(axis=0)
        self.clusters = max(1, round(self.system.model.sites * clusters / sites)) if len(late) else 1
        if self.clusters % 2 == 0 and not self.bonds.connected(_RARE):
            self.clusters += 1
        if self.system.symmetric and len(late) >= 4 * _BLOCKS:
            blocks = np.array([part.mean(axis=0) for part in np.array_split(late[:, 2:], _BLOCKS)])
            direct, improved = blocks.var(axis=0)
            self.improved = bool(improved < direct)
        self.burnt = []

    def state(self) -> State:
        return {
            "spins": self.spins.copy(),
            "bits": self.bits.copy(),
            "clusters": self.clusters,
            "improved": int(self.improved),
            "visited": self.visited,
            "visits": np.concatenate([*self.burnt, np.empty((0, 4))]),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.spins = np.array(state["spins"], dtype=np.uint8)
        self.bits = np.array(state["bits"], dtype=np.uint64)
        self.clusters, self.improved = int(state["clusters"]), bool(state["improved"])
        self.visited = int(state["visited"])
        self.burnt = [np.array(state["visits"])]


@kernel()
def _grow(
    spins: Any, indptr: Ints, indices: Ints, thresholds: Words, anti: Bytes, mask: int, delta: bool, q: int,
    ghost: Words, ghost_state: Bytes, queue: Ints, bits: Words,
) -> Any:  # fmt: skip
    """Turn over one cluster, unless it reaches the ghost: its sites, and its moment before (Ising)."""
    seed = below(bits, spins.size)
    old = spins[seed]
    new = (old + 1 + below(bits, q - 1)) % q if delta else 1 - old
    spins[seed] = new
    queue[0] = seed
    head, tail = 0, 1
    moment: Any = 0
    held = False
    while head < tail:
        i = queue[head]
        head += 1
        before = old if delta else 1 - spins[i]  # a turned spin no longer satisfies its bonds, and is not taken twice
        moment += 2 * np.int64(before) - 1
        if ghost.size > 0 and before == ghost_state[i] and next_word(bits) < ghost[i]:
            held = True
            break
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            b = k & mask
            if ((spins[j] == before) != (anti[b] == 1)) and next_word(bits) < thresholds[b]:
                spins[j] = new if delta else 1 - spins[j]
                queue[tail] = j
                tail += 1
    if held:
        for c in range(tail):
            spins[queue[c]] = old if delta else 1 - spins[queue[c]]
    return tail, moment


@kernel(inline="always")
def _grow_regular(spins: Any, indices: Ints, z: int, threshold: Any, unlike: Any, queue: Any, bits: Words) -> Any:
    """The same for equal Ising bonds, z at each site, without a ghost and without a branch that cannot be foreseen.

    A word decides four bonds: 16 bits against the upper 16 of the threshold, and another word where these are equal.
    A queue, unlike a stack, tells early which site is next, so that the machine works on several.
    """
    high, low = threshold >> np.uint64(48), threshold << np.uint64(16)
    seed = below(bits, spins.size)
    spins[seed] ^= np.uint8(1)
    queue[0] = seed
    head: Any = 0
    tail: Any = 1
    moment: Any = 0
    a, b, c, d = bits[0], bits[1], bits[2], bits[3]
    word = np.uint64(0)
    while head < tail:
        i = np.int64(queue[head])
        head += 1
        before = np.int64(spins[i]) ^ 1
        moment += before
        wanted = before ^ unlike
        for m in range(z):
            if m & 3 == 0:
                word, a, b, c, d = stepped(a, b, c, d)
            j = indices[i * z + m]
            part = word & np.uint64(0xFFFF)
            word >>= np.uint64(16)
            active = part < high
            if part == high:
                again, a, b, c, d = stepped(a, b, c, d)
                active = again < low
            taken = np.uint8((spins[j] == wanted) & active)
            spins[j] ^= taken
            queue[tail] = j
            tail += taken
    bits[0], bits[1], bits[2], bits[3] = a, b, c, d
    return tail, 2 * moment - tail


@kernel()
def _grow_square(spins: Any, indices: Ints, threshold: Any, unlike: Any, queue: Any, bits: Words) -> Any:
    """Four bonds at each site; a constant number unrolls the loop."""
    return _grow_regular(spins, indices, 4, threshold, unlike, queue, bits)


@kernel()
def _grow_cubic(spins: Any, indices: Ints, threshold: Any, unlike: Any, queue: Any, bits: Words) -> Any:
    """Six bonds at each site."""
    return _grow_regular(spins, indices, 6, threshold, unlike, queue, bits)


@kernel()
def _grow_equal(spins: Any, indptr: Ints, indices: Ints, threshold: Any, unlike: Any, stack: Any, bits: Words) -> Any:
    """Equal Ising bonds without a ghost, any number of them at a site."""
    high, low = threshold >> np.uint64(48), threshold << np.uint64(16)
    seed = below(bits, spins.size)
    spins[seed] ^= np.uint8(1)
    stack[0] = seed
    top: Any = 1
    moment: Any = 0
    size = 0
    word = np.uint64(0)
    while top > 0:
        top -= 1
        i = stack[top]
        size += 1
        before = np.int64(spins[i]) ^ 1
        moment += 2 * before - 1
        wanted = before ^ unlike
        first = indptr[i]
        for k in range(first, indptr[i + 1]):
            if (k - first) & 3 == 0:
                word = next_word(bits)
            j = indices[k]
            part = word & np.uint64(0xFFFF)
            word >>= np.uint64(16)
            active = part < high
            if part == high:
                active = next_word(bits) < low
            taken = np.uint8((spins[j] == wanted) & active)
            spins[j] ^= taken
            stack[top] = j
            top += taken
    return size, moment


@kernel()
def _count_like(spins: Any, runs: Any) -> int:
    """Bonds of like spins, in runs of consecutive ones."""
    like: Any = 0
    for r in range(runs.shape[0]):
        length = runs[r, 2]
        one = spins[runs[r, 0] : runs[r, 0] + length]
        other = spins[runs[r, 1] : runs[r, 1] + length]
        unlike: Any = 0
        for start in range(0, length, 128):  # a byte holds the sum of 128 bits
            part = np.uint8(0)
            for i in range(start, min(start + 128, length)):
                part = np.uint8(part + np.uint8(one[i] != other[i]))
            unlike += np.int64(part)
        like += length - unlike
    return int(like)


@kernel(error_model="numpy")
def _sweeps(
    spins: Any, indptr: Ints, indices: Ints, thresholds: Words, anti: Bytes, mask: int, starts: Ints, ends: Ints,
    couplings: Array, runs: Any, degree: int, delta: bool, q: int, ghost: Words, ghost_state: Bytes, site_energy: Array,
    bits: Words, clusters: int, visits: Any, energies: Array, counts: Any, improved: Array,
) -> None:  # fmt: skip
    """For each row: so many clusters (or, in the burn-in, until N sites are visited), then a measurement."""
    sites = spins.size
    queue = np.empty(sites + 1, dtype=np.int32)
    simple = mask == 0 and not delta and ghost.size == 0
    total = couplings[0] * ends.size if mask == 0 else couplings.sum()
    for n in range(energies.size):
        done, visited, squares = 0, 0, 0.0
        while done < clusters or (clusters == 0 and visited < sites):
            if simple and degree == 4:
                size, moment = _grow_square(spins, indices, thresholds[0], np.int64(anti[0]), queue, bits)
            elif simple and degree == 6:
                size, moment = _grow_cubic(spins, indices, thresholds[0], np.int64(anti[0]), queue, bits)
            elif simple:
                size, moment = _grow_equal(spins, indptr, indices, thresholds[0], np.int64(anti[0]), queue, bits)
            else:
                size, moment = _grow(
                    spins, indptr, indices, thresholds, anti, mask, delta, q, ghost, ghost_state, queue, bits
                )
            done += 1
            visited += size
            squares += float(size) if delta else float(moment) * float(moment) / size
        improved[n] = sites * squares / done
        visits[n, 0], visits[n, 1] = done, visited
        like_sum, energy = 0.0, 0.0
        for s in range(q):
            counts[n, s] = 0
        if mask == 0:
            like_sum = couplings[0] * _count_like(spins, runs)
        else:
            for i in range(sites):
                for k in range(starts[i], starts[i + 1]):
                    like_sum += couplings[k] * (spins[i] == spins[ends[k]])
        if q == 2:
            ups = 0
            for i in range(sites):
                ups += spins[i]
            counts[n, 0], counts[n, 1] = sites - ups, ups
        else:
            for i in range(sites):
                counts[n, spins[i]] += 1
        if ghost.size > 0:
            for i in range(sites):
                energy += site_energy[i, spins[i]]
        energies[n] = energy - (like_sum if delta else 2.0 * like_sum - total)
