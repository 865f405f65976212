"""Checks of notebook 1: the log-sum-exp trick."""

import numpy as np

from checks import close, exercise, expect, number
from statmech import logsumexp, softmax


@exercise
def stable(function):
    """Find the largest element first, and subtract it from all the others before you exponentiate."""
    x = np.array([0.3, -1.2, 2.0])
    expect(
        close(function(x), np.log(np.sum(np.exp(x)))),
        "For small numbers it should agree with np.log(np.sum(np.exp(x))).",
    )
    for offset in (1e3, -1e3, 1e8):
        expect(
            np.isfinite(function(x + offset)),
            f"At an offset of {offset:g} it is not finite: which exp over- or underflowed?",
        )
        expect(close(function(x + offset) - offset, function(x), 1e-6), "Did you add the maximum back at the end?")
    expect(function(np.array([-np.inf, 0.0])) == 0.0, "log 0 = -inf is a term that is simply not there.")
    expect(
        function(np.array([-np.inf, -np.inf])) == -np.inf,
        "Almost. If every x is -inf, the maximum is -inf and -inf - (-inf) is nan. What is the logarithm of an empty sum?",
    )
    return "Two lines and one corner, and no spectrum can overflow any more."


@exercise
def ninety_percent(tau):
    """The share of the largest depends monotonically on tau; the right figure shows roughly where it is 0.9."""
    tau = number(tau)
    expect(tau > 0, "A positive temperature, please.")
    share = softmax([1.0, 2.0, 4.0], tau=tau)[2]
    expect(
        abs(share - 0.9) < 1e-3,
        f"At your tau the largest has {100 * share:.2f} %. Should it be {'colder' if share < 0.9 else 'warmer'}? "
        "scipy.optimize.brentq finds a root between two brackets.",
    )
    return "Below it, the others hardly matter; this is what people mean by 'cold'."


@exercise
def merging(merge):
    """Both sums have to be written with the same exponent before they can be added: which one is safe?"""
    rng = np.random.default_rng(8)
    for scale in (1.0, 1e4):
        parts = [scale * rng.normal(size=50) for _ in range(3)]
        pairs = [(np.max(x), np.sum(np.exp(x - np.max(x)))) for x in parts]
        whole = merge(merge(pairs[0], pairs[1]), pairs[2])
        expect(len(whole) == 2, "The result should be a pair again, so that merging can go on.")
        expect(np.all(np.isfinite(whole)), "Something overflowed: is every exponent in your formula negative or zero?")
        target = logsumexp(np.concatenate(parts))
        expect(close(whole[0] + np.log(whole[1]), target, 1e-10), "The merged pair does not stand for the sum of both.")
        other = merge(pairs[0], merge(pairs[1], pairs[2]))
        expect(close(other[0] + np.log(other[1]), target, 1e-10), "It should not matter which two are merged first.")
    empty = (-np.inf, 0.0)
    for pair in (merge(empty, (2.0, 1.5)), merge((2.0, 1.5), empty)):
        expect(close(pair, (2.0, 1.5)), "An empty piece should change nothing (inf - inf is nan, beware).")
    expect(merge(empty, empty)[1] == 0.0, "Two empty pieces make an empty piece.")
    return "This law is associative, which is all that parallel work needs."


@exercise
def treacherous(x):
    """The error of the formula is about 1e-16 of the number inside the logarithm. When is the logarithm as small as that?"""
    x = np.asarray(x, dtype=float)
    expect(x.shape == (3,) and np.all(np.isfinite(x)), "Three finite numbers, please.")
    exact = float(logsumexp(x))
    m = x.max()
    shifted = float(m + np.log(np.sum(np.exp(x - m))))
    expect(exact != 0.0, "The true result is 0 here; a relative error needs a number that is not.")
    error = abs(shifted / exact - 1.0)
    expect(
        error > 0.01,
        f"The relative error is only {error:.1e}. The result m + log(...) should be tiny: which m, and which others?",
    )
    return f"Relative error {error:.2g}: the shifted formula gives {shifted:g}, the truth is {exact:.4g}."
