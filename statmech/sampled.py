"""A chain to a Solution: run it, store it now and then, and put the jackknife error beside every value."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.dataset import Extra, Solution
from statmech.errors import InputError
from statmech.estimators.jackknife import jackknife_bias, jackknife_error
from statmech.models.base import Model
from statmech.sampling.base import Chain, Progress, SamplingMethod, State
from statmech.thermodynamics import Thermodynamics, thermodynamics

__all__ = ["finish", "sampled"]

Array = npt.NDArray[np.float64]

_LOOK = 0.5  # seconds between reports of progress


def sampled(
    method: SamplingMethod,
    reason: str,
    model: Model,
    temperatures: Array,
    fields: Array | None,
    checkpoint: Callable[[State], None] | None = None,
    resume: Mapping[str, Any] | None = None,
    checkpoint_seconds: float = 10.0,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """One task by a sampling method; parameters as in :func:`statmech.solve.compute`.

    Raises
    ------
    InputError
        If the state to resume from is that of another task, or fields are asked of a model without.
    """
    if fields is not None and not hasattr(model, "field"):
        raise InputError(f"field: {model.kind!r} has no field")
    chain = method.start(model, temperatures, fields)
    if resume is not None:
        chain.restore(resume)
    finish(chain, checkpoint, checkpoint_seconds, progress)
    cumulants = chain.result()
    rows = thermodynamics(cumulants)
    shape = rows.log_z.shape[1:]
    known = chain.correction()
    correction = np.broadcast_to(1.0 if known is None else known, shape)
    errors, extras = _errors(rows, correction), {}
    for name, estimate in chain.estimates().items():
        values = estimate.values
        if estimate.blocks:
            errors[name] = np.broadcast_to(_error(values, correction), shape)
            values = values[0] if estimate.mean else _unbiased(values, correction)
        extras[name] = Extra(np.broadcast_to(values, shape), estimate.long_name, estimate.nature)
    missing = chain.not_computed()
    return Solution(
        thermodynamics(_estimate(cumulants, correction)),
        method=method.name,
        reason=reason,
        error_bound=method.error_bound(model),
        statistical=True,
        unit=model.unit,
        sites=model.sites,
        symbol=getattr(model, "energy_symbol", ""),
        errors={name: error for name, error in errors.items() if name not in missing},
        status=chain.status(),
        not_computed=missing,
        extras=extras,
        provenance=method.provenance(),
        samples=chain.samples(),
    )


def finish(
    chain: Chain,
    checkpoint: Callable[[State], None] | None = None,
    checkpoint_seconds: float = 10.0,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Advance a chain to its end, with its state given to ``checkpoint`` at least every so many seconds."""
    stored = time.monotonic()
    while not chain.advance(min(_LOOK, checkpoint_seconds)):
        if progress is not None:
            progress(chain.progress())
        if checkpoint is not None and time.monotonic() - stored >= checkpoint_seconds:
            checkpoint(chain.state())
            stored = time.monotonic()
    if progress is not None:
        progress(chain.progress())


def _estimate(rows: Cumulants, correction: Array) -> Cumulants:
    """From all blocks (row 0): means as they are, log Z and (co)variances less their bias of order 1/N."""
    return replace(
        rows,
        reference=rows.reference[0],
        log_z=_unbiased(rows.log_z, correction),
        mean=rows.mean[0],
        covariance=_unbiased(rows.covariance, correction[..., None, None]),
    )


def _unbiased(rows: Array, correction: Array) -> Array:
    """Row 0 less its bias of order 1/N; as it is at points where it is not finite."""
    finite = np.all(np.isfinite(rows), axis=0)
    known = np.where(finite, rows, 0.0)
    return np.asarray(np.where(finite, known[0] - correction * jackknife_bias(known[0], known[1:]), rows[0]))


def _error(rows: Array, correction: Array) -> Array:
    """The jackknife; nan at points that are not finite with every block left out (F at T = inf)."""
    finite = np.all(np.isfinite(rows), axis=0)
    error = np.sqrt(correction) * jackknife_error(np.where(finite, rows, 0.0)[1:])
    return np.asarray(np.where(finite, error, np.nan))


def _errors(rows: Thermodynamics, correction: Array) -> dict[str, Array]:
    """Standard errors of everything that has a block axis, by the names of the Dataset."""
    errors = {}
    for field in fields_of(rows):
        value = getattr(rows, field.name)
        if field.name in ("temperature", "observables", "susceptibilities"):
            continue
        if not np.any(np.all(np.isfinite(value), axis=0)):  # known at no point
            continue
        errors[field.name] = _error(value, correction)
    for name, values in rows.observables.items():
        errors[name] = _error(values, correction)
        errors["susceptibility" if name == "magnetization" else f"{name}_response"] = _error(
            rows.susceptibilities[name], correction
        )
    return errors
