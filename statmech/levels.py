"""Energy levels with degeneracies: the input of every level sum, and a model in its own right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError, ResourceError
from statmech.frozen import Frozen, frozen
from statmech.units import canonical_unit, conversion_factor

__all__ = ["EnergyLevels"]

Array = npt.NDArray[np.float64]
_MOST_LEVELS = 100_000_000  # of a product of spectra: 1.6 GB of energies and degeneracies
_EXACT_INTEGER = 2**53  # above this a float64 degeneracy would be rounded


@dataclass(frozen=True, eq=False, init=False, repr=False)
class EnergyLevels(Frozen):
    r"""Levels ``offset + energies[i]`` with degeneracies g_i: a spectrum, :math:`Z = \sum_i g_i e^{-E_i/T}`.

    Parameters
    ----------
    energies : array_like, shape (n,)
        Energies in ``unit``, in any order; equal values are allowed.
    degeneracies : array_like, shape (n,), optional
        g_i >= 0, at least one positive; 1 where not given. Python integers of any size stay exact
        (``exact_degeneracies``).
    log_degeneracies : array_like, shape (n,), optional
        log g_i instead, for degeneracies that no float can hold (up to exp(1e6) and beyond); ``-inf`` is g = 0.
    unit : str
        Unit of energies and offset; see :data:`statmech.units.ENERGY_UNITS`. ``reduced`` means k_B = 1.
    observables : mapping of str to array_like, shape (n,)
        Values of further quantities on each level, for example ``{"magnetization": M}``.
    offset : float
        Added to every energy. Kept apart, so that :meth:`shift` by any amount costs no digit.
    sites : int or None
        Number of sites the levels describe, for results per site.
    notes : mapping of str to str
        Where the levels come from and what a reader skipped; written to the results.
    uncertainties : array_like, shape (n,), optional
        Standard errors of the energies, in ``unit``, taken as independent; they become ``<name>_errors`` of results.
    truncated : bool
        Whether the spectrum goes on above the last level (a measured or computed list, a model with a cut-off).
        Results at temperatures that would reach there get a status; complete finite spectra have none.
    ionization_limit : float or None
        Energy (on the scale of ``energies``) above which levels are no bound states; results that they change get
        a status.

    Attributes
    ----------
    exact_degeneracies : tuple of int or None
        The degeneracies as Python integers where they were given as integers.

    Raises
    ------
    InputError
        On empty input, nan or infinite energies, negative or nan degeneracies, shapes that differ, or when no
        level is populated. The message has the index and the value.
    UnitError
        If the unit is unknown.

    Examples
    --------
    >>> levels = EnergyLevels([0.0, 3.845], [1, 3], unit="cm-1")
    >>> len(levels), levels.unit
    (2, 'cm-1')
    >>> levels.shift(1e9).energies
    array([0.   , 3.845])
    """

    energies: Array
    degeneracies: Array | None
    log_degeneracies: Array | None
    unit: str
    observables: Mapping[str, Array]
    offset: float
    sites: int | None
    notes: Mapping[str, str]
    uncertainties: Array | None
    truncated: bool
    ionization_limit: float | None
    exact_degeneracies: tuple[int, ...] | None = field(init=False)

    kind: ClassVar[str] = "levels"

    def __init__(
        self,
        energies: npt.ArrayLike,
        degeneracies: npt.ArrayLike | Sequence[int] | None = None,
        *,
        log_degeneracies: npt.ArrayLike | None = None,
        unit: str = "reduced",
        observables: Mapping[str, npt.ArrayLike] | None = None,
        offset: float = 0.0,
        sites: int | None = None,
        notes: Mapping[str, str] | None = None,
        uncertainties: npt.ArrayLike | None = None,
        truncated: bool = False,
        ionization_limit: float | None = None,
    ) -> None:
        levels = _column("energies", energies)
        if levels.size == 0:
            raise InputError("energies: expected at least one level; got none")
        bad = np.flatnonzero(~np.isfinite(levels))
        if bad.size:
            raise InputError(f"energies: expected finite numbers; got {levels[bad[0]]} at index {bad[0]}")
        if not math.isfinite(offset):
            raise InputError(f"offset: expected a finite number; got {offset}")
        if degeneracies is not None and log_degeneracies is not None:
            raise InputError("degeneracies: give either degeneracies or log_degeneracies, not both")
        exact: tuple[int, ...] | None = None
        plain: Array | None = None
        logs: Array | None = None
        if degeneracies is not None:
            exact = _exact_integers(degeneracies)
            if exact and _largest(degeneracies) > _EXACT_INTEGER:
                if min(exact) < 0:
                    raise InputError(
                        f"degeneracies: expected g >= 0; got {min(exact)} at index {exact.index(min(exact))}"
                    )
                logs = np.array([math.log(g) if g else -math.inf for g in exact])
            else:
                plain = _column("degeneracies", degeneracies, levels.size)
                bad = np.flatnonzero(~(np.isfinite(plain) & (plain >= 0)))
                if bad.size:
                    raise InputError(
                        f"degeneracies: expected finite g >= 0; got {plain[bad[0]]} at index {bad[0]} "
                        "(use log_degeneracies for g beyond 1e308)"
                    )
        elif log_degeneracies is not None:
            logs = _column("log_degeneracies", log_degeneracies, levels.size)
            bad = np.flatnonzero(np.isnan(logs) | (logs == np.inf))
            if bad.size:
                raise InputError(f"log_degeneracies: expected numbers or -inf; got {logs[bad[0]]} at index {bad[0]}")
        weights = plain if plain is not None else logs
        if weights is not None and weights.size != levels.size:
            raise InputError(f"degeneracies: expected {levels.size} values, one per level; got {weights.size}")
        if (plain is not None and not np.any(plain > 0)) or (logs is not None and not np.any(logs > -np.inf)):
            raise InputError("degeneracies: expected at least one populated level (g > 0); all are 0")
        columns = {}
        for name, values in (observables or {}).items():
            columns[name] = _column(f"observables[{name!r}]", values, levels.size)
            bad = np.flatnonzero(~np.isfinite(columns[name]))
            if bad.size:
                raise InputError(
                    f"observables[{name!r}]: expected finite numbers; got {columns[name][bad[0]]} at index {bad[0]}"
                )
        low, high = float(levels.min()), float(levels.max())
        if math.isinf(high - low):
            raise InputError(f"energies: the span from {low} to {high} exceeds the range of floats; use a larger unit")
        spread = None if uncertainties is None else _column("uncertainties", uncertainties, levels.size)
        if spread is not None and (bad := np.flatnonzero(~(np.isfinite(spread) & (spread >= 0)))).size:
            raise InputError(f"uncertainties: expected finite numbers >= 0; got {spread[bad[0]]} at index {bad[0]}")
        if ionization_limit is not None and not math.isfinite(ionization_limit):
            raise InputError(f"ionization_limit: expected a finite energy or None; got {ionization_limit}")
        if sites is not None and (sites < 1 or sites != int(sites)):
            raise InputError(f"sites: expected a positive integer or None; got {sites}")
        set_field = object.__setattr__
        set_field(self, "energies", levels)
        set_field(self, "degeneracies", plain)
        set_field(self, "log_degeneracies", logs)
        set_field(self, "exact_degeneracies", exact)
        set_field(self, "unit", canonical_unit(unit))
        set_field(self, "offset", float(offset))
        set_field(self, "sites", sites)
        set_field(self, "observables", frozen(columns))
        set_field(self, "notes", frozen(dict(notes or {})))
        set_field(self, "uncertainties", spread)
        set_field(self, "truncated", bool(truncated))
        set_field(self, "ionization_limit", None if ionization_limit is None else float(ionization_limit))

    def __len__(self) -> int:
        return int(self.energies.size)

    def __repr__(self) -> str:
        values = self.energies + self.offset
        extra = f", observables={list(self.observables)}" if self.observables else ""
        return f"EnergyLevels({len(self)} levels, {values.min():.10g} to {values.max():.10g} {self.unit}{extra})"

    @property
    def log_g(self) -> Array:
        """log g_i, shape (n,), -inf where g_i = 0."""
        if self.log_degeneracies is not None:
            return self.log_degeneracies
        if self.degeneracies is None:
            return np.zeros(len(self))
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            return np.log(self.degeneracies)

    @property
    def populated(self) -> npt.NDArray[np.bool_]:
        """Where g_i > 0, shape (n,)."""
        if self.log_degeneracies is not None:
            return self.log_degeneracies > -np.inf
        if self.degeneracies is None:
            return np.ones(len(self), dtype=bool)
        return self.degeneracies > 0

    def levels(self) -> EnergyLevels:
        """Itself: a spectrum is a model whose levels are known."""
        return self

    def shift(self, energy: float) -> EnergyLevels:
        """Move every level by ``energy`` (in ``unit``); differences stay as they are, to the bit."""
        return self._with(offset=self.offset + energy)

    def to(self, unit: str) -> EnergyLevels:
        """The same levels in another unit.

        Raises
        ------
        UnitError
            If one of the units is ``reduced`` and the other is not.

        Examples
        --------
        >>> round(float(EnergyLevels([0.0, 1.0], unit="eV").to("meV").energies[1]), 9)
        1000.0
        """
        factor = conversion_factor(self.unit, unit)
        return self._with(
            energies=self.energies * factor,
            offset=self.offset * factor,
            unit=unit,
            uncertainties=None if self.uncertainties is None else self.uncertainties * factor,
            ionization_limit=None if self.ionization_limit is None else self.ionization_limit * factor,
        )

    def combined(self) -> EnergyLevels:
        """Sorted by energy, with equal levels (same energy, same observables) joined into one; g = 0 dropped.

        Examples
        --------
        >>> EnergyLevels([1.0, 0.0, 1.0]).combined().degeneracies
        array([1., 2.])
        """
        keep = np.flatnonzero(self.populated)
        columns = np.stack([self.energies[keep], *(values[keep] for values in self.observables.values())])
        columns = columns + 0.0  # -0.0 and 0.0 are one level
        order = np.lexsort(columns[::-1])
        columns = columns[:, order]
        first = np.concatenate([[True], np.any(columns[:, 1:] != columns[:, :-1], axis=0)])
        starts = np.flatnonzero(first)
        degeneracies: Any = None
        logs: Array | None = None
        if self.exact_degeneracies is not None:
            counts = [self.exact_degeneracies[i] for i in keep[order]]
            ends = [*starts[1:].tolist(), len(counts)]
            degeneracies = [sum(counts[a:b]) for a, b in zip(starts.tolist(), ends, strict=True)]
        elif self.log_degeneracies is not None:
            logs = np.logaddexp.reduceat(self.log_degeneracies[keep][order], starts)
        else:
            plain = np.ones(len(self)) if self.degeneracies is None else self.degeneracies
            degeneracies = np.add.reduceat(plain[keep][order], starts)
        spread: Array | None = None
        if self.uncertainties is not None:
            # Levels of one energy move log Z by sum g_i dE_i: what counts is the g-weighted mean of their errors.
            g = np.exp(
                self.log_g[keep][order]
                - np.maximum.reduceat(self.log_g[keep][order], starts).repeat(np.diff([*starts.tolist(), order.size]))
            )
            squares = np.add.reduceat((g * self.uncertainties[keep][order]) ** 2, starts)
            spread = np.sqrt(squares) / np.add.reduceat(g, starts)
        return self._with(
            uncertainties=spread,
            energies=columns[0, starts],
            degeneracies=degeneracies,
            log_degeneracies=logs,
            observables={name: values[starts] for name, values in zip(self.observables, columns[1:], strict=True)},
        )

    def product(self, other: EnergyLevels) -> EnergyLevels:
        """Levels of two independent systems together: all sums of energies, degeneracies multiplied.

        Observables add; one that a part does not have is zero there. Equal sums are joined. Uncertainties are not
        carried on (sums that share a level are correlated), which the notes say; use a product *model* to keep them.

        Raises
        ------
        ResourceError
            If there would be more than 1e8 sums; use a product *model*, whose log Z simply add.
        UnitError
            If one spectrum is reduced and the other physical.

        Examples
        --------
        >>> spin = EnergyLevels([0.0, 1.0])
        >>> spin.product(spin).exact_degeneracies is None, spin.product(spin).degeneracies
        (True, array([1., 2., 1.]))
        """
        if len(self) * len(other) > _MOST_LEVELS:
            raise ResourceError(
                f"product: {len(self)} x {len(other)} levels exceed {_MOST_LEVELS}; "
                "solve the parts and add them (Cumulants.product, or model kind 'product')"
            )
        other = other.to(self.unit)
        names = dict.fromkeys([*self.observables, *other.observables])
        degeneracies: Any = None
        logs: Array | None = None
        if self.exact_degeneracies is not None and other.exact_degeneracies is not None:
            degeneracies = [a * b for a in self.exact_degeneracies for b in other.exact_degeneracies]
        elif self.log_degeneracies is None and other.log_degeneracies is None:
            ours = np.ones(len(self)) if self.degeneracies is None else self.degeneracies
            theirs = np.ones(len(other)) if other.degeneracies is None else other.degeneracies
            degeneracies = np.multiply.outer(ours, theirs).ravel()
        else:
            logs = np.add.outer(self.log_g, other.log_g).ravel()
        return EnergyLevels(
            np.add.outer(self.energies, other.energies).ravel(),
            degeneracies,
            log_degeneracies=logs,
            unit=self.unit,
            observables={
                name: np.add.outer(
                    self.observables.get(name, np.zeros(len(self))),
                    other.observables.get(name, np.zeros(len(other))),
                ).ravel()
                for name in names
            },
            offset=self.offset + other.offset,
            sites=None if self.sites is None or other.sites is None else self.sites + other.sites,
            notes={**self.notes, **other.notes, **_lost_uncertainties(self, other)},
            truncated=self.truncated or other.truncated,
        ).combined()

    def copies(self, number: int) -> EnergyLevels:
        """Levels of ``number`` independent copies of this system (by repeated squaring).

        Raises
        ------
        InputError
            If ``number`` is not a positive integer.
        ResourceError
            If an intermediate product would exceed 1e8 levels.

        Examples
        --------
        >>> EnergyLevels([0.0, 1.0], [1, 1]).copies(4).exact_degeneracies
        (1, 4, 6, 4, 1)
        """
        if not isinstance(number, (int, np.integer)) or number < 1:
            raise InputError(f"number: expected a positive integer; got {number!r}")
        result: EnergyLevels | None = None
        square, left = self, int(number)
        while left:
            if left & 1:
                result = square if result is None else result.product(square)
            left >>= 1
            if left:
                square = square.product(square)
        assert result is not None
        return result

    def _with(self, **changes: Any) -> EnergyLevels:
        if self.exact_degeneracies is not None and not {"degeneracies", "log_degeneracies"} & changes.keys():
            changes.update(degeneracies=list(self.exact_degeneracies), log_degeneracies=None)
        return replace(self, **changes)


def _lost_uncertainties(*parts: EnergyLevels) -> dict[str, str]:
    if all(part.uncertainties is None for part in parts):
        return {}
    return {"level uncertainties": "not carried through the product of spectra"}


def _column(name: str, values: npt.ArrayLike, size: int | None = None) -> Array:
    """A read-only float64 copy of a one-dimensional argument."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InputError(f"{name}: expected real numbers; got {problem}") from None
    if array.ndim != 1:
        raise InputError(f"{name}: expected one dimension, shape (n,); got shape {array.shape}")
    if size is not None and array.size != size:
        raise InputError(f"{name}: expected {size} values, one per level; got {array.size}")
    array.flags.writeable = False
    return array


def _largest(values: Any) -> int:
    return int(values.max() if isinstance(values, np.ndarray) else max(values))


def _exact_integers(values: Any) -> tuple[int, ...] | None:
    """The degeneracies as Python integers where they were given as integers, else None."""
    if isinstance(values, np.ndarray):
        return tuple(values.tolist()) if values.dtype.kind in "iu" and values.ndim == 1 else None
    if isinstance(values, Sequence) and values and all(type(g) is int for g in values):
        return tuple(values)
    return None
