"""Closed forms of lattice models: against published digits, textbook formulas in mpmath, and each other."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statmech import lattices
from statmech.errors import InputError, PrecisionError, UnsupportedError
from statmech.levels import EnergyLevels
from statmech.methods.closed_forms.closed_loops import hexagon_loops, loop_integral
from statmech.methods.closed_forms.critical_points import CriticalPoint, critical_temperature
from statmech.methods.closed_forms.curie_weiss import CurieWeiss, log_binomials
from statmech.methods.closed_forms.honeycomb import Honeycomb
from statmech.methods.closed_forms.ising_chain import ChainState, IsingChain, _Points
from statmech.methods.closed_forms.jets import Jet
from statmech.methods.closed_forms.kagome import Kagome
from statmech.methods.closed_forms.kaufman import Kaufman, TorusState
from statmech.methods.closed_forms.onsager import Onsager
from statmech.methods.closed_forms.potts_square import potts_square_critical
from statmech.methods.closed_forms.triangular import Triangular
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.thermodynamics import thermodynamics

TC = 2.269185314213022
INFINITE = {"square": Onsager(), "triangular": Triangular(), "honeycomb": Honeycomb(), "kagome": Kagome()}
BONDS = {"square": 2.0, "triangular": 3.0, "honeycomb": 1.5, "kagome": 2.0}
RESIDUAL = {"triangular": 0.32306594721945051409, "kagome": 0.50183316455982405741}

# The stated bound. Measured: 1e-15, and eps E/T where the weight is exp(-E/T).
BOUND = 1e-12


def cumulants(name, T, coupling=1.0):
    method = INFINITE[name]
    state = method.prepare(Ising(lattices.make(name, shape="infinite"), coupling=coupling))
    return method.cumulants(state, np.atleast_1d(np.asarray(T, dtype=float)))


def close(value, exact, bound=BOUND):
    """Relative error against an mpf; what is below the normal numbers is not asked for."""
    if mp.isinf(exact):
        return float(value) == float(exact)
    if abs(exact) < 2.3e-308:
        return abs(value) < 2.4e-308
    return abs(mp.mpf(float(value)) / exact - 1) < bound


# Published digits ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference(data):
    return json.loads((data / "reference" / "lattices.json").read_text())


def test_onsager_gives_the_reference_digits(reference):
    for row in reference["onsager_square_infinite"]:
        T = float(row["T"])
        method = INFINITE["square"]
        state = method.prepare(Ising(lattices.square("infinite")))
        th = thermodynamics(method.cumulants(state, np.array([T])))
        values = {
            "lnz": th.log_z,
            "f": th.free_energy,
            "u": th.internal_energy,
            "s": th.entropy,
            "c": th.heat_capacity,
            "m": method.extras(state, np.array([T]))["spontaneous_magnetization"][0],
        }
        for key, value in values.items():
            assert value[0] == pytest.approx(float(row[key]), rel=1e-15, abs=0), key  # 4 eps of the reference's digits


def test_critical_temperatures_are_the_nearest_floats(reference):
    for name, digits in reference["critical_temperatures"].items():
        assert critical_temperature(lattices.make(name, shape="infinite")) == float(digits)
        assert INFINITE[name].critical_temperature(
            INFINITE[name].prepare(Ising(lattices.make(name, shape="infinite")))
        ) == float(digits)


def test_residual_entropies_match(reference):
    assert cumulants("triangular", 0.0, -1.0).log_z[0] == pytest.approx(
        float(reference["residual_entropies"]["triangular_AFM"]), rel=1e-15
    )
    assert cumulants("kagome", 0.0, -1.0).log_z[0] == pytest.approx(RESIDUAL["kagome"], rel=1e-15)


def test_potts_transitions_match(reference):
    for q, row in reference["potts_square"].items():
        fact = potts_square_critical(int(q))
        values = {
            "beta_c": fact.beta,
            "Tc": fact.temperature,
            "u_mid_per_site": fact.energy,
            "latent_heat": fact.latent_heat,
            "e_ordered": fact.energy_ordered,
            "e_disordered": fact.energy_disordered,
            "xi_disordered": fact.correlation_length,
            "two_sigma_od": 1 / fact.correlation_length,
            "m0": fact.magnetization,
        }
        for key, digits in row.items():
            assert values[key] == pytest.approx(float(digits), rel=1e-14), (q, key)


def test_torus_thermodynamics_match(reference):
    for side, rows in reference["square_torus_thermo_4x4_8x8"].items():
        L = int(side)
        method = Kaufman()
        state = method.prepare(Ising(lattices.square(L, L)))
        for label, row in rows.items():
            th = thermodynamics(method.cumulants(state, np.array([TC if label == "Tc" else float(label)])))
            assert th.log_z[0] == pytest.approx(float(row["lnZ"]), rel=1e-14)
            assert th.internal_energy[0] / L**2 == pytest.approx(float(row["U_per_site"]), rel=1e-14)
            assert th.heat_capacity[0] / L**2 == pytest.approx(float(row["C_per_site"]), rel=1e-14)
            assert th.entropy[0] / L**2 == pytest.approx(float(row["S_per_site"]), rel=1e-14)


@pytest.mark.parametrize("side", [4, 6])
def test_kaufman_equals_the_sum_over_the_exact_density_of_states(reference, side):
    counts = {int(b): int(g) for b, g in reference["dos_square_torus"][f"{side}x{side}"].items()}
    T = np.array([8 / 723.4, 0.02, 0.05, 0.3, 1.0, 2.0, TC, 2.3, 7.0, 1e4, -0.7])  # exp(-723) is subnormal, C is not
    got = Kaufman().cumulants(TorusState((side, side), (1.0, 1.0)), T)
    states = oracles.spectrum([2 * b - 2 * side**2 for b in counts], counts.values())
    for t, temperature in enumerate(T):
        exact = oracles.point(states, temperature, 380)
        assert close(got.log_z[t], exact.log_z_relative)
        assert close(got.mean[t, 0], exact.internal_energy_excess / mp.mpf(temperature))
        assert close(got.covariance[t, 0, 0], exact.heat_capacity)


# The infinite square lattice, by elliptic integrals ------------------------------------------------------------------


def elliptic(T):
    """U + 2 in units of T, and C, by Onsager's closed formulas with complete elliptic integrals."""
    K = 1 / mp.mpf(float(T))
    t = mp.tanh(2 * K)
    m = (2 * mp.sinh(2 * K) / mp.cosh(2 * K) ** 2) ** 2
    first, second = mp.ellipk(m), mp.ellipe(m)
    signed = 2 * t * t - 1
    u = -(1 + 2 / mp.pi * signed * first) / t
    c = 4 / mp.pi * (K / t) ** 2 * (first - second - (1 - t * t) * (mp.pi / 2 + signed * first))
    return (u + 2) * K, c


@pytest.mark.parametrize(
    "T",
    [
        0.0121, 0.05, 0.2, 0.5, 1.0, 2.0, 2.2, TC - 1e-3, TC - 1e-6, TC - 1e-12, TC + 1e-12, TC + 1e-6, TC + 1e-3, 2.4,
        3.0, 5.0, 50.0, 1e4, 1e8,
    ],
)  # fmt: skip
def test_onsager_u_and_c_are_the_elliptic_integrals(T):
    got = cumulants("square", T)
    with mp.workdps(60 + (int(8 / T) if T < 1 else 0)):
        y, c = elliptic(T)
        assert close(got.mean[0, 0], y)
        assert close(got.covariance[0, 0, 0], c)


def test_the_textbook_form_in_float64_would_be_half_wrong_at_low_temperature():
    # the claim in the docstring, so that it stays true
    K = 1 / 0.2
    m = (2 * np.sinh(2 * K) / np.cosh(2 * K) ** 2) ** 2
    with mp.workdps(16):
        first, second = float(mp.ellipk(m)), float(mp.ellipe(m))
    t = np.tanh(2 * K)
    c = 4 / np.pi * (K / t) ** 2 * (first - second - (1 - t * t) * (np.pi / 2 + (2 * t * t - 1) * first))
    assert abs(c / cumulants("square", 0.2).covariance[0, 0, 0] - 1) > 0.1


def test_the_critical_energy_is_minus_root_two_and_c_is_infinite_there():
    got = cumulants("square", TC)
    assert (got.reference + got.temperature * got.mean[:, 0])[0] == pytest.approx(-math.sqrt(2), rel=2e-16)
    for name in INFINITE:
        tc = critical_temperature(lattices.make(name, shape="infinite"), 0.7)
        c = cumulants(name, [np.nextafter(tc, 0), tc, np.nextafter(tc, 9)], 0.7).covariance[:, 0, 0]
        assert np.isinf(c[1])
        assert np.all((c[[0, 2]] > 10) & np.isfinite(c[[0, 2]]))


# All infinite lattices, by Houtappel's integral ----------------------------------------------------------------------


def mean_log(a, b, nodes):
    """<log(a - b cos)> over both momenta: one mean by hand, the other by the trapezoid, which converges fast."""
    total = mp.mpf(0)
    for k in range(nodes):
        theta = 2 * mp.pi * (k + mp.mpf(1) / 2) / nodes
        p, q = a(theta), b(theta)
        total += mp.log((p + mp.sqrt(p * p - q * q)) / 2)
    return total / nodes


def square_log_z(K1, K2, nodes):
    c1, s1, c2, s2 = mp.cosh(2 * K1), mp.sinh(2 * K1), mp.cosh(2 * K2), mp.sinh(2 * K2)
    return mp.log(2) + mean_log(lambda t: c1 * c2 - s1 * mp.cos(t), lambda t: s2, nodes) / 2


def triangular_log_z(K, nodes):
    c, s = mp.cosh(2 * K), mp.sinh(2 * K)
    return mp.log(2) + mean_log(lambda t: c**3 + s**3 - s * mp.cos(t), lambda t: 2 * s * mp.cos(t / 2), nodes) / 2


def honeycomb_log_z(K, nodes):
    """Per site, by the star-triangle transformation."""
    star = (16 * mp.cosh(3 * K) * mp.cosh(K) ** 3) ** mp.mpf("0.25")
    return (mp.log(star) + triangular_log_z(mp.log(mp.cosh(3 * K) / mp.cosh(K)) / 4, nodes)) / 2


def kagome_log_z(K, nodes):
    """Per site: its triangles are stars, whose centres are a honeycomb with a spin on each bond."""
    square = (mp.exp(4 * K) + 3) / 4  # cosh^2 L of the star
    double = 2 * square - 1  # cosh 2L
    spin, star = 2 * mp.sqrt(double), 2 * mp.sqrt(square) * mp.exp(K)
    return (3 * mp.log(spin) + 2 * honeycomb_log_z(mp.log(double) / 2, nodes) - 2 * mp.log(star)) / 3


TEXTBOOK = {
    "square": lambda J, beta, n: square_log_z(J * beta, J * beta, n),
    "triangular": lambda J, beta, n: triangular_log_z(J * beta, n),
    "honeycomb": lambda J, beta, n: honeycomb_log_z(J * beta, n),
    "kagome": lambda J, beta, n: kagome_log_z(J * beta, n),
}
GROUND = {
    ("square", 1): -2, ("square", -1): -2, ("triangular", 1): -3, ("triangular", -1): -1,
    ("honeycomb", 1): mp.mpf(-3) / 2, ("honeycomb", -1): mp.mpf(-3) / 2, ("kagome", 1): -2,
}  # fmt: skip


def derivatives(f, beta, digits):
    """f, f' and f'' by differences of fourth order, at a step where digits/3 of the digits are kept."""
    h = beta * mp.mpf(10) ** (-digits // 6)
    below2, below, here, above, above2 = (f(beta + k * h) for k in (-2, -1, 0, 1, 2))
    first = (8 * (above - below) - (above2 - below2)) / (12 * h)
    return here, first, (16 * (above + below) - 30 * here - above2 - below2) / (12 * h * h)


@pytest.mark.parametrize(
    ("name", "coupling", "T", "nodes"),
    [
        ("square", 1.0, 0.5, 40), ("square", 1.0, 1.5, 120), ("square", 1.0, 3.4, 160), ("square", -1.0, 50.0, 40),
        ("triangular", 1.0, 0.7, 40), ("triangular", 1.0, 2.5, 150), ("triangular", 1.0, 5.0, 150),
        ("triangular", 1.0, 50.0, 40), ("triangular", -1.0, 2.0, 150), ("triangular", -1.0, 30.0, 40),
        ("honeycomb", 1.0, 0.5, 40), ("honeycomb", 1.0, 1.0, 120), ("honeycomb", 1.0, 2.5, 150),
        ("honeycomb", -1.0, 0.5, 40), ("kagome", 1.0, 0.5, 40), ("kagome", 1.0, 1.5, 150), ("kagome", 1.0, 3.5, 150),
        ("kagome", -1.0, 0.5, 100), ("kagome", -1.0, 2.0, 100), ("kagome", -1.0, 50.0, 40),
    ],
)  # fmt: skip
def test_infinite_lattices_are_houtappels_integral(name, coupling, T, nodes):
    got = cumulants(name, T, coupling)
    digits = 50 + (int(20 / T) if T < 2 else 0)  # log Z + beta E0 may be exp(-12/T)
    with mp.workdps(digits):
        ground = mp.mpf(-2) / 3 if (name, coupling) == ("kagome", -1.0) else GROUND[name, int(coupling)]
        beta = 1 / mp.mpf(T)
        log_z, first, second = derivatives(lambda b: TEXTBOOK[name](coupling, b, nodes) + b * ground, beta, digits)
        assert close(got.log_z[0], log_z, 1e-14)  # the trapezoid leaves 1e-15 of log Z here
        assert close(got.mean[0, 0], -beta * first, 1e-13)
        assert close(got.covariance[0, 0, 0], beta * beta * second, 1e-13)


@pytest.mark.parametrize(("J1", "J2", "T"), [(0.3, -1.7, 1.1), (1.7, 0.3, 4.0), (0.02, 1.0, 1.5), (1.0, 0.5, 0.6)])
def test_unlike_couplings_follow_the_same_integral(J1, J2, T):
    got = cumulants("square", T, [J1, J2])
    digits = 80
    with mp.workdps(digits):
        ground = -abs(mp.mpf(J1)) - abs(mp.mpf(J2))
        beta = 1 / mp.mpf(T)
        log_z, first, second = derivatives(
            # the mean by hand goes over the momentum along the weaker coupling: the other has its poles farther off
            lambda b: square_log_z(*(sorted((abs(mp.mpf(J1)) * b, abs(mp.mpf(J2)) * b))), 220) + b * ground,
            beta,
            digits,
        )
        assert close(got.log_z[0], log_z, 1e-13)
        assert close(got.mean[0, 0], -beta * first, 1e-13)
        assert close(got.covariance[0, 0, 0], beta * beta * second, 1e-13)


@pytest.mark.parametrize("name", ["triangular", "honeycomb", "kagome"])
@pytest.mark.parametrize("offset", [-1e-6, 1e-6])
def test_beside_the_critical_point_the_energy_and_the_logarithm_are_right(name, offset):
    # C = -A log|1 - T/Tc| + B: the derivative of the same jet cannot check itself, so U is differentiated in steps
    # that are large beside eps and small beside the distance.
    tc = critical_temperature(lattices.make(name, shape="infinite"))
    T = tc + offset
    h = 0.05 * abs(offset)
    point = CriticalPoint.uniform(name, 1.0)
    assert point.high == tc
    th = thermodynamics(cumulants(name, [T + k * h for k in (-2, -1, 0, 1, 2)]))
    u = th.internal_energy_excess
    slope = (8 * (u[3] - u[1]) - (u[4] - u[0])) / (12 * h)
    assert slope == pytest.approx(th.heat_capacity[2], rel=2e-5)  # differences: eps/5e-8 = 5e-9, and h^4 terms
    s = th.entropy
    assert T * (8 * (s[3] - s[1]) - (s[4] - s[0])) / (12 * h) == pytest.approx(th.heat_capacity[2], rel=2e-5)
    # the other side of the transition at the same distance has the same leading terms
    other = cumulants(name, tc - offset).covariance[0, 0, 0]
    assert other == pytest.approx(th.heat_capacity[2], rel=1e-3)


# Relations between lattices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("K", [0.1, 0.3, 0.44, 0.4406867935097, 0.45, 0.8, 2.0])
def test_square_lattice_duality(K):
    # log z(K) - log z(K*) = log sinh 2K, sinh 2K sinh 2K* = 1 (Kramers and Wannier 1941)
    dual = math.asinh(1 / math.sinh(2 * K)) / 2
    both = [thermodynamics(cumulants("square", 1 / k)).log_z[0] for k in (K, dual)]
    assert both[0] - both[1] == pytest.approx(math.log(math.sinh(2 * K)), abs=4e-15)


@pytest.mark.parametrize("K", [0.05, 0.4, 0.65, 0.6584789484624084, 0.7, 1.5])
def test_star_triangle_joins_honeycomb_and_triangular(K):
    triangle = math.log(math.cosh(3 * K) / math.cosh(K)) / 4
    star = (math.log(16 * math.cosh(3 * K)) + 3 * math.log(math.cosh(K))) / 4
    honeycomb = thermodynamics(cumulants("honeycomb", 1 / K)).log_z[0]
    assert 2 * honeycomb == pytest.approx(
        star + thermodynamics(cumulants("triangular", 1 / triangle)).log_z[0], rel=3e-15
    )


def test_square_with_one_weak_coupling_is_a_set_of_chains():
    T = np.array([0.3, 1.0, 4.0])
    got, chain = cumulants("square", T, [0.0, 0.8]), IsingChain().cumulants(ChainState(None, True, 0.8, 0.0), T)
    np.testing.assert_allclose(got.log_z, chain.log_z, rtol=1e-14)
    np.testing.assert_allclose(got.covariance[:, 0, 0], chain.covariance[:, 0, 0], rtol=1e-13)


def test_signs_do_not_matter_where_the_lattice_is_bipartite():
    T = np.array([0.4, 1.0, 2.2, 6.0])
    for name in ("square", "honeycomb"):
        one, other = cumulants(name, T, 0.9), cumulants(name, T, -0.9)
        assert one.log_z.tobytes() == other.log_z.tobytes()
    assert cumulants("square", T, [1.0, -0.4]).mean.tobytes() == cumulants("square", T, [-0.4, 1.0]).mean.tobytes()


@pytest.mark.parametrize("name", list(INFINITE))
def test_negative_temperature_is_the_other_sign_of_the_coupling(name):
    T = np.array([0.4, 1.0, 3.0])
    negative, turned = cumulants(name, -T, 0.8), cumulants(name, T, -0.8)
    assert negative.log_z.tobytes() == turned.log_z.tobytes()
    assert negative.covariance.tobytes() == turned.covariance.tobytes()
    np.testing.assert_array_equal(negative.reference, -turned.reference)


# Limits, sums over temperature ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(INFINITE))
@pytest.mark.parametrize("coupling", [1.3, -1.3])
def test_limits_of_the_infinite_lattices(name, coupling):
    got = cumulants(name, [0.0, 1e-300, np.inf, 1e12], coupling)
    ground = RESIDUAL.get(name, 0.0) if coupling < 0 else 0.0
    warm = math.log(2) + got.reference[3] * 1e-12  # log Z + E0/T, to first order
    np.testing.assert_allclose(got.log_z, [ground, ground, math.log(2), warm], rtol=1e-14)
    np.testing.assert_array_equal(got.mean[:2], 0)
    np.testing.assert_array_equal(got.covariance[:2], 0)
    assert got.mean[2, 0] == pytest.approx(-got.reference[2], rel=1e-14)  # <H> = 0
    assert got.covariance[2, 0, 0] == pytest.approx(BONDS[name] * coupling**2, rel=1e-14)
    assert got.covariance[3, 0, 0] == pytest.approx(BONDS[name] * coupling**2 * 1e-24, rel=1e-11)


def test_without_coupling_spins_are_free():
    for name in INFINITE:
        got = cumulants(name, [0.0, 1.0, np.inf, -1.0], 0.0)
        np.testing.assert_array_equal(got.log_z, math.log(2))
        np.testing.assert_array_equal(got.covariance, 0)


@pytest.mark.parametrize(("name", "coupling"), [(n, c) for n in INFINITE for c in (1.0, -1.0)])
def test_the_low_temperature_form_joins_the_integral(name, coupling):
    # Either side of the switch in _side (E/T = 460, or 50 for the triangular antiferromagnet), both forms hold.
    method = INFINITE[name]
    state = method.prepare(Ising(lattices.make(name, shape="infinite"), coupling=coupling))
    few = method.excitations(state.couplings)
    T = few.energy / (few.beyond * np.array([1 - 1e-9, 1 + 1e-9]))
    c = method.cumulants(state, T)
    rest = np.log(c.mean[:, 0]), np.log(c.covariance[:, 0, 0])
    for column in rest:
        # over 2e-9 of x = 460 the logarithm moves by 2e-9 (x - k): compare after taking that off
        assert column[0] - column[1] == pytest.approx(2e-9 * few.beyond, rel=0.1)
    scaled = c.mean[:, 0] / (few.energy / T) / np.exp(-few.energy / T)
    expected = few.density + few.slope * few.energy / T
    np.testing.assert_allclose(scaled, expected, rtol=2.5e-16 * few.beyond)  # exp(-x) is right to x eps


def test_rows_of_flipped_spins_count_where_couplings_are_very_unlike():
    # n spins in a row along the strong bonds cost 4 J1 + 4 n J2; J1/T = 115 leaves nothing else
    T, J1, J2 = 1 / 115, 1.0, 0.01
    got = cumulants("square", T, [J1, J2])
    with mp.workdps(40):
        b = 1 / mp.mpf(T)
        rows = mp.exp(-4 * mp.mpf(J1) * b) / mp.expm1(4 * mp.mpf(J2) * b)
        assert close(got.log_z[0], rows)


def panels(f, edges, nodes=40):
    x, w = np.polynomial.legendre.leggauss(nodes)
    return sum(float(np.dot(w, f((b - a) / 2 * x + (a + b) / 2)) * (b - a) / 2) for a, b in itertools.pairwise(edges))


@pytest.mark.parametrize(("name", "coupling"), [(n, c) for n in INFINITE for c in (1.0, -1.0)])
def test_the_heat_capacity_over_temperature_integrates_to_the_entropy(name, coupling):
    # Integral of C d(log T) from 0 to inf = log 2 - S(0); the logarithm at Tc by panels that shrink towards it.
    tc = critical_temperature(lattices.make(name, shape="infinite"), coupling) or 1.0
    near = np.log(tc) + np.concatenate([-(0.5 ** np.arange(3, 40)), 0.5 ** np.arange(39, 2, -1.0)])
    edges = np.concatenate([np.linspace(np.log(tc / 60), near[0], 25), near[1:-1], np.linspace(near[-1], 16, 30)])
    total = panels(lambda x: cumulants(name, np.exp(x), coupling).covariance[:, 0, 0], edges)
    ground = RESIDUAL.get(name, 0.0) if coupling < 0 else 0.0
    # left out: 2^-39 log around Tc (5e-11), and C = b J^2/T^2 beyond e^16 (1e-14)
    assert total == pytest.approx(math.log(2) - ground, abs=2e-10)


# Order ---------------------------------------------------------------------------------------------------------------


def magnetization(name, T, coupling=1.0):
    method = INFINITE[name]
    state = method.prepare(Ising(lattices.make(name, shape="infinite"), coupling=coupling))
    return method.extras(state, np.atleast_1d(np.asarray(T, dtype=float)))["spontaneous_magnetization"][0]


def exact_order(name, T):
    """The published forms: Yang 1952, Potts 1952, Naya 1954 (by star-triangle and decoration)."""
    K = 1 / mp.mpf(float(T))
    if name == "square":
        return (1 - mp.sinh(2 * K) ** -4) ** (mp.mpf(1) / 8)

    def triangular(u):
        return (1 - 16 * u**3 / ((1 + 3 * u) * (1 - u) ** 3)) ** (mp.mpf(1) / 8)

    if name == "triangular":
        return triangular(mp.exp(-4 * K))
    if name == "honeycomb":
        return triangular(mp.cosh(K) / mp.cosh(3 * K))
    double = (mp.exp(4 * K) + 1) / 2  # cosh 2L of the star
    L = mp.log(double) / 2
    return mp.sqrt(1 - double**-2) * triangular(mp.cosh(L) / mp.cosh(3 * L))


@pytest.mark.parametrize("name", list(INFINITE))
def test_spontaneous_magnetization_is_the_published_one_up_to_the_critical_point(name):
    tc = critical_temperature(lattices.make(name, shape="infinite"))
    T = tc * np.array([0.1, 0.4, 0.8, 0.99, 1 - 1e-6, 1 - 1e-12])
    for temperature, value in zip(T, magnetization(name, T), strict=True):
        with mp.workdps(80):
            assert close(value, exact_order(name, temperature))
    assert magnetization(name, [0.0, tc, 1.01 * tc, np.inf, -0.5]).tolist() == [1, 0, 0, 0, 0]
    assert magnetization(name, [0.0, 0.5], -1.0).tolist() == [0, 0]
    assert magnetization(name, -0.5, -1.0) == magnetization(name, 0.5)


def test_onsager_order_with_unlike_couplings_is_changs():
    with mp.workdps(40):
        b = 1 / mp.mpf(1.2)
        exact = (1 - (mp.sinh(2 * mp.mpf(0.4) * b) * mp.sinh(2 * mp.mpf(1.5) * b)) ** -2) ** (mp.mpf(1) / 8)
        assert close(magnetization("square", 1.2, [0.4, 1.5])[0], exact)
        assert close(magnetization("square", 1.2, [1.5, 0.4])[0], exact)
    assert magnetization("square", 0.5, [1.5, -0.4]).tolist() == [0]


def test_critical_temperature_of_unlike_couplings_solves_its_equation():
    for J1, J2 in ((1.0, 0.1), (0.7, -2.0), (1.0, 1e-6)):
        tc = critical_temperature(lattices.square(8, 8), (J1, J2))
        assert math.sinh(2 * abs(J1) / tc) * math.sinh(2 * abs(J2) / tc) == pytest.approx(1, rel=1e-13)
    assert critical_temperature(lattices.square("infinite"), (1.0, 0.0)) is None
    assert critical_temperature(lattices.chain("infinite")) is None
    assert critical_temperature(lattices.kagome("infinite"), -1.0) is None
    assert critical_temperature(lattices.honeycomb("infinite"), -2.0) == pytest.approx(2 * 1.5186514350004138464)
    with pytest.raises(UnsupportedError, match="no exact critical temperature is known for 'cubic'"):
        critical_temperature(lattices.cubic(2, 2, 2))
    with pytest.raises(InputError, match="expected one J, finite"):
        critical_temperature(lattices.kagome("infinite"), (1.0, 2.0))


def test_critical_points_have_106_bits():
    for name in ("triangular", "honeycomb", "kagome"):
        point = CriticalPoint.uniform(name, 0.37)
        with mp.workdps(50):
            root = mp.sqrt(3)
            exact = {"triangular": 4 / mp.log(3), "honeycomb": 2 / mp.log(2 + root), "kagome": 4 / mp.log(3 + 2 * root)}
            assert abs((mp.mpf(point.high) + mp.mpf(point.low)) / (exact[name] * mp.mpf(0.37)) - 1) < 1e-31
    point = CriticalPoint.square(0.3, 1.7)
    with mp.workdps(50):
        beta = 1 / (mp.mpf(point.high) + mp.mpf(point.low))
        assert abs(mp.sinh(2 * mp.mpf(0.3) * beta) * mp.sinh(2 * mp.mpf(1.7) * beta) - 1) < 1e-31


def test_potts_facts_at_other_q():
    ten = potts_square_critical(10)
    assert ten.latent_heat == pytest.approx(0.6960494, abs=1e-7)  # Baxter 1973, as tabulated by Wu 1982
    assert ten.correlation_length == pytest.approx(10.559519, abs=1e-6)  # Borgs and Janke 1992
    assert ten.magnetization == pytest.approx(0.857107, abs=1e-6)
    two = potts_square_critical(2)
    assert 2 * two.temperature == pytest.approx(TC, rel=1e-15)
    assert 2 * two.energy + 2 == pytest.approx(-math.sqrt(2), rel=1e-15)
    assert (two.latent_heat, two.magnetization, two.correlation_length) == (0.0, 0.0, math.inf)
    assert potts_square_critical(4).latent_heat == 0
    with pytest.raises(InputError, match=r"got 2\.5"):
        potts_square_critical(2.5)


# Building blocks -----------------------------------------------------------------------------------------------------


def test_jets_are_taylor_coefficients():
    x = Jet.exponential(-1.3, np.array([0.4]))
    f = ((1 + x * x / (2 - x)).sqrt() * x.exp() - x.log1p()).power(3) / 2 + Jet.tanh(0.7, np.array([0.4])).log()
    with mp.workdps(40):

        def g(b):
            y = mp.exp(-mp.mpf(1.3) * b)
            return (mp.sqrt(1 + y * y / (2 - y)) * mp.exp(y) - mp.log(1 + y)) ** 3 / 2 + mp.log(
                mp.tanh(mp.mpf(0.7) * b)
            )

        for k, value in enumerate((f.value, f.first, f.second)):
            assert close(value[0], mp.diff(g, mp.mpf(0.4), k), 1e-14)
    zero = Jet(np.zeros(1), np.ones(1), np.ones(1))
    assert [float(part[0]) for part in vars(zero.power(2)).values()] == [0, 0, 2]
    assert zero.power(1) is zero


def test_loops_start_with_the_smallest():
    still = np.zeros(1)
    s = Jet(np.array([1e-4]), still, still)
    assert hexagon_loops(s, 1 - 3 * s.value).value[0] == pytest.approx(1e-12 * (1 + 3e-8), rel=1e-7)
    x, y = Jet(np.array([1e-5]), still, still), Jet(np.array([1e-3]), still, still)
    phi = loop_integral(1 - x - y - x * y, 1 - y + x + x * y, y, y * (1 + x * x), x * x * (y * y))
    # a square x^2 y^2, and rows of n squares x^2 y^(2n)
    assert phi.value[0] == pytest.approx(1e-10 * 1e-6 / (1 - 1e-6), rel=1e-9)


# Chains --------------------------------------------------------------------------------------------------------------


def check_states(method, model, temperatures, bound=BOUND):
    th = thermodynamics(method.cumulants(method.prepare(model), np.array(temperatures)))
    states = oracles.of_model(model)
    for t, temperature in enumerate(temperatures):
        exact = oracles.point(states, temperature)
        for quantity in ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity"):
            value = float(getattr(th, quantity)[t])
            assert close(value, getattr(exact, quantity), bound), (quantity, temperature, value)
        if th.observables:
            # M cancels between up and down: its rounding is that of the largest |M|
            assert th.observables["magnetization"][t] == pytest.approx(
                float(exact.magnetization), abs=1e-14 * model.sites
            )
            chi = th.susceptibilities["magnetization"][t]
            assert close(chi, exact.susceptibility, bound), temperature


CHAINS = [
    (L, periodic, J, h)
    for L, periodic in ((1, True), (1, False), (2, True), (2, False), (3, True), (5, False), (7, True), (8, True))
    for J, h in ((1.0, 0.0), (1.0, 1e-3), (-1.0, 0.0), (-1.0, 2.0), (-0.3, 0.6), (-1.0, 1.0), (0.3, -3.1), (0.0, 0.5))
]


@pytest.mark.parametrize(("L", "periodic", "J", "h"), CHAINS)
def test_finite_chains_are_the_sum_over_states(L, periodic, J, h):
    model = Ising(lattices.chain(L, periodic=periodic), coupling=J, field=h)
    check_states(IsingChain(), model, (0.0, 0.02, 0.4, 2.0, 50.0, np.inf, -0.4, -3.0))


def test_a_field_one_part_in_1e15_from_a_tie_is_told_from_it():
    # the ground states differ by 4e-16, less than the rounding of their energies
    model = Ising(lattices.chain(9, periodic=False), coupling=-0.1, field=0.2 * (1 - 2.0**-50))
    check_states(IsingChain(), model, (0.0, 1e-17, 1e-16, 1e-15, 1.0))
    gap = _Points(np.ones(1), np.full(1, -0.1), np.full(1, 0.2 - 2.0**-54)).energy(np.array([12]), np.array([6]))
    assert gap[0] == float(12 * Fraction(0.1) - 6 * Fraction(0.2 - 2.0**-54))


@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (1.0, 1e-4), (-1.0, 0.3), (-1.0, 2.0), (-1.0, 1.9999), (0.3, -1.0)])
def test_infinite_chain_is_the_largest_eigenvalue(J, h):
    T = [0.004, 0.02, 0.2, 1.0, 20.0, 1e6]
    got = IsingChain().cumulants(ChainState(None, True, J, h), np.array(T))
    for t, temperature in enumerate(T):
        digits = 60 + (int(10 / temperature) if temperature < 1 else 0)
        with mp.workdps(digits):
            beta, j, f = 1 / mp.mpf(temperature), mp.mpf(J), mp.mpf(h)
            ground = min(-j - abs(f), -abs(j) if j < 0 else -j - abs(f))

            def log_z(b, j=j, f=f, ground=ground):
                wall = mp.sqrt(mp.exp(2 * b * j) * mp.sinh(b * f) ** 2 + mp.exp(-2 * b * j))
                return mp.log(mp.exp(b * j) * mp.cosh(b * f) + wall) + b * ground

            def order(b, j=j, f=f):
                return mp.sinh(b * f) / mp.sqrt(mp.sinh(b * f) ** 2 + mp.exp(-4 * b * j))

            here, first, second = derivatives(log_z, beta, digits)
            m, slope, _ = derivatives(order, beta, digits)
            wall = mp.exp(-4 * beta * j)
            spread = mp.cosh(beta * f) * wall / (mp.sinh(beta * f) ** 2 + wall) ** mp.mpf("1.5")
            assert close(got.log_z[t], here)
            assert close(got.mean[t, 0], -beta * first)
            assert close(got.mean[t, 1], m)
            assert close(got.covariance[t, 0, 0], beta * beta * second)
            assert close(got.covariance[t, 0, 1], -beta * slope)
            assert close(got.covariance[t, 1, 1], spread)


@pytest.mark.parametrize(("J", "h"), [(1.0, 0.2), (-1.0, 0.5), (-1.0, 3.0), (0.5, -1e-3)])
def test_a_billion_spins_are_an_infinite_chain(J, h):
    T = np.array([0.4, 1.0, 4.0])
    long, infinite = (IsingChain().cumulants(ChainState(n, True, J, h), T) for n in (10**9, None))
    long = long.power(1e-9)
    np.testing.assert_allclose(long.log_z, infinite.log_z, rtol=1e-13)
    np.testing.assert_allclose(long.mean[:, 0], infinite.mean[:, 0], rtol=1e-12)
    np.testing.assert_allclose(long.mean[:, 1], infinite.mean[:, 1], atol=1e-14)  # rounded at the size of all aligned
    np.testing.assert_allclose(long.covariance, infinite.covariance, rtol=1e-12)


def test_a_ring_of_a_million_at_low_temperature_has_its_walls_in_pairs():
    # Z = (2 cosh K)^N + (2 sinh K)^N where N exp(-2K) = 6e-3: walls one at a time would be 300 times as many
    T = np.array([0.1])
    got = IsingChain().cumulants(ChainState(10**6, True, 1.0, 0.0), T)
    with mp.workdps(60):
        n = 10**6

        def log_z(b):
            return mp.log((2 * mp.cosh(b)) ** n + (2 * mp.sinh(b)) ** n) - n * b

        here, first, second = derivatives(log_z, 1 / mp.mpf(0.1), 60)
        assert close(got.log_z[0], here)
        assert close(got.mean[0, 0], -10 * first)
        assert close(got.covariance[0, 0, 0], 100 * second)


def test_chains_at_zero_temperature_count_their_ground_states():
    T = np.array([0.0])

    def entropy(*state):
        return IsingChain().cumulants(ChainState(*state), T).log_z[0]

    assert entropy(1001, True, -1.0, 0.0) == pytest.approx(math.log(2 * 1001), rel=1e-14)  # one unsatisfied bond
    golden = (1 + math.sqrt(5)) / 2
    lucas = round(golden**50 + (-golden) ** -50)  # h = 2 |J|: no two neighbours down
    assert entropy(50, True, -1.0, 2.0) == pytest.approx(math.log(lucas), rel=1e-14)
    assert entropy(None, True, -0.1, 0.2) == pytest.approx(math.log(golden), rel=1e-15)
    assert entropy(10**9, True, -0.1, 0.2) == pytest.approx(1e9 * math.log(golden), rel=1e-13)
    chi = thermodynamics(IsingChain().cumulants(ChainState(None, True, 1.0, 0.0), T)).susceptibilities["magnetization"]
    assert np.isinf(chi[0])


def test_chains_take_fields_as_an_axis():
    T, h = np.array([0.0, 0.5, 2.0, -1.0]), np.array([-1.0, 0.0, 0.3])
    for length in (None, 6):
        both = IsingChain().cumulants(ChainState(length, True, 1.0, 9.0), T, h)
        assert both.log_z.shape == (3, 4)
        for k, field in enumerate(h):
            one = IsingChain().cumulants(ChainState(length, True, 1.0, float(field)), T)
            assert one.covariance.tobytes() == both.covariance[k].tobytes()
    up, down = both.mean[0, :, 1], IsingChain().cumulants(ChainState(6, True, 1.0, 1.0), T).mean[:, 1]
    np.testing.assert_allclose(up, -down, rtol=1e-14)


# The complete graph --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "J", "h"), [(1, 1.0, 0.3), (2, -1.0, 0.0), (7, 1 / 7, 0.1), (7, -0.7, -2.0), (8, -1.0, 0.0)]
)
def test_the_complete_graph_is_the_sum_over_states(n, J, h):
    check_states(
        CurieWeiss(), Ising(lattices.complete(n), coupling=J, field=h), (0.0, 0.05, 0.4, 1.0, 30.0, np.inf, -0.4)
    )


def test_small_complete_graphs_have_exact_degeneracies():
    levels = CurieWeiss().prepare(Ising(lattices.complete(80))).levels
    assert levels.exact_degeneracies == tuple(math.comb(80, k) for k in range(81))


def test_log_binomials_are_right_to_a_few_ulps():
    for n in (1, 2, 31, 64, 65, 66, 999, 5000):
        got = log_binomials(n)
        assert got.size == n + 1
        for k in range(0, n + 1, max(1, n // 100)):
            exact = mp.log(math.comb(n, k))
            assert abs(got[k] - exact) <= 1e-15 * max(exact, 1)


def test_curie_weiss_of_1200_sites_holds_its_bound():
    n, h = 1200, 0.01
    method, T = CurieWeiss(), [0.3, 1.0, 5.0]
    model = Ising(lattices.complete(n), coupling=1 / n, field=h)
    c = method.cumulants(method.prepare(model), np.array(T))
    for t, temperature in enumerate(T):
        with mp.workdps(60):
            b, j = 1 / mp.mpf(temperature), mp.mpf(1 / n)
            m = [n - 2 * k for k in range(n + 1)]
            e = [j * (n * n - M * M) / 2 + mp.mpf(h) * (n - M) for M in m]
            w = [math.comb(n, k) * mp.exp(-b * e[k]) for k in range(n + 1)]
            z = mp.fsum(w)
            u = mp.fsum(p * x for p, x in zip(w, e, strict=True)) / z
            average = mp.fsum(p * x for p, x in zip(w, m, strict=True)) / z
            spread = mp.fsum(p * (x - u) ** 2 for p, x in zip(w, e, strict=True)) / z
            both = mp.fsum(p * (x - average) ** 2 for p, x in zip(w, m, strict=True)) / z
            bound = method.error_bound(model)
            assert close(c.log_z[t], mp.log(z), bound)
            assert close(c.mean[t, 0], b * u, bound)
            assert close(c.mean[t, 1], average, bound)
            assert close(c.covariance[t, 0, 0], b * b * spread, bound)
            assert close(c.covariance[t, 1, 1], both, bound)


def test_curie_weiss_tends_to_mean_field_theory():
    # m = tanh(m / T) at T = 0.8, J = 1; corrections are 1/N
    n, T = 3000, 0.8
    method = CurieWeiss()
    state = method.prepare(Ising(lattices.complete(n), coupling=1 / n))
    m = 0.7
    for _ in range(200):
        m = math.tanh(m / T)
    got = method.cumulants(state, np.array([T]), np.array([1e-2]))
    m_h = 0.7
    for _ in range(200):
        m_h = math.tanh((m_h + 1e-2) / T)
    assert got.mean[0, 0, 1] / n == pytest.approx(m_h, rel=3e-3)  # 1/N = 3e-4, times a susceptibility of a few
    squared = method.cumulants(state, np.array([T])).covariance[0, 1, 1] / n**2
    assert squared == pytest.approx(m * m, rel=5e-3)


# Tori ----------------------------------------------------------------------------------------------------------------


TORI = [
    (Lx, Ly, J)
    for Lx, Ly in ((1, 2), (2, 1), (2, 2), (1, 5), (4, 1), (3, 2), (3, 3), (3, 4))
    for J in ((1.0, 1.0), (-1.0, -1.0), (0.3, -1.0), (-1.0, 0.4), (1.0, 0.03))
]


@pytest.mark.parametrize(("Lx", "Ly", "J"), TORI)
def test_small_tori_are_the_sum_over_states_with_doubled_bonds_and_self_loops(Lx, Ly, J):
    lattice = lattices.square(Lx, Ly)
    model = Ising(lattice, coupling=np.where(lattice.bond_kind == 0, *J))
    check_states(Kaufman(), model, (0.0, 0.02, 0.3, 2.0, TC, 2.5, 50.0, np.inf, -0.5))


def textbook_kaufman(m, n, K1, K2):
    """log Z by eq. (68) of Kaufman 1949 in the form of McCoy and Wu: m sites along K1, n along K2."""
    dual = -mp.log(mp.tanh(K2)) / 2  # tanh K2* = exp(-2 K2)

    def gamma(step):
        if step == 0:
            return 2 * (dual - K1)  # signed: it changes sign at the critical point
        c = mp.cosh(2 * dual) * mp.cosh(2 * K1) - mp.sinh(2 * dual) * mp.sinh(2 * K1) * mp.cos(mp.pi * step / m)
        return mp.acosh(c)

    products = [
        mp.fprod(2 * f(n * gamma(step) / 2) for step in range(start, 2 * m, 2))
        for start, f in ((1, mp.cosh), (1, mp.sinh), (0, mp.cosh), (0, mp.sinh))
    ]
    total = products[0] + products[1] + products[2] - products[3]
    return m * n * mp.log(2 * mp.sinh(2 * K2)) / 2 + mp.log(total / 2)


@pytest.mark.parametrize(
    ("m", "n", "J1", "J2"), [(5, 8, 1.0, 1.0), (12, 7, 1.0, 0.4), (16, 16, 1.0, 1.0), (4, 30, 0.2, 1.0)]
)
@pytest.mark.parametrize("T", [1.0, 2.0, TC, 3.0])
def test_tori_are_kaufmans_product_and_its_derivatives(m, n, J1, J2, T):
    lattice = lattices.square(m, n)
    method = Kaufman()
    got = method.cumulants(method.prepare(Ising(lattice, np.where(lattice.bond_kind == 0, J1, J2))), np.array([T]))
    with mp.workdps(60):
        beta, j1, j2 = 1 / mp.mpf(T), mp.mpf(J1), mp.mpf(J2)
        log_z, first, second = derivatives(
            lambda b: textbook_kaufman(m, n, b * j1, b * j2) - b * m * n * (j1 + j2), beta, 60
        )
        assert close(got.log_z[0], log_z, 1e-14)
        assert close(got.mean[0, 0], -beta * first, 1e-13)
        assert close(got.covariance[0, 0, 0], beta * beta * second, 1e-13)


def test_a_large_torus_is_the_infinite_lattice_and_two_ground_states():
    T = np.array([0.3, 1.0, 2.0, 2.6, 5.0])
    torus = Kaufman().cumulants(TorusState((1000, 1200), (1.0, 1.0)), T)
    plane = cumulants("square", T).power(1.2e6)
    shift = np.where(T < TC, math.log(2), 0.0)
    np.testing.assert_allclose(torus.log_z, plane.log_z + shift, rtol=1e-13)
    np.testing.assert_allclose(torus.mean, plane.mean, rtol=1e-12)
    np.testing.assert_allclose(torus.covariance, plane.covariance, rtol=1e-12)


def test_a_frustrated_torus_counts_its_straight_walls():
    # 31 sites around with J < 0: one wall across, at 31 places, and all spins turned
    method, T = Kaufman(), np.array([0.0, 0.05])
    got = method.cumulants(TorusState((31, 40), (-1.0, 0.5)), T)
    np.testing.assert_allclose(got.log_z, math.log(62), rtol=1e-12)
    assert got.reference[0] == -31 * 40 * 1.5 + 2 * 40
    # the lowest excitations: a step in the wall, up or down, back again later: (40 choose 2) 2 ways at 4 J2 = 2
    assert got.mean[1, 0] == pytest.approx(40 * 39 * 40 * math.exp(-40), rel=1e-6)


def test_kaufman_says_when_no_number_of_bits_will_do(monkeypatch):
    monkeypatch.setattr("statmech.methods.closed_forms.kaufman._MOST_BITS", 128)
    with pytest.raises(PrecisionError, match="128 bits do not suffice for the frustrated torus"):
        Kaufman().cumulants(TorusState((31, 33), (-1.0, -1.0)), np.array([0.1]))


# What is declined, and why -------------------------------------------------------------------------------------------


def ising(lattice, **options):
    return Ising(lattice, **options)


DECLINED = [
    (Onsager, Potts(lattices.square("infinite")), "no Ising model"),
    (Onsager, ising(lattices.square(4, 4)), "not the infinite square lattice"),
    (Onsager, ising(lattices.square("infinite"), field=0.1), "in a field"),
    (Triangular, ising(lattices.triangular("infinite"), coupling=[1.0, 1.0, 0.5]), "couplings differ"),
    (Honeycomb, ising(lattices.kagome("infinite")), "not the infinite honeycomb"),
    (Kagome, EnergyLevels([0.0]), "no Ising model"),
    (IsingChain, ising(lattices.square(4, 4)), "no chain"),
    (IsingChain, ising(lattices.chain(3), coupling=[1.0, 1.0, 2.0]), "couplings differ"),
    (IsingChain, ising(lattices.chain(2), field=[1.0, 2.0]), "fields differ"),
    (CurieWeiss, ising(lattices.chain(3)), "no complete graph"),
    (CurieWeiss, ising(lattices.complete(3), coupling=[1.0, 1.0, 2.0]), "couplings differ"),
    (CurieWeiss, ising(lattices.complete(2), field=[1.0, 2.0]), "fields differ"),
    (Kaufman, ising(lattices.square(4, 4, periodic=(True, False))), "no finite square torus"),
    (Kaufman, ising(lattices.square(1, 1)), "one site"),
    (Kaufman, ising(lattices.square(4, 4), field=1.0), "in a field"),
    (Kaufman, ising(lattices.square(4, 4), coupling=np.arange(32.0)), "couplings differ"),
    (Kaufman, ising(lattices.square(4, 4), coupling=np.tile([0.0, 1.0], 16)), "falls apart into rings"),
    (Kaufman, ising(lattices.triangular(4, 4)), "no finite square torus"),
]


@pytest.mark.parametrize(("kind", "model", "reason"), DECLINED)
def test_what_a_form_does_not_cover_is_declined_and_not_answered_by_hand_either(kind, model, reason):
    method = kind()
    support = method.supports(model)
    assert not support
    assert reason in support.reason
    with pytest.raises(UnsupportedError, match=method.name):
        method.prepare(model)


ACCEPTED = [
    (Onsager, ising(lattices.square("infinite"), coupling=[1.0, -2.0])),
    (Triangular, ising(lattices.triangular("infinite"), coupling=-1.0)),
    (Honeycomb, ising(lattices.honeycomb("infinite"))),
    (Kagome, ising(lattices.kagome("infinite"))),
    (IsingChain, ising(lattices.chain("infinite"), field=1.0)),
    (IsingChain, ising(lattices.chain(1, periodic=False))),
    (CurieWeiss, ising(lattices.complete(1))),
    (Kaufman, ising(lattices.square(1, 2), coupling=-1.0)),
]


@pytest.mark.parametrize(("kind", "model"), ACCEPTED)
def test_what_a_form_covers_is_accepted_with_a_reason_and_a_cost(kind, model):
    method = kind()
    support = method.supports(model)
    assert support
    assert len(support.reason) > 20
    assert method.cost(model, 100).seconds < 0.1
    assert method.error_bound(model) == BOUND
    got = method.cumulants(method.prepare(model), np.array([0.0, 1.0]))
    assert got.observables == method.observables(model)


def test_fields_are_refused_where_there_is_no_form_in_a_field():
    for method, state in (
        (Kaufman(), TorusState((2, 2), (1.0, 1.0))),
        (Onsager(), Onsager().prepare(Ising(lattices.square("infinite")))),
    ):
        with pytest.raises(InputError, match="no closed form is known in a field"):
            method.cumulants(state, np.array([1.0]), np.array([0.1]))
        with pytest.raises(InputError, match="temperature"):
            method.cumulants(state, np.array([-0.0]))


# Properties ----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(list(INFINITE)),
    coupling=st.floats(0.05, 20.0) | st.floats(-20.0, -0.05),
    T=st.floats(0.01, 100.0) | st.floats(-100.0, -0.01),
)
def test_entropy_and_heat_capacity_stay_in_their_ranges_and_scale_with_the_coupling(name, coupling, T):
    th = thermodynamics(cumulants(name, T, coupling))
    assert 0 <= th.entropy[0] <= math.log(2) * (1 + 1e-15)
    assert th.heat_capacity[0] >= 0
    scaled = thermodynamics(cumulants(name, 2 * T, 2 * coupling))  # powers of two change no bit
    assert scaled.entropy[0] == th.entropy[0]
    assert scaled.heat_capacity[0] == th.heat_capacity[0]


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.tuples(st.integers(1, 9), st.integers(1, 12)).filter(lambda pair: pair[0] * pair[1] > 1),
    couplings=st.tuples(*[st.floats(0.1, 3.0) | st.floats(-3.0, -0.1)] * 2),
    T=st.floats(0.2, 20.0),
)
def test_tori_have_the_same_digits_whichever_way_they_are_turned(lengths, couplings, T):
    one = Kaufman().cumulants(TorusState(lengths, couplings), np.array([T]))
    other = Kaufman().cumulants(TorusState(lengths[::-1], couplings[::-1]), np.array([T]))
    assert one.reference[0] == pytest.approx(other.reference[0], rel=1e-15)
    for a, b in ((one.log_z, other.log_z), (one.mean, other.mean), (one.covariance, other.covariance)):
        np.testing.assert_allclose(a, b, rtol=BOUND)


@pytest.mark.parametrize("which", [*INFINITE, "kaufman", "kaufman frustrated", "ising_chain", "infinite chain"])
def test_a_point_has_the_same_bits_alone_and_in_company(which):
    method, state = {
        **{name: (m, m.prepare(Ising(lattices.make(name, shape="infinite")))) for name, m in INFINITE.items()},
        "kaufman": (Kaufman(), TorusState((12, 32), (1.0, 1.0))),
        "kaufman frustrated": (Kaufman(), TorusState((5, 8), (-1.0, 0.7))),
        "ising_chain": (IsingChain(), ChainState(777, True, 1.0, 0.01)),
        "infinite chain": (IsingChain(), ChainState(None, True, -1.0, 0.01)),
    }[which]
    T = np.array([0.0, 0.05, 0.3, 1.0, 1.5, 2.269, 2.3, 3.0, 5.0, np.inf, -1.0, -0.2])
    together = method.cumulants(state, T)
    for t in range(T.size):
        alone = method.cumulants(state, T[t : t + 1])
        for one, all_ in (
            (alone.log_z, together.log_z),
            (alone.mean, together.mean),
            (alone.covariance, together.covariance),
        ):
            assert one[0].tobytes() == all_[t].tobytes()
