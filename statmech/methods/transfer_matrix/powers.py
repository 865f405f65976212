r"""Powers of the matrix from one layer to the next, by squaring: any length, for narrow strips of equal layers.

An entry of T^n is the set of all states of n layers between given ends, so that matrices multiply by adding sets end
to end and merging over the layer between: lowest energy (an exact integer), log weight, mean and variance, all terms
positive, what is common taken off after every product. 10^9 layers are 30 squarings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.methods.transfer_matrix.costs import Costs
from statmech.methods.transfer_matrix.layers import Layers
from statmech.methods.transfer_matrix.sweep import CHUNK, multiply

__all__ = ["LayerMatrix", "layer_matrix", "power_entries"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LayerMatrix:
    """Costs and magnetisations from one layer to the next, and of one layer alone.

    Attributes
    ----------
    costs : array of int, shape (limbs, S, S)
        Of the bonds between two layers, and of the second layer.
    first : array of int, shape (limbs, S)
        Of one layer.
    moments : array, shape (S,)
        Magnetisation of one layer.
    """

    costs: Ints
    first: Ints
    moments: Array


def layer_matrix(layers: Layers, costs: Costs) -> LayerMatrix:
    """All states of a layer against all states of the next.

    Parameters
    ----------
    layers : Layers
        Bonds inside and between.
    costs : Costs
        Of the bonds inside, then of those between; of the sites of one layer.
    """
    q = costs.values.size
    size = q**layers.width
    digits = np.stack([np.arange(size) // q**c % q for c in range(layers.width)])
    first = np.zeros((costs.limbs, size), dtype=np.int64)
    between = np.zeros((costs.limbs, size, size), dtype=np.int64)
    for limb in range(costs.limbs):
        for c in range(layers.width):
            first[limb] += costs.sites[limb, c][digits[c]]
        for (i, j), u in zip(layers.inside.tolist(), costs.table_of.tolist(), strict=False):
            if i != j:  # self-loops are counted with the sites
                first[limb] += costs.tables[limb, u][digits[i], digits[j]]
        for (i, j), u in zip(layers.between.tolist(), costs.table_of[len(layers.inside) :].tolist(), strict=True):
            between[limb] += costs.tables[limb, u][digits[i][:, None], digits[j][None, :]]
    return LayerMatrix(between + first[:, None, :], first, costs.values[digits].sum(axis=0))


@dataclass(frozen=True, eq=False)
class _Power:
    """A matrix (limbs or columns, rows, S), and what was taken off all its entries."""

    e: Ints
    w: Array
    costs: tuple[int, ...]
    numbers: Array


def _product(left: _Power, right: _Power, beta: float, unit: float) -> _Power:
    """One after the other, merged over the layer between."""
    e, w = np.empty_like(left.e), np.empty_like(left.w)
    costs, numbers = np.empty(len(e), dtype=np.int64), np.empty(len(w))
    chunk = min(CHUNK, e.shape[2])
    multiply(beta, unit, left.e, left.w, right.e, right.w, e, w, chunk, costs, numbers)
    total = tuple(a + b + c for a, b, c in zip(left.costs, right.costs, costs.tolist(), strict=True))
    return _Power(e, w, total, left.numbers + right.numbers + numbers)


def power_entries(
    matrix: LayerMatrix, count: int, closed: bool, columns: int, beta: float, unit: float
) -> tuple[Ints, Array, tuple[int, ...], Array]:
    """The entries that add up to the sum over ``count`` layers: those on the diagonal, or all of the last row.

    Returns
    -------
    e, w : arrays, shapes (limbs, S), (columns, S)
        To be merged.
    costs, numbers : tuple of int, array (columns,)
        What they have in common.
    """
    limbs, size = matrix.first.shape
    w = np.zeros((columns, size, size))
    if columns > 3:
        w[3] = matrix.moments
    nothing = (0,) * limbs, np.zeros(columns)
    square = _Power(matrix.costs, w, *nothing)
    result = None
    if not closed:
        start = np.zeros((columns, 1, size))
        if columns > 3:
            start[3, 0] = matrix.moments
        result = _Power(matrix.first[:, None, :].copy(), start, *nothing)
    left = count if closed else count - 1
    while left:
        if left & 1:
            result = square if result is None else _product(result, square, beta, unit)
        left >>= 1
        if left:
            square = _product(square, square, beta, unit)
    assert result is not None
    if closed:
        diagonal = np.arange(size)
        e, w = result.e[:, diagonal, diagonal], result.w[:, diagonal, diagonal]
    else:
        e, w = result.e[:, 0], result.w[:, 0]
    return np.ascontiguousarray(e), np.ascontiguousarray(w), result.costs, result.numbers
