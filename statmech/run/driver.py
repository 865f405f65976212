"""The loop of a run: jobs out in groups, outcomes into the journal, results rebuilt as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from time import monotonic
from typing import Any, Protocol

from statmech.cumulants import Cumulants
from statmech.dataset import Solution
from statmech.merge_tree import MergeTree
from statmech.run.base import Job, Outcome, Unit

__all__ = ["Driver", "Store"]

_GROUP_SECONDS = 0.5  # of work in one message: Dask takes 4 ms for each, a pool of processes 0.1 ms
_LARGEST_GROUP = 1000
_REBUILD_SECONDS = 30.0  # between rebuilds of the results file


class Store(Protocol):
    """What the driver needs of a journal."""

    def load(self, keys: Sequence[str]) -> dict[str, Solution]:
        """Finished units."""

    def add(self, solutions: Mapping[str, Solution], done: Sequence[str] = (), seconds: float = 0.0) -> None:
        """Finished units; progress that is of no use any more."""

    def keep(self, key: str, value: Any) -> None:
        """Progress of a part or chain."""

    def progress(self, key: str) -> Any:
        """What was kept."""


class Driver:
    """Computes the units of a plan on an executor.

    Parameters
    ----------
    units : sequence of Unit
        In the order of the plan.
    jobs : callable
        Unit -> its jobs: one, or one for each part of a divided sum.
    work : callable
        What an executor runs: jobs -> outcomes.
    pool : Executor
        Where.
    store : Store, optional
        The journal.
    rebuild : callable, optional
        Writes results with what is there.
    check : callable
        Raises if a signal came.
    step : callable
        Called with the number of units that were finished, for the progress bar.
    tell : callable
        Called with how far a chain is that goes on, and its present error.

    Attributes
    ----------
    done : dict of str to Solution
        Finished units by key.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        jobs: Callable[[Unit], list[Job]],
        work: Callable[[Sequence[Job]], list[Outcome]],
        pool: Executor,
        store: Store | None = None,
        rebuild: Callable[[], None] | None = None,
        check: Callable[[], None] = lambda: None,
        step: Callable[[int], None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.units = list({unit.key: unit for unit in units}.values())  # an axis may hold a value twice
        self.done = {} if store is None else store.load([unit.key for unit in self.units])
        self._jobs, self._work, self._pool, self._store = jobs, work, pool, store
        self._rebuild, self._check, self._step, self._tell = rebuild, check, step, tell
        self._next: deque[Job] = deque()  # what follows from outcomes, before anything new
        self._open: dict[str, Job] = {}  # jobs under way, by key
        self._trees: dict[str, MergeTree] = {}
        self._seconds: float | None = None  # of one job, as measured lately
        self._written = monotonic()
        self._serial = getattr(pool, "workers", None) == 0

    def run(self) -> None:
        """Finish every unit.

        Raises
        ------
        Exception
            The first failure of a job; what was finished before is in ``done`` and in the journal.
        """
        self._step(len(self.done))
        waiting = self._waiting()
        running: dict[Future[list[Outcome]], list[Job]] = {}
        exhausted = False
        while True:
            while not exhausted and len(running) < self._limit():
                group = self._group(waiting)
                if not group:
                    exhausted = not self._next
                    break
                running[self._pool.submit(self._work, group)] = group
            if not running:
                if self._next:
                    exhausted = False
                    continue
                return
            finished, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
            self._check()
            failure: BaseException | None = None
            for future in finished:
                del running[future]
                problem = future.exception()
                if problem is None:
                    failure = self._take(future.result()) or failure
                else:
                    failure = problem
            if failure is not None:
                self._drain(running)
                raise failure
            exhausted = exhausted and not self._next
            self._rebuild_at_times()

    def _limit(self) -> int:
        workers = getattr(self._pool, "workers", None) or getattr(self._pool, "_max_workers", None) or 4
        return 1 if self._serial else 2 * int(workers) + 1

    def _waiting(self) -> Iterator[Job]:
        """Jobs of units that are not finished; models are made here, so only a few exist at once."""
        for unit in self.units:
            if unit.key in self.done:
                continue
            jobs = self._jobs(unit)
            if len(jobs) > 1 or jobs[0].part is not None:
                tree = self._trees[unit.key] = MergeTree(len(jobs))
                for k, job in enumerate(jobs):
                    part = None if self._store is None else self._store.progress(job.key)
                    if isinstance(part, Cumulants):
                        tree.add(k, part)
                if tree.complete:
                    self._total(jobs[0])
                missing = set(tree.missing())
                yield from (job for k, job in enumerate(jobs) if k in missing)
            else:
                state = None if self._store is None else self._store.progress(unit.key)
                yield jobs[0] if not isinstance(state, dict) else _changed(jobs[0], state=state)

    def _group(self, waiting: Iterator[Job]) -> list[Job]:
        size = 1
        if not self._serial and self._seconds is not None:
            size = max(1, min(_LARGEST_GROUP, int(_GROUP_SECONDS / max(self._seconds, 1e-6))))
        group: list[Job] = []
        while len(group) < size:
            job = self._next.popleft() if self._next else next(waiting, None)
            if job is None:
                break
            self._open[job.key] = job
            group.append(job)
        return group

    def _take(self, outcomes: Sequence[Outcome]) -> BaseException | None:
        """Note what came; the first failure among it, if any."""
        finished: dict[str, Solution] = {}
        useless: list[str] = []
        failure: BaseException | None = None
        spent = 0.0
        for outcome in outcomes:
            job, value = self._open.pop(outcome.job), outcome.value
            spent += outcome.seconds
            if isinstance(value, BaseException):
                failure = failure or value
            elif isinstance(value, Solution):
                unit, _, _ = job.key.partition("/")
                finished[unit] = value
                tree = self._trees.pop(unit, None)
                useless += [job.key] if tree is None else [f"{unit}/{k}" for k in range(tree.count)]
            elif isinstance(value, Cumulants):
                unit, _, place = job.key.partition("/")
                self._trees[unit].add(int(place), value)
                if self._store is not None:
                    self._store.keep(job.key, value)
                if self._trees[unit].complete:
                    self._total(job)
            else:  # a chain that goes on
                if self._store is not None:
                    self._store.keep(job.key, value)
                self._next.append(_changed(job, state=value))
                self._tell(outcome.text)
        if finished or spent:
            self.done.update(finished)
            if self._store is not None:
                self._store.add(finished, useless, spent)
            self._step(len(finished))
        mean = spent / len(outcomes) if outcomes else 0.0
        self._seconds = mean if self._seconds is None else 0.5 * (self._seconds + mean)
        return failure

    def _total(self, job: Job) -> None:
        unit, _, _ = job.key.partition("/")
        self._next.append(_changed(job, key=f"{unit}/total", part=None, total=self._trees[unit].total()))

    def _drain(self, running: Mapping[Future[list[Outcome]], list[Job]]) -> None:
        """Keep what was finished beside a failure; what has not begun is not waited for."""
        for future in running:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take(future.result())

    def _rebuild_at_times(self) -> None:
        if self._rebuild is None or monotonic() - self._written < _REBUILD_SECONDS:
            return
        start = monotonic()
        self._rebuild()
        self._written = monotonic() + 20 * (monotonic() - start)  # never more than a twentieth of the time


def _changed(job: Job, **changes: Any) -> Job:
    values = {name: getattr(job, name) for name in Job.__dataclass_fields__}
    return Job(**(values | changes))
