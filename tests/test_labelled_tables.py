"""A Table is the same results as a Dataset."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from statmech import TwoLevel
from statmech.dataset import Axis, assemble
from statmech.errors import InputError
from statmech.solve import compute, solve
from statmech.summary import summarise, summary_lines
from statmech.tables import Table, Variable


def table() -> Table:
    axes = [
        Axis("shape", [[4, 4], [8, 8]], "model.lattice.shape"),
        Axis("temperature", [0.5, 1.0, np.inf], "temperature", "temperature"),
    ]
    solutions = [compute(TwoLevel(gap), [0.5, 1.0, np.inf]) for gap in (1.0, 2.0)]
    return assemble(solutions, axes, attributes={"title": "two gaps", "config_resolved": "{}"})


def test_there_and_back_nothing_changes():
    once = table()
    again = Table.of(once.dataset())
    for mine, other in ((once.variables, again.variables), (once.coordinates, again.coordinates)):
        assert list(mine) == list(other)
        for name, variable in mine.items():
            assert (variable.dims, variable.values.dtype) == (other[name].dims, other[name].values.dtype)
            np.testing.assert_array_equal(variable.values, other[name].values)
            assert variable.attributes == other[name].attributes
    assert list(once.attributes.items()) == list(again.attributes.items())
    assert once.sizes == dict(once.dataset().sizes)
    xr.testing.assert_identical(again.dataset(), once.dataset())
    assert Table.of(once) is once


def test_a_dataset_of_it_is_as_those_of_solve():
    model = TwoLevel(1.0)
    axes = [Axis("temperature", np.array([0.5, 1.0]), "temperature", "temperature")]
    xr.testing.assert_identical(assemble([compute(model, [0.5, 1.0])], axes).dataset(), solve(model, [0.5, 1.0]))
    assert table().dataset().statmech.method == "level_sum"


def test_a_summary_of_both_is_the_same():
    assert summarise(table()) == summarise(table().dataset())
    assert [*summary_lines(table())] == [*summary_lines(table().dataset())]


def test_lazy_arrays_are_loaded():
    dask = pytest.importorskip("dask.array")
    lazy = xr.Dataset({"x": ("z", dask.arange(4, chunks=2))})
    np.testing.assert_array_equal(Table.of(lazy)["x"].values, range(4))


def test_a_dimension_without_labels_is_labelled_by_position():
    assert Table({"x": Variable(("z",), np.zeros(3))})["z"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Variable(("z",), np.zeros((2, 2))), r"expected 2 different names .* got \('z',\)"),
        (lambda: Variable(("z", "z"), np.zeros((2, 2))), "different names"),
        (lambda: Table({"x": Variable(("z",), np.zeros(2))}, {"z": Variable(("z",), np.zeros(3))}), "z: expected 2"),
        (lambda: Table({"x": Variable((), np.zeros(()))}, {"x": Variable((), np.zeros(()))}), "x: .* got both"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(make, match):
    with pytest.raises(InputError, match=match):
        make()
