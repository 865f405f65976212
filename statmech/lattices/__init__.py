"""Lattices: one function per family, each returning a :class:`Lattice` of sites, bonds and positions."""

from __future__ import annotations

from statmech.lattices.base import Lattice, Neighbours
from statmech.lattices.chain import chain
from statmech.lattices.graph import graph
from statmech.lattices.square import square

__all__ = ["Lattice", "Neighbours", "chain", "graph", "square"]
