"""Two layers of units without bonds inside a layer: states read, one layer summed over, the graph of both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.energy_based.units import softplus_sum
from statmech.networks import Factors, Network

__all__ = ["bipartite_network", "free_energies", "read_layer"]

Array = npt.NDArray[np.float64]

_BLOCK = 32768  # hidden units of as many rows at a time: they stay in the cache, 2.5 times faster


def read_layer(name: str, given: npt.ArrayLike, size: int) -> Array:
    """States of a layer of so many units, shape (..., size), as floats between 0 and 1."""
    x = np.asarray(given, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != size:
        raise InputError(f"{name}: expected shape (..., {size}); got {x.shape}")
    if not np.all((x >= 0.0) & (x <= 1.0)):
        raise InputError(f"{name}: expected units between 0 and 1; got {x[~((x >= 0.0) & (x <= 1.0))][0]}")
    return x


def free_energies(rows: Array, weights: Array, visible_bias: Array, hidden_bias: Array, tau: float) -> Array:
    """F(v) of each row of visible units, (rows,); at tau = 0 the energy with the best hidden state.

    Examples
    --------
    >>> free_energies(np.ones((1, 1)), np.zeros((3, 1)), np.ones(1), np.zeros(3), 1.0)      # -1 - 3 log 2
    array([-3.07944154])
    """
    energy = np.empty(len(rows))
    step = max(1, _BLOCK // len(weights))
    for part in (slice(first, first + step) for first in range(0, len(rows), step)):
        field = rows[part] @ weights.T + hidden_bias
        best = np.maximum(field, 0.0).sum(axis=1) if tau == 0.0 else tau * softplus_sum(field / tau, axis=1)
        energy[part] = -(rows[part] @ visible_bias) - best
    return energy


def bipartite_network(weights: Array, visible_bias: Array, hidden_bias: Array) -> Network:
    """Variables are the visible units, then the hidden ones; scores are -E."""
    rows, columns = np.indices(weights.shape).reshape(2, -1)
    both_on = np.zeros((weights.size, 2, 2))
    both_on[:, 1, 1] = weights.ravel()
    biases = np.concatenate([visible_bias, hidden_bias])
    on = np.stack([np.zeros_like(biases), biases], axis=1)
    return Network(
        np.full(biases.size, 2),
        (
            Factors(np.stack([columns, visible_bias.size + rows], axis=1), both_on),
            Factors(np.arange(biases.size)[:, None], on),
        ),
    )
