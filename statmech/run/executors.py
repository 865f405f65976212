"""Where tasks run: every choice is a ``concurrent.futures.Executor``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from statmech.errors import InputError

__all__ = ["KNOWN", "Serial", "executor"]

P = ParamSpec("P")
R = TypeVar("R")

KNOWN: dict[str, Callable[[], Executor]] = {"serial": lambda: Serial()}
"""Name in ``--executor`` -> what makes one."""


class Serial(Executor):
    """Runs each task in this process, at the moment it is submitted.

    Examples
    --------
    >>> with Serial() as pool:
    ...     pool.submit(max, 1, 2).result()
    2
    """

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """The finished task; an error in it is raised by ``result()``, an interrupt at once."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as failure:  # belongs to the task; whoever asks for the result gets it
            future.set_exception(failure)
        return future


def executor(name: str) -> Executor:
    """The executor of that name.

    Parameters
    ----------
    name : str
        ``serial``.

    Raises
    ------
    InputError
        If there is none of that name; the message lists those there are.

    Examples
    --------
    >>> type(executor("serial")).__name__
    'Serial'
    >>> executor("processes:4")
    Traceback (most recent call last):
    statmech.errors.InputError: executor: expected one of serial; got 'processes:4'
    """
    if name not in KNOWN:
        raise InputError(f"executor: expected one of {', '.join(KNOWN)}; got {name!r}")
    return KNOWN[name]()
