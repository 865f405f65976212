r"""A restricted Boltzmann machine is an Ising model on a bipartite graph: x = (1 + s) / 2.

.. math:: J_{ij} = \frac{W_{ji}}{4}, \qquad h_i = \frac{b_i}{2} + \sum_j \frac{W_{ji}}{4}, \qquad
          -E(v, h) = k - H(s)

The same scores in other words, so :func:`statmech.solve` gives the machine's F, U, S and C with temperature = tau.
"""

from __future__ import annotations

import numpy as np

from statmech.inference.energy_based.machine import RestrictedBoltzmannMachine
from statmech.lattices import graph
from statmech.models.ising import Ising

__all__ = ["to_ising"]


def to_ising(machine: RestrictedBoltzmannMachine) -> tuple[Ising, float]:
    """The Ising model with the machine's scores, and the constant between them.

    Parameters
    ----------
    machine : RestrictedBoltzmannMachine
        Of any size.

    Returns
    -------
    model : Ising
        On the complete bipartite graph: visible units are the first sites, hidden ones follow.
    constant : float
        -E(v, h) = constant - H(spins), so log Z of the machine is (constant - F) / tau at T = tau.

    Examples
    --------
    >>> model, constant = to_ising(RestrictedBoltzmannMachine([[4.0, -8.0]], [0.0, 0.0], [2.0]))
    >>> model.couplings, model.fields, constant
    (array([ 1., -2.]), array([ 1., -2.,  0.]), 0.0)
    """
    hidden, visible = machine.weights.shape
    rows, columns = np.indices((hidden, visible)).reshape(2, -1)
    edges = [(int(i), visible + int(j)) for j, i in zip(rows, columns, strict=True)]
    quarter = 0.25 * machine.weights
    fields = np.concatenate(
        [0.5 * machine.visible_bias + quarter.sum(axis=0), 0.5 * machine.hidden_bias + quarter.sum(axis=1)]
    )
    constant = float(0.5 * (machine.visible_bias.sum() + machine.hidden_bias.sum()) + quarter.sum())
    return Ising(graph(edges), quarter.ravel().tolist(), fields.tolist()), constant
