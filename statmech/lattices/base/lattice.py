"""What every lattice has: sites, bonds, positions, neighbours and colours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from statmech.errors import InputError, ResourceError

__all__ = ["Floats", "Ints", "Lattice", "Neighbours", "Size", "frozen", "integer"]

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
        return frozen(bonds), frozen(kinds)

    @cached_property
    def positions(self) -> Floats:
        """Cartesian positions (N, d) for plotting, nearest neighbours at distance 1, read-only.

        Graphs get those they were given, or a circle (N, 2).
        """
        return frozen(self._make_positions())

    @cached_property
    def degrees(self) -> Ints:
        """Bond ends at each site, (N,), read-only; a self-loop has two."""
        return frozen(np.bincount(self.bonds.ravel(), minlength=self.sites).astype(np.int64))

    def neighbours(self) -> Neighbours:
        """Adjacency in CSR form (see :class:`Neighbours`), made once, read-only."""
        return self._neighbours

    @cached_property
    def _neighbours(self) -> Neighbours:
        ends = self.bonds.ravel()
        order = np.argsort(ends, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(self.degrees)])
        return Neighbours(frozen(indptr), frozen(ends[order ^ 1]), frozen(order // 2))

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


def integer(name: str, value: object, *, at_least: int) -> int:
    """`value` as a Python int, or an InputError that names it."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{name}: expected an integer, got {value!r} ({type(value).__name__})")
    if value < at_least:
        raise InputError(f"{name}: expected at least {at_least}, got {value!r}")
    return int(value)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, read-only from now on."""
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
    return frozen((first[upper] > first[lower]).astype(np.int64))
