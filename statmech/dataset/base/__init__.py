"""What results are made of: solutions, the axes of a sweep, the units they leave in, what they say of themselves."""

from statmech.dataset.base.attributes import attributes_of
from statmech.dataset.base.axis import Axis
from statmech.dataset.base.output_units import OutputUnits
from statmech.dataset.base.solution import Extra, Solution

__all__ = ["Axis", "Extra", "OutputUnits", "Solution", "attributes_of"]
