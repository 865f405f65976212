r"""The likelihood of a tree, and its gradient in the branch lengths.

.. math:: \log L = \sum_{\text{sites}} \log \sum_k w_k \sum_x \pi_{x_\text{root}} \prod_{u \to v} P_{x_u x_v}(r_k t_v)

over rate categories k and states x of the inner nodes. At another temperature,
:math:`\mathrm{LSE}_\tau` of the logarithms of the same terms: tau -> 0 is the best category and ancestors.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, log
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.phylogeny.alignments import Alignment
from statmech.inference.phylogeny.gamma_rates import Gamma
from statmech.inference.phylogeny.log_pruning import log_prune, log_prune_and_return
from statmech.inference.phylogeny.problem import Problem, checked_tau, prepare
from statmech.inference.phylogeny.pruning import SCALE_BITS, prune, prune_and_return
from statmech.inference.phylogeny.substitution_models import SubstitutionModel
from statmech.inference.phylogeny.trees import Tree
from statmech.logspace import logsumexp

__all__ = ["BranchGradient", "branch_length_gradient", "category_scores", "log_likelihood", "posteriors"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@overload
def log_likelihood(
    tree: Tree,
    alignment: Alignment,
    model: SubstitutionModel,
    gamma: Gamma | float | None = None,
    per_site: Literal[False] = False,
    *,
    tau: float = 1.0,
) -> float: ...


@overload
def log_likelihood(
    tree: Tree,
    alignment: Alignment,
    model: SubstitutionModel,
    gamma: Gamma | float | None = None,
    *,
    per_site: Literal[True],
    tau: float = 1.0,
) -> Array: ...


def log_likelihood(
    tree: Tree,
    alignment: Alignment,
    model: SubstitutionModel,
    gamma: Gamma | float | None = None,
    per_site: bool = False,
    *,
    tau: float = 1.0,
) -> float | Array:
    """Log-likelihood of an alignment on a tree by Felsenstein's pruning; natural logarithm.

    Parameters
    ----------
    tree : Tree
        With branch lengths in expected substitutions per site.
    alignment : Alignment
        Of the same taxa, in any order. Gaps and ``N`` are missing data, IUPAC codes sets of nucleotides.
    model : SubstitutionModel
        ``GTR(rates, frequencies)``, ``HKY85(kappa, frequencies)``, ``K80(kappa)``, ``JC69()``, ...
    gamma : Gamma or float, optional
        Rates that differ between sites; a number is the shape of four categories by their means. None: all equal.
    per_site : bool
        Whether to return the term of each site instead of their sum.
    tau : float
        Temperature of the sum over ancestral states and rate categories: 1 is the likelihood, 0 the joint probability
        of the data with the best ancestors. Data that an ambiguous leaf may have are always summed at 1.

    Returns
    -------
    float, or array of shape (sites,)
        -inf where the data are impossible (different sequences on branches of length 0).

    Raises
    ------
    InputError
        If the taxa of tree and alignment differ, or an argument is out of range.

    Notes
    -----
    Error: about 1e-14 relative per site. Patterns that leave the range of float64 in spite of the scaling are found
    and done again with logarithms.

    References
    ----------
    J. Felsenstein, J. Mol. Evol. 17, 368 (1981).

    Examples
    --------
    >>> from statmech.inference.phylogeny import HKY85, Alignment, Gamma, parse_newick
    >>> tree = parse_newick("((human:0.05,chimp:0.06):0.1,gorilla:0.15,orangutan:0.3);")
    >>> alignment = Alignment.from_sequences({
    ...     "human": "AAGCTTCACCGGCGCAGTCA", "chimp": "AAGCTTCACCGGCGCAATTA",
    ...     "gorilla": "AAGCTTCACCGGCGCAGTTG", "orangutan": "AAGCTTCACCGGCGCAACCN"})
    >>> model = HKY85(kappa=4.0, frequencies=[0.3, 0.3, 0.2, 0.2])
    >>> round(log_likelihood(tree, alignment, model, Gamma(0.5)), 6)
    -49.296762
    >>> log_likelihood(tree, alignment, model, Gamma(0.5), per_site=True)[:3].round(4)
    array([-1.5878, -1.5878, -2.0816])
    """
    problem, scale = prepare(tree, alignment, model, gamma), checked_tau(tau)
    with np.errstate(divide="ignore"):
        terms = np.log(problem.weights)[:, None] + category_scores(problem, scale)
    sites = np.asarray(logsumexp(terms, axis=0, tau=scale))
    if per_site:
        return sites[problem.patterns.of_site]
    return _total(problem, sites)


def _total(problem: Problem, sites: Array) -> float:
    return fsum((sites * problem.patterns.counts).tolist())


def category_scores(problem: Problem, tau: float = 1.0) -> Array:
    """Logarithm of the likelihood given each rate category, LSE_tau over the inner states; shape (C, patterns)."""
    categories, patterns = problem.rates.size, problem.codes.shape[1]
    if problem.tree.size == 1:
        return _lone(problem)
    scores = np.empty((categories, patterns))
    bad = np.ones(patterns, np.int64)
    if tau == 1.0 and not problem.beyond_float:
        exponents = np.empty((categories, patterns), np.int64)
        prune(
            *problem.topology, problem.p, problem.tables, problem.model.frequencies, problem.codes, problem.block(1),
            scores, exponents, bad,
        )  # fmt: skip
        with np.errstate(divide="ignore"):
            np.log(scores, out=scores)
        scores -= exponents * (SCALE_BITS * log(2.0))
    again = np.flatnonzero(bad)
    if again.size:
        log_p, tables, log_pi = problem.logarithms
        part = np.empty((categories, again.size))
        codes = np.ascontiguousarray(problem.codes[:, again])
        log_prune(*problem.topology, log_p, tables, log_pi, codes, tau, part)
        scores[:, again] = part
    return scores


def _lone(problem: Problem) -> Array:
    """A tree of one taxon: the frequencies of what is seen."""
    seen = problem.model.indicators(problem.patterns.characters) @ problem.model.frequencies
    with np.errstate(divide="ignore"):
        return np.repeat(np.log(seen)[problem.codes], problem.rates.size, axis=0)


@dataclass(frozen=True, eq=False)
class BranchGradient:
    """Log-likelihood and its derivatives.

    Attributes
    ----------
    log_likelihood : float
        As from :func:`log_likelihood`.
    gradient : array, shape (n,)
        d log L / dt of the branch above each node, sites per unit length; 0 for the root.
    """

    log_likelihood: float
    gradient: Array


def branch_length_gradient(
    tree: Tree, alignment: Alignment, model: SubstitutionModel, gamma: Gamma | float | None = None
) -> BranchGradient:
    """All derivatives of the log-likelihood in the branch lengths, in one pass up and one down the tree.

    Parameters
    ----------
    tree, alignment, model, gamma
        As for :func:`log_likelihood`.

    Returns
    -------
    BranchGradient

    Raises
    ------
    InputError
        If the likelihood is 0, or as for :func:`log_likelihood`.

    Examples
    --------
    >>> from statmech.inference.phylogeny import JC69, Alignment, parse_newick
    >>> tree = parse_newick("(a:0.1,b:0.2);")
    >>> alignment = Alignment.from_sequences({"a": "ACGTACGTAC", "b": "ACGTACGTAA"})
    >>> branch_length_gradient(tree, alignment, JC69()).gradient.round(4)
    array([ 0.    , -5.3036, -5.3036])
    """
    problem = prepare(tree, alignment, model, gamma)
    total, _, gradient, _ = posteriors(problem, states=False)
    gradient.flags.writeable = False
    return BranchGradient(total, gradient)


def posteriors(problem: Problem, states: bool) -> tuple[float, Array, Array, Array]:
    """Log-likelihood, probabilities of categories (C, patterns), gradient (n,), states (inner, patterns, S).

    Raises
    ------
    InputError
        If the data are impossible.
    """
    inner, _, size = problem.shape
    patterns = problem.codes.shape[1]
    with np.errstate(divide="ignore"):
        terms = np.log(problem.weights)[:, None] + category_scores(problem)
    sites = np.asarray(logsumexp(terms, axis=0))
    impossible = np.flatnonzero(sites == -np.inf)
    if impossible.size:
        site = int(np.flatnonzero(np.isin(problem.patterns.of_site, impossible))[0]) + 1
        raise InputError(
            f"tree: site {site} of the alignment has probability 0 on it (different sequences on branches of length "
            "0?); give these branches a positive length"
        )
    posterior = np.exp(terms - sites)
    gradient, found = np.zeros(problem.tree.size), np.zeros((inner, patterns, size) if states else (0, 0, 0))
    total = _total(problem, sites)
    if problem.tree.size == 1:
        return total, posterior, gradient, found
    q, counts = problem.model.rate_matrix, problem.patterns.counts.astype(np.float64)
    bad = np.ones(patterns, np.int64)
    if not problem.beyond_float:
        bad[:] = 0
        prune_and_return(
            *problem.topology, problem.p, problem.tables, problem.model.frequencies, problem.codes, problem.block(2),
            q, problem.rates, posterior, counts, bad, gradient, found,
        )  # fmt: skip
    again = np.flatnonzero(bad)
    if again.size:
        log_p, tables, log_pi = problem.logarithms
        slopes = np.zeros((problem.tree.size, again.size))
        part = np.zeros((inner, again.size, size) if states else (0, 0, 0))
        log_prune_and_return(
            *problem.topology, log_p, tables, log_pi, np.ascontiguousarray(problem.codes[:, again]), q, problem.rates,
            np.ascontiguousarray(posterior[:, again]), slopes, part,
        )  # fmt: skip
        gradient += (slopes * counts[again]).sum(axis=1)
        if states:
            found[:, again] = part
    return total, posterior, gradient, found
