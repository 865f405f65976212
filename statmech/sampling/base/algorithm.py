"""What an algorithm is: from a model and temperatures to a chain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.methods.base import Method, Support
from statmech.models.base import Model
from statmech.sampling.base.chain import Chain

__all__ = ["Algorithm", "SamplingMethod", "Settings"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What the user asked of any algorithm; see :class:`statmech.sampling.monte_carlo.MonteCarlo`.

    Attributes
    ----------
    seed, sweeps, burn_in, chains : int
        Seed; measured and dropped sweeps of each chain; chains per temperature, every second from a hot start.
    target_error : float or None
        Standard error of the energy per site at which to stop.
    samples : bool
        Whether to keep the time series.
    options : mapping
        What only this algorithm takes (``Algorithm.options``), where the user gave it.
    """

    seed: int = 0
    sweeps: int = 10_000
    burn_in: int = 2_000
    chains: int = 2
    target_error: float | None = None
    samples: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


class Algorithm(ABC):
    """A way to sample, registered by name in :data:`statmech.sampling.ALGORITHMS`; made without arguments.

    Attributes
    ----------
    name : str
        In YAML: ``method: {kind: monte_carlo, algorithm: <name>}``.
    formula, reference : str
        One line each: what a step does, and where it is described.
    options : tuple of str
        Parameters of ``MonteCarlo`` beyond those of :class:`Settings` that it takes.
    unused : tuple of str
        Common parameters that mean nothing to it: refused rather than ignored.
    separable : bool
        Whether the chain of a temperature knows nothing of the other temperatures, so that ``run`` may sample each on
        its own. Algorithms that exchange between temperatures or sample all of them at once say False.
    """

    name: ClassVar[str]
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    unused: ClassVar[tuple[str, ...]] = ()
    separable: ClassVar[bool] = True

    @abstractmethod
    def supports(self, model: Model) -> Support:
        """Whether it can sample this model, and why (not)."""

    @abstractmethod
    def start(self, model: Model, temperatures: Array, settings: Settings) -> Chain:
        """A chain over temperatures (T,), none of them 0."""

    def seconds(self, model: Model, temperatures: int, settings: Settings) -> float:
        """Estimate of the work on one core: 20 ns per spin and sweep where it does not know better."""
        sweeps = (settings.sweeps + settings.burn_in) * settings.chains
        return 2e-8 * float(model.sites or 1) * sweeps * temperatures

    def observables(self, model: Model) -> tuple[str, ...]:
        """Names of the observables beside H that its cumulants carry."""
        return ("magnetization",) if hasattr(model, "field") else ()


class SamplingMethod(Method, ABC):
    """A method whose results are estimates: it starts a chain, and error bars are the jackknife of its blocks."""

    statistical: ClassVar[bool] = True

    @abstractmethod
    def start(self, model: Model, temperatures: Array, fields: Array | None = None) -> Chain:
        """A chain over temperatures (T,) and, where given, uniform fields (F,) in place of the model's own."""

    @abstractmethod
    def provenance(self) -> Mapping[str, str | int | float]:
        """Attributes of the results: algorithm, seed, lengths."""
