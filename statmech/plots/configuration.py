"""A configuration of a lattice model, every site where it stands."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.plots.base import new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from statmech.lattices.base import Lattice

__all__ = ["plot_configuration"]

Array = npt.NDArray[np.float64]

_MOST_STATES: Final = 12  # of different integers, so that a key can list them
_SPINS: Final = {-1.0: "#E9D8A6", 1.0: "#004488"}  # light and dark: read in grey as well
_MOST_BONDS: Final = 3000  # more would be a grey field
_SQUARES: Final = ("square", "hypercubic", "chain")


def plot_configuration(
    lattice: Lattice,
    values: npt.ArrayLike,
    *,
    couplings: npt.ArrayLike | None = None,
    label: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one value per site: spins, Potts states, local means, or arrows.

    Parameters
    ----------
    lattice : Lattice
        Sites, bonds and positions, in one, two or three dimensions, or a graph.
    values : array_like, shape (sites,), (sites, 2) or (sites, 3)
        Integers get a key (spins -1 and 1: light and dark), other numbers a colour bar that is symmetric where both
        signs occur; vectors are arrows, coloured by their angle in the plane or, with three components, by the third.
    couplings : array_like, shape (bonds,), optional
        Draw the bonds: full lines where positive, dashed where negative. Bonds around the boundary are left out.
    label : str, optional
        What the values are, at the colour bar or the key.
    title : str, optional
        Above.
    ax : matplotlib.axes.Axes, optional
        Where to draw (three-dimensional axes for positions in space); a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If values or couplings do not fit the lattice, or it has more than three dimensions, or it is infinite.

    Examples
    --------
    >>> from statmech import lattices
    >>> ax = plot_configuration(lattices.square(2, 2), [1, -1, -1, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['−1', '+1']
    """
    if lattice.infinite:
        raise InputError("lattice: an infinite lattice has no configuration to draw; give it a shape")
    data = np.asarray(values, dtype=np.float64)
    if data.shape not in ((lattice.sites,), (lattice.sites, 2), (lattice.sites, 3)) or not np.all(np.isfinite(data)):
        raise InputError(
            f"values: expected finite numbers of shape ({lattice.sites},), one for each site, or vectors "
            f"({lattice.sites}, 2 or 3); got shape {data.shape}"
        )
    places = np.asarray(lattice.positions, dtype=np.float64)
    if places.shape[1] == 1:
        places = np.column_stack([places, np.zeros(len(places))])
    if places.shape[1] > 3:
        raise InputError(
            f"lattice: expected positions in at most 3 dimensions; got {places.shape[1]}: draw a layer of it"
        )
    space = places.shape[1] == 3
    if space and ax is not None and ax.name != "3d":
        raise InputError("ax: positions in space need axes made with projection='3d'")
    with style() if ax is None else nullcontext():
        if ax is None:
            ax = _axes_for(places)
        look = _look(data)
        if couplings is not None:
            _draw_bonds(ax, lattice, places, couplings)
        if data.ndim == 2:
            _draw_arrows(ax, places, data, look)
        elif space:
            drawn: Any = ax
            side = min(max(3000.0 / len(places) ** (2.0 / 3.0), 8.0), 220.0)
            drawn.scatter(*places.T, c=look.colours, s=side, edgecolors="0.25", linewidths=0.3, depthshade=False)
        else:
            _draw_cells(ax, lattice, places, look.colours)
        _frame(ax, places, space)
        _explain(ax, look, label)
        if title:
            ax.set_title(title.replace("$", r"\$"), loc="left")
    return ax


class _Look:
    """Colours of the sites, and what explains them: entries of a key, or a colour scale."""

    def __init__(self, colours: Any, key: dict[str, Any], scale: Any = None) -> None:
        self.colours, self.key, self.scale = colours, key, scale


def _look(data: Array) -> _Look:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    if data.ndim == 2:
        if data.shape[1] == 2:
            scale = ScalarMappable(Normalize(-np.pi, np.pi), colormaps["twilight"])
            return _Look(scale.to_rgba(np.arctan2(data[:, 1], data[:, 0])), {}, scale)
        size = float(np.abs(data[:, 2]).max()) or 1.0
        scale = ScalarMappable(Normalize(-size, size), colormaps["coolwarm"])
        return _Look(scale.to_rgba(data[:, 2]), {}, scale)
    found = np.unique(data)
    if found.size <= _MOST_STATES and np.all(found == np.round(found)):
        if set(found.tolist()) <= {-1.0, 1.0}:
            table: dict[float, Any] = _SPINS
        else:
            table = dict(zip(found.tolist(), colormaps["cividis"](np.linspace(0.0, 1.0, found.size)), strict=True))
        signed = bool(found[0] < 0)
        names = {value: f"{value:+.0f}" if signed and value else f"{value:.0f}" for value in table}
        return _Look(
            np.array([_rgba(table[value]) for value in data.tolist()]),
            {names[value].replace("-", "\N{MINUS SIGN}"): table[value] for value in sorted(table)},
        )
    low, high = float(found[0]), float(found[-1])
    if low < 0 < high:
        high = max(-low, high)
        scale = ScalarMappable(Normalize(-high, high), colormaps["RdBu_r"])
    else:
        scale = ScalarMappable(Normalize(low, high), colormaps["cividis"])
    return _Look(scale.to_rgba(data), {}, scale)


def _rgba(colour: Any) -> Any:
    from matplotlib.colors import to_rgba

    return to_rgba(tuple(colour) if isinstance(colour, np.ndarray) else colour)


def _axes_for(places: Array) -> Axes:
    extent = np.ptp(places, axis=0) + 1.0
    if places.shape[1] == 3:
        made: Axes = new_figure(4.6, 4.2).add_subplot(projection="3d")
        return made
    width, height = (float(side) for side in 3.9 * extent / extent.max())
    return new_figure(max(width, 1.0) + 0.9, max(height, 0.7) + 0.3).subplots()


def _draw_cells(ax: Axes, lattice: Lattice, places: Array, colours: Any) -> None:
    """Squares where the lattice is made of them, else discs that touch."""
    from matplotlib.collections import EllipseCollection, PolyCollection

    cells: Any
    if lattice.kind in _SQUARES:
        corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        cells = PolyCollection(list(places[:, None, :] + corners), facecolors=colours, edgecolors=colours)
        cells.set_linewidth(0.2)  # no white seams
    else:
        size = np.full(len(places), _spacing(lattice, places) * 0.94)
        cells = EllipseCollection(
            size, size, np.zeros(len(places)), units="xy", offsets=places, offset_transform=ax.transData
        )
        cells.set(facecolors=colours, edgecolors="0.35", linewidths=0.4 if len(places) < 2000 else 0.0)
    cells.set_zorder(2.0)
    ax.add_collection(cells)


def _spacing(lattice: Lattice, places: Array) -> float:
    """Distance of the nearest neighbours that are drawn; a fixed part of the picture without bonds."""
    lengths = _lengths(lattice, places)
    lengths = lengths[lengths > 0]
    return float(lengths.min()) if lengths.size else 0.05 * float(np.ptp(places, axis=0).max() or 1.0)


def _lengths(lattice: Lattice, places: Array) -> Array:
    ends = places[lattice.bonds]
    lengths: Array = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    return lengths


def _draw_bonds(ax: Axes, lattice: Lattice, places: Array, couplings: npt.ArrayLike) -> None:
    given = np.asarray(couplings, dtype=np.float64)
    if given.shape not in ((), (lattice.bond_count,)):
        raise InputError(
            f"couplings: expected one number or {lattice.bond_count}, one for each bond; got shape {given.shape}"
        )
    strengths = np.broadcast_to(given, (lattice.bond_count,))
    lengths = _lengths(lattice, places)
    graph = lattice.dimension == 0  # the bonds of a graph have no usual length
    inside = (lengths > 0) & (graph | (lengths < 1.5 * _spacing(lattice, places))) & (strengths != 0)
    if inside.sum() > _MOST_BONDS:
        raise InputError(
            f"couplings: at most {_MOST_BONDS} bonds can be told apart; got {int(inside.sum())}: leave them out"
        )
    above = 3.0 if lattice.kind in _SQUARES else 1.0  # over full squares, under discs
    for i, j in lattice.bonds[inside & (strengths > 0)]:
        ax.plot(*places[[i, j]].T, color="0.2", linewidth=1.4, zorder=above, solid_capstyle="round")
    for i, j in lattice.bonds[inside & (strengths < 0)]:
        ax.plot(*places[[i, j]].T, color="#D55E00", linewidth=1.6, linestyle=(0, (2, 1)), zorder=above)


def _draw_arrows(ax: Axes, places: Array, data: Array, look: _Look) -> None:
    drawn: Any = ax
    if places.shape[1] == 3:
        arrows = np.column_stack([data, np.zeros(len(data))]) if data.shape[1] == 2 else data
        drawn.quiver(*places.T, *arrows.T, colors=look.colours, length=0.6, pivot="middle", normalize=False)
        return
    plane = data[:, :2]
    size = float(np.linalg.norm(data, axis=1).max()) or 1.0
    drawn.quiver(
        *places.T,
        *(0.9 * plane.T / size),
        color=look.colours,
        pivot="mid",
        units="xy",
        angles="xy",
        scale=1.0,
        scale_units="xy",
        width=0.11,
        edgecolor="0.3",
        linewidth=0.3,
    )


def _frame(ax: Axes, places: Array, space: bool) -> None:
    drawn: Any = ax
    if space:
        drawn.set_box_aspect(np.ptp(places, axis=0) + 0.5)
        drawn.set_axis_off()
        return
    low, high = places.min(axis=0) - 0.6, places.max(axis=0) + 0.6
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()


def _explain(ax: Axes, look: _Look, label: str | None) -> None:
    figure: Any = ax.figure
    if look.key:
        from matplotlib.patches import Patch

        patches = [Patch(facecolor=_rgba(colour), edgecolor="0.3", linewidth=0.5) for colour in look.key.values()]
        ax.legend(
            patches, list(look.key), title=label, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0),
            handlelength=1.0, handleheight=1.0,
        )  # fmt: skip
    elif look.scale is not None:
        bar = figure.colorbar(look.scale, ax=ax, label=label or "", shrink=0.8, aspect=25, pad=0.02)
        bar.outline.set_visible(False)
        if look.scale.cmap.name == "twilight":
            bar.set_ticks([-np.pi, 0.0, np.pi], labels=["−π", "0", "π"])
            bar.set_label(label or "Angle")
