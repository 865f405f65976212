"""Numbers of a table whose columns stand below each other, column by character column.

Line lists are printed with fixed formats. Where all lines have one length and the cells of each column end at the
same place, the digits of a whole block are put together as integers, one character column at a time, which takes a
fifth of the time of a parser. An integer below 10^15 over a power of ten up to 10^22 is one correctly rounded division,
so the floats are those that any correct parser gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["fixed_width_columns"]

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

_FEWEST_LINES = 64  # for less the checks cost more than they save
_MOST_DIGITS = 15
_CACHED = 4096  # lines whose bytes and flags fit the second-level cache
_SPACE, _DOT, _MINUS, _ZERO, _NEWLINE = b" .-0\n"


def fixed_width_columns(lines: list[str], used: Mapping[str, int]) -> dict[str, Array] | None:
    r"""Columns (counted from 0) of white-space separated lines as floats; None where the lines have no fixed format.

    Only plain decimals are understood (no exponents): whatever is more is left to the next parser.

    Examples
    --------
    >>> lines = [f"{i:6d} {i / 8:12.6f}  x\n" for i in range(100)]
    >>> found = fixed_width_columns(lines, {"energy": 1})
    >>> float(found["energy"][99])
    12.375
    """
    width = len(lines[0]) if lines else 0
    if len(lines) < _FEWEST_LINES:
        return None
    text = "".join(lines)
    if not text.endswith("\n"):
        text += "\n"
    if len(text) != len(lines) * width or not text.isascii() or text.count("\n") != len(lines):
        return None
    spans = [match.span() for match in re.finditer(r"[^ ]+", lines[0][:-1])]
    if max(used.values()) >= len(spans):
        return None
    stops = [stop for _, stop in spans[: max(used.values()) + 1]]
    block = np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(lines), width)
    if not np.all(block[:, -1] == _NEWLINE):
        return None
    parts = []
    for start in range(0, len(lines), _CACHED):
        part = _columns(block[start : start + _CACHED], stops, used)
        if part is None:
            return None
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in used}


def _columns(block: Bytes, stops: list[int], used: Mapping[str, int]) -> dict[str, Array] | None:
    """The same for bytes of shape (lines, width), where the cells of column k end at ``stops[k]``."""
    columns = np.ascontiguousarray(block[:, : stops[-1] + 1].T)
    if np.any(columns[:-1] < _SPACE):  # tabs and other controls
        return None
    names = {column: name for name, column in used.items()}
    found, start = {}, 0
    for k, stop in enumerate(stops):
        if not np.all((columns[stop] == _SPACE) | (columns[stop] == _NEWLINE)):
            return None
        cells = columns[start:stop]
        blank = cells == _SPACE
        if np.any(blank[-1]) or np.any(blank[1:] & ~blank[:-1]):
            return None  # a cell that ends early, or two in one place
        if k in names:
            values = _numbers(cells, blank)
            if values is None:
                return None
            found[names[k]] = values
        start = stop
    return found


def _numbers(cells: Bytes, blank: Flags) -> Array | None:
    """Right-aligned decimals, shape (width, n); None where they are something else."""
    digits = cells - np.uint8(_ZERO)  # wraps around below "0"
    is_digit, point, minus = digits < 10, cells == _DOT, cells == _MINUS
    if not np.all(is_digit | blank | point | minus) or np.any(minus[1:] & ~blank[:-1]):
        return None
    if not np.all(is_digit[-1] | (point[-1] & is_digit[max(len(cells) - 2, 0)])):
        return None
    digits *= is_digit
    points = np.flatnonzero(point.any(axis=1))
    if points.size == 0 or (points.size == 1 and np.all(point[points[0]])):  # they stand below each other
        dot = int(points[0]) if points.size else len(cells)
        places = np.delete(np.arange(len(cells)), points)
        if np.any(is_digit[places[:-_MOST_DIGITS]]):
            return None
        total = _integers(digits[places[-_MOST_DIGITS:]])
        values = total / 10.0 ** max(len(cells) - 1 - dot, 0)
    else:
        if np.any(point.sum(axis=0) > 1) or int(is_digit.sum(axis=0).max()) > _MOST_DIGITS:
            return None
        total, decimals = np.zeros(cells.shape[1], dtype=np.int64), np.zeros(cells.shape[1], dtype=np.int64)
        after = np.zeros(cells.shape[1], dtype=bool)
        for k in range(len(cells)):
            total = np.where(is_digit[k], 10 * total + digits[k], total)
            decimals += after & is_digit[k]
            after |= point[k]
        values = total / (10.0 ** np.arange(_MOST_DIGITS + 1))[decimals]
    negative = minus.any(axis=0)
    return np.where(negative, -values, values) if np.any(negative) else values


def _integers(digits: Bytes) -> npt.NDArray[np.int64]:
    """Up to 16 digits, shape (places, n), as integers: by twos, fours and eights, in the smallest type that does."""
    padded = np.zeros((16, digits.shape[1]), dtype=np.uint8)
    padded[16 - len(digits) :] = digits
    twos = padded[0::2] * np.uint8(10) + padded[1::2]
    fours = twos[0::2].astype(np.uint16) * np.uint16(100) + twos[1::2]
    eights = fours[0::2].astype(np.uint32) * np.uint32(10_000) + fours[1::2]
    total: npt.NDArray[np.int64] = eights[0].astype(np.int64) * 100_000_000 + eights[1]
    return total
