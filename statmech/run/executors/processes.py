"""Worker processes on this machine, which may be killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from statmech.errors import ResourceError, StatmechError
from statmech.run.executors.base import GUARD, in_starting_worker, prepare_worker, single_threaded

__all__ = ["Processes"]

P = ParamSpec("P")
R = TypeVar("R")

_ATTEMPTS = 4  # of one call, each ended by the death of a worker


class Processes(Executor):
    """A pool that is built anew when a worker dies, with what was not done yet submitted again.

    Processes start by forkserver: a forked copy of a process that has run threads may hang.

    Parameters
    ----------
    workers : int
        Number of processes.
    """

    local = True  # its memory is that of this machine

    def __init__(self, workers: int) -> None:
        if in_starting_worker():  # a script without a guard: the driver says so
            os._exit(1)
        self.workers = workers
        self._lock = threading.RLock()
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False
        self._finished = 0  # calls, of all pools: a script without a guard never gets that far

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Schedule a call."""
        outer: Future[R] = Future()
        outer.set_running_or_notify_cancel()
        self._send(outer, 1, fn, args, kwargs)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; with ``cancel_futures``, at once and whatever they are doing."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is None:
            return
        if cancel_futures:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                with suppress(OSError, ValueError):
                    process.kill()
        pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _send(self, outer: Future[Any], attempt: int, fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
        with self._lock:
            if self._closed:
                outer.set_exception(RuntimeError("the executor was shut down"))
                return
            try:
                pool, inner = self._submitted(fn, args, kwargs)
            except Exception as failure:  # may be in a callback, where nobody else would hear of it
                outer.set_exception(failure)
                return

        def settle(done: Future[Any]) -> None:
            problem = done.exception() if not done.cancelled() else RuntimeError("the executor was shut down")
            if not isinstance(problem, BrokenProcessPool):
                self._finished += 1
                if problem is None:
                    outer.set_result(done.result())
                else:
                    outer.set_exception(problem)
                return
            with self._lock:
                if self._pool is pool:
                    self._pool = None
            if attempt < _ATTEMPTS and (self._finished or attempt < 2):
                self._send(outer, attempt + 1, fn, args, kwargs)
            else:
                outer.set_exception(self._given_up(attempt))

        inner.add_done_callback(settle)

    def _submitted(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> tuple[ProcessPoolExecutor, Future[Any]]:
        """Submit to a pool that is alive; a worker, or the server that forks them, may have died meanwhile."""
        for _ in range(_ATTEMPTS):
            pool = self._pool = self._pool or self._new()
            try:
                return pool, pool.submit(fn, *args, **kwargs)
            except (BrokenProcessPool, EOFError, ConnectionError):
                pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None
        raise ResourceError(f"executor: no worker process could be started, {_ATTEMPTS} times; is there enough memory?")

    def _given_up(self, attempts: int) -> StatmechError:
        if not self._finished:
            return ResourceError(f"executor: the worker processes ended before their first task; {GUARD}")
        return ResourceError(
            f"executor: worker processes died {attempts} times at the same task; is there enough memory for it? "
            "Fewer workers need less (processes:1), and serial shows what happens"
        )

    def _new(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        # What every worker imports is imported once; not __main__, which may be anybody's script.
        context.set_forkserver_preload(["statmech.run.work"])
        with single_threaded():
            from multiprocessing.forkserver import ensure_running

            ensure_running()  # its children inherit its environment
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=prepare_worker)
