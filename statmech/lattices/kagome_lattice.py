"""The kagome lattice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, Size, UnitCell, tiled

__all__ = ["kagome"]

CELL = UnitCell(
    vectors=((2.0, 0.0), (1.0, math.sqrt(3))),
    basis=((0.0, 0.0), (1.0, 0.0), (0.5, math.sqrt(3) / 2)),
    bonds=(
        CellBond(0, 1, (0, 0), 0),
        CellBond(0, 2, (0, 0), 1),
        CellBond(1, 0, (1, 0), 0),
        CellBond(1, 2, (0, 0), 2),
        CellBond(1, 2, (1, -1), 2),
        CellBond(2, 0, (0, 1), 1),
    ),
)


def kagome(Lx: Size, Ly: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Kagome lattice of Lx x Ly cells of three sites; ``kagome("infinite")`` for the closed form.

    Cell (x, y) holds A = 3 (x Ly + y), B = A + 1 and C = A + 2, an upright triangle; kinds are the directions
    0 (along AB), 1 (along AC), 2 (along BC). In this order A has the bonds to B (0) and C (1); B those to A
    of cell (x + 1, y) (0), to C (2) and to C of cell (x + 1, y - 1) (2); C that to A of cell (x, y + 1) (1).
    B = 6 Lx Ly on the torus, 6 Lx Ly - 2 Lx - 2 Ly + 1 if open. Coordination 4.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> kagome(1, 1, periodic=False).bonds.tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    return tiled("kagome", CELL, (Lx, Ly), periodic, closed_form=True)
