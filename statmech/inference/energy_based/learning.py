r"""Learning a restricted Boltzmann machine by contrastive divergence, plain or persistent.

.. math:: \Delta W \propto \langle p(h | v) v^T \rangle_\text{data} - \langle p(h | v) v^T \rangle_\text{chain}

The chain is k sweeps of Gibbs sampling from the data (CD-k: G. E. Hinton, Neural Comput. 14, 1771 (2002)) or goes on
from update to update (PCD, stochastic maximum likelihood: T. Tieleman, Proc. ICML 25, 1064 (2008)), which is what
scikit-learn's ``BernoulliRBM`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.frozen import Frozen
from statmech.inference.energy_based.annealing import annealed_importance
from statmech.inference.energy_based.machine import RestrictedBoltzmannMachine
from statmech.inference.energy_based.units import activation, draw

__all__ = ["Fit", "fit"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_EXACT = 16  # units of the smaller layer up to which log Z is enumerated at every report


@dataclass(frozen=True, eq=False)
class Fit(Frozen):
    """The result of :func:`fit`.

    Attributes
    ----------
    machine : RestrictedBoltzmannMachine
        After the last epoch.
    epochs : array of int, shape (R,)
        After how many epochs each report was made; the first is 0, the start.
    log_likelihoods : array, shape (R,)
        Mean log p(v) of the data, in nats per row.
    errors : array, shape (R,)
        Standard errors of log Z in them: zeros where it was enumerated, inf where too few annealed chains carry the
        weight to know one (log p(v) is then likely too high).
    """

    machine: RestrictedBoltzmannMachine
    epochs: Ints
    log_likelihoods: Array
    errors: Array


def fit(
    start: RestrictedBoltzmannMachine,
    data: npt.ArrayLike,
    generator: np.random.Generator,
    *,
    epochs: int = 10,
    learning_rate: float = 0.1,
    batch_size: int = 10,
    persistent: bool = True,
    sweeps: int = 1,
    weight_decay: float = 0.0,
    report_every: int | None = None,
) -> Fit:
    """Climb the likelihood of `data` from `start`, in small batches in random order.

    Parameters
    ----------
    start : RestrictedBoltzmannMachine
        ``RestrictedBoltzmannMachine.random(...)``, or an earlier result to go on from. It is left as it is.
    data : array_like, shape (N, n_visible)
        Zeros and ones.
    generator : numpy.random.Generator
        Source of randomness. Reports draw from a child of it, so they do not change what is learned.
    epochs : int
        Passes over the data.
    learning_rate : float
        Step along the mean gradient of a batch.
    batch_size : int
        Rows per update, and the number of persistent chains.
    persistent : bool
        True: PCD, chains that go on. False: CD, chains that start at the batch. On few units PCD swings at a learning
        rate that suits CD (scikit-learn's too): watch ``report_every``, lower the rate, or use more rows per batch.
    sweeps : int
        Gibbs sweeps per update (the k of CD-k).
    weight_decay : float
        L2 penalty on the weights, not on the biases.
    report_every : int, optional
        Report the log-likelihood after every so many epochs; left out, only of the start and the end. log Z is
        enumerated up to 16 units in the smaller layer, else annealed (100 chains, 1000 steps).

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        If an argument does not fit.
    ConvergenceError
        If weights overflow: lower the learning rate. ``partial`` is the last finite machine.

    Examples
    --------
    Bars: each picture of 2 x 2 pixels has the upper or the lower row on.

    >>> rng = np.random.default_rng(1)
    >>> data = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])[rng.integers(0, 2, 500)]
    >>> learned = fit(RestrictedBoltzmannMachine.random(4, 2, rng), data, rng, epochs=50, persistent=False)
    >>> learned.log_likelihoods.round(1)                        # from 4 free bits, -4 log 2, towards one, -log 2
    array([-2.8, -0.8])
    """
    rows = _read(start, data)
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("sweeps", sweeps)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name}: expected an integer >= 1; got {value!r}")
    if report_every is not None and (not isinstance(report_every, int | np.integer) or report_every < 1):
        raise InputError(f"report_every: expected an integer >= 1; got {report_every!r}")
    if not (0.0 < learning_rate < np.inf) or not (0.0 <= weight_decay < np.inf):
        raise InputError(
            f"learning_rate, weight_decay: expected > 0 and >= 0; got {learning_rate!r} and {weight_decay!r}"
        )
    reporter = generator.spawn(1)[0]
    machine, chains = start, np.zeros((batch_size, start.hidden))  # scikit-learn's first chains
    reports = [(0, *_report(start, rows, reporter))]
    for epoch in range(1, epochs + 1):
        w, b, c = machine.weights.copy(), machine.visible_bias.copy(), machine.hidden_bias.copy()
        order = generator.permutation(len(rows))
        for first in range(0, len(rows), batch_size):
            v = rows[order[first : first + batch_size]]
            with np.errstate(over="ignore", invalid="ignore"):  # overflow is looked for after the epoch
                chains = _update(
                    (w, b, c), v, chains if persistent else None, sweeps, learning_rate, weight_decay, generator
                )
        with np.errstate(over="ignore", invalid="ignore"):
            largest = np.abs(w).sum() + np.abs(b).sum() + np.abs(c).sum()  # bounds every energy
        if not np.isfinite(largest):
            raise ConvergenceError(
                f"fit: weights overflow in epoch {epoch}; expected learning_rate below {learning_rate}", machine
            )
        machine = RestrictedBoltzmannMachine(w, b, c)
        if epoch == epochs or (report_every is not None and epoch % report_every == 0):
            reports.append((epoch, *_report(machine, rows, reporter)))
    passed, values, errors = zip(*reports, strict=True)
    return Fit(machine, np.array(passed), np.array(values), np.array(errors))


def _update(
    parameters: tuple[Array, Array, Array],
    v: Array,
    chains: Array | None,
    sweeps: int,
    learning_rate: float,
    weight_decay: float,
    generator: np.random.Generator,
) -> Array:
    """One step on a batch, in place; returns the hidden states of the chains (None starts them at the batch)."""
    w, b, c = parameters
    p = activation(v @ w.T + c)
    h = draw(p, generator) if chains is None else chains
    for _ in range(sweeps):
        model_v = draw(activation(h @ w + b), generator)
        model_p = activation(model_v @ w.T + c)
        h = draw(model_p, generator)
    rate, other = learning_rate / len(v), learning_rate / len(model_v)
    if weight_decay:
        w *= 1.0 - learning_rate * weight_decay
    w += rate * (p.T @ v) - other * (model_p.T @ model_v)
    b += rate * v.sum(axis=0) - other * model_v.sum(axis=0)
    c += rate * p.sum(axis=0) - other * model_p.sum(axis=0)
    return h


def _read(start: RestrictedBoltzmannMachine, data: npt.ArrayLike) -> Array:
    rows = np.asarray(data, dtype=np.float64)
    if rows.ndim != 2 or len(rows) == 0 or rows.shape[1] != start.visible:
        raise InputError(f"data: expected shape (N, {start.visible}), N >= 1; got {rows.shape}")
    if np.any((rows != 0.0) & (rows != 1.0)):
        raise InputError(
            f"data: expected zeros and ones; got {rows[(rows != 0.0) & (rows != 1.0)][0]}. "
            "Binarise first, for instance data > 0.5, or draw pixels with their intensity as the probability"
        )
    return rows


def _report(machine: RestrictedBoltzmannMachine, rows: Array, generator: np.random.Generator) -> tuple[float, float]:
    """Mean log-likelihood per row and the standard error of log Z in it."""
    if min(machine.visible, machine.hidden) <= _EXACT:
        return float(machine.log_likelihood(rows).mean()), 0.0
    share = (rows.sum(axis=0) + 1.0) / (len(rows) + 2.0)  # Laplace's rule: no pixel is certain
    try:
        estimate = annealed_importance(machine, generator, base_visible_bias=np.log(share / (1.0 - share)))
        log_z, error = estimate.log_z, estimate.error
    except ConvergenceError as poor:  # a report that fails shall not cost the machine learned
        partial: Any = poor.partial
        log_z, error = partial.log_z, np.inf
    return float(machine.log_likelihood(rows, log_z=log_z).mean()), error
