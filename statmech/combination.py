"""Products and mixtures of models: each part by its own best method, joined by the laws of Cumulants."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, StatmechError, UnsupportedError
from statmech.gas_functions import added_functions, gas_functions
from statmech.level_uncertainties import propagated_errors
from statmech.levels import EnergyLevels
from statmech.merge_tree import MergeTree
from statmech.methods.base import Cost, Method, Support
from statmech.models.base import Model
from statmech.models.combined import Mixture, Product
from statmech.models.molecule import Molecule
from statmech.selection import Choice, choose_method
from statmech.units import kelvin_per

__all__ = ["Combination", "CombinationState"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CombinationState:
    """The model, and of each part its method and what that prepared."""

    model: Product | Mixture
    choices: tuple[Choice, ...]
    prepared: tuple[Any, ...]
    last: dict[bytes, list[Cumulants]] = field(default_factory=dict, repr=False, compare=False)  # by temperatures


class Combination(Method):
    r"""Each part by its own method; then :meth:`Cumulants.product` or :meth:`Cumulants.mixture`.

    Independent systems: log Z, mean and covariance add. Sets of states of one system: log Z by log-sum-exp, means by
    their shares, covariances by the law of total covariance. Nothing is listed or multiplied out, so that a molecule
    of ten vibrations costs ten sums. Cost: that of the parts.

    Parameters
    ----------
    parts : sequence of str, optional
        The method of each part by name; ``auto`` where not given.

    Examples
    --------
    >>> from statmech.models.oscillator import Oscillator
    >>> from statmech.models.two_level import TwoLevel
    >>> method = Combination()
    >>> c = method.cumulants(method.prepare(Product([TwoLevel(1.0), Oscillator(1.0)])), np.array([1.0]))
    >>> round(float(c.log_z[0]), 12), round(math.log1p(math.exp(-1)) - math.log1p(-math.exp(-1)), 12)
    (0.771936832905, 0.771936832905)
    """

    name: ClassVar[str] = "combined"
    formula: ClassVar[str] = "log Z of the parts added (product) or by log-sum-exp (mixture)"
    reference: ClassVar[str] = "the laws of Cumulants"

    def __init__(self, parts: Sequence[str] | None = None) -> None:
        self.parts_by = None if parts is None else tuple(parts)

    def supports(self, model: Model) -> Support:
        """Products and mixtures of models that have a method each."""
        if not isinstance(model, (Product, Mixture)):
            return Support(False, f"{model.kind!r} is neither a product nor a mixture of models")
        try:
            choices = self._choices(model)
        except InputError as problem:
            return Support(False, str(problem))
        pairs = zip(model.parts, choices, strict=True)
        each = "; ".join(dict.fromkeys(f"{part.kind} by {choice.method.name}" for part, choice in pairs))
        return Support(True, f"the parts of a {model.kind} are solved apart ({each})")

    def _choices(self, model: Product | Mixture) -> tuple[Choice, ...]:
        names = self.parts_by or ("auto",) * len(model.parts)
        if len(names) != len(model.parts):
            raise InputError(f"parts: expected {len(model.parts)} methods, one per part; got {len(names)}")
        found = []
        for k, (part, name) in enumerate(zip(model.parts, names, strict=True)):
            try:
                choice = choose_method(part, name)
            except InputError as problem:
                raise UnsupportedError(_of_part(k, part, problem)) from problem
            if choice.method.statistical:
                raise UnsupportedError(f"parts.{k} ({part.kind}): {choice.method.name} is no exact method")
            found.append(choice)
        return tuple(found)

    def prepare(self, model: Model) -> CombinationState:
        """Whatever the methods of the parts prepare.

        Raises
        ------
        UnsupportedError
            If a part has no method.
        """
        assert isinstance(model, (Product, Mixture))
        choices = self._choices(model)
        # where a method cuts its sum into parts, these take the place of what it prepares
        prepared = tuple(
            None if choice.method.parts(part) is not None else choice.method.prepare(part)
            for part, choice in zip(model.parts, choices, strict=True)
        )
        return CombinationState(model, choices, prepared)

    def cumulants(self, state: CombinationState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """The parts' cumulants, joined.

        Raises
        ------
        InputError
            Where a part refuses a temperature, observables of a mixture differ, or fields are given.
        """
        model = state.model
        if fields is not None:
            raise InputError(f"fields: a {model.kind} has no field of its own; sweep that of a part")
        parts = self._each(state, temperatures)
        if isinstance(model, Product):
            whole = Cumulants.product(
                part if count == 1 else part.power(count) for part, count in zip(parts, model.counts, strict=True)
            )
            return replace(whole, log_z=whole.log_z + _of_mixing(model))
        for k, part in enumerate(parts):
            if set(part.observables) != set(parts[0].observables):
                have = ", ".join(parts[0].observables) or "none"
                raise InputError(
                    f"parts: a mixture needs the same observables in all parts; parts.0 ({model.parts[0].kind}) has "
                    f"{have}, parts.{k} ({model.parts[k].kind}) {', '.join(part.observables) or 'none'}"
                )
        return Cumulants.mixture(self._weighted(model, parts))

    @staticmethod
    def _weighted(model: Mixture, parts: list[Cumulants]) -> list[Cumulants]:
        scale = kelvin_per(model.unit)
        found = []
        for part, weight, offset in zip(parts, model.weights or (), model.offsets or (), strict=True):
            moved = part if offset == 0 else part.shift(offset * scale)
            found.append(moved if weight == 1 else replace(moved, log_z=moved.log_z + math.log(weight)))
        return found

    @staticmethod
    def _each(state: CombinationState, temperatures: Array) -> list[Cumulants]:
        key = temperatures.tobytes()
        if key not in state.last:
            found = []
            rows = zip(state.model.parts, state.choices, state.prepared, strict=True)
            for k, (part, choice, prepared) in enumerate(rows):
                try:
                    found.append(_summed(choice.method, part, prepared, temperatures))
                except StatmechError as problem:
                    problem.args = (_of_part(k, part, problem), *problem.args[1:])
                    raise
            state.last.clear()
            state.last[key] = found
        return state.last[key]

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """That of the parts, one after the other."""
        assert isinstance(model, (Product, Mixture))
        costs = [
            choice.method.cost(part, temperatures, fields)
            for part, choice in zip(model.parts, self._choices(model), strict=True)
        ]
        return sum(costs, Cost(0.0, 0.0))

    def error_bound(self, model: Model) -> float:
        """The largest of the parts: what is added is of one sign."""
        assert isinstance(model, (Product, Mixture))
        pairs = zip(model.parts, self._choices(model), strict=True)
        return max(choice.method.error_bound(part) for part, choice in pairs)

    def observables(self, model: Model) -> tuple[str, ...]:
        """Those of all parts."""
        assert isinstance(model, (Product, Mixture))
        pairs = zip(model.parts, self._choices(model), strict=True)
        return tuple(dict.fromkeys(name for part, choice in pairs for name in choice.method.observables(part)))

    def extras(self, state: CombinationState, temperatures: Array) -> Mapping[str, tuple[Array, str, str]]:
        """``population_<name>`` of each part of a mixture; and of ideal gases together what each of them has.

        Functions of a product add. Those at constant pressure of a mixture (conformers, spin isomers) are those of its
        own sum, where all parts are molecules at one pressure.
        """
        model = state.model
        if isinstance(model, Product):
            own = [
                {} if prepared is None else choice.method.extras(prepared, temperatures)
                for choice, prepared in zip(state.choices, state.prepared, strict=True)
            ]
            return added_functions(own, model.counts, _of_mixing(model), temperatures)
        shares = self._shares(model, self._each(state, temperatures))
        found = {
            f"population_{label}": (share, f"Population of {label}", "intensive")
            for label, share in zip(model.labels, shares, strict=True)
        }
        gases = [part for part in model.parts if isinstance(part, Molecule)]
        if len(gases) == len(model.parts) and len({gas.pressure for gas in gases}) == 1:
            found |= gas_functions(lambda T: self.cumulants(state, T), temperatures)
        return found

    def _shares(self, model: Mixture, parts: list[Cumulants]) -> list[Array]:
        """w_k Z_k / Z: the mean of an observable that is 1 on one part and 0 on the others."""
        weighted = self._weighted(model, parts)
        marked = []
        for k, part in enumerate(weighted):
            lead, n = part.log_z.shape, 1 + len(weighted)
            mean, covariance = np.zeros((*lead, n)), np.zeros((*lead, n, n))
            mean[..., 1 + k] = 1.0
            names = tuple(f"_{label}" for label in model.labels)
            marked.append(Cumulants(part.temperature, part.reference, part.log_z, mean, covariance, names))
        whole = Cumulants.mixture(marked).mean
        return [whole[..., 1 + k] for k in range(len(weighted))]

    def notes(self, model: Model, state: CombinationState) -> Mapping[str, str]:  # noqa: ARG002
        """What the parts say of themselves, as ``part <name> <key>``; and which errors a mixture does not give."""
        combined = state.model
        labels = combined.labels if isinstance(combined, Mixture) else tuple(map(str, range(len(combined.parts))))
        found: dict[str, str] = {}
        for label, part, choice, prepared in zip(labels, combined.parts, state.choices, state.prepared, strict=True):
            own = choice.method.notes(part, prepared)
            found |= {f"part {label} {key}": text for key, text in own.items()}
            uncertain = any(key.endswith("level uncertainties") for key in own)
            if uncertain and isinstance(combined, Mixture) and self.lists(combined, state) is None:
                found["level uncertainties"] = (
                    "those of the parts give errors of F and log Z; of U, S and C only where all are lists"
                )
        return found

    def lists(self, model: Model, state: CombinationState) -> Iterable[EnergyLevels] | None:  # noqa: ARG002
        """Those of all parts of a mixture, with its weights and offsets; None for a product."""
        combined = state.model
        if not isinstance(combined, Mixture):
            return None
        found: list[Iterable[EnergyLevels]] = []
        rows = zip(
            combined.parts, state.choices, state.prepared, combined.weights or (), combined.offsets or (), strict=True
        )
        for part, choice, prepared, weight, offset in rows:
            own = choice.method.lists(part, prepared)
            if own is None:
                return None
            found.append(_moved(own, math.log(weight), offset * kelvin_per(combined.unit)))
        return chain.from_iterable(found)

    def status(
        self,
        model: Model,  # noqa: ARG002
        state: CombinationState,
        temperatures: Array,
        fields: Array | None,
        cumulants: Cumulants,  # noqa: ARG002
    ) -> npt.NDArray[np.int8] | None:
        """The flags of all parts together."""
        found: npt.NDArray[np.int8] | None = None
        for part, choice, prepared, own in self._rows(state, temperatures):
            flags = choice.method.status(part, prepared, temperatures, fields, own)
            if flags is not None:
                found = flags if found is None else found | flags
        return found

    def errors(
        self,
        model: Model,  # noqa: ARG002
        state: CombinationState,
        temperatures: Array,
        fields: Array | None,
        cumulants: Cumulants,
    ) -> Mapping[str, Array]:
        """Of a product: squares add, as the parts are independent. Of a mixture: from all levels together.

        Where a part of a mixture is no list of levels: F and log Z only, by the shares of the parts.
        """
        if isinstance(state.model, Product):
            weights: list[Any] = list(state.model.counts)
        else:
            weights = self._shares(state.model, self._each(state, temperatures))
            lists = self.lists(state.model, state)
            uncertain = any(
                choice.method.errors(part, prepared, temperatures, fields, own)
                for part, choice, prepared, own in self._rows(state, temperatures)
            )
            if lists is not None and uncertain:
                return propagated_errors(lists, temperatures, cumulants)
        squares: dict[str, Array] = {}
        for weight, (part, choice, prepared, own) in zip(weights, self._rows(state, temperatures), strict=True):
            for name, error in choice.method.errors(part, prepared, temperatures, fields, own).items():
                if isinstance(state.model, Product) or name in ("log_z", "free_energy"):
                    squares[name] = squares.get(name, np.zeros(error.shape)) + (weight * error) ** 2
        return {name: np.sqrt(square) for name, square in squares.items()}

    def _rows(self, state: CombinationState, temperatures: Array) -> list[tuple[Model, Choice, Any, Cumulants]]:
        own = self._each(state, temperatures)
        return list(zip(state.model.parts, state.choices, state.prepared, own, strict=True))


def _moved(lists: Iterable[EnergyLevels], log_weight: float, offset: float) -> Iterator[EnergyLevels]:
    """The same levels with another weight, and higher by an offset in kelvin (or units of a reduced model)."""
    for levels in lists:
        yield replace(
            levels,
            degeneracies=None,
            log_degeneracies=levels.log_g + log_weight,
            offset=levels.offset + offset / kelvin_per(levels.unit),
        )


def _of_mixing(model: Product) -> float:
    """Entropy of mixing, where the model has some."""
    total = math.fsum(model.counts)
    return -math.fsum(c * math.log(c / total) for c in model.counts) if model.mixing else 0.0


def _summed(method: Method, model: Model, prepared: Any, temperatures: Array) -> Cumulants:
    """Cumulants by a method, from the parts of its own sum where it has some."""
    pieces = method.parts(model) if prepared is None else None
    if pieces is None:
        return method.cumulants(prepared, temperatures)
    tree = MergeTree(len(pieces))
    for k, piece in enumerate(pieces):
        tree.add(k, method.partial(model, piece, temperatures))
    return method.joined(model, tree.total())


def _of_part(k: int, part: Model, problem: Exception) -> str:
    return f"parts.{k} ({part.kind}): {str(problem).removeprefix('method: ')}"
