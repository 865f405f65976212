"""Enumeration against sums in fractions and mpmath, published integers, and itself on its other path."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from unittest import mock

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import lattices
from statmech.errors import InputError, UnsupportedError
from statmech.methods.enumeration import Enumeration, enumerate_ground_states, joint_levels
from statmech.methods.enumeration.spin_system import spin_system
from statmech.methods.enumeration.streaming import extreme_states, stream
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.models.two_level import TwoLevel
from statmech.thermodynamics import thermodynamics
from tests import oracles

DATA = Path(os.environ.get("STATMECH_TEST_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
BLOCK = "statmech.methods.enumeration.spin_system.BLOCK"
# From frozen to infinite, and both sides of zero: beta times the gap goes from 0 to 600.
TEMPERATURES = [0.0, 0.01, 0.3, 2.0, 1e3, math.inf, -0.2, -5.0, -math.inf]
# The promise of Method.error_bound: exponents up to 745 carry two roundings each, 745 * 2.2e-16 = 1.7e-13.
PROMISE = 1e-12


@pytest.fixture(scope="module")
def reference():
    path = DATA / "reference" / "lattices.json"
    if not path.exists():
        pytest.skip(f"reference data not found: {path}")
    return json.loads(path.read_text())


def counted(levels):
    """The levels in the form of the oracle."""
    assert levels.offset == 0.0
    return {
        (energy, int(m)): g
        for energy, m, g in zip(
            levels.energies.tolist(), levels.observables["magnetization"], levels.exact_degeneracies, strict=True
        )
    }


def worst_error(cumulants, states):
    """Largest relative error of everything at every temperature, and what it is of."""
    th = thermodynamics(cumulants)
    n = max(1, max(abs(m) for _, m in states))
    worst = (0.0, "")
    for k, t in enumerate(th.temperature.tolist()):
        exact = oracles.point(states, t)
        # log Z, F and U are sums of a part relative to E0 and of E0 itself: they are right to the larger of the two.
        whole = abs(float(exact.reference)) * (1.0 if not t or math.isinf(t) else max(1.0, 1 / abs(t)))
        # <M> and Cov(H, M) may vanish by symmetry, after terms as large as N and N sqrt(Var H).
        for name, value, right, floor in (
            ("log_z_relative", cumulants.log_z[k], exact.log_z_relative, 0.0),
            ("log_z", th.log_z[k], exact.log_z, whole),
            ("reference", th.reference_energy[k], exact.reference, 0.0),
            ("free_energy", th.free_energy[k], exact.free_energy, whole),
            ("free_energy_excess", th.free_energy_excess[k], exact.free_energy_excess, 0.0),
            ("internal_energy", th.internal_energy[k], exact.internal_energy, whole),
            ("internal_energy_excess", th.internal_energy_excess[k], exact.internal_energy_excess, 0.0),
            ("entropy", th.entropy[k], exact.entropy, 0.0),
            ("heat_capacity", th.heat_capacity[k], exact.heat_capacity, 0.0),
            ("magnetization", th.observables["magnetization"][k], exact.magnetization, n),
            ("susceptibility", th.susceptibilities["magnetization"][k], exact.susceptibility, 0.0),
        ):
            if 0 < abs(right) < 1e-300:  # no normal float64
                continue
            worst = max(worst, (oracles.relative_error(float(value), right, floor), f"{name} at T = {t}"))
    return worst


# Counts --------------------------------------------------------------------------------------------------------------


def test_counts_of_the_4x4_torus_are_the_published_integers(reference):
    levels = joint_levels(Ising(lattices.square(4, 4)))
    found = {}
    for energy, g in zip(levels.energies, levels.exact_degeneracies, strict=True):
        broken = str(round((energy + 32) / 2))
        found[broken] = found.get(broken, 0) + g
    assert {broken: str(g) for broken, g in found.items()} == reference["dos_square_torus"]["4x4"]


def test_log_z_energy_and_heat_capacity_of_the_4x4_torus_are_the_published_ones(reference):
    model, method = Ising(lattices.square(4, 4)), Enumeration()
    temperatures = {"2": 2.0, "2.5": 2.5, "Tc": float(reference["critical_temperatures"]["square"]), "1": 1.0}
    th = thermodynamics(method.cumulants(method.prepare(model), np.array(list(temperatures.values()))))
    for k, name in enumerate(temperatures):
        right = reference["square_torus_thermo_4x4_8x8"]["4"][name]
        # 15 digits are given
        assert th.log_z[k] == pytest.approx(float(right["lnZ"]), rel=1e-13)
        assert th.internal_energy[k] / 16 == pytest.approx(float(right["U_per_site"]), rel=1e-13)
        assert th.heat_capacity[k] / 16 == pytest.approx(float(right["C_per_site"]), rel=1e-13)
        assert th.entropy[k] / 16 == pytest.approx(float(right["S_per_site"]), rel=1e-13)


SMALL_LATTICES = {
    "one site": lattices.chain(1, periodic=False),
    "self-loop": lattices.chain(1),
    "doubled bond": lattices.chain(2),
    "ring": lattices.chain(7),
    "square 3x3": lattices.square(3, 3),
    "square 4x4": lattices.square(4, 4),
    "square 2x4 with doubled bonds": lattices.square(2, 4),
    "square 1x5 with self-loops": lattices.square(1, 5),
    "square 3x4 open": lattices.square(3, 4, periodic=False),
    "triangular": lattices.triangular(3, 4),
    "honeycomb": lattices.honeycomb(2, 3),
    "kagome": lattices.kagome(2, 2, periodic=(True, False)),
    "cubic": lattices.cubic(2, 2, 3, periodic=False),
    "complete": lattices.complete(8),
    "tree": lattices.tree(3, 2),
    "Petersen": lattices.graph(nx.petersen_graph()),
    "apart": lattices.graph([[0, 1], [2, 3]], sites=6),
    "doubled both ways round": lattices.graph([[0, 1], [1, 0], [1, 1], [2, 1]]),
}


@pytest.mark.parametrize("lattice", SMALL_LATTICES.values(), ids=SMALL_LATTICES.keys())
def test_joint_counts_of_the_ising_model_are_those_of_a_plain_loop(lattice):
    pm1 = np.where(np.random.default_rng(5).random(lattice.bond_count) < 0.5, -1.0, 1.0)
    for coupling in (1.0, -0.5, pm1):
        model = Ising(lattice, coupling=coupling)
        assert counted(joint_levels(model)) == oracles.of_model(model)


@pytest.mark.parametrize("name", ["self-loop", "doubled bond", "square 2x4 with doubled bonds", "complete", "apart"])
def test_joint_counts_of_potts_and_blume_capel_are_those_of_a_plain_loop(name):
    lattice = SMALL_LATTICES[name]
    rng = np.random.default_rng(6)
    J, D = rng.integers(-2, 3, lattice.bond_count).astype(float), rng.integers(-1, 2, lattice.sites).astype(float)
    for model in (
        Potts(lattice, states=2, coupling=J),
        Potts(lattice, states=3),
        Potts(lattice, states=3, coupling=J, field=D),
        BlumeCapel(lattice),
        BlumeCapel(lattice, coupling=J, anisotropy=0.5),
        BlumeCapel(lattice, coupling=J, anisotropy=D, field=2 * D[::-1]),
    ):
        assert counted(joint_levels(model)) == oracles.of_model(model)


def test_site_fields_commensurate_with_the_couplings_are_counted_too():
    rng = np.random.default_rng(7)
    model = Ising(lattices.square(3, 3), coupling=0.75, field=rng.choice([-0.5, 0.25, 1.0], 9))
    assert counted(joint_levels(model)) == oracles.of_model(model)


@pytest.mark.parametrize("shape", [(5, 5, False), (4, 5, True), (5, 5, True)])
def test_counts_of_larger_lattices_have_their_exact_moments(shape):
    # Of independent spins: <E> = 0, <E^2> = B, <M^2> = N, <E M^2> = -2 B, <E^3> = -6 (triangles); one E = -B pair.
    a, b, periodic = shape
    lattice = lattices.square(a, b, periodic=periodic)
    n, bonds = lattice.sites, lattice.bond_count
    states = counted(joint_levels(Ising(lattice)))
    moments = [sum(g * int(e) ** i * m**j for (e, m), g in states.items()) for i, j in ((0, 0), (1, 0), (2, 0), (3, 0))]
    assert moments == [2**n, 0, bonds * 2**n, 0]
    assert sum(g * m * m for (_, m), g in states.items()) == n * 2**n
    assert sum(g * int(e) * m * m for (e, m), g in states.items()) == -2 * bonds * 2**n
    assert states[-float(bonds), n] == states[-float(bonds), -n] == 1


def test_a_count_in_many_blocks_and_batches_is_the_count_in_one():
    # 7 states in the low block make 2^10 blocks; the histogram is larger than a block, so that keys are batched
    model = BlumeCapel(lattices.square(3, 3), coupling=3.0, anisotropy=1.0)
    right = counted(joint_levels(model))
    with mock.patch(BLOCK, 10):
        assert spin_system(model).low_sites == 2
        assert counted(joint_levels(model)) == right


def test_energies_of_a_unit_that_is_no_short_binary_number_are_rounded_once():
    levels = joint_levels(Ising(lattices.square(3, 3, periodic=False), coupling=0.1))
    exact = sorted(oracles.energy_counts(oracles.ising(9, lattices.square(3, 3, periodic=False).bonds.tolist(), 0.1)))
    assert levels.offset == float(exact[0])
    gaps = np.unique(levels.energies)
    assert gaps.tolist() == [float(energy - exact[0]) for energy in exact]


# Thermodynamics ------------------------------------------------------------------------------------------------------


@st.composite
def models(draw):
    kind = draw(st.sampled_from(["ising", "potts", "blume_capel"]))
    sites = draw(st.integers(1, 6 if kind == "ising" else 4))
    site = st.integers(0, sites - 1)
    lattice = lattices.graph(draw(st.lists(st.tuples(site, site), max_size=9)), sites=sites)
    bonds = lattice.bond_count
    few, real = st.sampled_from([-1.0, 1.0, 0.0, 2.0]), st.floats(-2, 2).map(lambda x: x if abs(x) > 1e-3 else 0.0)
    wide = st.tuples(st.sampled_from([-1.0, 1.0]), st.floats(-3, 3)).map(lambda x: x[0] * 10 ** x[1])
    numbers = draw(st.sampled_from([few, few, real, wide]))
    coupling = draw(st.lists(numbers, min_size=bonds, max_size=bonds))
    per_site = st.lists(numbers, min_size=sites, max_size=sites)
    field = draw(st.one_of(st.sampled_from([0.0, 0.5, -0.3]), per_site))
    if kind == "ising":
        return Ising(lattice, coupling, field)
    if kind == "potts":
        return Potts(lattice, draw(st.integers(2, 4)), coupling, field)
    return BlumeCapel(lattice, coupling, draw(per_site), field)


@settings(max_examples=200, deadline=None)
@given(models(), st.sampled_from([1, 5, 8192]))
def test_everything_is_right_to_the_promise_on_random_models(model, block):
    method = Enumeration()
    assert method.supports(model)
    with mock.patch(BLOCK, block):
        cumulants = method.cumulants(method.prepare(model), np.array(TEMPERATURES))
    error, what = worst_error(cumulants, oracles.of_model(model))
    assert error < PROMISE, what


@settings(max_examples=100, deadline=None)
@given(models())
def test_fields_that_are_passed_replace_the_models_own(model):
    method, fields = Enumeration(), np.array([0.0, 0.7, -2.5])
    c = method.cumulants(method.prepare(model), np.array([0.0, 0.5, 3.0, -1.0]), fields)
    assert c.log_z.shape == (3, 4)
    for k, h in enumerate(fields.tolist()):
        row = type(c)(c.temperature, c.reference[k], c.log_z[k], c.mean[k], c.covariance[k], c.observables)
        error, what = worst_error(row, oracles.of_model(model, field=h))
        assert error < PROMISE, (h, what)


@settings(max_examples=100, deadline=None)
@given(models(), st.sampled_from([1, 8192]))
def test_ground_states_are_exact(model, block):
    with mock.patch(BLOCK, block):
        energy, degeneracy, configuration = enumerate_ground_states(model)
    right, count = oracles.ground(oracles.of_model(model))
    assert (energy, degeneracy) == (float(right), count)
    assert model.energy(configuration) == pytest.approx(energy, rel=1e-14, abs=1e-12)


def test_gaussian_couplings_need_two_words_and_keep_every_digit():
    # On 3 x 4 sites the energies are 66 bits wide; 2^12 states in 64 blocks.
    rng = np.random.default_rng(8)
    lattice = lattices.square(3, 4)
    model = Ising(lattice, rng.standard_normal(lattice.bond_count), 0.1 * rng.standard_normal(12))
    assert spin_system(model).limbs == 2
    with mock.patch(BLOCK, 64):
        error, what = worst_error(stream(spin_system(model), TEMPERATURES), oracles.of_model(model))
    assert error < PROMISE, what


@pytest.mark.parametrize("small", [2.0**-58, 2.0**-80], ids=["in one word", "in two"])
def test_a_gap_far_below_the_digits_of_the_energies_is_resolved(small):
    # s0 s1 is bound by 1, s1 s2 by 2^-58: in float64 E = -1 -+ 2^-58 are equal, but the gap is not 0.
    model = Ising(lattices.chain(3, periodic=False), [1.0, small])
    c = Enumeration().cumulants(Enumeration().prepare(model), np.array([0.0, small, -small]))
    assert c.log_z[0] == math.log(2)
    right = math.log(2) + math.log1p(math.exp(-2.0))
    assert c.log_z[1:] == pytest.approx([right, right], rel=1e-15)
    assert c.reference.tolist() == [-1.0, -1.0, 1.0]


def test_summed_states_agree_with_counted_ones():
    # two independent evaluations of one sum, through mirror images, multiplicities and several blocks
    for model in (
        Ising(lattices.triangular(4, 4), coupling=-1.0),
        Ising(lattices.square(3, 5), field=0.25),
        Potts(lattices.square(3, 3), states=3, field=-0.5),
        BlumeCapel(lattices.square(3, 3), anisotropy=0.5),
    ):
        c = Enumeration().cumulants(Enumeration().prepare(model), np.array(TEMPERATURES))
        s = stream(spin_system(model), TEMPERATURES)
        assert np.array_equal(c.reference, s.reference)
        np.testing.assert_allclose(s.log_z, c.log_z, rtol=PROMISE)
        # means and covariances that vanish by symmetry are compared with the spread of M, at most 256
        np.testing.assert_allclose(s.mean, c.mean, rtol=PROMISE, atol=1e-13)
        np.testing.assert_allclose(s.covariance, c.covariance, rtol=PROMISE, atol=1e-13)


def test_real_couplings_on_the_5x5_torus_give_the_published_log_z(reference):
    data = reference["spin_glass_instances"]["uniform_torus_5x5_seed12"]
    lattice = lattices.graph([bond[:2] for bond in data["bonds"]])
    method, model = Enumeration(), Ising(lattice, [bond[2] for bond in data["bonds"]])
    betas = list(data["lnZ"])
    c = method.cumulants(method.prepare(model), 1 / np.array([float(b) for b in betas]), np.array([0.0, 0.25]))
    th = thermodynamics(c)
    for row, name in enumerate(("lnZ", "lnZ_h0p25")):
        assert th.log_z[row] == pytest.approx([float(data[name][b]) for b in betas], rel=1e-14)


def test_ties_are_decided_on_the_couplings_as_they_are_not_as_they_print():
    triangle = lattices.chain(3)
    assert enumerate_ground_states(Ising(triangle, [-0.3, -0.3, -0.3]))[1] == 6
    assert enumerate_ground_states(Ising(triangle, [-(0.1 + 0.2), -0.3, -0.3]))[1] == 4  # 0.30000000000000004
    c = Enumeration().cumulants(Enumeration().prepare(Ising(triangle, [-(0.1 + 0.2), -0.3, -0.3])), np.zeros(1))
    assert c.log_z[0] == math.log(4)


@pytest.mark.parametrize("exponent", [-960, -400, 400, 960])
def test_scaling_couplings_and_temperature_together_changes_no_bit(exponent):
    # 2^-960 and 2^960: squares of energies would vanish or overflow
    rng = np.random.default_rng(9)
    J = rng.standard_normal(9)
    triangle = lattices.square(3, 3, periodic=(True, False))
    J = rng.standard_normal(triangle.bond_count)
    one = stream(spin_system(Ising(triangle, J)), [0.2, 1.5])
    scale = 2.0**exponent
    other = stream(spin_system(Ising(triangle, J * scale)), [0.2 * scale, 1.5 * scale])
    for name in ("log_z", "mean", "covariance"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(one.reference * scale, other.reference)


def test_a_point_does_not_depend_on_the_others_in_its_batch():
    rng = np.random.default_rng(10)
    model = Ising(lattices.square(3, 5), rng.standard_normal(30))
    together, alone = stream(spin_system(model), [0.5, 2.0, -1.0]), stream(spin_system(model), [2.0])
    assert together.log_z[1] == alone.log_z[0]
    assert np.array_equal(together.mean[1], alone.mean[0])
    assert np.array_equal(together.covariance[1], alone.covariance[0])


# What it takes and what it declines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(4, 4)),
        Ising(lattices.chain(34)),
        Potts(lattices.square(4, 5), states=3),
        BlumeCapel(lattices.square(4, 5)),
        Ising(lattices.chain(3), [1.0, 1e-8, 1e8]),
        Ising(lattices.chain(3), field=1e-60),  # counted, so that the field costs no width
    ],
)
def test_it_supports(model):
    support = Enumeration().supports(model)
    assert support, support.reason
    assert Enumeration().observables(model) == ("magnetization",)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Ising(lattices.square(6, 6)), r"2\^36 states exceed 2\^34 .* (seconds|minutes)\); transfer_matrix"),
        (Ising(lattices.square(100, 100)), r"longer than the universe"),
        (Potts(lattices.square(5, 5), states=3), r"3\^25 = 2\^39\.62 states"),
        (Potts(lattices.chain(2), states=300), "300 states of a site exceed 256"),
        (Ising(lattices.square("infinite")), "infinite"),
        (TwoLevel(1.0), "no lattice model"),
        (Ising(lattices.chain(3), [1.0, 1e-60, 0.3]), "18 decades"),
        (Ising(lattices.chain(3), 1e308), "largest float64"),
    ],
)
def test_it_declines_and_says_why(model, why):
    with pytest.raises(UnsupportedError, match=why):
        Enumeration().prepare(model)
    assert not Enumeration().supports(model)


def test_a_larger_limit_can_be_asked_for():
    assert Enumeration(log2_states=36).supports(Ising(lattices.square(6, 6)))


def test_fields_and_their_errors():
    method = Enumeration()
    for coupling in (1.0, [0.1, 0.3, 1.0]):
        state = method.prepare(Ising(lattices.chain(3), coupling))
        with pytest.raises(InputError, match="finite"):
            method.cumulants(state, np.ones(1), np.array([math.nan]))
        with pytest.raises(InputError, match="nan"):
            method.cumulants(state, np.array([math.nan]))
        with pytest.raises(InputError, match=r"-0\.0"):
            method.cumulants(state, np.array([-0.0]))
    with pytest.raises(UnsupportedError, match="18 decades"):
        method.cumulants(state, np.ones(1), np.array([1e-60]))
    with pytest.raises(UnsupportedError, match="no small multiples"):
        joint_levels(Ising(lattices.chain(3), [0.1, 0.3, 1.0]))
    with pytest.raises(UnsupportedError, match="exceed"):
        enumerate_ground_states(Ising(lattices.square(6, 6)))


def test_the_cost_is_told_for_any_size():
    method = Enumeration()
    small, large = method.cost(Ising(lattices.square(4, 4)), 100), method.cost(Ising(lattices.square(5, 6)), 100)
    assert 0 < small.seconds < 0.1 < large.seconds < 10
    assert method.cost(Ising(lattices.square(100, 100)), 1).seconds == math.inf
    real = Ising(lattices.square(5, 5), np.random.default_rng(1).random(50))
    assert method.cost(real, 10, 3).seconds > 20 * method.cost(real, 1).seconds / 3


def test_the_top_of_the_spectrum_is_found_too():
    top = extreme_states(spin_system(Ising(lattices.square(4, 4))), highest=True)
    assert (top.energy, top.count, top.mean) == (32, 2, 0.0)
    assert Ising(lattices.square(4, 4)).energy(1 - 2 * np.array(top.configuration)) == 32.0


# Models ---------------------------------------------------------------------------------------------------------------


def test_potts_with_two_states_is_ising_at_half_the_coupling_and_field():
    lattice = lattices.square(3, 3)
    T = np.array([0.5, 2.0, 10.0])
    potts, ising = Potts(lattice, 2, coupling=2.0, field=0.5), Ising(lattice, coupling=1.0, field=0.25)
    p, i = (thermodynamics(Enumeration().cumulants(Enumeration().prepare(m), T)) for m in (potts, ising))
    np.testing.assert_allclose(p.log_z, i.log_z + (18 * 1.0 + 9 * 0.25) / T, rtol=1e-13)
    np.testing.assert_allclose(p.heat_capacity, i.heat_capacity, rtol=1e-12)
    np.testing.assert_allclose(p.observables["magnetization"], (9 + i.observables["magnetization"]) / 2, rtol=1e-13)


def test_blume_capel_without_empty_sites_is_ising():
    T = np.array([0.5, 2.0])
    lattice = lattices.square(3, 3)
    b, i = (
        Enumeration().cumulants(Enumeration().prepare(m), T)
        for m in (BlumeCapel(lattice, anisotropy=-4096.0), Ising(lattice))
    )
    np.testing.assert_allclose(b.log_z, i.log_z, rtol=1e-15)
    np.testing.assert_allclose(b.covariance, i.covariance, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Potts(lattices.chain(3), states=1), "at least 2; got 1"),
        (lambda: Potts(lattices.chain(3), states=2.5), r"got 2\.5"),
        (lambda: Potts("square"), "expected a Lattice"),
        (lambda: Potts(lattices.chain(3), coupling=[1.0, 2.0]), "one number per bond, 3 in all"),
        (lambda: Potts(lattices.chain(3)).energy([0, 1, 3]), "integers from 0 to 2"),
        (lambda: BlumeCapel(3), "expected a Lattice"),
        (lambda: BlumeCapel(lattices.chain(3), anisotropy=[1.0]), "anisotropy: expected one number per site"),
        (lambda: BlumeCapel(lattices.chain(3), field=math.inf), "finite"),
        (lambda: BlumeCapel(lattices.chain(3)).energy([2, 0, 0]), "-1, 0, 1"),
    ],
)
def test_models_say_what_is_wrong(make, why):
    with pytest.raises(InputError, match=why):
        make()


def test_energies_of_configurations_are_those_of_the_hamiltonian():
    lattice = lattices.graph([[0, 1], [1, 2], [1, 1], [0, 1]])
    J, h = [1.0, 2.0, 4.0, 8.0], [0.5, 0.25, 0.125]
    assert Potts(lattice, 3, J, h).energy([0, 0, 2]) == -(1 + 4 + 8) - 0.75
    assert BlumeCapel(lattice, J, [1.0, 2.0, 3.0], h).energy([1, -1, 0]) == -(-1 + 4 - 8) + 3.0 - 0.25
    assert Potts(lattice, 3, 2.0, 1.0).uniform_field == 1.0
    assert BlumeCapel(lattice, J).uniform_coupling is None
