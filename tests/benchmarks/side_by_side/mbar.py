"""MBAR beside pymbar with its NumPy and its JAX backend, on harmonic oscillators with known free energies."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "MBAR"


def oscillators(states: int, samples: int, spacing: float = 1.0, offset: float = 0.0) -> tuple[Any, Any]:
    """u_kn (K, N) and N_k of harmonic oscillators side by side; u of state k is raised by ``offset`` times k."""
    rng = np.random.default_rng(11)
    centres, springs = spacing * np.arange(states), np.linspace(1.0, 2.0, states)
    counts = np.full(states, samples // states)
    x = np.concatenate([rng.normal(m, k**-0.5, n) for m, k, n in zip(centres, springs, counts, strict=True)])
    u = 0.5 * springs[:, None] * (x - centres[:, None]) ** 2 + offset * np.arange(states)[:, None]
    return u, counts


def _prepare(states: int, samples: int, backend: str, spacing: float = 1.0, offset: float = 0.0) -> Any:
    from statmech.estimators import mbar

    os.environ["PYMBAR_DISABLE_JAX"] = "TRUE" if backend == "NumPy" else "FALSE"
    try:
        import logging

        logging.disable(logging.WARNING)  # it says at import what it could not load
        import pymbar
    except ImportError:
        raise Absent("pymbar is not installed") from None
    u, counts = oscillators(states, samples, spacing, offset)

    def theirs() -> Any:
        found = pymbar.MBAR(u, counts).compute_free_energy_differences()
        return found["Delta_f"][0]

    return (lambda: mbar(u, counts).f_k), theirs


def pairs() -> list[Pair]:
    """Twenty and fifty states; then what breaks the usual solvers."""
    sizes = ((20, 20_000), (20, 100_000), (50, 250_000))
    found = [
        Pair(
            AREA,
            f"K = {states}, N = {samples}",
            f"pymbar ({backend})",
            partial(_prepare, states, samples, backend),
            tolerance=1e-7,  # pymbar's own default tolerance is 1e-12 of its gradient, with less of f_k
            rounds=3,
            quick=(states, samples, backend) == (20, 20_000, "NumPy"),
            note="free energies and their uncertainties",
        )
        for states, samples in sizes
        for backend in ("NumPy", "JAX")
    ]
    hard = {
        "offsets of 1e3 per state": {"offset": 1e3},
        "offsets of 1e5 per state": {"offset": 1e5},
        "gaps of 6 sigma": {"spacing": 6.0},
    }
    found += [
        Pair(
            AREA,
            f"K = 10, N = 10000, {what}",
            "pymbar (NumPy)",
            partial(_prepare, 10, 10_000, "NumPy", **changed),
            tolerance=1e-7,
            rounds=1,
            quick=False,
        )
        for what, changed in hard.items()
    ]
    return found
