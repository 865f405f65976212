"""Likelihood and Viterbi path of hidden Markov chains, beside hmmlearn and dynamax."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "hidden Markov"
STEPS = 100_000


def _chain(states: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    initial, transition = rng.dirichlet(np.ones(states)), rng.dirichlet(np.ones(states), size=states)
    x, means = rng.normal(0, 3, STEPS), rng.normal(0, 3, states)
    return initial, transition, -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)


def _hmmc() -> Any:
    try:
        from hmmlearn import _hmmc
    except ImportError:
        raise Absent("hmmlearn is not installed") from None
    return _hmmc


def _likelihood(states: int, implementation: str) -> Any:
    from statmech.inference import hidden_markov

    hmmc = _hmmc()
    initial, transition, scores = _chain(states)
    arguments = np.log(initial), np.log(transition), scores
    theirs = {
        "scaling": lambda: hmmc.forward_scaling(initial, transition, np.exp(scores))[0],
        "log": lambda: hmmc.forward_log(initial, transition, scores)[0],
    }
    return (lambda: hidden_markov.log_likelihood(*arguments)), theirs[implementation]


def _viterbi(states: int) -> Any:
    from statmech.inference import hidden_markov

    hmmc = _hmmc()
    initial, transition, scores = _chain(states)
    arguments = np.log(initial), np.log(transition), scores
    return (
        lambda: hidden_markov.viterbi(*arguments)[1],
        lambda: hmmc.viterbi(initial, transition, scores)[0],
    )


def _dynamax(states: int) -> Any:
    from statmech.inference import hidden_markov

    try:
        import jax
        from dynamax.hidden_markov_model import hmm_filter
    except ImportError:
        raise Absent("dynamax is not installed") from None
    jax.config.update("jax_enable_x64", True)
    initial, transition, scores = _chain(states)
    arguments = np.log(initial), np.log(transition), scores
    work = jax.jit(lambda a, b, c: hmm_filter(a, b, c).marginal_loglik)
    return (
        lambda: hidden_markov.log_likelihood(*arguments),
        lambda: float(work(initial, transition, scores).block_until_ready()),
    )


def _outlier() -> Any:
    """One observation 200 sigma from every state, on a left-right chain."""
    from statmech.inference import hidden_markov

    hmmc = _hmmc()
    means, x = np.arange(8) * 5.0, np.repeat(np.arange(8) * 5.0, 10)
    x[20] += 200.0
    scores = -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)
    transition = 0.9 * np.eye(8) + 0.1 * np.eye(8, k=1)
    transition[-1, -1] = 1.0
    initial = np.eye(8)[0]
    with np.errstate(divide="ignore"):
        arguments = np.log(initial), np.log(transition), scores
    return (
        lambda: hidden_markov.log_likelihood(*arguments),
        lambda: hmmc.forward_scaling(initial, transition, np.exp(scores))[0],
    )


def pairs() -> list[Pair]:
    """Ten and sixty-four states over 1e5 observations; a case where scaling underflows."""
    found = []
    for states in (10, 64):
        work = f"S = {states}, T = 1e5"
        found += [
            Pair(
                AREA, f"log-likelihood, {work}", "hmmlearn (scaling)", partial(_likelihood, states, "scaling"), rounds=5
            ),
            Pair(
                AREA,
                f"log-likelihood, {work}",
                "hmmlearn (log)",
                partial(_likelihood, states, "log"),
                rounds=1,
                quick=False,
            ),
            Pair(AREA, f"Viterbi, {work}", "hmmlearn", partial(_viterbi, states), rounds=5, quick=states == 64),
            Pair(
                AREA,
                f"log-likelihood, {work}",
                "dynamax",
                partial(_dynamax, states),
                rounds=3,
                quick=False,
                note="theirs computes the filtered marginals, too",
            ),
        ]
    return [*found, Pair(AREA, "an observation 200 sigma off", "hmmlearn (scaling)", _outlier)]
