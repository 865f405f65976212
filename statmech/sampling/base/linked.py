"""What algorithms that link temperatures share: from rows of moments and log Z to cumulants and further variables."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.sampling.base.chain import Estimate, binder_cumulant
from statmech.sampling.base.spin_system import SpinSystem

__all__ = ["GROUND_UNKNOWN", "linked_cumulants", "log_states", "order_parameter", "positive_temperatures"]

Array = npt.NDArray[np.float64]

GROUND_UNKNOWN = dict.fromkeys(
    ("reference_energy", "free_energy_excess", "internal_energy_excess"), "a chain does not know the lowest level"
)


def log_states(system: SpinSystem) -> float:
    """log of the number of configurations, N log q: log Z at beta = 0, where every estimate of it is anchored."""
    return system.model.sites * math.log(system.states)


def positive_temperatures(algorithm: str, temperatures: Array) -> None:
    """Refuse what a ladder from beta = 0 upwards does not reach.

    Raises
    ------
    InputError
        At a negative temperature.
    """
    if np.any(temperatures < 0):
        raise InputError(
            f"temperature: {algorithm} reaches temperatures above 0, and inf; got {temperatures.min():g} "
            "(the model with all couplings and fields negated has them positive; metropolis takes them as they are)"
        )


def linked_cumulants(temperatures: Array, centres: Array, rows: Array, log_z: Array, magnetization: bool) -> Cumulants:
    """Cumulants with a block axis.

    Parameters
    ----------
    temperatures, centres : array, shape (T,)
        ``centres``: energies about which moments are taken.
    rows : array, shape (1 + blocks, T, 8)
        Means of :data:`record.MOMENTS`.
    log_z : array, shape (1 + blocks, T)
        Absolute: of the sum over states.
    magnetization : bool
        Whether the model has a field.
    """
    e, e2, m, m2, em = np.moveaxis(rows[..., :5], -1, 0)
    n = 2 if magnetization else 1
    mean, covariance = np.empty((*e.shape, n)), np.empty((*e.shape, n, n))
    mean[..., 0], covariance[..., 0, 0] = e, e2 - e**2
    if magnetization:
        mean[..., 1], covariance[..., 1, 1] = m, m2 - m**2
        covariance[..., 0, 1] = covariance[..., 1, 0] = em - e * m
    beta = np.where(np.isinf(temperatures), 0.0, 1.0 / temperatures)
    names = ("magnetization",) if magnetization else ()
    reference = np.broadcast_to(centres, e.shape)
    return Cumulants.from_energy_moments(temperatures, reference, log_z + beta * centres, mean, covariance, names)


def order_parameter(rows: Array, magnetization: bool) -> dict[str, Estimate]:
    """Absolute magnetisation and Binder cumulant where the model has a field."""
    if not magnetization:
        return {}
    a, a2, a4 = np.moveaxis(rows[..., 5:], -1, 0)
    return {
        "absolute_magnetization": Estimate(a, "Absolute magnetization", "number", mean=True),
        "binder_cumulant": binder_cumulant(a2, a4),
    }
