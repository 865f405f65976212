"""Unit vectors in two or three dimensions: Metropolis steps, overrelaxation and embedded clusters.

Sources: overrelaxation M. Creutz, Phys. Rev. D 36, 515 (1987); clusters of the components along a random direction
U. Wolff, PRL 62, 361 (1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.methods.base import Support
from statmech.models.base import Model
from statmech.models.heisenberg import Heisenberg
from statmech.models.xy import XY
from statmech.sampling.base.chain import State
from statmech.sampling.base.independent import Walker
from statmech.sampling.base.random_bits import below, seeded_state, uniform

__all__ = ["VectorWalker", "supports_vectors"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

_TURNS = 4  # overrelaxation sweeps after each Metropolis sweep


def supports_vectors(model: Model) -> Support:
    """XY and Heisenberg on any finite lattice or graph."""
    if not isinstance(model, (XY, Heisenberg)):
        return Support(False, f"{model.kind!r} has no vector spins")
    if model.lattice.infinite:
        return Support(False, "an infinite lattice cannot be sampled")
    return Support(True, f"{model.kind} spins on {model.sites} sites")


class VectorWalker(Walker):
    """One configuration of unit vectors (N, n).

    Parameters
    ----------
    model : XY or Heisenberg
        What is sampled.
    temperature : float
        Its temperature, not 0.
    sequence : SeedSequence
        Its random stream.
    hot : bool
        Random directions, or all along x.
    moves : {"metropolis", "overrelaxation", "wolff"}
        What a sweep is: Metropolis steps at all sites; these and 4 sweeps of overrelaxation; or a fixed number of
        clusters that visit about N sites. The length of steps and the number of clusters are settled in the burn-in.
    """

    def __init__(
        self,
        model: XY | Heisenberg,
        temperature: float,
        sequence: np.random.SeedSequence,
        hot: bool,
        moves: Literal["metropolis", "overrelaxation", "wolff"],
    ) -> None:
        self.model, self.beta, self.moves = model, 1.0 / temperature, moves
        start, bits = sequence.spawn(2)
        n = model.components
        self.spins = np.zeros((model.sites, n))
        self.spins[:, 0] = 1.0
        if hot:
            self.spins = np.random.default_rng(start).standard_normal((model.sites, n))
            self.spins /= np.linalg.norm(self.spins, axis=1)[:, None]
        self.bits = seeded_state(bits)
        self.step, self.clusters = 1.0, 0
        self.settled = False
        self.visits = np.zeros(2)  # clusters and sites, of the later sweeps with more weight
        table = model.lattice.neighbours()
        rows = np.repeat(np.arange(model.sites), np.diff(table.indptr))
        real = rows != table.indices
        counts = np.bincount(rows[real], minlength=model.sites)
        self.indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.indices = table.indices[real].astype(np.int32)
        self.couplings = model.couplings[table.bond_index[real]].copy()
        i, j = model.lattice.bonds.T
        self.constant = -float(model.couplings[i == j].sum())

    def measure(self, count: int) -> Array:
        """See :class:`Walker`."""
        n, fields = self.model.components, np.ascontiguousarray(self.model.fields)
        energies, moments, steps = np.empty(count), np.empty((count, n)), np.array([self.step])
        tables = (self.spins, self.indptr, self.indices, self.couplings)
        if self.moves == "wolff":
            _clusters(*tables, self.beta, self.bits, self.clusters, self.visits, energies, moments)
        else:
            turns = _TURNS if self.moves == "overrelaxation" else 0
            _steps(*tables, fields, self.beta, turns, self.bits, not self.settled, steps, energies, moments)
        self.step = float(steps[0])
        squares = (moments**2).sum(axis=1)
        M = moments[:, 0] if np.any(fields) else np.zeros(count)
        m2 = M**2 if np.any(fields) else squares / n
        return np.stack([energies + self.constant, M, m2, np.sqrt(squares), squares, squares**2], axis=1)

    def settle(self, rows: Array) -> None:  # noqa: ARG002
        """From here on steps have one length, and a sweep one number of clusters."""
        self.settled = True
        clusters, sites = self.visits
        self.clusters = max(1, round(self.model.sites * clusters / sites)) if sites else 1

    def state(self) -> State:
        """See :class:`Walker`."""
        return {
            "spins": self.spins.copy(),
            "bits": self.bits.copy(),
            "step": self.step,
            "clusters": self.clusters,
            "settled": int(self.settled),
            "visits": self.visits.copy(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :class:`Walker`."""
        self.spins = np.array(state["spins"], dtype=np.float64)
        self.bits = np.array(state["bits"], dtype=np.uint64)
        self.step, self.clusters = float(state["step"]), int(state["clusters"])
        self.settled, self.visits = bool(state["settled"]), np.array(state["visits"], dtype=np.float64)


@kernel()
def _direction(bits: Words, u: Array) -> float:
    """An isotropic vector of length in (0, 1]; its squared length."""
    while True:
        square = 0.0
        for c in range(u.size):
            u[c] = 2.0 * uniform(bits) - 1.0
            square += u[c] * u[c]
        if 0.0 < square <= 1.0:
            return square


@kernel()
def _measure(spins: Array, indptr: Ints, indices: Ints, couplings: Array, fields: Array, moment: Array) -> float:
    """Energy, and the sum of the vectors; lengths are set to 1 again."""
    energy = 0.0
    moment[:] = 0.0
    for i in range(spins.shape[0]):
        square = 0.0
        for c in range(spins.shape[1]):
            square += spins[i, c] * spins[i, c]
        scale = 1.0 / np.sqrt(square)
        for c in range(spins.shape[1]):
            spins[i, c] *= scale
            moment[c] += spins[i, c]
        if fields.size > 0:
            energy -= fields[i] * spins[i, 0]
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            if j < i:
                dot = 0.0
                for c in range(spins.shape[1]):
                    dot += spins[i, c] * spins[j, c]
                energy -= couplings[k] * dot
    return energy


@kernel(error_model="numpy")
def _steps(
    spins: Array, indptr: Ints, indices: Ints, couplings: Array, fields: Array, beta: float, turns: int, bits: Words,
    tuning: bool, steps: Array, energies: Array, moments: Array,
) -> None:  # fmt: skip
    """For each row a Metropolis sweep, so many sweeps of overrelaxation, and a measurement.

    A step leads to the direction of S + step u with u isotropic: its density depends on the angle alone, so there and
    back are equally likely.
    """
    sites, n = spins.shape
    local, u, fresh = np.empty(n), np.empty(n), np.empty(n)
    for row in range(energies.size):
        taken = 0
        for turn in range(1 + turns):
            for i in range(sites):
                local[:] = 0.0
                local[0] = fields[i]
                for k in range(indptr[i], indptr[i + 1]):
                    for c in range(n):
                        local[c] += couplings[k] * spins[indices[k], c]
                if turn == 0:
                    _direction(bits, u)
                    square = 0.0
                    for c in range(n):
                        fresh[c] = spins[i, c] + steps[0] * u[c]
                        square += fresh[c] * fresh[c]
                    rise = 0.0
                    for c in range(n):
                        fresh[c] /= np.sqrt(square)
                        rise -= (fresh[c] - spins[i, c]) * local[c]
                    x = beta * rise
                    if x <= 0.0 or uniform(bits) < np.exp(-x):
                        spins[i] = fresh
                        taken += 1
                else:
                    square, along = 0.0, 0.0
                    for c in range(n):
                        square += local[c] * local[c]
                        along += spins[i, c] * local[c]
                    if square > 0.0:
                        for c in range(n):
                            spins[i, c] = 2.0 * along / square * local[c] - spins[i, c]
        if tuning:  # towards every second step accepted
            steps[0] = min(steps[0] * 1.05, 20.0) if 2 * taken > sites else max(steps[0] / 1.05, 1e-4)
        energies[row] = _measure(spins, indptr, indices, couplings, fields, moments[row])


@kernel(error_model="numpy")
def _clusters(
    spins: Array, indptr: Ints, indices: Ints, couplings: Array, beta: float, bits: Words, clusters: int,
    visits: Array, energies: Array, moments: Array,
) -> None:  # fmt: skip
    """For each row so many clusters (or until N sites are visited), each reflected along a direction of its own."""
    sites, n = spins.shape
    axis = np.empty(n)
    stack = np.empty(sites, dtype=np.int32)
    none = np.empty(0)
    for row in range(energies.size):
        done, visited = 0, 0
        while done < clusters or (clusters == 0 and visited < sites):
            square = _direction(bits, axis)
            for c in range(n):
                axis[c] /= np.sqrt(square)
            seed = below(bits, sites)
            stack[0] = seed
            top = 1
            size = 0
            along = 0.0
            for c in range(n):
                along += spins[seed, c] * axis[c]
            for c in range(n):
                spins[seed, c] -= 2.0 * along * axis[c]
            while top > 0:
                top -= 1
                i = stack[top]
                size += 1
                here = 0.0  # component before the reflection
                for c in range(n):
                    here -= spins[i, c] * axis[c]
                for k in range(indptr[i], indptr[i + 1]):
                    j = indices[k]
                    there = 0.0
                    for c in range(n):
                        there += spins[j, c] * axis[c]
                    x = 2.0 * beta * couplings[k] * here * there
                    if x > 0.0 and uniform(bits) < -np.expm1(-x):  # a reflected spin has the other sign: taken once
                        for c in range(n):
                            spins[j, c] -= 2.0 * there * axis[c]
                        stack[top] = j
                        top += 1
            done += 1
            visited += size
        if clusters == 0:
            visits[0] = 0.95 * visits[0] + done
            visits[1] = 0.95 * visits[1] + visited
        energies[row] = _measure(spins, indptr, indices, couplings, none, moments[row])
