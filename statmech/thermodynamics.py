r"""F, U, S, C, M and chi from cumulants: the only place that knows these formulas.

With :math:`y = \beta (H - E_0)` and log Z relative to E0,

.. math:: F - E_0 = -T \log Z_\mathrm{rel}, \quad U - E_0 = T \langle y \rangle, \quad
          S = \log Z_\mathrm{rel} + \langle y \rangle, \quad C = \operatorname{Var} y, \quad
          \chi = \beta \operatorname{Var} M

Every right-hand side is a sum of terms of one sign, so nothing cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.frozen import Frozen, frozen

__all__ = ["ConstantPressure", "Thermodynamics", "at_constant_pressure", "thermodynamics"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Thermodynamics(Frozen):
    """Thermodynamic functions on the grid of the cumulants; all arrays read-only, shape (..., T), k_B = 1.

    Attributes
    ----------
    temperature : array, shape (T,)
        In energy units.
    log_z : array
        log Z; at T = 0 it is ``+-inf``, or log g0 where the ground energy is 0.
    reference_energy : array
        E0, the lowest populated level (the highest for T < 0).
    free_energy, internal_energy : array
        F = -T log Z and U = <H>, field terms included.
    free_energy_excess, internal_energy_excess : array
        F - E0 and U - E0, to full relative precision.
    entropy, heat_capacity : array
        S and C at constant field, in units of k_B.
    observables : mapping of str to array
        Mean of each observable.
    susceptibilities : mapping of str to array
        beta Var of each observable: its response to the conjugate field.
    """

    temperature: Array
    log_z: Array
    reference_energy: Array
    free_energy: Array
    internal_energy: Array
    free_energy_excess: Array
    internal_energy_excess: Array
    entropy: Array
    heat_capacity: Array
    observables: Mapping[str, Array]
    susceptibilities: Mapping[str, Array]


def thermodynamics(cumulants: Cumulants) -> Thermodynamics:
    """Thermodynamic functions of cumulants, leading axes (field, jackknife block) kept.

    Parameters
    ----------
    cumulants : Cumulants
        log Z, mean and covariance at each temperature.

    Returns
    -------
    Thermodynamics
        At T = 0 the limits from above: S = log g0, C = 0, F = U = E0; a susceptibility is ``inf`` where the
        ground states differ in the observable, else 0. At T = inf: C = 0, F = -+inf unless log Z = 0.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.summation import sum_levels
    >>> th = thermodynamics(sum_levels(EnergyLevels([0.0, 1.0]), [0.0, 0.5, np.inf]))
    >>> th.entropy.round(6)
    array([0.      , 0.365334, 0.693147])
    >>> th.internal_energy.round(6)
    array([0.      , 0.119203, 0.5     ])
    """
    c = cumulants
    temperature, beta = c.temperature, c.beta
    hot, cold = np.isinf(temperature), temperature == 0
    energy = c.mean[..., 0]
    with np.errstate(invalid="ignore", over="ignore"):  # inf * 0 in the limits T = 0 and inf, chosen apart below
        f_excess = np.where(c.log_z == 0, 0.0, np.where(cold, 0.0, -temperature * c.log_z))
        log_z = np.where(c.reference == 0, c.log_z, c.log_z - beta * c.reference)
    excess = np.where(cold, 0.0, energy * c.energy_unit)
    entropy = np.where(hot | cold, c.log_z, c.log_z + energy)
    capacity = np.where(hot | cold, 0.0, c.covariance[..., 0, 0])
    means, responses = {}, {}
    for k, name in enumerate(c.observables, start=1):
        variance = c.covariance[..., k, k]
        with np.errstate(invalid="ignore"):
            responses[name] = np.where(variance == 0, 0.0, beta * variance)
        means[name] = c.mean[..., k]
    values = {
        "log_z": log_z,
        "reference_energy": c.reference,
        "free_energy": c.reference + f_excess,
        "internal_energy": c.reference + excess,
        "free_energy_excess": f_excess,
        "internal_energy_excess": excess,
        "entropy": entropy,
        "heat_capacity": capacity,
    }
    for array in (*values.values(), *means.values(), *responses.values()):
        array.flags.writeable = False
    return Thermodynamics(temperature, **values, observables=frozen(means), susceptibilities=frozen(responses))


@dataclass(frozen=True, eq=False)
class ConstantPressure(Frozen):
    """What an ideal gas at constant pressure adds: p V = T per molecule. All arrays shape (..., T), k_B = 1.

    Attributes
    ----------
    enthalpy, gibbs_energy : array
        H = U + T and G = F + T.
    enthalpy_excess : array
        H - H(0), where H(0) is the reference energy.
    heat_capacity : array
        Cp = Cv + 1.
    """

    enthalpy: Array
    gibbs_energy: Array
    enthalpy_excess: Array
    heat_capacity: Array


def at_constant_pressure(th: Thermodynamics) -> ConstantPressure:
    """H, G, H - H(0) and Cp of an ideal gas, from F, U and Cv of one molecule in the volume T/p.

    Examples
    --------
    >>> one, T = np.zeros(1), np.full(1, 2.0)
    >>> gas = thermodynamics(Cumulants(T, one, one + 3.0, one[:, None] + 1.5, one[:, None, None] + 1.5))
    >>> at_constant_pressure(gas).heat_capacity, at_constant_pressure(gas).enthalpy
    (array([2.5]), array([5.]))
    """
    work = th.temperature
    made = ConstantPressure(
        th.internal_energy + work,
        th.free_energy + work,
        th.internal_energy_excess + work,
        th.heat_capacity + 1.0,
    )
    for array in (made.enthalpy, made.gibbs_energy, made.enthalpy_excess, made.heat_capacity):
        array.flags.writeable = False
    return made
