"""Energy levels as a Table and back, exact degeneracies included."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.tables import Table, Variable

__all__ = ["levels_of", "table_of"]

_CONTENT = "energy levels"


def table_of(levels: EnergyLevels) -> Table:
    """Columns over ``level``; integer degeneracies of any size as decimal text with log g beside them.

    Examples
    --------
    >>> table_of(EnergyLevels([0.0, 1.0], [1, 3**50]))["exact_degeneracy"].values
    array(['1', '717897987691852588770249'], dtype=object)
    """

    def column(values: Any, **attributes: str) -> Variable:
        return Variable(("level",), values, attributes)

    unit = "1" if levels.unit == "reduced" else levels.unit
    columns = {"energy": column(levels.energies, units=unit, long_name="energy above the offset")}
    if levels.exact_degeneracies is not None:
        digits = np.array([str(g) for g in levels.exact_degeneracies], dtype=object)
        columns["exact_degeneracy"] = column(digits, long_name="degeneracy, exact")
    elif levels.degeneracies is not None:
        columns["degeneracy"] = column(levels.degeneracies, units="1", long_name="degeneracy")
    columns["log_degeneracy"] = column(levels.log_g, units="1", long_name="logarithm of the degeneracy")
    if levels.uncertainties is not None:
        columns["uncertainty"] = column(levels.uncertainties, units=unit, long_name="standard error of the energy")
    columns |= {f"observable_{name}": column(values) for name, values in levels.observables.items()}
    attributes: dict[str, Any] = {"content": _CONTENT, "unit": levels.unit, "offset": levels.offset}
    if levels.sites is not None:
        attributes["sites"] = levels.sites
    if levels.truncated:
        attributes["truncated"] = 1
    if levels.ionization_limit is not None:
        attributes["ionization_limit"] = levels.ionization_limit
    attributes["notes"] = json.dumps(dict(levels.notes), ensure_ascii=False)
    return Table(columns, attributes=attributes)


def levels_of(table: Table) -> EnergyLevels:
    """The levels of a Table made by :func:`table_of`.

    Raises
    ------
    InputError
        If the Table holds something else than levels.

    Examples
    --------
    >>> levels_of(table_of(EnergyLevels([0.0, 1.0], [1, 3**50]))).exact_degeneracies
    (1, 717897987691852588770249)
    """
    about = table.attributes
    if about.get("content") != _CONTENT:
        raise InputError("holds no energy levels but results; read it with open_results")
    columns = {name: variable.values for name, variable in table.variables.items()}
    degeneracies: Any = columns.get("degeneracy")
    if "exact_degeneracy" in columns:
        degeneracies = [int(digits) for digits in columns["exact_degeneracy"]]
    return EnergyLevels(
        columns["energy"],
        degeneracies,
        log_degeneracies=columns["log_degeneracy"] if degeneracies is None else None,
        unit=about["unit"],
        offset=about["offset"],
        sites=about.get("sites"),
        notes=json.loads(about["notes"]),
        uncertainties=columns.get("uncertainty"),
        truncated=bool(about.get("truncated", 0)),
        ionization_limit=about.get("ionization_limit"),
        observables={
            name.removeprefix("observable_"): values
            for name, values in columns.items()
            if name.startswith("observable_")
        },
    )
