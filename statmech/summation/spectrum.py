"""Levels seen from their lowest (or highest) one: all that the sums need and that needs no temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.double_double import two_product, two_sum
from statmech.levels import EnergyLevels
from statmech.units import kelvin_per

__all__ = ["BLOCK", "NEGLIGIBLE", "Spectrum", "inside", "prepare"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Levels per block: three float64 buffers of this size stay in the second-level cache (measured best of 2k ... 64k),
# and BLAS computes a dot product of this length in one thread, so the bits do not depend on the number of threads.
BLOCK = 8192
# Degeneracies inside these bounds are multiplied as they are; outside, their logarithms are added with compensation.
_PLAIN_DEGENERACIES = (1e-30, 1e30)
# y^2 exp(-y) is below the smallest normal float64 beyond y = 722; the margin is for the degeneracies above.
NEGLIGIBLE = 900.0


@dataclass(frozen=True)
class Spectrum:
    """Populated levels seen from their lowest (or highest) one: everything that needs no temperature."""

    gaps: Array  # (n,) E - E0, in multiples of ``unit``
    unit: float  # kelvin, or units of the model, per unit of gaps; a power of two times the unit of the levels
    energies: Array  # (n,) as given, for exact differences
    energy_unit: float  # kelvin, or units of the model, per unit of energies
    degeneracies: Array | None  # (n,) plain; None for all 1, or where log_g is there
    log_g: Array | None  # (n,) where plain numbers would overflow
    observables: Array  # (m, n)
    ground: int
    tied: Ints  # all levels at the energy of the ground level, it included
    reference: float  # E0, in kelvin or units of the model
    blocks: tuple[slice, ...]
    nearest: tuple[float, ...]  # smallest non-zero |gap| of each block

    def beta(self, temperature: npt.ArrayLike) -> Array:
        """Inverse temperature per unit of the gaps; inf in the limit T -> 0."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.where(np.isinf(temperature), 0.0, self.unit / np.asarray(temperature, dtype=np.float64))

    def log_degeneracy(self, index: int) -> float:
        """log g of one level."""
        if self.log_g is not None:
            return float(self.log_g[index])
        return 0.0 if self.degeneracies is None else float(np.log(self.degeneracies[index]))

    def level(self, star: int, tied: Ints) -> tuple[float, Array, Array]:
        """log(sum g / g_*), mean and covariance of the levels of one energy, which itself does not vary (zeros)."""
        n = 1 + self.observables.shape[0]
        mean, covariance = np.zeros(n), np.zeros((n, n))
        g = np.ones(tied.size)
        if self.log_g is not None:
            g = np.exp(self.log_g[tied] - self.log_g[star])
        elif self.degeneracies is not None:
            g = self.degeneracies[tied] / self.degeneracies[star]
        total = float(g.sum())
        p = g / total
        values = self.observables[:, tied]
        mean[1:] = (values * p).sum(axis=1)
        moved = values - mean[1:, None]
        for k in range(n - 1):
            covariance[k + 1, 1:] = (moved * (p * moved[k])).sum(axis=1)
        return float(np.log(total)), mean, covariance


def prepare(levels: EnergyLevels, h: float, coupled: str, from_top: bool) -> Spectrum:
    """Gaps, units and blocks for one field and one end of the spectrum."""
    keep = levels.populated
    everything = bool(np.all(keep))

    def select(values: Array) -> Array:
        return values if everything else values[keep]

    energies, offset = select(levels.energies), levels.offset
    observables = np.array([select(values) for values in levels.observables.values()])
    observables = observables.reshape(-1, energies.size)
    if h != 0.0:
        energies, lowest = _in_field(energies, select(levels.observables[coupled]), h)
        offset += lowest
    ground = int(np.argmax(energies) if from_top else np.argmin(energies))
    gaps = energies - energies[ground]
    scale = kelvin_per(levels.unit)
    exponent = int(np.frexp(max(float(gaps.max()), -float(gaps.min())))[1])
    if abs(exponent) > 64:  # squares of gaps this large or small would overflow or vanish
        gaps = np.ldexp(gaps, -exponent)
    else:
        exponent = 0
    plain, log_g = _degeneracies(
        None if levels.degeneracies is None else select(levels.degeneracies),
        None if levels.log_degeneracies is None else select(levels.log_degeneracies),
    )
    starts = np.arange(0, gaps.size, BLOCK)
    blocks = tuple(slice(int(i), min(int(i) + BLOCK, gaps.size)) for i in starts)
    nearest = -np.maximum.reduceat(gaps, starts) if from_top else np.minimum.reduceat(gaps, starts)
    tied = np.flatnonzero(gaps == 0.0)
    for number in np.flatnonzero(np.bincount(tied // BLOCK)):  # np.unique would import numpy.ma
        distances = np.abs(gaps[blocks[number]])
        nearest[number] = np.min(distances, where=distances > 0.0, initial=np.inf)
    reference = (float(energies[ground]) + offset) * scale
    return Spectrum(
        gaps, float(np.ldexp(scale, exponent)), energies, scale, plain, log_g, observables, ground, tied,
        reference, blocks, tuple(nearest.tolist()),
    )  # fmt: skip


def _in_field(energies: Array, moment: Array, h: float) -> tuple[Array, float]:
    """E - h M above its lowest level, and that one."""
    first = int(np.argmin(energies - h * moment))
    lowest = float(energies[first] - h * moment[first])
    # Differences first, in twice the working precision: h M may cancel E to a gap that must keep its digits.
    moved, moved_low = two_sum(energies, -energies[first])
    drop, drop_low = two_product(moment - moment[first], h)
    gap, gap_low = two_sum(moved, -drop)
    return np.asarray(gap + (gap_low + (moved_low - drop_low)), dtype=np.float64), lowest


def _degeneracies(plain: Array | None, log_g: Array | None) -> tuple[Array | None, Array | None]:
    """Plain numbers where they are moderate, logarithms where not; neither for all 1."""
    smallest, largest = _PLAIN_DEGENERACIES
    if plain is not None and not (smallest <= plain.min() and plain.max() <= largest):
        return None, np.log(plain)
    if log_g is not None and np.log(smallest) <= log_g.min() and log_g.max() <= np.log(largest):
        return np.exp(log_g), None
    return plain, log_g


def inside(indices: Ints, block: slice) -> Ints:
    """Those of the sorted indices that lie in a block, counted from its start."""
    first, last = np.searchsorted(indices, (block.start, block.stop))
    counted: Ints = indices[first:last] - block.start
    return counted
