"""Sums of weighted exponentials, real of either sign or complex: ``log sum_i b_i exp(a_i / tau)`` and its sign.

The term that dominates is the one with the largest ``a_i / tau + log|b_i|``, not the largest ``a_i``. Everything is
summed relative to it, term by term as ``(b_i / b_k) exp((a_i - a_k) / tau)``, with the weights split into mantissa and
binary exponent so that neither factor can overflow. Where terms of opposite sign cancel, sums of ``expm1`` keep what
they have in common exactly. The error stays below 4 eps (|result| + sum p_i |a_i + tau log b_i|), p_i = |term_i / sum|.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statmech.double_double import accurate_sum, log_term, quotient, two_sum
from statmech.logspace.blocks import BLOCK, tiles

__all__ = ["complex_log_sum", "signed_log_sum"]

Array = NDArray[np.floating[Any]]
Complex = NDArray[np.complexfloating[Any, Any]]

# ln 2 in two parts; the first has 32 bits, so that its product with a binary exponent is exact.
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_BLOCK = BLOCK // 8  # a dozen temporaries of this size are alive at once


class _Terms:
    """Exponents and weights read box by box as matrices (results x terms), zero weights hidden."""

    def __init__(
        self, a: NDArray[Any], b: NDArray[Any], reduced: tuple[int, ...], tau: float, where: NDArray[np.bool_] | None
    ) -> None:
        kept = [i for i in range(a.ndim) if i not in reduced]
        order = [*kept, *reduced]
        self.a, self.b = a.transpose(order), b.transpose(order)
        self.where = None if where is None else np.broadcast_to(where, a.shape).transpose(order)
        self.kept_shape = tuple(a.shape[i] for i in kept)
        self.away_shape = tuple(a.shape[i] for i in reduced)
        self.count = prod(self.away_shape)
        self.lowest = -np.inf if tau > 0 else np.inf

    def boxes(self) -> list[tuple[slice, ...]]:
        return list(tiles(self.away_shape, _BLOCK))

    def read(self, kept: tuple[slice, ...], away: tuple[slice, ...], rows: Any = slice(None)) -> tuple[Array, Array]:
        box = (*kept, *away)
        a, b = np.array(self.a[box], dtype=np.float64), np.array(self.b[box], dtype=np.float64)
        if self.where is not None:
            b[~self.where[box]] = 0.0
        a[b == 0.0] = self.lowest
        shape = prod(a.shape[: len(kept)]), prod(a.shape[len(kept) :])
        return a.reshape(shape)[rows], b.reshape(shape)[rows]


def signed_log_sum(
    a: NDArray[Any],
    b: NDArray[Any],
    reduced: tuple[int, ...],
    tau: float = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> tuple[Array, Array]:
    """Return ``tau log|s|`` and the sign of ``s = sum_i b_i exp(a_i / tau)`` over the axes `reduced`.

    Parameters
    ----------
    a, b : ndarray, real, same shape
        Exponents in the unit of tau, and weights of any sign. A zero weight hides its exponent, inf and nan too.
    reduced : tuple of int
        Distinct non-negative axes to sum over.
    tau : float
        Finite non-zero scale.
    where : ndarray of bool, optional
        Broadcasts to `a`; terms that are False are left out.

    Returns
    -------
    value, sign : ndarray of float64, the shape that is left
        The sign is -1, 0 (value -inf, or +inf for tau < 0), 1, or nan.

    Examples
    --------
    >>> value, sign = signed_log_sum(np.array([700.0, 0.0]), np.array([1e-308, 1.0]), (0,))
    >>> value.item(), sign.item()
    (0.00010141806248793864, 1.0)
    """
    plain = _compiled_sum(a, b, reduced) if tau == 1.0 and where is None else None
    if plain is not None and plain[2].all():
        return plain[0], plain[1]
    terms = _Terms(a, b, reduced, tau, where)
    value, sign = np.full(terms.kept_shape, terms.lowest), np.zeros(terms.kept_shape)
    if a.size:
        with np.errstate(all="ignore"):
            for kept in tiles(terms.kept_shape, max(1, _BLOCK // terms.count)):
                shape = value[kept].shape
                log, sign_here, good = _plain_box(terms, kept, tau)
                if not good.all():
                    rows = np.flatnonzero(~good)
                    log[rows], sign_here[rows] = _signed_rows(terms, kept, rows, tau)
                value[kept], sign[kept] = log.reshape(shape), sign_here.reshape(shape)
    if plain is not None:
        return np.where(plain[2], plain[0], value), np.where(plain[2], plain[1], sign)
    return value, sign


def _compiled_sum(
    a: NDArray[Any], b: NDArray[Any], reduced: tuple[int, ...]
) -> tuple[Array, Array, NDArray[np.bool_]] | None:
    """As :func:`_plain_box` for all results at once, where nothing cancels; None of few terms."""
    from statmech.logspace.compiled_sums import as_rows, weighted_row_sums

    rows, weights = as_rows(a, reduced), as_rows(b, reduced)
    if rows is None or weights is None:
        return None
    total, size, inside = weighted_row_sums(rows, weights)
    with np.errstate(all="ignore"):
        log = np.log(np.abs(total))
    good = inside & (np.abs(log) > 0.5) & (np.abs(log) < 600.0) & (np.abs(total) >= 0.6 * size)
    shape = a.shape[: a.ndim - len(reduced)]
    return log.reshape(shape), np.sign(total).reshape(shape), good.reshape(shape)


def _plain_box(terms: _Terms, kept: tuple[slice, ...], tau: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The sum as it stands, and for which results that is exact enough.

    No result is near 0, nothing over- or underflows (subnormal exponentials times 1e20 stay 1e-16 below the
    smallest sum), no rounding of a / tau is undone by the weights, and where terms of opposite sign take away more than
    40 % the exponents are so large that their own rounding costs as much.
    """
    total: Any = 0.0
    size: Any = 0.0
    largest: Any = 0.0
    rounding: Any = 0.0
    for away in terms.boxes():
        a, b = terms.read(kept, away)
        magnitude = np.abs(b)
        largest = np.maximum(largest, magnitude.max(axis=1))
        z = a if tau == 1.0 else a / tau
        term = np.exp(z, out=a)
        np.multiply(term, b, out=term)
        total = total + term.sum(axis=1)
        np.abs(term, out=term)
        size = size + term.sum(axis=1)
        if tau != 1.0:
            rounding = rounding + (term * np.minimum(np.abs(z), 1e4)).sum(axis=1)
    log = np.log(np.abs(total))
    good = (np.abs(log) > 0.5) & (np.abs(log) < 600.0) & (largest < 1e20) & (rounding <= 2.0 * np.abs(log) * size)
    cancels = np.flatnonzero(good & (np.abs(total) < 0.6 * size))
    if cancels.size:
        bound = _sensitivity(terms, kept, cancels, np.zeros(cancels.size), tau)
        bound = bound + np.abs(log[cancels]) * np.abs(total[cancels])
        good[cancels] = (bound > 0.7 * size[cancels]) & (np.abs(total[cancels]) > 1e-6 * size[cancels])
    return tau * log, np.sign(total), good


def _sensitivity(terms: _Terms, kept: tuple[slice, ...], rows: NDArray[np.intp], shift: Array, tau: float) -> Array:
    """``sum exp(l - shift) |l|`` over l = a / tau + log|b|: what a relative change of every l does to the sum."""
    weight: Any = 0.0
    for away in terms.boxes():
        a, b = terms.read(kept, away, rows)
        level = a / tau + np.log(np.abs(b))
        weight = weight + np.where(b == 0, 0.0, np.exp(level - shift[:, None]) * np.abs(level)).sum(axis=1)
    return np.asarray(weight)


def _signed_rows(terms: _Terms, kept: tuple[slice, ...], rows: NDArray[np.intp], tau: float) -> tuple[Array, Array]:
    """The sum relative to its dominant term."""
    boxes = terms.boxes()
    top: Any = -np.inf
    invalid: Any = False
    up: Any = False
    down: Any = False
    for away in boxes:
        a, b = terms.read(kept, away, rows)
        z = a / tau
        infinite = (z == np.inf) | (np.isinf(b) & (z > -np.inf))
        invalid = invalid | (np.isnan(z) | np.isnan(b) | (np.isinf(b) & (z == -np.inf))).any(axis=1)
        up, down = up | (infinite & (b > 0)).any(axis=1), down | (infinite & (b < 0)).any(axis=1)
        top = np.maximum(top, z.max(axis=1))
    special = invalid | up | down
    top = np.where(np.isfinite(top), top, 0.0)[:, None]

    # The dominant term, by binary exponents: within a factor 2 of the largest.
    best = np.full(special.shape, -np.inf)
    a_k, b_k = np.zeros(special.shape), np.ones(special.shape)
    at = np.full(special.shape, -1)
    start = 0
    for away in boxes:
        a, b = terms.read(kept, away, rows)
        score = (a / tau - top) + np.frexp(b)[1] * np.log(2.0)
        index = score.argmax(axis=1)[:, None]
        here = np.take_along_axis(score, index, 1)[:, 0]
        better = here > best
        best = np.where(better, here, best)
        at = np.where(better, index[:, 0] + start, at)
        a_k = np.where(better, np.take_along_axis(a, index, 1)[:, 0], a_k)
        b_k = np.where(better, np.take_along_axis(b, index, 1)[:, 0], b_k)
        start += a.shape[1]
    empty = at < 0
    a_k, b_k = np.where(special, 0.0, a_k), np.where(special, 1.0, b_k)

    rest: Any = 0.0
    size: Any = 1.0
    start = 0
    for away in boxes:
        a, b = terms.read(kept, away, rows)
        term = _relative(a, b, a_k[:, None], b_k[:, None], tau)
        inside = (at >= start) & (at < start + a.shape[1])
        term[inside, at[inside] - start] = 0.0
        rest, size = rest + term.sum(axis=1), size + np.abs(term).sum(axis=1)
        start += a.shape[1]
    whole = 1.0 + rest
    log = np.where(whole < 0, np.log(-whole), np.log1p(rest))
    value = _log_weight(a_k, np.abs(b_k), tau, log)
    sign = np.sign(b_k) * np.sign(whole)

    cancels = np.flatnonzero((np.abs(whole) < 0.6 * size) & ~special & ~empty)
    if cancels.size:
        log_k = a_k[cancels] / tau + np.log(np.abs(b_k[cancels]))
        weight = _sensitivity(terms, kept, rows[cancels], log_k, tau)
        # Rounding has cost up to 2 eps size / |whole|; 4 eps weight / |whole| is what the bound allows.
        again = (weight < 0.5 * size[cancels]) | (np.abs(whole[cancels]) < 1e-6 * size[cancels])
        those = cancels[again]
        if those.size:
            value[those], sign[those] = _cancelling(terms, kept, rows[those], log_k[again], tau)
    infinity = np.inf if tau > 0 else -np.inf
    value = np.where(special, np.where(invalid | (up & down), np.nan, infinity), np.where(empty, -infinity, value))
    sign = np.where(
        special, np.where(invalid | (up & down), np.nan, np.where(up, 1.0, -1.0)), np.where(empty, 0.0, sign)
    )
    return value, sign


def _relative(a: Array, b: Array, a_k: Array, b_k: Array, tau: float) -> Array:
    """``(b / b_k) exp((a - a_k) / tau)`` to about 2 eps, whatever the ranges of the factors."""
    difference, lost = two_sum(a, -a_k)
    q, r = quotient(difference, tau)
    mantissa, exponent = np.frexp(b)
    mantissa_k, exponent_k = np.frexp(b_k)
    power = (exponent - exponent_k).astype(np.float64)
    high, e1 = two_sum(q, power * _LN2_HIGH)
    high, e2 = two_sum(high, power * _LN2_LOW)
    low = (e1 + e2) + (r + lost / tau)
    low = np.where(np.isfinite(low), low, 0.0)
    scale = mantissa / mantissa_k * np.exp(high)
    return np.asarray(scale + scale * low)


def _log_weight(a: Array, b: Array, tau: float, log: Array) -> Array:
    """``a + tau log b + tau log``, the first two without cancellation."""
    ratio, log_b = a / tau, np.log(b)
    value = a + tau * (log_b + log)
    cancel = np.flatnonzero((np.abs(ratio) > 2.0 * np.abs(ratio + log_b)) & (log_b != 0.0))
    if cancel.size:
        value[cancel] = tau * (log_term(a[cancel], b[cancel], tau) + log[cancel])
    return value


def _cancelling(
    terms: _Terms, kept: tuple[slice, ...], rows: NDArray[np.intp], log_k: Array, tau: float
) -> tuple[Array, Array]:
    """Sums that cancel: exp(l) = 1 + expm1(l) near l = 0, the ones counted, the rest summed exactly."""
    shift = np.where(np.abs(log_k) < 600.0, 0.0, log_k)
    ones: Array = np.zeros(rows.size)
    hi: Array = np.zeros(rows.size)
    lo: Array = np.zeros(rows.size)
    for away in terms.boxes():
        a, b = terms.read(kept, away, rows)
        live = (b != 0.0) & np.isfinite(a)
        level = log_term(np.where(live, a, 0.0), np.where(live, np.abs(b), 1.0), tau) - shift[:, None]
        near = np.abs(level) < 1.0
        unsigned = np.where(near, np.expm1(level), np.exp(level))
        signs = np.where(live, np.sign(b), 0.0)
        h, e = accurate_sum(signs * unsigned)
        ones += (signs * near).sum(axis=1)
        hi, error = two_sum(hi, h)
        lo += e + error
    total, error = two_sum(ones, hi)
    total = total + (error + lo)
    flip = np.sign(total)
    above = (flip * ones - 1.0) + flip * (hi + lo)
    log = np.where(above > -0.5, np.log1p(above), np.log(np.abs(total)))
    return tau * (shift + log), flip


def _expm1(z: Complex) -> Complex:
    """exp(z) - 1 without cancellation in either part."""
    out = np.empty_like(z)
    out.real = np.expm1(z.real) * np.cos(z.imag) - 2.0 * np.sin(0.5 * z.imag) ** 2
    out.imag = np.exp(z.real) * np.sin(z.imag)
    return out


def complex_log_sum(
    a: NDArray[Any],
    b: NDArray[Any] | None,
    reduced: tuple[int, ...],
    tau: float = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> tuple[Complex, Complex]:
    """Return ``tau log s``, with Im log s in (-pi, pi], and ``s / |s|`` for ``s = sum_i b_i exp(a_i / tau)``.

    The parameters are those of :func:`signed_log_sum`, complex; `b` None stands for ones. The input is copied.

    Examples
    --------
    >>> value, phase = complex_log_sum(np.array([0.0, 1j * np.pi / 2]), None, (0,))
    >>> complex(np.round(value, 12)[()])
    (0.34657359028+0.785398163397j)
    """
    axes = [i for i in range(a.ndim) if i not in reduced]
    shape = tuple(a.shape[i] for i in axes)
    dtype = np.result_type(a.dtype, np.complex128, *(() if b is None else (b.dtype,)))

    def rows(x: NDArray[Any], dtype: Any) -> NDArray[Any]:
        whole = np.broadcast_to(x, a.shape).transpose([*axes, *reduced])
        return np.array(whole, dtype=dtype).reshape(prod(shape), -1) if a.size else np.empty((prod(shape), 0), dtype)

    z, weights = rows(a, dtype), None if b is None else rows(b, dtype)
    if tau != 1.0:
        z.real, z.imag = z.real / tau, z.imag / tau
    if where is not None:
        weights = np.ones_like(z) if weights is None else weights
        weights[~rows(where, np.bool_)] = 0.0
    with np.errstate(all="ignore"):
        if weights is not None:
            z[weights == 0] = complex(-np.inf, 0.0)
        log, phase = _complex_rows(z, weights)
        value = log.copy()
        value.imag = np.where(np.abs(log.imag) < np.pi, log.imag, -((-log.imag + np.pi) % (2 * np.pi) - np.pi))
        if tau != 1.0:
            value.real, value.imag = tau * value.real, tau * value.imag
    return value.reshape(shape), phase.reshape(shape)


def _complex_rows(z: Complex, weights: Complex | None) -> tuple[Complex, Complex]:
    if z.shape[1] == 0:
        return np.full(z.shape[0], -np.inf, z.dtype), np.zeros(z.shape[0], z.dtype)
    log_weights = np.zeros_like(z) if weights is None else np.log(weights)
    score = z.real + np.where(np.isneginf(z.real), 0.0, log_weights.real)
    index = score.argmax(axis=1)[:, None]
    z_k, log_b_k = np.take_along_axis(z, index, 1), np.take_along_axis(log_weights, index, 1)
    odd = ~np.isfinite(z_k[:, 0]) | ~np.isfinite(z.imag).all(axis=1) | ~np.isfinite(log_b_k[:, 0])

    difference = np.where(np.isneginf(z.real), z, z - z_k)
    term = np.exp(difference)
    if weights is not None:
        scaled = weights / np.take_along_axis(weights, index, 1) * term
        risky = ~np.isfinite(scaled) | (np.abs(difference.real) > 300.0)
        term = np.where(risky, np.exp(difference + (log_weights - log_b_k)), scaled)
        term[weights == 0] = 0.0
    size = np.abs(term).sum(axis=1)
    np.put_along_axis(term, index, 0.0, 1)
    rest = term.sum(axis=1)
    whole = 1.0 + rest

    # log(1 + x + iy): the modulus from |1 + z|^2 - 1 = x (2 + x) + y^2 where it is near 1
    log = np.empty_like(rest)
    distance = rest.real * (2.0 + rest.real) + rest.imag**2
    log.real = np.where(np.abs(distance) < 0.5, 0.5 * np.log1p(distance), np.log(np.abs(whole)))
    log.imag = np.arctan2(rest.imag, whole.real)
    log = z_k[:, 0] + log_b_k[:, 0] + log
    cancels = (np.abs(whole) < 0.6 * size) & (np.abs(z_k[:, 0].real + log_b_k[:, 0].real) < 600.0) & ~odd
    if cancels.any():
        live = z[cancels] + log_weights[cancels]
        near = np.abs(live) < 1.0
        total = near.sum(axis=1) + np.where(near, _expm1(live), np.exp(live)).sum(axis=1)
        log[cancels] = np.log(total)
    phase = np.exp(1j * log.imag)
    phase[np.isneginf(log.real)] = 0.0
    if odd.any():
        terms = np.exp(z[odd])
        if weights is not None:
            terms = np.where(weights[odd] == 0, 0.0, weights[odd] * terms)
        total = terms.sum(axis=1)
        log[odd], phase[odd] = np.log(total), np.sign(total)
    return log, phase
