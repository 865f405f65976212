r"""log Pf K with its first two derivatives in beta, region by region, in float64.

A region of the dual, with its inner edges eliminated, is an antisymmetric matrix G over the half-edges that leave it:
G_ab is the weight of a domain wall from a to b over that of none. Regions with matrices G and H, joined along m edges
(a and b their blocks at those, C and D the blocks towards the rest; rows of the first turned so that K = +1 between
them), give

    Q = 1 + a b,   M = Q^-1,   G' = [[G + C b M C^T,  -C M^T D^T], [D M C^T,  H + D M a D^T]],   Pf^2 gains det Q

Every matrix is a jet (value, first, second derivative), so energy and heat capacity need no finite differences. The
reference state is a ground state, so each region's Pfaffian is a sum of positive terms that starts with 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from statmech.methods.planar.base import Leaf, Merge, Step

__all__ = ["log_pfaffian"]

Floats = NDArray[np.float64]


def log_pfaffian(steps: Sequence[Step], weights: Floats, beta: float, noise: float = 0.0) -> Floats:
    """log Pf K, d/dbeta and d^2/dbeta^2, shape (3,).

    Parameters
    ----------
    steps : sequence of Leaf or Merge
        From :func:`statmech.methods.planar.dissection.elimination_plan`.
    weights : array (H,)
        w of the bond that each half-edge crosses, 0 where it crosses none.
    beta : float
        Inverse temperature.
    noise : float
        Unit of random errors added where rounding errors arise, to see how they grow: normal, of this times |x| |y| in
        every product x y and of this times |L| |U| in every matrix L U that is inverted.

    Returns
    -------
    array (3,)
        Not finite where a matrix is singular to working precision.
    """
    arithmetic = _Noisy(noise) if noise else _Arithmetic()
    regions: list[Floats] = []
    total = np.zeros(3)
    with np.errstate(all="ignore"):  # overflow and singular matrices come out as inf or nan, which the caller refuses
        for step in steps:
            try:
                if isinstance(step, Leaf):
                    region, gain = _leaf(step, weights, beta, arithmetic)
                else:
                    region, gain = _merged(step, regions, arithmetic)
            except (np.linalg.LinAlgError, ValueError):  # singular, or not finite
                return np.full(3, np.nan)
            regions.append(region)
            total += gain
    return 0.5 * total


class _Arithmetic:
    """Matrices and jets (3, n, n) of them, as float64 does it."""

    def times(self, x: Floats, y: Floats) -> Floats:
        value: Floats = np.matmul(x, y)
        return value

    def inverted(self, q: Floats) -> tuple[Floats, float]:
        """Inverse and log |det|."""
        inverse = np.linalg.inv(q)
        return np.asarray(inverse, dtype=np.float64), float(np.linalg.slogdet(q)[1])

    def product(self, x: Floats, y: Floats) -> Floats:
        """Leibniz' rule to second order."""
        t = self.times
        second = t(x[0], y[2]) + 2.0 * t(x[1], y[1]) + t(x[2], y[0])
        return np.stack([t(x[0], y[0]), t(x[0], y[1]) + t(x[1], y[0]), second])

    def inverse(self, q: Floats) -> tuple[Floats, Floats]:
        """Jets of the inverse and of log |det|."""
        t = self.times
        m, log_det = self.inverted(q[0])
        first, second = t(m, q[1]), t(m, q[2])
        m1 = -t(first, m)
        m2 = -t(second, m) - 2.0 * t(first, m1)
        gain = np.array([log_det, np.trace(first), np.trace(second) - np.sum(first * first.T)])
        return np.stack([m, m1, m2]), gain


class _Noisy(_Arithmetic):
    """The same with random errors added."""

    def __init__(self, unit: float) -> None:
        self.unit, self.rng = unit, np.random.default_rng(2024)

    def times(self, x: Floats, y: Floats) -> Floats:
        size: Floats = np.matmul(np.abs(x), np.abs(y))
        value: Floats = np.matmul(x, y) + self.unit * size * self.rng.standard_normal(size.shape)
        return value

    def inverted(self, q: Floats) -> tuple[Floats, float]:
        from scipy.linalg import lu

        lower, upper = lu(q, permute_l=True)
        size = np.abs(lower) @ np.abs(upper)
        return super().inverted(q + self.unit * size * self.rng.standard_normal(size.shape))


def _leaf(step: Leaf, weights: Floats, beta: float, arithmetic: _Arithmetic) -> tuple[Floats, Floats]:
    w = weights[step.half]
    slope = -(w[:, None] + w)
    full = step.pattern * np.exp(beta * slope)
    jet = np.stack([full + step.joined, full * slope, full * slope * slope])
    inner, outer = step.inner, step.outer
    rest = jet[:, outer[:, None], outer]
    if inner.size == 0:
        return rest, np.zeros(3)
    inverse, gain = arithmetic.inverse(jet[:, inner[:, None], inner])
    across = jet[:, outer[:, None], inner]
    return rest + _congruence(across, inverse, arithmetic), gain


def _merged(step: Merge, regions: list[Floats], arithmetic: _Arithmetic) -> tuple[Floats, Floats]:
    product = arithmetic.product
    left, right = regions[step.left], regions[step.right]
    regions[step.left] = regions[step.right] = np.empty(0)  # memory
    i, j, s = step.inner_left, step.inner_right, step.sign
    k, n = step.outer_left, step.outer_right
    a, b = left[:, i[:, None], i] * (s[:, None] * s), right[:, j[:, None], j]
    c, d = left[:, k[:, None], i] * s, right[:, n[:, None], j]
    q = product(a, b)
    q[0] += np.eye(i.size)
    m, gain = arithmetic.inverse(q)
    region = np.empty((3, k.size + n.size, k.size + n.size))
    region[:, : k.size, : k.size] = left[:, k[:, None], k] + _congruence(c, product(b, m), arithmetic)
    region[:, k.size :, k.size :] = right[:, n[:, None], n] + _congruence(d, product(m, a), arithmetic)
    corner = product(product(d, m), c.transpose(0, 2, 1))
    region[:, k.size :, : k.size] = corner
    region[:, : k.size, k.size :] = -corner.transpose(0, 2, 1)
    return region, gain


def _congruence(c: Floats, x: Floats, arithmetic: _Arithmetic) -> Floats:
    return arithmetic.product(arithmetic.product(c, x), c.transpose(0, 2, 1))
