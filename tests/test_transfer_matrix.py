"""The transfer matrix: every way through a lattice against brute force, elimination, closed forms and known digits."""

from __future__ import annotations

import itertools
import json
import math
import os
import pickle
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import choose_method, lattices, solve
from statmech.errors import InputError, PrecisionError, UnsupportedError
from statmech.methods.closed_forms.ising_chain import IsingChain
from statmech.methods.closed_forms.kaufman import Kaufman
from statmech.methods.elimination import Elimination
from statmech.methods.transfer_matrix import Transfer, TransferMatrix
from statmech.methods.transfer_matrix import sweep as loops
from statmech.methods.transfer_matrix.costs import site_numbers, terms_of, whole_costs
from statmech.methods.transfer_matrix.frontier import walk
from statmech.methods.transfer_matrix.layers import layers_of
from statmech.methods.transfer_matrix.powers import layer_matrix, power_entries
from statmech.methods.transfer_matrix.routes import all_routes
from statmech.methods.transfer_matrix.start_rows import start_rows
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.models.two_level import TwoLevel
from statmech.thermodynamics import thermodynamics

TC = 2 / math.log(1 + math.sqrt(2))
TEMPERATURES = np.array([0.0, 0.05, 0.4, 1.0, 2.269, 30.0, np.inf, -np.inf, -0.4, -3.0])
REFERENCE = Path(os.environ.get("STATMECH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / "reference"
EXACT = 1e-12  # the bound the method states; a handful of eps per merge, some tens of merges deep
TINY = 2.2250738585072014e-308


def solved(model, temperatures, **options):
    method = TransferMatrix(**options)
    return method.cumulants(method.prepare(model), np.asarray(temperatures, dtype=float))


def by(route, model, temperatures, observed=True):
    """Along one way, whatever it costs."""
    return TransferMatrix._at(Transfer(model, route), np.asarray(temperatures, dtype=float), observed)


def assert_equals_brute_force(model, cumulants, temperatures):
    th, states = thermodynamics(cumulants), oracles.of_model(model)
    for t, temperature in enumerate(temperatures):
        exact = oracles.point(states, float(temperature))
        for quantity in ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity"):
            error = oracles.relative_error(float(getattr(th, quantity)[t]), getattr(exact, quantity), TINY)
            assert error < EXACT, (quantity, temperature)
        if cumulants.observables:
            # M and Cov(H, M) cancel between states of both signs: their rounding is that of the largest |M|, |y M|
            n = model.sites
            assert abs(cumulants.mean[t, 1] - float(exact.magnetization)) < 1e-13 * n
            variance = float(exact.magnetization_variance)
            assert cumulants.covariance[t, 1, 1] == pytest.approx(variance, rel=EXACT, abs=1e-28 * n * n)
            if np.isfinite(temperature) and temperature != 0:
                cov = float(exact.energy_magnetization) / temperature
                assert cumulants.covariance[t, 0, 1] == pytest.approx(cov, rel=EXACT, abs=1e-12 * n)


# Every way through a lattice -----------------------------------------------------------------------------------------

SHAPES = [
    (lattices.chain, (7,)),
    (lattices.square, (4, 3)),
    (lattices.square, (2, 4)),
    (lattices.square, (1, 5)),
    (lattices.triangular, (3, 3)),
    (lattices.honeycomb, (3, 1)),
    (lattices.kagome, (3, 1)),
    (lattices.cubic, (3, 2, 2)),
]


def random_models(make, shape, seed):
    rng = np.random.default_rng(seed)
    for periodic in itertools.product((False, True), repeat=len(shape)):
        lattice = make(*shape, periodic=periodic)
        yield Ising(lattice, coupling=-1.0)
        yield Ising(lattice, rng.normal(size=lattice.bond_count), rng.normal(size=lattice.sites))
        if lattice.sites < 8:
            yield Potts(lattice, 3, coupling=-1.0)
            yield Potts(lattice, 2, rng.choice([-1.0, 1.0], lattice.bond_count))
            yield BlumeCapel(lattice, 1.0, 0.5)
            yield BlumeCapel(lattice, rng.choice([-1.0, 1.0], lattice.bond_count), rng.normal(size=lattice.sites), 0.3)


@pytest.mark.parametrize(("make", "shape"), SHAPES, ids=lambda x: getattr(x, "__name__", str(x)))
def test_every_way_through_a_lattice_equals_elimination(make, shape):
    for model in random_models(make, shape, 1):
        method = Elimination()
        want = method.cumulants(method.prepare(model), TEMPERATURES)
        routes = all_routes(model)
        assert {(route.closed, route.power) for route in routes} >= {(False, False)}
        for route, observed in itertools.product(routes, (False, True)):
            got, k = by(route, model, TEMPERATURES, observed), 2 if observed else 1
            assert got.reference == pytest.approx(want.reference, rel=1e-15, abs=0)
            assert got.log_z == pytest.approx(want.log_z, rel=EXACT, abs=0), (model, route)
            # M cancels, y does not
            floor = np.array([TINY, 1e-13 * model.sites])[:k]
            assert np.all(np.abs(got.mean - want.mean[:, :k]) <= EXACT * np.abs(want.mean[:, :k]) + floor)
            floor = np.array([[TINY, 1e-12], [1e-12, 1e-28]])[:k, :k] * model.sites**2
            there = want.covariance[:, :k, :k]
            assert np.all(np.abs(got.covariance - there) <= EXACT * np.abs(there) + floor), (model, route)


@settings(max_examples=25, deadline=None)
@given(
    make=st.sampled_from([lattices.square, lattices.triangular]),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    periodic=st.tuples(st.booleans(), st.booleans()),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["gaussian", "ties", "field"]),
)
def test_random_models_equal_brute_force(make, shape, periodic, seed, kind):
    lattice, rng = make(*shape, periodic=periodic), np.random.default_rng(seed)
    count = lattice.bond_count
    model = {
        "gaussian": lambda: Ising(lattice, rng.normal(size=count), rng.normal(size=lattice.sites)),
        "ties": lambda: Ising(lattice, rng.choice([0.1, -0.2, 0.3, 0.0], count)),  # 0.1 + 0.2 is not 0.3 in floats
        "field": lambda: Ising(lattice, rng.choice([-1.0, 1.0], count), 0.3),
    }[kind]()
    assert_equals_brute_force(model, solved(model, TEMPERATURES), TEMPERATURES)


def test_energies_that_do_not_fit_one_integer_take_two():
    rng = np.random.default_rng(3)
    lattice = lattices.square(3, 3)
    J = rng.choice([1.0, -1.0], 18) * (1 + 2.0**-45 * rng.integers(0, 9, 18)) * 2.0 ** rng.integers(-14, 1, 18)
    model = Ising(lattice, J, 1e-3 * rng.normal(size=9))
    plan = walk(lattice, (1, 0), False, False)
    costs = whole_costs(terms_of(model, lattice.bonds, J, site_numbers(model)), 1, plan.later, plan.digits)
    assert costs.limbs == 2
    assert costs.rounding == 0.0
    for route in all_routes(model):
        assert_equals_brute_force(model, by(route, model, TEMPERATURES), TEMPERATURES)


@pytest.mark.parametrize("sign", [1, -1])
def test_costs_are_the_energies_exactly(sign):
    rng = np.random.default_rng(5)
    lattice = lattices.triangular(3, 1)  # self-loops
    model = BlumeCapel(lattice, rng.normal(size=lattice.bond_count), rng.normal(size=3), 0.1)
    costs = whole_costs(
        terms_of(model, lattice.bonds, model.couplings, site_numbers(model)), sign, lattice.bonds.max(axis=1), 3
    )
    exact = Fraction(0)
    state = [2, 0, 1]
    s = [model.state_values[a] for a in state]
    for (i, j), J in zip(lattice.bonds.tolist(), model.couplings.tolist(), strict=True):
        exact -= Fraction(J) * s[i] * s[j]
    for i, (h, d) in enumerate(zip(model.fields.tolist(), model.anisotropies.tolist(), strict=True)):
        exact += Fraction(d) * s[i] ** 2 - Fraction(h) * s[i]
    total = [0] * costs.limbs
    for limb in range(costs.limbs):
        total[limb] += sum(int(costs.sites[limb, i, a]) for i, a in enumerate(state))
        for b, (i, j) in enumerate(lattice.bonds.tolist()):
            if i != j:
                total[limb] += int(costs.tables[limb, costs.table_of[b], state[i], state[j]])
    assert costs.constant + costs.energy(total) == sign * exact


# Known digits --------------------------------------------------------------------------------------------------------


def test_open_squares_and_the_torus_at_tc_have_the_known_digits():
    # 13 digits are known; the sums are right to a few eps
    for lattice, log_z in (
        (lattices.square(16, 16, periodic=False), 232.5996102056881),
        (lattices.square(10, 10), 93.6103005102221),
    ):
        th = thermodynamics(solved(Ising(lattice), [TC]))
        assert th.log_z[0] == pytest.approx(log_z, rel=2e-15)


@pytest.mark.parametrize("shape", [(8, 8), (5, 9), (12, 6), (40, 4)])
def test_tori_equal_kaufman(shape):
    model, method = Ising(lattices.square(*shape)), Kaufman()
    T = np.array([0.5, 1.7, TC, 4.0, -2.0])
    want, got = thermodynamics(method.cumulants(method.prepare(model), T)), thermodynamics(solved(model, T))
    for name in ("log_z", "internal_energy_excess", "entropy", "heat_capacity"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=1e-12)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"no reference data in {REFERENCE}")
def test_the_reference_spin_glasses_are_right_down_to_beta_20():
    data = json.loads((REFERENCE / "lattices.json").read_text())["spin_glass_instances"]
    glass = data["pmJ_open_8x8_seed1"]
    J = {tuple(sorted(bond[:2])): float(bond[2]) for bond in glass["bonds"]}
    lattice = lattices.square(8, 8, periodic=False)
    model = Ising(lattice, [J[tuple(sorted(bond))] for bond in lattice.bonds.tolist()])
    cold = solved(model, [0.0])
    assert cold.reference[0] == -84
    assert cold.log_z[0] == pytest.approx(math.log(12), rel=1e-15)
    got = thermodynamics(solved(model, [1 / 20.0, 1.0]))
    method = Elimination()
    want = thermodynamics(method.cumulants(method.prepare(model), np.array([1 / 20.0, 1.0])))
    for name in ("entropy", "internal_energy_excess", "heat_capacity"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=EXACT)


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(9, 7, periodic=(True, False)), np.random.default_rng(1).normal(size=117), 0.2),
        Ising(lattices.triangular(6, 6), coupling=-1.0),
        Ising(lattices.honeycomb(5, 4), coupling=np.random.default_rng(2).choice([-1.0, 1.0], 60)),
        Potts(lattices.square(6, 5, periodic=(False, True)), 3, field=0.1),
        BlumeCapel(lattices.triangular(5, 4, periodic=False), 1.0, 2.9),
        Ising(lattices.cubic(3, 3, 4, periodic=(False, False, True))),
    ],
    ids=lambda model: f"{model.kind} {model.lattice.kind}",
)
def test_larger_lattices_equal_elimination(model):
    T, method = np.array([0.0, 0.3, 1.5, 5.0, -1.0]), Elimination()
    want, got = method.cumulants(method.prepare(model), T), solved(model, T)
    assert got.reference == pytest.approx(want.reference, rel=1e-15)
    assert got.log_z == pytest.approx(want.log_z, rel=EXACT)
    assert got.mean[:, 0] == pytest.approx(want.mean[:, 0], rel=EXACT)
    assert got.mean[:, 1] == pytest.approx(want.mean[:, 1], abs=1e-12 * model.sites)
    assert got.covariance[:, 0, 0] == pytest.approx(want.covariance[:, 0, 0], rel=EXACT)
    assert got.covariance[:, 1, 1] == pytest.approx(want.covariance[:, 1, 1], rel=EXACT, abs=1e-26)


# Long strips ---------------------------------------------------------------------------------------------------------


def ladder_point(length, temperature, digits=60):
    """log Z, <y> and Var y of the closed Ising ladder of J = 1 with two legs, around E0 = -3 L: by mpmath."""
    spins = [(a, b) for a in (1, -1) for b in (1, -1)]
    with mpmath.workdps(digits):

        def log_z(beta):
            entries = [[mpmath.exp(beta * (a * c + b * d + c * d - 3)) for c, d in spins] for a, b in spins]
            matrix = mpmath.matrix(entries) ** length
            return mpmath.log(sum(matrix[k, k] for k in range(4)))

        beta = 1 / mpmath.mpf(temperature)
        return log_z(beta), -beta * mpmath.diff(log_z, beta), beta**2 * mpmath.diff(log_z, beta, 2)


@pytest.mark.parametrize("length", [3, 100, 10**6])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_a_long_ladder_equals_the_power_of_its_matrix_in_sixty_digits(length, temperature):
    c = solved(Ising(lattices.square(length, 2, periodic=(True, False))), [temperature])
    log_z, mean, variance = ladder_point(length, temperature)
    assert c.log_z[0] == pytest.approx(float(log_z), rel=EXACT)
    assert c.mean[0, 0] == pytest.approx(float(mean), rel=EXACT)
    assert c.covariance[0, 0, 0] == pytest.approx(float(variance), rel=EXACT)
    assert c.reference[0] == -3 * length


def test_a_thousand_million_rows_take_thirty_squarings():
    model = Ising(lattices.square(10**9, 2, periodic=False), coupling=-1.0, field=0.25)
    c = solved(model, [0.0, 0.2, 1.0, 5.0])
    short = [solved(Ising(lattices.square(n, 2, periodic=False), -1.0, 0.25), [0.2, 1.0, 5.0]) for n in (200, 300)]
    for name in ("log_z", "reference"):
        per_row = (getattr(short[1], name) - getattr(short[0], name)) / 100
        # the ends and the rounding of log Z of 300 rows are what is left
        assert getattr(c, name)[1:] / 1e9 == pytest.approx(per_row, rel=1e-9, abs=1e-9)
    variance = (short[1].covariance[:, 0, 0] - short[0].covariance[:, 0, 0]) / 100
    assert c.covariance[1:, 0, 0] / 1e9 == pytest.approx(variance, rel=1e-8)
    assert c.log_z[0] == pytest.approx(math.log(2), rel=1e-15)
    assert c.reference[0] == -3e9 + 2


@pytest.mark.parametrize("periodic", [False, True])
def test_chains_of_any_length_equal_the_two_by_two_matrix(periodic):
    T = np.array([0.0, 0.2, 1.0, 7.0, np.inf, -2.0])
    for length in (3, 1000, 10**9):
        model, method = Ising(lattices.chain(length, periodic=periodic), coupling=-0.7, field=0.3), IsingChain()
        want, got = method.cumulants(method.prepare(model), T), solved(model, T)
        assert got.reference == pytest.approx(want.reference, rel=1e-15)
        assert got.log_z == pytest.approx(want.log_z, rel=EXACT)
        assert got.mean == pytest.approx(want.mean, rel=EXACT, abs=1e-13 * length)
        assert got.covariance[:, 0, 0] == pytest.approx(want.covariance[:, 0, 0], rel=EXACT)
        assert got.covariance[1:, 1, 1] == pytest.approx(want.covariance[1:, 1, 1], rel=EXACT)


def test_layers_that_repeat_are_found_in_arrays_and_layers_that_differ_are_not():
    lattice = lattices.triangular(6, 3, periodic=(True, False))
    by_direction = np.array([1.0, -0.5, 0.25])[lattice.bond_kind]
    assert layers_of(Ising(lattice, by_direction, np.tile([0.1, 0.2, 0.3], 6)), 0) is not None
    assert layers_of(Ising(lattice, by_direction, np.repeat(np.arange(6.0), 3)), 0) is None
    changed = by_direction.copy()
    changed[7] += 1e-15
    assert layers_of(Ising(lattice, changed), 0) is None
    model = Ising(lattice, by_direction)
    powered = [by(route, model, TEMPERATURES) for route in all_routes(model) if route.power]
    walked = [by(route, model, TEMPERATURES) for route in all_routes(model) if not route.power]
    assert powered
    for got in powered:
        assert got.log_z == pytest.approx(walked[0].log_z, rel=EXACT)


def test_a_power_of_a_matrix_counts_every_layer_once():
    # beta = 0: all states, whatever the length
    model = Ising(lattices.square(5, 3))
    layers = layers_of(model, 0)
    bonds = np.concatenate([layers.inside, layers.between + np.array([0, 3])])
    costs = whole_costs(terms_of(model, bonds, np.ones(len(bonds)), [layers.fields]), 1, bonds[:, 1] % 3, 12)
    for count in (1, 2, 7, 64):
        for closed in (False, True):
            e, w, _, numbers = power_entries(layer_matrix(layers, costs), count, closed, 3, 0.0, 1.0)
            assert e.shape == (1, 8)
            assert numbers[0] + np.log(np.exp(w[0]).sum()) == pytest.approx(3 * count * math.log(2), rel=1e-14)


def test_a_long_strip_of_random_couplings_is_walked_row_by_row():
    rng, rows = np.random.default_rng(9), 2000
    lattice = lattices.square(rows, 3, periodic=False)
    model = Ising(lattice, rng.normal(size=lattice.bond_count))
    method, T = Elimination(), np.array([0.0, 0.2, 2.0])
    want, got = method.cumulants(method.prepare(model), T), solved(model, T)
    assert got.log_z == pytest.approx(want.log_z, rel=EXACT)
    assert got.mean[:, 0] == pytest.approx(want.mean[:, 0], rel=EXACT)
    assert got.covariance[:, 0, 0] == pytest.approx(want.covariance[:, 0, 0], rel=EXACT)
    assert got.reference == pytest.approx(want.reference, rel=1e-15)


def test_costs_of_a_long_walk_do_not_overflow():
    # Frustration costs 2^54 units a site here: not taken off on the way, 2^63 is reached after some hundred sites.
    rng, sites = np.random.default_rng(4), 20_000
    J, h = rng.normal(size=sites - 1), rng.normal(size=sites)
    up, down = -h[0], h[0]
    for coupling, field in zip(J.tolist(), h[1:].tolist(), strict=True):
        up, down = min(up - coupling, down + coupling) - field, min(up + coupling, down - coupling) + field
    c = solved(Ising(lattices.chain(sites, periodic=False), J, h), [0.0, 1.0])
    assert c.reference == pytest.approx([min(up, down)] * 2, rel=1e-12)  # 20 000 roundings of the floats above
    assert c.log_z[0] == 0


# Limits and symmetries -----------------------------------------------------------------------------------------------


def test_infinite_temperature_counts_all_states_and_zero_the_ground_states():
    c = solved(Potts(lattices.square(5, 4), 3, coupling=-1.0), [np.inf])
    assert c.log_z[0] == pytest.approx(20 * math.log(3), rel=1e-15)
    c = solved(Ising(lattices.triangular(6, 6), coupling=-1.0), [0.0])
    assert (c.reference[0], round(math.exp(c.log_z[0]))) == (-36, 263640)


def test_negative_temperature_is_the_model_with_all_signs_turned():
    lattice = lattices.triangular(4, 5, periodic=(True, False))
    a = solved(Ising(lattice, coupling=-1.0, field=0.2), [-1.5])
    b = solved(Ising(lattice, coupling=1.0, field=-0.2), [1.5])
    assert (a.log_z[0], a.reference[0], a.mean[0, 1]) == (b.log_z[0], -b.reference[0], b.mean[0, 1])


def test_a_point_has_the_same_bits_alone_and_in_company():
    for model in (
        Ising(lattices.square(6, 6, periodic=False)),
        Ising(lattices.square(5, 5)),
        Ising(lattices.square(1000, 3, periodic=False), field=0.1),
    ):
        together = solved(model, TEMPERATURES)
        for t in range(TEMPERATURES.size):
            alone = solved(model, TEMPERATURES[t : t + 1])
            for name in ("reference", "log_z", "mean", "covariance"):
                assert getattr(alone, name)[0].tobytes() == getattr(together, name)[t].tobytes()


def test_fields_replace_the_models_own_and_every_field_stands_alone():
    lattice, T = lattices.square(5, 4, periodic=False), np.array([0.0, 0.7, 2.0])
    method, fields = TransferMatrix(), np.array([0.0, -0.3, 1.0])
    c = method.cumulants(method.prepare(Ising(lattice, field=7.0)), T, fields)
    assert c.log_z.shape == (3, 3)
    assert c.observables == ("magnetization",)
    for f, h in enumerate(fields):
        one = solved(Ising(lattice, field=float(h)), T)
        for name in ("reference", "log_z", "mean", "covariance"):
            assert np.array_equal(getattr(c, name)[f], getattr(one, name))
    assert np.all(c.mean[0, :, 1] == 0)  # by symmetry, exactly


def test_the_magnetisation_is_carried_unless_it_is_switched_off():
    model = Ising(lattices.square(4, 4))
    assert TransferMatrix().observables(model) == ("magnetization",)
    assert TransferMatrix(magnetization=False).observables(model) == ()
    with_m, without = solved(model, [0.0, 1.3]), solved(model, [0.0, 1.3], magnetization=False)
    assert (with_m.observables, without.observables) == (("magnetization",), ())
    assert np.array_equal(with_m.log_z, without.log_z)
    assert np.array_equal(with_m.covariance[:, 0, 0], without.covariance[:, 0, 0])
    assert with_m.covariance[0, 1, 1] == 256  # two ground states, M = -+16
    c = TransferMatrix(magnetization=False)
    assert c.cumulants(c.prepare(model), np.array([1.0]), np.array([0.5])).observables == ()


# Walks, symmetries ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lattice", "direction", "digits"),
    [
        (lattices.square(50, 6, periodic=False), (1, 0), 6),
        (lattices.square(50, 6, periodic=(False, True)), (1, 0), 6),
        (lattices.square(6, 50, periodic=False), (0, 1), 6),
        (lattices.square(6, 6, periodic=False), (1, 1), 6),
        (lattices.triangular(9, 6, periodic=False), (1, 0), 6),
        (lattices.triangular(9, 6, periodic=False), (0, 1), 9),
        (lattices.honeycomb(9, 6, periodic=False), (1, 0), 6),
        (lattices.square(9, 4), (1, 0), 8),
        (lattices.cubic(5, 3, 2, periodic=False), (1, 0, 0), 6),
    ],
    ids=str,
)
def test_the_frontier_is_as_wide_as_the_lattice(lattice, direction, digits):
    plan = walk(lattice, direction, False, False)
    assert plan.digits == digits
    assert walk(lattice, direction, False, True).digits in (digits - 1, digits)


def test_first_rows_are_counted_by_the_symmetries_that_the_couplings_leave():
    lattice, row = lattices.square(10, 10), np.arange(10)
    rows, counts = start_rows(lattice, row, np.ones(200), [np.zeros(100)], 2, True)
    assert (len(rows), counts.sum()) == (44, 1024)  # bracelets of 10 beads, two colours interchangeable: OEIS A000011
    rows, counts = start_rows(lattice, row, np.ones(200), [np.zeros(100)], 2, False)
    assert (len(rows), counts.sum()) == (78, 1024)  # OEIS A000029
    J = np.random.default_rng(0).normal(size=200)
    assert len(start_rows(lattice, row, J, [np.zeros(100)], 2, True)[0]) == 512
    h = np.zeros(100)
    h[3] = 0.1
    assert len(start_rows(lattice, row, np.ones(200), [h], 2, False)[0]) > 500


# Yes and no ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Ising(lattices.square(20, 20, periodic=False)), r"2\^19 = 5.24e\+05 states"),
        (Ising(lattices.square(10, 10)), r"2\^10 = 1.02e\+03 states, walked 44 times"),
        (Ising(lattices.square(10**8, 4)), r"matrix of 256 entries"),
    ],
    ids=str,
)
def test_it_says_what_it_will_do(model, says):
    support = TransferMatrix().supports(model)
    assert support
    assert re.search(says, support.reason)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (TwoLevel(1.0), "no lattice model"),
        (Ising(lattices.square("infinite")), "closed form"),
        (Ising(lattices.tree(3, 3)), "no rows of cells; elimination"),
        (Ising(lattices.square(40, 40, periodic=False)), r"2\^39 .* GiB .* seconds .* merges, limit 2\^38\); elimin"),
        (Ising(lattices.square(1000, 1000)), r"2\^1000 = inf"),
        (Ising(lattices.square(10**5, 11), np.random.default_rng(0).normal(size=2 * 11 * 10**5)), "too many"),
    ],
    ids=["levels", "infinite", "tree", "wide", "huge", "long and uneven"],
)
def test_it_declines_with_numbers_and_with_what_else_may_do(model, says):
    method = TransferMatrix()
    support = method.supports(model)
    assert not support
    assert re.search(says, support.reason), support.reason
    with pytest.raises(UnsupportedError, match="transfer_matrix"):
        method.prepare(model)


def test_limits_are_arguments():
    model = Ising(lattices.square(12, 12, periodic=False))
    assert not TransferMatrix(memory_limit=1e4).supports(model)
    assert not TransferMatrix(log2_merges=10).supports(model)
    for options in ({"memory_limit": 0.0}, {"log2_merges": -1}, {"magnetization": "yes"}):
        with pytest.raises(InputError, match=next(iter(options))):
            TransferMatrix(**options)
    method = TransferMatrix(magnetization=False, log2_merges=30.0)
    assert pickle.loads(pickle.dumps(method)) == method


def test_couplings_too_different_in_size_raise_where_it_would_show():
    model = Ising(lattices.chain(4, periodic=False), coupling=[1.0, 1e-30, 1.0])
    warm = solved(model, [1.0])
    assert warm.log_z[0] == pytest.approx(4 * math.log(2) + 2 * math.log(math.cosh(1.0)) - 2.0, rel=1e-14)
    with pytest.raises(PrecisionError, match="rounding"):
        solved(model, [1e-29])


def test_temperatures_without_meaning_are_refused():
    for bad in (np.nan, -0.0):
        with pytest.raises(InputError, match="temperature"):
            solved(Ising(lattices.chain(4)), [bad])
    method = TransferMatrix()
    with pytest.raises(InputError, match="field"):
        method.cumulants(method.prepare(Ising(lattices.chain(4))), np.array([1.0]), np.array([np.nan]))


def test_compiled_loops_are_named_after_the_merge_they_call(monkeypatch):
    for loop in (loops.sweep, loops.fold, loops.multiply):
        assert "merging.py" in {Path(file).name for file in loop.foreign_files()}
        before = loop._stamp()
        monkeypatch.setattr(Path, "read_bytes", lambda _: b"edited")
        assert loop._stamp() != before
        monkeypatch.undo()


def test_the_time_told_grows_with_points_and_fields():
    method, model = TransferMatrix(), Ising(lattices.square(16, 16, periodic=False))
    one, many = method.cost(model, 1), method.cost(model, 11)
    assert 5 * one.seconds < many.seconds < 11 * one.seconds  # planned once
    assert method.cost(model, 1, 5).seconds > 5 * one.seconds
    assert method.cost(replace(model, field=0.5), 1).memory > one.memory
    assert TransferMatrix(magnetization=False).cost(model, 1).seconds < one.seconds


def test_a_torus_of_unequal_couplings_goes_to_elimination_and_an_equal_one_does_not():
    torus = lattices.square(5, 5)
    disordered = Ising(torus, np.random.default_rng(3).normal(size=torus.bond_count))
    assert choose_method(disordered).method.name == "elimination"
    assert choose_method(Ising(torus, field=0.1)).method.name == "transfer_matrix"
    T = np.array([0.0, 0.3, 2.0])
    chosen, asked = solve(disordered, T), solve(disordered, T, method="transfer_matrix")
    for name in ("log_z", "entropy", "heat_capacity", "magnetization"):
        assert np.allclose(chosen[name], asked[name], rtol=1e-12, atol=1e-12)
    assert np.allclose(chosen.susceptibility, asked.susceptibility, rtol=1e-12)
