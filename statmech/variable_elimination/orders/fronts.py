"""Orders in which a front moves through the graph: by distance, or wherever it opens the fewest variables.

E. Cuthill, J. McKee, ACM Proc. 24, 157 (1969).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from statmech.kernels import kernel
from statmech.variable_elimination.orders.graph import Graph, Ints, distance_levels, far_end

__all__ = ["breadth_first", "sweep"]


def breadth_first(graph: Graph, start: int, inside: Collection[int]) -> list[int]:
    """Cuthill and McKee: by distance from a far end, part by part."""
    order = [v for level in distance_levels(graph, start, inside) for v in level]
    seen = set(order)
    for v in inside:
        if v not in seen:
            part = [u for level in distance_levels(graph, far_end(graph, v, inside), inside) for u in level]
            order.extend(part)
            seen.update(part)
    return order


@kernel()
def sweep(starts: Ints, ends: Ints, first: int, hopeless: int) -> Ints:
    """Move a front through the graph: next is the variable of the front that opens the fewest, oldest first.

    Parameters
    ----------
    starts, ends : array of int, shapes (n + 1,) and (edges,)
        Neighbours of all variables, as :func:`listed`.
    first : int
        Where it begins.
    hopeless : int
        Variables of a front beyond which the rest follows in any order.
    """
    n = starts.size - 1
    order, front = np.empty(n, np.int64), np.empty(n, np.int64)
    opened, closed = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    done, wide = 0, 0
    for source in range(-1, n):
        v = first if source < 0 else source
        if opened[v]:
            continue
        front[0], wide = v, 1
        opened[v] = True
        while wide:
            if wide > hopeless:
                for u in range(n):
                    if not closed[u]:
                        order[done] = u
                        done += 1
                return order
            cost, best = -1, 0
            for k in range(wide):
                new = 0
                for x in range(starts[front[k]], starts[front[k] + 1]):
                    new += not opened[ends[x]]
                if cost < 0 or new < cost:
                    cost, best = new, k
                    if new == 0:
                        break
            v = front[best]
            for k in range(best, wide - 1):
                front[k] = front[k + 1]
            wide -= 1
            closed[v] = True
            order[done] = v
            done += 1
            for x in range(starts[v], starts[v + 1]):
                if not opened[ends[x]]:
                    opened[ends[x]] = True
                    front[wide] = ends[x]
                    wide += 1
    return order
