"""Checks of notebook 10: free energies from samples."""

import numpy as np
from scipy.stats import norm

from checks import close, exercise, expect, number
from statmech import Ising, density_of_states, lattices, solve
from statmech.estimators import bar, mbar


def torus():
    """Exact levels of the 16 x 16 torus."""
    return density_of_states(Ising(lattices.square(16, 16)))


def draw(levels, beta, count, rng):
    """Independent energies at beta."""
    log_p = levels.log_g - beta * levels.energies
    p = np.exp(log_p - log_p.max())
    return rng.choice(levels.energies, size=count, p=p / p.sum())


@exercise
def ten_jumps(value):
    """Each step from beta to beta + 0.05 adds logmeanexp(-0.05 * E) over samples E drawn at beta."""
    value = number(value)
    levels = torus()
    target = float(solve(levels, 2.0).log_z) - 256 * np.log(2)
    expect(
        not abs(value - target - 256 * np.log(2)) < 2,
        "That is log Z itself; the ratio leaves out log Z(0) = 256 log 2.",
    )
    expect(not abs(value + target) < 2, "The sign: log <exp(-w)> is plus log Z1/Z0.")
    expect(
        abs(value - target) < 1.0, f"It is off by {value - target:+.2f}. Ten steps, each from samples at its own beta?"
    )
    return f"Within {abs(value - target):.2f} of the truth; the single jump missed by dozens."


@exercise
def bennett(function):
    """Both sums are monotonic in df: bracket the root between the smallest and the largest work and use brentq."""
    rng = np.random.default_rng(4)
    for shift, width in ((0.0, 1.0), (3.0, 1.5), (-20.0, 2.0)):
        forward = rng.normal(shift + 0.5 * width**2, width, 500)
        reverse = rng.normal(-shift + 0.5 * width**2, width, 500)
        target = bar(forward, reverse).delta_f
        found = number(function(forward, reverse))
        expect(not close(found, -target, 1e-6) or target == 0, "The sign of df is turned.")
        expect(
            abs(found - target) < 1e-6,
            f"For test work around {shift:g} it gives {found:.6f}; the root is {target:.6f}.",
        )
    return "Bennett's 1976 estimator in five lines; no other use of these two sets of samples has a smaller variance."


@exercise
def samples_needed(count):
    """Which fraction of a normal distribution lies more than 3 / 0.2236 standard deviations from its mean, on both sides? scipy.stats.norm.sf"""
    count = number(count)
    expect(count > 0, "A number of samples, please.")
    target = np.log10(1 / (2 * norm.sf(3 * np.sqrt(20))))
    expect(
        abs(np.log10(count) - target) < 0.1,
        f"10^{np.log10(count):.1f} is not it. Three is how many standard deviations?",
    )
    return f"About 10^{target:.0f} samples for a single glimpse."


@exercise
def budget(betas):
    """Begin with np.linspace(0, 0.6, n) for several n and look where the overlap is poorest: where is C largest?"""
    betas = np.asarray(betas, dtype=float)
    expect(betas.ndim == 1 and betas.size >= 2, "A list of at least two betas, please.")
    expect(
        betas[0] == 0.0 and abs(betas[-1] - 0.6) < 1e-9 and np.all(np.diff(betas) > 0),
        "They should rise from 0 to 0.6.",
    )
    levels = torus()
    count = 3000 // betas.size
    expect(count >= 20, "That leaves fewer than 20 samples for each.")
    said = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        energies = np.concatenate([draw(levels, beta, count, rng) for beta in betas])
        found = mbar(betas[:, None] * energies[None, :], [count] * betas.size, check=False)
        said.append(float(found.df_k[-1]))
    error = float(np.mean(said))
    expect(
        np.isfinite(error) and error < 0.310,
        f"MBAR's error with {betas.size} temperatures of {count} samples is {error:.3f}.",
    )
    return f"{betas.size} temperatures, {count} samples each, error {error:.3f}; the thermodynamic length allows no less than 0.302."
