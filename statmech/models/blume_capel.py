"""The Blume-Capel model (spin 1) on any lattice or graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.disorder import Values, per_item
from statmech.errors import InputError
from statmech.lattices.base import Lattice
from statmech.models.base import LatticeModel
from statmech.networks import Network

__all__ = ["BlumeCapel"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BlumeCapel(LatticeModel):
    r"""H = -sum_<ij> J_ij s_i s_j + sum_i D_i s_i^2 - sum_i h_i s_i, s = -1, 0, 1, each bond once, k_B = 1.

    J > 0 is ferromagnetic; D > 0 favours the empty state s = 0, and D -> -infinity is the Ising model. The
    magnetisation is M = sum_i s_i. A self-loop adds -J s^2, a doubled bond counts twice.

    Parameters
    ----------
    lattice : Lattice
        Sites and bonds.
    coupling : float, array_like (bonds,), RandomValues or FileValues
        J, for all bonds or per bond in the order of ``lattice.bonds``.
    anisotropy : float, array_like (sites,), RandomValues or FileValues
        D, the crystal field, for all sites or per site.
    field : float, array_like (sites,), RandomValues or FileValues
        h, for all sites or per site.

    Raises
    ------
    InputError
        If a number is not finite or the count does not fit the lattice.

    Examples
    --------
    >>> from statmech import lattices
    >>> model = BlumeCapel(lattices.square(4, 4), anisotropy=0.5)
    >>> model.energy(np.ones(16, dtype=int))
    -24.0
    """

    lattice: Lattice
    coupling: Values = 1.0
    anisotropy: Values = 0.0
    field: Values = 0.0

    kind: ClassVar[str] = "blume_capel"

    def __post_init__(self) -> None:
        self.check()
        self.anisotropies  # noqa: B018  made and kept

    @cached_property
    def anisotropies(self) -> Array:
        """D of each site, shape (sites,)."""
        return per_item("anisotropy", self.anisotropy, self.sites, "site")

    @property
    def state_values(self) -> tuple[int, ...]:
        """What a site can be, in the order of the states of :meth:`network`."""
        return (-1, 0, 1)

    def network(self) -> Network:
        """The same Hamiltonian as a network: scores J s s' on bonds and h s - D s^2 on sites, observable M.

        Examples
        --------
        >>> from statmech import lattices
        >>> BlumeCapel(lattices.chain(3), anisotropy=0.5).network().score([0, 0, 1])
        0.0
        """
        spins = np.array([-1.0, 0.0, 1.0])
        pairs = self.couplings[:, None, None] * np.multiply.outer(spins, spins)
        sites = (self.fields[:, None] * spins, -self.anisotropies[:, None] * spins**2)
        return Network.pairwise(self.lattice.bonds, pairs, sites, {"magnetization": spins})

    def energy(self, spins: npt.ArrayLike) -> float:
        """H of one configuration, shape (sites,) of -1, 0, 1.

        Raises
        ------
        InputError
            If the configuration has another length or other values.
        """
        s = np.asarray(spins)
        if s.shape != (self.sites,) or not np.all(np.isin(s, (-1, 0, 1))):
            raise InputError(
                f"spins: expected {self.sites} values of -1, 0, 1; got shape {s.shape}, values {np.unique(s)[:8]}"
            )
        s = s.astype(np.float64)
        i, j = self.lattice.bonds.T
        pairs, squares = np.dot(self.couplings, s[i] * s[j]), np.dot(self.anisotropies, s * s)
        return float(-pairs + squares - np.dot(self.fields, s))
