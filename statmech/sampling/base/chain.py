"""What a chain is: sampling in pieces, stored and resumed to the bit, with jackknife estimates at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants

__all__ = ["Chain", "Estimate", "Progress", "State", "binder_cumulant"]

Array = npt.NDArray[np.float64]
State: TypeAlias = dict[str, "npt.NDArray[np.generic] | int | float | str"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A further variable that a chain measures, or tells of itself.

    Parameters
    ----------
    values : array, shape (1 + blocks, T) or (T,)
        Rows as in :meth:`Chain.result` where ``blocks`` is true, else plain values without an error.
    long_name, nature : str
        As in :class:`statmech.dataset.Extra`.
    blocks : bool
        Whether the values have the block axis.
    mean : bool
        Whether it is a mean over the samples, which has no bias to take off.
    """

    values: Array
    long_name: str
    nature: str = "intensive"
    blocks: bool = True
    mean: bool = False


def binder_cumulant(second: Array, fourth: Array) -> Estimate:
    """1 - <a^4> / 3 <a^2>^2 of the order parameter; nan (0 / 0) where nothing but a = 0 was seen."""
    with np.errstate(invalid="ignore"):
        values = 1.0 - fourth / (3.0 * second**2)
    return Estimate(values, "Binder cumulant of the order parameter")


@dataclass(frozen=True)
class Progress:
    """How far a chain is: ``done`` from 0 to 1, and the present error in words."""

    done: float
    text: str = ""


class Chain(ABC):
    """Sampling of one task: a model at all its temperatures.

    The law: ``advance`` in any pieces, with any number of ``state``/``restore`` between them, gives the same bits as
    ``advance`` in one piece. A chain may treat all temperatures together (tempering) or each on its own.
    """

    @abstractmethod
    def advance(self, seconds: float) -> bool:
        """Go on for about that long; True when finished. The clock never decides a number, only where it pauses."""

    @abstractmethod
    def state(self) -> State:
        """Everything it needs to go on, flat: arrays, numbers and text; nothing shared with the living chain."""

    @abstractmethod
    def restore(self, state: Mapping[str, object]) -> None:
        """Go back (or on) to a state.

        Raises
        ------
        InputError
            If the state is that of another task.
        """

    @abstractmethod
    def result(self) -> Cumulants:
        """Estimates with a leading jackknife axis: row 0 from all data, rows 1.. each with one block left out.

        Where log Z is not known it is -inf here, and :meth:`not_computed` says so.
        """

    def estimates(self) -> Mapping[str, Estimate]:
        """Further variables (absolute magnetisation, autocorrelation time)."""
        return {}

    def correction(self) -> Array | None:
        """Factors (T,) on the jackknife variance of blocks that are correlated, or None where they are not."""
        return None

    def status(self) -> npt.NDArray[np.int8] | None:
        """Flags (T,) of :data:`statmech.dataset.STATUS_FLAGS`, or None where all is well."""
        return None

    def not_computed(self) -> Mapping[str, str]:
        """Variables that it cannot give, and why."""
        return {}

    def progress(self) -> Progress:
        """How far it is."""
        return Progress(0.0)

    def samples(self) -> Mapping[str, Array]:
        """Time series where they were asked for: name -> values (T, chains, sweeps)."""
        return {}
