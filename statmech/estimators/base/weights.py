r"""The logarithm of a mean of weights, with its error.

.. math:: \log \bar w, \qquad \sigma = \sqrt{\frac{1}{n - 1} \left(\frac{\overline{w^2}}{\bar w^2} - 1\right)}, \qquad
          n_\mathrm{eff} = n \frac{\bar w^2}{\overline{w^2}}
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from statmech.estimators.base.series import Array
from statmech.logspace import logmeanexp

__all__ = ["LEAST_EFFECTIVE", "WeightAverage", "weight_average"]

LEAST_EFFECTIVE = 5.0  # samples: with one that carries all the weight the error of the first order is 1, however wrong


class WeightAverage(NamedTuple):
    """log of the mean weight, its standard error to first order, and the effective number of samples."""

    log_mean: float
    error: float
    effective: float


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
    return WeightAverage(mean, error, float(weights.size / np.mean(weights**2)))
