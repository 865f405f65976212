"""Particle filters: the likelihood of a state-space model as a sum over random paths of its hidden state.

A model is any object with the three methods of :class:`StateSpaceModel`; :func:`bootstrap_filter` and
:func:`auxiliary_filter` run it over observations. The log-evidence they return is unbiased on the scale of the
evidence: the mean of exp(log_evidence) over seeds is p(y), whatever the number of particles, the resampling scheme or
the threshold.
"""

from __future__ import annotations

from statmech.inference.particle_filter.filters import auxiliary_filter, bootstrap_filter
from statmech.inference.particle_filter.resampling import multinomial, residual, stratified, systematic
from statmech.inference.particle_filter.result import FilterResult
from statmech.inference.particle_filter.state_space import LookAheadModel, StateSpaceModel
from statmech.inference.particle_filter.weights import effective_sample_size, log_mean_exp, normalise_log_weights

__all__ = [
    "FilterResult",
    "LookAheadModel",
    "StateSpaceModel",
    "auxiliary_filter",
    "bootstrap_filter",
    "effective_sample_size",
    "log_mean_exp",
    "multinomial",
    "normalise_log_weights",
    "residual",
    "stratified",
    "systematic",
]
