"""Closed form of one spin in a field."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.methods.base import Cost, Method, Support
from statmech.models.base import Model
from statmech.models.paramagnet import Paramagnet
from statmech.units import kelvin_per

__all__ = ["Brillouin"]

Array = npt.NDArray[np.float64]

_TERMS = 11  # of the series in t = (2J + 1) x up to t = 1: (1 / 2 pi)^22 = 3e-18


class Brillouin(Method):
    r"""Z_rel = (1 - e^-nx)/(1 - e^-x), n = 2J + 1, x = |mu h / T|, with M and chi at any number of fields.

    .. math:: \langle k \rangle = \frac{1}{e^x - 1} - \frac{n}{e^{nx} - 1}, \qquad
              \operatorname{Var} k = \frac{1}{4 \sinh^2 (x/2)} - \frac{n^2}{4 \sinh^2 (nx/2)}

    where k = 0, 1, ..., 2J counts quanta above the reference: y = x k, M = +-mu (J - k). Where n x < 1 these cancel and
    their series in n x is used. Cost: a microsecond per point, whatever J. References: L. Brillouin, J. Phys. Radium
    8, 74 (1927); R. K. Pathria and P. D. Beale, Statistical Mechanics (3rd ed., 2011), section 3.9.

    Examples
    --------
    >>> method = Brillouin()
    >>> c = method.cumulants(method.prepare(Paramagnet(spin=0.5, field=2.0)), np.array([1.0, -1.0]))
    >>> c.mean[:, 1].round(6)  # tanh(1)/2, and inverted
    array([ 0.380797, -0.380797])
    """

    name: ClassVar[str] = "brillouin"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "Z = sinh((2J + 1) mu h / 2T) / sinh(mu h / 2T)"
    reference: ClassVar[str] = "Brillouin 1927"

    def supports(self, model: Model) -> Support:
        """A spin in a field."""
        if isinstance(model, Paramagnet):
            return Support(True, "one spin in a field has a closed form")
        return Support(False, f"{model.kind!r} is no single spin in a field")

    def prepare(self, model: Model) -> Paramagnet:
        """Nothing to prepare."""
        assert isinstance(model, Paramagnet)
        return model

    def cumulants(self, state: Paramagnet, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures of either sign, and fields in place of the model's own."""
        if fields is not None:
            return Cumulants.stack([self._in_field(state, temperatures, float(h)) for h in fields])
        return self._in_field(state, temperatures, state.field)

    def _in_field(self, state: Paramagnet, temperatures: Array, h: float) -> Cumulants:
        J, n, mu = state.spin, state.states, state.moment
        beta = inverse_temperature(temperatures)
        quantum = mu * h * kelvin_per(state.unit)
        side = np.where(temperatures < 0, -1.0, 1.0) * (math.copysign(1.0, quantum) if quantum else 1.0)
        with np.errstate(over="ignore", under="ignore"):
            x = abs(quantum) * np.abs(beta) if quantum else np.zeros(beta.shape)
        log_z, order, k_half, spread = _quanta(n, x)
        # y = x k, from halves where exp(-x) alone would be subnormal; at T = inf it is k |mu h|
        unit = np.where(np.isinf(temperatures), abs(quantum), x)
        frozen = np.isinf(x)
        unit, half = np.where(frozen, 0.0, unit), np.where(frozen, 0.0, np.exp(-0.5 * np.where(frozen, 0.0, x)))
        y = unit * half * k_half
        scaled = unit * half
        mean = np.stack([y, mu * side * order], axis=-1)
        yy, ym, mm = scaled * scaled * spread, -mu * side * (scaled * spread * half), mu * mu * (half * half * spread)
        covariance = np.stack([yy, ym, ym, mm], axis=-1).reshape(*x.shape, 2, 2)
        reference = -np.abs(quantum) * J * np.where(temperatures < 0, -1.0, 1.0)
        return Cumulants(temperatures, reference, log_z, mean, covariance, ("magnetization",))

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """A microsecond per point."""
        return Cost((1e-6 * temperatures + 1e-4) * fields, 500.0 * temperatures * fields + 1e5)

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation."""
        return ("magnetization",)


def _quanta(n: int, x: Array) -> tuple[Array, Array, Array, Array]:
    """log Z_rel, J - <k>, <k> exp(x/2) and Var k exp(x) of n equal steps x >= 0."""
    J = (n - 1) / 2
    log_z, order, k_half, spread = (np.empty(x.shape) for _ in range(4))
    small = n * x < 1
    t = n * x[small]
    grow = np.exp(0.5 * x[small])
    bend = np.zeros(t.shape)
    slope, level = np.zeros(t.shape), np.zeros(t.shape)
    for m, c in reversed(_series()):
        share = -math.expm1(-2 * m * math.log(n)) * c  # c (1 - n^-2m)
        power = t ** (2 * m - 2)
        level += share * power * t * t
        slope += 2 * m * share * power * t
        bend += 2 * m * (2 * m - 1) * share * power
    log_z[small] = math.log(n) - J * x[small] + level
    order[small] = n * slope
    k_half[small], spread[small] = (J - n * slope) * grow, float(n) * n * bend * grow * grow
    s = x[~small]
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        rest, rest_n = -np.expm1(-s), -np.expm1(-n * s)
        log_z[~small] = np.where(
            s < 0.7, np.log(rest_n) - np.log(rest), np.log1p(-np.exp(-n * s)) - np.log1p(-np.exp(-s))
        )
        others = np.exp(-(n - 1) * s)
        k_all = 1 / rest - n * others / rest_n  # <k> exp(x)
        k_half[~small] = k_all * np.exp(-0.5 * s)
        order[~small] = J - k_all * np.exp(-0.5 * s) * np.exp(-0.5 * s)
        spread[~small] = 1 / rest**2 - float(n) * n * others / rest_n**2
    return log_z, order, k_half, spread


@cache
def _series() -> tuple[tuple[int, float], ...]:
    """m and B_2m / (2m (2m)!): log(sinh(t/2) / (t/2)) = sum of them times t^2m."""
    numbers = [Fraction(1)]
    for m in range(1, 2 * _TERMS + 1):
        numbers.append(-sum((math.comb(m + 1, j) * numbers[j] for j in range(m)), Fraction(0)) / (m + 1))
    return tuple((m, float(numbers[2 * m] / (2 * m * math.factorial(2 * m)))) for m in range(1, _TERMS + 1))
