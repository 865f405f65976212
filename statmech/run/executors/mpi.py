"""MPI: rank 0 drives, the other ranks work."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from statmech.errors import InputError, MissingDependencyError
from statmech.run.executors.base import THREADS

__all__ = ["Mpi"]

P = ParamSpec("P")
R = TypeVar("R")


class Mpi(Executor):
    """Under ``mpiexec -n N statmech run CONFIG --executor mpi``: N - 1 workers.

    On every rank but 0 the constructor serves tasks until rank 0 has finished, and then ends the process.

    Raises
    ------
    MissingDependencyError
        If mpi4py is not installed, or finds no MPI library.
    InputError
        If there is one rank only.
    SystemExit
        On the working ranks, when all is done.
    """

    def __init__(self) -> None:
        os.environ.update(THREADS)
        try:
            from mpi4py import MPI
            from mpi4py.futures import MPICommExecutor
        except (ImportError, RuntimeError) as problem:
            raise MissingDependencyError(
                f"executor: mpi needs mpi4py and an MPI library ({problem}): pip install 'statmech[mpi]', and on "
                "Debian apt install mpich"
            ) from None
        size = MPI.COMM_WORLD.Get_size()
        if size < 2:
            raise InputError(
                "executor: mpi needs at least two ranks, of which one drives and the others work: "
                "mpiexec -n 3 statmech run CONFIG --executor mpi"
            )
        self.workers = size - 1
        self._entered: Any = MPICommExecutor(MPI.COMM_WORLD, root=0)
        self._pool: Any = self._entered.__enter__()
        if self._pool is None:  # a worker, whose work is done
            self._entered.__exit__(None, None, None)
            raise SystemExit(0)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Schedule a call."""
        future: Future[R] = self._pool.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers go."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)
            self._entered.__exit__(None, None, None)
