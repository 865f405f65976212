"""Chains of several fields as one: arrays gain a field axis before that of temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.sampling.base.chain import Chain, Estimate, Progress, State

__all__ = ["FieldChains"]

Array = npt.NDArray[np.float64]


class FieldChains(Chain):
    """One chain for each field, one after the other.

    Parameters
    ----------
    chains : sequence of Chain
        In the order of the fields.
    """

    def __init__(self, chains: Sequence[Chain]) -> None:
        self.chains = list(chains)
        self.at = 0

    def advance(self, seconds: float) -> bool:
        """Go on with the first chain that is not finished."""
        while self.at < len(self.chains):
            if not self.chains[self.at].advance(seconds):
                return False
            self.at += 1
            if self.at < len(self.chains):
                return False
        return True

    def state(self) -> State:
        """All states, keys beginning with the number of the field."""
        flat: State = {"at": self.at}
        for k, chain in enumerate(self.chains):
            flat |= {f"{k}:{key}": value for key, value in chain.state().items()}
        return flat

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`Chain.restore`."""
        for k, chain in enumerate(self.chains):
            prefix = f"{k}:"
            chain.restore({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})
        self.at = int(state["at"])

    def result(self) -> Cumulants:
        """Arrays (1 + blocks, F, T)."""
        parts = [chain.result() for chain in self.chains]
        return replace(
            parts[0],
            reference=np.stack([part.reference for part in parts], axis=1),
            log_z=np.stack([part.log_z for part in parts], axis=1),
            mean=np.stack([part.mean for part in parts], axis=1),
            covariance=np.stack([part.covariance for part in parts], axis=1),
        )

    def estimates(self) -> dict[str, Estimate]:
        """Those that all chains give."""
        parts = [chain.estimates() for chain in self.chains]
        return {
            name: replace(first, values=np.stack([part[name].values for part in parts], axis=int(first.blocks)))
            for name, first in parts[0].items()
            if all(name in part for part in parts)
        }

    def correction(self) -> Array | None:
        """Factors (F, T)."""
        parts = [chain.correction() for chain in self.chains]
        known = [part for part in parts if part is not None]
        return np.stack(known) if len(known) == len(parts) else None

    def status(self) -> npt.NDArray[np.int8]:
        """Flags (F, T)."""
        shape = self.chains[0].result().temperature.shape
        return np.stack([np.zeros(shape, np.int8) if (s := c.status()) is None else s for c in self.chains])

    def not_computed(self) -> dict[str, str]:
        """What any of them cannot give."""
        return {name: why for chain in reversed(self.chains) for name, why in chain.not_computed().items()}

    def progress(self) -> Progress:
        """Of all fields."""
        each = [chain.progress() for chain in self.chains]
        at = min(self.at, len(each) - 1)
        return Progress(sum(one.done for one in each) / len(each), f"field {at + 1} of {len(each)}, {each[at].text}")

    def samples(self) -> dict[str, Array]:
        """Series (F, T, chains, sweeps), padded with nan to the longest."""
        parts = [chain.samples() for chain in self.chains]
        found = {}
        for name in parts[0]:
            longest = max(part[name].shape[-1] for part in parts)
            pad = [(0, 0)] * (parts[0][name].ndim - 1)
            found[name] = np.stack(
                [
                    np.pad(part[name], [*pad, (0, longest - part[name].shape[-1])], constant_values=np.nan)
                    for part in parts
                ]
            )
        return found
