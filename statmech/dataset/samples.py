"""Time series of a whole sweep, joined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from statmech.dataset.base import Axis, Solution
from statmech.tables import Table, Variable

__all__ = ["assemble_samples"]


def assemble_samples(solutions: Sequence[Solution], axes: Sequence[Axis]) -> Table | None:
    """Time series of a whole sweep, with their own copies of the coordinates; None where none were kept.

    Dimensions are those of the sweep, then ``chain`` and ``sweep``; shorter series end in nan, as does every series of
    a point that is not there yet. Values are those of the engine: of the system, in units of the model.
    """
    kept = [solution for solution in solutions if solution.samples]
    if not kept:
        return None
    outer = [axis for axis in axes if axis.role == "outer"]
    inner = [axis for role in ("field", "temperature") for axis in axes if axis.role == role]
    order = [(*outer, *inner).index(axis) for axis in axes]
    dims = (*(axis.name for axis in axes), "chain", "sweep")
    lengths = [len(axis.values) for axis in (*outer, *inner)]
    variables: dict[str, Variable] = {}
    for name in kept[0].samples:
        shapes = [solution.samples[name].shape for solution in kept if name in solution.samples]
        ends = tuple(max(shape[k] for shape in shapes) for k in (-2, -1))
        whole = np.full((len(solutions), *lengths[len(outer) :], *ends), np.nan)
        for place, solution in zip(whole, solutions, strict=True):
            if name in solution.samples:
                series = solution.samples[name]
                place[..., : series.shape[-2], : series.shape[-1]] = series
        array = whole.reshape(*lengths, *ends).transpose(*order, len(order), len(order) + 1)
        long_name = f"{name.replace('_', ' ').capitalize()} after each sweep"
        variables[name] = Variable(dims, array, {"long_name": long_name, "units": "1"})
    first = solutions[0]
    return Table(variables, {axis.name: axis.coordinate(first.unit, first.symbol) for axis in axes})
