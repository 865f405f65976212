"""Energy units and the constants behind them (SI 2019 exact; hartree, Rydberg and atomic mass from CODATA 2022).

Inside the package k_B = 1: energies are temperatures. A unit is applied once, where numbers come in or go out.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from statmech.errors import UnitError

__all__ = [
    "ATOMIC_MASS",
    "AVOGADRO",
    "BOLTZMANN",
    "ELEMENTARY_CHARGE",
    "ENERGY_UNITS",
    "GAS_CONSTANT",
    "HARTREE",
    "PLANCK",
    "SPEED_OF_LIGHT",
    "canonical_unit",
    "conversion_factor",
    "is_physical",
    "kelvin_per",
]

PLANCK: Final = 6.62607015e-34  # J s, exact
SPEED_OF_LIGHT: Final = 299792458.0  # m/s, exact
BOLTZMANN: Final = 1.380649e-23  # J/K, exact
AVOGADRO: Final = 6.02214076e23  # 1/mol, exact
ELEMENTARY_CHARGE: Final = 1.602176634e-19  # C, exact
GAS_CONSTANT: Final = 8.31446261815324  # J/mol/K, exact product N_A k_B
ATOMIC_MASS: Final = 1.66053906892e-27  # kg, the unified atomic mass unit, CODATA 2022 (relative uncertainty 3.1e-10)
HARTREE: Final = 4.3597447222060e-18  # J, CODATA 2022 (relative uncertainty 1.1e-12)

# unit -> kelvin per unit, E / k_B. "reduced" is the model's own unit with k_B = 1.
ENERGY_UNITS: Final = MappingProxyType(
    {
        "reduced": 1.0,
        "cm-1": PLANCK * SPEED_OF_LIGHT * 100.0 / BOLTZMANN,
        "eV": ELEMENTARY_CHARGE / BOLTZMANN,
        "meV": 1e-3 * ELEMENTARY_CHARGE / BOLTZMANN,
        "J": 1.0 / BOLTZMANN,
        "K": 1.0,
        "kJ/mol": 1000.0 / GAS_CONSTANT,
        "kcal/mol": 4184.0 / GAS_CONSTANT,  # thermochemical calorie
        "hartree": HARTREE / BOLTZMANN,
        "Ry": HARTREE / 2.0 / BOLTZMANN,
        "GHz": PLANCK * 1e9 / BOLTZMANN,
        "THz": PLANCK * 1e12 / BOLTZMANN,
    }
)

# Other spellings that mean exactly one thing. Case matters elsewhere (meV is not MeV).
_ALIASES: Final = {
    "1/cm": "cm-1",
    "cm^-1": "cm-1",
    "cm**-1": "cm-1",
    "cm⁻¹": "cm-1",
    "cm^{-1}": "cm-1",
    "wavenumber": "cm-1",
    "ev": "eV",
    "kelvin": "K",
    "joule": "J",
    "kJ mol-1": "kJ/mol",
    "kJ mol^-1": "kJ/mol",
    "kj/mol": "kJ/mol",
    "kcal mol-1": "kcal/mol",
    "kcal mol^-1": "kcal/mol",
    "Hartree": "hartree",
    "Eh": "hartree",
    "E_h": "hartree",
    "Ha": "hartree",
    "rydberg": "Ry",
    "Rydberg": "Ry",
}


def canonical_unit(unit: str) -> str:
    """The name under which an energy unit is known here.

    Raises
    ------
    UnitError
        If the unit is not one of :data:`ENERGY_UNITS` or a known other spelling.

    Examples
    --------
    >>> canonical_unit("1/cm")
    'cm-1'
    """
    if unit in ENERGY_UNITS:
        return unit
    if unit in _ALIASES:
        return _ALIASES[unit]
    near = get_close_matches(str(unit), [*ENERGY_UNITS, *_ALIASES], n=1, cutoff=0.5)
    hint = f"; did you mean {_ALIASES.get(near[0], near[0])!r}?" if near else ""
    raise UnitError(f"unit: expected one of {', '.join(ENERGY_UNITS)}; got {unit!r}{hint}")


def is_physical(unit: str) -> bool:
    """Whether a unit is tied to the kelvin: every one but ``reduced``.

    Examples
    --------
    >>> is_physical("cm-1"), is_physical("reduced")
    (True, False)
    """
    return canonical_unit(unit) != "reduced"


def kelvin_per(unit: str) -> float:
    """Temperature, in kelvin, of one unit of energy: E / k_B (1 for ``reduced``).

    Examples
    --------
    >>> round(kelvin_per("cm-1"), 12)  # the second radiation constant hc/k_B, in cm K
    1.438776877504
    """
    return ENERGY_UNITS[canonical_unit(unit)]


def conversion_factor(source: str, target: str) -> float:
    """How many ``target`` are in one ``source``.

    Raises
    ------
    UnitError
        If one of the two is ``reduced`` and the other is not: a reduced energy has no physical size.

    Examples
    --------
    >>> round(conversion_factor("eV", "cm-1"), 6)
    8065.543937
    """
    source, target = canonical_unit(source), canonical_unit(target)
    if source == target:
        return 1.0
    if "reduced" in (source, target):
        raise UnitError(
            f"unit: cannot convert {source!r} to {target!r}: reduced energies have no physical size; "
            "give the levels an energy unit (for example unit='cm-1')"
        )
    return ENERGY_UNITS[source] / ENERGY_UNITS[target]
