"""The bonds of a graph, as they are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from statmech.errors import InputError
from statmech.lattices.base.lattice import Floats, Ints, Lattice, frozen

__all__ = ["GraphLattice"]


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
        object.__setattr__(self, "edges", frozen(edges))
        object.__setattr__(self, "edge_kind", frozen(kinds))
        if self.layout is not None:
            places = np.array(self.layout, dtype=np.float64)
            if places.ndim != 2 or len(places) != self.sites or not np.isfinite(places).all():
                raise InputError(f"{self.kind}: positions: expected {self.sites} finite rows, got shape {places.shape}")
            object.__setattr__(self, "layout", frozen(places))

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
