"""What a model is: a Hamiltonian without a temperature."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from statmech.levels import EnergyLevels

__all__ = ["HasLevels", "Model"]


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
