"""Models made of models: independent systems side by side, and sets of states of one system."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from statmech.errors import InputError, UnitError
from statmech.models.base import Model
from statmech.units import canonical_unit, is_physical

__all__ = ["Mixture", "Product"]


@dataclass(frozen=True, eq=False)
class Product:
    r"""H = sum of the H of the parts: independent systems, so that log Z and all that follows from it add.

    .. math:: Z = \prod_k Z_k^{c_k}

    Fractional copies are a frozen composition: per molecule of normal hydrogen a quarter of para and three quarters
    of ortho; per molecule of a gas with isotopologues, each with its abundance.

    Parameters
    ----------
    parts : sequence of models
        Any models, combined ones too; each is solved by its own best method. All physical units, or all reduced.
    copies : sequence of float, optional
        c_k, how many of each part; positive. One of each where not given.
    mixing : bool
        Whether to add the entropy of mixing, -sum c_k log(c_k / c) with c their sum: for fractions of one gas.
    unit : str
        Unit of energies in the results' attributes; that of the first part where not given.

    Raises
    ------
    InputError
        If there is no part, or the copies do not fit.
    UnitError
        If reduced and physical units meet: their temperatures have no common scale.

    Examples
    --------
    >>> from statmech.models.two_level import TwoLevel
    >>> from statmech.models.oscillator import Oscillator
    >>> Product([TwoLevel(1.0, unit="meV"), Oscillator(20.0, unit="cm-1")], copies=[1, 3]).unit
    'meV'
    """

    parts: Sequence[Model]
    copies: Sequence[float] | None = None
    mixing: bool = False
    unit: str = ""

    kind: ClassVar[str] = "product"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _checked(self.parts))
        counts = tuple([1.0] * len(self.parts) if self.copies is None else map(float, self.copies))
        if len(counts) != len(self.parts) or not all(0 < count < math.inf for count in counts):
            raise InputError(f"copies: expected {len(self.parts)} positive numbers, one per part; got {list(counts)}")
        object.__setattr__(self, "copies", counts)
        object.__setattr__(self, "unit", _unit(self.unit, self.parts))

    @property
    def counts(self) -> tuple[float, ...]:
        """c_k of each part."""
        return tuple(self.copies or ())

    @property
    def grand_canonical(self) -> bool:
        """Whether the number of particles fluctuates in a part, so that F is no -T log Z."""
        return any(getattr(part, "grand_canonical", False) for part in self.parts)

    @property
    def sites(self) -> int | None:
        """Sites of all parts together, where all have some."""
        total = [count * part.sites for count, part in zip(self.counts, self.parts, strict=True) if part.sites]
        whole = sum(total)
        return int(whole) if len(total) == len(self.parts) and whole == int(whole) else None


@dataclass(frozen=True, eq=False)
class Mixture:
    r"""H has the states of all parts: disjoint sets of states of one system, so that their Z add.

    .. math:: Z = \sum_k w_k\, e^{-\Delta_k / T} Z_k

    For what changes into one another: ortho and para hydrogen at equilibrium, conformers, electronic states with
    their own vibrations. (What stays as it is, isotopologues or frozen spins, is a ``product`` with fractional copies.)
    The results carry ``population_<name>``, the share w_k e^(-Delta_k/T) Z_k / Z of each part.

    Parameters
    ----------
    parts : sequence of models
        Any models, combined ones too; each is solved by its own best method. All physical units, or all reduced; all
        with the same observables.
    weights : sequence of float, optional
        w_k, statistical weights (nuclear spins, mirror images, abundances); positive. 1 where not given.
    offsets : sequence of float, optional
        Delta_k in ``unit``, added to all energies of a part. 0 where not given.
    names : sequence of str, optional
        Of the parts, for the populations; their numbers from 0 where not given.
    unit : str
        Unit of the offsets; that of the first part where not given.

    Raises
    ------
    InputError
        If there is no part, or weights, offsets or names do not fit.
    UnitError
        If reduced and physical units meet: their temperatures have no common scale.

    Examples
    --------
    >>> from statmech.models.rotor import Rotor
    >>> para, ortho = Rotor(59.3, (1, 0), unit="cm-1"), Rotor(59.3, (0, 3), unit="cm-1")
    >>> Mixture([para, ortho], names=["para", "ortho"]).labels
    ('para', 'ortho')
    """

    parts: Sequence[Model]
    weights: Sequence[float] | None = None
    offsets: Sequence[float] | None = None
    names: Sequence[str] | None = None
    unit: str = ""

    kind: ClassVar[str] = "mixture"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _checked(self.parts))
        n = len(self.parts)
        for k, part in enumerate(self.parts):
            if getattr(part, "grand_canonical", False):
                raise InputError(
                    f"parts: parts.{k} ({part.kind}) is, or holds, a gas in the grand canonical ensemble: it has no Z "
                    "to add; it can be part of a product"
                )
        weights = tuple([1.0] * n if self.weights is None else map(float, self.weights))
        if len(weights) != n or not all(0 < w < math.inf for w in weights):
            raise InputError(f"weights: expected {n} positive numbers, one per part; got {list(weights)}")
        offsets = tuple([0.0] * n if self.offsets is None else map(float, self.offsets))
        if len(offsets) != n or not all(map(math.isfinite, offsets)):
            raise InputError(f"offsets: expected {n} finite numbers, one per part; got {list(offsets)}")
        labels = tuple(map(str, range(n)) if self.names is None else self.names)
        if (
            len(labels) != n
            or len(set(labels)) != n
            or not all(label.isidentifier() or label.isdigit() for label in labels)
        ):
            raise InputError(f"names: expected {n} different words, one per part; got {list(labels)}")
        for name, value in (("weights", weights), ("offsets", offsets), ("names", labels)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "unit", _unit(self.unit, self.parts))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the parts."""
        return tuple(self.names or ())

    @property
    def sites(self) -> int | None:
        """Sites, where all parts have the same number."""
        each = {part.sites for part in self.parts}
        return each.pop() if len(each) == 1 else None


def _checked(parts: Sequence[Model]) -> tuple[Any, ...]:
    """The parts, after making sure that they can stand side by side."""
    found = tuple(parts) if isinstance(parts, Sequence) else ()
    if not found:
        raise InputError(f"parts: expected a list of at least one model; got {parts!r}")
    for k, part in enumerate(found):
        if not isinstance(part, Model):
            raise InputError(f"parts: expected models; got {type(part).__name__} as parts.{k}")
        if getattr(getattr(part, "lattice", None), "infinite", False):
            raise InputError(f"parts: parts.{k} is an infinite lattice, known per site only; it cannot be a part")
    physical = [is_physical(part.unit) for part in found]
    if len(set(physical)) > 1:
        a, b = physical.index(True), physical.index(False)
        raise UnitError(
            f"parts: parts.{a} ({found[a].kind}) is in {found[a].unit!r} and parts.{b} ({found[b].kind}) in reduced "
            "units (k_B = 1): their temperatures have no common scale; give each a physical unit, or none"
        )
    return found


def _unit(unit: str, parts: Sequence[Model]) -> str:
    if not unit:
        return canonical_unit(parts[0].unit)
    found = canonical_unit(unit)
    if is_physical(found) != is_physical(parts[0].unit):
        raise UnitError(f"unit: {unit!r} and the {parts[0].unit!r} of the parts have no common scale")
    return found
