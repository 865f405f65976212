"""The Curie-Weiss model: every spin coupled to every other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.base import supported
from statmech.models.base import Model
from statmech.models.ising import Ising
from statmech.summation import sum_levels

__all__ = ["CurieWeiss", "CurieWeissState", "log_binomials"]

Array = npt.NDArray[np.float64]

_EXACT = 1000  # sites up to which degeneracies are Python integers (one is 125 bytes then)
_MOST_SITES = 20_000_000  # 1 GB of levels
_STIRLING = 32  # from here on the series 1/(12 n) - ... - 1/(1680 n^7) leaves 1/(1188 n^9) = 3e-17


@dataclass(frozen=True)
class CurieWeissState:
    """The levels without a field, joint with M, and the model's own field."""

    levels: EnergyLevels
    field: float


class CurieWeiss(Method):
    r"""The Ising model on the complete graph: a sum over its N + 1 magnetisations, exact at any N.

    .. math:: Z = \sum_{M = -N, -N+2, \dots}^{N} \binom{N}{(N - M)/2} \exp\left[\beta J\, \frac{M^2 - N}{2}
              + \beta h M\right]

    H is that of the Ising model on ``lattices.complete(n)``: J for each pair. Give J / N for the mean-field model with
    its transition at T = J. Cost: 4 ns per site and point. Logarithms of binomials are right to a few ulps of N log 2,
    which bounds the relative error: 1e-12 up to 10^4 sites, 1e-16 N above (measured: 2e-13 at 10^5).

    References: P. Curie, Ann. Chim. Phys. 5, 289 (1895); P. Weiss, J. Phys. Theor. Appl. 6, 661 (1907); M. Kac in
    Statistical Physics, Phase Transitions and Superfluidity (1968), vol. 1.

    Examples
    --------
    >>> from statmech import lattices
    >>> method = CurieWeiss()
    >>> state = method.prepare(Ising(lattices.complete(3), coupling=1.0))
    >>> state.levels.energies.tolist(), state.levels.degeneracies.tolist()  # above -3
    ([0.0, 4.0, 4.0, 0.0], [1.0, 3.0, 3.0, 1.0])
    """

    name: ClassVar[str] = "curie_weiss"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sum over the N + 1 magnetisations with binomial degeneracies"
    reference: ClassVar[str] = "Kac 1968"

    def supports(self, model: Model) -> Support:
        """Ising models on the complete graph with one J and one h."""
        if not isinstance(model, Ising):
            return Support(False, f"{model.kind!r} is no Ising model")
        if model.lattice.kind != "complete":
            return Support(False, f"a {model.lattice.kind} lattice is no complete graph")
        if model.sites > _MOST_SITES:
            return Support(False, f"{model.sites} levels exceed {_MOST_SITES}")
        if model.couplings.size and model.uniform_coupling is None:
            return Support(False, "couplings differ from pair to pair: H is no function of M")
        if model.uniform_field is None:
            return Support(False, "fields differ from site to site: H is no function of M")
        return Support(True, "on the complete graph H is a function of M, which has N + 1 values")

    def prepare(self, model: Model) -> CurieWeissState:
        """Levels, by the number of spins down.

        Raises
        ------
        UnsupportedError
            If :meth:`supports` says no.
        """
        ising = supported(self, model)
        n, coupling = ising.sites, ising.uniform_coupling or 0.0
        down = np.arange(n + 1, dtype=np.int64)
        magnetization = n - 2 * down
        # E + J (M0^2 - N)/2 with M0 of the ground state, as an integer times J: no digit is lost to the offset
        parity = n % 2
        excess = 2 * down * (n - down) if coupling >= 0 else (magnetization**2 - parity) // 2
        ground = -coupling * ((n * n if coupling >= 0 else parity) - n) / 2
        exact = n <= _EXACT
        levels = EnergyLevels(
            abs(coupling) * excess.astype(np.float64),
            [math.comb(n, k) for k in range(n + 1)] if exact else None,
            log_degeneracies=None if exact else log_binomials(n),
            observables={"magnetization": magnetization.astype(np.float64)},
            offset=ground,
            sites=n,
        )
        return CurieWeissState(levels, ising.uniform_field or 0.0)

    def cumulants(self, state: CurieWeissState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """See :func:`statmech.summation.sum_levels`."""
        if fields is not None:
            return sum_levels(state.levels, temperatures, fields)
        if state.field == 0:
            return sum_levels(state.levels, temperatures)
        one = sum_levels(state.levels, temperatures, [state.field])
        return Cumulants(
            temperatures, one.reference[0], one.log_z[0], one.mean[0], one.covariance[0], ("magnetization",)
        )

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """4 ns per site and point."""
        sites = model.sites or 1
        return Cost((4e-9 * sites + 2e-5) * temperatures * fields, 60.0 * sites + 1e6)

    def error_bound(self, model: Model) -> float:
        """1e-16 N beyond 10^4 sites: log g and beta E are rounded at their size, N log 2."""
        return max(1e-12, 1e-16 * (model.sites or 1))

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation."""
        return ("magnetization",)


def log_binomials(n: int) -> Array:
    r"""log of n over k for k = 0 ... n, shape (n + 1,), each to a few ulps of itself.

    .. math:: k \log\frac{n}{k} + (n - k) \log\frac{n}{n - k} + \tfrac12 \log\frac{n}{2\pi k (n - k)} + s(n) - s(k)
              - s(n - k)

    with Stirling's series s; the logarithms of factorials would cancel.

    Examples
    --------
    >>> log_binomials(4).round(12)
    array([0.        , 1.38629436, 1.79175947, 1.38629436, 0.        ])
    """
    half = n // 2 + 1
    k = np.arange(half, dtype=np.float64)
    steps = np.log((n - k[: min(half, _STIRLING)]) / (k[: min(half, _STIRLING)] + 1))
    result = np.concatenate([[0.0], np.cumsum(steps)])[:half]
    if half > _STIRLING:
        k = k[_STIRLING:]
        rest = n - k
        entropy = k * np.log(n / k) - rest * np.log1p(-k / n)
        shape = 0.5 * np.log(n / (2 * np.pi * k * rest))
        result = np.concatenate(
            [result[:_STIRLING], entropy + (shape + (_series(float(n)) - _series(k) - _series(rest)))]
        )
    return np.concatenate([result, result[: n + 1 - half][::-1]])


def _series(n: npt.ArrayLike) -> Array:
    x = 1 / np.asarray(n, dtype=np.float64)
    q = x * x
    return np.asarray(x * (1 / 12 - q * (1 / 360 - q * (1 / 1260 - q / 1680))))
