"""Direct sum over listed energy levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.completeness import LevelProfile
from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.level_uncertainties import propagated_errors
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.models.base import HasLevels, HasLevelStream, Model
from statmech.summation import sum_levels
from statmech.units import kelvin_per

if TYPE_CHECKING:
    from statmech.level_streams import LevelPart, LevelStream

__all__ = ["LevelSum"]

Array = npt.NDArray[np.float64]


class LevelSum(Method):
    r"""Z = sum_i g_i exp(-E_i / T), for any model that can list its levels.

    Cost: about 2 ns per level and temperature. Reference: any textbook; how digits are kept is told in
    :mod:`statmech.summation`.

    Examples
    --------
    >>> method = LevelSum()
    >>> c = method.cumulants(method.prepare(EnergyLevels([0.0, 1.0])), np.array([1.0]))
    >>> round(float(c.log_z[0]), 12)
    0.313261687518
    """

    name: ClassVar[str] = "level_sum"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sum of g exp(-E/T) over listed levels"
    reference: ClassVar[str] = "direct"

    def supports(self, model: Model) -> Support:
        """Any model with a ``levels()`` method."""
        if isinstance(model, HasLevels):
            return Support(True, f"the levels of {model.kind!r} are listed")
        return Support(False, f"{model.kind!r} does not list its levels")

    def prepare(self, model: Model) -> EnergyLevels:
        """The levels."""
        assert isinstance(model, HasLevels)
        return model.levels()

    def cumulants(self, state: EnergyLevels, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """See :func:`statmech.summation.sum_levels`."""
        return sum_levels(state, temperatures, fields)

    def parts(self, model: Model) -> tuple[LevelPart, ...] | None:
        """Ranges of a file that is too large for memory; None where the levels are in memory."""
        stream = _stream(model)
        return None if stream is None else stream.parts()

    def partial(self, model: Model, part: LevelPart, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """One range of a file, energies counted from the origins of the parts."""
        if fields is not None:
            raise InputError("fields: the levels of a file carry no observable to couple to")
        return _of_parts(model).cumulants(part, temperatures)

    def joined(self, model: Model, total: Cumulants, fields: Array | None = None) -> Cumulants:  # noqa: ARG002
        """Energies from the zero of the file again."""
        origin = _of_parts(model).parts()[0].origin(total.temperature)
        return total.shift(origin * kelvin_per(model.unit))

    def notes(self, model: Model, state: EnergyLevels | None) -> Mapping[str, str]:
        """What the levels say of their origin."""
        if state is not None:
            return state.notes
        stream = _stream(model)
        return super().notes(model, state) if stream is None else stream.notes()

    def status(
        self,
        model: Model,
        state: EnergyLevels | None,
        temperatures: Array,
        fields: Array | None,
        cumulants: Cumulants,
    ) -> npt.NDArray[np.int8] | None:
        """Where the list ends too low, or levels above an ionization limit count: :mod:`statmech.completeness`."""
        if fields is not None:
            return None
        if state is None:
            return _of_parts(model).status(temperatures, cumulants)
        if not (state.truncated or state.ionization_limit is not None):
            return None
        return LevelProfile.of(state).status(temperatures, cumulants)

    def errors(
        self,
        model: Model,
        state: EnergyLevels | None,
        temperatures: Array,
        fields: Array | None,
        cumulants: Cumulants,
    ) -> Mapping[str, Array]:
        """From the uncertainties of the levels, where they have some: :mod:`statmech.level_uncertainties`."""
        if fields is not None:
            return {}
        if state is None:
            return _of_parts(model).errors(temperatures, cumulants)
        if state.uncertainties is None:
            return {}
        return propagated_errors([state], temperatures, cumulants)

    def lists(self, model: Model, state: EnergyLevels | None) -> Iterable[EnergyLevels]:
        """The list, or its chunks as the file is read again."""
        if state is not None:
            return [state]
        stream = _of_parts(model)
        return (block for part in stream.parts() for block in stream.blocks(part))

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """2 ns per level and point, beside 20 us per point."""
        assert isinstance(model, HasLevels)
        if (stream := _stream(model)) is not None:
            return Cost((2e-9 * temperatures + 1e-6) * stream.size, 3e8)
        count = len(model.levels())
        return Cost((2e-9 * count + 2e-5) * temperatures * fields, 24.0 * count + 1e6)

    def observables(self, model: Model) -> tuple[str, ...]:
        """Those the levels carry."""
        assert isinstance(model, HasLevels)
        return () if _stream(model) is not None else tuple(model.levels().observables)


def _stream(model: Model) -> LevelStream | None:
    return model.stream() if isinstance(model, HasLevelStream) else None


def _of_parts(model: Model) -> LevelStream:
    """The stream of a model whose levels were summed in parts."""
    stream = _stream(model)
    assert stream is not None
    return stream
