"""Frozen values stay frozen: read-only mappings and arrays, also on the other side of a pickle."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["Frozen"]


class Frozen:
    """Pickling for dataclasses whose arrays are read-only and whose mappings are ``MappingProxyType``.

    A mapping proxy does not pickle and an array comes back writeable, so the state travels as plain data and is
    frozen again on arrival.

    Examples
    --------
    >>> import pickle
    >>> from statmech.levels import EnergyLevels
    >>> levels = pickle.loads(pickle.dumps(EnergyLevels([0.0, 1.0])))
    >>> levels.energies.flags.writeable
    False
    """

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in vars(self).items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, frozen(value))


def frozen(value: Any) -> Any:
    """Arrays read-only, dictionaries of them behind a proxy; anything else as it is."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict):
        for item in value.values():
            frozen(item)
        return MappingProxyType(value)
    return value
