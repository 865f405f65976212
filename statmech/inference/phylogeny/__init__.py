"""Phylogenetic likelihood: the sum over all ancestors of aligned sequences.

Trees (``read_tree``, ``parse_newick``) and alignments (``read_alignment``), substitution models, the likelihood with
its gradient, branch lengths that maximise it, and ancestral states.

Examples
--------
>>> from statmech.inference.phylogeny import GTR, Gamma, Alignment, log_likelihood, parse_newick
>>> tree = parse_newick("((human:0.01,chimp:0.01):0.05,mouse:0.4,dog:0.2);")
>>> alignment = Alignment.from_sequences({"human": "ACGTA", "chimp": "ACGTR", "mouse": "ACTTG", "dog": "AC-TA"})
>>> model = GTR(rates=[1.5, 4.0, 0.8, 1.2, 5.0, 1.0], frequencies=[0.37, 0.17, 0.21, 0.25])
>>> round(log_likelihood(tree, alignment, model, Gamma(0.5)), 6)
-13.466418
"""

from __future__ import annotations

from statmech.inference.phylogeny.alignments import Alignment
from statmech.inference.phylogeny.ancestors import (
    AncestralStates,
    MarginalAncestors,
    joint_ancestors,
    marginal_ancestors,
)
from statmech.inference.phylogeny.branch_lengths import OptimisedTree, optimise_branch_lengths
from statmech.inference.phylogeny.gamma_rates import Gamma
from statmech.inference.phylogeny.likelihood import BranchGradient, branch_length_gradient, log_likelihood
from statmech.inference.phylogeny.newick import parse_newick, read_tree
from statmech.inference.phylogeny.sequence_files import read_alignment
from statmech.inference.phylogeny.site_network import site_network
from statmech.inference.phylogeny.substitution_models import (
    CFN,
    GTR,
    HKY85,
    JC69,
    K80,
    Reversible,
    SubstitutionModel,
)
from statmech.inference.phylogeny.trees import Tree

__all__ = [
    "CFN",
    "GTR",
    "HKY85",
    "JC69",
    "K80",
    "Alignment",
    "AncestralStates",
    "BranchGradient",
    "Gamma",
    "MarginalAncestors",
    "OptimisedTree",
    "Reversible",
    "SubstitutionModel",
    "Tree",
    "branch_length_gradient",
    "joint_ancestors",
    "log_likelihood",
    "marginal_ancestors",
    "optimise_branch_lengths",
    "parse_newick",
    "read_alignment",
    "read_tree",
    "site_network",
]
