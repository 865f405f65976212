"""Names to classes, loaded on first use; other people's classes come through installed entry points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from statmech.errors import InputError

__all__ = ["Registry"]


@dataclass(frozen=True)
class Registry:
    """Lookup of a class by its name in YAML.

    Parameters
    ----------
    what : str
        What is looked up, for messages.
    own : mapping of str to str
        Name to ``"module:Class"`` of this package.
    group : str
        Entry-point group in which installed packages announce theirs.

    Examples
    --------
    >>> Registry("fraction", {"fraction": "fractions:Fraction"}, "statmech.none").get("fraction").__name__
    'Fraction'
    """

    what: str
    own: Mapping[str, str]
    group: str
    _loaded: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _installed(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def names(self) -> list[str]:
        """All names, this package's first."""
        return [*self.own, *(name for name in self._installed if name not in self.own)]

    def get(self, name: str) -> Any:
        """The class of that name.

        Raises
        ------
        InputError
            If it is unknown; the message lists the names and suggests the nearest.
        """
        if name not in self._loaded:
            if name in self.own:
                module, attribute = self.own[name].split(":")
                self._loaded[name] = getattr(import_module(module), attribute)
            elif name in self._installed:
                self._loaded[name] = self._installed[name].load()
            else:
                near = get_close_matches(str(name), self.names(), n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise InputError(f"kind: expected a {self.what}: {', '.join(self.names())}; got {name!r}{hint}")
        return self._loaded[name]
