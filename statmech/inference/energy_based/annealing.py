r"""log Z of a restricted Boltzmann machine by annealed importance sampling, from both directions.

.. math:: -E_\beta(v, h) = \bigl((1 - \beta) a + \beta b\bigr) \cdot v + \beta\, (c \cdot h + h^T W v), \qquad
          \log \frac{Z_1}{Z_0} = \log \Bigl\langle \prod_k \frac{p^*_k(v_{k-1})}{p^*_{k-1}(v_{k-1})} \Bigr\rangle

beta = 0 are independent units, whose Z is known; hidden units are summed in every p*. Forward, the mean of the weights
is unbiased for Z, so its logarithm is a lower bound in expectation; in reverse, from states of the machine itself, the
mean is unbiased for 1/Z and minus its logarithm is an upper bound in expectation.

R. M. Neal, Stat. Comput. 11, 125 (2001); R. Salakhutdinov, I. Murray, Proc. ICML 25, 872 (2008); both directions:
R. B. Grosse, Z. Ghahramani, R. P. Adams, arXiv:1511.02543 (2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.estimators.annealed_importance import annealed_importance as average_of_weights
from statmech.frozen import Frozen
from statmech.inference.energy_based.enumeration import ENUMERATION_LIMIT
from statmech.inference.energy_based.machine import RestrictedBoltzmannMachine
from statmech.inference.energy_based.units import activation, draw, softplus_sum

__all__ = ["AnnealedImportance", "LogZBounds", "annealed_importance", "log_z_bounds"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AnnealedImportance(Frozen):
    """One estimate of log Z, with what is needed to judge it.

    Attributes
    ----------
    log_z : float
        The estimate: a lower bound in expectation if forward, an upper bound if in reverse.
    error : float
        Its standard error, from the spread of the weights (delta method). It means little where the effective sample
        size is a few chains: anneal in more steps then.
    effective_sample_size : float
        (sum w)^2 / sum w^2, between 1 and the number of chains.
    log_weights : array, shape (chains,)
        log Z as each chain has it; the mean of exp(log_weights) (of exp(-log_weights) in reverse) is what is averaged.
    reverse : bool
        Whether the chains ran from the machine to independent units.
    exact_start : bool
        Whether their first states are exactly distributed. Forward ones always are; in reverse, where False, the bound
        is only as good as the Gibbs chains that supplied them.
    """

    log_z: float
    error: float
    effective_sample_size: float
    log_weights: Array
    reverse: bool
    exact_start: bool

    @classmethod
    def from_log_weights(cls, log_weights: Array, reverse: bool, exact_start: bool) -> AnnealedImportance:
        """Average per-chain values of log Z."""
        found = average_of_weights(log_weights, reverse=reverse)
        log_weights.flags.writeable = False
        return cls(found.log_z, found.error, found.effective_samples, log_weights, reverse, exact_start)


@dataclass(frozen=True)
class LogZBounds:
    """log Z between a forward and a reverse run: ``lower.log_z`` and ``upper.log_z``, bounds in expectation."""

    lower: AnnealedImportance
    upper: AnnealedImportance

    @property
    def gap(self) -> float:
        """upper - lower, in nats: what the annealing leaves open."""
        return self.upper.log_z - self.lower.log_z


def annealed_importance(
    machine: RestrictedBoltzmannMachine,
    generator: np.random.Generator,
    *,
    chains: int = 100,
    steps: int = 1000,
    base_visible_bias: npt.ArrayLike | None = None,
    schedule: npt.ArrayLike | None = None,
) -> AnnealedImportance:
    """log Z at tau = 1 by forward annealing; for another tau pass ``machine.at(tau)``.

    Parameters
    ----------
    machine : RestrictedBoltzmannMachine
        Layers of any size.
    generator : numpy.random.Generator
        Source of randomness.
    chains : int
        Independent chains, at least 2.
    steps : int
        Equal steps of beta from 0 to 1; the cost is chains * steps * n_visible * n_hidden. Ignored with `schedule`.
    base_visible_bias : array_like, shape (n_visible,), optional
        a, the independent units at beta = 0: best the log-odds of the data's pixels. The machine's own if left out.
    schedule : array_like, shape (steps + 1,), optional
        beta, rising from 0 to 1.

    Returns
    -------
    AnnealedImportance

    Raises
    ------
    InputError
        If an argument does not fit.

    Examples
    --------
    >>> machine = RestrictedBoltzmannMachine.random(16, 12, np.random.default_rng(1), scale=0.5)
    >>> estimate = annealed_importance(machine, np.random.default_rng(2), chains=100, steps=200)
    >>> abs(estimate.log_z - machine.log_z()) < 4 * estimate.error
    True
    """
    path = _Path(machine, base_visible_bias, schedule, steps)
    _check_chains(chains)
    v = draw(np.broadcast_to(activation(path.base), (chains, machine.visible)), generator)
    total = np.full(chains, path.base_log_z)
    for k in range(1, path.beta.size):
        field = path.field(v)
        total += path.log_ratio(v, field, k - 1, k)
        if k < path.beta.size - 1:
            v = path.step(field, k, generator)
    return AnnealedImportance.from_log_weights(total, reverse=False, exact_start=True)


def log_z_bounds(
    machine: RestrictedBoltzmannMachine,
    generator: np.random.Generator,
    *,
    chains: int = 100,
    steps: int = 1000,
    base_visible_bias: npt.ArrayLike | None = None,
    schedule: npt.ArrayLike | None = None,
    start: npt.ArrayLike | None = None,
    burn_in: int = 1000,
) -> LogZBounds:
    """log Z at tau = 1 from below (forward) and from above (reverse annealing).

    Parameters
    ----------
    machine, generator, chains, steps, base_visible_bias, schedule
        As for :func:`annealed_importance`.
    start : array_like, shape (chains, n_visible), optional
        Where the reverse chains begin before `burn_in`, for instance training data. Left out, they begin at exact
        samples where the smaller layer can be enumerated, else at independent units.
    burn_in : int
        Gibbs sweeps before a reverse run that does not begin at exact samples.

    Returns
    -------
    LogZBounds
        ``upper.exact_start`` says whether the upper bound holds without trust in the burn-in.

    Raises
    ------
    InputError
        If an argument does not fit.

    Examples
    --------
    >>> machine = RestrictedBoltzmannMachine.random(16, 12, np.random.default_rng(1), scale=0.5)
    >>> bounds = log_z_bounds(machine, np.random.default_rng(2), chains=100, steps=500)
    >>> bounds.upper.exact_start, bounds.gap < 0.2
    (True, True)
    """
    lower = annealed_importance(
        machine, generator, chains=chains, steps=steps, base_visible_bias=base_visible_bias, schedule=schedule
    )
    path = _Path(machine, base_visible_bias, schedule, steps)
    exact = start is None and min(machine.visible, machine.hidden) <= ENUMERATION_LIMIT
    if exact:
        v = machine.sample(chains, generator)[0].astype(np.float64)
    else:
        if start is None:
            first = draw(np.broadcast_to(activation(path.base), (chains, machine.visible)), generator)
        else:
            first = np.asarray(start, dtype=np.float64)
            if first.shape != (chains, machine.visible):
                raise InputError(f"start: expected shape {(chains, machine.visible)}; got {first.shape}")
        v = machine.gibbs(first, generator, sweeps=burn_in)[0].astype(np.float64)
    total = np.full(chains, path.base_log_z)
    for k in range(path.beta.size - 1, 0, -1):
        field = path.field(v)
        total += path.log_ratio(v, field, k - 1, k)
        if k > 1:
            v = path.step(field, k - 1, generator)
    return LogZBounds(lower, AnnealedImportance.from_log_weights(total, reverse=True, exact_start=exact))


class _Path:
    """The machines between independent units (beta = 0) and the machine itself (beta = 1)."""

    def __init__(
        self,
        machine: RestrictedBoltzmannMachine,
        base: npt.ArrayLike | None,
        schedule: npt.ArrayLike | None,
        steps: int,
    ) -> None:
        self.machine = machine
        self.base = np.asarray(machine.visible_bias if base is None else base, dtype=np.float64)
        if self.base.shape != (machine.visible,) or not np.all(np.isfinite(self.base)):
            raise InputError(f"base_visible_bias: expected {machine.visible} finite numbers; got {base!r}")
        if schedule is None:
            if not isinstance(steps, int | np.integer) or steps < 1:
                raise InputError(f"steps: expected an integer >= 1; got {steps!r}")
            self.beta = np.linspace(0.0, 1.0, int(steps) + 1)
        else:
            self.beta = np.asarray(schedule, dtype=np.float64)
            b = self.beta
            if b.ndim != 1 or b.size < 2 or b[0] != 0.0 or b[-1] != 1.0 or not np.all(np.diff(b) > 0):
                raise InputError(f"schedule: expected numbers that rise from 0 to 1; got {schedule!r}")
        self.base_log_z = float(softplus_sum(self.base, axis=0)) + machine.hidden * math.log(2.0)

    def field(self, v: Array) -> Array:
        """c + W v: the hidden units' log-odds at beta = 1."""
        return np.asarray(v @ self.machine.weights.T + self.machine.hidden_bias)

    def log_ratio(self, v: Array, field: Array, low: int, high: int) -> Array:
        """log p*_high(v) - log p*_low(v)."""
        lower, upper = self.beta[low], self.beta[high]
        hidden = softplus_sum(upper * field, axis=1) - softplus_sum(lower * field, axis=1)
        return np.asarray((upper - lower) * (v @ (self.machine.visible_bias - self.base)) + hidden)

    def step(self, field: Array, k: int, generator: np.random.Generator) -> Array:
        """A sweep, h given v and v given h, that leaves p_k as it is and is its own reverse."""
        beta = self.beta[k]
        h = draw(activation(beta * field), generator)
        towards = (1.0 - beta) * self.base + beta * self.machine.visible_bias
        return draw(activation(beta * (h @ self.machine.weights) + towards), generator)


def _check_chains(chains: int) -> None:
    if not isinstance(chains, int | np.integer) or chains < 2:
        raise InputError(f"chains: expected an integer >= 2 (one has no error); got {chains!r}")
