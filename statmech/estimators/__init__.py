"""Arrays of samples to free energies, evidences and means, each with its error."""

from statmech.estimators.autocorrelation import Autocorrelation, autocorrelation, derived_autocorrelation
from statmech.estimators.bar import BAR, bar
from statmech.estimators.blocking import Blocking, blocking
from statmech.estimators.crossings import Crossing, crossings
from statmech.estimators.jackknife import Jackknife, jackknife, jackknife_error
from statmech.estimators.mbar import MBAR, mbar
from statmech.estimators.stepping_stone import SteppingStone, stepping_stone

__all__ = [
    "BAR",
    "MBAR",
    "Autocorrelation",
    "Blocking",
    "Crossing",
    "Jackknife",
    "SteppingStone",
    "autocorrelation",
    "bar",
    "blocking",
    "crossings",
    "derived_autocorrelation",
    "jackknife",
    "jackknife_error",
    "mbar",
    "stepping_stone",
]
