"""Sums in parts: the same bits in any order of arrival, the same numbers as the whole sum."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from statmech import lattices
from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.merge_tree import MergeTree
from statmech.methods.enumeration import method as enumeration
from statmech.methods.enumeration import parts as cutting
from statmech.methods.enumeration.spin_system import spin_system
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.solve import compute, solve
from statmech.summation import sum_levels

SOME = np.array([0.0, 0.03, 2.0, -0.5])
TEMPERATURES = np.array([0.0, 0.03, 0.4, 2.0, np.inf, -0.5])


def same_bits(a, b):
    names = ("reference", "log_z", "mean", "covariance")
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in names)


def parts_of(rng, count, size=7):
    levels = [EnergyLevels(rng.normal(scale=3.0, size=size), rng.integers(1, 9, size)) for _ in range(count)]
    whole = EnergyLevels(
        np.concatenate([part.energies for part in levels]), np.concatenate([part.degeneracies for part in levels])
    )
    return [sum_levels(part, TEMPERATURES) for part in levels], sum_levels(whole, TEMPERATURES)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64])
def test_any_order_of_arrival_gives_the_same_bits_and_the_whole_sum(count):
    parts, whole = parts_of(np.random.default_rng(count), count)
    totals = []
    for seed in range(6):
        order = list(range(count))
        if seed:
            random.Random(seed).shuffle(order)
        tree = MergeTree(count)
        for index in order:
            assert index in set(tree.missing())
            tree.add(index, parts[index])
        totals.append(tree.total())
    assert all(same_bits(total, totals[0]) for total in totals)
    for name in ("reference", "log_z", "mean", "covariance"):
        np.testing.assert_allclose(getattr(totals[0], name), getattr(whole, name), rtol=2e-14, atol=1e-300)


def test_a_plain_running_mixture_would_depend_on_the_order():
    """The check above can fail."""
    parts, _ = parts_of(np.random.default_rng(13), 13)
    forwards, backwards = parts[0], parts[-1]
    for part in parts[1:]:
        forwards = Cumulants.mixture([forwards, part])
    for part in parts[-2::-1]:
        backwards = Cumulants.mixture([backwards, part])
    assert not same_bits(forwards, backwards)


def test_in_order_only_logarithmically_many_nodes_are_kept():
    part = sum_levels(EnergyLevels([0.0, 1.0]), [1.0])
    tree, most = MergeTree(1000), 0
    for index in range(1000):
        tree.add(index, part)
        most = max(most, len(tree._nodes))
    assert most <= 10
    assert tree.complete


def test_places_are_checked():
    part = sum_levels(EnergyLevels([0.0, 1.0]), [1.0])
    tree = MergeTree(2)
    tree.add(1, part)
    with pytest.raises(InputError, match="still free; got 1"):
        tree.add(1, part)
    with pytest.raises(InputError, match="1 of 2 parts are missing"):
        tree.total()
    with pytest.raises(InputError, match="at least one part"):
        MergeTree(0)


def irregular(size, seed=3):
    bonds = lattices.square(size, 4).bond_count
    return np.random.default_rng(seed).normal(size=bonds)


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(4, 4), irregular(4)),
        Ising(lattices.square(4, 4), irregular(4), field=0.1),
        Ising(lattices.square(4, 4), irregular(4), field=np.linspace(-0.3, 0.2, 16).tolist()),
        Potts(lattices.square(2, 4, periodic=False), 3, np.linspace(0.1, 0.77, 10) * np.pi),
    ],
)
@pytest.mark.parametrize("fields", [None, np.array([0.0, -0.3])])
def test_an_enumeration_in_parts_is_the_enumeration(model, fields, monkeypatch):
    monkeypatch.setattr(cutting.cut, "__defaults__", (2.0**11,))
    monkeypatch.setattr(enumeration, "_MOST_BINS", 2**10)
    monkeypatch.setattr("statmech.methods.enumeration.spin_system.BLOCK", 1024)
    assert enumeration.Enumeration().prepare(model).levels is None
    in_parts_as_in_one_piece(model, fields)


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(4, 4)),
        Ising(lattices.square(4, 4), coupling=-0.1, field=0.2),  # no float64 is a tenth
        Ising(lattices.square(4, 4), field=[0.5, -0.5] * 8),
        Potts(lattices.square(2, 4, periodic=False), 3),
        BlumeCapel(lattices.square(3, 3), anisotropy=0.5),
    ],
)
@pytest.mark.parametrize("fields", [None, np.array([0.0, -0.3])])
def test_a_counted_enumeration_in_parts_is_the_enumeration(model, fields, monkeypatch):
    monkeypatch.setattr(enumeration, "COUNTED", 2**11)
    monkeypatch.setattr("statmech.methods.enumeration.spin_system.BLOCK", 1024)
    assert enumeration.Enumeration().prepare(model).levels is not None
    in_parts_as_in_one_piece(model, fields)


def in_parts_as_in_one_piece(model, fields):
    method = enumeration.Enumeration()
    bare = model if fields is None else replace(model, field=0.0)
    parts = method.parts(bare)
    assert parts is not None
    assert len(parts) > 3
    whole = method.cumulants(method.prepare(bare), SOME, fields)
    divided = compute(model, SOME, fields, method)
    tree = MergeTree(len(parts))
    for index in reversed(range(len(parts))):
        tree.add(index, method.partial(bare, parts[index], SOME, fields))
    again = compute(model, SOME, fields, method, total=tree.total())
    for name in ("log_z", "entropy", "heat_capacity", "free_energy_excess", "internal_energy_excess"):
        a, b = getattr(divided.thermodynamics, name), getattr(again.thermodynamics, name)
        assert a.tobytes() == b.tobytes()
    joined = method.joined(bare, tree.total(), fields)
    np.testing.assert_allclose(joined.reference, whole.reference, rtol=1e-15)
    np.testing.assert_allclose(joined.log_z, whole.log_z, rtol=1e-13, atol=1e-307)
    np.testing.assert_allclose(joined.mean, whole.mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(joined.covariance, whole.covariance, rtol=1e-12, atol=1e-14)


def test_small_enumerations_are_not_cut():
    method = enumeration.Enumeration()
    assert method.parts(Ising(lattices.square(4, 4), irregular(4))) is None
    assert method.parts(Ising(lattices.square(4, 7))) is None
    assert len(method.parts(Ising(lattices.square(4, 8)))) == 2**4
    parts = method.parts(Ising(lattices.square(6, 4), np.random.default_rng(0).normal(size=48)))
    assert parts is None
    parts = method.parts(Ising(lattices.square(8, 4), np.random.default_rng(0).normal(size=64)))
    assert len(parts) == 2**6


def test_the_origin_of_parts_is_near_the_ground_state():
    rng = np.random.default_rng(5)
    for _ in range(5):
        model = Ising(lattices.complete(10), rng.normal(size=45))
        system = spin_system(model)
        low, high = map(system.energy, cutting.origins(system))
        exact = solve(model, [0.0], method="enumeration").reference_energy.values[0]
        assert exact <= low <= 0.7 * exact
        assert high > 0
