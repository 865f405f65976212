"""MBAR on harmonic oscillators, whose free energies are known, and against the equations in long double."""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from statmech.errors import ConvergenceError, InputError
from statmech.estimators import bar, mbar

SEEDS = 400
LOW, HIGH = chi2.ppf(1e-6, SEEDS), chi2.ppf(1 - 1e-6, SEEDS)


def calibrated(z):
    assert abs(z.mean()) < 0.2
    assert LOW < np.sum(z**2) < HIGH
    assert np.sum((z / 0.7) ** 2) > HIGH  # error bars that are too small by 0.7 would be found out


def oscillators(centers, stiffness, counts, seed=0):
    """u_kn = k (x - c)^2 / 2 with samples of every state: f_k = log(k_k / k_0) / 2."""
    rng = np.random.default_rng(seed)
    centers, stiffness = np.asarray(centers, float), np.asarray(stiffness, float)
    x = np.concatenate([rng.normal(c, k**-0.5, n) for c, k, n in zip(centers, stiffness, counts, strict=True)])
    return 0.5 * stiffness[:, None] * (x - centers[:, None]) ** 2, np.asarray(counts), x


def long_double_step(u, counts, f):
    """How far f is from the solution: one Newton step whose gradient is taken in long double."""
    u, f, N = u.astype(np.longdouble), f.astype(np.longdouble), counts.astype(np.longdouble)
    exponent = f[:, None] - u
    top = exponent.max(axis=0)
    W = np.exp(exponent - top)
    W /= N @ W
    gradient = (N * (W.sum(axis=1) - 1)).astype(float)
    W = W.astype(float)
    hessian = np.diag(counts * W.sum(axis=1)) - np.outer(counts, counts) * (W @ W.T)
    return np.linalg.solve(hessian[1:, 1:], gradient[1:])


FIVE = ([0, 1, 2, 1.5, 3], [1, 2, 1.5, 3, 1])


def test_free_energies_solve_the_equations_to_long_double_precision():
    u, counts, _ = oscillators(*FIVE, [2000, 1500, 300, 1, 900])
    found = mbar(u, counts)
    assert np.max(np.abs(long_double_step(u, counts, found.f_k))) < 1e-12
    assert found.success
    assert found.residual < 1e-12
    assert found.f_k[0] == 0.0


def test_errors_are_calibrated_for_differences_expectations_and_states_without_samples():
    z = []
    exact = 0.5 * np.log(np.array([1, 2, 1.5, 3, 1]))
    for seed in range(SEEDS):
        u, counts, x = oscillators(*FIVE, [150, 100, 0, 50, 100], seed)
        found = mbar(u, counts)
        moment, other = found.expectations(x), found.perturbed(1.2 * u[1:2])
        z.append(
            [
                (found.f_k[1] - exact[1]) / found.df_k[1],
                (found.Delta_f[2, 4] - exact[4] + exact[2]) / found.dDelta_f[2, 4],
                (moment.mean[2] - 2.0) / moment.error[2],
                (other.f_l[0] - 0.5 * np.log(2.4)) / other.df_l[0],
            ]
        )
    for column in np.transpose(z):
        calibrated(column)


def test_errors_equal_the_formula_with_the_pseudo_inverse():
    u, counts, x = oscillators(*FIVE, [60, 50, 0, 20, 30])
    found = mbar(u, counts)
    W = found.weights()
    assert np.allclose(W.sum(axis=0), 1.0, rtol=1e-12)
    assert np.allclose(W @ counts, 1.0, rtol=1e-12)

    def covariance(Z):
        n = len(Z)
        return Z.T @ np.linalg.pinv(np.eye(n) - W @ np.diag(counts) @ W.T, rcond=1e-10) @ Z

    theta = covariance(W)
    variance = np.diag(theta)[:, None] + np.diag(theta) - 2 * theta
    assert np.allclose(found.dDelta_f**2, variance, rtol=1e-9, atol=1e-14)
    moment = found.expectations(x + 1e6)
    assert np.allclose(moment.mean - 1e6, x @ W, rtol=0, atol=1e-8)
    assert np.allclose(moment.covariance, covariance(W * (x[:, None] - x @ W)), rtol=1e-7, atol=1e-12)
    again = found.perturbed(u)
    assert np.allclose(again.f_l, found.f_k, rtol=0, atol=1e-13)
    assert np.allclose(again.dDelta_f, found.dDelta_f, rtol=1e-9, atol=1e-12)
    assert np.allclose(again.df_l, found.df_k, rtol=1e-9, atol=1e-8)  # its own difference to itself: rounding
    assert np.allclose(again.effective_samples, found.effective_samples, rtol=1e-12)
    assert np.allclose(found.overlap.sum(axis=1), 1.0, rtol=1e-12)
    assert np.allclose(found.overlap, W.T @ W * counts, rtol=1e-12)
    assert found.overlap_gap == pytest.approx(1 - np.sort(np.linalg.eigvals(found.overlap).real)[-2], rel=1e-9)


@pytest.mark.parametrize("size", [1e3, 1e5])
def test_offsets_of_the_states_move_the_free_energies_and_nothing_else(size):
    u, counts, _ = oscillators(*FIVE, [500, 400, 0, 300, 400])
    offsets = size * np.array([0.0, 1.0, -1.0, 2.0, -0.5])
    here, there = mbar(u, counts), mbar(u + offsets[:, None], counts)
    rounding = 1e-15 * size
    assert np.allclose(there.f_k - offsets, here.f_k, rtol=0, atol=1e-12 + rounding)
    assert np.allclose(there.dDelta_f, here.dDelta_f, rtol=1e-9, atol=1e-9)


def test_offsets_of_the_samples_change_nothing():
    u, counts, _ = oscillators(*FIVE, [500, 400, 200, 300, 400])
    moved = u + np.random.default_rng(1).choice([0.0, 1e3, -1e3], u.shape[1])
    assert np.allclose(mbar(moved, counts).f_k, mbar(u, counts).f_k, rtol=0, atol=1e-11)


def test_a_start_from_nowhere_converges_too():
    u, counts, _ = oscillators(*FIVE, [500, 400, 200, 300, 400])
    for start in ([0, 0, 0, 0, 0], [0, 300, -300, 500, -40], [0, -2000, 50, 3, 1]):
        assert np.allclose(mbar(u, counts, initial_f_k=start).f_k, mbar(u, counts).f_k, rtol=0, atol=1e-12)


def test_the_order_of_the_states_does_not_matter():
    centers, counts = np.arange(12.0) * 2, np.full(12, 200)
    shuffled = np.random.default_rng(3).permutation(12)
    u, _, x = oscillators(centers, np.ones(12), counts)
    blocks = x.reshape(12, 200)[shuffled].ravel()
    found = mbar(0.5 * (blocks - centers[shuffled][:, None]) ** 2, counts)
    assert np.allclose(found.Delta_f, mbar(u, counts).Delta_f[np.ix_(shuffled, shuffled)], rtol=0, atol=1e-11)


@pytest.mark.parametrize("gap", [3.0, 6.0, 8.0, 12.0, 20.0, 60.0, 400.0])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
def test_gaps_converge_or_raise(gap, offset):
    """Two groups of oscillators `gap` sigma apart: the answer is within its error, or there is none."""
    for seed in range(4):
        centers = [0, 0.5, 1.0, 1.0 + gap, 1.5 + gap]
        u, counts, _ = oscillators(centers, np.ones(5), [400] * 5, seed)
        shifts = offset * np.array([0, 1, 0, -1, 2])
        u = u + shifts[:, None]
        try:
            found = mbar(u, counts)
        except ConvergenceError:
            assert gap >= 6
        else:
            assert gap < 12
            assert np.all(np.abs(found.f_k - shifts) <= 4.5 * found.df_k + 1e-10)


def test_a_refused_result_can_be_looked_at():
    u, counts, _ = oscillators([0, 10], [1, 1], [500, 500])
    with pytest.raises(ConvergenceError, match=r"states \[1\] share .* of a sample") as refusal:
        mbar(u, counts)
    assert refusal.value.partial.success is False
    looked = mbar(u, counts, check=False)
    assert not looked.success
    assert looked.dDelta_f[0, 1] > 1.0


def test_states_that_no_sample_reaches_are_refused():
    u, _, x = oscillators([0, 1], [1, 1], [500, 500])
    far = np.vstack([u, 0.5 * (x - 30.0) ** 2])
    with pytest.raises(ConvergenceError, match=r"states \[2\] have \d\.\d effective samples"):
        mbar(far, [500, 500, 0])
    forbidden = np.vstack([u, np.full(x.size, np.inf)])
    with pytest.raises(InputError, match=r"state 2 is \+inf at every sample"):
        mbar(forbidden, [500, 500, 0])


def test_hard_walls_are_infinite_potentials():
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.uniform(0, 1, 3000), rng.uniform(0.5, 2.5, 3000)])
    u = np.where(np.array([(x < 1), (x > 0.5)]), 0.0, np.inf)
    found = mbar(u, [3000, 3000])  # volumes 1 and 2
    assert abs(found.f_k[1] + np.log(2)) < 4 * found.df_k[1]
    apart = np.where(np.array([x < 0.4, x > 0.6]), 0.0, np.inf)
    kept = np.concatenate([np.flatnonzero(x[:3000] < 0.4), 3000 + np.flatnonzero(x[3000:] > 0.6)])
    with pytest.raises(ConvergenceError, match="share no sample of finite energy"):
        mbar(apart[:, kept], [(x[:3000] < 0.4).sum(), (x[3000:] > 0.6).sum()])


def test_two_states_agree_with_bar():
    u, counts, _ = oscillators([0, 1], [1, 2], [700, 400])
    w = u[1] - u[0]
    found, pair = mbar(u, counts), bar(w[:700], -w[700:])
    assert found.f_k[1] == pytest.approx(pair.delta_f, abs=1e-12)
    assert found.df_k[1] == pytest.approx(pair.error, rel=1e-9)


def test_matrices_on_disk_give_the_same(tmp_path):
    u, counts, x = oscillators(*FIVE, [20000, 15000, 0, 100, 9000])
    here = mbar(u, counts)
    with h5py.File(tmp_path / "u.h5", "w") as file:
        there = mbar(file.create_dataset("u_kn", data=u), counts, memory=0)
        assert np.allclose(there.f_k, here.f_k, rtol=0, atol=1e-13)
        assert np.allclose(there.expectations(x).error, here.expectations(x).error, rtol=1e-12)
    mapped = np.memmap(tmp_path / "u.bin", dtype=np.float64, mode="w+", shape=u.shape)
    mapped[:] = u
    assert np.allclose(mbar(mapped, counts, memory=0).dDelta_f, here.dDelta_f, rtol=1e-12, atol=1e-15)


def test_the_rows_of_a_shuffled_data_frame_keep_their_order():
    rng = np.random.default_rng(4)
    counts, centres = [300, 200, 100], np.array([0.0, 0.7, 1.5])
    x = np.concatenate([rng.normal(c, 1, n) for c, n in zip(centres, counts, strict=True)])
    u = 0.5 * (x - centres[:, None]) ** 2
    index = pd.MultiIndex.from_arrays([np.arange(600), np.repeat(centres, counts)], names=["time", "fep-lambda"])
    order = rng.permutation(600)
    frame = pd.DataFrame(u.T, index=index, columns=centres).iloc[order]
    want, found = mbar(u, counts), mbar(frame)
    assert np.allclose(found.weights(), want.weights()[order], rtol=1e-11)
    assert np.allclose(found.log_d, want.log_d[order], rtol=0, atol=1e-12)
    assert np.allclose(found.expectations(x[order]).mean, want.expectations(x).mean, rtol=0, atol=1e-12)
    assert np.allclose(found.perturbed(u[:1, order] * 1.3).f_l, want.perturbed(u[:1] * 1.3).f_l, rtol=0, atol=1e-12)


def test_a_data_frame_in_another_unit_than_kt_is_refused():
    index = pd.MultiIndex.from_product([[0.0, 1.0], range(10)], names=["fep-lambda", "time"]).swaplevel()
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), index=index, columns=[0.0, 1.0])
    frame.attrs.update(energy_unit="kT", temperature=300.0)
    assert mbar(frame).success
    frame.attrs["energy_unit"] = "kJ/mol"
    with pytest.raises(InputError, match="expected reduced potentials, in kT; this data frame is in kJ/mol"):
        mbar(frame)


def test_data_frames_of_alchemlyb_are_taken_in_any_order():
    u, counts, _ = oscillators([0, 1, 2], [1, 2, 1], [300, 0, 200])
    states = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)]
    origin = np.repeat(np.arange(3), counts)
    index = pd.MultiIndex.from_tuples(
        [(float(n), *states[k]) for n, k in enumerate(origin)], names=["time", "coul-lambda", "vdw-lambda"]
    )
    frame = pd.DataFrame(u.T, index=index, columns=states)
    shuffled = frame.sample(frac=1.0, random_state=1)
    found = mbar(shuffled)
    assert found.states == tuple(states)
    assert np.allclose(found.f_k, mbar(u, counts).f_k, rtol=0, atol=1e-12)
    single = pd.DataFrame(u.T, index=pd.MultiIndex.from_arrays([range(500), origin / 2]), columns=[0.0, 0.5, 1.0])
    assert np.allclose(mbar(single, [300, 0, 200]).f_k, found.f_k, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match="contradicts the index"):
        mbar(frame, [300, 100, 100])
    with pytest.raises(InputError, match=r"no column: 1\.0"):
        mbar(single[[0.0, 0.5]])
    with pytest.raises(InputError, match="MultiIndex"):
        mbar(single.reset_index(drop=True))


def test_results_are_frozen_and_pickle():
    u, counts, _ = oscillators([0, 1], [1, 2], [30, 40])
    found = pickle.loads(pickle.dumps(mbar(u, counts)))
    assert not found.f_k.flags.writeable
    assert found.f_k[1] == mbar(u, counts).f_k[1]
    before = u.copy()
    mbar(u, counts)
    assert np.array_equal(u, before)


@pytest.mark.parametrize(
    ("u", "counts", "message"),
    [
        (np.zeros((2, 3)), [2, 2], "4 samples do not fit"),
        (np.zeros((3, 2)), [1, 2, 3], "6 samples do not fit"),
        (np.zeros((3, 2)), [3], "3 counts, one for each row"),
        (np.zeros((4, 2)), [2, 2], "4 counts"),
        (np.zeros((2, 2)), None, "number of samples of each state"),
        (np.zeros(3), [3], "shape"),
        (np.array([[0.0, np.nan], [0.0, 0.0]]), [1, 1], r"nan at \[0, 1\]"),
        (np.array([[0.0, 0.0], [-np.inf, 0.0]]), [1, 1], r"-inf at \[1, 0\]"),
        (np.array([["a"]]), [1], "expected real numbers"),
        (np.zeros((2, 0)), [0, 0], "got none"),
    ],
)
def test_input_without_meaning_is_refused(u, counts, message):
    with pytest.raises(InputError, match=message):
        mbar(u, counts)


def test_states_far_from_all_samples_are_refused_where_they_are_asked_for():
    rng = np.random.default_rng(1)
    centers = np.array([0.0, 1.0, 2.0])
    x = np.concatenate([rng.normal(c, 1.0, 1000) for c in centers])
    found = mbar(0.5 * (x - centers[:, None]) ** 2, [1000] * 3)
    for far in (6.0, 9.0):  # exactly f = 0, <x> = far; of 9 a handful of samples near 5 said <x> = 4.85 +- 0.09
        u = 0.5 * (x - far)[None, :] ** 2
        for name, arguments in (("perturbed", (u,)), ("expectations", (x, u))):
            with pytest.raises(ConvergenceError, match=rf"{name}: state 0 of u_ln has .* effective") as refusal:
                getattr(found, name)(*arguments)
            there = getattr(found, name)(*arguments, check=False)
            assert np.array_equal(refusal.value.partial.effective_samples, there.effective_samples)


def test_a_sample_that_its_own_state_forbids_is_found_wherever_it_stands():
    rng = np.random.default_rng(1)
    centers = np.array([0.0, 1.0])
    x = np.concatenate([rng.normal(c, 1.0, 5000) for c in centers])
    for n, k in ((4, 0), (9999, 1)):  # the start looks at every fifth sample only
        u = 0.5 * (x - centers[:, None]) ** 2
        u[k, n] = np.inf
        for start in (None, [0.0, 0.0]):
            with pytest.raises(InputError, match=f"sample {n} has infinite energy in state {k}, which is said"):
                mbar(u, [5000, 5000], initial_f_k=start)
        u[k, n], u[1 - k, n] = 1.0, np.inf
        assert mbar(u, [5000, 5000]).success
