"""Checks of notebook 8: Monte Carlo."""

import numpy as np

from checks import close, exercise, expect, number
from statmech import Ising, lattices, solve


@exercise
def metropolis(accept):
    """If the energy does not rise, always accept; otherwise accept if u < exp(-change / T)."""
    expect(bool(accept(-4.0, 2.0, 0.99)), "A move that lowers the energy is always accepted.")
    expect(bool(accept(0.0, 2.0, 0.99)), "A move that costs nothing is accepted.")
    expect(not accept(4.0, 2.0, 0.5), "exp(-4/2) = 0.135, so u = 0.5 should be refused.")
    expect(bool(accept(4.0, 2.0, 0.1)), "exp(-4/2) = 0.135, so u = 0.1 should be accepted.")
    for change in (-8.0, -4.0, 0.0, 4.0, 8.0):
        for temperature in (0.7, 2.0, 5.0):
            grid = (np.arange(1000) + 0.5) / 1000
            share = float(np.mean([bool(accept(change, temperature, u)) for u in grid]))
            expect(
                abs(share - min(1.0, np.exp(-change / temperature))) < 2e-3,
                f"For a change of {change:g} at T = {temperature:g} you accept {share:.3f} of the moves.",
            )
    expect(
        not accept(4.0, 0.0, 0.0) and accept(-4.0, 0.0, 0.5),
        "At T = 0: uphill never, downhill always (and no division by zero).",
    )
    return "Three lines of 1953, and the most used algorithm of physics."


@exercise
def blocking(function):
    """Drop what does not fill a block, reshape to (blocks, b), average over the second axis; then std(ddof=1) / sqrt(blocks)."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=5000)
    series = np.empty(5000)
    series[0] = 0.0
    for t in range(1, 5000):
        series[t] = 0.9 * series[t - 1] + noise[t]
    for b in (1, 7, 100):
        blocks = 5000 // b
        means = series[: blocks * b].reshape(blocks, b).mean(axis=1)
        target = means.std(ddof=1) / np.sqrt(blocks)
        found = number(function(series, b))
        expect(
            not close(found, target * np.sqrt(blocks), 1e-6) or blocks == 1,
            "That is the scatter of the block means; their mean is more certain, by the root of their number.",
        )
        expect(
            close(found, target, 2e-2),
            f"For blocks of {b} it is {found:.5f} instead of {target:.5f}. Consecutive samples in a block?",
        )
    return "For this test series the naive error is four times too small; blocks of 100 tell."


@exercise
def dynamic_exponent(z):
    """log tau = log a + z log L: np.polyfit(np.log(sides[-3:]), np.log(taus["metropolis"][-3:, 0]), 1)."""
    z = number(z)
    expect(z > 0, "Tau grows with L.")
    expect(1.67 < z < 2.67, f"z = {z:.2f} is too far from 2.17. Both axes logarithmic, the three largest sizes?")
    return f"z = {z:.2f}: twice the size, more than sixteen times the work. With clusters hardly more than the spins."


@exercise
def error_budget(method):
    """Try the algorithms with the same number of sweeps, and look at internal_energy_errors of solve(..., per="site")."""
    expect(isinstance(method, dict) and method.get("kind") == "monte_carlo", 'I expected {"kind": "monte_carlo", ...}.')
    expect(method.get("sweeps", 10_000) <= 5000, "At most 5000 sweeps, please.")
    expect(method.get("chains", 2) <= 2, "Two chains, as by default.")
    result = solve(Ising(lattices.square(32, 32)), 2 / np.log(1 + np.sqrt(2)), method=method, per="site")
    error = float(result.internal_energy_errors)
    expect(int(result.status) == 0, "The status of this run says that its error is not to be relied on.")
    expect(error < 0.003, f"The error is {error:.4f}. Four times the sweeps would halve it; is there a cheaper way?")
    return f"{method['algorithm']}: error {error:.4f}, autocorrelation time {float(result.autocorrelation_time):.1f} sweeps."
