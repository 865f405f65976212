"""Checks of notebook 3: Einstein, Debye, phonons."""

import numpy as np

from checks import close, exercise, expect, number
from statmech import Debye, Einstein, solve
from statmech.models.phonons import Phonons


def copper(n):
    """The crystal of the notebook on a mesh of n^3 wave vectors."""
    signs = np.array([(a, b, 0.0) for a in (0.5, -0.5) for b in (0.5, -0.5)])
    neighbours = np.concatenate([signs, np.roll(signs, 1, axis=1), np.roll(signs, 2, axis=1)])
    steps = (np.arange(n) + 0.5) / n
    cell = 2 * np.pi * np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])
    q = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3) @ cell
    strength = (2 * np.pi * 7.25) ** 2 / 8 * (1 - np.cos(q @ neighbours.T))
    squares = np.linalg.eigvalsh(np.einsum("qr,ri,rj->qij", strength, 2 * neighbours, neighbours))
    return Phonons(cutoff=0.0, frequencies=np.sqrt(squares) / (2 * np.pi), unit="THz")


@exercise
def einstein(theta):
    """Sum the squares of the differences for a range of theta around 1320 K, and take the smallest."""
    theta = number(theta)
    temperatures = np.array([222.4, 262.4, 283.7, 306.4, 331.3, 358.5, 413.0, 479.2, 520.0, 879.7, 1079.7, 1258.0])
    measured = 4.184 * np.array([0.762, 1.146, 1.354, 1.582, 1.838, 2.118, 2.661, 3.280, 3.631, 5.290, 5.387, 5.507])
    expect(theta > 100, "Theta is a temperature in kelvin, not far from Einstein's 1320.")

    def squares(value):
        return float(
            np.sum((solve(Einstein(theta=value, unit="K"), temperatures).heat_capacity.values - measured) ** 2)
        )

    here, beside = squares(theta), min(squares(0.995 * theta), squares(1.005 * theta))
    expect(here <= beside, f"The sum of squares is {here:.3f} at your theta, and smaller half a percent away from it.")
    return f"Theta = {theta:.0f} K: one number for twelve measurements, and the quantum theory of solids begins."


@exercise
def effective(function):
    """Debye's C at a fixed T falls as theta grows: bracket theta and use scipy.optimize.brentq."""
    for theta, temperature in ((343.0, 20.0), (90.0, 50.0), (1000.0, 300.0)):
        capacity = float(solve(Debye(theta=theta, unit="K"), temperature).heat_capacity)
        found = function(capacity, temperature)
        expect(
            close(found, theta, rtol=1e-4),
            f"For C = {capacity:.6g} at {temperature:g} K it gives {number(found):.6g}; Debye's theta is {theta:g} K there.",
        )
    return "Now plot debye_temperature(C, T) of the copper crystal: a dip near 30 K, and a rise to its low-temperature limit."


@exercise
def mesh(n):
    """Compute C(5 K) for n = 4, 6, 8, ... with Phonons(cutoff=0.0, frequencies=copper(mesh(n)), unit="THz")."""
    n = number(n)
    expect(n == int(n) and n % 2 == 0 and 2 <= n <= 40, "An even whole number up to 40, please.")
    reference = float(solve(copper(40), 5.0).heat_capacity)
    error = abs(float(solve(copper(int(n)), 5.0).heat_capacity) / reference - 1)
    expect(error < 0.01, f"With n = {n:.0f}, C(5 K) is still off by {100 * error:.1f} %.")
    coarser = abs(float(solve(copper(int(n) - 2), 5.0).heat_capacity) / reference - 1)
    expect(coarser >= 0.01, f"It works, but n = {n - 2:.0f} does too.")
    return "Low temperatures need fine meshes, and in the end a formula."


@exercise
def three_oscillators(oscillators):
    """C = sum of share times Einstein's C. Begin with thetas of about 100, 200 and 300 K and fit with least squares."""
    pairs = [(number(share), number(theta)) for share, theta in oscillators]
    expect(len(pairs) == 3, f"Three oscillators, please; these are {len(pairs)}.")
    shares = np.array([share for share, _ in pairs])
    expect(
        np.all(shares >= 0) and abs(shares.sum() - 1) < 1e-6,
        f"The shares add up to {shares.sum():.6f}; they should be 1.",
    )
    grid = np.geomspace(25.0, 400.0, 60)
    ours = sum(share * solve(Einstein(theta=theta, unit="K"), grid).heat_capacity.values for share, theta in pairs)
    worst = np.abs(ours - solve(copper(16), grid).heat_capacity.values)
    k = int(worst.argmax())
    expect(
        worst[k] < 0.1,
        f"Off by {worst[k]:.3f} J/mol/K near {grid[k]:.0f} K. Softer modes decide the low end, harder ones the middle.",
    )
    return f"Three frequencies stand for all of them, to {worst[k]:.3f} J/mol/K."
