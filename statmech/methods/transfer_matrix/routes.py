"""Which way through a lattice costs least: along which direction, corner to corner, or by powers of a matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, log2
from typing import Any

from statmech.lattices.base import Lattice
from statmech.methods.transfer_matrix.costs import DiscreteModel, flips, site_numbers, states_of
from statmech.methods.transfer_matrix.frontier import first_layer, walk
from statmech.methods.transfer_matrix.layers import layers_of
from statmech.methods.transfer_matrix.start_rows import start_rows
from statmech.methods.transfer_matrix.sweep import CHUNK

__all__ = ["Route", "all_routes", "best_route"]

_SAMPLE = 6  # layers that are walked through to know what all cost
_MOST_STARTS = 2**18  # states of a first layer that are listed
_LARGEST_MATRIX = 1024
_MOST_SITES = 1_000_000  # a walk takes some 10 us per site to plan
_HOPELESS = 64  # log2 of the states of a row that need no closer look
_SQUARISH = 4096  # sites up to which corner to corner is tried

# Seconds per pair of entries merged, by the numbers that an entry holds (measured): vectors that stay in the cache,
# those that do not, and matrices; and per step, or per row of a product.
_IN_CACHE = {3: 1.1e-8, 6: 1.7e-8}
_BEYOND = {3: 1.5e-8, 6: 2.4e-8}
_OF_MATRIX = {3: 6e-9, 6: 1e-8}
_CACHE = 2**17  # entries
_PER_STEP, _PER_ROW = 1.2e-6, 3e-7


@dataclass(frozen=True)
class Route:
    """A way to sum over a model, and what it costs at one temperature.

    Attributes
    ----------
    direction : tuple of int
        As for :func:`walk`.
    closed : bool
        Whether the first layer is held in each of its states in turn.
    power : bool
        Whether it is a power of a matrix.
    digits : int
        Sites of the largest vector, or of a layer for a matrix.
    entries, starts : float
        Entries of the vector or of the matrix; states of the first layer that symmetry leaves.
    merges, steps : float
        Pairs of entries merged and loops started, all starts together.
    """

    direction: tuple[int, ...]
    closed: bool
    power: bool
    digits: int
    entries: float
    starts: float
    merges: float
    steps: float

    def seconds(self, columns: int) -> float:
        """Time at one temperature, with so many numbers per entry."""
        if self.power:
            return self.merges * _OF_MATRIX[columns] + self.steps * _PER_ROW
        each = (_IN_CACHE if self.entries <= _CACHE else _BEYOND)[columns]
        return self.merges * each + self.steps * _PER_STEP

    def memory(self, columns: int) -> float:
        """Bytes of all vectors or matrices, two integers per entry."""
        return self.entries * (2 + columns) * 8.0 * (3 if self.power else 2)


def best_route(model: DiscreteModel) -> Route | None:
    """The fastest way, or None where there are too many sites for any."""
    return min(all_routes(model), key=lambda route: route.seconds(3), default=None)


def all_routes(model: DiscreteModel) -> list[Route]:
    """Every way with its cost: powers and walks along each axis, held or not, and corner to corner.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> for route in all_routes(Ising(square(12, 4))):
    ...     print(route.direction, route.closed, route.power, route.digits, int(route.merges))
    (1, 0) True True 4 16384
    (1, 0) False False 7 5051
    (1, 0) True False 4 2628
    (0, 1) False False 23 130023419
    (0, 1) True False 12 8827066
    """
    lattice, q = model.lattice, states_of(model)
    mirror, shape = flips(model) and q == 2, lattice.shape
    found: list[Route] = []
    for axis, size in enumerate(shape):
        direction, width = tuple(int(k == axis) for k in range(len(shape))), lattice.sites // size
        if width * log2(q) <= log2(_LARGEST_MATRIX) and layers_of(model, axis) is not None:
            found.append(_power(direction, width, q, size, lattice.periodic[axis]))
        if lattice.sites > _MOST_SITES:
            continue
        if width * log2(q) > _HOPELESS:
            found.append(_route(direction, False, width, q, 1.0, size * width * _raised(q, width + 1), lattice.sites))
            continue
        found.append(_walked(lattice, axis, direction, False, mirror, q, 1.0))
        if lattice.periodic[axis] and size > 1:
            starts = _raised(q, width)
            if starts <= _MOST_STARTS:
                rows, _ = start_rows(
                    lattice, first_layer(lattice, axis), model.couplings, site_numbers(model), q, flips(model)
                )
                starts = float(len(rows))
            found.append(_walked(lattice, axis, direction, True, False, q, starts))
    if len(shape) > 1 and not any(lattice.periodic) and lattice.sites <= _SQUARISH:
        for last in (1, -1):
            direction = (*(1,) * (len(shape) - 1), last)
            plan = walk(lattice, direction, False, mirror)
            found.append(_route(direction, False, plan.digits, q, 1.0, plan.merges(q), len(plan.steps)))
    return found


def _raised(q: int, digits: int) -> float:
    """q^digits, infinite where float64 ends."""
    return float(q) ** digits if digits * log2(q) < 1000 else inf


def _route(
    direction: tuple[int, ...], closed: bool, digits: int, q: int, starts: float, merges: float, steps: float
) -> Route:
    return Route(direction, closed, False, digits, _raised(q, digits), starts, starts * merges, starts * steps)


def _power(direction: tuple[int, ...], width: int, q: int, count: int, closed: bool) -> Route:
    """Squarings of a matrix, and products with it: of matrices on a ring, else of a vector."""
    size = _raised(q, width)
    length = count if closed else count - 1
    squarings, products = length.bit_length() - 1, length.bit_count() - (1 if closed else 0)
    merges = squarings * size**3 + products * (size**3 if closed else size**2)
    steps = merges / min(size, float(CHUNK))
    return Route(direction, closed, True, width, size * size, 1.0, merges, steps)


def _walked(
    lattice: Lattice, axis: int, direction: tuple[int, ...], closed: bool, mirror: bool, q: int, starts: float
) -> Route:
    """A walk along an axis; of many layers only the first few are walked through."""
    size = lattice.shape[axis]
    plan = walk(_shortened(lattice, axis, min(size, _SAMPLE)), direction, closed, mirror)
    merges, steps = plan.merges(q), float(len(plan.steps))
    if size > _SAMPLE:
        less = walk(_shortened(lattice, axis, _SAMPLE - 1), direction, closed, mirror)
        merges += (size - _SAMPLE) * (merges - less.merges(q))
        steps += (size - _SAMPLE) * (steps - len(less.steps))
    return _route(direction, closed, plan.digits, q, starts, merges, steps)


def _shortened(lattice: Lattice, axis: int, size: int) -> Lattice:
    """The same lattice with fewer layers."""
    if size == lattice.shape[axis]:
        return lattice
    shape = tuple(size if k == axis else length for k, length in enumerate(lattice.shape))
    smaller: dict[str, Any] = {"shape": shape, "sites": lattice.sites // lattice.shape[axis] * size, "labels": ()}
    return replace(lattice, **smaller)
