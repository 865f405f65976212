"""Lattice: sites, bonds and positions, a value without physics.

A lattice is a unit cell repeated over a shape (:class:`TiledLattice`) or a list of edges
(:class:`GraphLattice`). The arrays are made when first asked for, so that a 10^4 x 10^4 torus meant for a
closed form costs nothing.
"""

from __future__ import annotations

from statmech.lattices.base.graph import GraphLattice
from statmech.lattices.base.lattice import MAX_BONDS, MAX_SITES, Floats, Ints, Lattice, Neighbours, Size, integer
from statmech.lattices.base.tiled import CellBond, TiledLattice, UnitCell, tiled

__all__ = [
    "MAX_BONDS",
    "MAX_SITES",
    "CellBond",
    "Floats",
    "GraphLattice",
    "Ints",
    "Lattice",
    "Neighbours",
    "Size",
    "TiledLattice",
    "UnitCell",
    "integer",
    "tiled",
]
