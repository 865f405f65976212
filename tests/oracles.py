r"""Thermodynamics by brute force, in integers, fractions and mpmath: what every exact test is measured against.

Nothing here is fast or clever, nothing rounds, and nothing is imported from ``statmech.methods``. Two steps:

1. **States**: a dictionary ``{(E, M): g}`` of exact energies (``Fraction``), magnetisations and degeneracies (``int``).
   ``ising``, ``potts`` and ``blume_capel`` list them on given bonds; ``of_model`` takes them from a model object (by
   its attributes only); ``spectrum`` from energies and degeneracies; ``with_field`` adds -h M. Couplings and
   fields are the exact values of the floats that were given: ``Fraction(0.1)`` is no tenth.
2. **A point**: ``point(states, T)`` is log Z, F, U, S, C, M, chi and their relative parts at one temperature as
   ``mpf`` of 50 digits. T = 0 (from above), negative and infinite temperatures are limits taken exactly.

``ground(states)`` gives E0 and its degeneracy, ``energy_counts(states)`` the density of states g(E) summed over M.

>>> states = ising(2, [(0, 1)])
>>> sorted((int(e), m, g) for (e, m), g in states.items())
[(-1, -2, 1), (-1, 2, 1), (1, 0, 2)]
>>> round(float(point(states, 2.0).log_z - mpmath.log(4 * mpmath.cosh(0.5))), 14)
0.0
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
from mpmath import mp, mpf

DIGITS = 50
States = Mapping[tuple[Fraction, int], int]
Number = float | int | Fraction


# States of lattice models -------------------------------------------------------------------------------------------


def ising(sites: int, bonds: Iterable[Sequence[int]], couplings: Any = 1, fields: Any = 0) -> States:
    """H = -sum J s s - sum h s, s = +-1; M = sum s. A self-loop (i, i) adds -J, a repeated bond counts twice.

    Parameters
    ----------
    sites : int
    bonds : pairs (i, j)
    couplings, fields : one number, or one per bond and per site
    """
    return _lattice_states(
        sites, bonds, couplings, fields, values=(1, -1), pair=lambda a, b: -a * b, site=lambda a, h, d: -h * a,
        moment=lambda a: a,
    )  # fmt: skip


def potts(sites: int, bonds: Iterable[Sequence[int]], states: int, couplings: Any = 1, fields: Any = 0) -> States:
    """H = -sum J delta(s, s') - sum h delta(s, 0), s = 0 ... q-1; M = number of sites in state 0."""
    return _lattice_states(
        sites, bonds, couplings, fields, values=range(states), pair=lambda a, b: -int(a == b),
        site=lambda a, h, d: -h * (a == 0), moment=lambda a: int(a == 0),
    )  # fmt: skip


def blume_capel(
    sites: int, bonds: Iterable[Sequence[int]], couplings: Any = 1, anisotropies: Any = 0, fields: Any = 0
) -> States:
    """H = -sum J s s + sum D s^2 - sum h s, s = -1, 0, 1; M = sum s."""
    return _lattice_states(
        sites, bonds, couplings, fields, anisotropies, values=(-1, 0, 1), pair=lambda a, b: -a * b,
        site=lambda a, h, d: d * a * a - h * a, moment=lambda a: a,
    )  # fmt: skip


def of_model(model: Any, field: Number | None = None) -> States:
    """States of an ``Ising``, ``Potts`` or ``BlumeCapel`` object; ``field``: uniform, in place of its own."""
    bonds = [tuple(bond) for bond in model.lattice.bonds.tolist()]
    couplings = model.couplings.tolist()
    fields = model.fields.tolist() if field is None else field
    if model.kind == "ising":
        return ising(model.sites, bonds, couplings, fields)
    if model.kind == "potts":
        return potts(model.sites, bonds, model.states, couplings, fields)
    if model.kind == "blume_capel":
        return blume_capel(model.sites, bonds, couplings, model.anisotropies.tolist(), fields)
    raise ValueError(f"no oracle for {model.kind!r}")


def spectrum(energies: Iterable[Number], degeneracies: Iterable[int] | None = None) -> States:
    """States of listed levels, all with M = 0."""
    levels = [Fraction(e) for e in energies]
    counts = [1] * len(levels) if degeneracies is None else list(degeneracies)
    states: Counter[tuple[Fraction, int]] = Counter()
    for energy, g in zip(levels, counts, strict=True):
        states[energy, 0] += g
    return states


def with_field(states: States, field: Number) -> States:
    """The same system in a uniform field h: H - h M."""
    h = Fraction(field)
    return {(energy - h * m, m): g for (energy, m), g in states.items()}


def energy_counts(states: States) -> dict[Fraction, int]:
    """Density of states g(E), summed over M, in rising order of E."""
    counts: Counter[Fraction] = Counter()
    for (energy, _), g in states.items():
        counts[energy] += g
    return dict(sorted(counts.items()))


def ground(states: States) -> tuple[Fraction, int]:
    """E0 and its exact degeneracy."""
    energy = min(energy for energy, _ in states)
    return energy, sum(g for (e, _), g in states.items() if e == energy)


def _lattice_states(
    sites: int,
    bonds: Iterable[Sequence[int]],
    couplings: Any,
    fields: Any,
    anisotropies: Any = 0,
    *,
    values: Sequence[int],
    pair: Callable[[int, int], int],
    site: Callable[[int, Any, Any], Any],
    moment: Callable[[int], int],
) -> States:
    """Set one site after the other; each adds its own term and its bonds to the sites already set."""
    bonds = [tuple(bond) for bond in bonds]
    exact = [_exact(couplings, len(bonds)), _exact(fields, sites), _exact(anisotropies, sites)]
    scale = math.lcm(*(x.denominator for row in exact for x in row))  # integers below, fractions at the end
    J, h, D = ([int(x * scale) for x in row] for row in exact)
    back: list[list[tuple[int, int]]] = [[] for _ in range(sites)]
    for (i, j), coupling in zip(bonds, J, strict=True):
        back[max(i, j)].append((min(i, j), coupling))
    counts: Counter[tuple[int, int]] = Counter()
    chosen = [0] * sites

    def place(i: int, energy: int, m: int) -> None:
        if i == sites:
            counts[energy, m] += 1
            return
        for a in values:
            chosen[i] = a
            added = sum(coupling * pair(a, chosen[j]) for j, coupling in back[i])
            place(i + 1, energy + added + site(a, h[i], D[i]), m + moment(a))

    place(0, 0, 0)
    return {(Fraction(energy, scale), m): g for (energy, m), g in counts.items()}


def _exact(given: Any, count: int) -> list[Fraction]:
    values = [given] * count if isinstance(given, (int, float, Fraction)) else list(given)
    assert len(values) == count, f"expected {count} values, got {len(values)}"
    return [Fraction(value) for value in values]


# Thermodynamics of states -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """One system at one temperature, k_B = 1; all mpf of 50 digits.

    ``reference`` is E0, the lowest energy (the highest for T < 0), and ``log_z_relative`` = log Z + beta E0 =
    log sum g exp(-beta (E - E0)). At T = 0 log Z is +-inf, or log g0 if E0 = 0; the rest are limits from above.
    """

    temperature: float
    reference: mpf
    log_z: mpf
    log_z_relative: mpf
    free_energy: mpf
    free_energy_excess: mpf  # F - E0
    internal_energy: mpf
    internal_energy_excess: mpf  # U - E0
    entropy: mpf
    heat_capacity: mpf
    magnetization: mpf  # <M>, total
    susceptibility: mpf  # beta Var M
    magnetization_variance: mpf
    energy_magnetization: mpf  # Cov(H, M)


def point(states: States, temperature: float, digits: int = DIGITS) -> Point:
    """Everything at one temperature, by summing the states.

    The ground states are kept out of the sum, so that with ``digits`` digits log Z - log g0 = 1e-300 has them all.
    """
    with mp.workdps(digits):
        negative = temperature < 0
        e0 = (max if negative else min)(energy for energy, _ in states)
        beta = mpf(0) if math.isinf(temperature) else mp.inf if temperature == 0 else 1 / mpf(temperature)
        zero = [(m, g) for (energy, m), g in states.items() if energy == e0]
        g0 = mpf(sum(g for _, g in zero))
        terms = [(mpf(0), m, g / g0) for m, g in zero]
        if temperature != 0:
            gaps = [(_mpf(energy - e0), m, g) for (energy, m), g in states.items() if energy != e0]
            terms += [(gap, m, mp.exp(-beta * gap) * g / g0) for gap, m, g in gaps]
        rest = mp.fsum(w for gap, _, w in terms if gap != 0)
        z = 1 + rest
        log_relative = mp.log(g0) + mp.log1p(rest)
        gap_mean = mp.fsum(gap * w for gap, _, w in terms) / z
        m_mean = mp.fsum(m * w for _, m, w in terms) / z
        gap_var = mp.fsum((gap - gap_mean) ** 2 * w for gap, _, w in terms) / z
        m_var = mp.fsum((m - m_mean) ** 2 * w for _, m, w in terms) / z
        cov = mp.fsum((gap - gap_mean) * (m - m_mean) * w for gap, m, w in terms) / z
        reference = _mpf(e0)
        if temperature == 0:
            log_z = log_relative if e0 == 0 else mp.inf * (-1 if e0 > 0 else 1)
            f_excess, entropy, heat, chi = mpf(0), log_relative, mpf(0), mp.inf if m_var else mpf(0)
        elif beta == 0:
            log_z, entropy, heat, chi = log_relative, log_relative, mpf(0), mpf(0)
            f_excess = mpf(0) if log_relative == 0 else -mp.inf * (-1 if negative else 1)
        else:
            log_z = log_relative - beta * reference
            f_excess = -log_relative / beta
            entropy, heat, chi = log_relative + beta * gap_mean, beta**2 * gap_var, beta * m_var
        return Point(
            temperature, reference, log_z, log_relative, reference + f_excess, f_excess, reference + gap_mean,
            gap_mean, entropy, heat, m_mean, chi, m_var, cov,
        )  # fmt: skip


def relative_error(value: float, exact: mpf, floor: float = 0.0) -> float:
    """|value - exact| / max(|exact|, floor); 0 for equal infinities, inf for anything else that is not finite."""
    if mpmath.isinf(exact) or not math.isfinite(value):
        return 0.0 if value == exact else math.inf
    with mp.workdps(DIGITS):
        difference = abs(mpf(value) - exact)
        scale = max(abs(exact), mpf(floor))
        return 0.0 if difference == 0 else float(difference / scale) if scale else math.inf


def _mpf(value: Fraction) -> mpf:
    return mpf(value.numerator) / value.denominator
