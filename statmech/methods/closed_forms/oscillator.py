"""Closed form of the harmonic oscillator."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.harmonic_modes import harmonic_modes
from statmech.models.base import Model
from statmech.models.einstein import Einstein
from statmech.models.oscillator import Oscillator
from statmech.units import kelvin_per

__all__ = ["OscillatorClosedForm"]

Array = npt.NDArray[np.float64]


class OscillatorClosedForm(Method):
    r"""log Z_rel = -log(1 - q), <y> = x q / (1 - q), Var y = x^2 q / (1 - q)^2, with x = omega/T, q = exp(-x).

    The arithmetic is that of :mod:`~statmech.methods.closed_forms.harmonic_modes`. Reference: R. K. Pathria and P. D.
    Beale, Statistical Mechanics (3rd ed., 2011), section 3.8.

    Examples
    --------
    >>> method = OscillatorClosedForm()
    >>> c = method.cumulants(method.prepare(Oscillator(omega=1.0)), np.array([1e-3, 1.0]))
    >>> c.covariance[:, 0, 0].round(6)
    array([0.      , 0.920674])
    """

    name: ClassVar[str] = "oscillator_closed_form"
    formula: ClassVar[str] = "log Z = -log(1 - exp(-omega/T)) relative to the ground state"
    reference: ClassVar[str] = "Pathria and Beale 2011, section 3.8"

    def supports(self, model: Model) -> Support:
        """Oscillators, and Einstein's crystal of them."""
        if isinstance(model, (Oscillator, Einstein)):
            return Support(True, "the harmonic oscillator has a closed form")
        return Support(False, f"{model.kind!r} is no harmonic oscillator")

    def prepare(self, model: Model) -> Oscillator | Einstein:
        """Nothing to prepare."""
        assert isinstance(model, (Oscillator, Einstein))
        return model

    def cumulants(self, state: Oscillator | Einstein, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, where the sum over all n does not exist, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: an oscillator has no observable to couple a field to")
        scale = kelvin_per(state.unit)
        log_z, mean, variance = harmonic_modes(np.array([state.omega * scale]), np.ones(1), temperatures)
        n = float(state.copies)
        reference = np.full(temperatures.shape, state.ground_energy * scale)
        return Cumulants(temperatures, reference, n * log_z, n * mean[:, None], n * variance[:, None, None])

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """Microseconds."""
        return Cost(1e-7 * temperatures + 1e-4, 100.0 * temperatures)
