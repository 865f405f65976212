"""Analytic models: closed forms and ladders against sums and integrals in mpmath, from deep cold to hot."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import numpy as np
import oracles
import pytest
from scipy.constants import physical_constants

from statmech.errors import InputError, ResourceError
from statmech.methods.closed_forms.debye_function import debye_function
from statmech.methods.closed_forms.rotor import RotorClosedForm
from statmech.methods.ladder_sum import reach
from statmech.models.asymmetric_rotor import AsymmetricRotor, wang_energies
from statmech.models.debye import Debye
from statmech.models.einstein import Einstein
from statmech.models.hydrogen import Hydrogen
from statmech.models.morse import Morse
from statmech.models.oscillator import Oscillator
from statmech.models.paramagnet import Paramagnet
from statmech.models.particle_in_box import ParticleInBox
from statmech.models.rotor import Rotor
from statmech.models.symmetric_rotor import SymmetricRotor
from statmech.models.two_level import TwoLevel
from statmech.solve import compute, solve
from statmech.units import kelvin_per

# What every exact method states where nothing else is said; measured here: 3e-13 in deep cold, 1e-15 elsewhere.
BOUND = 1e-12
TINY = 2.2250738585072014e-308
QUANTITIES = ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity")


def worst(model, temperatures, states, method="auto", digits=40):
    """Largest relative error against a list of (energy above the ground level, degeneracy)."""
    th = compute(model, temperatures, method=method).thermodynamics
    found = 0.0
    for t, T in enumerate(temperatures):
        exact = relative_point(states, T, digits)
        for name in QUANTITIES:
            found = max(found, oracles.relative_error(float(getattr(th, name)[t]), exact[name], TINY))
    return found


def relative_point(states, T, digits=40):
    """F - E0, U - E0, S and C of (gap, g) in mpmath; the ground level, gap 0, is first."""
    with mp.workdps(digits):
        T = mp.mpf(T)
        g0 = states[0][1]
        rest = [(gap / T, mp.mpf(g) / g0) for gap, g in states[1:]]
        rest = [(y, g * mp.exp(-y)) for y, g in rest]
        total = mp.fsum(w for _, w in rest)
        log_z = mp.log(g0) + mp.log1p(total)
        mean = mp.fsum(y * w for y, w in rest) / (1 + total)
        variance = (mean**2 + mp.fsum((y - mean) ** 2 * w for y, w in rest)) / (1 + total)
        return dict(zip(QUANTITIES, (-T * log_z, T * mean, log_z + mean, variance), strict=True))


def deep(gap):
    """Temperatures in units where the first gap is ``gap``: the rest weighs exp(-720), ..., 1."""
    return [gap / 720, gap / 300, gap / 40, gap / 5, gap, 3 * gap]


# One spin in a field -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spin", [0.5, 1, 3.5, 20])
@pytest.mark.parametrize("method", ["brillouin", "level_sum"])
def test_a_spin_in_a_field_is_the_sum_over_m(spin, method):
    # moment 2: the oracle counts integer magnetisations
    temperatures = [0.0, 1 / 360, 0.01, 0.3, 1.0, 4.1, 40.0, 1e4, 1e9, np.inf, -0.05, -2.0, -1e5]
    fields = [0.0, 1.0, -0.75]
    model = Paramagnet(spin, moment=2.0, field=9.0)
    th = compute(model, temperatures, fields, method=method).thermodynamics
    free = {(oracles.Fraction(0), int(2 * spin) - 2 * k): 1 for k in range(int(2 * spin) + 1)}
    for f, t in itertools.product(range(len(fields)), range(len(temperatures))):
        exact = oracles.point(oracles.with_field(free, fields[f]), temperatures[t], 400)
        for name in QUANTITIES:
            value = float(getattr(th, name)[f, t])
            assert oracles.relative_error(value, getattr(exact, name), TINY) < BOUND, (name, temperatures[t], fields[f])
        M, chi = th.observables["magnetization"][f, t], th.susceptibilities["magnetization"][f, t]
        hot_floor = 0.0 if method == "brillouin" else 0.05  # a sum over +-m cancels where M is small; the form does not
        assert oracles.relative_error(float(M), exact.magnetization, max(hot_floor, TINY)) < BOUND
        assert oracles.relative_error(float(chi), exact.susceptibility, TINY) < BOUND


def test_the_magnetization_is_the_brillouin_function_and_follows_curies_law():
    spin, x = 2.5, 1.7
    J = mp.mpf(spin)
    ratio = (2 * J + 1) / (2 * J)
    B = ratio * mp.coth(ratio * x) - mp.coth(x / (2 * J)) / (2 * J)
    model = Paramagnet(spin, field=0.3)
    T = spin * 0.3 / x
    ds = solve(model, T)
    assert float(ds.magnetization) == pytest.approx(float(spin * B), rel=1e-14)
    hot = solve(Paramagnet(spin, field=0.0), 7.0)
    assert float(hot.susceptibility) == pytest.approx(spin * (spin + 1) / (3 * 7.0), rel=1e-15)


def test_a_large_spin_becomes_classical():
    # mu J = 1 fixed: Langevin's function coth x - 1/x up to 1/J
    J = 1e6
    ds = solve(Paramagnet(J, moment=1 / J, field=1.0), 0.5)
    assert float(ds.magnetization) == pytest.approx(1 / np.tanh(2.0) - 0.5, rel=1e-6)


def test_spins_without_a_field_are_degenerate_at_every_temperature():
    ds = solve(Paramagnet(1.5, field=0.0), [0.0, 1e-3, -2.0, np.inf])
    assert np.allclose(ds.entropy, np.log(4), rtol=1e-15)
    assert np.all(ds.heat_capacity == 0)
    assert np.all(ds.magnetization == 0)


# Oscillators and crystals --------------------------------------------------------------------------------------------


def test_einsteins_crystal_is_three_oscillators_per_atom():
    T = np.geomspace(1e-2, 1e4, 25)
    crystal = compute(Einstein(2.5, atoms=7), T).thermodynamics
    oscillators = compute(Oscillator(2.5, copies=21), T).thermodynamics
    for name in (*QUANTITIES, "free_energy", "internal_energy"):
        assert np.array_equal(getattr(crystal, name), getattr(oscillators, name))
    assert solve(Einstein(2.5, atoms=7), 1e4, per="site").heat_capacity == pytest.approx(3.0, rel=1e-7)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.3, 1.0, 2.4999, 2.5, 7.0, 30.0, 100.0, 1e3, 1e60])
def test_the_debye_function_is_its_integral(d, x):
    with mp.workdps(40):
        edges = [0, *[e for e in (1, 4, 16, 64, 256) if e < x], min(mp.mpf(x), 400)]
        integral = mp.quad(lambda t: t**d / mp.expm1(t) if t else mp.mpf(0 if d > 1 else 1), edges)
        exact = d * integral / mp.mpf(x) ** d
    assert oracles.relative_error(float(debye_function(d, x)), exact, TINY) < 4e-15


def debye_exact(d, x):
    """F, U, S, C per atom over theta = x T, T = 1, from integrals over the modes."""
    with mp.workdps(40):
        edges = [0, *[e for e in (1, 4, 16, 64, 256) if e < x], min(mp.mpf(x), 500)]
        density = d * d / mp.mpf(x) ** d

        def over(f):
            return density * mp.quad(lambda t: t ** (d - 1) * f(t) if t else mp.mpf(0), edges)

        log_z = over(lambda t: -mp.log(-mp.expm1(-t)))
        mean = over(lambda t: t / mp.expm1(t))
        variance = over(lambda t: t**2 * mp.exp(-t) / mp.expm1(-t) ** 2)
        return dict(zip(QUANTITIES, (-log_z, mean, log_z + mean, variance), strict=True))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("x", [1e-3, 0.2, 0.7, 2.4, 2.6, 12.0, 60.0, 500.0])
def test_debyes_crystal_is_the_integral_over_its_modes(d, x):
    th = compute(Debye(x, atoms=2, dimension=d), [1.0]).thermodynamics
    exact = debye_exact(d, x)
    for name in QUANTITIES:
        # the tail beyond t = 500 is exp(-500); quad gives 25 digits
        assert oracles.relative_error(float(getattr(th, name)[0]), 2 * exact[name], TINY) < BOUND / 50, name


def test_debyes_law_holds_to_the_smallest_numbers():
    T = np.array([1e-101, 1e-60, 1e-10, 1e-4])
    th = compute(Debye(1.0, atoms=5), T).thermodynamics
    exact = [12 * mp.pi**4 / 5 * 5 * mp.mpf(t) ** 3 for t in T.tolist()]
    for t in range(T.size):
        assert oracles.relative_error(float(th.heat_capacity[t]), exact[t]) < BOUND / 100
        assert oracles.relative_error(float(th.entropy[t]), exact[t] / 3) < BOUND / 100
    assert th.free_energy[0] == pytest.approx(9 / 8 * 5, rel=1e-15)


def test_diamond_by_einstein_as_he_printed_it():
    # Einstein's table of 1907: theta = 1320 K, C in cal/mol/K of 5.94 for 3R: at 331.3 K 1.82 observed... his C/3R
    ds = solve(Einstein(1320.0, unit="K"), [222.4, 331.3, 1258.0], output="reduced")
    x = 1320.0 / np.array([222.4, 331.3, 1258.0])
    assert np.allclose(ds.heat_capacity / 3, x**2 * np.exp(x) / np.expm1(x) ** 2, rtol=1e-14)


# Morse ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("omega", "depth"), [(1.0, 0.8), (2990.95, 42340.9), (1.0, 0.75), (8.0, 800.0), (1.0, 0.3)])
def test_morse_levels_are_those_below_dissociation(omega, depth):
    model = Morse(omega, depth)
    w = mp.mpf(omega)
    wx = w * w / (4 * mp.mpf(depth))
    exact = [w * (n + mp.mpf(0.5)) - wx * (n + mp.mpf(0.5)) ** 2 for n in range(model.bound + 2)]
    levels = model.levels()
    assert all(b > a for a, b in itertools.pairwise(exact[: model.bound]))
    assert all(energy < depth for energy in exact[: model.bound])
    assert 2 * wx * (model.bound + mp.mpf(0.5)) >= w  # the next one is no bound level
    for n in range(len(levels)):
        assert oracles.relative_error(float(levels.energies[n]), exact[n] - exact[0], TINY) < 1e-15
    states = [(e - exact[0], 1) for e in exact[: model.bound]]
    if len(states) > 1:
        assert worst(model, deep(float(states[1][0])), states) < BOUND


def test_a_shallow_morse_well_has_one_level():
    assert Morse(1.0, 0.3).bound == 1
    assert np.all(solve(Morse(1.0, 0.3), [0.1, 10.0]).entropy == 0)


# Rotors --------------------------------------------------------------------------------------------------------------


def rotor_states(even, odd, top):
    rows = [(J * (J + 1), (2 * J + 1) * (odd if J % 2 else even)) for J in range(top + 1)]
    rows = [(e, g) for e, g in rows if g]
    return [(mp.mpf(e - rows[0][0]), g) for e, g in rows]


@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (6, 3), (1, 0), (0, 3)])
def test_the_linear_rotor_is_its_sum(weights):
    model = Rotor(1.0, weights)
    gap = float(model.first_gap())
    states = rotor_states(*weights, 500)
    temperatures = [*deep(gap), 49.9, 50.1, 2000.0]
    for method in ("rotor_closed_form", "ladder_sum"):
        assert worst(model, temperatures, states, method) < BOUND


@pytest.mark.parametrize("T", [1e5, 1e9, 1e20])
def test_the_hot_rotor_follows_its_series(T):
    # Mulholland: Z = T + 1/3 + 1/15 T + 4/315 T^2 + 1/315 T^3 + ...; the next term is below 1e-22 of it here
    th = compute(Rotor(1.0), [T]).thermodynamics
    with mp.workdps(60):

        def log_z(b):
            return mp.log(1 / b + mp.mpf(1) / 3 + b / 15 + 4 * b**2 / 315 + b**3 / 315)

        b = 1 / mp.mpf(T)
        y, c = -b * mp.diff(log_z, b), b * b * mp.diff(log_z, b, 2)
        exact = dict(zip(QUANTITIES, (-log_z(b) / b, y / b, log_z(b) + y, c), strict=True))
    for name in QUANTITIES:
        assert oracles.relative_error(float(getattr(th, name)[0]), exact[name]) < BOUND / 100


def test_nuclear_spins_give_the_weights_of_dennison():
    assert Rotor(1.0, nuclear_spin=0.5).spin_weights == (1.0, 3.0)  # H2
    assert Rotor(1.0, nuclear_spin=1).spin_weights == (6.0, 3.0)  # D2
    assert Rotor(1.0, nuclear_spin=0).spin_weights == (1.0, 0.0)  # O-16 in CO2
    hot = compute(Rotor(1.0, nuclear_spin=1), [1e8]).thermodynamics
    assert hot.entropy[0] == pytest.approx(math.log(9 / 2) + 1 + math.log(1e8), rel=1e-8)  # (2I + 1)^2 / 2


def test_hydrogen_at_equilibrium_has_its_maximum_of_heat_capacity():
    # B = 59.3 cm-1: equilibrium hydrogen rises far above R near 50 K (Dennison 1927; Farkas 1935), normal does not
    T = np.arange(20.0, 300.0, 1.0)
    mixed = solve(Rotor(59.3, nuclear_spin=0.5, unit="cm-1"), T, output="reduced").heat_capacity
    para = solve(Rotor(59.3, (1, 0), unit="cm-1"), T, output="reduced").heat_capacity
    assert 2.0 < float(mixed.max()) < 2.2
    assert 45 < T[np.argmax(mixed.values)] < 52
    assert 1.4 < float(para.max()) < 1.5
    assert 160 < T[np.argmax(para.values)] < 175


def symmetric_states(A, B, weights, top):
    A, B = mp.mpf(A), mp.mpf(B)
    rows = [
        (B * (J * (J + 1) - K * K) + A * K * K, (2 * J + 1) * weights[abs(K) % len(weights)])
        for J in range(top + 1)
        for K in range(-J, J + 1)
    ]
    rows = [row for row in rows if row[1]]
    ground = sum(g for e, g in rows if e == 0)
    return [(mp.mpf(0), ground), *[row for row in rows if row[0] > 0]]


@pytest.mark.parametrize(
    ("A", "B", "weights"), [(6.196, 9.944, (4, 2, 2)), (5.0, 0.4, (1,)), (1.0, 1.0, (1,)), (3.0, 1.0, (2, 0, 0))]
)
def test_the_symmetric_rotor_is_its_sum(A, B, weights):
    model = SymmetricRotor(A, B, weights)
    states = symmetric_states(A, B, weights, 45)
    gap = model.first_gap()
    assert gap == pytest.approx(float(min(e for e, _ in states[1:])), rel=1e-15)
    assert worst(model, [*deep(gap), 10 * min(A, B)], states) < BOUND


def test_hot_tops_approach_the_classical_value():
    # Z -> sqrt(pi T^3 / A B C) exp(quantum correction ~ 1/T)
    T, (A, B, C) = 400.0, (3.0, 2.0, 1.0)
    classical = 0.5 * math.log(math.pi * T**3 / (A * B * C))
    # first correction (Stripp and Kirkwood 1951): (2A + 2B + 2C - AB/C - BC/A - CA/B) / 12 T
    first = (2 * A + 2 * B + 2 * C - A * B / C - B * C / A - C * A / B) / (12 * T)
    th = compute(AsymmetricRotor((A, B, C)), [T]).thermodynamics
    assert -th.free_energy[0] / T == pytest.approx(classical + first, abs=3e-6)
    assert th.heat_capacity[0] == pytest.approx(1.5, abs=1e-5)
    top = compute(SymmetricRotor(3.0, 1.0), [T]).thermodynamics
    first = (2 * 3 + 4 - 3 - 1 / 3 - 3) / (12 * T)
    assert -top.free_energy[0] / T == pytest.approx(0.5 * math.log(math.pi * T**3 / 3) + first, abs=3e-6)


def rotor_matrix(J, A, B, C):
    """H of one J in the basis of K (along a), plainly: A Ka^2 + B Kb^2 + C Kc^2 from ladder operators."""
    n = 2 * J + 1
    up = mp.zeros(n, n)
    for i in range(n - 1):
        K = i - J
        up[i + 1, i] = mp.sqrt(J * (J + 1) - K * (K + 1))
    Ja = mp.diag([mp.mpf(i - J) for i in range(n)])
    Jb = (up + up.T) / 2
    Jc2 = -(up - up.T) * (up - up.T) / 4
    return mp.mpf(A) * Ja * Ja + mp.mpf(B) * Jb * Jb + mp.mpf(C) * Jc2


@pytest.mark.parametrize("constants", [(27.881, 14.522, 9.278), (4.0, 1.1, 1.0), (4.0, 3.9, 1.0), (2.0, 2.0, 1.0)])
def test_wangs_blocks_have_the_eigenvalues_of_the_whole_matrix(constants):
    for J in (0, 1, 2, 3, 6, 11):
        with mp.workdps(30):
            exact = sorted(mp.eigsy(rotor_matrix(J, *constants), eigvals_only=True))
        blocks = wang_energies(J, constants)
        found = np.sort(np.concatenate(list(blocks.values())))
        assert [len(v) for v in blocks.values()] == counts(J)
        assert max(abs(float(e) - v) for e, v in zip(exact, found, strict=True)) < 4e-15 * float(exact[-1] + 1)


def counts(J):
    """Number of (Ka, Kc) = ee, eo, oe, oo: Ka + Kc is J or J + 1."""
    pairs = [(a, c) for a in range(J + 1) for c in range(J + 1) if a + c in (J, J + 1)]
    return [sum((a % 2, c % 2) == kind for a, c in pairs) for kind in ((0, 0), (0, 1), (1, 0), (1, 1))]


def test_wangs_blocks_follow_the_order_of_ka_and_kc():
    # energies rise with Ka at given J: 000; 101 111 110; 202 212 211 221 220 of a near-prolate top; labels alternate
    for J in range(1, 8):
        blocks = wang_energies(J, (27.881, 14.522, 9.278))
        rising = sorted((e, name) for name, values in blocks.items() for e in values.tolist())
        Ka = [(i + 1) // 2 for i in range(2 * J + 1)]
        Kc = [J - i // 2 for i in range(2 * J + 1)]
        assert [name for _, name in rising] == ["eo"[a % 2] + "eo"[c % 2] for a, c in zip(Ka, Kc, strict=True)]


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (1, 3, 3, 1), (0, 3, 3, 0)])
def test_the_asymmetric_rotor_is_its_sum(weights):
    A, B, C = 27.881, 14.522, 9.278
    top, rows = 9, []
    for J in range(top + 1):
        with mp.workdps(30):
            exact = sorted(mp.eigsy(rotor_matrix(J, A, B, C), eigvals_only=True))
        for i, energy in enumerate(exact):
            a, c = (i + 1) // 2 % 2, (J - i // 2) % 2
            rows.append((energy, (2 * J + 1) * weights[2 * a + c]))
    rows = sorted(row for row in rows if row[1])
    states = [(e - rows[0][0], g) for e, g in rows]
    model = AsymmetricRotor((A, B, C), weights)
    assert model.first_gap() == pytest.approx(float(states[1][0]), rel=1e-13)
    gap = float(states[1][0])
    # J = 10 begins at 9.278 * 110 = 1021: 48 T at T = 20, so that the oracle's own tail is exp(-51)
    assert worst(model, [gap / 720, gap / 300, gap / 40, gap / 5, gap / 1.5, 20.0], states) < BOUND


def test_a_symmetric_top_is_an_asymmetric_one_with_two_equal_constants():
    T = [0.01, 0.3, 2.0, 30.0]
    for constants, (A, B) in (((3.0, 1.0, 1.0), (3.0, 1.0)), ((2.0, 2.0, 0.7), (0.7, 2.0))):
        one = compute(AsymmetricRotor(constants), T).thermodynamics
        other = compute(SymmetricRotor(A, B), T).thermodynamics
        for name in QUANTITIES:
            assert np.allclose(getattr(one, name), getattr(other, name), rtol=BOUND, atol=TINY)


# Boxes and the hydrogen atom -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("e", [1.0, math.pi**2 / 2])
def test_a_particle_in_a_box_is_its_sum(e):
    model = ParticleInBox([math.pi / math.sqrt(2 * e)])
    quantum = model.quanta[0]
    states = [(mp.mpf(quantum) * (n * n - 1), 1) for n in range(1, 900)]
    assert (
        worst(model, [*deep(3 * quantum), 1.99 * quantum, 2.01 * quantum, 50 * quantum, 9000 * quantum], states) < BOUND
    )


def test_a_hot_box_is_classical_less_its_walls():
    with mp.workdps(40):
        s = mp.mpf(1) / 10**14

        def log_z(s):
            return s + mp.log((mp.sqrt(mp.pi / s) - 1) / 2)

        y, c = -s * mp.diff(log_z, s), s * s * mp.diff(log_z, s, 2)
    th = compute(ParticleInBox([math.pi / math.sqrt(2)]), [1e14]).thermodynamics
    assert th.entropy[0] == pytest.approx(float(log_z(s) + y), rel=1e-14)
    assert th.heat_capacity[0] == pytest.approx(float(c), rel=1e-14)


def test_the_directions_of_a_box_add():
    T = np.geomspace(0.05, 1e5, 12)
    whole = compute(ParticleInBox([1.0, 2.0, 0.7]), T).thermodynamics
    parts = [compute(ParticleInBox([length]), T).thermodynamics for length in (1.0, 2.0, 0.7)]
    for name in (*QUANTITIES, "reference_energy"):
        assert np.allclose(getattr(whole, name), sum(getattr(part, name) for part in parts), rtol=1e-14)


def test_a_box_in_nanometres_has_the_thermal_wavelength():
    # Z -> V / lambda^3 with lambda = h / sqrt(2 pi m k T): argon in a cubic millimetre at 300 K
    u, h, k = (physical_constants[n][0] for n in ("atomic mass constant", "Planck constant", "Boltzmann constant"))
    ds = solve(ParticleInBox([1e6] * 3, mass=39.948, unit="K"), 300.0, output="reduced")
    wavelength = h / math.sqrt(2 * math.pi * 39.948 * u * k * 300.0)
    # walls: Z_1 = (L / lambda - 1) / 2 ... in each direction, that is 1 - lambda / L
    assert float(ds.log_z) == pytest.approx(3 * math.log(1e-3 / wavelength * (1 - wavelength / 1e-3)), rel=1e-9)


def test_the_hydrogen_atom_has_its_shells():
    model = Hydrogen(shells=9, rydberg=1.0, unit="reduced")
    states = [(mp.mpf(n * n - 1) / (n * n), 2 * n * n) for n in range(1, 10)]
    assert worst(model, deep(0.75), states) < BOUND
    assert float(solve(model, 1e12).entropy) == pytest.approx(math.log(2 * 285), rel=1e-14)
    # 2 (1 + 4 exp(-10.2 eV / kT) + ...) at 20 000 K, as from any table of hydrogen's terms
    atom = Hydrogen(shells=5, rydberg=109677.5834)
    T = 20000.0 / kelvin_per("cm-1")
    plain = sum(2 * n * n * math.exp(-109677.5834 * (1 - 1 / n**2) / T) for n in range(1, 6))
    relative = compute(atom, [20000.0]).thermodynamics
    assert math.exp(-relative.free_energy_excess[0] / 20000.0) == pytest.approx(plain, rel=1e-13)


# Truncation ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", [Rotor(1.0), Rotor(1.0, (0, 3)), SymmetricRotor(3.0, 0.5), AsymmetricRotor((3, 2, 1))]
)
def test_the_stated_count_of_states_bounds_them(model):
    count = model.state_count()
    for energy in (0.0, 1.0, 10.0, 100.0, 1000.0):
        levels = model.ladder(energy)
        inside = levels.energies <= energy
        g0 = levels.degeneracies[levels.energies == 0].sum()
        assert levels.degeneracies[inside].sum() / g0 <= count.states * (1 + energy / count.scale) ** count.power


@pytest.mark.parametrize("T", [0.01, 1.0, 100.0, 1e4])
def test_what_a_ladder_leaves_out_is_below_its_bound(T):
    model = Rotor(1.0)
    cut = reach(model, T)
    first = 2.0 / T
    J0 = int(math.sqrt(cut + 0.25) - 0.5) + 1
    with mp.workdps(30):
        left = mp.fsum(
            (2 * J + 1) * (1 + (J * (J + 1) / mp.mpf(T)) ** 2) * mp.exp(-J * (J + 1) / mp.mpf(T))
            for J in range(J0, J0 + 4000)
        )
        assert left < 1e-15 * mp.exp(-first)


def test_a_ladder_cut_short_is_noticed():
    # the mutant: one level of the sum missing must show at the stated bound
    states = rotor_states(1, 1, 700)
    assert worst(Rotor(1.0), [300.0], states) < BOUND
    assert worst(Rotor(1.0), [300.0], [*states[:40], *states[41:]]) > 1e-3
    assert worst(Rotor(1.0), [300.0], states[:90]) > BOUND


# Refusals ------------------------------------------------------------------------------------------------------------

UNBOUNDED = [
    Einstein(1.0),
    Debye(1.0),
    Rotor(1.0),
    SymmetricRotor(2.0, 1.0),
    AsymmetricRotor((3, 2, 1)),
    ParticleInBox([1.0]),
    Oscillator(1.0),
]


@pytest.mark.parametrize("model", UNBOUNDED, ids=lambda model: model.kind)
@pytest.mark.parametrize("T", [-1.0, np.inf])
def test_temperatures_beyond_an_open_spectrum_are_refused(model, T):
    with pytest.raises(InputError, match=r"expected 0 <= T < inf: .* have no upper bound"):
        solve(model, [1.0, T])


@pytest.mark.parametrize("model", UNBOUNDED, ids=lambda model: model.kind)
def test_the_coldest_limit_is_the_ground_level(model):
    ds = solve(model, [0.0, 1e-300])
    assert np.all(ds.entropy == 0)
    assert np.all(ds.free_energy == ds.reference_energy)


@pytest.mark.parametrize("model", [TwoLevel(1.0), Morse(1.0, 1.25), Hydrogen(3, rydberg=1.0, unit="reduced")])
def test_bounded_spectra_take_negative_temperatures(model):
    th = compute(model, [-0.5, -100.0]).thermodynamics
    assert th.reference_energy[0] > compute(model, [1.0]).thermodynamics.reference_energy[0]
    assert th.heat_capacity[0] > 0


def test_what_would_take_endless_levels_says_so():
    with pytest.raises(ResourceError, match="lower the temperature"):
        solve(AsymmetricRotor((3, 2, 1)), 1e6)
    with pytest.raises(ResourceError, match="lower the temperature"):
        solve(SymmetricRotor(3, 2), 1e9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Paramagnet(0.3), "spin: expected 0.5, 1, 1.5"),
        (lambda: Paramagnet(1, field=math.nan), "field: expected a finite number"),
        (lambda: Einstein(-1), "theta: expected a positive number; got -1"),
        (lambda: Einstein(1, atoms=0), "atoms: expected a positive integer; got 0"),
        (lambda: Debye(1, dimension=4), "dimension: expected 1, 2 or 3; got 4"),
        (lambda: Morse(1, 0.25), "depth: .* where one level is bound"),
        (lambda: Morse(1, 1e9), "use the oscillator"),
        (lambda: Rotor(0), "constant: expected a positive number; got 0"),
        (lambda: Rotor(1, (0, 0)), "not both zero"),
        (lambda: Rotor(1, (1, 3), 0.5), "not both"),
        (lambda: Rotor(1, nuclear_spin=0.3), "nuclear_spin: expected 0, 0.5, 1"),
        (lambda: SymmetricRotor(1, 0), "perpendicular: expected a positive number; got 0"),
        (lambda: SymmetricRotor(1, 1, [0, 1]), "the first positive"),
        (lambda: AsymmetricRotor((1, 2)), "three positive numbers"),
        (lambda: AsymmetricRotor((1, 2, 3), (0, 0, 0, 0)), "not all zero"),
        (lambda: ParticleInBox([]), "one to three positive numbers"),
        (lambda: ParticleInBox([1.0], mass=0), "mass: expected a positive number; got 0"),
        (lambda: Hydrogen(0), "shells: expected an integer from 1"),
        (lambda: Hydrogen(3, unit="reduced"), "rydberg: expected a number"),
    ],
)
def test_impossible_parameters_are_refused_with_their_name(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize("method", [RotorClosedForm])
def test_a_field_without_a_moment_is_refused(method):
    with pytest.raises(InputError, match="no observable to couple a field to"):
        method().cumulants(Rotor(1.0), np.array([1.0]), np.array([0.1]))
