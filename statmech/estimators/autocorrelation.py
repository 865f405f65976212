r"""Autocorrelation times and the errors of correlated means: the Gamma method with its automatic window.

.. math:: \tau_\mathrm{int}(W) = \tfrac12 + \sum_{t=1}^{W} \rho(t), \qquad
          \sigma^2(\bar a) = \frac{2 \tau_\mathrm{int}}{N}\, \Gamma(0)

The window W balances the truncated tail, exp(-W / tau), against the noise of the sum, sqrt(W / N), with the decay
time tau = S tau_int. Autocovariances of all lags come from one Fourier transform.

Source: U. Wolff, Comput. Phys. Commun. 156, 143 (2004), equations (31) to (52); erratum 176, 383 (2007).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.base import Array, Estimate, replicas

__all__ = ["Autocorrelation", "autocorrelation", "derived_autocorrelation"]

# Errors are trusted from this many autocorrelation times on: the relative error of tau is then about 0.3.
_LEAST_TIMES = 50.0


@dataclass(frozen=True, eq=False)
class Autocorrelation(Estimate):
    """Mean of a correlated series, with its error and the error of that.

    Attributes
    ----------
    mean, error : float
        Of the series, over all replicas; the error knows of the correlations.
    error_of_error : float
        Standard error of ``error``.
    time, time_error : float
        Integrated autocorrelation time tau_int in samples (1/2 where they are independent) and its standard error.
    window : int
        Lags summed.
    variance : float
        Gamma(0), the variance of one sample, corrected for the bias of the subtracted mean.
    samples : int
        N, in all replicas.
    normalized : array, shape (window + 1,)
        rho(t) of the lags summed.
    window_found : bool
        False where the noise never fell under the tail: the series is shorter than its correlations.
    """

    mean: float
    error: float
    error_of_error: float
    time: float
    time_error: float
    window: int
    variance: float
    samples: int
    normalized: Array
    window_found: bool

    @property
    def effective_samples(self) -> float:
        """N / (2 tau_int): how many independent samples the series is worth."""
        return self.samples / (2.0 * self.time)

    @property
    def reliable(self) -> bool:
        """Whether the error can be trusted: N >= 50 tau_int, a window was found, and the series moves at all."""
        return self.window_found and self.variance > 0 and self.samples >= _LEAST_TIMES * self.time


def autocorrelation(
    series: npt.ArrayLike | Sequence[npt.ArrayLike], *, decay_factor: float = 1.5, window: int | None = None
) -> Autocorrelation:
    """Mean, error and integrated autocorrelation time of a stationary series.

    Parameters
    ----------
    series : array_like, shape (N,) or (R, N), or sequence of R series
        Samples in the order they were drawn, of one chain or of R independent ones of any lengths.
    decay_factor : float
        S, the assumed exponential decay time in units of tau_int; 1 to 2 is usual.
    window : int, optional
        Sum that many lags instead of choosing.

    Returns
    -------
    Autocorrelation
        A constant series has error 0 and time 1/2, and is not ``reliable``: it has not shown that it moves.

    Raises
    ------
    InputError
        If a series has fewer than 4 samples or one that is not finite, or an option has no meaning.

    Examples
    --------
    An autoregressive process of coefficient 0.8 has tau_int = (1 + 0.8) / (1 - 0.8) / 2 = 4.5.

    >>> rng = np.random.default_rng(1)
    >>> x = np.zeros(20000)
    >>> for n in range(1, x.size):
    ...     x[n] = 0.8 * x[n - 1] + rng.normal()
    >>> found = autocorrelation(x)
    >>> abs(found.time - 4.5) < 3 * found.time_error, abs(found.mean) < 3 * found.error
    (True, True)
    """
    rows = replicas("series", series, least=4)
    shift = float(rows[0][0])  # an offset of 1e9 shall not cost the digits of the mean
    mean = sum(float(np.sum(row - shift)) for row in rows) / sum(row.size for row in rows)
    return _gamma_method([(row - shift) - mean for row in rows], shift + mean, decay_factor, window)


def derived_autocorrelation(
    function: Callable[..., float],
    *primaries: npt.ArrayLike | Sequence[npt.ArrayLike],
    decay_factor: float = 1.5,
    window: int | None = None,
) -> Autocorrelation:
    """The Gamma method for a function of means: the error of f(<a>, <b>, ...) with all cross-correlations.

    Parameters
    ----------
    function : callable
        f of as many numbers as there are primaries.
    *primaries : as ``series`` in :func:`autocorrelation`
        Series measured together: of equal lengths.
    decay_factor, window
        As in :func:`autocorrelation`.

    Returns
    -------
    Autocorrelation
        ``mean`` is f of the means; its bias, of order 1/N, is left in it (:func:`jackknife` tells it). ``time`` and
        ``variance`` are those of the linearised series sum_a (df/da) a.

    Raises
    ------
    InputError
        If the primaries differ in length, or as in :func:`autocorrelation`.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> x = rng.normal(3.0, 1.0, 4000)
    >>> variance = derived_autocorrelation(lambda second, first: second - first**2, x**2, x)
    >>> abs(variance.mean - 1.0) < 3 * variance.error, abs(variance.error / (2 / 4000) ** 0.5 - 1) < 0.1
    (True, True)
    """
    if not primaries:
        raise InputError("primaries: expected at least one series; got none")
    columns = [replicas(f"primaries[{a}]", primary, least=4) for a, primary in enumerate(primaries)]
    lengths = [[row.size for row in rows] for rows in columns]
    if any(length != lengths[0] for length in lengths[1:]):
        raise InputError(f"primaries: expected series of equal lengths, measured together; got {lengths}")
    means = np.array([np.concatenate(rows).mean() for rows in columns])
    steps = np.array([np.concatenate(rows).std() for rows in columns]) / math.sqrt(sum(lengths[0]))
    gradient = np.zeros(means.size)
    for a in range(means.size):
        if steps[a] > 0:  # a primary that never moves has no share in the error
            move = np.zeros(means.size)
            move[a] = steps[a]
            gradient[a] = (float(function(*(means + move))) - float(function(*(means - move)))) / (2 * steps[a])
    value = float(function(*means))
    if not (math.isfinite(value) and np.all(np.isfinite(gradient))):
        raise InputError(f"function: expected a finite value and gradient at the means; got {value} and {gradient}")
    linear = [
        sum(g * (rows[r] - mean) for g, rows, mean in zip(gradient, columns, means, strict=True))
        for r in range(len(lengths[0]))
    ]
    return _gamma_method([np.asarray(row) for row in linear], value, decay_factor, window)


def _gamma_method(deviations: list[Array], mean: float, decay_factor: float, window: int | None) -> Autocorrelation:
    """Everything from the deviations of each replica from the common mean."""
    if not 0 < decay_factor < math.inf:
        raise InputError(f"decay_factor: expected a positive number; got {decay_factor!r}")
    total, longest = sum(row.size for row in deviations), min(row.size for row in deviations) // 2
    if window is not None and not 0 <= window <= longest:
        raise InputError(f"window: expected 0 to {longest}, half the shortest series; got {window!r}")
    scale = max(float(np.max(np.abs(row))) for row in deviations)
    if scale <= 1e-15 * abs(mean) or scale == 0.0:  # rounding of the mean alone
        return Autocorrelation(mean, 0.0, 0.0, 0.5, 0.0, 0, 0.0, total, np.ones(1), True)
    covariance = sum(_lagged_products(row / scale, longest) for row in deviations)
    counts = np.asarray(total - len(deviations) * np.arange(longest + 1))
    gamma = np.asarray(covariance) / counts
    found = True
    if window is None:
        window, found = _automatic_window(gamma, total, decay_factor)
    # The mean was subtracted: every lag is low by 2 tau Gamma(0) / N (equation 49).
    summed = float(gamma[0] + 2 * gamma[1 : window + 1].sum())
    gamma = gamma + summed / total
    summed = float(gamma[0] + 2 * gamma[1 : window + 1].sum())
    if summed <= 0:  # anticorrelated to the last lag: the noise of the sum is larger than what it sums to
        window, found, summed = 0, False, float(gamma[0])
    time = 0.5 * summed / float(gamma[0])
    error = scale * math.sqrt(summed / total)
    return Autocorrelation(
        mean=mean,
        error=error,
        error_of_error=error * math.sqrt((window + 0.5) / total),
        time=time,
        time_error=2.0 * time * math.sqrt(max(window + 0.5 - time, 0.0) / total),
        window=window,
        variance=float(gamma[0]) * scale**2,
        samples=total,
        normalized=gamma[: window + 1] / gamma[0],
        window_found=found,
    )


def _lagged_products(row: Array, longest: int) -> Array:
    """sum_n d_n d_(n+t) for t up to ``longest``, by a Fourier transform padded against wrapping around."""
    length = 1 << (row.size + longest).bit_length()
    spectrum = np.fft.rfft(row, length)
    return np.asarray(np.fft.irfft(spectrum.real**2 + spectrum.imag**2, length)[: longest + 1])


def _automatic_window(gamma: Array, total: int, decay_factor: float) -> tuple[int, bool]:
    """The first W where the tail falls under the noise (equations 50 to 52)."""
    times = 0.5 + np.cumsum(gamma[1:]) / gamma[0]
    lags = np.arange(1, gamma.size)
    positive = times > 0.5
    # An alternating series is summed over its oscillation: at least the decay that its first lag shows. A slow one
    # must not be: with a decay above sqrt(N) the noise of the first lag looks larger than the tail, which ends the sum.
    first = min(-float(gamma[1] / gamma[0]), 1 - 1e-9)
    decay = np.full(lags.size, -1.0 / math.log(first) if first > 0 else 1e-3)
    slow = decay_factor / np.log((2 * times[positive] + 1) / (2 * times[positive] - 1))
    decay[positive] = np.maximum(decay[positive], slow)
    with np.errstate(under="ignore"):
        balance = np.exp(-lags / decay) - decay / np.sqrt(lags * total)
    below = np.flatnonzero(balance < 0)
    return (int(lags[below[0]]), True) if below.size else (int(lags[-1]), False)
