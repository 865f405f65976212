"""Nested dissection: cut in the middle, both halves first (A. George, SIAM J. Numer. Anal. 10, 345 (1973))."""

from __future__ import annotations

from statmech.variable_elimination.orders.graph import Graph, distance_levels, far_end

__all__ = ["nested_dissection"]


def nested_dissection(graph: Graph) -> list[int]:
    """Cut in the middle, both halves first, the cut last; so on within the halves."""
    order: list[int] = []  # built from the end
    parts: list[set[int]] = [set(range(len(graph)))]
    while parts:
        part = parts.pop()
        levels = distance_levels(graph, far_end(graph, min(part), part), part)
        reached = {v for level in levels for v in level}
        if len(reached) < len(part):
            parts.append(part - reached)
            part = reached
        if len(levels) < 3:
            order.extend(sorted(part))
            continue
        below, middle = 0, 0
        while below + len(levels[middle]) < len(part) / 2:
            below += len(levels[middle])
            middle += 1
        nearby = range(max(1, middle - 1), min(len(levels) - 1, middle + 2))
        middle = min(nearby, key=lambda k: len(levels[k]))
        beyond = set(levels[middle + 1])
        cut = [v for v in levels[middle] if graph[v] & beyond]
        order.extend(cut)
        low = {v for level in levels[: middle + 1] for v in level} - set(cut)
        parts += [half for half in (low, part - low - set(cut)) if half]
    order.reverse()
    return order
