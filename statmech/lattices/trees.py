"""Cayley trees (finite Bethe lattices) and rooted trees."""

from __future__ import annotations

import numpy as np

from statmech.errors import InputError, ResourceError
from statmech.lattices.base import MAX_BONDS, MAX_SITES, GraphLattice, Lattice, integer

__all__ = ["tree"]


def tree(coordination: int | None = None, depth: int | None = None, *, branching: int | None = None) -> Lattice:
    """Regular tree of `depth` generations below the root.

    With `coordination` z it is the Cayley tree: the root has z children and every other inner site z - 1, so
    that z bonds meet at each; N = 1 + z ((z - 1)^depth - 1) / (z - 2). With `branching` k every inner
    site has k children, the root too; N = (k^(depth + 1) - 1) / (k - 1).

    Site 0 is the root and the generations follow one another, each in the order of its parents. Bond i joins
    site i + 1 to its parent, as (parent, child); its kind is the generation of the parent, 0 at the root.

    Parameters
    ----------
    coordination : int
        Bonds at each inner site, at least 2. This or `branching`.
    depth : int
        Generations below the root; 0 is the root alone.
    branching : int
        Children of each inner site, at least 1.

    Raises
    ------
    InputError
        Neither or both of `coordination` and `branching`, a number too small, or more than 2^31 sites.
    ResourceError
        More than 2^28 bonds.

    Examples
    --------
    >>> tree(3, 2)
    <Lattice tree: 10 sites, 9 bonds>
    >>> tree(branching=2, depth=2).bonds.tolist()
    [[0, 1], [0, 2], [1, 3], [1, 4], [2, 5], [2, 6]]
    """
    if (coordination is None) == (branching is None):
        raise InputError(
            "tree: expected one of coordination (Cayley tree) and branching (rooted tree), "
            f"got coordination={coordination!r}, branching={branching!r}"
        )
    if branching is None:
        at_root = integer("tree: coordination", coordination, at_least=2)
        below = at_root - 1
    else:
        at_root = below = integer("tree: branching", branching, at_least=1)
    levels = integer("tree: depth", depth, at_least=0)
    # past depth 31 a branching tree is too large in any case: never raise to a power that cannot be held
    powers = levels if below == 1 else (below ** min(levels, 32) - 1) // (below - 1)
    sites = 1 + at_root * powers
    if sites > MAX_SITES:
        raise InputError(f"tree: expected at most 2^31 sites, got at least {sites}; use a smaller depth")
    if sites > MAX_BONDS:
        raise ResourceError(f"tree: expected at most 2^28 bonds, got {sites - 1}; use a smaller depth")
    generations = [1, *(at_root * below**step for step in range(levels))]
    starts = np.cumsum([0, *generations])
    parents = [
        np.repeat(np.arange(start, start + size), at_root if step == 0 else below)
        for step, (start, size) in enumerate(zip(starts, generations[:-1], strict=False))
    ]
    bonds = np.stack([np.concatenate([[], *parents]), np.arange(1, starts[-1])], axis=1).astype(np.int64)
    kinds = np.repeat(np.arange(len(parents)), generations[1:])
    radius = np.repeat(np.arange(len(generations)), generations)
    angle = np.concatenate([2 * np.pi * (np.arange(size) + 0.5) / size for size in generations])
    positions = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return GraphLattice(kind="tree", sites=sites, edges=bonds, edge_kind=kinds, layout=positions)
