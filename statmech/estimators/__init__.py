"""Arrays of samples to free energies, evidences and means, each with its error."""

from statmech.estimators.annealed_importance import AnnealedImportance, anneal, annealed_importance
from statmech.estimators.autocorrelation import Autocorrelation, autocorrelation, derived_autocorrelation
from statmech.estimators.bar import BAR, bar
from statmech.estimators.blocking import Blocking, blocking
from statmech.estimators.crossings import Crossing, crossings
from statmech.estimators.equilibration import Equilibration, equilibration, split_r_hat
from statmech.estimators.exp_average import ExponentialAverage, exp_average
from statmech.estimators.histograms import WHAM, Reweighted, histogram_reweighting, wham
from statmech.estimators.jackknife import (
    Jackknife,
    block_correction,
    jackknife,
    jackknife_bias,
    jackknife_error,
    measured_block_correction,
)
from statmech.estimators.mbar import MBAR, mbar
from statmech.estimators.stepping_stone import SteppingStone, stepping_stone
from statmech.estimators.thermodynamic_integration import ThermodynamicIntegration, thermodynamic_integration

__all__ = [
    "BAR",
    "MBAR",
    "WHAM",
    "AnnealedImportance",
    "Autocorrelation",
    "Blocking",
    "Crossing",
    "Equilibration",
    "ExponentialAverage",
    "Jackknife",
    "Reweighted",
    "SteppingStone",
    "ThermodynamicIntegration",
    "anneal",
    "annealed_importance",
    "autocorrelation",
    "bar",
    "block_correction",
    "blocking",
    "crossings",
    "derived_autocorrelation",
    "equilibration",
    "exp_average",
    "histogram_reweighting",
    "jackknife",
    "jackknife_bias",
    "jackknife_error",
    "mbar",
    "measured_block_correction",
    "split_r_hat",
    "stepping_stone",
    "thermodynamic_integration",
    "wham",
]
