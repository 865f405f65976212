"""Levels beside the dominant one where degeneracies overflow: exponents in twice the working precision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.double_double import two_product, two_sum
from statmech.moments import Moments, join_all, weighted_moments
from statmech.summation.spectrum import BLOCK, NEGLIGIBLE, Spectrum, inside

__all__ = ["log_rest"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def log_rest(s: Spectrum, star: int, tied: Ints, temperature: float) -> tuple[Moments | None, float, float]:
    """Levels beside the dominant one: moments in units of exp(top), top, log(dominant weight / ground level's)."""
    precise = _beta_in_two_parts(s.energy_unit, temperature)
    exponents = [_exponents(s, block, star, precise) for block in s.blocks]
    for block, values in zip(s.blocks, exponents, strict=True):
        values[inside(tied, block)] = -np.inf
    own = -float(_exponents(s, slice(s.ground, s.ground + 1), star, precise)[0])
    top = max(float(values.max()) for values in exponents)
    if top < -NEGLIGIBLE - float(np.log(s.gaps.size)):
        return None, top, own
    work = np.empty(BLOCK)
    parts = [
        weighted_moments([s.gaps[block], *s.observables[:, block]], np.exp(x - top), work)
        for block, x in zip(s.blocks, exponents, strict=True)
    ]
    return join_all(parts), top, own


def _beta_in_two_parts(unit: float, temperature: float) -> tuple[float, float]:
    """unit / T as the rounded quotient and what it misses."""
    if np.isinf(temperature):
        return 0.0, 0.0
    beta = unit / temperature
    back, back_low = two_product(np.array([beta]), temperature)
    return beta, float(((unit - back[0]) - back_low[0]) / temperature)


def _exponents(s: Spectrum, block: slice, star: int, precise: tuple[float, float]) -> Array:
    """(log g_i - log g_*) - beta (E_i - E_*) in twice the working precision: both may be 1e6 and cancel."""
    assert s.log_g is not None
    beta, beta_low = precise
    gap, gap_low = two_sum(s.energies[block], -s.energies[star])
    gain, gain_low = two_sum(s.log_g[block], -s.log_g[star])
    cost, cost_low = two_product(gap, beta)
    high, low = two_sum(gain, -cost)
    exponents: Array = high + (low + (gain_low - cost_low - gap * beta_low - gap_low * beta))
    return exponents
