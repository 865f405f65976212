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

from collections.abc import Callable, Sequence

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
        Relative size of random errors put into every matrix, to see how they grow.

    Returns
    -------
    array (3,)
        Not finite where a matrix is singular to working precision.
    """
    rng = np.random.default_rng(2024)

    def shaken(jet: Floats) -> Floats:
        """Errors as a factorisation makes them: relative to the largest entry of the matrix, not to each one."""
        if noise == 0.0 or jet.size == 0:
            return jet
        return jet + noise * np.abs(jet).max(axis=(1, 2), keepdims=True) * rng.standard_normal(jet.shape)

    regions: list[Floats] = []
    total = np.zeros(3)
    with np.errstate(all="ignore"):  # overflow and singular matrices come out as inf or nan, which the caller refuses
        for step in steps:
            try:
                if isinstance(step, Leaf):
                    region, gain = _leaf(step, weights, beta, shaken)
                else:
                    region, gain = _merged(step, regions, shaken)
            except np.linalg.LinAlgError:
                return np.full(3, np.nan)
            regions.append(shaken(region))
            total += gain
    return 0.5 * total


def _leaf(step: Leaf, weights: Floats, beta: float, shaken: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    w = weights[step.half]
    slope = -(w[:, None] + w)
    full = step.pattern * np.exp(beta * slope)
    jet = np.stack([full + step.joined, full * slope, full * slope * slope])
    inner, outer = step.inner, step.outer
    rest = jet[:, outer[:, None], outer]
    if inner.size == 0:
        return rest, np.zeros(3)
    inverse, gain = _inverse(shaken(jet[:, inner[:, None], inner]))
    across = jet[:, outer[:, None], inner]
    return rest + _product(_product(across, inverse), _transposed(across)), gain


def _merged(step: Merge, regions: list[Floats], shaken: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    left, right = regions[step.left], regions[step.right]
    regions[step.left] = regions[step.right] = np.empty(0)  # memory
    i, j, s = step.inner_left, step.inner_right, step.sign
    k, n = step.outer_left, step.outer_right
    a, b = left[:, i[:, None], i] * (s[:, None] * s), right[:, j[:, None], j]
    c, d = left[:, k[:, None], i] * s, right[:, n[:, None], j]
    q = _product(a, b)
    q[0] += np.eye(i.size)
    m, gain = _inverse(shaken(q))
    region = np.empty((3, k.size + n.size, k.size + n.size))
    region[:, : k.size, : k.size] = left[:, k[:, None], k] + _product(_product(c, _product(b, m)), _transposed(c))
    region[:, k.size :, k.size :] = right[:, n[:, None], n] + _product(_product(d, _product(m, a)), _transposed(d))
    corner = _product(_product(d, m), _transposed(c))
    region[:, k.size :, : k.size] = corner
    region[:, : k.size, k.size :] = -_transposed(corner)
    return region, gain


def _product(x: Floats, y: Floats) -> Floats:
    """Leibniz' rule to second order."""
    return np.stack([x[0] @ y[0], x[0] @ y[1] + x[1] @ y[0], x[0] @ y[2] + 2.0 * (x[1] @ y[1]) + x[2] @ y[0]])


def _transposed(x: Floats) -> Floats:
    return x.transpose(0, 2, 1)


def _inverse(q: Floats) -> tuple[Floats, Floats]:
    """Jets of the inverse and of log |det|."""
    m = np.linalg.inv(q[0])
    first = m @ q[1]
    m1 = -first @ m
    m2 = -m @ q[2] @ m - 2.0 * first @ m1
    log_det = np.linalg.slogdet(q[0])[1]
    gain = np.array([log_det, np.sum(m * q[1].T), np.sum(m * q[2].T) + np.sum(m1 * q[1].T)])
    return np.stack([m, m1, m2]), gain
