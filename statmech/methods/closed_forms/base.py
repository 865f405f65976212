"""What the closed forms of infinite Ising lattices share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError, UnsupportedError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet
from statmech.models.base import Model
from statmech.models.ising import Ising

__all__ = ["Excitations", "InfiniteIsing", "InfiniteState", "supported"]

Array = npt.NDArray[np.float64]


def supported(method: Method, model: Model) -> Ising:
    """The model, after asking the method: what is prepared by hand must not be answered in silence.

    Raises
    ------
    UnsupportedError
        If the method does not treat it (a field swept over a form without one).
    """
    support = method.supports(model)
    if not support or not isinstance(model, Ising):
        raise UnsupportedError(f"method: {method.name} cannot treat this model: {support.reason}")
    return model


@dataclass(frozen=True)
class InfiniteState:
    """Couplings of the bond kinds of an infinite lattice, shape (kinds,)."""

    couplings: tuple[float, ...]


@dataclass(frozen=True)
class Excitations:
    r"""log Z per site = residual + exp(-x) (slope x + slope + density), x = energy/T, for x above ``beyond``.

    Single flipped spins have density 1 and slope 0; beside them the next excitations weigh at most exp(-x/2), which is
    nothing at exp(-460) = 1e-200. An infinite energy: not known in this form.
    """

    energy: float
    density: float = 1.0
    slope: float = 0.0
    beyond: float = 460.0


class InfiniteIsing(Method):
    r"""An Ising model on an infinite lattice without a field: everything per site, from log Z as a jet in beta.

    A subclass gives the ground energy per site, the critical point, log Z per site relative to that ground energy for
    T > 0 as :class:`Jet`, and the magnetisation below the critical point. Then

    .. math:: \langle y \rangle = -\beta\, \partial_\beta \log Z_\mathrm{rel}, \qquad
              \operatorname{Var} y = \beta^2\, \partial_\beta^2 \log Z_\mathrm{rel}

    T < 0 is the model with -J at -T. At T equal to the float64 nearest to the critical temperature the heat capacity
    is ``inf``: that is what is meant. Cost: 20 us per temperature, ten times that within 1e-12 of the critical point.
    """

    lattice_kind: ClassVar[str]
    lattice_name: ClassVar[str]
    bond_kinds: ClassVar[int] = 1  # couplings that may differ; the others take one for all bonds

    @abstractmethod
    def ground_energy(self, couplings: tuple[float, ...]) -> float:
        """Ground energy per site."""

    @abstractmethod
    def critical_point(self, couplings: tuple[float, ...]) -> CriticalPoint | None:
        """Where C diverges, or None."""

    @abstractmethod
    def log_z(self, couplings: tuple[float, ...], temperatures: Array) -> Jet:
        """log Z per site relative to the ground state, with its derivatives by beta, at 0 < T <= inf."""

    @abstractmethod
    def magnetization(self, couplings: tuple[float, ...], temperatures: Array) -> Array:
        """Spontaneous magnetisation per site at 0 < T < Tc, where all J > 0."""

    @abstractmethod
    def excitations(self, couplings: tuple[float, ...]) -> Excitations:
        """What is left at low temperature."""

    def residual(self, couplings: tuple[float, ...]) -> float:  # noqa: ARG002
        """Entropy per site at T = 0."""
        return 0.0

    def supports(self, model: Model) -> Support:
        """Ising models on this infinite lattice, with one coupling (per bond kind) and no field."""
        if not isinstance(model, Ising):
            return Support(False, f"{model.kind!r} is no Ising model")
        if not (model.lattice.infinite and model.lattice.kind == self.lattice_kind):
            size = "infinite" if model.lattice.infinite else "finite"
            return Support(False, f"a {size} {model.lattice.kind} lattice is not the infinite {self.lattice_name}")
        if model.uniform_field != 0:
            return Support(False, "no closed form is known in a field")
        if self.bond_kinds == 1 and model.uniform_coupling is None:
            return Support(False, f"couplings differ: {model.couplings.tolist()}; this form takes one J for all bonds")
        return Support(True, f"the infinite {self.lattice_name} has a closed form ({self.reference})")

    def prepare(self, model: Model) -> InfiniteState:
        """The couplings.

        Raises
        ------
        UnsupportedError
            If :meth:`supports` says no.
        """
        ising = supported(self, model)
        if self.bond_kinds == 1:
            return InfiniteState((float(ising.couplings[0]),))
        kinds = ising.lattice.bond_kind
        return InfiniteState(tuple(float(ising.couplings[kinds == kind][0]) for kind in range(self.bond_kinds)))

    def cumulants(self, state: InfiniteState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants per site at the temperatures.

        Raises
        ------
        InputError
            If fields are given.
        """
        if fields is not None:
            raise InputError("fields: no closed form is known in a field; leave it out")
        inverse_temperature(temperatures)  # refuses nan and -0.0
        shape = temperatures.shape
        reference, log_z, mean, variance = (np.empty(shape) for _ in range(4))
        for sign in (1, -1):
            here = np.flatnonzero((temperatures < 0) == (sign < 0))
            if here.size:
                couplings = tuple(sign * coupling for coupling in state.couplings)
                reference[here] = sign * self.ground_energy(couplings)
                log_z[here], mean[here], variance[here] = self._side(couplings, np.abs(temperatures[here]))
        return Cumulants(temperatures, reference, log_z, mean[:, None], variance[:, None, None])

    def _side(self, couplings: tuple[float, ...], T: Array) -> tuple[Array, Array, Array]:
        """log Z, <y> and Var y at T >= 0."""
        if not any(couplings):
            return np.full(T.shape, np.log(2)), np.zeros(T.shape), np.zeros(T.shape)
        beta = inverse_temperature(T)
        lowest = self.excitations(couplings)
        density, slope = lowest.density, lowest.slope
        with np.errstate(over="ignore", invalid="ignore"):  # inf * 0 is no gap at all
            x = np.where(np.isinf(lowest.energy), 0.0, lowest.energy * beta)
            frozen = np.isinf(beta)
            dilute = ~frozen & (x > lowest.beyond)
            half, z = np.exp(-0.5 * x), np.where(frozen | (x > 1e4), 0.0, x)  # exp(-1e4) is 0 in any case
        # exp(-x), x exp(-x) and x^2 exp(-x) from halves, right also where exp(-x) alone is subnormal
        log_z = self.residual(couplings) + (slope * z + slope + density) * half * half
        mean, variance = z * (slope * z + density) * half * half, z * z * (slope * z + density - slope) * half * half
        full = np.flatnonzero(~frozen & ~dilute)
        if full.size:
            jet = self.log_z(couplings, T[full])
            unit = np.where(np.isinf(T[full]), 1.0, beta[full])
            log_z[full], mean[full], variance[full] = jet.value, -jet.first * unit, jet.second * unit * unit
        critical = self.critical_point(couplings)
        if critical is not None:
            variance[critical.high == T] = np.inf
        return log_z, mean, variance

    def extras(self, state: InfiniteState, temperatures: Array) -> Mapping[str, tuple[Array, str, str]]:
        """``spontaneous_magnetization`` per site, of the limit h -> 0+; 0 where the order is not ferromagnetic."""
        values = np.zeros(temperatures.shape)
        for sign in (1, -1):
            couplings = tuple(sign * coupling for coupling in state.couplings)
            critical = self.critical_point(couplings) if min(couplings) > 0 else None
            if critical is not None:
                T = sign * temperatures
                ordered = np.flatnonzero((T > 0) & (critical.high > T))
                values[ordered] = self.magnetization(couplings, T[ordered])
                values[(T == 0) & (sign > 0)] = 1.0
        return {"spontaneous_magnetization": (values, "Spontaneous magnetization", "number")}

    def critical_temperature(self, state: InfiniteState) -> float | None:
        """Tc in units of the couplings, or None without a transition at T > 0."""
        critical = self.critical_point(state.couplings)
        return None if critical is None else critical.high

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """Some 20 us per temperature."""
        return Cost(2e-5 * temperatures + 1e-3, 1e8)
