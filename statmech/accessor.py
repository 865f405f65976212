"""``ds.statmech``: what a Dataset of results is, in a notebook or at a prompt."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from statmech.temperature_at import temperature_at

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Results"]


class Results:
    """How a result was made and what it is measured in, read from the attributes of the Dataset.

    xarray shows a Dataset in its own way, with attributes folded in; ``ds.statmech`` shows what a reader of the
    numbers needs first: method, exactness, units, the zero of energy, and points that are not to be relied on.
    It is there once statmech has made or opened a result.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> from statmech.solve import solve
    >>> solve(EnergyLevels([0.0, 1.0]), temperature=[0.5, 1.0]).statmech
    method          level_sum: auto: the levels of 'levels' are listed
    exactness       exact, relative error <= 1e-12
    units           reduced, k_B = 1
    zero of energy  that of the model's Hamiltonian
    status          2 points, all ok
    variables       log_z [1], free_energy [1], internal_energy [1], entropy [k_B], heat_capacity [k_B], ...
    """

    def __init__(self, dataset: xarray.Dataset) -> None:
        self._dataset = dataset

    @property
    def method(self) -> str:
        """Name of the method."""
        return str(self._dataset.attrs.get("method", "unknown"))

    @property
    def exactness(self) -> str:
        """``exact``, ``statistical`` or ``unknown``."""
        return str(self._dataset.attrs.get("exactness", "unknown"))

    def temperature_at(self, **target: npt.ArrayLike) -> xarray.DataArray:
        """See :func:`statmech.temperature_at`."""
        return temperature_at(self._dataset, **target)

    def facts(self) -> dict[str, str]:
        """What ``ds.statmech`` shows, as text by name."""
        about = self._dataset.attrs
        bound = about.get("relative_error_bound")
        exact = f", relative error <= {bound:.0e}" if self.exactness == "exact" and bound is not None else ""
        sampled = ", with a standard error beside every value" if self.exactness == "statistical" else ""
        names = [name for name in self._dataset.data_vars if not str(name).endswith("_errors") and name != "status"]
        listed = [f"{name} [{self._dataset[name].attrs.get('units', '1')}]" for name in names]
        facts = {
            "title": str(about.get("title", "")),
            "method": f"{self.method}: {about.get('method_reason', 'not recorded why')}",
            "exactness": f"{self.exactness}{exact}{sampled}",
            "units": self._units(),
            "zero of energy": str(about.get("zero_of_energy", "not recorded")),
            "status": self._status(),
            "left out": str(about.get("not_computed", "")),
            "variables": ", ".join(listed[:5]) + (", ..." if len(listed) > 5 else ""),
        }
        return {name: text for name, text in facts.items() if text}

    def _units(self) -> str:
        about = self._dataset.attrs
        kelvin = "k_B = 1" if about.get("boltzmann_constant") == "1" else "temperature in K"
        per = ", per site" if about.get("per") == "site" else ""
        return f"{about.get('output_units', 'not recorded')}, {kelvin}{per}"

    def _status(self) -> str:
        if "status" not in self._dataset:
            return ""
        status = self._dataset["status"]
        doubtful = int(np.count_nonzero(status.values))
        if not doubtful:
            return f"{status.size} points, all ok"
        masks = np.atleast_1d(status.attrs.get("flag_masks", [])).tolist()
        meanings = str(status.attrs.get("flag_meanings", "")).split()
        counts = {name: int(np.count_nonzero(status.values & bit)) for bit, name in zip(masks, meanings, strict=False)}
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        return f"{doubtful} of {status.size} points are not to be relied on: {told or 'unknown flags'}"

    def __repr__(self) -> str:
        facts = self.facts()
        width = max(map(len, facts))
        return "\n".join(f"{name:<{width}}  {text}" for name, text in facts.items())

    def _repr_html_(self) -> str:
        rows: list[str] = []
        for name, text in self.facts().items():
            doubt = name == "status" and "not to be relied on" in text
            shown: Any = f"<strong>{html.escape(text)}</strong>" if doubt else html.escape(text)
            rows.append(
                f'<tr><th scope="row" style="text-align:left">{name}</th><td style="text-align:left">{shown}</td></tr>'
            )
        return f'<table aria-label="How this result was made"><tbody>{"".join(rows)}</tbody></table>'


_register: Any = xarray.register_dataset_accessor
_register("statmech")(Results)
