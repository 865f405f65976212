"""What column names mean: energies, weights and uncertainties, with their units."""

from __future__ import annotations

import re

__all__ = ["LIKE_A_WEIGHT", "NAMES", "means", "name_and_unit"]

# Header names, in lower case, that mean a quantity without being asked. `multiplicity` is none: it may be 2S + 1.
NAMES = {
    "energy": ("energy", "energies", "e", "energy level", "term value", "eigenvalue", "eigenvalues"),
    "degeneracy": (
        *("g", "deg", "degen", "degeneracy", "degeneracies", "degeneracy g", "g_i", "gi", "g_tot", "gtot", "2j+1"),
        *("weight", "stat. weight", "stat weight", "statistical weight", "statistical weights"),
    ),
    "log_degeneracy": ("log_g", "ln_g", "log g", "ln g", "log_degeneracy", "log_degeneracies"),
    "j": ("j",),
    "uncertainty": (
        *("uncertainty", "uncertainties", "unc", "unc.", "error", "errors", "sigma", "standard error", "std"),
        *("energy uncertainty", "energy error", "uncertainty_energy", "e_err", "e_unc"),
    ),
}
_ENERGY_WITH_UNIT = ("level", "levels")  # without one they may be numbered
# Beside J such a column may be a further factor of g; `g_J` is the Lande factor.
LIKE_A_WEIGHT = re.compile(r"g_?(?!j$)(ns|n|s|i|nuc\w*|spin\w*|el\w*|rot\w*|vib\w*)|.*(degen|weight).*")
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*(?:\[(?P<square>[^\]]*)\]|\((?P<round>[^)]*)\)|\s/\s*(?P<slash>\S+))\s*")


def means(quantity: str, name: str, unit: str | None) -> bool:
    """Whether a column of that name holds the quantity."""
    plain = re.sub(r"\s*\+\s*", "+", " ".join(name.lower().split()))
    return plain in NAMES[quantity] or (quantity == "energy" and unit is not None and plain in _ENERGY_WITH_UNIT)


def name_and_unit(text: str) -> tuple[str, str | None]:
    """``Energy [cm-1]`` as ``Energy``, ``cm-1``."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or not match["name"]:
        return text, None
    unit = next((part for part in (match["square"], match["round"], match["slash"]) if part is not None), "").strip()
    return match["name"], unit or None
