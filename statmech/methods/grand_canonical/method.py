"""The grand canonical ensemble of ideal quantum gases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import ConvergenceError, InputError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.grand_canonical.base import GasPoint, Orbitals
from statmech.methods.grand_canonical.bosons import boson_point
from statmech.methods.grand_canonical.fermions import fermion_point
from statmech.models.base import Model
from statmech.models.quantum_gas import BoseGas, FermiGas
from statmech.units import kelvin_per

__all__ = ["GasState", "GrandCanonical"]

Array = npt.NDArray[np.float64]

_RESIDUAL = 1e-12  # relative, of N


@dataclass(frozen=True)
class GasState:
    """Levels and statistics, and the points found so far."""

    orbitals: Orbitals
    bosons: bool
    points: dict[float, GasPoint] = field(default_factory=dict, repr=False, compare=False)


class GrandCanonical(Method):
    r"""Ideal Bose and Fermi gases over their levels, at fixed mu or fixed mean N.

    .. math:: \log \Xi = \mp \sum_i g_i \log\left(1 \mp e^{-(\epsilon_i - \mu)/T}\right), \quad F = -T \log\Xi + \mu N

    The cumulants are those of a system whose log Z is -F/T: <y> = (U - E0)/T without -mu N, and the variance is C_N,
    the weighted variance of epsilon/T under g f (1 +- f). At fixed N mu is a bracketed root (Brent) with a relative
    residual of N below 1e-12, given as ``particle_number_residual``; else it raises. Cost: 40 evaluations per
    temperature at fixed N, one at fixed mu.

    Reference: R. K. Pathria and P. D. Beale, Statistical Mechanics (3rd ed., 2011), chapters 6 to 8.

    Examples
    --------
    >>> method = GrandCanonical()
    >>> gas = FermiGas([0.0, 1.0], [2, 2], particles=2)
    >>> c = method.cumulants(method.prepare(gas), np.array([1e-2, 0.5]))
    >>> c.covariance[:, 0, 0].round(6)
    array([0.      , 0.786448])
    """

    name: ClassVar[str] = "grand_canonical"
    formula: ClassVar[str] = "log Xi = -+ sum g log(1 -+ exp(-(e - mu)/T)), mu from N by a bracketed root"
    reference: ClassVar[str] = "Pathria and Beale 2011, chapters 6 to 8"

    def supports(self, model: Model) -> Support:
        """Ideal quantum gases."""
        if isinstance(model, (BoseGas, FermiGas)):
            given = "chemical potential" if model.number is None else "mean number of particles"
            return Support(True, f"an ideal gas of identical particles at fixed {given}")
        return Support(False, f"{model.kind!r} is no ideal gas over single-particle levels")

    def prepare(self, model: Model) -> GasState:
        """Levels in order."""
        assert isinstance(model, (BoseGas, FermiGas))
        scale = kelvin_per(model.unit)
        energies, place = np.unique(np.array(model.energies) + 0.0, return_inverse=True)
        degeneracies = np.bincount(place, weights=np.array(model.degeneracies)).astype(np.float64)
        mu = None if model.chemical_potential is None else model.chemical_potential * scale
        return GasState(Orbitals(energies * scale, degeneracies, model.number, mu), isinstance(model, BoseGas))

    def cumulants(self, state: GasState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at T >= 0.

        Raises
        ------
        InputError
            At T < 0, for bosons at fixed mu at T = inf, or where fields are given.
        ConvergenceError
            If the residual of N is not met.
        """
        if fields is not None:
            raise InputError("fields: a gas has no observable to couple a field to")
        points = [self._point(state, float(T)) for T in temperatures]
        columns = np.array([(p.reference, p.log_z, p.mean, p.variance) for p in points]).T
        return Cumulants(temperatures, columns[0], columns[1], columns[2][:, None], columns[3][:, None, None])

    @staticmethod
    def _point(state: GasState, T: float) -> GasPoint:
        inverse_temperature([T])
        if T < 0:
            raise InputError(f"temperature: expected T >= 0 for a gas of identical particles; got {T}")
        if math.isinf(T) and state.bosons and state.orbitals.mu is not None:
            raise InputError(
                "temperature: at T = inf bosons at fixed mu are infinitely many; expected T < inf; got inf"
            )
        if T not in state.points:
            found = (boson_point if state.bosons else fermion_point)(state.orbitals, T)
            if not found.residual < _RESIDUAL:
                raise ConvergenceError(
                    f"temperature: at {T} the number of particles is met to {found.residual:.1g} only, "
                    f"expected {_RESIDUAL:.0g}",
                    found,
                )
            state.points[T] = found
        return state.points[T]

    def extras(self, state: GasState, temperatures: Array) -> Mapping[str, tuple[Array, str, str]]:
        """mu, N with its variance and residual, the grand potential and the occupation of the lowest level."""
        points = [self._point(state, float(T)) for T in temperatures]
        rows = {
            "chemical_potential": ("mu", "Chemical potential", "energy"),
            "particle_number": ("number", "Mean number of particles", "number"),
            "particle_number_variance": ("number_variance", "Variance of the number of particles", "number"),
            "particle_number_residual": ("residual", "Relative residual of the number of particles", "intensive"),
            "grand_potential": ("omega", "Grand potential", "energy"),
            "lowest_occupation": ("lowest", "Particles in the lowest level", "number"),
        }
        return {
            name: (np.array([getattr(point, key) for point in points]), long_name, nature)
            for name, (key, long_name, nature) in rows.items()
        }

    def notes(self, model: Model, state: GasState | None) -> Mapping[str, str]:
        """The ensemble."""
        words = "grand canonical; F = Omega + mu N, U without -mu N, C at constant mean number of particles"
        return {**super().notes(model, state), "ensemble": words}

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """40 passes of 30 ns per level at fixed N."""
        assert isinstance(model, (BoseGas, FermiGas))
        passes = 2 if model.number is None else 40
        return Cost((passes * (3e-8 * len(model.energies) + 2e-5)) * temperatures + 1e-3, 200.0 * len(model.energies))
