"""Checks of exercises that answer with a hint; one module for each notebook.

A check never raises, so that *Run all* comes to the end of a notebook that nobody has worked on. It gives a
:class:`Verdict`: not answered yet, not right yet, or right, with a hint or a remark.

    @exercise
    def largest_exponent(x):
        '''The hint that stands there before anything is answered.'''
        expect(x > 0, "A hint for those who took the wrong turn.")
        return "A remark for those who are right."
"""

from __future__ import annotations

import html
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

__all__ = ["Verdict", "close", "exercise", "expect", "number"]

_LOOK = {"open": ("…", "Not answered yet", "#888888"), "wrong": ("✗", "Not yet", "#D08700"), "right": ("✓", "Right", "#117755")}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer: ``state`` is ``open``, ``wrong`` or ``right``."""

    state: str
    text: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.state == "right"

    def __repr__(self) -> str:
        mark, word, _ = _LOOK[self.state]
        return textwrap.fill(f"{mark} {word}. {self.text}", 100, subsequent_indent="  ")

    def _repr_html_(self) -> str:
        mark, word, colour = _LOOK[self.state]
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.2em 0.8em; max-width: 60em">'
            f"<b>{mark} {word}.</b> {html.escape(self.text)}</div>"
        )


class Hint(Exception):
    """What to think of next."""


class Unanswered(Exception):
    """The answer is still ``...``."""


def expect(condition: Any, hint: str) -> None:
    """Give a hint where the condition does not hold (for an array: anywhere)."""
    if not np.all(condition):
        raise Hint(hint)


def close(value: Any, target: Any, rtol: float = 1e-6, atol: float = 0.0) -> bool:
    """Whether numbers agree; False, and no error, where shapes differ."""
    value, target = np.asarray(value, dtype=float), np.asarray(target, dtype=float)
    return value.shape == target.shape and bool(np.allclose(value, target, rtol=rtol, atol=atol))


def number(value: Any) -> float:
    """The answer as a number, or a hint that it should be one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Hint(f"I expected one number; this is {type(value).__name__}.") from None


def exercise(rules: Callable[..., str]) -> Callable[..., Verdict]:
    """Make a check of rules: their docstring is the first hint, what they return the last remark."""
    first = " ".join(inspect.getdoc(rules).split())

    @wraps(rules)
    def check(*answers: Any) -> Verdict:
        try:
            with np.errstate(all="ignore"):
                return Verdict("right", rules(*map(_guarded, answers)))
        except Unanswered:
            return Verdict("open", f"Hint: {first}")
        except Hint as hint:
            return Verdict("wrong", str(hint))
        except Exception as problem:
            return Verdict("wrong", f"Your answer led to {type(problem).__name__}: {problem}. Hint: {first}")

    return check


def _guarded(answer: Any) -> Any:
    """The answer, unless it is ``...``; of a function, whatever it returns."""
    if answer is ... or (isinstance(answer, (tuple, list)) and any(part is ... for part in answer)):
        raise Unanswered
    if isinstance(answer, type) or not callable(answer):
        return answer

    @wraps(answer)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return _guarded(answer(*args, **kwargs))

    return guarded
