"""Closed form of a particle in a box."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support, above_zero
from statmech.methods.closed_forms.jets import Jet
from statmech.methods.closed_forms.ladders import cold_and_hot
from statmech.models.base import Model
from statmech.models.particle_in_box import ParticleInBox

__all__ = ["BoxClosedForm", "theta"]

Array = npt.NDArray[np.float64]

_HOT = 0.5  # s = e/T from which Jacobi's transformation is used: its second term is exp(-4 pi^2/s) = 1e-34
_HIGHEST = 16  # n of the cold sum: exp(-0.5 * 255) is nothing


class BoxClosedForm(Method):
    r"""Jacobi's transformation of sum exp(-s n^2) where T > 2 e, the sum over n up to 16 below; directions add.

    .. math:: \sum_{n \ge 1} e^{-s n^2} = \frac12 \sqrt{\frac{\pi}{s}} \left[1 - \sqrt{\frac{s}{\pi}}
              + 2 \sum_{k \ge 1} e^{-\pi^2 k^2/s}\right], \qquad s = \frac{e}{T}

    Reference: E. T. Whittaker and G. N. Watson, A Course of Modern Analysis (1927), section 21.51.

    Examples
    --------
    >>> method = BoxClosedForm()
    >>> c = method.cumulants(method.prepare(ParticleInBox([1.0])), np.array([1e-3, 1e6]))
    >>> c.mean[:, 0].round(6)
    array([0.      , 0.500623])
    """

    name: ClassVar[str] = "box_closed_form"
    formula: ClassVar[str] = "theta functions of e/T, one per direction"
    reference: ClassVar[str] = "Whittaker and Watson 1927, section 21.51"

    def supports(self, model: Model) -> Support:
        """Particles in a box."""
        if isinstance(model, ParticleInBox):
            return Support(True, "the sum over a box is a product of theta functions")
        return Support(False, f"{model.kind!r} is no particle in a box")

    def prepare(self, model: Model) -> ParticleInBox:
        """Nothing to prepare."""
        assert isinstance(model, ParticleInBox)
        return model

    def cumulants(self, state: ParticleInBox, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants at temperatures >= 0.

        Raises
        ------
        InputError
            At T < 0 and T = inf, or where fields are given.
        """
        if fields is not None:
            raise InputError("fields: a box has no observable to couple a field to")
        above_zero(temperatures, "the levels of a box")
        n = np.arange(1, _HIGHEST + 1)
        parts = []
        for quantum in state.quanta:
            levels = EnergyLevels(quantum * (n * n - 1.0), unit=state.unit, offset=quantum)
            parts.append(cold_and_hot(temperatures, quantum, _HOT, levels, _hot))
        return Cumulants.product(parts)

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """50 us per temperature and direction."""
        return Cost(1.5e-4 * temperatures + 1e-3, 1e6 + 300.0 * temperatures)


def _hot(s: Jet) -> Jet:
    """log of sum exp(-s (n^2 - 1)) = s + log sqrt(pi / 4s) + log(1 + theta)."""
    return theta(s).log1p() + s - s.log() * 0.5 + 0.5 * math.log(math.pi / 4)


def theta(s: Jet) -> Jet:
    """-sqrt(s / pi) + 2 exp(-pi^2 / s) + 2 exp(-4 pi^2 / s).

    Examples
    --------
    >>> theta(Jet(np.array([0.01]), np.ones(1), np.zeros(1))).value.round(6)
    array([-0.056419])
    """
    inverse = Jet(1 / s.value, -1 / s.value**2, 2 / s.value**3)
    with np.errstate(under="ignore"):
        ripples = (inverse * -(math.pi**2)).exp() + (inverse * (-4 * math.pi**2)).exp()
    return ripples * 2 - (s * (1 / math.pi)).sqrt()
