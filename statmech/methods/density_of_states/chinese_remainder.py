"""Integers from their residues: the Chinese remainder theorem on whole rows of coefficients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from statmech.errors import InputError

__all__ = ["primes_one_modulo", "recombine", "root_of_unity"]

_TOP = 2**62  # primes below this: products of two residues stay in two words, which nmod_poly likes best


def recombine(residues: Sequence[Sequence[int]], moduli: Sequence[int]) -> list[int]:
    r"""The integers :math:`0 \le c_k < M` with :math:`c_k \equiv r_{ik} \pmod{m_i}`, where :math:`M = \prod_i m_i`.

    .. math:: c_k = \sum_i \Bigl(r_{ik} \bigl[(M/m_i)^{-1}\bigr]_{m_i} \bmod m_i\Bigr) \frac{M}{m_i} \bmod M

    A bound :math:`c_k < M` known beforehand is the proof that these are the numbers meant; that one modulus more
    changes nothing would be none.

    Parameters
    ----------
    residues : sequence (moduli) of sequences (n) of int
        One row per modulus, all of one length.
    moduli : sequence of int
        Pairwise coprime.

    Raises
    ------
    InputError
        If the rows differ in length, or their number is not that of the moduli.

    Examples
    --------
    >>> recombine([[2, 1], [3, 0]], [3, 5])
    [8, 10]
    """
    from flint import fmpz_poly

    length = len(residues[0]) if residues else 0
    if len(residues) != len(moduli) or any(len(row) != length for row in residues):
        raise InputError(f"residues: expected {len(moduli)} rows of one length; got {[len(row) for row in residues]}")
    product = math.prod(moduli)
    total = fmpz_poly([])  # a polynomial only because its coefficients are added in compiled code
    for row, modulus in zip(residues, moduli, strict=True):
        others = product // modulus
        inverse = pow(others, -1, modulus)
        total += fmpz_poly([r * inverse % modulus for r in row]) * others
    found = [int(c) % product for c in total.coeffs()]
    return found + [0] * (length - len(found))


def primes_one_modulo(step: int, bits: float) -> Iterator[int]:
    """Primes p = 1 mod ``step``, from 2^62 downwards, until their product exceeds 2^bits.

    Examples
    --------
    >>> primes = list(primes_one_modulo(16, 100))
    >>> len(primes), [p % 16 for p in primes]
    (2, [1, 1])
    """
    from flint import fmpz

    candidate, product = _TOP // step * step + 1, 1
    while product.bit_length() <= bits + 1:
        candidate -= step
        if fmpz(candidate).is_prime():
            product *= candidate
            yield candidate


def root_of_unity(order: int, prime: int) -> int:
    """A number of exactly this multiplicative order modulo a prime p = 1 mod ``order``.

    Examples
    --------
    >>> z = root_of_unity(4, 13)
    >>> pow(z, 2, 13)                   # z^2 = -1
    12
    """
    from flint import fmpz

    factors = [int(q) for q, _ in fmpz(order).factor()]
    for base in range(2, prime):
        root = pow(base, (prime - 1) // order, prime)
        if all(pow(root, order // q, prime) != 1 for q in factors):
            return root
    raise InputError(f"order: expected a divisor of {prime} - 1; got {order}")
