"""Closed form of the harmonic oscillator."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.methods.base import Cost, Method, Support, above_zero
from statmech.models.base import Model
from statmech.models.einstein import Einstein
from statmech.models.oscillator import Oscillator
from statmech.units import kelvin_per

__all__ = ["OscillatorClosedForm"]

Array = npt.NDArray[np.float64]


class OscillatorClosedForm(Method):
    r"""log Z_rel = -log(1 - q), <y> = x q / (1 - q), Var y = x^2 q / (1 - q)^2, with x = omega/T, q = exp(-x).

    All denominators are :math:`1 - q = -\mathrm{expm1}(-x)`, so nothing overflows at low T (exp(x) would, beyond
    x = 709) and nothing cancels at high T. Reference: R. K. Pathria and P. D. Beale, Statistical Mechanics
    (3rd ed., 2011), section 3.8.

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
        beta = above_zero(temperatures, "the levels of an oscillator")
        scale = kelvin_per(state.unit)
        with np.errstate(over="ignore", under="ignore"):  # x = inf at T = 0 gives exp(-x) = 0: the limit
            x = state.omega * scale * beta
            half = np.exp(-0.5 * x)
            rest = -np.expm1(-x)
            # x q/(1-q) and x^2 q/(1-q)^2 with q = half^2, in halves: right where q alone would be subnormal
            reduced = np.where(np.isinf(x), 0.0, np.where(np.isinf(x), 1.0, x) * half / rest)
            log_z = -np.where(x < 0.7, np.log(rest), np.log1p(-half * half))
        n = float(state.copies)
        reference = np.full(temperatures.shape, state.ground_energy * scale)
        mean = n * (reduced * half)[:, None]
        return Cumulants(temperatures, reference, n * log_z, mean, n * (reduced * reduced)[:, None, None])

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """Microseconds."""
        return Cost(1e-7 * temperatures + 1e-4, 100.0 * temperatures)
