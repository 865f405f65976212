"""What estimators share: series, averages of weights, Bennett's equation, states that overlap."""

from statmech.estimators.base.bennett import bennett_difference
from statmech.estimators.base.overlap import difference_errors, newton_step, overlap_modes
from statmech.estimators.base.series import Array, Estimate, finite_series, replicas
from statmech.estimators.base.weights import LEAST_EFFECTIVE, WeightAverage, weight_average

__all__ = [
    "LEAST_EFFECTIVE",
    "Array",
    "Estimate",
    "WeightAverage",
    "bennett_difference",
    "difference_errors",
    "finite_series",
    "newton_step",
    "overlap_modes",
    "replicas",
    "weight_average",
]
