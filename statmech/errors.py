"""Errors that say which argument, what was expected, what came and what to do.

Every error of the package derives from :class:`StatmechError` and from the builtin a caller would
expect, so ``except ValueError`` and ``except StatmechError`` both work.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "ConfigError",
    "ConvergenceError",
    "FileFormatError",
    "InputError",
    "MissingDependencyError",
    "PrecisionError",
    "ResourceError",
    "ResultsError",
    "StatmechError",
    "UnitError",
    "UnsupportedError",
]


class StatmechError(Exception):
    """Base class of every error raised on purpose by this package."""


class InputError(StatmechError, ValueError):
    """An argument has a value that has no meaning here."""


class UnitError(InputError):
    """A unit is missing, unknown or of the wrong kind."""


class UnsupportedError(InputError):
    """A method cannot treat this model; the message says why and what could."""


class PrecisionError(StatmechError, ArithmeticError):
    """A method cannot hold its stated error bound on this input."""


class ConvergenceError(StatmechError, ArithmeticError):
    """An iteration stopped before its residual was met.

    Attributes
    ----------
    partial : object
        What had been reached when it stopped, or None.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class ResourceError(StatmechError, MemoryError):
    """The work would exceed the memory or time limit; the message says by how much and what to change."""


class MissingDependencyError(StatmechError, ImportError):
    """An optional package is needed; the message says which and how to install it."""


class ResultsError(StatmechError, OSError):
    """A results file cannot be read or written."""


class FileFormatError(StatmechError, ValueError):
    """A data file does not say what it should.

    Parameters
    ----------
    message : str
        What is wrong, what was expected and what to do.
    path : path-like, optional
        The file.
    line, column : int, optional
        Position, counted from 1.

    Examples
    --------
    >>> str(FileFormatError("expected a number, got 'x'", path="levels.csv", line=3, column=2))
    "levels.csv:3:2: expected a number, got 'x'"
    """

    def __init__(
        self,
        message: str,
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        place = [str(part) for part in (path, line, column if line is not None else None) if part is not None]
        super().__init__(": ".join([":".join(place), message]) if place else message)
        self.reason, self.path, self.line, self.column = message, path, line, column


class ConfigError(StatmechError, ValueError):
    """One or more mistakes in a configuration, each with its position.

    Attributes
    ----------
    problems : tuple of str
        One line per mistake: ``file:line:column: path: what is wrong``.
    """

    def __init__(self, problems: list[str] | tuple[str, ...] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))
