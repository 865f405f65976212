"""Checks of notebook 4: ortho- and para-hydrogen."""

import numpy as np

from checks import close, exercise, expect, number
from statmech import Product, Rotor, solve

PARA = Rotor(constant=59.3, weights=(1, 0), unit="cm-1")
ORTHO = Rotor(constant=59.3, weights=(0, 3), unit="cm-1")
BOTH = Rotor(constant=59.3, weights=(1, 3), unit="cm-1")


@exercise
def para(share):
    """The result of the run has a variable population_para with temperature as its axis; select 77.0."""
    share = number(share)
    target = float(np.exp(solve(PARA, 77.0).log_z - solve(BOTH, 77.0).log_z))
    expect(not close(share, 1 - target, rtol=1e-3), "That is the share of ortho.")
    expect(
        close(share, target, rtol=2e-3), "At 77 K the two curves in the figure are close to crossing: about one half."
    )
    return "Half and half. Even at the temperature of liquid nitrogen there is a long way to go."


@exercise
def conversion(heat):
    """Internal energy of normal hydrogen minus that of equilibrium hydrogen, both at 20.3 K (results are in kJ/mol)."""
    heat = number(heat)
    target = float(
        solve(Product([PARA, ORTHO], copies=[0.25, 0.75]), 20.3).internal_energy - solve(BOTH, 20.3).internal_energy
    )
    expect(not close(heat, -target, rtol=1e-2), "Released heat is the energy before minus the energy after.")
    expect(not close(heat, 1000 * target, rtol=1e-2), "In kJ, please.")
    expect(
        close(heat, target, rtol=5e-3),
        "Check with a limit: all three quarters from J = 1 (2B) to J = 0. 1 cm-1 is 0.01196 kJ/mol.",
    )
    return f"{target:.3f} kJ/mol against 0.90 to evaporate it: the liquid carries its own heater."


@exercise
def deuterium(even, odd, ratio):
    """Two spins of 1: total spin 2 (5 states, symmetric), 1 (3, antisymmetric), 0 (1, symmetric). Bosons: the product must be symmetric."""
    even, odd, ratio = number(even), number(odd), number(ratio)
    expect(not close([even, odd], [3, 6]), "The other way round: these nuclei are bosons.")
    expect(
        close([even, odd], [6, 3]) or close([even, odd], [2, 1]),
        "Six symmetric states and three antisymmetric ones: which go with even J?",
    )
    expect(close(ratio, 2.0), "Hot, even and odd J have equally many rotational states, so only the spins decide.")
    return "6 : 3. The dominant form is called ortho, and for D2 that is the even one."


@exercise
def liquefier(first, second):
    """Write the work as a function of the two temperatures and minimise it; try 80 K and 40 K first."""
    first, second = number(first), number(second)
    expect(300 >= first > second > 20.3, "I expected 300 K >= T1 > T2 > 20.3 K.")

    def work(*beds):
        share, total = 0.75, 0.0
        for T in (*beds, 20.3):
            after = 1 - float(np.exp(solve(PARA, T).log_z - solve(BOTH, T).log_z))
            heat = (share - after) * float(solve(ORTHO, T).internal_energy - solve(PARA, T).internal_energy)
            total, share = total + heat * (300 / T - 1), after
        return total

    part = work(first, second) / work()
    expect(
        part < 0.46,
        f"{100 * part:.1f} % of the work of a single bed at 20.3 K. Where is most of the ortho hydrogen converted now?",
    )
    return f"{100 * part:.1f} % of the work: heat is best removed where it is still warm."
