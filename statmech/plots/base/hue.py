"""Which dimension runs along a figure and which one sets its curves apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.plots.base.frame import is_wide
from statmech.plots.base.style import COLOURS, MOST_KEYS, axis_label

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["Hue", "choose_axes", "hue_of"]

Array = npt.NDArray[np.float64]


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
        norm = LogNorm if is_wide(variable.values) else Normalize
        scale = ScalarMappable(norm(min(values), max(values)), ramp)
        return Hue(name, title, labels, tuple(map(tuple, scale.to_rgba(values))), scale)
    return Hue(name, title, labels, tuple(map(tuple, ramp(np.linspace(0.0, 1.0, len(labels))))))


def _short(numbers: list[float]) -> Iterator[str]:
    """Numbers with as few digits as tell them apart."""
    for digits in (3, 6, 12, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            break
    return iter(texts)


def _finite(dataset: Dataset, dim: Hashable) -> npt.NDArray[np.bool_]:
    if dim not in dataset.coords or dataset[dim].dtype.kind not in "fi":
        return np.zeros(dataset.sizes[dim], dtype=bool)
    finite: npt.NDArray[np.bool_] = np.isfinite(dataset[dim].values.astype(float))
    return finite
