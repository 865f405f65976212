"""Chains: streams, pieces, resuming, error bars, and what a result says of itself."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from statmech import XY, Heisenberg, Ising, Potts, lattices, open_results, run, sampling, solve
from statmech.dataset import Solution
from statmech.errors import InputError, UnsupportedError
from statmech.models.blume_capel import BlumeCapel
from statmech.models.two_level import TwoLevel
from statmech.run.base import Job
from statmech.run.work import work
from statmech.sampling.base import Record, Settings, next_word, stream
from statmech.sampling.monte_carlo import MonteCarlo
from statmech.selection import choose_method
from statmech.solve import compute
from statmech.status import Status

TORUS = Ising(lattices.square(4, 4))


def monte_carlo(**options):
    return {"kind": "monte_carlo", "algorithm": "metropolis", "seed": 1, "sweeps": 1000, **options}


def test_the_random_words_are_those_of_the_authors():
    # xoshiro256plusplus.c of Blackman and Vigna with s = {1, 2, 3, 4}
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    assert [int(next_word(state)) for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


def test_a_point_does_not_depend_on_the_others():
    alone = solve(TORUS, [2.5], method=monte_carlo())
    among = solve(TORUS, [1.5, 2.5, 3.5], method=monte_carlo())
    for name in ("internal_energy", "heat_capacity", "susceptibility_errors"):
        assert float(alone[name][0]) == float(among[name][1])
    assert float(among.internal_energy[0]) != float(solve(TORUS, [1.5], method=monte_carlo(seed=2)).internal_energy[0])


def test_equal_models_have_equal_streams_and_seeds_differ():
    listed = Ising(lattices.square(4, 4), coupling=[1.0] * 32)
    assert compute(listed, [2.5], method=monte_carlo()).thermodynamics.internal_energy == pytest.approx(
        compute(TORUS, [2.5], method=monte_carlo()).thermodynamics.internal_energy, rel=0, abs=0
    )
    words = {int(stream(seed, "a", T, k).generate_state(1)[0]) for seed in (1, 2) for T in (1.0, 2.0) for k in (0, 1)}
    assert len(words) == 8


def test_solve_and_run_give_the_same_digits():
    config = {
        "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [4, 4]}},
        "sweep": {"temperature": [2.0, 3.0], "model.field": [0.0, 0.5]},
        "method": monte_carlo(),
    }
    there = run(config)
    here = solve(TORUS, [2.0, 3.0], field=[0.0, 0.5], method=monte_carlo())
    for name in ("internal_energy", "magnetization", "heat_capacity_errors", "status"):
        assert np.array_equal(here[name].transpose("temperature", "field"), there[name])
    assert (there.attrs["seed"], there.attrs["algorithm"], there.attrs["exactness"]) == (1, "metropolis", "statistical")


@pytest.mark.parametrize("fields", [None, [0.0, 0.4]])
@pytest.mark.parametrize("stop", [1, 3])
def test_a_chain_interrupted_and_resumed_ends_with_the_same_bits(fields, stop):
    class Interrupt(Exception):
        pass

    method, states = monte_carlo(sweeps=3000, samples=True), []

    def store(state):
        states.append(state)
        if len(states) == stop:
            raise Interrupt

    whole = compute(TORUS, [2.0, 2.5], fields, method)
    with pytest.raises(Interrupt):
        compute(TORUS, [2.0, 2.5], fields, method, checkpoint=store, checkpoint_seconds=0.0)
    resumed = compute(TORUS, [2.0, 2.5], fields, method, resume=states[-1])
    assert all(isinstance(value, (np.ndarray, int, float, str)) for value in states[-1].values())
    for name in ("internal_energy", "heat_capacity"):
        assert np.array_equal(getattr(whole.thermodynamics, name), getattr(resumed.thermodynamics, name))
    for name, error in whole.errors.items():
        assert np.array_equal(error, resumed.errors[name])
    assert np.array_equal(whole.samples["energy"], resumed.samples["energy"])


def test_a_run_is_told_how_far_a_chain_is_and_its_present_error():
    choice = choose_method(TORUS, monte_carlo(sweeps=1000, burn_in=10))
    job = Job("key", "task", TORUS, choice, (2.0, 2.5), None, seconds=0.0)
    told = []
    while True:
        (outcome,) = work([job])
        if isinstance(outcome.value, Solution):
            break
        told.append(outcome.text)
        job = replace(job, state=outcome.value)
    assert any(re.fullmatch(r"\d+% of T = 2, u \+- 0\.\d+ per site", text) for text in told), told
    assert "T = 2.5" in told[-1]
    assert told == sorted(told, key=lambda text: int(text.partition("%")[0]))


def test_a_state_of_another_task_is_refused():
    states = []
    compute(TORUS, [2.0], method=monte_carlo(sweeps=20000), checkpoint=states.append, checkpoint_seconds=0.0)
    with pytest.raises(InputError, match="resume: this state belongs to another"):
        compute(TORUS, [2.0], method=monte_carlo(seed=2), resume=states[0])


def test_bins_do_not_depend_on_the_pieces_they_come_in():
    rows = np.random.default_rng(1).normal(size=(10_000, 6))
    one, many = Record(0.1), Record(0.1)
    one.add(rows)
    for piece in np.array_split(rows, 77):
        many.add(piece)
    assert np.array_equal(one.bins, many.bins)
    assert np.array_equal(one.blocks(32)[0], many.blocks(32)[0])
    assert one.blocks(32)[1].sum() == 10_000


def test_the_target_stops_the_chain_and_a_missed_one_is_flagged():
    easy = solve(TORUS, 3.0, method=monte_carlo(sweeps=100_000, target_error=0.01))
    assert float(easy.internal_energy_errors) <= 0.01 * 16
    assert (float(easy.sweeps) < 20_000, int(easy.status)) == (True, 0)
    hard = solve(TORUS, 3.0, method=monte_carlo(sweeps=1000, target_error=1e-5))
    assert int(hard.status) == Status.NOT_CONVERGED


def test_what_a_chain_cannot_give_is_listed_and_no_number_stands_in_its_place():
    ds = solve(TORUS, [2.0], method=monte_carlo())
    assert "free_energy" not in ds
    assert "entropy_errors" not in ds
    assert (
        "log_z, free_energy, entropy: a chain at one temperature knows no absolute free energy"
        in ds.attrs["not_computed"]
    )


def test_short_and_stuck_chains_are_flagged():
    slow = solve(Ising(lattices.square(24, 24)), [2.27], method=monte_carlo(sweeps=64, burn_in=0))
    assert int(slow.status[0]) & Status.TOO_FEW_SAMPLES
    assert int(slow.status[0]) & Status.NOT_EQUILIBRATED  # hot and cold starts disagree


def test_without_a_named_algorithm_free_energy_and_entropy_come_along():
    found, exact = solve(TORUS, [2.0, 3.0], method="monte_carlo"), solve(TORUS, [2.0, 3.0])
    assert found.attrs["algorithm"] == "tempering"
    assert np.all(found.status == 0)
    for name in ("log_z", "free_energy", "internal_energy", "entropy", "heat_capacity"):
        assert np.all(np.abs(found[name] - exact[name]) < 4 * found[f"{name}_errors"]), name
    named = solve(TORUS, [2.0, 3.0], method={"kind": "monte_carlo", "algorithm": "tempering"})
    assert found.drop_attrs().identical(named.drop_attrs())


def test_the_algorithm_is_one_that_can_sample_the_model():
    cases = [(XY(lattices.chain(4)), "metropolis"), (Ising(lattices.square(64, 64)), "tempering"),
             (Ising(lattices.square(65, 64)), "metropolis"), (Potts(lattices.chain(4)), "tempering")]  # fmt: skip
    for model, algorithm in cases:
        assert choose_method(model, "monte_carlo").method.algorithm == algorithm
        assert MonteCarlo().supports(model)
        assert MonteCarlo().start(model, np.array([2.0])).temperatures.tolist() == [2.0]
    with pytest.raises(InputError, match="negated has them positive; metropolis takes them"):
        solve(TORUS, [-1.0], method="monte_carlo")
    assert np.isfinite(solve(TORUS, [-1.0], method=monte_carlo(algorithm="metropolis")).internal_energy[0])
    with pytest.raises(InputError, match="order: name the algorithm it is for, or leave it out"):
        MonteCarlo(order="random")


def test_auto_never_samples_silently_but_says_that_it_could():
    dense = Ising(lattices.complete(40), coupling=np.linspace(-1, 1, 780).tolist())
    with pytest.raises(UnsupportedError, match="monte_carlo can, with error bars"):
        choose_method(dense)
    with pytest.raises(UnsupportedError, match="metropolis: 'two_level' is none of ising, potts and blume_capel"):
        choose_method(TwoLevel(1.0), "monte_carlo")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "metropolys"}, "algorithm: .* did you mean 'metropolis'"),
        ({"sweeps": 0}, "sweeps: expected an integer of at least 1; got 0"),
        ({"seed": -1}, "seed: expected"),
        ({"target_error": 0.0}, "target_error: expected a positive number; got 0.0"),
    ],
)
def test_options_without_meaning_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        MonteCarlo(**options)


@pytest.mark.parametrize("algorithm", ["metropolis", "heat_bath", "tempering", "population_annealing"])
def test_an_energy_that_never_moved_is_flagged_though_the_spins_moved(algorithm):
    # the ground states of the frustrated triangle lattice are many: its spins move, its energy and C = 1e-6 do not
    model = Ising(lattices.triangular(3, 3), -1.0)
    ds = solve(model, [0.2], method={"kind": "monte_carlo", "algorithm": algorithm, "seed": 3, "sweeps": 1000})
    assert float(ds.heat_capacity_errors[0]) == 0.0
    assert int(ds.status[0]) & Status.TOO_FEW_SAMPLES


@pytest.mark.parametrize("algorithm", ["metropolis", "heat_bath", "tempering", "population_annealing"])
def test_an_energy_that_moved_by_rounding_alone_is_flagged(algorithm):
    # spins move freely (the second half has no bonds), sums of couplings like 0.1 round, and C = 1e-9 never shows
    couplings = np.full(12, 0.1)
    couplings[9:] = 3e-17
    lattice = lattices.graph([[i, (i + 1) % 9] for i in range(9)] + [[9, 10], [10, 11], [11, 9]])
    options = {"kind": "monte_carlo", "algorithm": algorithm, "seed": 3, "sweeps": 2000}
    ds = solve(Ising(lattice, couplings.tolist()), [0.008], method=options)
    assert int(ds.status[0]) & Status.TOO_FEW_SAMPLES


def test_the_error_of_a_point_does_not_depend_on_the_others():
    options = {"kind": "monte_carlo", "algorithm": "wang_landau", "seed": 1, "sweeps": 2000}
    alone = solve(TORUS, [1.7], method=options)
    both = solve(TORUS, [np.inf, 1.7], method=options)
    assert np.isneginf(both.free_energy[0])
    assert np.isnan(both.free_energy_errors[0])
    for name in alone:
        assert both[name].values[1] == alone[name].values[0], name


@pytest.mark.parametrize("algorithm", ["metropolis", "wolff", "tempering", "population_annealing"])
def test_a_binder_cumulant_of_nothing_is_unknown_and_leaves_the_other_points_alone(algorithm):
    # two sites that always point against each other: <M^4> / <M^2>^2 is 0 / 0
    model = Ising(lattices.chain(2), -1.0)
    ds = solve(model, [0.05, 3.0], method={"kind": "monte_carlo", "algorithm": algorithm, "seed": 1, "sweeps": 1000})
    assert np.isnan(ds.binder_cumulant[0])
    assert ds.status[0] & Status.TOO_FEW_SAMPLES
    assert abs(ds.binder_cumulant[1] - (1 - 1 / (3 * 0.5 * 2 / (1 + np.exp(4 / 3))))) < 5 * ds.binder_cumulant_errors[1]


@pytest.mark.parametrize("algorithm", ["population_annealing", "wang_landau", "multispin"])
def test_samples_are_refused_where_there_is_no_series_to_keep(algorithm):
    with pytest.raises(InputError, match=f"samples: {algorithm} "):
        solve(TORUS, [2.0], method=monte_carlo(algorithm=algorithm, samples=True))


@pytest.mark.parametrize(
    ("lattice", "T"),
    [(lattices.graph([], sites=4), 1.0), (lattices.graph([[0, 1], [2, 3]]), 0.05), (lattices.square(2, 2), np.inf)],
)
def test_wolff_reaches_all_of_a_lattice_in_pieces(lattice, T):
    # an even number of clusters, each turning over one of an even number of pieces, keeps a parity of them
    model = Ising(lattice, 1.0)
    ds = solve(model, [T], method={"kind": "monte_carlo", "algorithm": "wolff", "chains": 1, "sweeps": 4000})
    expected = 1.5 if T != 0.05 else 2.0  # of four free spins, and of two pairs
    assert abs(ds.absolute_magnetization[0] - expected) < 5 * ds.absolute_magnetization_errors[0] + 1e-12


def test_replicas_that_still_remember_their_starts_are_flagged():
    # R-hat is below 1.1: the drift is small against one replica's spread, and four errors of the mean of 128
    options = monte_carlo(algorithm="multispin", sweeps=32)
    found = [solve(TORUS, [2.0], method=options | {"burn_in": burn_in}) for burn_in in (0, 500)]
    assert [int(ds.status[0]) & Status.NOT_EQUILIBRATED for ds in found] == [Status.NOT_EQUILIBRATED, 0]
    assert all(ds.r_hat[0] < 1.1 for ds in found)


def test_zero_temperature_and_too_few_sweeps_are_refused():
    with pytest.raises(InputError, match="temperature: monte_carlo needs T != 0"):
        solve(TORUS, [0.0, 1.0], method=monte_carlo())
    with pytest.raises(InputError, match="sweeps: expected at least 32"):
        solve(TORUS, [1.0], method=monte_carlo(sweeps=10))


@pytest.mark.parametrize("T", [-2.0, np.inf, 1.5])
def test_any_temperature_but_zero(T):
    model = Potts(lattices.chain(5), states=3, field=0.3)
    exact = compute(model, [T]).thermodynamics
    found = compute(model, [T], method=monte_carlo(sweeps=20_000))
    for name in ("internal_energy", "heat_capacity"):
        gap = getattr(found.thermodynamics, name) - getattr(exact, name)
        assert abs(gap[0]) <= 4 * found.errors[name][0]


@pytest.mark.parametrize("algorithm", ["wolff", "swendsen_wang"])
def test_clusters_refuse_what_they_cannot_and_say_what_can(algorithm):
    refused = {
        "frustrated": Ising(lattices.triangular(3, 3), coupling=-1.0),
        "antiferromagnetic Potts": Potts(lattices.square(4, 4), coupling=-1.0),
        "disfavours its state": Potts(lattices.square(4, 4), field=-0.1),
        "spins that can be 0": BlumeCapel(lattices.square(4, 4)),
        "couplings and fields are frustrated": Ising(lattices.square(4, 4), coupling=-1.0, field=0.1),
    }
    for words, model in refused.items():
        with pytest.raises(UnsupportedError, match=f"{algorithm}: .*{words}.*ask metropolis"):
            choose_method(model, monte_carlo(algorithm=algorithm))
    with pytest.raises(UnsupportedError, match="at T = -1; ask metropolis"):
        solve(Ising(lattices.triangular(3, 3)), [-1.0], method=monte_carlo(algorithm=algorithm))
    mattis = Ising(lattices.square(4, 4), np.where(np.arange(32) < 2, -1.0, 1.0).tolist(), 0.0)
    assert choose_method(Ising(lattices.chain(5, periodic=False), [-1, 1, -1, 1]), monte_carlo(algorithm=algorithm))
    with pytest.raises(UnsupportedError):
        choose_method(mattis, monte_carlo(algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["wolff", "swendsen_wang"])
@pytest.mark.parametrize(
    "model",
    [TORUS, Ising(lattices.square(3, 4), np.linspace(0.5, 1.0, 24).tolist(), 0.1), Potts(lattices.square(3, 3))],
)
def test_pieces_of_a_cluster_chain_are_the_chain(algorithm, model):
    def chain():
        made = sampling.get(algorithm)().start(model, np.array([2.0]), Settings(seed=3, sweeps=100, burn_in=10))
        return made.walkers[0][0]

    one, many = chain(), chain()
    whole = one.measure(50)
    one.settle(whole)
    whole = np.concatenate([whole, one.measure(50)])
    pieces = [many.measure(n) for n in (1, 30, 19)]
    state = many.state()
    many = chain()
    many.restore(state)
    many.settle(np.concatenate(pieces))
    pieces += [many.measure(n) for n in (49, 1)]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_wolff_measures_after_a_fixed_number_of_clusters():
    chain = sampling.get("wolff")().start(TORUS, np.array([4.0]), Settings(seed=1, sweeps=64, burn_in=200))
    while not chain.advance(1.0):
        pass
    walkers = chain.walkers[0]
    assert all(walker.clusters >= 3 for walker in walkers)  # about N / <n>


@pytest.mark.parametrize("hot", [True, False])
def test_bit_packed_replicas_know_nothing_of_each_other(hot):
    # replicas that share random numbers coalesce: their M^2 were seen to have correlation 1.000
    model = Ising(lattices.square(8, 8))
    chain = sampling.get("multispin")().start(model, np.array([2.6]), Settings(seed=2, sweeps=64, chains=2))
    walker = chain.walkers[0][0 if hot else 1]
    walker.measure(300)
    rows = walker.measure(6000)[::30]  # about three autocorrelation times apart
    for column in (0, 2):
        correlation = np.corrcoef(rows[:, :, column].T)[np.triu_indices(64, 1)]
        assert abs(correlation.mean()) < 5 / np.sqrt(correlation.size * len(rows))
        assert abs(correlation).max() < 6 / np.sqrt(len(rows))
    assert len(np.unique(walker.spins)) > 32


def test_multispin_words_are_the_metropolis_rule():
    # the acceptance of every class of dE, by counting one step from a given configuration
    model = Ising(lattices.square(16, 16), coupling=-0.7)
    chain = sampling.get("multispin")().start(model, np.array([1.9]), Settings(seed=1, sweeps=64))
    planes = chain.walkers[0][0].planes
    for k, rise in enumerate([0.0, 4 * 0.7, 8 * 0.7]):
        p = sum(2.0 ** -(b + 1) for b in range(64) if planes[0, b, k])
        assert p == pytest.approx(15 / 16 * np.exp(-rise / 1.9), rel=1e-12)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Ising(lattices.square(4, 4), field=0.1), "a field is not supported"),
        (Ising(lattices.square(4, 4), np.linspace(1, 2, 32).tolist()), "couplings differ in size"),
        (Potts(lattices.square(4, 4)), "'potts' spins have no one bit"),
        (Ising(lattices.complete(20)), "more than 15 bonds"),
    ],
)
def test_multispin_says_what_it_cannot(model, words):
    with pytest.raises(UnsupportedError, match=words):
        choose_method(model, monte_carlo(algorithm="multispin"))


@pytest.mark.parametrize("kind", [XY, Heisenberg])
def test_vectors_are_sampled_by_name_and_auto_says_so(kind):
    model = kind(lattices.square(4, 4))
    with pytest.raises(UnsupportedError, match="monte_carlo can"):
        solve(model, 1.0)
    with pytest.raises(UnsupportedError, match="clusters of vectors know no field; ask metropolis or overrelaxation"):
        solve(kind(lattices.square(4, 4), field=0.1), 1.0, method=monte_carlo(algorithm="wolff"))
    with pytest.raises(UnsupportedError, match="frustrated"):
        solve(kind(lattices.triangular(3, 3), coupling=-1.0), 1.0, method=monte_carlo(algorithm="wolff"))
    with pytest.raises(InputError, match="unit vectors"):
        model.energy(np.ones((16, kind.components)))
    ordered = np.zeros((16, kind.components))
    ordered[:, 0] = 1.0
    assert kind(lattices.square(4, 4), field=0.5).energy(ordered) == -40.0
    ds = solve(model, [1.0, -1.0], method=monte_carlo(algorithm="wolff"))  # T < 0 turns the sign of J
    gap = float(ds.internal_energy[0] + ds.internal_energy[1])
    assert abs(gap) < 5 * float(np.hypot(*ds.internal_energy_errors))


def test_time_series_stand_in_a_group_of_their_own(tmp_path):
    config = {
        "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [4, 4]}},
        "sweep": {"temperature": [2.0, 3.0], "model.field": [0.0, 0.5, 1.0]},
        "method": monte_carlo(sweeps=200, samples=True),
    }
    run(config, output=tmp_path / "x.h5")
    results, samples = open_results(tmp_path / "x.h5"), open_results(tmp_path / "x.h5", "samples")
    assert "sweep" not in results.dims
    assert samples.energy.dims == ("temperature", "field", "chain", "sweep")
    assert samples.energy.shape == (2, 3, 2, 200)
    np.testing.assert_array_equal(samples.temperature, results.temperature)
    means = samples.energy.mean(("chain", "sweep"))
    np.testing.assert_allclose(means, results.internal_energy, rtol=1e-12)
