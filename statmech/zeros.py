r"""Zeros of partition functions in the complex plane: where phase transitions come from.

A finite system has :math:`Z = e^{-\beta E_0} P(x)` with a polynomial P in :math:`x = e^{-\beta u}`, u the common unit
of its energies, and, in a field, a polynomial in :math:`z = e^{-\beta h v}`, v the step of the magnetisation (2 for
spins +-1). P has no zero at a physical temperature or field; where zeros close in on the positive real axis as the
system grows, there is a transition (C. N. Yang, T. D. Lee, Phys. Rev. 87, 404 and 410 (1952); M. E. Fisher, Boulder
Lectures in Theoretical Physics 7C (1965)).

The zeros are isolated and certified in ball arithmetic (python-flint), with as many digits as that takes: such
polynomials have coefficients of hundreds of digits, and floating point finds no digit of their roots.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError, PrecisionError, UnsupportedError
from statmech.levels import EnergyLevels
from statmech.units import kelvin_per

__all__ = ["common_step", "fisher_zeros", "lee_yang_zeros"]

Array = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]
Polynomial: TypeAlias = Any  # of flint, which has no annotations

_MOST_DEGREES = 4096
_RADIUS = 2.0**-56  # largest radius of a root's ball relative to its modulus
_FIRST_BITS, _MOST_BITS = 128, 65_536
_SQUAREFREE_FROM = 1024  # bits after which a multiple root is looked for
_ULPS = 8.0  # by which values may miss multiples of their step: they may have been rounded


def fisher_zeros(levels: EnergyLevels) -> Complex:
    r"""Zeros of :math:`P(x) = \sum_E g(E) x^{(E - E_0)/u}`, :math:`x = e^{-\beta u}`, in the complex plane.

    Parameters
    ----------
    levels : EnergyLevels
        With exact degeneracies and energies that are multiples of one unit u (``common_step(levels.energies)``):
        what ``density_of_states`` gives.

    Returns
    -------
    complex array, shape (degree,)
        Each as often as its multiplicity, sorted by argument; correct to the last bits of |x|. A zero x stands at
        the complex inverse temperature :math:`\beta = -\log(x)/u`.

    Raises
    ------
    InputError
        If the degeneracies are no integers.
    UnsupportedError
        If the energies have no common unit, or more than 4096 of them lie between the lowest and the highest.

    Examples
    --------
    A ring of four spins: 2 + 12 x + 2 x^2 with x = exp(-4 beta).

    >>> fisher_zeros(EnergyLevels([-4.0, 0.0, 4.0], [2, 12, 2])).real.round(6)
    array([-0.171573, -5.828427])
    """
    if levels.exact_degeneracies is None:
        raise InputError("levels: expected integer degeneracies, as density_of_states gives; got none that are exact")
    places, _ = _places("energies", levels.energies)
    counts = [0] * (int(places.max()) + 1)
    for place, g in zip(places.tolist(), levels.exact_degeneracies, strict=True):
        counts[place] += g
    return _sorted(_exact_roots(counts))


def lee_yang_zeros(levels: EnergyLevels, temperature: float, coupled: str = "magnetization") -> Complex:
    r"""Zeros of :math:`\sum_M Z_M(T) z^{(M_{max} - M)/v}`, :math:`z = e^{-\beta h v}`, at one temperature.

    For spins +-1 the step v is 2: z = exp(-2 beta h). Ferromagnetic Ising models have all of them on the circle
    |z| = 1 (the theorem of Lee and Yang), that is, at imaginary fields.

    Parameters
    ----------
    levels : EnergyLevels
        Joint in energy and magnetisation, with exact degeneracies: ``density_of_states(model, joint=True)``.
    temperature : float
        T in units of the levels (in kelvin where they are physical), not 0; infinite and negative ones are allowed.
    coupled : str
        Observable the field couples to.

    Returns
    -------
    complex array, shape (degree,)
        Each as often as its multiplicity, sorted by argument; correct to the last bits of |z|.

    Raises
    ------
    InputError
        If the temperature is 0 or nan, the degeneracies are no integers, or the observable is not there.
    UnsupportedError
        If M is no multiple of one step, or has more than 4096 of them.

    Examples
    --------
    Two spins: 1 + 2 exp(-2/T) z + z^2.

    >>> pair = EnergyLevels([-1, -1, 1], [1, 1, 2], observables={"magnetization": [-2, 2, 0]})
    >>> z = lee_yang_zeros(pair, temperature=2.0)
    >>> z.real.round(6), abs(z)
    (array([-0.367879, -0.367879]), array([1., 1.]))
    """
    if math.isnan(temperature) or temperature == 0.0:
        raise InputError(f"temperature: expected a number other than 0; got {temperature}")
    if levels.exact_degeneracies is None:
        raise InputError("levels: expected integer degeneracies, as density_of_states gives; got none that are exact")
    if coupled not in levels.observables:
        raise InputError(
            f"levels: expected the observable {coupled!r}, as density_of_states(model, joint=True) gives; "
            f"they have {', '.join(levels.observables) or 'none'}"
        )
    places, _ = _places(f"observables[{coupled!r}]", -levels.observables[coupled])
    terms: dict[int, dict[float, int]] = {}  # power of z -> energy -> number of states
    gaps = levels.energies - levels.energies.min()
    for place, gap, g in zip(places.tolist(), gaps.tolist(), levels.exact_degeneracies, strict=True):
        row = terms.setdefault(place, {})
        row[gap] = row.get(gap, 0) + g
    if math.isinf(temperature):
        return _sorted(_exact_roots([sum(terms.get(k, {}).values()) for k in range(max(terms) + 1)]))
    return _sorted(_roots_at(terms, kelvin_per(levels.unit), temperature))


def common_step(values: npt.ArrayLike) -> float:
    """The largest number of which all differences of the values are multiples, up to their rounding; 0 for equal ones.

    Raises
    ------
    UnsupportedError
        If there is none of at least 1/4096 of the whole range.

    Examples
    --------
    >>> common_step([-4.0, 0.0, 6.0]), round(common_step([0.3, 0.1, 0.7]), 12)
    (2.0, 0.2)
    """
    return _places("values", np.asarray(values, dtype=np.float64))[1]


def _places(name: str, values: Array) -> tuple[npt.NDArray[np.int64], float]:
    """Values as multiples of their step from the lowest, and the step."""
    gaps = values - values.min()
    span = float(gaps.max())
    if span == 0.0:
        return np.zeros(values.size, dtype=np.int64), 0.0
    slack = _ULPS * float(np.finfo(np.float64).eps) * float(np.abs(values).max())
    step = span
    for gap in np.unique(gaps).tolist():
        a, b = gap, step
        while a > _MOST_DEGREES * slack:  # Euclid's algorithm; what is left of commensurate values is rounding
            a, b = b % a, a
            if b - a <= _MOST_DEGREES * slack:
                a = 0.0
        if span > (_MOST_DEGREES + 0.5) * b:
            step = b
            break
        step = span / round(span / b)  # the quotients of the algorithm amplify rounding
    degree = round(span / step)
    places = np.rint(gaps / (span / degree))
    if degree > _MOST_DEGREES or np.any(np.abs(gaps - places * (span / degree)) > slack):
        raise UnsupportedError(
            f"{name}: expected multiples of one step, at most {_MOST_DEGREES} of them; got values over {span:g} that "
            "have no such step"
        )
    return places.astype(np.int64), span / degree


def _exact_roots(coefficients: list[int]) -> list[tuple[Any, int]]:
    """Roots as balls with multiplicities of a polynomial with integer coefficients (lowest first)."""
    import flint

    zero = next(k for k, c in enumerate(coefficients) if c)  # a factor x^k
    found: list[tuple[Any, int]] = [(flint.acb(0), zero)] if zero else []
    polynomial: Polynomial = flint.fmpz_poly(coefficients[zero:])
    y = flint.fmpz_poly([0, 1])
    folded = _folded(polynomial.coeffs())
    if folded is None:
        return found + _certified(polynomial, lambda root: [root])
    if folded[0]:
        found.append((flint.acb(-1), 1))
    half = folded[1]
    for value in (2, -2):  # x = 1 and x = -1, twice each
        while half(value) == 0:
            half //= y - value
            found.append((flint.acb(value // 2), 2))
    return found + _certified(half, _unfolded)


def _certified(polynomial: Polynomial, then: Callable[[Any], list[Any]]) -> list[tuple[Any, int]]:
    """Roots with multiplicities, or what is made of each, with as many bits as make them certain."""
    import flint

    bits = _FIRST_BITS
    while bits <= _MOST_BITS:
        with flint.ctx.workprec(bits):
            found = [(ball, m) for root, m in polynomial.complex_roots() for ball in then(root)]
        if all(_certain(ball) for ball, _ in found):
            return found
        bits *= 2
    raise PrecisionError(f"zeros: {_MOST_BITS} bits do not separate those of a polynomial of degree {len(found)}")


def _unfolded(y: Any) -> list[Any]:
    """Both x with x + 1/x = y."""
    root = (y * y - 4).sqrt()
    one, other = (y + root) / 2, (y - root) / 2
    larger = one if abs(complex(one)) >= abs(complex(other)) else other  # the other would cancel
    return [larger, 1 / larger]


def _folded(coefficients: list[Any]) -> tuple[bool, Polynomial] | None:
    """A palindrome P(x) = x^n Q(x + 1/x), or (x + 1) times one: whether so, and Q; None for others.

    Q has half the degree, which saves nearly all the time: even tori are palindromes.
    """
    import flint

    if coefficients != coefficients[::-1] or len(coefficients) < 3:
        return None
    polynomial = flint.fmpz_poly(coefficients)
    odd = len(coefficients) % 2 == 0
    if odd:
        polynomial = polynomial // flint.fmpz_poly([1, 1])
    c = polynomial.coeffs()
    middle = len(c) // 2
    y = flint.fmpz_poly([0, 1])
    before, here = flint.fmpz_poly([2]), y  # x^k + x^-k as polynomials in y
    total = flint.fmpz_poly([c[middle]])
    for k in range(1, middle + 1):
        total += c[middle + k] * here
        before, here = here, y * here - before
    return odd, total


def _roots_at(terms: Mapping[int, Mapping[float, int]], unit: float, temperature: float) -> list[tuple[Any, int]]:
    """Roots of sum_k z^k sum_E g exp(-E/T), the numbers in balls of more and more bits until all roots are apart."""
    import flint

    bits = _FIRST_BITS
    while bits <= _SQUAREFREE_FROM:
        found = _isolated(terms, unit, temperature, bits)
        if found is not None:
            return [(root, 1) for root in found]
        bits *= 2
    # Perhaps a multiple root, as of parts that do not touch: as a polynomial in z and w = exp(-u/T) it has integer
    # coefficients, and its squarefree factors stay so at a transcendental w.
    energies = np.array(sorted({gap for row in terms.values() for gap in row}))
    places, step = _places("energies", energies)
    place_of = dict(zip(energies.tolist(), places.tolist(), strict=True))
    ring = flint.fmpz_mpoly_ctx.get(("w", "z"), flint.Ordering.lex)
    whole = ring.from_dict({(place_of[gap], k): g for k, row in terms.items() for gap, g in row.items()})
    roots: list[tuple[Any, int]] = []
    for factor, multiplicity in whole.factor_squarefree()[1]:
        parts: dict[int, dict[float, int]] = {}
        for (place, k), g in factor.to_dict().items():
            parts.setdefault(int(k), {})[step * int(place)] = int(g)
        if max(parts) == 0:
            continue
        bits = _FIRST_BITS
        found = None
        while found is None:
            if bits > _MOST_BITS:
                raise PrecisionError(
                    f"lee_yang_zeros: {_MOST_BITS} bits do not separate the zeros at T = {temperature}"
                )
            found = _isolated(parts, unit, temperature, bits)
            bits *= 2
        roots += [(root, multiplicity) for root in found]
    return roots


def _isolated(terms: Mapping[int, Mapping[float, int]], unit: float, temperature: float, bits: int) -> list[Any] | None:
    """Roots as disjoint balls with so many bits of working precision; None where that is not enough."""
    import flint

    with flint.ctx.workprec(bits):
        beta = flint.arb(unit) / flint.arb(temperature)
        energies = {gap for row in terms.values() for gap in row}
        weights = {gap: (-beta * flint.arb(gap)).exp() for gap in energies}  # balls neither overflow nor vanish
        rows = [terms.get(k, {}) for k in range(max(terms) + 1)]
        values = [sum((weights[gap] * g for gap, g in row.items()), flint.arb(0)) for row in rows]
        zero = next(k for k, row in enumerate(rows) if row)
        polynomial = values[zero:]
        least = abs(polynomial[0]) / sum(map(abs, polynomial), flint.arb(0))
        try:  # no root lies nearer to 0 than ``least`` (Cauchy)
            found = flint.acb_poly(polynomial).roots(tol=least * _RADIUS, maxprec=bits)
        except ValueError:  # "insufficient precision, or squareful input"
            return None
        found = [flint.acb(0)] * zero + list(found)
        return found if all(map(_certain, found)) else None


def _certain(root: Any) -> bool:
    """Whether a ball is small enough to be rounded to float64."""
    return float(root.rad()) <= _RADIUS * float(root.abs_upper())


def _sorted(roots: Iterable[tuple[Any, int]]) -> Complex:
    """Midpoints of the balls, sorted by argument."""
    values = []
    for root, multiplicity in roots:
        if not _certain(root):
            raise PrecisionError(f"zeros: {root} is not isolated to the precision of float64")
        parts = [0.0 if part.contains(0) else float(part) for part in (root.real, root.imag)]
        values += [complex(*parts)] * multiplicity
    array = np.array(values, dtype=np.complex128)
    return array[np.lexsort((np.abs(array), np.angle(array)))]
