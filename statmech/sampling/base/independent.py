"""Independent chains: at each temperature a few walkers from hot and cold starts, each with a stream of its own."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.estimators.autocorrelation import autocorrelation
from statmech.estimators.equilibration import split_r_hat
from statmech.estimators.jackknife import block_correction, jackknife_error
from statmech.models.base import Model
from statmech.sampling.base.algorithm import Settings
from statmech.sampling.base.chain import Chain, Estimate, Progress, State, binder_cumulant
from statmech.sampling.base.limits import (
    BLOCK_TIMES,
    BLOCKS,
    PATIENCE,
    R_HAT,
    check_chains,
    check_identity,
    energy_scale,
    unmoved,
)
from statmech.sampling.base.record import MOMENTS, Record
from statmech.sampling.base.streams import fingerprint, stream
from statmech.status import Status

__all__ = ["IndependentChains", "Walker", "checks", "slow_series"]

Array = npt.NDArray[np.float64]


_UNKNOWN = (
    "a chain at one temperature knows no absolute free energy; ask for an algorithm that links temperatures "
    "(tempering, wang_landau, population_annealing; of discrete spins only)"
)
_FREE_ENERGIES = ("log_z", "free_energy", "entropy")
_RELATIVE = ("reference_energy", "free_energy_excess", "internal_energy_excess")
_MANY = 16  # chains from each kind of start, so that the spread of their means is known
_DIFFERENCE = 5.0  # standard errors; by chance once in 5000 with 16 chains of each kind, never with many more


class Walker(ABC):
    """One configuration at one temperature.

    The law: ``measure(a)`` then ``measure(b)`` gives the same rows to the bit as ``measure(a + b)``.
    """

    @abstractmethod
    def measure(self, count: int) -> Array:
        """So many sweeps, each followed by a measurement: rows (count, 6) of :data:`record.COLUMNS`."""

    @abstractmethod
    def state(self) -> State:
        """Configuration and random stream, copied."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""

    def settle(self, rows: Array) -> None:  # noqa: B027
        """Choose what may depend on the burn-in (its measurements, in order), before the first kept measurement."""


class IndependentChains(Chain):
    """Walkers at each temperature, none of which knows of another temperature.

    Parameters
    ----------
    model : Model
        What is sampled.
    temperatures : array, shape (T,)
        Not 0.
    settings : Settings
        Lengths, seed, target.
    name : str
        Of the algorithm, for the streams.
    make : callable
        ``make(temperature, stream, hot)`` gives a walker from a random (hot) or a ground-like (cold) start.
    replicas : int
        Configurations that each walker moves at once; its rows are then (count, replicas, 6).

    Raises
    ------
    InputError
        If there are more chains than half the blocks, or fewer sweeps than blocks.
    """

    def __init__(
        self,
        model: Model,
        temperatures: Array,
        settings: Settings,
        name: str,
        make: Callable[[float, np.random.SeedSequence, bool], Walker],
        replicas: int = 1,
    ) -> None:
        check_chains(settings)
        self.temperatures, self.settings = temperatures, settings
        self.sites, self.scale = float(model.sites or 1), energy_scale(model)
        self.has_magnetization = hasattr(model, "field")
        self.replicas, whole = replicas, settings.chains * replicas
        self.per_walker = max(1, BLOCKS // whole)
        least = max(self.per_walker, 16)
        if settings.sweeps < least:
            raise InputError(
                f"sweeps: expected at least {least}, enough for the blocks of the jackknife; got {settings.sweeps}"
            )
        identity = fingerprint(model)
        self.identity = (
            f"{name}:{identity}:{settings.seed}:{settings.sweeps}:{settings.burn_in}:{settings.chains}:"
            + ",".join(float(T).hex() for T in temperatures)
        )
        chains = range(settings.chains)
        self.walkers = [
            [make(T, stream(settings.seed, name, identity, T, chain), chain % 2 == 0) for chain in chains]
            for T in map(float, temperatures)
        ]
        self.burnt = [[np.empty((0, 6)) for _ in chains] for _ in temperatures]
        self.records: list[list[Record]] = [[] for _ in temperatures]
        self.series: list[list[list[Array]]] = [[[] for _ in range(whole)] for _ in temperatures]
        self.finished = np.zeros(len(temperatures), dtype=bool)
        first = settings.sweeps if settings.target_error is None else min(16 * least, settings.sweeps)
        self.goals = np.full(len(temperatures), first)  # sweeps at which to look at the error next
        self._known: dict[int, tuple[int, Array, tuple[float, float]]] = {}
        self._pace = 1e-3  # seconds per sweep of a walker, measured as we go; paces the clock only

    def advance(self, seconds: float) -> bool:
        """See :meth:`Chain.advance`."""
        stop = time.monotonic() + seconds
        for t in range(len(self.temperatures)):
            while not self.finished[t]:
                started = time.monotonic()
                count = self._step(t, max(1, int(PATIENCE / self._pace)))
                now = time.monotonic()
                self._pace = max((now - started) / max(count, 1), 1e-8)
                if now >= stop:
                    return bool(self.finished.all())
        return True

    def _step(self, t: int, most: int) -> int:
        """At most that many sweeps of one walker at temperature t; returns how many."""
        records, walkers, settings = self.records[t], self.walkers[t], self.settings
        if not records:
            for walker, rows, r in zip(walkers, self.burnt[t], range(len(walkers)), strict=True):
                if len(rows) < settings.burn_in:
                    count = min(most, settings.burn_in - len(rows))
                    fresh = walker.measure(count).reshape(count, self.replicas, -1).mean(axis=1)
                    self.burnt[t][r] = np.concatenate([rows, fresh])
                    return count
            for walker, rows in zip(walkers, self.burnt[t], strict=True):
                walker.settle(rows)
            last = [rows[-1, 0] for rows in self.burnt[t] if len(rows)]
            centre = float(np.mean(last)) if last else 0.0
            self.records[t] = [Record(centre) for _ in range(len(walkers) * self.replicas)]
            self.burnt[t] = [np.empty((0, 6)) for _ in walkers]
            return 0
        goal = int(self.goals[t])
        for w, walker in enumerate(walkers):
            first = w * self.replicas
            if records[first].count < goal:
                count = min(most, goal - records[first].count)
                each = walker.measure(count).reshape(count, self.replicas, -1)
                for r in range(self.replicas):
                    records[first + r].add(each[:, r])
                    if settings.samples:
                        self.series[t][first + r].append(each[:, r, [0, 1, 3]])
                return count
        self.finished[t] = goal >= settings.sweeps or self._reached(t)
        self.goals[t] = min(2 * goal, settings.sweeps)  # doubling: few looks bias the stop little
        return 0

    def state(self) -> State:
        """See :meth:`Chain.state`."""
        flat: State = {"identity": self.identity, "finished": self.finished.copy(), "goals": self.goals.copy()}
        for t, walkers in enumerate(self.walkers):
            for r, walker in enumerate(walkers):
                prefix = f"{t}/{r}/"
                flat |= {prefix + key: value for key, value in walker.state().items()}
                flat[f"{prefix}burnt"] = self.burnt[t][r].copy()
            for k, record in enumerate(self.records[t]):
                flat |= record.state(f"{t}/record {k}/")
            for k, series in enumerate(self.series[t]):
                if series:
                    flat[f"{t}/series {k}"] = np.concatenate(series)
        return flat

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`Chain.restore`."""
        check_identity(state, self.identity)
        self._known = {}
        self.finished, self.goals = np.array(state["finished"]), np.array(state["goals"])
        for t, walkers in enumerate(self.walkers):
            for r, walker in enumerate(walkers):
                prefix = f"{t}/{r}/"
                walker.restore({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
                self.burnt[t][r] = np.array(state[f"{prefix}burnt"])
            names = [f"{t}/record {k}/" for k in range(len(walkers) * self.replicas)]
            self.records[t] = [Record.restored(state, name) for name in names if f"{name}centre" in state]
            for k in range(len(names)):
                series = state.get(f"{t}/series {k}")
                self.series[t][k] = [] if series is None else [np.array(series)]

    def result(self) -> Cumulants:
        """Mean and variance of H and M from all blocks and without each; log Z is not known (-inf)."""
        rows = np.stack([self._rows(t) for t in range(len(self.temperatures))], axis=1)  # (1 + BLOCKS, T, 8)
        e, e2, m, m2, em = np.moveaxis(rows[..., :5], -1, 0)
        observables = ("magnetization",) if self.has_magnetization else ()
        n = 1 + len(observables)
        centres = np.array([records[0].centre for records in self.records])
        mean, covariance = np.empty((*e.shape, n)), np.empty((*e.shape, n, n))
        mean[..., 0], covariance[..., 0, 0] = e, e2 - e**2
        if observables:
            mean[..., 1], covariance[..., 1, 1] = m, m2 - m**2
            covariance[..., 0, 1] = covariance[..., 1, 0] = em - e * m
        reference = np.broadcast_to(centres, e.shape)
        return Cumulants.from_energy_moments(
            self.temperatures, reference, np.full(e.shape, -np.inf), mean, covariance, observables
        )

    def estimates(self) -> dict[str, Estimate]:
        """Order parameter with its Binder cumulant, and how well the chains have done."""
        rows = np.stack([self._rows(t) for t in range(len(self.temperatures))], axis=1)
        a, a2, a4 = np.moveaxis(rows[..., 5:], -1, 0)
        checks = np.array([self._checks(t) for t in range(len(self.temperatures))])
        sweeps = np.array([sum(record.count for record in records) for records in self.records], dtype=np.float64)
        found = {
            "absolute_magnetization": Estimate(a, "Absolute magnetization", "number", mean=True),
            "binder_cumulant": binder_cumulant(a2, a4),
        }
        return (found if self.has_magnetization else {}) | {
            "autocorrelation_time": Estimate(checks[:, 0], "Autocorrelation time in sweeps", blocks=False),
            "r_hat": Estimate(checks[:, 1], "Agreement of chains (R-hat)", blocks=False),
            "sweeps": Estimate(sweeps, "Measured sweeps of all chains", blocks=False),
        }

    def correction(self) -> Array:
        """See :meth:`Chain.correction`."""
        return np.array([self._correction(t) for t in range(len(self.temperatures))])

    def status(self) -> npt.NDArray[np.int8]:
        """Too short for its autocorrelation, an energy that never moved, chains that disagree, a target not reached."""
        flags = np.zeros(len(self.temperatures), dtype=np.int8)
        for t, records in enumerate(self.records):
            tau, r_hat = self._checks(t)
            shortest = records[0].count / self.per_walker
            mean, second = self._rows(t)[0, :2]
            frozen = np.isfinite(self.temperatures[t]) and unmoved(mean, second, self.scale)  # an error of 0 is none
            if frozen or not shortest >= BLOCK_TIMES * tau:  # nan, where nothing can be said, is too few as well
                flags[t] |= Status.TOO_FEW_SAMPLES
            if r_hat > R_HAT or self._starts_differ(t):
                flags[t] |= Status.NOT_EQUILIBRATED
            if self.settings.target_error is not None and not self._reached(t):
                flags[t] |= Status.NOT_CONVERGED
        return flags

    def not_computed(self) -> dict[str, str]:
        """Everything that needs log Z, or the ground energy."""
        ground = "a chain does not know the lowest level"
        return dict.fromkeys(_FREE_ENERGIES, _UNKNOWN) | dict.fromkeys(_RELATIVE, ground)

    def progress(self) -> Progress:
        """Sweeps done of those asked for, and the present error of the energy."""
        settings = self.settings
        whole = settings.burn_in + settings.sweeps
        each = [
            1.0
            if self.finished[t]
            else float(np.mean([r.count for r in self.records[t]]) + settings.burn_in) / whole
            if self.records[t]
            else float(np.mean([len(rows) for rows in self.burnt[t]])) / whole
            for t in range(len(self.temperatures))
        ]
        at = int(np.argmin(self.finished)) if not self.finished.all() else len(each) - 1
        text = f"T = {self.temperatures[at]:g}"
        if self.records[at] and min(record.count for record in self.records[at]) >= self.per_walker:
            text += f", u +- {self._energy_error(at) / self.sites:.2g} per site"
        return Progress(float(np.mean(each)), text)

    def samples(self) -> dict[str, Array]:
        """Energy, M and order parameter after each sweep, (T, chains, sweeps); nan after an early stop."""
        if not self.settings.samples:
            return {}
        names = ("energy", "magnetization", "absolute_magnetization")[: 3 if self.has_magnetization else 1]
        longest = max(record.count for records in self.records for record in records)
        whole = np.full((len(self.series), len(self.series[0]), longest, 3), np.nan)
        for t, chains in enumerate(self.series):
            for r, pieces in enumerate(chains):
                rows = np.concatenate(pieces)
                whole[t, r, : len(rows)] = rows
        return {name: np.ascontiguousarray(whole[..., k]) for k, name in enumerate(names)}

    def _rows(self, t: int) -> Array:
        """Means of the moments from all data and without each block, (1 + BLOCKS', 8)."""
        return self._summary(t)[1]

    def _checks(self, t: int) -> tuple[float, float]:
        """Autocorrelation time in sweeps and R-hat."""
        return self._summary(t)[2]

    def _summary(self, t: int) -> tuple[int, Array, tuple[float, float]]:
        """Measurements, :meth:`_rows` and :meth:`_checks`, made once for so many measurements."""
        count = sum(record.count for record in self.records[t])
        if t not in self._known or self._known[t][0] != count:
            rows = self._left_out(t)
            self._known[t] = count, rows, checks(self.records[t], rows[0])
        return self._known[t]

    def _left_out(self, t: int) -> Array:
        blocks = [record.blocks(self.per_walker) for record in self.records[t]]
        sums, sizes = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        total, count = sums.sum(axis=0), sizes.sum()
        return np.vstack([total / count, (total - sums) / (count - sizes)[:, None]])

    def _energy_error(self, t: int) -> float:
        return float(jackknife_error(self._rows(t)[1:, 0])) * math.sqrt(self._correction(t))

    def _correction(self, t: int) -> float:
        if self.per_walker == 1:  # every block is a chain of its own
            return 1.0
        length = self.records[t][0].count / self.per_walker
        chains = len(self.records[t])
        return block_correction(self._checks(t)[0], length, self.per_walker * chains, chains)

    def _starts_differ(self, t: int) -> bool:
        """Whether the mean energies of many chains from hot and from cold starts differ by more than chance has it.

        R-hat compares single chains: what many of them have in common is far below the spread of one, and may still be
        above the error of their mean.
        """
        means = np.array([record.bins[:, 0].mean() / record.width for record in self.records[t]])
        hot = np.arange(means.size) // self.replicas % 2 == 0
        if min(hot.sum(), (~hot).sum()) < _MANY:
            return False
        difference = means[hot].mean() - means[~hot].mean()
        spread = means[hot].var(ddof=1) / hot.sum() + means[~hot].var(ddof=1) / (~hot).sum()
        return bool(difference**2 > _DIFFERENCE**2 * spread + (1e-12 * self.scale) ** 2)

    def _reached(self, t: int) -> bool:
        target = self.settings.target_error
        return target is not None and self._energy_error(t) <= target * self.sites


def checks(records: Sequence[Record], means: Array, decay_factor: float = 1.5) -> tuple[float, float]:
    """Autocorrelation time and R-hat of chains with these mean moments (8,).

    The larger of energy and squared order parameter; nan and 1 where nothing ever moved.
    """
    times, ratios = [], []
    count = sum(record.count for record in records)
    for series, variance in slow_series(records, means):
        found = autocorrelation(series, decay_factor=decay_factor)
        times.append(max(0.5, 0.5 * found.error**2 * count / variance))
        ratios.append(split_r_hat(series, variance=variance))
    return (max(times), max(ratios)) if times else (np.nan, 1.0)


def slow_series(records: Sequence[Record], means: Array) -> Iterator[tuple[list[Array], float]]:
    """Energy and squared order parameter of each chain, as means of its bins, and the variance of single values.

    Left out is what never moved, or is a constant of the model: it has nothing to correlate.
    """
    for name, squared in (("e", "e2"), ("a2", "a4")):
        k = MOMENTS.index(name)
        mean, second = means[[k, MOMENTS.index(squared)]]
        if not unmoved(mean, second, 0.0):
            yield [record.bins[:, k] / record.width for record in records], float(second - mean**2)
