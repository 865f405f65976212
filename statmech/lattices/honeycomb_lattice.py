"""The honeycomb lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, Size, UnitCell, tiled

__all__ = ["honeycomb"]

CELL = UnitCell(
    vectors=((math.sqrt(3), 0.0), (math.sqrt(3) / 2, 1.5)),
    basis=((0.0, 0.0), (math.sqrt(3) / 2, 0.5)),
    bonds=(CellBond(0, 1, (0, 0), 0), CellBond(1, 0, (1, 0), 1), CellBond(1, 0, (0, 1), 2)),
)


def honeycomb(Lx: Size, Ly: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Honeycomb lattice of Lx x Ly cells of two sites; ``honeycomb("infinite")`` for the closed form.

    Cell (x, y) holds the sites A = 2 (x Ly + y) and B = A + 1. A has the bond to B of kind 0; B has, in this
    order, those to A of cell (x + 1, y) of kind 1 and to A of cell (x, y + 1) of kind 2. B = 3 Lx Ly on the
    torus, 3 Lx Ly - Lx - Ly if open. Coordination 3.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> honeycomb(1, 2, periodic=False).bonds.tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    return tiled("honeycomb", CELL, (Lx, Ly), periodic, closed_form=True)
