"""The sum over all states of a lattice model, one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, UnsupportedError
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.methods.enumeration.counting import bins, density_of_states
from statmech.methods.enumeration.parts import COUNTED, Part, count_part, cut, origins, stream_part
from statmech.methods.enumeration.spin_system import BLOCK, SpinSystem, spin_system
from statmech.methods.enumeration.streaming import extreme_states, stream
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.summation import sum_levels

__all__ = ["Enumerated", "Enumeration", "enumerate_ground_states", "joint_levels"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LatticeModel: TypeAlias = Ising | Potts | BlumeCapel

_MOST_BINS = 2**20  # of the joint histogram of E and M: 8 MB of counts
_MOST_STATES = 256  # of one site
# Seconds, measured on one core of a 2024 server, per state that symmetry leaves (Ising without site fields: half):
_COUNTED = 1.5e-9  # counted into the histogram
_COUNTED_WIDE = 1.2e-8  # the same where it is larger than the first-level cache
_FOUND = 3e-9  # compared with the ground energy
_SUMMED = 8e-9  # summed at one temperature
_PER_BLOCK = 8e-6  # beside them, per block
_FIXED = 5e-3  # beside them, once


@dataclass(frozen=True, eq=False)
class Enumerated:
    """What enumeration knows of a model before any temperature is named.

    Attributes
    ----------
    model : Ising, Potts or BlumeCapel
        The model.
    levels : EnergyLevels or None
        H without its uniform field, joint with the magnetisation; None where the couplings have no common unit
        large enough, so that the states are summed at each temperature.
    """

    model: LatticeModel
    levels: EnergyLevels | None


@dataclass(frozen=True)
class Enumeration(Method):
    r"""Z = sum over all q^N states of exp(-(H - h M)/T).

    Couplings that are multiples of one unit (integers, or all +-0.1) give the exact density of states
    g(E, M), once for all temperatures and fields. Any others are summed at each temperature and field, with energies
    in exact integer arithmetic relative to the ground energy and moments about each block's own mean. Site
    fields that differ belong to H; fields that are passed replace them.

    Cost: q^N states, halved by s -> -s where no site field forbids it. Reference: direct.

    Parameters
    ----------
    log2_states : float
        Largest log2 of the number of states it accepts: N for Ising, 1.58 N for q = 3.

    Examples
    --------
    >>> from statmech import lattices
    >>> method = Enumeration()
    >>> state = method.prepare(Ising(lattices.square(4, 4)))
    >>> state.levels.exact_degeneracies[:3]
    (1, 1, 16)
    >>> round(float(method.cumulants(state, np.array([2.0])).log_z[0]), 12)
    1.105367118732
    """

    log2_states: float = 34.0

    name: ClassVar[str] = "enumeration"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sum of exp(-E/T) over all q^N states, through exact g(E, M) where couplings allow"
    reference: ClassVar[str] = "direct"

    def supports(self, model: Model) -> Support:
        """Ising, Potts and Blume-Capel on finite lattices of at most about 34 spins."""
        if not isinstance(model, (Ising, Potts, BlumeCapel)):
            return Support(False, f"{model.kind!r} is no lattice model with discrete states")
        if model.lattice.infinite:
            return Support(False, "the lattice is infinite; a closed form treats it")
        q, size = _states(model), _log2_states(model)
        if q > _MOST_STATES:
            return Support(False, f"{q} states of a site exceed {_MOST_STATES}")
        if size > self.log2_states:
            power = "" if q == 2 else f" = 2^{size:.4g}"
            return Support(
                False,
                f"{q}^{model.sites}{power} states exceed 2^{self.log2_states:g} (one temperature would take "
                f"{_duration(self.cost(model, 1).seconds)}); transfer_matrix, elimination or Monte Carlo may do",
            )
        system = _zero_field(model)
        refusal = system.refusal if bins(system) <= _MOST_BINS else spin_system(model).refusal
        if refusal:
            return Support(False, refusal)
        return Support(True, f"all {q}^{model.sites} states of {model.kind!r} can be listed")

    def prepare(self, model: Model) -> Enumerated:
        """The exact joint density of states, where the couplings allow one."""
        support = self.supports(model)
        if not support:
            raise UnsupportedError(f"enumeration: {support.reason}")
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        system = _zero_field(model)
        return Enumerated(model, density_of_states(system) if bins(system) <= _MOST_BINS else None)

    def cumulants(self, state: Enumerated, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and at fields (F,) in place of the model's own: (T,) or (F, T)."""
        model = state.model
        if fields is not None and model.uniform_field is None:
            state = self.prepare(replace(model, field=0.0))
            model = state.model
        if state.levels is None:
            each = [stream(system, temperatures) for system in _in_fields(model, fields)]
            return each[0] if fields is None else Cumulants.stack(each)
        if fields is not None or not model.uniform_field:
            return sum_levels(state.levels, temperatures, fields)
        return _only_field(sum_levels(state.levels, temperatures, [model.uniform_field]))

    def parts(self, model: Model) -> tuple[Part, ...] | None:
        """By the states of the last sites: over 2^26 states summed at each temperature, or over 2^28 counted."""
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        if not self.supports(model):
            return None
        system = _zero_field(model)
        return cut(system, COUNTED) if bins(system) <= _MOST_BINS else cut(spin_system(model))

    def partial(self, model: Model, part: Part, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """The states of one part, with energies from an origin that :meth:`joined` takes back."""
        system = _bare(model, fields)
        if bins(system) <= _MOST_BINS:
            own = getattr(model, "uniform_field", None)
            given = np.array([own]) if fields is None and own else fields
            c = count_part(system, part, temperatures, given)
            return c if fields is not None or given is None else _only_field(c)
        each = [stream_part(system, part, temperatures) for system in _in_fields(model, fields)]
        return each[0] if fields is None else Cumulants.stack(each)

    def joined(self, model: Model, total: Cumulants, fields: Array | None = None) -> Cumulants:
        """Energies from the zero of the model again."""
        system = _bare(model, fields)
        if bins(system) <= _MOST_BINS:
            return total.shift(system.energy(origins(system)[0]))
        both = [[system.energy(value) for value in origins(system)] for system in _in_fields(model, fields)]
        moved = np.array([np.where(total.temperature < 0, high, low) for low, high in both])
        return total.shift(moved[0] if fields is None else moved)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """States counted once, or summed at each point."""
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        size = _log2_states(model)
        if size > 60.0:  # years: not worth the integers of so large a model
            return Cost(math.inf, math.inf)
        system = spin_system(model)
        cells, looked_at = bins(_zero_field(model)), 2.0**size * len(system.representatives) / system.states
        per_block = _PER_BLOCK / system.states**system.low_sites
        if cells <= _MOST_BINS:
            per_state = per_block + (_COUNTED if cells <= BLOCK else _COUNTED_WIDE)
            return Cost(
                _FIXED + looked_at * per_state + 5e-7 * cells + 3e-5 * temperatures * fields, 4e7 + 32.0 * cells
            )
        per_state = (_FOUND + per_block) + (_SUMMED + per_block) * temperatures
        return Cost(_FIXED + looked_at * per_state * fields, 4e7)

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation."""
        return ("magnetization",)


def joint_levels(model: LatticeModel) -> EnergyLevels:
    """Exact density of states g(E, M) of H without its uniform field, joint with the magnetisation.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        Its couplings, and site fields that differ, must be multiples of one unit.

    Returns
    -------
    EnergyLevels
        Sorted by E, then M, with ``exact_degeneracies`` and the observable ``magnetization``.

    Raises
    ------
    UnsupportedError
        If it is too large, or the couplings have no common unit large enough.

    Examples
    --------
    >>> from statmech import lattices
    >>> levels = joint_levels(Ising(lattices.chain(3)))
    >>> levels.energies, levels.observables["magnetization"], levels.exact_degeneracies
    (array([-3., -3.,  1.,  1.]), array([-3.,  3., -1.,  1.]), (1, 1, 3, 3))
    """
    levels = Enumeration().prepare(model).levels
    if levels is None:
        raise UnsupportedError(
            "joint_levels: the couplings and fields are no small multiples of one unit, so nearly every state is a "
            "level of its own; solve(model, temperature=...) sums them"
        )
    return levels


def enumerate_ground_states(model: LatticeModel) -> tuple[float, int, Ints]:
    """Ground energy, exact degeneracy and one ground state, fields included.

    Ties are decided in exact integer arithmetic on the couplings as float64 numbers.

    Returns
    -------
    energy : float
        E0 in units of the model.
    degeneracy : int
        Number of states of exactly this energy.
    configuration : array of int64, shape (sites,)
        One of them, in the values of the model.

    Raises
    ------
    UnsupportedError
        If enumeration does not support the model.

    Examples
    --------
    >>> from statmech import lattices
    >>> enumerate_ground_states(Ising(lattices.chain(5), coupling=-1.0))[:2]
    (-3.0, 10)
    """
    support = Enumeration().supports(model)
    if not support:
        raise UnsupportedError(f"enumerate_ground_states: {support.reason}")
    system = spin_system(model)
    ground = extreme_states(system)
    values = np.asarray(system.values, dtype=np.int64)
    return system.energy(ground.energy), ground.count, values[np.asarray(ground.configuration)]


def _only_field(c: Cumulants) -> Cumulants:
    """(1, T) to (T,)."""
    return Cumulants(c.temperature, c.reference[0], c.log_z[0], c.mean[0], c.covariance[0], c.observables)


def _states(model: LatticeModel) -> int:
    return model.states if isinstance(model, Potts) else 2 if isinstance(model, Ising) else 3


def _log2_states(model: LatticeModel) -> float:
    return model.sites * math.log2(_states(model))


def _zero_field(model: LatticeModel) -> SpinSystem:
    """The model without a uniform field; fields that differ from site to site stay."""
    return spin_system(model, None if model.uniform_field is None else 0.0)


def _bare(model: Model, fields: Array | None) -> SpinSystem:
    """What is counted: the model without a uniform field, and without any where others are given."""
    assert isinstance(model, (Ising, Potts, BlumeCapel))
    return _zero_field(model if fields is None else replace(model, field=0.0))


def _in_fields(model: Model, fields: Array | None) -> list[SpinSystem]:
    """The model in its own field, or in each of these."""
    assert isinstance(model, (Ising, Potts, BlumeCapel))
    if fields is None:
        return [spin_system(model)]
    if not np.all(np.isfinite(fields)):
        raise InputError(f"fields: expected finite numbers; got {fields!r}")
    return [spin_system(model, float(h)) for h in fields]


def _duration(seconds: float) -> str:
    """A time in words."""
    for length, unit in ((31_557_600.0, "years"), (86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds > 1e10 * 31_557_600.0:
            return "longer than the universe has been there"
        if seconds > 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} seconds"
