"""A lattice whose layers along one direction are all alike: what is inside a layer and between two of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.lattices.base import Lattice, TiledLattice
from statmech.methods.transfer_matrix.costs import DiscreteModel
from statmech.methods.transfer_matrix.frontier import coordinates
from statmech.models.blume_capel import BlumeCapel

__all__ = ["Layers", "layers_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layers:
    """One layer of many equal ones.

    Attributes
    ----------
    count, width : int
        Layers, and sites of each.
    closed : bool
        Whether the last is bound to the first.
    inside, between : arrays of int, shapes (A, 2), (B, 2)
        Bonds within a layer, and from a layer (first column) to the next (second), sites counted within their layer.
    inside_couplings, between_couplings : arrays, shapes (A,), (B,)
        J of each.
    fields : array, shape (width,)
        h of each site.
    anisotropies : array, shape (width,), or None
        D of each site, where there is one.
    """

    count: int
    width: int
    closed: bool
    inside: Ints
    between: Ints
    inside_couplings: Array
    between_couplings: Array
    fields: Array
    anisotropies: Array | None


def layers_of(model: DiscreteModel, axis: int) -> Layers | None:
    """The layers of a model along one direction, or None where they differ or are fewer than three.

    None too where bonds go beyond the next layer. Numbers that are given as one for all bonds and sites are never
    spread over them: a strip of 10^9 rows costs nothing here.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> layers = layers_of(Ising(square(1000, 2, periodic=False)), 0)
    >>> layers.inside.tolist(), layers.between.tolist(), layers.count
    ([[0, 1]], [[0, 0], [1, 1]], 1000)
    """
    lattice = model.lattice
    count = lattice.shape[axis]
    if count < 3 or not isinstance(lattice, TiledLattice) or any(abs(b.offset[axis]) > 1 for b in lattice.cell.bonds):
        return None
    width = lattice.sites // count
    if isinstance(model.coupling, (int, float, np.number)):
        shape = tuple(2 if k == axis else size for k, size in enumerate(lattice.shape))
        periodic = tuple(k != axis and wraps for k, wraps in enumerate(lattice.periodic))
        short = replace(lattice, shape=shape, periodic=periodic, sites=2 * width, labels=())
        layer, local = _places(short, axis)
        ends, place = layer[short.bonds], local[short.bonds]
        step = ends[:, 1] - ends[:, 0]
        swapped = step < 0
        inner, outer = (step == 0) & (ends[:, 0] == 0), step != 0
        inside = place[inner]
        between = np.where(swapped[:, None], place[:, ::-1], place)[outer]
        couplings = float(model.coupling)
        found = inside, between, np.full(len(inside), couplings), np.full(len(between), couplings)
    else:
        found_or_none = _from_every_bond(lattice, axis, model.couplings, width)
        if found_or_none is None:
            return None
        found = found_or_none
    fields = _one_layer(model, "field", axis, width)
    anisotropies = _one_layer(model, "anisotropy", axis, width) if isinstance(model, BlumeCapel) else None
    if fields is None or (isinstance(model, BlumeCapel) and anisotropies is None):
        return None
    return Layers(count, width, lattice.periodic[axis], *found, fields, anisotropies)


def _places(lattice: Lattice, axis: int) -> tuple[Ints, Ints]:
    """Layer of each site, and its place in it, in the order of the sites."""
    place = coordinates(lattice)
    layer = place[:, axis]
    local = np.empty(lattice.sites, dtype=np.int64)
    order = np.argsort(layer, kind="stable")
    local[order] = np.tile(np.arange(lattice.sites // lattice.shape[axis]), lattice.shape[axis])
    return layer, local


def _one_layer(model: Any, name: str, axis: int, width: int) -> Array | None:
    """Numbers of the sites of one layer, or None where layers differ."""
    given = getattr(model, name)
    if isinstance(given, (int, float, np.number)):
        return np.full(width, float(given))
    numbers = {"field": "fields", "anisotropy": "anisotropies"}[name]
    layer, _ = _places(model.lattice, axis)
    rows = getattr(model, numbers)[np.argsort(layer, kind="stable")].reshape(-1, width)
    return rows[0] if bool(np.all(rows == rows[0])) else None


def _from_every_bond(
    lattice: Lattice, axis: int, couplings: Array, width: int
) -> tuple[Ints, Ints, Array, Array] | None:
    """Bonds inside and between layers, after comparing those of all layers."""
    layer, local = _places(lattice, axis)
    count, closed = lattice.shape[axis], lattice.periodic[axis]
    a, b = layer[lattice.bonds].T
    i, j = local[lattice.bonds].T
    step = b - a
    if closed:
        step = (step + 1) % count - 1  # -1, 0, 1 for neighbours, count >= 3
    back = step < 0
    first, i, j = np.where(back, b, a), np.where(back, j, i), np.where(back, i, j)
    low, high = np.where(step == 0, np.minimum(i, j), i), np.where(step == 0, np.maximum(i, j), j)
    found: list[tuple[Ints, Array]] = []
    for chosen, copies in ((step == 0, count), (step != 0, count if closed else count - 1)):
        code = low[chosen] * width + high[chosen]
        if code.size % copies:
            return None
        order = np.lexsort([couplings[chosen], code, first[chosen]])
        codes, numbers = code[order].reshape(copies, -1), couplings[chosen][order].reshape(copies, -1)
        if not (np.all(codes == codes[0]) and np.all(numbers == numbers[0])):
            return None
        found.append((np.stack([codes[0] // width, codes[0] % width], axis=1), numbers[0]))
    return found[0][0], found[1][0], found[0][1], found[1][1]
