"""Ising Monte Carlo at Tc beside peapods: as many updates of spins on either side, in one thread."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair, Sides

AREA = "Monte Carlo"
TC = 2 / math.log1p(math.sqrt(2))
SEED = {"seed": 1, "chains": 1}


def _peapods(size: int, replicas: int = 1) -> Any:
    try:
        import peapods
    except ImportError:
        raise Absent("peapods is not installed") from None
    return peapods.Ising((size, size), temperatures=np.array([TC]), n_replicas=replicas)


def _energy_per_site(size: int, algorithm: str, sweeps: int) -> float:
    from statmech import Ising, lattices, solve

    method = {"kind": "monte_carlo", "algorithm": algorithm, "sweeps": sweeps, "burn_in": sweeps // 4, **SEED}
    return float(solve(Ising(lattices.square(size, size)), TC, method=method).internal_energy) / size**2


def _single_spins(algorithm: str, size: int, replicas: int, sweeps: int) -> Sides:
    """Theirs warms up within the sweeps it is given, ours beside them."""
    other = _peapods(size, replicas)
    whole = sweeps + sweeps // 4
    return (
        lambda: _energy_per_site(size, algorithm, sweeps),
        lambda: -abs(float(np.mean(other.sample(whole)["energies"]))),
    )


def _clusters(algorithm: str, size: int, sweeps: int) -> tuple[Any, Any, Any]:
    """Theirs makes a sweep of Metropolis beside each cluster move, which is timed alone and taken off."""
    other, alone = _peapods(size), _peapods(size)
    whole = sweeps + sweeps // 4
    mode = "sw" if algorithm == "swendsen_wang" else "wolff"
    # A Wolff cluster has N <m^2> sites on average, 1.0928 L^(-1/4) N at Tc (J. Salas, A. D. Sokal, J. Stat. Phys. 98,
    # 551 (2000)); a sweep of ours visits N.
    moves = whole if mode == "sw" else round(whole / (1.0928 * size**-0.25))
    return (
        lambda: _energy_per_site(size, algorithm, sweeps),
        lambda: -abs(float(np.mean(other.sample(moves, cluster_update_interval=1, cluster_mode=mode)["energies"]))),
        lambda: alone.sample(moves),
    )


def pairs() -> list[Pair]:
    """Bit-packed and plain Metropolis, Swendsen-Wang and Wolff."""
    short = "energies of short runs compared"
    found = [
        Pair(
            AREA,
            f"{name}, {replicas} x {size} x {size}, {sweeps} sweeps",
            "peapods",
            partial(_single_spins, algorithm, size, replicas, sweeps),
            tolerance=0.2,  # theirs begins hot in every call
            rounds=3,
            quick=algorithm == "multispin",
            exact=False,
            note=short,
        )
        for name, algorithm, size, replicas, sweeps in (
            ("Metropolis, bit-packed", "multispin", 64, 64, 400),
            ("Metropolis", "metropolis", 64, 1, 4000),
        )
    ]
    found += [
        Pair(
            AREA,
            f"{name}, {size} x {size}, {sweeps} sweeps",
            "peapods",
            partial(_clusters, algorithm, size, sweeps),
            tolerance=0.1,
            rounds=3,
            quick=algorithm == "wolff",
            exact=False,
            note=f"{short}; their Metropolis sweeps taken off",
        )
        for name, algorithm, size, sweeps in (
            ("Swendsen-Wang", "swendsen_wang", 256, 80),
            ("Wolff", "wolff", 256, 80),
        )
    ]
    return found
