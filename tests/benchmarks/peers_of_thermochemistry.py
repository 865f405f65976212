"""Run by the interpreter that has ASE, phonopy and pymatgen: a problem as JSON on standard input, answers as JSON.

Nothing of statmech is imported. An answer is a number, ``"nan"``, ``"inf"`` or ``"-inf"``, or the text of what was
raised; beside it stands the first warning, or an empty text.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from types import SimpleNamespace

import numpy as np

EV = 96.48533212331001  # kJ/mol


def asked(function):
    """[answer, warning] of one call."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            value = float(np.squeeze(function()))
        except Exception as problem:
            return [f"{type(problem).__name__}: {problem}", ""]
    text = str(said[0].message) if said else ""
    return [value if math.isfinite(value) else repr(value), text]


def phonopy(problem):
    """Phonons on the mesh."""
    from phonopy.phonon.thermal_properties import ThermalProperties

    mesh = SimpleNamespace(  # what it asks of a mesh
        frequencies=np.array(problem["frequencies"]),
        weights=np.array(problem["weights"]),
        eigenvectors=None,
        gamma_index=None,
        dynamical_matrix=SimpleNamespace(primitive=SimpleNamespace(Z=1)),
    )
    made = ThermalProperties(mesh, cutoff_frequency=problem["cutoff"])

    def run(temperature):
        made.temperatures = [temperature]
        made.run()
        return made

    found = {}
    for temperature in problem["temperatures"]:
        found[str(temperature)] = {
            "free_energy": asked(lambda T=temperature: run(T).free_energy),
            "entropy": asked(lambda T=temperature: run(T).entropy),
            "heat_capacity": asked(lambda T=temperature: run(T).heat_capacity),
        }
    start = time.perf_counter()
    made.temperatures = np.linspace(1.0, 1000.0, 1000)
    made.run()
    return {"answers": found, "seconds": time.perf_counter() - start}


def ase_harmonic(problem):
    """The same modes, each as often as its weight says."""
    from ase import units
    from ase.thermochemistry import HarmonicThermo

    values, total = [], sum(problem["weights"])
    for row, weight in zip(problem["frequencies"], problem["weights"], strict=True):
        values += [f for f in row if f > problem["cutoff"]] * int(weight)
    thermo = HarmonicThermo([f * 1e12 * units._hplanck / units._e for f in values])
    found = {}
    for temperature in problem["temperatures"]:
        found[str(temperature)] = {
            "free_energy": asked(lambda T=temperature: thermo.get_helmholtz_energy(T, verbose=False) * EV / total),
            "internal_energy": asked(lambda T=temperature: thermo.get_internal_energy(T, verbose=False) * EV / total),
            "entropy": asked(lambda T=temperature: thermo.get_entropy(T, verbose=False) * 1000 * EV / total),
        }
    return {"answers": found}


def ase_ideal_gas(problem):
    """Carbon dioxide, with the bond length that gives its rotational constant."""
    from ase import Atoms, units
    from ase.thermochemistry import IdealGasThermo

    gas = problem["gas"]
    mass = (gas["mass"] - 12.011) / 2
    inertia = units._hplanck / (8 * math.pi**2 * units._c * 100 * gas["rotational_constant"])
    bond = math.sqrt(inertia / (2 * mass * units._amu)) * 1e10
    atoms = Atoms("OCO", [[0, 0, -bond], [0, 0, 0], [0, 0, bond]])
    atoms.set_masses([mass, 12.011, mass])
    quanta = [w * 100 * units._c * units._hplanck / units._e for w in gas["frequencies"]]
    thermo = IdealGasThermo(quanta, "linear", atoms=atoms, symmetrynumber=2, spin=0, potentialenergy=0.0)
    found = {}
    for temperature in problem["temperatures"]:
        found[str(temperature)] = {
            "enthalpy": asked(lambda T=temperature: thermo.get_enthalpy(T, verbose=False) * EV),
            "entropy": asked(lambda T=temperature: thermo.get_entropy(T, 1e5, verbose=False) * 1000 * EV),
            "gibbs_energy": asked(lambda T=temperature: thermo.get_gibbs_energy(T, 1e5, verbose=False) * EV),
        }
    return {"answers": found}


def pymatgen(problem):
    """The density of states."""
    from pymatgen.phonon.dos import PhononDos

    dos = PhononDos(problem["dos"][0], problem["dos"][1])
    found = {}
    for temperature in problem["temperatures"]:
        found[str(temperature)] = {
            "free_energy": asked(lambda T=temperature: dos.helmholtz_free_energy(T) / 1000),
            "internal_energy": asked(lambda T=temperature: dos.internal_energy(T) / 1000),
            "entropy": asked(lambda T=temperature: dos.entropy(T)),
            "heat_capacity": asked(lambda T=temperature: dos.cv(T)),
        }
    return {"answers": found}


def goodvibes(problem):
    """Quasi-harmonic entropy and energy of modes at 298.15 K, in J/mol/K and J/mol."""
    from goodvibes import thermo

    wave, T, cutoff = problem["low_frequencies"], 298.15, 100.0
    harmonic, rotor = thermo.calc_rrho_entropy(T, wave), thermo.calc_freerot_entropy(T, wave)
    damp, energy = thermo.calc_damp(wave, cutoff), thermo.calc_qRRHO_energy(T, wave)
    R = 8.3144621  # its own
    return {
        "entropy": sum(d * s + (1 - d) * r for d, s, r in zip(damp, harmonic, rotor, strict=True)),
        "energy": sum(d * u + (1 - d) * 0.5 * R * T for d, u in zip(damp, energy, strict=True)),
    }


def main():
    problem, answers = json.load(sys.stdin), {}
    for peer in (phonopy, ase_harmonic, ase_ideal_gas, pymatgen, goodvibes):
        try:
            answers[peer.__name__] = peer(problem)
        except ImportError as problem_of_import:
            answers[peer.__name__] = {"absent": str(problem_of_import)}
    print("ANSWERS " + json.dumps(answers))


if __name__ == "__main__":
    main()
