"""NASA polynomials of ideal-gas species, fitted to results and written for Cantera."""

from __future__ import annotations

from statmech.nasa.cantera import Species, cantera_yaml, species_of
from statmech.nasa.polynomials import NasaPolynomials, fit

__all__ = ["NasaPolynomials", "Species", "cantera_yaml", "fit", "species_of"]
