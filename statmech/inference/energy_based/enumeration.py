r"""Exact sums over a restricted Boltzmann machine: all states of one layer, the other summed unit by unit.

.. math:: Z = \sum_{x \in \{0,1\}^s} e^{a \cdot x} \prod_j \bigl(1 + e^{c_j + (M x)_j}\bigr)

The cost is 2^s times the units of the other layer; memory is one block. The low bits of x share one table of M x per
block, the high bits add one number per unit to it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from statmech.errors import ResourceError
from statmech.inference.energy_based.units import softplus_sum
from statmech.logspace import logsumexp, softmax

__all__ = ["ENUMERATION_LIMIT", "log_z", "sample"]

Array = npt.NDArray[np.float64]

ENUMERATION_LIMIT = 25  # units of the summed layer: 2^25 states beside 25 other units take seconds

_BLOCK = 65536  # numbers: 512 kB stay in the second-level cache


def log_z(matrix: Array, bias: Array, other_bias: Array) -> float:
    """log Z by summing over all states of the layer with `bias`.

    Parameters
    ----------
    matrix : ndarray, shape (m, s)
        Weights, one row per unit of the other layer.
    bias, other_bias : ndarray, shapes (s,), (m,)
        Of the enumerated layer and of the other.

    Raises
    ------
    ResourceError
        If s is above ``ENUMERATION_LIMIT``.

    Examples
    --------
    >>> round(log_z(np.zeros((3, 2)), np.zeros(2), np.zeros(3)) / float(np.log(2.0)), 12)
    5.0
    """
    _check(bias.size)
    return float(logsumexp([logsumexp(block) for block in _blocks(matrix, bias, other_bias)]))


def sample(matrix: Array, bias: Array, other_bias: Array, count: int, generator: np.random.Generator) -> Array:
    """Independent exact states of the enumerated layer, shape (count, s): one pass for the blocks, one for the states.

    Raises
    ------
    ResourceError
        If s is above ``ENUMERATION_LIMIT``.
    """
    _check(bias.size)
    totals = np.array([logsumexp(block) for block in _blocks(matrix, bias, other_bias)])
    shares = generator.multinomial(count, softmax(totals))
    width = _low_bits(matrix)
    found = []
    for number, block in enumerate(_blocks(matrix, bias, other_bias)):
        if shares[number]:
            inside = generator.choice(block.size, size=shares[number], p=softmax(block))
            found.append((number << width) + inside)
    states = generator.permutation(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return _bits(states, bias.size)


def _check(size: int) -> None:
    if size > ENUMERATION_LIMIT:
        raise ResourceError(
            f"enumeration: the smaller layer has {size} units, 2^{size} states; the limit is {ENUMERATION_LIMIT}. "
            "Use annealed_importance or log_z_bounds for log Z, gibbs for samples"
        )


def _low_bits(matrix: Array) -> int:
    others, size = matrix.shape
    return min(int(size), max(1, _BLOCK // int(others)).bit_length() - 1)


def _bits(states: npt.NDArray[np.int64], size: int) -> Array:
    return ((states[:, None] >> np.arange(size)) & 1).astype(np.float64)


def _blocks(matrix: Array, bias: Array, other_bias: Array) -> Iterator[Array]:
    """Log-weights of all states, in order, in blocks of equal size."""
    size, width = bias.size, _low_bits(matrix)
    low = _bits(np.arange(1 << width), size)[:, :width]
    table = matrix[:, :width] @ low.T + other_bias[:, None]
    scores = low @ bias[:width]
    for high in range(1 << (size - width)):
        upper = _bits(np.array([high]), size - width)[0]
        shift = matrix[:, width:] @ upper
        yield softplus_sum(table + shift[:, None], axis=0) + (scores + upper @ bias[width:])
