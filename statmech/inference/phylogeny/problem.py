"""Tree, alignment, substitution model and rates together, checked and as the arrays that the kernels take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.phylogeny.alignments import Alignment, Patterns
from statmech.inference.phylogeny.gamma_rates import Gamma
from statmech.inference.phylogeny.pruning import block_size
from statmech.inference.phylogeny.substitution_models import SubstitutionModel
from statmech.inference.phylogeny.transition_probabilities import transition_probabilities
from statmech.inference.phylogeny.trees import Tree

__all__ = ["Problem", "checked_tau", "prepare"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

_SMALLEST = 2.0**-250  # of probabilities whose products with scaled likelihoods stay normal numbers


@dataclass(frozen=True, eq=False)
class Problem:
    """What every computation on a tree needs.

    Attributes
    ----------
    tree, model : Tree, SubstitutionModel
        As given.
    patterns : Patterns
        Of the alignment.
    codes : array of uint8, shape (leaves, patterns)
        Character of each leaf, in the order of ``tree.leaves``.
    slot : array of int, shape (n,)
        Number of each node among the leaves, or among the inner nodes.
    rates, weights : arrays, shape (C,)
        Rate categories and their probabilities.
    p : array, shape (n, C, S, S)
        Transition probabilities of each branch.
    tables : array, shape (leaves, C, S, K)
        Probability of every character at a leaf, given the state at the other end of its branch.
    """

    tree: Tree
    model: SubstitutionModel
    patterns: Patterns
    codes: Codes
    slot: Ints
    rates: Array
    weights: Array
    p: Array
    tables: Array

    @property
    def topology(self) -> tuple[Ints, Ints, Ints]:
        """The first three arguments of every kernel."""
        return self.tree.child_starts, self.tree.children, self.slot

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of inner nodes, rate categories and states."""
        return self.tree.inner.size, self.rates.size, len(self.model.alphabet)

    @cached_property
    def beyond_float(self) -> bool:
        """Whether probabilities are so small that only logarithms will do."""
        return bool(np.any((self.p > 0) & (self.p < _SMALLEST)))

    @cached_property
    def logarithms(self) -> tuple[Array, Array, Array]:
        """log of `p`, `tables` and the frequencies."""
        with np.errstate(divide="ignore"):
            return np.log(self.p), np.log(self.tables), np.log(self.model.frequencies)

    def block(self, passes: int) -> int:
        """Patterns to do at once, where `passes` sets of partial likelihoods are held."""
        inner, categories, states = self.shape
        most = int(np.diff(self.tree.child_starts).max())
        return block_size(passes * inner * categories * states + (2 * most * states + self.tree.size) * (passes - 1))


def prepare(tree: Tree, alignment: Alignment, model: SubstitutionModel, gamma: Gamma | float | None) -> Problem:
    """Check what belongs together, and compute the transition probabilities.

    Raises
    ------
    InputError
        If an argument is of another kind, the taxa of tree and alignment differ, the alphabets differ, or a branch
        length times a rate is too large for a number.
    """
    if not isinstance(tree, Tree):
        raise InputError(f"tree: expected a Tree, from read_tree(path) or parse_newick(text); got {tree!r}")
    if not isinstance(alignment, Alignment):
        raise InputError(
            "alignment: expected an Alignment, from read_alignment(path) or Alignment.from_sequences(mapping); "
            f"got {type(alignment).__name__}"
        )
    if not isinstance(model, SubstitutionModel):
        raise InputError(
            f"model: expected a substitution model such as JC69() or GTR(rates, frequencies); got {model!r}"
        )
    if model.alphabet != alignment.alphabet:
        raise InputError(f"alignment: expected the model's alphabet {model.alphabet!r}; got {alignment.alphabet!r}")
    variation = _variation(gamma)
    row = {name: i for i, name in enumerate(alignment.names)}
    absent = [name for name in tree.leaf_names if name not in row]
    extra = sorted(set(row) - set(tree.leaf_names))
    if absent or extra:
        raise InputError(
            f"alignment: expected the taxa of the tree; missing: {_some(absent)}; not in the tree: {_some(extra)}"
            + (" (leave them out with alignment.take(tree.leaf_names))" if not absent else "")
        )
    patterns = alignment.patterns
    codes = np.ascontiguousarray(patterns.codes[[row[name] for name in tree.leaf_names]])
    slot = np.empty(tree.size, dtype=np.int64)
    slot[tree.leaves], slot[tree.inner] = np.arange(tree.leaves.size), np.arange(tree.inner.size)
    rates, weights = variation.rates, variation.weights
    with np.errstate(over="ignore"):
        times = np.multiply.outer(tree.lengths, rates)
        q = model.rate_matrix
        if not np.isfinite(times.max() * -q.diagonal().min()):
            raise InputError(f"tree: a branch of length {tree.lengths.max()} times its rate is too large for a number")
    p = transition_probabilities(q, times)
    tables = np.ascontiguousarray(p[tree.leaves] @ model.indicators(patterns.characters).T)
    return Problem(tree, model, patterns, codes, slot, rates, weights, p, tables)


def _variation(gamma: Gamma | float | None) -> Gamma:
    if gamma is None:
        return Gamma(np.inf)
    if isinstance(gamma, Gamma):
        return gamma
    if isinstance(gamma, int | float | np.number) and not isinstance(gamma, bool):
        return Gamma(float(gamma))
    raise InputError(f"gamma: expected Gamma(shape, categories), its shape alone, or None; got {gamma!r}")


def _some(names: list[str]) -> str:
    return (", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")) or "none"


def checked_tau(tau: float) -> float:
    """A temperature that sums over ancestors can have.

    Raises
    ------
    InputError
        If it is negative, infinite or no number.
    """
    value = float(tau) if isinstance(tau, int | float | np.number) else np.nan
    if not 0 <= value < np.inf or (value == 0 and np.signbit(value)):
        raise InputError(f"tau: expected a finite number >= 0 (1: likelihood, 0: best ancestors); got {tau!r}")
    return value
