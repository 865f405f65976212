"""Inference: the same sum outside physics. Chains, trees, evidence and losses, each under its own field's names.

In each, scores theta (log p, or minus an energy) are summed as exp(theta / tau): tau = 1 is the likelihood, tau -> 0
the best path, tree or class. Rooms are imported by name, ``from statmech.inference import hidden_markov``, and load on
first use.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_ROOMS = (
    "contrastive",
    "energy_based",
    "hidden_markov",
    "model_averaging",
    "particle_filter",
    "phylogeny",
)

__all__ = list(_ROOMS)


def __getattr__(name: str) -> ModuleType:
    if name not in _ROOMS:
        raise AttributeError(f"module 'statmech.inference' has no attribute {name!r}")
    try:
        return import_module(f"statmech.inference.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"statmech.inference.{name}":
            raise
        raise AttributeError(f"module 'statmech.inference' has no attribute {name!r} in this version") from error


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
