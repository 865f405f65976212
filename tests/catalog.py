"""THE TABLE: every model, the methods that must agree on it, and how closely.

One test walks it (``test_catalog.py``): each method that supports a row must be named in it, each that is not
named must decline and say why, and all that are named must agree with the brute-force oracle to the tolerance
given here. The identities of thermodynamics are checked on every row as well.

A tolerance is relative, for log Z + beta E0, F - E0, U - E0, S, C, and M and chi where there are any, at all of the
row's temperatures, wherever the exact value is a normal float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import oracles

from statmech import EnergyLevels, lattices
from statmech.disorder import RandomValues
from statmech.models.asymmetric_rotor import AsymmetricRotor
from statmech.models.blume_capel import BlumeCapel
from statmech.models.combined import Mixture, Product
from statmech.models.hydrogen import Hydrogen
from statmech.models.ising import Ising
from statmech.models.morse import Morse
from statmech.models.oscillator import Oscillator
from statmech.models.paramagnet import Paramagnet
from statmech.models.particle_in_box import ParticleInBox
from statmech.models.potts import Potts
from statmech.models.rotor import Rotor
from statmech.models.spin_chain import SpinChain
from statmech.models.symmetric_rotor import SymmetricRotor
from statmech.models.transverse_ising import TransverseIsing
from statmech.models.two_level import TwoLevel

# Levels are summed to 1e-12 (see statmech.summation): up to 722 = E/T rounded twice, beside a handful of eps.
LEVELS = 1e-12

TEMPERATURES = (0.0, 0.05, 0.4, 1.0, 2.269, 30.0, np.inf)
OPEN = (0.0, 0.05, 0.4, 1.0, 2.269, 12.0)  # ladders without an upper end
BOUNDED = (*TEMPERATURES, -0.4, -3.0)  # negative temperatures need a highest level


@dataclass(frozen=True)
class Row:
    """One model and what is known of it.

    ``methods`` maps the name of a method to its tolerance; ``states`` gives the oracle's states of the model.
    """

    name: str
    make: Callable[[], Any]
    methods: dict[str, float]
    temperatures: tuple[float, ...] = BOUNDED
    states: Callable[[Any], oracles.States] = oracles.of_model
    refuses: dict[str, tuple[float, ...]] = field(default_factory=dict)  # method: temperatures it refuses, saying why


def levels_of(model: Any) -> oracles.States:
    levels = model.levels()
    g = [1] * len(levels) if levels.degeneracies is None else [int(x) for x in levels.degeneracies]
    exact = [oracles.Fraction(energy) + oracles.Fraction(levels.offset) for energy in levels.energies.tolist()]
    return oracles.spectrum(exact, g)


def spin(model: Paramagnet) -> oracles.States:
    moments = [int(model.moment * (2 * model.spin - 2 * k) / 2) for k in range(model.states)]
    return oracles.with_field({(oracles.Fraction(0), moment): 1 for moment in moments}, model.field)


def rungs(model: Any) -> oracles.States:
    """Levels up to 120 times the highest temperature of the rows of rotors and boxes."""
    return levels_of(Listed(model.ladder(120 * OPEN[-1])))


def product(model: Product) -> oracles.States:
    whole = oracles.spectrum([0])
    for part, count in zip(model.parts, model.counts, strict=True):
        for _ in range(int(count)):
            terms = [(e + f, g * h) for (e, _), g in whole.items() for (f, _), h in levels_of(part).items()]
            whole = oracles.spectrum(*zip(*terms, strict=True))
    return whole


def mixture(model: Mixture) -> oracles.States:
    terms = [
        (e + oracles.Fraction(offset), int(weight) * g)
        for part, weight, offset in zip(model.parts, model.weights, model.offsets, strict=True)
        for (e, _), g in levels_of(part).items()
    ]
    return oracles.spectrum(*zip(*terms, strict=True))


def dimer(model: SpinChain) -> oracles.States:
    """Singlet and triplet."""
    low, high = oracles.Fraction(-3, 4), oracles.Fraction(1, 4)
    return {(low, 0): 1, (high, 1): 1, (high, 0): 1, (high, -1): 1}


def pair_in_a_transverse_field(model: TransverseIsing) -> oracles.States:
    """-+J, and -+sqrt(J^2 + 4 Gamma^2), which is 5/4 here."""
    inner, outer = oracles.Fraction(model.coupling), oracles.Fraction(5, 4)
    assert outer**2 == inner**2 + 4 * oracles.Fraction(model.transverse_field) ** 2
    return oracles.spectrum([-outer, -inner, inner, outer])


def box(model: ParticleInBox) -> oracles.States:
    return oracles.spectrum([model.quanta[0] * n * n for n in range(1, 40)])


@dataclass(frozen=True)
class Listed:
    listed: EnergyLevels

    def levels(self) -> EnergyLevels:
        return self.listed


def ladder(model: Oscillator) -> oracles.States:
    """900 rungs: at T = omega the rest weighs exp(-900), and below, less."""
    return oracles.spectrum([model.omega * n for n in range(900)])


UNEVEN_GRAPH = {"enumeration": LEVELS, "elimination": LEVELS}  # couplings that are no multiples of one unit
GRAPH = {**UNEVEN_GRAPH, "density_of_states": LEVELS}
UNEVEN = {**UNEVEN_GRAPH, "transfer_matrix": LEVELS}  # lattices have rows of cells
LATTICE = {**GRAPH, "transfer_matrix": LEVELS}
CHAIN = {**LATTICE, "ising_chain": LEVELS}
TORUS = {**LATTICE, "kaufman": LEVELS}


def planar(methods: dict[str, float]) -> dict[str, float]:
    """Of a planar graph without a field: small ones are enclosed in balls of 1e-12."""
    return {**methods, "planar": LEVELS}


ROWS = [
    Row("two levels", lambda: TwoLevel(0.75, (1, 3)), {"level_sum": LEVELS}, states=levels_of),
    Row("levels", lambda: EnergyLevels([-1.5, 0.0, 0.0, 4.0], [2, 1, 1, 5]), {"level_sum": LEVELS}, states=levels_of),
    Row(
        "oscillator",
        lambda: Oscillator(1.0, zero_point=False),
        {"oscillator_closed_form": LEVELS},
        temperatures=(0.0, 1 / 700, 0.05, 0.4, 1.0),
        states=ladder,
    ),
    Row(
        "spin 3/2 in a field",
        lambda: Paramagnet(1.5, moment=2.0, field=-0.75),
        {"brillouin": LEVELS, "level_sum": LEVELS},
        states=spin,
    ),
    Row("Morse oscillator", lambda: Morse(1.0, 4.0), {"level_sum": LEVELS}, states=levels_of),
    Row(
        "hydrogen atom",
        lambda: Hydrogen(6, rydberg=1.5, unit="reduced"),
        {"level_sum": LEVELS},
        states=levels_of,
    ),
    Row(
        "ortho and para rotor",
        lambda: Rotor(0.5, (1, 3)),
        {"rotor_closed_form": LEVELS, "ladder_sum": LEVELS},
        OPEN,
        rungs,
    ),
    Row("symmetric rotor", lambda: SymmetricRotor(1.5, 2.5, (4, 2, 2)), {"ladder_sum": LEVELS}, OPEN, rungs),
    Row(
        "asymmetric rotor", lambda: AsymmetricRotor((4.0, 2.5, 1.5), (1, 3, 3, 1)), {"ladder_sum": LEVELS}, OPEN, rungs
    ),
    Row(
        "product of levels, a spin's worth of copies",
        lambda: Product([TwoLevel(0.75, (1, 3)), EnergyLevels([-1.5, 0.0, 4.0], [2, 1, 5])], copies=[2, 1]),
        {"combined": LEVELS},
        states=product,
    ),
    Row(
        "mixture of levels with an offset",
        lambda: Mixture([TwoLevel(0.75, (1, 3)), EnergyLevels([-1.5, 0.0, 4.0], [2, 1, 5])], [3, 1], [0.0, 0.5]),
        {"combined": LEVELS},
        states=mixture,
    ),
    Row("two quantum spins", lambda: SpinChain(2, periodic=False), {"diagonalization": 1e-10}, states=dimer),
    Row(
        "two spins in a transverse field",
        lambda: TransverseIsing(2, coupling=0.75, transverse_field=0.5, periodic=False),
        {"diagonalization": 1e-10},
        states=pair_in_a_transverse_field,
    ),
    Row("particle in a box", lambda: ParticleInBox([2.5]), {"box_closed_form": LEVELS}, OPEN, box),
    Row("Ising ring of 8", lambda: Ising(lattices.chain(8)), planar(CHAIN)),
    Row("Ising ring of 7, antiferromagnetic", lambda: Ising(lattices.chain(7), coupling=-1.0), planar(CHAIN)),
    Row("Ising ring of 6 in a field", lambda: Ising(lattices.chain(6), field=0.3), CHAIN),
    Row("Ising open chain of 6", lambda: Ising(lattices.chain(6, periodic=False), field=-0.7), CHAIN),
    Row("Ising single site", lambda: Ising(lattices.chain(1, periodic=False), field=0.25), CHAIN),
    Row("Ising one-cell ring: a self-loop", lambda: Ising(lattices.chain(1)), planar(CHAIN)),
    Row("Ising 3 x 3 torus", lambda: Ising(lattices.square(3, 3)), TORUS),
    Row("Ising 2 x 4 torus: doubled bonds", lambda: Ising(lattices.square(2, 4)), planar(TORUS)),
    Row("Ising 1 x 5 torus: self-loops", lambda: Ising(lattices.square(1, 5)), planar(TORUS)),
    Row("Ising 3 x 4 open", lambda: Ising(lattices.square(3, 4, periodic=False)), planar(LATTICE)),
    Row("Ising 3 x 4 cylinder", lambda: Ising(lattices.square(3, 4, periodic=(True, False))), planar(LATTICE)),
    Row(
        "Ising 3 x 4 open, +-J",
        lambda: Ising(lattices.square(3, 4, periodic=False), coupling=RandomValues("pm1", seed=3)),
        planar(LATTICE),
    ),
    Row(
        "Ising 3 x 3 torus, Gaussian couplings and fields",
        lambda: Ising(
            lattices.square(3, 3),
            coupling=RandomValues("gaussian", seed=1),
            field=RandomValues("gaussian", seed=2, scale=0.3),
        ),
        UNEVEN,
    ),
    Row("Ising triangular 3 x 3 torus, antiferromagnetic", lambda: Ising(lattices.triangular(3, 3), -1.0), LATTICE),
    Row("Ising honeycomb 2 x 3 open", lambda: Ising(lattices.honeycomb(2, 3, periodic=False)), planar(LATTICE)),
    Row("Ising kagome 2 x 2 torus", lambda: Ising(lattices.kagome(2, 2), coupling=-0.5), planar(LATTICE)),
    Row("Ising cube 2 x 2 x 2 open", lambda: Ising(lattices.cubic(2, 2, 2, periodic=False)), planar(LATTICE)),
    Row(
        "Ising Cayley tree",
        lambda: Ising(lattices.tree(3, 2), coupling=RandomValues("uniform", seed=5)),
        planar(UNEVEN_GRAPH),
        refuses={"planar": (1e-9, 1e-300)},  # no common unit, so no gap that balls could prove at any T
    ),
    Row(
        "Ising complete graph of 7",
        lambda: Ising(lattices.complete(7), coupling=1 / 7, field=0.1),
        {**GRAPH, "curie_weiss": LEVELS},
    ),
    Row("Ising two separate bonds and a site", lambda: Ising(lattices.graph([[0, 1], [2, 3]], sites=5)), planar(GRAPH)),
    Row("Potts q = 3, 2 x 3 torus", lambda: Potts(lattices.square(2, 3), states=3), LATTICE),
    Row("Potts q = 4 open, in a field", lambda: Potts(lattices.square(2, 3, periodic=False), 4, field=0.2), LATTICE),
    Row(
        "Blume-Capel 2 x 3 torus",
        lambda: BlumeCapel(lattices.square(2, 3), coupling=1.0, anisotropy=0.8),
        UNEVEN,
    ),
]
