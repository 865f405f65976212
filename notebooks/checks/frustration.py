"""Checks of notebook 9: frustration and spin glasses."""

from itertools import product

import numpy as np

from checks import close, exercise, expect, number
from statmech import Ising, ground_state, lattices


@exercise
def frustrated(function):
    """Start with a spin up and walk around: at every +1 bond the next spin is equal, at every -1 bond opposite. When do you clash?"""
    for loop, truth in (([-1, -1, -1], True), ([1, 1, 1], False), ([1, 1, 1, 1], False), ([-1, -1, -1, -1], False)):
        expect(
            function(loop) == truth,
            f"The loop {loop} is {'' if truth else 'not '}frustrated; your function says otherwise. Count its negative bonds.",
        )
    for loop in product((-1, 1), repeat=5):
        expect(function(list(loop)) == (np.prod(loop) < 0), f"It is wrong for the loop {list(loop)}.")
    return "An odd number of negative bonds: one wish too many."


@exercise
def pauling(kagome, triangular):
    """log W / N = log 2 + (triangles per site) log(6/8)."""
    kagome, triangular = number(kagome), number(triangular)
    expect(close(kagome, np.log(2) + 2 / 3 * np.log(0.75), 1e-3), "Kagome: 2 triangles for 3 sites, so 2/3 per site.")
    expect(close(triangular, np.log(2) + 2 * np.log(0.75), 1e-3), "Triangular: every site has 2 triangles to itself.")
    return "0.5014 against the exact 0.5018, and 0.118 against 0.323: constraints that share bonds are not independent."


@exercise
def wannier(value):
    """Two equations, two unknowns: S(6) = S + c/36 and S(9) = S + c/81."""
    value = number(value)
    expect(value < 0.33, "That is still a finite torus; eliminate c.")
    expect(abs(value - 0.3230659) < 5e-4, "S(L) is log(count) per site, and both equations have the same c.")
    return f"Within {abs(value - 0.3230659):.1e} of Wannier's 0.3230659, from 36 and 81 spins."


@exercise
def enemy_of_order(bonds):
    """Frustrated plaquettes leave choices. Try random signs first: which do better than average, and what do they look like?"""
    signs = np.asarray(bonds, dtype=float)
    square = lattices.square(4, 4, periodic=False)
    expect(signs.shape == (24,), f"I expected 24 numbers, one for each of square.bonds; the shape is {signs.shape}.")
    expect(np.all(np.abs(signs) == 1), "Each bond is +1 or -1.")
    count = ground_state(Ising(square, coupling=signs)).degeneracy
    expect(count > 100, f"{count} ground states. More frustrated plaquettes, or other places for them?")
    return f"{count} ground states: S(0)/N = {np.log(count) / 16:.3f}. No pattern of bonds has more than 192."
