"""Closed form of the infinite triangular lattice."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.base import Excitations, InfiniteIsing
from statmech.methods.closed_forms.closed_loops import hexagon_loops, sinh_nodes, triangular_order
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet

__all__ = ["Triangular"]

Array = npt.NDArray[np.float64]

# log Z per site of the antiferromagnet = S0 + u (a x + a + b) + O(u^2 x), x = log(1/u); mpmath, 25 digits
_ENTROPY = 0.32306594721945051
_SLOPE = 0.27566444771089602  # sqrt(3)/(2 pi)
_DENSITY = -0.19715165019590207


class Triangular(InfiniteIsing):
    r"""The infinite triangular lattice, ferromagnetic or antiferromagnetic, per site.

    With u = exp(-4 |J|/T) and Phi the sum over closed loops of squared weight s on the honeycomb lattice, log Z
    relative to the ground energy -3 J, or -|J| where each triangle keeps one bond unsatisfied, is

    .. math:: \Phi(u) \quad (J > 0, T < T_c), \qquad
              \log\frac{1 + 3u}{2} + \Phi\Bigl(\frac{1 - u}{1 + 3u}\Bigr) \quad (T > T_c), \qquad
              \log\frac{3 + u}{2} + \Phi\Bigl(-\frac{1 - u}{3 + u}\Bigr) \quad (J < 0)

    The antiferromagnet is critical at T = 0 only, with the entropy 0.3230659 (the 0.3383 of Wannier's abstract is a
    misprint, corrected in 1973).

    References: R. M. F. Houtappel, Physica 16, 425 (1950), eq. (96); G. H. Wannier, Phys. Rev. 79, 357 (1950);
    spontaneous magnetisation: R. B. Potts, Phys. Rev. 88, 352 (1952).

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.models.ising import Ising
    >>> method = Triangular()
    >>> c = method.cumulants(method.prepare(Ising(lattices.triangular("infinite"), coupling=-1.0)), np.array([0.0]))
    >>> float(c.log_z[0]).__round__(7)
    0.3230659
    """

    name: ClassVar[str] = "triangular_infinite"
    formula: ClassVar[str] = "double integral of the infinite triangular lattice, one integration done, as closed loops"
    reference: ClassVar[str] = "Houtappel 1950; Wannier 1950; Potts 1952"
    lattice_kind: ClassVar[str] = "triangular"
    lattice_name: ClassVar[str] = "triangular lattice"

    def ground_energy(self, couplings: tuple[float, ...]) -> float:
        """-3 J, or -|J|."""
        return -3 * couplings[0] if couplings[0] > 0 else couplings[0]

    def excitations(self, couplings: tuple[float, ...]) -> Excitations:
        """Single spins, 12 J; in the antiferromagnet triangles with equal spins, 4 |J| more, with entropic forces."""
        if couplings[0] > 0:
            return Excitations(12 * couplings[0])
        return Excitations(-4 * couplings[0], _DENSITY, _SLOPE, beyond=50.0)

    def residual(self, couplings: tuple[float, ...]) -> float:
        """0.3230659 in the antiferromagnet."""
        return 0.0 if couplings[0] > 0 else _ENTROPY

    def critical_point(self, couplings: tuple[float, ...]) -> CriticalPoint | None:
        """4 J / log 3 in the ferromagnet."""
        return CriticalPoint.uniform(self.lattice_kind, couplings[0]) if couplings[0] > 0 else None

    def log_z(self, couplings: tuple[float, ...], temperatures: Array) -> Jet:
        """See the class."""
        rate = abs(couplings[0])
        with np.errstate(divide="ignore"):
            beta = 1 / temperatures
        u = Jet.exponential(-4 * rate, beta)
        if couplings[0] < 0:
            lost = Jet(-np.expm1(-4 * rate * beta), -u.first, -u.second)  # 1 - u
            return (u * (1 / 3)).log1p() + math.log(1.5) + _frustrated_loops(lost / (3 + u), 4 * u / (3 + u))
        tau = -np.expm1(-4 * rate * CriticalPoint.uniform(self.lattice_kind, rate).distance(temperatures))
        cold = tau > 0
        below = hexagon_loops(u[cold], tau[cold])
        v, t = u[~cold], tau[~cold]
        lost = Jet(-np.expm1(-4 * rate * beta[~cold]), -v.first, -v.second)
        free = Jet(-t / 2, 1.5 * v.first, 1.5 * v.second).log1p()
        above = free + hexagon_loops(lost / (1 + 3 * v), -2 * t / (1 + 3 * v.value))
        return Jet.joined(cold, below, above)

    def magnetization(self, couplings: tuple[float, ...], temperatures: Array) -> Array:
        """M^8 = (1 - 3u)(1 + u)^3 / ((1 + 3u)(1 - u)^3)."""
        rate = couplings[0]
        distance = CriticalPoint.uniform(self.lattice_kind, rate).distance(temperatures)
        return triangular_order(np.exp(-4 * rate / temperatures), -np.expm1(-4 * rate * distance))


def _frustrated_loops(m: Jet, gap: Jet) -> Jet:
    r"""Phi of negative squared weight -m, with gap = 1 - 3 m, which vanishes at T = 0.

    With c = cos(theta/2) the root is R^2 = (gap + 4 m (1 + m)(c - 1/2)^2)(gap + 4 m (1 + m)(c + 1/2)^2), near zero at
    theta = 2 pi/3, so theta - 2 pi/3 = +-sigma sinh v with sigma about sqrt(gap) on both sides.
    """
    total = Jet(*(np.zeros(gap.value.shape) for _ in range(3)))
    for side, end in ((1, np.pi / 3), (-1, 2 * np.pi / 3)):
        for block, theta, weights in sinh_nodes(np.sqrt(gap.value), end):
            from_half = -2 * np.sin(np.pi / 3 + side * theta / 4) * np.sin(side * theta / 4)  # c - 1/2
            c2 = (0.5 + from_half) ** 2
            s, g = m[block].columns(), gap[block].columns()
            bulk = (1 - s) * (1 - s + s * (4 * c2))
            pole = (1 - s) * (1 - s) + s * (4 * c2)
            spread = s * (1 + s) * 4
            root = ((g + spread * from_half**2) * (g + spread * (1 + from_half) ** 2)).sqrt()
            delta = s * s * s * (-32 * c2 * (1 - c2)) / (pole * (bulk + root))
            part = delta.log1p().sum(weights / (2 * np.pi))
            total[block] = total[block] + part
    return total
