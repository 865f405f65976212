"""The body-centred cubic lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, UnitCell, tiled

__all__ = ["bcc"]

_C = 1 / math.sqrt(3)
CELL = UnitCell(
    vectors=((-_C, _C, _C), (_C, -_C, _C), (_C, _C, -_C)),
    basis=((0.0, 0.0, 0.0),),
    bonds=(
        CellBond(0, 0, (1, 0, 0), 0),
        CellBond(0, 0, (0, 1, 0), 1),
        CellBond(0, 0, (0, 0, 1), 2),
        CellBond(0, 0, (1, 1, 1), 3),
    ),
)


def bcc(Lx: int, Ly: int | None = None, Lz: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Body-centred cubic lattice of Lx x Ly x Lz primitive cells of one site (not the cubic cell of two).

    The primitive vectors a, b, c are (-1, 1, 1), (1, -1, 1), (1, 1, -1), over sqrt 3. Site (x, y, z) has
    number (x Ly + y) Lz + z and, in this order, the bonds along a (kind 0), b (1), c (2) and a + b + c (3).
    B = 4 N on the torus. Coordination 8. Bipartite on a torus of even sizes.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> bcc(4, 4, 4).coordination
    8
    """
    return tiled("bcc", CELL, (Lx, Ly, Lz), periodic)
