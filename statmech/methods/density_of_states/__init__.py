"""Density of states: the exact number of states at every energy, for all temperatures at once.

integer_costs -> kaufman_torus | layer_transfer | fronts, polynomial_elimination -> levels
"""

from statmech.methods.density_of_states.method import Counted, DensityOfStates, density_of_states

__all__ = ["Counted", "DensityOfStates", "density_of_states"]
