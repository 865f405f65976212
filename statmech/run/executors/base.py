"""What the executors share: lazy start, single-threaded workers, and the guard that a script needs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["GUARD", "THREADS", "in_starting_worker", "prepare_worker", "single_threaded"]

THREADS = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
        *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"),
    ),
    "1",
)
"""Environment in which the libraries below us use one thread: the workers are the parallelism."""

GUARD = (
    'a script that runs on worker processes must do so below `if __name__ == "__main__":`, '
    "because each worker imports the script first"
)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Processes started inside inherit :data:`THREADS`."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(THREADS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def in_starting_worker() -> bool:
    """Whether this is a worker process that is still importing the script that started it."""
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


def prepare_worker() -> None:
    """In a new worker: Ctrl-C is the driver's business, and without a driver there is no work."""
    os.environ.update(THREADS)
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)  # the driver was killed: nobody will ask for the result
