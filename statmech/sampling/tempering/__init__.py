r"""Parallel tempering: copies at a ladder of temperatures, down to beta = 0, that exchange their configurations.

.. math:: P(\text{swap } i, i + 1) = \min\bigl(1, e^{(\beta_{i+1} - \beta_i)(E_{i+1} - E_i)}\bigr), \qquad
          \log Z(\beta) = N \log q - [f(\beta) - f(0)]

Even and odd neighbours swap in turn, which carries copies along instead of diffusing them. The ladder tunes itself: a
first one is grown from beta = 0 by steps of one standard deviation of the energy; its measured rejections add up to the
barrier Lambda(beta), and the temperatures asked for are joined by rungs at equal steps of it. log Z is the
multi-histogram (MBAR) estimate over the whole ladder, anchored at beta = 0 where it is N log q.

Sources: K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996); the barrier and even-odd swaps: S. Syed,
A. Bouchard-Côté, G. Deligiannidis and A. Doucet, J. R. Stat. Soc. B 84, 321 (2022).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.estimators.autocorrelation import autocorrelation
from statmech.estimators.histograms import histogram_reweighting
from statmech.estimators.jackknife import block_correction, jackknife_error, measured_block_correction
from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.sampling.base import (
    BLOCK_TIMES,
    BLOCKS,
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
    energy_scale,
    fingerprint,
    linked_cumulants,
    log_states,
    order_parameter,
    positive_temperatures,
    seeded_state,
    slow_series,
    stream,
    substreams,
    supports_discrete,
    unmoved,
)
from statmech.sampling.tempering.ensemble import Ensemble, tuned_ladder
from statmech.sampling.tempering.kept_energies import KeptEnergies
from statmech.status import Status

__all__ = ["Tempering"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_MOST_ENERGIES = 20_000  # different ones that log Z is solved with; thinned above
# The window of autocorrelations in units of tau. At a rung they fall within a few sweeps, as configurations are
# exchanged, and then slowly, as long as those stay alike that come back: 1.5 tau is the end of the first part.
_DECAY = 3.0


class Tempering(Algorithm):
    r"""Copies on a ladder of temperatures from beta = 0 to the lowest asked, with exchanges; gives F and S too.

    Cost: about 15 ns per spin and sweep for each rung; the number of rungs grows as the square root of N.
    Reference: K. Hukushima, K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996).
    """

    name: ClassVar[str] = "tempering"
    separable: ClassVar[bool] = False
    formula: ClassVar[str] = "heat bath on a ladder of temperatures, neighbours swap with min(1, exp(dbeta dE))"
    reference: ClassVar[str] = "Hukushima, Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996)"

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel, whatever the lattice, couplings and fields."""
        return supports_discrete(model)

    def start(self, model: Any, temperatures: Array, settings: Settings) -> Chain:
        """One ladder over all temperatures."""
        return _Ladders(model, temperatures, settings)

    def seconds(self, model: Model, temperatures: int, settings: Settings) -> float:
        """15 ns per spin, sweep and rung; as many rungs as temperatures and the barrier ask for."""
        sites = float(model.sites or 1)
        rungs = max(float(temperatures), math.sqrt(sites))
        return 1.5e-8 * sites * rungs * (settings.sweeps + settings.burn_in) * settings.chains


class _Ladders(Chain):
    """Independent ladders (ensembles), from hot and cold starts, all on the same rungs."""

    def __init__(self, model: Any, temperatures: Array, settings: Settings) -> None:
        positive_temperatures("tempering", temperatures)
        self.per_chain = blocks_per_chain(settings)
        self.temperatures, self.settings = temperatures, settings
        self.system = SpinSystem.of(model)
        self.magnetization = hasattr(model, "field")
        self.asked = np.where(np.isinf(temperatures), 0.0, 1.0 / temperatures)
        own = fingerprint(model)
        exact = [float(T) for T in temperatures]
        self.identity = (
            f"tempering:{own}:{settings.seed}:{settings.sweeps}:{settings.burn_in}:{settings.chains}:"
            + ",".join(T.hex() for T in exact)
        )
        tuner, *self.streams = stream(settings.seed, "tempering", own, *exact).spawn(settings.chains + 1)
        self.tuner = tuner
        self.beta = np.empty(0)
        self.ensembles: list[Ensemble] = []
        first = settings.sweeps if settings.target_error is None else min(16 * self.per_chain, settings.sweeps)
        self.goal, self.finished = first, False
        self._pace = 1e-3

    # -- running ------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> bool:
        """See :meth:`Chain.advance`; the ladder is tuned in one piece, at the first call."""
        stop = time.monotonic() + seconds
        if not self.ensembles:
            self._begin(tuned_ladder(self.system, self.asked, self.settings.burn_in, self.tuner))
        while not self.finished:
            began = time.monotonic()
            count = self._step(max(1, int(PATIENCE / self._pace)))
            now = time.monotonic()
            self._pace = max((now - began) / max(count, 1), 1e-8)
            if now >= stop:
                break
        return self.finished

    def _begin(self, beta: Array) -> None:
        self.beta = beta
        self.rung = np.array([int(np.flatnonzero(beta == b)[0]) for b in self.asked])
        self.burnt = [0] * self.settings.chains
        self.records: list[list[Record]] = []
        self.centres = np.empty(0)
        self.kept = [KeptEnergies(beta.size) for _ in range(self.settings.chains)]
        self.series: list[list[Array]] = [[] for _ in range(self.settings.chains)]
        self.ensembles = []
        for chain, sequence in enumerate(self.streams):
            begin, bits = substreams(sequence, 2)
            generator = np.random.default_rng(begin)
            spins = [self.system.start(generator, chain % 2 == 0) for _ in range(beta.size)]
            self.ensembles.append(Ensemble(self.system, beta, spins, seeded_state(bits)))

    def _step(self, most: int) -> int:
        """At most that many sweeps of one ensemble; returns how many."""
        for chain, ensemble in enumerate(self.ensembles):
            if self.burnt[chain] < self.settings.burn_in:
                count = min(most, self.settings.burn_in - self.burnt[chain])
                ensemble.measure(count)
                self.burnt[chain] += count
                return count
        if not self.records:
            self.centres = np.mean([e.energies[e.at] for e in self.ensembles], axis=0)[self.rung]
            self.records = [[Record(float(centre)) for centre in self.centres] for _ in self.ensembles]
            for ensemble in self.ensembles:
                ensemble.forget()
        for chain, ensemble in enumerate(self.ensembles):
            done = self.kept[chain].seen
            if done < self.goal:
                count = min(most, self.goal - done)
                energies, counts = ensemble.measure(count)
                self.kept[chain].add(energies)
                for t, record in enumerate(self.records[chain]):
                    rows = self.system.rows(energies[:, self.rung[t]], counts[:, self.rung[t]])
                    record.add(rows)
                    if self.settings.samples:
                        self.series[chain].append(rows[:, [0, 1, 3]])
                return count
        self.finished = self.goal >= self.settings.sweeps or self._reached()
        if not self.finished:
            self.goal = min(2 * self.goal, self.settings.sweeps)
        return 0

    def _reached(self) -> bool:
        target = self.settings.target_error
        return target is not None and bool(np.all(self._energy_errors() <= target * self.system.model.sites))

    def _energy_errors(self) -> Array:
        errors = [float(jackknife_error(self._rows(t)[1:, 0])) for t in range(len(self.temperatures))]
        return np.asarray(np.array(errors) * np.sqrt(self.correction()))

    # -- storing ------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See :meth:`Chain.state`."""
        flat: State = {"identity": self.identity, "beta": self.beta.copy(), "goal": self.goal}
        flat["finished"] = int(self.finished)
        if self.ensembles:
            flat |= {"burnt": np.array(self.burnt), "centres": self.centres.copy()}
        for chain, ensemble in enumerate(self.ensembles):
            flat |= {f"{chain}/{key}": value for key, value in ensemble.state().items()}
            flat |= {f"{chain}/{key}": value for key, value in self.kept[chain].state().items()}
            if self.records:
                for t, record in enumerate(self.records[chain]):
                    flat |= record.state(f"{chain}/{t}/")
            if self.series[chain]:
                flat[f"{chain}/series"] = np.concatenate(self.series[chain])
                flat[f"{chain}/pieces"] = np.array([len(piece) for piece in self.series[chain]])
        return flat

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`Chain.restore`."""
        check_identity(state, self.identity)
        self.ensembles = []
        if len(np.atleast_1d(state["beta"])):
            self._begin(np.array(state["beta"], dtype=np.float64))
            self.burnt = [int(n) for n in state["burnt"]]
            self.centres = np.array(state["centres"])
        self.goal, self.finished = int(state["goal"]), bool(state["finished"])
        records = []
        for chain, ensemble in enumerate(self.ensembles):
            prefix = f"{chain}/"
            ensemble.restore({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
            self.kept[chain].restore(state, prefix)
            if f"{prefix}0/centre" in state:
                records.append([Record.restored(state, f"{prefix}{t}/") for t in range(len(self.temperatures))])
            if f"{prefix}series" in state:
                cuts = np.cumsum(np.asarray(state[f"{prefix}pieces"]))[:-1]
                self.series[chain] = np.split(np.array(state[f"{prefix}series"]), cuts)
        self.records = records

    # -- results ------------------------------------------------------------------------------------------------

    def result(self) -> Cumulants:
        """See :meth:`Chain.result`; log Z is absolute."""
        rows = self._all_rows()
        energies = [
            np.concatenate([kept.energies[: kept.size, k] for kept in self.kept]) for k in range(self.beta.size)
        ]
        different = np.unique(np.concatenate(energies)).size
        if different > _MOST_ENERGIES:
            step = -(-different // _MOST_ENERGIES)
            energies = [row[::step] for row in energies]
        blocks = min(BLOCKS, self.per_chain * len(self.kept))
        found = histogram_reweighting(energies, self.beta, self.asked, blocks=blocks, check=False)
        # log Z has correlations of its own: of the energies of all rungs from beta = 0 on, not of those at its own
        shares = np.sqrt([self._log_z_correction(k) for k in self.rung] / self.correction())
        deviations = shares * (found.log_z_blocks - found.log_z)
        log_z = log_states(self.system) + found.log_z + np.vstack([np.zeros_like(found.log_z), deviations])
        return linked_cumulants(self.temperatures, self.centres, rows, log_z, self.magnetization)

    def estimates(self) -> dict[str, Estimate]:
        """Order parameter, autocorrelation, and how well copies travel along the ladder."""
        rows = self._all_rows()
        each = np.array([self._checks(t) for t in range(len(self.temperatures))])
        ones = np.ones(len(self.temperatures))
        return order_parameter(rows, self.magnetization) | {
            "autocorrelation_time": Estimate(each[:, 0], "Autocorrelation time in sweeps", blocks=False),
            "r_hat": Estimate(each[:, 1], "Agreement of chains (R-hat)", blocks=False),
            "sweeps": Estimate(ones * sum(k.seen for k in self.kept), "Measured sweeps of all chains", blocks=False),
            "round_trips": Estimate(ones * self._trips(), "Round trips along the ladder", blocks=False),
            "rungs": Estimate(ones * self.beta.size, "Temperatures of the ladder", blocks=False),
            "largest_rejection": Estimate(
                ones * self.rejections.max(initial=0.0), "Worst rejection rate of swaps", blocks=False
            ),
        }

    def correction(self) -> Array:
        """See :meth:`Chain.correction`."""
        factors = []
        for t in range(len(self.temperatures)):
            slow = slow_series([records[t] for records in self.records], self._rows(t)[0])
            factors.append(max((self._factor(series) for series, _ in slow), default=1.0))
        return np.array(factors)

    def _log_z_correction(self, rung: int) -> float:
        """As :meth:`correction`, for log Z at a rung: it moves as the integral of E over beta does.

        What is slow is a small share of that integral; its window is the longest that any of the energies needs.
        """
        series = [kept.energies[: kept.size, : rung + 1] for kept in self.kept]
        windows = [autocorrelation([s[:, k] for s in series], decay_factor=_DECAY).window for k in range(rung + 1)]
        integrals = [np.asarray(np.trapezoid(energies, self.beta[: rung + 1], axis=1)) for energies in series]
        return self._factor(integrals, max(windows))

    def _factor(self, series: list[Array], window: int | None = None) -> float:
        found = autocorrelation(series, decay_factor=_DECAY, window=window)
        length, blocks = series[0].size / self.per_chain, self.per_chain * len(series)
        if length < BLOCK_TIMES * found.time:  # too few samples, says the status: noise, summed, may come to anything
            return block_correction(max(0.5, found.time), length, blocks, len(series))
        return measured_block_correction(found.normalized, length, blocks, len(series))

    @property
    def rejections(self) -> Array:
        """Mean rejection of swaps between neighbours, shape (K - 1,)."""
        if self.beta.size < 2:
            return np.zeros(0)
        tried = np.sum([e.tried for e in self.ensembles], axis=0)
        return np.asarray(np.sum([e.rejected for e in self.ensembles], axis=0) / np.maximum(tried, 1))

    def status(self) -> npt.NDArray[np.int8]:
        """Too short, chains that disagree or copies that never came back from the cold end, target not reached."""
        flags = np.zeros(len(self.temperatures), dtype=np.int8)
        stuck, scale = self.beta.size > 1 and self._trips() == 0, energy_scale(self.system.model)
        for t in range(len(self.temperatures)):
            tau, r_hat = self._checks(t)
            mean, second = self._rows(t)[0, :2]
            frozen = self.asked[t] > 0 and unmoved(mean, second, scale)  # an error of 0 is none
            if frozen or not self.records[0][t].count / self.per_chain >= BLOCK_TIMES * tau:
                flags[t] |= Status.TOO_FEW_SAMPLES
            if r_hat > R_HAT or stuck:
                flags[t] |= Status.NOT_EQUILIBRATED
        if self.settings.target_error is not None and not self._reached():
            flags |= np.int8(Status.NOT_CONVERGED)
        return flags

    def not_computed(self) -> dict[str, str]:
        """What needs the ground energy."""
        return dict(GROUND_UNKNOWN)

    def progress(self) -> Progress:
        """Sweeps done of those asked for."""
        if not self.ensembles:
            return Progress(0.0, "tuning the ladder")
        whole = (self.settings.burn_in + self.settings.sweeps) * len(self.ensembles)
        done = sum(self.burnt) + sum(kept.seen for kept in self.kept)
        text = f"{self.beta.size} rungs, {self._trips()} round trips"
        if self.records and min(kept.seen for kept in self.kept) >= self.per_chain:
            text += f", u +- {self._energy_errors().max() / self.system.model.sites:.2g} per site"
        return Progress(1.0 if self.finished else done / whole, text)

    def samples(self) -> dict[str, Array]:
        """Energy, M and order parameter after each sweep, (T, chains, sweeps)."""
        if not self.settings.samples:
            return {}
        names = ("energy", "magnetization", "absolute_magnetization")[: 3 if self.magnetization else 1]
        size = len(self.temperatures)
        whole = np.array(
            [[np.concatenate(pieces[t::size]) for pieces in self.series] for t in range(size)]
        )  # the pieces of all temperatures follow each other
        return {name: np.ascontiguousarray(whole[..., k]) for k, name in enumerate(names)}

    def _rows(self, t: int) -> Array:
        """Means of the moments from all data and without each block, (1 + blocks, 8)."""
        parts = [records[t].blocks(self.per_chain) for records in self.records]
        sums, sizes = (np.concatenate(part) for part in zip(*parts, strict=True))
        total, count = sums.sum(axis=0), sizes.sum()
        return np.vstack([total / count, (total - sums) / (count - sizes)[:, None]])

    def _all_rows(self) -> Array:
        return np.stack([self._rows(t) for t in range(len(self.temperatures))], axis=1)

    def _checks(self, t: int) -> tuple[float, float]:
        return checks([records[t] for records in self.records], self._rows(t)[0], _DECAY)

    def _trips(self) -> int:
        return int(sum(ensemble.clock[1] for ensemble in self.ensembles))
