"""The overlap of sampled states, as MBAR sees it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.plots.base import new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_overlap"]

# P. V. Klimovich, M. R. Shirts, D. L. Mobley, J. Comput. Aided Mol. Des. 29, 397 (2015): neighbours below are doubtful
ENOUGH = 0.03
_NUMBERED = 16  # up to so many states every cell says its number


def plot_overlap(
    overlap: npt.ArrayLike, *, labels: Sequence[object] | None = None, enough: float = ENOUGH, ax: Axes | None = None
) -> Axes:
    r"""Draw the overlap matrix :math:`O_{ij}`: the share of state j in samples drawn from state i.

    Neighbouring states that overlap by less than ``enough`` are framed: free energies across such a gap rest on few
    samples, or on none.

    Parameters
    ----------
    overlap : array_like, shape (K, K)
        From MBAR; every row sums to 1.
    labels : sequence, optional
        Names of the states (temperatures, coupling parameters); by default 0, 1, ...
    enough : float
        Overlap of neighbours below which they are framed; 0.03 as in Klimovich, Shirts and Mobley (2015).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the matrix is not square, or a row does not sum to 1, or the labels are too few.

    Examples
    --------
    >>> ax = plot_overlap([[0.98, 0.02], [0.02, 0.98]])
    >>> len(ax.patches)      # the pair 0, 1 overlaps by less than 0.03, above and below the diagonal
    2
    """
    matrix = np.asarray(overlap, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise InputError(f"overlap: expected a square matrix (K, K); got shape {matrix.shape}")
    sums = matrix.sum(axis=1)
    if not np.all(np.abs(sums - 1.0) < 1e-6):
        worst = int(np.argmax(np.abs(sums - 1.0)))
        raise InputError(f"overlap: expected rows that sum to 1; row {worst} sums to {sums[worst]}")
    states = len(matrix)
    names = [str(label) for label in (range(states) if labels is None else labels)]
    if len(names) != states:
        raise InputError(f"labels: expected {states}, one for each state; got {len(names)}")
    with style() if ax is None else nullcontext():
        if ax is None:
            side = float(np.clip(0.42 * states + 1.6, 3.0, 7.5))
            ax = new_figure(side + 0.7, side).subplots()
        image = ax.imshow(matrix, vmin=0.0, vmax=1.0, cmap="Blues", interpolation="nearest")
        if states <= _NUMBERED:
            for (i, j), value in np.ndenumerate(matrix):
                if value >= 0.005:
                    ink = "white" if value > 0.55 else "black"
                    ax.text(j, i, f"{value:.2f}".removeprefix("0"), ha="center", va="center", color=ink, fontsize=7.5)
        _frame_gaps(ax, matrix, enough)
        shown = range(states) if states <= 24 else np.linspace(0, states - 1, 12).round().astype(int).tolist()
        turned = 90 if max(map(len, names)) > 3 else 0
        ax.set_xticks(list(shown), [names[k] for k in shown], rotation=turned)
        ax.set_yticks(list(shown), [names[k] for k in shown])
        ax.set(xlabel="State", ylabel="Samples from state")
        ax.tick_params(length=0.0)
        ax.spines[:].set_visible(False)
        bar = ax.figure.colorbar(image, ax=ax, label="Overlap", shrink=0.85, aspect=25)
        bar.outline.set_visible(False)
    return ax


def _frame_gaps(ax: Axes, matrix: npt.NDArray[np.float64], enough: float) -> None:
    from matplotlib.patches import Rectangle

    for i in range(len(matrix) - 1):
        for row, column in ((i, i + 1), (i + 1, i)):
            if matrix[row, column] < enough:
                ax.add_patch(
                    Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor="#D55E00", linewidth=1.8)
                )
