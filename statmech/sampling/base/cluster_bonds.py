"""Bonds as cluster algorithms take them: each satisfied one is active with probability p, a field is a ghost spin.

With K = J/T: Ising bonds are satisfied where K s s' > 0 and active with :math:`p = 1 - e^{-2|K|}`, Potts bonds where
s = s' with :math:`p = 1 - e^{-K}`. A field couples each site to one more spin, the ghost, which never turns.

Sources: C. M. Fortuin and P. W. Kasteleyn, Physica 57, 536 (1972); A. Coniglio et al., J. Phys. A 22, L837 (1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import UnsupportedError
from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.heisenberg import Heisenberg
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.models.xy import XY
from statmech.sampling.base.spin_system import SpinSystem, supports_discrete
from statmech.sampling.base.vector_spins import supports_vectors

__all__ = ["ClusterBonds", "check_temperatures", "cluster_support"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


def cluster_support(model: Model) -> Support:
    """Ising and vectors without frustration, ferromagnetic Potts; fields as far as a ghost spin can stand for them."""
    vectors = supports_vectors(model)
    if vectors:
        assert isinstance(model, (XY, Heisenberg))
        why = _obstacle(model, 1.0)
        return Support(False, f"{why}; ask metropolis or overrelaxation") if why else vectors
    found = supports_discrete(model)
    if not found or isinstance(model, BlumeCapel):
        return found and Support(False, "spins that can be 0 do not turn over by clusters; ask metropolis")
    assert isinstance(model, (Ising, Potts))
    why = _obstacle(model, 1.0)
    return Support(False, f"{why}; ask metropolis or tempering") if why else found


def check_temperatures(model: XY | Heisenberg, temperatures: Array) -> None:
    """Refuse temperatures of a sign at which clusters of vectors do not work.

    Raises
    ------
    UnsupportedError
        If there are any.
    """
    for T in temperatures:
        why = _obstacle(model, float(T))
        if why:
            raise UnsupportedError(f"temperature: {why}, at T = {T:g}; ask metropolis or overrelaxation")


@dataclass(frozen=True, eq=False)
class ClusterBonds:
    """Tables of one temperature; an array of length 1 with ``mask`` 0 stands for equal bonds.

    Attributes
    ----------
    indptr, indices : int32 arrays (N + 1,) and (2B,)
        Neighbours, each bond at both ends.
    thresholds, anti : uint64 and uint8 arrays, (2B,) or (1,)
        A satisfied bond is active where a random word is below its threshold; ``anti`` is 1 where unlike spins satisfy.
    starts, ends : int32 arrays (N + 1,) and (B,)
        Each bond once, as the lower neighbours of each site; without self-loops.
    bond_thresholds, bond_anti, couplings : arrays (B,) or (1,)
        The same in that order, and J.
    runs : int64 array (R, 3)
        Equal bonds joined where both ends move on together: first lower neighbour's site, first end, length.
    ghost, ghost_state : uint64 and uint8 arrays (N,), or (0,) without a field
        Threshold of the bond to the ghost, and the state that satisfies it.
    """

    indptr: Ints
    indices: Ints
    thresholds: Words
    anti: Bytes
    mask: int
    starts: Ints
    ends: Ints
    bond_thresholds: Words
    bond_anti: Bytes
    couplings: Array
    runs: npt.NDArray[np.int64]
    ghost: Words
    ghost_state: Bytes

    @classmethod
    def of(cls, system: SpinSystem, temperature: float) -> ClusterBonds:
        """The tables.

        Raises
        ------
        UnsupportedError
            If at this temperature (a negative one turns all signs) clusters do not work.
        """
        model: Any = system.model
        why = _obstacle(model, temperature)
        if why:
            raise UnsupportedError(f"temperature: {why}, at T = {temperature:g}; ask metropolis or tempering")
        factor = 1.0 if system.delta else 2.0
        beta = 1.0 / temperature
        indptr, indices, J = system.neighbours
        rows = np.repeat(np.arange(model.sites, dtype=np.int32), np.diff(indptr))
        lower = rows > indices
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows[lower], minlength=model.sites))]).astype(np.int32)
        equal = J.size > 0 and bool(np.all(J[0] == J))
        each = J[:1] if equal else J
        once = J[lower]
        fields = np.asarray(model.fields)
        has_field = bool(np.any(fields))
        return cls(
            indptr,
            indices,
            _threshold(factor * beta * each),
            (beta * each < 0).astype(np.uint8),
            0 if equal else -1,
            starts,
            indices[lower],
            _threshold(factor * beta * (once[:1] if equal else once)),
            (beta * (once[:1] if equal else once) < 0).astype(np.uint8),
            np.ascontiguousarray(once[:1] if equal else once),
            _runs(starts, indices[lower]),
            _threshold(factor * beta * fields) if has_field else np.empty(0, dtype=np.uint64),
            ((beta * fields > 0) & (not system.delta)).astype(np.uint8) if has_field else np.empty(0, dtype=np.uint8),
        )

    def connected(self, least: float) -> bool:
        """Whether bonds that are active with at least that probability, when satisfied, join all sites."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        active = np.broadcast_to(self.thresholds >= np.uint64(least * 2.0**64), self.indices.shape)
        graph = csr_array((active.astype(np.int8), self.indices, self.indptr), shape=(self.starts.size - 1,) * 2)
        graph.eliminate_zeros()
        return bool(connected_components(graph, directed=False)[0] == 1)


def _runs(starts: Ints, ends: Ints) -> npt.NDArray[np.int64]:
    """Bonds of the same offset at sites that follow each other, so that they are counted eight and more at a time."""
    sites = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    order = np.lexsort((sites, ends - sites))
    sites, ends = sites[order], ends[order].astype(np.int64)
    first = np.ones(sites.size, dtype=np.bool_)
    first[1:] = (np.diff(sites) != 1) | (np.diff(ends) != 1)
    at = np.flatnonzero(first)
    return np.stack([sites[at], ends[at], np.diff(np.append(at, sites.size))], axis=1).astype(np.int64)


def _threshold(x: Array) -> Words:
    """2^64 (1 - exp(-|x|)), at most 2^64 - 1."""
    p = -np.expm1(-np.abs(np.asarray(x, dtype=np.float64)))
    top = np.nextafter(2.0**64, 0.0)
    scaled = np.minimum(p * 2.0**64, top).astype(np.uint64)
    return np.where(p >= 1.0, np.uint64(0xFFFFFFFFFFFFFFFF), scaled)


def _obstacle(model: Ising | Potts | XY | Heisenberg, temperature: float) -> str:
    """Why clusters do not work here, or nothing."""
    sign = np.sign(temperature)
    couplings, fields = sign * model.couplings, sign * model.fields
    if isinstance(model, Potts):
        if np.any(couplings < 0):
            return "antiferromagnetic Potts couplings form no clusters"
        return "a Potts field that disfavours its state has no ghost spin" if np.any(fields < 0) else ""
    if isinstance(model, (XY, Heisenberg)) and np.any(fields):
        return "clusters of vectors know no field"
    if _balanced(model, couplings, fields):
        return ""
    return "couplings and fields are frustrated, so that clusters percolate while the spins are still in disorder"


def _balanced(model: Ising | XY | Heisenberg, couplings: Array, fields: Array) -> bool:
    """Whether one configuration satisfies every bond: no cycle with an odd number of minus signs, ghost included."""
    if not np.any(fields) and (np.all(couplings >= 0) or (np.all(couplings <= 0) and model.lattice.bipartite)):
        return True
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = model.sites + 1
    i, j = model.lattice.bonds.T
    real = (i != j) & (couplings != 0)
    held = np.flatnonzero(fields)
    a = np.concatenate([i[real], held])
    b = np.concatenate([j[real], np.full(held.size, n - 1)])
    minus = np.concatenate([couplings[real], fields[held]]) < 0
    upper, lower = np.where(minus, b + n, b), np.where(minus, b, b + n)
    ends = np.concatenate([a, a + n]), np.concatenate([upper, lower])
    cover = coo_array((np.ones(ends[0].size, dtype=np.int8), ends), shape=(2 * n, 2 * n))
    part = connected_components(cover, directed=False)[1]
    return not bool(np.any(part[:n] == part[n:]))
