"""A molecule of an ideal gas: rigid rotor, harmonic oscillators, electronic levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen
from statmech.levels import EnergyLevels
from statmech.models.molecule.checks import (
    Listed,
    check_count,
    constants_of,
    electronic_levels,
    formula_of,
    origin_of,
    positive,
    real_modes,
    rotational_temperatures,
    symmetry_of,
)
from statmech.models.molecule.quasi_harmonic import QuasiHarmonic
from statmech.molecular_constants import MolecularConstants
from statmech.units import canonical_unit, is_physical, kelvin_per

__all__ = ["Molecule", "QuasiHarmonic"]

_PRESSURES = {"1 bar": 100_000.0, "1 atm": 101_325.0}


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
        constants = constants_of(file, name)
        if mass is None and constants is None:
            raise InputError("mass: is missing; give the mass in u, or a file (a table of molecules or a log)")
        found = constants or MolecularConstants(0.0)
        # From here on in kelvin.
        vib, rot = kelvin_per("cm-1"), kelvin_per("cm-1")
        if frequencies is not None:
            vib = kelvin_per(units["unit"])
        if rotational_constants is not None:
            rot = kelvin_per(units["rotational_unit"])
        weight = positive("mass", found.mass if mass is None else mass)
        theta = rotational_temperatures(
            found.rotational_constants if rotational_constants is None else rotational_constants, rot
        )
        scale = positive("frequency_scale", frequency_scale)
        zero_scale = scale if zpe_scale is None else positive("zpe_scale", zpe_scale)
        wanted = found.frequencies if frequencies is None else frequencies
        modes, dropped = real_modes(wanted, imaginary, units["unit"] if frequencies is not None else "cm-1")
        formula = formula_of(formula, found, name, len(theta), len(wanted))
        check_count(len(theta), len(wanted), formula)
        sigma, said = symmetry_of(symmetry_number, found.symmetry_number, len(theta), constants is not None)
        levels = electronic_levels(electronic, found.degeneracy, units["unit"])
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
        set_field(self, "pressure", positive("pressure", bar))
        set_field(self, "quasi_harmonic", quasi_harmonic)
        set_field(self, "unit", units["unit"])
        given = {"mass": mass, "rotational constants": rotational_constants, "electronic energy": energy}
        notes = {
            key: text if given.get(key) is None else "given, in place of the file's"
            for key, text in found.notes.items()
        }
        notes |= {} if formula is None else {"formula": formula}
        notes |= origin_of(levels)
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
