"""The energies of a network as integers: what a density of states counts by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from statmech.errors import UnsupportedError
from statmech.networks import Network

__all__ = ["IntegerCosts", "integer_costs"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LARGEST = 2**62  # sums of costs stay in int64
_MOST_STEPS = 2**24  # between the lowest and the highest energy; more levels are no density of states any more
_NO_UNIT = (
    "the couplings and fields have no common unit of which they are small multiples (integers, or all +-0.1, do), so "
    "nearly every state is a level of its own"
)


@dataclass(frozen=True, eq=False)
class IntegerCosts:
    """Energies ``constant + unit * (sum of the factors' entries)``, with non-negative integer entries.

    Attributes
    ----------
    cardinalities : tuple of int, length n
        States of each variable.
    factors : dict
        Variables in rising order -> entries (q, ...), smallest 0; one factor for each set of variables.
    unit, constant : Fraction
        In units of the network's scores.
    step : int
        All energies that occur differ by multiples of ``step`` units: 2 for a lattice where every site has an even
        number of bonds.
    """

    cardinalities: tuple[int, ...]
    factors: dict[tuple[int, ...], Ints]
    unit: Fraction
    constant: Fraction
    step: int

    @property
    def most(self) -> int:
        """A bound of the largest cost of a configuration (not always reached)."""
        return sum(int(table.max()) for table in self.factors.values())

    @property
    def rest(self) -> int:
        """What all costs are modulo ``step``."""
        return sum(int(table.flat[0]) for table in self.factors.values()) % self.step

    def energy(self, place: int) -> Fraction:
        """Energy of the cost ``place * step + rest``."""
        return self.constant + self.unit * (place * self.step + self.rest)

    @property
    def alike(self) -> bool:
        """Whether turning every variable by one state, cyclically, changes no energy: all states are then alike."""
        return len(set(self.cardinalities)) == 1 and all(
            np.array_equal(table, np.roll(table, 1, axis=tuple(range(table.ndim)))) for table in self.factors.values()
        )


def integer_costs(network: Network) -> IntegerCosts:
    """Costs of all factors as multiples of their greatest common divisor, exactly as the float64 scores are.

    Parameters
    ----------
    network : Network
        Scores without -inf, of at most two variables each.

    Raises
    ------
    UnsupportedError
        If the scores are no small multiples of one unit, or forbid something, or have more variables.

    Examples
    --------
    >>> from statmech.lattices import square
    >>> from statmech.models.ising import Ising
    >>> costs = integer_costs(Ising(square(4, 4), coupling=0.1).network())
    >>> costs.most, costs.step, float(costs.unit), float(costs.constant), costs.alike
    (32, 2, 0.2, -3.2, True)
    """
    scores = [np.zeros(0), *(batch.scores.ravel() for batch in network.factors)]
    values = np.unique(np.concatenate(scores))
    if not np.all(np.isfinite(values)):
        raise UnsupportedError("some combinations of states are forbidden, which has no density of states here")
    if any(batch.arity > 2 for batch in network.factors):
        raise UnsupportedError("the network has factors of more than two variables")
    numbers, unit = _whole(values)
    if max(map(abs, numbers), default=0) * max(sum(map(len, network.factors)), 1) >= _LARGEST:
        raise UnsupportedError(_NO_UNIT)
    whole = np.array(numbers, dtype=np.int64)
    merged: dict[tuple[int, ...], Ints] = {}
    for batch in network.factors:
        costs = -whole[np.searchsorted(values, batch.scores)]
        for scope, table in zip(batch.variables.tolist(), costs, strict=True):
            key = tuple(sorted(scope))
            turned = table if list(key) == scope else table.T
            merged[key] = merged[key] + turned if key in merged else turned
    constant = -Fraction(network.constant)
    for key, table in merged.items():
        lowest = int(table.min())
        constant += lowest * unit
        merged[key] = table - lowest
    merged = {key: table for key, table in merged.items() if table.any()}
    divisor = math.gcd(*(int(np.gcd.reduce(table, axis=None)) for table in merged.values())) or 1
    cards = tuple(network.cardinalities.tolist())
    factors = {key: table // divisor for key, table in merged.items()}
    found = IntegerCosts(cards, factors, divisor * unit, constant, _step(cards, factors))
    if found.most > _MOST_STEPS * found.step:
        raise UnsupportedError(_NO_UNIT)
    return found


def _whole(values: Array) -> tuple[list[int], Fraction]:
    """The values as multiples of their greatest common divisor, and it."""
    exact = [Fraction(value) for value in values.tolist()]
    denominator = max((value.denominator for value in exact), default=1)  # powers of two
    numerators = [int(value * denominator) for value in exact]
    divisor = math.gcd(*numerators) or 1
    return [numerator // divisor for numerator in numerators], Fraction(divisor, denominator)


def _step(cardinalities: tuple[int, ...], factors: dict[tuple[int, ...], Ints]) -> int:
    """Common divisor of what changing one variable, or two together, from state 0 adds to the cost."""
    alone = [np.zeros(q, dtype=np.int64) for q in cardinalities]
    divisor = 0
    for key, table in factors.items():
        if len(key) == 1:
            alone[key[0]] += table - table[0]
        elif len(key) == 2:
            row, column = table[:, 0] - table[0, 0], table[0] - table[0, 0]
            alone[key[0]] += row
            alone[key[1]] += column
            divisor = math.gcd(divisor, int(np.gcd.reduce(table - table[0, 0] - row[:, None] - column, axis=None)))
    return math.gcd(divisor, *(int(np.gcd.reduce(a)) for a in alone)) or 1
