r"""Ancestral states: the posterior of every inner node, and the best of all at once.

Marginal (tau = 1): :math:`p(x_v = i \mid \text{data})`, summed over everything else. Joint (tau -> 0): the states of
all inner nodes, with the rate category, of the largest joint probability. The two need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.phylogeny.alignments import Alignment
from statmech.inference.phylogeny.gamma_rates import Gamma
from statmech.inference.phylogeny.likelihood import category_scores, posteriors
from statmech.inference.phylogeny.log_pruning import best_states
from statmech.inference.phylogeny.problem import prepare
from statmech.inference.phylogeny.substitution_models import SubstitutionModel
from statmech.inference.phylogeny.trees import Tree

__all__ = ["AncestralStates", "MarginalAncestors", "joint_ancestors", "marginal_ancestors"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MarginalAncestors:
    """Posterior probabilities of the states of the inner nodes, each by itself.

    Attributes
    ----------
    nodes : array of int, shape (I,)
        Numbers of the inner nodes in the tree, the root first.
    probabilities : array, shape (I, patterns, S)
        Of each state; they sum to 1.
    of_site : array of int, shape (sites,)
        Pattern of each site.
    alphabet : str
        The states.
    """

    nodes: Ints
    probabilities: Array
    of_site: Ints
    alphabet: str

    def at(self, node: int) -> Array:
        """Probabilities at one inner node, shape (sites, S).

        Raises
        ------
        InputError
            If it is no inner node.
        """
        return np.asarray(self.probabilities[_row(self.nodes, node)][self.of_site])

    def sequence(self, node: int) -> str:
        """The most probable state of each site at one inner node."""
        return "".join(self.alphabet[i] for i in self.at(node).argmax(axis=1).tolist())


@dataclass(frozen=True, eq=False)
class AncestralStates:
    """The best states of all inner nodes together.

    Attributes
    ----------
    nodes : array of int, shape (I,)
        Numbers of the inner nodes in the tree, the root first.
    states : array of int, shape (I, sites)
        Index of the state in the alphabet.
    categories : array of int, shape (sites,)
        Rate category that goes with them.
    scores : array, shape (sites,)
        log of the joint probability of data, states and category: the log-likelihood at tau = 0.
    alphabet : str
        The states.
    """

    nodes: Ints
    states: Ints
    categories: Ints
    scores: Array
    alphabet: str

    def sequence(self, node: int) -> str:
        """The states of one inner node.

        Raises
        ------
        InputError
            If it is no inner node.
        """
        return "".join(self.alphabet[i] for i in self.states[_row(self.nodes, node)].tolist())


def _row(nodes: Ints, node: int) -> int:
    found = np.flatnonzero(nodes == node)
    if not found.size:
        raise InputError(f"node: expected an inner node of the tree (.nodes lists them); got {node!r}")
    return int(found[0])


def marginal_ancestors(
    tree: Tree, alignment: Alignment, model: SubstitutionModel, gamma: Gamma | float | None = None
) -> MarginalAncestors:
    """Posterior of the states of every inner node at every site.

    Parameters
    ----------
    tree, alignment, model, gamma
        As for :func:`~statmech.inference.phylogeny.log_likelihood`.

    Raises
    ------
    InputError
        If the data are impossible, or as for :func:`~statmech.inference.phylogeny.log_likelihood`.

    References
    ----------
    Z. Yang, S. Kumar, M. Nei, Genetics 141, 1641 (1995), eq. 3.

    Examples
    --------
    >>> from statmech.inference.phylogeny import JC69, Alignment, parse_newick
    >>> tree = parse_newick("((human:0.1,chimp:0.1)ape:0.1,mouse:0.5);")
    >>> alignment = Alignment.from_sequences({"human": "ACA", "chimp": "ACG", "mouse": "ATT"})
    >>> ancestors = marginal_ancestors(tree, alignment, JC69())
    >>> ape = tree.names.index("ape")
    >>> ancestors.sequence(ape), ancestors.at(ape)[2].round(3)
    ('ACA', array([0.458, 0.016, 0.458, 0.067]))
    """
    problem = prepare(tree, alignment, model, gamma)
    probabilities = posteriors(problem, states=True)[3]
    probabilities.flags.writeable = False
    return MarginalAncestors(tree.inner, probabilities, problem.patterns.of_site, model.alphabet)


def joint_ancestors(
    tree: Tree, alignment: Alignment, model: SubstitutionModel, gamma: Gamma | float | None = None
) -> AncestralStates:
    """The most probable states of all inner nodes together, at each site: tau -> 0.

    Of equally good ones, those with the first state nearest to the root.

    Parameters
    ----------
    tree, alignment, model, gamma
        As for :func:`~statmech.inference.phylogeny.log_likelihood`.

    Raises
    ------
    InputError
        If the data are impossible, or as for :func:`~statmech.inference.phylogeny.log_likelihood`.

    References
    ----------
    T. Pupko, I. Pe'er, R. Shamir, D. Graur, Mol. Biol. Evol. 17, 890 (2000).

    Examples
    --------
    >>> from statmech.inference.phylogeny import JC69, Alignment, log_likelihood, parse_newick
    >>> tree = parse_newick("((human:0.1,chimp:0.1)ape:0.1,mouse:0.5);")
    >>> alignment = Alignment.from_sequences({"human": "ACT", "chimp": "ACG", "mouse": "ATT"})
    >>> best = joint_ancestors(tree, alignment, JC69())
    >>> best.sequence(tree.names.index("ape")), best.sequence(0)
    ('ACT', 'ACT')
    >>> bool(best.scores.sum() == log_likelihood(tree, alignment, JC69(), tau=0.0))
    True
    """
    problem = prepare(tree, alignment, model, gamma)
    inner, patterns = problem.shape[0], problem.codes.shape[1]
    with np.errstate(divide="ignore"):
        terms = np.log(problem.weights)[:, None] + category_scores(problem, 0.0)
    categories, scores = terms.argmax(axis=0).astype(np.int64), terms.max(axis=0)
    of_site = problem.patterns.of_site
    if np.any(scores == -np.inf):
        site = int(np.flatnonzero(scores[of_site] == -np.inf)[0]) + 1
        raise InputError(f"tree: site {site} of the alignment has probability 0 on it; no ancestors explain it")
    states = np.empty((inner, patterns), dtype=np.int64)
    if inner:
        log_p, tables, log_pi = problem.logarithms
        best_states(*problem.topology, log_p, tables, log_pi, problem.codes, categories, states)
    results = np.ascontiguousarray(states[:, of_site]), categories[of_site], scores[of_site]
    for array in results:
        array.flags.writeable = False
    return AncestralStates(tree.inner, *results, model.alphabet)
