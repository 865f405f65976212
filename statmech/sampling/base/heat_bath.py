"""Heat-bath sweeps of spins with tables: every site drawn anew from its distribution given its neighbours.

At beta = 0 a sweep is an independent draw, so that a ladder of temperatures can end there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.sampling.base.random_bits import uniform
from statmech.sampling.base.spin_system import SpinSystem

__all__ = ["heat_bath_chances", "heat_bath_sweep"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


def heat_bath_chances(system: SpinSystem, betas: Array) -> Words:
    """What :func:`heat_bath_sweep` looks up at each beta instead of computing it: shape (len(betas), z + 1).

    Where all sites have z equal bonds, two states and no energy of their own, the chance of state 1 depends on nothing
    but how many neighbours are in it: 2^64 / (1 + exp(beta dE)), at most 2^64 - 1. Elsewhere (len(betas), 0).
    """
    z = system.regular
    if z is None:
        return np.empty((len(betas), 0), dtype=np.uint64)
    pair, ups = system.pair_table, np.arange(z + 1)
    rise = -system.neighbours[2][0] * ((z - ups) * (pair[1, 0] - pair[0, 0]) + ups * (pair[1, 1] - pair[0, 1]))
    x = np.multiply.outer(np.asarray(betas, dtype=np.float64), rise)
    small = np.exp(-np.abs(x))  # no overflow, whatever the sign
    chance = np.where(x > 0, small, 1.0) / (1.0 + small)
    return np.asarray(np.minimum(chance * 2.0**64, np.nextafter(2.0**64, 0.0)), dtype=np.uint64)


@kernel()
def _regular_sweep(
    spins: Any, indices: Ints, coupling: float, pair: Array, chances: Words, bits: Words, tally: Any
) -> float:
    """The same by looking up."""
    z = chances.size - 1
    a, b, c, d = bits[0], bits[1], bits[2], bits[3]  # in registers: next_word(bits) would go through memory
    turned: Any = 0
    weighted: Any = 0
    for i in range(spins.size):
        ups: Any = 0
        k = i * z
        if z == 4 or z == 6:  # written out, it is twice as fast
            ups = np.int64(spins[indices[k]]) + np.int64(spins[indices[k + 1]])
            ups += np.int64(spins[indices[k + 2]]) + np.int64(spins[indices[k + 3]])
            if z == 6:
                ups += np.int64(spins[indices[k + 4]]) + np.int64(spins[indices[k + 5]])
        else:
            for m in range(k, k + z):
                ups += spins[indices[m]]
        total = a + d
        word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
        shifted = b << np.uint64(17)
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << np.uint64(45)) | (d >> np.uint64(19))
        new = np.uint8(word < chances[ups])
        step = np.int64(new) - np.int64(spins[i])
        spins[i] = new
        turned += step
        weighted += step * ups
    bits[0], bits[1], bits[2], bits[3] = a, b, c, d
    tally[0] -= turned
    tally[1] += turned
    low, high = pair[1, 0] - pair[0, 0], pair[1, 1] - pair[0, 1]
    return float(-coupling * (low * (z * turned - weighted) + high * weighted))


@kernel(error_model="numpy")
def heat_bath_sweep(
    spins: Any, indptr: Ints, indices: Ints, couplings: Array, pair: Array, site_energy: Array, beta: float,
    chances: Words, bits: Words, tally: Any, work: Array,
) -> float:  # fmt: skip
    """One sweep in order of the sites; returns the change of the energy and keeps ``tally`` (q,) of the states.

    ``chances`` is the row of :func:`heat_bath_chances` at this beta, ``work`` (2, q) is scratch.
    """
    if chances.size > 0:
        return _regular_sweep(spins, indices, couplings[0], pair, chances, bits, tally)
    sites, q = site_energy.shape
    change = 0.0
    for i in range(sites):
        old = spins[i]
        if q == 2:  # the difference of two energies is all
            rise = site_energy[i, 1] - site_energy[i, 0]
            for k in range(indptr[i], indptr[i + 1]):
                other = spins[indices[k]]
                rise -= couplings[k] * (pair[1, other] - pair[0, other])
            new = 1 if uniform(bits) * (1.0 + np.exp(beta * rise)) < 1.0 else 0
            if new != old:
                change += rise if new == 1 else -rise
                spins[i] = new
                tally[old] -= 1
                tally[new] += 1
            continue
        lowest = np.inf
        for s in range(q):
            work[0, s] = site_energy[i, s]
        for k in range(indptr[i], indptr[i + 1]):
            other = spins[indices[k]]
            for s in range(q):
                work[0, s] -= couplings[k] * pair[s, other]
        for s in range(q):
            lowest = min(lowest, work[0, s])
        total = 0.0
        for s in range(q):
            total += np.exp(-beta * (work[0, s] - lowest))
            work[1, s] = total
        drawn = uniform(bits) * total
        new = 0
        while new < q - 1 and work[1, new] <= drawn:
            new += 1
        if new != old:
            change += work[0, new] - work[0, old]
            spins[i] = new
            tally[old] -= 1
            tally[new] += 1
    return change
