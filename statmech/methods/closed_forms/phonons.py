"""Closed form of phonons: a weighted sum over harmonic modes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.harmonic_modes import COMPILED_FROM, harmonic_modes
from statmech.models.base import Model
from statmech.models.phonons import Phonons
from statmech.status import Status

__all__ = ["PhononSum"]

Array = npt.NDArray[np.float64]


class PhononSum(Method):
    r"""log Z = -sum_i w_i log(1 - exp(-omega_i/T)) relative to the zero-point energy, per cell.

    A density of states is integrated by Gauss-Legendre quadrature in every interval of its grid; below a quarter of
    the spacing of that grid (0.12 K for 0.01 THz) the file no longer decides the result, and ``status`` says
    ``outside_range``. Cost: 5 ns per mode and temperature, 50 for fewer than 32 modes. Reference: D. C. Wallace,
    Thermodynamics of Crystals (1972), section 10; all terms are positive, see
    :mod:`~statmech.methods.closed_forms.harmonic_modes`.

    Examples
    --------
    >>> method, crystal = PhononSum(), Phonons(cutoff=0.0, frequencies=[2.0, 2.0, 2.0])
    >>> c = method.cumulants(method.prepare(crystal), np.array([1.0, 1e5]))
    >>> c.covariance[:, 0, 0].round(6)  # Dulong and Petit
    array([0., 3.])
    """

    name: ClassVar[str] = "phonon_sum"
    formula: ClassVar[str] = "sum over harmonic modes with their weights, per cell"
    reference: ClassVar[str] = "Wallace 1972, section 10"

    def supports(self, model: Model) -> Support:
        """Phonons only."""
        if isinstance(model, Phonons):
            return Support(True, "phonons are independent harmonic modes, each with a closed form")
        return Support(False, f"{model.kind!r} is no set of phonons")

    def prepare(self, model: Model) -> Phonons:
        """Nothing to prepare."""
        assert isinstance(model, Phonons)
        return model

    def cumulants(self, state: Phonons, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants per cell at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: phonons have no observable to couple a field to")
        log_z, mean, variance = harmonic_modes(state.quanta, state.weights, temperatures)
        reference = np.full(temperatures.shape, state.zero_point_energy)
        return Cumulants(temperatures, reference, log_z, mean[:, None], variance[:, None, None])

    def status(
        self,
        model: Model,  # noqa: ARG002
        state: Any,
        temperatures: Array,
        fields: Array | None,  # noqa: ARG002
        cumulants: Cumulants,  # noqa: ARG002
    ) -> npt.NDArray[np.int8] | None:
        """``outside_range`` where the grid of a density of states is coarser than 4 T."""
        coarse = (temperatures < state.resolved_from) & (temperatures > 0)
        return np.where(coarse, Status.OUTSIDE_RANGE, 0).astype(np.int8) if np.any(coarse) else None

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """5 ns per mode and temperature, 50 of few modes."""
        assert isinstance(model, Phonons)
        each = 5e-9 if model.quanta.size >= COMPILED_FROM else 5e-8
        return Cost((each * model.quanta.size + 1e-6) * temperatures + 1e-3, 100.0 * model.quanta.size)
