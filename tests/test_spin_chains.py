"""Quantum spin chains: symmetry blocks against whole matrices, mpmath, published energies and free fermions."""

from __future__ import annotations

import itertools
import math
from functools import reduce

import mpmath as mp
import numpy as np
import oracles
import pytest

from statmech.errors import InputError, PrecisionError, UnsupportedError
from statmech.methods.diagonalization import Diagonalization
from statmech.methods.diagonalization import spectrum as chain_spectrum
from statmech.methods.diagonalization.spectrum import blocks
from statmech.models.spin_chain import SpinChain
from statmech.models.transverse_ising import TransverseIsing
from statmech.solve import compute, solve

TINY = 2.2250738585072014e-308
QUANTITIES = ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity")
# Levels are right to eps |H|, so weights to that over T: the bound that the method states.
BOUND = 1e-10

SX, SY, SZ = (np.array(m) / 2 for m in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]))


def site(matrix, i, n):
    return reduce(np.kron, [matrix if k == i else np.eye(2) for k in range(n)])


def whole_matrix(model):
    """H on all 2^n states, from products of Pauli matrices."""
    n = model.length
    h = np.zeros((2**n, 2**n), dtype=complex)
    for i, j in model.bonds:
        if isinstance(model, SpinChain):
            for s, factor in ((SX, 1), (SY, 1), (SZ, model.anisotropy)):
                h += model.coupling * factor * site(s, i, n) @ site(s, j, n)
        else:
            h -= 4 * model.coupling * site(SZ, i, n) @ site(SZ, j, n)
    for i in range(n):
        h -= (
            model.field * site(SZ, i, n)
            if isinstance(model, SpinChain)
            else 2 * model.transverse_field * site(SX, i, n)
        )
    return h


def energies_of(model):
    levels = Diagonalization().prepare(model).levels
    return np.sort(np.repeat(levels.energies, levels.degeneracies.astype(int)))


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 8])
def test_the_blocks_have_the_levels_of_the_whole_matrix(n, periodic):
    models = [
        SpinChain(n, periodic=periodic),
        SpinChain(n, -1.3, 0.4, periodic=periodic),
        SpinChain(n, 1.0, 0.0, periodic=periodic),
        TransverseIsing(n, 1.0, 0.7, periodic=periodic),
        TransverseIsing(n, -1.0, 1.5, periodic=periodic),
    ]
    for model in models:
        exact = np.linalg.eigvalsh(whole_matrix(model))
        assert np.allclose(energies_of(model), exact, rtol=0, atol=1e-14 * (1 + abs(exact).max()) * n)


def test_a_sector_left_out_is_noticed(monkeypatch):
    # the mutant: without the last sector states are missing
    exact = np.linalg.eigvalsh(whole_matrix(SpinChain(6)))
    assert energies_of(SpinChain(6)).size == exact.size == 64
    monkeypatch.setattr(chain_spectrum, "blocks", lambda h, periodic: list(blocks(h, periodic))[:-1])
    assert energies_of(SpinChain(6)).size < 64


@pytest.mark.parametrize("n", [4, 5, 6])
def test_magnetization_and_susceptibility_are_those_of_the_whole_matrix(n):
    for model in (SpinChain(n, field=0.37), SpinChain(n, 0.8, -0.5, field=-1.1, periodic=False)):
        E, v = np.linalg.eigh(whole_matrix(model))
        Mz = sum(site(SZ, i, n) for i in range(n))
        m = np.real(np.einsum("ai,ab,bi->i", v.conj(), Mz, v))
        m2 = np.real(np.einsum("ai,ab,bi->i", v.conj(), Mz @ Mz, v))
        ds = solve(model, [0.4, 2.0, -1.0])
        fields = solve(SpinChain(n, model.coupling, model.anisotropy, periodic=model.periodic), [0.4, 2.0, -1.0],
                       field=[0.0, model.field])  # fmt: skip
        for t, T in enumerate((0.4, 2.0, -1.0)):
            p = np.exp(-(E - E[0]) / T)
            p /= p.sum()
            assert float(ds.magnetization[t]) == pytest.approx(p @ m, rel=1e-11, abs=1e-13)
            assert float(ds.susceptibility[t]) == pytest.approx((p @ m2 - (p @ m) ** 2) / T, rel=1e-10)
            assert float(fields.susceptibility.sel(field=model.field)[t]) == pytest.approx(
                float(ds.susceptibility[t]), rel=1e-12
            )


def sector_levels(n, up):
    """Levels of the Heisenberg ring with so many spins up, in mpmath, from the definition."""
    states = [s for s in range(2**n) if s.bit_count() == up]
    place = {s: k for k, s in enumerate(states)}
    h = mp.zeros(len(states), len(states))
    for s in states:
        for i in range(n):
            j = (i + 1) % n
            if (s >> i & 1) == (s >> j & 1):
                h[place[s], place[s]] += mp.mpf(1) / 4
            else:
                h[place[s], place[s]] -= mp.mpf(1) / 4
                h[place[s ^ (1 << i | 1 << j)], place[s]] += mp.mpf(1) / 2
    return list(mp.eigsy(h, eigvals_only=True))


def test_the_heisenberg_ring_of_eight_from_deep_cold_to_hot():
    temperatures = np.geomspace(1e-3, 1e3, 25)
    with mp.workdps(25):
        levels = [(e, 1 if up == 4 else 2) for up in range(5) for e in sector_levels(8, up)]
        levels.sort()
        e0 = levels[0][0]
        # usually printed as -3.651093408937167, which is 8e-15 above what 25 digits give
        assert abs(e0 - mp.mpf("-3.6510934089371753")) < 1e-16
        th = compute(SpinChain(8), temperatures).thermodynamics
        assert abs(th.reference_energy[0] - float(e0)) < 4e-15
        worst = 0.0
        for t, T in enumerate(temperatures.tolist()):
            beta = 1 / mp.mpf(T)
            rest = [(beta * (e - e0), g * mp.exp(-beta * (e - e0))) for e, g in levels[1:]]
            total = mp.fsum(w for _, w in rest)
            mean = mp.fsum(y * w for y, w in rest) / (1 + total)
            variance = (mean**2 + mp.fsum((y - mean) ** 2 * w for y, w in rest)) / (1 + total)
            log_z = mp.log1p(total)
            exact = dict(zip(QUANTITIES, (-T * log_z, T * mean, log_z + mean, variance), strict=True))
            for name in QUANTITIES:
                worst = max(worst, oracles.relative_error(float(getattr(th, name)[t]), exact[name], TINY))
    assert worst < BOUND


@pytest.mark.parametrize(
    ("n", "energy"),
    [(4, -2.0), (6, -2.8027756377319946), (10, -4.515446354492046), (12, -5.387390917445203)],
)
def test_ground_energies_of_heisenberg_rings(n, energy):
    # 4: -2 J; 6: -(1 + sqrt 13)/2 - 1/2; 10 and 12 as in J. C. Bonner and M. E. Fisher, Phys. Rev. 135, A640 (1964)
    assert float(solve(SpinChain(n), 0.0).free_energy) == pytest.approx(energy, abs=2e-14)


def test_multiplets_are_whole_at_zero_temperature():
    ferromagnet = solve(SpinChain(7, coupling=-1.0), 0.0)
    assert float(ferromagnet.entropy) == pytest.approx(math.log(8), rel=1e-15)  # S = 7/2
    assert float(ferromagnet.free_energy) == pytest.approx(-7 / 4, rel=1e-14)
    odd = solve(SpinChain(5), 0.0)  # momenta k and -k, each with spin 1/2
    assert float(odd.entropy) == pytest.approx(math.log(4), rel=1e-15)
    assert float(solve(SpinChain(6), 0.0).entropy) == 0.0


def test_all_states_are_there_at_infinite_temperature():
    for model in (SpinChain(9), SpinChain(8, periodic=False), TransverseIsing(9), TransverseIsing(8, periodic=False)):
        assert float(solve(model, np.inf).entropy) == pytest.approx(model.length * math.log(2), rel=1e-14)


def test_xx_chains_are_free_fermions():
    # open XX chain: single-particle energies J cos(pi k / (n + 1)), half filled by particle-hole symmetry
    n = 9
    ladder = [math.cos(math.pi * k / (n + 1)) for k in range(1, n + 1)]
    for T in (0.05, 0.7, 4.0):
        exact = sum(math.log1p(math.exp(-e / T)) for e in ladder)
        assert float(solve(SpinChain(n, anisotropy=0.0, periodic=False), T).log_z) == pytest.approx(exact, rel=1e-11)


def fermion_energies(n, J, gamma):
    """Open chain: 2 x the singular values of the bidiagonal matrix of Lieb, Schultz and Mattis."""
    a = np.diag(np.full(n, gamma)) + np.diag(np.full(n - 1, J), 1)
    return 2 * np.linalg.svd(a, compute_uv=False)


@pytest.mark.parametrize(("J", "gamma"), [(1.0, 1.0), (1.0, 0.4), (-1.0, 2.0)])
def test_the_open_transverse_chain_is_its_free_fermions(J, gamma):
    n = 10
    modes = fermion_energies(n, J, gamma)
    for T in (0.1, 1.0, 10.0):
        ds = solve(TransverseIsing(n, J, gamma, periodic=False), T)
        x = modes / T
        log_z = np.sum(x / 2 + np.log1p(np.exp(-x)))
        assert float(ds.log_z) == pytest.approx(log_z, rel=1e-12)
        assert float(ds.heat_capacity) == pytest.approx(np.sum((x / 2 / np.cosh(x / 2)) ** 2), rel=1e-10)


@pytest.mark.parametrize(("J", "gamma"), [(1.0, 1.0), (1.0, 0.4), (0.5, 2.0)])
def test_the_transverse_ring_is_its_free_fermions(J, gamma):
    # even parity: half-integer momenta; odd: integer ones, where k = 0 and pi have their sign
    n = 10
    states = []
    for parity, ks in ((1, np.arange(n) + 0.5), (-1, np.arange(n))):
        q = 2 * np.pi * ks / n
        modes = 2 * np.sqrt(J * J + gamma * gamma - 2 * J * gamma * np.cos(q))
        if parity == -1:
            modes[0], modes[n // 2] = 2 * (gamma - J), 2 * (gamma + J)
        filled = (np.array(row) for row in itertools.product((0, 1), repeat=n) if (-1) ** sum(row) == parity)
        states.extend(float(np.dot(modes, row - 0.5)) for row in filled)
    assert np.allclose(np.sort(states), energies_of(TransverseIsing(n, J, gamma)), atol=3e-13)


def test_ising_and_dimer_limits():
    # Delta -> classical Ising chain: J = 0 leaves nothing, two spins are singlet and triplet
    dimer = solve(SpinChain(2, periodic=False), [0.3, 2.0])
    for t, T in enumerate((0.3, 2.0)):
        assert float(dimer.log_z[t]) == pytest.approx(0.75 / T + math.log1p(3 * math.exp(-1 / T)), rel=1e-14)
    nothing = solve(SpinChain(4, coupling=0.0, field=0.5), 1.0)
    assert float(nothing.log_z) == pytest.approx(4 * math.log(2 * math.cosh(0.25)), rel=1e-14)


def test_units_and_fields_go_together():
    meV = solve(SpinChain(6, coupling=1.0, field=0.5, unit="meV"), [5.0, 50.0, np.inf], output="reduced")
    plain = solve(SpinChain(6, field=0.5), [*(np.array([5.0, 50.0]) / 11.604518121550082), np.inf])
    assert np.allclose(meV.heat_capacity, plain.heat_capacity, rtol=1e-12)
    assert np.allclose(meV.magnetization, plain.magnetization, rtol=1e-12)
    assert np.allclose(meV.internal_energy, plain.internal_energy * 11.604518121550082, rtol=1e-12)


def test_what_lapack_cannot_resolve_is_refused():
    # an ordered chain: two ground states that tunnelling splits by about (Gamma/J)^n
    model = TransverseIsing(6, 1.0, 0.05)
    gap = np.diff(np.sort(np.linalg.eigvalsh(whole_matrix(model)))[:2])[0]
    assert 1e-9 < gap < 1e-7
    with pytest.raises(PrecisionError, match="raise the temperature above"):
        solve(model, gap / 10)
    assert float(solve(model, 0.0).entropy) == 0.0
    assert float(solve(model, 1e-2).entropy) == pytest.approx(math.log(2), rel=1e-9)
    assert float(solve(SpinChain(8), 1e-9).entropy) == 0.0  # nothing is left but the ground state: no digit is lost


def test_chains_that_are_too_long_say_so_before_any_work():
    with pytest.raises(UnsupportedError, match="20 spins exceed 18"):
        solve(SpinChain(20), 1.0)
    with pytest.raises(UnsupportedError, match=r"largest block has 16384 rows, more than 8300"):
        solve(TransverseIsing(16, periodic=False), 1.0)
    with pytest.raises(InputError, match="no field couples to it"):
        solve(TransverseIsing(4), 1.0, field=[0.1], method="diagonalization")
    with pytest.raises(InputError, match="length: expected an integer above 1; got 1"):
        SpinChain(1)


def test_the_planned_cost_grows_with_the_cube_of_the_blocks():
    method = Diagonalization()
    small, large = (method.cost(SpinChain(n, periodic=False), 10).seconds for n in (12, 16))
    assert 50 < large / small < 5000
    assert method.cost(SpinChain(16), 10).memory < 2e8
