"""The log-sum-exp family against mpmath, its corners, and what it does to memory and to its arguments."""

from __future__ import annotations

import math
import tracemalloc

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from statmech import StatmechError
from statmech.double_double import log_term
from statmech.logspace import log1mexp, log_softmax, logaddexp, logdiffexp, logmeanexp, logsumexp, softmax
from statmech.logspace.blocks import BLOCK

EPS = 2.0**-52
INF = np.inf
LIMIT = 4.0  # in eps of the yardstick, what is promised; the worst seen is 1.6, for weights that undo their exponents
DIGITS = 1200  # decimal; exp(-1000) beside 1 must not be lost


def exact(a, b=None, tau=1.0):
    """tau log|sum b exp(a / tau)|, its sign, and the yardstick |result| + sum p |a + tau log|b||, by mpmath."""
    b = [1.0] * len(a) if b is None else b
    with mpmath.workdps(DIGITS):
        scale = mpf(float(tau))
        logs = [mpf(float(x)) / scale + mpmath.log(abs(mpf(float(w)))) for x, w in zip(a, b, strict=True) if w]
        terms = [mpmath.sign(mpf(float(w))) * mpmath.exp(x) for x, w in zip(logs, filter(None, b), strict=True)]
        total = mpmath.fsum(terms)
        value = mpmath.log(abs(total))
        yardstick = abs(value) + mpmath.fsum(abs(t / total * x) for t, x in zip(terms, logs, strict=True))
        return scale * value, int(mpmath.sign(total)), abs(scale) * yardstick


def error(value, reference, yardstick, eps=EPS):
    """|value - reference| in eps of the yardstick."""
    with mpmath.workdps(DIGITS):
        return float(abs(mpf(float(value)) - reference) / (mpf(eps) * yardstick))


RNG = np.random.default_rng(20)
PANEL = {
    "a result of 1e-300 beside a zero maximum": ([0.0, -690.0], None),
    "0 and -40": ([0.0, -40.0], None),
    "-40 and 0 in a long vector": ([-40.0] * 30 + [0.0], None),
    "the smallest normal result": ([0.0, -708.0], None),
    "ties": ([3.0] * 7, None),
    "two equal thousands": ([1000.0, 1000.0], None),
    "minus thousands": ([-1000.0, -1001.0, -1500.0], None),
    "a sum close to 1": ([-math.log(2), -math.log(2) + 1e-9], None),
    "normalised probabilities": (np.log([0.25, 0.5, 0.125, 0.125]), None),
    "a small weight that dominates": ([700.0, 0.0], [1e-308, 1.0]),
    "a large weight that dominates": ([-700.0, 0.0], [1e308, 1e-300]),
    "subnormal weights": ([740.0, 3.0], [5e-324, 0.7]),
    "weights and exponents of opposite extremes": ([1400.0, -1400.0], [5e-324, 1.7e308]),
    "a weight that undoes its exponent": ([math.log(0.5)], [2.0]),
    "weights that undo their exponents": (-np.log([1e300, 3.0, 1e-5]), [1e300, 3.0, 1e-5]),
    "a weight next to one": ([0.0], [1 - 1e-10]),
    "0 / 0 hidden": ([1.0, 2.0], [0.0, 3.0]),
    "opposite signs": ([1.0, 2.0], [1.0, -1.0]),
    "opposite signs that nearly cancel": ([0.0, -1e-10], [1.0, -1.0]),
    "opposite signs that cancel to 1e-20": ([0.0, 1e-20], [-1.0, 1.0]),
    "cancellation on two levels": ([0.0, -1e-10, -5.0, -5.0 - 1e-10], [1.0, -1.0, 1.0, -1.0]),
    "cancellation back to one": ([0.0, -1e-10, 0.0], [1.0, 1.0, -1.0]),
    "cancellation of large exponents": ([900.0, 900.0 - 1e-9], [1.0, -1.0]),
    "a negative total": ([3.064, 0.373, 3.875], [1.882, 2.842, -3.850]),
    "a hundred normal exponents": (RNG.normal(size=100), None),
    "a hundred wide exponents": (RNG.uniform(-700, 700, 100), None),
    "a hundred weights": (RNG.normal(size=100) * 10, RNG.uniform(size=100)),
    "a hundred signed weights": (RNG.normal(size=100), RNG.normal(size=100)),
    "weights over 600 orders": (RNG.normal(size=50), np.exp(RNG.uniform(-700, 700, 50))),
}


@pytest.mark.parametrize("tau", [1.0, 0.3, -0.7, 1e3])
@pytest.mark.parametrize("name", PANEL)
def test_the_error_is_within_four_eps_of_the_yardstick(name, tau):
    a, b = PANEL[name]
    a = np.asarray(a) * abs(tau)  # so that every case stays what its name says
    if tau < 0:
        a = -a
    reference, sign, yardstick = exact(a, b, tau)
    value, found = logsumexp(a, b=b, tau=tau, return_sign=True)
    assert found == sign
    assert error(value, reference, yardstick) <= LIMIT
    plain = logsumexp(a, b=b, tau=tau)
    assert math.isnan(plain) if sign < 0 else error(plain, reference, yardstick) <= LIMIT


@pytest.mark.parametrize("seed", range(40))
def test_random_sums_stay_within_four_eps_of_the_yardstick(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 20))
    scale, tau = 10 ** rng.uniform(-10, 2.5), float(rng.choice([1.0, 0.3, -3.3]))
    a = rng.normal(size=n) * scale + rng.choice([0.0, 1.0, -math.log(n), 100.0, -1000.0])
    wide = np.exp(rng.uniform(-740, 709, n))
    for exponents, weights in [
        (a, None),
        (a, rng.uniform(size=n)),
        (a, wide),
        (-tau * np.log(wide) + a * 1e-3, wide),  # weights that undo their exponents
        (a, rng.normal(size=n)),
    ]:
        reference, sign, yardstick = exact(exponents, weights, tau)
        value, found = logsumexp(exponents, b=weights, tau=tau, return_sign=True)
        assert found == sign
        assert error(value, reference, yardstick) <= LIMIT


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_ten_million_terms_lose_nothing(axis, order):
    values = np.array([0.1, -3.7, 1.3, -1000.0, 2.0 / 3.0])
    counts = np.array([7_000_000, 1_999_000, 1_000, 900_000, 100_000])
    flat = np.repeat(values, counts)
    with mpmath.workdps(30):
        reference = mpmath.log(mpmath.fsum(int(n) * mpmath.exp(mpf(v)) for v, n in zip(values, counts, strict=True)))
    x = flat if axis is None else flat[:, None] if axis == 0 else flat[None, :]
    value = logsumexp(np.asarray(x, order=order) if axis is None else np.concatenate([x, x], axis=1 - axis), axis=axis)
    # |result| is 16: the bound is 64 eps, and pairwise sums stay within 1
    assert np.all([error(v, reference, 16.0) <= 1.0 for v in np.atleast_1d(value)])


def test_small_terms_in_other_blocks_than_the_largest_are_not_lost():
    x = np.full(3 * BLOCK, -INF)
    x[BLOCK + 7], x[5], x[-1] = 0.0, -690.0, -680.0
    reference, _, yardstick = exact([0.0, -690.0, -680.0])
    assert error(logsumexp(x), reference, yardstick) <= LIMIT
    both = np.stack([x, x], axis=1)
    assert all(error(v, reference, yardstick) <= LIMIT for v in logsumexp(both, axis=0))


def test_one_column_of_small_terms_among_many_of_large_sums_is_not_lost():
    x = np.random.default_rng(0).normal(size=(3000, 100)) - 1000
    x[:, 7] = -INF
    x[1500, 7], x[10, 7], x[1501, 7] = 0.0, -690.0, -680.0
    reference, _, yardstick = exact([0.0, -690.0, -680.0])
    assert error(logsumexp(x, axis=0)[7], reference, yardstick) <= LIMIT


def test_the_rounding_of_a_over_tau_that_weights_undo_is_put_right():
    # a / tau is 343 and 631, rounded to 5e-14, where the terms themselves are of order 1
    a, b, tau = [3432.174610574601, 6311.399331629202], [8.760937189641354e-150, 7.932493412328952e-275], 10.0
    reference, _, yardstick = exact(a, b, tau)
    assert error(logsumexp(a, b=b, tau=tau), reference, yardstick) <= LIMIT


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_short_floats_are_rounded_once(dtype):
    # Computed in double precision: the error is the final rounding, half an eps of the result.
    rng = np.random.default_rng(3)
    for _ in range(20):
        a = (rng.normal(size=9) * 10 ** rng.uniform(-3, 1)).astype(dtype)
        value = logsumexp(a)
        assert value.dtype == dtype
        reference, _, _ = exact(a)
        assert error(value, reference, max(abs(reference), mpf(2) ** -14), float(np.finfo(dtype).eps)) <= 0.5001


@pytest.mark.parametrize("seed", range(10))
def test_complex_sums_stay_within_the_yardstick(seed):
    rng = np.random.default_rng(seed)
    n = 5
    a = rng.normal(size=n) * 3 + 1j * rng.normal(size=n) * 3
    b = rng.normal(size=n) + 1j * rng.normal(size=n)
    with mpmath.workdps(50):
        terms = [mpmath.mpc(w) * mpmath.exp(mpmath.mpc(z)) for z, w in zip(a, b, strict=True)]
        total = mpmath.fsum(terms)
        reference = mpmath.log(total)
        logs = [mpmath.mpc(z) + mpmath.log(mpmath.mpc(w)) for z, w in zip(a, b, strict=True)]
        yardstick = abs(reference) + sum(abs(t / total) * abs(x) for t, x in zip(terms, logs, strict=True))
        assert float(abs(mpmath.mpc(logsumexp(a, b=b)) - reference) / yardstick) <= 4 * EPS
        modulus, phase = logsumexp(a, b=b, return_sign=True)
        assert float(abs(mpmath.mpc(phase) - total / abs(total)) / yardstick) <= 4 * EPS
        assert float(abs(mpf(float(modulus)) - reference.real) / yardstick) <= 4 * EPS


def test_a_small_imaginary_part_keeps_its_digits():
    assert logsumexp([0.0, 1e-18j]).imag == pytest.approx(5e-19, rel=4 * EPS)
    assert logsumexp([0.0, -50 + 0j]).real == pytest.approx(math.exp(-50), rel=4 * EPS)


def test_log_softmax_keeps_the_digits_of_weights_next_to_one():
    for a in ([0.0, -40.0], [0.0, -690.0], [1000.0, 400.0], [3.0, 3.0, -50.0], list(np.linspace(-5, 5, 40))):
        reference, _, _ = exact(a)
        differences = [x - max(a) for x in a]
        weight = sum(abs(d) * math.exp(d) for d in differences)
        for axis, x in ((None, np.array(a)), (0, np.tile(np.array(a)[:, None], 2000))):
            for found, given in zip(log_softmax(x, axis=axis), a, strict=True):
                with mpmath.workdps(DIGITS):
                    expected = mpf(given) - reference
                    assert error(np.ravel(found)[0], expected, abs(expected) + weight) <= LIMIT


def test_softmax_is_the_exact_distribution():
    a = [0.3, -700.0, 2.5, 2.5, -30.0]
    with mpmath.workdps(50):
        total = mpmath.fsum(mpmath.exp(mpf(x)) for x in a)
        exact_weights = [float(mpmath.exp(mpf(x)) / total) for x in a]
    # each weight: one rounded exponential, one rounded sum and division; the exponent's rounding is |d| eps / 2
    for x, axis in (
        (np.array(a), None),
        (np.tile(np.array(a)[:, None], 3000), 0),
        (np.tile(np.array(a), (3000, 1)), 1),
    ):
        found = softmax(x, axis=axis)
        found = found if axis is None else found[:, 0] if axis == 0 else found[0]
        assert np.all(np.abs(found / exact_weights - 1) <= EPS * (3 + 0.5 * np.abs(np.array(a) - 2.5)))


def test_log_mean_of_close_exponents_keeps_its_digits():
    assert logmeanexp([0.0, 2e-20]) == 1e-20
    assert logmeanexp([5.0] * 1000) == 5.0
    assert logmeanexp([0.0, 2e-20], b=[1, 3]) == pytest.approx(1.5e-20, rel=4 * EPS)
    assert logmeanexp([0.0, 2e-20, INF], where=[True, True, False]) == 1e-20
    assert logmeanexp([0.0, -690.0]) == pytest.approx(-math.log(2), rel=2 * EPS)
    assert logmeanexp([700.0, 0.0], b=[1e-308, 1]) == pytest.approx(1.0141806248793864e-4, rel=1e-12)
    assert logmeanexp([1.0, 3.0], b=[-1, 1e-3]) == pytest.approx(math.log((-math.e + 1e-3 * math.exp(3)) / -0.999))
    assert math.isnan(
        logmeanexp([1.0, 3.0], b=[-1, 2]) if math.exp(3) * 2 < math.e else logmeanexp([9.0, 0], b=[-1, 2])
    )


# Corners -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "value", "sign"),
    [
        ([], None, -INF, 0),
        ([-INF, -INF], None, -INF, 0),
        ([INF, 0.0], None, INF, 1),
        ([INF, -INF], None, INF, 1),
        ([INF, np.nan], None, np.nan, np.nan),
        ([1.0, INF], [1, 0], 1.0, 1),
        ([1.0, np.nan], [1, 0], 1.0, 1),
        ([INF, INF], [1, 0], INF, 1),
        ([INF], [-1], INF, -1),
        ([INF, INF], [1, -1], np.nan, np.nan),
        ([1000.0, -1000.0], [-1, INF], INF, 1),
        ([-INF], [INF], np.nan, np.nan),
        ([1.0, 1.0], [1, -1], -INF, 0),
        ([1.0, 2.0], [0, 0], -INF, 0),
        ([1.0, 2.0], [np.nan, 1], np.nan, np.nan),
        ([-INF, 2.0], [1, 1], 2.0, 1),
        (5, None, 5.0, 1),
    ],
)
def test_corners(a, b, value, sign):
    found = logsumexp(a, b=b, return_sign=True)
    assert np.array_equal(found, (value, sign), equal_nan=True)
    assert isinstance(found[0], np.float64)
    assert np.array_equal(logsumexp(a, b=b), np.nan if sign < 0 else value, equal_nan=True)


def test_empty_sums_keep_their_shape():
    assert logsumexp([], keepdims=True).tolist() == [-INF]
    assert logsumexp(np.empty((0, 2)), keepdims=True).tolist() == [[-INF]]
    assert logsumexp(np.empty((3, 0)), axis=1).tolist() == [-INF] * 3
    assert logsumexp(np.empty((0, 3)), axis=1).shape == (0,)
    assert logsumexp(np.empty((3, 0)), axis=1, b=2.0).tolist() == [-INF] * 3
    assert logsumexp([], tau=-1.0) == INF
    assert softmax([]).shape == (0,)
    assert math.isnan(logmeanexp([]))


def test_integers_do_not_wrap_around_and_float16_does_not_overflow():
    for dtype in (np.uint8, np.int16, bool):
        x = np.array([1, 0], dtype)
        assert softmax(x).dtype == log_softmax(x).dtype == logsumexp(x).dtype == np.float64
        assert softmax(x) == pytest.approx(softmax([1.0, 0.0]), abs=0, rel=EPS)
    assert softmax(np.array([200, 0], np.uint8))[0] == 1.0
    assert logsumexp(np.full(4, 60000, np.float16)) == np.float16(60000)


def test_python_numbers_are_weak_and_arrays_promote():
    x = np.array([1, 2], np.float32)
    assert logsumexp(x, b=2).dtype == np.float32
    assert logsumexp(x, b=np.array([1, 2])).dtype == np.float64
    assert logsumexp(x, b=1j * x).dtype == np.complex64
    assert logsumexp(np.longdouble([0, -40])).dtype == np.longdouble
    assert logsumexp(x.astype(">f8")).dtype == np.float64


def test_infinite_exponents_share_the_mass():
    assert softmax([INF, 0.0]).tolist() == [1, 0]
    assert softmax([INF, 0.0, INF]).tolist() == [0.5, 0, 0.5]
    assert log_softmax([INF, 0.0, INF]).tolist() == [-math.log(2), -INF, -math.log(2)]
    assert softmax([-INF, 0.0], tau=-1.0).tolist() == [1, 0]
    assert np.isnan(softmax([-INF, -INF])).all()
    assert np.isnan(softmax([np.nan, 0.0])).all()


def test_long_double_keeps_its_own_precision():
    if np.finfo(np.longdouble).eps >= EPS:
        pytest.skip("long double is no longer than double here")
    third = np.longdouble(1) / 3
    for value in (logsumexp([third, third]), logsumexp([third, third], b=np.longdouble([1, 1]))):
        assert abs(value - third - np.log(np.longdouble(2))) <= 2 * np.finfo(np.longdouble).eps


# tau -----------------------------------------------------------------------------------------------------------------


def test_negative_tau_is_the_mirrored_soft_minimum():
    a, b = np.array([0.0, 1.0, 3.0]), [0.5, 2.0, 1.0]
    for tau in (1.0, 0.3, INF):
        assert logsumexp(a, tau=-tau) == -logsumexp(-a, tau=tau)
        assert logsumexp(a, b=b, tau=-tau) == -logsumexp(-a, b=b, tau=tau)
        assert softmax(a, tau=-tau).tolist() == softmax(-a, tau=tau).tolist()


def test_zero_tau_is_the_maximum_over_positive_weights():
    assert logsumexp([1.0, 5.0, 3.0], tau=0) == 5.0
    assert logsumexp([1.0, 5.0, 3.0], b=[1, 0, 1e-300], tau=0) == 3.0
    assert logsumexp([1, 5, 3], tau=0, where=[True, False, True]) == 3.0
    assert logsumexp([], tau=0) == -INF
    assert logsumexp([[1.0, INF], [np.nan, 1]], tau=0, axis=1, return_sign=True)[0][0] == INF
    assert softmax([1.0, 5.0, 5.0], tau=0).tolist() == [0, 0.5, 0.5]
    assert log_softmax([1.0, 5.0], tau=0).tolist() == [-INF, 0]
    assert logmeanexp([1.0, 5.0], tau=0) == 5.0
    with pytest.raises(StatmechError, match=r"b: expected weights >= 0 at tau = 0, got -2.0"):
        logsumexp([1.0, 2.0], b=[1.0, -2.0], tau=0)


def test_infinite_tau_compares_the_sum_of_weights_with_one():
    assert logsumexp([1.0, 2.0], tau=INF) == INF
    assert logsumexp([1.0, 2.0], tau=-INF) == -INF
    assert logsumexp([7.0], tau=INF) == 7.0
    assert logsumexp([7.0, -INF], tau=INF) == 7.0
    assert logsumexp([1.0, 2.0], b=[0.25, 0.5], tau=INF) == -INF
    assert logsumexp([1.0, 2.0], b=[0.25, 0.75], tau=INF) == 1.75
    assert logsumexp([2.0] * 10, b=[0.1] * 10, tau=INF) == pytest.approx(2.0, rel=2 * EPS)
    assert logsumexp([1.0, 2.0], b=[-2, 1.0], tau=INF, return_sign=True) == (0.0, -1.0)
    assert softmax([1.0, 7.0, -INF], tau=INF).tolist() == [0.5, 0.5, 0]
    assert logmeanexp([1.0, 2.0, 6.0], tau=INF) == 3.0
    # the limit of the function itself
    assert logsumexp([1.0, 2.0], b=[0.25, 0.75], tau=1e9) == pytest.approx(1.75, abs=1e-6)


@pytest.mark.parametrize("tau", [1e-300, 1e-10, 1e300])
def test_extreme_tau_neither_overflows_nor_warns(tau):
    a = [1e308, -1e308, 0.0]
    value = logsumexp(a, tau=tau)
    assert value == pytest.approx(1e308 if tau < 1 else float(exact(a, None, tau)[0]), rel=4 * EPS)
    assert logmeanexp([1.0, 2.0, 6.0], tau=1e300) == pytest.approx(3.0, rel=4 * EPS)
    assert logmeanexp([1.0, 2.0, 6.0], b=[2, 1, 1], tau=1e300) == pytest.approx(2.5, rel=4 * EPS)


# Elementwise ---------------------------------------------------------------------------------------------------------


def test_log1mexp_is_exact_at_both_ends():
    x = -np.concatenate([np.logspace(-300, 2.8, 400), [math.log(2), math.nextafter(math.log(2), 0)]])
    for given, found in zip(x, log1mexp(x), strict=True):
        with mpmath.workdps(400):
            reference = mpmath.log(-mpmath.expm1(mpf(float(given))))
        # The sum 1 - e^x has its own yardstick; one rounded expm1 and one log leave 2 eps of the result at most.
        assert error(found, reference, abs(reference)) <= 2.0 + 1.0 / abs(float(reference)) * (abs(given) < 0.7)
    assert log1mexp(0.0) == -INF
    assert log1mexp(-INF) == 0.0
    assert math.isnan(log1mexp(1.0))


@pytest.mark.parametrize(
    ("a", "b"), [(1000.0, 999.0), (1e-20, 0.0), (0.0, -40.0), (3.0, 3.0 - 1e-12), (-700.0, -701.0)]
)
def test_logdiffexp_stays_within_the_yardstick(a, b):
    reference, _, yardstick = exact([a, b], [1.0, -1.0])
    assert error(logdiffexp(a, b), reference, yardstick) <= LIMIT


def test_logdiffexp_and_logaddexp_at_their_ends():
    assert logdiffexp(1.0, 1.0) == -INF
    assert logdiffexp(-INF, -INF) == -INF
    assert logdiffexp(2.0, -INF) == 2.0
    assert logdiffexp(INF, 2.0) == INF
    assert math.isnan(logdiffexp(1.0, 2.0))
    assert math.isnan(logdiffexp(np.nan, -INF))
    assert logaddexp(-INF, -INF) == -INF
    assert logaddexp(INF, -INF) == INF
    assert logaddexp(0.0, -40.0) == pytest.approx(math.exp(-40), rel=2 * EPS)
    assert logaddexp(1.0, 2.0, tau=0.0) == 2.0
    assert logaddexp(1.0, 2.0, tau=-0.5) == logsumexp([1.0, 2.0], tau=-0.5)
    assert logaddexp(1j, 2.0) == logsumexp([1j, 2.0])
    assert logaddexp(np.float32(1), 2).dtype == np.float32


# Arguments and memory ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 1), (0, 2), (2, 0), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "broadcast"])
def test_every_axis_of_every_layout_sums_the_same_numbers(axis, layout):
    x = np.random.default_rng(0).normal(size=(7, 90, 70)) * 5
    y = {
        "C": x,
        "F": np.asfortranarray(x),
        "strided": np.repeat(np.repeat(x, 2, axis=1), 2, axis=2)[:, ::2, ::2],
        "reversed": x[::-1, :, ::-1].copy()[::-1, :, ::-1],
        "broadcast": np.broadcast_to(x[:, :1], x.shape),
    }[layout]
    b, mask = np.random.default_rng(1).uniform(size=(90, 1)), np.random.default_rng(2).random((7, 1, 70)) < 0.8
    weights = np.broadcast_to(b, x.shape) * mask
    e = np.exp(y)
    for keepdims in (False, True):
        # the naive sums of 44100 exponentials are good to 1e-13 themselves
        close = {"rtol": 1e-13, "atol": 1e-13}
        np.testing.assert_allclose(
            logsumexp(y, axis, keepdims=keepdims), np.log(e.sum(axis, keepdims=keepdims)), **close
        )
        with np.errstate(divide="ignore"):  # sums with every term left out
            total = np.log((weights * e).sum(axis, keepdims=keepdims))
            masked = np.log((mask * e).sum(axis, keepdims=keepdims))
        np.testing.assert_allclose(logsumexp(y, axis, b, keepdims, where=mask), total, **close)
        np.testing.assert_allclose(logsumexp(y, axis, keepdims=keepdims, where=mask), masked, **close)
        count = np.broadcast_to(mask, x.shape).sum(axis, keepdims=keepdims)
        mean = np.where(count == 0, np.nan, masked - np.log(np.maximum(count, 1)))
        np.testing.assert_allclose(logmeanexp(y, axis, keepdims=keepdims, where=mask), mean, **close)
    weights = e / e.sum(axis, keepdims=True)
    np.testing.assert_allclose(softmax(y, axis), weights, rtol=1e-12)
    np.testing.assert_allclose(log_softmax(y, axis), np.log(weights), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", [3, 40, 500, 70_000])
def test_a_row_does_not_depend_on_its_neighbours(n):
    x = np.random.default_rng(n).normal(size=(80 if n < 1000 else 3, n)) * 300
    x[::2] /= 300
    together = logsumexp(x, axis=1)
    apart = [logsumexp(x[i : i + 1], axis=1)[0] for i in range(x.shape[0])]
    assert together.tolist() == apart


@pytest.mark.parametrize("weighted", [False, True])
def test_half_a_million_terms_and_more_are_summed_as_few_are_whatever_stands_beside_them(weighted):
    rng = np.random.default_rng(12)
    x = rng.normal(0, 3, (1000, 600))
    b = rng.uniform(-0.2, 1, x.shape) if weighted else None
    x[1], x[2], x[3, 5], x[4, 7], x[5] = 1000.0, -np.inf, np.nan, np.inf, -800.0 + rng.normal(size=600)
    x[6], x[6, 0], x[7] = -80.0, 0.0, 706.0
    if weighted:
        b[8], b[9, :2], b[10] = 0.0, [1e300, -1e300], np.tile([1.0, -1.0], 300)
        x[10] = 0.3
    with np.errstate(all="raise"):
        value, sign = logsumexp(x, axis=1, b=b, return_sign=True)
        plain = logsumexp(x, axis=1, b=b)
    assert np.array_equal(plain, np.where(sign < 0, np.nan, value), equal_nan=True)
    for r in range(40):
        few, its_sign = logsumexp(x[r], b=None if b is None else b[r], return_sign=True)
        assert np.array_equal(sign[r], its_sign, equal_nan=True)
        assert value[r] == pytest.approx(few, rel=1e-14, nan_ok=True), r
    again = x.copy()
    again[100:] = 1e4  # all other rows are of another kind
    beside = logsumexp(again, axis=1, b=b)
    assert np.array_equal(plain[:100], beside[:100], equal_nan=True)


def test_arguments_are_never_written_to():
    a, b = np.random.default_rng(0).normal(size=(2, 300, 300))
    a[0, 0] = INF
    b[0, 0] = 0.0
    before = a.copy(), b.copy()
    a.flags.writeable = b.flags.writeable = False
    for call in (
        lambda: logsumexp(a[0]), lambda: logsumexp(a), lambda: logsumexp(a, axis=0), lambda: logsumexp(a, b=b, axis=1),
        lambda: softmax(a, axis=1), lambda: log_softmax(a[1:], axis=1), lambda: logmeanexp(a, b=b),
        lambda: logsumexp(a, where=a > 0, tau=2.0), lambda: logsumexp(a + 1j, b=b),
    ):  # fmt: skip
        call()
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: logsumexp(x),
        lambda x: logsumexp(x, axis=0),
        lambda x: logsumexp(x, axis=1),
        lambda x: logsumexp(x.T, axis=0, tau=0.5),
        lambda x: logsumexp(x * np.float64(1) if x.size < 0 else x[::2, ::2]),
        lambda x: logsumexp(x, b=x, axis=1),
        lambda x: logsumexp(x.view(np.float32), axis=0),
    ],
)
def test_extra_memory_is_at_most_a_fifth_of_the_input(call):
    x = np.random.default_rng(0).normal(size=(1000, 1000))
    call(x)
    tracemalloc.start()
    try:
        call(x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 0.2 * x.nbytes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: logsumexp([1.0], tau=-0.0), r"tau: expected 0.0 for the maximum, got -0.0"),
        (lambda: softmax([1.0], tau=np.nan), r"tau: .* got nan"),
        (lambda: logsumexp([1.0], tau=[1, 2]), r"tau: expected one real number, got \[1, 2\]"),
        (lambda: logsumexp([1j], tau=0), r"tau: expected a finite non-zero number, got 0.0"),
        (lambda: softmax([1j], tau=INF), r"tau: expected a finite non-zero number, got inf"),
        (lambda: logsumexp([1.0], b=[INF], tau=INF), r"b: expected finite weights at infinite tau"),
        (lambda: logsumexp(np.ma.array([1.0, 2.0], mask=[0, 1])), r"a: expected a plain array, got a masked array"),
        (lambda: logsumexp(["x"]), r"a: expected real or complex numbers, got dtype <U1"),
        (lambda: logdiffexp(1j, 0.0), r"a: expected real numbers, got dtype complex128"),
        (lambda: logsumexp([1.0], where=[1]), r"where: expected booleans, got dtype int64"),
    ],
)
def test_mistakes_name_the_argument_and_what_came(call, message):
    with pytest.raises(StatmechError, match=message):
        call()


def test_arrays_of_another_library_come_back_as_such():
    class Foreign:
        """The least that the array API standard asks for."""

        device = "cpu"

        def __init__(self, data):
            self.data = np.asarray(data)

        def __array_namespace__(self):
            class Namespace:
                @staticmethod
                def asarray(x, device):
                    return Foreign(x)

            return Namespace

        def __array__(self, dtype=None, copy=None):
            return self.data

    assert isinstance(logsumexp(Foreign([0.0, 1.0])), Foreign)
    assert [type(x) for x in logsumexp(Foreign([0.0, 1.0]), return_sign=True)] == [Foreign, Foreign]
    assert softmax(Foreign([0, 0])).data.tolist() == [0.5, 0.5]


def test_the_logarithm_of_a_weighted_term_survives_full_cancellation():
    rng = np.random.default_rng(0)
    b = np.exp(rng.uniform(-740, 709, 200))
    for tau in (1.0, 0.3, -1 / 3, 1e-200, 3e150):
        a = -tau * np.log(b)
        with mpmath.workdps(60):
            for x, w, found in zip(a, b, log_term(a, b, tau), strict=True):
                reference = mpf(float(x)) / mpf(tau) + mpmath.log(mpf(float(w)))
                floor = mpf(10) ** -31 * abs(mpmath.log(mpf(float(w))))  # 106 bits of log b, with a factor 10
                assert abs(mpf(float(found)) - reference) <= EPS * abs(reference) + floor


@pytest.mark.parametrize("axis", [0, -1])
def test_the_axis_of_a_short_vector_may_be_named(axis):
    x = np.array([0.3, -40.0])
    assert logsumexp(x, axis=axis) == logsumexp(x)
    with pytest.raises(IndexError):
        logsumexp(x, axis=1)
