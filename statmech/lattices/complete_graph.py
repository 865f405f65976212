"""The complete graph, on which mean-field theory is exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from statmech.lattices.base import Ints, Lattice, integer

__all__ = ["complete"]


@dataclass(frozen=True, repr=False, kw_only=True)
class CompleteGraph(Lattice):
    """All pairs, listed only when asked for: the Curie-Weiss model of 10^6 sites needs none of them."""

    @property
    def bond_count(self) -> int:
        """n (n - 1) / 2."""
        return self.sites * (self.sites - 1) // 2

    @property
    def coordination(self) -> int:
        """All the others."""
        return self.sites - 1

    def _make_bonds(self) -> tuple[Ints, Ints]:
        pairs = np.stack(np.triu_indices(self.sites, k=1), axis=1).astype(np.int64)
        return pairs, np.zeros(len(pairs), dtype=np.int64)


def complete(n: int) -> Lattice:
    """Complete graph of n sites: every pair is a bond, B = n (n - 1) / 2.

    Bonds (i, j), i < j, come in lexicographic order, all of kind 0. Curie-Weiss models couple them by J / n.

    Parameters
    ----------
    n : int
        Number of sites.

    Raises
    ------
    InputError
        n is no positive integer.

    Examples
    --------
    >>> complete(4).bonds.tolist()
    [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    >>> complete(1_000_000)
    <Lattice complete: 1000000 sites, 499999500000 bonds>
    """
    return CompleteGraph(kind="complete", sites=integer("complete: n", n, at_least=1))
