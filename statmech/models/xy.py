"""The XY model (plane rotators) on any lattice or graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from statmech.disorder import Values
from statmech.lattices.base import Lattice
from statmech.models.base import VectorModel

__all__ = ["XY"]


@dataclass(frozen=True, eq=False)
class XY(VectorModel):
    r"""H = -sum_<ij> J_ij S_i . S_j - sum_i h_i S_i^x with unit vectors S_i in the plane, each bond once, k_B = 1.

    The measure of each spin is normalised, :math:`\int dS_i = 1`, so that log Z = 0 at beta = 0. The magnetisation is
    M = sum_i S_i^x, what the field couples to; the absolute one is the length of the vector sum_i S_i. A self-loop
    adds -J, a doubled bond counts twice. It is sampled: ``method: {kind: monte_carlo, algorithm: wolff, ...}``.

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
    >>> import numpy as np
    >>> from statmech import lattices
    >>> model = XY(lattices.square(4, 4))
    >>> model.energy(np.tile([0.6, 0.8], (16, 1)))
    -32.0
    """

    lattice: Lattice
    coupling: Values = 1.0
    field: Values = 0.0

    kind: ClassVar[str] = "xy"
    components: ClassVar[int] = 2
