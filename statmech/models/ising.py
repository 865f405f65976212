"""The Ising model on any lattice or graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.disorder import Values
from statmech.errors import InputError
from statmech.lattices.base import Lattice
from statmech.models.base import LatticeModel
from statmech.networks import Network

__all__ = ["Ising"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ising(LatticeModel):
    r"""H = -sum_<ij> J_ij s_i s_j - sum_i h_i s_i, s = +-1, each bond of the lattice once, k_B = 1.

    J > 0 is ferromagnetic. The magnetisation is M = sum_i s_i. A self-loop (a periodic direction of one
    cell) adds -J, a doubled bond (one of two cells) counts twice.

    Parameters
    ----------
    lattice : Lattice
        Sites and bonds.
    coupling : float, array_like (bonds,), RandomValues or FileValues
        J, for all bonds or per bond in the order of ``lattice.bonds``.
    field : float, array_like (sites,), RandomValues or FileValues
        h, for all sites or per site.

    Raises
    ------
    InputError
        If a number is not finite or the count does not fit the lattice.

    Examples
    --------
    >>> from statmech import lattices
    >>> model = Ising(lattices.square(4, 4), coupling=1.0)
    >>> model.energy(np.ones(16, dtype=int))
    -32.0
    """

    lattice: Lattice
    coupling: Values = 1.0
    field: Values = 0.0

    kind: ClassVar[str] = "ising"

    def __post_init__(self) -> None:
        self.check()

    @property
    def state_values(self) -> tuple[int, ...]:
        """What a site can be, in the order of the states of :meth:`network`."""
        return (-1, 1)

    def network(self) -> Network:
        """The same Hamiltonian as a network: scores J s s' on bonds and h s on sites, observable M.

        Examples
        --------
        >>> from statmech import lattices
        >>> Ising(lattices.chain(3)).network().score([0, 0, 1])
        -1.0
        """
        spins = np.array([-1.0, 1.0])
        pairs = self.couplings[:, None, None] * np.multiply.outer(spins, spins)
        return Network.pairwise(self.lattice.bonds, pairs, self.fields[:, None] * spins, {"magnetization": spins})

    def energy(self, spins: npt.ArrayLike) -> float:
        """H of one configuration, shape (sites,) of +-1.

        Raises
        ------
        InputError
            If the configuration has another length or other values.
        """
        s = np.asarray(spins)
        if s.shape != (self.sites,) or not np.all(np.abs(s) == 1):
            raise InputError(
                f"spins: expected {self.sites} values of +-1; got shape {s.shape}, values {np.unique(s)[:4]}"
            )
        s = s.astype(np.float64)
        i, j = self.lattice.bonds.T
        return float(-np.dot(self.couplings, s[i] * s[j]) - np.dot(self.fields, s))
