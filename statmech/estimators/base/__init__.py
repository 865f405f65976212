"""What estimators share: series, averages of weights, Bennett's equation, states that overlap."""

from statmech.estimators.base.bennett import bennett_difference
from statmech.estimators.base.overlap import LARGEST_ERROR, difference_errors, newton_step, overlap_modes, weakest_cut
from statmech.estimators.base.series import Array, Estimate, finite_series, replicas
from statmech.estimators.base.tails import HEAVIEST_TAIL, HEAVIEST_TAIL_OF_MEANS, tail_count, tail_shape
from statmech.estimators.base.weights import LEAST_EFFECTIVE, WeightAverage, poor_weights, weight_average

__all__ = [
    "HEAVIEST_TAIL",
    "HEAVIEST_TAIL_OF_MEANS",
    "LARGEST_ERROR",
    "LEAST_EFFECTIVE",
    "Array",
    "Estimate",
    "WeightAverage",
    "bennett_difference",
    "difference_errors",
    "finite_series",
    "newton_step",
    "overlap_modes",
    "poor_weights",
    "replicas",
    "tail_count",
    "tail_shape",
    "weakest_cut",
    "weight_average",
]
