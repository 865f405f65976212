r"""Sums over all states at one temperature, for couplings whose levels are too many to be counted.

.. math:: Z = e^{-\beta E_0} \Bigl[g_0 + \sum_{E_i \ne E_0} e^{-\beta (E_i - E_0)}\Bigr]

A first pass finds E0, its degeneracy and its magnetisation; the second leaves these states out and sums the others
relative to the lowest of them, so that log Z - log g0 keeps its digits where it is 1e-300. Energies are exact integers:
gaps are rounded once, and nothing drifts. Moments are taken about each block's own mean, and blocks merge by the law of
total covariance in a fixed tree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import UnsupportedError
from statmech.methods.enumeration.spin_system import LIMB, Block, SpinSystem

__all__ = ["Extreme", "extreme_states", "stream"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# y^2 exp(-y) is below the smallest normal float64 beyond y = 722; the margin is for y^2 and the number of states.
_NEGLIGIBLE = 900.0
# Gaps are at least 2^-115 in units of the widest one: beyond this beta the smallest of them is frozen out.
_COLD = Fraction(2**200)


@dataclass(frozen=True)
class Extreme:
    """The states of lowest (or highest) energy.

    Attributes
    ----------
    energy : int
        Their energy in units of the system.
    count : int
        Their number.
    mean, variance : float
        Of their magnetisation.
    configuration : tuple of int, length N
        One of them.
    """

    energy: int
    count: int
    mean: float
    variance: float
    configuration: tuple[int, ...]


def extreme_states(system: SpinSystem, highest: bool = False) -> Extreme:
    """Energy, number, magnetisation and one configuration of the ground states (or of the highest states).

    Parameters
    ----------
    system : SpinSystem
        The model in integers.
    highest : bool
        The top of the spectrum instead of the bottom.

    Raises
    ------
    UnsupportedError
        If two int64 do not hold an energy.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> extreme_states(spin_system(Ising(lattices.chain(4)))).count
    2
    """
    if system.refusal:
        raise UnsupportedError(f"enumeration: {system.refusal}")
    best: int | None = None
    count = first = second = 0
    configuration: tuple[int, ...] = ()
    for state, multiplicity, mirror in system.representatives:
        for block in system.blocks(state):
            upper, lower = _limbs(block)
            edge = int(upper.max() if highest else upper.min())
            if lower is None:
                edge += block.offset[0]
            else:
                near = lower[upper == edge]
                edge = (edge << LIMB) + int(near.max() if highest else near.min())
            if best is None or (edge > best if highest else edge < best):
                best, count, first, second = edge, 0, 0, 0
                configuration = ()
            if edge != best:
                continue
            at = upper == (edge >> LIMB if lower is not None else edge - block.offset[0])
            if lower is not None:
                at &= lower == edge & (2**LIMB - 1)
            tied = np.flatnonzero(at)
            moments = system.low_moment[tied] + block.moment
            count += multiplicity * (1 + mirror) * tied.size
            first += 0 if mirror else multiplicity * int(moments.sum())
            second += multiplicity * (1 + mirror) * int((moments * moments).sum())
            if not configuration:
                configuration = (*system.low_states(int(tied[0])), *block.high)
    assert best is not None
    return Extreme(best, count, first / count, (second * count - first * first) / count**2, configuration)


def stream(system: SpinSystem, temperatures: npt.ArrayLike) -> Cumulants:
    """Cumulants of all states, summed anew at each temperature.

    Parameters
    ----------
    system : SpinSystem
        The model in integers, fields included.
    temperatures : array_like, shape (T,)
        In units of the model; 0, infinite and negative ones are allowed.

    Returns
    -------
    Cumulants
        Arrays of shape (T,) with the observable ``magnetization``.

    Raises
    ------
    InputError
        If a temperature is nan or -0.0.
    UnsupportedError
        If two int64 do not hold an energy.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> c = stream(spin_system(Ising(lattices.chain(4), coupling=[0.1, 0.2, 0.3, 0.7])), [1.0])
    >>> round(float(c.log_z[0] - c.reference[0]), 10)  # log Z
    3.0725169501
    """
    temperature = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    inverse_temperature(temperature)  # refuses nan and -0.0
    size = temperature.size
    log_z, reference = np.empty(size), np.empty(size)
    mean, covariance = np.zeros((size, 2)), np.zeros((size, 2, 2))
    extremes = {highest: extreme_states(system, highest) for highest in sorted({bool(t < 0) for t in temperature})}
    for k, t in enumerate(temperature.tolist()):
        extreme = extremes[t < 0]
        reference[k] = system.energy(extreme.energy)
        log_z[k], mean[k], covariance[k] = _point(system, extreme, t)
    return Cumulants(temperature, reference, log_z, mean, covariance, ("magnetization",))


@dataclass(frozen=True)
class _Moments:
    """Weight times exp(-top), mean and covariance of gap (g) and magnetisation (m) of a set of states."""

    top: float
    weight: float
    g: float
    m: float
    gg: float
    gm: float
    mm: float

    def joined(self, other: _Moments) -> _Moments:
        """The same of two disjoint sets together (law of total covariance).

        All gaps have one sign, so the weighted mean has no cancellation; ``self.g + q (other.g - self.g)`` would lose
        the digits of a heavy set near the ground state behind a light one far away.
        """
        top = max(self.top, other.top)
        ours, theirs = self.weight * math.exp(self.top - top), other.weight * math.exp(other.top - top)
        total = ours + theirs
        p, q = ours / total, theirs / total
        g, m = other.g - self.g, other.m - self.m
        return _Moments(
            top, total, p * self.g + q * other.g, p * self.m + q * other.m,
            p * self.gg + q * other.gg + p * q * g * g,
            p * self.gm + q * other.gm + p * q * g * m,
            p * self.mm + q * other.mm + p * q * m * m,
        )  # fmt: skip

    def mirrored(self) -> _Moments:
        """Together with the states of opposite magnetisation."""
        return _Moments(self.top, 2 * self.weight, self.g, 0.0, self.gg, 0.0, self.mm + self.m * self.m)

    def times(self, multiplicity: int) -> _Moments:
        """So many copies of each state."""
        return _Moments(self.top, multiplicity * self.weight, self.g, self.m, self.gg, self.gm, self.mm)


def _point(system: SpinSystem, extreme: Extreme, temperature: float) -> tuple[float, Array, Array]:
    """log Z relative to the reference, mean and covariance (component 0 in units of k_B T) at one temperature."""
    log_g0 = math.log(extreme.count)
    cold = np.array([0.0, extreme.mean]), np.array([[0.0, 0.0], [0.0, extreme.variance]])
    scale = system.gap_scale
    exact = Fraction(0) if math.isinf(temperature) else scale / Fraction(temperature) if temperature else _COLD
    if abs(exact) >= _COLD:
        return log_g0, *cold
    beta = float(exact)
    parts = []
    for state, multiplicity, mirror in system.representatives:
        part = _rest(system, extreme.energy, temperature < 0, beta, state)
        if part is not None:
            parts.append((part.mirrored() if mirror else part).times(multiplicity))
    if not parts:
        return log_g0, *cold
    rest = parts[0]
    for part in parts[1:]:
        rest = rest.joined(part)
    # A mixture of two: the ground states, and the rest with weight * exp(top). The exponential is taken in two halves,
    # so that p y^2 keeps its digits where p alone would be subnormal.
    factor = float(scale) if math.isinf(temperature) else beta
    half = math.exp(0.5 * rest.top)
    weight = rest.weight / extreme.count
    ratio = weight * half * half
    share, left = weight * half / (1.0 + ratio), 1.0 / (1.0 + ratio)
    y, m = rest.g * factor, rest.m - extreme.mean
    mean = np.array([half * y * share, extreme.mean + half * m * share])
    yy = share * (half * factor * factor * rest.gg + half * y * y * left)
    ym = share * (half * factor * rest.gm + half * y * m * left)
    mm = left * extreme.variance + share * half * (rest.mm + m * m * left)
    return log_g0 + math.log1p(ratio), mean, np.array([[yy, ym], [ym, mm]])


def _rest(system: SpinSystem, reference: int, from_top: bool, beta: float, last: int) -> _Moments | None:
    """All states with the last site in state ``last`` but those at the reference; None where they do not count."""
    moment = system.low_moment.astype(np.float64)
    w, work = np.empty(moment.size), np.empty(moment.size)
    lowest = -_NEGLIGIBLE - math.log(system.states) * system.sites
    least = lowest
    stack: list[tuple[int, _Moments]] = []
    for block in system.blocks(last):
        gaps = _gaps(block, reference, system.gap_bits)
        nearest = float(gaps.max() if from_top else gaps.min())
        tied = None
        if nearest == 0.0:
            tied = gaps == 0.0
            if np.all(tied):
                continue
            nearest = float(np.min(np.abs(gaps), where=~tied, initial=np.inf)) * (-1 if from_top else 1)
        top = -beta * nearest
        if top < least:
            continue
        least = max(least, top + lowest)
        np.multiply(gaps, -beta, out=w)
        np.subtract(w, top, out=w)
        if tied is not None:
            w[tied] = -np.inf
        np.exp(w, out=w)
        weight = float(w.sum())
        g, m = float(np.dot(w, gaps)) / weight, float(np.dot(w, moment)) / weight
        gaps -= g
        np.multiply(w, gaps, out=work)
        gg = float(np.dot(work, gaps)) / weight
        np.subtract(moment, m, out=gaps)
        gm = float(np.dot(work, gaps)) / weight
        np.multiply(w, gaps, out=work)
        part = _Moments(top, weight, g, m + block.moment, gg, gm, float(np.dot(work, gaps)) / weight)
        level = 0
        while stack and stack[-1][0] == level:
            part = stack.pop()[1].joined(part)
            level += 1
        stack.append((level, part))
    total: _Moments | None = None
    for _, part in reversed(stack):
        total = part if total is None else part.joined(total)
    return total


def _limbs(block: Block) -> tuple[Ints, Ints | None]:
    """Energies in one row without the offset, or in two rows with it, the lower between 0 and 2^52."""
    if len(block.offset) == 1:
        return block.energies[0], None
    lower = block.energies[1] + block.offset[1]
    upper = lower >> LIMB
    upper += block.energies[0]
    upper += block.offset[0]
    lower &= 2**LIMB - 1
    return upper, lower


def _gaps(block: Block, reference: int, bits: int) -> Array:
    """Energies above the reference as float64, rounded once, in units of 2^bits."""
    upper, lower = _limbs(block)
    if lower is None:
        gaps = (upper - (reference - block.offset[0])).astype(np.float64)
        gaps *= 2.0**-bits
        return gaps
    gaps = (upper - (reference >> LIMB)).astype(np.float64)
    gaps *= 2.0 ** (LIMB - bits)
    lower -= reference & (2**LIMB - 1)
    gaps += lower.astype(np.float64) * 2.0**-bits
    return gaps
