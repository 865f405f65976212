"""Hidden Markov models: likelihood, posteriors, best and random paths of a chain of hidden states.

The functions take plain arrays of scores; the class :class:`HiddenMarkovModel` owns parameters and learns them.
"""

from __future__ import annotations

from statmech.inference.hidden_markov.emissions import CategoricalEmissions, GaussianEmissions, PoissonEmissions
from statmech.inference.hidden_markov.inference import log_likelihood, sample, smooth, viterbi
from statmech.inference.hidden_markov.ising_chain import from_ising, to_ising
from statmech.inference.hidden_markov.model import Fit, HiddenMarkovModel

__all__ = [
    "CategoricalEmissions",
    "Fit",
    "GaussianEmissions",
    "HiddenMarkovModel",
    "PoissonEmissions",
    "from_ising",
    "log_likelihood",
    "sample",
    "smooth",
    "to_ising",
    "viterbi",
]
