"""Functions of beta with two derivatives, carried through arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Jet"]


@dataclass(frozen=True, eq=False)
class Jet:
    """A function of beta with its first two derivatives, elementwise: Taylor arithmetic of second order.

    The arrays are float64, or hold balls of python-flint (Kaufman's products below the reach of float64).

    Examples
    --------
    >>> x = Jet.exponential(-2.0, np.array([0.5]))
    >>> (x * x).second / (x * x).value  # of exp(-4 beta)
    array([16.])
    """

    value: npt.NDArray[Any]
    first: npt.NDArray[Any]
    second: npt.NDArray[Any]

    __array_ufunc__ = None  # array * jet asks the jet

    @classmethod
    def exponential(cls, rate: Any, beta: npt.NDArray[Any]) -> Jet:
        """exp(rate beta)."""
        value = np.exp(rate * beta)
        return cls(value, rate * value, rate * rate * value)

    @classmethod
    def tanh(cls, rate: Any, beta: npt.NDArray[Any]) -> Jet:
        """tanh(rate beta), from exp(-2 rate beta) so that it works on balls too."""
        decay = np.exp(-2 * rate * beta)
        value = -np.expm1(-2 * rate * beta) / (1 + decay)
        slope = 4 * rate * decay / ((1 + decay) * (1 + decay))
        return cls(value, slope, -2 * rate * value * slope)

    def __add__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.value + other.value, self.first + other.first, self.second + other.second)
        return Jet(self.value + other, self.first, self.second)

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.first, -self.second)

    def __sub__(self, other: Any) -> Jet:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Jet:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value * other, self.first * other, self.second * other)
        return Jet(
            self.value * other.value,
            self.first * other.value + self.value * other.first,
            self.second * other.value + 2 * (self.first * other.first) + self.value * other.second,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value / other, self.first / other, self.second / other)
        value = self.value / other.value
        first = (self.first - value * other.first) / other.value
        return Jet(value, first, (self.second - 2 * (first * other.first) - value * other.second) / other.value)

    def sqrt(self) -> Jet:
        """Square root."""
        value = np.sqrt(self.value)
        first = self.first / (2 * value)
        return Jet(value, first, (self.second - 2 * (first * first)) / (2 * value))

    def log1p(self) -> Jet:
        """log(1 + x)."""
        first = self.first / (1 + self.value)
        return Jet(np.log1p(self.value), first, self.second / (1 + self.value) - first * first)

    def log(self) -> Jet:
        """log x."""
        first = self.first / self.value
        return Jet(np.log(self.value), first, self.second / self.value - first * first)

    def power(self, n: int) -> Jet:
        """x^n for n >= 1, also at x = 0."""
        if n == 1:
            return self
        lower = self.value ** (n - 2)
        slope = n * lower * self.value
        second = slope * self.second + (n * (n - 1)) * lower * self.first * self.first
        return Jet(lower * self.value * self.value, slope * self.first, second)

    def exp(self) -> Jet:
        """exp(x)."""
        value = np.exp(self.value)
        return Jet(value, value * self.first, value * (self.second + self.first * self.first))

    def sum(self, weights: Any = 1.0) -> Jet:
        """Weighted sum over the last axis, which is the same bits for a row whatever other rows there are."""
        parts = (self.value, self.first, self.second)
        return Jet(*(np.sum(np.ascontiguousarray(part * weights), axis=-1) for part in parts))

    def with_value(self, value: npt.NDArray[Any]) -> Jet:
        """The same derivatives on a value that is known more precisely."""
        return Jet(value, self.first, self.second)

    def __getitem__(self, index: Any) -> Jet:
        return Jet(self.value[index], self.first[index], self.second[index])

    @classmethod
    def joined(cls, mask: npt.NDArray[np.bool_], inside: Jet, outside: Jet) -> Jet:
        """One jet from its parts where ``mask`` is true and where it is false."""
        whole = cls(*(np.empty(mask.shape) for _ in range(3)))
        whole[mask], whole[~mask] = inside, outside
        return whole

    def __setitem__(self, index: Any, part: Jet) -> None:
        self.value[index], self.first[index], self.second[index] = part.value, part.first, part.second

    def columns(self) -> Jet:
        """With a further axis of length 1 at the end, for broadcasting over nodes."""
        return Jet(self.value[..., None], self.first[..., None], self.second[..., None])
