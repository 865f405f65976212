"""The figures of a report: inline SVG, each described in words for those who do not see it."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statmech.errors import InputError
from statmech.plots import pages, plot_quantity
from statmech.plots.base import choose_axes, new_figure, style

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["figures"]

_QUANTITIES: Final = (
    *("free_energy", "internal_energy", "entropy", "heat_capacity"),
    *("magnetization", "spontaneous_magnetization", "absolute_magnetization", "susceptibility"),
)
_LARGEST_SVG: Final = 70_000  # bytes of one figure; dense ones are drawn as pixels
_ALL_FIGURES: Final = 550_000  # bytes of all of them, of the megabyte that a page may have
_MOST_CURVES, _MOST_POINTS = 12, 2000  # smooth curves lose what cannot be seen when they are written as paths
_REFERENCE: Final = re.compile(r'(\bid="|url\(#|href="#)')


def figures(dataset: Dataset) -> Iterator[str]:
    """``<figure>`` elements of the usual quantities; none where nothing can be drawn (a single point)."""
    number, room = 0, _ALL_FIGURES
    for chosen, page in pages(dataset):
        for name in _QUANTITIES:
            if name not in page:
                continue
            try:
                x, hue = choose_axes(page, [name], None, None)
            except InputError:
                continue
            if room < _LARGEST_SVG:
                yield "<p>Further figures: <code>statmech plot</code></p>"
                return
            number += 1
            made = _figure(page, name, x, hue, chosen, number)
            room -= len(made)
            yield made


def _figure(page: Dataset, name: str, x: str, hue: str | None, chosen: dict[str, str], number: int) -> str:
    words = _described(page, name, x, hue)
    at = ", ".join(f"{axis} = {value}" for axis, value in chosen.items())
    caption = str(page[name].attrs.get("long_name", name)) + (f" at {at}" if at else "")
    for axis, most in ((x, _MOST_POINTS), (hue, _MOST_CURVES)):
        if axis is not None and page.sizes[axis] > most:
            caption += f"; {most} of {page.sizes[axis]} values of {axis}" if axis == hue else ""
            page = page.isel({axis: np.linspace(0, page.sizes[axis] - 1, most).round().astype(int)})
    with style():
        figure = new_figure(4.6, 3.3)
        plot_quantity(page, name, ax=figure.subplots())
        image = _image(figure, number, words)
    return f"<figure>\n{image}\n<figcaption>{html.escape(caption)}</figcaption>\n</figure>"


def _image(figure: Any, number: int, words: str) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue().decode()
    text = text[text.index("<svg") :].strip()
    if len(text) > _LARGEST_SVG:
        return _pixels(figure, words)
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = _REFERENCE.sub(rf"\g<1>f{number}-", text)  # two figures must not share names on one page
    title = f"f{number}-words"
    opening = text[: text.index(">")]
    sized = re.sub(r'\s(?:width|height)="[^"]*"', "", opening)
    return (
        f'{sized} role="img" aria-labelledby="{title}">\n<title id="{title}">{html.escape(words)}</title>'
        + text[len(opening) + 1 :]
    )


def _pixels(figure: Any, words: str) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    data = base64.b64encode(out.getvalue()).decode()
    return f'<img alt="{html.escape(words)}" src="data:image/png;base64,{data}">'


def _described(page: Dataset, name: str, x: str, hue: str | None) -> str:
    """What a figure shows, in a sentence or two."""
    array, unit = page[name], str(page[name].attrs.get("units", "1"))
    values, points = array.values, page[x].values.astype(float)
    points = points[np.isfinite(points)]
    along = str(page[x].attrs.get("long_name", x))
    words = f"Curve of {array.attrs.get('long_name', name)} over {along} from {points.min():.4g} to {points.max():.4g}"
    words += f" {page[x].attrs['units']}" if page[x].attrs.get("units", "1") != "1" else ""
    if hue is not None and page.sizes[hue] > 1:
        words += f", {page.sizes[hue]} curves by {page[hue].attrs.get('long_name', hue)}"
    if not np.any(np.isfinite(values)):
        return f"{words}. No finite values."
    ends = []
    for word, place in (("Lowest", np.nanargmin(_finite(values))), ("highest", np.nanargmax(_finite(values)))):
        index = np.unravel_index(int(place), values.shape)
        where = page[x].values[index[array.dims.index(x)]]
        ends.append(f"{word} {values[index]:.4g}{'' if unit == '1' else f' {unit}'} at {where:.4g}")
    return f"{words}. {', '.join(ends)}."


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)
