"""Units to tasks: temperatures in a row, and place-holders for what is not computed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from statmech.dataset import Extra, Solution
from statmech.status import Status
from statmech.thermodynamics import Thermodynamics

__all__ = ["in_a_row", "pending"]


def in_a_row(parts: Sequence[Solution]) -> Solution:
    """One solution of units that differ in their temperatures alone.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.solve import compute
    >>> parts = [compute(EnergyLevels([0.0, 1.0]), [T]) for T in (1.0, 2.0)]
    >>> in_a_row(parts).thermodynamics.temperature
    array([1., 2.])
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    changed: dict[str, Any] = {
        "thermodynamics": _joined([part.thermodynamics for part in parts]),
        "error_bound": max(part.error_bound for part in parts),
        "errors": _maps([part.errors for part in parts], [part.thermodynamics.log_z.shape for part in parts]),
        "not_computed": {name: why for part in parts for name, why in part.not_computed.items()},
    }
    if any(part.status is not None for part in parts):
        flags = [np.zeros(p.thermodynamics.log_z.shape, np.int8) if p.status is None else p.status for p in parts]
        changed["status"] = np.concatenate(flags, axis=-1)
    changed["samples"] = _series([part.samples for part in parts])
    names = [name for name in first.extras if all(name in part.extras for part in parts)]
    lost = {name for part in parts for name in part.extras} - set(names)  # an error needs its value
    changed["errors"] = {name: errors for name, errors in changed["errors"].items() if name not in lost}
    changed["extras"] = {
        name: replace(first.extras[name], values=np.concatenate([part.extras[name].values for part in parts], axis=-1))
        for name in names
    }
    return replace(first, **changed)


def pending(like: Solution, temperatures: Sequence[float], sites: int | None) -> Solution:
    """A solution of which nothing is known yet: nan throughout, and ``status`` says pending."""
    shape = (*like.thermodynamics.log_z.shape[:-1], len(temperatures))

    def unknown() -> Any:
        return np.full(shape, np.nan)

    th = like.thermodynamics
    values: dict[str, Any] = {}
    for item in fields(Thermodynamics):
        value = getattr(th, item.name)
        if item.name == "temperature":
            values[item.name] = np.array(temperatures)
        else:
            values[item.name] = {name: unknown() for name in value} if isinstance(value, Mapping) else unknown()
    return replace(
        like,
        thermodynamics=Thermodynamics(**values),
        sites=sites,
        errors={name: unknown() for name in like.errors},
        status=np.full(shape, int(Status.PENDING), dtype=np.int8),
        samples={},
        extras={name: Extra(unknown(), extra.long_name, extra.nature) for name, extra in like.extras.items()},
    )


def _joined(parts: Sequence[Thermodynamics]) -> Thermodynamics:
    values: dict[str, Any] = {}
    for item in fields(Thermodynamics):
        each = [getattr(part, item.name) for part in parts]
        if isinstance(each[0], Mapping):
            names = [name for name in each[0] if all(name in part for part in each)]
            values[item.name] = {name: np.concatenate([part[name] for part in each], axis=-1) for name in names}
        else:
            values[item.name] = np.concatenate(each, axis=-1)
    return Thermodynamics(**values)


def _maps(parts: Sequence[Mapping[str, Any]], shapes: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """Arrays by name, nan where a part has none."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: np.concatenate(
            [part.get(name, np.full(shape, np.nan)) for part, shape in zip(parts, shapes, strict=True)], axis=-1
        )
        for name in names
    }


def _series(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Time series (..., T, chains, sweeps): the shorter ones end in nan; none where a part has none."""
    joined = {}
    for name in [name for name in parts[0] if all(name in part for part in parts)]:
        longest = max(part[name].shape[-1] for part in parts)
        padded = []
        for part in parts:
            lacking = longest - part[name].shape[-1]
            ends = [(0, 0)] * (part[name].ndim - 1) + [(0, lacking)]
            padded.append(np.pad(part[name], ends, constant_values=np.nan) if lacking else part[name])
        joined[name] = np.concatenate(padded, axis=-3)
    return joined
