"""Sampling: Monte Carlo with honest error bars. Algorithms are found by name and load on first use."""

from __future__ import annotations

from typing import Any

from statmech.registry import Registry

__all__ = ["ALGORITHMS", "algorithms", "get"]

# name in YAML -> where its class is
ALGORITHMS = {
    "metropolis": "statmech.sampling.metropolis:Metropolis",
    "heat_bath": "statmech.sampling.heat_bath:HeatBath",
    "overrelaxation": "statmech.sampling.overrelaxation:Overrelaxation",
    "multispin": "statmech.sampling.multispin:Multispin",
    "wolff": "statmech.sampling.wolff:Wolff",
    "swendsen_wang": "statmech.sampling.swendsen_wang:SwendsenWang",
    "population_annealing": "statmech.sampling.population_annealing:PopulationAnnealing",
    "tempering": "statmech.sampling.tempering:Tempering",
    "wang_landau": "statmech.sampling.wang_landau:WangLandau",
}

_REGISTRY = Registry("sampling algorithm", ALGORITHMS, "statmech.sampling")


def get(name: str) -> Any:
    """The class of an algorithm: ours, or one of an installed entry point of group ``statmech.sampling``.

    Raises
    ------
    InputError
        If there is no such algorithm; the message names the nearest.

    Examples
    --------
    >>> get("metropolis").name
    'metropolis'
    """
    return _REGISTRY.get(name)


def algorithms() -> list[str]:
    """All known names, ours first."""
    return _REGISTRY.names()
