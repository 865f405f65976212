"""The hypercubic lattice of any dimension."""

from __future__ import annotations

from collections.abc import Sequence

from statmech.errors import InputError
from statmech.lattices.base import CellBond, Lattice, UnitCell, tiled

__all__ = ["hypercubic"]


def hypercubic(*sizes: int, shape: Sequence[int] | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Hypercubic lattice with one site per cell, in as many dimensions as there are sizes.

    Sites are numbered in row-major order; each has, in this order, the bond to its neighbour one step up
    along axis 0 (kind 0), axis 1 (kind 1), ... B = d N on the torus. Coordination 2 d. One to three
    dimensions have names of their own (`chain`, `square`, `cubic`), by which methods know them.

    Parameters
    ----------
    *sizes : int
        Sites along each axis; or give them as `shape`.
    shape : sequence of int, optional
        The same as one sequence.
    periodic : bool or sequence of bool
        For all directions, or one each.

    Raises
    ------
    InputError
        No size, a size that is no positive integer, both forms at once, or `periodic` does not fit.

    Examples
    --------
    >>> hypercubic(3, 3, 3, 3)
    <Lattice hypercubic 3x3x3x3, periodic: 81 sites, 324 bonds>
    >>> hypercubic(shape=(2, 2), periodic=False).bonds.tolist()
    [[0, 2], [0, 1], [1, 3], [2, 3]]
    """
    if shape is not None and sizes:
        raise InputError(f"hypercubic: expected sizes or shape, got both: {sizes} and {shape!r}")
    if shape is not None and not isinstance(shape, (list, tuple)):
        raise InputError(f"hypercubic: shape: expected a list of sizes, got {shape!r}")
    sizes = sizes if shape is None else tuple(shape)
    if not sizes:
        raise InputError("hypercubic: expected at least one size, got none; give for example (4, 4, 4, 4)")
    axes = range(len(sizes))
    unit = [tuple(int(axis == other) for other in axes) for axis in axes]
    cell = UnitCell(
        vectors=tuple(tuple(float(step) for step in row) for row in unit),
        basis=((0.0,) * len(sizes),),
        bonds=tuple(CellBond(0, 0, unit[axis], axis) for axis in axes),
    )
    return tiled("hypercubic", cell, sizes, periodic)
