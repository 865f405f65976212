"""What all samplers share: chains, records of measurements, streams of random numbers, spins as tables."""

from statmech.sampling.base.algorithm import Algorithm, SamplingMethod, Settings
from statmech.sampling.base.chain import Chain, Estimate, Progress, State
from statmech.sampling.base.fields import FieldChains
from statmech.sampling.base.heat_bath import heat_bath_sweep
from statmech.sampling.base.independent import IndependentChains, Walker, checks, slow_series
from statmech.sampling.base.limits import (
    BLOCK_TIMES,
    BLOCKS,
    PATIENCE,
    R_HAT,
    blocks_per_chain,
    check_identity,
    energy_scale,
    unmoved,
)
from statmech.sampling.base.linked import (
    GROUND_UNKNOWN,
    linked_cumulants,
    log_states,
    order_parameter,
    positive_temperatures,
)
from statmech.sampling.base.random_bits import below, next_word, seeded_state, stepped, uniform
from statmech.sampling.base.record import COLUMNS, Record
from statmech.sampling.base.regular_sites import turning_chances
from statmech.sampling.base.site_walker import SiteWalker
from statmech.sampling.base.spin_system import SpinSystem, supports_discrete
from statmech.sampling.base.streams import fingerprint, stream, substreams

__all__ = [
    "BLOCKS",
    "BLOCK_TIMES",
    "COLUMNS",
    "GROUND_UNKNOWN",
    "PATIENCE",
    "R_HAT",
    "Algorithm",
    "Chain",
    "Estimate",
    "FieldChains",
    "IndependentChains",
    "Progress",
    "Record",
    "SamplingMethod",
    "Settings",
    "SiteWalker",
    "SpinSystem",
    "State",
    "Walker",
    "below",
    "blocks_per_chain",
    "check_identity",
    "checks",
    "energy_scale",
    "fingerprint",
    "heat_bath_sweep",
    "linked_cumulants",
    "log_states",
    "next_word",
    "order_parameter",
    "positive_temperatures",
    "seeded_state",
    "slow_series",
    "stepped",
    "stream",
    "substreams",
    "supports_discrete",
    "turning_chances",
    "uniform",
    "unmoved",
]
