"""Arrays to a labelled Dataset: names, units, long names, attributes, and the joining of sweep points."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError, UnitError
from statmech.status import Status
from statmech.thermodynamics import Thermodynamics
from statmech.units import GAS_CONSTANT, canonical_unit, is_physical, kelvin_per

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["STATUS_FLAGS", "Axis", "Extra", "OutputUnits", "Solution", "assemble", "assemble_samples"]

Array = npt.NDArray[np.float64]

# bit of `status` -> meaning; 0, no bit at all, is the only value that needs no second look
STATUS_FLAGS = {int(flag): str(flag.name).lower() for flag in Status}

# name -> (long name, what it is: its unit and whether it grows with the system)
_VARIABLES: dict[str, tuple[str, str]] = {
    "log_z": ("Logarithm of the partition function", "number"),
    "free_energy": ("Free energy", "energy"),
    "internal_energy": ("Internal energy", "energy"),
    "entropy": ("Entropy", "entropy"),
    "heat_capacity": ("Heat capacity", "entropy"),
    "reference_energy": ("Reference energy", "energy"),
    "free_energy_excess": ("Free energy above the reference", "energy"),
    "internal_energy_excess": ("Internal energy above the reference", "energy"),
    "magnetization": ("Magnetization", "number"),
    "susceptibility": ("Susceptibility", "per energy"),
    "absolute_magnetization": ("Absolute magnetization", "number"),
}
_RESPONSE = {"magnetization": "susceptibility"}


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


@dataclass(frozen=True)
class Extra:
    """A further variable of a method: values (same shape as log Z), long name and what it is.

    ``nature`` is ``number``, ``energy``, ``entropy`` or ``per energy`` (extensive, so divided for results per
    site) or ``intensive`` (left alone).
    """

    values: Array
    long_name: str
    nature: str = "intensive"


@dataclass(frozen=True)
class OutputUnits:
    """How results leave the engine.

    Parameters
    ----------
    output : str or None
        ``molar`` (kJ/mol and J/mol/K), ``reduced`` (energies as E/k_B in K, entropies in k_B), an energy unit
        (entropies in unit/K), or None: molar for physical levels, reduced otherwise.
    per : {"system", "site"}
        Whether extensive quantities are divided by the number of sites.

    Raises
    ------
    InputError, UnitError
        If one of them is unknown.
    """

    output: str | None = None
    per: Literal["system", "site"] = "system"

    def __post_init__(self) -> None:
        if self.per not in ("system", "site"):
            raise InputError(f"per: expected 'system' or 'site'; got {self.per!r}")
        if self.output not in (None, "molar", "reduced"):
            object.__setattr__(self, "output", canonical_unit(str(self.output)))

    def scales(self, unit: str) -> dict[str, tuple[float, str]]:
        """Factor and unit name of each nature of quantity, for a model with energies in ``unit``.

        Raises
        ------
        UnitError
            If a physical output is asked of a model without a physical unit.

        Examples
        --------
        >>> OutputUnits("molar").scales("cm-1")["entropy"]
        (8.31446261815324, 'J/mol/K')
        """
        output = self.output or ("molar" if is_physical(unit) else "reduced")
        if output != "reduced" and not is_physical(unit):
            raise UnitError(
                f"units: output {output!r} needs levels in a physical unit; these are reduced (k_B = 1): "
                "give the model a unit, or leave output out"
            )
        if output == "molar":
            energy, entropy = (GAS_CONSTANT * 1e-3, "kJ/mol"), (GAS_CONSTANT, "J/mol/K")
        elif output == "reduced":
            energy, entropy = (1.0, "K" if is_physical(unit) else "1"), (1.0, "k_B")
        else:
            energy, entropy = (1.0 / kelvin_per(output), output), (1.0 / kelvin_per(output), f"{output}/K")
        inverse = "1" if energy[1] == "1" else f"1/({energy[1]})" if "/" in energy[1] else f"1/{energy[1]}"
        return {
            "number": (1.0, "1"),
            "intensive": (1.0, "1"),
            "energy": energy,
            "entropy": entropy,
            "per energy": (1.0 / energy[0], inverse),
        }


@dataclass(frozen=True)
class Solution:
    """What one task computed: arrays (F, T) or (T,), and where they come from.

    Attributes
    ----------
    thermodynamics : Thermodynamics
        In units of the model (kelvin where its unit is physical).
    method, reason : str
        Name of the method and why it was taken.
    error_bound : float
        Relative error of every value (exact methods).
    statistical : bool
        Whether values are estimates; then ``errors`` has their standard errors.
    unit : str
        Energy unit of the model.
    sites : int or None
        Number of sites.
    per_site : bool
        Whether the arrays are per site already (infinite lattices).
    symbol : str
        What energies are measured in where the unit is reduced (``units of J``), for labels.
    errors : mapping of str to array
        Standard errors by variable name.
    status : int8 array or None
        Sums of bits of :class:`~statmech.status.Status`; 0 is ok.
    extras : mapping of str to Extra
        Further variables.
    not_computed : mapping of str to str
        What the method cannot give, and why.
    notes : mapping of str to str
        What the model says of its origin.
    provenance : mapping of str to str or number
        What the method says of its work (algorithm, seed, lengths): attributes of the results.
    samples : mapping of str to array
        Time series where they were asked for, shapes (..., T, chains, sweeps).
    """

    thermodynamics: Thermodynamics
    method: str
    reason: str
    error_bound: float
    unit: str
    sites: int | None = None
    statistical: bool = False
    per_site: bool = False
    symbol: str = ""
    errors: Mapping[str, Array] = field(default_factory=dict)
    status: npt.NDArray[np.int8] | None = None
    extras: Mapping[str, Extra] = field(default_factory=dict)
    not_computed: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)
    samples: Mapping[str, Array] = field(default_factory=dict)

    def columns(self) -> dict[str, tuple[Array, str, str]]:
        """Variable name -> (values, long name, nature), in engine units."""
        th = self.thermodynamics
        values = {name: getattr(th, name) for name in list(_VARIABLES)[:8]}
        for name, mean in th.observables.items():
            values[name] = mean
            values[_RESPONSE.get(name, f"{name}_response")] = th.susceptibilities[name]
        table = {}
        for name, array in values.items():
            fallback = (name.replace("_", " ").capitalize(), "per energy" if name.endswith("_response") else "number")
            table[name] = (array, *_VARIABLES.get(name, fallback))
        for name, extra in self.extras.items():
            table[name] = (extra.values, extra.long_name, extra.nature)
        for name, error in self.errors.items():
            _, long_name, nature = table[name]
            table[f"{name}_errors"] = (error, f"Standard error: {long_name[0].lower()}{long_name[1:]}", nature)
        return {name: entry for name, entry in table.items() if name.removesuffix("_errors") not in self.not_computed}


def assemble(
    solutions: Sequence[Solution],
    axes: Sequence[Axis],
    output: OutputUnits | None = None,
    attributes: Mapping[str, Any] | None = None,
    quantities: Iterable[str] | None = None,
    scalars: Sequence[str] = (),
) -> xr.Dataset:
    """One Dataset of a whole sweep.

    Parameters
    ----------
    solutions : sequence of Solution
        Row-major over the outer axes, in their order.
    axes : sequence of Axis
        In the order the dimensions shall have; one of role ``temperature``, at most one of role ``field``.
    output : OutputUnits, optional
        Units and whether per site.
    attributes : mapping, optional
        Further attributes of the Dataset (title, configuration, seed).
    quantities : iterable of str, optional
        Only these variables (errors and status come along).
    scalars : sequence of str
        Axes of one value that shall be no dimensions but scalar coordinates.

    Raises
    ------
    InputError
        If a quantity is not among those computed, or results per site are asked of a model without sites.
    """
    import xarray as xr

    import statmech.accessor  # noqa: F401  ds.statmech

    output = output or OutputUnits()
    outer = [axis for axis in axes if axis.role == "outer"]
    inner = [axis for role in ("field", "temperature") for axis in axes if axis.role == role]
    lengths = tuple(len(axis.values) for axis in outer)
    shape = (*lengths, *(len(axis.values) for axis in inner))
    order = [(*outer, *inner).index(axis) for axis in axes]
    dims = [axis.name for axis in axes]
    first = solutions[0]
    _check_together(solutions)
    units = output.scales(first.unit)

    tables = [solution.columns() for solution in solutions]
    names = list(dict.fromkeys(name for table in tables for name in table))
    wanted = _select(names, quantities)
    # Infinite lattices have no total: one of them in a sweep puts all of it per site.
    per_site = output.per == "site" or any(solution.per_site for solution in solutions)
    variables: dict[str, Any] = {}
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
        variables[name] = (dims, stacked.transpose(order), {"long_name": label, "units": unit})
    variables["status"] = (dims, *_status(solutions, shape, order))
    coordinates = _coordinates(axes, first)
    _add_sites(coordinates, outer, solutions)
    if scalars:
        kept = [k for k, name in enumerate(dims) if name not in scalars]
        left = [dims[k] for k in kept]
        variables = {
            name: (left, array.reshape([array.shape[k] for k in kept]), about)
            for name, (_, array, about) in variables.items()
        }
        coordinates |= {name: ((), coordinates[name][1][0], coordinates[name][2]) for name in scalars}
    return xr.Dataset(
        variables, coordinates, {**_attributes(solutions, output, per_site, missing), **(attributes or {})}
    )


def assemble_samples(solutions: Sequence[Solution], axes: Sequence[Axis]) -> xr.Dataset | None:
    """Time series of a whole sweep, with their own copies of the coordinates; None where none were kept.

    Dimensions are those of the sweep, then ``chain`` and ``sweep``; shorter series end in nan, as does every series of
    a point that is not there yet. Values are those of the engine: of the system, in units of the model.
    """
    import xarray as xr

    kept = [solution for solution in solutions if solution.samples]
    if not kept:
        return None
    outer = [axis for axis in axes if axis.role == "outer"]
    inner = [axis for role in ("field", "temperature") for axis in axes if axis.role == role]
    order = [(*outer, *inner).index(axis) for axis in axes]
    lengths = [len(axis.values) for axis in (*outer, *inner)]
    variables: dict[str, Any] = {}
    for name in kept[0].samples:
        shapes = [solution.samples[name].shape for solution in kept if name in solution.samples]
        ends = tuple(max(shape[k] for shape in shapes) for k in (-2, -1))
        whole = np.full((len(solutions), *lengths[len(outer) :], *ends), np.nan)
        for place, solution in zip(whole, solutions, strict=True):
            if name in solution.samples:
                series = solution.samples[name]
                place[..., : series.shape[-2], : series.shape[-1]] = series
        array = whole.reshape(*lengths, *ends).transpose(*order, len(order), len(order) + 1)
        long_name = f"{name.replace('_', ' ').capitalize()} after each sweep"
        dims = [*(axis.name for axis in axes), "chain", "sweep"]
        variables[name] = (dims, array, {"long_name": long_name, "units": "1"})
    return xr.Dataset(variables, _coordinates(axes, solutions[0]))


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


def _coordinates(axes: Sequence[Axis], first: Solution) -> dict[str, Any]:
    coordinates: dict[str, Any] = {}
    for axis in axes:
        attributes = {"long_name": axis.name.replace("_", " ").capitalize(), "path": axis.path}
        if axis.role == "temperature":
            attributes["units"] = "K" if is_physical(first.unit) else "1"
            if first.symbol and attributes["units"] == "1":
                attributes["long_name"] = f"Temperature ({first.symbol})"
        elif first.symbol and (axis.role == "field" or (axis.path == "model.field" and _numbers(axis.values))):
            attributes.update(long_name=f"Field h ({first.symbol})", units="1")
        if isinstance(axis.values, np.ndarray):
            coordinates[axis.name] = (axis.name, axis.values.copy(), attributes)
            continue
        values = list(axis.values)
        if all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in values):
            data = np.array(values, dtype=np.int64 if axis.role == "outer" else np.float64)
        elif _numbers(values):
            data = np.array(values, dtype=np.float64)
        else:
            data = np.array([_label(value) for value in values], dtype=object)
        coordinates[axis.name] = (axis.name, data, attributes)
    return coordinates


def _numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in values)


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(item, int) for item in value):
        return "x".join(map(str, value))
    return json.dumps(value, sort_keys=True, default=str)


def _add_sites(coordinates: dict[str, Any], outer: Sequence[Axis], solutions: Sequence[Solution]) -> None:
    """A ``sites`` coordinate along the axis that changes the size of the system."""
    sites = [solution.sites for solution in solutions]
    if None in sites or len(set(sites)) < 2:
        return
    grid = np.array(sites, dtype=np.int64).reshape([len(axis.values) for axis in outer])
    for k, axis in enumerate(outer):
        along = np.moveaxis(grid, k, 0).reshape(len(axis.values), -1)
        if np.all(along == along[:, :1]):
            coordinates["sites"] = (axis.name, along[:, 0], {"long_name": "Number of sites", "units": "1"})


def _attributes(
    solutions: Sequence[Solution], output: OutputUnits, per_site: bool, missing: Mapping[str, str]
) -> dict[str, Any]:
    first = solutions[0]
    methods = list(dict.fromkeys(solution.method for solution in solutions))
    physical = is_physical(first.unit)
    zeros = [solution.notes.get("zero of energy", "that of the model's Hamiltonian") for solution in solutions]
    attributes: dict[str, Any] = {
        "method": ", ".join(methods),  # what xarray's own repr has room for comes first
        "exactness": "statistical" if any(solution.statistical for solution in solutions) else "exact",
        "output_units": output.output or ("molar" if physical else "reduced"),
        "zero_of_energy": "; ".join(dict.fromkeys(zeros)),
        "method_reason": "; ".join(dict.fromkeys(solution.reason for solution in solutions)),
    }
    exact = [solution.error_bound for solution in solutions if not solution.statistical]
    if exact:
        attributes["relative_error_bound"] = float(max(exact))
        attributes["relative_error_bound_of"] = (
            "F - E0, U - E0, S, C and log Z + E0/T, given the levels; means of observables relative to their "
            "largest value"
        )
    if len(exact) < len(solutions):
        attributes["errors"] = "standard errors of statistical values stand in <name>_errors"
    attributes |= {
        "energy_unit": ", ".join(dict.fromkeys(solution.unit for solution in solutions)),
        "per": "site" if per_site else "system",
        "boltzmann_constant": "SI 2019: 1.380649e-23 J/K" if physical else "1",
    }
    if first.sites is not None and len({solution.sites for solution in solutions}) == 1:
        attributes["sites"] = int(first.sites)
    for key in dict.fromkeys(key for solution in solutions for key in solution.provenance):
        told = list(dict.fromkeys(solution.provenance[key] for solution in solutions if key in solution.provenance))
        attributes[key] = told[0] if len(told) == 1 else "; ".join(map(str, told))
    if missing:
        reasons = dict.fromkeys(missing.values())
        names = {why: ", ".join(name for name, told in missing.items() if told == why) for why in reasons}
        attributes["not_computed"] = "; ".join(f"{names[why]}: {why}" for why in reasons)
    for key in dict.fromkeys(key for solution in solutions for key in solution.notes):
        if key != "zero of energy":
            texts = dict.fromkeys(solution.notes.get(key, "-") for solution in solutions)
            attributes.setdefault(f"model_{key.replace(' ', '_')}", "; ".join(texts))
    return attributes
