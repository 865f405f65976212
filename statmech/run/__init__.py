"""run: a configuration in, a Dataset and a results file out."""

from __future__ import annotations

import json
import os
import platform
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statmech.config import RunConfig, load
from statmech.dataset import Solution, assemble
from statmech.errors import ConfigError, ResultsError
from statmech.results import check_writable, write_results
from statmech.run.executors import executor as executor_of
from statmech.run.sweep import Plan, Task, plan
from statmech.solve import compute

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Plan", "Task", "check_output", "plan", "run"]

_IN_FLIGHT = 16  # tasks with their models
_RECORDED = ("statmech", "numpy", "scipy", "numba", "xarray", "h5netcdf")  # their versions may change a digit or a byte


def run(
    config: str | os.PathLike[str] | Mapping[str, Any] | RunConfig,
    *,
    overrides: Iterable[str] = (),
    executor: str | Executor = "serial",
    output: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    reproducible: bool = False,
) -> xr.Dataset:
    """Compute what a configuration describes, and write it where it says.

    Parameters
    ----------
    config : path-like, mapping or RunConfig
        A YAML file, the same as a mapping, or what :func:`statmech.config.load` made of one.
    overrides : iterable of str
        ``path=value``, as with ``--set``.
    executor : str or Executor
        Where tasks run: ``serial``, or any ``concurrent.futures.Executor``.
    output : path-like, optional
        Results file in place of the configuration's; nothing is written where neither says one.
    progress : bool, optional
        Whether to show a bar; by default where there is a terminal and more than one task.
    reproducible : bool
        Write nothing that differs between two equal runs, so that the files are equal to the byte.

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
        If the output cannot be written, which is found out before any work.

    Examples
    --------
    >>> ds = run({"model": {"kind": "two_level", "gap": 1.0}, "sweep": {"temperature": [0.5, 1.0]}})
    >>> ds.entropy.values.round(6)
    array([0.365334, 0.582203])
    """
    loaded = load(config, overrides)
    whole = plan(loaded)
    path = loaded.output if output is None else Path(output)
    with nullcontext(executor) if isinstance(executor, Executor) else executor_of(executor) as pool:
        if path is not None:
            check_output(loaded, path)
        solutions = list(_solutions(whole, pool, progress))
    dataset = assemble(solutions, whole.axes, loaded.units, _provenance(loaded))
    if path is not None:
        write_results(dataset, path, reproducible=reproducible)
    return dataset


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


def _solutions(whole: Plan, pool: Executor, progress: bool | None) -> Iterator[Solution]:
    """Solutions in the order of the tasks; a model is made when its task is submitted, so only a few exist at once."""
    from tqdm import tqdm

    hidden = None if progress is None and len(whole.tasks) > 1 else not progress  # None: hidden where no terminal is
    running: deque[Future[Solution]] = deque()
    with tqdm(total=len(whole.tasks), disable=hidden, delay=0.3, unit="task", leave=False) as bar:
        for task in whole.tasks:
            running.append(pool.submit(compute, *task.arguments(whole.config)))
            while running and (running[0].done() or len(running) >= _IN_FLIGHT):
                yield running.popleft().result()
                bar.update()
        for future in running:
            yield future.result()
            bar.update()


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
