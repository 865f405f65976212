"""The areas of the table, in its order."""

from __future__ import annotations

from importlib import import_module

from benchmarks.side_by_side.base import Pair

__all__ = ["AREAS", "all_pairs"]

AREAS = (
    "log_sum_exp",
    "level_sums",
    "thermochemistry",
    "enumeration",
    "exact_lattices",
    "monte_carlo",
    "mbar",
    "hidden_markov",
    "phylogeny",
    "particle_filter",
    "start_up",
)


def all_pairs() -> list[Pair]:
    """Every comparison; no peer is imported yet."""
    return [pair for area in AREAS for pair in import_module(f"benchmarks.side_by_side.{area}").pairs()]
