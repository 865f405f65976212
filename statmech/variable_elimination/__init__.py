"""Variable elimination on a network: one engine that sums, maximises with counts, and gives marginals and samples.

orders (which variable next) -> planning (addresses) -> binding (integers) -> sums, ground, marginals, samples
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from statmech.errors import ResourceError
from statmech.networks import Network
from statmech.variable_elimination.base import Order, Plan, Program, Tables, order_of
from statmech.variable_elimination.binding import bind
from statmech.variable_elimination.ground import GroundState, ground_state_of
from statmech.variable_elimination.marginals import Marginals, marginals_of
from statmech.variable_elimination.orders import find_order
from statmech.variable_elimination.planning import make_plan
from statmech.variable_elimination.samples import samples_of
from statmech.variable_elimination.sums import sum_program, tables_of

if TYPE_CHECKING:
    from statmech.cumulants import Cumulants

__all__ = [
    "MEMORY_LIMIT",
    "Eliminator",
    "GroundState",
    "Marginals",
    "Order",
    "find_order",
    "memory_of",
    "order_of",
    "too_large",
]

MEMORY_LIMIT = 2 * 2**30  # bytes of tables

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def memory_of(entries: float, observed: bool = True) -> float:
    """Bytes of tables of so many entries: two integers and three numbers each, six where an observable is carried."""
    return entries * 8.0 * (8 if observed else 5)


def too_large(order: Order, memory: float, limit: float) -> str:
    """Why an order cannot be followed, and what could be tried instead."""
    at_least = "" if order.complete else "more than "
    return (
        f"the best elimination order found ({order.heuristic}) has width {at_least}{order.width} and needs "
        f"{at_least}{memory / 2**30:.3g} GiB of tables, above the limit of {limit / 2**30:.3g} GiB; "
        "raise memory_limit, or use transfer_matrix (strips), planar (planar graphs without a field) or monte_carlo"
    )


class Eliminator:
    r"""Everything that elimination knows about one network, :math:`Z(\tau) = \sum_x e^{\theta(x)/\tau}`.

    Parameters
    ----------
    network : Network
        Variables, factors, observables.
    observable : str, optional
        Observable to carry along with the energy.
    order : Order, optional
        An elimination order of this network; found by :func:`find_order` if left out.
    memory_limit : float
        Bytes that tables may take.

    Raises
    ------
    ResourceError
        If the tables would not fit; the message has the width, the memory and what else could be tried.

    Examples
    --------
    >>> agree = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> chain = Network.from_factors([2] * 3, [([0, 1], agree), ([1, 2], agree)])
    >>> solved = Eliminator(chain)
    >>> solved.order.width, round(float(solved.cumulants([1.0]).log_z[0]), 12)
    (1, 1.319670555596)
    """

    def __init__(
        self,
        network: Network,
        observable: str | None = None,
        order: Order | None = None,
        memory_limit: float = MEMORY_LIMIT,
    ) -> None:
        self.network, self.observable, self.memory_limit = network, observable, memory_limit
        self.order = (
            find_order(network, memory_limit / memory_of(1.0, observable is not None)) if order is None else order
        )
        memory = memory_of(self.order.peak, observable is not None)
        if not self.order.complete or memory > memory_limit:
            raise ResourceError(f"elimination: {too_large(self.order, memory, memory_limit)}")
        self.plan: Plan = make_plan(network, self.order)
        self._programs: dict[int, Program] = {}

    def with_network(self, network: Network) -> Eliminator:
        """The same elimination for other scores on the same variables and scopes (or more factors of one variable)."""
        changed = copy(self)
        changed.network, changed._programs = network, {}
        if not _same_scopes(network, self.network):
            changed.plan = make_plan(network, self.order)
        return changed

    def without_observable(self) -> Eliminator:
        """The same elimination of log Z and the energy alone, which takes half the time."""
        changed = copy(self)
        changed.observable, changed._programs = None, {}
        return changed

    @property
    def width(self) -> int:
        """Variables in the largest separator."""
        return self.order.width

    def cumulants(self, temperatures: npt.ArrayLike) -> Cumulants:
        """log Z, mean and covariance of the energy (and the observable) at temperatures of any sign, shape (T,).

        ``log_z`` is -inf where every configuration is forbidden.

        Raises
        ------
        InputError
            If a temperature is nan or -0.0.
        PrecisionError
            Where the energies' rounding would show (see :mod:`statmech.variable_elimination.binding`).
        """
        from statmech.cumulants import Cumulants, inverse_temperature

        values = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
        inverse_temperature(values)  # refuses nan and -0.0
        n = 1 if self.observable is None else 2
        reference, log_z = np.empty(values.size), np.empty(values.size)
        mean, covariance = np.empty((values.size, n)), np.empty((values.size, n, n))
        for sign in (1, -1):
            points = (values < 0) == (sign < 0)
            if points.any():
                part = sum_program(self._program(sign), values[points], self.observable)
                reference[points], log_z[points] = part.reference, part.log_z
                mean[points], covariance[points] = part.mean, part.covariance
        names = () if self.observable is None else (self.observable,)
        return Cumulants(values, reference, log_z, mean, covariance, names)

    def ground_state(self) -> GroundState:
        """Highest score as an energy, its exact degeneracy, one configuration (see :class:`GroundState`)."""
        self._check(self.plan.arena * 32.0 + self.plan.kept, "a ground state")
        return ground_state_of(self._program(1), self.network)

    def marginals(self, temperature: float) -> Marginals:
        """Probabilities of all variables' and all factors' states at one temperature.

        Raises
        ------
        ResourceError
            If keeping every table exceeds the memory limit.
        InputError
            If every configuration is forbidden.
        """
        self._check(self.plan.kept * 32.0, "marginals")
        return marginals_of(self._tables(temperature), self.network)

    def samples(self, temperature: float, count: int, generator: np.random.Generator) -> Ints:
        """Independent configurations, shape (count, n), exactly distributed; errors as for :meth:`marginals`."""
        self._check(self.plan.kept * 24.0, "samples")
        return samples_of(self._tables(temperature), self.network.cardinalities, count, generator)

    def _tables(self, temperature: float) -> Tables:
        return tables_of(self._program(-1 if temperature < 0 else 1), temperature)

    def _program(self, sign: int) -> Program:
        if sign not in self._programs:
            self._programs[sign] = bind(self.plan, self.network, sign, self.observable)
        return self._programs[sign]

    def _check(self, memory: float, what: str) -> None:
        if memory > self.memory_limit:
            raise ResourceError(
                f"elimination: {what} keep every table: {memory / 2**30:.3g} GiB, above the limit of "
                f"{self.memory_limit / 2**30:.3g} GiB; raise memory_limit, or use monte_carlo"
            )


def _same_scopes(a: Network, b: Network) -> bool:
    """Whether the factors of two networks lie on the same variables, in the same order."""
    return len(a.factors) == len(b.factors) and all(
        np.array_equal(x.variables, y.variables) and x.scores.shape == y.scores.shape
        for x, y in zip(a.factors, b.factors, strict=True)
    )
