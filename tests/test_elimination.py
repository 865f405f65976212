"""Elimination: against brute force, exact integers and closed forms; orders, ground states, marginals, samples."""

from __future__ import annotations

import itertools
import json
import math
import pickle
from fractions import Fraction
from pathlib import Path

import mpmath
import networkx as nx
import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import lattices, solve
from statmech.errors import InputError, PrecisionError, ResourceError, UnsupportedError
from statmech.methods.elimination import Elimination, ground_state, local_means, sample
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.oscillator import Oscillator
from statmech.models.potts import Potts
from statmech.networks import Factors, Network
from statmech.thermodynamics import thermodynamics
from statmech.variable_elimination import Eliminator, find_order, memory_of
from statmech.variable_elimination.base import order_of
from statmech.variable_elimination.orders.bits import merges_along
from statmech.variable_elimination.orders.graph import bit_rows, listed
from statmech.variable_elimination.orders.greedy import greedy_order
from statmech.variable_elimination.sums.buckets import eliminate

TC = 2 / math.log1p(math.sqrt(2))
TINY = 2.3e-308  # smallest normal float64
# Every step adds terms of one sign, a few eps each; beta times a gap is rounded twice: 2 eps |beta gap| <= 3e-13.
BOUND = 1e-12
TEMPERATURES = (0.0, 2e-3, 0.05, 0.4, 1.0, 2.269, 30.0, np.inf, -0.4, -3.0, -np.inf)


@pytest.fixture(scope="module")
def reference(data):
    return json.loads((data / "reference" / "lattices.json").read_text())


def assert_exact(model, temperatures=TEMPERATURES, bound=BOUND):
    states = oracles.of_model(model)
    method = Elimination()
    c = method.cumulants(method.prepare(model), np.array(temperatures))
    th = thermodynamics(c)
    largest = max(abs(m) for _, m in states) or 1
    for t, temperature in enumerate(temperatures):
        exact = oracles.point(states, temperature, 450)
        for name in ("reference_energy", "free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity"):
            want = getattr(exact, "reference" if name == "reference_energy" else name)
            got = float(getattr(th, name)[t])
            assert oracles.relative_error(got, want, TINY) < bound, (name, temperature, got, want)
        # M cancels between states of both signs: its error is that of the largest |M|.
        assert abs(th.observables["magnetization"][t] - exact.magnetization) < bound * largest
        variance, joint = c.covariance[t, 1, 1], c.covariance[t, 0, 1] * c.energy_unit[t]
        assert abs(variance - exact.magnetization_variance) < bound * largest**2
        if temperature != 0:
            scale = largest * float(mpmath.sqrt(exact.heat_capacity)) * abs(temperature)
            if np.isfinite(scale):
                assert abs(joint - exact.energy_magnetization) < bound * max(scale, 1e-300) + 1e-15 * largest


# A graph of few sites with whatever a graph may have: doubled bonds, self-loops, parts of one site.
numbers = st.one_of(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), st.floats(-2.0, 2.0).map(lambda x: round(x, 12)))


@st.composite
def lattice_models(draw, kinds=("ising", "potts", "blume_capel")):
    kind = draw(st.sampled_from(kinds))
    sites = draw(st.integers(1, 7 if kind == "ising" else 5))
    ends = st.integers(0, sites - 1)
    bonds = draw(st.lists(st.tuples(ends, ends), max_size=10))
    lattice = lattices.graph(np.array(bonds, dtype=int).reshape(-1, 2), sites=sites)
    J = draw(st.lists(numbers, min_size=len(bonds), max_size=len(bonds)))
    h = draw(st.one_of(numbers, st.lists(numbers, min_size=sites, max_size=sites)))
    if kind == "ising":
        return Ising(lattice, J, h)
    if kind == "potts":
        return Potts(lattice, draw(st.integers(2, 3)), J, h)
    return BlumeCapel(lattice, J, draw(st.lists(numbers, min_size=sites, max_size=sites)), h)


@settings(max_examples=60, deadline=None)
@given(lattice_models())
def test_any_small_model_agrees_with_brute_force_at_every_temperature(model):
    assert_exact(model)


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.chain(1, periodic=False), field=0.25),
        Ising(lattices.chain(1)),
        Ising(lattices.square(2, 2)),
        Ising(lattices.square(3, 3), np.random.default_rng(1).normal(size=18), np.random.default_rng(2).normal(size=9)),
        Ising(lattices.complete(8), 1 / 8, 0.1),
        Potts(lattices.square(2, 3), states=3, field=0.3),
        BlumeCapel(lattices.square(2, 3), anisotropy=1.9),
    ],
    ids=lambda m: f"{m.kind} {m.lattice!r}",
)
def test_chosen_models_agree_with_brute_force_at_every_temperature(model):
    assert_exact(model)


def test_gaps_far_below_the_last_bit_of_the_largest_coupling_keep_their_digits():
    # 1e4 and 1e-12 in one model: 53 bits apart, so float64 energies would lose every digit of the small gap.
    model = Ising(lattices.chain(4, periodic=False), [1e4, 1e-12, 3e3], [0.0, 1e-12, 3e-13, 0.0])
    assert_exact(model, (0.0, 3e-13, 1e-12, 1e-11, 1e-5, 1e4))
    ground = ground_state(model)
    assert ground.degeneracy == 1  # two states differ by 2.6e-12 at energies of -13 000
    assert ground.configuration.tolist() == [1, 1, 1, 1]
    smaller = ground_state(Ising(lattices.chain(4, periodic=False), [1e4, 1.0, 3e3], [0.0, 1e-16, 0.0, 0.0]))
    assert (smaller.degeneracy, smaller.configuration.tolist()) == (1, [1, 1, 1, 1])
    up, down, apart, other = (math.exp(x) for x in (1 + 1.3, 1 - 1.3, -1 + 0.7, -1 - 0.7))  # of the two rigid pairs
    want = (up - down + apart - other) / (up + down + apart + other)
    assert local_means(model, 1e-12).magnetizations[1] == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 5.0, 20.0, 100.0, 170.0])
def test_spin_glass_equals_its_exact_density_of_states_far_below_the_gap(reference, beta):
    # At beta = 170 the rest weighs exp(-680): 1e-294, and so do log Z - log 12, U - E0 and C.
    instance = reference["spin_glass_instances"]["pmJ_open_8x8_seed1"]
    model = spin_glass(instance)
    counts = {(Fraction(int(e)), 0): int(g) for e, g in instance["g_by_E"].items()}
    method = Elimination()
    c = method.cumulants(method.prepare(model), np.array([1 / beta]))
    th, exact = thermodynamics(c), oracles.point(counts, 1 / beta, 400)
    for name in ("log_z", "free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity"):
        assert oracles.relative_error(float(getattr(th, name)[0]), getattr(exact, name)) < BOUND, name
    assert oracles.relative_error(float(c.log_z[0]), exact.log_z_relative) < BOUND
    given_value = instance["lnZ"].get(f"{beta:g}")
    if given_value is not None:
        assert float(th.log_z[0]) == pytest.approx(float(given_value), rel=1e-14)


def spin_glass(instance, field=0.0):
    bonds = np.array([bond[:2] for bond in instance["bonds"]], dtype=int)
    return Ising(lattices.graph(bonds, sites=instance["N"]), [bond[2] for bond in instance["bonds"]], field)


def test_spin_glass_ground_state_is_counted_exactly(reference):
    instance = reference["spin_glass_instances"]["pmJ_open_8x8_seed1"]
    model = spin_glass(instance)
    ground = ground_state(model)
    assert (ground.energy, ground.degeneracy) == (int(instance["E0"]), int(instance["deg"])) == (-84, 12)
    assert model.energy(ground.configuration) == -84
    cold = Elimination().cumulants(Elimination().prepare(model), np.array([0.0]))
    assert cold.log_z[0] == pytest.approx(math.log(12), rel=1e-15)


@pytest.mark.parametrize(("field", "key"), [(0.0, "lnZ"), (0.25, "lnZ_h0p25")])
def test_torus_with_real_couplings_equals_the_reference(reference, field, key):
    instance = reference["spin_glass_instances"]["uniform_torus_5x5_seed12"]
    method = Elimination()
    betas = [float(beta) for beta in instance[key]]
    th = thermodynamics(method.cumulants(method.prepare(spin_glass(instance, field)), 1 / np.array(betas)))
    want = [float(value) for value in instance[key].values()]
    assert th.log_z == pytest.approx(want, rel=2e-15)


@pytest.mark.parametrize(
    ("lattice", "want"),
    [
        (lattices.square(16, 16, periodic=False), 232.5996102056881),
        (lattices.square(10, 10), 93.6103005102221),
        (lattices.square(4, 4), 15.5219154587552832),
    ],
    ids=repr,
)
def test_log_z_at_the_critical_point_has_all_digits(lattice, want):
    method = Elimination()
    th = thermodynamics(method.cumulants(method.prepare(Ising(lattice)), np.array([TC])))
    assert th.log_z[0] == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("size", ["4", "8"])
def test_square_torus_gives_energy_heat_capacity_and_entropy_of_the_reference(reference, size):
    length = int(size)
    points = reference["square_torus_thermo_4x4_8x8"][size]
    temperatures = [TC if t == "Tc" else float(t) for t in points]
    method = Elimination()
    th = thermodynamics(
        method.cumulants(method.prepare(Ising(lattices.square(length, length))), np.array(temperatures))
    )
    for t, want in enumerate(points.values()):
        assert th.log_z[t] == pytest.approx(float(want["lnZ"]), rel=2e-15)
        for key, array in (
            ("U_per_site", th.internal_energy),
            ("C_per_site", th.heat_capacity),
            ("S_per_site", th.entropy),
        ):
            # Tc itself is rounded to float64, which moves C by eps C'(T) Tc: a few 1e-15
            assert array[t] / length**2 == pytest.approx(float(want[key]), rel=5e-14)


def test_a_tree_of_10_000_spins_equals_its_product_of_cosh():
    # Z = 2^N prod cosh(beta J_b) on any tree: log Z_rel, U - E0 and C are sums over bonds of two-level formulas.
    tree = nx.random_labeled_tree(10_000, seed=4)
    edges = np.array(tree.edges())
    J = np.random.default_rng(4).normal(size=len(edges))
    method, temperatures = Elimination(), np.array([0.05, 0.7, 20.0])
    c = method.cumulants(method.prepare(Ising(lattices.graph(edges), J)), temperatures)
    plan = method.prepare(Ising(lattices.graph(edges), J)).eliminator.plan
    assert plan.arena <= 2 * plan.order.peak < 100  # memory is used again
    for t, temperature in enumerate(temperatures):
        x = 2 * np.abs(J) / temperature
        p = 1 / (1 + np.exp(x))
        assert c.log_z[t] == pytest.approx(math.log(2) + math.fsum(np.log1p(np.exp(-x))), rel=BOUND)
        assert c.mean[t, 0] == pytest.approx(math.fsum(x * p), rel=BOUND)
        assert c.covariance[t, 0, 0] == pytest.approx(math.fsum(x**2 * p * (1 - p)), rel=BOUND)
        assert c.reference[t] == pytest.approx(-math.fsum(np.abs(J)), rel=1e-15)


def test_a_star_of_10_000_leaves_weighs_its_hub_beyond_the_range_of_floats():
    # Potts hub in state 0 leaves 3^10000 free leaves, else one each: weights 1e4770 apart meet in one table.
    n, barrier = 10_000, 1000.0
    table = np.zeros((2, 3))
    table[1, 1:] = -np.inf
    factors = (
        Factors(np.stack([np.zeros(n, dtype=int), np.arange(1, n + 1)], axis=1), np.broadcast_to(table, (n, 2, 3))),
        Factors([[0]], [[-barrier, 0.0]]),
    )
    tau = barrier / (n * math.log(3) + 100)
    c = Eliminator(Network([2, *[3] * n], factors)).cumulants([1.0, tau])
    assert c.reference.tolist() == [0.0, 0.0]
    assert c.log_z[0] == pytest.approx(n * math.log(3) - barrier, rel=BOUND)
    # the exponent -100 is the difference of two numbers near 10986, one of them a sum of 10 000 terms
    assert c.log_z[1] == pytest.approx(math.exp(n * math.log(3) - barrier / tau), rel=1e-8, abs=0)


def random_network(rng, n, factors, largest=4, forbid=0.1):
    cards = rng.integers(1, largest + 1, n)
    parts = []
    for _ in range(factors):
        scope = rng.choice(n, size=rng.integers(1, min(n, 4) + 1), replace=False)
        table = rng.normal(size=cards[scope])
        table[rng.random(table.shape) < forbid] = -np.inf
        parts.append((scope.tolist(), table))
    return Network.from_factors(cards, parts, constant=float(rng.normal()))


def brute(network):
    """All configurations (rows) and their scores."""
    x = np.array(list(itertools.product(*(range(q) for q in network.cardinalities))))
    scores = np.full(len(x), network.constant)
    for batch in network.factors:
        for scope, table in zip(batch.variables, batch.scores, strict=True):
            scores = scores + table[tuple(x[:, scope].T)]
    return x, scores


@pytest.mark.parametrize("seed", range(30))
def test_any_factors_on_any_variables_agree_with_brute_force(seed):
    # cardinalities 1 to 4, factors of one to four variables, a tenth of the combinations forbidden
    rng = np.random.default_rng(seed)
    network = random_network(rng, n=int(rng.integers(1, 8)), factors=int(rng.integers(0, 9)))
    x, scores = brute(network)
    solved = Eliminator(network)
    allowed = scores > -np.inf
    if not allowed.any():
        assert solved.cumulants([1.0]).log_z[0] == -np.inf
        for refused in (lambda: solved.marginals(1.0), solved.ground_state):
            with pytest.raises(InputError, match="every configuration is forbidden"):
                refused()
        return
    for tau in (0.05, 1.0, 7.0, -0.5, np.inf):
        c = solved.cumulants([tau])
        weights = np.zeros(len(scores))
        beta = 0.0 if np.isinf(tau) else 1 / tau
        best = scores[allowed].max() if tau > 0 else scores[allowed].min()
        weights[allowed] = np.exp(beta * (scores[allowed] - best))
        assert c.reference[0] == pytest.approx(-best, rel=1e-14, abs=1e-14)
        assert c.log_z[0] == pytest.approx(math.log(weights.sum()), rel=1e-11, abs=1e-13)
        probabilities = weights / weights.sum()
        marginals = solved.marginals(tau)
        for v, q in enumerate(network.cardinalities):
            want = [probabilities[x[:, v] == s].sum() for s in range(q)]
            assert marginals.of(v) == pytest.approx(want, abs=1e-13)
        for batch, found in zip(network.factors, marginals.factors, strict=True):
            for scope, table in zip(batch.variables, found, strict=True):
                want = np.zeros(table.shape)
                np.add.at(want, tuple(x[:, scope].T), probabilities)
                assert table == pytest.approx(want, abs=1e-13)
    ground = solved.ground_state()
    assert ground.energy == pytest.approx(-scores.max(), rel=1e-14, abs=1e-14)
    assert ground.degeneracy == np.count_nonzero(scores > scores.max() - 1e-9)
    assert network.score(ground.configuration) == -ground.energy


@pytest.mark.parametrize("forbid", [0.0, 0.02])
def test_tables_larger_than_a_chunk_agree_with_brute_force(forbid):
    # All triples of 13 spins: tables of 2^12 entries are walked in chunks of 512, factors within, beyond and across.
    rng = np.random.default_rng(5)
    triples = list(itertools.combinations(range(13), 3))
    tables = rng.integers(-2, 3, (len(triples), 2, 2, 2)).astype(float)
    tables[rng.random(tables.shape) < forbid / 10] = -np.inf
    network = Network([2] * 13, (Factors(triples, tables), Factors(np.arange(13)[:, None], rng.normal(size=(13, 2)))))
    x, scores = brute(network)
    solved = Eliminator(network)
    assert solved.plan.buckets[:, 2].max() == 4096
    kept = scores > -np.inf
    for tau in (1.0, 5.0):
        weights = np.where(kept, np.exp((scores - scores.max()) / tau), 0.0)
        c = solved.cumulants([tau])
        assert c.log_z[0] == pytest.approx(math.log(math.fsum(weights)), rel=1e-12)
        p = weights / math.fsum(weights)
        y = np.where(kept, (scores.max() - scores) / tau, 0.0)
        mean = math.fsum(p * y)
        assert c.mean[0, 0] == pytest.approx(mean, rel=1e-12)
        assert c.covariance[0, 0, 0] == pytest.approx(math.fsum(p * (y - mean) ** 2), rel=1e-12)
        assert solved.marginals(tau).states.reshape(13, 2)[:, 1] == pytest.approx(p @ x, abs=1e-13)
    assert solved.ground_state().energy == pytest.approx(-scores.max(), rel=1e-14)


def test_variables_of_many_states_agree_with_a_chain_of_matrices():
    # 700 states: one axis is longer than a chunk
    rng = np.random.default_rng(6)
    cards = [3, 700, 700, 2]
    tables = [rng.normal(size=(a, b)) for a, b in itertools.pairwise(cards)]
    network = Network.from_factors(cards, [([i, i + 1], table) for i, table in enumerate(tables)])
    product = np.linalg.multi_dot([np.exp(table) for table in tables]).sum()
    c = Eliminator(network).cumulants([1.0])
    assert c.log_z[0] - c.reference[0] == pytest.approx(math.log(product), rel=1e-14)


def test_hard_constraints_carry_costs_as_far_as_they_reach():
    # 300 copies of one spin: the two allowed states differ by the sum of all fields, not by those nearby.
    same = np.where(np.eye(2) > 0, 0.0, -np.inf)
    pairs = np.stack([np.arange(299), np.arange(1, 300)], axis=1)
    fields = np.random.default_rng(4).normal(size=300) / 8 + 0.1
    scores = np.stack([np.zeros(300), fields], axis=1)
    copies = (Factors(pairs, np.broadcast_to(same, (299, 2, 2))), Factors(np.arange(300)[:, None], scores))
    c = Eliminator(Network([2] * 300, copies)).cumulants([1.0])
    gap = abs(math.fsum(fields))
    assert gap > 20
    assert c.log_z[0] == pytest.approx(math.log1p(math.exp(-gap)), rel=BOUND, abs=0)
    assert c.mean[0, 0] == pytest.approx(gap / (1 + math.exp(gap)), rel=BOUND)


def test_independent_sets_of_the_grid_are_counted():
    # OEIS A006506: a hard constraint on every bond, all allowed states of equal energy.
    blocked = np.array([[0.0, 0.0], [0.0, -np.inf]])
    for length, count in ((2, 7), (3, 63), (4, 1234), (5, 55447), (6, 5598861), (7, 1280128950)):
        bonds = lattices.square(length, length, periodic=False).bonds
        network = Network([2] * length**2, (Factors(bonds, np.broadcast_to(blocked, (len(bonds), 2, 2))),))
        solved = Eliminator(network)
        assert solved.ground_state().degeneracy == count
        assert solved.cumulants([3.0]).log_z[0] == pytest.approx(math.log(count), rel=1e-14)


def test_colourings_of_a_ring_are_counted_as_python_integers():
    # Antiferromagnetic Potts: (q - 1)^n + (-1)^n (q - 1) proper colourings, here of 60 and 300 digits.
    for n, q in ((101, 5), (500, 4)):
        ground = ground_state(Potts(lattices.chain(n), states=q, coupling=-1.0))
        assert ground.degeneracy == (q - 1) ** n + (-1) ** n * (q - 1)
        assert ground.energy == 0
        colours = ground.configuration
        assert np.all(colours != np.roll(colours, 1))


def test_ties_of_couplings_that_are_no_binary_fractions_are_exact():
    # +-0.1 on a frustrated torus: sums of 0.1 in different orders differ in the last bit, the states do not.
    for coupling in (-1.0, -0.1, -1 / 3):
        assert ground_state(Ising(lattices.triangular(3, 3), coupling=coupling)).degeneracy == 42
    fields = [0.1, 0.2, -0.3]  # 0.1 + 0.2 = 0.30000000000000004 in floats, but not exactly 0.3 either: no tie
    model = Ising(lattices.graph(np.empty((0, 2), dtype=int), sites=3), field=fields)
    assert ground_state(model).degeneracy == 1


@pytest.mark.parametrize("seed", range(4))
def test_random_regular_graphs_obey_every_identity(seed):
    n = (60, 70, 80, 100)[seed]
    edges = np.array(nx.random_regular_graph(3, n, seed=seed).edges())
    rng = np.random.default_rng(seed)
    model = Ising(lattices.graph(edges), rng.choice([-1.0, 1.0], len(edges)), 0.5 * rng.normal(size=n))
    network = model.network()
    method = Elimination()
    state = method.prepare(model)
    for temperature in (0.3, 1.0, 4.0):
        # Central difference of fourth order at h = 1e-3 T: truncation ~ 1e-12, rounding ~ 1e-15 U / (h C)
        h = 1e-3 * temperature
        th = thermodynamics(method.cumulants(state, temperature + h * np.arange(-2, 3)))
        slope = (
            th.internal_energy[0] - 8 * th.internal_energy[1] + 8 * th.internal_energy[3] - th.internal_energy[4]
        ) / (12 * h)
        assert slope == pytest.approx(th.heat_capacity[2], rel=1e-8)
        assert th.free_energy_excess[2] == pytest.approx(
            th.internal_energy_excess[2] - temperature * th.entropy[2], rel=1e-12
        )
        marginals = Eliminator(network, order=state.eliminator.order).marginals(temperature)
        energy = -math.fsum(
            np.sum(p * batch.scores) for p, batch in zip(marginals.factors, network.factors, strict=True)
        )
        assert energy == pytest.approx(th.internal_energy[2], rel=1e-13)
        assert math.fsum(marginals.means(network.observables["magnetization"])) == pytest.approx(
            th.observables["magnetization"][2], abs=1e-12 * n
        )
    ground = state.eliminator.ground_state()
    cold = method.cumulants(state, np.array([0.0]))
    assert cold.log_z[0] == pytest.approx(math.log(ground.degeneracy), abs=1e-14)
    assert cold.reference[0] == pytest.approx(ground.energy, rel=1e-15)


def test_infinite_temperature_counts_all_states_and_negative_temperature_turns_the_signs():
    method, lattice = Elimination(), lattices.triangular(4, 4)
    model = Ising(lattice, coupling=-1.0, field=0.2)
    c = method.cumulants(method.prepare(model), np.array([np.inf, -1.5]))
    assert c.log_z[0] == pytest.approx(16 * math.log(2), rel=1e-15)
    assert c.covariance[0, 0, 0] == pytest.approx(48 + 16 * 0.04, rel=1e-14)  # sum J^2 + sum h^2
    mirror = method.cumulants(method.prepare(Ising(lattice, coupling=1.0, field=-0.2)), np.array([1.5]))
    assert c.log_z[1] == mirror.log_z[0]
    assert c.covariance[1, 0, 0] == mirror.covariance[0, 0, 0]
    assert c.reference[1] == -mirror.reference[0]
    assert c.mean[1, 1] == mirror.mean[0, 1]


# Orders -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lattice", "width"),
    [
        (lattices.square(12, 12, periodic=False), 12),
        (lattices.chain(1000, periodic=False), 1),
        (lattices.chain(1000), 2),
        (lattices.tree(3, 6), 1),
        (lattices.complete(9), 8),
        (lattices.graph(np.empty((0, 2), dtype=int), sites=4), 0),
    ],
    ids=repr,
)
def test_the_order_found_has_the_width_of_the_graph(lattice, width):
    order = find_order(Ising(lattice).network())
    assert order.width == width
    assert sorted(order.variables) == list(range(lattice.sites))


def test_on_a_long_strip_the_work_is_at_most_that_of_a_row_order():
    assert find_order(Ising(lattices.square(8, 100, periodic=False)).network()).merges < 800 * 2**9


def test_row_order_does_not_depend_on_how_the_sites_are_numbered():
    lattice = lattices.square(12, 12, periodic=False)
    shuffled = np.random.default_rng(1).permutation(144)
    order = find_order(Ising(lattices.graph(shuffled[lattice.bonds])).network())
    assert order.width <= 13
    assert order.merges <= 4 * find_order(Ising(lattice).network()).merges


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_order_gives_the_same_sum(random):
    rng = np.random.default_rng(random.randrange(2**32))
    network = random_network(rng, n=7, factors=9, largest=3, forbid=0.0)
    sequence = list(range(7))
    random.shuffle(sequence)
    order = order_of(network, sequence, "given")
    a, b = Eliminator(network).cumulants([0.3, 2.0]), Eliminator(network, order=order).cumulants([0.3, 2.0])
    assert a.log_z == pytest.approx(b.log_z, rel=1e-13)
    assert a.mean == pytest.approx(b.mean, rel=1e-13)
    assert a.covariance == pytest.approx(b.covariance, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_cost_told_beforehand_is_the_cost(random):
    rng = np.random.default_rng(random.randrange(2**32))
    network = random_network(rng, n=12, factors=12, largest=3, forbid=0.0)
    sequence = list(range(12))
    random.shuffle(sequence)
    order = order_of(network, sequence, "given")
    plan = Eliminator(network, order=order).plan
    assert order.merges == (plan.buckets[:, 1] * plan.buckets[:, 2]).sum()
    assert order.width == max(len(axes) for axes in plan.axes)
    assert plan.arena <= 2 * order.peak  # first fit wastes little
    alive, most = {}, 0  # no two tables that are alive at once overlap
    for b, row in enumerate(plan.buckets.tolist()):
        read = [o[1] for o in plan.operands[row[6] : row[7]].tolist() if o[0] == 0]
        here = range(row[4], row[4] + row[2])
        assert all(here.stop <= other.start or other.stop <= here.start for other in alive.values())
        most = max(most, len(here) + sum(map(len, alive.values())))
        for child in read:
            del alive[child]
        alive[b] = here
    assert order.peak - len(alive) <= most <= order.peak  # what is left at the end are single numbers


def test_a_width_beyond_memory_is_refused_with_width_memory_and_what_else():
    model = Ising(lattices.square(40, 40))
    method = Elimination()
    support = method.supports(model)
    assert not support
    for part in ("width", "GiB", "2 GiB", "transfer_matrix", "monte_carlo", "memory_limit"):
        assert part in support.reason
    with pytest.raises(UnsupportedError, match="width more than"):
        method.prepare(model)
    small = Elimination(memory_limit=10_000.0)
    support = small.supports(Ising(lattices.square(8, 8)))
    assert not support
    assert "width 1" in support.reason
    with pytest.raises(ResourceError, match="above the limit"):
        Eliminator(Ising(lattices.square(8, 8)).network(), memory_limit=10_000.0)
    network = Ising(lattices.square(8, 8)).network()
    order = find_order(network)
    with pytest.raises(ResourceError, match="marginals keep every table"):
        Eliminator(network, order=order, memory_limit=memory_of(order.peak)).marginals(1.0)
    with pytest.raises(InputError, match="memory_limit: expected a positive number"):
        Elimination(memory_limit=0.0)


def test_what_is_no_finite_network_is_declined_with_the_reason():
    method = Elimination()
    assert "no network" in method.supports(Oscillator(1.0)).reason
    assert "infinite" in method.supports(Ising(lattices.square("infinite"))).reason
    assert "width 2" in method.supports(Ising(lattices.chain(50))).reason
    with pytest.raises(UnsupportedError, match="no network"):
        method.cost(Oscillator(1.0), 1)


def test_half_of_the_states_give_what_all_of_them_give():
    rng = np.random.default_rng(6)
    lattice = lattices.square(4, 5)
    for model in (Ising(lattice, rng.normal(size=lattice.bond_count)), Ising(lattice, -1.0), Ising(lattice, 0.0)):
        method = Elimination()
        state, T = method.prepare(model), np.array([0.0, 0.05, 1.3, np.inf, -0.4])
        assert state.half is not None
        assert state.half.order.merges < 0.7 * state.order.merges
        half, all_ = method.cumulants(state, T), state.eliminator.cumulants(T)
        for name in ("reference", "log_z", "mean", "covariance"):
            assert np.allclose(getattr(half, name), getattr(all_, name), rtol=1e-13, atol=1e-13), name
        swept = method.cumulants(state, T, np.array([0.0, 0.3]))
        assert np.allclose(swept.log_z[0], half.log_z, rtol=1e-13)
    assert Elimination().prepare(Ising(lattice, field=0.1)).half is None
    assert Elimination().prepare(Potts(lattice)).half is None


@pytest.mark.parametrize("fill", [True, False])
def test_compiled_orders_eliminate_the_cheapest_variable_and_count_merges_rightly(fill):
    network = Ising(lattices.graph(list(nx.random_regular_graph(3, 70, seed=2).edges()))).network()
    ties = np.random.default_rng(1).random(70)
    sequence = greedy_order(bit_rows(*listed(network.neighbours)), ties, fill, 48).tolist()
    left = {v: set(others) for v, others in enumerate(network.neighbours)}
    for v in sequence:

        def price(u):
            around = left[u]
            missing = sum(len(around - left[w]) - 1 for w in around) // 2
            return (missing if fill else len(around)), ties[u]

        assert v == min(left, key=price)
        around = left.pop(v)
        for u in around:
            left[u] = (left[u] | around) - {u, v}
    order = order_of(network, sequence, "test")
    counted = merges_along(bit_rows(*listed(network.neighbours)), np.array(sequence), np.ones(70), 4.0)
    assert counted == order.merges + 4.0 * 2.0**order.width


def test_compiled_loops_are_named_after_the_merge_they_call_and_the_columns_they_read():
    assert {Path(file).name for file in eliminate.foreign_files()} == {"base.py", "merging.py"}


def test_cost_grows_with_the_sweep_and_memory_does_not():
    method, model = Elimination(), Ising(lattices.square(12, 12), field=0.1)
    one, many = method.cost(model, 1), method.cost(model, 100, 3)
    assert 50 < many.seconds / one.seconds < 301
    assert one.memory == many.memory


# Sweeps -------------------------------------------------------------------------------------------------------------


def test_fields_replace_the_model_s_own():
    rng = np.random.default_rng(3)
    lattice, fields = lattices.square(3, 4), np.array([0.0, 0.3, -1.25])
    method, temperatures = Elimination(), np.array([0.0, 0.5, 2.0])
    J = rng.normal(size=lattice.bond_count)
    for own in (0.0, 0.7, rng.normal(size=12)):
        c = method.cumulants(method.prepare(Ising(lattice, J, own)), temperatures, fields)
        assert c.log_z.shape == (3, 3)
        for k, h in enumerate(fields):
            alone = method.cumulants(method.prepare(Ising(lattice, J, h)), temperatures)
            assert c.log_z[k] == pytest.approx(alone.log_z, rel=1e-14)
            assert c.mean[k] == pytest.approx(alone.mean, rel=1e-13, abs=1e-14)
            assert c.reference[k] == pytest.approx(alone.reference, rel=1e-15)


def test_a_point_has_the_same_bits_alone_in_company_and_after_a_journey():
    model = Ising(lattices.square(4, 5), np.random.default_rng(2).normal(size=40), 0.1)
    temperatures = np.array([0.3, 1.0, -2.0, np.inf, 0.0])
    method = Elimination()
    together = method.cumulants(method.prepare(model), temperatures)
    for t in range(len(temperatures)):
        other = pickle.loads(pickle.dumps(method))
        alone = other.cumulants(other.prepare(pickle.loads(pickle.dumps(model))), temperatures[t : t + 1])
        for name in ("reference", "log_z", "mean", "covariance"):
            assert getattr(alone, name)[0].tobytes() == getattr(together, name)[t].tobytes()


def test_a_constant_changes_the_reference_and_not_one_bit_else():
    rng = np.random.default_rng(8)
    network = random_network(rng, 6, 8, forbid=0.0)
    moved = Network(network.cardinalities, network.factors, network.constant + 2.0**30)
    a, b = Eliminator(network).cumulants([0.4, 3.0]), Eliminator(moved).cumulants([0.4, 3.0])
    assert a.log_z.tobytes() == b.log_z.tobytes()
    assert a.covariance.tobytes() == b.covariance.tobytes()
    assert b.reference == pytest.approx(a.reference - 2.0**30, rel=1e-15)


def test_temperatures_without_meaning_are_refused():
    solved = Eliminator(Network([2], ()))
    for wrong in (np.nan, -0.0):
        with pytest.raises(InputError, match="temperature"):
            solved.cumulants([1.0, wrong])


def test_a_placeholder_for_minus_infinity_is_refused_where_it_would_cost_digits():
    # -1e300 in the place of -inf: next to it no digit of the other scores is left.
    table = np.array([[0.3, -1e300], [-1.1, 0.2]])
    solved = Eliminator(Network.from_factors([2, 2], [([0, 1], table)]))
    with pytest.raises(PrecisionError, match="-inf for what is meant to be forbidden"):
        solved.cumulants([1.0])
    table[0, 1] = -np.inf
    c = Eliminator(Network.from_factors([2, 2], [([0, 1], table)])).cumulants([1.0])
    assert c.log_z[0] - c.reference[0] == pytest.approx(math.log(math.exp(0.3) + math.exp(-1.1) + math.exp(0.2)))


# A hidden Markov chain ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tau", [1.0, 0.1, 1e-4])
def test_a_long_chain_with_forbidden_steps_equals_a_forward_pass_in_long_double(tau):
    rng = np.random.default_rng(0)
    states, length = 4, 3000
    steps = rng.random((states, states)) * (rng.random((states, states)) > 0.4) + 0.05 * np.eye(states)
    with np.errstate(divide="ignore"):
        transition = np.log(steps / steps.sum(axis=1, keepdims=True))
    emission = -4.5 * rng.normal(size=(length, states)) ** 2
    emission[100] = [-20_000.0, -19_000.0, -18_000.5, -21_000.0]  # a 200-sigma outlier
    pairs = np.stack([np.arange(length - 1), np.arange(1, length)], axis=1)
    network = Network(
        np.full(length, states),
        (
            Factors(np.arange(length)[:, None], emission),
            Factors(pairs, np.broadcast_to(transition, (length - 1, states, states))),
        ),
    )
    beta = 1 / np.longdouble(tau)
    forward = emission[0] * beta
    for t in range(1, length):
        x = forward[:, None] + transition * beta
        top = x.max(axis=0)
        forward = top + np.log(np.exp(x - top).sum(axis=0)) + emission[t] * beta
    want = forward.max() + np.log(np.exp(forward - forward.max()).sum())
    solved = Eliminator(network)
    c = solved.cumulants([tau])
    got = c.log_z[0] - c.reference[0] * beta
    # long double holds 1e-19 of |log Z|; the reference is one float64
    assert abs(got - want) < 2e-16 * abs(want)
    ground = solved.ground_state()
    score = -np.longdouble(c.reference[0])
    assert abs(-ground.energy - score) <= 1e-15 * abs(score)
    assert (
        score <= tau * want + 1e-9 <= score + tau * length * math.log(states) + 2e-9
    )  # V <= LSE_tau <= V + tau T log S


# Marginals and samples ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.0, 0.3, 2.0, np.inf, -1.0])
def test_local_means_equal_brute_force(temperature):
    lattice = lattices.graph([[0, 1], [1, 2], [1, 2], [0, 0], [3, 1], [3, 4]], sites=6)
    rng = np.random.default_rng(9)
    model = Ising(lattice, rng.normal(size=6), rng.normal(size=6))
    spins = np.array(list(itertools.product((-1, 1), repeat=6)))
    energies = np.array([model.energy(s) for s in spins])
    if temperature == 0:
        weights = (energies == energies.min()) * 1.0
    else:
        beta = 1 / temperature
        weights = np.exp(-beta * (energies - (energies.min() if beta >= 0 else energies.max())))
    p = weights / weights.sum()
    means = local_means(model, temperature)
    assert means.magnetizations == pytest.approx(p @ spins, abs=1e-14)
    i, j = lattice.bonds.T
    assert means.bond_energies == pytest.approx(p @ (-model.couplings * spins[:, i] * spins[:, j]), abs=1e-14)


def test_local_means_add_up_to_the_whole_on_a_lattice():
    model = Ising(lattices.square(6, 7), np.random.default_rng(1).normal(size=84), 0.3)
    method = Elimination()
    for temperature in (0.2, 1.5):
        c = thermodynamics(method.cumulants(method.prepare(model), np.array([temperature])))
        means = local_means(model, temperature)
        m = means.magnetizations.sum()
        assert m == pytest.approx(c.observables["magnetization"][0], rel=1e-13)
        assert means.bond_energies.sum() - 0.3 * m == pytest.approx(c.internal_energy[0], rel=1e-13)


def test_samples_have_the_exact_distribution():
    # chi^2 over all 2^8 states with 40 000 samples; a sampler with one sign of a coupling turned fails by 1e4.
    rng = np.random.default_rng(12)
    model = Ising(lattices.square(2, 4, periodic=False), rng.normal(size=10), rng.normal(size=8))
    count, temperature = 40_000, 1.3
    spins = sample(model, temperature, count, np.random.default_rng(7))
    assert spins.shape == (count, 8)
    assert set(np.unique(spins)) == {-1, 1}
    every = np.array(list(itertools.product((-1, 1), repeat=8)))
    weights = np.exp(-np.array([model.energy(s) for s in every]) / temperature)
    expected = count * weights / weights.sum()
    index = ((spins + 1) // 2) @ (2 ** np.arange(7, -1, -1))
    observed = np.bincount(index, minlength=256)
    frequent = expected > 5
    chi2 = np.sum((observed - expected)[frequent] ** 2 / expected[frequent])
    rest = abs(observed[~frequent].sum() - expected[~frequent].sum())
    df = np.count_nonzero(frequent)
    assert abs(chi2 - df) < 5 * math.sqrt(2 * df)  # 5 sigma of chi^2 with df degrees of freedom
    assert rest < 5 * math.sqrt(expected[~frequent].sum() + 1)


def test_samples_at_zero_temperature_are_uniform_over_the_ground_states():
    model = Ising(lattices.triangular(3, 3), coupling=-1.0)
    spins = sample(model, 0.0, 8400, np.random.default_rng(3))
    assert {model.energy(s) for s in np.unique(spins, axis=0)} == {-9.0}
    counts = np.unique(spins, axis=0, return_counts=True)[1]
    assert len(counts) == 42
    assert np.sum((counts - 200.0) ** 2 / 200.0) < 41 + 5 * math.sqrt(82)


def test_samples_depend_on_the_generator_only():
    model = Ising(lattices.square(5, 5))
    a, b = (sample(model, 2.0, 50, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(a, b)
    longer = sample(model, 2.0, 80, np.random.default_rng(1))
    assert np.array_equal(longer[:50], a)
    assert not np.array_equal(sample(model, 2.0, 50, np.random.default_rng(2)), a)
    with pytest.raises(InputError, match=r"numpy\.random\.Generator"):
        sample(model, 2.0, 50, 1)
    with pytest.raises(InputError, match="number of samples >= 0; got -1"):
        sample(model, 2.0, -1, np.random.default_rng(1))


@pytest.mark.parametrize("method", ["elimination", "transfer_matrix"])
def test_quantities_without_the_magnetisation_have_the_same_bits_and_spare_its_work(method):
    model, T = Ising(lattices.square(4, 5), -0.7, 0.2), [0.0, 0.4, 2.0, np.inf, -1.0]
    whole = solve(model, T, [0.2, 0.0], method=method)
    some = solve(model, T, [0.2, 0.0], method=method, quantities=["log_z", "heat_capacity"])
    assert list(some.data_vars) == ["log_z", "heat_capacity", "status"]
    assert np.array_equal(some.log_z, whole.log_z)
    assert np.array_equal(some.heat_capacity, whole.heat_capacity)
    assert "not_computed" not in some.attrs
    assert "susceptibility" in solve(model, T, method=method, quantities=["susceptibility"])
    with pytest.raises(InputError, match="some of log_z"):
        solve(model, T, method=method, quantities=["entropi"])
