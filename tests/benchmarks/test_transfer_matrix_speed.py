"""The transfer matrix: seconds per temperature with the known digits, its own estimate, elimination side by side."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from statmech import lattices
from statmech.methods.elimination import Elimination
from statmech.methods.transfer_matrix import TransferMatrix
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.thermodynamics import thermodynamics

TC = 2 / math.log(1 + math.sqrt(2))
GENERATOR = np.random.default_rng(1)


def per_temperature(method, model, rounds=3):
    """Processor seconds that one temperature more takes, the least of several rounds; and log Z at Tc."""
    state = method.prepare(model)
    method.cumulants(state, np.array([3.0]))  # compiled, bound
    times = []
    for _ in range(rounds):
        start = time.process_time()
        cumulants = method.cumulants(state, np.array([TC]))
        times.append(time.process_time() - start)
    return min(times), float(thermodynamics(cumulants).log_z[0])


@pytest.mark.parametrize(
    ("lattice", "log_z", "limit"),
    [
        (lattices.square(16, 16, periodic=False), 232.5996102056881, 0.1),
        (lattices.square(20, 20, periodic=False), 365.0487113357, 3.0),
        (lattices.square(10, 10), 93.6103005102221, 0.3),
    ],
    ids=["16 x 16 open", "20 x 20 open", "10 x 10 torus"],
)
def test_squares_at_tc_in_the_time_allowed_with_every_known_digit(benchmark, lattice, log_z, limit):
    model, method, other = Ising(lattice), TransferMatrix(), Elimination()
    seconds, value = per_temperature(method, model)
    bare, _ = per_temperature(TransferMatrix(magnetization=False), model)
    theirs, same = per_temperature(other, model, rounds=1)
    told = method.cost(model, 2).seconds - method.cost(model, 1).seconds
    print(
        f"\n{lattice!r}: {seconds:.4f} s per temperature, told {told:.4f} s, without M {bare:.4f} s, "
        f"elimination {theirs:.4f} s"
    )
    benchmark.extra_info.update(seconds=seconds, elimination=theirs / seconds)
    state = method.prepare(model)
    benchmark.pedantic(lambda: method.cumulants(state, np.array([TC])), rounds=1)
    assert value == pytest.approx(log_z, rel=2e-13 if log_z > 365 else 2e-15)  # as many digits as are known
    assert same == pytest.approx(value, rel=1e-14)
    assert seconds <= limit


MODELS = [
    ("+-J torus", Ising(lattices.square(9, 9), GENERATOR.choice([-1.0, 1.0], 162))),
    ("16 x 16 in a field", Ising(lattices.square(16, 16, periodic=False), field=0.25)),
    ("16 x 16 Gaussian", Ising(lattices.square(16, 16, periodic=False), GENERATOR.normal(size=480))),
    ("triangular torus", Ising(lattices.triangular(9, 9), -1.0)),
    ("cylinder", Ising(lattices.square(12, 14, periodic=(False, True)))),
    ("Potts q = 3", Potts(lattices.square(9, 9, periodic=False), 3)),
    ("Blume-Capel torus", BlumeCapel(lattices.square(6, 6), 1.0, 0.5)),
    ("bar", Ising(lattices.cubic(4, 4, 12, periodic=False))),
    ("3 x 10^8 rows of 6", Ising(lattices.square(3 * 10**8, 6, periodic=(True, False)))),
    ("10^6 rows of 8", Ising(lattices.square(10**6, 8, periodic=False))),
    ("3 x 10^4 uneven", Ising(lattices.square(10**4, 3, periodic=False), GENERATOR.normal(size=5 * 10**4 - 3))),
]


@pytest.mark.parametrize(("name", "model"), MODELS, ids=[name for name, _ in MODELS])
def test_the_time_told_is_the_time_taken(benchmark, name, model):
    method = TransferMatrix()
    seconds, _ = per_temperature(method, model)
    told = method.cost(model, 2).seconds - method.cost(model, 1).seconds
    print(f"\n{name}: {seconds:.4f} s per temperature, told {told:.4f} s, {told / seconds:.2f}")
    benchmark.extra_info.update(seconds=seconds, told=told / seconds)
    state = method.prepare(model)
    benchmark.pedantic(lambda: method.cumulants(state, np.array([TC])), rounds=1)
    assert told / 3 < seconds < told * 3


def test_a_long_strip_of_a_hundred_thousand_uneven_rows(benchmark):
    lattice = lattices.square(10**5, 3, periodic=False)
    model, method = Ising(lattice, np.random.default_rng(2).normal(size=lattice.bond_count)), TransferMatrix()
    start = time.process_time()
    method.cumulants(method.prepare(model), np.array([1.0]))
    seconds, told = time.process_time() - start, method.cost(model, 1).seconds
    print(f"\n10^5 uneven rows of 3: {seconds:.2f} s with planning, told {told:.2f} s")
    benchmark.pedantic(lambda: None, rounds=1)
    assert told / 3 < seconds < told * 3
