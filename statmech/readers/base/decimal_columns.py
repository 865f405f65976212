"""Plain decimals out of white-space separated lines, compiled, for files of very many levels.

An integer below 10^15 over a power of ten up to 10^22 is one correctly rounded division, so the floats are those that
any correct parser gives.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel
from statmech.readers.base.text_files import Lines

__all__ = ["decimal_columns"]

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

_POWERS: Array = np.power(10.0, np.arange(23), dtype=np.float64)


def decimal_columns(lines: Lines, used: Mapping[str, int]) -> dict[str, Array] | None:
    r"""Columns (counted from 0) as floats; None where a line has less of them, or one is no plain decimal.

    Only digits, a minus and a point are understood, 15 significant digits at most (no exponents, no ``inf``), and no
    blank lines: whatever is more is left to the next parser. What stands right of the columns may be anything.

    Examples
    --------
    >>> lines = Lines("1 0.0 a\n2 12.375 b\n")
    >>> decimal_columns(lines, {"energy": 1})
    {'energy': array([ 0.   , 12.375])}
    """
    text = lines.text if lines.text.endswith("\n") else lines.text + "\n"
    places = np.full(max(used.values()) + 1, -1, dtype=np.int64)
    places[list(used.values())] = np.arange(len(used))
    found = np.empty((len(used), len(lines)))
    if not _parse(np.frombuffer(text.encode(), dtype=np.uint8), places, _POWERS, found):
        return None
    return dict(zip(used, found, strict=True))


@kernel(error_model="numpy", nogil=True)
def _parse(text: Bytes, places: Ints, powers: Array, found: Array) -> bool:
    """Column k of each line into row ``places[k]`` (none: -1) of ``found`` (columns, lines); False where it cannot.

    The text has as many lines as ``found``, each with its end: no cell goes beyond it.
    """
    one = np.uint64(1)  # unsigned places: nothing counts from the end
    i = np.uint64(0)
    for line in range(found.shape[1]):
        for place in places:
            while text[i] == 32 or text[i] == 9:  # spaces and tabs
                i += one
            if place < 0:
                start = i
                while 32 < text[i] < 127:
                    i += one
                if i == start:
                    return False
            else:
                negative = text[i] == 45
                if negative:
                    i += one
                total, significant, decimals = np.int64(0), np.int64(0), np.int64(0)
                some, pointed = False, False
                while True:
                    digit = text[i] - np.int64(48)
                    if 0 <= digit <= 9:
                        total = 10 * total + digit
                        some = True
                        significant += total > 0
                        decimals += pointed
                        if significant > 15:
                            return False
                    elif digit == -2 and not pointed:
                        pointed = True
                    else:
                        break
                    i += one
                if not some or decimals >= powers.size:
                    return False
                value = total / powers[decimals]
                found[place, line] = -value if negative else value
            if not (text[i] == 32 or text[i] == 9 or text[i] == 10):
                return False
        while text[i] != 10:
            i += one
        i += one
    return True
