"""Monte Carlo as a method: what cannot be summed is sampled, and every value has an error bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from statmech import sampling
from statmech.cumulants import Cumulants
from statmech.errors import InputError
from statmech.methods.base import Cost, Support
from statmech.models.base import Model
from statmech.sampling.base import Algorithm, Chain, FieldChains, SamplingMethod, Settings

__all__ = ["MonteCarlo"]

Array = npt.NDArray[np.float64]

AUTO = "auto"
_LARGEST_LADDER = 4096  # sites: 64 x 64 takes a minute of the default sweeps
_COMMON = ("algorithm", "seed", "sweeps", "burn_in", "chains", "target_error", "samples")


@dataclass(frozen=True)
class MonteCarlo(SamplingMethod):
    r"""Estimates from Markov chains, with standard errors that know of correlations.

    Each temperature is sampled by chains from random (hot) and ordered (cold) starts. Values are means over all of
    them (log Z, C and susceptibilities less their bias of order 1/N), errors the jackknife of 64 blocks carried through
    whatever is computed and corrected for correlations between blocks
    (:func:`statmech.estimators.block_correction`); a chain too short for its autocorrelation time, or chains that
    disagree, set ``status``. Streams of random numbers derive from the seed and from what is sampled, so that no point
    depends on the others unless the algorithm samples all temperatures as one.

    Parameters
    ----------
    algorithm : str
        Name of a sampling algorithm (``statmech.sampling.algorithms()``). ``auto`` is ``tempering``, which gives
        log Z, F and S too, for discrete spins on up to 4096 sites, and ``metropolis`` for everything else: its ladder
        has about sqrt(N) temperatures of its own.
    seed : int
        Seed of the random streams; the same seed gives the same digits.
    sweeps : int
        Measured sweeps of each chain; the most, where there is a ``target_error``.
    burn_in : int, optional
        Sweeps dropped at the start of each chain; a fifth of ``sweeps`` by default. Population annealing has none and
        takes no notice.
    chains : int
        Chains at each temperature, every second from an ordered start.
    target_error : float, optional
        Standard error of the energy per site at which to stop, in units of the energies.
    samples : bool
        Whether to keep the time series: ``run`` writes them as the group ``/samples`` of the results file, which
        ``open_results(path, "samples")`` reads. Not by algorithms that have no series at a temperature (multispin,
        wang_landau, population_annealing).
    order : {"sequential", "random"}
        How single-spin algorithms visit sites.
    sweeps_per_step : int
        Heat-bath sweeps of population annealing after each step of beta; there ``sweeps`` counts the copies.

    Examples
    --------
    >>> from statmech import Ising, lattices, solve
    >>> method = {"kind": "monte_carlo", "algorithm": "metropolis", "seed": 1, "sweeps": 2000}
    >>> ds = solve(Ising(lattices.square(4, 4)), [3.0], method=method)
    >>> exact = solve(Ising(lattices.square(4, 4)), [3.0])
    >>> bool(abs(ds.internal_energy - exact.internal_energy)[0] < 4 * ds.internal_energy_errors[0])
    True
    """

    algorithm: str = AUTO
    seed: int = 0
    sweeps: int = 10_000
    burn_in: int | None = None
    chains: int = 2
    target_error: float | None = None
    samples: bool = False
    order: Literal["sequential", "random"] = "sequential"
    sweeps_per_step: int = 10

    name: ClassVar[str] = "monte_carlo"
    formula: ClassVar[str] = "means over Markov chains, errors by the jackknife"
    reference: ClassVar[str] = "Metropolis et al., J. Chem. Phys. 21, 1087 (1953)"

    def __post_init__(self) -> None:
        if self.algorithm not in (AUTO, *sampling.algorithms()):
            try:
                sampling.get(self.algorithm)
            except InputError as unknown:
                raise InputError(str(unknown).replace("kind: ", "algorithm: ", 1)) from None
        for name, least in (("seed", 0), ("sweeps", 1), ("burn_in", 0), ("chains", 1)):
            value = getattr(self, name)
            if value is None and name == "burn_in":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise InputError(f"{name}: expected an integer of at least {least}; got {value!r}")
        if self.target_error is not None and not 0 < self.target_error < np.inf:
            raise InputError(f"target_error: expected a positive number; got {self.target_error!r}")
        taken = {*_COMMON}
        if self.algorithm != AUTO:
            chosen = type(self._algorithm)
            taken = {*_COMMON, *chosen.options} - {*chosen.unused}
        for option in fields(self):
            if option.name not in taken and getattr(self, option.name) != option.default:
                what = (
                    "name the algorithm it is for" if self.algorithm == AUTO else f"{self.algorithm} does not take it"
                )
                raise InputError(f"{option.name}: {what}, or leave it out")

    def for_model(self, model: Model) -> MonteCarlo:
        """With a name in place of ``auto``.

        Examples
        --------
        >>> from statmech import XY, Ising, lattices
        >>> [MonteCarlo().for_model(kind(lattices.square(4, 4))).algorithm for kind in (Ising, XY)]
        ['tempering', 'metropolis']
        """
        if self.algorithm != AUTO:
            return self
        linked = replace(self, algorithm="tempering")
        small = (model.sites or 0) <= _LARGEST_LADDER
        return linked if small and linked.supports(model) else replace(self, algorithm="metropolis")

    @property
    def _algorithm(self) -> Algorithm:
        if self.algorithm == AUTO:
            raise InputError("algorithm: auto is decided by the model; take MonteCarlo(...).for_model(model)")
        made: Algorithm = sampling.get(self.algorithm)()
        return made

    @property
    def separable(self) -> bool:
        """As its algorithm says."""
        return self._algorithm.separable

    @property
    def settings(self) -> Settings:
        """What the algorithm is given."""
        options = {name: getattr(self, name) for name in self._algorithm.options}
        burn_in = self.sweeps // 5 if self.burn_in is None else self.burn_in
        return Settings(self.seed, self.sweeps, burn_in, self.chains, self.target_error, self.samples, options)

    def supports(self, model: Model) -> Support:
        """What its algorithm can sample."""
        chosen = self.for_model(model)
        found = chosen._algorithm.supports(model)
        return found if found else Support(False, f"{chosen.algorithm}: {found.reason}")

    def prepare(self, model: Model) -> Model:
        """Nothing: chains are made for a model with its temperatures."""
        return model

    def start(self, model: Model, temperatures: Array, fields: Array | None = None) -> Chain:
        """See :meth:`SamplingMethod.start`."""
        if np.any(temperatures == 0):
            raise InputError(
                "temperature: monte_carlo needs T != 0; at T = 0 ask for an exact method or statmech.ground_state"
            )
        if fields is None:
            chosen = self.for_model(model)
            return chosen._algorithm.start(model, temperatures, chosen.settings)
        given: Any = model  # a dataclass with a field
        each: list[Model] = [replace(given, field=float(h)) for h in fields]
        return FieldChains([self.start(part, temperatures) for part in each])

    def cumulants(self, state: Model, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Run to the end; with the leading jackknife axis of :meth:`Chain.result`."""
        chain = self.start(state, temperatures, fields)
        while not chain.advance(3600.0):
            pass
        return chain.result()

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """As its algorithm says."""
        chosen = self.for_model(model)
        seconds = chosen._algorithm.seconds(model, temperatures, chosen.settings) * fields
        return Cost(seconds, 200.0 * float(model.sites or 1) + 3e5 * temperatures * fields * self.chains)

    def error_bound(self, model: Model) -> float:  # noqa: ARG002
        """None: errors are statistical, and stand beside every value."""
        return np.inf

    def observables(self, model: Model) -> tuple[str, ...]:
        """As its algorithm says."""
        return self.for_model(model)._algorithm.observables(model)

    def provenance(self) -> Mapping[str, str | int | float]:
        """Algorithm, seed and lengths."""
        settings = self.settings
        return {
            "algorithm": self.algorithm,
            "algorithm_reference": self._algorithm.reference,
            "seed": int(settings.seed),
            "chains": int(settings.chains),
            "sweeps_asked": int(settings.sweeps),
            "burn_in": int(settings.burn_in),
        }
