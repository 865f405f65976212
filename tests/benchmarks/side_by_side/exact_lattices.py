"""Exact log Z of lattices and sparse graphs, beside dwave-samplers and quimb with cotengra."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import Absent, Pair

AREA = "exact lattices"
QUANTITIES = ("log_z", "free_energy", "internal_energy", "entropy", "heat_capacity")


def _models() -> dict[str, Any]:
    import networkx as nx

    from statmech import Ising, lattices

    def regular(nodes: int) -> Any:
        graph = nx.random_regular_graph(3, nodes, seed=1)
        return Ising(lattices.graph(list(graph.edges())), np.random.default_rng(1).normal(size=graph.number_of_edges()))

    return {
        "8 x 8 open": lambda: Ising(lattices.square(8, 8, periodic=False)),
        "12 x 12 open": lambda: Ising(lattices.square(12, 12, periodic=False)),
        "16 x 16 open": lambda: Ising(lattices.square(16, 16, periodic=False)),
        "20 x 20 open": lambda: Ising(lattices.square(20, 20, periodic=False)),
        "8 x 8 torus, Gaussian": lambda: Ising(
            lattices.square(8, 8), np.random.default_rng(2).normal(size=lattices.square(8, 8).bond_count)
        ),
        "10 x 10 torus, Gaussian": lambda: Ising(
            lattices.square(10, 10), np.random.default_rng(2).normal(size=lattices.square(10, 10).bond_count)
        ),
        "12 x 12 torus": lambda: Ising(lattices.square(12, 12)),
        "20 x 20 torus": lambda: Ising(lattices.square(20, 20)),
        "3-regular graph of 80": lambda: regular(80),
        "3-regular graph of 120": lambda: regular(120),
    }


def _dwave(name: str, count: int) -> Any:
    from statmech import solve

    model = _models()[name]()
    temperatures = np.linspace(2.0, 4.0, count)

    def ours() -> Any:
        return solve(model, temperatures, quantities=QUANTITIES).log_z.values

    try:
        import dimod
        from dwave import samplers
    except ImportError:
        raise Absent("dwave-samplers is not installed") from None
    bqm = dimod.BinaryQuadraticModel("SPIN")
    for (i, j), coupling in zip(model.lattice.bonds.tolist(), model.couplings.tolist(), strict=True):
        bqm.add_interaction(i, j, -coupling)
    sampler = samplers.TreeDecompositionSampler()

    def theirs() -> Any:
        answers = [sampler.sample(bqm, beta=1 / t, num_reads=1, marginals=False, seed=1) for t in temperatures]
        return np.array([answer.info["log_partition_function"] for answer in answers])

    return ours, theirs


def _quimb(name: str) -> Any:
    from statmech import solve

    model, beta = _models()[name](), 1 / 2.5
    try:
        import cotengra
        import quimb.tensor as qtn
    except ImportError:
        raise Absent("quimb and cotengra are not installed") from None
    couplings = {tuple(b): c for b, c in zip(model.lattice.bonds.tolist(), model.couplings.tolist(), strict=True)}

    def theirs() -> Any:
        network = qtn.HTN_classical_partition_function_from_edges(
            list(couplings), beta=beta, j=lambda a, b: couplings.get((a, b), couplings.get((b, a)))
        )
        path = cotengra.HyperOptimizer(methods=["greedy"], max_time=2, parallel=False, progbar=False)
        mantissa, exponent = network.contract(output_inds=(), optimize=path, strip_exponent=True)
        return math.log(mantissa) + exponent * math.log(10)

    return (lambda: float(solve(model, 2.5, quantities=QUANTITIES).log_z)), theirs


def pairs() -> list[Pair]:
    """Grids, tori and random graphs; one temperature and fifty."""
    note = "they give log Z, we log Z, F, U, S and C"
    quick = {("12 x 12 open", 50), ("3-regular graph of 80", 50), ("8 x 8 torus, Gaussian", 1)}
    names = list(_models())
    found = [
        Pair(
            AREA,
            f"{name}, {count} T",
            "dwave-samplers",
            partial(_dwave, name, count),
            tolerance=1e-10,
            rounds=3,
            quick=(name, count) in quick,
            note=note,
        )
        for name in names
        for count in (1, 50)
        if (name, count) not in (("20 x 20 open", 50), ("10 x 10 torus, Gaussian", 50), ("20 x 20 torus", 50))
    ]
    found += [
        Pair(
            AREA,
            f"{name}, 1 T",
            "quimb + cotengra",
            partial(_quimb, name),
            tolerance=1e-10,
            rounds=1,
            quick=name == "8 x 8 open",
            note=f"{note}; their time includes 2 s of path search",
        )
        for name in ("8 x 8 open", "12 x 12 open", "8 x 8 torus, Gaussian", "3-regular graph of 80")
    ]
    return found
