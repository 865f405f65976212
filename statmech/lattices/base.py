"""Lattice: sites, bonds and positions, a value without physics.

A lattice is a unit cell repeated over a shape (:class:`TiledLattice`) or a list of edges
(:class:`GraphLattice`). The arrays are made when first asked for, so that a 10^4 x 10^4 torus meant for a
closed form costs nothing.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError, ResourceError

__all__ = ["CellBond", "GraphLattice", "Lattice", "Neighbours", "TiledLattice", "UnitCell", "integer", "tiled"]

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Size: TypeAlias = int | Literal["infinite"]

MAX_SITES = 2**31  # site numbers fit int32 in every kernel
MAX_BONDS = 2**28  # 4 GiB of int64 pairs


class Neighbours(NamedTuple):
    """Adjacency in CSR form: the bonds of site i are entries ``indptr[i]:indptr[i + 1]``, in bond order.

    ``indices`` (2B,) holds the site at the other end, ``bond_index`` (2B,) the row of ``Lattice.bonds``.
    A doubled bond appears twice, and so does a self-loop, in the row of its one site.
    """

    indptr: Ints
    indices: Ints
    bond_index: Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class Lattice(ABC):
    """Sites, bonds and positions. Equal by value and hashable, so it can key a cache.

    Sites are numbered row-major (C order) over the cells, then over the basis: cell (x, y) of an Lx x Ly
    lattice with m sites per cell holds sites m (x Ly + y) ... + m - 1. Bonds come for each site in order, for
    each lattice direction in order (as the family documents), each once. A periodic direction of length 2
    keeps both bonds (two rows), one of length 1 makes self-loops (i, i); an open one of length 1 has none.

    A subclass is a frozen value and gives `bond_count`, `coordination` and the two functions that make the
    arrays, where ``len(_make_bonds()[0]) == bond_count``.

    Attributes
    ----------
    kind : str
        Name of the family, as in ``KINDS``.
    sites : int
        Number of sites N (of one cell, if infinite).
    shape, periodic : tuple of int, tuple of bool
        Primitive cells in each direction, and whether it wraps; () for graphs and infinite lattices.
    infinite : bool
        For closed forms only: `sites`, `bonds` and `positions` are those of one cell, with every bond folded
        back into it (as on a torus of one cell). Never sum over these as if they were all.
    labels : tuple
        What the caller called the sites (networkx nodes); () where sites are their own labels.

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
    sites: int
    shape: tuple[int, ...] = ()
    periodic: tuple[bool, ...] = ()
    infinite: bool = False
    labels: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        integer(f"{self.kind}: sites", self.sites, at_least=1)
        if self.sites > MAX_SITES:
            raise InputError(f"{self.kind}: expected at most 2^31 sites, got {self.sites}; use a smaller size")
        if self.labels and len(self.labels) != self.sites:
            raise InputError(f"{self.kind}: labels: expected {self.sites}, got {len(self.labels)}")

    @property
    def cell_vectors(self) -> Floats:
        """Lattice vectors (d, d) as rows, in units of the nearest-neighbour distance; (0, 0) for graphs."""
        return np.empty((0, 0))

    @property
    @abstractmethod
    def bond_count(self) -> int:
        """Number of bonds B (of one cell, if infinite); makes no array."""

    @property
    @abstractmethod
    def coordination(self) -> int:
        """Bonds that meet at a site inside the lattice; for graphs the largest number at any site."""

    @abstractmethod
    def _make_bonds(self) -> tuple[Ints, Ints]:
        """Bonds (B, 2) and their kinds (B,)."""

    def _make_positions(self) -> Floats:
        """Positions (N, d): a circle (N, 2), unless the subclass knows better."""
        angle = 2.0 * np.pi * np.arange(self.sites) / self.sites
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def __repr__(self) -> str:
        extent = " infinite" if self.infinite else ""
        if self.shape:
            ends = ["periodic" if wraps else "open" for wraps in self.periodic]
            joined = ends[0] if len(set(ends)) == 1 else " x ".join(ends)
            extent = f" {'x'.join(map(str, self.shape))}, {joined}"
        per = " per cell" if self.infinite else ""
        return f"<Lattice {self.kind}{extent}: {self.sites} sites, {self.bond_count} bonds{per}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # cached arrays stay behind: they would come back writable, and a torus travels as a few numbers
        return _rebuilt, (type(self), {field.name: getattr(self, field.name) for field in fields(self)})

    @property
    def dimension(self) -> int:
        """Number of lattice directions; 0 for graphs."""
        return len(self.cell_vectors)

    @property
    def bonds_per_site(self) -> float:
        """B / N, for finite and infinite lattices."""
        return self.bond_count / self.sites

    @property
    def bonds(self) -> Ints:
        """Sites at the two ends of each bond, (B, 2), read-only."""
        return self._bonds_and_kinds[0]

    @property
    def bond_kind(self) -> Ints:
        """Direction (or class) of each bond, (B,), read-only: for couplings that differ by direction."""
        return self._bonds_and_kinds[1]

    @cached_property
    def _bonds_and_kinds(self) -> tuple[Ints, Ints]:
        if self.bond_count > MAX_BONDS:
            raise ResourceError(
                f"{self.kind}: the {self.bond_count} bonds take {self.bond_count * 16 / 2**30:.0f} GiB; "
                "use a smaller size, or a closed form, which needs none"
            )
        bonds, kinds = self._make_bonds()
        return _frozen(bonds), _frozen(kinds)

    @cached_property
    def positions(self) -> Floats:
        """Cartesian positions (N, d) for plotting, nearest neighbours at distance 1, read-only.

        Graphs get those they were given, or a circle (N, 2).
        """
        return _frozen(self._make_positions())

    @cached_property
    def degrees(self) -> Ints:
        """Bond ends at each site, (N,), read-only; a self-loop has two."""
        return _frozen(np.bincount(self.bonds.ravel(), minlength=self.sites).astype(np.int64))

    def neighbours(self) -> Neighbours:
        """Adjacency in CSR form (see :class:`Neighbours`), made once, read-only."""
        return self._neighbours

    @cached_property
    def _neighbours(self) -> Neighbours:
        ends = self.bonds.ravel()
        order = np.argsort(ends, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(self.degrees)])
        return Neighbours(_frozen(indptr), _frozen(ends[order ^ 1]), _frozen(order // 2))

    @property
    def bipartite(self) -> bool:
        """Whether two colours do, from the bonds themselves; an odd cycle or a self-loop says no."""
        return self._colours is not None

    @property
    def sublattice(self) -> Ints:
        """Colour 0 or 1 of each site, (N,), such that every bond joins different colours, read-only.

        The lowest site of each connected part has colour 0. For an infinite lattice: of a block of 2^d cells.

        Raises
        ------
        InputError
            An odd cycle (a self-loop is one) forbids it: see `bipartite`.
        """
        if self._colours is None:
            raise InputError(f"{self!r} is not bipartite: it has a cycle of odd length")
        return self._colours

    @cached_property
    def _colours(self) -> Ints | None:
        return _two_colours(self.sites, self.bonds)


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
            return _two_colours(self.sites, self.bonds)
        # a translation at most swaps the colours, so a block of two cells a side decides
        return tiled(self.kind, self.cell, [2] * self.dimension, periodic=True)._colours


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class GraphLattice(Lattice):
    """The bonds of a graph, as they are.

    Parameters
    ----------
    edges : array (B, 2) of int
        Site numbers 0 ... sites - 1 at the two ends of each bond.
    edge_kind : array (B,) of int
        A class per bond.
    layout : array (N, d) of float, optional
        Positions for plotting; a circle if left out. The other fields are those of :class:`Lattice`.

    Raises
    ------
    InputError
        A site number is out of range or an array has the wrong shape.
    """

    edges: Ints
    edge_kind: Ints
    layout: Floats | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        edges, kinds = np.array(self.edges, dtype=np.int64), np.array(self.edge_kind, dtype=np.int64)
        if edges.ndim != 2 or edges.shape[1] != 2 or kinds.shape != edges.shape[:1]:
            raise InputError(f"{self.kind}: edges: expected (B, 2) and (B,), got {edges.shape}, {kinds.shape}")
        outside = ((edges < 0) | (edges >= self.sites)).any(axis=1)
        if outside.any():
            row = int(np.argmax(outside))
            found = f"got {edges[row].tolist()} in edge {row}"
            raise InputError(f"{self.kind}: edges: expected sites from 0 to {self.sites - 1}, {found}")
        object.__setattr__(self, "edges", _frozen(edges))
        object.__setattr__(self, "edge_kind", _frozen(kinds))
        if self.layout is not None:
            places = np.array(self.layout, dtype=np.float64)
            if places.ndim != 2 or len(places) != self.sites or not np.isfinite(places).all():
                raise InputError(f"{self.kind}: positions: expected {self.sites} finite rows, got shape {places.shape}")
            object.__setattr__(self, "layout", _frozen(places))

    @cached_property
    def _key(self) -> tuple[Hashable, ...]:
        layout = None if self.layout is None else (self.layout.shape, self.layout.tobytes())
        return self.kind, self.sites, self.labels, self.edges.tobytes(), self.edge_kind.tobytes(), layout

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, GraphLattice) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def bond_count(self) -> int:
        """Number of bonds B, as given."""
        return len(self.edges)

    @property
    def coordination(self) -> int:
        """The most bond ends at any site; a self-loop has two."""
        return int(self.degrees.max())

    def _make_bonds(self) -> tuple[Ints, Ints]:
        return self.edges, self.edge_kind

    def _make_positions(self) -> Floats:
        return super()._make_positions() if self.layout is None else self.layout


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


def integer(name: str, value: object, *, at_least: int) -> int:
    """`value` as a Python int, or an InputError that names it."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{name}: expected an integer, got {value!r} ({type(value).__name__})")
    if value < at_least:
        raise InputError(f"{name}: expected at least {at_least}, got {value!r}")
    return int(value)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _rebuilt(family: type[Lattice], values: dict[str, Any]) -> Lattice:
    return family(**values)


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
    return _frozen((first[upper] > first[lower]).astype(np.int64))
