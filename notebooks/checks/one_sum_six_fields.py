"""Checks of notebook 11: one sum, six fields."""

import numpy as np

from checks import close, exercise, expect, number
from statmech import softmax
from statmech.config import load
from statmech.inference import hidden_markov, phylogeny


@exercise
def gradient(probability):
    """d log Z / d (log-likelihood of "up" at site 30) is the posterior probability of "up" there: (f(+step) - f(-step)) / (2 step)."""
    probability = number(probability)
    hmm = hidden_markov.from_ising(load("../configs/ising_random_field.yaml").model())
    target = float(hidden_markov.smooth(*hmm)[30, 1])
    expect(not close(probability, 1 - target, 1e-4), "That is the probability of down: state 1 is up.")
    expect(0 <= probability <= 1, f"{probability:.4g} is no probability. Divide by twice the step.")
    expect(
        close(probability, target, 1e-4),
        "Change only column 1 of row 30, in a copy, and difference the log-likelihood at tau = 1.",
    )
    return f"{target:.4f}, as hidden_markov.smooth says; you have just done back-propagation by hand."


@exercise
def ancestors(log_likelihood):
    """For each column: sum over r and x in ACGT of 1/4 P(r to x) P(x to human) P(x to chimp) P(r to gorilla) P(r to orangutan)."""
    log_likelihood = number(log_likelihood)
    tree = phylogeny.parse_newick("((human:0.05,chimp:0.06):0.1,gorilla:0.15,orangutan:0.3);")
    rows = {
        "human": "AAGCTTCACCGGCGCAGTCA",
        "chimp": "AAGCTTCACCGGCGCAATTA",
        "gorilla": "AAGCTTCACCGGCGCAGTTG",
        "orangutan": "AAGCTTCACCGGCGCAACCA",
    }
    target = phylogeny.log_likelihood(tree, phylogeny.Alignment.from_sequences(rows), phylogeny.JC69())
    expect(log_likelihood < 0, "The logarithm of a probability is negative.")
    expect(not close(log_likelihood, target + 20 * np.log(4), 1e-6), "The root has probability 1/4 for each base.")
    expect(
        close(log_likelihood, target, 1e-8),
        f"It is {log_likelihood:.6f} and should be {target:.6f}: is every branch in the product, with its own length?",
    )
    return "Equal to Felsenstein's pruning: 16 terms a column by hand, 3 matrix products by the distributive law."


@exercise
def attention(function):
    """<v> = sum p v with p = softmax(s / tau). For the derivative remember dU/dT = Var(E)/T^2, with E = -s."""
    rng = np.random.default_rng(2)
    for tau in (0.3, 1.0, 5.0):
        s, v = rng.normal(size=6), rng.normal(size=6)
        p = softmax(s, tau=tau)
        mean = float(np.sum(p * v))
        slope = -float(np.sum(p * (v - mean) * (s - np.sum(p * s)))) / tau**2
        found = function(s, v, tau)
        expect(len(found) == 2, "Two numbers: the output and its derivative.")
        expect(close(found[0], mean, 1e-8), "The output should be the sum of p v with p proportional to exp(s / tau).")
        expect(not close(found[1], -slope, 1e-8), "The sign: raising tau moves weight away from large s.")
        expect(
            close(found[1], slope, 1e-8),
            "The output is right. Its derivative is -Cov(v, s) / tau^2, with the covariance over p.",
        )
    return "A response is a fluctuation, in transformers as well."


@exercise
def disagreement(chain):
    """The best path is one path; a posterior adds up many. Which model has one good path and a crowd of slightly worse ones?"""
    log_initial, log_transition, log_likelihood = chain
    for name, scores in (
        ("log_initial", log_initial),
        ("log_transition", log_transition),
        ("log_likelihood", log_likelihood),
    ):
        expect(np.all(np.asarray(scores) <= 1e-12), f"{name} should hold logarithms of probabilities, at most 0.")
    expect(np.shape(log_likelihood)[0] >= 3, "At least three steps, please.")
    for name, rows in (("log_initial", np.atleast_2d(log_initial)), ("log_transition", np.asarray(log_transition))):
        expect(
            np.allclose(np.exp(rows).sum(axis=1), 1.0), f"The probabilities of {name} should add up to 1 (each row)."
        )
    path, _ = hidden_markov.viterbi(log_initial, log_transition, log_likelihood)
    posterior = hidden_markov.smooth(log_initial, log_transition, log_likelihood)
    lowest = float(posterior[np.arange(len(path)), path].min())
    expect(lowest < 0.2, f"The least probable state on the Viterbi path still has posterior {lowest:.3f}. More rivals?")
    return f"Viterbi insists on a state of posterior probability {lowest:.3f}: energy against entropy."
