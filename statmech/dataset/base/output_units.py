"""How results leave the engine: units, per system or per site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from statmech.errors import InputError, UnitError
from statmech.units import GAS_CONSTANT, canonical_unit, is_physical, kelvin_per

__all__ = ["OutputUnits"]


@dataclass(frozen=True)
class OutputUnits:
    """How results leave the engine.

    Parameters
    ----------
    output : str or None
        ``molar`` (kJ/mol and J/mol/K), ``reduced`` (energies as E/k_B in K, entropies in k_B), an energy unit
        (entropies in unit/K), or None: molar for physical levels, reduced otherwise.
    per : {"system", "site"}
        Whether extensive quantities are divided by the number of sites.

    Raises
    ------
    InputError, UnitError
        If one of them is unknown.
    """

    output: str | None = None
    per: Literal["system", "site"] = "system"

    def __post_init__(self) -> None:
        if self.per not in ("system", "site"):
            raise InputError(f"per: expected 'system' or 'site'; got {self.per!r}")
        if self.output not in (None, "molar", "reduced"):
            object.__setattr__(self, "output", canonical_unit(str(self.output)))

    def scales(self, unit: str) -> dict[str, tuple[float, str]]:
        """Factor and unit name of each nature of quantity, for a model with energies in ``unit``.

        Raises
        ------
        UnitError
            If a physical output is asked of a model without a physical unit.

        Examples
        --------
        >>> OutputUnits("molar").scales("cm-1")["entropy"]
        (8.31446261815324, 'J/mol/K')
        """
        output = self.output or ("molar" if is_physical(unit) else "reduced")
        if output != "reduced" and not is_physical(unit):
            raise UnitError(
                f"units: output {output!r} needs levels in a physical unit; these are reduced (k_B = 1): "
                "give the model a unit, or leave output out"
            )
        if output == "molar":
            energy, entropy = (GAS_CONSTANT * 1e-3, "kJ/mol"), (GAS_CONSTANT, "J/mol/K")
        elif output == "reduced":
            energy, entropy = (1.0, "K" if is_physical(unit) else "1"), (1.0, "k_B")
        else:
            energy, entropy = (1.0 / kelvin_per(output), output), (1.0 / kelvin_per(output), f"{output}/K")
        inverse = "1" if energy[1] == "1" else f"1/({energy[1]})" if "/" in energy[1] else f"1/{energy[1]}"
        return {
            "number": (1.0, "1"),
            "intensive": (1.0, "1"),
            "energy": energy,
            "entropy": entropy,
            "per energy": (1.0 / energy[0], inverse),
        }
