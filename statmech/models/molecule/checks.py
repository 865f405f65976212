"""What a molecule is made of, checked: every message names the key that is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.molecular_constants import MolecularConstants, atoms_in
from statmech.readers import read_levels
from statmech.readers.molecule_table import is_molecule_table, read_molecule
from statmech.readers.quantum_chemistry import read_quantum_chemistry
from statmech.units import is_physical

__all__ = [
    "Listed", "check_count", "constants_of", "electronic_levels", "formula_of", "origin_of", "positive", "real_modes",
    "rotational_temperatures", "symmetry_of",
]  # fmt: skip


@runtime_checkable
class Listed(Protocol):
    """Anything that lists its levels: in Python a spectrum, a rotor, ...; YAML names a level file."""

    def levels(self) -> EnergyLevels:
        """All of them."""
        ...


def constants_of(file: str | Path | None, name: str | None) -> MolecularConstants | None:
    """Constants of a table or a log; None where there is no file."""
    if file is None:
        if name is not None:
            raise InputError("name: is that of a molecule in a table; give the table as file too")
        return None
    if is_molecule_table(file):
        return read_molecule(file, name)
    if name is not None:
        raise InputError(f"name: {str(file)!r} is no table of molecules; leave it out")
    return read_quantum_chemistry(file)


def positive(key: str, value: Any) -> float:
    """A positive number."""
    if not (isinstance(value, (int, float, np.number)) and 0 < value < math.inf):
        raise InputError(f"{key}: expected a positive number; got {value!r}")
    return float(value)


def rotational_temperatures(constants: Sequence[float], scale: float) -> list[float]:
    """Rotational temperatures, in kelvin."""
    if len(constants) not in (0, 1, 3):
        raise InputError(
            f"rotational_constants: expected none for an atom, one for a linear molecule or three; got {len(constants)}"
        )
    return [positive("rotational_constants", value) * scale for value in constants]


def real_modes(frequencies: Sequence[float], imaginary: str, unit: str) -> tuple[list[float], str]:
    """Real modes, and what is to be said of the others."""
    modes = [float(value) for value in frequencies]
    wrong = [value for value in modes if value == 0 or not math.isfinite(value)]
    if wrong:
        raise InputError(f"frequencies: expected numbers other than 0; got {wrong[0]}")
    bad = [f"{value:g}" for value in modes if value < 0]
    if bad and imaginary != "drop":
        raise InputError(
            f"frequencies: {len(bad)} imaginary mode{'s' if len(bad) > 1 else ''} (written negative): "
            f"{', '.join(bad)} {unit}. This is no minimum; optimise the geometry further, or set imaginary: drop for a "
            "transition state"
        )
    return [value for value in modes if value > 0], f"left out: {', '.join(bad)} {unit}" if bad else ""


def formula_of(given: str | None, found: MolecularConstants, name: str | None, rotors: int, modes: int) -> str | None:
    """The formula: given, of the log, or the name in a table where that reads like one and fits."""
    if given is not None or found.formula is not None:
        formula = given or found.formula
        assert formula is not None
        atoms_in(formula)
        return formula
    name = name or found.notes.get("molecule")
    try:
        fits = name is not None and _modes_of(sum(atoms_in(name).values()), rotors) == modes
    except InputError:
        fits = False
    return name if fits else None


def _modes_of(atoms: int, rotors: int) -> int:
    return {0: 0, 1: 3 * atoms - 5, 3: 3 * atoms - 6}[rotors]


def check_count(rotors: int, modes: int, formula: str | None) -> None:
    """A linear molecule has 3N - 5 modes, another one 3N - 6, an atom none."""
    what = {0: "an atom (no rotational constants)", 1: "a linear molecule (one)", 3: "a nonlinear molecule (three)"}
    if formula is not None:
        atoms = sum(atoms_in(formula).values())
        if (atoms == 1) != (rotors == 0):
            raise InputError(f"rotational_constants: {formula} has {atoms} atoms; got constants of {what[rotors]}")
        if modes != _modes_of(atoms, rotors):
            raise InputError(
                f"frequencies: {formula} as {what[rotors]} has {_modes_of(atoms, rotors)} modes, degenerate ones "
                f"repeated; got {modes}"
            )
    elif rotors == 0 and modes:
        raise InputError(f"frequencies: {what[0]} has none; got {modes}: give the rotational constants too")
    elif rotors and (modes == 0 or modes % 3 != (1 if rotors == 1 else 0)):
        rule = "3N - 5 modes: 1, 4, 7, ..." if rotors == 1 else "3N - 6 modes: 3, 6, 9, ..."
        raise InputError(f"frequencies: {what[rotors]} has {rule}, degenerate ones repeated; got {modes}")


def symmetry_of(given: int | None, found: int | None, rotors: int, from_file: bool) -> tuple[int, str]:
    """The symmetry number, and where it comes from."""
    if rotors == 0:
        return 1, "an atom"
    if given is None and found is None:
        where = "the file does not say it; set it" if from_file else "is missing"
        raise InputError(
            f"symmetry_number: {where}: the number of rotations that carry the molecule into itself, 1 where there is "
            "no symmetry, 2 for N2, CO2 and H2O, 3 for NH3, 12 for CH4 and C6H6"
        )
    value = found if given is None else given
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise InputError(f"symmetry_number: expected a positive integer; got {value!r}")
    if given is None:
        return int(value), "of the file"
    return int(value), "given" + (f"; the file says {found}" if found not in (None, given) else "")


def origin_of(levels: EnergyLevels) -> dict[str, str]:
    """Where the electronic levels come from, and what the reader made of the file."""
    about = levels.notes
    if "source" not in about:
        return {}
    parts = [f"{len(levels)} of {about['source']}"]
    parts += [f"{key}: {about[key]}" for key in ("skipped", "warning") if about.get(key, "nothing") != "nothing"]
    return {"electronic levels": "; ".join(parts)}


def electronic_levels(given: Any, degeneracy: int, unit: str) -> EnergyLevels:
    """Electronic levels of whatever was given."""
    if given is None:
        given = degeneracy
    if isinstance(given, (str, Path)):
        return read_levels(given)
    if isinstance(given, Listed):
        levels = given.levels()
        if not is_physical(levels.unit):
            raise InputError("electronic: expected levels in a physical unit; these are reduced (k_B = 1)")
        return levels
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        if given < 1:
            raise InputError(f"electronic: expected a degeneracy of at least 1; got {given}")
        return EnergyLevels([0.0], [int(given)], unit=unit)
    try:
        pairs = [(float(level), float(g)) for level, g in given]
    except (TypeError, ValueError):
        raise InputError(
            f"electronic: expected a degeneracy, a list of [energy, degeneracy] or a level file; got {given!r}"
        ) from None
    try:
        return EnergyLevels([level for level, _ in pairs], [g for _, g in pairs], unit=unit)
    except InputError as problem:
        raise InputError(f"electronic: {problem}") from None
