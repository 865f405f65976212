"""Published and independently computed numbers of lattice models, through ``solve``, by every method that can."""

from __future__ import annotations

import json
from collections import Counter

import mpmath as mp
import numpy as np
import pytest

from statmech import Ising, density_of_states, ground_state, lattices, solve
from statmech.methods.enumeration import joint_levels

TC = 2 / np.log1p(np.sqrt(2.0))
GLASS_METHODS = ("elimination", "planar", "density_of_states")


@pytest.fixture(scope="module")
def reference(data):
    return json.loads((data / "reference" / "lattices.json").read_text())


def instance(reference, name, field=0.0):
    entry = reference["spin_glass_instances"][name]
    ends, couplings = [bond[:2] for bond in entry["bonds"]], [bond[2] for bond in entry["bonds"]]
    return Ising(lattices.graph(ends, sites=entry["N"]), coupling=couplings, field=field), entry


@pytest.mark.parametrize("size", [4, 6])
def test_densities_of_states_of_square_tori_are_the_exact_integers(reference, size):
    levels = density_of_states(Ising(lattices.square(size, size)))
    broken = {int(e + 2 * size**2) // 2: g for e, g in zip(levels.energies, levels.exact_degeneracies, strict=True)}
    assert broken == {int(b): int(g) for b, g in reference["dos_square_torus"][f"{size}x{size}"].items()}


def test_enumeration_counts_the_4_x_4_torus_exactly(reference):
    joint, counts = joint_levels(Ising(lattices.square(4, 4))), Counter()
    for energy, g in zip(joint.energies, joint.exact_degeneracies, strict=True):
        counts[int(energy + 32) // 2] += g
    assert counts == {int(b): int(g) for b, g in reference["dos_square_torus"]["4x4"].items()}


@pytest.mark.parametrize("method", ["kaufman", "transfer_matrix", "elimination", "density_of_states"])
@pytest.mark.parametrize("size", [4, 8])
def test_square_tori_at_all_temperatures_of_the_table(reference, size, method):
    rows = reference["square_torus_thermo_4x4_8x8"][str(size)]
    temperatures = [TC if key == "Tc" else float(key) for key in rows]
    ds = solve(Ising(lattices.square(size, size)), temperatures, method=method)
    for t, row in enumerate(rows.values()):
        for name, key in (("internal_energy", "U"), ("heat_capacity", "C"), ("entropy", "S")):
            value = float(ds[name][t]) / size**2
            # 1e-13 of the rounding of Tc itself, where C changes fastest; the printed digits are 18
            assert value == pytest.approx(float(row[f"{key}_per_site"]), rel=1e-12), (key, temperatures[t])
        assert float(ds.log_z[t]) == pytest.approx(float(row["lnZ"]), rel=1e-13)


@pytest.mark.parametrize("method", GLASS_METHODS)
def test_the_spin_glass_down_to_beta_20(reference, method):
    model, entry = instance(reference, "pmJ_open_8x8_seed1")
    betas = [float(beta) for beta in entry["lnZ"]]
    ds = solve(model, [0.0, *(1 / beta for beta in betas)], method=method)
    assert np.all(ds.reference_energy == entry["E0"])
    assert float(ds.entropy[0]) == pytest.approx(np.log(int(entry["deg"])), rel=1e-14)
    for t, (beta, text) in enumerate(entry["lnZ"].items(), start=1):
        with mp.workdps(30):
            # The temperature is 1/beta rounded, which moves log Z by E0 eps beta: compare at that temperature.
            shift = (1 / mp.mpf(1 / float(beta)) - mp.mpf(beta)) * entry["E0"]
            exact = mp.mpf(text) - shift
            relative = exact + entry["E0"] / mp.mpf(1 / float(beta))
        assert float(ds.log_z[t]) == pytest.approx(float(exact), rel=1e-10)
        assert -float(ds.free_energy_excess[t]) * float(beta) == pytest.approx(float(relative), rel=1e-10)


def test_the_ground_state_of_the_spin_glass(reference):
    model, entry = instance(reference, "pmJ_open_8x8_seed1")
    ground = ground_state(model)
    assert (ground.energy, ground.degeneracy) == (entry["E0"], int(entry["deg"]))
    assert model.energy(ground.configuration) == entry["E0"]
    levels = density_of_states(model)
    assert {str(int(e)): str(g) for e, g in zip(levels.energies, levels.exact_degeneracies, strict=True)} == {
        key: value for key, value in entry["g_by_E"].items() if value != "0"
    }


@pytest.mark.parametrize(("key", "field"), [("lnZ", 0.0), ("lnZ_h0p25", 0.25)])
@pytest.mark.parametrize("method", ["elimination", "enumeration"])
def test_real_couplings_on_a_torus_with_and_without_a_field(reference, key, field, method):
    model, entry = instance(reference, "uniform_torus_5x5_seed12", field)
    betas = list(entry[key])[:1] if method == "enumeration" else list(entry[key])  # 2^25 states, one temperature
    ds = solve(model, [1 / float(beta) for beta in betas], method=method)
    for t, beta in enumerate(betas):
        assert float(ds.log_z[t]) == pytest.approx(float(entry[key][beta]), rel=1e-12)


@pytest.mark.parametrize(
    ("lattice", "methods", "log_z"),
    [
        (lattices.square(16, 16, periodic=False), ("transfer_matrix", "elimination", "planar"), 232.5996102056881),
        (lattices.square(10, 10), ("kaufman", "transfer_matrix", "density_of_states"), 93.6103005102221),
    ],
    ids=["16x16 open", "10x10 torus"],
)
def test_log_z_at_the_critical_point(lattice, methods, log_z):
    for method in methods:
        ds = solve(Ising(lattice), [TC], method=method)
        assert float(ds.log_z[0]) == pytest.approx(log_z, rel=1e-14), method
