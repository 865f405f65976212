"""What a model is: a Hamiltonian without a temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from statmech.disorder import Values, constant, per_item
from statmech.errors import InputError
from statmech.lattices.base import Lattice
from statmech.levels import EnergyLevels
from statmech.units import canonical_unit

if TYPE_CHECKING:
    from statmech.level_streams import LevelStream

__all__ = [
    "HasLadder",
    "HasLevelStream",
    "HasLevels",
    "LatticeModel",
    "Model",
    "QuantumChain",
    "StateCount",
    "VectorModel",
]

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
    """What lattice models share: couplings on the bonds, fields on the sites.

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


class VectorModel(LatticeModel):
    """What XY and Heisenberg share beyond that: H = -sum_<ij> J_ij S_i . S_j - sum_i h_i S_i^x of unit vectors."""

    components: ClassVar[int]

    def __post_init__(self) -> None:
        self.check()

    def energy(self, spins: npt.ArrayLike) -> float:
        """H of one configuration of unit vectors, shape (sites, components).

        Raises
        ------
        InputError
            If the configuration has another shape or its vectors another length.
        """
        shape = self.sites, self.components
        S = np.asarray(spins, dtype=np.float64)
        if S.shape != shape or not np.allclose(np.linalg.norm(S, axis=1), 1.0, rtol=0, atol=1e-9):
            raise InputError(f"spins: expected unit vectors, shape {shape}; got shape {S.shape}")
        i, j = self.lattice.bonds.T
        return float(-np.dot(self.couplings, np.einsum("bc,bc->b", S[i], S[j])) - np.dot(self.fields, S[:, 0]))


class QuantumChain:
    """What chains of quantum spins 1/2 share: length, ends and unit.

    A subclass is a frozen dataclass with these fields and more, and calls :meth:`check` when it is made.
    """

    length: int
    coupling: float
    periodic: bool
    unit: str

    def check(self, *numbers: str) -> None:
        """Make sure of the length and of the numbers of these names; the unit under its usual name.

        Raises
        ------
        InputError
            If the length is no integer above 1 or a number is not finite.
        """
        if self.length != int(self.length) or self.length < 2:
            raise InputError(f"length: expected an integer above 1; got {self.length}")
        for name in numbers:
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"{name}: expected a finite number; got {getattr(self, name)}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def sites(self) -> int:
        """Number of spins."""
        return self.length

    @property
    def bonds(self) -> tuple[tuple[int, int], ...]:
        """Neighbours."""
        last = self.length if self.periodic else self.length - 1
        return tuple((i, (i + 1) % self.length) for i in range(last))

    @property
    def energy_symbol(self) -> str:
        """What energies are measured in, for labels."""
        return "" if self.unit != "reduced" or self.coupling != 1 else "units of J"
