"""Where curves of neighbouring sizes cross: critical temperatures from Binder cumulants."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError

__all__ = ["Crossing", "crossings"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Crossing:
    """Where two curves cross.

    Attributes
    ----------
    place, height : float
        Abscissa and ordinate.
    error : float
        Standard error of the abscissa; 0 for curves without errors.
    """

    place: float
    height: float
    error: float


def crossings(x: npt.ArrayLike, curves: npt.ArrayLike, errors: npt.ArrayLike | None = None) -> list[Crossing]:
    r"""Crossing of every curve with the next one.

    Binder cumulants :math:`U_L = 1 - \langle M^4 \rangle / 3 \langle M^2 \rangle^2` of sizes L and L' cross near Tc,
    the nearer the larger they are (K. Binder, Z. Phys. B 43, 119 (1981)). Where curves nearly coincide, noise makes
    them cross often: the crossing with the largest area on both of its sides is taken. Curves without errors are
    interpolated by cubic splines, those with errors linearly between two points, which carries the error.

    Parameters
    ----------
    x : array_like, shape (n,)
        Abscissae, increasing.
    curves : array_like, shape (k, n)
        k >= 2 curves, by size.
    errors : array_like, shape (k, n), optional
        Standard errors of independent points.

    Returns
    -------
    list of Crossing
        k - 1, of curves i and i + 1.

    Raises
    ------
    InputError
        If the shapes do not fit, or x does not increase, or a value is not finite.
    ConvergenceError
        If two curves do not cross.

    Examples
    --------
    >>> x = np.linspace(1.0, 3.0, 21)
    >>> [found] = crossings(x, [1.0 - x, 2.0 * (1.5 - x)])
    >>> round(found.place, 12), round(found.height, 12)
    (2.0, -1.0)
    """
    points, table = np.asarray(x, dtype=np.float64), np.asarray(curves, dtype=np.float64)
    bars = None if errors is None else np.asarray(errors, dtype=np.float64)
    if points.ndim != 1 or points.size < 4 or table.ndim != 2 or len(table) < 2 or table.shape[1] != points.size:
        raise InputError(
            f"curves: expected two or more of at least 4 points, shape (k, {points.size}); got shape {table.shape}"
        )
    if bars is not None and bars.shape != table.shape:
        raise InputError(f"errors: expected the shape of the curves, {table.shape}; got {bars.shape}")
    if not np.all(np.diff(points) > 0) or not (np.all(np.isfinite(points)) and np.all(np.isfinite(table))):
        raise InputError("x, curves: expected increasing finite abscissae and finite values; sort them, leave nan out")
    return [
        _crossing(points, table[k], table[k + 1], None if bars is None else np.hypot(bars[k], bars[k + 1]))
        for k in range(len(table) - 1)
    ]


def _crossing(x: Array, first: Array, second: Array, error: Array | None) -> Crossing:
    difference = second - first
    # rounding is no crossing: saturated curves differ in their last bits
    difference = np.where(np.abs(difference) < 1e-12 * np.abs(first), 0.0, difference)
    left = _most_certain(x, difference)
    right = left + 1
    while difference[right] == 0.0:
        right += 1
    d1, d2 = float(difference[left]), float(difference[right])
    share = d1 / (d1 - d2)
    place = float(x[left] + share * (x[right] - x[left]))
    if error is not None:
        slope = (d2 - d1) / float(x[right] - x[left])
        spread = math.hypot((1.0 - share) * float(error[left]), share * float(error[right]))
        return Crossing(place, float(np.interp(place, x, first)), abs(spread / slope))
    from scipy.interpolate import CubicSpline

    roots = CubicSpline(x, difference).roots(extrapolate=False)
    inside = roots[(roots >= x[left]) & (roots <= x[right])]
    if inside.size:
        place = float(inside[np.argmin(np.abs(inside - place))])
    return Crossing(place, float(CubicSpline(x, first)(place)), 0.0)


def _most_certain(x: Array, difference: Array) -> int:
    """Index left of the change of sign with the largest area on the smaller of its two sides."""
    occupied = np.flatnonzero(difference)
    signs = np.sign(difference[occupied])
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    if turns.size == 0:
        raise ConvergenceError(
            "crossings: two neighbouring curves do not cross in the range given; take temperatures on both sides of Tc"
        )
    widths = np.gradient(x)
    starts = np.concatenate([[0], turns + 1])
    areas = np.add.reduceat(np.abs(difference * widths)[occupied], starts)
    best = int(np.argmax(np.minimum(areas[:-1], areas[1:])))
    return int(occupied[turns[best]])
