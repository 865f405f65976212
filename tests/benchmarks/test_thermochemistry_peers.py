"""ASE, phonopy and pymatgen side by side at 0, 0.05, 1, 5, 300 and 3000 K.

The same where they are right; where they give nan, inf, a warning or another number, we are right.

Who is right is decided by mpmath. The peers run in an interpreter of their own: ``python -m venv DIR``, then
``DIR/bin/pip install ase phonopy pymatgen goodvibes cantera`` and ``export STATMECH_CHEMISTRY_PEERS=DIR/bin/python``;
without it they are looked for in this one. ``pytest -s --benchmark-only`` prints what each of them said.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from statmech import solve
from statmech.methods.closed_forms.quasi_harmonic import damped_energy, damped_entropy
from statmech.models.molecule import Molecule
from statmech.models.phonons import Phonons
from statmech.readers.phonons import read_phonons
from statmech.units import GAS_CONSTANT, kelvin_per

TEMPERATURES = (0.0, 0.05, 1.0, 5.0, 300.0, 3000.0)
CUTOFF = 1e-3
# The peers' constants differ from SI 2019 by up to 1e-6, which omega/T of the lowest mode multiplies in exp(-omega/T).
SAME = 3e-6
GAS = {"mass": 44.0095, "rotational_constant": 0.39022, "frequencies": [667.38, 667.38, 1333.0, 2349.14]}
LOW = [12.0, 45.0, 99.0, 150.0, 800.0]
TINY = 2.2250738585072014e-308


@pytest.fixture(scope="module")
def mesh(data):
    return read_phonons(data / "phonons" / "nacl_mesh_555.hdf5")


@pytest.fixture(scope="module")
def dos(data):
    return data / "phonons" / "nacl_total_dos_20.dat"


@pytest.fixture(scope="module")
def peers(mesh, dos):
    density = read_phonons(dos)
    problem = {
        "temperatures": TEMPERATURES,
        "cutoff": CUTOFF,
        "frequencies": mesh.frequencies.tolist(),
        "weights": mesh.weights.tolist(),
        "dos": [density.frequencies.tolist(), density.density.tolist()],
        "gas": GAS,
        "low_frequencies": LOW,
    }
    python = os.environ.get("STATMECH_CHEMISTRY_PEERS", sys.executable)
    script = Path(__file__).with_name("peers_of_thermochemistry.py")
    ran = subprocess.run(
        [python, str(script)], input=json.dumps(problem), capture_output=True, text=True, check=True, timeout=300
    )
    line = next(line for line in ran.stdout.splitlines() if line.startswith("ANSWERS "))
    return json.loads(line.removeprefix("ANSWERS "))


def answers_of(peers, name):
    if "absent" in peers[name]:
        pytest.skip(f"{name}: {peers[name]['absent']}; name an interpreter that has it in STATMECH_CHEMISTRY_PEERS")
    return {float(T): values for T, values in peers[name]["answers"].items()}


def exact_modes(quanta, weights, temperature):
    """F, U (kJ/mol), S, C (J/mol/K) of weighted modes, 50 digits."""
    with mpmath.workdps(50):
        R, w = mpf("8.31446261815324"), [mpf(float(g)) for g in weights]
        modes = [mpf(float(q)) for q in quanta]
        zero = sum(g * q for g, q in zip(w, modes, strict=True)) / 2
        if temperature == 0:
            return {
                "free_energy": R * zero / 1000,
                "internal_energy": R * zero / 1000,
                "entropy": 0,
                "heat_capacity": 0,
            }
        T = mpf(temperature)
        x = [q / T for q in modes]
        log_z = sum(-g * mpmath.log1p(-mpmath.exp(-y)) for g, y in zip(w, x, strict=True))
        mean = sum(g * y / mpmath.expm1(y) for g, y in zip(w, x, strict=True))
        capacity = sum(g * (y / 2 / mpmath.sinh(y / 2)) ** 2 for g, y in zip(w, x, strict=True))
        return {
            "free_energy": R * (zero - T * log_z) / 1000,
            "internal_energy": R * (zero + T * mean) / 1000,
            "entropy": R * (log_z + mean),
            "heat_capacity": R * capacity,
        }


def verdict(answer, exact, tolerance):
    """``right``, or what is wrong with it; a warning beside a right number counts as right."""
    value, warning = answer
    if isinstance(value, str):
        return value[:60]
    scale = abs(float(exact))
    if scale < TINY:
        return "right" if abs(value) < TINY else f"{value:.6g} instead of {float(exact):.6g}"
    if abs(value / float(exact) - 1) < tolerance:
        return "right" + (" with a warning" if warning else "")
    return f"{value:.6g} instead of {float(exact):.6g}"


def told(name, rows):
    print(f"\n{name}")
    for temperature, quantity, words in rows:
        print(f"  {temperature:7g} K  {quantity:16} {words}")


def compare(benchmark, name, answers, ours, exact, lowest, tolerance=SAME, must=(300.0, 3000.0)):
    """We are right everywhere; the peer is where it must be; its other answers are told."""
    rows = []
    for temperature, values in answers.items():
        for quantity, answer in values.items():
            want = exact[temperature][quantity]
            if want is None:
                rows.append((temperature, quantity, f"{answer[0]!s:.60}; we refuse: no such limit"))
                continue
            mine = float(ours[quantity].sel(temperature=temperature))
            assert abs(mine - float(want)) <= 1e-12 * abs(float(want)) + TINY, (temperature, quantity)
            words = verdict(answer, want, tolerance * (1.0 + lowest / max(temperature, 0.05)))
            rows.append((temperature, quantity, words))
            if temperature in must:
                assert words.startswith("right"), (name, temperature, quantity, words)
    told(name, rows)
    wrong = [row for row in rows if row[2] != "right"]
    benchmark.extra_info["not right"] = "; ".join(f"{T:g} K {quantity}: {words}" for T, quantity, words in wrong)


@pytest.mark.parametrize("name", ["phonopy", "ase_harmonic"])
def test_modes_of_sodium_chloride_on_a_mesh(benchmark, peers, mesh, name):
    answers = answers_of(peers, name)
    crystal = Phonons(CUTOFF, frequencies=mesh.frequencies, weights=mesh.weights)
    ours = benchmark.pedantic(solve, args=(crystal, TEMPERATURES), rounds=3)
    exact = {T: exact_modes(crystal.quanta, crystal.weights, T) for T in TEMPERATURES}
    compare(benchmark, name, answers, ours, exact, crystal.quanta.min())
    if "seconds" in peers[name]:
        start = time.perf_counter()
        solve(crystal, np.linspace(1.0, 1000.0, 1000))
        mine, theirs = time.perf_counter() - start, peers[name]["seconds"]
        benchmark.extra_info["ratio"] = theirs / mine
        print(f"  1000 temperatures: {1e3 * mine:.1f} ms, {name} {1e3 * theirs:.1f} ms (F, S and C alone)")


def test_density_of_states_of_sodium_chloride(benchmark, peers, dos):
    answers = answers_of(peers, "pymatgen")
    crystal = Phonons(0.0, dos)
    ours = benchmark.pedantic(solve, args=(crystal, TEMPERATURES), rounds=1)
    # Its modes and weights are a quadrature that tests/test_phonons.py holds against mpmath where status is ok.
    exact = {T: exact_modes(crystal.quanta, crystal.weights, T) for T in TEMPERATURES}
    # pymatgen integrates by trapezoids, 0.01 THz apart
    compare(benchmark, "pymatgen", answers, ours, exact, 0.0, tolerance=1e-4)


def test_carbon_dioxide_as_an_ideal_gas(benchmark, peers):
    answers = answers_of(peers, "ase_ideal_gas")
    gas = Molecule(GAS["mass"], [GAS["rotational_constant"]], GAS["frequencies"], 2)
    with pytest.raises(ValueError, match="has no limit at 0"):
        solve(gas, 0.0)
    ours = benchmark.pedantic(solve, args=(gas, TEMPERATURES[1:]), rounds=3)
    exact = {0.0: dict.fromkeys(("enthalpy", "entropy", "gibbs_energy"))}
    with mpmath.workdps(50):
        k, h, c, u = mpf("1.380649e-23"), mpf("6.62607015e-34"), 299792458, mpf("1.66053906892e-27")
        R, unit = mpf("8.31446261815324"), h * c * 100 / k
        quanta = [mpf(w) * unit for w in GAS["frequencies"]]
        for T in TEMPERATURES[1:]:
            inner = exact_modes(quanta, [1] * 4, T)
            t = mpf(T)
            moved = mpmath.log((2 * mpmath.pi * mpf(GAS["mass"]) * u * k * t / h**2) ** 1.5 * k * t / 100_000)
            turned = mpmath.log(t / (2 * mpf(GAS["rotational_constant"]) * unit))
            entropy = R * (moved + turned + mpf("3.5")) + inner["entropy"]
            enthalpy = R * mpf("3.5") * t / 1000 + inner["internal_energy"]
            exact[T] = {"enthalpy": enthalpy, "entropy": entropy, "gibbs_energy": enthalpy - t * entropy / 1000}
    compare(benchmark, "ase_ideal_gas", answers, ours, exact, 0.0)


def test_quasi_harmonic_entropy_and_energy_beside_goodvibes(benchmark, peers):
    if "absent" in peers["goodvibes"]:
        pytest.skip(f"goodvibes: {peers['goodvibes']['absent']}")
    unit = kelvin_per("cm-1")
    quanta, T = np.array(LOW) * unit, np.array([298.15])
    entropy = benchmark(damped_entropy, quanta, 100.0 * unit, T)[0] * GAS_CONSTANT
    energy = damped_energy(quanta, 0.5 * quanta, 100.0 * unit, T)[0] * GAS_CONSTANT
    assert entropy == pytest.approx(peers["goodvibes"]["entropy"], rel=SAME)
    assert energy == pytest.approx(peers["goodvibes"]["energy"], rel=SAME)
    assert math.isfinite(entropy)
