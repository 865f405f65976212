"""Results beside a published table of the partition function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from statmech.errors import InputError
from statmech.readers.tables import PartitionTable
from statmech.status import Status

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["compare_with_table"]


def compare_with_table(dataset: xr.Dataset, table: PartitionTable) -> xr.Dataset:
    r"""log Z of results beside log Q of a table, and how far they are apart.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results with ``log_z`` over temperatures in kelvin.
    table : PartitionTable
        From :func:`statmech.readers.tables.read_partition_table`.

    Returns
    -------
    xarray.Dataset
        ``log_z``, ``log_q`` of the table, ``relative_difference`` (:math:`Z/Q - 1`), ``interpolation_error`` (of log Q
        between the temperatures of the table) and ``status``. Outside the range of the table log Q is not a number
        and the status ``outside_range``: nothing is extrapolated.

    Raises
    ------
    InputError
        If the results have no log Z, or their temperatures are not in kelvin.

    Notes
    -----
    Both count from the zero of energy of the list, which need not be a populated level. HITRAN and ExoMol include
    nuclear spin; a table made without differs by a constant factor.

    Examples
    --------
    >>> from statmech import EnergyLevels, solve
    >>> levels = EnergyLevels([0.0, 100.0], unit="cm-1")
    >>> table = PartitionTable(np.array([100.0, 200.0]), np.array([1.2372, 1.4871]), "made up")
    >>> found = compare_with_table(solve(levels, [100.0, 200.0, 300.0]), table)
    >>> abs(found.relative_difference.values).round(4), found.status.values
    (array([ 0.,  0., nan]), array([0, 0, 4], dtype=int8))
    """
    import xarray as xr

    if "log_z" not in dataset or "temperature" not in dataset.coords:
        raise InputError("dataset: expected results with log_z over temperature")
    if dataset["temperature"].attrs.get("units") != "K":
        raise InputError("dataset: expected temperatures in kelvin; these levels are in reduced units")
    temperature = dataset["temperature"]
    values = np.atleast_1d(temperature.values)
    inside = table.covers(values)
    log_q, error = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    log_q[inside] = table.log_q(values[inside])
    error[inside] = table.interpolation_error(values[inside])
    shape, dims = temperature.shape, temperature.dims
    reference = xr.DataArray(log_q.reshape(shape), dims=dims)
    flags = np.where(inside, 0, int(Status.OUTSIDE_RANGE)).astype(np.int8).reshape(shape)
    status = dataset["status"] | flags if "status" in dataset else xr.DataArray(flags, dims=dims)
    attributes: dict[str, Any] = {"long_name": f"Logarithm of Q of {table.source}", "units": "1"}
    difference: xr.DataArray = xr.apply_ufunc(np.expm1, dataset["log_z"] - reference)
    relative = {"long_name": "Z over that of the table, less 1", "units": "1"}
    estimate = {"long_name": "Error of log Q by interpolation, estimated", "units": "1"}
    return xr.Dataset(
        {
            "log_z": dataset["log_z"],
            "log_q": reference.assign_attrs(attributes),
            "relative_difference": difference.assign_attrs(relative),
            "interpolation_error": (dims, error.reshape(shape), estimate),
            "status": status.astype(np.int8).assign_attrs(dataset["status"].attrs if "status" in dataset else {}),
        },
        attrs={"table": table.source, "range": f"{table.temperature[0]:g} to {table.temperature[-1]:g} K"},
    )
