"""Branch lengths that maximise the likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.inference.phylogeny.alignments import Alignment
from statmech.inference.phylogeny.gamma_rates import Gamma
from statmech.inference.phylogeny.likelihood import branch_length_gradient
from statmech.inference.phylogeny.substitution_models import SubstitutionModel
from statmech.inference.phylogeny.trees import Tree

__all__ = ["OptimisedTree", "optimise_branch_lengths"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OptimisedTree:
    """A tree whose branch lengths maximise the likelihood.

    Attributes
    ----------
    tree : Tree
        With the lengths found.
    log_likelihood : float
        At these lengths.
    residual : float
        Largest |d log L / d sqrt(t)| of a branch that could still move; 0 at the maximum.
    evaluations : int
        Of likelihood and gradient.
    """

    tree: Tree
    log_likelihood: float
    residual: float
    evaluations: int


def optimise_branch_lengths(
    tree: Tree,
    alignment: Alignment,
    model: SubstitutionModel,
    gamma: Gamma | float | None = None,
    *,
    bounds: tuple[float, float] = (1e-9, 100.0),
    tolerance: float = 1e-3,
    max_evaluations: int = 2000,
) -> OptimisedTree:
    """Find a (local) maximum of the likelihood over all branch lengths, the topology and the model given.

    L-BFGS-B on the square roots of the lengths, in which the curvature is about four times the number of sites for
    short branches whatever their length. Where the root has two children only the sum of their lengths matters.

    Parameters
    ----------
    tree : Tree
        Where to start; lengths outside the bounds start at them.
    alignment, model, gamma
        As for :func:`~statmech.inference.phylogeny.log_likelihood`.
    bounds : (float, float)
        Shortest (> 0) and longest length, expected substitutions per site.
    tolerance : float
        The residual to reach: log L is then within about residual^2 n / (8 sites) of the maximum (n branches).
    max_evaluations : int
        Of likelihood and gradient.

    Raises
    ------
    InputError
        If the bounds or the tolerance make no sense, or as for the likelihood.
    ConvergenceError
        If the residual is not reached; `partial` has the best tree so far.

    Examples
    --------
    >>> from statmech.inference.phylogeny import JC69, Alignment, parse_newick
    >>> alignment = Alignment.from_sequences({"a": "ACGTACGTAC", "b": "ACGTACGTAA"})
    >>> best = optimise_branch_lengths(parse_newick("(a:0.5,b:0.5);"), alignment, JC69(), tolerance=1e-6)
    >>> round(best.tree.lengths.sum(), 6), round(-0.75 * np.log(1 - 4 / 3 * 0.1), 6)      # Jukes and Cantor's distance
    (np.float64(0.107326), np.float64(0.107326))
    """
    from scipy.optimize import minimize

    low, high = map(float, bounds)
    if not 0 < low < high < np.inf:
        raise InputError(f"bounds: expected 0 < shortest < longest, finite; got {bounds!r}")
    if not tolerance > 0:
        raise InputError(f"tolerance: expected a number > 0; got {tolerance!r}")
    if tree.size == 1:
        return OptimisedTree(tree, branch_length_gradient(tree, alignment, model, gamma).log_likelihood, 0.0, 1)
    limits = (low**0.5, high**0.5)
    count = 0

    def at(roots: Array) -> tuple[OptimisedTree, Array]:
        nonlocal count
        count += 1
        here = tree.with_lengths(np.concatenate([tree.lengths[:1], np.square(roots)]))
        found = branch_length_gradient(here, alignment, model, gamma)
        slopes = 2.0 * roots * found.gradient[1:]
        free = np.where(slopes > 0, roots < limits[1], roots > limits[0])
        residual = float(np.abs(slopes, where=free, out=np.zeros_like(slopes)).max())
        return OptimisedTree(here, found.log_likelihood, residual, count), slopes

    def value(roots: Array) -> tuple[float, Array]:
        found, slopes = at(roots)
        return -found.log_likelihood, -slopes

    # ftol = 0: it stops at the projected gradient, never because log L gains little.
    start = np.sqrt(np.clip(tree.lengths[1:], low, high))
    options: Any = {"gtol": tolerance, "ftol": 0.0, "maxfun": max_evaluations, "maxiter": max_evaluations, "maxcor": 20}
    last = minimize(value, start, jac=True, method="L-BFGS-B", bounds=[limits] * start.size, options=options)
    result, _ = at(last.x)
    if not result.residual <= tolerance:
        raise ConvergenceError(
            f"branch lengths: stopped after {count} evaluations with a residual of {result.residual:.3g}; expected "
            f"{tolerance:.3g}: raise max_evaluations or the tolerance, or go on from .partial.tree",
            result,
        )
    return result
