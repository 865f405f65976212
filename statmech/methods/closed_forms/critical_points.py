"""Critical temperatures of the Ising model on infinite lattices, to more digits than a float64 has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError, UnsupportedError
from statmech.lattices.base import Lattice

__all__ = ["CriticalPoint", "critical_temperature"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CriticalPoint:
    """A critical temperature as an unevaluated sum high + low of two floats, right to about 106 bits.

    Near it everything depends on beta - beta_c, which would lose all digits from a temperature rounded to 53 bits.

    Examples
    --------
    >>> tc = CriticalPoint.square(1.0, 1.0)
    >>> tc.high
    2.269185314213022
    """

    high: float
    low: float

    @classmethod
    def _of(cls, exact: Decimal) -> CriticalPoint:
        high = float(exact)
        return cls(high, float(exact - Decimal(high)))

    @staticmethod
    @lru_cache(maxsize=256)
    def square(across: float, along: float) -> CriticalPoint:
        """Where x + y + x y = 1 with x = exp(-2 J1/T), y = exp(-2 J2/T): sinh(2 J1/T) sinh(2 J2/T) = 1 (J > 0)."""
        with localcontext() as context:
            context.prec = 60
            rates = (-2 * Decimal(across), -2 * Decimal(along))
            # The sum is convex and falling in beta, so Newton from the left rises to the root and never overshoots.
            beta = Decimal(0)
            while True:
                x, y = ((rate * beta).exp() for rate in rates)
                step = (x + y + x * y - 1) / -(rates[0] * x * (1 + y) + rates[1] * y * (1 + x))
                beta += step
                if step <= beta * Decimal("1e-45"):
                    return CriticalPoint._of(1 / beta)

    @staticmethod
    @lru_cache(maxsize=256)
    def uniform(kind: str, coupling: float) -> CriticalPoint:
        """J times 4/log 3 (triangular), 2/log(2 + sqrt 3) (honeycomb), 4/log(3 + 2 sqrt 3) (kagome), J > 0.

        Sources: Houtappel, Physica 16, 425 (1950); Kano and Naya, Prog. Theor. Phys. 10, 158 (1953).
        """
        with localcontext() as context:
            context.prec = 60
            root = Decimal(3).sqrt()
            exact = {
                "triangular": 4 / Decimal(3).ln(),
                "honeycomb": 2 / (2 + root).ln(),
                "kagome": 4 / (3 + 2 * root).ln(),
            }
            return CriticalPoint._of(exact[kind] * Decimal(coupling))

    def distance(self, temperatures: Array) -> Array:
        """1/T - 1/Tc to full relative precision, shape of the temperatures (>= 0)."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # T = 0 gives inf, T = inf is put apart
            gap = ((self.high - temperatures) + self.low) / self.high
            return np.where(np.isinf(temperatures), -1 / self.high, gap / temperatures)


def critical_temperature(lattice: Lattice, coupling: float | Sequence[float] = 1.0) -> float | None:
    """Exact critical temperature of the Ising model without a field on the infinite lattice of this kind.

    Parameters
    ----------
    lattice : Lattice
        ``chain``, ``square``, ``triangular``, ``honeycomb`` or ``kagome``, infinite or of any size.
    coupling : float or (float, float)
        J; on the square lattice also J1 along x and J2 along y.

    Returns
    -------
    float or None
        In units of J (k_B = 1), the float64 nearest to the exact value; None where there is no transition at T > 0: in
        one dimension, and in the antiferromagnet on the triangular (critical at T = 0) and kagome lattices.

    Raises
    ------
    UnsupportedError
        If no exact value is known for this lattice.
    InputError
        If the couplings are not finite, or more than the lattice has directions.

    Examples
    --------
    >>> from statmech import lattices
    >>> critical_temperature(lattices.square("infinite"))
    2.269185314213022
    >>> critical_temperature(lattices.triangular("infinite"), -1.0) is None
    True
    """
    values = [float(value) for value in np.atleast_1d(np.asarray(coupling, dtype=np.float64))]
    if not np.all(np.isfinite(values)) or len(values) not in ((1, 2) if lattice.kind == "square" else (1,)):
        expected = "J or (J1, J2)" if lattice.kind == "square" else "one J"
        raise InputError(f"coupling: expected {expected}, finite; got {coupling!r}")
    if lattice.kind == "chain" or not all(values):
        return None
    if lattice.kind == "square":
        sizes = [abs(value) for value in values]
        return CriticalPoint.square(max(sizes), min(sizes)).high
    if lattice.kind in ("triangular", "kagome") and values[0] < 0:
        return None
    if lattice.kind in ("triangular", "honeycomb", "kagome"):
        return CriticalPoint.uniform(lattice.kind, abs(values[0])).high
    raise UnsupportedError(f"lattice: no exact critical temperature is known for {lattice.kind!r}")
