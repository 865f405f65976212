"""Elimination on the network of a model: exact sums, ground states, marginals and samples by treewidth."""

from __future__ import annotations

from statmech.methods.elimination.base import HasNetwork
from statmech.methods.elimination.configurations import LocalMeans, ground_state, local_means, sample
from statmech.methods.elimination.method import Elimination

__all__ = ["Elimination", "HasNetwork", "LocalMeans", "ground_state", "local_means", "sample"]
