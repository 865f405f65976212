"""Enumeration: states per second, and its own estimate of the time."""

from __future__ import annotations

import time

import numpy as np
import pytest

from statmech import lattices
from statmech.methods.enumeration import Enumeration, joint_levels
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts


def median_time(work, rounds=3):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


@pytest.mark.parametrize("shape", [(4, 5), (5, 5), (4, 7), (5, 6)], ids=str)
def test_counting_states_jointly_with_the_magnetisation(benchmark, shape):
    model, method = Ising(lattices.square(*shape)), Enumeration()
    states = 2**model.sites
    levels = joint_levels(model)
    assert sum(levels.exact_degeneracies) == states
    seconds = median_time(lambda: method.prepare(model))
    told = method.cost(model, 1).seconds
    print(f"\n{shape} torus: {seconds:.4f} s, {states / seconds:.3g} states/s, estimate {told:.4f} s")
    benchmark.extra_info.update(states_per_second=states / seconds)
    benchmark.pedantic(lambda: method.prepare(model), rounds=1)
    assert told / 4 < seconds < told * 4
    if model.sites > 20:  # below, a few milliseconds of set-up count
        assert states / seconds >= 2e8


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Potts q = 3", Potts(lattices.square(4, 4), states=3)),
        ("Potts q = 5", Potts(lattices.square(3, 3), states=5)),
        ("Blume-Capel", BlumeCapel(lattices.square(4, 4), anisotropy=0.5)),
        ("Ising in site fields", Ising(lattices.square(5, 5), field=np.arange(25) % 2 * 1.0)),
        ("Ising in a wide histogram", Ising(lattices.square(4, 6), np.random.default_rng(1).integers(1, 400, 48))),
    ],
    ids=str,
)
def test_counting_states_of_other_models(benchmark, name, model):
    method = Enumeration()
    states = sum(joint_levels(model).exact_degeneracies)
    seconds = median_time(lambda: method.prepare(model))
    told = method.cost(model, 1).seconds
    print(f"\n{name}: {seconds:.4f} s, {states / seconds:.3g} states/s, estimate {told:.4f} s")
    benchmark.extra_info.update(states_per_second=states / seconds)
    benchmark.pedantic(lambda: method.prepare(model), rounds=1)
    assert told / 4 < seconds < told * 4
    assert states / seconds >= 2e7


@pytest.mark.parametrize("field", [0.0, 0.3])
def test_summing_states_of_real_couplings_at_one_temperature(benchmark, field):
    lattice, method = lattices.square(4, 6), Enumeration()
    model = Ising(lattice, np.random.default_rng(2).standard_normal(lattice.bond_count), field)
    temperatures, states = np.array([1.0]), 2**lattice.sites
    work = lambda: method.cumulants(method.prepare(model), temperatures)  # noqa: E731
    seconds = median_time(work)
    told = method.cost(model, 1).seconds
    print(f"\nGaussian 4 x 6, h = {field}: {seconds:.3f} s, {states / seconds:.3g} states/s, estimate {told:.3f} s")
    benchmark.extra_info.update(states_per_second=states / seconds)
    benchmark.pedantic(work, rounds=1)
    assert told / 4 < seconds < told * 4
    assert states / seconds >= 2e7
