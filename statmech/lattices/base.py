"""Lattice: sites, bonds and positions, a value without physics.

A lattice is either a :class:`UnitCell` repeated over a shape, or an :class:`EdgeList` (graphs). The arrays
are made when first asked for, so that a 10^4 x 10^4 torus meant for a closed form costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError, ResourceError

__all__ = ["CellBond", "EdgeList", "Lattice", "Neighbours", "Size", "UnitCell", "integer", "tiled"]

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Size: TypeAlias = int | Literal["infinite"]

MAX_SITES = 2**31  # site numbers fit int32 in every kernel
MAX_BONDS = 2**28  # 4 GiB of int64 pairs


class CellBond(NamedTuple):
    """A bond from site `source` of a cell to site `target` of the cell `offset` away, in direction `kind`."""

    source: int
    target: int
    offset: tuple[int, ...]
    kind: int


class Neighbours(NamedTuple):
    """Adjacency in CSR form: the bonds of site i are entries ``indptr[i]:indptr[i + 1]``, in bond order.

    ``indices`` (2B,) holds the site at the other end, ``bond_index`` (2B,) the row of ``Lattice.bonds``.
    A doubled bond appears twice, and so does a self-loop, in the row of its one site.
    """

    indptr: Ints
    indices: Ints
    bond_index: Ints


@dataclass(frozen=True)
class UnitCell:
    """The primitive cell: lattice vectors (d, d), sites in it, and the bonds that belong to it.

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

    def count_bonds(self, shape: tuple[int, ...], periodic: tuple[bool, ...]) -> int:
        """Number of bonds of `shape` cells, without making them."""
        return sum(
            math.prod(
                size if wraps else max(size - abs(step), 0)
                for size, wraps, step in zip(shape, periodic, bond.offset, strict=True)
            )
            for bond in self.bonds
        )

    def tile_bonds(self, shape: tuple[int, ...], periodic: tuple[bool, ...]) -> tuple[Ints, Ints]:
        """Bonds (B, 2) and their kinds (B,): cell by cell in row-major order, then as in `bonds`."""
        pairs = np.empty((*shape, len(self.bonds), 2), dtype=np.int64)
        present = np.ones((*shape, len(self.bonds)), dtype=bool)
        cells = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
        for column, (source, target, offset, _) in enumerate(self.bonds):
            there = np.zeros((1,) * len(shape), dtype=np.int64)
            for axis, (size, wraps, step) in enumerate(zip(shape, periodic, offset, strict=True)):
                along = [1] * len(shape)
                along[axis] = size
                moved = np.arange(step, size + step, dtype=np.int64)
                if not wraps:
                    present[..., column] &= ((moved >= 0) & (moved < size)).reshape(along)
                there = there + (moved % size).reshape(along) * math.prod(shape[axis + 1 :])
            pairs[..., column, 0] = cells * len(self.basis) + source
            pairs[..., column, 1] = there * len(self.basis) + target
        kinds = np.broadcast_to(np.array([bond.kind for bond in self.bonds], dtype=np.int64), present.shape)
        if all(periodic):
            return pairs.reshape(-1, 2), kinds.reshape(-1)
        return pairs[present], kinds[present]

    def tile_positions(self, shape: tuple[int, ...]) -> Floats:
        """Cartesian positions (N, d) of the sites of `shape` cells."""
        cells = np.indices(shape).reshape(len(shape), -1).T @ np.array(self.vectors)
        places: Floats = cells[:, None, :] + np.array(self.basis)[None, :, :]
        return places.reshape(-1, len(self.vectors))


@dataclass(frozen=True, eq=False)
class EdgeList:
    """The bonds of a graph, as they are.

    Parameters
    ----------
    sites : int
        Number of sites.
    bonds : array (B, 2) of int
        Site numbers 0 ... sites - 1 at the two ends of each bond.
    bond_kind : array (B,) of int
        A class per bond.
    positions : array (N, d) of float, optional
        For plotting only; the lattice puts its sites on a circle if left out.
    labels : tuple, optional
        What site i was called by the caller; () where sites are their own labels.

    Raises
    ------
    InputError
        A site number is out of range or an array has the wrong shape.
    """

    sites: int
    bonds: Ints
    bond_kind: Ints
    positions: Floats | None = None
    labels: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        sites = integer("sites", self.sites, at_least=1)
        _check_sites("graph", sites)
        bonds = np.array(self.bonds, dtype=np.int64, copy=True)
        if bonds.ndim != 2 or bonds.shape[1] != 2:
            raise InputError(f"edges: expected an array of shape (B, 2), got shape {bonds.shape}")
        outside = (bonds < 0) | (bonds >= sites)
        if outside.any():
            row = int(np.argmax(outside.any(axis=1)))
            raise InputError(
                f"edges: expected sites between 0 and {sites - 1}, got {bonds[row].tolist()} in edge {row}"
            )
        kinds = np.array(self.bond_kind, dtype=np.int64, copy=True)
        if kinds.shape != (len(bonds),):
            raise InputError(f"bond_kind: expected shape ({len(bonds)},), got {kinds.shape}")
        arrays: dict[str, NDArray[Any]] = {"bonds": bonds, "bond_kind": kinds}
        if self.positions is not None:
            places = arrays["positions"] = np.array(self.positions, dtype=np.float64, copy=True)
            if places.ndim != 2 or len(places) != sites or not np.isfinite(places).all():
                raise InputError(
                    f"positions: expected {sites} finite rows (one per site), got shape {places.shape}"
                )
        if self.labels and len(self.labels) != sites:
            raise InputError(f"labels: expected {sites}, got {len(self.labels)}")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "sites", sites)

    @cached_property
    def _key(self) -> tuple[Hashable, ...]:
        arrays = (self.bonds, self.bond_kind, self.positions)
        return (self.sites, self.labels, *((a.shape, a.tobytes()) for a in arrays if a is not None))

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, EdgeList) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)


@dataclass(frozen=True, repr=False)
class Lattice:
    """Sites, bonds and positions. Equal by value and hashable, so it can key a cache.

    Sites are numbered row-major (C order) over the cells, then over the basis: cell (x, y) of an Lx x Ly
    lattice with m sites per cell holds sites m (x Ly + y) ... + m - 1. Bonds come for each site in order, for
    each lattice direction in order (as the family documents), each once. A periodic direction of length 2
    keeps both bonds (two rows), one of length 1 makes self-loops (i, i); an open one of length 1 has none.

    Parameters
    ----------
    kind : str
        Name of the family, as in ``KINDS``.
    structure : UnitCell or EdgeList
        What it is made of.
    shape : tuple of int
        Primitive cells in each direction; () for graphs and infinite lattices.
    periodic : tuple of bool
        One per direction; () for graphs and infinite lattices.
    infinite : bool
        The infinite lattice, for closed forms only. `sites`, `bonds` and `positions` are those of one cell,
        with every bond folded back into it (as on a torus of one cell): never sum over these as if finite.

    Raises
    ------
    InputError
        Sizes that are no positive integers, the wrong number of them, or more than 2^31 sites.

    Examples
    --------
    >>> from statmech import lattices
    >>> lattice = lattices.square(3, 4, periodic=(True, False))
    >>> lattice
    <Lattice square 3x4, periodic x open: 12 sites, 21 bonds>
    >>> lattice.bonds[:3].tolist(), lattice.bond_kind[:3].tolist()
    ([[0, 4], [0, 1], [1, 5]], [0, 1, 0])
    """

    kind: str
    structure: UnitCell | EdgeList
    shape: tuple[int, ...] = ()
    periodic: tuple[bool, ...] = ()
    infinite: bool = False

    def __post_init__(self) -> None:
        tiles = isinstance(self.structure, UnitCell) and not self.infinite
        directions = self.dimension if tiles else 0
        if self.infinite and not isinstance(self.structure, UnitCell):
            raise InputError(f"{self.kind}: only a unit cell can be repeated for ever, got an edge list")
        if len(self.shape) != directions or len(self.periodic) != directions:
            raise InputError(
                f"{self.kind}: expected {directions} sizes and as many periodic flags, "
                f"got shape {self.shape}, periodic {self.periodic}"
            )
        for size in self.shape:
            integer(f"{self.kind}: size", size, at_least=1)
        _check_sites(self.kind, self.sites)

    def __reduce__(self) -> tuple[Any, ...]:
        # cached arrays stay behind: they would come back writable, and a torus travels as a few numbers
        return Lattice, (self.kind, self.structure, self.shape, self.periodic, self.infinite)

    def __repr__(self) -> str:
        if self.infinite:
            extent = " infinite"
        elif self.shape:
            ends = ["periodic" if wraps else "open" for wraps in self.periodic]
            joined = ends[0] if len(set(ends)) == 1 else " x ".join(ends)
            extent = f" {'x'.join(map(str, self.shape))}, {joined}"
        else:
            extent = ""
        per = " per cell" if self.infinite else ""
        return f"<Lattice {self.kind}{extent}: {self.sites} sites, {self.bond_count} bonds{per}>"

    @property
    def sites(self) -> int:
        """Number of sites N (of one cell, if infinite)."""
        if isinstance(self.structure, EdgeList):
            return self.structure.sites
        return math.prod(self.shape) * len(self.structure.basis)

    @property
    def dimension(self) -> int:
        """Number of lattice directions; 0 for graphs."""
        return len(self.structure.vectors) if isinstance(self.structure, UnitCell) else 0

    @property
    def cell_vectors(self) -> Floats:
        """Lattice vectors (d, d) in units of the nearest-neighbour distance; (0, 0) for graphs."""
        vectors = self.structure.vectors if isinstance(self.structure, UnitCell) else ()
        return np.array(vectors, dtype=np.float64).reshape(self.dimension, self.dimension)

    @property
    def labels(self) -> tuple[Hashable, ...]:
        """What the caller called the sites (networkx nodes); () where sites are their own labels."""
        return self.structure.labels if isinstance(self.structure, EdgeList) else ()

    @property
    def bond_count(self) -> int:
        """Number of bonds B (of one cell, if infinite); makes no array."""
        if isinstance(self.structure, EdgeList):
            return len(self.structure.bonds)
        return self.structure.count_bonds(*self._extent)

    @property
    def bonds_per_site(self) -> float:
        """B / N, for finite and infinite lattices."""
        return self.bond_count / self.sites

    @property
    def coordination(self) -> int:
        """Bonds that meet at a site inside the lattice; for graphs the largest number at any site."""
        if isinstance(self.structure, EdgeList):
            return int(self.degrees.max())
        ends = [site for bond in self.structure.bonds for site in (bond.source, bond.target)]
        return max((ends.count(site) for site in range(len(self.structure.basis))), default=0)

    @property
    def _extent(self) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        if self.infinite:
            return (1,) * self.dimension, (True,) * self.dimension
        return self.shape, self.periodic

    @cached_property
    def _tiled(self) -> tuple[Ints, Ints]:
        if isinstance(self.structure, EdgeList):
            return self.structure.bonds, self.structure.bond_kind
        if self.bond_count > MAX_BONDS:
            raise ResourceError(
                f"{self.kind}: the bonds of {self.sites} sites take {self.bond_count * 16 / 2**30:.0f} GiB; "
                "use a smaller shape, or a closed form, which needs none"
            )
        bonds, kinds = self.structure.tile_bonds(*self._extent)
        bonds.flags.writeable = False
        kinds.flags.writeable = False
        return bonds, kinds

    @property
    def bonds(self) -> Ints:
        """Sites at the two ends of each bond, (B, 2), read-only."""
        return self._tiled[0]

    @property
    def bond_kind(self) -> Ints:
        """Direction (or class) of each bond, (B,), read-only: for couplings that differ by direction."""
        return self._tiled[1]

    @cached_property
    def positions(self) -> Floats:
        """Cartesian positions (N, d), nearest neighbours at distance 1, read-only.

        Graphs get those they were given, or a circle (N, 2).
        """
        if isinstance(self.structure, EdgeList):
            if self.structure.positions is not None:
                return self.structure.positions
            angle = 2.0 * np.pi * np.arange(self.sites) / self.sites
            places = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        else:
            places = self.structure.tile_positions(self._extent[0])
        places.flags.writeable = False
        return places

    @cached_property
    def degrees(self) -> Ints:
        """Bond ends at each site, (N,), read-only; a self-loop has two."""
        counts: Ints = np.bincount(self.bonds.ravel(), minlength=self.sites).astype(np.int64)
        counts.flags.writeable = False
        return counts

    def neighbours(self) -> Neighbours:
        """Adjacency in CSR form (see :class:`Neighbours`), made once."""
        return self._neighbours

    @cached_property
    def _neighbours(self) -> Neighbours:
        ends = self.bonds.ravel()
        order = np.argsort(ends, kind="stable")
        parts = Neighbours(np.concatenate([[0], np.cumsum(self.degrees)]), ends[order ^ 1], order // 2)
        for array in parts:
            array.flags.writeable = False
        return parts

    @cached_property
    def sublattice(self) -> Ints:
        """Colour 0 or 1 of each site, (N,), such that every bond joins different colours, read-only.

        The lowest site of each connected part has colour 0. For an infinite lattice: of a block of 2^d cells.

        Raises
        ------
        InputError
            An odd cycle (a self-loop is one) forbids it: see `bipartite`.
        """
        colours = self._colours
        if colours is None:
            raise InputError(f"{self!r} is not bipartite: it has a cycle of odd length")
        return colours

    @property
    def bipartite(self) -> bool:
        """Whether two colours do, from the bonds themselves; an odd cycle or a self-loop says no."""
        return self._colours is not None

    @cached_property
    def _colours(self) -> Ints | None:
        if self.infinite:
            # translations change a colouring by a sign each, so a block of 2 cells a side decides it
            block = Lattice(self.kind, self.structure, (2,) * self.dimension, (True,) * self.dimension)
            return block._colours
        return _two_colours(self.sites, self.bonds)


def _two_colours(sites: int, bonds: Ints) -> Ints | None:
    """Two-colouring by the double cover (i, 0)-(j, 1), (i, 1)-(j, 0): an odd cycle joins its two copies."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([bonds, bonds[:, ::-1]]) + np.array([0, sites])
    ones = np.ones(len(ends), dtype=np.int8)
    cover = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(2 * sites, 2 * sites))
    part = connected_components(cover, directed=False)[1].astype(np.int64)
    upper, lower = part[:sites], part[sites:]
    if (upper == lower).any():
        return None
    # a part of the graph and its mirror image have two labels; whichever holds its first site names colour 0
    first = np.full(part.max() + 1, sites, dtype=np.int64)
    np.minimum.at(first, upper, np.arange(sites))
    colours: Ints = (first[upper] > first[lower]).astype(np.int64)
    colours.flags.writeable = False
    return colours


def _check_sites(kind: str, sites: int) -> None:
    if sites > MAX_SITES:
        raise InputError(f"{kind}: expected at most 2^31 sites, got {sites}; use a smaller size")


def integer(name: str, value: object, *, at_least: int) -> int:
    """`value` as a Python int, or an InputError that names it."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{name}: expected an integer, got {value!r} ({type(value).__name__})")
    if value < at_least:
        raise InputError(f"{name}: expected at least {at_least}, got {value!r}")
    return int(value)


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
        As for :class:`Lattice`; the message says what was expected and what came.
    """
    names = ["L"] if len(sizes) == 1 else [f"L{axis}" for axis in "xyz"[: len(sizes)]]
    if len(sizes) > 3:
        names = [f"L{axis + 1}" for axis in range(len(sizes))]
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
        return Lattice(kind, cell, infinite=True)
    if any(size is None for size in sizes):
        given = [size for size in sizes if size is not None]
        raise InputError(f"{kind}: expected {len(sizes)} sizes ({', '.join(names)}), got {given!r}")
    shape = tuple(integer(f"{kind}: {n}", size, at_least=1) for n, size in zip(names, sizes, strict=True))
    return Lattice(kind, cell, shape, _flags(kind, periodic, len(shape)))


def _flags(kind: str, periodic: object, directions: int) -> tuple[bool, ...]:
    flags = [periodic] * directions if isinstance(periodic, (bool, np.bool_)) else periodic
    listed = isinstance(flags, (list, tuple, np.ndarray))
    if not listed or not all(isinstance(flag, (bool, np.bool_)) for flag in flags):  # type: ignore[attr-defined]
        raise InputError(f"{kind}: periodic: expected true or false, or one per direction, got {periodic!r}")
    if len(flags) != directions:  # type: ignore[arg-type]
        raise InputError(f"{kind}: periodic: expected one per direction ({directions}), got {periodic!r}")
    return tuple(bool(flag) for flag in flags)  # type: ignore[attr-defined]
