"""A chain cut anywhere, stored as a journal stores it and taken up again ends with the bits of one in one piece."""

from __future__ import annotations

import random

import numpy as np
import pytest
from survival import SOAK

from statmech import XY, BlumeCapel, Heisenberg, Ising, Potts, lattices
from statmech.run.journal.records import decode, encode
from statmech.sampling.base import FieldChains
from statmech.sampling.monte_carlo import MonteCarlo

SQUARE = lattices.square(4, 4)
UNEQUAL = np.random.default_rng(1).normal(size=32)
FERRO = Ising(SQUARE)
GLASS = Ising(SQUARE, coupling=UNEQUAL)
WEAK = Ising(SQUARE, coupling=0.3)
SMALL = {"sweeps": 300, "burn_in": 60}
# Model, temperatures, fields, method; what is adapted on the way is named beside. Those that stop at an error do so
# after they have looked at it several times.
CASES = {
    "metropolis": (GLASS, [1.5, 3.0], None, {"algorithm": "metropolis", "samples": True}),
    "metropolis, potts": (Potts(SQUARE, 3), [0.8, 1.3], [0.0, 0.3], {"algorithm": "metropolis", "order": "random"}),
    "metropolis, until an error": (
        FERRO,
        [2.0, 5.0],
        None,
        {"algorithm": "metropolis", "target_error": 0.012, "sweeps": 6000},
    ),
    "heat_bath": (BlumeCapel(SQUARE, anisotropy=0.7), [0.8, np.inf], None, {"algorithm": "heat_bath", "samples": True}),
    "heat_bath, fields": (GLASS, [-1.5, 2.0], [0.1, 0.7], {"algorithm": "heat_bath", "samples": True}),
    "multispin": (FERRO, [2.2, 3.0], None, {"algorithm": "multispin"}),
    "multispin, until an error": (WEAK, [0.8], None, {"algorithm": "multispin", "target_error": 1e-3, "sweeps": 4000}),
    # the number of clusters in a sweep, and which estimator of M^2
    "wolff": (FERRO, [2.0, 4.0], None, {"algorithm": "wolff", "samples": True, "burn_in": 150}),
    "wolff, potts": (Potts(SQUARE, 4), [0.9], None, {"algorithm": "wolff"}),
    "wolff, ghost": (Ising(SQUARE, coupling=np.abs(UNEQUAL)), [1.5], [0.2], {"algorithm": "wolff"}),
    "swendsen_wang": (FERRO, [2.0, 4.0], None, {"algorithm": "swendsen_wang", "target_error": 0.02, "sweeps": 6000}),
    "swendsen_wang, potts": (Potts(SQUARE, 3), [1.0], [0.0, 0.5], {"algorithm": "swendsen_wang", "samples": True}),
    # the length of steps; the number of clusters
    "metropolis, xy": (XY(SQUARE, field=0.3), [0.7, 2.0], None, {"algorithm": "metropolis", "samples": True}),
    "overrelaxation, heisenberg": (Heisenberg(SQUARE), [0.7], None, {"algorithm": "overrelaxation"}),
    "wolff, xy": (XY(SQUARE), [0.8], None, {"algorithm": "wolff", "target_error": 0.01, "sweeps": 6000}),
    "wolff, heisenberg": (Heisenberg(SQUARE), [0.5, 1.0], None, {"algorithm": "wolff"}),
    # the ladder; which energies are kept
    "tempering": (GLASS, [0.6, 2.0], None, {"algorithm": "tempering", "samples": True}),
    "tempering, until an error": (
        FERRO,
        [2.0, np.inf],
        [0.0, 0.2],
        {"algorithm": "tempering", "target_error": 0.015, "sweeps": 6000},
    ),
    "tempering, potts": (Potts(SQUARE, 3), [0.9], None, {"algorithm": "tempering", "sweeps": 5000, "burn_in": 0}),
    # log f halved, then 1/t; the guide joined of all walks
    "wang_landau": (FERRO, [2.0, 3.0], None, {"algorithm": "wang_landau", "burn_in": 100}),
    "wang_landau, potts": (Potts(SQUARE, 3), [0.9], [0.0, 1.0], {"algorithm": "wang_landau", "chains": 3}),
    # steps of beta
    "population_annealing": (GLASS, [0.8, 2.0], None, {"algorithm": "population_annealing", "sweeps_per_step": 3}),
    "population_annealing, fields": (FERRO, [1.5], [0.0, 0.4], {"algorithm": "population_annealing", "chains": 3}),
}


def begun(case, seed):
    model, temperatures, fields, options = CASES[case]
    method = MonteCarlo(**({"seed": seed} | SMALL | options))
    return method.start(model, np.array(temperatures), None if fields is None else np.array(fields))


def one_step(chain, sweeps):
    """The least piece there is, of about so many sweeps: the pace that a chain measures decides that, and no number."""
    for part in chain.chains if isinstance(chain, FieldChains) else [chain]:
        if hasattr(part, "_pace"):
            part._pace = 0.02 / sweeps
    return chain.advance(0.0)


def stored(chain):
    return decode(*encode(chain.state()))


def everything(chain):
    """All that a solution is made of, as bytes."""
    cumulants = chain.result()
    found = {name: getattr(cumulants, name) for name in ("temperature", "reference", "log_z", "mean", "covariance")}
    found |= {f"estimate {name}": estimate.values for name, estimate in chain.estimates().items()}
    found |= {f"series {name}": values for name, values in chain.samples().items()}
    found["status"] = chain.status()
    return {name: (np.asarray(values).dtype, np.asarray(values).tobytes()) for name, values in found.items()}


@pytest.mark.parametrize("case", CASES)
def test_a_chain_cut_anywhere_and_taken_up_from_the_journal_has_the_same_bits(case):
    cuts = 0
    for seed in range(3 if SOAK else 1):
        whole = begun(case, seed)
        while not whole.advance(3600.0):
            pass
        expected = everything(whole)
        for k in range(3 if SOAK else 1):
            rng = random.Random(f"{case} {seed} {k}")
            longest = (1, 2, 3)[k] if SOAK else 3  # of a piece: 10, 100, 1000 sweeps
            chain = begun(case, seed)
            if rng.random() < 0.5:  # before anything was done
                state = stored(chain)
                chain = begun(case, seed)
                chain.restore(state)
            while not one_step(chain, int(10 ** rng.uniform(0, longest))):
                if rng.random() < 0.8:
                    state = stored(chain)
                    chain = begun(case, seed)
                    chain.restore(state)
                    cuts += 1
            assert everything(chain) == expected
            state = stored(chain)  # a finished one as well
            chain = begun(case, seed)
            chain.restore(state)
            assert chain.advance(0.0)
            assert everything(chain) == expected
    assert cuts > 3
    if SOAK:
        print(f"{case}: {cuts} cuts")


@pytest.mark.parametrize("case", CASES)
def test_a_chain_goes_back_to_any_state_it_was_in(case):
    """On one and the same object: what it did meanwhile leaves no trace."""
    rng = random.Random(case)
    chain = begun(case, 5)
    states = [stored(chain)]
    while not one_step(chain, int(10 ** rng.uniform(0, 3))):
        states.append(stored(chain))
    expected = everything(chain)
    for state in [states[0], *rng.sample(states, min(2, len(states)))]:
        chain.restore(state)
        while not chain.advance(3600.0):
            pass
        assert everything(chain) == expected
