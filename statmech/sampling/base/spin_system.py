"""A lattice model as tables that compiled loops take: spins with q values, neighbours, couplings, energies of sites."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts

__all__ = ["SpinSystem", "supports_discrete"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def supports_discrete(model: Model) -> Support:
    """Ising, Potts and Blume-Capel on any finite lattice or graph."""
    if not isinstance(model, (Ising, Potts, BlumeCapel)):
        return Support(False, f"{model.kind!r} is none of ising, potts and blume_capel")
    if model.lattice.infinite:
        return Support(False, "an infinite lattice cannot be sampled")
    if len(model.state_values) > 256:
        return Support(False, f"{len(model.state_values)} states of a site are more than 256")
    return Support(True, f"{model.kind} spins on {model.lattice.sites} sites")


@dataclass(frozen=True, eq=False)
class SpinSystem:
    """H = -sum_<ij> J_ij f(s_i, s_j) + sum_i u_i(s_i) + constant, with f a product of values or delta.

    A self-loop acts on one site only, so it is folded into u (or the constant).

    Attributes
    ----------
    model : Ising, Potts or BlumeCapel
        Where it comes from.
    states : int
        q, at most 256; spins are stored as 0 ... q-1 (uint8).
    values : array, shape (q,)
        What the field couples to: s, for Potts delta(s, 0).
    delta : bool
        Whether bonds couple by delta(s, s') (Potts) or by the product of values.
    site_energy : array, shape (N, q)
        u_i(s): field and crystal field.
    constant : float
        Energy of self-loops.
    """

    model: Ising | Potts | BlumeCapel
    states: int
    values: Array
    delta: bool
    site_energy: Array
    constant: float

    @classmethod
    def of(cls, model: Ising | Potts | BlumeCapel) -> SpinSystem:
        """The tables of a model."""
        values = np.array(model.state_values, dtype=np.float64)
        delta = isinstance(model, Potts)
        if delta:
            values = (values == 0) * 1.0
        energy = -model.fields[:, None] * values
        if isinstance(model, BlumeCapel):
            energy = energy + model.anisotropies[:, None] * values**2
        constant = 0.0
        i, j = model.lattice.bonds.T
        loop = i == j
        if loop.any():
            if isinstance(model, BlumeCapel):
                energy = energy - np.bincount(i[loop], model.couplings[loop], model.sites)[:, None] * values**2
            else:
                constant = -float(model.couplings[loop].sum())
        return cls(model, len(model.state_values), values, delta, np.ascontiguousarray(energy), constant)

    @cached_property
    def neighbours(self) -> tuple[Ints, Ints, Array]:
        """CSR without self-loops: ``indptr`` (N + 1,), ``indices`` and couplings (2B,), each bond at both ends."""
        table = self.model.lattice.neighbours()
        rows = np.repeat(np.arange(self.model.sites), np.diff(table.indptr))
        real = rows != table.indices
        counts = np.bincount(rows[real], minlength=self.model.sites)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return indptr, table.indices[real].astype(np.int32), self.model.couplings[table.bond_index[real]].copy()

    @cached_property
    def regular(self) -> int | None:
        """Bonds of a site where all sites have as many, all couplings are equal and nothing else acts; else None.

        Only for two states, and at most 64 bonds.
        """
        indptr, _, couplings = self.neighbours
        degrees = np.diff(indptr)
        same = self.states == 2 and not np.any(self.site_energy) and couplings.size > 0
        same = same and bool(np.all(degrees == degrees[0])) and bool(np.all(couplings == couplings[0]))
        return int(degrees[0]) if same and degrees[0] <= 64 else None

    @property
    def symmetric(self) -> bool:
        """Whether nothing tells the states apart: no field anywhere, so that M is averaged over their permutations."""
        return not np.any(self.model.fields)

    def energy(self, spins: npt.NDArray[np.generic]) -> float:
        """H of a configuration of state numbers, shape (N,)."""
        model = self.model
        states = np.asarray(spins).astype(np.int64)
        return model.energy(np.array(model.state_values)[states])

    @cached_property
    def pair_table(self) -> Array:
        """f(s, s') of the bonds, shape (q, q)."""
        table = np.eye(self.states) if self.delta else np.multiply.outer(self.values, self.values)
        return np.ascontiguousarray(table)

    def start(self, generator: np.random.Generator, hot: bool) -> npt.NDArray[np.uint8]:
        """A configuration of state numbers (N,): random, or the best of those with all sites alike."""
        if hot:
            return generator.integers(0, self.states, self.model.sites, dtype=np.uint8)
        uniform = [np.full(self.model.sites, state, dtype=np.uint8) for state in range(self.states)]
        return min(uniform, key=self.energy)

    def rows(self, energies: Array, counts: npt.NDArray[np.int64]) -> Array:
        """Measurements (n, 6) of :data:`record.COLUMNS` from energies (n,) and sites in each state (n, q)."""
        M = counts @ self.values
        if self.delta:
            q, sites = self.states, self.model.sites
            a = (q * counts.max(axis=1) - sites) / (q - 1.0)
            m2 = (counts.astype(np.float64) ** 2).mean(axis=1) if self.symmetric else M**2
            m = np.full_like(M, sites / q) if self.symmetric else M
        else:
            a, m2 = np.abs(M), M**2
            m = np.zeros_like(M) if self.symmetric else M
        return np.stack([energies, m, m2, a, a**2, a**4], axis=1)
