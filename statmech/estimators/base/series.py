"""Series of samples checked, and results that are read-only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen

__all__ = ["Array", "Estimate", "finite_series", "replicas"]

Array = npt.NDArray[np.float64]


class Estimate(Frozen):
    """A frozen dataclass whose arrays are read-only from the start."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                own = value if value.base is None and value.flags.owndata else value.copy()
                object.__setattr__(self, name, frozen(own))


def finite_series(name: str, values: npt.ArrayLike, least: int = 2) -> Array:
    """One series of numbers, shape (N,).

    Raises
    ------
    InputError
        If it has another shape, fewer than ``least`` entries, or an entry that is not finite.

    Examples
    --------
    >>> finite_series("x", [1, 2])
    array([1., 2.])
    """
    try:
        series = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers; got {type(values).__name__}") from None
    if series.ndim != 1 or series.size < least:
        raise InputError(f"{name}: expected at least {least} samples of shape (N,); got shape {series.shape}")
    if not np.all(np.isfinite(series)):
        first = int(np.flatnonzero(~np.isfinite(series))[0])
        raise InputError(f"{name}: expected finite numbers; got {series[first]} at sample {first}")
    return series


def replicas(name: str, values: npt.ArrayLike | Sequence[npt.ArrayLike], least: int = 2) -> list[Array]:
    """One series (N,), or several: an array (R, N) or a sequence of series whose lengths may differ.

    Examples
    --------
    >>> [len(series) for series in replicas("x", [[1.0, 2.0, 3.0], [4.0, 5.0]])]
    [3, 2]
    """
    if isinstance(values, np.ndarray):
        rows = list(values) if values.ndim == 2 else [values]
    elif isinstance(values, Sequence) and len(values) and np.ndim(values[0]) > 0:
        rows = list(values)
    else:
        rows = [np.asarray(values)]
    if not rows:
        raise InputError(f"{name}: expected at least one series; got none")
    return [finite_series(name if len(rows) == 1 else f"{name}[{r}]", row, least) for r, row in enumerate(rows)]
