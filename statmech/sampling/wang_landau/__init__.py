r"""Wang-Landau: the density of states by a walk that is made flat in energy, then measured with fixed weights.

.. math:: P(\text{accept}) = \min\bigl(1, g(E) / g(E')\bigr), \qquad \log g(E) \mathrel{+}= \log f \text{ at every step}

log f is halved whenever every level has been seen again, until it is down to 1/t with t proposals per level, and
follows 1/t from then on (halving alone saturates). What the walk learnt is only a guide: a second, multicanonical
walk with these weights fixed obeys detailed balance, and gives

.. math:: g(E) \propto H(E)\, g_\mathrm{guide}(E), \qquad \sum_E g(E) = q^N,

with H its histogram, and errors by the jackknife. All temperatures follow from the one density.

Sources: F. Wang and D. P. Landau, Phys. Rev. Lett. 86, 2050 (2001); R. E. Belardinelli and V. D. Pereyra, Phys. Rev. E
75, 046701 (2007); multicanonical: B. A. Berg and T. Neuhaus, Phys. Rev. Lett. 68, 9 (1992).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, StatmechError
from statmech.estimators.jackknife import block_correction, jackknife_error
from statmech.frozen import Frozen
from statmech.logspace import logsumexp
from statmech.methods.base import Support
from statmech.methods.density_of_states.integer_costs import IntegerCosts, integer_costs
from statmech.models.base import Model
from statmech.sampling.base import (
    BLOCK_TIMES,
    GROUND_UNKNOWN,
    PATIENCE,
    R_HAT,
    Algorithm,
    Chain,
    Estimate,
    Progress,
    Record,
    Settings,
    SpinSystem,
    State,
    blocks_per_chain,
    check_identity,
    checks,
    fingerprint,
    linked_cumulants,
    log_states,
    order_parameter,
    stream,
    supports_discrete,
)
from statmech.sampling.wang_landau.walk import LOG_F, Walk
from statmech.status import Status

__all__ = ["SampledDensity", "WangLandau", "sampled_density"]

Array = npt.NDArray[np.float64]

_MOST_LEVELS = 2**14
_LONGEST = 200  # times the burn-in (at least 1000 sweeps): the guide is then flagged as not converged


class WangLandau(Algorithm):
    r"""A walk flat in energy, then a production run with fixed weights: log g(E), and all temperatures from it.

    The energies must be multiples of a common unit, at most 16 384 levels. ``burn_in`` is the least number of sweeps
    that the guide is learnt in, ``sweeps`` the length of the production run.

    Cost: about 15 ns per spin and sweep. Reference: Wang, Landau, Phys. Rev. Lett. 86, 2050 (2001).
    """

    name: ClassVar[str] = "wang_landau"
    separable: ClassVar[bool] = False
    unused: ClassVar[tuple[str, ...]] = ("samples",)
    formula: ClassVar[str] = "walk with weights 1/g(E), log g raised by log f, 1/t; production with fixed weights"
    reference: ClassVar[str] = "Wang, Landau, Phys. Rev. Lett. 86, 2050 (2001); Belardinelli, Pereyra, PRE 75, 046701"

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel whose couplings and fields are multiples of one unit."""
        found = supports_discrete(model)
        if not found:
            return found
        try:
            levels = _levels(model).size
        except StatmechError as problem:
            return Support(False, str(problem))
        if levels > _MOST_LEVELS:
            return Support(False, f"{levels} levels are more than {_MOST_LEVELS}")
        return Support(True, f"{found.reason}, {levels} levels")

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """One density of states for all temperatures."""
        return _FlatWalks(model, temperatures, settings)

    def seconds(self, model: Model, temperatures: int, settings: Settings) -> float:  # noqa: ARG002
        """15 ns per spin and sweep, of a guide that may take several times the burn-in."""
        return 1.5e-8 * float(model.sites or 1) * (settings.sweeps + 5 * settings.burn_in) * settings.chains


@dataclass(frozen=True, eq=False)
class SampledDensity(Frozen):
    """A density of states by sampling, normalised to q^N.

    Attributes
    ----------
    energies : array, shape (levels,)
        Levels that were met, rising.
    log_g, log_g_errors : array, shape (levels,)
        log of their degeneracies and standard errors; the sum of exp(log_g) is the number of configurations.
    """

    energies: Array
    log_g: Array
    log_g_errors: Array


def sampled_density(
    model: Any, *, seed: int = 0, sweeps: int = 100_000, burn_in: int = 10_000, chains: int = 2
) -> SampledDensity:
    """Density of states by Wang-Landau and a production run.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        Couplings and fields multiples of one unit.
    seed : int
        Of the random streams.
    sweeps, burn_in : int
        Of production, and at least of learning the weights, for each chain.
    chains : int
        Independent walks.

    Returns
    -------
    SampledDensity

    Raises
    ------
    InputError
        If the model has no common unit, or too many levels.

    Examples
    --------
    >>> from statmech import Ising, lattices
    >>> found = sampled_density(Ising(lattices.square(3, 3)), seed=1, sweeps=5000, burn_in=1000)
    >>> found.energies[:2], bool(abs(found.log_g[0] - np.log(2)) < 4 * found.log_g_errors[0])
    (array([-18., -10.]), True)
    """
    algorithm = WangLandau()
    support = algorithm.supports(model)
    if not support:
        raise InputError(f"model: wang_landau: {support.reason}")
    walks = _FlatWalks(model, np.array([1.0]), Settings(seed, sweeps, burn_in, chains))
    while not walks.advance(3600.0):
        pass
    return walks.density()


def _levels(model: Any) -> Array:
    """All energies on the common grid, between bounds of the lowest and highest."""
    costs: IntegerCosts = integer_costs(model.network())
    places = costs.most // costs.step + 1
    if places > 4 * _MOST_LEVELS:
        raise InputError(f"about {places} levels are more than {_MOST_LEVELS}")
    return np.array([float(costs.energy(place)) for place in range(places)])


class _FlatWalks(Chain):
    """Independent walks: each learns a guide; their mean is the fixed weight of all production runs."""

    def __init__(self, model: Any, temperatures: Array, settings: Settings) -> None:
        self.per_chain = blocks_per_chain(settings)
        self.temperatures, self.settings = temperatures, settings
        self.system = SpinSystem.of(model)
        self.magnetization = hasattr(model, "field")
        self.levels = _levels(model)
        own = fingerprint(model)
        self.identity = f"wang_landau:{own}:{settings.seed}:{settings.sweeps}:{settings.burn_in}:{settings.chains}"
        self.walks = [
            Walk(self.system, self.levels, stream(settings.seed, "wang_landau", own, chain), chain % 2 == 0)
            for chain in range(settings.chains)
        ]
        self.weights = np.empty(0)  # log of the guide, once all have learnt
        self.produced = np.zeros(settings.chains, dtype=np.int64)
        # of each block and level: visits, and sums of m, m2, a, a2, a4
        self.sums = np.zeros((settings.chains, self.per_chain, self.levels.size, 6))
        self.records = [Record(float(self.levels.mean())) for _ in range(settings.chains)]
        self._pace = 1e-3

    # -- running ------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> bool:
        """See :meth:`Chain.advance`."""
        stop = time.monotonic() + seconds
        while np.any(self.produced < self.settings.sweeps):
            began = time.monotonic()
            count = self._step(max(1, int(PATIENCE / self._pace)))
            now = time.monotonic()
            self._pace = max((now - began) / max(count, 1), 1e-8)
            if now >= stop:
                break
        return bool(np.all(self.produced >= self.settings.sweeps))

    def _step(self, most: int) -> int:
        least = self.settings.burn_in
        longest = _LONGEST * max(least, 1000)
        for walk in self.walks:
            if walk.learnt < longest and (walk.learnt < least or walk.log_f > LOG_F):
                # a sweep at a time near the ends, so that the number of sweeps does not depend on the pieces
                return walk.learn(most, least, longest)
        if not self.weights.size:
            self.weights = _joined([walk.log_g for walk in self.walks], [walk.found for walk in self.walks])
        for chain, walk in enumerate(self.walks):
            done = int(self.produced[chain])
            if done < self.settings.sweeps:
                count = min(most, self.settings.sweeps - done)
                places, states = walk.produce(self.weights, count)
                rows = self.system.rows(self.levels[places], states)
                self.records[chain].add(rows)
                block = (done + np.arange(count)) * self.per_chain // self.settings.sweeps
                values = np.concatenate([np.ones((count, 1)), rows[:, 1:]], axis=1)
                np.add.at(self.sums[chain], (block, places), values)
                self.produced[chain] += count
                return count
        return 0

    # -- storing ------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See :meth:`Chain.state`."""
        flat: State = {
            "identity": self.identity,
            "weights": self.weights.copy(),
            "produced": self.produced.copy(),
            "sums": self.sums.copy(),
        }
        for chain, walk in enumerate(self.walks):
            flat |= {f"{chain}/{key}": value for key, value in walk.state().items()}
            flat |= self.records[chain].state(f"record/{chain}/")
        return flat

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`Chain.restore`."""
        check_identity(state, self.identity)
        self.weights, self.produced = np.array(state["weights"]), np.array(state["produced"])
        self.sums = np.array(state["sums"])
        for chain, walk in enumerate(self.walks):
            prefix = f"{chain}/"
            walk.restore({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
            self.records[chain] = Record.restored(state, f"record/{prefix}")

    # -- results ------------------------------------------------------------------------------------------------

    def _densities(self) -> tuple[Array, Array]:
        """log g (1 + blocks, levels), -inf where unseen, and means of m, m2, a, a2, a4 there (..., levels, 5)."""
        blocks = self.sums.reshape(-1, self.levels.size, 6)
        total = blocks.sum(axis=0)
        sums = np.concatenate([total[None], total[None] - blocks])
        visits = sums[..., 0]
        with np.errstate(divide="ignore"):
            logs = np.log(visits) + np.where(np.isfinite(self.weights), self.weights, 0.0)
        logs += log_states(self.system) - np.asarray(logsumexp(logs, axis=1))[:, None]
        means = sums[..., 1:] / np.where(visits > 0, visits, 1.0)[..., None]  # 0 / 1 where unseen, of weight 0
        return logs, means

    def density(self) -> SampledDensity:
        """log g of all levels met, with errors (inf where all visits fell into one block)."""
        logs, _ = self._densities()
        met = np.isfinite(logs[0])
        errors = np.full(int(met.sum()), np.inf)
        everywhere = np.all(np.isfinite(logs[:, met]), axis=0)
        errors[everywhere] = jackknife_error(logs[1:, met][:, everywhere]) * math.sqrt(self._correction())
        return SampledDensity(self.levels[met], logs[0, met], errors)

    def _rows(self) -> tuple[Array, Array, Array]:
        """Centres (T,), moments (1 + blocks, T, 8) and log Z (1 + blocks, T)."""
        logs, means = self._densities()
        beta = np.where(np.isinf(self.temperatures), 0.0, 1.0 / self.temperatures)
        rows, log_z = np.empty((len(logs), beta.size, 8)), np.empty((len(logs), beta.size))
        centres = np.empty(beta.size)
        for t, b in enumerate(beta):
            exponents = logs - b * self.levels
            log_z[:, t] = logsumexp(exponents, axis=1)
            p = np.exp(exponents - log_z[:, t, None])
            centres[t] = float(p[0] @ self.levels)
            e = self.levels - centres[t]
            rows[:, t, 0], rows[:, t, 1] = p @ e, p @ e**2
            rows[:, t, [2, 3, 5, 6, 7]] = np.einsum("bl,blk->bk", p, means)
            rows[:, t, 4] = np.einsum("bl,bl->b", p * e, means[..., 0])
        return centres, rows, log_z

    def result(self) -> Cumulants:
        """See :meth:`Chain.result`; log Z is absolute."""
        centres, rows, log_z = self._rows()
        return linked_cumulants(self.temperatures, centres, rows, log_z, self.magnetization)

    def estimates(self) -> dict[str, Estimate]:
        """Order parameter, and how the walks have done."""
        _, rows, _ = self._rows()
        ones = np.ones(len(self.temperatures))
        tau, r_hat = self._checks()
        log_f = max(walk.log_f for walk in self.walks)
        return order_parameter(rows, self.magnetization) | {
            "autocorrelation_time": Estimate(ones * tau, "Autocorrelation time in sweeps", blocks=False),
            "r_hat": Estimate(ones * r_hat, "Agreement of chains (R-hat)", blocks=False),
            "sweeps": Estimate(ones * float(self.produced.sum()), "Measured sweeps of all chains", blocks=False),
            "log_f": Estimate(ones * log_f, "Last modification of log g", blocks=False),
        }

    def correction(self) -> Array:
        """See :meth:`Chain.correction`."""
        return np.full(len(self.temperatures), self._correction())

    def _correction(self) -> float:
        chains = len(self.walks)
        return block_correction(
            self._checks()[0], self.settings.sweeps / self.per_chain, self.per_chain * chains, chains
        )

    def status(self) -> npt.NDArray[np.int8]:
        """Too short, walks that disagree, weights not learnt, or levels that matter and were hardly met."""
        flags = np.zeros(len(self.temperatures), dtype=np.int8)
        tau, r_hat = self._checks()
        if not self.settings.sweeps / self.per_chain >= BLOCK_TIMES * tau:
            flags |= np.int8(Status.TOO_FEW_SAMPLES)
        if r_hat > R_HAT:
            flags |= np.int8(Status.NOT_EQUILIBRATED)
        if any(walk.log_f > LOG_F for walk in self.walks):
            flags |= np.int8(Status.NOT_CONVERGED)
        visits = self.sums[..., 0].sum(axis=(0, 1))
        for t, T in enumerate(self.temperatures):
            b = 0.0 if np.isinf(T) else 1.0 / T
            exponents = self.weights - b * self.levels
            p = np.exp(exponents - logsumexp(exponents))
            if p[visits < 10].sum() > 1e-3:
                flags[t] |= Status.TOO_FEW_SAMPLES
        if self.settings.target_error is not None:
            errors = jackknife_error(self._rows()[1][1:, :, 0]) * math.sqrt(self._correction())
            flags[errors > self.settings.target_error * self.system.model.sites] |= Status.NOT_CONVERGED
        return flags

    def not_computed(self) -> dict[str, str]:
        """What needs the ground energy."""
        return dict(GROUND_UNKNOWN)

    def progress(self) -> Progress:
        """Sweeps of production done; the guide before."""
        done = float(self.produced.sum()) / (self.settings.sweeps * len(self.walks))
        if not self.weights.size:
            return Progress(0.0, f"learning weights, log f {max(walk.log_f for walk in self.walks):.1e}")
        return Progress(done, "production with fixed weights")

    def _checks(self) -> tuple[float, float]:
        sums = [record.bins.sum(axis=0) for record in self.records]
        count = sum(len(record.bins) * record.width for record in self.records)
        return checks(self.records, np.sum(sums, axis=0) / count)


def _joined(guides: list[Array], found: list[npt.NDArray[np.bool_]]) -> Array:
    """Mean of the guides over the levels that all have met, aligned there; -inf at levels that none has met."""
    common = np.logical_and.reduce(found)
    shifts = [float(np.mean(guide[common])) for guide in guides]
    aligned = np.stack([guide - shift for guide, shift in zip(guides, shifts, strict=True)])
    met = np.stack(found)
    total, count = np.where(met, aligned, 0.0).sum(axis=0), met.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf)
