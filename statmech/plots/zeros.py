"""Zeros of a partition function in the complex plane."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.plots.base import COLOURS, MARKERS, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_zeros"]

_SYMBOLS = {"lee-yang": "z", "fisher": "x"}
_EXPLAINED = {"lee-yang": r"e^{-2\beta h}", "fisher": r"e^{-\beta u}"}
_MANY = 150  # zeros from which markers are smaller


def plot_zeros(
    zeros: npt.ArrayLike,
    *,
    plane: Literal["lee-yang", "fisher"] = "lee-yang",
    label: str | None = None,
    extent: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw zeros as points; further calls on the same axes take further colours and markers.

    Parameters
    ----------
    zeros : array_like of complex, shape (n,)
        From :func:`~statmech.zeros.lee_yang_zeros` or :func:`~statmech.zeros.fisher_zeros`.
    plane : {"lee-yang", "fisher"}
        z = exp(-2 beta h), where the unit circle is drawn, or x = exp(-beta u). In both the physical values, drawn
        as a line, are the positive real numbers.
    label : str, optional
        For the key.
    extent : float, optional
        Half the side of the window around 0; by default all zeros are inside.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If there are no zeros, or one is not finite, or the plane is unknown, or the extent is not positive.

    Examples
    --------
    >>> ax = plot_zeros([1j, -1j], label="a pair")
    >>> ax.get_xlabel(), len(ax.collections)
    ('Re $z$,  $z = e^{-2\\beta h}$', 1)
    """
    points = np.asarray(zeros, dtype=np.complex128)
    if points.ndim != 1 or points.size == 0 or not np.all(np.isfinite(points)):
        raise InputError(f"zeros: expected finite numbers of shape (n,), n >= 1; got {zeros!r}")
    if plane not in _SYMBOLS:
        raise InputError(f"plane: expected 'lee-yang' or 'fisher'; got {plane!r}")
    if extent is not None and not extent > 0:
        raise InputError(f"extent: expected a positive number; got {extent}")
    with style() if ax is None else nullcontext():
        if ax is None:
            ax = new_figure(4.0, 4.0).subplots()
        known = len(ax.collections)
        if not known:
            _background(ax, plane)
        colour, marker = COLOURS[known % len(COLOURS)], MARKERS[known % len(MARKERS)]
        size = 9.0 if points.size > _MANY else 18.0
        ax.scatter(points.real, points.imag, s=size, color=colour, marker=marker, linewidths=0.0, label=label, zorder=3)
        half = extent or 1.08 * float(np.max(np.abs(np.concatenate([points.real, points.imag]))))
        if known and extent is None:
            half = max(half, ax.get_xlim()[1])
        elif plane == "lee-yang" and extent is None:
            half = max(half, 1.08)
        ax.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
        if label is not None:
            # above: the zeros are around the middle, and nobody knows where else
            ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, handletextpad=0.2)
    return ax


def _background(ax: Axes, plane: str) -> None:
    """The circle of Lee and Yang, the physical half-line, labels."""
    from matplotlib.patches import Circle

    symbol = _SYMBOLS[plane]
    ax.set_xlabel(f"Re ${symbol}$,  ${symbol} = {_EXPLAINED[plane]}$")
    ax.set_ylabel(f"Im ${symbol}$")
    ax.axhline(0.0, color="0.8", linewidth=0.6, zorder=1)
    ax.axvline(0.0, color="0.8", linewidth=0.6, zorder=1)
    ax.plot([0.0, 1e6], [0.0, 0.0], color="0.45", linewidth=1.4, zorder=1, label="_physical")
    if plane == "lee-yang":
        ax.add_patch(
            Circle((0.0, 0.0), 1.0, fill=False, edgecolor="0.6", linewidth=0.8, linestyle=(0, (4, 2)), zorder=2)
        )
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=3.0, width=0.7)
