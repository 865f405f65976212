"""A configuration of discrete spins that moves site by site, its energy kept along the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.sampling.base.chain import State
from statmech.sampling.base.independent import Walker
from statmech.sampling.base.random_bits import seeded_state
from statmech.sampling.base.regular_sites import regular_sweep, turning_chances
from statmech.sampling.base.spin_system import SpinSystem

__all__ = ["SiteWalker"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


class SiteWalker(Walker):
    """One configuration.

    Parameters
    ----------
    system : SpinSystem
        What is sampled.
    beta : float
        1 / T.
    sequence : SeedSequence
        Its random stream.
    hot : bool
        A random start, or an ordered one.
    rule : {"heat_bath", "metropolis"}
        For regular sites in order, where chances are looked up.
    sweeps : callable
        Compiled sweeps of all else: ``(spins, indptr, indices, couplings, pair, site_energy, beta, random_order,
        bits, energy, energies, counts)``.
    random_order : bool
        Whether sites are drawn at random.
    """

    def __init__(
        self,
        system: SpinSystem,
        beta: float,
        sequence: np.random.SeedSequence,
        hot: bool,
        rule: Literal["heat_bath", "metropolis"],
        sweeps: Callable[..., None],
        random_order: bool,
    ) -> None:
        self.system, self.beta, self.sweeps, self.random_order = system, beta, sweeps, random_order
        start, bits = sequence.spawn(2)
        self.spins = system.start(np.random.default_rng(start), hot)
        self.bits = seeded_state(bits)
        self.energy = system.energy(self.spins)
        self.chances = turning_chances(system, np.array([beta]), rule)[0]

    def measure(self, count: int) -> Array:
        """See :class:`Walker`."""
        system = self.system
        energies, counts = np.empty(count), np.empty((count, system.states), dtype=np.int64)
        indptr, indices, couplings = system.neighbours
        if self.chances.size and not self.random_order:
            _regular_sweeps(
                self.spins, indices, couplings[0], system.pair_table, self.chances, self.bits, self.energy,
                energies, counts,
            )  # fmt: skip
        else:
            self.sweeps(
                self.spins, indptr, indices, couplings, system.pair_table, system.site_energy, self.beta,
                self.random_order, self.bits, self.energy, energies, counts,
            )  # fmt: skip
        self.energy = float(energies[-1])
        return system.rows(energies, counts)

    def state(self) -> State:
        """See :class:`Walker`."""
        return {"spins": self.spins.copy(), "bits": self.bits.copy(), "running_energy": self.energy}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :class:`Walker`."""
        self.spins = np.array(state["spins"], dtype=np.uint8)
        self.bits = np.array(state["bits"], dtype=np.uint64)
        self.energy = float(state["running_energy"])


@kernel(error_model="numpy")
def _regular_sweeps(
    spins: Any, indices: Ints, coupling: float, pair: Array, chances: Words, bits: Words, energy: float,
    energies: Array, counts: Any,
) -> None:  # fmt: skip
    """One sweep for each row of the outputs: energy and number of sites in each state after it."""
    tally = np.zeros(2, dtype=np.int64)
    for i in range(spins.size):
        tally[spins[i]] += 1
    for n in range(energies.size):
        energy += regular_sweep(spins, indices, coupling, pair, chances, bits, tally)
        energies[n] = energy
        counts[n, 0], counts[n, 1] = tally[0], tally[1]
