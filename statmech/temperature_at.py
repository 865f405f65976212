"""The temperature at which a result has a given entropy, energy, or anything else that rises or falls throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

__all__ = ["temperature_at"]

Array = npt.NDArray[np.float64]


def temperature_at(dataset: Dataset, **target: npt.ArrayLike) -> DataArray:
    r"""Temperature at which one variable takes given values, for every point of the other axes.

    Between two points of the sweep the variable is a cubic with the exact slopes at both ends where these are known
    (:math:`dS/dT = C/T`, :math:`dU/dT = C`, :math:`dF/dT = -S`), a monotone cubic elsewhere; its error falls with the
    fourth, or second, power of the spacing. Take more temperatures if that is not enough.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results over ``temperature``.
    **target : float or array_like, shape (n,)
        One variable and its values, in its units: ``entropy=50.0``. It has to rise, or fall, from each temperature
        to the next.

    Returns
    -------
    xarray.DataArray
        Temperatures over the other axes, and over the values (dimension named like the variable) if they are a list.

    Raises
    ------
    InputError
        If there is not exactly one variable, or no such one, or it turns (the message says where), or a value lies
        outside its range.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.solve import solve
    >>> ds = solve(EnergyLevels([0.0, 1.0]), temperature=np.linspace(0.1, 2.0, 39))
    >>> round(float(temperature_at(ds, entropy=0.5822034)), 5)      # that of T = 1
    1.0
    """
    import xarray

    if len(target) != 1:
        raise InputError(
            f"temperature_at: expected one variable, as in entropy=50.0; got {', '.join(target) or 'none'}"
        )
    ((name, given),) = target.items()
    if name not in dataset.data_vars or "temperature" not in dataset[name].dims:
        known = [str(other) for other, array in dataset.data_vars.items() if "temperature" in array.dims]
        raise InputError(f"temperature_at: expected a variable over temperature: {', '.join(known)}; got {name!r}")
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or not np.all(np.isfinite(values)):
        raise InputError(f"{name}: expected a finite number or a list of them; got {given!r}")
    ordered = dataset.sel(temperature=np.isfinite(dataset["temperature"])).sortby("temperature")
    points = ordered["temperature"].values.astype(np.float64)
    if points.size < 2:
        raise InputError(f"temperature_at: expected two finite temperatures or more; got {points.size}")
    array = ordered[name].transpose("temperature", ...)
    curves = array.values.reshape(points.size, -1)
    slope = _slopes(ordered, name)
    slopes = None if slope is None else slope.transpose("temperature", *array.dims[1:]).values.reshape(curves.shape)
    found = np.empty((values.size, curves.shape[1]))
    for k in range(curves.shape[1]):
        curve = _Curve(name, points, curves[:, k], None if slopes is None else slopes[:, k], _where(array, k))
        found[:, k] = [curve.inverse(float(value)) for value in values.ravel()]
    dims = [*([name] if values.ndim else []), *array.dims[1:]]
    coords: dict[Any, Any] = {dim: array[dim] for dim in array.dims[1:] if dim in array.coords}
    if values.ndim:
        coords[name] = (name, values, {key: array.attrs[key] for key in ("units", "long_name") if key in array.attrs})
    about = dict(ordered["temperature"].attrs) | {"long_name": f"Temperature of the given {name.replace('_', ' ')}"}
    shape = [*([values.size] if values.ndim else []), *array.shape[1:]]
    return xarray.DataArray(found.reshape(shape), coords, dims, name="temperature", attrs=about)


def _slopes(dataset: Dataset, name: str) -> DataArray | None:
    """Derivative of a variable by the temperature, where another variable gives it exactly."""
    source = {
        "entropy": "heat_capacity",
        "internal_energy": "heat_capacity",
        "internal_energy_excess": "heat_capacity",
        "free_energy": "entropy",
        "free_energy_excess": "entropy",
    }.get(name)
    if (
        source is None
        or source not in dataset
        or f"{name}_errors" in dataset
        or dataset[source].dims != dataset[name].dims
    ):
        return None
    slope: DataArray = dataset[source] / dataset["temperature"] if name == "entropy" else dataset[source]
    if name.startswith("free_energy"):
        slope = -slope
    thousand = dataset[name].attrs.get("units") == "kJ/mol" and dataset[source].attrs.get("units") == "J/mol/K"
    return slope * 1e-3 if thousand else slope


def _where(array: DataArray, k: int) -> str:
    """Where the k-th curve stands on the other axes, for messages."""
    place = np.unravel_index(k, array.shape[1:]) if array.ndim > 1 else ()
    words = [
        f"{dim} = {array[dim].values[i]}" for dim, i in zip(array.dims[1:], place, strict=True) if dim in array.coords
    ]
    return f" at {', '.join(words)}" if words else ""


class _Curve:
    """One variable over temperature, which can be inverted."""

    def __init__(self, name: str, points: Array, values: Array, slopes: Array | None, where: str) -> None:
        self.name, self.points, self.values, self.where = name, points, values, where
        steps = np.diff(values)
        if not np.all(np.isfinite(values)):
            raise InputError(f"{name}: not finite everywhere{where}; choose temperatures where it is")
        turns = np.flatnonzero(np.sign(steps[1:]) != np.sign(steps[:-1]))
        if np.any(steps == 0) or turns.size:
            at = float(points[1:][turns[0]]) if turns.size else float(points[np.flatnonzero(steps == 0)[0]])
            raise InputError(
                f"{name}: does not rise or fall throughout{where}: it turns or stands still at temperature {at:.6g}, "
                f"so a value can belong to several; choose a range first, "
                f"for example dataset.sel(temperature=slice({points[0]:.6g}, {at:.6g}))"
            )
        self.slopes = slopes

    def inverse(self, value: float) -> float:
        low, high = sorted((float(self.values[0]), float(self.values[-1])))
        if not low <= value <= high:
            raise InputError(
                f"{self.name}: {value:.6g} lies outside{self.where}: temperatures {self.points[0]:.6g} to "
                f"{self.points[-1]:.6g} have {low:.6g} to {high:.6g}; sweep further temperatures"
            )
        rising = self.values[-1] > self.values[0]
        k = int(np.searchsorted(self.values if rising else -self.values, value if rising else -value))
        if self.values[min(k, self.values.size - 1)] == value:
            return float(self.points[k])
        return self._root(k - 1, value)

    def _root(self, k: int, value: float) -> float:
        """The root of the cubic between points k and k + 1."""
        from scipy.interpolate import CubicHermiteSpline, PchipInterpolator
        from scipy.optimize import brentq

        ends = slice(k, k + 2)
        if self.slopes is None or not np.all(np.isfinite(self.slopes[ends])):  # C/T is 0/0 at T = 0
            cubic: Any = PchipInterpolator(self.points, self.values)
        else:
            cubic = CubicHermiteSpline(self.points[ends], self.values[ends], self.slopes[ends])
        return float(
            brentq(lambda t: float(cubic(t)) - value, self.points[k], self.points[k + 1], xtol=5e-324, rtol=1e-14)
        )
