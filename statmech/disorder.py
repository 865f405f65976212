"""One number per bond or site: a constant, an array, random from a seed, or read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError, InputError

__all__ = ["FileValues", "RandomValues", "Values", "constant", "per_item"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RandomValues:
    r"""Independent random numbers, the same for the same seed on every machine.

    Parameters
    ----------
    random : {"pm1", "gaussian", "uniform"}
        ``pm1``: mean + scale with probability ``1 - fraction``, mean - scale with probability ``fraction``.
        ``gaussian``: normal with this mean and standard deviation ``scale``. ``uniform``: between mean - scale and
        mean + scale.
    seed : int
        Seed of ``numpy.random.default_rng``. An axis ``model.coupling.seed`` sweeps over realisations.
    mean, scale : float
        Centre and width.
    fraction : float
        Share of the lower value for ``pm1``.

    Raises
    ------
    InputError
        If the kind is unknown, the seed negative, the scale negative or the fraction outside [0, 1].

    Examples
    --------
    >>> sorted(set(RandomValues("pm1", seed=1).draw(50).tolist()))
    [-1.0, 1.0]
    """

    random: Literal["pm1", "gaussian", "uniform"]
    seed: int
    mean: float = 0.0
    scale: float = 1.0
    fraction: float = 0.5

    def __post_init__(self) -> None:
        if self.random not in ("pm1", "gaussian", "uniform"):
            raise InputError(f"random: expected pm1, gaussian or uniform; got {self.random!r}")
        if self.seed < 0:
            raise InputError(f"seed: expected a non-negative integer; got {self.seed}")
        if not 0 <= self.scale < np.inf:
            raise InputError(f"scale: expected a finite number >= 0; got {self.scale}")
        if not 0 <= self.fraction <= 1:
            raise InputError(f"fraction: expected a probability between 0 and 1; got {self.fraction}")

    def draw(self, count: int) -> Array:
        """The numbers, shape (count,)."""
        generator = np.random.default_rng(self.seed)
        if self.random == "gaussian":
            return self.mean + self.scale * generator.standard_normal(count)
        if self.random == "uniform":
            return self.mean + self.scale * (2.0 * generator.random(count) - 1.0)
        return self.mean + self.scale * np.where(generator.random(count) < self.fraction, -1.0, 1.0)


@dataclass(frozen=True)
class FileValues:
    """Numbers from a file: ``.npy``, or text with one number per line or separated by white space.

    Parameters
    ----------
    file : Path
        The file.

    Raises
    ------
    FileFormatError
        If it is missing, holds something that is no number, or is a pickle.
    """

    file: Path

    def read(self) -> Array:
        """The numbers, flat, in the order of the file."""
        try:
            if self.file.suffix == ".npy":
                return np.asarray(np.load(self.file, allow_pickle=False), dtype=np.float64).ravel()
            return np.asarray(self.file.read_text(encoding="utf-8").split(), dtype=np.float64)
        except OSError as problem:
            raise FileFormatError(f"cannot be read: {problem.strerror or problem}", path=self.file) from None
        except ValueError as problem:
            raise FileFormatError(f"expected numbers, one per bond or site; {problem}", path=self.file) from None


Values: TypeAlias = float | Sequence[float] | RandomValues | FileValues


def per_item(name: str, values: Values | npt.ArrayLike, count: int, item: str) -> Array:
    """One finite number for each of ``count`` items, read-only, shape (count,).

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    values : float, array_like (count,), RandomValues or FileValues
        What to spread over the items.
    count : int
        Number of items.
    item : str
        What an item is called (``bond``, ``site``), for messages.

    Raises
    ------
    InputError
        If the number of values is not ``count``, or one is not finite.

    Examples
    --------
    >>> per_item("coupling", -1.0, 3, "bond")
    array([-1., -1., -1.])
    """
    if isinstance(values, RandomValues):
        array = values.draw(count)
    else:
        try:
            array = values.read() if isinstance(values, FileValues) else np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name}: expected a number or one number per {item}; got {values!r}") from None
        if array.ndim == 0:
            if not np.isfinite(array):
                raise InputError(f"{name}: expected finite numbers; got {array}")
            return np.broadcast_to(array, (count,))  # one number in memory, however many bonds
        if array.shape != (count,):
            raise InputError(f"{name}: expected one number per {item}, {count} in all; got shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise InputError(f"{name}: expected finite numbers; got {array[bad[0]]} at {item} {bad[0]}")
    array.flags.writeable = False
    return array


def constant(values: Array) -> bool:
    """Whether all numbers are the same; at once where they are one number in memory.

    Examples
    --------
    >>> constant(per_item("field", 0.5, 10**9, "site")), constant(np.array([1.0, 2.0]))
    (True, False)
    """
    return values.strides == (0,) or bool(np.all(values == values[0]))
