"""Elimination as a method of exact sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, UnsupportedError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.elimination.base import HasNetwork, observable_of
from statmech.methods.elimination.half import Half, half_of
from statmech.models.base import Model
from statmech.networks import Network
from statmech.variable_elimination import MEMORY_LIMIT, Eliminator, Order, find_order, memory_of, too_large

__all__ = ["Eliminated", "Elimination"]

Array = npt.NDArray[np.float64]

_MOST_SITES = 200_000  # planning takes about 30 us per site
# Seconds, measured on one core of a 2024 server: per pair of entries merged, per site and temperature, per site.
_PER_MERGE, _PER_STEP, _PER_SITE = 45e-9, 0.5e-6, 40e-6


@dataclass(frozen=True, eq=False)
class Eliminated:
    """A model and its elimination, for its own fields.

    Attributes
    ----------
    model : HasNetwork
        The model.
    network, order : Network, Order
        The whole network and how it is eliminated.
    half : Half or None
        What is summed instead where turning everything round changes nothing.
    memory_limit : float
        Bytes that tables may take.
    observed : bool
        Whether the observable is carried.
    """

    model: HasNetwork
    network: Network
    order: Order
    half: Half | None
    memory_limit: float
    observed: bool = True

    @cached_property
    def eliminator(self) -> Eliminator:
        """Of the whole network."""
        return self._of(self.network, self.order)

    @cached_property
    def of_half(self) -> Eliminator | None:
        """Of half of the states, where that is enough."""
        return None if self.half is None else self._of(self.half.network, self.half.order)

    def _of(self, network: Network, order: Order) -> Eliminator:
        name = observable_of(network) if self.observed else None
        return Eliminator(network, name, order, self.memory_limit)


@dataclass(frozen=True)
class Elimination(Method):
    r"""Z = sum over x_n ... sum over x_1 of exp(-H/T): one variable after the other, in a good order.

    Every table holds, beside the weight, mean and variance of the energy and of M, so U, C and chi come with log Z.
    Energies are exact integers and everything else is a sum of terms of one sign: relative precision 1e-12 down to
    results of 1e-300, at any T including 0, infinity and negative ones. Energies have 100 bits relative to the largest
    nearby; only couplings whose sizes differ beyond that are rounded, and where beta times it exceeds 1e-13 it raises.
    (A weight is good to eps times the log of the number of states behind one entry: with 10^4 leaves on one hub, 1e-9
    where those states have to cancel a barrier.)

    Cost: 2^width per site, where the width is that of the best of several orders (L for an L x L open grid, 2 L for
    a torus, 1 for a tree), told by ``cost`` before anything is done. Reference: R. Dechter, Artif. Intell. 113, 41
    (1999); counting and maximising by the same sums: J. Liu, L. Wang, P. Zhang, PRL 126, 090506 (2021).

    Parameters
    ----------
    memory_limit : float
        Bytes that tables may take (default 2 GiB: width 25 of Ising spins).
    magnetization : bool
        Whether M and chi are carried; without them it takes about 0.6 of the time.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> method = Elimination()
    >>> model = Ising(square(8, 8, periodic=False))
    >>> c = method.cumulants(method.prepare(model), np.array([2.0]))
    >>> round(float(c.log_z[0] + 112 / 2.0), 11), int(c.reference[0])      # 112 bonds: E0 = -112
    (61.20848904929, -112)
    """

    memory_limit: float = MEMORY_LIMIT
    magnetization: bool = True
    _orders: WeakKeyDictionary[Any, tuple[Network, Order, Half | None]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    name: ClassVar[str] = "elimination"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sums over one site after the other, tables on the sites around those already summed"
    reference: ClassVar[str] = "Dechter, Artif. Intell. 113, 41 (1999)"

    def __post_init__(self) -> None:
        if not self.memory_limit > 0:
            raise InputError(f"memory_limit: expected a positive number of bytes; got {self.memory_limit}")
        if not isinstance(self.magnetization, bool):
            raise InputError(f"magnetization: expected true or false; got {self.magnetization!r}")

    def __reduce__(self) -> tuple[Callable[..., Elimination], tuple[object, ...]]:
        return Elimination, (self.memory_limit, self.magnetization)

    def supports(self, model: Model) -> Support:
        """Any model with ``network()`` whose tables fit the memory limit."""
        if not isinstance(model, HasNetwork):
            return Support(False, f"{model.kind!r} is no network of variables with finitely many states")
        if getattr(getattr(model, "lattice", None), "infinite", False):
            return Support(False, "the lattice is infinite; a closed form treats it")
        if model.sites is not None and model.sites > _MOST_SITES:
            return Support(False, f"{model.sites} sites exceed {_MOST_SITES}, for which planning takes seconds")
        order = self._known(model)[1]
        memory = self._memory(model)
        if not order.complete or memory > self.memory_limit:
            return Support(False, too_large(order, memory, self.memory_limit))
        return Support(True, f"an elimination order of width {order.width} ({order.heuristic}) was found")

    def prepare(self, model: Model) -> Eliminated:
        """The order, and where every table will lie."""
        support = self.supports(model)
        if not support or not isinstance(model, HasNetwork):
            raise UnsupportedError(f"elimination: {support.reason}")
        return Eliminated(model, *self._known(model), self.memory_limit, self.magnetization)

    def cumulants(self, state: Eliminated, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and at fields (F,) in place of the model's own: (T,) or (F, T)."""
        if fields is None:
            if state.half is not None and state.of_half is not None:
                return state.half.both(state.of_half.cumulants(temperatures))
            return state.eliminator.cumulants(temperatures)
        model: Any = state.model
        if not hasattr(model, "field"):
            raise InputError(f"fields: {model.kind!r} has no field")
        parts = []
        for h in np.asarray(fields, dtype=np.float64).tolist():
            changed = replace(model, field=h)
            parts.append(state.eliminator.with_network(changed.network()).cumulants(temperatures))
        return Cumulants.stack(parts)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """45 ns per pair of entries merged and point, beside the planning."""
        if not isinstance(model, HasNetwork):
            raise UnsupportedError(f"elimination: {self.supports(model).reason}")
        network, order, half = self._known(model)
        merges = order.merges if half is None or fields > 1 else half.order.merges
        each = 0.5 * merges * _PER_MERGE + network.size * _PER_STEP
        return Cost(fields * (each * temperatures + network.size * _PER_SITE), self._memory(model) + 1e6)

    def without_observables(self) -> Elimination:
        """Without them; the orders that were found are kept."""
        spared = replace(self, magnetization=False)
        spared._orders.update(self._orders)
        return spared

    def observables(self, model: Model) -> tuple[str, ...]:
        """The first observable of the network."""
        if not isinstance(model, HasNetwork) or not self.magnetization:
            return ()
        name = observable_of(self._known(model)[0])
        return () if name is None else (name,)

    def _known(self, model: HasNetwork) -> tuple[Network, Order, Half | None]:
        """The network, its order, and the half that is enough, found once for each model."""
        if model not in self._orders:
            network = model.network()
            entries = self.memory_limit / memory_of(1.0, observable_of(network) is not None)
            order = find_order(network, entries)
            self._orders[model] = network, order, half_of(network, order)
        return self._orders[model]

    def _memory(self, model: HasNetwork) -> float:
        network, order, _ = self._known(model)
        return memory_of(order.peak, observable_of(network) is not None)
