"""What estimators share: checks of their input, read-only results, Bennett's equation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen

__all__ = ["Array", "Estimate", "bennett_difference", "finite_series", "replicas"]

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


def bennett_difference(forward: Array, reverse: Array, tolerance: float = 1e-13) -> float:
    r"""The root of Bennett's equation for works of both directions, in the log domain: exists for any numbers.

    .. math:: \sum_F \frac{1}{1 + \frac{n_F}{n_R} e^{w_F - \Delta f}} =
              \sum_R \frac{1}{1 + \frac{n_R}{n_F} e^{w_R + \Delta f}}

    The logarithm of left over right rises with a slope between 0 and 2, so Newton's method within a shrinking bracket
    finds it. Source: C. H. Bennett, J. Comput. Phys. 22, 245 (1976), equation (12).
    """
    ratio = math.log(forward.size / reverse.size)
    first, second = forward + ratio, reverse - ratio  # left is a sum of 1 / (1 + exp(first - x))

    def imbalance(x: float) -> tuple[float, float]:
        left, left_slope = _log_sum_expit(x - first)
        right, right_slope = _log_sum_expit(-x - second)
        return left - right, left_slope + right_slope

    low = min(float(first.min()), -float(second.max())) - 1.0
    high = max(float(first.max()), -float(second.min())) + 1.0
    for _ in range(200):  # towards the ends both sums are of equal terms: widen until the sign changes
        if imbalance(low)[0] <= 0:
            break
        low -= 2 * (high - low)
    for _ in range(200):
        if imbalance(high)[0] >= 0:
            break
        high += 2 * (high - low)
    x = 0.5 * (low + high)
    for _ in range(300):
        value, slope = imbalance(x)
        if value > 0:
            high = x
        else:
            low = x
        step = -value / slope if slope > 0 else math.inf
        if abs(step) <= tolerance * max(1.0, abs(x)):
            return x + step
        x = x + step if low < x + step < high else 0.5 * (low + high)
        if high - low <= 4e-16 * max(abs(low), abs(high)):
            return x
    return x


def _log_sum_expit(x: Array) -> tuple[float, float]:
    """log sum 1 / (1 + exp(-x)) and its derivative under a common shift of x."""
    logs = -np.logaddexp(0.0, -x)
    top = float(logs.max())
    weights = np.exp(logs - top)
    total = float(weights.sum())
    with np.errstate(under="ignore"):
        slope = float(np.dot(weights, np.exp(-np.logaddexp(0.0, x)))) / total
    return top + math.log(total), slope
