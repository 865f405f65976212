"""Arrays of samples to free energies and evidences, each with its error."""

from statmech.estimators.stepping_stone import SteppingStone, stepping_stone

__all__ = ["SteppingStone", "stepping_stone"]
