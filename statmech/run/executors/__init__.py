"""Where tasks run: every choice is a ``concurrent.futures.Executor``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from statmech.errors import InputError

__all__ = ["KNOWN", "Serial", "executor", "opened"]

P = ParamSpec("P")
R = TypeVar("R")

KNOWN = ("serial", "processes:N", "dask:N", "tcp://HOST:PORT", "mpi")
"""What ``--executor`` takes."""


class Serial(Executor):
    """Runs each task in this process, at the moment it is submitted.

    Examples
    --------
    >>> with Serial() as pool:
    ...     pool.submit(max, 1, 2).result()
    2
    """

    workers, local = 0, True

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """The finished task; an error in it is raised by ``result()``, an interrupt at once."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as failure:  # belongs to the task; whoever asks for the result gets it
            future.set_exception(failure)
        return future


def executor(name: str) -> Executor:
    """The executor of that name; workers start with the first task.

    Parameters
    ----------
    name : str
        ``serial``; ``processes:N`` for N processes here; ``dask:N`` for a Dask cluster of N processes here;
        ``tcp://HOST:PORT`` for a Dask scheduler that runs already; ``mpi`` under ``mpiexec``.

    Raises
    ------
    InputError
        If there is none of that name; the message lists those there are.
    MissingDependencyError
        If its package is not installed.

    Examples
    --------
    >>> type(executor("serial")).__name__
    'Serial'
    >>> executor("threads:4")
    Traceback (most recent call last):
    statmech.errors.InputError: executor: expected serial, processes:N, dask:N, tcp://HOST:PORT or mpi; got 'threads:4'
    """
    if name == "serial":
        return Serial()
    if name == "mpi":
        from statmech.run.executors.mpi import Mpi

        return Mpi()
    counted = re.fullmatch(r"(processes|dask):([1-9][0-9]{0,4})", name)
    if counted and counted[1] == "processes":
        from statmech.run.executors.processes import Processes

        return Processes(int(counted[2]))
    address = re.fullmatch(r"(tcp|tls)://[^\s/]+:[0-9]{1,5}", name)
    if counted or address:
        from statmech.run.executors.cluster import Dask

        return Dask(workers=int(counted[2])) if counted else Dask(address=name)
    raise InputError(f"executor: expected {', '.join(KNOWN[:-1])} or {KNOWN[-1]}; got {name!r}")


@contextmanager
def opened(name: str) -> Iterator[Executor]:
    """The executor of that name for a while; after a failure its workers end at once, whatever they are doing.

    Raises
    ------
    InputError, MissingDependencyError
        As :func:`executor`.

    Examples
    --------
    >>> with opened("serial") as pool:
    ...     pool.submit(max, 1, 2).result()
    2
    """
    pool = executor(name)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
