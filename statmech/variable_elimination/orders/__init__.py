"""Elimination orders: several rules, the cheapest kept.

No rule is best everywhere: on a 12 x 12 grid rows give width 12 and minimum fill alone 16, on a random graph it is
the other way round. Finding the best order is NP-hard (S. Arnborg, D. Corneil, A. Proskurowski, SIAM J. Alg. Disc.
Meth. 8, 277 (1987)); the rules are those of A. Darwiche, Modeling and Reasoning with Bayesian Networks (2009), ch. 9,
A. George, SIAM J. Numer. Anal. 10, 345 (1973) (nested dissection) and E. Cuthill, J. McKee, ACM Proc. 24, 157 (1969).

    search                       which rules are asked, for how long, and which order is kept
    greedy, fronts, dissection   the rules
    graph, bits                  what they work on
"""

from __future__ import annotations

from statmech.variable_elimination.orders.search import find_order

__all__ = ["find_order"]
