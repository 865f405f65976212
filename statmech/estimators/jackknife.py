r"""The blocked jackknife: errors of anything that is computed from a time series.

With B blocks, each left out in turn, and theta_b computed from the rest,

.. math:: \sigma^2 = \frac{B - 1}{B} \sum_b (\theta_b - \bar\theta)^2, \qquad
          \text{bias} = (B - 1) (\bar\theta - \theta)

Blocks must be longer than the correlations. Neighbouring blocks of a chain are still correlated at their ends, which
makes sigma^2 too small by a share of about tau / b (b the block length): :func:`block_correction` is the factor that
mends it. With B blocks sigma itself is known to 1 / sqrt(2 B); the ratio of a deviation to it therefore follows
Student's distribution with B - 1 degrees of freedom, of variance (B - 1) / (B - 3), not the normal one.

Sources: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982), chapters 2 and 3; for
correlated series H. R. Künsch, Ann. Stat. 17, 1217 (1989); the variance of means of successive values of an
exponentially correlated series: T. P. Straatsma, H. J. C. Berendsen and A. J. Stam, Mol. Phys. 57, 89 (1986).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.base import Array, Estimate

__all__ = [
    "Jackknife",
    "block_correction",
    "jackknife",
    "jackknife_bias",
    "jackknife_error",
    "measured_block_correction",
]


@dataclass(frozen=True, eq=False)
class Jackknife(Estimate):
    """An estimate from all samples, and what leaving out blocks says about it.

    Attributes
    ----------
    estimate : array, shape (...)
        From all samples, not corrected for bias.
    error : array, shape (...)
        Standard error.
    bias : array, shape (...)
        Estimated bias of order 1/N: ``estimate - bias`` is free of it.
    left_out : array, shape (B, ...)
        theta_b, without block b.
    """

    estimate: Array
    error: Array
    bias: Array
    left_out: Array

    @property
    def corrected(self) -> Array:
        """The estimate less its bias."""
        return np.asarray(self.estimate - self.bias)


def jackknife(function: Callable[..., npt.ArrayLike], *series: npt.ArrayLike, blocks: int = 32) -> Jackknife:
    """Estimate, standard error and bias of any function of series measured together.

    Parameters
    ----------
    function : callable
        Of as many arrays as there are series, cut along their first axis; returns a number or an array.
    *series : array_like, shapes (N, ...)
        Samples in the order they were drawn. Series of independent chains are put one after the other, each a
        multiple of the block length.
    blocks : int
        B, at least 2: as many as leave every block longer than several autocorrelation times. The error itself is
        known to about 1 / sqrt(2 B). Blocks differ by at most one sample.

    Returns
    -------
    Jackknife

    Raises
    ------
    InputError
        If series differ in length, there are more blocks than samples, or the function gives what is not finite.

    Examples
    --------
    Heat capacity and Binder cumulant with their errors, energies and magnetisations at T = 2:

    >>> rng = np.random.default_rng(1)
    >>> energy, moment = rng.normal(0, 3, 4000), rng.normal(0, 1, 4000)
    >>> capacity = jackknife(lambda e: e.var() / 2.0**2, energy)
    >>> bool(abs(capacity.estimate - 2.25) < 3 * capacity.error)
    True
    >>> binder = jackknife(lambda m: 1 - np.mean(m**4) / (3 * np.mean(m**2) ** 2), moment)
    >>> bool(abs(binder.estimate) < 3 * binder.error)  # a normal distribution has none
    True
    """
    columns = [np.asarray(values) for values in series]
    if not columns or any(column.ndim == 0 for column in columns):
        raise InputError("series: expected at least one array of samples")
    count = columns[0].shape[0]
    if any(column.shape[0] != count for column in columns):
        raise InputError(f"series: expected equal lengths; got {[column.shape[0] for column in columns]}")
    if not isinstance(blocks, int | np.integer) or not 2 <= blocks <= count:
        raise InputError(f"blocks: expected an integer from 2 to the number of samples, {count}; got {blocks!r}")
    edges = np.linspace(0, count, int(blocks) + 1).astype(np.int64)
    estimate = np.asarray(function(*columns), dtype=np.float64)
    left_out = np.stack(
        [
            np.asarray(
                function(*(np.concatenate((column[:start], column[stop:])) for column in columns)), dtype=np.float64
            )
            for start, stop in pairwise(edges)
        ]
    )
    if not (np.all(np.isfinite(estimate)) and np.all(np.isfinite(left_out))):
        raise InputError("function: expected finite values of all samples and without each block; got inf or nan")
    return Jackknife(estimate, jackknife_error(left_out), jackknife_bias(estimate, left_out), left_out)


def jackknife_error(left_out: npt.ArrayLike, axis: int = 0) -> Array:
    """Standard error from the values without each block.

    Parameters
    ----------
    left_out : array_like, shape (..., B, ...)
        theta_b along ``axis``.
    axis : int
        The block axis.

    Returns
    -------
    array
        sqrt((B - 1) / B sum_b (theta_b - mean)^2).

    Raises
    ------
    InputError
        If there are fewer than two blocks.

    Examples
    --------
    The mean of 1, 2, 3, 4 with one left out in turn; its standard error is std / sqrt(4).

    >>> float(jackknife_error([3.0, 8 / 3, 7 / 3, 2.0])), float(np.std([1, 2, 3, 4], ddof=1) / 2)
    (0.6454972243679028, 0.6454972243679028)
    """
    values = _blocks_last(left_out, axis)
    count = values.shape[-1]
    deviations = values - values[..., :1]  # equal values, however large, have exactly no error
    deviations = deviations - deviations.mean(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((count - 1) / count * np.sum(deviations**2, axis=-1)))


def jackknife_bias(estimate: npt.ArrayLike, left_out: npt.ArrayLike, axis: int = 0) -> Array:
    """Bias of order 1/N of an estimate, to be subtracted from it.

    Parameters
    ----------
    estimate : array_like, shape (...)
        theta from all samples.
    left_out : array_like, shape (..., B, ...)
        theta_b along ``axis``.
    axis : int
        The block axis.

    Returns
    -------
    array
        (B - 1) (mean of theta_b - theta), exactly 0 where all are equal.

    Raises
    ------
    InputError
        If there are fewer than two blocks.

    Examples
    --------
    The variance about the sample mean of 1, 2, 3, 4 is low by the squared error of the mean, 5/12.

    >>> x = np.array([1.0, 2.0, 3.0, 4.0])
    >>> unbiased = x.var() - jackknife_bias(x.var(), [np.delete(x, b).var() for b in range(4)])
    >>> bool(abs(unbiased - x.var(ddof=1)) < 1e-14)
    True
    """
    values = _blocks_last(left_out, axis)
    count = values.shape[-1]
    return np.asarray((count - 1) * (values - np.asarray(estimate, dtype=np.float64)[..., None]).mean(axis=-1))


def _blocks_last(left_out: npt.ArrayLike, axis: int) -> Array:
    """Blocks last and contiguous: the order of additions at a point then does not depend on the number of points."""
    values = np.ascontiguousarray(np.moveaxis(np.asarray(left_out, dtype=np.float64), axis, -1))
    if values.shape[-1] < 2:
        raise InputError(f"left_out: expected at least two blocks along axis {axis}; got {values.shape[-1]}")
    return values


def block_correction(time: float, length: float, blocks: int, chains: int = 1) -> float:
    r"""By how much a jackknife variance is too small, because blocks of one chain are correlated at their ends.

    The mean of n successive values of a series with correlations :math:`\rho^t` has the variance

    .. math:: v(n) = \frac{2 \tau}{n} \left[1 - \frac{2 \rho (1 - \rho^n)}{n (1 - \rho^2)}\right] \sigma^2, \qquad
              \tau = \frac{1}{2}\, \frac{1 + \rho}{1 - \rho}

    R chains of p blocks of length b, B = p R, have a mean of variance v(p b) / R; from the spread of the blocks one
    expects [v(b) - v(p b) / R] / (B - 1). The correction is the ratio, about 1 + tau / b, and 1 where every block is a
    chain of its own. It is as exact as one exponential describes the correlations, and at b = 5 tau comes to a fifth.

    Parameters
    ----------
    time : float
        tau, integrated, in samples (1/2 where they are independent); nan where nothing is known of it.
    length : float
        b, samples in a block.
    blocks, chains : int
        B of all chains together, and R of them, independent and each of B / R blocks.

    Returns
    -------
    float
        The factor by which to multiply sigma^2; 1 where tau is nan.

    Raises
    ------
    InputError
        If tau is below 1/2, or blocks are no multiple of chains or fewer than two.

    Examples
    --------
    >>> round(block_correction(4.0, 40.0, 64), 3), block_correction(0.5, 40.0, 64), block_correction(4.0, 40.0, 64, 64)
    (1.109, 1.0, 1.0)
    """
    _check_blocks(length, blocks, chains)
    if math.isnan(time):
        return 1.0
    if not time >= 0.5:
        raise InputError(f"time: expected at least 1/2; got {time}")

    def variance(n: float) -> float:
        rho = (time - 0.5) / (time + 0.5)
        ends = 2.0 * rho * (1.0 - math.exp(n * math.log(rho))) / (n * (1.0 - rho * rho)) if rho > 0 else 0.0
        return 2.0 * time / n * (1.0 - ends)

    return _correction(variance, length, blocks, chains)


def measured_block_correction(correlations: npt.ArrayLike, length: float, blocks: int, chains: int = 1) -> float:
    r"""As :func:`block_correction`, from measured correlations: where a fast and a slow decay add up.

    One exponential of the same tau is then shorter than the slow part, and so is a block that is long beside tau.

    .. math:: v(n) = \frac{\sigma^2}{n} \left[1 + 2 \sum_{t=1}^{n} \left(1 - \frac{t}{n}\right) \rho(t)\right]

    Parameters
    ----------
    correlations : array_like, shape (W + 1,)
        rho(0) = 1, rho(1), ... as far as they are known (``Autocorrelation.normalized``); 0 beyond.
    length, blocks, chains
        As in :func:`block_correction`.

    Returns
    -------
    float
        The factor by which to multiply sigma^2.

    Raises
    ------
    InputError
        As :func:`block_correction`, and where correlations do not begin with 1 or leave a mean no variance.

    Examples
    --------
    A fifth of the variance lives 50 samples long, the rest two: blocks of 125 samples are 11 times as long as
    tau = 11.6, and still find hardly two thirds of the variance of the mean.

    >>> t = np.arange(400)
    >>> rho = 0.8 * np.exp(-t / 2) + 0.2 * np.exp(-t / 50)
    >>> tau = rho.sum() - 0.5
    >>> round(measured_block_correction(rho, 125.0, 64), 2), round(block_correction(tau, 125.0, 64), 2)
    (1.47, 1.1)
    """
    _check_blocks(length, blocks, chains)
    rho = np.asarray(correlations, dtype=np.float64)
    if rho.ndim != 1 or rho.size == 0 or rho[0] != 1.0 or not np.all(np.isfinite(rho)):
        raise InputError(f"correlations: expected finite numbers that begin with 1; got {rho[:3]} ...")

    def variance(n: float) -> float:
        lags = np.arange(1, min(rho.size, math.ceil(n)))
        return float(1.0 + 2.0 * ((1.0 - lags / n) * rho[lags]).sum()) / n

    if not 0.0 < variance(length * (blocks // chains)) < variance(length) * chains and blocks > chains:
        raise InputError("correlations: a mean would have no variance with them; they are cut within an oscillation")
    return _correction(variance, length, blocks, chains)


def _check_blocks(length: float, blocks: int, chains: int) -> None:
    if blocks < 2 or chains < 1 or blocks % chains:
        raise InputError(f"blocks: expected a multiple of the {chains} chains, at least 2; got {blocks}")
    if not length > 0:
        raise InputError(f"length: expected a positive number; got {length}")


def _correction(variance: Callable[[float], float], length: float, blocks: int, chains: int) -> float:
    """From the variance of the mean of n successive values."""
    if blocks == chains:
        return 1.0
    whole = variance(length * (blocks // chains)) / chains
    return float((blocks - 1) * whole / (variance(length) - whole))
