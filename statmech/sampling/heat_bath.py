"""Heat bath: every spin in turn takes a state from its own Boltzmann distribution."""

from __future__ import annotations

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
    SiteWalker,
    SpinSystem,
    Walker,
    below,
    supports_discrete,
    uniform,
)

__all__ = ["HeatBath"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


class HeatBath(Algorithm):
    r"""A site takes state s with probability :math:`e^{-\beta E(s)} / \sum_{s'} e^{-\beta E(s')}` given its neighbours.

    No state is ever forced, so any order of the sites is ergodic at any T but 0. With many states of a site it accepts
    more than Metropolis does.

    Cost: about 7 ns per spin and sweep for two states and equal bonds, 20 elsewhere.
    Reference: M. Creutz, Phys. Rev. D 21, 2308 (1980).
    """

    name: ClassVar[str] = "heat_bath"
    formula: ClassVar[str] = "draw a spin from its distribution given its neighbours"
    reference: ClassVar[str] = "Creutz, Phys. Rev. D 21, 2308 (1980)"
    options: ClassVar[tuple[str, ...]] = ("order",)

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel, whatever the lattice, couplings and fields."""
        return supports_discrete(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """Independent chains at each temperature."""
        system = SpinSystem.of(model)
        random_order = settings.options.get("order") == "random"

        def make(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
            return SiteWalker(system, 1.0 / T, sequence, hot, "heat_bath", _sweeps, random_order)

        name = f"{self.name} random" if random_order else self.name
        return IndependentChains(model, temperatures, settings, name, make)


@kernel(error_model="numpy")
def _sweeps(
    spins: Any, indptr: Ints, indices: Ints, couplings: Array, pair: Array, site_energy: Array, beta: float,
    random_order: bool, bits: Words, energy: float, energies: Array, counts: Any,
) -> None:  # fmt: skip
    """One sweep for each row of the outputs: energy and number of sites in each state after it."""
    sites, q = site_energy.shape
    tally = np.zeros(q, dtype=np.int64)
    local, weights = np.empty(q), np.empty(q)
    for i in range(sites):
        tally[spins[i]] += 1
    for n in range(energies.size):
        for step in range(sites):
            i = below(bits, sites) if random_order else step
            old = spins[i]
            for s in range(q):
                local[s] = site_energy[i, s]
            for k in range(indptr[i], indptr[i + 1]):
                other = spins[indices[k]]
                for s in range(q):
                    local[s] -= couplings[k] * pair[s, other]
            least = beta * local[0]
            for s in range(1, q):
                least = min(least, beta * local[s])
            total = 0.0
            for s in range(q):
                weights[s] = np.exp(least - beta * local[s])
                total += weights[s]
            mark = uniform(bits) * total
            new = 0
            reached = weights[0]
            while new < q - 1 and mark >= reached:
                new += 1
                reached += weights[new]
            spins[i] = new
            tally[old] -= 1
            tally[new] += 1
            energy += local[new] - local[old]
        energies[n] = energy
        for s in range(q):
            counts[n, s] = tally[s]
