"""Closed form of the infinite square lattice."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.base import Excitations, InfiniteIsing
from statmech.methods.closed_forms.closed_loops import loop_integral, square_tau
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet

__all__ = ["Onsager"]

Array = npt.NDArray[np.float64]


class Onsager(InfiniteIsing):
    r"""The infinite square lattice, with J1 along x and J2 along y of any sign, per site.

    .. math:: \log Z = \log 2 + \frac{1}{8\pi^2} \iint \log\left[C_1 C_2 - S_1 \cos\theta_1 - S_2 \cos\theta_2\right]
              d\theta_1 d\theta_2, \quad C_i = \cosh 2\beta J_i, \; S_i = \sinh 2\beta J_i

    evaluated as a sum over closed loops: of x = exp(-2 J1/T), y = exp(-2 J2/T) below the critical temperature, where
    tau = 1 - x - y - x y > 0, and of tanh(J1/T), tanh(J2/T) above it. The textbook's elliptic integrals lose all digits
    of C at low temperature (45 % of it at T = 0.2).

    References: L. Onsager, Phys. Rev. 65, 117 (1944), eq. (108); spontaneous magnetisation
    M^8 = 1 - 1/(S1 S2)^2: C. N. Yang, Phys. Rev. 85, 808 (1952), eq. (96), and C. H. Chang, ibid. 88, 1422 (1952).

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.models.ising import Ising
    >>> method = Onsager()
    >>> c = method.cumulants(method.prepare(Ising(lattices.square("infinite"))), np.array([2.0]))
    >>> float(c.covariance[0, 0, 0]).__round__(12)
    0.724871448602
    """

    name: ClassVar[str] = "onsager"
    formula: ClassVar[str] = "double integral of the infinite square lattice, one integration done, as closed loops"
    reference: ClassVar[str] = "Onsager 1944, eq. (108); Yang 1952, eq. (96)"
    lattice_kind: ClassVar[str] = "square"
    lattice_name: ClassVar[str] = "square lattice"
    bond_kinds: ClassVar[int] = 2

    def ground_energy(self, couplings: tuple[float, ...]) -> float:
        """-|J1| - |J2|: the lattice is bipartite in each direction."""
        return -sum(abs(coupling) for coupling in couplings)

    def excitations(self, couplings: tuple[float, ...]) -> Excitations:
        """Single spins, 4 (|J1| + |J2|), unless the couplings are so unlike that rows of flipped spins matter."""
        low, high = sorted(abs(coupling) for coupling in couplings)
        return Excitations(4 * (low + high) if low > 0.2 * high else np.inf)

    def critical_point(self, couplings: tuple[float, ...]) -> CriticalPoint | None:
        """Where sinh(2 J1/T) sinh(2 J2/T) = +-1; None where a coupling is 0 (chains)."""
        sizes = [abs(coupling) for coupling in couplings]
        return CriticalPoint.square(max(sizes), min(sizes)) if min(sizes) > 0 else None

    def log_z(self, couplings: tuple[float, ...], temperatures: Array) -> Jet:
        """See the class; the larger coupling goes to y, which keeps the poles of the integrand away."""
        weak, strong = sorted(abs(coupling) for coupling in couplings)
        critical = self.critical_point(couplings)
        with np.errstate(divide="ignore"):
            beta = 1 / temperatures
        x, y = Jet.exponential(-2 * weak, beta), Jet.exponential(-2 * strong, beta)
        tau = square_tau(x, y, weak, strong, critical, temperatures)
        cold = tau.value > 0
        below = _loops(tau[cold], x[cold], y[cold])
        tangents = Jet.tanh(strong, beta[~cold]), Jet.tanh(weak, beta[~cold])
        tau, x, y = tau[~cold], x[~cold], y[~cold]
        # log of (1 + x)(1 + y)/2, and the loops
        above = (tau * -0.5).log1p() + _loops(tau * -2 / ((1 + x) * (1 + y)), *tangents)
        return Jet.joined(cold, below, above)

    def magnetization(self, couplings: tuple[float, ...], temperatures: Array) -> Array:
        """M^8 = tau (1 + x + y - x y) ((1 - x^2)(1 - y^2) + 4 x y) / ((1 - x^2)(1 - y^2))^2."""
        weak, strong = sorted(couplings)
        beta = 1 / temperatures
        x, y = Jet.exponential(-2 * weak, beta), Jet.exponential(-2 * strong, beta)
        tau = square_tau(x, y, weak, strong, self.critical_point(couplings), temperatures).value
        both = (1 - x.value**2) * (1 - y.value**2)
        xy = x.value * y.value
        return np.asarray((tau * (1 + x.value + y.value - xy) * (both + 4 * xy)) ** 0.125 / both**0.25)


def _loops(tau: Jet, x: Jet, y: Jet) -> Jet:
    return loop_integral(tau, 1 - y + x + x * y, y, y * (1 + x * x), x * x * (y * y))
