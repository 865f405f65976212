"""The square lattice."""

from __future__ import annotations

from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, Size, UnitCell, tiled

__all__ = ["square"]

CELL = UnitCell(
    vectors=((1.0, 0.0), (0.0, 1.0)),
    basis=((0.0, 0.0),),
    bonds=(CellBond(0, 0, (1, 0), 0), CellBond(0, 0, (0, 1), 1)),
)


def square(Lx: Size, Ly: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Square lattice of Lx x Ly sites; ``square("infinite")`` for the closed form.

    Site (x, y) has number x Ly + y and, in this order, the bonds to (x + 1, y) of kind 0 and to (x, y + 1)
    of kind 1. B = 2 Lx Ly on the torus, (Lx - 1) Ly + Lx (Ly - 1) if open. Coordination 4.

    Raises
    ------
    InputError
        A size is no positive integer, one is missing, or `periodic` does not fit.

    Examples
    --------
    >>> square(16, 16)
    <Lattice square 16x16, periodic: 256 sites, 512 bonds>
    """
    return tiled("square", CELL, (Lx, Ly), periodic, closed_form=True)
