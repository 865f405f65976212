"""What is known of one molecule: mass, rotational constants, frequencies; and its formula as numbers of atoms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from statmech.errors import InputError

__all__ = ["ELEMENTS", "MolecularConstants", "atoms_in"]

# By atomic number from 1; Z = 0 is none.
ELEMENTS: Final[tuple[str, ...]] = tuple(
    """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo
    Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl
    Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
    """.split()  # noqa: SIM905 (118 quoted symbols read worse)
)
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")
_FORMULA = re.compile(rf"(?:{_PART.pattern})+")


@dataclass(frozen=True)
class MolecularConstants:
    """Constants of one molecule as a file gives them; the model ``molecule`` checks and uses them.

    Attributes
    ----------
    mass : float
        In u, the unified atomic mass unit.
    rotational_constants : tuple of float
        In cm-1: none for an atom, one for a linear molecule, three otherwise.
    frequencies : tuple of float
        Wavenumbers of the normal modes in cm-1, degenerate ones repeated; an imaginary one is negative.
    symmetry_number : int or None
        Of rotation; None where the file does not say.
    degeneracy : int
        Of the electronic ground level.
    energy : float
        Electronic energy at the minimum, in hartree.
    formula : str or None
        For example ``CH4``.
    notes : mapping of str to str
        Where the numbers come from.
    """

    mass: float
    rotational_constants: tuple[float, ...] = ()
    frequencies: tuple[float, ...] = ()
    symmetry_number: int | None = None
    degeneracy: int = 1
    energy: float = 0.0
    formula: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


def atoms_in(formula: str) -> dict[str, int]:
    """Number of atoms of each element.

    Parameters
    ----------
    formula : str
        Symbols with counts, without brackets or charges: ``C2H5OH``.

    Returns
    -------
    dict
        In the order of first appearance.

    Raises
    ------
    InputError
        If it is no formula.

    Examples
    --------
    >>> atoms_in("CH3OH")
    {'C': 1, 'H': 4, 'O': 1}
    """
    if not _FORMULA.fullmatch(formula):
        raise InputError(f"formula: expected symbols of elements with counts, such as CH4; got {formula!r}")
    found: dict[str, int] = {}
    for symbol, count in _PART.findall(formula):
        if symbol not in ELEMENTS or count == "0":
            raise InputError(f"formula: {symbol + count!r} in {formula!r} is no element with a count")
        found[symbol] = found.get(symbol, 0) + int(count or 1)
    return found
