"""Hidden Markov models: likelihood, posteriors, best and random paths of a chain of hidden states.

The functions take plain arrays of scores; the class :class:`HiddenMarkovModel` owns parameters and learns them.
"""

from __future__ import annotations

from statmech.inference.hidden_markov.inference import log_likelihood, sample, smooth, viterbi

__all__ = ["log_likelihood", "sample", "smooth", "viterbi"]
