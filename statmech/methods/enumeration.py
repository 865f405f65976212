"""The sum over all states of a lattice model, one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import UnsupportedError
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.methods.enumeration_kernels import SpinSystem, spin_system
from statmech.methods.enumeration_stream import extreme_states, stream
from statmech.models.base import Model
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.summation import sum_levels

__all__ = ["Enumerated", "Enumeration", "enumerate_ground_states", "joint_levels"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LatticeModel: TypeAlias = Ising | Potts | BlumeCapel

_MOST_BINS = 2**22  # of the joint histogram of E and M: 32 MB of counts
_COUNTED = 4e-9  # seconds per state, counted into the histogram
_SUMMED = 1.2e-8  # seconds per state and temperature, summed


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
    >>> float(method.cumulants(state, np.array([2.0])).log_z[0])
    1.10536...
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
        size = model.sites * math.log2(_states(model))
        if size > self.log2_states:
            cost = self._cost(size, 1, 1.0)
            return Support(
                False,
                f"{_states(model)}^{model.sites} = 2^{size:.4g} states exceed 2^{self.log2_states:g} "
                f"(it would take about {_duration(cost.seconds)}); transfer_matrix, elimination or Monte Carlo may do",
            )
        try:
            system = _zero_field(model)
            system.limbs  # noqa: B018  refuses what its integers cannot hold
        except UnsupportedError as problem:
            return Support(False, str(problem))
        return Support(True, f"all {_states(model)}^{model.sites} states of {model.kind!r} can be listed")

    def prepare(self, model: Model) -> Enumerated:
        """The exact joint density of states, where the couplings allow one."""
        support = self.supports(model)
        if not support:
            raise UnsupportedError(f"enumeration: {support.reason}")
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        system = _zero_field(model)
        return Enumerated(model, _levels(system) if _bins(system) <= _MOST_BINS else None)

    def cumulants(self, state: Enumerated, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures (T,), and at fields (F,) in place of the model's own: (T,) or (F, T)."""
        model = state.model
        if fields is not None and model.uniform_field is None:
            state = self.prepare(replace(model, field=0.0))
            model = state.model
        if state.levels is None:
            if fields is None:
                return stream(spin_system(model), temperatures)
            return Cumulants.stack(stream(spin_system(model, float(h)), temperatures) for h in fields)
        if fields is not None or not model.uniform_field:
            return sum_levels(state.levels, temperatures, fields)
        c = sum_levels(state.levels, temperatures, [model.uniform_field])
        return Cumulants(c.temperature, c.reference[0], c.log_z[0], c.mean[0], c.covariance[0], c.observables)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """Time by states counted once, or summed at each point."""
        assert isinstance(model, (Ising, Potts, BlumeCapel))
        size = model.sites * math.log2(_states(model))
        counted = size <= self.log2_states and _bins(_zero_field(model)) <= _MOST_BINS
        return self._cost(size, 0 if counted else temperatures * fields, _share(model))

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation."""
        return ("magnetization",)

    @staticmethod
    def _cost(size: float, points: int, share: float) -> Cost:
        per_state = _SUMMED * points + 1e-9 if points else _COUNTED
        return Cost(1e-3 + share * per_state * 2.0**size, 6e7)


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


def _states(model: LatticeModel) -> int:
    return model.states if isinstance(model, Potts) else 2 if isinstance(model, Ising) else 3


def _zero_field(model: LatticeModel) -> SpinSystem:
    """The model without a uniform field; fields that differ from site to site stay."""
    return spin_system(model, None if model.uniform_field is None else 0.0)


def _share(model: LatticeModel) -> float:
    """Share of all states that symmetry leaves to be looked at."""
    system = spin_system(model)
    return len(system.representatives) / system.states


def _moment_steps(system: SpinSystem) -> tuple[int, tuple[int, ...], int, int]:
    """Unit of M, M of each state counted in it from state 0, and the bounds of its sum."""
    step = math.gcd(*(m - system.moment[0] for m in system.moment))
    counts = tuple((m - system.moment[0]) // step for m in system.moment)
    return step, counts, system.sites * min(counts), system.sites * max(counts)


def _bins(system: SpinSystem) -> int:
    _, _, least, most = _moment_steps(system)
    low, high = system.bounds
    return (high - low + 1) * (most - least + 1)


def _levels(system: SpinSystem) -> EnergyLevels:
    """Joint density of states: one key per (E, M), counted."""
    step, counts, least, most = _moment_steps(system)
    low, high = system.bounds
    stride = most - least + 1
    keyed = replace(
        system,
        weights=tuple({j: stride * k for j, k in row.items()} for row in system.weights),
        single=tuple(tuple(stride * t + m for t, m in zip(row, counts, strict=True)) for row in system.single),
    )
    origin = stride * low + least
    total = np.zeros((high - low + 1, stride), dtype=np.int64)
    for state, multiplicity, mirror in system.representatives:
        part = np.zeros(total.size, dtype=np.int64)
        for block in keyed.blocks(state):
            part += np.bincount(block.energies[0] + (block.offset[0] - origin), minlength=total.size)
        joint = part.reshape(total.shape) * multiplicity
        total += joint + joint[:, ::-1] if mirror else joint
    rows, columns = np.nonzero(total)
    levels = [system.constant + system.unit * (low + int(row)) for row in np.unique(rows)]
    offset = Fraction(0)
    if any(Fraction(float(energy)) != energy for energy in levels):
        offset = Fraction(float(levels[0]))  # gaps are rounded once each, not the energies
    energies = np.array([float(energy - offset) for energy in levels])[np.searchsorted(np.unique(rows), rows)]
    moments = system.sites * system.moment[0] + step * (columns + least)
    order = np.lexsort((moments, energies))
    return EnergyLevels(
        energies[order],
        total[rows, columns][order],
        observables={"magnetization": moments[order].astype(np.float64)},
        offset=float(offset),
        sites=system.sites,
    )


def _duration(seconds: float) -> str:
    for size, unit in ((31_557_600.0, "years"), (86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds > 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} seconds"
