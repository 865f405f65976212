"""Exact densities of states: the times promised, the method's own estimates, and the integers themselves."""

from __future__ import annotations

import time

import numpy as np
import pytest

from statmech import lattices
from statmech.disorder import RandomValues
from statmech.methods.density_of_states import DensityOfStates, density_of_states
from statmech.methods.enumeration import joint_levels
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.zeros import fisher_zeros, lee_yang_zeros


def median_time(work, rounds=3):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


@pytest.mark.parametrize(
    ("shape", "limit"),
    [((16, 16), 0.05), ((31, 31), 0.5), ((32, 32), 0.5), ((24, 40), 0.5), ((63, 63), 10.0), ((64, 64), 10.0)],
    ids=str,
)
def test_square_tori_by_kaufmans_product(benchmark, shape, limit):
    model = Ising(lattices.square(*shape))
    levels, sites = density_of_states(model), model.sites
    assert sum(levels.exact_degeneracies) == 2**sites
    assert levels.exact_degeneracies[:4] == (2, 2 * sites, 4 * sites, sites * (sites + 9))
    seconds = median_time(lambda: density_of_states(model))
    told = DensityOfStates().cost(model, 1).seconds
    print(f"\n{shape} torus: {seconds:.4f} s, estimate {told:.4f} s")
    benchmark.pedantic(lambda: density_of_states(model), rounds=1)
    assert seconds <= limit
    if seconds > 0.05:
        assert told / 4 < seconds < told * 4


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("4 x 4 x 4 torus", Ising(lattices.cubic(4, 4, 4))),
        ("3 x 4 x 8 torus", Ising(lattices.cubic(3, 4, 8))),
        ("3 x 3 x 4 +-J torus", Ising(lattices.cubic(3, 3, 4), RandomValues("pm1", seed=1))),
        ("9 x 9 +-J torus", Ising(lattices.square(9, 9), RandomValues("pm1", seed=1))),
        ("16 x 16 +-J open", Ising(lattices.square(16, 16, periodic=False), RandomValues("pm1", seed=1))),
        ("6 x 6 triangular antiferromagnet", Ising(lattices.triangular(6, 6), -1.0)),
        ("4 x 5 Potts q = 3", Potts(lattices.square(4, 5), 3)),
    ],
    ids=str,
)
def test_other_lattices(benchmark, name, model):
    levels = density_of_states(model)  # compiles
    assert sum(levels.exact_degeneracies) == getattr(model, "states", 2) ** model.sites
    method = DensityOfStates()
    told = method.cost(model, 1).seconds
    seconds = median_time(lambda: density_of_states(model), rounds=1 if told > 2 else 3)
    print(f"\n{name}: {seconds:.3f} s, estimate {told:.3f} s ({method.supports(model).reason})")
    benchmark.pedantic(lambda: None, rounds=1)
    assert told / 6 < seconds < told * 6


@pytest.mark.parametrize("shape", [(4, 4), (5, 5), (4, 7)], ids=str)
def test_joint_counts_side_by_side_with_enumeration(benchmark, shape):
    model = Ising(lattices.square(*shape))
    assert density_of_states(model, joint=True).exact_degeneracies == joint_levels(model).exact_degeneracies
    mine = median_time(lambda: density_of_states(model, joint=True))
    listed = median_time(lambda: joint_levels(model))
    print(f"\n{shape} torus, g(E, M): elimination {mine:.4f} s, enumeration {listed:.4f} s")
    benchmark.pedantic(lambda: None, rounds=1)
    if model.sites >= 25:
        assert mine < listed


def test_zeros(benchmark):
    torus = density_of_states(Ising(lattices.square(16, 16)))
    joint = density_of_states(Ising(lattices.square(6, 6)), joint=True)
    fisher = median_time(lambda: fisher_zeros(torus))
    lee_yang = median_time(lambda: lee_yang_zeros(joint, 2.0))
    print(f"\nFisher zeros of 16 x 16: {fisher:.3f} s; Lee-Yang zeros of 6 x 6: {lee_yang:.3f} s")
    benchmark.pedantic(lambda: None, rounds=1)
    assert len(fisher_zeros(torus)) == 256
    assert np.abs(np.abs(lee_yang_zeros(joint, 2.0)) - 1).max() < 1e-15
