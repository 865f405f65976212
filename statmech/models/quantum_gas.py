"""Ideal gases of identical particles over single-particle levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from statmech.errors import InputError
from statmech.units import canonical_unit

__all__ = ["BoseGas", "FermiGas"]


@dataclass(frozen=True)
class BoseGas:
    r"""H = sum_i epsilon_i n_i, n_i = 0, 1, 2, ...: bosons without interaction, in the grand canonical ensemble.

    .. math:: \log \Xi = -\sum_i g_i \log\left(1 - e^{-(\epsilon_i - \mu)/T}\right), \quad
              F = -T \log\Xi + \mu N, \quad C_N = \beta^2 \left[\operatorname{Var} E
              - \operatorname{Cov}(E, N)^2 / \operatorname{Var} N\right]

    Either the mean number of particles is given, and mu follows at every temperature, or mu below the lowest level.
    U excludes -mu N, C is at constant N, and the zero-temperature reference is E_0 = N epsilon_0. The number
    fluctuates: a condensate of N keeps the entropy 1 + log N of its fluctuations, as this ensemble has it.

    Parameters
    ----------
    energies : sequence of float
        epsilon_i in ``unit``, in any order.
    degeneracies : sequence of float, optional
        g_i, positive; 1 where not given (spin included: 2 S + 1).
    particles : float, optional
        Mean number of particles, positive; 1 where neither it nor mu is given.
    chemical_potential : float, optional
        mu in ``unit``, below all energies.
    unit : str
        Unit of energies; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If there is no level, a number is not finite or positive, both N and mu are given, or mu is not below the
        lowest level.

    Examples
    --------
    >>> BoseGas([0.0, 1.0], particles=1000.0).number
    1000.0
    """

    energies: Sequence[float]
    degeneracies: Sequence[float] | None = None
    particles: float | None = None
    chemical_potential: float | None = None
    unit: str = "reduced"

    kind: ClassVar[str] = "bose_gas"
    sites: ClassVar[int | None] = None
    grand_canonical: ClassVar[bool] = True

    def __post_init__(self) -> None:
        energies, weights = _levels(self.energies, self.degeneracies)
        _particles(self.particles, self.chemical_potential)
        if self.chemical_potential is not None and not self.chemical_potential < min(energies):
            raise InputError(
                f"chemical_potential: expected mu below the lowest level {min(energies)}, where bosons would be "
                f"infinitely many; got {self.chemical_potential}"
            )
        object.__setattr__(self, "energies", energies)
        object.__setattr__(self, "degeneracies", weights)
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def number(self) -> float | None:
        """N where it is fixed, None where mu is."""
        return None if self.chemical_potential is not None else float(self.particles or 1.0)


@dataclass(frozen=True)
class FermiGas:
    r"""H = sum_i epsilon_i n_i, n_i = 0 or 1 on each of g_i states: fermions without interaction, grand canonical.

    .. math:: \log \Xi = \sum_i g_i \log\left(1 + e^{-(\epsilon_i - \mu)/T}\right), \quad
              F = -T \log\Xi + \mu N, \quad C_N = \beta^2 \left[\operatorname{Var} E
              - \operatorname{Cov}(E, N)^2 / \operatorname{Var} N\right]

    Either the mean number of particles is given, and mu follows at every temperature, or mu. U excludes -mu N, C is
    at constant N, and the reference is the energy E_0 of N particles in the lowest levels. A level that N fills in
    part keeps its entropy at T = 0.

    Parameters
    ----------
    energies : sequence of float
        epsilon_i in ``unit``, in any order.
    degeneracies : sequence of float, optional
        g_i, positive; 1 where not given (spin included: 2 S + 1).
    particles : float, optional
        Mean number of particles, positive and at most the number of states; 1 where neither it nor mu is given.
    chemical_potential : float, optional
        mu in ``unit``.
    unit : str
        Unit of energies; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If there is no level, a number is not finite or positive, both N and mu are given, or there are more particles
        than states.

    Examples
    --------
    >>> FermiGas([0.0, 1.0], [2, 2], particles=3).number
    3.0
    """

    energies: Sequence[float]
    degeneracies: Sequence[float] | None = None
    particles: float | None = None
    chemical_potential: float | None = None
    unit: str = "reduced"

    kind: ClassVar[str] = "fermi_gas"
    sites: ClassVar[int | None] = None
    grand_canonical: ClassVar[bool] = True

    def __post_init__(self) -> None:
        energies, weights = _levels(self.energies, self.degeneracies)
        _particles(self.particles, self.chemical_potential)
        states = math.fsum(weights)
        if (self.particles or 1.0) > states and self.chemical_potential is None:
            raise InputError(f"particles: expected at most one per state, {states:g}; got {self.particles or 1.0}")
        object.__setattr__(self, "energies", energies)
        object.__setattr__(self, "degeneracies", weights)
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def number(self) -> float | None:
        """N where it is fixed, None where mu is."""
        return None if self.chemical_potential is not None else float(self.particles or 1.0)


def _levels(
    energies: Sequence[float], degeneracies: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    levels = tuple(map(float, energies))
    if not levels or not all(map(math.isfinite, levels)):
        raise InputError(f"energies: expected at least one finite number; got {list(levels)[:5]}")
    weights = tuple([1.0] * len(levels) if degeneracies is None else map(float, degeneracies))
    if len(weights) != len(levels) or not all(0 < g < math.inf for g in weights):
        raise InputError(f"degeneracies: expected {len(levels)} positive numbers; got {list(weights)[:5]}")
    return levels, weights


def _particles(particles: float | None, chemical_potential: float | None) -> None:
    if particles is not None and chemical_potential is not None:
        raise InputError("particles: give either particles or chemical_potential, not both")
    if particles is not None and not 0 < particles < math.inf:
        raise InputError(f"particles: expected a positive number; got {particles}")
    if chemical_potential is not None and not math.isfinite(chemical_potential):
        raise InputError(f"chemical_potential: expected a finite number; got {chemical_potential}")
