"""One axis of a sweep, and the coordinate it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.tables import Variable
from statmech.units import is_physical

__all__ = ["Axis"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One axis of a sweep.

    Parameters
    ----------
    name : str
        Dimension: the last part of the path (the whole path where two would collide).
    values : sequence or array of float, shape (n,)
        Numbers, or anything else that gets a text label (a shape becomes ``8x8``).
    path : str
        Dotted path of the parameter, ``temperature`` or for example ``model.field``.
    role : {"outer", "field", "temperature"}
        ``field`` and ``temperature`` are axes of the arrays of each solution; over ``outer`` there is one
        solution per value.
    """

    name: str
    values: Sequence[Any] | Array
    path: str
    role: Literal["outer", "field", "temperature"] = "outer"

    def coordinate(self, unit: str, symbol: str = "") -> Variable:
        """Its values as labels of a dimension.

        Parameters
        ----------
        unit : str
            Of the model's energies: kelvin for a physical one, else k_B = 1.
        symbol : str
            What temperatures and fields are measured in where k_B = 1, such as ``J``.

        Returns
        -------
        Variable
            Floats for a field or temperature; integers stay integers along an outer axis; anything else is text.

        Examples
        --------
        >>> Axis("shape", [[4, 4], [8, 8]], "model.lattice.shape").coordinate("reduced").values
        array(['4x4', '8x8'], dtype=object)
        """
        attributes = {"long_name": self.name.replace("_", " ").capitalize(), "path": self.path}
        if self.role == "temperature":
            attributes["units"] = "K" if is_physical(unit) else "1"
            if symbol and attributes["units"] == "1":
                attributes["long_name"] = f"Temperature ({symbol})"
        elif symbol and (self.role == "field" or (self.path == "model.field" and _numbers(self.values))):
            attributes.update(long_name=f"Field h ({symbol})", units="1")
        return Variable((self.name,), self._labels(), attributes)

    def _labels(self) -> npt.NDArray[Any]:
        if isinstance(self.values, np.ndarray):
            return self.values.copy()
        values = list(self.values)
        if all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in values):
            return np.array(values, dtype=np.int64 if self.role == "outer" else np.float64)
        if _numbers(values):
            return np.array(values, dtype=np.float64)
        return np.array([_label(value) for value in values], dtype=object)


def _numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in values)


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(item, int) for item in value):
        return "x".join(map(str, value))
    return json.dumps(value, sort_keys=True, default=str)
