"""Sum over an endless ladder of levels, as far up as each temperature asks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support, above_zero
from statmech.models.base import HasLadder, Model
from statmech.summation import sum_levels
from statmech.units import kelvin_per

__all__ = ["LadderState", "LadderSum", "reach"]

Array = npt.NDArray[np.float64]

_TAIL = 1e-15  # of the sum above the ground level, for log Z, <y> and <y^2> alike
_NOTHING = 800.0  # y^2 exp(-y) is 0 in float64 from here on


@dataclass(frozen=True)
class LadderState:
    """The model, and the ladders listed so far by the power of two that reaches far enough."""

    model: HasLadder
    ladders: dict[int, EnergyLevels] = field(default_factory=dict, repr=False, compare=False)


class LadderSum(Method):
    r"""Z = sum g exp(-E/T) over infinitely many levels, cut where the rest is proved to be nothing.

    A model states that at most :math:`K (1 + e/s)^p` states lie within e of the ground level. With y = e/T,
    :math:`f(y) = (1 + y^2) e^{-y}` (the terms of log Z, <y> and <y^2> together) and integration by parts, what lies
    above Y >= 2 (p + 2) adds at most

    .. math:: \int_Y^\infty K \left(1 + \frac{yT}{s}\right)^p (1 + y^2)\, e^{-y}\, dy
              \le 2 K \left(1 + \frac{YT}{s}\right)^p (1 + Y^2)\, e^{-Y}

    as the logarithm of the integrand falls by 1/2 at least from there on. Y is taken so that this is below 1e-15 of
    the first excited level's own weight exp(-y_1). Cost: that of the levels below Y T.

    Examples
    --------
    >>> from statmech.models.rotor import Rotor
    >>> method = LadderSum()
    >>> c = method.cumulants(method.prepare(Rotor(constant=1.0)), np.array([100.0]))
    >>> round(float(c.log_z[0]), 9)  # log(T/B + 1/3 + B/15 T + ...)
    4.608504633
    """

    name: ClassVar[str] = "ladder_sum"
    formula: ClassVar[str] = "sum of g exp(-E/T) up to where the rest is below 1e-15 of it"
    reference: ClassVar[str] = "direct"

    def supports(self, model: Model) -> Support:
        """Any model with a ladder."""
        if isinstance(model, HasLadder):
            return Support(True, f"the levels of {model.kind!r} are summed until the rest is below {_TAIL:.0e}")
        return Support(False, f"{model.kind!r} has no endless ladder of levels")

    def prepare(self, model: Model) -> LadderState:
        """Levels are listed when a temperature asks for them."""
        assert isinstance(model, HasLadder)
        return LadderState(model)

    def cumulants(self, state: LadderState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, or where fields are given.
        ResourceError
            Where the model refuses to list so many levels.
        """
        above_zero(temperatures, f"the levels of {state.model.kind!r}")
        ranks = np.array([_rank(state.model, float(T)) for T in temperatures])
        parts: list[Cumulants] = []
        order: list[npt.NDArray[np.intp]] = []
        for rank in np.unique(ranks):
            here = np.flatnonzero(ranks == rank)
            if rank not in state.ladders:
                state.ladders[int(rank)] = state.model.ladder(_energy(state.model, int(rank)))
            parts.append(sum_levels(state.ladders[int(rank)], temperatures[here], fields))
            order.append(here)
        joined = Cumulants.concatenate(parts)
        back = np.argsort(np.concatenate(order))
        return Cumulants(
            temperatures,
            joined.reference[back],
            joined.log_z[back],
            joined.mean[back],
            joined.covariance[back],
            joined.observables,
        )

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """Of 1e4 levels: the temperatures, which decide, are not known here."""
        return Cost(5e-5 * temperatures + 0.1, 1e7)

    def error_bound(self, model: Model) -> float:
        """1e-12, or what the model says of its own levels."""
        return float(getattr(model, "level_error", 1e-12))


def reach(model: HasLadder, temperature: float) -> float:
    """Energy above the ground level, in the model's unit, beyond which the rest is below 1e-15 at a temperature.

    Examples
    --------
    >>> from statmech.models.rotor import Rotor
    >>> round(reach(Rotor(constant=1.0), 1.0), 1)
    49.7
    """
    T = temperature / kelvin_per(model.unit)
    first, count = model.first_gap(), model.state_count()
    if first >= T * _NOTHING:
        return first
    wanted = first / T + math.log(1 / _TAIL) + math.log(2 * count.states)
    Y = 2 * (count.power + 2)
    for _ in range(60):  # a contraction: its slope is at most 1/2 from here on
        Y = max(Y, wanted + count.power * math.log1p(Y * T / count.scale) + 2 * math.log(Y))
    return Y * T


def _rank(model: HasLadder, temperature: float) -> int:
    """The ladders grow by powers of two, so that a point is the same alone and in company."""
    return max(0, math.ceil(math.log2(reach(model, temperature) / model.first_gap())))


def _energy(model: HasLadder, rank: int) -> float:
    return math.ldexp(model.first_gap(), rank)
