"""From entries that are to be merged to cumulants: one temperature after the other, for a walk or a power."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import fsum, inf, isinf, log
from typing import Protocol

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import PrecisionError
from statmech.methods.transfer_matrix.costs import (
    Costs,
    DiscreteModel,
    flips,
    site_numbers,
    states_of,
    terms_of,
    whole_costs,
)
from statmech.methods.transfer_matrix.frontier import Walk, chunk_of, walk
from statmech.methods.transfer_matrix.layers import Layers, layers_of
from statmech.methods.transfer_matrix.powers import LayerMatrix, layer_matrix, power_entries
from statmech.methods.transfer_matrix.routes import Route
from statmech.methods.transfer_matrix.start_rows import start_rows
from statmech.methods.transfer_matrix.sweep import CENTRED, fold, sweep
from statmech.variable_elimination.sums.merging import (
    COVARIANCE,
    LOG_WEIGHT,
    MEAN,
    OBSERVED,
    OBSERVED_VARIANCE,
    VARIANCE,
)

__all__ = ["Sum", "evaluate", "sum_along"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Entries = tuple[Ints, Array, list[int], list[float]]  # (limbs, K), (columns, K), and what they have in common

_ROUNDING = 1e-13  # of an exponent


class Sum(Protocol):
    """What can be evaluated at a temperature."""

    @property
    def costs(self) -> Costs:
        """Energies as integers."""
        ...

    @property
    def constant(self) -> Fraction:
        """Energy of cost 0 of the whole model."""
        ...

    @property
    def sites(self) -> int:
        """Number of sites."""
        ...

    @property
    def symmetric(self) -> bool:
        """Whether turning all spins round changes no energy; each entry then stands for its mirror image too."""
        ...

    def entries(self, columns: int, beta: float, unit: float) -> Entries:
        """Sets of states that together are all states."""
        ...


def sum_along(model: DiscreteModel, route: Route, sign: int) -> Sum:
    """Bind a route to the numbers of a model, with energies reversed where ``sign`` is -1."""
    return _powered(model, route, sign) if route.power else _walked(model, route, sign)


@dataclass(frozen=True, eq=False)
class _Walked:
    """A walk from each state of the first layer, or from nothing."""

    costs: Costs
    constant: Fraction
    sites: int
    symmetric: bool
    plan: Walk
    near: Ints
    rows: Ints
    row_costs: list[list[int]]
    row_moments: Array
    row_logs: Array

    def entries(self, columns: int, beta: float, unit: float) -> Entries:
        q, plan, costs = self.costs.values.size, self.plan, self.costs
        size, steps, starts = q**plan.digits, len(plan.steps), len(self.rows)
        arena_e, arena_w = np.empty((2, costs.limbs, size), dtype=np.int64), np.empty((2, columns, size))
        shift_e, shift_w = np.zeros((costs.limbs, steps), dtype=np.int64), np.zeros((columns, steps))
        totals: list[list[int]] = []
        w = np.empty((columns, starts))
        for k in range(starts):
            half = sweep(
                plan.steps, self.near, costs.tables, costs.sites, costs.values, self.rows[k], plan.mirror, beta, unit,
                chunk_of(q), arena_e, arena_w, shift_e, shift_w,
            )  # fmt: skip
            left = arena_e[half, :, 0].tolist()
            totals.append(
                [sum(row) + a + b for row, a, b in zip(shift_e.tolist(), left, self.row_costs[k], strict=True)]
            )
            w[:, k] = [fsum([*row, a]) for row, a in zip(shift_w.tolist(), arena_w[half, :, 0].tolist(), strict=True)]
        w[LOG_WEIGHT] += self.row_logs
        if columns > OBSERVED:
            w[OBSERVED] += self.row_moments
        common = [min(column) for column in zip(*totals, strict=True)]
        e = np.array([[t - least for t, least in zip(total, common, strict=True)] for total in totals], dtype=np.int64)
        return np.ascontiguousarray(e.T), w, common, [0.0] * columns


def _walked(model: DiscreteModel, route: Route, sign: int) -> _Walked:
    lattice, q, turned = model.lattice, states_of(model), flips(model)
    plan = walk(lattice, route.direction, route.closed, turned and q == 2 and not route.closed)
    numbers = site_numbers(model)
    terms = terms_of(model, lattice.bonds, model.couplings, numbers)
    costs = whole_costs(terms, sign, plan.later, plan.digits + CENTRED)
    near = plan.near.copy()
    near[:, 1] = costs.table_of[near[:, 1]]
    rows, counts = start_rows(lattice, plan.given, model.couplings, numbers, q, turned) if route.closed else (
        np.zeros((1, 0), dtype=np.int64), np.ones(1, dtype=np.int64))  # fmt: skip
    place = np.full(lattice.sites, -1)
    place[plan.given] = np.arange(plan.given.size)
    row_costs = np.zeros((costs.limbs, len(rows)), dtype=object)
    ends = place[lattice.bonds]
    for limb in range(costs.limbs):
        for c, site in enumerate(plan.given.tolist()):
            row_costs[limb] += costs.sites[limb, site][rows[:, c]]
        for b in np.flatnonzero((ends.min(axis=1) >= 0) & (ends[:, 0] != ends[:, 1])).tolist():
            row_costs[limb] += costs.tables[limb, costs.table_of[b]][rows[:, ends[b, 0]], rows[:, ends[b, 1]]]
    logs = np.log(counts.astype(np.float64))
    return _Walked(
        costs, costs.constant, lattice.sites, turned, plan, near, rows, row_costs.T.tolist(),
        costs.values[rows].sum(axis=1), logs + (log(2.0) if plan.mirror else 0.0),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Powered:
    """A power of a matrix."""

    costs: Costs
    constant: Fraction
    sites: int
    symmetric: bool
    layers: Layers
    matrix: LayerMatrix

    def entries(self, columns: int, beta: float, unit: float) -> Entries:
        e, w, common, numbers = power_entries(self.matrix, self.layers.count, self.layers.closed, columns, beta, unit)
        return e, w, list(common), numbers.tolist()


def _powered(model: DiscreteModel, route: Route, sign: int) -> _Powered:
    layers = layers_of(model, route.direction.index(1))
    assert layers is not None
    bonds = np.concatenate([layers.inside, layers.between + np.array([0, layers.width])])
    couplings = np.concatenate([layers.inside_couplings, layers.between_couplings])
    numbers = [layers.fields, *([] if layers.anisotropies is None else [layers.anisotropies])]
    costs = whole_costs(terms_of(model, bonds, couplings, numbers), sign, bonds[:, 1] % layers.width, 4 * layers.width)
    between = sum((costs.lows[u] for u in costs.table_of[len(layers.inside) :].tolist()), Fraction(0))
    inside = costs.constant - between
    constant = layers.count * inside + (layers.count - (not layers.closed)) * between
    return _Powered(costs, constant, layers.count * layers.width, flips(model), layers, layer_matrix(layers, costs))


def evaluate(made: Sum, temperatures: Array, sign: int, observed: bool) -> Cumulants:
    """Cumulants at temperatures of one sign, (T,), each on its own.

    Raises
    ------
    PrecisionError
        Where the rounding of the energies to 100 bits would show: beta times it above 1e-13.
    """
    costs, columns = made.costs, 6 if observed else 3
    count, n = len(temperatures), 2 if observed else 1
    reference, log_z = np.empty(count), np.empty(count)
    mean, covariance = np.empty((count, n)), np.empty((count, n, n))
    for t, temperature in enumerate(temperatures.tolist()):
        beta, unit = _exponents(costs, temperature)
        e, w, common, numbers = made.entries(columns, beta, unit)
        if observed and made.symmetric:  # each state with its mirror image
            w[OBSERVED_VARIANCE] += (w[OBSERVED] + numbers[OBSERVED]) ** 2
            w[OBSERVED] = w[COVARIANCE] = numbers[OBSERVED] = numbers[COVARIANCE] = 0.0
        fold(beta, unit, e, w)
        lowest = costs.energy([c + a for c, a in zip(common, e[:, 0].tolist(), strict=True)])
        sums = [number + a for number, a in zip(numbers, w[:, 0].tolist(), strict=True)]
        reference[t] = sign * float(lowest + made.constant)
        log_z[t], mean[t, 0], covariance[t, 0, 0] = sums[LOG_WEIGHT], sums[MEAN], sums[VARIANCE]
        turned = -1.0 if temperature == -inf else 1.0  # H - E0 itself, and E0 is the highest level
        mean[t, 0] *= turned
        if observed:
            mean[t, 1], covariance[t, 1, 1] = sums[OBSERVED] + made.sites * costs.offset, sums[OBSERVED_VARIANCE]
            covariance[t, 0, 1] = covariance[t, 1, 0] = turned * sums[COVARIANCE]
    return Cumulants(temperatures, reference, log_z, mean, covariance, ("magnetization",) if observed else ())


def _exponents(costs: Costs, temperature: float) -> tuple[float, float]:
    """Per unit of cost: what is taken off a log weight, and what is added to a mean."""
    beta = abs(float(inverse_temperature(temperature)))
    if not isinf(beta) and beta * costs.rounding > _ROUNDING:
        raise PrecisionError(
            f"transfer_matrix: at T = {temperature} the rounding of the energies ({costs.rounding:.1e}) would show: "
            "the couplings differ too much in size"
        )
    scale = float(costs.scale)
    exponent = beta * scale
    return exponent, 0.0 if isinf(exponent) else exponent if beta else scale
