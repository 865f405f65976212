"""Checks of notebook 7: density of states, microcanonical entropy, zeros."""

import numpy as np
from scipy.optimize import brentq

from checks import close, exercise, expect, number
from statmech import EnergyLevels, Ising, density_of_states, lattices, solve


@exercise
def microcanonical(temperature):
    """1/T = dS/dE: the difference of log g of the neighbours, divided by the difference of their energies."""
    temperature = number(temperature)
    levels = density_of_states(Ising(lattices.square(32, 32)))
    k = int(np.flatnonzero(levels.energies == -1448)[0])
    energies, entropy = levels.energies, levels.log_g
    target = (energies[k + 1] - energies[k - 1]) / (entropy[k + 1] - entropy[k - 1])
    expect(not close(temperature, 1 / target, rtol=0.01), "That is the slope dS/dE itself. Which power of it is T?")
    expect(
        close(temperature, target, rtol=5e-3),
        "Levels are 4 apart, and there are two steps between the neighbours. S is log g.",
    )
    return f"T = {target:.4f}, against T_c = 2.2692 of the infinite lattice; no Boltzmann factor was used."


@exercise
def fluctuation(function):
    """Weights are exp(log_g - E/T). Subtract the largest exponent first; divide by the sum; then mean and variance."""
    two = EnergyLevels([0.0, 1.0], [1, 3])
    expect(
        close(function(two.energies, two.log_g, 0.5), float(solve(two, 0.5).heat_capacity), rtol=1e-9),
        "For the levels 0 (g = 1) and 1 (g = 3) at T = 1/2 it does not give 0.9217...: Var(E)/T^2, E weighted by g exp(-E/T)?",
    )
    levels = density_of_states(Ising(lattices.square(32, 32)))
    for temperature in (1.0, 2.3, 8.0):
        value = function(levels.energies, levels.log_g, temperature)
        expect(
            np.isfinite(value),
            f"For the 32 x 32 torus at T = {temperature} it is not finite: an exponential overflowed.",
        )
        target = float(solve(levels, temperature).heat_capacity)
        expect(
            close(value, target, rtol=1e-6),
            f"For the torus at T = {temperature} it is {value:.8g} instead of {target:.8g}.",
        )
    return "The same sum for 2 levels and for 2^1024 states."


@exercise
def approach(exponent):
    """Im beta is proportional to L^(-1/nu): from L = 8 to L = 16 it falls by a factor of 2^(1/nu)."""
    exponent = number(exponent)
    expect(exponent > 0, "It comes out positive: the larger L has the smaller imaginary part.")
    expect(
        not close(exponent, 2**0.978, rtol=0.01),
        "That is the ratio of the imaginary parts; 1/nu is the power of 2 that it is.",
    )
    expect(
        close(exponent, 0.978, rtol=0.01),
        "Did you take the zero nearest to x_c = 3 - sqrt 8 for both sizes, and beta = -log(x)/4?",
    )
    return "0.978 already, and 1 in the limit: the nearest zero knows the critical exponent."


@exercise
def two_phases(levels):
    """Which of N and w decides how deep the valley is? Try N first."""
    expect(isinstance(levels, EnergyLevels), "I expected EnergyLevels.")
    ordered = levels.combined()
    energies, entropy = ordered.energies, ordered.log_g
    expect(energies.size >= 5, "Too few levels for two peaks with a valley between them.")

    def peaks(temperature):
        log_p = entropy - energies / temperature
        padded = np.concatenate([[-np.inf], log_p, [-np.inf]])
        tops = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]))
        return log_p, tops

    grid = np.geomspace(1e-3, 1e3, 4000) * float(np.ptp(energies)) / energies.size
    double = [T for T in grid if peaks(T)[1].size >= 2]
    expect(double, "At no temperature does g exp(-E/T) have two peaks. Is S(E) = log g convex anywhere? It has to be.")

    def tilt(temperature):
        log_p, tops = peaks(temperature)
        return log_p[tops[-1]] - log_p[tops[0]] if tops.size >= 2 else np.nan

    low, high = double[0], double[-1]
    expect(tilt(low) * tilt(high) < 0, "There are two peaks, but at no temperature are they equally high.")
    log_p, tops = peaks(brentq(tilt, low, high))
    depth = float(np.exp(log_p[tops[0] : tops[-1] + 1].min() - log_p[tops[0]]))
    expect(
        depth < 1e-3, f"Two equal peaks, but the valley is {depth:.2g} of them. What happens to it in a larger system?"
    )
    return f"The valley is {depth:.1e} of the peaks: a simulation would stay in one phase for a very long time."
