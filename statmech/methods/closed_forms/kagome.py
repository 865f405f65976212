"""Closed form of the infinite kagome lattice."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.base import Excitations, InfiniteIsing
from statmech.methods.closed_forms.closed_loops import hexagon_loops, triangular_order
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet

__all__ = ["Kagome"]

Array = npt.NDArray[np.float64]

_CRITICAL = 2 / np.sqrt(3) - 1  # exp(-4 J/Tc), the root of 1 - 6 u - 3 u^2
_DEFECTS = 0.21833873568304435  # d log Z / du per site of the antiferromagnet at u = 0 (mpmath, 30 digits)


class Kagome(InfiniteIsing):
    r"""The infinite kagome lattice, ferromagnetic or antiferromagnetic, per site (three sites per cell).

    Stars in place of its triangles make it a honeycomb lattice with a spin on every bond. With u = exp(-4 |J|/T) and
    Phi the sum over closed loops of squared weight s on the honeycomb lattice, log Z of a cell relative to its ground
    energy is

    .. math:: 3 \log(1 + u) - \log(1 + 3u) + \log(1 + X^3) + \Phi(s), \;
              X = \frac{2u}{1 + u}, \; s = \frac{X}{1 - X + X^2} \quad (J > 0, T < T_c)

    .. math:: 2 \log(1 + 3u) - \log 2 + \Phi(t^2), \; t = \frac{1 - u}{1 + 3u} \quad (T > T_c), \qquad
              2 \log(3 + u) - \log 2 + \Phi(t^2), \; t = \frac{1 - u}{3 + u} \quad (J < 0)

    The antiferromagnet has no transition and keeps the entropy 0.50183 at T = 0.

    References: K. Kano and S. Naya, Prog. Theor. Phys. 10, 158 (1953); spontaneous magnetisation: S. Naya, ibid. 11,
    53 (1954).

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.models.ising import Ising
    >>> method = Kagome()
    >>> c = method.cumulants(method.prepare(Ising(lattices.kagome("infinite"), coupling=-1.0)), np.array([0.0]))
    >>> float(c.log_z[0]).__round__(6)
    0.501833
    """

    name: ClassVar[str] = "kagome_infinite"
    formula: ClassVar[str] = "the infinite honeycomb lattice with spins on its bonds, as closed loops"
    reference: ClassVar[str] = "Kano and Naya 1953; Naya 1954"
    lattice_kind: ClassVar[str] = "kagome"
    lattice_name: ClassVar[str] = "kagome lattice"

    def ground_energy(self, couplings: tuple[float, ...]) -> float:
        """-2 J, or -2 |J| / 3 where each triangle keeps one bond unsatisfied."""
        return -2 * couplings[0] if couplings[0] > 0 else couplings[0] * 2 / 3

    def excitations(self, couplings: tuple[float, ...]) -> Excitations:
        """Single spins, 8 J; in the antiferromagnet triangles with equal spins, 4 |J| more."""
        return Excitations(8 * couplings[0]) if couplings[0] > 0 else Excitations(-4 * couplings[0], _DEFECTS)

    def residual(self, couplings: tuple[float, ...]) -> float:
        """0.50183 in the antiferromagnet."""
        if couplings[0] > 0:
            return 0.0
        zero = np.zeros(1)
        phi = hexagon_loops(Jet(np.full(1, 1 / 9), zero, zero), np.full(1, 2 / 3))
        return float((math.log(4.5) + phi.value[0]) / 3)

    def critical_point(self, couplings: tuple[float, ...]) -> CriticalPoint | None:
        """4 J / log(3 + 2 sqrt 3) in the ferromagnet."""
        return CriticalPoint.uniform(self.lattice_kind, couplings[0]) if couplings[0] > 0 else None

    def log_z(self, couplings: tuple[float, ...], temperatures: Array) -> Jet:
        """See the class."""
        rate = abs(couplings[0])
        with np.errstate(divide="ignore"):
            beta = 1 / temperatures
        u = Jet.exponential(-4 * rate, beta)
        lost = Jet(-np.expm1(-4 * rate * beta), -u.first, -u.second)  # 1 - u
        if couplings[0] < 0:
            t = lost / (3 + u)
            s = t * t
            return ((u * (1 / 3)).log1p() * 2 + math.log(4.5) + hexagon_loops(s, 1 - 3 * s.value)) / 3
        distance = CriticalPoint.uniform(self.lattice_kind, rate).distance(temperatures)
        cold = distance > 0
        # 1 - 6 u - 3 u^2 = 3 (u_c - u)(u + u_c + 2), precise at its zero
        quadratic = -3 * _CRITICAL * np.expm1(-4 * rate * distance) * (u.value + _CRITICAL + 2)
        v = u[cold]
        x = v * 2 / (1 + v)
        s = x / (1 - x + x * x)
        tau = quadratic[cold] / (1 + v.value) ** 2 / (1 - x.value + x.value**2)
        below = (v * v * (3 + v) / (1 + 3 * v)).log1p() + (x * x * x).log1p() + hexagon_loops(s, tau)
        v = u[~cold]
        t = lost[~cold] / (1 + 3 * v)
        tau = -2 * quadratic[~cold] / (1 + 3 * v.value) ** 2
        above = (v * 3).log1p() * 2 - math.log(2) + hexagon_loops(t * t, tau)
        return Jet.joined(cold, below, above) / 3

    def magnetization(self, couplings: tuple[float, ...], temperatures: Array) -> Array:
        """sqrt(1 - X^2) times that of the honeycomb lattice."""
        rate = couplings[0]
        distance = CriticalPoint.uniform(self.lattice_kind, rate).distance(temperatures)
        u = np.exp(-4 * rate / temperatures)
        x = 2 * u / (1 + u)
        size = 1 - x + x * x
        quadratic = -3 * _CRITICAL * np.expm1(-4 * rate * distance) * (u + _CRITICAL + 2)
        outer: Array = np.sqrt((1 - x) * (1 + x))
        return outer * triangular_order(x / size, quadratic / (1 + u) ** 2 / size)
