"""The functions of an ideal gas at constant pressure that thermochemical tables list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.thermodynamics import at_constant_pressure, thermodynamics

__all__ = ["added_functions", "gas_functions"]

Array = npt.NDArray[np.float64]
Functions = Mapping[str, tuple[Array, str, str]]

_ROOM = 298.15
# What an entropy of mixing S adds to: -T S where True, S where False.
_MIXED = {
    "gibbs_energy": True,
    "gibbs_energy_quasi_harmonic": True,
    "gibbs_energy_function": False,
    "entropy_quasi_harmonic": False,
}


def gas_functions(cumulants: Callable[[Array], Cumulants], temperatures: Array) -> dict[str, tuple[Array, str, str]]:
    """H, G, Cp, H - H(0), H - H(298.15) and -[G - H(298.15)]/T: variable -> (values, long name, nature).

    Parameters
    ----------
    cumulants : callable
        Cumulants of one molecule in the volume T/p at temperatures in kelvin.
    temperatures : array, shape (T,)
        In kelvin, positive and finite.

    Examples
    --------
    >>> from statmech.models.molecule import Molecule
    >>> from statmech.methods.closed_forms.rigid_rotor import RigidRotorHarmonicOscillator
    >>> argon = RigidRotorHarmonicOscillator()
    >>> found = gas_functions(lambda T: argon.cumulants(Molecule(mass=39.948), T), np.array([298.15]))
    >>> float(found["heat_capacity_constant_pressure"][0][0])
    2.5
    """
    whole = thermodynamics(cumulants(temperatures))
    gas = at_constant_pressure(whole)
    above = gas.enthalpy_excess - at_constant_pressure(thermodynamics(cumulants(np.array([_ROOM])))).enthalpy_excess[0]
    return {
        "enthalpy": (gas.enthalpy, "Enthalpy", "energy"),
        "gibbs_energy": (gas.gibbs_energy, "Gibbs energy", "energy"),
        "heat_capacity_constant_pressure": (gas.heat_capacity, "Heat capacity at constant pressure", "entropy"),
        "enthalpy_excess": (gas.enthalpy_excess, "H - H(0)", "energy"),
        "enthalpy_above_298": (above, "H - H(298.15 K)", "energy"),
        "gibbs_energy_function": (whole.entropy - above / temperatures, "-[G - H(298.15 K)]/T", "entropy"),
    }


def added_functions(parts: list[Functions], counts: tuple[float, ...], mixing: float, temperatures: Array) -> Functions:
    """Extensive functions that all parts have, times their numbers, with an entropy of mixing.

    Examples
    --------
    >>> energy = {"gibbs_energy": (np.array([-3.0]), "Gibbs energy", "energy")}
    >>> added_functions([energy, energy], (0.5, 0.5), 0.25, np.array([2.0]))["gibbs_energy"][0]
    array([-3.5])
    """
    found: dict[str, tuple[Array, str, str]] = {}
    for name, (_, long_name, nature) in parts[0].items():
        if nature not in ("energy", "entropy") or not all(name in part for part in parts):
            continue
        total = np.zeros(temperatures.shape)
        if name in _MIXED:
            total += -temperatures * mixing if _MIXED[name] else mixing
        for count, part in zip(counts, parts, strict=True):
            total += count * part[name][0]
        found[name] = (total, long_name, nature)
    return found
