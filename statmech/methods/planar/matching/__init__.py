"""Perfect matching of least weight on a sparse graph, with the dual solution that proves it least.

J. Edmonds, J. Res. NBS 69B, 125 (1965). One alternating tree is grown at a time, from one unmatched vertex, so the work
stays where the tree is; duals are integers, so tightness is exact. The linear program and its dual, with the blossoms B
(odd sets) and z_B >= 0:

    min sum w_e x_e  =  max sum_v y_v - sum_B z_B (|B| - 1) / 2,      w_uv - y_u - y_v + sum_{B contains u, v} z_B >= 0

    perfect_matching      what is asked, and the proof
    search, tightness     the tree and when it grows
    blossoms, forest      odd cycles as one node; the state
"""

from __future__ import annotations

from statmech.methods.planar.matching.perfect_matching import Matching, least_perfect_matching

__all__ = ["Matching", "least_perfect_matching"]
