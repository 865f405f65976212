"""What a method computed at one point of a sweep over its own axes, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from statmech.thermodynamics import Thermodynamics

__all__ = ["Extra", "Solution"]

Array = npt.NDArray[np.float64]

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
class Extra:
    """A further variable of a method: values (same shape as log Z), long name and what it is.

    ``nature`` is ``number``, ``energy``, ``entropy`` or ``per energy`` (extensive, so divided for results per
    site) or ``intensive`` (left alone).
    """

    values: Array
    long_name: str
    nature: str = "intensive"


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
        """Name of a variable -> (values, long name, nature), in engine units."""
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
