"""Swendsen-Wang: all clusters of active bonds turn at once, each to a random state."""

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
from statmech.sampling.base.cluster_bonds import ClusterBonds, cluster_support
from statmech.sampling.base.vector_spins import supports_vectors

__all__ = ["SwendsenWang"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


class SwendsenWang(Algorithm):
    r"""Satisfied bonds are active with probability p; every cluster of them takes a random state.

    Without a field M is measured by clusters, averaged over all their 2^clusters orientations at once:
    :math:`M^2 \to \sum_c \mu_c^2`, :math:`M^4 \to 3 (\sum_c \mu_c^2)^2 - 2 \sum_c \mu_c^4` with
    :math:`\mu_c = \sum_{i \in c} s_i`. A field is one more spin, the ghost, whose cluster stays.

    Cost: about 25 ns per spin and sweep. Reference: R. H. Swendsen and J.-S. Wang, PRL 58, 86 (1987); improved
    estimators: U. Wolff, Nucl. Phys. B 334, 581 (1990).
    """

    name: ClassVar[str] = "swendsen_wang"
    formula: ClassVar[str] = "clusters of bonds active with probability 1 - exp(-2J/T) take random states"
    reference: ClassVar[str] = "Swendsen and Wang, PRL 58, 86 (1987)"

    def supports(self, model: Model) -> Support:
        """Unfrustrated Ising and ferromagnetic Potts models."""
        return Support(False, "vector spins: ask wolff") if supports_vectors(model) else cluster_support(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """Independent chains at each temperature."""
        system = SpinSystem.of(model)
        tables = {float(T): ClusterBonds.of(system, float(T)) for T in temperatures}

        def make(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
            return _Walker(system, tables[T], sequence, hot)

        return IndependentChains(model, temperatures, settings, self.name, make)


class _Walker(Walker):
    def __init__(self, system: SpinSystem, bonds: ClusterBonds, sequence: np.random.SeedSequence, hot: bool) -> None:
        self.system, self.bonds = system, bonds
        start, bits = sequence.spawn(2)
        self.spins = system.start(np.random.default_rng(start), hot)
        self.bits = seeded_state(bits)

    def measure(self, count: int) -> Array:
        system, bonds = self.system, self.bonds
        sites, q = system.model.sites, system.states
        energies, counts, powers = np.empty(count), np.empty((count, q), dtype=np.int64), np.empty((count, 2))
        _sweeps(
            self.spins,
            bonds.starts,
            bonds.ends,
            bonds.bond_thresholds,
            bonds.bond_anti,
            bonds.mask,
            bonds.couplings,
            system.delta,
            q,
            bonds.ghost,
            bonds.ghost_state,
            system.site_energy,
            self.bits,
            energies,
            counts,
            powers,
        )
        energies += system.constant
        rows = system.rows(energies, counts)
        if system.symmetric:
            if system.delta:
                rows[:, 2] = sites**2 / q**2 + (q - 1) / q**2 * powers[:, 0]
            else:
                rows[:, 2] = rows[:, 4] = powers[:, 0]
                rows[:, 5] = 3.0 * powers[:, 0] ** 2 - 2.0 * powers[:, 1]
        return rows

    def state(self) -> State:
        return {"spins": self.spins.copy(), "bits": self.bits.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.spins = np.array(state["spins"], dtype=np.uint8)
        self.bits = np.array(state["bits"], dtype=np.uint64)


@kernel()
def _root(parent: Ints, i: int) -> Any:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel()
def _link(
    spins: Any, starts: Ints, ends: Ints, thresholds: Words, anti: Bytes, couplings: Array, parent: Ints, bits: Words
) -> float:
    """Join what active bonds join; the sum of J over bonds of like spins."""
    sum_like = 0.0
    for i in range(spins.size):
        s = spins[i]
        root = i  # of site i, which has only lower neighbours
        for k in range(starts[i], starts[i + 1]):
            like = s == spins[ends[k]]
            sum_like += couplings[k] * like
            if (next_word(bits) < thresholds[k]) & (like != (anti[k] == 1)):
                other = _root(parent, ends[k])
                parent[max(root, other)] = min(root, other)
                root = min(root, other)
        parent[i] = root
    return sum_like


@kernel()
def _link_equal(spins: Any, starts: Ints, ends: Ints, threshold: Any, unlike: bool, parent: Ints, bits: Words) -> int:
    """The same where all bonds are equal, twice as fast; the number of bonds of like spins.

    A word decides four bonds: 16 bits against the upper 16 of the threshold, and another word where these are equal.
    """
    high, low = threshold >> np.uint64(48), threshold << np.uint64(16)
    a, b, c, d = bits[0], bits[1], bits[2], bits[3]
    word = np.uint64(0)
    count_like = 0
    for i in range(spins.size):
        s = spins[i]
        root = i
        for k in range(starts[i], starts[i + 1]):
            if k & 3 == 0:
                word, a, b, c, d = stepped(a, b, c, d)
            part = word & np.uint64(0xFFFF)
            word >>= np.uint64(16)
            active = part < high
            if part == high:
                again, a, b, c, d = stepped(a, b, c, d)
                active = again < low
            like = s == spins[ends[k]]
            count_like += like
            if active & (like != unlike):
                other = _root(parent, ends[k])
                parent[max(root, other)] = min(root, other)
                root = min(root, other)
        parent[i] = root
    bits[0], bits[1], bits[2], bits[3] = a, b, c, d
    return count_like


@kernel()
def _turn(
    spins: Any, parent: Ints, moment: Ints, fresh: Bytes, roots: Ints, fixed: int, delta: bool, q: int, bits: Words,
    counts: Any,
) -> tuple[float, float]:  # fmt: skip
    """Give every cluster its new state; the sums of the squares and fourth powers of the old moments."""
    sites = spins.size
    found = 0
    for i in range(sites):
        root = parent[parent[i]]
        parent[i] = root
        roots[found] = i
        found += root == i
    pool = np.uint64(0)
    for c in range(found):
        root = roots[c]
        moment[root, 0] = moment[root, 1] = 0
        if delta:
            fresh[root] = below(bits, q)
        else:
            if c & 63 == 0:
                pool = next_word(bits)
            fresh[root] = pool & np.uint64(1)
            pool >>= np.uint64(1)
    if fixed >= 0:
        fresh[fixed] = 0
    for s in range(q):
        counts[s] = 0
    ups = 0
    for i in range(sites):  # odd and even sites add up apart: most belong to one cluster, and must not wait for it
        root = parent[i]
        s = spins[i]
        if delta:
            counts[s] += 1
            moment[root, i & 1] += 1
            spins[i] = fresh[root]
        else:
            ups += s
            moment[root, i & 1] += 2 * np.int32(s) - 1
            spins[i] = s ^ fresh[root]
    if not delta:
        counts[0], counts[1] = sites - ups, ups
    second, fourth = 0.0, 0.0
    for c in range(found):
        square = float(moment[roots[c], 0] + moment[roots[c], 1]) ** 2
        second += square
        fourth += square * square
    return second, fourth


@kernel(error_model="numpy")
def _sweeps(
    spins: Any, starts: Ints, ends: Ints, thresholds: Words, anti: Bytes, mask: int, couplings: Array, delta: bool,
    q: int, ghost: Words, ghost_state: Bytes, site_energy: Array, bits: Words, energies: Array, counts: Any,
    powers: Array,
) -> None:  # fmt: skip
    """For each row: measure the configuration while its clusters are found, then turn them."""
    sites = spins.size
    parent = np.arange(sites + 1).astype(np.int32)
    moment = np.empty((sites + 1, 2), dtype=np.int32)
    fresh = np.empty(sites + 1, dtype=np.uint8)  # state of a cluster, or whether it turns over
    roots = np.empty(sites + 1, dtype=np.int32)
    total = couplings[0] * ends.size if mask == 0 else couplings.sum()
    for n in range(energies.size):
        if mask == 0:
            like_sum = couplings[0] * _link_equal(spins, starts, ends, thresholds[0], anti[0] == 1, parent, bits)
        else:
            like_sum = _link(spins, starts, ends, thresholds, anti, couplings, parent, bits)
        energy = -like_sum if delta else total - 2.0 * like_sum
        fixed = -1
        if ghost.size > 0:
            parent[sites] = sites
            for i in range(sites):
                energy += site_energy[i, spins[i]]
                if spins[i] == ghost_state[i] and next_word(bits) < ghost[i]:
                    a, b = _root(parent, i), _root(parent, sites)
                    parent[max(a, b)] = min(a, b)
            fixed = _root(parent, sites)
        energies[n] = energy
        second, fourth = _turn(spins, parent, moment, fresh, roots, fixed, delta, q, bits, counts[n])
        powers[n, 0] = second
        powers[n, 1] = fourth
