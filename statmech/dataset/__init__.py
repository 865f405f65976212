"""Arrays to labelled tables: names, units, long names, attributes, and the joining of sweep points."""

from statmech.dataset.assembly import assemble
from statmech.dataset.base import Axis, Extra, OutputUnits, Solution
from statmech.dataset.samples import assemble_samples
from statmech.status import STATUS_FLAGS

__all__ = ["STATUS_FLAGS", "Axis", "Extra", "OutputUnits", "Solution", "assemble", "assemble_samples"]
