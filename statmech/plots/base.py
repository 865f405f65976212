"""What all figures share: style, labels from the Dataset's own attributes, curves with a hue, error bars.

matplotlib is imported inside functions, and pyplot never: figures are plain objects, and no global state changes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

__all__ = [
    "Hue",
    "add_key",
    "axis_label",
    "choose_axes",
    "critical_temperatures",
    "draw_curves",
    "finish",
    "hue_of",
    "new_figure",
    "pretty",
    "style",
]

Array = npt.NDArray[np.float64]

# Alternating dark and light, at least 2.9:1 on white; with the dashes and markers below also for grey copies.
COLOURS: Final = ("#004488", "#D08700", "#882255", "#3B9BD6", "#000000", "#D55E00", "#117755", "#C468A0")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "h")
DASHES: Final = (
    "-",
    (0, (5, 1.5)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1, 1.2)),
    "-",
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    "-",
)
MOST_KEYS: Final = len(COLOURS)  # more curves get a colour bar, or every n-th one in the key
_WIDE = 100.0  # a positive axis that spans more is logarithmic, if its points are not equally spaced
_MOST_MARKS = 3  # critical temperatures that are marked
_FEW_POINTS = 40  # up to here every point gets a marker or an error bar of its own
_RC: Final = MappingProxyType(
    {
        "font.size": 9.0,
        "axes.labelsize": 9.0,
        "axes.titlesize": 9.5,
        "figure.titlesize": 10.5,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.fontsize": 8.5,
        "legend.title_fontsize": 8.5,
        "axes.linewidth": 0.7,
        "lines.linewidth": 1.5,
        "axes.formatter.useoffset": False,
        "svg.hashsalt": "statmech",  # equal figures have equal bytes
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
    }
)


def style() -> AbstractContextManager[None]:
    """The settings of our figures, for the length of a ``with`` block; nothing global stays changed."""
    import matplotlib

    settings: dict[Any, Any] = dict(_RC)
    return matplotlib.rc_context(settings)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, laid out so that nothing overlaps."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def pretty(unit: str) -> str:
    """A unit as it is printed.

    Examples
    --------
    >>> pretty("J/mol/K"), pretty("cm-1"), pretty("1/(kJ/mol)")
    ('J mol⁻¹ K⁻¹', 'cm⁻¹', '(kJ mol⁻¹)⁻¹')
    """
    if unit.startswith("1/"):
        return f"{pretty(unit[2:])}⁻¹"
    if unit.startswith("(") and unit.endswith(")"):
        return f"({pretty(unit[1:-1])})"
    first, *below = unit.split("/")
    return " ".join([first.replace("-1", "⁻¹"), *(f"{part}⁻¹" for part in below)]).replace("k_B", r"$k_\mathrm{B}$")


def axis_label(variable: DataArray) -> str:
    """``long_name (units)`` of a variable, or its name.

    Examples
    --------
    >>> import xarray
    >>> axis_label(xarray.DataArray(0.0, attrs={"long_name": "Entropy", "units": "J/mol/K"}))
    'Entropy (J mol⁻¹ K⁻¹)'
    """
    name = str(variable.attrs.get("long_name", str(variable.name).replace("_", " ").capitalize()))
    name = name.replace("$", r"\$").replace("k_B T", r"$k_\mathrm{B}T$").replace("k_B", r"$k_\mathrm{B}$")
    unit = str(variable.attrs.get("units", "1"))
    return name if unit in ("1", "") else f"{name} ({pretty(unit)})"


def choose_axes(dataset: Dataset, names: list[str], x: str | None, hue: str | None) -> tuple[str, str | None]:
    """The dimension along x and the one of the curves.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results.
    names : list of str
        Variables to draw.
    x, hue : str or None
        As the caller asked; by default ``temperature`` (else the longest axis of numbers) and what is left.

    Raises
    ------
    InputError
        If a variable or axis is not there, if x is no axis of numbers with two points, or if axes are left over.
    """
    for name in names:
        if name not in dataset.data_vars:
            raise InputError(f"quantity: expected one of {', '.join(map(str, dataset.data_vars))}; got {name!r}")
    dims = [str(dim) for dim in dict.fromkeys(dim for name in names for dim in dataset[name].dims)]
    for role, axis in (("x", x), ("hue", hue)):
        if axis is not None and axis not in dims:
            raise InputError(f"{role}: expected one of {', '.join(dims) or 'no axis at all'}; got {axis!r}")
    drawable = [dim for dim in dims if _finite(dataset, dim).sum() > 1 and dim != hue]
    if x is None:
        x = (
            "temperature"
            if "temperature" in drawable
            else max(drawable, key=lambda dim: dataset.sizes[dim], default="")
        )
    if x not in drawable:
        raise InputError(
            f"x: expected an axis of numbers with at least two finite values; got {x or 'none'!r}: "
            "one point is no curve, read it with `statmech show`"
        )
    left = [dim for dim in dims if dim not in (x, hue)]
    if hue is None and left:
        hue = max(left, key=lambda dim: dataset.sizes[dim])
        left.remove(hue)
    left = [dim for dim in left if dataset.sizes[dim] > 1]
    if left:
        raise InputError(
            f"dataset: a figure shows two axes, here {x!r} and {hue!r}; choose values of {', '.join(left)} first, "
            f"for example dataset.isel({left[0]}=0)"
        )
    return x, hue


@dataclass(frozen=True)
class Hue:
    """How the curves along one axis are told apart: colours, dashes, markers, labels.

    ``scale`` is the matplotlib mappable of a colour bar, or None where a key lists the curves.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    colours: tuple[Any, ...]
    scale: Any = None

    @property
    def many(self) -> bool:
        """More curves than dashes and markers could tell apart."""
        return len(self.labels) > MOST_KEYS


def hue_of(dataset: Dataset, name: str | None) -> Hue:
    """The look of every curve along the axis ``name``; of the only curve where it is None."""
    if name is None:
        return Hue("", "", ("",), COLOURS[:1])
    variable = dataset[name]
    numbers = variable.dtype.kind in "fi"
    values = variable.values.tolist()
    labels = tuple(_short(values) if numbers else (str(value).replace("$", r"\$") for value in values))
    title = axis_label(variable)
    if len(labels) <= MOST_KEYS:
        return Hue(name, title, labels, COLOURS[: len(labels)])
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize

    # The yellow end would vanish on white.
    ramp = LinearSegmentedColormap.from_list("statmech", colormaps["viridis"](np.linspace(0.0, 0.88, 256)))
    if numbers and np.all(np.isfinite(variable.values)):
        norm = LogNorm if _is_wide(variable.values) else Normalize
        scale = ScalarMappable(norm(min(values), max(values)), ramp)
        return Hue(name, title, labels, tuple(map(tuple, scale.to_rgba(values))), scale)
    return Hue(name, title, labels, tuple(map(tuple, ramp(np.linspace(0.0, 1.0, len(labels))))))


def draw_curves(ax: Axes, dataset: Dataset, name: str, x: str, hue: Hue, exact: Dataset | None = None) -> None:
    """One variable over x, a curve per hue, with error bars where ``<name>_errors`` is there.

    Temperatures that are not finite, and 0 on a logarithmic axis, are not drawn; points whose ``status`` is not ok
    are faint and crossed out. Curves of ``exact`` lie behind, those of the same hue in the same colour. A critical
    temperature that the results know is marked.
    """
    if exact is not None:
        _draw_exact(ax, exact, dataset, name, x, hue)
    points = dataset[x].values.astype(float)
    logarithmic = x == "temperature" and _is_geometric(points)
    shown = np.isfinite(points) & ((points > 0) | (not logarithmic))
    order = np.flatnonzero(shown)[np.argsort(points[shown], kind="stable")]
    points = points[order]
    empty = True
    for k, label in enumerate(hue.labels):
        values, errors, doubtful = (
            None if column is None else column[order] for column in _columns(dataset, name, x, hue.name, k)
        )
        assert values is not None
        empty = empty and not np.any(np.isfinite(values))
        look = {"color": hue.colours[k], "label": label or "_curve"}
        if hue.many:
            look["linewidth"] = 1.5 * (MOST_KEYS / len(hue.labels)) ** 0.33  # 0.5 for 200 curves
        else:
            look |= {"linestyle": DASHES[k % MOST_KEYS], "marker": MARKERS[k % MOST_KEYS], "markersize": 3.5}
        if doubtful is not None and doubtful.any():
            ax.plot(*_broken(points, values), color=hue.colours[k], linewidth=1.0, alpha=0.35)
            _cross_out(ax, points, values, doubtful, _doubts(dataset))
            values = np.where(doubtful, np.nan, values)
        spread = (k, 1 if hue.many else len(hue.labels))
        _draw_one(ax, points, values, errors, look, spread, joined=exact is None)
    ax.set_xlabel(axis_label(dataset[x]))
    ax.set_ylabel(axis_label(dataset[name]))
    if logarithmic:
        _set_logarithmic(ax)
    if x == "temperature":
        _mark_critical(ax, dataset, points)
    finish(ax)
    if empty:
        ax.text(0.5, 0.5, "no finite values", transform=ax.transAxes, ha="center", va="center", color="0.4")
        ax.set_yticks([])


def add_key(owner: Any, axes: list[Axes], hue: Hue) -> None:
    """Say which curve is which, once: a colour bar for many numbers, else a key (thinned where there are many).

    ``owner`` is the figure (key above all panels) or the axes (key inside).
    """
    handles, labels = axes[0].get_legend_handles_labels()
    named = {label: handle for label, handle in zip(labels, handles, strict=True) if not label.startswith("_")}
    figure: Any = axes[0].figure
    if hue.scale is not None:
        bar = figure.colorbar(hue.scale, ax=axes if owner is figure else owner, label=hue.title, aspect=30, pad=0.02)
        bar.outline.set_visible(False)
        named = {label: handle for label, handle in named.items() if label not in hue.labels}
    elif hue.many:
        kept = {hue.labels[k] for k in np.linspace(0, len(hue.labels) - 1, MOST_KEYS).round().astype(int)}
        named = {label: handle for label, handle in named.items() if label in kept or label not in hue.labels}
    if not named:
        return
    title = hue.title if any(label in hue.labels for label in named) else None
    place: dict[str, Any] = {}
    if owner is figure:  # as many columns as fit: 25 pt of line, 5 pt a letter, and gaps
        fitting = int(72 * figure.bbox.width / figure.dpi / (56 + 5 * max(map(len, named))))
        place = {"loc": "outside lower center", "ncols": max(min(len(named), fitting), 1)}
    owner.legend(list(named.values()), list(named), title=title, frameon=False, handlelength=3.0, **place)


def _columns(dataset: Dataset, name: str, x: str, hue: str, k: int) -> Iterator[npt.NDArray[Any] | None]:
    """Values, standard errors and doubtful points of the k-th curve; None where there are none."""
    for variable in (name, f"{name}_errors", "status"):
        if variable not in dataset:
            yield None
            continue
        array = dataset[variable]
        array = array.isel({dim: k if dim == hue else 0 for dim in array.dims if dim != x})
        column = array.values if x in array.dims else np.full(dataset.sizes[x], array.values)
        if variable == "status":
            yield column != 0
        else:
            yield np.where(np.isfinite(column), column.astype(float), np.nan)


def _draw_one(
    ax: Axes,
    points: Array,
    values: Array,
    errors: Array | None,
    look: Mapping[str, Any],
    spread: tuple[int, int],
    joined: bool,
) -> None:
    """A curve, or points with bars; ``spread`` is its number and how many there are, for the places of markers."""
    look = dict(look)
    number, curves = spread
    few = points.size <= _FEW_POINTS
    if errors is not None and few:
        look.setdefault("marker", "o")
        line = look.pop("linestyle", "-")
        ax.errorbar(points, values, errors, **look, linestyle="none", capsize=2.0, elinewidth=0.9)
        if joined:
            ax.plot(points, values, color=look["color"], linestyle=line, linewidth=0.8, alpha=0.6, label="_guide")
        return
    if errors is not None:
        ax.fill_between(points, values - errors, values + errors, color=look["color"], alpha=0.25, linewidth=0)
    if curves == 1 and not few:
        look |= {"marker": "None"}
    elif not few and "marker" in look:  # six or so along the curve, staggered so that they do not cover each other
        step = max(points.size // 7, 1)
        look["markevery"] = (int((number + 0.5) * step / curves) % step, step)
    ax.plot(*_broken(points, values), **look)


def _doubts(dataset: Dataset) -> str:
    """What the flags say of the points that are not ok."""
    status = dataset["status"]
    meanings = str(status.attrs.get("flag_meanings", "")).split()
    bits = np.atleast_1d(status.attrs.get("flag_masks", [])).tolist()
    seen = int(np.bitwise_or.reduce(status.values, axis=None))
    found = [name for bit, name in zip(bits, meanings, strict=False) if seen & bit]
    return "not to be relied on: " + (", ".join(found) or f"status {seen}").replace("_", " ")


def _broken(points: Array, values: Array) -> tuple[Array, Array]:
    """The curve with a gap between negative and positive temperatures: they meet at infinity, not at 0."""
    turn = int(np.searchsorted(points, 0.0))
    if 0 < turn < points.size:
        return np.insert(points, turn, np.nan), np.insert(values, turn, np.nan)
    return points, values


def critical_temperatures(dataset: Dataset) -> list[float]:
    """Critical temperatures that the methods of a result know, in the unit of its temperatures.

    Examples
    --------
    >>> import xarray
    >>> critical_temperatures(xarray.Dataset(attrs={"model_critical_temperature": "-; 2.269185314213022"}))
    [2.269185314213022]
    """
    texts = str(dataset.attrs.get("model_critical_temperature", "")).split(";")
    return [float(text) for text in texts if text.strip() not in ("", "-", "None")]


def finish(ax: Axes) -> None:
    """Frame, grid and ticks, the same in all figures."""
    import matplotlib

    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.88", linewidth=0.6)
    ax.set_axisbelow(True)
    # Ticks are made when the figure is drawn, then outside of our settings: pin their size now.
    ax.tick_params(length=3.0, width=0.7, labelsize=matplotlib.rcParams["xtick.labelsize"])


def _set_logarithmic(ax: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    low, high = ax.get_xlim()
    if low > 5e-4 and high < 2e5:
        if high < _WIDE * low:  # two labels would be all
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_minor_formatter(NullFormatter())  # 3 x 10^2 would lie on 200 and 500
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _mark_critical(ax: Axes, dataset: Dataset, points: Array) -> None:
    """A line at every critical temperature inside the figure, if it is a few."""
    known = [tc for tc in critical_temperatures(dataset) if points.size and points[0] < tc < points[-1]]
    for tc in known if len(known) <= _MOST_MARKS else []:
        ax.axvline(tc, color="0.35", linewidth=0.8, linestyle=(0, (1, 2)), zorder=1, label="_critical")
        ax.annotate(
            r"$T_\mathrm{c}$", (tc, 1.0), (3, -1), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", color="0.25", fontsize=8.5,
        )  # fmt: skip


def _draw_exact(ax: Axes, exact: Dataset, dataset: Dataset, name: str, x: str, hue: Hue) -> None:
    """Curves to compare with, behind: per hue where they have that axis, else the one there is."""
    if name not in exact or x not in exact[name].dims:
        return
    curves = exact[name].sortby(x)
    points = curves[x].values.astype(float)
    shown = np.isfinite(points)
    asked = dataset[hue.name].values.tolist() if hue.name in dataset.coords else [None]
    split = hue.name in curves.dims
    for k, value in enumerate(asked if split else [None]):
        if split and value not in curves[hue.name].values.tolist():
            continue
        curve = curves.sel({hue.name: value}) if split else curves
        curve = curve.isel(dict.fromkeys((dim for dim in curve.dims if dim != x), 0))
        colour = hue.colours[k] if split or len(hue.labels) == 1 else "0.35"
        label = "exact" if k == 0 else "_exact"
        ax.plot(points[shown], curve.values[shown], color=colour, linewidth=1.1, alpha=0.75, zorder=1.5, label=label)


def _cross_out(ax: Axes, points: Array, values: Array, doubtful: npt.NDArray[np.bool_], label: str) -> None:
    """Crosses at points that are not to be relied on, a few dozen where there are many."""
    places = np.flatnonzero(doubtful & np.isfinite(values))
    if places.size > _FEW_POINTS:
        places = places[np.linspace(0, places.size - 1, _FEW_POINTS).round().astype(int)]
    ax.plot(points[places], values[places], linestyle="none", marker="x", markersize=4.5, color="#B00020", label=label)


def _finite(dataset: Dataset, dim: Hashable) -> npt.NDArray[np.bool_]:
    if dim not in dataset.coords or dataset[dim].dtype.kind not in "fi":
        return np.zeros(dataset.sizes[dim], dtype=bool)
    finite: npt.NDArray[np.bool_] = np.isfinite(dataset[dim].values.astype(float))
    return finite


def _short(numbers: list[float]) -> Iterator[str]:
    """Numbers with as few digits as tell them apart."""
    for digits in (3, 6, 12, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            break
    return iter(texts)


def _is_geometric(points: Array) -> bool:
    """Whether an axis is better logarithmic: over two decades and not equally spaced, or one in equal ratios."""
    points = np.sort(points[np.isfinite(points) & (points != 0)])
    if points.size < 3 or points[0] < 0 or points[-1] < 10 * points[0]:
        return False
    steps, ratios = np.diff(points), np.diff(np.log(points))
    if np.ptp(steps) < 0.01 * steps.mean():
        return False
    return bool(points[-1] > _WIDE * points[0] or np.ptp(ratios) < 0.01 * ratios.mean())


def _is_wide(values: npt.NDArray[Any]) -> bool:
    """Whether positive numbers span more than two decades."""
    return bool(values.min() > 0 and values.max() > _WIDE * values.min())
