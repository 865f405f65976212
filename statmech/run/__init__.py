"""run: a configuration in, results and a results file out."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from statmech.config import RunConfig, load
from statmech.dataset import Solution, assemble, assemble_samples
from statmech.errors import ConfigError, ResultsError
from statmech.methods.base import Method
from statmech.results import check_writable, write_results
from statmech.run.base import Estimate, Job, Unit
from statmech.run.driver import Driver
from statmech.run.executors import opened
from statmech.run.identity import file_hashes, task_hash, unit_key
from statmech.run.joining import in_a_row, pending
from statmech.run.journal import SCHEMA_VERSION, Journal
from statmech.run.limits import check_memory, estimate
from statmech.run.partial import Partial
from statmech.run.signals import Interrupted, interruptible, undisturbed
from statmech.run.sweep import Plan, Task, plan
from statmech.run.work import forget, work
from statmech.solve import compute
from statmech.tables import Table

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Interrupted", "Plan", "Task", "check_output", "estimated", "opened", "plan", "run", "run_to_table"]

_RECORDED = ("statmech", "numpy", "scipy", "numba", "xarray", "h5netcdf")  # their versions may change a digit or a byte


def run(
    config: str | os.PathLike[str] | Mapping[str, Any] | RunConfig,
    *,
    overrides: Iterable[str] = (),
    executor: str | Executor = "serial",
    output: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    reproducible: bool = False,
    fresh: bool = False,
    say: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Compute what a configuration describes, and write it where it says.

    Every finished point goes into a journal beside the output, ``<output>.journal``: after a crash, a signal or a
    failure the same call goes on where the run was. Meanwhile the output is rebuilt every 30 s, with the points that
    are not there yet marked in ``status``. Finished results of before stay until all of the new ones are there; until
    then what there is stands beside them, in ``<output>.partial.h5``.

    Parameters
    ----------
    config : path-like, mapping or RunConfig
        A YAML file, the same as a mapping, or what :func:`statmech.config.load` made of one.
    overrides : iterable of str
        ``path=value``, as with ``--set``.
    executor : str or Executor
        Where tasks run: ``serial``, ``processes:N``, ``dask:N``, ``tcp://HOST:PORT``, ``mpi``, or any
        ``concurrent.futures.Executor``. The results are the same bits.
    output : path-like, optional
        Results file in place of the configuration's; nothing is written where neither says one.
    progress : bool, optional
        Whether to show a bar; by default where there is a terminal and more than one task.
    reproducible : bool
        Write nothing that differs between two equal runs, so that the files are equal to the byte.
    fresh : bool
        Discard what an earlier run left in the journal.
    say : callable, optional
        Called with a sentence about what is taken from an earlier run.

    Returns
    -------
    xarray.Dataset
        One dimension for each axis of the sweep.

    Raises
    ------
    ConfigError
        If the configuration has mistakes; all of them are listed, and nothing was computed. Also if the output is
        one of its own input files.
    ResultsError
        If the output cannot be written, which is found out before any work; if another run writes there, or left
        points of another configuration there.
    ResourceError
        If it would need more memory than there is.
    Interrupted
        A KeyboardInterrupt: SIGINT or SIGTERM came; finished points are kept.

    Examples
    --------
    >>> ds = run({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}})
    >>> ds.entropy.values.round(6)
    array([0.365334, 0.582203])
    """
    return run_to_table(
        config,
        overrides=overrides,
        executor=executor,
        output=output,
        progress=progress,
        reproducible=reproducible,
        fresh=fresh,
        say=say,
    ).dataset()


def run_to_table(
    config: str | os.PathLike[str] | Mapping[str, Any] | RunConfig,
    *,
    overrides: Iterable[str] = (),
    executor: str | Executor = "serial",
    output: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    reproducible: bool = False,
    fresh: bool = False,
    say: Callable[[str], None] | None = None,
) -> Table:
    """As :func:`run`, with results for which xarray need not be there: what the command line calls.

    Examples
    --------
    >>> table = run_to_table({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}})
    >>> table["entropy"].values.round(6)
    array([0.365334, 0.582203])
    """
    with nullcontext(executor) if isinstance(executor, Executor) else opened(executor) as pool:
        loaded = load(config, overrides)
        whole = plan(loaded)
        path = loaded.output if output is None else Path(output)
        _check_memory(whole, pool)
        try:
            if path is None:
                return _Run(whole, pool, None, None, progress, say).table()
            check_output(loaded, path)
            files = file_hashes(loaded)
            journal = Journal(path, loaded.resolved, files, fresh)
            with _Closing(journal):
                return _Run(whole, pool, journal, (path, reproducible), progress, say, files).table()
        finally:
            forget()


def estimated(whole: Plan, *, trial: bool = True) -> Estimate:
    """What a plan will need; with ``trial``, from one of its points, computed here.

    Examples
    --------
    >>> whole = plan(load({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}}))
    >>> needed = estimated(whole)
    >>> needed.seconds < 60, needed.file < 1e6, estimated(whole, trial=False).tried
    (True, True, None)
    """
    total, task = whole.cost(), whole.tasks[len(whole.tasks) // 2]
    if not trial:
        return Estimate(total.seconds, total.memory)
    model, temperatures, fields, choice = task.arguments(whole.config)
    few = temperatures[-1:] if choice.method.separable else temperatures
    one = choice.method.cost(model, len(few), len(fields or (0.0,)))
    apart = task.apart(whole.config)
    units = len(whole.tasks) * (len(temperatures) if apart else 1)
    return estimate(total, one, units, whole.points, lambda: compute(model, few, fields, choice))


def _check_memory(whole: Plan, pool: Executor) -> None:
    """Refuse what would exceed the memory of this machine; that of other machines is not known here."""
    if not getattr(pool, "local", False):
        return
    step = -(-len(whole.tasks) // 200)  # of a long sweep a sample, with both its ends
    tasks = [*whole.tasks[::step], whole.tasks[-1]]
    costs = [task.cost(whole.config).memory for task in tasks]
    worst = tasks[costs.index(max(costs))]
    check_memory(max(costs), getattr(pool, "workers", 1) or 1, worst.choice.method.name)


@contextmanager
def _bar(total: int, hidden: bool | None) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """How to move a bar on, and to put words beside it; tqdm is imported where it may be seen."""
    if hidden:
        yield (lambda _: None), (lambda _: None)
        return
    from tqdm import tqdm

    with tqdm(total=total, disable=hidden, delay=0.3, unit="task", leave=False) as bar:

        def step(count: int) -> None:
            bar.update(count)

        yield step, bar.set_postfix_str


class _Closing:
    """Closes a journal; after success, for good."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_: object) -> None:
        self.journal.close(finished=kind is None)


class _Run:
    """One plan on its way to a Table."""

    def __init__(
        self,
        whole: Plan,
        pool: Executor,
        journal: Journal | None,
        target: tuple[Path, bool] | None,
        progress: bool | None,
        say: Callable[[str], None] | None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.plan, self.pool, self.journal, self.target = whole, pool, journal, target
        self.partial = None if target is None else Partial(target[0])
        self.progress, self.say = progress, say
        self.hashes = [self._hash(task, files or {}) for task in whole.tasks]
        self.units = [self._units(place, task) for place, task in enumerate(whole.tasks)]
        methods = [task.choice.method for task in whole.tasks]
        self.kinds = [(method.name, getattr(method, "algorithm", "")) for method in methods]
        self.driver: Driver | None = None

    def table(self) -> Table:
        """All of it; written where there is a target."""
        units = [unit for units in self.units for unit in units]
        long = len(units) > 1 or any(task.choice.method.statistical for task in self.plan.tasks)
        hidden = None if self.progress is None and long else not self.progress  # None: where no terminal is
        with interruptible() as check, _bar(len(units), hidden) as (step, words):
            rebuild = None if self.target is None else self.rebuild
            driver = self.driver = Driver(units, self.jobs, work, self.pool, self.journal, rebuild, check, step, words)
            if driver.done and self.say:
                self.say(f"going on: {len(driver.done)} of {len(units)} units are there already; --fresh begins anew")
            try:
                driver.run()
                table = self.assembled()
                if self.target is not None and self.partial is not None:
                    write_results(table, self.target[0], reproducible=self.target[1], samples=self.series())
                    self.partial.remove()
            except KeyboardInterrupt as interrupt:
                with undisturbed():
                    raise Interrupted(getattr(interrupt, "signum", SIGINT), self.kept()) from None
            except Exception as failure:
                with undisturbed():
                    if driver.done and self.target is not None:
                        failure.add_note(self.kept(quiet=True))
                raise
        return table

    def rebuild(self) -> None:
        """Write what is there."""
        if self.journal is not None:
            self.journal.flush()
        path = self.partial.path if self.partial is not None else None
        if self.target is not None and path is not None and self.driver is not None and self.driver.done:
            write_results(self.assembled(), path, reproducible=self.target[1], samples=self.series())

    def kept(self, quiet: bool = False) -> str:
        """Write what is there at the end of a run that is not finished, and say how to go on."""
        total = sum(map(len, self.units))
        count = len(self.driver.done) if self.driver is not None else 0
        if self.partial is None or not count:
            return "nothing was written"
        there, again = f"{count} of {total} units are", "run it again to go on"
        try:
            self.rebuild()
        except ResultsError:
            if not quiet:
                raise
            return f"{there} in the journal: {again}"
        path, output = self.partial.path, self.partial.output
        where = f"kept in {path}" if path is not None else "in the journal"
        older = "" if path == output else f" ({output} is what it was)"
        return f"{there} {where}{older}: {again}, with --fresh to begin anew"

    def assembled(self) -> Table:
        """The results, with place-holders for what is not there."""
        config = self.plan.config
        return assemble(self.solutions(), self.plan.axes, config.units, _provenance(config))

    def series(self) -> Table | None:
        """The time series that were asked for: the group ``/samples``, read by ``open_results(path, "samples")``."""
        return assemble_samples(self.solutions(), self.plan.axes)

    def solutions(self) -> list[Solution]:
        """One for each task."""
        assert self.driver is not None
        done = self.driver.done
        # What a unit is going to look like: as another of its task, or of its method, or as any.
        known = {(unit.task, kind): done[unit.key] for units, kind in zip(self.units, self.kinds, strict=True)
                 for unit in units if unit.key in done}  # fmt: skip
        alike = {kind: solution for (_, kind), solution in known.items()}
        any_one = next(iter(done.values()))
        solutions = []
        for place, (task, units, kind) in enumerate(zip(self.plan.tasks, self.units, self.kinds, strict=True)):
            like = known.get((place, kind), alike.get(kind, any_one))
            parts = [
                done[unit.key] if unit.key in done else pending(like, unit.temperatures, task.sites) for unit in units
            ]
            solutions.append(in_a_row(parts))
        return solutions

    def jobs(self, unit: Unit) -> list[Job]:
        """A unit as what workers do."""
        task = self.plan.tasks[unit.task]
        model, _, fields, choice = task.arguments(self.plan.config)
        shared = self.hashes[unit.task] if len(self.units[unit.task]) > 1 else ""
        whole = Job(unit.key, shared, model, choice, unit.temperatures, fields)
        parts = None
        if type(choice.method).parts is not Method.parts:
            parts = choice.method.parts(model)
        if parts is None:
            return [whole]
        return [
            Job(f"{unit.key}/{k}", shared, model, choice, unit.temperatures, fields, part)
            for k, part in enumerate(parts)
        ]

    def _hash(self, task: Task, files: Mapping[str, str]) -> str:
        parameters = self.plan.config.parameters(task.point)
        return task_hash(parameters, task.choice.method, task.fields, files, SCHEMA_VERSION)

    def _units(self, place: int, task: Task) -> list[Unit]:
        apart = task.apart(self.plan.config)
        each: Sequence[tuple[float, ...]] = [(T,) for T in task.temperatures] if apart else [task.temperatures]
        return [Unit(place, values, unit_key(self.hashes[place], values)) for values in each]


def check_output(config: RunConfig, path: Path, *, make_folder: bool = True) -> None:
    """See that results can be written, before the work and not after.

    Parameters
    ----------
    config : RunConfig
        Whose files the output must not replace.
    path : Path
        Results file.
    make_folder : bool
        Make its folder where there is none; otherwise see that it could be made.

    Raises
    ------
    ConfigError
        If the output is the configuration, a file that it extends, or a file that is read.
    ResultsError
        As :func:`statmech.results.check_writable`.
    """
    if os.access(path, os.F_OK):
        for what, file in config.inputs():
            if file.exists() and path.samefile(file):
                text = f"{str(path)!r} is {what}, which the results would replace; choose another name"
                raise config.error("output", {}, text) if path == config.output else ConfigError(f"output: {text}")
    if not make_folder and not os.access(path.parent, os.F_OK):
        above = next(folder for folder in path.absolute().parents if os.access(folder, os.F_OK))
        if not above.is_dir():
            raise ResultsError(f"output: the folder {path.parent} cannot be made: {above} is a file")
        if not os.access(above, os.W_OK):
            raise ResultsError(f"output: the folder {path.parent} cannot be made: {above} cannot be written")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise ResultsError(f"output: the folder {path.parent} cannot be made: {failure.strerror}") from None
    check_writable(path)


def _provenance(config: RunConfig) -> dict[str, Any]:
    """Where results come from: nothing of the machine or its user."""
    versions = {name: version(name) for name in _RECORDED} | {"python": platform.python_version()}
    title = {"title": config.title} if config.title else {}
    return {
        **title,
        "config": config.text,
        "config_resolved": config.json(),
        "versions": json.dumps(versions, sort_keys=True),
    }
