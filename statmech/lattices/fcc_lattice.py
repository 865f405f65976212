"""The face-centred cubic lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, UnitCell, tiled

__all__ = ["fcc"]

_C = 1 / math.sqrt(2)
CELL = UnitCell(
    vectors=((0.0, _C, _C), (_C, 0.0, _C), (_C, _C, 0.0)),
    basis=((0.0, 0.0, 0.0),),
    bonds=(
        CellBond(0, 0, (1, 0, 0), 0),
        CellBond(0, 0, (0, 1, 0), 1),
        CellBond(0, 0, (0, 0, 1), 2),
        CellBond(0, 0, (1, -1, 0), 3),
        CellBond(0, 0, (1, 0, -1), 4),
        CellBond(0, 0, (0, 1, -1), 5),
    ),
)


def fcc(Lx: int, Ly: int | None = None, Lz: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Face-centred cubic lattice of Lx x Ly x Lz primitive cells of one site (not the cubic cell of four).

    The primitive vectors a, b, c are (0, 1, 1), (1, 0, 1), (1, 1, 0), over sqrt 2. Site (x, y, z) has number
    (x Ly + y) Lz + z and, in this order, the bonds along a (kind 0), b (1), c (2), a - b (3), a - c (4) and
    b - c (5). B = 6 N on the torus. Coordination 12.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> fcc(4, 4, 4).coordination
    12
    """
    return tiled("fcc", CELL, (Lx, Ly, Lz), periodic)
