"""Closed form of the infinite honeycomb lattice."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.base import Excitations, InfiniteIsing
from statmech.methods.closed_forms.closed_loops import hexagon_loops, triangular_order
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet

__all__ = ["Honeycomb"]

Array = npt.NDArray[np.float64]

_CRITICAL = 2 - np.sqrt(3)  # exp(-2 |J|/Tc), the root of 1 - 4 X + X^2


class Honeycomb(InfiniteIsing):
    r"""The infinite honeycomb lattice with J of either sign (it is bipartite), per site (two sites per cell).

    With X = exp(-2 |J|/T) and Phi the sum over closed loops of squared weight s on the honeycomb lattice, log Z of a
    cell relative to its ground energy -3 |J| is

    .. math:: \log(1 + X^3) + \Phi(s), \; s = \frac{X}{1 - X + X^2} \quad (T < T_c), \qquad
              3 \log(1 + X) - \log 2 + \Phi(s), \; s = \tanh^2(|J|/T) \quad (T > T_c)

    the first by the star-triangle transformation to the triangular lattice, whose walls are those loops.

    References: R. M. F. Houtappel, Physica 16, 425 (1950), eq. (101); spontaneous magnetisation: S. Naya, Prog.
    Theor. Phys. 11, 53 (1954).

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.models.ising import Ising
    >>> method = Honeycomb()
    >>> state = method.prepare(Ising(lattices.honeycomb("infinite")))
    >>> method.critical_temperature(state)
    1.5186514350004139
    """

    name: ClassVar[str] = "honeycomb_infinite"
    formula: ClassVar[str] = "double integral of the infinite honeycomb lattice, one integration done, as closed loops"
    reference: ClassVar[str] = "Houtappel 1950; Naya 1954"
    lattice_kind: ClassVar[str] = "honeycomb"
    lattice_name: ClassVar[str] = "honeycomb lattice"

    def ground_energy(self, couplings: tuple[float, ...]) -> float:
        """-3 |J| / 2."""
        return -1.5 * abs(couplings[0])

    def excitations(self, couplings: tuple[float, ...]) -> Excitations:
        """Single spins, 6 |J|."""
        return Excitations(6 * abs(couplings[0]))

    def critical_point(self, couplings: tuple[float, ...]) -> CriticalPoint | None:
        """2 |J| / log(2 + sqrt 3)."""
        return CriticalPoint.uniform(self.lattice_kind, abs(couplings[0])) if couplings[0] else None

    def log_z(self, couplings: tuple[float, ...], temperatures: Array) -> Jet:
        """See the class."""
        rate = abs(couplings[0])
        critical = CriticalPoint.uniform(self.lattice_kind, rate)
        with np.errstate(divide="ignore"):
            beta = 1 / temperatures
        distance = critical.distance(temperatures)
        cold = distance > 0
        x = Jet.exponential(-2 * rate, beta)
        # 1 - 4 X + X^2 = (X_c - X)(1/X_c - X), precise at its zero
        quadratic = -_CRITICAL * np.expm1(-2 * rate * distance) * (1 / _CRITICAL - x.value)
        below = (x[cold] * x[cold] * x[cold]).log1p() + hexagon_loops(
            x[cold] / (1 - x[cold] + x[cold] * x[cold]),
            quadratic[cold] / (1 - x.value[cold] + x.value[cold] ** 2),
        )
        t = Jet.tanh(rate, beta[~cold])
        tau = -2 * quadratic[~cold] / (1 + x.value[~cold]) ** 2
        above = x[~cold].log1p() * 3 - math.log(2) + hexagon_loops(t * t, tau)
        return Jet.joined(cold, below, above) * 0.5

    def magnetization(self, couplings: tuple[float, ...], temperatures: Array) -> Array:
        """That of the triangular lattice on one sublattice, at s = X/(1 - X + X^2)."""
        rate = couplings[0]
        distance = CriticalPoint.uniform(self.lattice_kind, rate).distance(temperatures)
        x = np.exp(-2 * rate / temperatures)
        size = 1 - x + x * x
        tau = -_CRITICAL * np.expm1(-2 * rate * distance) * (1 / _CRITICAL - x) / size
        return triangular_order(x / size, tau)
