r"""The MBAR equations by Newton's method.

.. math:: f_k = -\log \sum_n \frac{e^{-u_{kn}}}{d_n}, \qquad d_n = \sum_{k} N_k e^{f_k - u_{kn}}, \qquad
          W_{nk} = \frac{e^{f_k - u_{kn}}}{d_n}

They are stationary points of the convex L(f) = sum_n log d_n - sum_k N_k f_k. With E = exp(f0_k - u_kn - m_n), where
m_n is the largest exponent of a sample, one exponential per element serves all iterations; the unknown is x = f - f0,
small whatever the offsets of the states. The Hessian N (W^T W) N is a graph's Laplacian: its diagonal is the sum of the
rest of its row, so that it keeps its digits where the states hardly overlap.

Source: M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), equations (11), (C5) and (C6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from statmech.errors import InputError
from statmech.estimators.base import Array, newton_step
from statmech.estimators.mbar.potentials import Potentials

__all__ = ["Equations", "Solution", "solve"]

_REBASE = 30.0  # the exponentials are taken anew once f has moved that far from where they were taken
_FLOOR = 1e-9  # a step that no longer shrinks is rounding if it is below this


@dataclass(frozen=True, eq=False)
class Solution:
    """Free energies of the sampled states, with what was known at exactly these.

    ``gram`` is W^T W (S, S); ``residual`` max |sum_n W_nk - 1|; ``step`` the Newton step still asked.
    """

    f: Array
    gram: Array
    residual: float
    step: float
    iterations: int
    converged: bool


class Equations:
    """Weights of the sampled states at trial free energies, chunk by chunk.

    Parameters
    ----------
    potentials : Potentials
        All states; those without samples take no part.
    f0 : array, shape (S,)
        Where exponentials are taken.
    memory : float
        Bytes that may be used to keep them; beyond, they are taken anew in every iteration.
    """

    def __init__(self, potentials: Potentials, f0: Array, memory: float) -> None:
        self.potentials, self.f0 = potentials, f0
        self.rows = potentials.sampled
        self.counts = potentials.N_k[self.rows].astype(np.float64)
        self.kept: list[tuple[Array, Array]] | None = None
        self.keep = 8.0 * self.rows.size * potentials.count <= memory
        self.all_rows = self.rows.size == potentials.N_k.size

    def rebase(self, f: Array) -> None:
        """Take the exponentials at f from now on."""
        self.f0, self.kept = f, None

    def exponentials(self) -> Iterator[tuple[Array, Array]]:
        """(E, m) of each chunk: shapes (S, c) and (c,)."""
        if self.kept is not None:
            yield from self.kept
            return
        kept = []
        for where, u in self.potentials.chunks():
            exponent = self.f0[:, None] - (u if self.all_rows else u[self.rows])
            top = exponent.max(axis=0)
            if np.any(np.isneginf(top)):
                n = where.start + int(np.flatnonzero(np.isneginf(top))[0])
                raise InputError(f"u_kn: sample {n} has infinite energy in every sampled state; none can have drawn it")
            exponent -= top
            np.exp(exponent, out=exponent)
            if self.keep:
                kept.append((exponent, top))
            yield exponent, top
        if self.keep:
            self.kept = kept

    def at(self, x: Array) -> tuple[Array, Array, float]:
        """sum_n W_nk (S,), W^T W (S, S), and L less its value's constant part, at f = f0 + x."""
        amplitude = np.exp(x)
        size = x.size
        totals, grams, objectives = [], np.zeros((size, size)), []
        for exponentials, top in self.exponentials():
            d = (self.counts * amplitude) @ exponentials
            weights = exponentials / d
            totals.append(weights.sum(axis=1))
            grams += weights @ weights.T
            objectives.append(float(np.log(d).sum() + top.sum()))
        total = amplitude * np.sum(totals, axis=0)
        gram = grams * np.outer(amplitude, amplitude)
        return total, gram, float(np.sum(objectives) - self.counts @ (self.f0 + x))

    def log_denominators(self, f: Array) -> Array:
        """log d_n at free energies f, shape (N,)."""
        amplitude = self.counts * np.exp(f - self.f0)
        return np.concatenate([np.log(amplitude @ E) + top for E, top in self.exponentials()])


def solve(equations: Equations, tolerance: float, iterations: int) -> Solution:
    """Newton's method with halved steps where L would rise, and self-consistent steps where it has no direction."""
    counts = equations.counts
    x = np.zeros(counts.size)
    total, gram, value = equations.at(x)
    last = np.inf
    for iteration in range(1, iterations + 1):
        step = newton_step(total, gram, counts)
        longest = float(np.max(np.abs(step))) if step is not None else np.inf
        residual = float(np.max(np.abs(total - 1.0)))
        rounding = longest < _FLOOR and longest > 0.25 * last
        if longest <= tolerance or rounding:
            return Solution(equations.f0 + x, gram, residual, longest, iteration, True)
        last = longest
        if step is None or longest > _REBASE:
            with np.errstate(divide="ignore"):
                step = -np.log(total)
            step = np.where(np.isfinite(step), step, 700.0)  # no weight in the range of doubles: far too low
            equations.rebase(equations.f0 + x + step - step[0])
            x = np.zeros(counts.size)
            total, gram, value = equations.at(x)
            continue
        trial = equations.at(x + step)
        slack = 1e-12 * abs(value)  # rounding of L: a short step is judged by nothing but itself
        for _ in range(30):
            if trial[2] <= value + slack:
                break
            step = 0.5 * step
            trial = equations.at(x + step)
        x = x + step
        total, gram, value = trial
        if np.max(np.abs(x)) > _REBASE:
            equations.rebase(equations.f0 + x)
            x = np.zeros(counts.size)
            total, gram, value = equations.at(x)
    residual = float(np.max(np.abs(total - 1.0)))
    return Solution(equations.f0 + x, gram, residual, last, iterations, False)
