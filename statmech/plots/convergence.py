"""Whether a Monte Carlo series has converged: its running mean and its memory."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.autocorrelation import Autocorrelation, autocorrelation
from statmech.plots.base import COLOURS, DASHES, MOST_KEYS, finish, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_convergence"]

Array = npt.NDArray[np.float64]

_POINTS = 400  # of a running mean; more cannot be seen


def plot_convergence(
    series: npt.ArrayLike, *, exact: float | None = None, label: str = "Value", unit: str = "", fig: Any = None
) -> Any:
    r"""Draw the running mean with its error band, and the autocorrelation function with its window.

    The band is the standard error :math:`\sqrt{2 \tau_{int} \Gamma(0) / n}` after n samples, with the autocorrelation
    time of the whole series: what an estimate made of the first n samples may be off by.

    Parameters
    ----------
    series : array_like, shape (N,) or (R, N)
        Samples in the order they were drawn, of one chain or of R.
    exact : float, optional
        The value the mean should have, drawn as a line.
    label, unit : str
        What the samples are.
    fig : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Figure or SubFigure
        Two axes: running mean, autocorrelation.

    Raises
    ------
    InputError
        As :func:`~statmech.estimators.autocorrelation`, and for other shapes.

    Examples
    --------
    >>> figure = plot_convergence(np.random.default_rng(1).normal(size=1000), exact=0.0, label="Energy")
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['Energy, running mean', 'Autocorrelation $\\rho(t)$']
    """
    rows = np.atleast_2d(np.asarray(series, dtype=np.float64))
    if rows.ndim != 2:
        raise InputError(f"series: expected shape (N,) or (R, N); got {rows.shape}")
    found = autocorrelation(rows)
    wide = autocorrelation(rows, window=int(min(3 * found.window + 5, rows.shape[1] // 2 - 1)))
    with style() if fig is None else nullcontext():
        if fig is None:
            fig = new_figure(7.4, 2.9)
        left, right = fig.subplots(1, 2)
        _draw_means(left, rows, found, exact)
        left.set(xlabel="Samples", ylabel=f"{label}, running mean" + (f" ({unit})" if unit else ""))
        _draw_memory(right, found, wide)
        for ax in (left, right):
            finish(ax)
    return fig


def _draw_means(ax: Axes, rows: Array, found: Autocorrelation, exact: float | None) -> None:
    length = rows.shape[1]
    counts = np.unique(np.geomspace(1, length, _POINTS).round().astype(int))
    sums = np.cumsum(rows - found.mean, axis=1)[:, counts - 1]
    error = np.sqrt(2.0 * found.time * found.variance / counts)
    # before one autocorrelation time there is nothing to average over
    error = np.minimum(error, np.sqrt(found.variance))
    for k, row in enumerate(sums):
        colour = COLOURS[k % MOST_KEYS]
        mean = found.mean + row / counts
        if len(rows) == 1:
            ax.fill_between(counts, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
        ax.plot(counts, mean, color=colour, linewidth=1.2, linestyle=DASHES[k % MOST_KEYS])
    if exact is not None:
        ax.axhline(exact, color="0.1", linewidth=0.9, linestyle=(0, (5, 2)))
        ax.annotate(
            "exact", (1.0, exact), (3, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center"
        )
    ax.set_xscale("log")
    ax.annotate(
        f"mean {found.mean:.6g} $\\pm$ {found.error:.2g}", (1.0, 1.0), (-3, -2), xycoords="axes fraction",
        textcoords="offset points", ha="right", va="top",
    )  # fmt: skip


def _draw_memory(ax: Axes, found: Autocorrelation, wide: Autocorrelation) -> None:
    lags = np.arange(wide.normalized.size)
    inside = lags <= found.window
    ax.axhline(0.0, color="0.6", linewidth=0.7)
    ax.plot(lags, wide.normalized, color="0.6", linewidth=0.9)
    ax.plot(lags[inside], wide.normalized[inside], color=COLOURS[0], linewidth=1.4)
    ax.axvline(found.window, color="0.35", linewidth=0.8, linestyle=(0, (1, 2)))
    ax.set(xlabel="Lag $t$ (samples)", ylabel=r"Autocorrelation $\rho(t)$")
    words = rf"$\tau_\mathrm{{int}}$ = {found.time:.3g} $\pm$ {found.time_error:.1g}"
    worth = f"{found.effective_samples:.0f} independent samples"
    doubt = "" if found.reliable else "\nnot to be relied on: too few"
    ax.annotate(
        f"{words}\n{worth}{doubt}", (1.0, 1.0), (-3, -2), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", color="0.1" if found.reliable else "#B00020",
    )  # fmt: skip
