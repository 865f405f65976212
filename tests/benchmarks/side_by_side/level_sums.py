"""Sums over levels at fifty temperatures, beside what people write themselves; and from disk, beside reading alone."""

from __future__ import annotations

import math
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "level sums"
TEMPERATURES = np.linspace(100.0, 5000.0, 50)
GIVES = "they give log Z, we log Z, F, U, S and C"


def shared_data() -> Path:
    """Folder of real spectra, as the tests find it."""
    given = os.environ.get("STATMECH_TEST_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "data"
    if not folder.is_dir():
        raise Absent(f"no data in {folder.name}: set STATMECH_TEST_DATA")
    return folder


def _levels(count: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.uniform(0, 1e4, count), rng.integers(1, 100, count).astype(float)


def _scipy(count: int) -> Any:
    from scipy.special import logsumexp

    from statmech import EnergyLevels, solve

    energies, g = _levels(count)
    levels = EnergyLevels(energies, g)
    return (
        lambda: solve(levels, TEMPERATURES).log_z.values,
        lambda: np.array([logsumexp(-energies / T, b=g) for T in TEMPERATURES]),
    )


def _raw_moments(energies: Any, g: Any, temperatures: Any) -> Any:
    """Q, <E> and C by the sums that line-list papers print (Tennyson et al. 2016, eqs. 7-9)."""
    found = []
    for T in temperatures:
        weight = g * np.exp(-energies / T)
        q, first, second = weight.sum(), (weight * energies / T).sum(), (weight * (energies / T) ** 2).sum()
        found.append((math.log(q), second / q - (first / q) ** 2))
    return np.array(found).T


def _exomol(count: int) -> Any:
    from statmech import EnergyLevels, solve

    energies, g = _levels(count)
    levels = EnergyLevels(energies, g)

    def ours() -> Any:
        ds = solve(levels, TEMPERATURES)
        return np.array([ds.log_z.values, ds.heat_capacity.values])

    return ours, lambda: _raw_moments(energies, g, TEMPERATURES)


def _carbon_monoxide() -> Any:
    from statmech import read_levels, solve
    from statmech.units import kelvin_per

    temperatures = np.linspace(10.0, 5000.0, 500)
    levels = read_levels(shared_data() / "exomol" / "12C-16O__Li2015.states.bz2")
    kelvin, g = levels.energies * kelvin_per("cm-1"), np.asarray(levels.degeneracies)

    def ours() -> Any:
        ds = solve(levels, temperatures, output="reduced")
        return np.array([ds.log_z.values, ds.heat_capacity.values])

    return ours, lambda: _raw_moments(kelvin, g, temperatures)


def _streaming(count: int) -> Any:
    from statmech import iter_levels, solve
    from statmech.models.spectrum import Spectrum

    path = Path(tempfile.mkdtemp(prefix="statmech-bench-")) / "synthetic.states"
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        for i, (energy, j) in enumerate(zip(rng.uniform(0, 4e4, count), rng.integers(0, 90, count), strict=True)):
            file.write(f"{i + 1:12d} {energy:12.6f} {2 * j + 1:6d} {j:7d}\n")

    def ours() -> Any:
        return len(solve(Spectrum(path), TEMPERATURES).temperature)

    def reading() -> Any:
        for _ in iter_levels(path):
            pass
        return len(TEMPERATURES)

    return ours, reading


def _alone(count: int) -> Any:
    """Too many for what people write themselves: its arrays of that size would not fit, or take minutes."""
    from statmech import EnergyLevels, solve

    levels = EnergyLevels(np.random.default_rng(1).uniform(0, 1e4, count))
    return (lambda: solve(levels, TEMPERATURES).log_z.values), None


def pairs() -> list[Pair]:
    """From ten thousand to a hundred million levels; a real line list; a file."""
    counts = {10_000: True, 1_000_000: True, 10_000_000: False}
    return [
        *(
            Pair(
                AREA,
                f"{n:.0e} levels x 50 T".replace("e+0", "e"),
                "scipy loop",
                partial(_scipy, n),
                rounds=5,
                quick=q,
                note=GIVES,
            )
            for n, q in counts.items()
        ),
        *(
            Pair(
                AREA,
                f"{n:.0e} levels x 50 T".replace("e+0", "e"),
                "raw moments in NumPy",
                partial(_exomol, n),
                rounds=5,
                quick=n == 10_000,
                tolerance=1e-9,  # their <E^2> - <E>^2 cancels
                note="C from <E^2> - <E>^2",
            )
            for n, q in counts.items()
        ),
        Pair(AREA, "1e8 levels x 50 T", "-", partial(_alone, 100_000_000), rounds=1, quick=False),
        Pair(
            AREA,
            "CO line list, 500 T",
            "raw moments in NumPy",
            _carbon_monoxide,
            tolerance=1e-9,
            note="C from <E^2> - <E>^2",
        ),
        Pair(
            AREA,
            "1e6-level file x 50 T",
            "reading it only",
            partial(_streaming, 1_000_000),
            rounds=3,
            quick=False,
            note="a ratio of 1 would mean that the sum costs nothing beside the reading",
        ),
    ]
