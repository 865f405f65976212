"""All levels of a chain from the blocks of its symmetry sectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.levels import EnergyLevels
from statmech.methods.diagonalization.bit_hamiltonian import BitHamiltonian
from statmech.methods.diagonalization.symmetry import Group, Orbits, Sector, sectors

__all__ = ["Block", "block_matrix", "blocks", "spectrum"]

Array = npt.NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Block:
    """One matrix to diagonalise: spins up (None where not conserved), sector, expected rows, and copies of its levels.

    ``mirrored`` says that the levels come again with the opposite magnetisation.
    """

    up: int | None
    sector: Sector
    rows: float
    mirrored: bool


def blocks(h: BitHamiltonian, periodic: bool) -> Iterator[Block]:
    """The blocks of a chain; rows are the number of states over the order of the group, which is close."""
    n = h.sites
    if not h.conserves:
        for sector in sectors(n, periodic, True):
            yield Block(None, sector, 2.0**n / len(sector.group.elements), False)
        return
    for up in range(n // 2 + 1):
        half = 2 * up == n
        for sector in sectors(n, periodic, half):
            yield Block(up, sector, comb(n, up) / len(sector.group.elements), not half)


def spectrum(h: BitHamiltonian, periodic: bool) -> EnergyLevels:
    """All 2^sites levels, with the magnetisation sum S^z where it is conserved.

    LAPACK gives each to some eps times the norm of H. Levels that differ by less than 64 eps times the norm are taken
    as one (multiplets come from several blocks), so that degeneracies at T = 0 are whole.
    """
    n = h.sites
    everything = np.arange(1 << n, dtype=np.int64)
    ups = sum((everything >> i & 1) for i in range(n))
    tables: dict[tuple[int | None, Group], Orbits] = {}
    energies, copies, moments = [], [], []
    for block in blocks(h, periodic):
        key = (block.up, block.sector.group)
        if key not in tables:
            if tables and next(iter(tables))[0] != block.up:
                tables.clear()
            states = everything if block.up is None else everything[ups == block.up]
            tables[key] = Orbits(block.sector.group, states)
        matrix = block_matrix(h, tables[key], block.sector)
        values = np.linalg.eigvalsh(matrix) if matrix.size else np.empty(0)
        del matrix
        for sign in (1, -1) if block.mirrored else (1,):
            energies.append(values)
            copies.append(np.full(values.size, block.sector.copies))
            moments.append(np.full(values.size, 0.0 if block.up is None else sign * (block.up - n / 2)))
    E, g, M = np.concatenate(energies), np.concatenate(copies), np.concatenate(moments)
    order = np.lexsort((M, E))
    E, g, M = E[order], g[order], M[order]
    starts = np.flatnonzero(np.diff(E, prepend=-np.inf) > 64 * EPS * max(h.norm, np.finfo(float).tiny))
    cluster = np.repeat(np.arange(starts.size), np.diff(starts, append=E.size))
    means = np.add.reduceat(E * g, starts) / np.add.reduceat(g, starts)
    levels = EnergyLevels(
        means[cluster],
        g.astype(np.int64),
        observables={"magnetization": M} if h.conserves else {},
        sites=n,
    )
    return levels.combined()


def block_matrix(h: BitHamiltonian, orbits: Orbits, sector: Sector) -> npt.NDArray[Any]:
    r"""H in one sector: <r|H|a> = sum over moves a -> b = g r of amplitude chi(g) sqrt(N_r / N_a).

    The basis is P|a>/sqrt(N_a) with the projector P of the sector and N_a the number of elements that leave the head a
    as it is. A. W. Sandvik, AIP Conf. Proc. 1297, 135 (2010), section 4.1.
    """
    sizes = orbits.sizes(sector)
    kept = np.flatnonzero(sizes)
    heads, weights = orbits.heads[kept], sizes[kept]
    matrix: npt.NDArray[Any] = np.zeros((heads.size, heads.size), dtype=np.float64 if sector.real else np.complex128)
    if not heads.size:
        return matrix
    matrix[np.arange(heads.size), np.arange(heads.size)] = h.diagonal(heads)
    characters = np.conj(sector.characters())
    for mask, amplitude in h.moves:
        columns, targets = h.moved(mask, heads)
        place = np.searchsorted(orbits.states, targets)
        rows = np.searchsorted(heads, orbits.representative[place])
        rows[rows == heads.size] = 0
        inside = heads[rows] == orbits.representative[place]  # else the target has no part in this sector
        rows, columns, place = rows[inside], columns[inside], place[inside]
        values = amplitude * characters[orbits.which[place]] * np.sqrt(weights[rows] / weights[columns])
        np.add.at(matrix, (rows, columns), values.real if sector.real else values)
    return matrix
