"""Results as text and numbers, without pickles: what a journal holds never executes anything when it is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from statmech.cumulants import Cumulants
from statmech.dataset import Extra, Solution
from statmech.errors import ResultsError
from statmech.thermodynamics import Thermodynamics

__all__ = ["decode", "encode"]

_CLASSES: dict[str, type[Any]] = {kind.__name__: kind for kind in (Solution, Thermodynamics, Extra, Cumulants)}
_DTYPES = ("float64", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
_NAMES = {np.dtype(name): name for name in _DTYPES}
_FIELDS = {kind: [item.name for item in fields(kind)] for kind in _CLASSES.values()}
_LITTLE = sys.byteorder == "little"
_ARRAY, _CLASS, _TUPLE = "$array", "$class", "$tuple"


def encode(value: Any) -> tuple[str, bytes]:
    r"""A solution, cumulants or the flat state of a chain: structure as JSON, arrays as bytes one after the other.

    Parameters
    ----------
    value : object
        None, numbers, text, arrays of numbers, and lists, mappings and the result classes of them.

    Returns
    -------
    text : str
        Structure; the same for points that differ in their numbers alone.
    data : bytes
        Arrays, little-endian.

    Raises
    ------
    TypeError
        If there is anything else in it.

    Examples
    --------
    >>> encode({"a": np.array([1.0]), "n": 3})
    ('{"a": {"$array": ["float64", [1]]}, "n": 3}', b'\x00\x00\x00\x00\x00\x00\xf0?')
    """
    chunks: list[bytes] = []
    text = json.dumps(_plain(value, chunks))
    return text, b"".join(chunks)


def decode(text: str, data: bytes) -> Any:
    """What :func:`encode` was given.

    Raises
    ------
    ResultsError
        If text or data are damaged.

    Examples
    --------
    >>> decode(*encode({"a": np.array([[1, 2]]), "s": "x", "t": (None, 2.0)}))
    {'a': array([[1, 2]]), 's': 'x', 't': (None, 2.0)}
    """
    try:
        source = _Source(data)
        value = _restored(json.loads(text), source)
        if source.position != len(data):
            raise ValueError(f"{len(data) - source.position} bytes are left over")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError) as problem:
        raise ResultsError(f"a stored point is damaged: {problem}") from problem
    return value


class _Source:
    """Bytes that are read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def array(self, dtype: str, shape: list[int]) -> Any:
        if dtype not in _DTYPES or any(not isinstance(n, int) or n < 0 for n in shape):
            raise ValueError(f"no array is {dtype} {shape}")
        kind = np.dtype(dtype).newbyteorder("<")
        count = 1
        for n in shape:
            count *= n
        if count * kind.itemsize > len(self.data) - self.position:
            raise ValueError(f"too few bytes for an array {dtype} {shape}")
        found = np.frombuffer(self.data, kind, count, self.position)
        self.position += count * kind.itemsize
        return found.reshape(shape).astype(dtype)


def _plain(value: Any, chunks: list[bytes]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        name = _NAMES.get(value.dtype)
        if name is None:
            raise TypeError(f"cannot store an array of {value.dtype}")
        chunks.append((value if _LITTLE else value.astype(value.dtype.newbyteorder("<"))).tobytes())
        return {_ARRAY: [name, list(value.shape)]}
    if type(value) in _FIELDS:
        return {_CLASS: [type(value).__name__, [_plain(getattr(value, name), chunks) for name in _FIELDS[type(value)]]]}
    if isinstance(value, np.generic):
        return _plain(value.item(), chunks)
    if isinstance(value, Mapping):
        if set(value) & {_ARRAY, _CLASS, _TUPLE} or not all(isinstance(name, str) for name in value):
            raise TypeError(f"cannot store a mapping with the keys {list(value)}")
        return {name: _plain(item, chunks) for name, item in value.items()}
    if isinstance(value, tuple):
        return {_TUPLE: [_plain(item, chunks) for item in value]}
    if isinstance(value, list):
        return [_plain(item, chunks) for item in value]
    raise TypeError(f"cannot store {type(value).__name__}")


def _restored(value: Any, source: _Source) -> Any:
    if isinstance(value, list):
        return [_restored(item, source) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_ARRAY}:
        return source.array(*value[_ARRAY])
    if set(value) == {_TUPLE}:
        return tuple(_restored(item, source) for item in value[_TUPLE])
    if set(value) == {_CLASS}:
        name, items = value[_CLASS]
        kind = _CLASSES[name]
        return kind(**dict(zip(_FIELDS[kind], (_restored(item, source) for item in items), strict=True)))
    return {name: _restored(item, source) for name, item in value.items()}
