"""Numbers that all chains share, and what is asked of their lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.sampling.base.algorithm import Settings

__all__ = [
    "BLOCKS",
    "BLOCK_TIMES",
    "PATIENCE",
    "R_HAT",
    "blocks_per_chain",
    "check_chains",
    "check_identity",
    "energy_scale",
    "unmoved",
]

Array = npt.NDArray[np.float64]

BLOCKS = 64  # of the jackknife, over all chains: an error bar is then known to 9 %
BLOCK_TIMES = 5.0  # autocorrelation times in a block: with fewer more than a fifth of the variance is a correction
R_HAT = 1.1  # the usual limit of Gelman and Rubin
PATIENCE = 0.02  # seconds between looks at the clock


def check_chains(settings: Settings) -> None:
    """At most so many chains that each has two blocks.

    Raises
    ------
    InputError
        If there are more.
    """
    if settings.chains > BLOCKS // 2:
        raise InputError(f"chains: expected at most {BLOCKS // 2}; got {settings.chains}")


def blocks_per_chain(settings: Settings, unit: str = "") -> int:
    """Blocks of the jackknife in each chain, of which ``sweeps`` counts the sweeps (or what ``unit`` says).

    Raises
    ------
    InputError
        If there are more chains than half the blocks, or fewer sweeps than blocks.
    """
    check_chains(settings)
    each = BLOCKS // settings.chains
    if settings.sweeps < each:
        raise InputError(
            f"sweeps: expected at least {each}{unit}, one for each block of the jackknife; got {settings.sweeps}"
        )
    return each


def check_identity(state: Mapping[str, object], identity: str) -> None:
    """Whether a state to resume from was made for the same task.

    Raises
    ------
    InputError
        If it was not.
    """
    if state.get("identity") != identity:
        raise InputError(
            "resume: this state belongs to another model, algorithm, seed, temperatures or length of chain; "
            "start without it, or ask for what it was made for"
        )


def energy_scale(model: Any) -> float:
    """Sum of the magnitudes of couplings, fields and anisotropies: no energy of a lattice model is larger."""
    names = ("couplings", "fields", "anisotropies")
    return sum(float(np.abs(getattr(model, name)).sum()) for name in names if hasattr(model, name))


def unmoved(mean: Array, second: Array, scale: float) -> npt.NDArray[np.bool_]:
    """Whether an energy never moved, from its moments about a centre: what is left is rounding.

    Rounding of sums of terms up to ``scale`` walks to about 1e-16 sqrt(flips) of it. A jackknife error of such a series
    is 0 or rounding too, whatever the truth.
    """
    return np.asarray(second - mean**2 <= np.maximum(1e-14 * second, (1e-12 * scale) ** 2))
