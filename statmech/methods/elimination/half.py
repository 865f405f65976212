"""Half of the states where turning all of them round changes nothing: one variable held, the rest eliminated."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from statmech.cumulants import Cumulants
from statmech.methods.elimination.base import observable_of
from statmech.networks import Network
from statmech.variable_elimination import Order, order_of

__all__ = ["Half", "half_of"]

_LOG2 = log(2.0)
_WORTH_HALVING = 0.15  # share of the merges that must be saved


@dataclass(frozen=True, eq=False)
class Half:
    """A mirrored network with one variable held: half of all states, each standing for its mirror image, too.

    Attributes
    ----------
    network : Network
        Of the other variables.
    order : Order
        That of the whole network without the variable.
    moment : float
        What the variable adds to the observable.
    """

    network: Network
    order: Order
    moment: float

    def both(self, half: Cumulants) -> Cumulants:
        """Cumulants of all states, from those of half of them: M and -M are equally likely."""
        mean, covariance = half.mean.copy(), half.covariance.copy()
        if half.observables:
            covariance[..., 1, 1] += (mean[..., 1] + self.moment) ** 2
            mean[..., 1] = covariance[..., 0, 1] = covariance[..., 1, 0] = 0.0
        return Cumulants(half.temperature, half.reference, half.log_z + _LOG2, mean, covariance, half.observables)


def half_of(network: Network, order: Order) -> Half | None:
    """Hold the variable that takes part in the most merges; None where nothing is mirrored or little is saved."""
    if not order.complete or network.size < 2 or not network.mirrored:
        return None
    saved = dict.fromkeys(range(network.size), 0.0)
    for v, separator in zip(order.variables, order.separators, strict=True):
        size = 2.0 ** len(separator)
        saved[v] += 2.0 * size
        for u in separator:
            saved[u] += size
    for batch in network.factors:
        if batch.arity == 1:  # its score alone would be rounded into the constant
            for v in batch.variables[:, 0].tolist():
                saved[v] = 0.0
    held = max(saved, key=saved.__getitem__)
    if saved[held] < _WORTH_HALVING * order.merges:
        return None
    rest = network.conditioned(held, 1)
    sequence = [v - (v > held) for v in order.variables if v != held]
    name = observable_of(network)
    moment = 0.0 if name is None else float(network.observables[name][2 * held + 1])
    return Half(rest, order_of(rest, sequence, order.heuristic), moment)
