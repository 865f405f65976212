"""How figures look: colours, markers, dashes, fonts, and labels from the Dataset's own attributes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import DataArray

__all__ = ["COLOURS", "DASHES", "MARKERS", "MOST_KEYS", "axis_label", "new_figure", "pretty", "style"]

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
