"""The transfer matrix: layer by layer, site by site, along strips, cylinders, bars and tori."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import log2
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError, UnsupportedError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.transfer_matrix.costs import DiscreteModel, states_of
from statmech.methods.transfer_matrix.evaluation import Sum, evaluate, sum_along
from statmech.methods.transfer_matrix.routes import Route, best_route
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts

__all__ = ["Transfer", "TransferMatrix"]

Array = npt.NDArray[np.float64]

_PLANNING = 2.5e-5  # seconds per site of a walk


@dataclass(frozen=True, eq=False)
class Transfer:
    """A model and the way it is summed.

    Attributes
    ----------
    model : Ising, Potts or BlumeCapel
        The model.
    route : Route
        Direction and size.
    sums : dict of int to Sum
        The route with the model's numbers, by the sign of the temperature; filled when first needed.
    """

    model: DiscreteModel
    route: Route
    sums: dict[int, Sum] = field(default_factory=dict)

    def bound(self, sign: int) -> Sum:
        """The sum for temperatures of one sign."""
        if sign not in self.sums:
            self.sums[sign] = sum_along(self.model, self.route, sign)
        return self.sums[sign]


@dataclass(frozen=True)
class TransferMatrix(Method):
    r"""Z = sum over frontiers, v'(a, j) = sum_o v(o, j) exp(-E(o, a, j)/T): one site after the other, or powers of T.

    Along an open direction a vector over the states of the frontier is carried from site to site; along a closed one
    this is done for each state of the first layer that the symmetries of the model leave; narrow strips of equal
    layers are powers of a matrix by repeated squaring, so that their length hardly matters. Without a field the newest
    Ising spin is held up, which halves the work. Every entry holds lowest energy (exact), log weight, mean and
    variance, merged by terms of one sign as in elimination: relative precision 1e-12 at any T and length.

    Cost: q^(w+1) merges per site for open strips of width w (corner to corner on a square, which is less), times
    the number of first layers on a ring. References: H. A. Kramers, G. H. Wannier, Phys. Rev. 60, 252 (1941);
    site by site: K. Binder, Physica 62, 508 (1972).

    Parameters
    ----------
    magnetization : bool
        Whether M and chi are carried; without them it takes about 0.6 of the time.
    memory_limit : float
        Bytes that vectors may take.
    log2_merges : float
        Largest log2 of the number of entries merged per temperature: 2^38 takes about an hour.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> method = TransferMatrix()
    >>> c = method.cumulants(method.prepare(Ising(square(8, 8, periodic=False))), np.array([2.0]))
    >>> round(float(c.log_z[0] + 112 / 2.0), 11), int(c.reference[0])      # 112 bonds: E0 = -112
    (61.20848904929, -112)
    """

    magnetization: bool = True
    memory_limit: float = 2.0 * 2**30
    log2_merges: float = 38.0
    _routes: WeakKeyDictionary[DiscreteModel, Route | None] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    name: ClassVar[str] = "transfer_matrix"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "a vector over the states of a row carried from site to site, or powers of a matrix"
    reference: ClassVar[str] = "Kramers and Wannier, Phys. Rev. 60, 252 (1941)"

    def __post_init__(self) -> None:
        if not isinstance(self.magnetization, bool):
            raise InputError(f"magnetization: expected true or false; got {self.magnetization!r}")
        for name in ("memory_limit", "log2_merges"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name}: expected a positive number; got {getattr(self, name)!r}")

    def __reduce__(self) -> tuple[Callable[..., TransferMatrix], tuple[object, ...]]:
        return TransferMatrix, (self.magnetization, self.memory_limit, self.log2_merges)

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel on lattices of cells whose rows have few enough states."""
        if not isinstance(model, (Ising, Potts, BlumeCapel)):
            return Support(False, f"{model.kind!r} is no lattice model with discrete states")
        if model.lattice.infinite:
            return Support(False, "the lattice is infinite; a closed form treats it")
        if not model.lattice.shape:
            return Support(False, f"{model.lattice.kind!r} has no rows of cells; elimination treats any graph")
        route = self._route(model)
        if route is None:
            return Support(
                False,
                f"{model.sites} sites are too many to walk through one by one, and the layers are not equal and "
                "narrow; Monte Carlo may do",
            )
        q, memory = states_of(model), route.memory(self._columns)
        if route.power:
            size = f"rows of {route.digits} sites make a matrix of {route.entries:.3g} entries"
        else:
            size = f"a frontier of {route.digits} sites has {q}^{route.digits} = {route.entries:.3g} states"
        if route.closed and not route.power:
            size += f", walked {route.starts:.3g} times for the states of the first row"
        if memory > self.memory_limit or route.merges > 2.0**self.log2_merges:
            needs = f"{memory / 2**30:.3g} GiB (limit {self.memory_limit / 2**30:.3g})"
            takes = f"{route.seconds(self._columns):.3g} seconds per temperature"
            merges = f"2^{log2(route.merges):.3g} merges, limit 2^{self.log2_merges:g}"
            others = "elimination, planar (planar graphs without a field), kaufman (square tori) or Monte Carlo may do"
            return Support(False, f"{size}: {needs}, {takes} ({merges}); {others}")
        return Support(True, size)

    def prepare(self, model: Model) -> Transfer:
        """The way through the lattice; numbers are bound when their temperatures come."""
        support = self.supports(model)
        if not support or not isinstance(model, (Ising, Potts, BlumeCapel)):
            raise UnsupportedError(f"transfer_matrix: {support.reason}")
        route = self._route(model)
        assert route is not None
        return Transfer(model, route)

    def cumulants(self, state: Transfer, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and at fields (F,) in place of the model's own: (T,) or (F, T)."""
        if fields is None:
            return self._at(state, temperatures, self.magnetization)
        return Cumulants.stack(
            self._at(self.prepare(replace(state.model, field=h)), temperatures, self.magnetization)
            for h in np.asarray(fields, dtype=np.float64).tolist()
        )

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """Measured times per merge, by the numbers an entry holds."""
        if fields > 1 and isinstance(model, (Ising, Potts, BlumeCapel)):
            model = replace(model, field=1.0)
        route = self._route(model) if isinstance(model, (Ising, Potts, BlumeCapel)) and model.lattice.shape else None
        if route is None or model.sites is None:
            raise UnsupportedError(f"transfer_matrix: {self.supports(model).reason}")
        planning = 0.0 if route.power else _PLANNING * model.sites
        each = route.seconds(self._columns)
        return Cost(fields * (each * temperatures + planning), route.memory(self._columns) + 2e6)

    def without_observables(self) -> TransferMatrix:
        """Without the magnetisation; the routes that were found are kept."""
        spared = replace(self, magnetization=False)
        spared._routes.update(self._routes)
        return spared

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation, unless it is switched off."""
        return ("magnetization",) if self.magnetization else ()

    @property
    def _columns(self) -> int:
        """Numbers per entry."""
        return 6 if self.magnetization else 3

    def _route(self, model: DiscreteModel) -> Route | None:
        if model not in self._routes:
            self._routes[model] = best_route(model)
        return self._routes[model]

    @staticmethod
    def _at(state: Transfer, temperatures: Array, observed: bool) -> Cumulants:
        """Positive and negative temperatures apart, each point on its own."""
        inverse_temperature(temperatures)  # refuses nan and -0.0
        n = 2 if observed else 1
        count = temperatures.size
        reference, log_z = np.empty(count), np.empty(count)
        mean, covariance = np.empty((count, n)), np.empty((count, n, n))
        for sign in (1, -1):
            points = (temperatures < 0) == (sign < 0)
            if points.any():
                part = evaluate(state.bound(sign), temperatures[points], sign, observed)
                reference[points], log_z[points] = part.reference, part.log_z
                mean[points], covariance[points] = part.mean, part.covariance
        names = ("magnetization",) if observed else ()
        return Cumulants(temperatures, reference, log_z, mean, covariance, names)
