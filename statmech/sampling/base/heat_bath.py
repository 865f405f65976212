"""Heat-bath sweeps of spins with tables: every site drawn anew from its distribution given its neighbours.

At beta = 0 a sweep is an independent draw, so that a ladder of temperatures can end there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.sampling.base.random_bits import uniform
from statmech.sampling.base.regular_sites import regular_sweep

__all__ = ["heat_bath_sweep"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


@kernel(error_model="numpy")
def heat_bath_sweep(
    spins: Any, indptr: Ints, indices: Ints, couplings: Array, pair: Array, site_energy: Array, beta: float,
    chances: Words, bits: Words, tally: Any, work: Array,
) -> float:  # fmt: skip
    """One sweep in order of the sites; returns the change of the energy and keeps ``tally`` (q,) of the states.

    ``chances`` is the row of :func:`regular_sites.turning_chances` at this beta, ``work`` (2, q) is scratch.
    """
    if chances.size > 0:
        return regular_sweep(spins, indices, couplings[0], pair, chances, bits, tally)
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
