"""What a run is made of: units of work, what a worker is sent and what it sends back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from statmech.cumulants import Cumulants
from statmech.dataset import Solution
from statmech.models.base import Model
from statmech.selection import Choice

__all__ = ["Estimate", "Job", "Outcome", "Unit"]


@dataclass(frozen=True)
class Unit:
    """The smallest work that is kept once it is done: one task at all its temperatures, or at one of them.

    Attributes
    ----------
    task : int
        Place of its task in the plan.
    temperatures : tuple of float
        Those of this unit.
    key : str
        Hash of everything that decides its numbers.
    """

    task: int
    temperatures: tuple[float, ...]
    key: str


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker is sent: a unit, a part of one, or a piece of a chain.

    Attributes
    ----------
    key : str
        Of the unit, followed by the number of the part where there is one.
    task : str
        Equal for units that share what a method prepares.
    model, choice, temperatures, fields
        As in :func:`statmech.solve.compute`.
    part : object, optional
        One of ``method.parts(model)``.
    total : Cumulants, optional
        All parts together, to be made into a solution.
    state : mapping, optional
        Where a chain goes on.
    seconds : float
        After which a chain pauses.
    """

    key: str
    task: str
    model: Model
    choice: Choice
    temperatures: tuple[float, ...]
    fields: tuple[float, ...] | None
    part: Any = None
    total: Cumulants | None = None
    state: Mapping[str, Any] | None = None
    seconds: float = 5.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a job: a solution, the cumulants of a part, or the state of a chain that goes on.

    Attributes
    ----------
    job : str
        Its key.
    value : Solution, Cumulants, mapping or Exception
        The result, or why there is none.
    seconds : float
        Time it took.
    text : str
        How far a chain is that goes on, and its present error.
    """

    job: str
    value: Solution | Cumulants | Mapping[str, Any] | Exception
    seconds: float = field(default=0.0)
    text: str = ""


@dataclass(frozen=True)
class Estimate:
    """What a run will need.

    Attributes
    ----------
    seconds : float
        On one core.
    memory : float
        Bytes, of one worker.
    file : float or None
        Bytes of the results, at most; None where no point was tried.
    tried : float or None
        Seconds that one point took; None where it was not tried.
    """

    seconds: float
    memory: float
    file: float | None = None
    tried: float | None = None
