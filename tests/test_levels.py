"""EnergyLevels: validation, exact degeneracies, joining and combining."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from statmech import EnergyLevels
from statmech.errors import InputError, ResourceError, UnitError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "energies: expected at least one level; got none"),
        (([0.0, np.nan],), "energies: expected finite numbers; got nan at index 1"),
        (([0.0, np.inf],), "got inf at index 1"),
        ((["a"],), "energies: expected real numbers"),
        (([[0.0]],), r"expected one dimension, shape \(n,\); got shape \(1, 1\)"),
        (([0.0, 1.0], [1]), "degeneracies: expected 2 values, one per level; got 1"),
        (([0.0, 1.0], [1, -1]), r"degeneracies: expected finite g >= 0; got -1.0 at index 1"),
        (([0.0, 1.0], [0, 0]), "at least one populated level"),
        (([0.0, 1.0], [1.0, np.nan]), "got nan at index 1"),
        (([0.0, 1.0], [2**80, -1]), "got -1 at index 1"),
    ],
)
def test_bad_levels_are_refused_with_index_and_value(arguments, message):
    with pytest.raises(InputError, match=message):
        EnergyLevels(*arguments)


def test_a_wrong_unit_suggests_the_right_one():
    with pytest.raises(UnitError, match="did you mean 'cm-1'"):
        EnergyLevels([0.0], unit="cm1")


def test_both_kinds_of_degeneracies_at_once_are_refused():
    with pytest.raises(InputError, match="not both"):
        EnergyLevels([0.0], [1], log_degeneracies=[0.0])


def test_observables_must_fit():
    with pytest.raises(InputError, match=r"observables\['magnetization'\]: expected 1 values"):
        EnergyLevels([0.0], observables={"magnetization": [1.0, 2.0]})


def test_values_are_frozen_copies():
    energies = np.array([0.0, 1.0])
    levels = EnergyLevels(energies)
    energies[0] = 5.0
    assert levels.energies[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        levels.energies[0] = 1.0
    with pytest.raises(AttributeError):
        levels.unit = "eV"


def test_integer_degeneracies_stay_exact_at_any_size():
    levels = EnergyLevels([0.0, 1.0], [2**200, 3])
    assert levels.exact_degeneracies == (2**200, 3)
    assert levels.log_g[0] == pytest.approx(200 * math.log(2), rel=1e-15)


def test_combining_joins_equal_levels_with_equal_observables_only():
    levels = EnergyLevels([1.0, 0.0, 1.0, -0.0], [1, 2, 3, 4], observables={"magnetization": [1.0, 0.0, -1.0, 0.0]})
    together = levels.combined()
    assert together.energies.tolist() == [0.0, 1.0, 1.0]
    assert together.exact_degeneracies == (6, 3, 1)
    assert together.observables["magnetization"].tolist() == [0.0, -1.0, 1.0]


def test_combining_keeps_log_degeneracies():
    together = EnergyLevels([0.0, 0.0], log_degeneracies=[1e5, 1e5]).combined()
    assert together.log_degeneracies.tolist() == [1e5 + math.log(2)]


def test_copies_are_binomial_and_exact():
    spins = EnergyLevels([-1.0, 1.0], [1, 1], observables={"magnetization": [1.0, -1.0]}).copies(200)
    assert spins.exact_degeneracies == tuple(math.comb(200, k) for k in range(201))
    assert spins.observables["magnetization"].tolist() == list(range(200, -201, -2))


def test_product_converts_units_and_adds_offsets():
    both = EnergyLevels([0.0, 1.0], unit="eV", offset=1.0).product(EnergyLevels([0.0], unit="meV", offset=500.0))
    assert (both.unit, both.offset) == ("eV", pytest.approx(1.5))


def test_a_product_too_large_is_refused_with_the_way_out():
    many = EnergyLevels(np.arange(20_000.0))
    with pytest.raises(ResourceError, match=r"Cumulants\.product"):
        many.product(many)


def test_reduced_and_physical_units_do_not_mix():
    with pytest.raises(UnitError, match="no physical size"):
        EnergyLevels([0.0], unit="eV").product(EnergyLevels([0.0]))


def test_levels_survive_pickling():
    levels = pickle.loads(pickle.dumps(EnergyLevels([0.0, 1.0], [2**70, 1], unit="cm-1", notes={"source": "x"})))
    assert (levels.exact_degeneracies, levels.unit, levels.notes) == ((2**70, 1), "cm-1", {"source": "x"})


def test_mappings_and_arrays_stay_read_only_after_pickling():
    levels = EnergyLevels([0.0, 1.0], observables={"magnetization": [1.0, -1.0]}, notes={"source": "x"})
    for value in (levels, pickle.loads(pickle.dumps(levels))):
        with pytest.raises(TypeError):
            value.observables["more"] = 1
        with pytest.raises(TypeError):
            value.notes["source"] = "y"
        with pytest.raises(ValueError, match="read-only"):
            value.observables["magnetization"][0] = 0.0
        with pytest.raises(ValueError, match="read-only"):
            value.energies[0] = 1.0
