"""Solutions at the points of a sweep to one Table: names, units, long names, status, attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.dataset.base import Axis, OutputUnits, Solution, attributes_of
from statmech.errors import InputError, UnitError
from statmech.status import STATUS_FLAGS, Status
from statmech.tables import Table, Variable
from statmech.units import is_physical

__all__ = ["assemble"]


def assemble(
    solutions: Sequence[Solution],
    axes: Sequence[Axis],
    output: OutputUnits | None = None,
    attributes: Mapping[str, Any] | None = None,
    quantities: Iterable[str] | None = None,
    scalars: Sequence[str] = (),
) -> Table:
    """One Table of a whole sweep.

    Parameters
    ----------
    solutions : sequence of Solution
        Row-major over the outer axes, in their order.
    axes : sequence of Axis
        In the order the dimensions shall have; one of role ``temperature``, at most one of role ``field``.
    output : OutputUnits, optional
        Units and whether per site.
    attributes : mapping, optional
        Further attributes of the Table (title, configuration, seed).
    quantities : iterable of str, optional
        Only these variables (errors and status come along).
    scalars : sequence of str
        Axes of one value that shall be no dimensions but scalar coordinates.

    Raises
    ------
    InputError
        If a quantity is not among those computed, or results per site are asked of a model without sites.
    """
    output = output or OutputUnits()
    outer = [axis for axis in axes if axis.role == "outer"]
    inner = [axis for role in ("field", "temperature") for axis in axes if axis.role == role]
    lengths = tuple(len(axis.values) for axis in outer)
    shape = (*lengths, *(len(axis.values) for axis in inner))
    order = [(*outer, *inner).index(axis) for axis in axes]
    dims = tuple(axis.name for axis in axes)
    first = solutions[0]
    _check_together(solutions)
    units = output.scales(first.unit)

    tables = [solution.columns() for solution in solutions]
    names = list(dict.fromkeys(name for table in tables for name in table))
    wanted = _select(names, quantities)
    # Infinite lattices have no total: one of them in a sweep puts all of it per site.
    per_site = output.per == "site" or any(solution.per_site for solution in solutions)
    variables: dict[str, Variable] = {}
    missing = dict(first.not_computed)
    for name in wanted:
        having = [table for table in tables if name in table]
        if len(having) < len(tables):
            if not name.endswith("_errors") or name.removesuffix("_errors") in missing:
                missing[name] = "not given by every method of this sweep"
                continue
            unknown = np.full(having[0][name][0].shape, np.nan)  # the value is there, its error is not known
            tables = [{name: (unknown, *having[0][name][1:]), **table} for table in tables]
        _, long_name, nature = having[0][name]
        factor, unit = units[nature]
        stacked = np.stack(
            [
                table[name][0] * (factor / _divisor(solution, nature, per_site))
                for table, solution in zip(tables, solutions, strict=True)
            ]
        ).reshape(shape)
        label = f"{long_name} per site" if per_site and nature != "intensive" else long_name
        if unit == "1" and nature == "energy" and first.symbol:
            label = f"{label} ({first.symbol})"
        variables[name] = Variable(dims, stacked.transpose(order), {"long_name": label, "units": unit})
    variables["status"] = Variable(dims, *_status(solutions, shape, order))
    coordinates = {axis.name: axis.coordinate(first.unit, first.symbol) for axis in axes}
    _add_sites(coordinates, outer, solutions)
    if scalars:
        variables = {name: _without(variable, scalars) for name, variable in variables.items()}
        coordinates |= {name: _without(coordinates[name], scalars) for name in scalars}
    return Table(variables, coordinates, {**attributes_of(solutions, output, per_site, missing), **(attributes or {})})


def _without(variable: Variable, dims: Sequence[str]) -> Variable:
    """The same without some dimensions of length 1."""
    left = {dim: size for dim, size in variable.sizes.items() if dim not in dims}
    return Variable(tuple(left), variable.values.reshape(tuple(left.values())), variable.attributes)


def _status(
    solutions: Sequence[Solution], shape: tuple[int, ...], order: list[int]
) -> tuple[npt.NDArray[np.int8], dict[str, Any]]:
    """Bit flags of every point, with what the bits mean and, of those that are set, in a sentence."""
    each = [np.zeros(s.thermodynamics.log_z.shape, np.int8) if s.status is None else s.status for s in solutions]
    status = np.stack([np.asarray(values, dtype=np.int8) for values in each]).reshape(shape).transpose(order)
    attributes: dict[str, Any] = {
        "long_name": "Status",
        "flag_masks": list(STATUS_FLAGS),
        "flag_meanings": " ".join(STATUS_FLAGS.values()),
    }
    seen = int(np.bitwise_or.reduce(status, axis=None))
    if seen:
        attributes["comment"] = ". ".join(f"{STATUS_FLAGS[flag]}: {flag.meaning}" for flag in Status if seen & flag)
    return status, attributes


def _select(names: list[str], quantities: Iterable[str] | None) -> list[str]:
    if quantities is None:
        return names
    wanted = list(quantities)
    for name in wanted:
        if name not in names:
            raise InputError(f"quantities: expected some of {', '.join(names)}; got {name!r}")
    return [name for name in names if name in wanted or name.removesuffix("_errors") in wanted]


def _check_together(solutions: Sequence[Solution]) -> None:
    """One variable has one unit: kelvin and model units do not go into the same sweep."""
    units = {is_physical(solution.unit): solution.unit for solution in solutions}
    if len(units) > 1:
        raise UnitError(
            f"unit: a sweep cannot mix energies in {units[True]!r} with reduced ones (k_B = 1): their temperatures "
            "and energies have no common unit; run them apart"
        )


def _divisor(solution: Solution, nature: str, per_site: bool) -> float:
    if nature == "intensive" or not per_site or solution.per_site:
        return 1.0
    if solution.sites is None:
        raise InputError("units: per: site needs a model with sites; this one has none")
    return float(solution.sites)


def _add_sites(coordinates: dict[str, Variable], outer: Sequence[Axis], solutions: Sequence[Solution]) -> None:
    """A ``sites`` coordinate along the axis that changes the size of the system."""
    sites = [solution.sites for solution in solutions]
    if None in sites or len(set(sites)) < 2:
        return
    grid = np.array(sites, dtype=np.int64).reshape([len(axis.values) for axis in outer])
    for k, axis in enumerate(outer):
        along = np.moveaxis(grid, k, 0).reshape(len(axis.values), -1)
        if np.all(along == along[:, :1]):
            about = {"long_name": "Number of sites", "units": "1"}
            coordinates["sites"] = Variable((axis.name,), along[:, 0], about)
