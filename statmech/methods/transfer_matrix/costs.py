"""Energies of a lattice model as exact integers: costs above the lowest of each bond and of each site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, ldexp
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.variable_elimination.base import FINE_BITS

__all__ = [
    "Costs",
    "DiscreteModel",
    "Terms",
    "flips",
    "site_numbers",
    "states_of",
    "terms_of",
    "whole_costs",
]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DiscreteModel: TypeAlias = Ising | Potts | BlumeCapel

_BITS = 59  # a sum of two costs of so many bits still counts as allowed in the merge of two entries


@dataclass(frozen=True, eq=False)
class Terms:
    """H as numbers times small integers: -J pair(s, s') on bonds and -c vector(s) on sites.

    Attributes
    ----------
    pair : array of int, shape (q, q)
        What a coupling multiplies.
    bonds, couplings : arrays, shapes (B, 2), (B,)
        Sites at both ends, self-loops included, and J.
    singles : tuple of (array (N,), array of int (q,))
        Numbers c of all sites with what they multiply.
    values : array of int, shape (q,)
        The magnetisation of each state.
    """

    pair: Ints
    bonds: Ints
    couplings: Array
    singles: tuple[tuple[Array, Ints], ...]
    values: Ints


def states_of(model: DiscreteModel) -> int:
    """States of a site, q."""
    return len(model.state_values)


def flips(model: DiscreteModel) -> bool:
    """Whether turning all spins round (state s to q - 1 - s) changes no energy and turns the magnetisation round."""
    free = float(model.field) == 0.0 if isinstance(model.field, (int, float, np.number)) else not np.any(model.fields)
    return free and (not isinstance(model, Potts) or model.states == 2)


def site_numbers(model: DiscreteModel) -> list[Array]:
    """What the sites carry beside their bonds, shape (N,) each."""
    return [model.fields, *([model.anisotropies] if isinstance(model, BlumeCapel) else [])]


def terms_of(model: DiscreteModel, bonds: Ints, couplings: Array, numbers: Sequence[Array]) -> Terms:
    """The Hamiltonian on some bonds and sites of a model: its kind says what the numbers multiply.

    ``numbers`` are fields and, for Blume-Capel, anisotropies, as :func:`site_numbers` gives them for all sites.
    """
    values = np.array(model.state_values, dtype=np.int64)
    if isinstance(model, Potts):
        pair, values = np.eye(values.size, dtype=np.int64), (values == 0).astype(np.int64)
    else:
        pair = np.multiply.outer(values, values)
    singles = tuple(zip(numbers, (values, -(values**2)), strict=False))
    return Terms(pair, bonds, couplings, singles, values)


@dataclass(frozen=True, eq=False)
class Costs:
    """Integers c >= 0 with energy = constant + scale * (sum c): exact, all but ``rounding``.

    Attributes
    ----------
    tables : array of int, shape (limbs, U, q, q)
        Costs of the bonds of each different coupling; the second limb, where there is one, in units 2^-40.
    table_of : array of int, shape (B,)
        Which of them a bond has.
    sites : array of int, shape (limbs, N, q)
        Costs of the sites, fields, anisotropies and self-loops together.
    scale, constant : Fraction
        Energy of a cost of 1; sum of all that was taken off.
    lows : tuple of Fraction, length U
        What was taken off each bond.
    rounding : float
        Largest error of one cost as an energy; mostly 0.
    values : array, shape (q,)
        The magnetisation of each state, around the middle of its range.
    offset : float
        Magnetisation that was taken off one site.
    """

    tables: Ints
    table_of: Ints
    sites: Ints
    scale: Fraction
    constant: Fraction
    lows: tuple[Fraction, ...]
    rounding: float
    values: Array
    offset: float

    @property
    def limbs(self) -> int:
        """Integers per energy."""
        return len(self.tables)

    def energy(self, costs: Sequence[int]) -> Fraction:
        """Energy of a total cost, one number per limb, above the constant."""
        return self.scale * sum(Fraction(c, 1 << (FINE_BITS * k)) for k, c in enumerate(costs))


def whole_costs(terms: Terms, sign: int, later: Ints, frontier: int) -> Costs:
    """Exact costs of sign * H.

    Parameters
    ----------
    terms : Terms
        The Hamiltonian.
    sign : int
        -1 to reverse all energies, for negative temperatures.
    later : array of int, shape (B,)
        The site at which each bond is counted.
    frontier : int
        Number of sites whose costs may differ between two entries of a vector, at most.

    Examples
    --------
    >>> from statmech.lattices import chain
    >>> model = Ising(chain(4), coupling=0.1)
    >>> c = whole_costs(terms_of(model, model.lattice.bonds, model.couplings, [model.fields]), 1, np.arange(4), 1)
    >>> c.tables[0, 0].tolist(), float(c.scale), float(c.constant)
    ([[0, 1], [1, 0]], 0.2, -0.4)
    """
    loop = terms.bonds[:, 0] == terms.bonds[:, 1]
    everywhere = np.arange(len(terms.singles[0][0]))
    singles = [(everywhere, numbers, vector) for numbers, vector in terms.singles]
    singles.append((terms.bonds[loop, 0], terms.couplings[loop], np.diag(terms.pair)))
    parts = [_Part(numbers, factors, sign) for numbers, factors in
             [(np.where(loop, 0.0, terms.couplings), terms.pair), *((n, v) for _, n, v in singles)]]  # fmt: skip
    shift = max(part.shift for part in parts)
    for part in parts:
        part.refine(shift)
    unit = gcd(*(part.unit for part in parts)) or 1
    own = np.zeros(len(everywhere))
    for part, where in zip(parts, [later, *(sites for sites, _, _ in singles)], strict=True):
        np.add.at(own, where, np.array([float(spread // unit) for spread in part.spreads])[part.index])
    bits = int((frontier + 2) * own.max(initial=0.0)).bit_length()
    coarser = max(bits - _BITS, 0)
    limbs = 2 if coarser else 1
    sites = np.zeros((limbs, len(everywhere), terms.values.size), dtype=np.int64)
    pieces = [part.whole(unit, coarser, limbs) for part in parts]
    for (where, _, _), part, (table, _) in zip(singles, parts[1:], pieces[1:], strict=True):
        for limb in range(limbs):
            np.add.at(sites[limb], where, table[limb][part.index])
    tables, lost = pieces[0][0], any(rounded for _, rounded in pieces)
    scale = Fraction(unit << coarser, 1 << shift)
    offset = (float(terms.values.min()) + float(terms.values.max())) / 2
    return Costs(
        tables=tables,
        table_of=parts[0].index,
        sites=sites,
        scale=scale,
        constant=Fraction(sum(part.constant for part in parts), 1 << shift),
        lows=tuple(Fraction(low, 1 << shift) for low in parts[0].lows),
        rounding=ldexp(float(scale), -FINE_BITS) if lost else 0.0,
        values=terms.values.astype(np.float64) - offset,
        offset=offset,
    )


class _Part:
    """Numbers times one set of small integers, as Python integers in units of 2^-shift."""

    def __init__(self, numbers: Array, factors: Ints, sign: int) -> None:
        unique, self.index, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        self.factors, self.counts = (-sign * factors).tolist(), counts.tolist()
        self.ratios = [number.as_integer_ratio() for number in unique.tolist()]
        self.shift = max((d.bit_length() - 1 for _, d in self.ratios), default=0)
        self.shape = factors.shape

    def refine(self, shift: int) -> None:
        """Take the common unit; energies are then relative to the lowest of each table."""
        flat = np.ravel(np.array(self.factors, dtype=object)).tolist()
        energies = [[(n << (shift - d.bit_length() + 1)) * factor for factor in flat] for n, d in self.ratios]
        self.lows = [min(row) for row in energies]
        self.gaps = [[e - low for e in row] for row, low in zip(energies, self.lows, strict=True)]
        self.constant = sum(low * count for low, count in zip(self.lows, self.counts, strict=True))
        self.spreads = [max(row) for row in self.gaps]
        self.unit = gcd(*(gap for row in self.gaps for gap in row))

    def whole(self, unit: int, coarser: int, limbs: int) -> tuple[Ints, bool]:
        """Costs in units of unit * 2^coarser and 2^-40 of that; and whether anything was rounded."""
        tables = np.zeros((limbs, len(self.gaps), *self.shape), dtype=np.int64)
        lost = False
        for u, row in enumerate(self.gaps):
            costs = [gap // unit for gap in row]
            tables[0, u] = np.reshape(np.array([c >> coarser for c in costs], dtype=np.int64), self.shape)
            if limbs > 1:
                rest = [(c & ((1 << coarser) - 1)) << FINE_BITS for c in costs]
                lost = lost or any(r & ((1 << coarser) - 1) for r in rest)
                fine = [(r + (1 << coarser >> 1)) >> coarser for r in rest]
                tables[1, u] = np.reshape(np.array(fine, dtype=np.int64), self.shape)
        return tables, lost
