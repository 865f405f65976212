"""Lattices: one function per family, each returning a :class:`Lattice` of sites, bonds and positions.

Files are called ``square_lattice``, not ``square``: a submodule imported by its path would take the place of
the function of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any

import numpy as np

from statmech.errors import InputError
from statmech.lattices.base import CellBond, Lattice, Neighbours, TiledLattice, UnitCell
from statmech.lattices.bcc_lattice import bcc
from statmech.lattices.chain_lattice import chain
from statmech.lattices.complete_graph import complete
from statmech.lattices.cubic_lattice import cubic
from statmech.lattices.fcc_lattice import fcc
from statmech.lattices.graphs import graph
from statmech.lattices.honeycomb_lattice import honeycomb
from statmech.lattices.hypercubic_lattice import hypercubic
from statmech.lattices.kagome_lattice import kagome
from statmech.lattices.square_lattice import square
from statmech.lattices.trees import tree
from statmech.lattices.triangular_lattice import triangular

FAMILIES: tuple[Callable[..., Lattice], ...] = (
    chain,
    square,
    triangular,
    honeycomb,
    kagome,
    cubic,
    bcc,
    fcc,
    hypercubic,
    complete,
    tree,
    graph,
)
KINDS = MappingProxyType({family.__name__: family for family in FAMILIES})

__all__ = [
    "KINDS",
    "CellBond",
    "Lattice",
    "Neighbours",
    "TiledLattice",
    "UnitCell",
    "bcc",
    "chain",
    "complete",
    "cubic",
    "fcc",
    "graph",
    "honeycomb",
    "hypercubic",
    "kagome",
    "make",
    "square",
    "tree",
    "triangular",
]


def make(kind: str, *, shape: Any = None, periodic: Any = True, edges: Any = None, **parameters: Any) -> Lattice:
    """The lattice that a configuration describes, ``{kind: square, shape: [16, 16], periodic: true}``.

    Parameters
    ----------
    kind : str
        A name in ``KINDS``.
    shape : int, sequence of int or "infinite", optional
        Primitive cells in each direction; a bare integer for one dimension.
    periodic : bool or sequence of bool
        For all directions, or one each.
    edges : sequence, optional
        For ``graph``.
    **parameters
        What else the family takes: ``n`` (complete), ``coordination``, ``branching``, ``depth`` (tree),
        ``sites``, ``positions`` (graph).

    Raises
    ------
    InputError
        An unknown kind or parameter (with the nearest known name), one missing, or a value that does not fit.

    Examples
    --------
    >>> make("chain", shape=8, periodic=False)
    <Lattice chain 8, open: 8 sites, 7 bonds>
    >>> make("tree", coordination=3, depth=1)
    <Lattice tree: 4 sites, 3 bonds>
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}{_nearest(kind, KINDS)}")
    family = KINDS[kind]
    known = signature(family).parameters
    tiles = "periodic" in known
    names = [name for name in known if name[0] == "L"]
    if edges is not None:
        parameters["edges"] = edges
    if tiles:
        parameters["periodic"] = periodic
    elif periodic is not True:
        raise InputError(f"{kind}: periodic: a {kind} has no directions, got {periodic!r}; leave it out")
    if shape is not None:
        sizes = _sizes(kind, shape)
        if sizes == ("infinite",):
            sizes = ("infinite",) * max(len(names), 1)
        if not tiles:
            raise InputError(f"{kind}: shape: a {kind} has none, got {shape!r}; it takes {', '.join(known)}")
        if kind == "hypercubic":
            parameters["shape"] = sizes
        elif len(sizes) != len(names):
            raise InputError(f"{kind}: shape: expected {len(names)} sizes ({', '.join(names)}), got {shape!r}")
        elif set(names) & set(parameters):
            raise InputError(f"{kind}: expected shape or {', '.join(names)}, got both")
        else:
            parameters.update(zip(names, sizes, strict=False))

    accepted = ["shape", *(name for name in known if name not in ("sizes", "shape"))] if tiles else list(known)
    for name in parameters:
        if name not in accepted:
            expected = ", ".join(accepted)
            raise InputError(f"{kind}: unknown parameter {name!r}, expected {expected}{_nearest(name, accepted)}")
    for name, parameter in known.items():
        if name not in parameters and parameter.default is Parameter.empty and name != "sizes":
            raise InputError(f"{kind}: {'shape' if tiles else name}: missing; expected {', '.join(accepted)}")
    return family(**parameters)


def _sizes(kind: str, shape: Any) -> tuple[Any, ...]:
    if isinstance(shape, (list, tuple, np.ndarray)):
        return tuple(shape)
    if shape == "infinite" or isinstance(shape, (int, np.integer)):
        return (shape,)
    raise InputError(
        f"{kind}: shape: expected an integer per direction or 'infinite', got {shape!r}{_nearest(shape, ['infinite'])}"
    )


def _nearest(name: object, names: Any) -> str:
    close = get_close_matches(name, names, n=1) if isinstance(name, str) else []
    return f"; did you mean {close[0]!r}?" if close else ""
