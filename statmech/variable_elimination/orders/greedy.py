"""Greedy orders: the variable with the fewest neighbours next, or the one whose elimination adds the fewest edges.

A. Darwiche, Modeling and Reasoning with Bayesian Networks (2009), ch. 9.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.variable_elimination.orders.bits import members, ones
from statmech.variable_elimination.orders.graph import Graph, Ints, Words

__all__ = ["greedy_order", "minimum_degree"]


def minimum_degree(graph: Graph, generator: np.random.Generator, hopeless: int) -> list[int]:
    """Eliminate the variable with the fewest neighbours again and again, ties at random; of large graphs."""
    left = [set(others) for others in graph]
    degrees = [len(others) for others in left]
    ties = generator.random(len(graph)).tolist()
    heap = [(d, tie, v) for v, (d, tie) in enumerate(zip(degrees, ties, strict=True))]
    heapify(heap)
    gone = [False] * len(graph)
    order = []
    while heap:
        d, _, v = heappop(heap)
        if gone[v] or d != degrees[v]:
            continue
        gone[v] = True
        order.append(v)
        around = left[v]
        for u in around:
            left[u] |= around
            left[u] -= {u, v}
        if len(around) > hopeless:
            return order + [u for u in range(len(graph)) if not gone[u]]
        for u in around:
            if len(left[u]) != degrees[u]:
                degrees[u] = len(left[u])
                heappush(heap, (degrees[u], ties[u], u))
    return order


@kernel()
def greedy_order(rows: Words, ties: npt.NDArray[np.float64], fill: bool, hopeless: int) -> Ints:
    """Eliminate the variable that adds the fewest edges (or has the fewest neighbours) again and again.

    Parameters
    ----------
    rows : array of uint64, shape (n, words)
        Neighbours as bits; written over.
    ties : array, shape (n,)
        Decide between equal ones.
    fill : bool
        Whether edges are counted, or neighbours.
    hopeless : int
        Neighbours beyond which the rest follows in any order.
    """
    n, words = rows.shape
    order, prices, gone = np.empty(n, np.int64), np.empty(n, np.int64), np.zeros(n, np.bool_)
    near, others = np.empty(n, np.int64), np.empty(n, np.int64)
    stale = np.ones(n, np.bool_)
    for step in range(n):
        for v in range(n):
            if gone[v] or not stale[v]:
                continue
            stale[v] = False
            k = members(rows[v], others)
            prices[v] = k
            if fill:
                shared = 0
                for x in range(k):
                    for word in range(words):
                        shared += ones(rows[v, word] & rows[others[x], word])
                prices[v] = k * k if k > hopeless else (k * (k - 1) - shared) // 2
        best = -1
        for v in range(n):
            if not gone[v] and (
                best < 0 or prices[v] < prices[best] or (prices[v] == prices[best] and ties[v] < ties[best])
            ):
                best = v
        gone[best] = True
        order[step] = best
        k = members(rows[best], near)
        for x in range(k):
            u = near[x]
            grows = False
            for word in range(words):
                joined = rows[u, word] | rows[best, word]
                if word == u // 64:
                    joined &= ~(np.uint64(1) << np.uint64(u % 64))
                if word == best // 64:
                    joined &= ~(np.uint64(1) << np.uint64(best % 64))
                grows |= (joined & ~rows[u, word]) != 0
                rows[u, word] = joined
            stale[u] = True
            if fill and grows:
                for y in range(members(rows[u], others)):
                    stale[others[y]] = True
        if k > hopeless:
            step += 1
            for v in range(n):
                if not gone[v]:
                    order[step] = v
                    step += 1
            return order
    return order
