r"""The sum over closed loops: log Z of every exactly solved Ising lattice, in a form that does not cancel.

Both sides of a planar Ising model are a sum over closed loops: walls between up and down below the critical
temperature, graphs of the high-temperature expansion above it. Per site (square) or per hexagon (triangular,
honeycomb, kagome) its logarithm is the double integral of Onsager and Houtappel. One integration done by hand in a
form without subtractions, it is

.. math:: \Phi = \frac{1}{2\pi} \int_0^\pi \log(1 + \delta)\, d\theta, \qquad
          \delta = \frac{32 \kappa\, w (1 - w)}{P\,(N + R)}, \quad w = \sin^2(\theta/2),

.. math:: P = (1 - \nu)^2 + 4 \nu w, \quad N = \tau \tau' + 4 \mu w, \quad R^2 = N^2 + 64 \kappa\, w (1 - w)

with tau = 0 at the critical point. Every term is positive, so Phi = exp(-gap/T) + ... keeps its *relative* precision
down to 1e-300, and so do its derivatives, which are carried along as jets.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet

__all__ = ["hexagon_loops", "loop_integral", "sinh_nodes", "square_tau", "triangular_order"]

Array = npt.NDArray[np.float64]

_NODES = 24  # Gauss-Legendre nodes per panel: exact to rounding where singularities are pi/2 from a panel of length 1.3
_PANEL = 1.3
_CHUNK = 1 << 17  # temperatures x nodes at a time: a jet of that size is 3 MB


def loop_integral(tau: Jet, far: Jet, nu: Jet, mu: Jet, kappa: Jet) -> Jet:
    """Phi of the module's formula at each temperature, all arguments and the result of shape (T,).

    Parameters
    ----------
    tau, far : Jet
        tau > 0, zero at the critical point, and tau', which is not.
    nu, mu, kappa : Jet
        Products of loop weights, 0 <= nu < 1.

    Notes
    -----
    R vanishes at theta = +-i sigma, close to the path near the critical point. theta = sigma sinh v moves it to
    v = +-i pi/2 for good; v is cut into panels of Gauss-Legendre nodes, of which log(1/sigma) are needed.

    Examples
    --------
    On the square lattice at x = y = 0.1 single flipped spins (x^2 y^2), pairs and so on:

    >>> x = Jet(np.array([0.1]), np.zeros(1), np.zeros(1))
    >>> phi = loop_integral(1 - x - x - x * x, 1 + x * x, x, x * (1 + x * x), x * x * x * x)
    >>> float(phi.value[0]).__round__(9)
    0.000102046
    """
    with np.errstate(divide="ignore"):  # kappa = 0: no loops
        sigma = np.clip(tau.value * far.value / (4 * np.sqrt(kappa.value)), 1e-20, 1e2)
    total = Jet(*(np.empty(sigma.shape) for _ in range(3)))
    for block, theta, weights in sinh_nodes(sigma, np.pi):
        w, rest = np.sin(theta / 2) ** 2, np.cos(theta / 2) ** 2
        t, f, n, m, k = (jet[block].columns() for jet in (tau, far, nu, mu, kappa))
        pole = (1 - n) * (1 - n) + n * (4 * w)
        bulk = t * f + m * (4 * w)
        root = (bulk * bulk + k * (64 * w * rest)).sqrt()
        total[block] = (k * (32 * w * rest) / (pole * (bulk + root))).log1p().sum(weights / (2 * np.pi))
    return total


def sinh_nodes(sigma: Array, end: float) -> Iterator[tuple[npt.NDArray[np.intp], Array, Array]]:
    """Quadrature over theta from 0 to ``end`` of functions with singularities at +-i sigma, sigma of shape (T,).

    Yields
    ------
    block : array of int, shape (t,)
        Temperatures of the same number of panels.
    theta, weights : array, shape (t, nodes)
        Nodes and weights for each of them.
    """
    length = np.arcsinh(end / sigma)
    panels = 2 ** np.ceil(np.log2(np.maximum(length / _PANEL, 1))).astype(int)
    for count in np.unique(panels):
        chosen = np.flatnonzero(panels == count)
        v, weights = _panels(int(count))
        for block in np.array_split(chosen, -(-chosen.size * v.size // _CHUNK)):
            s, stretch = sigma[block, None], length[block, None]
            theta = s * np.sinh(stretch * v)
            yield block, theta, weights * stretch * np.sqrt(s * s + theta * theta)


def hexagon_loops(s: Jet, tau: Array) -> Jet:
    """Phi per hexagon of loops on the honeycomb lattice, s their weight per two steps; tau = 1 - 3 s, precisely.

    Examples
    --------
    One hexagon has 6 steps, s^3:

    >>> s = Jet(np.array([1e-3]), np.zeros(1), np.zeros(1))
    >>> float(hexagon_loops(s, 1 - 3 * s.value).value[0] * 1e9).__round__(5)
    1.0
    """
    return loop_integral((1 - 3 * s).with_value(tau), 1 + s, s, s * (1 + s), s * s * s)


def square_tau(x: Jet, y: Jet, weak: float, strong: float, critical: CriticalPoint | None, temperatures: Array) -> Jet:
    """1 - x - y - x y of the square lattice, precise at its zero; x = exp(-2 weak/T), y = exp(-2 strong/T)."""
    tau = 1 - x - y - x * y
    if critical is None:
        return tau
    distance = critical.distance(temperatures)
    at_x, at_y = np.exp(-2 * weak / critical.high), np.exp(-2 * strong / critical.high)
    with np.errstate(over="ignore"):
        dx, dy = at_x * np.expm1(-2 * weak * distance), at_y * np.expm1(-2 * strong * distance)
    return tau.with_value(-(dx * (1 + at_y) + dy * (1 + at_x) + dx * dy))


def triangular_order(s: Array, tau: Array) -> Array:
    """M of the triangular ferromagnet, s = exp(-4 J/T), tau = 1 - 3 s: M^8 = tau (1 + s)^3 / ((1 + 3 s)(1 - s)^3).

    Source: R. B. Potts, Phys. Rev. 88, 352 (1952), eq. (1), as a product.
    """
    return np.asarray((tau * (1 + s) ** 3 / ((1 + 3 * s) * (1 - s) ** 3)) ** 0.125)


@cache
def _panels(count: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre quadrature over [0, 1] cut into equal panels."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    v = ((np.arange(count)[:, None] + (nodes + 1) / 2) / count).ravel()
    return v, np.tile(weights / (2 * count), count)
