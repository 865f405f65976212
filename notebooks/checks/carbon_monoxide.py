"""Checks of notebook 5: carbon monoxide from its levels."""

import numpy as np
from scipy.constants import R, atomic_mass, h, k

from checks import close, exercise, expect, number
from statmech import EnergyLevels, solve


@exercise
def most_populated(J):
    """Compute the weights for J = 0 ... 40 and look for the largest (np.argmax)."""
    J = number(J)
    expect(int(J) == J and J >= 0, "J is a whole number.")
    expect(J != 0, "J = 0 has the lowest energy, but only one state.")
    weights = (2 * np.arange(60) + 1) * np.exp(-1.9225 * np.arange(60) * (np.arange(60) + 1.0) / (0.695035 * 298.15))
    expect(
        int(weights.argmax()) == J,
        "The degeneracy grows with J, the Boltzmann factor falls: their product has its maximum elsewhere.",
    )
    return "J = 7: energy loses to degeneracy until B J^2 is about T/2."


@exercise
def sackur_tetrode(function):
    """Mass in kg: mass * atomic_mass. The thermal wavelength is h / sqrt(2 pi m k T); S/R = log(kT / p / wavelength^3) + 5/2."""
    for mass, temperature, pressure in ((28.0104, 298.15, 1e5), (39.948, 87.3, 101325.0), (4.0026, 1000.0, 1e3)):
        wavelength = h / np.sqrt(2 * np.pi * mass * atomic_mass * k * temperature)
        target = R * (np.log(k * temperature / pressure / wavelength**3) + 2.5)
        found = number(function(mass, temperature, pressure))
        expect(not close(found, target - R, rtol=1e-6), "5/2, not 3/2: one more for the N! of identical particles.")
        expect(
            close(found, target, rtol=1e-5),
            f"For {mass} u at {temperature} K and {pressure:g} Pa it is {found:.5g}; argon's textbook value helps: 154.8 J/mol/K at 298.15 K and 1 bar.",
        )
    return "150.3 of the 197.7 J/mol/K of CO at room temperature are flight."


@exercise
def one_atmosphere(entropy):
    """A denser gas has less room: S falls by R log(p2/p1)."""
    entropy = number(entropy)
    expect(entropy < 197.66, "Higher pressure, less room, less entropy: in which direction did you go?")
    expect(abs(entropy - (197.660 - R * np.log(1.01325))) < 2e-3, "The change is R log 1.01325 = 0.109 J/mol/K.")
    return "0.109 J/mol/K: small, and the commonest discrepancy between programs and tables."


@exercise
def five_constants(levels):
    """np.meshgrid over v = 0 ... 25 and J = 0 ... 150; degeneracy 2J + 1; subtract the lowest level."""
    expect(isinstance(levels, EnergyLevels), "I expected EnergyLevels(energies, degeneracies, unit='cm-1').")
    expect(levels.unit == "cm-1", f"The unit should be cm-1; it is {levels.unit}.")
    x, y = (np.arange(26) + 0.5)[:, None], (np.arange(151) * (np.arange(151) + 1.0))[None, :]
    energy = 2169.814 * x - 13.288 * x**2 + (1.93128 - 0.017504 * x) * y - 6.12e-6 * y**2
    weights = np.broadcast_to(2 * np.arange(151) + 1.0, energy.shape)
    grid = np.array([300.0, 1000.0, 2000.0, 3000.0, 4000.0])
    target = solve(EnergyLevels((energy - energy[0, 0]).ravel(), weights.ravel(), unit="cm-1"), grid).entropy.values
    ours = solve(levels, grid).entropy.values
    worst = np.abs(ours - target)
    expect(
        worst[0] < 0.03,
        f"At 300 K the entropy is {ours[0]:.3f} J/mol/K, not {target[0]:.3f}. Is the degeneracy 2J + 1? Does J go far enough?",
    )
    expect(
        np.all(worst < 0.03),
        f"At {grid[worst.argmax()]:.0f} K it is off by {worst.max():.3f} J/mol/K: are there enough v and J?",
    )
    return "Five numbers instead of 3926 levels; see how far they carry against `internal.entropy`."
