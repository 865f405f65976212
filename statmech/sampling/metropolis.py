"""Single spins by the rule of Metropolis, on any lattice or graph with any couplings and fields."""

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
    next_word,
    supports_discrete,
)
from statmech.sampling.base.vector_spins import VectorWalker, supports_vectors

__all__ = ["Metropolis"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


class Metropolis(Algorithm):
    r"""Propose another state of a site, accept it with probability :math:`\min(1, e^{-\beta \Delta E})`.

    Sites are visited in order. One proposal in 16 is dropped unseen: otherwise a sweep that accepts every
    :math:`\Delta E = 0` moves some configurations in a circle for ever (an 8-site ring at low T is wrong by 40 %).
    With the drop any configuration can follow any other in one sweep, at any T but 0.

    Cost: about 7 ns per spin and sweep, 20 where couplings or fields differ from site to site.
    Reference: N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953).
    """

    name: ClassVar[str] = "metropolis"
    formula: ClassVar[str] = "flip a spin with probability min(1, exp(-dE/T))"
    reference: ClassVar[str] = "Metropolis et al., J. Chem. Phys. 21, 1087 (1953)"
    options: ClassVar[tuple[str, ...]] = ("order",)

    def supports(self, model: Model) -> Support:
        """Ising, Potts, Blume-Capel, XY and Heisenberg, whatever the lattice, couplings and fields."""
        return supports_vectors(model) or supports_discrete(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """Independent chains at each temperature."""
        if supports_vectors(model):

            def turn(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
                return VectorWalker(model, T, sequence, hot, "metropolis")

            return IndependentChains(model, temperatures, settings, self.name, turn)
        system = SpinSystem.of(model)
        random_order = settings.options.get("order") == "random"

        def make(T: float, sequence: np.random.SeedSequence, hot: bool) -> Walker:
            return SiteWalker(system, 1.0 / T, sequence, hot, "metropolis", _sweeps, random_order)

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
    for i in range(sites):
        tally[spins[i]] += 1
    for n in range(energies.size):
        for step in range(sites):
            i = below(bits, sites) if random_order else step
            word = next_word(bits)
            if word & np.uint64(15) == 0:  # dropped; the other 60 bits decide below
                continue
            old = spins[i]
            new = 1 - old if q == 2 else (old + 1 + below(bits, q - 1)) % q
            rise = site_energy[i, new] - site_energy[i, old]
            for k in range(indptr[i], indptr[i + 1]):
                other = spins[indices[k]]
                rise -= couplings[k] * (pair[new, other] - pair[old, other])
            x = beta * rise
            if x <= 0.0 or float(word >> np.uint64(11)) * 1.1102230246251565e-16 < np.exp(-x):
                spins[i] = new
                tally[old] -= 1
                tally[new] += 1
                energy += rise
        energies[n] = energy
        for s in range(q):
            counts[n, s] = tally[s]
