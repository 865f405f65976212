"""Networks: what is refused, what scores mean, and spin models written as networks."""

from __future__ import annotations

import itertools
import pickle
import time

import numpy as np
import oracles
import pytest

from statmech import lattices
from statmech.errors import InputError
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.networks import Factors, Network

EYE = np.eye(2)


@pytest.mark.parametrize(
    ("variables", "scores", "message"),
    [
        ([0, 1], EYE, "integers of shape"),
        ([[0.0, 1.0]], [EYE], "integers of shape"),
        (np.empty((1, 0), dtype=int), [0.0], "k >= 1"),
        ([[0, 1]], EYE, "expected shape"),
        ([[0, 1]], [EYE, EYE], "expected shape"),
        ([[0, 1], [2, 2]], [EYE, EYE], r"factor 1 names a variable twice: \[2, 2\]"),
        ([[0, 1]], [[[0.0, np.nan], [0.0, 0.0]]], r"got nan at index \(0, 0, 1\)"),
        ([[0, 1]], [[[0.0, np.inf], [0.0, 0.0]]], r"got inf at index \(0, 0, 1\)"),
        ([[0]], np.empty((1, 0)), "expected shape"),
    ],
)
def test_factors_without_meaning_are_refused_with_what_came(variables, scores, message):
    with pytest.raises(InputError, match=message):
        Factors(variables, scores)


@pytest.mark.parametrize(
    ("cardinalities", "factors", "options", "message"),
    [
        ([], (), {}, "n >= 1"),
        ([2, 0], (), {}, ">= 1"),
        ([2.0, 2.0], (), {}, "integers"),
        ([2, 2], (Factors([[0, 2]], [EYE]),), {}, "variables from 0 to 1; got 0 to 2"),
        ([2, 2], (Factors([[-1, 0]], [EYE]),), {}, "got -1 to 0"),
        ([2, 3], (Factors([[0, 1]], [EYE]),), {}, "axis 1 of the table has 2 states, but variable 1 has 3"),
        ([2], (), {"constant": np.inf}, "constant: expected a finite number; got inf"),
        ([2, 2], (), {"observables": {"A": [1.0]}}, "expected 4 finite numbers"),
        ([2, 2], (), {"observables": {"A": [1.0, 2.0, 3.0, np.nan]}}, "expected 4 finite numbers"),
    ],
)
def test_networks_without_meaning_are_refused_with_what_came(cardinalities, factors, options, message):
    with pytest.raises(InputError, match=message):
        Network(cardinalities, factors, **options)


def test_score_is_the_sum_of_all_factors_and_the_constant():
    table = np.arange(6.0).reshape(2, 3)
    network = Network.from_factors(
        [2, 3, 2], [([0, 1], table), ([1, 0], 10 * table.T), ([2], [0.5, -np.inf]), ([], 100.0)], constant=1000.0
    )
    assert network.score([1, 2, 0]) == 5 + 50 + 0.5 + 100 + 1000
    assert network.score([1, 2, 1]) == -np.inf
    for wrong in ([0, 0], [0, 3, 0], [-1, 0, 0], [0.0, 0.0, 0.0]):
        with pytest.raises(InputError, match="expected 3 integers below the cardinalities"):
            network.score(wrong)


def test_neighbours_share_a_factor():
    network = Network.from_factors([2] * 5, [([0, 1, 2], np.zeros((2, 2, 2))), ([2, 3], EYE), ([4], [0.0, 1.0])])
    assert network.neighbours == ({1, 2}, {0, 2}, {0, 1, 3}, {2}, set())


def test_a_network_is_read_only_and_travels():
    scores = np.zeros((1, 2, 2))
    network = Network([2, 2], (Factors([[0, 1]], scores),), 2.0, {"A": [0.0, 1.0, 0.0, 1.0]})
    scores[:] = 7.0
    assert network.score([0, 0]) == 2.0
    for array in (network.cardinalities, network.factors[0].scores, network.observables["A"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    back = pickle.loads(pickle.dumps(network))
    assert back.score([1, 1]) == 2.0
    assert back.observables["A"].tolist() == [0.0, 1.0, 0.0, 1.0]


GRAPH = lattices.graph([[0, 1], [1, 2], [1, 2], [0, 0], [3, 1]], sites=5)  # doubled, self-loop, isolated
MODELS = [
    Ising(GRAPH, coupling=[1.0, -0.5, 0.25, 2.0, 3.0], field=[0.5, 0.0, -1.0, 0.125, 0.25]),
    Potts(GRAPH, states=3, coupling=[1.0, -0.5, 0.25, 2.0, 3.0], field=[0.5, 0.0, -1.0, 0.125, 0.25]),
    BlumeCapel(GRAPH, [1.0, -0.5, 0.25, 2.0, 3.0], [0.5, 0.0, 1.0, -2.0, 0.0], [0.5, 0.0, -1.0, 0.125, 0.25]),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_score_of_a_model_is_minus_its_energy_and_its_observable_the_magnetisation(model):
    network = model.network()
    values = np.array(model.state_values)
    states = oracles.of_model(model)
    seen = {}
    for x in itertools.product(range(values.size), repeat=model.sites):
        # these couplings are short binary fractions: no sum of them rounds
        assert -network.score(x) == model.energy(values[list(x)])
        m = sum(network.observables["magnetization"][network.starts[i] + s] for i, s in enumerate(x))
        key = (oracles.Fraction(-network.score(x)), int(m))
        seen[key] = seen.get(key, 0) + 1
    assert seen == dict(states)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.kind)
def test_a_field_on_the_network_is_minus_h_times_the_magnetisation(model):
    network = model.network()
    tilted = network.with_field("magnetization", 0.75)
    moment = network.observables["magnetization"]
    rng = np.random.default_rng(3)
    for x in rng.integers(0, len(model.state_values), (20, model.sites)):
        m = sum(moment[network.starts[i] + s] for i, s in enumerate(x))
        assert tilted.score(x) == network.score(x) + 0.75 * m
    with pytest.raises(InputError, match=r"expected one of \['magnetization'\]; got 'charge'"):
        network.with_field("charge", 1.0)


def test_a_network_of_10_000_spins_is_built_in_milliseconds():
    model = Ising(lattices.square(100, 100), field=0.1)
    model.lattice.bonds, model.couplings, model.fields  # noqa: B018  made before the clock starts
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        model.network()
        best = min(best, time.process_time() - start)
    assert best < 0.1  # measured 3 ms; a Python loop over bonds takes 0.2 s
