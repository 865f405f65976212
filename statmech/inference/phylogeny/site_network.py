"""One site of an alignment as a Network: a tree of ancestors for the engine that sums chains, trees and lattices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.phylogeny.alignments import Alignment
from statmech.inference.phylogeny.problem import prepare
from statmech.inference.phylogeny.substitution_models import SubstitutionModel
from statmech.inference.phylogeny.trees import Tree
from statmech.networks import Network

__all__ = ["site_network"]


def site_network(tree: Tree, alignment: Alignment, model: SubstitutionModel, site: int, rate: float = 1.0) -> Network:
    """The inner nodes as variables, log P of the branches between them and of the leaves as factors.

    Its sum of exp(score) is the likelihood of the site, its best configuration the joint ancestral states. The kernels
    of this package do the same faster.

    Parameters
    ----------
    tree, alignment, model
        As for :func:`~statmech.inference.phylogeny.log_likelihood`.
    site : int
        From 0.
    rate : float
        Relative rate of the site.

    Returns
    -------
    Network
        Variable i is node ``tree.inner[i]``.

    Raises
    ------
    InputError
        If there is no such site or rate, or the tree has no inner node.

    Examples
    --------
    >>> from statmech.inference.phylogeny import JC69, Alignment, log_likelihood, parse_newick
    >>> from statmech.variable_elimination import Eliminator
    >>> tree = parse_newick("((human:0.1,chimp:0.1):0.1,mouse:0.5);")
    >>> alignment = Alignment.from_sequences({"human": "A", "chimp": "A", "mouse": "T"})
    >>> summed = Eliminator(site_network(tree, alignment, JC69(), site=0)).cumulants([1.0])
    >>> float((summed.log_z - summed.reference).round(9)[0]), round(log_likelihood(tree, alignment, JC69()), 9)
    (-3.558401782, -3.558401782)
    """
    if not 0 <= site < alignment.sites:
        raise InputError(f"site: expected 0 to {alignment.sites - 1}; got {site!r}")
    if not 0 <= rate < np.inf:
        raise InputError(f"rate: expected a finite number >= 0; got {rate!r}")
    if tree.size == 1:
        raise InputError("tree: expected an inner node; a single taxon has no ancestors")
    scaled = tree.with_lengths(tree.lengths * rate)
    problem = prepare(scaled, alignment, model, None)
    log_p, tables, log_pi = problem.logarithms
    column = problem.codes[:, problem.patterns.of_site[site]]
    factors: list[tuple[list[int], npt.NDArray[np.float64]]] = [([0], log_pi)]
    for node in range(1, tree.size):
        above, mine = int(problem.slot[tree.parents[node]]), int(problem.slot[node])
        if tree.child_starts[node] < tree.child_starts[node + 1]:
            factors.append(([above, mine], log_p[node, 0]))
        else:
            factors.append(([above], tables[mine, 0, :, column[mine]]))
    return Network.from_factors(np.full(tree.inner.size, log_pi.size), factors)
