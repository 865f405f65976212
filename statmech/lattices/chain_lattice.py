"""The chain: sites on a line or a ring."""

from __future__ import annotations

from collections.abc import Sequence

from statmech.lattices.base import CellBond, Lattice, Size, UnitCell, tiled

__all__ = ["chain"]

CELL = UnitCell(vectors=((1.0,),), basis=((0.0,),), bonds=(CellBond(0, 0, (1,), 0),))


def chain(L: Size, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Chain of L sites, closed to a ring if periodic; ``chain("infinite")`` for the closed form.

    Bond i joins sites i and i + 1, modulo L if periodic: B = L, or L - 1 if open. Coordination 2.

    Raises
    ------
    InputError
        L is no positive integer, or `periodic` no truth value.

    Examples
    --------
    >>> chain(4, periodic=False).bonds.tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    return tiled("chain", CELL, (L,), periodic, closed_form=True)
