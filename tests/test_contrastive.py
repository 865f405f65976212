"""Losses against mpmath at any offset and temperature, and torch where it is installed."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from statmech.errors import InputError
from statmech.inference.contrastive import cross_entropy, info_nce

TAUS = [1e-3, 0.07, 1.0, 30.0, 1e3]


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(400):  # 1 + 1e-300 is not 1
        yield


def mp(x):
    return mpmath.mpf(float(x))


def mp_loss(logits, target, tau, smoothing=0.0):
    """Loss and gradient of one row, exact values of the floats given."""
    z, tau = [mp(v) / mp(tau) for v in logits], mp(tau)
    top = max(z)
    total = mpmath.fsum(mpmath.exp(v - top) for v in z)
    log_p = [v - top - mpmath.log(total) for v in z]
    y = [(1 - mp(smoothing)) * (j == target) + mp(smoothing) / len(z) for j in range(len(z))]
    return -mpmath.fsum(a * b for a, b in zip(y, log_p, strict=True)), [
        (mpmath.exp(l) - a) / tau for l, a in zip(log_p, y, strict=True)
    ]


@pytest.mark.parametrize("offset", [0.0, 1e8, -1e8])
@pytest.mark.parametrize("tau", TAUS)
def test_loss_and_gradient_hold_1e_12_at_any_offset_and_temperature(offset, tau):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (20, 7)) * min(1.0, 100 * tau) + offset
    target = rng.integers(0, 7, 20)
    target[:5] = logits[:5].argmax(axis=1)  # small losses too
    losses, gradient = cross_entropy(logits, target, tau, reduction="none", return_gradient=True)
    for row, t, loss, g in zip(logits, target, losses, gradient, strict=True):
        want, want_g = mp_loss(row, t, tau)
        assert abs(loss - want) <= 1e-12 * abs(want)
        # a weight below 1e-307 / tau has underflowed
        assert all(abs(a - b) <= 1e-12 * abs(b) + 1e-307 / tau for a, b in zip(g, want_g, strict=True))


def test_a_loss_of_1e_300_keeps_its_digits():
    loss, gradient = cross_entropy([690.0, 0.0], 0, return_gradient=True)
    want, want_g = mp_loss([690.0, 0.0], 0, 1.0)
    assert 0 < want < 1e-299
    assert loss == pytest.approx(float(want), rel=1e-12, abs=0)
    assert gradient[0] == pytest.approx(float(want_g[0]), rel=1e-12, abs=0)
    assert gradient[0] == -gradient[1]


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_float32_is_right_to_its_own_rounding(offset):
    logits = (np.random.default_rng(2).normal(0, 3, (10, 5)) + offset).astype(np.float32)
    losses, gradient = cross_entropy(logits, np.arange(10) % 5, 0.1, reduction="none", return_gradient=True)
    assert losses.dtype == gradient.dtype == np.float32
    for row, t, loss, g in zip(logits, np.arange(10) % 5, losses, gradient, strict=True):
        want, want_g = mp_loss(row, t, 0.1)
        assert loss == pytest.approx(float(want), rel=2.0**-23)
        assert np.allclose(g, np.array(want_g, dtype=float), rtol=2.0**-23, atol=1e-44)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_label_smoothing_mixes_in_the_uniform_distribution(smoothing):
    logits = np.random.default_rng(3).normal(0, 2, (6, 4)) + 1e8
    losses, gradient = cross_entropy(logits, [0, 1, 2, 3, 0, 1], 0.5, smoothing, reduction="none", return_gradient=True)
    for row, t, loss, g in zip(logits, [0, 1, 2, 3, 0, 1], losses, gradient, strict=True):
        want, want_g = mp_loss(row, t, 0.5, smoothing)
        assert loss == pytest.approx(float(want), rel=1e-12)
        # p - y is a difference of numbers below 1, each right to rounding
        assert np.allclose(g, np.array(want_g, dtype=float), rtol=0, atol=1e-15 / 0.5)


def test_one_class_is_the_distribution_that_has_it_alone():
    logits, target = np.random.default_rng(4).normal(size=(2, 3, 4)), np.array([[0, 1, 2], [3, 0, 1]])
    loss, gradient = cross_entropy(logits, target, 0.3, return_gradient=True)
    same, same_gradient = cross_entropy(logits, np.eye(4)[target], 0.3, return_gradient=True)
    assert loss == pytest.approx(same, rel=1e-15)
    assert np.allclose(gradient, same_gradient, rtol=1e-12, atol=1e-17)
    assert cross_entropy(logits, target, 0.3, reduction="sum") == pytest.approx(6 * loss, rel=1e-15)


def numerical_gradient(function, x):
    """Central differences in extended steps: error 1e-9 of a smooth function of size 1."""
    x = np.array(x, dtype=float)
    out = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        values = []
        for step in (1e-4, -1e-4, 2e-4, -2e-4):
            moved = x.copy()
            moved[index] += step
            values.append(function(moved))
        out[index] = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-4
    return out


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("kind", ["batch", "both directions", "shared negatives", "own negatives"])
def test_gradients_of_info_nce_are_those_of_its_values(kind, normalise):
    rng = np.random.default_rng(5)
    arguments = [rng.normal(size=(4, 3)), rng.normal(size=(4, 3))]
    if "negatives" in kind:
        arguments.append(rng.normal(size=(5, 3) if kind.startswith("shared") else (4, 5, 3)))
    options = {"tau": 0.7, "symmetric": kind == "both directions", "normalise": normalise}
    _, gradients = info_nce(*arguments, **options, return_gradient=True)
    assert len(gradients) == 3
    assert (gradients[2] is None) == (len(arguments) == 2)
    for k in range(len(arguments)):
        want = numerical_gradient(
            lambda x, k=k: info_nce(*arguments[:k], x, *arguments[k + 1 :], **options), arguments[k]
        )
        assert np.allclose(gradients[k], want, rtol=1e-8, atol=1e-10)


def mp_info_nce(query, positive, negatives, tau):
    """Value and gradient with respect to the queries, by the definition."""
    loss, gradient = mpmath.mpf(0), []
    for i, q in enumerate(query):
        keys = list(positive) if negatives is None else [positive[i], *negatives]
        own = i if negatives is None else 0
        logits = [mpmath.fsum(mp(a) * mp(b) for a, b in zip(q, key, strict=True)) / mp(tau) for key in keys]
        top = max(logits)
        weights = [mpmath.exp(v - top) for v in logits]
        total = mpmath.fsum(weights)
        loss += (top - logits[own] + mpmath.log(total)) / len(query)
        gradient.append(
            [
                mpmath.fsum(
                    (w / total - (j == own)) * mp(key[d]) for j, (w, key) in enumerate(zip(weights, keys, strict=True))
                )
                / (mp(tau) * len(query))
                for d in range(len(q))
            ]
        )
    return loss, np.array(gradient, dtype=float)


@pytest.mark.parametrize("with_negatives", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("tau", [0.05, 1.0, 1e3])
def test_a_component_that_all_keys_share_costs_no_digits(tau, offset, with_negatives):
    rng = np.random.default_rng(6)
    query, positive, negatives = (
        rng.normal(size=(4, 3)),
        rng.normal(size=(4, 3)) + offset,
        rng.normal(size=(6, 3)) + offset,
    )
    negatives = negatives if with_negatives else None
    want, want_gradient = mp_info_nce(query, positive, negatives, tau)
    loss, gradients = info_nce(query, positive, negatives, tau, return_gradient=True)
    # the logits are sums of three products: each loses eps |q| |k - mean| / tau
    assert loss == pytest.approx(float(want), rel=1e-12)
    assert np.allclose(gradients[0], want_gradient, rtol=1e-11, atol=1e-13 * np.abs(want_gradient).max())


def test_both_directions_are_the_mean_of_each():
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    both = info_nce(a, b, tau=0.2, symmetric=True)
    assert both == pytest.approx(0.5 * (info_nce(a, b, tau=0.2) + info_nce(b, a, tau=0.2)), rel=1e-15)
    assert both == info_nce(b, a, tau=0.2, symmetric=True)


def test_a_batch_is_every_query_with_the_other_positives_as_its_negatives():
    rng = np.random.default_rng(8)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    others = np.stack([np.delete(b, i, axis=0) for i in range(4)])
    assert info_nce(a, b, tau=0.5) == pytest.approx(info_nce(a, b, others, tau=0.5), rel=1e-14)


def test_an_excluded_class_has_no_weight_and_as_a_target_an_infinite_loss():
    loss, gradient = cross_entropy([1.0, -math.inf], 0, return_gradient=True)
    assert loss == 0
    assert gradient.tolist() == [0.0, 0.0]
    assert cross_entropy([1.0, -math.inf], 1) == math.inf


@pytest.mark.parametrize("tau", [0.05, 1.0])
def test_torch_gives_the_same(tau):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    rng = np.random.default_rng(9)
    logits, target = rng.normal(size=(8, 5)), rng.integers(0, 5, 8)
    z = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z / tau, torch.tensor(target), label_smoothing=0.1)
    loss.backward()
    mine, gradient = cross_entropy(logits, target, tau, 0.1, return_gradient=True)
    assert mine == pytest.approx(loss.item(), rel=1e-12)
    assert np.allclose(gradient, z.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cross_entropy([[1.0, 2.0]], [2]), "classes from 0 to 1; got 2"),
        (lambda: cross_entropy([[1.0, 2.0]], [-100]), "classes from 0 to 1"),
        (lambda: cross_entropy([[1.0, 2.0]], 0), "classes of shape"),
        (lambda: cross_entropy([[1.0, 2.0]], [[0.5, 0.6]]), "add to 1"),
        (lambda: cross_entropy([[1.0, 2.0]], [0.5]), "or probabilities"),
        (lambda: cross_entropy([[1.0, math.nan]], [0]), "logits: expected finite"),
        (lambda: cross_entropy([[-math.inf, -math.inf]], [0]), "a row of -inf"),
        (lambda: cross_entropy([["a"]], [0]), "real numbers"),
        (lambda: cross_entropy([[1.0]], [0], tau=0.0), "tau: expected a finite positive"),
        (lambda: cross_entropy([[1.0]], [0], label_smoothing=2.0), "label_smoothing"),
        (lambda: cross_entropy([[1.0]], [0], reduction="max"), "reduction"),
        (lambda: info_nce([[1.0]], [[1.0, 2.0]]), "positive: expected the shape"),
        (lambda: info_nce([[1.0]], [[1.0]], [[1.0, 2.0]]), "negatives: expected shape"),
        (lambda: info_nce([[1.0]], [[1.0]], [[1.0]], symmetric=True), "symmetric"),
        (lambda: info_nce([[0.0]], [[1.0]], normalise=True), "query: expected vectors of non-zero length"),
        (lambda: info_nce([[math.inf]], [[1.0]]), "query: expected finite"),
        (lambda: info_nce([1.0], [1.0]), "query: expected shape"),
    ],
)
def test_a_wrong_argument_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
