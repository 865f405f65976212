"""Algorithms that know absolute free energies, against exact values: tempering, Wang-Landau, population annealing.

Ordinary tests take few seeds of a small torus; ``STATMECH_SOAK=1`` takes 400 of larger ones and of the 4 x 4 x 4 cube.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy.stats import chi2

from statmech import Ising, Potts, density_of_states, lattices, solve
from statmech.errors import InputError, UnsupportedError
from statmech.models.blume_capel import BlumeCapel
from statmech.sampled import finish
from statmech.sampling.base import Settings
from statmech.sampling.population_annealing import PopulationAnnealing
from statmech.sampling.tempering import Tempering
from statmech.sampling.tempering.kept_energies import KeptEnergies
from statmech.sampling.wang_landau import WangLandau, sampled_density
from statmech.status import Status

SOAK = bool(os.environ.get("STATMECH_SOAK"))
NAMES = ("internal_energy", "heat_capacity", "free_energy", "entropy")
LENGTHS = {  # of one chain, long enough that next to none carries a status
    "tempering": {"4": 320, "8": 800, "cube": 1000, "16": 2000, "32": 4000},
    "wang_landau": {"4": 3000, "8": 60_000, "cube": 60_000, "16": 200_000},
    "population_annealing": {"4": 2000, "8": 4000, "cube": 4000},
}
SEEDS = {("wang_landau", "16"): 100}  # 15 s each; 400 elsewhere
CRITICAL = 2 / np.log(1 + np.sqrt(2))


def monte_carlo(algorithm, seed, sweeps, **options):
    return {"kind": "monte_carlo", "algorithm": algorithm, "seed": seed, "sweeps": sweeps, **options}


def scores(model, temperatures, algorithm, sweeps, seeds, exact=None, names=NAMES):
    """(value - exact) / error, shape (seeds, names, T), and the share of points with a status."""
    exact = solve(model, temperatures) if exact is None else exact
    z, flags = [], []
    for seed in range(seeds):
        found = solve(model, temperatures, method=monte_carlo(algorithm, seed, sweeps))
        z.append([((found[name] - exact[name]) / found[f"{name}_errors"]).values for name in names])
        flags.append(found.status.values != 0)
    return np.array(z), float(np.mean(flags))


def calibrated(title, z, shrink, mean, share=0.0):
    """Every column: mean 0 and spread 1 within limits; error bars times ``shrink`` are found out in one at least."""
    seeds = len(z)
    low, high = chi2.ppf(1e-6, seeds), chi2.ppf(1 - 1e-6, seeds)
    columns = z.reshape(seeds, -1)
    squares, means = np.sum(columns**2, axis=0), columns.mean(axis=0)
    told = "  ".join(f"{m:+.3f} {s:.0f}" for m, s in zip(means, squares, strict=True))
    found_out = np.sum(squares / shrink**2 > high)
    print(
        f"\n{title}, {seeds} chains, mean z and sum z^2 in ({low:.0f}, {high:.0f}): {told}; with a status {share:.3f}; "
        f"error bars x {shrink} found out in {found_out} of {squares.size}"
    )
    assert np.all(np.abs(means) < mean)
    assert np.all((low < squares) & (squares < high))
    assert np.any(squares / shrink**2 > high)
    assert share < 0.1


@pytest.mark.parametrize(
    ("algorithm", "seeds", "shrink"),
    [("tempering", 100, 0.7), ("wang_landau", 100, 0.7), ("population_annealing", 30, 0.5)],  # 0.7 needs 100 seeds
)
def test_all_quantities_of_a_small_torus_are_calibrated(algorithm, seeds, shrink):
    z, share = scores(Ising(lattices.square(4, 4)), [2.0, 3.0], algorithm, LENGTHS[algorithm]["4"], seeds)
    calibrated(f"{algorithm} 4", z, shrink, 4 / np.sqrt(seeds), share)


@pytest.mark.skipif(not SOAK, reason="400 chains of each take minutes; STATMECH_SOAK=1 runs them")
@pytest.mark.parametrize(("algorithm", "size"), [(name, size) for name, sizes in LENGTHS.items() for size in sizes])
def test_soak_all_quantities_are_calibrated(algorithm, size):
    if size == "cube":
        model, temperatures = Ising(lattices.cubic(4, 4, 4)), [4.51152]
    elif size == "4":
        model, temperatures = Ising(lattices.square(4, 4)), [2.0, 3.0]
    else:
        model, temperatures = Ising(lattices.square(int(size), int(size))), [2.0, CRITICAL, 2.5]
    seeds = SEEDS.get((algorithm, size), 400)
    z, share = scores(model, temperatures, algorithm, LENGTHS[algorithm][size], seeds)
    calibrated(f"{algorithm} {size}, U, C, F, S each at all T", z, 0.7, 4 / np.sqrt(seeds), share)


def test_wang_landau_finds_the_exact_density_of_states_of_8_by_8():
    exact = density_of_states(Ising(lattices.square(8, 8)))
    logs = dict(zip(exact.energies.tolist(), [float(np.log(float(g))) for g in exact.exact_degeneracies], strict=True))
    found = sampled_density(Ising(lattices.square(8, 8)), seed=1, sweeps=60_000, burn_in=4000)
    assert np.logaddexp.reduce(found.log_g) == pytest.approx(64 * np.log(2), rel=1e-14)
    right = np.array([logs[energy] for energy in found.energies.tolist()])
    z = (found.log_g - right) / found.log_g_errors
    assert found.energies[0] == -128.0
    assert abs(found.log_g[0] - np.log(2)) < 4 * found.log_g_errors[0] < 1.0  # g(E0) = 2
    assert found.energies.size == len(logs)
    assert np.all(np.abs(z) < 5)
    assert 0.3 < np.mean(z**2) < 3.0  # neighbouring levels move together: few degrees of freedom
    assert np.max(found.log_g_errors) < 0.3


@pytest.mark.skipif(not SOAK, reason="100 densities of states; STATMECH_SOAK=1 runs them")
def test_soak_densities_of_states_are_calibrated_level_by_level():
    exact = density_of_states(Ising(lattices.square(8, 8)))
    logs = dict(zip(exact.energies.tolist(), [float(np.log(float(g))) for g in exact.exact_degeneracies], strict=True))
    z = []
    for seed in range(400):
        found = sampled_density(Ising(lattices.square(8, 8)), seed=seed, sweeps=40_000, burn_in=2000)
        each = dict(zip(found.energies.tolist(), zip(found.log_g, found.log_g_errors, strict=True), strict=True))
        z.append([(each[E][0] - logs[E]) / each[E][1] for E in (-128.0, -120.0, -96.0, -64.0, 0.0, 64.0)])
    calibrated("wang_landau 8, log g of six levels", np.array(z), 0.7, 0.2)


@pytest.mark.parametrize("algorithm", list(LENGTHS))
@pytest.mark.parametrize(
    "model",
    [
        pytest.param(Ising(lattices.square(4, 3), coupling=1.0, field=0.5), id="field"),
        pytest.param(Ising(lattices.square(4, 4), coupling=-1.0), id="antiferromagnet"),
        pytest.param(Potts(lattices.square(3, 3), states=4), id="potts"),
        pytest.param(BlumeCapel(lattices.square(3, 3), anisotropy=0.5), id="blume-capel"),
        pytest.param(
            Ising(lattices.square(4, 4), coupling=np.random.default_rng(5).choice([-1.0, 1.0], 32)), id="glass"
        ),
    ],
)
def test_other_models_agree_with_exact_values(algorithm, model):
    temperatures = [1.7, 3.0]
    names = [*NAMES, "magnetization"] if np.any(model.fields) else NAMES
    exact = solve(model, temperatures, method="elimination")
    sweeps = {"tempering": 640, "wang_landau": 10_000, "population_annealing": 2000}[algorithm]
    z, _ = scores(model, temperatures, algorithm, sweeps, 3, exact, names)
    assert np.all(np.abs(z) < 5)
    assert np.sqrt(np.mean(z**2)) < 1.6


def test_a_glass_of_real_couplings_is_solved_by_tempering_and_population_annealing():
    model = Ising(lattices.square(6, 6, periodic=False), coupling=np.random.default_rng(2).normal(size=60))
    exact = solve(model, [0.5, 0.9], method="elimination")
    for algorithm, sweeps in (("tempering", 400), ("population_annealing", 2000)):
        z, _ = scores(model, [0.5, 0.9], algorithm, sweeps, 2, exact)
        assert np.all(np.abs(z) < 5)
    with pytest.raises(UnsupportedError, match="no common unit"):
        solve(model, [0.3], method=monte_carlo("wang_landau", 1, 1000))


def test_a_bimodal_glass_by_tempering_agrees_with_elimination_down_to_low_temperature():
    couplings = np.random.default_rng(11).choice([-1.0, 1.0], 128)
    model = Ising(lattices.square(8, 8), coupling=couplings)
    temperatures = [0.6, 1.2]
    exact = solve(model, temperatures, method="elimination")
    z, _ = scores(model, temperatures, "tempering", 1000, 4, exact)
    assert np.all(np.abs(z) < 5)
    assert np.sqrt(np.mean(z**2)) < 1.5


ALGORITHMS = {"tempering": Tempering, "wang_landau": WangLandau, "population_annealing": PopulationAnnealing}


def start(algorithm, sweeps=400, seed=3, temperatures=(1.5, 3.0)):
    settings = Settings(seed, sweeps, 100, 2, None, False, {"sweeps_per_step": 5})
    return ALGORITHMS[algorithm]().start(Ising(lattices.square(4, 4)), np.array(temperatures), settings)


@pytest.mark.parametrize("algorithm", list(LENGTHS))
def test_interrupted_and_resumed_is_the_same_to_the_bit(algorithm):
    whole = start(algorithm)
    finish(whole)
    broken = start(algorithm)
    for _ in range(10_000):
        if broken.advance(0.0):
            break
        fresh = start(algorithm)
        fresh.restore(dict(broken.state()))
        broken = fresh
    else:
        pytest.fail("never finished")
    one, other = whole.result(), broken.result()
    assert np.array_equal(one.log_z, other.log_z)
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.covariance, other.covariance)
    assert np.array_equal(whole.status(), broken.status())
    with pytest.raises(InputError, match="another model"):
        start(algorithm, seed=4).restore(broken.state())


def test_errors_of_tempering_know_of_correlations_that_are_slow_and_weak():
    # at a rung energies are exchanged within a few sweeps, and come back: a tenth of the variance lives 50 sweeps long
    chain = Tempering().start(Ising(lattices.square(16, 16)), np.array([2.0, CRITICAL]), Settings(1, 2000, 400, 2))
    finish(chain)
    cold, critical = chain.correction()
    assert 1.0 <= cold < 1.1
    assert 1.1 < critical < 2.0
    # log Z at T = 2 has them too, from the rungs between: more than the energy at T = 2
    assert 1.14 < chain._log_z_correction(int(chain.rung[0])) < 2.0  # 1.08 with a window of 1.5 tau
    assert chain._log_z_correction(0) == 1.0  # N log q


@pytest.mark.parametrize("algorithm", list(LENGTHS))
def test_infinite_temperature_and_one_temperature_are_limits(algorithm):
    found = solve(Ising(lattices.square(4, 4)), [np.inf, 1.7], method=monte_carlo(algorithm, 1, 2000))
    assert float(found.entropy[0]) == pytest.approx(16 * np.log(2), abs=1e-9)
    exact = solve(Ising(lattices.square(4, 4)), [1.7])
    assert abs(float(found.log_z[1] - exact.log_z[0])) < 5 * float(found.log_z_errors[1]) + 1e-9


@pytest.mark.parametrize("algorithm", ["tempering", "population_annealing"])
def test_negative_temperatures_are_refused(algorithm):
    with pytest.raises(InputError, match="above 0"):
        solve(Ising(lattices.square(4, 4)), [-1.0], method=monte_carlo(algorithm, 1, 1000))


def test_too_short_runs_carry_a_status():
    model = Ising(lattices.square(12, 12))
    assert np.all(
        solve(model, [2.3], method=monte_carlo("tempering", 1, 64, burn_in=0)).status & Status.TOO_FEW_SAMPLES
    )
    assert np.all(solve(model, [2.3], method=monte_carlo("wang_landau", 1, 200)).status & Status.TOO_FEW_SAMPLES)
    few = solve(model, [1.5], method=monte_carlo("population_annealing", 1, 64))
    assert np.all(few.status & Status.TOO_FEW_SAMPLES)


def test_a_ladder_that_never_left_its_lowest_level_says_so():
    found = solve(Ising(lattices.square(4, 4)), [0.2], method=monte_carlo("tempering", 1, 300))
    assert float(found.internal_energy[0]) == -32.0
    assert np.all(found.status & Status.TOO_FEW_SAMPLES)


def test_tempering_stops_at_its_target_and_tells_of_its_ladder():
    model = Ising(lattices.square(6, 6))
    found = solve(model, [2.0, 2.5], method=monte_carlo("tempering", 1, 200_000, target_error=0.02))
    assert float(found.sweeps[0]) < 100_000
    assert np.all(found.internal_energy_errors < 0.02 * 36)
    assert float(found.round_trips[0]) > 10
    assert 0 < float(found.largest_rejection[0]) < 0.7
    assert np.all(found.status == 0)


def test_energies_are_kept_at_equal_distances_whatever_the_pieces():
    rows = np.arange(100_000.0)[:, None]
    whole, pieces = KeptEnergies(1), KeptEnergies(1)
    whole.add(rows)
    for part in np.array_split(rows, 777):
        pieces.add(part)
    assert whole.size == pieces.size
    assert np.array_equal(whole.energies[: whole.size], pieces.energies[: pieces.size])
    assert np.all(np.diff(whole.energies[: whole.size, 0]) == whole.stride)
