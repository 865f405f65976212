r"""The logarithm of a mean of weights, with its error.

.. math:: \log \bar w, \qquad \sigma = \sqrt{\frac{1}{n - 1} \left(\frac{\overline{w^2}}{\bar w^2} - 1\right)}, \qquad
          n_\mathrm{eff} = n \frac{\bar w^2}{\overline{w^2}}
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from statmech.estimators.base.series import Array
from statmech.estimators.base.tails import HEAVIEST_TAIL, tail_count, tail_shape
from statmech.logspace import logmeanexp

__all__ = ["LEAST_EFFECTIVE", "WeightAverage", "poor_weights", "weight_average"]

_FEW = 0.1  # of the samples, effective
LEAST_EFFECTIVE = 5.0  # samples: with one that carries all the weight the error of the first order is 1, however wrong


class WeightAverage(NamedTuple):
    """log of the mean weight, its standard error to first order, effective number of samples, and shape of the tail."""

    log_mean: float
    error: float
    effective: float
    tail: float


def weight_average(logs: Array) -> WeightAverage:
    """From logarithms of weights, shape (n,), n at least 2 and not all -inf.

    Examples
    --------
    >>> import numpy as np
    >>> found = weight_average(np.log([1.0, 3.0]) + 1000)
    >>> round(found.log_mean - 1000, 9), round(found.error, 9), round(found.effective, 3)
    (0.693147181, 0.5, 1.6)
    """
    mean = float(logmeanexp(logs))
    weights = np.exp(logs - mean)  # mean 1
    error = float(np.sqrt(np.mean((weights - 1.0) ** 2) / (weights.size - 1)))
    largest = tail_count(logs.size) + 1
    tail = tail_shape(np.partition(logs, logs.size - largest)[-largest:])
    return WeightAverage(mean, error, float(weights.size / np.mean(weights**2)), tail)


def poor_weights(
    effective: float, tail: float, samples: float, *, heaviest: float = HEAVIEST_TAIL, unit: str = "samples"
) -> str:
    """Why an average over such weights, and its error, mean nothing; or an empty string where they do.

    The tail is asked where fewer than a tenth of the samples are effective: else it cannot carry much, and weights of
    few different values fit no distribution.
    """
    if effective < LEAST_EFFECTIVE:
        return f"{effective:.1f} effective {unit} (at least {LEAST_EFFECTIVE:g} are needed)"
    if tail >= heaviest and effective < _FEW * samples:
        return (
            f"{effective:.1f} effective {unit}, but weights of too heavy a tail (shape {tail:.2f}, below {heaviest:g} "
            "is needed): what carries the average was hardly met"
        )
    return ""
