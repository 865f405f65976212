r"""Exact density of states of the Ising model on a square torus, from Kaufman's solution as a polynomial.

With :math:`x = e^{-2\beta J}` the partition function of the n x m torus is :math:`e^{2nm\beta J} \sum_b g_b x^b`, b the
number of broken bonds, and

.. math:: \sum_b g_b x^b = \tfrac12 \Bigl(\prod_{k\,\mathrm{odd}} c_k + \prod_{k\,\mathrm{odd}} s_k
          + \prod_{k\,\mathrm{even}} c_k + \prod_{k\,\mathrm{even}} s_k\Bigr), \quad k = 0, \dots, 2n - 1.

The factors of k and 2n - k are equal and stand here as one,

.. math:: c_k^2,\, s_k^2 = \alpha^m + \alpha'^m \pm 2 y^m, \quad \alpha + \alpha' = a_k, \quad \alpha \alpha' = y^2,
          \quad a_k = (1 + x^2)^2 - 2 y \cos\frac{\pi k}{n}, \quad y = x (1 - x^2),

while k = 0 and k = n stand alone, :math:`c_0, s_0 = (1-x)^m \pm x^m (1+x)^m` and
:math:`c_n, s_n = (1+x)^m \pm x^m (1-x)^m`. Everything is a polynomial with cosines for coefficients, which exist
modulo primes p = 1 mod 2n: there the products are exact, and since no :math:`g_b` exceeds :math:`2^{nm}`, primes whose
product does are enough for the Chinese remainder theorem.

Cost: about nm/62 primes, for each a product of degree 2 nm. References: B. Kaufman, Phys. Rev. 76, 1232 (1949);
P. D. Beale, Phys. Rev. Lett. 76, 78 (1996), eqs. (3) to (8), for even n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from statmech.errors import InputError
from statmech.methods.density_of_states.chinese_remainder import primes_one_modulo, recombine, root_of_unity

__all__ = ["broken_bond_counts", "seconds"]

Polynomial: TypeAlias = Any  # flint.nmod_poly, which has no annotations

# Seconds on one core of a 2024 server: measured from 16 x 16 to 96 x 96 to 30 %, see the benchmark.
_PER_TERM, _FIXED = 2.4e-8, 2e-3


def seconds(n: int, m: int) -> float:
    """Estimated time of :func:`broken_bond_counts`."""
    sites = n * m
    odd = 1.3 if n % 2 or m % 2 else 1.0
    return _FIXED + odd * _PER_TERM * (sites / 62 + 1) * sites * math.log2(sites + 1) ** 2


def broken_bond_counts(n: int, m: int) -> list[int]:
    """Number of states of the n x m torus with b = 0, 1, ..., 2 n m broken bonds.

    Both bonds count where n or m is 2; the self-loops of a side of 1 are never broken.

    Parameters
    ----------
    n, m : int
        Sides, at least 1, odd or even.

    Returns
    -------
    list of int, length 2 n m + 1
        Exact; the sum is 2^(nm).

    Raises
    ------
    InputError
        If a side is below 1.

    Examples
    --------
    >>> broken_bond_counts(4, 4)[:9]
    [2, 0, 0, 0, 32, 0, 64, 0, 424]
    >>> counts = broken_bond_counts(9, 7)
    >>> sum(counts) == 2**63, counts[:7]
    (True, [2, 0, 0, 0, 126, 0, 252])
    """
    if min(n, m) < 1:
        raise InputError(f"n, m: expected sides of at least 1; got {n} x {m}")
    if n % 2 == 0 and (m % 2 == 1 or m < n):
        n, m = m, n  # an odd side, or the shorter one, first
    sites = n * m
    primes = list(primes_one_modulo(2 * n, sites))
    modulo = _even_by_even if n % 2 == 0 else _odd_by_any
    half = recombine([modulo(n, m, p) for p in primes], primes)  # of x^2: every b is even
    if n % 2 == 0:
        half += half[-2::-1]  # b -> 2 n m - b by turning every other spin
    counts = [0] * (2 * sites + 1)
    counts[::2] = half
    return counts


def _even_by_even(n: int, m: int, p: int) -> list[int]:
    """g_0, g_2, ... g_nm modulo p, for n and m even.

    Then c_{n-k}(x) = c_k(-x), and so for s: the products are polynomials in u = x^2, of which half the coefficients
    will do.
    """
    parts = _Parts(n, m, p)
    length = n * m // 2 + 1
    u = parts.poly([0, 1])
    power = _halves(parts.power, p)[0]  # 2 y^m is even
    products: dict[tuple[int, int], list[Polynomial]] = {(parity, sign): [] for parity in (0, 1) for sign in (1, -1)}
    for k in range(1, n // 2 + 1):
        even, odd = _halves(parts.pair(k), p)
        for sign in (1, -1):
            both = even + sign * power
            products[k % 2, sign].append(both if 2 * k == n else both * both - u * (odd * odd))
    for sign in (1, -1):
        products[0, sign].append(_halves(parts.first(sign) * parts.last(sign), p)[0])
    total = sum((_product(factors, length) for factors in products.values()), parts.poly([]))
    return _padded(total * pow(2, -1, p), length)


def _odd_by_any(n: int, m: int, p: int) -> list[int]:
    """g_0, g_2, ... g_2nm modulo p, for n odd: the odd k give what the even ones give at -x."""
    parts = _Parts(n, m, p)
    products: dict[int, list[Polynomial]] = {1: [parts.first(1)], -1: [parts.first(-1)]}
    for k in range(2, n, 2):
        pair = parts.pair(k)
        for sign in (1, -1):
            products[sign].append(pair + sign * parts.power)
    length = 2 * n * m + 1
    total = _product(products[1], length) + _product(products[-1], length)
    return _padded(total, length)[::2]


class _Parts:
    """What the factors are made of, modulo p."""

    def __init__(self, n: int, m: int, p: int) -> None:
        from flint import nmod_poly

        self.n, self.m, self.p = n, m, p
        self._make = nmod_poly
        self._root = root_of_unity(2 * n, p)
        self._inverse = pow(self._root, -1, p)
        self._steps = [bit == "1" for bit in f"{m:b}"[1:]]
        one, x = self.poly([1]), self.poly([0, 1])
        self._base = self.poly([1, 0, 2, 0, 1])
        self._y = x * (one - x * x)
        self._square = self._y * self._y
        self.power = 2 * self._y**m
        self._low, self._high, self._shift = (one - x) ** m, (one + x) ** m, x**m
        # y^(2j) for each j of the chain that leads to m
        self._powers, j = [], 1
        for step in self._steps:
            self._powers.append(self._square**j)
            j = 2 * j + step

    def poly(self, coefficients: Sequence[int]) -> Polynomial:
        return self._make(coefficients, self.p)

    def first(self, sign: int) -> Polynomial:
        """c_0 or s_0."""
        return self._low + sign * (self._shift * self._high)

    def last(self, sign: int) -> Polynomial:
        """c_n or s_n."""
        return self._high + sign * (self._shift * self._low)

    def pair(self, k: int) -> Polynomial:
        """alpha^m + alpha'^m of one k, by doubling: V_2j = V_j^2 - 2 y^2j, V_2j+1 = V_j V_j+1 - a y^2j."""
        cosine = (pow(self._root, k, self.p) + pow(self._inverse, k, self.p)) % self.p  # 2 cos(pi k / n)
        a = self._base - cosine * self._y
        here, following = a, a * a - 2 * self._square
        left = sum(self._steps)  # V_{j+1} is needed while a step to an odd number is still to come
        for step, power in zip(self._steps, self._powers, strict=True):
            if step:
                left -= 1
                here, twice = here * following - a * power, following
                if left:
                    following = twice * twice - 2 * (power * self._square)
            else:
                if left:
                    following = here * following - a * power
                here = here * here - 2 * power
        return here


def _halves(polynomial: Polynomial, p: int) -> tuple[Polynomial, Polynomial]:
    """Even and odd part, as polynomials in x^2 (the odd one without its factor x)."""
    from flint import nmod_poly

    coefficients = polynomial.coeffs()
    return nmod_poly(coefficients[::2], p), nmod_poly(coefficients[1::2], p)


def _product(factors: list[Polynomial], length: int) -> Polynomial:
    """Product of all, its first coefficients, as a tree."""
    while len(factors) > 1:
        pairs = zip(factors[::2], factors[1::2], strict=False)
        joined = [a.mul_low(b, length) if len(a) + len(b) > length + 1 else a * b for a, b in pairs]
        factors = joined + factors[2 * len(joined) :]
    return factors[0]


def _padded(polynomial: Polynomial, length: int) -> list[int]:
    found = [int(c) for c in polynomial.coeffs()[:length]]
    return found + [0] * (length - len(found))
