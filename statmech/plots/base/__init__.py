"""What all figures share: style, labels from the Dataset's own attributes, curves with a hue, error bars.

matplotlib is imported inside functions, and pyplot never: figures are plain objects, and no global state changes.
"""

from __future__ import annotations

from statmech.plots.base.curves import add_key, draw_curves
from statmech.plots.base.frame import critical_temperatures, finish
from statmech.plots.base.hue import Hue, choose_axes, hue_of
from statmech.plots.base.style import COLOURS, DASHES, MARKERS, MOST_KEYS, axis_label, new_figure, pretty, style

__all__ = [
    "COLOURS",
    "DASHES",
    "MARKERS",
    "MOST_KEYS",
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
