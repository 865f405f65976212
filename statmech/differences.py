"""What two results differ in: points, values, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["differences"]

_PROVENANCE = ("config", "config_resolved", "versions", "created")  # told apart, key by key


def differences(a: xr.Dataset, b: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Each difference of two Datasets: what it is about, and how large.

    Values are compared bit by bit, two nan are equal. What is compared where only some points are in both are the
    common ones.

    Parameters
    ----------
    a, b : xarray.Dataset
        From ``run``, ``solve`` or ``open_results``.

    Yields
    ------
    subject, text : str
        Name of the dimension, variable or attribute, and what differs. Nothing where the two are the same.

    Examples
    --------
    >>> import xarray as xr
    >>> a = xr.Dataset({"entropy": ("temperature", [0.1, 0.5])}, {"temperature": [1.0, 2.0]})
    >>> b = xr.Dataset({"entropy": ("temperature", [0.1, 0.25])}, {"temperature": [1.0, 2.0]})
    >>> list(differences(a, b))
    [('entropy', '1 of 2 points differ, by at most 0.25 (relative 0.5) at temperature = 2')]
    >>> list(differences(a, a))
    []
    """
    for name in dict.fromkeys([*a.sizes, *b.sizes]):
        if name not in a.sizes or name not in b.sizes:
            yield str(name), f"this axis is only in the {'first' if name in a.sizes else 'second'}"
        elif not _same(a[name].values, b[name].values):
            left, right = set(a[name].values.tolist()), set(b[name].values.tolist())
            yield (
                str(name),
                f"{len(left & right)} values in both, {len(left - right)} only in the first, "
                f"{len(right - left)} only in the second",
            )
    common = _common(a, b)
    if common is not None:
        yield from _values(*common)
    for name in dict.fromkeys([*a.data_vars, *b.data_vars]):
        if (name in a.data_vars) != (name in b.data_vars):
            yield str(name), f"this variable is only in the {'first' if name in a.data_vars else 'second'}"
    yield from _attributes(a.attrs, b.attrs, "")
    for name in [name for name in a.variables if name in b.variables]:
        yield from _attributes(a[name].attrs, b[name].attrs, f"{name}.")
    for name in ("config_resolved", "versions"):
        before, after = (_flat(json.loads(attrs.get(name, "{}"))) for attrs in (a.attrs, b.attrs))
        yield from _attributes(before, after, "config " if name == "config_resolved" else "version ")


def _common(a: xr.Dataset, b: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset] | None:
    """Both at the points that are in both; None where there is none, or the axes are not the same."""
    if set(a.sizes) != set(b.sizes):
        return None
    if all(_same(a[name].values, b[name].values) for name in a.sizes):
        return a, b
    places_a, places_b = {}, {}
    for name in a.sizes:
        other = {value: place for place, value in enumerate(b[name].values.tolist())}
        pairs = [(i, other[value]) for i, value in enumerate(a[name].values.tolist()) if value in other]
        if not pairs:
            return None
        places_a[name], places_b[name] = [i for i, _ in pairs], [j for _, j in pairs]
    return a.isel(places_a), b.isel(places_b)


def _values(a: xr.Dataset, b: xr.Dataset) -> Iterator[tuple[str, str]]:
    for name in [name for name in a.data_vars if name in b.data_vars]:
        left, right = a[name], b[name].transpose(*a[name].dims)
        x, y = np.asarray(left.values), np.asarray(right.values)
        if _same(x, y):
            continue
        if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiub" or x.shape != y.shape:
            yield str(name), "differs"
            continue
        x, y = x.astype(np.float64), y.astype(np.float64)
        unequal = ~((x == y) & (np.signbit(x) == np.signbit(y)) | (np.isnan(x) & np.isnan(y)))
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            gap = np.where(unequal, np.abs(x - y), 0.0)
            relative = np.where(unequal, gap / np.maximum(np.abs(x), np.abs(y)), 0.0)
        gap, relative = (np.where(np.isnan(values), np.inf, values) for values in (gap, relative))
        where = np.unravel_index(int(np.argmax(gap)), gap.shape)
        place = ", ".join(f"{dim} = {_text(a[dim].values[i])}" for dim, i in zip(left.dims, where, strict=True))
        yield (
            str(name),
            f"{int(unequal.sum())} of {gap.size} points differ, by at most {gap.max():.3g} "
            f"(relative {relative.max():.3g}){f' at {place}' if place else ''}",
        )


def _attributes(a: Mapping[Any, Any], b: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys([*a, *b]):
        if name in _PROVENANCE and not prefix:
            continue
        left, right = a.get(name, "not there"), b.get(name, "not there")
        if not _same(np.asarray(left), np.asarray(right)):
            yield f"{prefix}{name}", f"{_text(left)} and {_text(right)}"


def _same(x: Any, y: Any) -> bool:
    if x.shape != y.shape or x.dtype.kind != y.dtype.kind:
        return False
    if x.dtype.kind == "f":
        return bool(x.dtype == y.dtype and x.tobytes() == y.tobytes()) or bool(
            np.array_equal(x, y, equal_nan=True) and np.array_equal(np.signbit(x), np.signbit(y))
        )
    return bool(np.array_equal(x, y))


def _text(value: Any) -> str:
    text = repr(float(value)).removesuffix(".0") if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Dotted path -> value as text."""
    if isinstance(value, Mapping):
        return {
            key: item
            for name, child in value.items()
            for key, item in _flat(child, f"{path}.{name}" if path else str(name)).items()
        }
    return {path: json.dumps(value, ensure_ascii=False)} if path else {}
