"""Ising Monte Carlo at Tc beside peapods and ALPS: equal work, or equal errors, in one thread on either side.

Single spins: as many proposals. Swendsen-Wang: as many sweeps over all sites. Wolff: as many spins turned, which both
sides count: ours as it goes, theirs as N <m^2> for each cluster, the exact mean size in equilibrium. Equal errors: both
sides run until u, or c, is known equally well, burn-in left out as far as it can be; how well peapods knows it, which
gives no errors, is the spread of forty of its runs.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair, Sides

AREA = "Monte Carlo"
TC = 2 / math.log1p(math.sqrt(2))
SEED = {"seed": 1, "chains": 1}
TO = 32  # linear size where errors are compared


def _peapods(size: int, replicas: int = 1, temperatures: Any = (TC,)) -> Any:
    try:
        import peapods
    except ImportError:
        raise Absent("peapods is not installed") from None
    return peapods.Ising((size, size), temperatures=np.array(temperatures), n_replicas=replicas)


def _method(algorithm: str, sweeps: int, **options: Any) -> dict[str, Any]:
    return {"kind": "monte_carlo", "algorithm": algorithm, "sweeps": sweeps, "burn_in": sweeps // 4, **SEED} | options


def _energy_per_site(size: int, algorithm: str, sweeps: int) -> float:
    from statmech import Ising, lattices, solve

    found = solve(Ising(lattices.square(size, size)), TC, method=_method(algorithm, sweeps))
    return float(found.internal_energy) / size**2


def _single_spins(algorithm: str, size: int, replicas: int, sweeps: int) -> Sides:
    """Theirs warms up within the sweeps it is given, ours beside them."""
    other = _peapods(size, replicas)
    whole = sweeps + sweeps // 4
    return (
        lambda: _energy_per_site(size, algorithm, sweeps),
        lambda: -abs(float(np.mean(other.sample(whole)["energies"]))),
    )


def _clusters(algorithm: str, size: int, sweeps: int) -> Sides:
    """Theirs makes a sweep of Metropolis beside each cluster move, which is timed alone and taken off."""
    other, alone = _peapods(size), _peapods(size)
    mode = "sw" if algorithm == "swendsen_wang" else "wolff"
    more = {"cluster_update_interval": 1, "cluster_mode": mode, "warmup_ratio": 0.0}
    moves = sweeps + sweeps // 4
    if mode == "wolff":
        other.sample(1000, **more)  # into equilibrium, from where it goes on
        other.sample(3000, **more)
        moves = round(_turned(size, sweeps) / (size**2 * float(np.mean(other.mags2))))
    return (
        lambda: _energy_per_site(size, algorithm, sweeps),
        lambda: -abs(float(np.mean(other.sample(moves, **more)["energies"]))),
        lambda: alone.sample(moves, warmup_ratio=0.0),
    )


def _turned(size: int, sweeps: int) -> int:
    """Spins that the run of :func:`_energy_per_site` turns, burn-in included: the same run, counted."""
    from statmech import Ising, lattices
    from statmech.sampled import finish
    from statmech.sampling.monte_carlo import MonteCarlo

    given = {key: value for key, value in _method("wolff", sweeps).items() if key != "kind"}
    chain: Any = MonteCarlo(**given).start(Ising(lattices.square(size, size)), np.array([TC]))
    finish(chain)
    return int(chain.walkers[0][0].visited)


def _ours_to_an_error(algorithm: str, name: str, sweeps: int) -> tuple[Callable[[], tuple[float, float]], float]:
    """A run that gives (value, error) per site, and the root mean square of its error over ten seeds."""
    from statmech import Ising, lattices, solve

    model = Ising(lattices.square(TO, TO))

    def run(seed: int = 1) -> tuple[float, float]:
        found = solve(model, TC, method=_method(algorithm, sweeps, seed=seed, burn_in=200))
        return float(found[name]) / TO**2, float(found[f"{name}_errors"]) / TO**2

    return run, math.sqrt(np.mean([run(seed)[1] ** 2 for seed in range(10)]))


def _beside_peapods(algorithm: str, name: str, sweeps: int) -> Sides:
    run, error = _ours_to_an_error(algorithm, name, sweeps)
    temperatures, more, call = (TC,), {"cluster_update_interval": 1, "cluster_mode": "sw"}, 1000
    if algorithm == "wolff":
        more["cluster_mode"] = "wolff"
    elif algorithm == "tempering":  # on a ladder of twelve up to where spins are nearly free
        temperatures, more = tuple(np.geomspace(TC, 8.0, 12)), {"pt_interval": 1}
    other = _peapods(TO, 1, temperatures)
    at = int(np.argmin(temperatures))

    def sample(moves: int) -> float:
        found = other.sample(moves, warmup_ratio=0.0, **more)
        e, e2 = float(np.ravel(found["energies"])[at]), float(np.ravel(found["energies2"])[at])
        return -abs(e) if name == "internal_energy" else (e2 - e * e) * TO**2 / TC**2

    sample(2 * call)  # into equilibrium, from where it goes on
    spread = float(np.std([sample(call) for _ in range(40)], ddof=1))
    moves = max(50, round(call * (spread / error) ** 2))
    return run, lambda: (sample(moves), error)


def _beside_alps(name: str, sweeps: int) -> Sides:
    """Its program spinmc, Wolff clusters; the start of its process, half a second, is in its time."""
    try:
        import pyalps
    except ImportError:
        raise Absent("pyalps is not installed") from None
    run, error = _ours_to_an_error("wolff", name, sweeps)

    def sample(moves: int) -> tuple[float, float]:
        here = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # it writes where it stands
            try:
                task = {"LATTICE": "square lattice", "MODEL": "Ising", "T": TC, "J": 1, "L": TO, "UPDATE": "cluster"}
                task |= {"THERMALIZATION": moves // 4, "SWEEPS": moves, "SEED": 7}
                pyalps.runApplication("spinmc", pyalps.writeInputFiles("parm", [task]), Tmin=1)
                found = pyalps.loadMeasurements(pyalps.getResultFiles(prefix="parm"), ["Energy Density"])
            finally:
                os.chdir(here)
        energy = found[0][0].y[0]
        return float(energy.mean), float(energy.error)

    moves = round(20_000 * (sample(20_000)[1] / error) ** 2)
    return run, lambda: sample(moves)


def _in_errors(ours: Any, theirs: Any) -> float:
    return abs(ours[0] - theirs[0]) / math.hypot(ours[1], theirs[1])


def pairs() -> list[Pair]:
    """Bit-packed and plain Metropolis, Swendsen-Wang and Wolff by their work; u and c by their errors."""
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
            note=f"{short}; {work}; their Metropolis sweeps taken off",
        )
        for name, algorithm, size, sweeps, work in (
            ("Swendsen-Wang", "swendsen_wang", 256, 160, "as many sweeps"),
            ("Wolff", "wolff", 256, 160, "as many spins turned"),
        )
    ]
    names = {"internal_energy": "u", "heat_capacity": "c"}
    found += [
        Pair(
            AREA,
            f"{names[name]} to an equal error, {title}, {TO} x {TO}",
            "peapods",
            partial(_beside_peapods, algorithm, name, sweeps),
            compare=_in_errors,
            tolerance=5.0,  # of 1: one run of each
            rounds=5,
            quick=False,
            exact=False,
            note="time for as many effective samples; ours gives the error, theirs does not" + more,
        )
        for title, algorithm, sweeps, more in (
            ("Wolff", "wolff", 4000, ""),
            ("Swendsen-Wang", "swendsen_wang", 4000, ""),
            ("tempering", "tempering", 2000, "; ours from T = inf, with F and S"),
        )
        for name in names
    ]
    found.append(
        Pair(
            AREA,
            f"u to an equal error, Wolff, {TO} x {TO}",
            "ALPS spinmc",
            partial(_beside_alps, "internal_energy", 4000),
            compare=_in_errors,
            tolerance=5.0,
            rounds=3,
            quick=False,
            exact=False,
            note="time for as many effective samples; the start of its process, about 0.5 s, is in its time",
        )
    )
    return found
