"""A molecule of an ideal gas: rigid rotor, harmonic oscillators, electronic levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen
from statmech.levels import EnergyLevels
from statmech.molecular_constants import MolecularConstants, atoms_in
from statmech.readers import read_levels
from statmech.readers.molecule_table import is_molecule_table, read_molecule
from statmech.readers.quantum_chemistry import read_quantum_chemistry
from statmech.units import canonical_unit, is_physical, kelvin_per

__all__ = ["Molecule", "QuasiHarmonic"]

Array = npt.NDArray[np.float64]

_PRESSURES = {"1 bar": 100_000.0, "1 atm": 101_325.0}


@runtime_checkable
class Listed(Protocol):
    """Anything that lists its levels: in Python a spectrum, a rotor, ...; YAML names a level file."""

    def levels(self) -> EnergyLevels:
        """All of them."""
        ...


@dataclass(frozen=True)
class QuasiHarmonic:
    """Low frequencies as something else than oscillators, for S and H; results of their own beside the harmonic ones.

    These mixtures have no partition function, so they are no part of log Z, F, U and S: they become the variables
    ``entropy_quasi_harmonic``, ``enthalpy_quasi_harmonic`` and ``gibbs_energy_quasi_harmonic``.

    Parameters
    ----------
    entropy : {"grimme", "truhlar", "harmonic"}
        ``grimme``: damped into free rotors (S. Grimme, Chem. Eur. J. 18, 9955 (2012)); ``truhlar``: frequencies below
        the cutoff are raised to it, in the entropy only (R. F. Ribeiro et al., J. Phys. Chem. B 115, 14556 (2011)).
    energy : {"harmonic", "head_gordon"}
        ``head_gordon``: damped into T/2 per mode, zero-point energy included (Y.-P. Li et al., J. Phys. Chem. C 119,
        1840 (2015)).
    cutoff : float
        In cm-1, on the scaled frequencies; both papers use 100.
    """

    entropy: Literal["grimme", "truhlar", "harmonic"] = "grimme"
    energy: Literal["harmonic", "head_gordon"] = "harmonic"
    cutoff: float = 100.0

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < math.inf:
            raise InputError(f"cutoff: expected a positive number of cm-1; got {self.cutoff}")

    @property
    def label(self) -> str:
        """For names of variables."""
        parts = [f"{name} {part}" for part, name in (("S", self.entropy), ("U", self.energy)) if name != "harmonic"]
        return f"{', '.join(parts) or 'harmonic'}, {self.cutoff:g} cm-1; no partition function"


@dataclass(frozen=True, eq=False, init=False)
class Molecule(Frozen):
    r"""H = p^2/2m + rigid rotor + sum over modes of hbar omega (n + 1/2) + electronic levels: one molecule of a gas.

    .. math:: Z = \left(\frac{2\pi m k_B T}{h^2}\right)^{3/2} \frac{e\,k_B T}{p^\circ} \;
              \frac{\sqrt{\pi}^{\,[n=3]}}{\sigma} \prod_{k=1}^{n} \sqrt{\frac{T}{\theta_k}} \;
              \prod_i \frac{e^{-\omega_i / 2T}}{1 - e^{-\omega_i / T}} \; \sum_j g_j e^{-\epsilon_j / T}

    per molecule of an ideal gas at the standard pressure (e is Stirling's N!^(-1/N) times N; a linear rotor has
    T/theta). Translation, rotation, vibration and electronic levels are independent systems: they add, and each is
    also given alone. F, U and C are those at constant volume; enthalpy, Gibbs energy and Cp have names of their own.
    Nuclear spin is not counted (the convention of JANAF and NASA). The numbers come from a table or a log (``file``),
    or one by one; what is given here goes before what the file says.

    Parameters
    ----------
    mass : float, optional
        In u.
    rotational_constants : list of float, optional
        None for an atom, one for a linear molecule, three otherwise, in ``rotational_unit``.
    frequencies : list of float, optional
        Of the normal modes, degenerate ones repeated, in ``unit``; imaginary ones negative.
    symmetry_number : int, optional
        Rotations that carry the molecule into itself: 2 for N2 and H2O, 3 for NH3, 12 for CH4 and C6H6.
    electronic : int, list of [energy, degeneracy], path-like or model
        Degeneracy of the only electronic level, a list of levels in ``unit``, a level file (such as NIST ASD), or in
        Python any model with levels. 1, or the multiplicity of the log, by default.
    file : path-like, optional
        A table of molecules (CSV) or the log of a quantum-chemistry program (extra ``chemistry``).
    name : str, optional
        Which molecule of a table.
    formula : str, optional
        Such as CH4: the number of modes is checked against it, and exports need it.
    energy : float, optional
        Electronic energy at the minimum, in ``energy_unit``; that of the log by default, else 0.
    energy_unit : str
        Its unit.
    pressure : float, "1 bar" or "1 atm"
        Standard pressure; a number is in Pa. JANAF and NASA use 1 bar, most programs 1 atm, which lowers S by
        R log 1.01325 = 0.109 J/mol/K.
    frequency_scale : float
        Factor on the frequencies.
    zpe_scale : float, optional
        Another factor for the zero-point energy; the same by default.
    imaginary : {"refuse", "drop"}
        ``drop`` leaves imaginary modes out, for transition states; the result says which.
    quasi_harmonic : QuasiHarmonic, optional
        Adds S, H and G with another treatment of low frequencies.
    unit : str
        Of frequencies and electronic levels given here.
    rotational_unit : str, optional
        Of the rotational constants given here, where it is another one (GHz).

    Raises
    ------
    InputError
        If something needed is missing or has no meaning, or a mode is imaginary (all of them are listed).
    FileFormatError
        If a file is not what it should be.

    Examples
    --------
    >>> nitrogen = Molecule(28.0134, [1.98957], [2329.92], symmetry_number=2, formula="N2")
    >>> [round(theta, 4) for theta in nitrogen.rotational_temperatures], nitrogen.notes["standard pressure"]
    ([2.8625], '1 bar')
    """

    mass: float
    rotational_temperatures: tuple[float, ...]
    vibrational_temperatures: tuple[float, ...]
    zero_point_energy: float
    symmetry_number: int
    electronic_levels: EnergyLevels
    energy: float
    pressure: float
    quasi_harmonic: QuasiHarmonic | None
    unit: str
    notes: Mapping[str, str]

    kind: ClassVar[str] = "molecule"
    sites: ClassVar[int | None] = None
    example: ClassVar[dict[str, object]] = {
        "mass": 28.0134, "rotational_constants": [1.98957], "frequencies": [2329.92], "symmetry_number": 2,
        "formula": "N2",
    }  # fmt: skip

    def __init__(
        self,
        mass: float | None = None,
        rotational_constants: Sequence[float] | None = None,
        frequencies: Sequence[float] | None = None,
        symmetry_number: int | None = None,
        electronic: int | list[tuple[float, float]] | Path | Listed | None = None,
        file: str | Path | None = None,
        name: str | None = None,
        formula: str | None = None,
        energy: float | None = None,
        energy_unit: str = "hartree",
        pressure: float | Literal["1 bar", "1 atm"] = "1 bar",
        frequency_scale: float = 1.0,
        zpe_scale: float | None = None,
        imaginary: Literal["refuse", "drop"] = "refuse",
        quasi_harmonic: QuasiHarmonic | None = None,
        unit: str = "cm-1",
        rotational_unit: str | None = None,
    ) -> None:
        units = {"unit": unit, "rotational_unit": rotational_unit or unit, "energy_unit": energy_unit}
        for key, value in units.items():
            units[key] = canonical_unit(value)
            if not is_physical(value):
                raise InputError(f"{key}: expected a physical unit such as cm-1; got {value!r}")
        constants = _of_file(file, name)
        if mass is None and constants is None:
            raise InputError("mass: is missing; give the mass in u, or a file (a table of molecules or a log)")
        found = constants or MolecularConstants(0.0)
        # From here on in kelvin.
        vib, rot = kelvin_per("cm-1"), kelvin_per("cm-1")
        if frequencies is not None:
            vib = kelvin_per(units["unit"])
        if rotational_constants is not None:
            rot = kelvin_per(units["rotational_unit"])
        weight = _positive("mass", found.mass if mass is None else mass)
        theta = _rotation(found.rotational_constants if rotational_constants is None else rotational_constants, rot)
        scale = _positive("frequency_scale", frequency_scale)
        zero_scale = scale if zpe_scale is None else _positive("zpe_scale", zpe_scale)
        wanted = found.frequencies if frequencies is None else frequencies
        modes, dropped = _vibrations(wanted, imaginary, units["unit"] if frequencies is not None else "cm-1")
        formula = _formula(formula, found, name, len(theta), len(wanted))
        _check_count(len(theta), len(wanted), formula)
        sigma, said = _symmetry(symmetry_number, found.symmetry_number, len(theta), constants is not None)
        levels = _electronic(electronic, found.degeneracy, units["unit"])
        bar = _PRESSURES.get(str(pressure)) if isinstance(pressure, str) else pressure
        if bar is None:
            raise InputError(f"pressure: expected a number of Pa, '1 bar' or '1 atm'; got {pressure!r}")
        depth = found.energy * kelvin_per("hartree") if energy is None else energy * kelvin_per(units["energy_unit"])
        if not math.isfinite(depth):
            raise InputError(f"energy: expected a finite number; got {energy}")
        set_field = object.__setattr__
        set_field(self, "mass", weight)
        set_field(self, "rotational_temperatures", tuple(theta))
        set_field(self, "vibrational_temperatures", tuple(scale * vib * mode for mode in modes))
        set_field(self, "zero_point_energy", 0.5 * zero_scale * vib * math.fsum(modes))
        set_field(self, "symmetry_number", sigma)
        set_field(self, "electronic_levels", levels)
        set_field(self, "energy", depth)
        set_field(self, "pressure", _positive("pressure", bar))
        set_field(self, "quasi_harmonic", quasi_harmonic)
        set_field(self, "unit", units["unit"])
        notes = dict(found.notes)
        notes |= {} if formula is None else {"formula": formula}
        notes |= _told(levels)
        notes |= {} if not theta else {"symmetry number": f"{sigma} ({said})"}
        notes |= {"scale factors": f"frequencies {scale:g}, zero-point energy {zero_scale:g}"} if modes else {}
        notes |= {"imaginary modes": dropped} if dropped else {}
        notes |= {"quasi harmonic": quasi_harmonic.label} if quasi_harmonic is not None else {}
        notes |= {
            "standard pressure": pressure if isinstance(pressure, str) else f"{bar:g} Pa",
            "nuclear spin": "not counted",
            "zero of energy": "that of the electronic energy, at which the bottom of the potential well lies"
            if depth
            else "the bottom of the potential well, below the zero-point energy",
            "heat capacity": "heat_capacity is that at constant volume",
        }
        set_field(self, "notes", frozen(notes))


def _of_file(file: str | Path | None, name: str | None) -> MolecularConstants | None:
    if file is None:
        if name is not None:
            raise InputError("name: is that of a molecule in a table; give the table as file too")
        return None
    if is_molecule_table(file):
        return read_molecule(file, name)
    if name is not None:
        raise InputError(f"name: {str(file)!r} is no table of molecules; leave it out")
    return read_quantum_chemistry(file)


def _positive(key: str, value: Any) -> float:
    if not (isinstance(value, (int, float, np.number)) and 0 < value < math.inf):
        raise InputError(f"{key}: expected a positive number; got {value!r}")
    return float(value)


def _rotation(constants: Sequence[float], scale: float) -> list[float]:
    if len(constants) not in (0, 1, 3):
        raise InputError(
            f"rotational_constants: expected none for an atom, one for a linear molecule or three; got {len(constants)}"
        )
    return [_positive("rotational_constants", value) * scale for value in constants]


def _vibrations(frequencies: Sequence[float], imaginary: str, unit: str) -> tuple[list[float], str]:
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


def _formula(given: str | None, found: MolecularConstants, name: str | None, rotors: int, modes: int) -> str | None:
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


def _check_count(rotors: int, modes: int, formula: str | None) -> None:
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


def _symmetry(given: int | None, found: int | None, rotors: int, from_file: bool) -> tuple[int, str]:
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


def _told(levels: EnergyLevels) -> dict[str, str]:
    """Where the electronic levels come from, and what the reader made of the file."""
    about = levels.notes
    if "source" not in about:
        return {}
    parts = [f"{len(levels)} of {about['source']}"]
    parts += [f"{key}: {about[key]}" for key in ("skipped", "warning") if about.get(key, "nothing") != "nothing"]
    return {"electronic levels": "; ".join(parts)}


def _electronic(given: Any, degeneracy: int, unit: str) -> EnergyLevels:
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
