"""Checks of notebook 2: two levels."""

from itertools import pairwise

import numpy as np

from checks import close, exercise, expect, number
from statmech import EnergyLevels, solve


@exercise
def peak(temperature, height):
    """Make the sweep fine: solve(EnergyLevels([0, 1]), np.linspace(0.3, 0.6, 3001)), then heat_capacity.idxmax()."""
    temperature, height = number(temperature), number(height)
    if close(1 / temperature, 0.41678, rtol=2e-3):
        expect(False, "That is gap/T at the peak; the question asks for T.")
    expect(
        close(temperature, 0.41678, rtol=2e-3),
        "The peak lies elsewhere. In the figure it is between T = 0.3 and T = 0.6.",
    )
    expect(close(height, 0.43923, rtol=2e-3), "The temperature is right; the height of the curve there is not, yet.")
    return "Every two-level system in nature has its peak at 0.417 of its gap, 0.439 k_B high."


def crystal():
    """Temperatures in K and the heat capacity in k_B per ion, as measured."""
    temperatures = np.geomspace(0.3, 300.0, 400)
    return temperatures, solve(EnergyLevels([0.0, 8.5], [1, 3]), temperatures).heat_capacity.values


@exercise
def crystal_levels(gap, ratio):
    """Integrate C/T over T with np.trapezoid: the area is log(1 + g1/g0), and g1/g0 is a ratio of whole numbers."""
    gap, ratio = number(gap), number(ratio)
    expect(
        abs(ratio - 3) < 0.1,
        "The ratio does not fit the area. Did you weigh C with 1/T? exp(area) counts all states for one of the lower level.",
    )
    expect(
        close(gap, 8.5, rtol=0.01),
        "The ratio is right. Try gaps until C of EnergyLevels([0, gap], [1, ratio]) lies on the data.",
    )
    return "A calorimeter and a trapezium rule have counted quantum states."


@exercise
def contact(temperature, growth):
    """Energy is conserved: what is the mean energy per mole, and which temperature belongs to it?"""
    temperature, growth = number(temperature), number(growth)
    two = EnergyLevels([0.0, 1.0])
    hot, cold = solve(two, -0.5), solve(two, 0.5)
    u = float(hot.internal_energy + 3 * cold.internal_energy) / 4
    final = 1 / np.log(1 / u - 1)
    expect(not close(temperature, 0.25), "Temperatures do not average; energies do.")
    expect(
        close(temperature, final, rtol=1e-3),
        f"At your temperature a mole has the energy {float(solve(two, temperature).internal_energy):.4f}; it should have {u:.4f}.",
    )
    total = float(4 * solve(two, final).entropy - hot.entropy - 3 * cold.entropy)
    expect(growth > 0, "The second law would not like that: is it 'after minus before'?")
    expect(
        close(growth, total, rtol=1e-3),
        "The temperature is right. Entropy: four moles afterwards, minus one and three before.",
    )
    return "Positive, as it must be: the second law holds at negative temperatures too."


@exercise
def two_humps(levels):
    """Each peak needs a gap of its own. How far apart must two gaps be if one peak is to be over before the next begins?"""
    expect(isinstance(levels, EnergyLevels), "I expected EnergyLevels([...], [...]).")
    energies = np.unique(levels.energies)
    expect(energies.size >= 3, "With two levels there is one gap, and one peak.")
    gaps = np.diff(energies)
    temperatures = np.geomspace(0.02 * gaps.min(), 20 * (energies[-1] - energies[0]), 4000)
    capacity = solve(levels, temperatures).heat_capacity.values
    inner = capacity[1:-1]
    tops = 1 + np.flatnonzero((inner > capacity[:-2]) & (inner > capacity[2:]))
    expect(tops.size >= 2, f"The heat capacity of this spectrum has {tops.size} peak. Move the gaps further apart.")
    depth = min(capacity[a : b + 1].min() / min(capacity[a], capacity[b]) for a, b in pairwise(tops))
    expect(
        depth < 0.25, f"Two peaks, but the valley is {depth:.2f} of the lower one. A wider separation of the scales?"
    )
    return "Two energy scales, two peaks, and a plateau of entropy between them."
