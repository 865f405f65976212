"""Closed form of Debye's crystal."""

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
from statmech.models.base import Model
from statmech.models.debye import Debye
from statmech.units import kelvin_per

__all__ = ["DebyeFunction", "debye_function"]

Array = npt.NDArray[np.float64]

_BORDER = 2.5  # below it the series in x: (2.5 / 2 pi)^(2m) is 1e-17 at m = 21
_SERIES = 22
_EXPONENTIALS = 17  # above it the sum over exp(-k x): exp(-17 * 2.5) = 3e-19
_ZETA = {2: math.pi**2 / 6, 3: 1.2020569031595942, 4: math.pi**4 / 90}


class DebyeFunction(Method):
    r"""log Z_rel = N [D_d(x) - d log(1 - e^-x)], <y> = d N D_d(x), C = d N [(d + 1) D_d(x) - d x/(e^x - 1)].

    x = theta/T. The Debye function comes from its series in x^2 below 2.5 and, above, from its limit less

    .. math:: \int_x^\infty \frac{t^d\, dt}{e^t - 1} = \sum_{k \ge 1} e^{-kx} \left(\frac{x^d}{k}
              + \frac{d\, x^{d-1}}{k^2} + \dots + \frac{d!}{k^{d+1}}\right)

    so that the law T^d at low temperature has all its digits down to the smallest number. Reference: P. Debye, Ann.
    Phys. 344, 789 (1912); M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), section 27.1.

    Examples
    --------
    >>> method = DebyeFunction()
    >>> c = method.cumulants(method.prepare(Debye(theta=1.0)), np.array([1e-100, 1e3]))
    >>> c.covariance[:, 0, 0]  # 12 pi^4 / 5 T^3, and 3
    array([2.33781818e-298, 2.99999985e+000])
    """

    name: ClassVar[str] = "debye_function"
    formula: ClassVar[str] = "log Z = N [D(theta/T) - d log(1 - exp(-theta/T))] relative to the ground state"
    reference: ClassVar[str] = "Debye 1912"

    def supports(self, model: Model) -> Support:
        """Debye's crystal."""
        if isinstance(model, Debye):
            return Support(True, "Debye's crystal has a closed form")
        return Support(False, f"{model.kind!r} is no Debye crystal")

    def prepare(self, model: Model) -> Debye:
        """Nothing to prepare."""
        assert isinstance(model, Debye)
        return model

    def cumulants(self, state: Debye, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: a crystal has no observable to couple a field to")
        beta = above_zero(temperatures, "the levels of Debye's crystal")
        d, n, scale = state.dimension, float(state.atoms), kelvin_per(state.unit)
        with np.errstate(over="ignore", under="ignore"):
            x = state.theta * scale * beta
            function = debye_function(d, x)
            decay, rest = np.exp(-x), -np.expm1(-x)
            occupied = np.where(x > 800, 0.0, np.where(x > 800, 1.0, x) * decay / rest)  # x/(e^x - 1)
            free = -np.where(x < 0.7, np.log(rest), np.log1p(-decay))
        log_z = n * (function + d * free)
        mean = n * d * function
        variance = n * d * ((d + 1) * function - d * occupied)
        reference = np.full(temperatures.shape, state.ground_energy * scale)
        return Cumulants(temperatures, reference, log_z, mean[:, None], variance[:, None, None])

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """A microsecond per temperature."""
        return Cost(2e-6 * temperatures + 1e-3, 1e6 + 500.0 * temperatures)


def debye_function(d: int, x: npt.ArrayLike) -> Array:
    r"""D_d(x) = d / x^d times the integral of t^d / (e^t - 1) from 0 to x, for d = 1, 2, 3 and x >= 0.

    Parameters
    ----------
    d : int
        1, 2 or 3.
    x : array_like
        Any shape; 0 gives 1, inf gives 0.

    Returns
    -------
    array
        To a few ulps.

    Examples
    --------
    >>> debye_function(3, [0.0, 1.0, 50.0]).round(12)
    array([1.00000000e+00, 6.74415564e-01, 1.55854546e-04])
    """
    values = np.asarray(x, dtype=np.float64)
    result = np.empty(values.shape)
    low = values < _BORDER
    square = values[low] ** 2
    total = np.zeros(square.shape)
    for coefficient in reversed(_series(d)):
        total = (total + coefficient) * square
    result[low] = 1 - d / (2 * (d + 1)) * values[low] + total
    high = values[~low]
    tail = np.zeros(high.shape)
    capped = np.minimum(high, 800.0)  # exp(-800) is 0
    for k in range(_EXPONENTIALS, 0, -1):
        polynomial = sum(math.perm(d, j) * capped ** (d - j) / k ** (j + 1) for j in range(d + 1))
        tail += np.exp(-k * capped) * polynomial
    limit = math.factorial(d) * _ZETA[d + 1]
    with np.errstate(under="ignore", over="ignore"):
        scaled = d * (limit - tail)
        for _ in range(d):  # one power after the other: x^3 may overflow where the quotient is a number
            scaled = scaled / high
    result[~low] = scaled
    return result


@cache
def _series(d: int) -> tuple[float, ...]:
    """d B_2m / ((2m + d) (2m)!) of x^2m, m = 1, 2, ..."""
    numbers = [Fraction(1)]
    for m in range(1, 2 * _SERIES + 1):
        numbers.append(-sum((math.comb(m + 1, k) * numbers[k] for k in range(m)), Fraction(0)) / (m + 1))
    return tuple(float(d * numbers[2 * m] / ((2 * m + d) * math.factorial(2 * m))) for m in range(1, _SERIES + 1))
