"""The simple cubic lattice."""

from __future__ import annotations

from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, UnitCell, tiled

__all__ = ["cubic"]

CELL = UnitCell(
    vectors=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    basis=((0.0, 0.0, 0.0),),
    bonds=(CellBond(0, 0, (1, 0, 0), 0), CellBond(0, 0, (0, 1, 0), 1), CellBond(0, 0, (0, 0, 1), 2)),
)


def cubic(Lx: int, Ly: int | None = None, Lz: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Simple cubic lattice of Lx x Ly x Lz sites.

    Site (x, y, z) has number (x Ly + y) Lz + z and, in this order, the bonds to its neighbours at x + 1 (kind
    0), y + 1 (kind 1) and z + 1 (kind 2). B = 3 Lx Ly Lz on the torus. Coordination 6.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> cubic(4, 4, 4)
    <Lattice cubic 4x4x4, periodic: 64 sites, 192 bonds>
    """
    return tiled("cubic", CELL, (Lx, Ly, Lz), periodic)
