"""Energy-based models: the restricted Boltzmann machine, a bipartite Ising model that learns from data.

``RestrictedBoltzmannMachine`` holds the parameters, in scikit-learn's names and orientation, and does what is exact;
``fit`` learns them by (persistent) contrastive divergence; ``annealed_importance`` and ``log_z_bounds`` enclose log Z
where neither layer can be enumerated.
"""

from __future__ import annotations

from statmech.inference.energy_based.annealing import AnnealedImportance, LogZBounds, annealed_importance, log_z_bounds
from statmech.inference.energy_based.enumeration import ENUMERATION_LIMIT
from statmech.inference.energy_based.ising_spins import to_ising
from statmech.inference.energy_based.learning import Fit, fit
from statmech.inference.energy_based.machine import RestrictedBoltzmannMachine

__all__ = [
    "ENUMERATION_LIMIT",
    "AnnealedImportance",
    "Fit",
    "LogZBounds",
    "RestrictedBoltzmannMachine",
    "annealed_importance",
    "fit",
    "log_z_bounds",
    "to_ising",
]
