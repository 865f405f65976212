"""Species with NASA polynomials, as an input file of Cantera (YAML, Cantera 2.5 and later)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import statmech
from statmech.errors import InputError
from statmech.molecular_constants import atoms_in
from statmech.nasa.polynomials import NasaPolynomials, fit

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["Species", "cantera_yaml", "species_of"]


@dataclass(frozen=True)
class Species:
    """A gas with its name, formula, polynomials and standard pressure (such as ``1 bar`` or ``101325 Pa``)."""

    name: str
    formula: str
    thermo: NasaPolynomials
    pressure: str = "1 bar"


def species_of(
    dataset: Dataset,
    terms: Literal[7, 9] = 7,
    joints: Sequence[float] | None = None,
    formation_enthalpy: float = 0.0,
    formula: str | None = None,
    name: str | None = None,
) -> list[Species]:
    """Every molecule of a Dataset as a species: one, or one for each value of a further axis.

    Parameters
    ----------
    dataset, terms, joints, formation_enthalpy
        As for :func:`statmech.nasa.fit`.
    formula : str, optional
        That of the results by default, or the label on the further axis.
    name : str, optional
        The formula by default.

    Raises
    ------
    InputError
        As the fit, or if a formula is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from statmech import solve
    >>> from statmech.models.molecule import Molecule
    >>> ds = solve(Molecule(28.0134, [1.98957], [2329.92], 2, formula="N2"), np.linspace(200, 3000, 141))
    >>> [one.name for one in species_of(ds)]
    ['N2']
    """
    variable = "heat_capacity_constant_pressure"
    dims = [str(dim) for dim in dataset[variable].dims if dim != "temperature"] if variable in dataset else []
    long = [dim for dim in dims if dataset.sizes[dim] > 1]
    dataset = dataset.isel({dim: 0 for dim in dims if dim not in long})
    pressure = str(dataset.attrs.get("model_standard_pressure", "1 bar"))
    if "; " in pressure:
        raise InputError(f"dataset: has several standard pressures ({pressure}); choose one with isel or sel")
    known = str(dataset.attrs.get("model_formula", ""))
    if not long:
        formula = formula or known
        if not formula:
            raise InputError("formula: is not in the results; give it (CH4) for the composition of the species")
        return [_one(dataset, terms, joints, formation_enthalpy, formula, name or formula, pressure)]
    if len(long) > 1 or formula is not None or name is not None or formation_enthalpy:
        raise InputError(
            f"dataset: one formula, name and enthalpy of formation is for one molecule; these results have the axes "
            f"{', '.join(long)}; choose one value with isel or sel"
        )
    labels = [str(value) for value in dataset[long[0]].values.tolist()]
    listed = known.split("; ")
    formulas = listed if len(listed) == len(labels) else labels
    return [
        _one(dataset.isel({long[0]: k}), terms, joints, 0.0, each, label, pressure)
        for k, (label, each) in enumerate(zip(labels, formulas, strict=True))
    ]


def _one(
    dataset: Dataset,
    terms: Literal[7, 9],
    joints: Sequence[float] | None,
    formation_enthalpy: float,
    formula: str,
    name: str,
    pressure: str,
) -> Species:
    atoms_in(formula)
    return Species(name, formula, fit(dataset, terms, joints, formation_enthalpy), pressure)


def cantera_yaml(species: Sequence[Species], phase: str = "gas") -> str:
    """An input file with an ideal-gas phase of these species.

    Parameters
    ----------
    species : sequence of Species
        With different names.
    phase : str
        Name of the phase.

    Returns
    -------
    str
        YAML for ``cantera.Solution``.

    Raises
    ------
    InputError
        If there is none, or two have one name.
    """
    names = [one.name for one in species]
    if not names or len(set(names)) < len(names):
        raise InputError(f"species: expected one or more with different names; got {names}")
    elements = dict.fromkeys(symbol for one in species for symbol in atoms_in(one.formula))
    lines = [
        "description: NASA polynomials fitted to ideal-gas thermodynamics",
        f"generator: statmech {statmech.__version__}",
        "",
        "phases:",
        f"- name: {_text(phase)}",
        "  thermo: ideal-gas",
        f"  elements: [{', '.join(map(_text, elements))}]",
        f"  species: [{', '.join(map(_text, names))}]",
        "  state: {T: 300 K, P: 1 bar}",
        "",
        "species:",
    ]
    for one in species:
        atoms = ", ".join(f"{_text(symbol)}: {count}" for symbol, count in atoms_in(one.formula).items())
        lines += [
            f"- name: {_text(one.name)}",
            f"  composition: {{{atoms}}}",
            "  thermo:",
            f"    model: NASA{one.thermo.terms}",
            f"    temperature-ranges: [{', '.join(repr(float(T)) for T in one.thermo.temperatures)}]",
            f"    reference-pressure: {one.pressure}",
            "    data:",
            *(f"    - [{', '.join(f'{value:.15e}' for value in row)}]" for row in one.thermo.coefficients),
            f"  note: {_text(_errors(one.thermo))}",
        ]
    return "\n".join([*lines, ""])


def _errors(thermo: NasaPolynomials) -> str:
    units = {"heat_capacity": ("Cp", "J/mol/K"), "enthalpy": ("H", "kJ/mol"), "entropy": ("S", "J/mol/K")}
    parts = [f"{units[name][0]} {value:.2g} {units[name][1]}" for name, value in thermo.errors.items()]
    return f"largest deviations of the fit: {', '.join(parts)}"


def _text(value: str) -> str:
    """In quotes: NO and N are no booleans."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
