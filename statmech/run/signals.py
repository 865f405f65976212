"""Ctrl-C and SIGTERM: the run stops where it can be resumed, says how, and ends with the usual exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupted", "interruptible", "undisturbed"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))


class Interrupted(KeyboardInterrupt):
    """A signal came.

    Attributes
    ----------
    signum : int
        Which one; the exit code is 128 + this.
    """

    def __init__(self, signum: int, message: str = "") -> None:
        super().__init__(message)
        self.signum = signum


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Inside, SIGINT and SIGTERM raise :class:`Interrupted`; what is given raises it again if it was swallowed.

    Outside the main thread nothing changes: only that thread can handle signals.
    """
    caught: list[int] = []

    def handle(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        caught.append(signum)
        raise Interrupted(signum)

    def check() -> None:
        if caught:
            raise Interrupted(caught[0])

    with _handled(handle):
        yield check


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, SIGINT and SIGTERM are ignored: the run is finishing already."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)
