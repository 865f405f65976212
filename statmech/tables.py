"""Labelled arrays with nothing but NumPy: what a run computes, writes and summarises, before it is a Dataset.

Importing xarray takes longer than most runs (0.4 s with pandas, and 0.4 s more where Dask is installed), and only who
goes on computing with the results needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["Table", "Variable"]


@dataclass(frozen=True, eq=False)
class Variable:
    """An array, the names of its dimensions, and its attributes.

    Parameters
    ----------
    dims : tuple of str
        One name for each axis.
    values : ndarray
        Numbers, or text as ``object`` or ``<U``; not copied.
    attributes : mapping of str to str, number or list
        ``long_name``, ``units`` and others.

    Raises
    ------
    InputError
        If there are more or fewer names than axes, or one of them twice.

    Examples
    --------
    >>> Variable(("temperature",), np.array([1.0, 2.0]), {"units": "K"}).sizes
    {'temperature': 2}
    """

    dims: tuple[str, ...]
    values: npt.NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.dims) != self.values.ndim or len(set(self.dims)) < len(self.dims):
            raise InputError(
                f"dims: expected {self.values.ndim} different names for an array of shape {self.values.shape}; "
                f"got {self.dims}"
            )

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return dict(zip(self.dims, self.values.shape, strict=True))


@dataclass(frozen=True, eq=False)
class Table:
    """Variables over shared dimensions, with coordinates and attributes.

    Parameters
    ----------
    variables : mapping of str to Variable
        What was computed.
    coordinates : mapping of str to Variable
        What belongs to the points; the one with the name of a dimension labels it.
    attributes : mapping of str to str, number or list
        Of the whole.

    Raises
    ------
    InputError
        If variables differ in the length of a dimension, or a name stands for two of them.

    Examples
    --------
    >>> kelvin = Variable(("temperature",), np.array([1.0, 2.0]), {"units": "K"})
    >>> table = Table({"entropy": Variable(("temperature",), np.array([0.1, 0.5]))}, {"temperature": kelvin})
    >>> table.sizes, table["temperature"].attributes["units"], table.dataset().entropy.sel(temperature=2.0).item()
    ({'temperature': 2}, 'K', 0.5)
    """

    variables: Mapping[str, Variable]
    coordinates: Mapping[str, Variable] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = self.sizes
        for name in self.variables.keys() & self.coordinates.keys():
            raise InputError(f"{name}: expected a variable or a coordinate; got both")
        for name, variable in self.everything.items():
            for dim, size in variable.sizes.items():
                if size != sizes[dim]:
                    raise InputError(f"{name}: expected {sizes[dim]} values along {dim}, as others have; got {size}")

    @classmethod
    def of(cls, results: Table | Dataset) -> Table:
        """The same as a Table: a Table itself, a Dataset with lazy arrays loaded."""
        if isinstance(results, Table):
            return results
        data: Any = results.data_vars  # names may be anything hashable; a writer refuses what is no text
        coords: Any = results.coords
        return cls(
            {name: Variable(array.dims, array.values, array.attrs) for name, array in data.items()},
            {name: Variable(array.dims, array.values, array.attrs) for name, array in coords.items()},
            results.attrs,
        )

    @property
    def everything(self) -> dict[str, Variable]:
        """Variables, then coordinates."""
        return {**self.variables, **self.coordinates}

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension, in the order in which they are met."""
        sizes: dict[str, int] = {}
        for variable in self.everything.values():
            sizes |= {dim: size for dim, size in variable.sizes.items() if dim not in sizes}
        return sizes

    def __contains__(self, name: str) -> bool:
        return name in self.variables or name in self.coordinates

    def __getitem__(self, name: str) -> Variable:
        """A variable or coordinate; of a dimension without labels its positions."""
        if name in self.variables:
            return self.variables[name]
        if name in self.coordinates:
            return self.coordinates[name]
        return Variable((name,), np.arange(self.sizes[name]))

    def dataset(self) -> Dataset:
        """As an :class:`xarray.Dataset`, which shares the arrays and has ``ds.statmech``."""
        import xarray

        import statmech.accessor  # noqa: F401  ds.statmech

        return xarray.Dataset(
            {name: (one.dims, one.values, one.attributes) for name, one in self.variables.items()},
            {name: (one.dims, one.values, one.attributes) for name, one in self.coordinates.items()},
            self.attributes,
        )
