"""Closed form of the linear rotor."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.methods.base import Cost, Method, Support, above_zero
from statmech.methods.closed_forms.jets import Jet
from statmech.methods.closed_forms.ladders import cold_and_hot
from statmech.models.base import Model
from statmech.models.rotor import Rotor

__all__ = ["RotorClosedForm", "mulholland"]

Array = npt.NDArray[np.float64]

_HOT = 0.02  # s = B/T from which the series is used; its terms fall to 1e-17 and its own limit is exp(-pi^2/4s) = 1e-53
_TERMS = 12
_HIGHEST = 70  # J of the cold sum: 0.02 * 70 * 71 = 99 and exp(-99) is nothing


class RotorClosedForm(Method):
    r"""Mulholland's series where T > 50 B, the sum over J up to 70 below.

    .. math:: \sum_J (2J + 1)\, e^{-s J(J + 1)} \simeq e^{s/4} \left[\frac1s
              - \sum_{n \ge 0} \frac{(-s)^n}{n!} \frac{B_{2n+2}(1/2)}{n + 1}\right], \qquad s = B/T

    and half of it for even or odd J alone: their difference is of order exp(-pi^2/4s). The series is asymptotic:
    twelve terms leave 1e-17 at s = 0.02.

    References: H. P. Mulholland, Proc. Camb. Phil. Soc. 24, 280 (1928); even and odd J by the same Euler-Maclaurin sum.

    Examples
    --------
    >>> method = RotorClosedForm()
    >>> c = method.cumulants(method.prepare(Rotor(constant=1.0)), np.array([1e-2, 1e8]))
    >>> c.log_z.round(9)
    array([ 0.        , 18.42068075])
    """

    name: ClassVar[str] = "rotor_closed_form"
    formula: ClassVar[str] = "log Z = log(T/B + 1/3 + B/15 T + ...), and the first levels when cold"
    reference: ClassVar[str] = "Mulholland 1928"

    def supports(self, model: Model) -> Support:
        """Linear rotors."""
        if isinstance(model, Rotor):
            return Support(True, "the linear rotor has a convergent sum when cold and Mulholland's series when hot")
        return Support(False, f"{model.kind!r} is no linear rotor")

    def prepare(self, model: Model) -> Rotor:
        """Nothing to prepare."""
        assert isinstance(model, Rotor)
        return model

    def cumulants(self, state: Rotor, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: a rotor has no observable to couple a field to")
        above_zero(temperatures, "the levels of a rotor")
        even, odd = state.spin_weights
        lift = 0.25 + state.lowest * (state.lowest + 1)

        def hot(s: Jet) -> Jet:
            rest = (s * mulholland(s)).log1p()
            return rest - s.log() + s * lift + math.log((even + odd) / 2)

        levels = state.ladder(state.constant * _HIGHEST * (_HIGHEST + 1))
        return cold_and_hot(temperatures, state.constant, _HOT, levels, hot)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """50 us per temperature."""
        return Cost(5e-5 * temperatures + 1e-3, 1e6 + 300.0 * temperatures)


def mulholland(s: Jet) -> Jet:
    r"""p(s) in sum (2J + 1) exp(-s (J + 1/2)^2) = 1/s + p(s), over all J; half of that over even or odd J alone.

    For even J, with J + 1/2 = 2 (k + a), a = 1/4, the sum is that of 4 (k + a) exp(-4s (k + a)^2) and a = 3/4 for odd
    ones; 4^(n+1) B_{2n+2}(1/4) = 4^(n+1) B_{2n+2}(3/4) = B_{2n+2}(1/2), so that all have the same series.

    Examples
    --------
    >>> zero = Jet(np.zeros(1), np.ones(1), np.zeros(1))
    >>> mulholland(zero).value.round(9)
    array([0.08333333])
    """
    total = s * 0.0
    for coefficient in reversed(_coefficients()):
        total = total * s + coefficient
    return total


@cache
def _coefficients() -> tuple[float, ...]:
    """-(-1)^n B_{2n+2}(1/2) / (n + 1)! of s^n."""
    half = Fraction(1, 2)
    return tuple(
        float(-((-1) ** n) * _bernoulli_polynomial(2 * n + 2, half) / math.factorial(n + 1)) for n in range(_TERMS)
    )


def _bernoulli_polynomial(n: int, x: Fraction) -> Fraction:
    """B_n(x) = sum over k of (n over k) B_k x^(n - k)."""
    numbers = [Fraction(1)]
    for m in range(1, n + 1):
        numbers.append(-sum((math.comb(m + 1, k) * numbers[k] for k in range(m)), Fraction(0)) / (m + 1))
    return sum((math.comb(n, k) * numbers[k] * x ** (n - k) for k in range(n + 1)), Fraction(0))
