"""The graph of a network: neighbours as sets, as a list in two arrays, or as rows of bits; distances, and a bound."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Graph", "Ints", "Words", "bit_rows", "distance_levels", "far_end", "least_width", "listed"]

Graph: TypeAlias = tuple[frozenset[int], ...]
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]


def listed(graph: Graph) -> tuple[Ints, Ints]:
    """Neighbours one after the other, sorted, and where those of each variable begin."""
    starts = np.concatenate([[0], np.cumsum([len(others) for others in graph])]).astype(np.int64)
    return starts, np.array([u for others in graph for u in sorted(others)], dtype=np.int64)


def bit_rows(starts: Ints, ends: Ints) -> Words:
    """Neighbours as bits, shape (n, words)."""
    n = starts.size - 1
    table = np.zeros((n, -(-n // 64) * 64), dtype=np.uint8)
    table[np.repeat(np.arange(n), np.diff(starts)), ends] = 1
    return np.packbits(table, axis=1, bitorder="little").view(np.uint64)


def distance_levels(graph: Graph, start: int, inside: Collection[int]) -> list[list[int]]:
    """Variables by distance from one, within a connected part of ``inside``."""
    seen, levels = {start}, [[start]]
    while True:
        step = []
        for v in levels[-1]:
            for u in sorted(graph[v]):
                if u not in seen and u in inside:
                    seen.add(u)
                    step.append(u)
        if not step:
            return levels
        levels.append(step)


def far_end(graph: Graph, start: int, inside: Collection[int]) -> int:
    """A variable as far from another one as can be found by walking to the end twice."""
    for _ in range(2):
        start = min(distance_levels(graph, start, inside)[-1], key=lambda v: len(graph[v]))
    return start


def least_width(graph: Graph) -> int:
    """A lower bound of every width: the largest smallest degree met when the vertex of least degree leaves again and
    again.
    """
    degrees = [len(others) for others in graph]
    queues: list[list[int]] = [[] for _ in range(max(degrees) + 1)]
    for v, d in enumerate(degrees):
        queues[d].append(v)
    bound, d = 0, 0
    while d < len(queues):
        if not queues[d]:
            d += 1
            continue
        v = queues[d].pop()
        if degrees[v] != d:
            continue
        bound = max(bound, d)
        degrees[v] = -1
        for u in graph[v]:
            if degrees[u] > 0:
                degrees[u] -= 1
                queues[degrees[u]].append(u)
                d = min(d, degrees[u])
    return bound
