"""What a worker does: the jobs of one group, one after the other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from statmech.models.base import Model
from statmech.run.base import Job, Outcome
from statmech.solve import compute

if TYPE_CHECKING:
    from statmech.sampling.base import Progress

__all__ = ["forget", "work"]

_KEPT = 2  # prepared models in each process: units of one task follow one another
_prepared: OrderedDict[str, tuple[Model, Any]] = OrderedDict()


def work(jobs: Sequence[Job]) -> list[Outcome]:
    """Compute jobs; grouping them decides nothing but how often messages go to and fro.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.selection import choose_method
    >>> model = EnergyLevels([0.0, 1.0])
    >>> (done,) = work([Job("key", "task", model, choose_method(model), (1.0,), None)])
    >>> done.job, done.value.thermodynamics.log_z.round(6)
    ('key', array([0.313262]))
    """
    done = []
    for job in jobs:
        start = perf_counter()
        reports: list[Progress] = []
        try:
            value = _value(job, reports)
        except Exception as failure:  # the driver raises it, after it has kept what was finished before
            done.append(Outcome(job.key, failure, perf_counter() - start))
            break
        text = f"{100 * reports[-1].done:.0f}% of {reports[-1].text}" if reports else ""
        done.append(Outcome(job.key, value, perf_counter() - start, text))
    return done


class _PausedError(Exception):
    """Ends a piece of a chain; carries its state."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__("paused")
        self.state = state


def forget() -> None:
    """Drop what was prepared, at the end of a run in this process."""
    _prepared.clear()


def _value(job: Job, reports: list[Progress]) -> Any:
    method = job.choice.method
    if job.part is not None:
        fields = None if job.fields is None else np.array(job.fields)
        return method.partial(job.model, job.part, np.array(job.temperatures), fields)
    if job.total is not None:
        return compute(job.model, job.temperatures, job.fields, job.choice, total=job.total)
    if method.statistical:
        return _sampled(job, reports)
    if not job.task:  # the only unit of its task
        return compute(job.model, job.temperatures, job.fields, job.choice)
    if job.task not in _prepared:
        _prepared[job.task] = job.model, method.prepare(job.model)
        while len(_prepared) > _KEPT:
            _prepared.popitem(last=False)
    _prepared.move_to_end(job.task)
    model, prepared = _prepared[job.task]
    return compute(model, job.temperatures, job.fields, job.choice, prepared)


def _sampled(job: Job, reports: list[Progress]) -> Any:
    """The solution, or the state after ``job.seconds``: the driver keeps it and sends the chain on."""

    def pause(state: Mapping[str, Any]) -> None:
        raise _PausedError(state)

    try:
        return compute(
            job.model, job.temperatures, job.fields, job.choice,
            checkpoint=pause, resume=job.state, checkpoint_seconds=job.seconds,
            progress=reports.append,
        )  # fmt: skip
    except _PausedError as paused:
        return dict(paused.state)
