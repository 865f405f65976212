"""Likelihood of 55 mammals x 3009 sites, its gradient, and the optimisation of all branch lengths."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from statmech.inference.phylogeny import (
    GTR,
    Gamma,
    branch_length_gradient,
    log_likelihood,
    optimise_branch_lengths,
    read_alignment,
    read_tree,
)


@pytest.fixture
def brca1(data):
    reference = json.loads((data / "reference" / "phylo.json").read_text())
    parameters = reference["parameters"]
    model = GTR(parameters["gtr_rates_AC_AG_AT_CG_CT_GT"], parameters["pi_ACGT"]["brca1_55"])
    tree, alignment = read_tree(data / "phylo" / "brca1_55.nwk"), read_alignment(data / "phylo" / "brca1_55.phy")
    return tree, alignment, model, Gamma(0.5), reference["results"]["brca1_55/GTR+G4"]["log_likelihood"]


def times(work, rounds):
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def test_one_evaluation_of_gtr_gamma_takes_at_most_60_ms(benchmark, brca1):
    *problem, wanted = brca1
    assert abs(log_likelihood(*problem) - wanted) < 1e-9  # compiles, too
    benchmark.pedantic(lambda: log_likelihood(*problem), rounds=15, warmup_rounds=1)
    gradient = times(lambda: branch_length_gradient(*problem), 6)[1:]
    value = times(lambda: log_likelihood(*problem), 10)
    print(
        f"\nGTR+G4, 55 taxa x 3009 sites: {min(value) * 1e3:.1f} ms (median {np.median(value) * 1e3:.1f}); "
        f"with all 107 derivatives {min(gradient) * 1e3:.1f} ms (median {np.median(gradient) * 1e3:.1f})"
    )
    assert np.median(value) <= 0.060


def test_branch_lengths_of_brca1_are_optimised_in_seconds(benchmark, brca1):
    tree, alignment, model, gamma, before = brca1
    start = tree.with_lengths(np.full(tree.size, 0.1))
    branch_length_gradient(tree, alignment, model, gamma)
    best = benchmark.pedantic(lambda: optimise_branch_lengths(start, alignment, model, gamma), rounds=1)
    print(f"\n{best.evaluations} evaluations, log L {best.log_likelihood:.6f}, residual {best.residual:.1e}")
    assert best.log_likelihood > before
