"""Checks of notebook 6: the Ising chain and the square lattice."""

import numpy as np

from checks import close, exercise, expect, number


@exercise
def correlation_length(temperature):
    """Take logarithms: -1/xi = log tanh(1/T). Which T makes tanh(1/T) = exp(-1/100)?"""
    temperature = number(temperature)
    expect(temperature > 0, "A positive temperature, please.")
    xi = -1 / np.log(np.tanh(1 / temperature))
    expect(close(xi, 100.0, rtol=5e-3), f"At your temperature the correlation length is {xi:.4g}, not 100.")
    return "Long before T = 0 the chain is ordered over a hundred spins; but never over all of them."


@exercise
def logarithm(slope):
    """np.polyfit(np.log(sizes), heights, 1) fits a straight line; which of its two numbers is A?"""
    slope = number(slope)
    exact = 2 / np.pi * np.log(1 + np.sqrt(2)) ** 2
    expect(not close(slope, exact * np.log(10), rtol=0.03), "Natural logarithms, please.")
    expect(
        abs(slope / exact - 1) < 0.02,
        "Not within two percent of the exact A. Fit heights against log L with the largest sizes.",
    )
    return f"Exactly 2/pi log(1 + sqrt 2)^2 = {exact:.4f}. A logarithm: the weakest of divergences."


@exercise
def critical_temperature(value):
    """Plot places against 1/L: it is nearly a straight line. Where does it meet 1/L = 0?"""
    value = number(value)
    exact = 2 / np.log(1 + np.sqrt(2))
    expect(value < 2.3, "That is the peak of a finite torus. Go on to 1/L = 0.")
    expect(
        abs(value / exact - 1) < 2e-3,
        f"Not yet within two parts in a thousand: {abs(value / exact - 1):.1e}. Fit places against 1/L.",
    )
    return f"T_c = {exact:.6f}; you are off by {abs(value - exact):.1e}, with nothing larger than L = 128."


@exercise
def collapse(gamma_over_nu, one_over_nu):
    """Write a function of the two exponents that is small when all curves of chi/L^a against t L^b agree; minimise it."""
    a, b = number(gamma_over_nu), number(one_over_nu)
    expect(
        abs(a / 1.75 - 1) < 0.03,
        f"gamma/nu = {a:.3f} does not collapse the heights. At t = 0, chi is L^(gamma/nu): look there first.",
    )
    expect(
        abs(b - 1) < 0.15,
        f"The heights fit; 1/nu = {b:.3f} does not yet collapse the widths. Compare where the curves bend.",
    )
    return "Two critical exponents of an infinite lattice, from five small tori."
