"""Fermions at one temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.methods.grand_canonical.base import GasPoint, Orbitals, spread

__all__ = ["fermion_point"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Filling:
    """Levels filled from below: ``top`` is the last one with particles, of which it has some and lacks some."""

    top: int
    particles: float
    holes: float


def fermion_point(orbitals: Orbitals, T: float) -> GasPoint:
    r"""Everything relative to the last level F that N particles reach when cold, n0_i of them in each level.

    With x_i = (epsilon_i - epsilon_F)/T, z = (mu - epsilon_F)/T, a_i = x_i - z, f_i = 1/(e^a_i + 1):

    .. math:: \beta (E_0 - F) = \sum_i g_i \log(1 + e^{-|a_i|}) + \sum_i |a_i|\, |n^0_i - g_i \theta(-a_i)|, \quad
              \beta (U - E_0) = \sum_{i > F} g_i x_i f_i + \sum_{i < F} g_i |x_i| (1 - f_i)

    All terms are positive. At fixed N, z is the root of log(particles moved up) - log(holes left behind), which is
    near to linear at every temperature.
    """
    g = orbitals.degeneracies
    if orbitals.number is not None:
        filling = _filled(g, orbitals.number)
        F = filling.top
        gaps = orbitals.energies - orbitals.energies[F]
        if T == 0 or (filling.holes == 0 and g.size - 1 == F):
            return _frozen(orbitals, filling, T)
        x = gaps / T
        z = _root(x, g, filling)
        a = x - z
        mu = float(orbitals.energies[F]) + z * T if not math.isinf(T) else math.copysign(math.inf, z) if z else 0.0
    else:
        assert orbitals.mu is not None
        mu = orbitals.mu
        below = int(np.searchsorted(orbitals.energies, mu))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            a = np.where(orbitals.energies == mu, 0.0, (orbitals.energies - mu) / T)
        moved = float((g * _share(a))[below:].sum() - (g * _share(-a))[:below].sum())
        found = _walked(g, below, moved)
        if found is None:
            return GasPoint(0.0, 0.0, 0.0, 0.0, mu, 0.0, 0.0, 0.0, 0.0, 0.0)
        filling, F = found, found.top
        if T == 0:
            return _frozen(orbitals, filling, T)
        gaps = orbitals.energies - orbitals.energies[F]
        x = gaps / T
    i = np.arange(g.size)
    up, down = i > F, i < F
    cold = np.where(down, g, np.where(up, 0.0, filling.particles))  # n0
    unit = np.abs(gaps if math.isinf(T) else x)
    half = np.exp(-0.5 * np.logaddexp(0.0, np.where(up, a, -a)))  # sqrt of f above and of 1 - f below
    mean = float((g * (unit * half) * half)[up | down].sum())
    lacking = np.where(a < 0, np.where(down, 0.0, np.where(up, g, filling.holes)), cold)  # |n0 - g theta|
    log_z = float((g * np.log1p(np.exp(-np.abs(a)))).sum() + (np.abs(a) * lacking)[lacking > 0].sum())
    log_weights = np.log(g) - np.logaddexp(0.0, a) - np.logaddexp(0.0, -a)
    number = float((g * _share(a)).sum())
    wanted = float(cold.sum()) if orbitals.number is None else orbitals.number
    # what moved up less what is missing below: the residual of the root, not that of a sum of large numbers
    f, q = _share(a), _share(-a)
    top = g[F] * f[F] - filling.particles if filling.particles <= filling.holes else filling.holes - g[F] * q[F]
    balance = float((g * f)[up].sum() - (g * q)[down].sum() + top)
    return GasPoint(
        float((cold * orbitals.energies).sum()),
        log_z,
        mean,
        spread(log_weights, gaps if math.isinf(T) else x),
        mu,
        number,
        float(np.exp(log_weights).sum()),
        -T * float((g * np.logaddexp(0.0, -a)).sum()) if not math.isinf(T) else -math.inf,
        float(g[0] * f[0]),
        abs(balance) / wanted,
    )


def _share(a: Array) -> Array:
    """1/(e^a + 1)."""
    share: Array = np.exp(-np.logaddexp(0.0, a))
    return share


def _filled(g: Array, number: float) -> _Filling:
    total = np.cumsum(g)
    top = min(int(np.searchsorted(total, number)), g.size - 1)
    under = float(total[top - 1]) if top else 0.0
    particles = min(number - under, float(g[top]))
    return _Filling(top, particles, float(g[top]) - particles)


def _walked(g: Array, below: int, moved: float) -> _Filling | None:
    """Filling of the levels under ``below`` and ``moved`` particles more; None where there is no particle."""
    if moved > 0:
        for i in range(below, g.size):
            if moved <= g[i]:
                return _Filling(i, moved, float(g[i]) - moved)
            moved -= float(g[i])
        return _Filling(g.size - 1, float(g[-1]), 0.0)
    missing = -moved
    for i in range(below - 1, -1, -1):
        if missing < g[i]:
            return _Filling(i, float(g[i]) - missing, missing)
        missing -= float(g[i])
    return None


def _frozen(orbitals: Orbitals, filling: _Filling, T: float) -> GasPoint:
    """T = 0, or every state taken."""
    energies, g, F = orbitals.energies, orbitals.degeneracies, filling.top
    number = float(g[:F].sum()) + filling.particles
    reference = float((g[:F] * energies[:F]).sum() + filling.particles * energies[F])
    p, h = filling.particles / float(g[F]), filling.holes / float(g[F])
    entropy = -float(g[F]) * (p * math.log(p) + h * math.log(h)) if h else 0.0
    variance = float(g[F]) * p * h
    if orbitals.mu is not None:
        mu = orbitals.mu
    elif h:
        mu = float(energies[F])
    else:
        mu = math.inf if g.size == F + 1 else 0.5 * float(energies[F] + energies[F + 1])
    omega = reference - mu * number if math.isfinite(mu) else -math.inf
    return GasPoint(
        reference, entropy, 0.0, 0.0, mu, number, variance if T == 0 else 0.0, omega,
        float(min(g[0], number)), 0.0,
    )  # fmt: skip


def _root(x: Array, g: Array, filling: _Filling) -> float:
    """z of the filling."""
    from scipy.optimize import brentq

    F, log_g = filling.top, np.log(g)
    few = filling.particles <= filling.holes
    fixed = math.log(filling.particles if few else filling.holes) if (few or filling.holes) else -math.inf

    def excess(z: float) -> float:
        a = x - z
        above, under = (log_g - np.logaddexp(0.0, a))[F + 1 :], (log_g - np.logaddexp(0.0, -a))[:F]
        own = log_g[F] - float(np.logaddexp(0.0, a[F] if few else -a[F]))
        gain = np.logaddexp.reduce(np.append(above, own if few else fixed))
        loss = np.logaddexp.reduce(np.append(under, fixed if few else own))
        return float(gain - loss)

    step = 1.0
    while excess(step) < 0:
        step *= 2
    back = 1.0
    while excess(-back) > 0:
        back *= 2
    return float(brentq(excess, -back, step, xtol=1e-300, rtol=9e-16, maxiter=1000))
