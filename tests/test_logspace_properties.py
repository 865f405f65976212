"""Properties that hold for every input of the log-sum-exp family, searched for exceptions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from statmech.logspace import log1mexp, log_softmax, logaddexp, logdiffexp, logmeanexp, logsumexp, softmax

EPS = 2.0**-52
numbers = st.floats(-1e6, 1e6) | st.floats(-2, 2) | st.sampled_from([0.0, -690.0, 700.0, -1e-300])
vectors = arrays(np.float64, st.integers(1, 40), elements=numbers)
scales = st.floats(1e-6, 1e6) | st.sampled_from([1.0, 0.5, 2.0])
many = settings(max_examples=200, deadline=None)


def rounding(x, tau=1.0):
    """The promised error, 4 eps of the yardstick, from above: p is at most 1 on each of its terms."""
    return 4 * EPS * (2 * np.abs(x).max() + abs(tau) * math.log(x.size))


@many
@given(vectors, scales)
def test_lse_lies_between_the_maximum_and_the_maximum_plus_tau_log_n(x, tau):
    value, slack = logsumexp(x, tau=tau), rounding(x, tau)
    assert x.max() - slack <= value <= x.max() + tau * math.log(x.size) + slack
    assert abs(logsumexp(x, tau=-tau) - x.min()) <= tau * math.log(x.size) + slack


@many
@given(vectors, scales, st.sampled_from([1, -1]))
def test_the_gradient_is_softmax_by_complex_step(x, tau, side):
    # Im LSE(x + i h e_k) / h is the derivative without any difference: h^2 = 1e-40 is below every rounding.
    tau = side * tau
    k = int(np.argmax(x))
    for i in {k, 0, x.size - 1}:
        z = x.astype(complex)
        h = 1e-20 * abs(tau)
        z[i] += 1j * h
        slope = logsumexp(z, tau=tau).imag / h
        weight = softmax(x, tau=tau)[i]
        # exp(d) with d rounded to eps |x| / tau. The sum is taken relative to term k, so there the slope is
        # 1 - (1 - p), good to eps and not to eps p. A weight below 1e-280 leaves no normal imaginary part.
        relative = EPS * (16 + x.size + 4 * np.ptp(x) / abs(tau))
        assert slope == pytest.approx(weight, rel=relative, abs=8 * EPS if x[i] in (x.max(), x.min()) else 1e-280)


@many
@given(vectors, st.floats(-1e6, 1e6))
def test_a_common_shift_comes_out(x, shift):
    assert abs(logsumexp(x + shift) - (logsumexp(x) + shift)) <= 2 * rounding(x) + 8 * EPS * abs(shift)


@many
@given(vectors, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(x, random):
    order = list(range(x.size))
    random.shuffle(order)
    assert abs(logsumexp(x[order]) - logsumexp(x)) <= rounding(x)
    assert np.allclose(softmax(x[order]), softmax(x)[order], rtol=8 * EPS + x.size * EPS, atol=0)


@many
@given(vectors, scales)
def test_scaling_exponents_and_tau_together_scales_the_result(x, tau):
    for power in (2.0, 0.25):  # exact, so the results agree to the promise
        assert abs(logsumexp(power * x, tau=power * tau) - power * logsumexp(x, tau=tau)) <= 2 * power * rounding(
            x, tau
        )


@many
@given(vectors, scales)
@example(np.array([0.0, -40.0]), 1.0)
def test_log_softmax_is_the_logarithm_of_softmax_and_sums_to_one(x, tau):
    log = log_softmax(x, tau=tau)
    assert np.all(log <= 0)
    assert np.allclose(np.exp(log), softmax(x, tau=tau), rtol=EPS * (16 + 2 * np.abs(log)), atol=0)
    assert softmax(x, tau=tau).sum() == pytest.approx(1, rel=EPS * (4 + x.size))
    assert abs(logsumexp(log)) <= EPS * 8 * (1 + math.log(x.size) + np.sum(np.exp(log) * -log))


@many
@given(vectors, st.integers(1, 39))
def test_a_sum_of_parts_is_the_whole(x, cut):
    cut = min(cut, x.size)
    parts = [logsumexp(x[:cut]), logsumexp(x[cut:])]
    assert abs(logaddexp(*parts) - logsumexp(x)) <= 2 * rounding(x)


@many
@given(vectors, arrays(np.float64, 40, elements=st.floats(0, 1e3) | st.just(0.0) | st.floats(1e-300, 1e300)))
def test_integer_weights_are_repetitions_and_zero_weights_are_absences(x, w):
    w = w[: x.size]
    kept = w > 0
    if kept.any():
        assert logsumexp(x, b=w) == pytest.approx(logsumexp(x[kept], b=w[kept]), rel=1e-12, abs=1e-9)
        everything = np.where(kept, x, np.nan)
        assert logsumexp(everything, b=w) == logsumexp(x, b=w)
    assert abs(logsumexp(x, b=np.full(x.size, 3)) - logsumexp(np.repeat(x, 3))) <= 2 * rounding(np.repeat(x, 3))
    assert abs(logsumexp(x, where=kept) - logsumexp(x[kept])) <= rounding(x) if kept.any() else True


@many
@given(vectors, scales)
def test_the_log_mean_is_the_sum_less_log_n_and_lies_between_the_ends(x, tau):
    value = logmeanexp(x, tau=tau)
    assert abs(value - (logsumexp(x, tau=tau) - tau * math.log(x.size))) <= 2 * rounding(x, tau)
    slack = 4 * EPS * np.abs(x).max()
    assert x.mean() - slack - 4 * EPS * tau <= value + rounding(x, tau)  # Jensen
    assert value <= x.max() + slack


@many
@given(st.floats(-700, 700), st.floats(1e-12, 700))
def test_logdiffexp_undoes_logaddexp(a, gap):
    b = a - gap  # the smaller is added and taken away again
    total = logaddexp(a, b)
    assert abs(logdiffexp(total, b) - a) <= 8 * EPS * (1 + abs(a) + abs(b))
    if gap < 30:
        # the larger taken away leaves the smaller, with the rounding of the total magnified by e^gap
        assert abs(logdiffexp(total, a) - b) <= 8 * EPS * (1 + abs(a) + abs(b)) * math.exp(gap)


@many
@given(st.floats(-690, -1e-300))  # below, the other end is subnormal
def test_log1mexp_is_its_own_inverse(x):
    # the map x -> log(1 - e^x) is an involution; near its ends one side is stretched by 1 / |x| log
    y = log1mexp(x)
    if y < 0 and y > -600:
        condition = abs(y) * math.exp(y) / -math.expm1(y)  # what a relative error of y does to x
        assert log1mexp(y) == pytest.approx(x, abs=4 * EPS * (abs(x) + condition), rel=0)


@many
@given(vectors, arrays(np.float64, 40, elements=st.floats(-1e3, 1e3)))
def test_signed_sums_are_the_difference_of_their_parts(x, w):
    w = w[: x.size]
    value, sign = logsumexp(x, b=w, return_sign=True)
    up = logsumexp(x, b=np.maximum(w, 0))
    down = logsumexp(x, b=np.maximum(-w, 0))
    larger, smaller = max(up, down), min(up, down)
    if larger == -math.inf:
        assert (value, sign) == (-math.inf, 0)
    elif larger - smaller > 1e-6 * (1 + np.abs(x).max()):  # otherwise the parts themselves do not know
        assert sign == (1 if up > down else -1)
        magnified = 1 / -math.expm1(smaller - larger)
        assert abs(value - logdiffexp(larger, smaller)) <= 4 * (rounding(x) + 64 * EPS) * magnified
