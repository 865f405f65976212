r"""A compiled exponential that the processor runs on several numbers at once, for sums of very many terms.

With :math:`x = k \log 2 + r`, :math:`|r| \le \log 2 / 2`, a polynomial 1 + r + r^2 q(r), with q of degree 9 through the
Chebyshev nodes, has a relative error of 2e-17, and two-part log 2 (W. J. Cody and W. Waite, Software Manual for the
Elementary Functions, 1980, chapter 6) keeps r exact to x = 708.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["exponential", "exponential_parts", "exponentials"]

Array = npt.NDArray[np.float64]

_LOG2_E = 1.4426950408889634
_LOG2_HIGH = 6.93147180369123816490e-01  # the low 20 bits are zero: k times it is exact
_LOG2_LOW = 1.90821492927058770002e-10
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: added to a small number it leaves the nearest integer in the last bits
_BITS_OF_ONE = 4843621399236968448 - 1023  # those bits, less the bias of the exponent


@kernel(fastmath={"contract"}, error_model="numpy")
def exponential_parts(x: float) -> tuple[float, float]:
    """p and a power of two with exp(x) = (1 + p) power, for x <= 700; p keeps the digits that 1 + p would round off."""
    x = max(x, -709.0)  # k = -1023: the power of two is 0 there, as it shall be for all smaller x
    shifted = x * _LOG2_E + _MAGIC
    k = shifted - _MAGIC
    r = x - k * _LOG2_HIGH
    r = r - k * _LOG2_LOW
    square = r * r
    # Estrin's scheme: the terms do not wait for each other
    p = (2.5100375929185925e-08 * r + 2.762007600563138e-07) * square + (
        2.7557268480106926e-06 * r + 2.480152132210459e-05
    )
    p = p * (square * square) + (
        (0.00019841269863040675 * r + 0.001388888891719689) * square + (0.008333333333330065 * r + 0.041666666666624164)
    )
    p = p * square + (0.16666666666666669 * r + 0.5000000000000001)
    p = p * square + r
    bits = np.float64(shifted).view(np.int64) - _BITS_OF_ONE
    power: float = np.int64(bits << 52).view(np.float64)  # 2^k, and 0 for k = -1023
    return p, power


@kernel(fastmath={"contract"}, error_model="numpy")
def exponential(x: float) -> float:
    """exp(x) for x <= 700 to 1e-15; 0 where the result would be subnormal."""
    p, power = exponential_parts(x)
    return (p + 1.0) * power


@kernel(fastmath={"contract"}, error_model="numpy")
def exponentials(x: Array, out: Array) -> bool:
    """exp(x) of contiguous numbers into `out`, which may be `x`; False, and nothing done, unless all are within 708.

    Parameters
    ----------
    x, out : array, shape (n,)
        Exponents, and where their exponentials go.
    """
    inside = True
    for i in range(x.size):
        inside &= (x[i] >= -708.0) & (x[i] <= 708.0)  # false for nan, too
    if inside:
        for i in range(x.size):
            out[i] = exponential(x[i])
    return inside
