"""Dask: workers of a cluster on this machine, or of any scheduler that can be reached."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar

from statmech.errors import InputError, MissingDependencyError, ResourceError
from statmech.run.executors.base import GUARD, THREADS, in_starting_worker, single_threaded

__all__ = ["Dask"]

P = ParamSpec("P")
R = TypeVar("R")


class Dask(Executor):
    """Tasks go to Dask workers; one that dies is replaced and its tasks run again elsewhere.

    Parameters
    ----------
    workers : int, optional
        Start a cluster of so many processes on this machine.
    address : str, optional
        Or use that of a running scheduler, ``tcp://host:port`` (also what dask-jobqueue and Kubernetes give).

    Raises
    ------
    MissingDependencyError
        If ``distributed`` is not installed.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        if in_starting_worker():
            os._exit(1)
        if find_spec("distributed") is None:
            raise MissingDependencyError(
                "executor: dask and tcp need the package distributed: pip install 'statmech[cluster]'"
            )
        self.local = address is None  # its memory is that of this machine
        self.workers = workers  # None: known when the scheduler is asked
        self._count, self._address = workers, address
        self._lock = threading.Lock()
        self._cluster: Any = None
        self._client: Any = None

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Schedule a call."""
        with self._lock:
            if self._client is None:
                self._connect()
        outer: Future[R] = Future()
        outer.set_running_or_notify_cancel()
        inner = self._client.submit(fn, *args, pure=False, **kwargs)

        def settle(done: Any) -> None:
            with suppress(Exception):  # asked again below, in the words of Dask
                if done.status == "finished":
                    outer.set_result(done.result())
                    return
            problem = done.exception() if done.status == "error" else None
            outer.set_exception(_explained(problem, done.status))

        inner.add_done_callback(settle)
        outer.dask = inner  # type: ignore[attr-defined]  # kept alive: Dask drops what nobody holds
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Leave the scheduler; end the cluster where it was started here."""
        client, cluster, self._client, self._cluster = self._client, self._cluster, None, None
        with suppress(OSError, TimeoutError):
            if client is not None:
                client.close(timeout=2)
        with suppress(OSError, TimeoutError):
            if cluster is not None:
                cluster.close(timeout=5)

    def _connect(self) -> None:
        import dask
        import distributed

        Client: Any = distributed.Client
        LocalCluster: Any = distributed.LocalCluster
        if self._address is None:
            variables = {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in THREADS.items()}
            with single_threaded(), dask.config.set(variables):
                try:
                    self._cluster = LocalCluster(
                        n_workers=self._count, threads_per_worker=1, processes=True, dashboard_address=None,
                        silence_logs=50,
                    )  # fmt: skip
                except Exception as problem:
                    raise ResourceError(f"executor: the Dask cluster did not start ({problem}); {GUARD}") from problem
            self._client = Client(self._cluster, set_as_default=False)
            return
        try:
            self._client = Client(self._address, set_as_default=False, timeout=10)
        except (OSError, TimeoutError, ValueError) as problem:
            raise InputError(
                f"executor: no Dask scheduler answers at {self._address} ({type(problem).__name__}); "
                "start one with `dask scheduler`, and workers with `dask worker`"
            ) from problem
        self.workers = sum(self._client.nthreads().values())


def _explained(problem: BaseException | None, status: str) -> BaseException:
    name = type(problem).__name__
    if problem is None or name in ("KilledWorker", "CancelledError", "FutureCancelledError"):
        return ResourceError(
            f"executor: Dask gave a task up ({name if problem else status}): workers died at it several times, or the "
            "scheduler was lost; is there enough memory for it?"
        )
    return problem
