"""What a method is: a way to the cumulants of a model, exactly or with a stated error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.models.base import HasLevels, Model

__all__ = ["Cost", "Method", "Support", "above_zero"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Support:
    """Whether a method can treat a model, and why (not).

    Examples
    --------
    >>> bool(Support(False, "width 31 exceeds 20")), Support(False, "width 31 exceeds 20").reason
    (False, 'width 31 exceeds 20')
    """

    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True)
class Cost:
    """Estimate of the work: ``seconds`` for the whole sweep on one core and ``memory`` in bytes at its peak."""

    seconds: float
    memory: float

    def __add__(self, other: Cost) -> Cost:
        """Work done one after the other: times add, the larger memory counts."""
        return Cost(self.seconds + other.seconds, max(self.memory, other.memory))


class Method(ABC):
    r"""A way from a model to its :class:`~statmech.cumulants.Cumulants`.

    The law every method obeys: ``cumulants(prepare(model), T, h)`` equals the sum over all states

    .. math:: Z = \sum_\text{states} e^{-(H - h M)/T}

    with mean and covariance of H - h M and of the model's observables, to the relative error that
    :meth:`error_bound` states. Where it cannot hold its bound it raises
    :class:`~statmech.errors.PrecisionError`; it never returns the number.

    Attributes
    ----------
    name : str
        The textbook name, used in YAML (``method: transfer_matrix``) and recorded in results.
    statistical : bool
        Whether results are estimates with error bars (Monte Carlo) or exact up to rounding.
    absorbs : frozenset of str
        Sweep axes it treats at once: always ``temperature``; ``field`` where it has H and M jointly.
    formula, reference : str
        One line each for the "which method?" table: what it computes and where it is described.
    """

    name: ClassVar[str]
    statistical: ClassVar[bool] = False
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature"})
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""

    @property
    def separable(self) -> bool:
        """Whether a temperature is computed without regard to the others, so that each apart has the same bits."""
        return True

    @abstractmethod
    def supports(self, model: Model) -> Support:
        """Whether it can treat this model, and why (not); cheap, and never raises for a valid model."""

    def for_model(self, model: Model) -> Method:  # noqa: ARG002
        """The method with what it leaves to the model decided; asked once, before :meth:`supports`."""
        return self

    @abstractmethod
    def prepare(self, model: Model) -> Any:
        """All work that needs no temperature (levels, an elimination order)."""

    @abstractmethod
    def cumulants(self, state: Any, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and fields (F,) where it absorbs them: arrays (T,) or (F, T)."""

    @abstractmethod
    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """Estimated time and memory for a sweep of that many points."""

    def parts(self, model: Model) -> Sequence[Any] | None:  # noqa: ARG002
        """A large sum cut into disjoint sets of states that workers may sum apart; None where it is not cut.

        The cuts follow from the model alone, never from the number of workers. Each part is small, pickles, and is
        what :meth:`partial` understands; what is common to all parts and costs time is found out here, once. Where
        parts are given, their sum takes the place of :meth:`prepare` and :meth:`cumulants`.
        """
        return None

    def partial(self, model: Model, part: Any, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants of one of the :meth:`parts`, with arrays as in :meth:`cumulants`; they join by the mixture law.

        Gaps between parts are differences of their references, which are rounded; a method whose bound that would
        break counts energies from an origin near the ground state, and takes it back in :meth:`joined`.
        """
        raise NotImplementedError(f"{self.name} gives parts of a sum but no way to sum one")

    def joined(self, model: Model, total: Cumulants, fields: Array | None = None) -> Cumulants:  # noqa: ARG002
        """What the mixture of all parts is, with energies from the zero of the model."""
        return total

    def error_bound(self, model: Model) -> float:  # noqa: ARG002
        """Relative error of every returned quantity wherever the exact value is a normal float64."""
        return 1e-12

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """Names of the observables beside H that the cumulants will carry."""
        return ()

    def without_observables(self) -> Method:
        """The method for those who want no observable beside H: where carrying them costs time, one that does not."""
        return self

    def extras(self, state: Any, temperatures: Array) -> Mapping[str, tuple[Array, str, str]]:  # noqa: ARG002
        """Further variables at the temperatures: name -> (values (T,), long name, nature as in ``dataset.Extra``)."""
        return {}

    def notes(self, model: Model, state: Any) -> Mapping[str, str]:  # noqa: ARG002
        """What the model says of its origin, or its levels of theirs, for the attributes of the results."""
        notes: Mapping[str, str] = model.levels().notes if isinstance(model, HasLevels) else getattr(model, "notes", {})
        return notes

    def status(
        self,
        model: Model,  # noqa: ARG002
        state: Any,  # noqa: ARG002
        temperatures: Array,  # noqa: ARG002
        fields: Array | None,  # noqa: ARG002
        cumulants: Cumulants,  # noqa: ARG002
    ) -> npt.NDArray[np.int8] | None:
        """Points that must be looked at twice: bits of :class:`~statmech.status.Status`, or None where all is well.

        Parameters
        ----------
        model, state
            The model, and what :meth:`prepare` made of it (None after a sum of :meth:`parts`).
        temperatures, fields : array, shapes (T,) and (F,), or None
            As given to :meth:`cumulants`.
        cumulants : Cumulants
            What it gave.

        Returns
        -------
        int8 array or None
            Shape (T,) or (F, T), that of ``cumulants.log_z``.
        """
        return None

    def errors(
        self,
        model: Model,  # noqa: ARG002
        state: Any,  # noqa: ARG002
        temperatures: Array,  # noqa: ARG002
        fields: Array | None,  # noqa: ARG002
        cumulants: Cumulants,  # noqa: ARG002
    ) -> Mapping[str, Array]:
        """Standard errors of results whose input is uncertain: variable name -> array in engine units.

        Parameters and shapes as for :meth:`status`. A name is one of the variables of the Dataset (``log_z``,
        ``free_energy``, ...); it becomes ``<name>_errors``. Empty where the input is exact.
        """
        return {}

    def lists(self, model: Model, state: Any) -> Iterable[EnergyLevels] | None:  # noqa: ARG002
        """All levels the sum ran over, whole or in chunks, with their uncertainties; None where it had no list."""
        return None

    def critical_temperature(self, state: Any) -> float | None:  # noqa: ARG002
        """Tc where it is known, in units of the model; recorded in the results."""
        return None


def above_zero(temperatures: Array, what: str) -> Array:
    """1/T, for a spectrum without an upper end.

    Raises
    ------
    InputError
        At T < 0 and T = inf, where the sum over all levels does not exist (and at nan or -0.0).

    Examples
    --------
    >>> above_zero(np.array([0.0, 2.0]), "the levels of an oscillator")
    array([inf, 0.5])
    """
    beta = inverse_temperature(temperatures)
    outside = (temperatures < 0) | np.isinf(temperatures)
    if np.any(outside):
        raise InputError(
            f"temperature: expected 0 <= T < inf: {what} have no upper bound; got {temperatures[outside][0]}"
        )
    return beta
