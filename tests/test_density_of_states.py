"""Exact densities of states: against brute force, published integers, and one algorithm against the other."""

from __future__ import annotations

import gc
import json
import math
import os
import pickle
import weakref
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import EnergyLevels, lattices
from statmech.disorder import RandomValues
from statmech.errors import InputError, UnsupportedError
from statmech.methods.density_of_states import DensityOfStates, density_of_states, kaufman_torus
from statmech.methods.density_of_states.chinese_remainder import recombine
from statmech.methods.density_of_states.fronts import find_sweep
from statmech.methods.density_of_states.integer_costs import integer_costs
from statmech.methods.density_of_states.layer_transfer import LayerTransfer
from statmech.methods.density_of_states.polynomial_elimination import Elimination, cost_counts
from statmech.methods.enumeration import joint_levels
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.results import read_stored_levels, write_stored_levels
from statmech.solve import compute, solve

DATA = Path(os.environ.get("STATMECH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
REFERENCE = DATA / "reference" / "lattices.json"
needs_data = pytest.mark.skipif(not REFERENCE.exists(), reason=f"no {REFERENCE}: set STATMECH_TEST_DATA")


def energies_and_counts(levels):
    return {
        Fraction(e) + Fraction(levels.offset): g
        for e, g in zip(levels.energies.tolist(), levels.exact_degeneracies, strict=True)
    }


def by_elimination(model):
    """g by polynomial elimination, also where another algorithm would be taken."""
    network = model.network()
    costs = integer_costs(network)
    counts = cost_counts(Elimination(costs, find_sweep(network.neighbours, costs.cardinalities)))
    return {costs.energy(e): row[0] for e, row in enumerate(counts) if row[0]}


# Square tori --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("m", range(1, 5))
def test_kaufman_agrees_with_brute_force_on_every_small_torus_with_loops_and_doubled_bonds(n, m):
    model = Ising(lattices.square(n, m))
    if n * m <= 12:
        want = oracles.energy_counts(oracles.of_model(model))
    else:
        levels = joint_levels(model)
        want: dict[Fraction, int] = {}
        for energy, g in zip(levels.energies.tolist(), levels.exact_degeneracies, strict=True):
            want[Fraction(energy)] = want.get(Fraction(energy), 0) + g
    assert energies_and_counts(density_of_states(model)) == want
    for coupling in (-1.0, 0.25):
        scaled = {coupling * energy: g for energy, g in want.items()}
        assert energies_and_counts(density_of_states(Ising(lattices.square(n, m), coupling))) == scaled


@needs_data
@pytest.mark.parametrize("size", ["4x4", "6x6"])
def test_kaufman_reproduces_the_reference_integers(size):
    want = json.loads(REFERENCE.read_text())["dos_square_torus"][size]
    side = int(size[0])
    counts = kaufman_torus.broken_bond_counts(side, side)
    assert {str(b): str(g) for b, g in enumerate(counts) if g} == want


def test_kaufman_reproduces_the_published_coefficients_of_32_x_32():
    # P. D. Beale, https://spot.colorado.edu/~beale/IsingExactMathematica.html (to PRL 76, 78): g_k of x^(2k)
    published = [2, 0, 2048, 4096, 1057792, 4218880, 371621888, 2191790080, 100903637504, 768629792768]
    counts = kaufman_torus.broken_bond_counts(32, 32)[::2]
    assert counts[:10] == published
    assert counts[32] == 3523173455605142701375696893142359104
    assert str(max(counts)).startswith("6342873169001916568766443273025000331593063924436135196680443689656478072741")
    assert counts.index(max(counts)) == 512
    assert sum(counts) == 2**1024


@pytest.mark.parametrize("n", range(3, 17))
@pytest.mark.parametrize("m", [3, 4, 7, 10, 16])
def test_sums_symmetries_and_low_temperature_series_of_tori_up_to_16_x_16(n, m):
    counts, sites = kaufman_torus.broken_bond_counts(n, m), n * m
    assert sum(counts) == 2**sites
    assert all(g >= 0 for g in counts)
    assert not any(counts[1::2])
    assert (counts == counts[::-1]) == (n % 2 == 0 and m % 2 == 0)
    assert counts == kaufman_torus.broken_bond_counts(m, n)
    # <b> = nm at infinite temperature where no side is 1 or 2: bonds are independent fair coins, Var b = nm/2
    assert sum(b * g for b, g in enumerate(counts)) == sites * 2**sites
    assert 2 * sum((b - sites) ** 2 * g for b, g in enumerate(counts)) == sites * 2**sites
    if min(n, m) > 5:  # rows that wrap around come later
        assert counts[:9:2] == [2, 0, 2 * sites, 4 * sites, sites * (sites + 9)]
        assert counts[10] == sites * (4 * sites + 24)


@pytest.mark.parametrize("shape", [(3, 5), (5, 6), (7, 7), (6, 8)], ids=str)
def test_kaufman_and_elimination_agree(shape):
    model = Ising(lattices.square(*shape))
    assert energies_and_counts(density_of_states(model)) == by_elimination(model)


# Layers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 2), (4, 4), (5, 3), (1, 4), (7, 6), (3, 30), (9, 8), (4, 17), (8, 10)], ids=str)
def test_layer_transfer_agrees_with_kaufman(shape):  # (9, 8): sums beyond 2^53; (3, 30), (8, 10): numbers in pieces
    side, layers = shape
    assert LayerTransfer((side,), layers).broken_bond_counts() == kaufman_torus.broken_bond_counts(side, layers)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3), (2, 3, 4), (1, 3, 4), (3, 3, 5), (2, 2, 2, 2)], ids=str)
def test_layer_transfer_agrees_with_elimination_in_three_and_four_dimensions(shape):
    model = Ising(lattices.hypercubic(*shape) if len(shape) == 4 else lattices.cubic(*shape))
    counts = LayerTransfer(shape[:-1], shape[-1]).broken_bond_counts()
    found = {2 * b - len(counts) + 1: g for b, g in enumerate(counts) if g}
    assert found == by_elimination(model)


def test_orbits_of_4_x_4_layers_are_the_222_classes_of_a_4_cube():
    # Turning all spins and the symmetries of the 4-cube are the NPN classes of functions of 4 bits (OEIS A000370)
    representatives, sizes = LayerTransfer((4, 4), 4).orbits
    assert len(representatives) == 222
    assert sizes.sum() == 2**16
    for k in (3, 5, 7):
        _, sizes = LayerTransfer((k,), 2).orbits
        assert len(sizes) == {3: 2, 5: 4, 7: 9}[k]  # bracelets of two colours that are alike (OEIS A000011)


def test_the_4_x_4_x_4_torus_is_exact():
    levels = density_of_states(Ising(lattices.cubic(4, 4, 4)))
    g = dict(zip(((levels.energies + 192).astype(int) // 2).tolist(), levels.exact_degeneracies, strict=True))
    assert [g.get(b, 0) for b in range(0, 16, 2)] == [2, 0, 0, 128, 0, 384, 3648, 1920]
    assert sum(g.values()) == 2**64
    assert levels.exact_degeneracies == levels.exact_degeneracies[::-1]
    assert sum(b * b * n for b, n in g.items()) == (96**2 + 48) * 2**64  # <b^2>: 192 independent fair coins


def test_layers_out_of_reach_are_refused_with_the_reason():
    assert "layers of 25 sites exceed 18" in LayerTransfer((5, 5), 5).refusal
    assert "beyond 64 bits" in LayerTransfer((4, 4), 12).refusal
    with pytest.raises(InputError, match="at least 2"):
        LayerTransfer((3,), 1)


# Any lattice --------------------------------------------------------------------------------------------------------

GENERAL = {
    "triangular antiferromagnet": Ising(lattices.triangular(3, 3), -1.0),
    "honeycomb": Ising(lattices.honeycomb(2, 2)),
    "kagome": Ising(lattices.kagome(2, 2, periodic=False), 0.5),
    "bcc": Ising(lattices.bcc(2, 2, 2), -0.5),
    "fcc open": Ising(lattices.fcc(2, 2, 2, periodic=False)),
    "+-J torus": Ising(lattices.square(3, 3), RandomValues("pm1", seed=2)),
    "+-J in fields": Ising(lattices.square(3, 3), RandomValues("pm1", seed=2), RandomValues("pm1", seed=3)),
    "integer couplings": Ising(lattices.complete(6), np.arange(15.0) - 7.0),
    "tenths": Ising(lattices.square(2, 4, periodic=False), 0.1),
    "self-loop": Ising(lattices.chain(1)),
    "no bond": Ising(lattices.graph([[0, 1]], sites=4), 0.0),
    "two parts": Ising(lattices.graph([[0, 1], [1, 2], [3, 4]], sites=6), [1.0, -2.0, 3.0]),
    "tree": Ising(lattices.tree(3, 2)),
    "cylinder": Ising(lattices.square(3, 4, periodic=(True, False)), -1.0),
    "anisotropic torus": Ising(lattices.square(3, 4), [1.0, 3.0] * 12),
    "Potts": Potts(lattices.square(2, 3), 3),
    "Potts antiferromagnet": Potts(lattices.triangular(2, 3, periodic=False), 4, coupling=-1.0),
    "Potts, one site favoured": Potts(lattices.chain(5), 3, field=[1.0, 0.0, 0.0, 0.0, 0.0]),
    "Blume-Capel": BlumeCapel(lattices.square(2, 3), 1.0, anisotropy=0.5),
    "Blume-Capel, fields": BlumeCapel(lattices.chain(5), 1.0, 1.0, field=[1.0, 0.0, -1.0, 2.0, 0.0]),
}


@pytest.mark.parametrize("model", GENERAL.values(), ids=GENERAL)
def test_g_of_E_agrees_with_brute_force_on_any_lattice(model):
    want = oracles.energy_counts(oracles.of_model(model))
    levels = density_of_states(model)
    assert sum(levels.exact_degeneracies) == sum(want.values())
    if model is GENERAL["tenths"]:  # energies are no float64: the gaps are rounded once, the reference too
        assert list(want.values()) == list(levels.exact_degeneracies)
        assert np.allclose(levels.energies + levels.offset, [float(e) for e in want], rtol=1e-15)
    elif np.any(model.fields):  # given fields count jointly with M
        total: dict[Fraction, int] = {}
        for energy, g in zip(levels.energies.tolist(), levels.exact_degeneracies, strict=True):
            total[Fraction(energy)] = total.get(Fraction(energy), 0) + g
        assert total == want
    else:
        assert energies_and_counts(levels) == want
    assert np.all(np.diff(levels.energies) >= 0)


@pytest.mark.parametrize("model", GENERAL.values(), ids=GENERAL)
def test_g_of_E_and_M_agrees_with_enumeration_level_by_level(model):
    levels, want = density_of_states(model, joint=True), joint_levels(model)
    assert levels.exact_degeneracies == want.exact_degeneracies
    assert np.array_equal(levels.observables["magnetization"], want.observables["magnetization"])
    assert np.allclose(levels.energies + levels.offset, want.energies + want.offset, rtol=1e-15)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), sites=st.integers(2, 8))
def test_elimination_agrees_with_brute_force_on_random_graphs(data, sites):
    pairs = st.tuples(st.integers(0, sites - 1), st.integers(0, sites - 1))  # loops and doubled bonds included
    bonds = data.draw(st.lists(pairs, min_size=1, max_size=14))
    couplings = data.draw(st.lists(st.integers(-3, 3), min_size=len(bonds), max_size=len(bonds)))
    fields = data.draw(st.lists(st.integers(-2, 2), min_size=sites, max_size=sites))
    model = Ising(lattices.graph(bonds, sites=sites), [float(c) for c in couplings], [float(h) for h in fields])
    assert by_elimination(model) == oracles.energy_counts(oracles.of_model(model))


@needs_data
def test_the_8_x_8_spin_glass_of_the_reference_is_reproduced():
    want = json.loads(REFERENCE.read_text())["spin_glass_instances"]["pmJ_open_8x8_seed1"]
    bonds = np.array(want["bonds"])
    levels = density_of_states(Ising(lattices.graph(bonds[:, :2], sites=64), bonds[:, 2].astype(float)))
    found = zip(levels.energies.astype(int).tolist(), levels.exact_degeneracies, strict=True)
    assert {str(e): str(g) for e, g in found} == want["g_by_E"]


def test_several_moduli_are_recombined_right():
    # A ring has g = 2 binomial(N, b) for even b: known far beyond one word, and 2^200 needs four moduli.
    levels = density_of_states(Ising(lattices.chain(200)))
    assert levels.exact_degeneracies == tuple(2 * math.comb(200, b) for b in range(0, 201, 2))
    joint = density_of_states(Ising(lattices.chain(80, periodic=False), 0.0), joint=True)  # free spins
    assert joint.exact_degeneracies == tuple(math.comb(80, up) for up in range(81))


def test_recombining_is_right_for_any_numbers_below_the_product():
    moduli = [2**64, 2**63 - 1, 2**63 - 25, 997]
    numbers = [0, 1, 2**64, math.prod(moduli) - 1, 3**100]
    assert recombine([[c % m for c in numbers] for m in moduli], moduli) == numbers
    with pytest.raises(InputError, match="expected 2 rows"):
        recombine([[1]], [3, 5])


# The method ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.5, 2.269, 100.0, np.inf, -1.5])
def test_every_temperature_is_exact_on_the_8_x_8_torus(temperature):
    # 1e-12: the promise of level sums; degeneracies above 2^53 enter by logarithms of about 44, eps/2 each
    model = Ising(lattices.square(8, 8))
    th = compute(model, [temperature], method="density_of_states").thermodynamics
    counts = kaufman_torus.broken_bond_counts(8, 8)
    states = oracles.spectrum([2 * b - 128 for b, g in enumerate(counts) if g], [g for g in counts if g])
    exact = oracles.point(states, temperature)
    for name in ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity"):
        value, want = float(getattr(th, name)[0]), getattr(exact, name)
        assert oracles.relative_error(value, want, 2.3e-308) < 1e-12, name


@needs_data
def test_log_z_energy_and_heat_capacity_of_8_x_8_agree_with_the_reference():
    want = json.loads(REFERENCE.read_text())["square_torus_thermo_4x4_8x8"]
    for side in ("4", "8"):
        rows = {t: row for t, row in want[side].items() if t != "Tc"}
        model = Ising(lattices.square(int(side), int(side)))
        ds = solve(model, [float(t) for t in rows], method="density_of_states", per="site")
        for k, row in enumerate(rows.values()):
            for name, key in (("internal_energy", "U_per_site"), ("heat_capacity", "C_per_site")):
                assert float(ds[name][k]) == pytest.approx(float(row[key]), rel=1e-13)  # printed with 15 digits


def test_fields_use_the_joint_density_of_states():
    temperatures, fields = [0.0, 0.8, 3.0], [0.0, 0.3, -2.0]
    model = Ising(lattices.square(3, 4))
    mine, listed = (solve(model, temperatures, fields, method=name) for name in ("density_of_states", "enumeration"))
    own = solve(Ising(lattices.square(3, 4), field=0.3), temperatures, method="density_of_states")
    for name in ("log_z", "entropy", "heat_capacity", "magnetization"):
        np.testing.assert_allclose(mine[name], listed[name], rtol=1e-13, atol=1e-13)  # the same sum
        np.testing.assert_array_equal(own[name], mine[name].sel(field=0.3))
    site_fields = Ising(lattices.chain(4), field=[1.0, 0.0, -1.0, 2.0])
    replaced = solve(site_fields, 1.0, 0.5, method="density_of_states")
    np.testing.assert_allclose(replaced.log_z, solve(Ising(lattices.chain(4), field=0.5), 1.0).log_z, rtol=1e-14)
    assert "magnetization" not in solve(model, 1.0, method="density_of_states")
    assert "magnetization" in solve(model, 1.0, method={"kind": "density_of_states", "joint": True})


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (EnergyLevels([0.0, 1.0]), "no lattice model"),
        (Ising(lattices.square("infinite")), "infinite"),
        (Ising(lattices.square(3, 3), RandomValues("gaussian", seed=1)), "no common unit"),
        (BlumeCapel(lattices.square(3, 3), 1.0, anisotropy=0.8), "no common unit"),
        (Ising(lattices.triangular(80, 80)), "6400 sites exceed 4000"),
        (Ising(lattices.cubic(12, 12, 12)), "more than 2\\^30 states at once"),
        (Ising(lattices.square(14, 14), RandomValues("pm1", seed=1)), "GiB and .* above the limits of 2 GiB"),
        (Ising(lattices.square(20, 20), field=0.1), "more than 2\\^30 states|GiB and"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_models_out_of_reach_are_declined_with_the_reason(model, reason):
    import re

    support = DensityOfStates().supports(model)
    assert not support
    assert re.search(reason, support.reason), support.reason
    with pytest.raises(UnsupportedError, match=reason):
        DensityOfStates().prepare(model)


@pytest.mark.parametrize(
    ("model", "way"),
    [
        (Ising(lattices.square(64, 63)), "Kaufman's product"),
        (Ising(lattices.square(5, 5), -0.3), "Kaufman's product"),
        (Ising(lattices.cubic(4, 4, 4)), "layer transfer"),
        (Ising(lattices.square(12, 12, periodic=False)), "polynomial elimination"),
        (Ising(lattices.square(8, 8), RandomValues("pm1", seed=1)), "polynomial elimination"),
        (Ising(lattices.square(6, 6), field=0.1), r"g(E, M) by polynomial elimination"),
        (Potts(lattices.square(4, 5), 3), "polynomial elimination"),
        (BlumeCapel(lattices.square(4, 4), 1.0, 0.5), "polynomial elimination"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_the_way_taken_is_told_beforehand(model, way):
    method = DensityOfStates()
    assert way in method.supports(model).reason
    cost = method.cost(model, 10)
    assert 0 < cost.seconds < 600
    assert 0 < cost.memory < 2 * 2**30


def test_limits_are_obeyed_and_checked():
    model = Ising(lattices.square(64, 64))
    assert "above the limits of 2 GiB and 0.1 seconds" in DensityOfStates(time_limit=0.1).supports(model).reason
    assert not DensityOfStates(memory_limit=1e3).supports(Ising(lattices.square(4, 4, periodic=False)))
    with pytest.raises(InputError, match="time_limit: expected a positive number; got 0"):
        DensityOfStates(time_limit=0)


def test_a_method_keeps_no_model_alive_and_pickles():
    method = DensityOfStates(joint=True)
    model = Ising(lattices.chain(4))
    assert method.supports(model)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None
    assert pickle.loads(pickle.dumps(method)) == method


def test_the_error_bound_grows_with_the_logarithms():
    method = DensityOfStates()
    assert method.error_bound(Ising(lattices.square(16, 16))) == 1e-12
    assert method.error_bound(Ising(lattices.square(100, 100))) > 1e-12


@pytest.mark.parametrize("lattice", [lattices.square(3, 3), lattices.cubic(2, 2, 3), lattices.chain(4)])
def test_without_couplings_there_is_one_level(lattice):
    levels = density_of_states(Ising(lattice, 0.0))
    assert (levels.energies.tolist(), levels.exact_degeneracies) == ([0.0], (2**lattice.sites,))
    moments = density_of_states(Ising(lattice, 0.0), joint=True).exact_degeneracies
    assert sum(moments) == 2**lattice.sites
    assert len(moments) == lattice.sites + 1


def test_the_16_x_16_density_of_states_is_stored_exactly(tmp_path):
    levels = density_of_states(Ising(lattices.square(16, 16)))
    back = read_stored_levels(write_stored_levels(levels, tmp_path / "torus.h5"))
    assert back.exact_degeneracies == levels.exact_degeneracies
    assert sum(back.exact_degeneracies) == 2**256
    assert np.array_equal(back.energies, levels.energies)
    assert back.sites == 256
