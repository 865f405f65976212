"""A program at one temperature, with every table kept; or at many, with what they add up to."""

from __future__ import annotations

from math import fsum

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError, PrecisionError
from statmech.variable_elimination.base import FINE_BITS, Bucket, Program, Tables
from statmech.variable_elimination.sums.buckets import eliminate
from statmech.variable_elimination.sums.merging import (
    COVARIANCE,
    LOG_WEIGHT,
    MEAN,
    OBSERVED,
    OBSERVED_VARIANCE,
    VARIANCE,
)

__all__ = ["sum_program", "tables_of"]

Array = npt.NDArray[np.float64]
_ROUNDING = 1e-13


def tables_of(program: Program, temperature: float) -> Tables:
    """Sum at one temperature and keep every table.

    Parameters
    ----------
    program : Program
        With the sign of the temperature.
    temperature : float
        T, or tau: zero, positive, negative or infinite.

    Raises
    ------
    InputError
        If no configuration is allowed.
    """
    beta, unit = _exponents(program, temperature)
    run = _Run(program, Bucket.KEPT, 1)
    if not run.at(beta, unit):
        raise InputError("network: every configuration is forbidden (a score of -inf), so there is no distribution")
    fine = run.arena_e[1] if program.split else np.zeros(program.plan.kept, dtype=np.int64)
    return Tables(program, beta, run.arena_e[0], fine, run.arena_w[0])


def sum_program(program: Program, temperatures: Array, observable: str | None = None) -> Cumulants:
    """log Z, mean and covariance at each temperature, one after the other.

    Parameters
    ----------
    program : Program
        Bound with ``sign = -1`` for negative temperatures, 1 otherwise, and with the observable if one is named.
    temperatures : array, shape (T,)
        All of one sign.
    observable : str, optional
        Its name.

    Returns
    -------
    Cumulants
        log Z = -inf where every configuration is forbidden.

    Raises
    ------
    PrecisionError
        Where the rounding of the energies to 100 bits would show: beta times it above 1e-13.
    """
    n = 1 if observable is None else 2
    count = len(temperatures)
    reference, log_z = np.zeros(count), np.full(count, -np.inf)
    mean, covariance = np.zeros((count, n)), np.zeros((count, n, n))
    run = _Run(program, Bucket.SLOT, 3 if observable is None else 6)
    constants = (-program.constants).tolist()
    for t, temperature in enumerate(temperatures.tolist()):
        beta, unit = _exponents(program, temperature)
        if not run.at(beta, unit):
            reference[t] = program.sign * fsum(constants)
            continue
        whole = sum(
            [sum(row) << (FINE_BITS * (len(run.shift_e) - 1 - k)) for k, row in enumerate(run.shift_e.tolist())]
        )
        bits = program.exponent - FINE_BITS * (len(run.shift_e) - 1)
        high = float(whole)
        lowest = fsum([*constants, float(np.ldexp(high, bits)), float(np.ldexp(float(whole - int(high)), bits))])
        sums = [fsum(row) for row in run.shift_w.tolist()]
        reference[t], log_z[t] = program.sign * lowest, sums[LOG_WEIGHT]
        mean[t, 0], covariance[t, 0, 0] = sums[MEAN], sums[VARIANCE]
        if temperature == -np.inf:  # H - E0 itself, and E0 is the highest level
            mean[t, 0] = -mean[t, 0]
        if observable is not None:
            mean[t, 1], covariance[t, 1, 1] = sums[OBSERVED], sums[OBSERVED_VARIANCE]
            covariance[t, 0, 1] = covariance[t, 1, 0] = (
                -sums[COVARIANCE] if temperature == -np.inf else sums[COVARIANCE]
            )
    return Cumulants(temperatures, reference, log_z, mean, covariance, () if observable is None else (observable,))


def _exponents(program: Program, temperature: float) -> tuple[float, float]:
    """Per unit of cost: what is taken off a log weight, and what is added to a mean."""
    beta = abs(float(inverse_temperature(temperature)))
    if np.isfinite(beta) and beta * program.rounding > _ROUNDING:
        raise PrecisionError(
            f"elimination: at T = {temperature} the rounding of the energies ({program.rounding:.1e}) would show: "
            "the scores differ too much in size; use -inf for what is meant to be forbidden"
        )
    with np.errstate(over="ignore"):
        exponent = float(np.ldexp(beta, program.exponent))
    if np.isinf(exponent):
        return exponent, 0.0
    return exponent, exponent if beta else float(np.ldexp(1.0, program.exponent))


class _Run:
    """Work space of one program, used again for every temperature."""

    def __init__(self, program: Program, slot: Bucket, columns: int) -> None:
        plan = program.plan
        entries, buckets = plan.kept if slot is Bucket.KEPT else plan.arena, len(plan.buckets)
        self.program, self.slot = program, int(slot)
        self.costs = np.stack([program.costs, program.fine]) if program.split else program.costs[None]
        limbs = len(self.costs)
        self.arena_e, self.arena_w = np.empty((limbs, entries), np.int64), np.empty((columns, entries))
        self.shift_e, self.shift_w = np.zeros((limbs, buckets), np.int64), np.zeros((columns, buckets))

    def at(self, beta: float, unit: float) -> bool:
        """Eliminate everything; False where nothing is allowed."""
        program, plan = self.program, self.program.plan
        return eliminate(
            plan.buckets, plan.operands, plan.lists, self.costs, program.values, program.starts, beta, unit,
            self.slot, self.arena_e, self.arena_w, self.shift_e, self.shift_w, int(plan.buckets[:, Bucket.LOW].max()),
        )  # fmt: skip
