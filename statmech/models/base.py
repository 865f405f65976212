"""What a model is: a Hamiltonian without a temperature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from statmech.disorder import Values, constant, per_item
from statmech.errors import InputError
from statmech.lattices.base import Lattice
from statmech.levels import EnergyLevels

if TYPE_CHECKING:
    from statmech.level_streams import LevelStream

__all__ = ["HasLadder", "HasLevelStream", "HasLevels", "LatticeModel", "Model", "StateCount"]

Array = npt.NDArray[np.float64]


@runtime_checkable
class Model(Protocol):
    """A Hamiltonian H with signs and conventions stated, and no temperature.

    A model is a frozen value. Its class docstring begins with H; its constructor arguments are its YAML keys,
    so their annotations are the schema. Any class with these attributes works in ``solve`` and, once named in the
    entry-point group ``statmech.models``, in YAML.

    Attributes
    ----------
    kind : str
        Name in YAML.
    unit : str
        Unit of its energies: one of :data:`statmech.units.ENERGY_UNITS`. Temperatures are in kelvin where it is
        physical, in units of the couplings (k_B = 1) where it is ``reduced``.
    sites : int or None
        Number of sites for results per site; None where the word has no meaning.
    """

    kind: ClassVar[str]

    @property
    def unit(self) -> str:
        """Unit of energies."""
        ...

    @property
    def sites(self) -> int | None:
        """Number of sites."""
        ...


@runtime_checkable
class HasLevels(Model, Protocol):
    """A model whose energy levels can be listed."""

    def levels(self) -> EnergyLevels:
        """All energy levels with degeneracies and observables."""
        ...


@dataclass(frozen=True)
class StateCount:
    """A bound on the number of states: at most ``states (1 + e / scale) ** power`` lie within e of the ground level.

    ``scale`` is in the unit of the model; ``states`` counts in multiples of the degeneracy of the ground level.
    """

    states: float
    scale: float
    power: float


@runtime_checkable
class HasLadder(Model, Protocol):
    """A model with infinitely many levels, listed as far up as is asked for."""

    def ladder(self, energy: float) -> EnergyLevels:
        """All levels up to ``energy`` (in ``unit``) above the ground level, and perhaps some more."""
        ...

    def first_gap(self) -> float:
        """Energy of the first excited level above the ground level, in ``unit``."""
        ...

    def state_count(self) -> StateCount:
        """How many states there can be."""
        ...


@runtime_checkable
class HasLevelStream(HasLevels, Protocol):
    """A model whose levels may be too many for memory."""

    def stream(self) -> LevelStream | None:
        """The levels to be summed as they are read, or None where :meth:`levels` will do."""
        ...


class LatticeModel:
    """What Ising, Potts and Blume-Capel share: couplings on the bonds of a lattice, fields on its sites.

    A subclass is a frozen dataclass with fields ``lattice``, ``coupling`` and ``field`` (a number, one per bond or
    site, random from a seed, or from a file), and calls :meth:`check` when it is made.
    """

    lattice: Lattice
    coupling: Values
    field: Values

    unit: ClassVar[str] = "reduced"
    energy_symbol: ClassVar[str] = "units of J"

    def check(self) -> None:
        """Make sure of lattice, couplings and fields, once.

        Raises
        ------
        InputError
            If the lattice is none, a number is not finite, or the count does not fit the lattice.
        """
        if not isinstance(self.lattice, Lattice):
            raise InputError(f"lattice: expected a Lattice (statmech.lattices.square(4, 4), ...); got {self.lattice!r}")
        self.couplings, self.fields  # noqa: B018  made and kept

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.lattice.sites

    @cached_property
    def couplings(self) -> Array:
        """J of each bond, shape (bonds,)."""
        return per_item("coupling", self.coupling, self.lattice.bond_count, "bond")

    @cached_property
    def fields(self) -> Array:
        """h of each site, shape (sites,)."""
        return per_item("field", self.field, self.sites, "site")

    @cached_property
    def uniform_field(self) -> float | None:
        """h where it is the same on all sites, else None."""
        return float(self.fields[0]) if constant(self.fields) else None

    @cached_property
    def uniform_coupling(self) -> float | None:
        """J where it is the same on all bonds, else None (also where there is no bond)."""
        return float(self.couplings[0]) if self.couplings.size and constant(self.couplings) else None


def vector_energy(model: LatticeModel, spins: npt.ArrayLike, components: int) -> float:
    """-sum J S . S' - sum h S^x of unit vectors, shape (sites, components).

    Raises
    ------
    InputError
        If the configuration has another shape or its vectors another length.
    """
    S = np.asarray(spins, dtype=np.float64)
    if S.shape != (model.sites, components) or not np.allclose(np.linalg.norm(S, axis=1), 1.0, rtol=0, atol=1e-9):
        raise InputError(f"spins: expected unit vectors, shape ({model.sites}, {components}); got shape {S.shape}")
    i, j = model.lattice.bonds.T
    return float(-np.dot(model.couplings, np.einsum("bc,bc->b", S[i], S[j])) - np.dot(model.fields, S[:, 0]))
