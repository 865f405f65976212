"""Time and memory against size, for each method, with the exponent that fits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.side_by_side.base import peak_memory

__all__ = ["Law", "laws", "measure_law"]


@dataclass(frozen=True)
class Law:
    """One method over growing sizes.

    ``make(size)`` builds the problem and returns the work. ``form`` says what is fitted: ``power`` (time ~ size^x)
    or ``exponential`` (time ~ 2^(x size)); ``expected`` is what theory says of x. With QUICK=1 the last ``left_out``
    sizes are not measured.
    """

    method: str
    size: str
    sizes: Sequence[int]
    make: Callable[[int], Callable[[], Any]]
    form: str = "power"
    expected: str = ""
    left_out: int = 1

    @property
    def name(self) -> str:
        """Unique among all laws."""
        return f"{self.method} against {self.size}"


def measure_law(law: Law, quick: bool) -> dict[str, Any]:
    """Least of three times and the peak memory at each size, and the exponent over the upper half of the sizes."""
    sizes = list(law.sizes[: len(law.sizes) - law.left_out] if quick else law.sizes)
    law.make(sizes[0])()  # compiles
    seconds, memory = [], []
    for size in sizes:
        work = law.make(size)
        times: list[float] = []
        memory.append(peak_memory(lambda work=work, times=times: times.append(_seconds(work))))
        while not times or (sum(times) < 1.0 and len(times) < 3):
            times.append(_seconds(work))
        seconds.append(min(times))
    tail = slice(len(sizes) // 2 - 1, None)
    x = np.asarray(sizes[tail], dtype=float) if law.form == "exponential" else np.log2(sizes[tail])
    exponent = float(np.polyfit(x, np.log2(seconds[tail]), 1)[0])
    return {
        "sizes": sizes,
        "seconds": seconds,
        "memory": memory,
        "exponent": exponent,
        "form": law.form,
        "expected": law.expected,
    }


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def laws() -> list[Law]:
    """Every method of the package that has a size."""
    return [
        Law("level sum", "levels", (10**5, 10**6, 10**7, 3 * 10**7), _level_sum, expected="1"),
        Law("enumeration", "spins", (22, 24, 26, 28, 30), _enumeration, "exponential", "1"),
        Law("transfer matrix, open", "width", (14, 16, 18, 20), _transfer_matrix, "exponential", "1"),
        Law("elimination, open", "width", (14, 16, 18, 20), _elimination, "exponential", "1"),
        Law("elimination, trees", "sites", (4000, 16000, 64000), _tree, expected="1"),
        Law(
            "planar glass, one T", "sites", (32**2, 64**2, 100**2, 140**2, 200**2), _planar, expected="1.5", left_out=2
        ),
        Law("density of states, torus", "sites", (8**2, 16**2, 32**2, 48**2, 64**2), _density, expected="2 to 2.5"),
        Law("hidden Markov", "steps", (10**4, 10**5, 10**6), _hmm_steps, expected="1", left_out=0),
        Law("hidden Markov", "states", (64, 128, 256, 512), _hmm_states, expected="2"),
        Law("phylogeny", "taxa", (100, 200, 400, 800), _taxa, expected="1"),
        Law("particle filter", "particles", (10**4, 10**5, 10**6), _particles, expected="1"),
    ]


def _level_sum(size: int) -> Callable[[], Any]:
    from statmech import EnergyLevels, solve

    levels = EnergyLevels(np.random.default_rng(1).uniform(0, 1e4, size))
    return lambda: solve(levels, np.linspace(100, 5000, 50))


def _enumeration(size: int) -> Callable[[], Any]:
    from statmech import Ising, lattices, solve

    lattice = lattices.square(2, size // 2)
    model = Ising(lattice, np.random.default_rng(2).choice([-1.0, 1.0], lattice.bond_count))
    return lambda: solve(model, 1.0, method="enumeration")


def _grid(method: str) -> Callable[[int], Callable[[], Any]]:
    def make(size: int) -> Callable[[], Any]:
        from statmech import Ising, lattices, solve

        model = Ising(lattices.square(size, size, periodic=False))
        return lambda: solve(model, 2.5, method=method)

    return make


_transfer_matrix, _elimination = _grid("transfer_matrix"), _grid("elimination")


def _tree(size: int) -> Callable[[], Any]:
    import networkx as nx

    from statmech import Ising, lattices, solve

    tree = nx.random_labeled_tree(size, seed=1)
    model = Ising(lattices.graph(list(tree.edges())), np.random.default_rng(1).normal(size=size - 1), 0.1)
    return lambda: solve(model, 1.0, method="elimination")


def _planar(size: int) -> Callable[[], Any]:
    from statmech import Ising, lattices
    from statmech.methods.planar import Planar

    side = round(size**0.5)
    lattice = lattices.square(side, side, periodic=False)
    model, method = Ising(lattice, np.random.default_rng(1).choice([-1.0, 1.0], lattice.bond_count)), Planar()
    state = method.prepare(model)
    return lambda: method.cumulants(state, np.array([1.0]))


def _density(size: int) -> Callable[[], Any]:
    from statmech import Ising, density_of_states, lattices

    side = round(size**0.5)
    return lambda: density_of_states(Ising(lattices.square(side, side)))


def _hmm(states: int, steps: int) -> Callable[[], Any]:
    from statmech.inference import hidden_markov

    rng = np.random.default_rng(1)
    arguments = (
        np.log(rng.dirichlet(np.ones(states))),
        np.log(rng.dirichlet(np.ones(states), size=states)),
        rng.normal(0, 3, (steps, states)),
    )
    return lambda: hidden_markov.log_likelihood(*arguments)


def _hmm_steps(size: int) -> Callable[[], Any]:
    return _hmm(10, size)


def _hmm_states(size: int) -> Callable[[], Any]:
    return _hmm(size, 20_000)


def _taxa(size: int) -> Callable[[], Any]:
    from benchmarks.side_by_side.phylogeny import random_problem

    from statmech.inference.phylogeny import Gamma, log_likelihood

    tree, alignment, model = random_problem(size, sites=500)
    return lambda: log_likelihood(tree, alignment, model, Gamma(0.5))


def _particles(size: int) -> Callable[[], Any]:
    from benchmarks.side_by_side.particle_filter import LinearGaussian

    from statmech.inference.particle_filter import bootstrap_filter

    rng = np.random.default_rng(1)
    y = rng.normal(size=50)
    return lambda: bootstrap_filter(LinearGaussian(), y, size, rng)
