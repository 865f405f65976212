"""Logs of quantum-chemistry programs (Gaussian, ORCA, and others that cclib reads)."""

from __future__ import annotations

import logging
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import FileFormatError, MissingDependencyError
from statmech.molecular_constants import ELEMENTS, MolecularConstants
from statmech.readers.base import existing_file
from statmech.units import ATOMIC_MASS, PLANCK, SPEED_OF_LIGHT, conversion_factor

__all__ = ["read_quantum_chemistry"]

Array = npt.NDArray[np.float64]

_INSTEAD = (
    "give mass, rotational_constants, frequencies and symmetry_number in the configuration instead, or the log of "
    "another program version"
)
_SYMMETRY_NUMBER = re.compile(r"(?:rotational )?symmetry number[:\s]+(\d+)", re.IGNORECASE)  # Gaussian, ORCA
_MASS = re.compile(r"Molecular mass:\s+(\d+\.\d+) amu")  # Gaussian: of the isotopes it used
_PRESSURE = re.compile(r"Pressure\s+(?:\.\.\.\s*)?(\d+\.\d+)\s*atm", re.IGNORECASE)
_LINEAR = 1e-6  # smallest over largest moment of inertia; logs print coordinates to 1e-6 angstrom


def read_quantum_chemistry(path: str | Path) -> MolecularConstants:
    """Constants of the molecule in a log with frequencies, through cclib.

    cclib gives frequencies, atoms, energies and multiplicity. The rotational symmetry number, which it does not give,
    and Gaussian's molecular mass are looked for in the text. Rotational constants are those of the log where cclib
    has them, otherwise those of the last geometry with the masses of the log. Of several jobs in one log, the last
    counts.

    Parameters
    ----------
    path : path-like
        The log.

    Returns
    -------
    MolecularConstants
        ``symmetry_number`` is None where the log prints none.

    Raises
    ------
    MissingDependencyError
        If cclib is not installed.
    FileFormatError
        If it is no log, cclib fails on it, the program did not end normally, or frequencies or masses are missing.
    """
    file = existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own imports
            from cclib.io.ccio import ccopen
            from cclib.parser.utils import convertor
    except ImportError:
        raise MissingDependencyError(
            f"{path}: reading quantum-chemistry logs needs cclib: pip install 'statmech[chemistry]' (or {_INSTEAD})"
        ) from None
    text = file.read_bytes().decode("latin-1")
    quiet, logger = logging.NullHandler(), logging.getLogger("cclib")
    logger.addHandler(quiet)  # otherwise its complaints go to the terminal beside ours
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # alignments of atoms and the like, of no use here
            opened = ccopen(str(file), loglevel=logging.CRITICAL + 1)
            log = None if opened is None else opened.parse()
    except Exception as problem:  # whatever its parsers stumble over
        words = str(problem).splitlines()
        detail = f"{type(problem).__name__}: {words[0]}" if words else type(problem).__name__
        raise FileFormatError(f"cclib cannot read this log ({detail}); {_INSTEAD}", path) from None
    finally:
        logger.removeHandler(quiet)
    if log is None or not len(getattr(log, "atomnos", ())):
        raise FileFormatError(
            "not recognised as the log of a quantum-chemistry program (nor a table of molecules: its header would be "
            f"name,mass_u,geometry,...); {_INSTEAD}",
            path,
        )
    about = dict(log.metadata)
    program = " ".join(str(about[key]) for key in ("package", "package_version") if key in about)
    if about.get("success") is False:
        raise FileFormatError(f"the program ({program}) did not end normally: the log is not to be relied on", path)
    atoms = [int(number) for number in log.atomnos]
    if len(atoms) > 1 and not hasattr(log, "vibfreqs"):
        raise FileFormatError("has no frequencies: run the program with its frequency keyword", path)
    masses = [float(m) for m in getattr(log, "atommasses", [])][: len(atoms)]
    mass, origin = _mass(path, text, masses, len(atoms))
    symmetry = [int(number) for number in _SYMMETRY_NUMBER.findall(text)]
    energy, kind = _energy(log, convertor)
    notes = {
        "source": f"{file.name} ({program})",
        "mass": f"{mass:g} u ({origin})",
        "rotational constants": "printed in the log",
        "electronic energy": f"{energy:.8f} hartree ({kind})",
    }
    pressures = _PRESSURE.findall(text)
    if pressures:
        notes["pressure of the log"] = f"{float(pressures[-1]):g} atm"
    if len(atoms) == 1:
        rotation: tuple[float, ...] = ()
        del notes["rotational constants"]
    elif hasattr(log, "rotconsts"):
        ghz = np.asarray(log.rotconsts, dtype=np.float64)[-1]
        rotation = _distinct(ghz[np.isfinite(ghz) & (ghz > 0)] * conversion_factor("GHz", "cm-1"))
    else:
        if len(masses) < len(atoms):
            raise FileFormatError(f"has neither rotational constants nor the masses of its atoms; {_INSTEAD}", path)
        rotation = _rotational_constants(np.asarray(log.atomcoords[-1], dtype=np.float64), np.array(masses))
        notes["rotational constants"] = "from the last geometry and the masses of the log"
    counts = Counter(ELEMENTS[number - 1] for number in atoms)
    order = sorted(counts, key=lambda symbol: ("C" in counts and {"C": 0, "H": 1}.get(symbol, 2), symbol))  # Hill
    return MolecularConstants(
        mass,
        rotation,
        tuple(float(value) for value in getattr(log, "vibfreqs", [])),
        symmetry[-1] if symmetry else None,
        int(getattr(log, "mult", 1)),
        energy,
        "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in order),
        notes,
    )


def _mass(path: str | Path, text: str, masses: list[float], count: int) -> tuple[float, str]:
    printed = _MASS.findall(text)
    if printed:
        return float(printed[-1]), "printed in the log"
    if len(masses) == count:
        return float(sum(masses)), "sum of the masses of the log"
    raise FileFormatError(f"has no masses of its atoms; {_INSTEAD}", path)


def _energy(log: Any, convertor: Any) -> tuple[float, str]:
    """The highest level of theory: coupled cluster, then Moller-Plesset, then SCF; cclib keeps eV of its own."""
    for name, kind in (("ccenergies", "coupled cluster"), ("mpenergies", "Moller-Plesset"), ("scfenergies", "SCF")):
        values = np.ravel(np.asarray(getattr(log, name, []), dtype=np.float64))
        if values.size:
            return float(convertor(float(values[-1]), "eV", "hartree")), kind
    return 0.0, "none in the log"


def _distinct(constants: Array) -> tuple[float, ...]:
    """One constant of a linear molecule (its two are equal, the third is not there), else three."""
    values = sorted((float(value) for value in constants), reverse=True)
    return tuple(values[-1:] if len(values) == 2 else values)


def _rotational_constants(positions: Array, masses: Array) -> tuple[float, ...]:
    """Rotational constants, in cm-1, of point masses (n,) in u at positions (n, 3) in angstrom."""
    x = positions - masses @ positions / masses.sum()
    inertia = np.eye(3) * np.sum(masses * np.sum(x * x, axis=1)) - (x * masses[:, None]).T @ x
    moments = np.linalg.eigvalsh(inertia) * ATOMIC_MASS * 1e-20  # kg m2, rising
    if moments[0] < _LINEAR * moments[2]:
        moments = moments[2:]
    return tuple(float(PLANCK / (8 * np.pi**2 * SPEED_OF_LIGHT * moment) / 100.0) for moment in moments)
