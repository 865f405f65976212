"""The Potts model on any lattice or graph."""

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

__all__ = ["Potts"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Potts(LatticeModel):
    r"""H = -sum_<ij> J_ij delta(s_i, s_j) - sum_i h_i delta(s_i, 0), s = 0 ... q-1, each bond once, k_B = 1.

    J > 0 is ferromagnetic. The field acts on state 0, so the observable conjugate to it, called the
    magnetisation here too, is the number of sites in state 0: M = sum_i delta(s_i, 0). With q = 2 this is the
    Ising model with J/2 and h/2: H_Potts(J, h) = H_Ising(J/2, h/2) - sum J/2 - sum h/2. A self-loop adds -J, a
    doubled bond counts twice.

    Parameters
    ----------
    lattice : Lattice
        Sites and bonds.
    states : int
        q, the number of states of a site; at least 2.
    coupling : float, array_like (bonds,), RandomValues or FileValues
        J, for all bonds or per bond in the order of ``lattice.bonds``.
    field : float, array_like (sites,), RandomValues or FileValues
        h, for all sites or per site.

    Raises
    ------
    InputError
        If q is no integer above 1, a number is not finite or the count does not fit the lattice.

    Examples
    --------
    >>> from statmech import lattices
    >>> model = Potts(lattices.square(4, 4), states=3)
    >>> model.energy(np.zeros(16, dtype=int))
    -32.0
    """

    lattice: Lattice
    states: int = 3
    coupling: Values = 1.0
    field: Values = 0.0

    kind: ClassVar[str] = "potts"

    def __post_init__(self) -> None:
        if isinstance(self.states, bool) or not isinstance(self.states, (int, np.integer)) or self.states < 2:
            raise InputError(f"states: expected an integer of at least 2; got {self.states!r}")
        self.check()

    @property
    def state_values(self) -> tuple[int, ...]:
        """What a site can be, in the order of the states of :meth:`network`."""
        return tuple(range(self.states))

    def network(self) -> Network:
        """The same Hamiltonian as a network: scores J delta(s, s') on bonds and h delta(s, 0) on sites, observable M.

        Examples
        --------
        >>> from statmech import lattices
        >>> Potts(lattices.chain(3), states=3).network().score([0, 0, 2])
        1.0
        """
        zero = np.eye(self.states)[0]
        pairs = self.couplings[:, None, None] * np.eye(self.states)
        return Network.pairwise(self.lattice.bonds, pairs, self.fields[:, None] * zero, {"magnetization": zero})

    def energy(self, states: npt.ArrayLike) -> float:
        """H of one configuration, shape (sites,) of integers 0 ... q-1.

        Raises
        ------
        InputError
            If the configuration has another length or other values.
        """
        s = np.asarray(states)
        if s.shape != (self.sites,) or not np.all(np.isin(s, np.arange(self.states))):
            raise InputError(
                f"states: expected {self.sites} integers from 0 to {self.states - 1}; "
                f"got shape {s.shape}, values {np.unique(s)[:8]}"
            )
        i, j = self.lattice.bonds.T
        return float(-np.dot(self.couplings, (s[i] == s[j]) * 1.0) - np.dot(self.fields, (s == 0) * 1.0))
