"""Ground states, means of single sites and bonds, and exact samples of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import UnsupportedError
from statmech.methods.elimination.base import HasNetwork, observable_of
from statmech.variable_elimination import MEMORY_LIMIT, Eliminator, GroundState

__all__ = ["LocalMeans", "ground_state", "local_means", "sample"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LocalMeans:
    """Means of single sites and bonds at one temperature.

    Attributes
    ----------
    magnetizations : array, shape (sites,)
        Mean of what the field couples to at each site: <s_i>, for Potts <delta(s_i, 0)>.
    bond_energies : array, shape (bonds,)
        Mean energy of each bond, in the order of ``lattice.bonds``, units of the couplings.
    bond_correlations : array, shape (bonds,)
        Mean of what the coupling multiplies: <s_i s_j>, for Potts <delta(s_i, s_j)>; known at J = 0 too.
    """

    magnetizations: Array
    bond_energies: Array
    bond_correlations: Array


def ground_state(model: HasNetwork, memory_limit: float = MEMORY_LIMIT) -> GroundState:
    """Ground energy, exact degeneracy and one ground state of a lattice model.

    Parameters
    ----------
    model : Ising, Potts, BlumeCapel or any model with ``network()``
        The Hamiltonian, fields included.
    memory_limit : float
        Bytes that tables may take.

    Returns
    -------
    GroundState
        ``configuration`` in the values of the model (spins -1, 1 for Ising).

    Raises
    ------
    ResourceError
        If the tables would not fit.

    Examples
    --------
    >>> from statmech.lattices import triangular
    >>> from statmech.models.ising import Ising
    >>> ground = ground_state(Ising(triangular(6, 6), coupling=-1.0))
    >>> ground.energy, ground.degeneracy
    (-36.0, 263640)
    """
    ground = Eliminator(model.network(), memory_limit=memory_limit).ground_state()
    return replace(ground, configuration=_values(model, ground.configuration))


def local_means(model: HasNetwork, temperature: float, memory_limit: float = MEMORY_LIMIT) -> LocalMeans:
    """Mean magnetisation of every site and mean energy of every bond, from one backward pass.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        The Hamiltonian, fields included.
    temperature : float
        T; zero, negative and infinite as everywhere.
    memory_limit : float
        Bytes that tables may take; all are kept.

    Returns
    -------
    LocalMeans

    Raises
    ------
    UnsupportedError
        If the model has no lattice.
    ResourceError
        If the tables would not fit.

    Examples
    --------
    >>> from statmech.lattices import chain
    >>> from statmech.models.ising import Ising
    >>> local_means(Ising(chain(4, periodic=False), field=[0.5, 0.0, 0.0, 0.0]), 1.0).magnetizations.round(4)
    array([0.4621, 0.3519, 0.268 , 0.2041])
    """
    lattice: Any = getattr(model, "lattice", None)
    if lattice is None or lattice.infinite:
        raise UnsupportedError(f"local_means: {model.kind!r} has no {'finite ' if lattice else ''}lattice")
    network = model.network()
    marginals = Eliminator(network, memory_limit=memory_limit).marginals(temperature)
    name = observable_of(network)
    magnetizations = np.zeros(network.size) if name is None else marginals.means(network.observables[name])
    energies, correlations = np.zeros(lattice.bond_count), np.zeros(lattice.bond_count)
    changed: Any = model
    unit = replace(changed, coupling=1.0).network()  # its scores are what the coupling multiplies
    loop = lattice.bonds[:, 0] == lattice.bonds[:, 1]
    for rows, batch, ones, p in zip((~loop, loop), network.factors, unit.factors, marginals.factors, strict=False):
        with np.errstate(invalid="ignore"):
            each = np.where(p > 0, p * -batch.scores, 0.0)
        energies[rows] = each.reshape(len(batch), each[:1].size).sum(axis=1)
        correlations[rows] = (p * ones.scores).reshape(len(batch), each[:1].size).sum(axis=1)
    return LocalMeans(magnetizations, energies, correlations)


def sample(
    model: HasNetwork,
    temperature: float,
    count: int,
    generator: np.random.Generator,
    memory_limit: float = MEMORY_LIMIT,
) -> Ints:
    """Independent, exactly distributed configurations, shape (count, sites), in the values of the model.

    At T = 0 they are uniform over the ground states.

    Raises
    ------
    ResourceError
        If the tables would not fit.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> s = sample(Ising(square(4, 4)), 2.0, 2000, np.random.default_rng(1))
    >>> bool(abs((s.sum(axis=1) / 16.0).mean()) < 0.1)
    True
    """
    return _values(model, Eliminator(model.network(), memory_limit=memory_limit).samples(temperature, count, generator))


def _values(model: HasNetwork, states: Ints) -> Ints:
    """State numbers as the model's own values."""
    values = getattr(model, "state_values", None)
    return states if values is None else np.asarray(values, dtype=np.int64)[states]
