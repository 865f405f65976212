"""The triangular lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, Size, UnitCell, tiled

__all__ = ["triangular"]

CELL = UnitCell(
    vectors=((1.0, 0.0), (0.5, math.sqrt(3) / 2)),
    basis=((0.0, 0.0),),
    bonds=(CellBond(0, 0, (1, 0), 0), CellBond(0, 0, (0, 1), 1), CellBond(0, 0, (1, -1), 2)),
)


def triangular(Lx: Size, Ly: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Triangular lattice of Lx x Ly sites; ``triangular("infinite")`` for the closed form.

    The lattice vectors enclose 60 degrees. Site (x, y) has number x Ly + y and, in this order, the bonds to
    (x + 1, y) of kind 0, (x, y + 1) of kind 1 and (x + 1, y - 1) of kind 2. B = 3 Lx Ly on the torus,
    3 Lx Ly - 2 Lx - 2 Ly + 1 if open. Coordination 6.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> triangular(2, 2, periodic=False).bonds.tolist()
    [[0, 2], [0, 1], [1, 3], [1, 2], [2, 3]]
    """
    return tiled("triangular", CELL, (Lx, Ly), periodic, closed_form=True)
