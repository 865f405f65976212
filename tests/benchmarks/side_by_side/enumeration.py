"""All states of small spin systems, beside dimod's ExactSolver."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "enumeration"
TEMPERATURE = 0.5


def _prepare(shape: tuple[int, int], kind: str) -> Any:
    from statmech import Ising, lattices, solve

    lattice = lattices.square(*shape)
    rng = np.random.default_rng(3)
    J = rng.choice([-1.0, 1.0], lattice.bond_count) if kind == "+-J" else rng.standard_normal(lattice.bond_count)
    model = Ising(lattice, J)

    def ours() -> Any:
        return float(solve(model, TEMPERATURE, method="enumeration").log_z)

    if lattice.sites > 22:  # 2^24 sampled states would fill gigabytes there
        return ours, None
    try:
        import dimod
    except ImportError:
        raise Absent("dimod is not installed") from None
    from scipy.special import logsumexp

    couplings = {(int(i), int(j)): -float(c) for (i, j), c in zip(lattice.bonds, J, strict=True)}

    def theirs() -> Any:
        energies = dimod.ExactSolver().sample_ising({}, couplings).record.energy
        return float(logsumexp(-energies / TEMPERATURE))

    return ours, theirs


def pairs() -> list[Pair]:
    """20 and 22 spins beside dimod; 25 and 30 alone."""
    note = "they give the energies of all states, from which log Z"
    return [
        *(
            Pair(
                AREA,
                f"{a * b} spins, {kind}",
                "dimod",
                partial(_prepare, (a, b), kind),
                tolerance=1e-13,
                rounds=3,
                quick=(a, b) == (4, 5) and kind == "+-J",
                note=note,
            )
            for a, b in ((4, 5), (2, 11))
            for kind in ("+-J", "Gaussian")
        ),
        Pair(AREA, "25 spins, +-J", "-", partial(_prepare, (5, 5), "+-J"), rounds=3, quick=False),
        Pair(AREA, "30 spins, +-J", "-", partial(_prepare, (5, 6), "+-J"), rounds=3, quick=False),
    ]
