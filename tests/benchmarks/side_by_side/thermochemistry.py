"""Molecules and phonons beside ASE and phonopy: the functions that both give, where both are right."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "thermochemistry"
# Their constants differ from SI 2019 by up to 1e-6.
CONSTANTS = 3e-6
TEMPERATURES = np.linspace(100.0, 1500.0, 1000)


def _mesh(points: int) -> tuple[Any, Any]:
    """Frequencies (q, 6) in THz of a diatomic crystal, and weights."""
    rng = np.random.default_rng(1)
    return np.sort(rng.uniform(1.0, 7.0, (points, 6)), axis=1), rng.integers(1, 25, points)


def _phonopy(points: int) -> Any:
    try:
        from phonopy.phonon.thermal_properties import ThermalProperties
    except ImportError:
        raise Absent("phonopy is not installed") from None
    from statmech import solve
    from statmech.models.phonons import Phonons

    frequencies, weights = _mesh(points)
    crystal = Phonons(1e-3, frequencies=frequencies, weights=weights)
    mesh = SimpleNamespace(
        frequencies=frequencies,
        weights=weights,
        eigenvectors=None,
        gamma_index=None,
        dynamical_matrix=SimpleNamespace(primitive=SimpleNamespace(Z=1)),
    )

    def ours() -> Any:
        ds = solve(crystal, TEMPERATURES)
        return np.array([ds.free_energy.values, ds.entropy.values, ds.heat_capacity.values])

    def theirs() -> Any:
        made = ThermalProperties(mesh, cutoff_frequency=1e-3)
        made.temperatures = TEMPERATURES
        made.run()
        return np.array(made.thermal_properties[1:])

    return ours, theirs


def _ase() -> Any:
    try:
        from ase import Atoms, units
        from ase.thermochemistry import IdealGasThermo
    except ImportError:
        raise Absent("ASE is not installed") from None
    from statmech import solve
    from statmech.models.molecule import Molecule

    waves, mass, rotation, temperatures = [667.38, 667.38, 1333.0, 2349.14], 44.0095, 0.39022, TEMPERATURES
    gas = Molecule(mass, [rotation], waves, 2)
    oxygen = (mass - 12.011) / 2
    inertia = units._hplanck / (8 * math.pi**2 * units._c * 100 * rotation)
    bond = math.sqrt(inertia / (2 * oxygen * units._amu)) * 1e10
    atoms = Atoms("OCO", [[0, 0, -bond], [0, 0, 0], [0, 0, bond]])
    atoms.set_masses([oxygen, 12.011, oxygen])
    quanta = [w * 100 * units._c * units._hplanck / units._e for w in waves]
    molar = units._e * units._Nav / 1000

    def ours() -> Any:
        ds = solve(gas, temperatures)
        return np.array([ds.gibbs_energy.values, 1000 * ds.enthalpy.values, ds.entropy.values])

    def theirs() -> Any:
        thermo = IdealGasThermo(quanta, "linear", atoms=atoms, symmetrynumber=2, spin=0, potentialenergy=0.0)
        return np.array(
            [
                [molar * thermo.get_gibbs_energy(T, 1e5, verbose=False) for T in temperatures],
                [1000 * molar * thermo.get_enthalpy(T, verbose=False) for T in temperatures],
                [1000 * molar * thermo.get_entropy(T, 1e5, verbose=False) for T in temperatures],
            ]
        )

    return ours, theirs


def pairs() -> list[Pair]:
    """Meshes of two sizes, and one molecule."""
    from functools import partial

    phonons = [
        Pair(
            AREA,
            f"{6 * points} phonons x 1000 T",
            "phonopy",
            partial(_phonopy, points),
            rounds=5,
            tolerance=CONSTANTS,
            note="they give F, S and C, we U too and every digit down to 1e-300",
        )
        for points in (10, 200)
    ]
    gas = Pair(
        AREA,
        "CO2 as an ideal gas x 1000 T",
        "ASE",
        _ase,
        rounds=5,
        tolerance=CONSTANTS,
        note="they give G, H and S, we each contribution and Cp too",
    )
    return [*phonons, gas]
