"""log-sum-exp beside SciPy, PyTorch and the usual NumPy line, in one thread."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "log-sum-exp"
SIZES: dict[str, tuple[tuple[int, ...], int | None]] = {
    "2": ((2,), None),
    "1000": ((1000,), None),
    "1000 x 1000, rows": ((1000, 1000), 1),
    "1000 x 1000, all": ((1000, 1000), None),
    "1e7": ((10_000_000,), None),
}
# sums of up to 1e7 terms near 17: a few units in the last place of either side
TOLERANCE = 1e-14


def _scipy(x: Any, axis: int | None, b: Any) -> Any:
    import scipy.special

    return lambda: scipy.special.logsumexp(x, axis=axis, b=b)


def _torch(x: Any, axis: int | None, b: Any) -> Any:
    try:
        import torch
    except ImportError:
        raise Absent("torch is not installed") from None
    torch.set_num_threads(1)
    tensor = torch.from_numpy(x)
    dims = tuple(range(x.ndim)) if axis is None else (axis,)
    if b is None:
        return lambda: torch.logsumexp(tensor, dim=dims).numpy()
    weights = torch.from_numpy(b)
    return lambda: torch.logsumexp(tensor + weights.log(), dim=dims).numpy()


def _shift(x: Any, axis: int | None, b: Any) -> Any:
    def work() -> Any:
        top = x.max(axis=axis, keepdims=True)
        terms = np.exp(x - top) if b is None else b * np.exp(x - top)
        return np.log(terms.sum(axis=axis)) + np.squeeze(top, axis=axis)

    return work


PEERS = {"scipy": _scipy, "torch": _torch, "NumPy shift": _shift}


def _prepare(shape: tuple[int, ...], axis: int | None, weighted: bool, peer: str) -> Any:
    from statmech import logsumexp

    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    b = rng.uniform(size=shape) if weighted else None
    return (lambda: logsumexp(x, axis=axis, b=b)), PEERS[peer](x, axis, b)


def pairs() -> list[Pair]:
    """Every size with every peer; weights at one size."""
    found = [
        Pair(
            AREA,
            size,
            peer,
            partial(_prepare, shape, axis, False, peer),
            tolerance=TOLERANCE,
            rounds=15,
            quick=size != "1000 x 1000, all",
        )
        for size, (shape, axis) in SIZES.items()
        for peer in PEERS
    ]
    shape, axis = SIZES["1000 x 1000, rows"]
    found += [
        Pair(
            AREA,
            "1000 x 1000, rows, weights",
            peer,
            partial(_prepare, shape, axis, True, peer),
            tolerance=TOLERANCE,
            rounds=15,
        )
        for peer in PEERS
    ]
    return found
