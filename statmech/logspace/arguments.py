"""Arguments of the array functions: checked with a message, promoted as NumPy does, rounded back at the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import ArrayLike, NDArray

from statmech.errors import InputError

__all__ = ["Axis", "check_axes", "check_mask", "check_numbers", "check_scale", "finish", "foreign", "result_dtype"]

Axis = int | tuple[int, ...] | None


def check_numbers(name: str, value: Any, real: bool = False) -> NDArray[Any]:
    """Return `value` as an array of numbers, or say why it is none."""
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(f"{name}: expected a plain array, got a masked array; pass {name}.data and where=~{name}.mask")
    array = np.asarray(value)
    if array.dtype.kind not in ("biuf" if real else "biufc"):
        kinds = "real" if real else "real or complex"
        raise InputError(
            f"{name}: expected {kinds} numbers, got dtype {array.dtype}; convert with np.asarray({name}, float)"
        )
    return array


def result_dtype(*pairs: Any) -> np.dtype[Any]:
    """dtype of the result for (argument, array, ...): Python numbers are weak, integers become float64."""
    arguments, arrays = pairs[::2], pairs[1::2]
    weak = [isinstance(argument, int | float | complex) for argument in arguments]
    if all(weak):
        weak = [False] * len(weak)
    dtype = np.result_type(*(v if w else x.dtype for v, x, w in zip(arguments, arrays, weak, strict=True)))
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype.newbyteorder("=")


def check_mask(where: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return `where` broadcast against an array of this shape; it may be larger than the array."""
    if where is None:
        return None
    mask = np.asarray(where)
    if mask.dtype != np.bool_:
        raise InputError(f"where: expected booleans, got dtype {mask.dtype}; for weights use b=")
    return np.broadcast_to(mask, np.broadcast_shapes(shape, mask.shape))


def foreign(*values: Any) -> Callable[[Any], Any] | None:
    """Return what turns NumPy results into the kind of the first array of another library, None if there is none.

    Other libraries of the Python array API standard are served by way of NumPy, on the CPU.
    """
    for value in values:
        if not isinstance(value, np.ndarray | np.generic) and hasattr(value, "__array_namespace__"):
            xp, device = value.__array_namespace__(), value.device
            return lambda result: xp.asarray(np.asarray(result), device=device)
    return None


def check_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes to reduce, counted from 0."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def check_scale(tau: Any) -> float:
    """Return tau as a float; nan, -0.0 and arrays are refused."""
    try:
        scale = float(tau)
    except (TypeError, ValueError):
        raise InputError(f"tau: expected one real number, got {tau!r}; loop over several") from None
    if math.isnan(scale):
        raise InputError("tau: expected a real number, 0 or infinity, got nan")
    if scale == 0.0 and math.copysign(1.0, scale) < 0:
        raise InputError("tau: expected 0.0 for the maximum, got -0.0; for the minimum use -logsumexp(-a, tau=0.0)")
    return scale


def finish(value: NDArray[Any], dtype: np.dtype[Any]) -> Any:
    """Round to the result's precision; 0-d arrays become NumPy scalars."""
    if value.dtype.kind != "c" and dtype.kind == "c":
        dtype = np.dtype(dtype.type(0).real.dtype)  # the modulus of a complex sum
    with np.errstate(all="ignore"):
        return value.astype(dtype, copy=False)[()]
