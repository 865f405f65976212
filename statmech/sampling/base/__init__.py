"""What all samplers share: chains, records of measurements, streams of random numbers, spins as tables."""

from statmech.sampling.base.algorithm import Algorithm, SamplingMethod, Settings
from statmech.sampling.base.chain import Chain, Estimate, Progress, State
from statmech.sampling.base.fields import FieldChains
from statmech.sampling.base.independent import BLOCKS, IndependentChains, Walker
from statmech.sampling.base.random_bits import below, next_word, seeded_state, uniform
from statmech.sampling.base.record import COLUMNS, Record
from statmech.sampling.base.spin_system import SpinSystem, supports_discrete
from statmech.sampling.base.streams import fingerprint, stream

__all__ = [
    "BLOCKS",
    "COLUMNS",
    "Algorithm",
    "Chain",
    "Estimate",
    "FieldChains",
    "IndependentChains",
    "Progress",
    "Record",
    "SamplingMethod",
    "Settings",
    "SpinSystem",
    "State",
    "Walker",
    "below",
    "fingerprint",
    "next_word",
    "seeded_state",
    "stream",
    "supports_discrete",
    "uniform",
]
