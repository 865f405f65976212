"""Models that are networks."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from statmech.models.base import Model
from statmech.networks import Network

__all__ = ["HasNetwork", "observable_of"]


@runtime_checkable
class HasNetwork(Model, Protocol):
    """A model that can be written as a network of variables and factors."""

    def network(self) -> Network:
        """Its Hamiltonian as scores -H."""
        ...


def observable_of(network: Network) -> str | None:
    """Name of the observable that is carried along: the first."""
    return next(iter(network.observables), None)
