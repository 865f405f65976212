"""Every state counted at its energy and magnetisation: the exact joint density of states.

A state has one integer key, E * stride + M in the integers of :class:`SpinSystem`, so that a walk through the states
adds up keys instead of energies, and each block of them is one ``bincount``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from statmech.levels import EnergyLevels
from statmech.methods.enumeration.spin_system import SpinSystem

__all__ = ["bins", "density_of_states"]

Ints = npt.NDArray[np.int64]


def _moment_steps(system: SpinSystem) -> tuple[int, tuple[int, ...], int, int]:
    """Unit of M, M of each state counted in it from state 0, and the bounds of its sum."""
    step = math.gcd(*(m - system.moment[0] for m in system.moment))
    counts = tuple((m - system.moment[0]) // step for m in system.moment)
    return step, counts, system.sites * min(counts), system.sites * max(counts)


def bins(system: SpinSystem) -> int:
    """Size of the joint histogram of E and M."""
    _, _, least, most = _moment_steps(system)
    low, high = system.bounds
    return (high - low + 1) * (most - least + 1)


def density_of_states(system: SpinSystem) -> EnergyLevels:
    """Exact joint density of states g(E, M), sorted by E, then M.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.methods.enumeration.spin_system import spin_system
    >>> from statmech.models.ising import Ising
    >>> density_of_states(spin_system(Ising(lattices.chain(3)))).exact_degeneracies
    (1, 1, 3, 3)
    """
    step, _, least, _ = _moment_steps(system)
    low = system.bounds[0]
    counts = _joint_counts(system)
    rows, columns = np.nonzero(counts)
    found, place = np.unique(rows, return_inverse=True)
    exact = [system.constant + system.unit * (low + row) for row in found.tolist()]
    # Where the energies are no float64 the gaps are rounded once each, not the energies.
    offset = Fraction(0) if all(Fraction(float(energy)) == energy for energy in exact) else exact[0]
    energies = np.array([float(energy - offset) for energy in exact])
    moments = system.sites * system.moment[0] + step * (columns + least)
    order = np.lexsort((moments, rows))
    return EnergyLevels(
        energies[place][order],
        counts[rows, columns][order],
        observables={"magnetization": moments[order].astype(np.float64)},
        offset=float(offset),
        sites=system.sites,
    )


def _joint_counts(system: SpinSystem) -> Ints:
    """Number of states at each energy (rows, from the lower bound) and M (columns, from the least)."""
    _, counts, least, most = _moment_steps(system)
    low, high = system.bounds
    stride = most - least + 1
    keyed = replace(  # one integer E * stride + M per state
        system,
        weights=tuple({j: stride * k for j, k in row.items()} for row in system.weights),
        single=tuple(tuple(stride * t + m for t, m in zip(row, counts, strict=True)) for row in system.single),
    )
    origin = stride * low + least
    size = (high - low + 1) * stride
    total = np.zeros((high - low + 1, stride), dtype=np.int64)
    for state, multiplicity, mirror in system.representatives:
        part = np.zeros(size, dtype=np.int64)
        keys: list[Ints] = []
        for block in keyed.blocks(state):
            keys.append(block.energies[0] + (block.offset[0] - origin))
            if len(keys) * keys[0].size >= size:  # a count costs as much as its bins
                part += np.bincount(np.concatenate(keys), minlength=size)
                keys.clear()
        if keys:
            part += np.bincount(np.concatenate(keys), minlength=size)
        joint = multiplicity * part.reshape(total.shape)
        total += joint + joint[:, ::-1] if mirror else joint
    return total
