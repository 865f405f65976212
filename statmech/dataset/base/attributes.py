"""What results say of themselves as a whole: method, exactness, units, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from statmech.dataset.base.output_units import OutputUnits
from statmech.dataset.base.solution import Solution
from statmech.units import is_physical

__all__ = ["attributes_of"]


def attributes_of(
    solutions: Sequence[Solution], output: OutputUnits, per_site: bool, missing: Mapping[str, str]
) -> dict[str, Any]:
    """Attributes of a whole sweep.

    Parameters
    ----------
    solutions : sequence of Solution
        At least one.
    output : OutputUnits
        Units of the results.
    per_site : bool
        Whether extensive quantities are divided by the number of sites.
    missing : mapping of str to str
        Quantities that are left out, and why.

    Returns
    -------
    dict
        Text and numbers by name.
    """
    first = solutions[0]
    methods = list(dict.fromkeys(solution.method for solution in solutions))
    physical = is_physical(first.unit)
    zeros = [solution.notes.get("zero of energy", "that of the model's Hamiltonian") for solution in solutions]
    attributes: dict[str, Any] = {
        "method": ", ".join(methods),  # what xarray's own repr has room for comes first
        "exactness": "statistical" if any(solution.statistical for solution in solutions) else "exact",
        "output_units": output.output or ("molar" if physical else "reduced"),
        "zero_of_energy": "; ".join(dict.fromkeys(zeros)),
        "method_reason": "; ".join(dict.fromkeys(solution.reason for solution in solutions)),
    }
    exact = [solution.error_bound for solution in solutions if not solution.statistical]
    if exact:
        attributes["relative_error_bound"] = float(max(exact))
        attributes["relative_error_bound_of"] = (
            "F - E0, U - E0, S, C and log Z + E0/T, given the levels; means of observables relative to their "
            "largest value"
        )
    if len(exact) < len(solutions):
        attributes["errors"] = "standard errors of statistical values stand in <name>_errors"
    attributes |= {
        "energy_unit": ", ".join(dict.fromkeys(solution.unit for solution in solutions)),
        "per": "site" if per_site else "system",
        "boltzmann_constant": "SI 2019: 1.380649e-23 J/K" if physical else "1",
    }
    if first.sites is not None and len({solution.sites for solution in solutions}) == 1:
        attributes["sites"] = int(first.sites)
    for key in dict.fromkeys(key for solution in solutions for key in solution.provenance):
        told = list(dict.fromkeys(solution.provenance[key] for solution in solutions if key in solution.provenance))
        attributes[key] = told[0] if len(told) == 1 else "; ".join(map(str, told))
    if missing:
        reasons = dict.fromkeys(missing.values())
        names = {why: ", ".join(name for name, told in missing.items() if told == why) for why in reasons}
        attributes["not_computed"] = "; ".join(f"{names[why]}: {why}" for why in reasons)
    for key in dict.fromkeys(key for solution in solutions for key in solution.notes):
        if key != "zero of energy":
            texts = dict.fromkeys(solution.notes.get(key, "-") for solution in solutions)
            attributes.setdefault(f"model_{key.replace(' ', '_')}", "; ".join(texts))
    return attributes
