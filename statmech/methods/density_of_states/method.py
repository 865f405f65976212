"""The density of states of a lattice model as a method, and as levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import permutations
from typing import Any, ClassVar, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, UnsupportedError
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.methods.density_of_states import kaufman_torus
from statmech.methods.density_of_states.fronts import find_sweep
from statmech.methods.density_of_states.integer_costs import integer_costs
from statmech.methods.density_of_states.layer_transfer import LayerTransfer
from statmech.methods.density_of_states.polynomial_elimination import Elimination, cost_counts
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.summation import sum_levels

__all__ = ["Counted", "DensityOfStates", "density_of_states"]

Array = npt.NDArray[np.float64]
LatticeModel: TypeAlias = Ising | Potts | BlumeCapel

_MOST_SITES = 4000  # of a general lattice: orders are compared in a second
_MOST_ORDERS = 24  # of rows and columns: all in up to four dimensions
_TORI = ("square", "cubic", "hypercubic")


@dataclass(frozen=True)
class _Route:
    """One way to the density of states, with its price."""

    name: str
    seconds: float
    memory: float
    levels: Callable[[], EnergyLevels]


@dataclass(frozen=True, eq=False)
class Counted:
    """A model and its density of states.

    Attributes
    ----------
    model : Ising, Potts or BlumeCapel
        The model.
    levels : EnergyLevels
        H without its uniform field, joint with the magnetisation where the model is in a field.
    """

    model: LatticeModel
    levels: EnergyLevels


@dataclass(frozen=True)
class DensityOfStates(Method):
    r"""Z = sum_E g(E) exp(-E/T), with the exact integers g(E), or g(E, M) in a field, found without listing states.

    Couplings must be multiples of one unit. Of what applies, the cheapest is taken: Kaufman's product for square tori
    with one J (:mod:`~statmech.methods.density_of_states.kaufman_torus`), transfer of layers for thin tori with
    one J (:mod:`~statmech.methods.density_of_states.layer_transfer`), elimination with polynomials for all the rest
    (:mod:`~statmech.methods.density_of_states.polynomial_elimination`). Every temperature is then a sum over levels,
    T = 0, T = inf and negative ones included.

    Parameters
    ----------
    joint : bool
        Count E and M jointly also where the model is in no field, so that results carry M and chi.
    memory_limit : float
        Bytes that tables may take.
    time_limit : float
        Seconds it may take by its own estimate.

    Examples
    --------
    >>> from statmech import lattices
    >>> method = DensityOfStates()
    >>> state = method.prepare(Ising(lattices.square(16, 16)))
    >>> state.levels.exact_degeneracies[:4]
    (2, 512, 1024, 67840)
    >>> round(float(method.cumulants(state, np.array([2.0])).log_z[0]), 10)
    7.296210434
    """

    joint: bool = False
    memory_limit: float = 2.0 * 2**30
    time_limit: float = 3600.0
    _known: WeakKeyDictionary[Any, dict[bool, _Route | str]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    name: ClassVar[str] = "density_of_states"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sum of g(E) exp(-E/T) with exact integers g from polynomials in exp(-1/T)"
    reference: ClassVar[str] = "Beale, Phys. Rev. Lett. 76, 78 (1996); Pearson, Phys. Rev. B 26, 6285 (1982)"

    def __post_init__(self) -> None:
        for name in ("memory_limit", "time_limit"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name}: expected a positive number; got {getattr(self, name)}")

    def __reduce__(self) -> tuple[Callable[..., DensityOfStates], tuple[bool, float, float]]:
        return DensityOfStates, (self.joint, self.memory_limit, self.time_limit)

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel models with couplings that are multiples of one unit."""
        if not isinstance(model, (Ising, Potts, BlumeCapel)):
            return Support(False, f"{model.kind!r} is no lattice model with discrete states")
        route = self._route(model, self._in_field(model))
        if isinstance(route, str):
            return Support(False, route)
        return Support(True, f"exact integers g{'(E, M)' if self._in_field(model) else '(E)'} by {route.name}")

    def prepare(self, model: Model) -> Counted:
        """The exact density of states."""
        return self._counted(model, self._in_field(model))

    def cumulants(self, state: Counted, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and at fields (F,) in place of the model's own: (T,) or (F, T)."""
        if fields is not None:
            model, levels = state.model, state.levels
            if model.uniform_field is None:
                levels = self._counted(replace(model, field=0.0), joint=True).levels
            elif not levels.observables:
                levels = self._counted(model, joint=True).levels
            return sum_levels(levels, temperatures, fields)
        if not state.model.uniform_field:
            return sum_levels(state.levels, temperatures)
        c = sum_levels(state.levels, temperatures, [state.model.uniform_field])
        return Cumulants(c.temperature, c.reference[0], c.log_z[0], c.mean[0], c.covariance[0], c.observables)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """Of the cheapest way, and of a sum over its levels at each point."""
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        route = self._route(model, self._in_field(model))
        if isinstance(route, str):
            raise UnsupportedError(f"density_of_states: {route}")
        return Cost(route.seconds + 5e-5 * temperatures * fields, route.memory + 1e7)

    def observables(self, model: Model) -> tuple[str, ...]:
        """The magnetisation where the model is in a field."""
        return ("magnetization",) if self._in_field(model) else ()

    def error_bound(self, model: Model) -> float:
        """1e-12; above 3000 spins the rounding of log g to float64 counts, eps/2 log g for each level."""
        states = 0.0 if model.sites is None else model.sites * math.log(getattr(model, "states", 3))
        return max(1e-12, 2.0 * float(np.finfo(np.float64).eps) * states)

    def _in_field(self, model: Model) -> bool:
        return self.joint or bool(np.any(getattr(model, "fields", 0.0) != 0.0))

    def _counted(self, model: Model, joint: bool) -> Counted:
        if not isinstance(model, (Ising, Potts, BlumeCapel)):
            raise UnsupportedError(f"density_of_states: {self.supports(model).reason}")
        route = self._route(model, joint)
        if isinstance(route, str):
            raise UnsupportedError(f"density_of_states: {route}")
        return Counted(model, route.levels())

    def _route(self, model: LatticeModel, joint: bool) -> _Route | str:
        """The cheapest way for a model, or why there is none; found once."""
        known = self._known.setdefault(model, {})
        if joint not in known:
            known[joint] = self._find(model, joint)
        return known[joint]

    def _find(self, model: LatticeModel, joint: bool) -> _Route | str:
        if model.lattice.infinite:
            return "the lattice is infinite; a closed form treats it"
        routes: list[_Route] = []
        if isinstance(model, Ising) and not joint:
            routes.extend(_torus_routes(model))
        refusal = ""
        # Kaufman's product is never beaten where it applies, and a search for orders would cost more.
        if not any(route.name.startswith("Kaufman") for route in routes):
            general = self._general(model, joint)
            if isinstance(general, str):
                refusal = general
            else:
                routes.append(general)
        fitting = [route for route in routes if route.memory <= self.memory_limit and route.seconds <= self.time_limit]
        if fitting:
            return min(fitting, key=lambda route: route.seconds)
        if not routes:
            return refusal
        best = min(routes, key=lambda route: route.memory)
        return (
            f"{best.name} would need {best.memory / 2**30:.3g} GiB and {_duration(best.seconds)}, above the limits of "
            f"{self.memory_limit / 2**30:.3g} GiB and {_duration(self.time_limit)}; raise memory_limit or time_limit, "
            "or use transfer_matrix (one temperature at a time needs less) or monte_carlo"
        )

    def _general(self, model: LatticeModel, joint: bool) -> _Route | str:
        if model.sites > _MOST_SITES:
            return f"{model.sites} sites exceed {_MOST_SITES} on a lattice that is no torus with one coupling"
        bare = model if model.uniform_field is None else replace(model, field=0.0)
        network = bare.network()
        try:
            costs = integer_costs(network)
        except UnsupportedError as refused:
            return str(refused)
        sweep = find_sweep(network.neighbours, costs.cardinalities, _rows_and_columns(model.lattice.shape, model.sites))
        if not sweep.complete:
            return (
                "the best order found for polynomial elimination keeps more than 2^30 states at once; "
                "use transfer_matrix or monte_carlo"
            )
        sites = model.sites  # the route must not keep the model alive, which is its key
        low, step = (0, 1) if isinstance(model, Potts) else (-sites, 2 if isinstance(model, Ising) else 1)
        values: tuple[int, ...] = (0, 1) if isinstance(model, Ising) else (0, 1, 2)
        if isinstance(model, Potts):
            values = (1,) + (0,) * (model.states - 1)
        work = Elimination(costs, sweep, (values,) * sites if joint else None)

        def levels() -> EnergyLevels:
            moments = [low + step * m for m in range(work.stride)] if joint else None
            return _levels(cost_counts(work), costs.energy(0), costs.unit * costs.step, moments, sites)

        return _Route("polynomial elimination", work.seconds, work.memory, levels)


def density_of_states(model: LatticeModel, joint: bool = False) -> EnergyLevels:
    """Exact density of states of a lattice model: every energy with the number of its states.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        Its couplings (and site fields that differ) must be multiples of one unit. A uniform field is left out: it
        belongs to the sum over g(E, M).
    joint : bool
        Count E and M together, g(E, M).

    Returns
    -------
    EnergyLevels
        Sorted by E (then M), with ``exact_degeneracies`` as Python integers, and the observable ``magnetization``
        where ``joint``.

    Raises
    ------
    UnsupportedError
        If the couplings have no common unit, or it is too large; with the estimated memory and time.

    Examples
    --------
    >>> from statmech import lattices
    >>> levels = density_of_states(Ising(lattices.square(32, 32)))
    >>> levels.exact_degeneracies[:4], sum(levels.exact_degeneracies) == 2**1024
    ((2, 2048, 4096, 1057792), True)
    >>> density_of_states(Ising(lattices.chain(3)), joint=True).exact_degeneracies
    (1, 1, 3, 3)
    """
    if not isinstance(model, (Ising, Potts, BlumeCapel)):
        raise UnsupportedError(f"density_of_states: {getattr(model, 'kind', model)!r} is no lattice model")
    bare = model if model.uniform_field is None else replace(model, field=0.0)
    return DensityOfStates(joint=joint).prepare(bare).levels


def _torus_routes(model: Ising) -> Iterator[_Route]:
    """Ways for tori with one coupling and no field."""
    lattice, coupling = model.lattice, model.uniform_coupling
    if lattice.kind not in _TORI or not all(lattice.periodic) or coupling is None or not np.all(model.fields == 0.0):
        return

    def from_broken(counts: Callable[[], list[int]]) -> Callable[[], EnergyLevels]:
        bonds, unit = lattice.bond_count, 2 * Fraction(coupling)
        return lambda: _levels([[g] for g in counts()], -bonds * unit / 2, unit, None, lattice.sites)

    sides = lattice.shape
    if lattice.kind == "square":
        n, m = sides
        # A product of degree 2 nm for each prime, and as many coefficients of nm bits as there are
        memory = 2e6 + 0.6 * (n * m) ** 2
        product = from_broken(lambda: kaufman_torus.broken_bond_counts(n, m))
        yield _Route("Kaufman's product", kaufman_torus.seconds(n, m), memory, product)
        return
    for axis in np.argsort(sides, kind="stable")[::-1].tolist():
        if sides[axis] > 1:
            transfer = LayerTransfer(sides[:axis] + sides[axis + 1 :], sides[axis])
            if transfer.refusal is None:
                counts = from_broken(transfer.broken_bond_counts)
                yield _Route("layer transfer", transfer.seconds, transfer.memory, counts)
                return


def _rows_and_columns(shape: Sequence[int], sites: int) -> Iterator[Sequence[int]]:
    """Orders of the sites of a tiled lattice with another direction slowest."""
    cells = math.prod(shape)
    if len(shape) < 2 or sites % cells:
        return
    places = np.arange(sites).reshape(*shape, sites // cells)
    for count, axes in enumerate(permutations(range(len(shape)))):
        if count == _MOST_ORDERS:
            return
        yield np.transpose(places, (*axes, len(shape))).ravel().tolist()


def _levels(
    counts: list[list[int]], first: Fraction, step: Fraction, moments: Sequence[int] | None, sites: int
) -> EnergyLevels:
    """Levels of counts[e][m] states at energy first + e step and magnetisation moments[m], sorted."""
    if step == 0:  # without couplings all of them are one level
        counts = [[sum(column) for column in zip(*counts, strict=True)]]
    places = range(len(counts)) if step > 0 else range(len(counts) - 1, -1, -1)
    found = [(e, m, g) for e in places for m, g in enumerate(counts[e]) if g]
    exact = [first + e * step for e, _, _ in found]
    # Where the energies are no float64 the gaps are rounded once each, not the energies.
    offset = Fraction(0) if all(Fraction(float(energy)) == energy for energy in exact) else exact[0]
    return EnergyLevels(
        [float(energy - offset) for energy in exact],
        [g for _, _, g in found],
        observables=None if moments is None else {"magnetization": [float(moments[m]) for _, m, _ in found]},
        offset=float(offset),
        sites=sites,
    )


def _duration(seconds: float) -> str:
    for length, unit in ((31_557_600.0, "years"), (86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} seconds"
