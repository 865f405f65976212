"""A unit cell repeated over a shape, or for ever."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from statmech.errors import InputError
from statmech.lattices.base.lattice import Floats, Ints, Lattice, Size, integer

__all__ = ["CellBond", "TiledLattice", "UnitCell", "tiled"]


class CellBond(NamedTuple):
    """A bond from site `source` of a cell to site `target` of the cell `offset` away, in direction `kind`."""

    source: int
    target: int
    offset: tuple[int, ...]
    kind: int


@dataclass(frozen=True)
class UnitCell:
    """The primitive cell: lattice vectors, the sites in it, and the bonds that belong to it.

    Parameters
    ----------
    vectors : tuple of d tuples of float
        Lattice vectors, in units of the nearest-neighbour distance.
    basis : tuple of tuples of float
        Cartesian positions of the sites of one cell, same unit.
    bonds : tuple of CellBond
        Each bond of the lattice once, ordered by `source`; this is the order in which sites list them.

    Raises
    ------
    InputError
        A bond names a site that is not in the basis, has the wrong dimension, or is out of order.
    """

    vectors: tuple[tuple[float, ...], ...]
    basis: tuple[tuple[float, ...], ...]
    bonds: tuple[CellBond, ...]

    def __post_init__(self) -> None:
        sources = [bond.source for bond in self.bonds]
        if sources != sorted(sources):
            raise InputError(f"bonds: expected ordered by source, got sources {sources}")
        for bond in self.bonds:
            known = 0 <= bond.source < len(self.basis) and 0 <= bond.target < len(self.basis)
            if not known or len(bond.offset) != len(self.vectors):
                raise InputError(
                    f"bonds: {bond} does not fit {len(self.basis)} sites in {len(self.vectors)} dimensions"
                )


@dataclass(frozen=True, repr=False, kw_only=True)
class TiledLattice(Lattice):
    """A unit cell repeated over a shape, or for ever. Made by :func:`tiled`, which checks what users give.

    Parameters
    ----------
    cell : UnitCell
        What is repeated; the other fields are those of :class:`Lattice`.

    Raises
    ------
    InputError
        More than 2^31 sites, or sizes and flags that do not fit the cell.
    """

    cell: UnitCell

    def __post_init__(self) -> None:
        super().__post_init__()
        d = 0 if self.infinite else len(self.cell.vectors)
        if len(self.shape) != d or len(self.periodic) != d or min(self.shape, default=1) < 1:
            raise InputError(f"{self.kind}: expected {d} sizes and flags, got {self.shape} and {self.periodic}")
        if self.sites != math.prod(self.shape) * len(self.cell.basis):
            raise InputError(f"{self.kind}: {self.shape} cells do not have {self.sites} sites")

    @property
    def _extent(self) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        d = self.dimension
        return ((1,) * d, (True,) * d) if self.infinite else (self.shape, self.periodic)

    @property
    def cell_vectors(self) -> Floats:
        """Lattice vectors (d, d) as rows, in units of the nearest-neighbour distance."""
        return np.array(self.cell.vectors)

    @property
    def bond_count(self) -> int:
        """Number of bonds B: an open direction loses those that would leave it."""
        return sum(
            math.prod(
                size if wraps else max(size - abs(step), 0)
                for size, wraps, step in zip(*self._extent, bond.offset, strict=True)
            )
            for bond in self.cell.bonds
        )

    @property
    def coordination(self) -> int:
        """Bonds that meet at a site inside (the most, where the sites of the basis differ)."""
        ends = [site for bond in self.cell.bonds for site in (bond.source, bond.target)]
        return max((ends.count(site) for site in range(len(self.cell.basis))), default=0)

    def _make_bonds(self) -> tuple[Ints, Ints]:
        shape, periodic = self._extent
        columns, m = self.cell.bonds, len(self.cell.basis)
        pairs = np.empty((*shape, len(columns), 2), dtype=np.int64)
        present = np.ones((*shape, len(columns)), dtype=bool)
        here = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
        for column, bond in enumerate(columns):
            there = np.zeros_like(here)
            for axis, (size, wraps, step) in enumerate(zip(shape, periodic, bond.offset, strict=True)):
                along = [size if other == axis else 1 for other in range(len(shape))]
                moved = np.arange(step, size + step, dtype=np.int64)
                if not wraps:
                    present[..., column] &= ((moved >= 0) & (moved < size)).reshape(along)
                there += (moved % size).reshape(along) * math.prod(shape[axis + 1 :])
            pairs[..., column, 0] = here * m + bond.source
            pairs[..., column, 1] = there * m + bond.target
        kinds = np.broadcast_to(np.array([bond.kind for bond in columns], dtype=np.int64), present.shape)
        return pairs[present], kinds[present]

    def _make_positions(self) -> Floats:
        shape, _ = self._extent
        cells = np.indices(shape).reshape(len(shape), -1).T @ self.cell_vectors
        places: Floats = cells[:, None, :] + np.array(self.cell.basis)[None, :, :]
        return places.reshape(-1, len(shape))

    @cached_property
    def _colours(self) -> Ints | None:
        if not self.infinite:
            return super()._colours
        # a translation at most swaps the colours, so a block of two cells a side decides
        return tiled(self.kind, self.cell, [2] * self.dimension, periodic=True)._colours


def tiled(
    kind: str,
    cell: UnitCell,
    sizes: Sequence[Size | None],
    periodic: bool | Sequence[bool],
    *,
    closed_form: bool = False,
) -> Lattice:
    """The lattice of `cell` over `sizes`, after checking what the caller gave.

    Parameters
    ----------
    kind : str
        Name of the family, for messages and ``Lattice.kind``.
    cell : UnitCell
        The cell to repeat.
    sizes : sequence
        Cells in each direction; ``"infinite"`` in first place, alone, for the infinite lattice.
    periodic : bool or sequence of bool
        For all directions, or one each.
    closed_form : bool
        Whether the infinite lattice has one; otherwise asking for it is an error.

    Raises
    ------
    InputError
        Sizes that are no positive integers, the wrong number of them, flags that are no truth values.
    """
    d = len(sizes)
    axes = [""] if d == 1 else list("xyz"[:d]) if d <= 3 else [str(axis + 1) for axis in range(d)]
    names = [f"L{axis}" for axis in axes]
    if any(isinstance(size, str) and size == "infinite" for size in sizes):
        if not closed_form:
            raise InputError(
                f"{kind}: expected integers, got 'infinite'; closed forms exist for chain, square, "
                "triangular, honeycomb and kagome only"
            )
        if any(size not in ("infinite", None) for size in sizes):
            raise InputError(f"{kind}: 'infinite' stands alone, got {tuple(sizes)!r}")
        if periodic is not True:
            raise InputError(f"{kind}: periodic: an infinite lattice has no boundary, got {periodic!r}")
        return TiledLattice(kind=kind, sites=len(cell.basis), infinite=True, cell=cell)
    if any(size is None for size in sizes):
        given = [size for size in sizes if size is not None]
        raise InputError(f"{kind}: expected {d} sizes ({', '.join(names)}), got {given!r}")
    shape = tuple(integer(f"{kind}: {n}", size, at_least=1) for n, size in zip(names, sizes, strict=True))
    flags: list[Any] = list(periodic) if isinstance(periodic, (list, tuple, np.ndarray)) else [periodic] * d
    if not all(isinstance(flag, (bool, np.bool_)) for flag in flags):
        raise InputError(f"{kind}: periodic: expected true or false, or one per direction, got {periodic!r}")
    if len(flags) != d:
        raise InputError(f"{kind}: periodic: expected one per direction ({d}), got {periodic!r}")
    sites = math.prod(shape) * len(cell.basis)
    return TiledLattice(kind=kind, sites=sites, shape=shape, periodic=tuple(map(bool, flags)), cell=cell)
