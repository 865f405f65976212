r"""Networks: variables with finitely many states and factors between them; every chain, tree and lattice is one.

.. math:: Z(\tau) = \sum_x \exp\Bigl(\frac{1}{\tau} \sum_f \theta_f(x_{\partial f})\Bigr)

The scores theta are minus energies (a spin model) or logarithms of probabilities (a hidden Markov model, a tree of
species). They are never divided by a temperature; ``-inf`` forbids a combination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum, isfinite
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["Factors", "Network"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Factors:
    """Factors of one shape, F of them on k variables each.

    Parameters
    ----------
    variables : array_like of int, shape (F, k)
        The variables of each factor, all different, in the order of the axes of its table.
    scores : array_like, shape (F, q1, ..., qk)
        theta of every combination of states: finite, or ``-inf`` for one that is forbidden.

    Raises
    ------
    InputError
        If the shapes do not fit, a factor names a variable twice, or a score is nan or +inf.

    Examples
    --------
    >>> bond = Factors([[0, 1]], [[[1.0, -1.0], [-1.0, 1.0]]])
    >>> len(bond), bond.arity
    (1, 2)
    """

    variables: Ints
    scores: Array

    def __post_init__(self) -> None:
        given = np.asarray(self.variables)
        if given.ndim != 2 or given.shape[1] == 0 or (given.size and given.dtype.kind not in "iu"):
            raise InputError(
                f"variables: expected integers of shape (F, k), k >= 1; got {given.dtype} of shape {given.shape}"
            )
        variables, scores = given.astype(np.int64), np.array(self.scores, dtype=np.float64)
        if scores.ndim != 1 + variables.shape[1] or len(scores) != len(variables) or 0 in scores.shape[1:]:
            raise InputError(
                f"scores: expected shape ({len(variables)}, q1, ..., q{variables.shape[1]}); got {scores.shape}"
            )
        inner = np.sort(variables, axis=1)
        twice = np.flatnonzero((inner[:, 1:] == inner[:, :-1]).any(axis=1))
        if twice.size:
            raise InputError(f"variables: factor {twice[0]} names a variable twice: {variables[twice[0]].tolist()}")
        bad = np.argwhere(np.isnan(scores) | (scores == np.inf))
        if bad.size:
            where = tuple(map(int, bad[0]))
            raise InputError(f"scores: expected finite numbers or -inf; got {scores[where]} at index {where}")
        for name, array in (("variables", variables), ("scores", scores)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.variables)

    @property
    def arity(self) -> int:
        """Number of variables k of each factor."""
        return int(self.variables.shape[1])


@dataclass(frozen=True, eq=False)
class Network:
    r"""Variables, and factors whose scores add: score(x) = constant + sum_f theta_f(x), energy -score(x).

    Parameters
    ----------
    cardinalities : array_like of int, shape (n,)
        Number of states of each variable, at least 1.
    factors : sequence of Factors
        In batches of one shape each. Several factors on the same variables are allowed and add.
    constant : float
        A score that every configuration has.
    observables : mapping of str to array_like, shape (sum of cardinalities,)
        Quantities A(x) = sum_v a_v(x_v), as the values a_v of all states of variable 0, then of variable 1, ...

    Raises
    ------
    InputError
        If a factor names a variable that does not exist or its table has another number of states, or a number is
        not finite.

    Examples
    --------
    >>> network = Network.from_factors([2, 3], [([0, 1], [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])])
    >>> network.score([1, 2])
    5.0
    """

    cardinalities: Ints
    factors: tuple[Factors, ...]
    constant: float = 0.0
    observables: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = np.asarray(self.cardinalities)
        if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "iu" or given.min() < 1:
            raise InputError(f"cardinalities: expected integers >= 1 of shape (n,), n >= 1; got {self.cardinalities!r}")
        cardinalities = given.astype(np.int64)
        cardinalities.flags.writeable = False
        if not isfinite(self.constant):
            raise InputError(f"constant: expected a finite number; got {self.constant}")
        factors = tuple(self.factors)
        for number, batch in enumerate(factors):
            if batch.variables.size and not (batch.variables.min() >= 0 and batch.variables.max() < given.size):
                raise InputError(
                    f"factors: batch {number}: expected variables from 0 to {given.size - 1}; "
                    f"got {batch.variables.min()} to {batch.variables.max()}"
                )
            wrong = np.argwhere(cardinalities[batch.variables] != np.array(batch.scores.shape[1:], dtype=np.int64))
            if wrong.size:
                row, axis = map(int, wrong[0])
                v = batch.variables[row, axis]
                raise InputError(
                    f"factors: batch {number}, factor {row}: axis {axis} of the table has "
                    f"{batch.scores.shape[1 + axis]} states, but variable {v} has {cardinalities[v]}"
                )
        observables = {}
        for name, values in self.observables.items():
            array = np.array(values, dtype=np.float64)
            if array.shape != (int(cardinalities.sum()),) or not np.all(np.isfinite(array)):
                raise InputError(
                    f"observables[{name!r}]: expected {cardinalities.sum()} finite numbers, one per state of each "
                    f"variable; got shape {array.shape}"
                )
            array.flags.writeable = False
            observables[name] = array
        object.__setattr__(self, "cardinalities", cardinalities)
        object.__setattr__(self, "factors", factors)
        object.__setattr__(self, "constant", float(self.constant))
        object.__setattr__(self, "observables", MappingProxyType(observables))

    def __repr__(self) -> str:
        return f"<Network: {self.size} variables, {sum(map(len, self.factors))} factors>"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.cardinalities, self.factors, self.constant, dict(self.observables))

    @classmethod
    def from_factors(
        cls, cardinalities: npt.ArrayLike, factors: Iterable[tuple[Sequence[int], npt.ArrayLike]], constant: float = 0.0
    ) -> Network:
        """Build from single factors (variables, table), in any order.

        Factors on no variable at all (a number) go to the constant.

        Examples
        --------
        >>> Network.from_factors([2, 2], [([0], [0.0, 1.0]), ([0, 1], np.eye(2))])
        <Network: 2 variables, 2 factors>
        """
        batches: dict[tuple[int, ...], tuple[list[list[int]], list[Array]]] = {}
        constants = [constant]
        for variables, table in factors:
            array = np.asarray(table, dtype=np.float64)
            if len(variables) != array.ndim:
                raise InputError(
                    f"factors: {list(variables)} needs a table of {len(variables)} axes; got {array.shape}"
                )
            if array.ndim == 0:
                constants.append(float(array))
                continue
            names, tables = batches.setdefault(array.shape, ([], []))
            names.append(list(variables))
            tables.append(array)
        return cls(
            np.asarray(cardinalities),
            tuple(Factors(np.array(names), np.stack(tables)) for names, tables in batches.values()),
            fsum(constants),
        )

    @classmethod
    def pairwise(
        cls,
        bonds: npt.ArrayLike,
        bond_scores: npt.ArrayLike,
        site_scores: npt.ArrayLike | tuple[Array, ...],
        observables: Mapping[str, npt.ArrayLike] | None = None,
    ) -> Network:
        """The network of a spin model whose sites all have q states.

        Its factors come in this order: bonds, self-loops, site terms; each batch possibly empty.

        Parameters
        ----------
        bonds : array_like of int, shape (B, 2)
            Sites at both ends. Doubled bonds count twice; a self-loop (i, i) scores ``bond_scores[b, s, s]``.
        bond_scores : array_like, shape (B, q, q)
            Minus the energy of each bond.
        site_scores : array_like, shape (N, q), or tuple of such arrays
            Minus the energy of each site; several terms (a field, an anisotropy) are not added, so not rounded.
        observables : mapping of str to array_like, shape (N, q) or (q,)
            Values a(s) of each state.

        Examples
        --------
        >>> spin = np.array([1.0, -1.0])
        >>> ring = Network.pairwise([[0, 1], [1, 2], [2, 0]], [np.outer(spin, spin)] * 3, np.zeros((3, 2)))
        >>> ring.score([0, 0, 0])
        3.0
        """
        pairs = np.asarray(bonds, dtype=np.int64).reshape(-1, 2)
        terms = [np.asarray(term, dtype=np.float64) for term in site_scores] if isinstance(site_scores, tuple) else None
        singles = [np.asarray(site_scores, dtype=np.float64)] if terms is None else terms
        count, q = singles[0].shape
        bond = np.asarray(bond_scores, dtype=np.float64).reshape(-1, q, q)
        loop = pairs[:, 0] == pairs[:, 1]
        batches = [Factors(pairs[~loop], bond[~loop]), Factors(pairs[loop, :1], np.einsum("bss->bs", bond[loop]))]
        for site in singles:
            used = np.flatnonzero(np.any(site != 0, axis=1))
            batches.append(Factors(used[:, None], site[used]))
        values = {
            name: np.broadcast_to(np.asarray(a, dtype=np.float64), (count, q)).ravel()
            for name, a in (observables or {}).items()
        }
        return cls(np.full(count, q), tuple(batches), observables=values)

    @property
    def size(self) -> int:
        """Number of variables n."""
        return int(self.cardinalities.size)

    @cached_property
    def starts(self) -> Ints:
        """Where the states of each variable begin in an array over all states, shape (n + 1,)."""
        return np.concatenate([[0], np.cumsum(self.cardinalities)])

    @cached_property
    def neighbours(self) -> tuple[frozenset[int], ...]:
        """For each variable, the others it shares a factor with."""
        sets: list[set[int]] = [set() for _ in range(self.size)]
        for batch in self.factors:
            if batch.arity == 2:
                for i, j in batch.variables.tolist():
                    sets[i].add(j)
                    sets[j].add(i)
            elif batch.arity > 2:
                for scope in batch.variables.tolist():
                    for i in scope:
                        sets[i].update(scope)
        return tuple(frozenset(others - {i}) for i, others in enumerate(sets))

    @cached_property
    def mirrored(self) -> bool:
        """Whether two states each can change places in all variables at once: no score changes, observables reverse.

        Examples
        --------
        >>> spin = np.array([1.0, -1.0])
        >>> pair = Network.pairwise([[0, 1]], [np.outer(spin, spin)], np.zeros((2, 2)), {"magnetization": spin})
        >>> pair.mirrored, pair.with_field("magnetization", 0.5).mirrored
        (True, False)
        """
        return (
            bool(np.all(self.cardinalities == 2))
            and all(
                np.array_equal(batch.scores, np.flip(batch.scores, tuple(range(1, batch.scores.ndim))))
                for batch in self.factors
            )
            and all(np.array_equal(values[0::2], -values[1::2]) for values in self.observables.values())
        )

    def conditioned(self, variable: int, state: int) -> Network:
        """The network of all other variables, numbered without a gap, with one held in a state.

        Observables are those of the others. Scores are taken over as they are, but for those of the variable alone,
        which go to the constant.

        Raises
        ------
        InputError
            If there is no such variable or state, or no other variable.

        Examples
        --------
        >>> agree = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> chain = Network.from_factors([2] * 3, [([0, 1], agree), ([1, 2], agree)])
        >>> chain.conditioned(1, 0).score([0, 1])
        1.0
        """
        if not (0 <= variable < self.size and 0 <= state < self.cardinalities[variable]) or self.size < 2:
            raise InputError(f"variable, state: expected one of {self.size} >= 2; got {variable} in state {state}")
        constants, batches = [self.constant], []
        for batch in self.factors:
            has = batch.variables == variable
            renumbered = batch.variables - (batch.variables > variable)
            rest = ~has.any(axis=1)
            batches.append(Factors(renumbered[rest], batch.scores[rest]))
            for column in range(batch.arity):
                rows = np.flatnonzero(has[:, column])
                scores = np.take(batch.scores[rows], state, axis=1 + column)
                if batch.arity == 1:
                    constants.extend(scores.tolist())
                elif rows.size:
                    batches.append(Factors(np.delete(renumbered[rows], column, axis=1), scores))
        keep = np.ones(int(self.cardinalities.sum()), dtype=bool)
        keep[self.starts[variable] : self.starts[variable + 1]] = False
        observables = {name: values[keep] for name, values in self.observables.items()}
        return Network(np.delete(self.cardinalities, variable), tuple(batches), fsum(constants), observables)

    def score(self, states: npt.ArrayLike) -> float:
        """constant + sum_f theta_f of one configuration; minus its energy.

        Parameters
        ----------
        states : array_like of int, shape (n,)
            State of each variable, from 0.

        Raises
        ------
        InputError
            If the configuration has another length or a state is out of range.
        """
        x = np.asarray(states)
        if x.shape != (self.size,) or x.dtype.kind not in "iu" or np.any((x < 0) | (x >= self.cardinalities)):
            raise InputError(f"states: expected {self.size} integers below the cardinalities; got {states!r}")
        terms = [self.constant]
        for batch in self.factors:
            index = (np.arange(len(batch)), *(x[column] for column in batch.variables.T))
            terms.extend(batch.scores[index].tolist())
        return fsum(terms)

    def with_field(self, name: str, strength: float) -> Network:
        """The network with ``strength * A`` added to every score, A being an observable: energy H - h A.

        Raises
        ------
        InputError
            If there is no such observable.

        Examples
        --------
        >>> spin = np.array([1.0, -1.0])
        >>> pair = Network.pairwise([[0, 1]], [np.outer(spin, spin)], np.zeros((2, 2)), {"magnetization": spin})
        >>> pair.with_field("magnetization", 0.5).score([0, 0])
        2.0
        """
        if name not in self.observables:
            raise InputError(f"name: expected one of {list(self.observables)}; got {name!r}")
        values = strength * self.observables[name]
        more = []
        for q in np.unique(self.cardinalities).tolist():
            variables = np.flatnonzero(self.cardinalities == q)
            more.append(Factors(variables[:, None], values[self.starts[variables][:, None] + np.arange(q)]))
        return Network(self.cardinalities, (*self.factors, *more), self.constant, self.observables)
