r"""Population annealing: many copies cooled together from beta = 0, the fitter ones multiplied at every step.

.. math:: \tau_i = \frac{e^{-\Delta\beta\, E_i}}{Q}, \quad Q = \frac{1}{R} \sum_i e^{-\Delta\beta\, E_i}, \qquad
          \log Z(\beta) = N \log q + \sum_\text{steps} \log Q

Each copy gets floor(tau) or ceil(tau) successors, tau on average, which then take heat-bath sweeps. Steps are as long
as leave an effective 9 in 10 copies. Copies of one ancestor are correlated, and ancestors are not: with the families
gathered in groups, the population without one group, and Q without it at every step, is what annealing without it would
have given. That is the jackknife of log Z and of every mean.

Sources: K. Hukushima and Y. Iba, AIP Conf. Proc. 690, 200 (2003); J. Machta, Phys. Rev. E 82, 026704 (2010); family
statistics: W. Wang, J. Machta and H. G. Katzgraber, Phys. Rev. E 92, 063307 (2015); blocks of families: M. Weigel et
al., Phys. Rev. E 103, 053301 (2021).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.estimators.jackknife import jackknife_error
from statmech.kernels import kernel
from statmech.logspace import logmeanexp
from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.sampling.base import (
    GROUND_UNKNOWN,
    Algorithm,
    Chain,
    Estimate,
    Progress,
    Settings,
    SpinSystem,
    State,
    blocks_per_chain,
    check_identity,
    energy_scale,
    fingerprint,
    heat_bath_sweep,
    linked_cumulants,
    log_states,
    order_parameter,
    positive_temperatures,
    seeded_state,
    stream,
    substreams,
    supports_discrete,
    turning_chances,
    uniform,
    unmoved,
)
from statmech.status import Status

__all__ = ["PopulationAnnealing"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_LEFT = 0.9  # effective share of the population after a step
_LEAST_FAMILIES = 10.0  # effective families in a group, for its share to be nearly normal


class PopulationAnnealing(Algorithm):
    r"""A population cooled from beta = 0 with resampling; gives F and S too.

    ``sweeps`` is the number of copies, each measured once at each temperature asked for; ``chains`` are independent
    populations, ``sweeps_per_step`` the heat-bath sweeps after each step of beta. There is nothing to burn in.

    Cost: about 15 ns per spin, copy and sweep; the number of steps grows as the square root of N.
    Reference: K. Hukushima, Y. Iba, AIP Conf. Proc. 690, 200 (2003).
    """

    name: ClassVar[str] = "population_annealing"
    separable: ClassVar[bool] = False
    formula: ClassVar[str] = "copies cooled from beta = 0, resampled with exp(-dbeta E), then heat bath"
    reference: ClassVar[str] = "Hukushima, Iba, AIP Conf. Proc. 690, 200 (2003)"
    options: ClassVar[tuple[str, ...]] = ("sweeps_per_step",)
    unused: ClassVar[tuple[str, ...]] = ("samples",)

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel, whatever the lattice, couplings and fields."""
        return supports_discrete(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """Populations that pass all temperatures on their way."""
        return _Populations(model, temperatures, settings)

    def seconds(self, model: Model, temperatures: int, settings: Settings) -> float:
        """As many steps as temperatures, or twice the root of the number of spins."""
        sites = float(model.sites or 1)
        steps = max(float(temperatures), 2.0 * float(np.sqrt(sites)))
        sweeps = int(settings.options.get("sweeps_per_step", 10))
        return 1.5e-8 * sites * settings.sweeps * settings.chains * steps * sweeps


class _Population:
    """Copies of one population, in the order of their first ancestors."""

    def __init__(self, system: SpinSystem, size: int, groups: int, sequence: np.random.SeedSequence) -> None:
        begin, bits = substreams(sequence, 2)
        self.system, self.size, self.groups = system, size, groups
        generator = np.random.default_rng(begin)
        self.spins = generator.integers(0, system.states, (size, system.model.sites), dtype=np.uint8)
        self.energies = _energies(system, self.spins)
        self.counts = np.stack([np.sum(self.spins == s, axis=1) for s in range(system.states)], axis=1).astype(np.int64)
        self.family = np.arange(size)
        self.bits = seeded_state(bits)
        self.numbers = np.array([0.0, log_states(system)])  # beta, log Z
        self.left_out = np.full(groups, log_states(system))  # log Z without each group

    @property
    def beta(self) -> float:
        return float(self.numbers[0])

    @property
    def log_z(self) -> float:
        return float(self.numbers[1])

    def cool(self, target: float, sweeps: int) -> None:
        """One step towards a beta."""
        gap = target - self.beta
        if self._left(gap) < _LEFT:
            low, high = 0.0, gap
            for _ in range(20):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if self._left(middle) >= _LEFT else (low, middle)
            gap = low
            arrived = self.beta + gap
        else:
            arrived = target
        logs = -gap * self.energies
        log_q = float(logmeanexp(logs))
        weights = np.exp(logs - log_q)  # mean 1
        group = self.group
        others = weights.sum() - np.bincount(group, weights, self.groups)
        self.left_out += log_q + np.log(others / (weights.size - np.bincount(group, minlength=self.groups)))
        expected = weights * (self.size / weights.size)
        successors = np.empty(logs.size, dtype=np.int64)
        _successors(expected, self.bits, successors)
        if not successors.any():
            raise InputError(f"sweeps: a population of {self.size} died out; ask for more copies")
        chosen = np.repeat(np.arange(logs.size), successors)
        self.spins, self.energies = self.spins[chosen], self.energies[chosen]
        self.counts, self.family = self.counts[chosen], self.family[chosen]
        self.numbers[:] = arrived, self.log_z + log_q
        chances = turning_chances(self.system, np.array([arrived]), "heat_bath")[0]
        _anneal(
            self.spins, self.energies, self.counts, *self.system.neighbours, self.system.pair_table,
            self.system.site_energy, arrived, chances, sweeps, self.bits,
        )  # fmt: skip

    @property
    def group(self) -> Ints:
        """Which group of families each copy belongs to."""
        return np.asarray(self.family * self.groups // self.size)

    def _left(self, gap: float) -> float:
        """Effective share of the population after a step of that length."""
        weights = np.exp(-gap * (self.energies - self.energies.min()))
        return float(weights.sum() ** 2 / (weights.size * (weights @ weights)))

    def measure(self, centre: float) -> Array:
        """Copies and sums of moments of each group of families, shape (groups, 9)."""
        rows = self.system.rows(self.energies, self.counts)
        e = rows[:, 0] - centre
        moments = np.column_stack(
            [np.ones(e.size), e, e * e, rows[:, 1], rows[:, 2], e * rows[:, 1], rows[:, 3], rows[:, 4], rows[:, 5]]
        )
        return np.stack([np.bincount(self.group, column, self.groups) for column in moments.T], axis=1)

    def family_size(self) -> float:
        """rho_t = R sum of squared shares: the copies that one independent ancestor stands for."""
        shares = np.bincount(self.family) / self.family.size
        return float(self.size * (shares @ shares))

    _ARRAYS: ClassVar[tuple[str, ...]] = ("spins", "energies", "counts", "family", "bits", "numbers", "left_out")

    def state(self) -> State:
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    def restore(self, state: Mapping[str, Any]) -> None:
        for name in self._ARRAYS:
            setattr(self, name, np.array(state[name]))


class _Populations(Chain):
    """Independent populations, weighted by their Z."""

    def __init__(self, model: Any, temperatures: Array, settings: Settings) -> None:
        positive_temperatures("population_annealing", temperatures)
        self.per_chain = blocks_per_chain(settings, " copies")
        self.sweeps = settings.options.get("sweeps_per_step", 10)
        if not isinstance(self.sweeps, int | np.integer) or self.sweeps < 1:
            raise InputError(f"sweeps_per_step: expected an integer of at least 1; got {self.sweeps!r}")
        self.temperatures, self.settings = temperatures, settings
        self.system = SpinSystem.of(model)
        self.magnetization = hasattr(model, "field")
        self.betas, self.place = np.unique(
            np.where(np.isinf(temperatures), 0.0, 1.0 / temperatures), return_inverse=True
        )
        own = fingerprint(model)
        exact = [float(T) for T in temperatures]
        self.identity = (
            f"population_annealing:{own}:{settings.seed}:{settings.sweeps}:{settings.chains}:{self.sweeps}:"
            + ",".join(T.hex() for T in exact)
        )
        sequences = stream(settings.seed, "population_annealing", own, *exact).spawn(settings.chains)
        self.waiting = list(sequences)
        self.population: _Population | None = None
        shape = (settings.chains, self.betas.size)
        self.done = np.zeros(settings.chains, dtype=np.int64)  # temperatures measured
        self.centres = np.zeros(self.betas.size)
        self.sums = np.zeros((*shape, self.per_chain, 9))
        self.log_z = np.zeros(shape)
        self.left_out = np.zeros((*shape, self.per_chain))
        self.families = np.zeros(shape)

    def advance(self, seconds: float) -> bool:
        """See :meth:`Chain.advance`; a step of beta of one population is not divided."""
        stop = time.monotonic() + seconds
        while np.any(self.done < self.betas.size):
            self._step()
            if time.monotonic() >= stop:
                break
        return bool(np.all(self.done == self.betas.size))

    def _step(self) -> None:
        chain = int(np.flatnonzero(self.done < self.betas.size)[0])
        if self.population is None:
            self.population = self._new(chain)
        population, b = self.population, int(self.done[chain])
        if population.beta < self.betas[b]:
            population.cool(float(self.betas[b]), self.sweeps)
            return
        if chain == 0:
            self.centres[b] = population.energies.mean()
        self.sums[chain, b] = population.measure(float(self.centres[b]))
        self.log_z[chain, b], self.families[chain, b] = population.log_z, population.family_size()
        self.left_out[chain, b] = population.left_out
        self.done[chain] += 1
        if self.done[chain] == self.betas.size:
            self.population = None

    def _new(self, chain: int) -> _Population:
        return _Population(self.system, self.settings.sweeps, self.per_chain, self.waiting[chain])

    def state(self) -> State:
        """See :meth:`Chain.state`."""
        flat: State = {
            name: getattr(self, name).copy() for name in ("done", "centres", "sums", "log_z", "left_out", "families")
        }
        flat["identity"] = self.identity
        if self.population is not None:
            flat |= {f"population/{key}": value for key, value in self.population.state().items()}
        return flat

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`Chain.restore`."""
        check_identity(state, self.identity)
        for name in ("done", "centres", "sums", "log_z", "left_out", "families"):
            setattr(self, name, np.array(state[name]))
        self.population = None
        if "population/spins" in state:
            self.population = _Population.__new__(_Population)
            self.population.system, self.population.size = self.system, self.settings.sweeps
            self.population.groups = self.per_chain
            prefix = "population/"
            self.population.restore({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})

    def _rows(self) -> tuple[Array, Array]:
        """Moments (1 + blocks, T, 8) and log Z (1 + blocks, T): all groups, and each left out.

        Populations are averaged with weights Z; one that lacks a group counts for as much less.
        """
        chains, groups = self.settings.chains, self.per_chain
        totals = self.sums.sum(axis=2)  # (chains, B, 9)
        top = self.log_z.max(axis=0)
        shares = np.exp(self.log_z - top)  # (chains, B)
        means = totals[..., 1:] / totals[..., :1]
        z, moments = [shares.sum(axis=0) / chains], [(shares[..., None] * means).sum(axis=0)]
        for c in range(chains):
            for g in range(groups):
                rest = totals[c] - self.sums[c, :, g]
                share = (1 - 1 / groups) * np.exp(self.left_out[c, :, g] - top)
                z.append((shares.sum(axis=0) - shares[c] + share) / (chains - 1 / groups))
                moments.append(moments[0] - shares[c][:, None] * means[c] + share[:, None] * rest[:, 1:] / rest[:, :1])
        counts = np.concatenate([[chains], np.full(chains * groups, chains - 1 / groups)])
        sums = np.array(z) * counts[:, None]
        log_z = top + np.log(np.array(z))
        return (np.array(moments) / sums[..., None])[:, self.place], log_z[:, self.place]

    def result(self) -> Cumulants:
        """See :meth:`Chain.result`; log Z is absolute."""
        rows, log_z = self._rows()
        return linked_cumulants(self.temperatures, self.centres[self.place], rows, log_z, self.magnetization)

    def estimates(self) -> dict[str, Estimate]:
        """Order parameter, and how many independent ancestors are left."""
        rows, _ = self._rows()
        copies = self.sums[..., 0].sum(axis=(0, 2))[self.place]
        return order_parameter(rows, self.magnetization) | {
            "family_size": Estimate(self._family_size(), "Copies per independent family (rho_t)", blocks=False),
            "sweeps": Estimate(copies, "Measured copies of all populations", blocks=False),
        }

    def status(self) -> npt.NDArray[np.int8]:
        """Too few families are left, energies that never moved, or the target was not reached."""
        flags = np.zeros(len(self.temperatures), dtype=np.int8)
        families = self.settings.sweeps / self._family_size()
        mean, second = self._rows()[0][0, :, :2].T
        scale = energy_scale(self.system.model)
        frozen = np.isfinite(self.temperatures) & unmoved(mean, second, scale)  # an error of 0 is none
        flags[frozen | (families < _LEAST_FAMILIES * self.per_chain)] |= Status.TOO_FEW_SAMPLES
        if self.settings.target_error is not None:
            errors = jackknife_error(self._rows()[0][1:, :, 0])
            flags[errors > self.settings.target_error * self.system.model.sites] |= Status.NOT_CONVERGED
        return flags

    def not_computed(self) -> dict[str, str]:
        """What needs the ground energy."""
        return dict(GROUND_UNKNOWN)

    def progress(self) -> Progress:
        """Temperatures passed."""
        done = float(self.done.sum()) / (self.settings.chains * self.betas.size)
        at = f"beta = {self.population.beta:.4g}" if self.population is not None else ""
        return Progress(done, at)

    def _family_size(self) -> Array:
        """rho_t at each temperature, the largest of the populations, shape (T,)."""
        return np.asarray(self.families.max(axis=0)[self.place])


def _energies(system: SpinSystem, spins: Any) -> Array:
    """H of each copy, a few hundred copies at a time."""
    i, j = system.model.lattice.bonds.T
    real = i != j
    i, j, couplings = i[real], j[real], system.model.couplings[real]
    sites = np.arange(system.model.sites)
    parts = []
    for start in range(0, len(spins), 256):
        s = spins[start : start + 256]
        own = system.site_energy[sites, s].sum(axis=1)
        parts.append(system.constant + own - system.pair_table[s[:, i], s[:, j]] @ couplings)
    return np.concatenate(parts)


@kernel()
def _successors(expected: Array, bits: Words, out: Ints) -> None:
    """floor or ceil of each expectation, at random with the right mean."""
    for i in range(expected.size):
        whole = np.floor(expected[i])
        out[i] = np.int64(whole)
        if uniform(bits) < expected[i] - whole:
            out[i] += 1


@kernel(error_model="numpy")
def _anneal(
    spins: Any, energies: Array, counts: Ints, indptr: Any, indices: Any, couplings: Array, pair: Array,
    site_energy: Array, beta: float, chances: Words, sweeps: int, bits: Words,
) -> None:  # fmt: skip
    """Heat-bath sweeps of every copy."""
    work = np.empty((2, counts.shape[1]))
    for copy in range(spins.shape[0]):
        for _ in range(sweeps):
            energies[copy] += heat_bath_sweep(
                spins[copy], indptr, indices, couplings, pair, site_energy, beta, chances, bits, counts[copy], work
            )
