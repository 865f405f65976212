"""The log-sum-exp family with a temperature: ``LSE_tau(x) = tau log sum_i exp(x_i / tau)``.

Minus the free energy of levels E at temperature T is ``LSE_T(-E)``; its gradient, ``softmax``, is the Boltzmann
distribution; tau -> 0 is the maximum, the ground state.

    log_sum_exp, log_mean_exp, boltzmann_weights, elementwise     the functions, their arguments and corners
    shifted_sums, weighted_sums, scale_limits                     of unit, signed, complex weights; tau = 0, inf
    blocks, exponential_passes, compiled_sums                     cache-sized blocks, one exponential per element
"""

from __future__ import annotations

from statmech.logspace.boltzmann_weights import log_softmax, softmax
from statmech.logspace.elementwise import log1mexp, logaddexp, logdiffexp
from statmech.logspace.log_mean_exp import logmeanexp
from statmech.logspace.log_sum_exp import logsumexp

__all__ = ["log1mexp", "log_softmax", "logaddexp", "logdiffexp", "logmeanexp", "logsumexp", "softmax"]
