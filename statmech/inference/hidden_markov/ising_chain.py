r"""The chain Ising model and the hidden Markov model of two states are one: the same scores in other words.

.. math:: \theta(x) = -H(s) + c, \qquad s_t = 2 x_t - 1, \qquad
          \mathrm{LSE}_\tau(\theta) = -F(T = \tau) + c

A field on site t is the log-odds of what was observed there, a coupling is the reluctance to change state, the
temperature is tau; the best path is the ground state and the posteriors are the magnetisations, <s_t> = 2 p_t(1) - 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.hidden_markov.chain import read_chain
from statmech.lattices import chain
from statmech.models.ising import Ising

__all__ = ["from_ising", "to_ising"]

Array = npt.NDArray[np.float64]


def from_ising(model: Ising) -> tuple[Array, Array, Array]:
    """The scores of an open Ising chain: state 0 is spin -1, state 1 is spin +1.

    Parameters
    ----------
    model : Ising
        On an open chain of at least one site, any couplings and fields.

    Returns
    -------
    log_initial, log_transition, log_likelihood : ndarray, shapes (2,), (T - 1, 2, 2), (T, 2)
        Zeros, J s s' and h s, in the unit of J; for :func:`log_likelihood` and its siblings with tau = temperature.

    Raises
    ------
    InputError
        If the bonds are not those of an open chain.

    Examples
    --------
    >>> from statmech import lattices
    >>> from statmech.inference.hidden_markov import log_likelihood
    >>> model = Ising(lattices.chain(3, periodic=False), coupling=1.0)
    >>> -round(log_likelihood(*from_ising(model), tau=2.0), 12)               # free energy at T = 2
    -4.639341111193
    >>> -round(float(2.0 * np.log(2 * (2 * np.cosh(0.5)) ** 2)), 12)
    -4.639341111193
    """
    bonds = np.sort(np.asarray(model.lattice.bonds).reshape(-1, 2), axis=1)
    order = np.argsort(bonds[:, 0], kind="stable")
    sites = np.arange(model.sites - 1)
    if not np.array_equal(bonds[order], np.stack([sites, sites + 1], axis=1)):
        raise InputError(
            "model: expected an Ising model on an open chain, lattices.chain(L, periodic=False); other lattices have "
            "statmech.solve"
        )
    spin = np.array([-1.0, 1.0])
    couplings = model.couplings[order]
    return np.zeros(2), couplings[:, None, None] * np.outer(spin, spin), model.fields[:, None] * spin


def to_ising(
    log_initial: npt.ArrayLike, log_transition: npt.ArrayLike, log_likelihood: npt.ArrayLike
) -> tuple[Ising, float]:
    """The Ising chain with the scores of a hidden Markov model of two states, and the constant between them.

    Parameters
    ----------
    log_initial, log_transition, log_likelihood : array_like, shapes (2,), (2, 2) or (T - 1, 2, 2), (T, 2)
        Finite scores: a probability of 0 would be an infinite field.

    Returns
    -------
    model : Ising
        Couplings and fields on an open chain of T sites.
    constant : float
        score(path) = constant - H(spins), so log-likelihood = constant - F at T = 1.

    Raises
    ------
    InputError
        If there are not two states, or a score is not finite.

    Examples
    --------
    >>> stay = np.log([[0.9, 0.1], [0.1, 0.9]])
    >>> model, constant = to_ising(np.log([0.5, 0.5]), stay, np.log([[0.8, 0.3], [0.8, 0.3]]))
    >>> model.couplings.round(6), model.fields.round(6)
    (array([1.098612]), array([-0.490415, -0.490415]))
    """
    given = read_chain(log_initial, log_transition, log_likelihood)
    if given.initial.size != 2 or not all(
        np.all(np.isfinite(a)) for a in (given.initial, given.transition, given.scores)
    ):
        raise InputError(
            "to_ising: expected two states and finite scores (no transition or observation of probability 0)"
        )
    theta = np.broadcast_to(given.transition, (given.steps - 1, 2, 2))
    site = given.scores.copy()
    site[0] += given.initial
    fields = 0.5 * (site[:, 1] - site[:, 0])
    fields[:-1] += 0.25 * ((theta[:, 1, 0] - theta[:, 0, 0]) + (theta[:, 1, 1] - theta[:, 0, 1]))
    fields[1:] += 0.25 * ((theta[:, 0, 1] - theta[:, 0, 0]) + (theta[:, 1, 1] - theta[:, 1, 0]))
    couplings = 0.25 * ((theta[:, 0, 0] - theta[:, 0, 1]) + (theta[:, 1, 1] - theta[:, 1, 0]))
    constant = float(0.5 * site.sum() + 0.25 * theta.sum())
    return Ising(chain(given.steps, periodic=False), couplings.tolist(), fields.tolist()), constant
