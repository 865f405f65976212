"""One decorator for compiled loops: compiled on first call, cached on disk where a cache folder can be had.

numba takes 0.1 to 0.3 s to import, so a module full of kernels must cost nothing until one is called.
numba's cache notices an edit of a kernel's own file only. A kernel that calls kernels of other files (a generator of
random bits) or reads enumerations (columns of a table) therefore carries a stamp of their text in its name, under which
it is cached.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import EnumType
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["Kernel", "kernel"]

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function that numba compiles when it is first called.

    Parameters
    ----------
    function : callable
        Plain Python that numba can compile in nopython mode.
    options : dict
        Passed on to ``numba.njit`` (``fastmath``, ``parallel``, ...).
    """

    def __init__(self, function: Callable[P, R], options: dict[str, Any]) -> None:
        self.function, self.options = function, options
        self._dispatcher: Callable[P, R] | None = None
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        self.__module__, self.__wrapped__ = function.__module__, function

    def dispatcher(self) -> Callable[P, R]:
        """The compiled function, made on first use."""
        if self._dispatcher is None:
            import numba

            source = self.function
            # Inside nopython code a global must be numba's own object, not this wrapper.
            scope = {
                name: value.dispatcher() if isinstance(value, Kernel) and value is not self else value
                for name, value in source.__globals__.items()
                if not isinstance(value, Kernel) or name in source.__code__.co_names
            }
            plain = FunctionType(source.__code__, scope, source.__name__, source.__defaults__, source.__closure__)
            plain.__module__, plain.__qualname__ = source.__module__, source.__qualname__ + self._stamp()
            try:
                compiled = numba.njit(cache=True, **self.options)(plain)
            except RuntimeError:  # "cannot cache function: no locator available": no writable folder
                compiled = numba.njit(**self.options)(plain)
            scope[source.__name__] = compiled
            self._dispatcher = compiled
        return self._dispatcher

    def foreign_files(self) -> set[str]:
        """Files of the kernels that this one calls and of the enumerations it reads, its own file left out."""
        files: set[str] = set()
        named = (self.function.__globals__.get(name) for name in self.function.__code__.co_names)
        for other in named:
            if isinstance(other, Kernel) and other is not self:
                files |= {other.function.__code__.co_filename, *other.foreign_files()}
            elif isinstance(other, EnumType):
                files.add(getfile(other))
        return files - {self.function.__code__.co_filename}

    def _stamp(self) -> str:
        files = sorted(self.foreign_files())
        return f"_{sha256(b''.join(Path(file).read_bytes() for file in files)).hexdigest()[:12]}" if files else ""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Compile if need be, then run."""
        return self.dispatcher()(*args, **kwargs)


def kernel(**options: Any) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Compile a function with numba on its first call: ``@kernel()`` or ``@kernel(fastmath=True)``.

    Examples
    --------
    >>> @kernel()
    ... def total(x):
    ...     s = 0.0
    ...     for value in x:
    ...         s += value
    ...     return s
    >>> import numpy as np
    >>> float(total(np.arange(4.0)))
    6.0
    """

    def decorate(function: Callable[P, R]) -> Kernel[P, R]:
        return Kernel(function, options)

    return decorate
