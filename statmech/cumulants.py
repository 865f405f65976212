"""Cumulants: log Z with mean and covariance of the energy and of observables, and the three laws that join them.

log Z is the cumulant generating function of the energy, so its value, gradient and curvature are all of
equilibrium thermodynamics. Everything here is *relative to a reference energy* E0 (the lowest populated
level for T > 0, the highest for T < 0) and in units of k_B T, so that nothing cancels, nothing
overflows, and an entropy of 1e-300 keeps all its digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen
from statmech.logspace import logsumexp

__all__ = ["Cumulants", "inverse_temperature"]

Array = npt.NDArray[np.float64]

_SMALL_WEIGHT = 1e-290


def inverse_temperature(temperature: npt.ArrayLike) -> Array:
    """beta = 1/T with the limits beta(0) = inf and beta(+-inf) = 0.

    Parameters
    ----------
    temperature : array_like, shape (T,)
        Non-zero reals, ``0.0`` (the limit T -> 0+) or infinities.

    Raises
    ------
    InputError
        If a temperature is nan, or ``-0.0``: zero from below is a different state, so it must be asked for
        as a small negative temperature.

    Examples
    --------
    >>> inverse_temperature([0.0, 2.0, -4.0, float("inf")])
    array([  inf,  0.5 , -0.25,  0.  ])
    """
    values = np.asarray(temperature, dtype=np.float64)
    for wrong, what in ((np.isnan(values), "nan"), ((values == 0) & np.signbit(values), "-0.0")):
        if np.any(wrong):
            where = int(np.flatnonzero(wrong)[0])
            raise InputError(
                f"temperature: expected non-zero reals, 0.0 (the limit from above) or inf; got {what} at index {where}"
            )
    with np.errstate(divide="ignore", over="ignore"):  # 1/0 = inf and 1/5e-324 = inf are the limits meant
        beta: Array = 1.0 / values
    return np.where(np.isinf(values), 0.0, beta)


@dataclass(frozen=True, eq=False)
class Cumulants(Frozen):
    r"""log Z and the first two cumulants of ``y = beta (H - reference)`` and of observables, per temperature.

    .. math:: \log Z = \log Z_\mathrm{rel} - \beta E_0, \qquad
              \log Z_\mathrm{rel} = \log \sum_i g_i e^{-\beta (E_i - E_0)}

    Parameters
    ----------
    temperature : array, shape (T,)
        Temperatures in energy units (k_B = 1).
    reference : array, shape (..., T)
        E0: the lowest populated level of H for T > 0 and T = 0, the highest for T < 0. Energy units.
    log_z : array, shape (..., T)
        log Z relative to the reference; ``-inf`` for a set without states.
    mean : array, shape (..., T, n)
        Component 0 is <y> = beta <H - E0>, in units of k_B T (at T = inf, where beta = 0, it is <H - E0> itself;
        at T = 0 it is 0). Components 1.. are the means of the observables.
    covariance : array, shape (..., T, n, n)
        Covariances of the same n quantities, in the same units.
    observables : tuple of str, length n - 1
        Names of components 1..; H itself, field terms included, is always component 0.

    Notes
    -----
    The arrays are read-only and any leading axes are free (a field axis, a jackknife block axis).
    ``product``, ``mixture`` and ``shift`` are the three laws; ``product`` and ``mixture`` are associative
    and commutative to rounding, so chunks of a file and workers of a cluster merge by the same laws.

    Raises
    ------
    InputError
        If the shapes do not fit together or a value is nan.

    Examples
    --------
    Two single levels, at 0 and at 1, joined by the mixture law make the two-level system:

    >>> T = np.array([0.5])
    >>> low = Cumulants(T, np.zeros(1), np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1, 1)))
    >>> both = Cumulants.mixture([low, low.shift(1.0)])
    >>> bool(np.isclose(both.log_z[0], np.log1p(np.exp(-2.0)), rtol=1e-15))
    True
    """

    temperature: Array
    reference: Array
    log_z: Array
    mean: Array
    covariance: Array
    observables: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        n, observables = 1 + len(self.observables), tuple(self.observables)
        arrays = {
            name: np.array(getattr(self, name), dtype=np.float64)
            for name in ("temperature", "reference", "log_z", "mean", "covariance")
        }
        if arrays["temperature"].ndim != 1:
            raise InputError(f"temperature: expected shape (T,); got {arrays['temperature'].shape}")
        inverse_temperature(arrays["temperature"])
        shape = arrays["log_z"].shape
        if not shape or shape[-1] != arrays["temperature"].size:
            raise InputError(f"log_z: expected shape (..., {arrays['temperature'].size}); got {shape}")
        expected = {"reference": shape, "mean": (*shape, n), "covariance": (*shape, n, n)}
        for name, wanted in expected.items():
            if arrays[name].shape != wanted:
                raise InputError(f"{name}: expected shape {wanted}; got {arrays[name].shape}")
        for name, array in arrays.items():
            if np.any(np.isnan(array)):
                raise InputError(f"{name}: nan at index {tuple(map(int, np.argwhere(np.isnan(array))[0]))}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "observables", observables)

    @property
    def beta(self) -> Array:
        """Inverse temperature, shape (T,): inf at T = 0, 0 at T = inf."""
        return inverse_temperature(self.temperature)

    @property
    def energy_unit(self) -> Array:
        """What component 0 of the mean is measured in, shape (T,): T itself; 1 at T = inf; 0 at T = 0."""
        return np.where(np.isinf(self.temperature), 1.0, self.temperature)

    def shift(self, energy: npt.ArrayLike) -> Cumulants:
        """Move the zero of energy: the reference gains ``energy``, the relative parts are untouched.

        Examples
        --------
        >>> one = Cumulants(np.ones(1), np.zeros(1), np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1, 1)))
        >>> one.shift(2.5).reference
        array([2.5])
        """
        return replace(self, reference=self.reference + np.asarray(energy, dtype=np.float64))

    def power(self, copies: float) -> Cumulants:
        """N independent copies of the system: everything extensive times N.

        Raises
        ------
        InputError
            If ``copies`` is not positive.

        Examples
        --------
        >>> one = Cumulants(np.ones(1), np.ones(1), np.ones(1), np.ones((1, 1)), np.ones((1, 1, 1)))
        >>> one.power(3).log_z
        array([3.])
        """
        if not 0 < copies < np.inf:
            raise InputError(f"copies: expected a positive number; got {copies}")
        return replace(
            self,
            reference=self.reference * copies,
            log_z=self.log_z * copies,
            mean=self.mean * copies,
            covariance=self.covariance * copies,
        )

    @classmethod
    def product(cls, parts: Iterable[Cumulants]) -> Cumulants:
        """Independent systems: Z is the product, so reference, log Z, mean and covariance add.

        An observable that only some parts have is zero in the others.

        Parameters
        ----------
        parts : iterable of Cumulants
            At least one; all at the same temperatures.

        Raises
        ------
        InputError
            If there is no part, or the temperatures differ.
        """
        parts = cls._same_temperatures(parts, "product")
        names = tuple(dict.fromkeys(name for part in parts for name in part.observables))
        parts = [part._with_observables(names) for part in parts]
        return cls(
            parts[0].temperature,
            _total([part.reference for part in parts]),
            _total([part.log_z for part in parts]),
            _total([part.mean for part in parts]),
            _total([part.covariance for part in parts]),
            names,
        )

    @classmethod
    def mixture(cls, parts: Iterable[Cumulants]) -> Cumulants:
        r"""Disjoint sets of states of one system: Z is the sum.

        With weights :math:`w_k = Z_k / \sum Z`, means :math:`m_k` rebased to the common reference:

        .. math:: \log Z = \mathrm{LSE}_k \log Z_k, \quad m = \sum_k w_k m_k, \quad
                  V = \sum_k w_k \left[V_k + (m_k - m)(m_k - m)^T\right]

        (the law of total covariance). At T = 0 the lowest reference wins and equal references add their
        degeneracies.

        Parameters
        ----------
        parts : iterable of Cumulants
            At least one; all at the same temperatures and with the same observables.

        Raises
        ------
        InputError
            If there is no part, or temperatures or observables differ.
        """
        parts = cls._same_temperatures(parts, "mixture")
        names = parts[0].observables
        for part in parts[1:]:
            if part.observables != names:
                raise InputError(
                    "mixture: all parts need the same observables in the same order; "
                    f"got {names} and {part.observables}"
                )
        if len(parts) == 1:
            return parts[0]
        temperature, beta = parts[0].temperature, parts[0].beta
        lead = np.broadcast_shapes(*(part.log_z.shape for part in parts))
        log_z = np.stack([np.broadcast_to(part.log_z, lead) for part in parts])
        references = np.stack([np.broadcast_to(part.reference, lead) for part in parts])
        populated = log_z > -np.inf
        low = np.min(references, axis=0, where=populated, initial=np.inf)
        high = np.max(references, axis=0, where=populated, initial=-np.inf)
        common = np.where(temperature < 0, high, low)
        common = np.where(np.isinf(common), references[0], common)  # no part has any state
        gap = np.where(populated, references - common, 0.0)
        with np.errstate(invalid="ignore", over="ignore"):  # inf * 0 at T = 0 is replaced
            rebase = np.where(gap == 0, 0.0, beta * gap)
            weights_log = log_z - rebase
        total = np.asarray(logsumexp(weights_log, axis=0))
        with np.errstate(invalid="ignore", over="ignore"):
            halves = np.where(np.isneginf(total), 0.0, np.exp(0.5 * (weights_log - total)))
            weights = np.where(np.isneginf(total), 0.0, np.exp(weights_log - total))
        # At T = inf component 0 is in energy units and a gap counts fully; at T = 0 a gap has weight 0.
        raised = np.where(np.isinf(temperature), gap, np.where(np.isinf(rebase), 0.0, rebase))
        means = np.stack([np.broadcast_to(part.mean, (*lead, 1 + len(names))) for part in parts])
        means[..., 0] += raised
        weight = weights[..., None]
        # a weight below the normal numbers is taken in two halves: times y^2 it may be a number with all its digits
        small, half = weight < _SMALL_WEIGHT, halves[..., None]
        mean = _total(list(np.where(small, half * (half * means), weight * means)))
        deviation = np.where(half > 0, means - mean, 0.0)  # what has no weight may lie anywhere, at inf too
        covariances = np.stack(
            [np.broadcast_to(part.covariance, (*lead, 1 + len(names), 1 + len(names))) for part in parts]
        )
        pairs = covariances + deviation[..., :, None] * deviation[..., None, :]
        small, half = small[..., None], half[..., None]
        covariance = _total(list(np.where(small, half * (half * pairs), weight[..., None] * pairs)))
        return cls(temperature, common, total, mean, covariance, names)

    @classmethod
    def concatenate(cls, parts: Iterable[Cumulants]) -> Cumulants:
        """Join different temperatures of the same system, in the order given (no law: just a longer array).

        Raises
        ------
        InputError
            If there is no part, or observables differ.
        """
        parts = list(parts)
        if not parts:
            raise InputError("concatenate: expected at least one part; got none")
        if len({part.observables for part in parts}) > 1:
            raise InputError("concatenate: all parts need the same observables in the same order")
        return cls(
            np.concatenate([part.temperature for part in parts]),
            np.concatenate([part.reference for part in parts], axis=-1),
            np.concatenate([part.log_z for part in parts], axis=-1),
            np.concatenate([part.mean for part in parts], axis=-2),
            np.concatenate([part.covariance for part in parts], axis=-3),
            parts[0].observables,
        )

    @classmethod
    def stack(cls, parts: Iterable[Cumulants]) -> Cumulants:
        """Put parts along a new leading axis (a field, a jackknife block).

        Raises
        ------
        InputError
            If there is no part, or temperatures or observables differ.
        """
        parts = cls._same_temperatures(parts, "stack")
        if len({part.observables for part in parts}) > 1:
            raise InputError("stack: all parts need the same observables in the same order")
        return cls(
            parts[0].temperature,
            np.stack([part.reference for part in parts]),
            np.stack([part.log_z for part in parts]),
            np.stack([part.mean for part in parts]),
            np.stack([part.covariance for part in parts]),
            parts[0].observables,
        )

    @classmethod
    def from_energy_moments(
        cls,
        temperature: npt.ArrayLike,
        reference: npt.ArrayLike,
        log_z: npt.ArrayLike,
        mean: npt.ArrayLike,
        covariance: npt.ArrayLike,
        observables: Sequence[str] = (),
    ) -> Cumulants:
        """Build from moments in energy units: <H - reference> and Var H instead of their multiples of k_B T.

        Parameters
        ----------
        temperature, reference, log_z, observables
            As in the class.
        mean, covariance : array_like, shapes (..., T, n) and (..., T, n, n)
            Component 0 in energy units. It is divided by T (not at T = inf; at T = 0 it must be 0).

        Raises
        ------
        InputError
            If at T = 0 the mean or the variance of H - reference is not 0.

        Examples
        --------
        >>> c = Cumulants.from_energy_moments([2.0], [0.0], [0.1], [[1.0]], [[[4.0]]])
        >>> float(c.mean[0, 0]), float(c.covariance[0, 0, 0])
        (0.5, 1.0)
        """
        T = np.asarray(temperature, dtype=np.float64)
        means, covariances = np.array(mean, dtype=np.float64), np.array(covariance, dtype=np.float64)
        cold = T == 0
        if np.any(means[..., cold, 0] != 0) or np.any(covariances[..., cold, 0, :] != 0):
            raise InputError("mean, covariance: at T = 0 the energy is the reference; expected 0 in component 0")
        unit = np.where(np.isinf(T) | cold, 1.0, T)
        means[..., 0] /= unit
        covariances[..., 0, :] /= unit[:, None]
        covariances[..., :, 0] /= unit[:, None]
        return cls(T, np.asarray(reference, float), np.asarray(log_z, float), means, covariances, tuple(observables))

    @staticmethod
    def _same_temperatures(parts: Iterable[Cumulants], law: str) -> list[Cumulants]:
        parts = list(parts)
        if not parts:
            raise InputError(f"{law}: expected at least one part; got none")
        for part in parts[1:]:
            if not np.array_equal(part.temperature, parts[0].temperature):
                raise InputError(
                    f"{law}: all parts need the same temperatures; got {parts[0].temperature} and {part.temperature} "
                    "(different temperatures concatenate)"
                )
        return parts

    def _with_observables(self, names: tuple[str, ...]) -> Cumulants:
        """The same cumulants with observables in the order of ``names``; what is not there is zero."""
        if names == self.observables:
            return self
        lead, n = self.log_z.shape, 1 + len(names)
        place = [0, *(1 + names.index(name) for name in self.observables)]
        mean, covariance = np.zeros((*lead, n)), np.zeros((*lead, n, n))
        mean[..., place] = self.mean
        covariance[..., np.array(place)[:, None], np.array(place)] = self.covariance
        return Cumulants(self.temperature, self.reference, self.log_z, mean, covariance, names)


def _total(arrays: list[Array]) -> Array:
    """Sum by a fixed pairwise tree, so that the rounding does not grow with the number of parts."""
    while len(arrays) > 1:
        tail = [arrays[-1]] if len(arrays) % 2 else []
        arrays = [a + b for a, b in zip(arrays[0::2], arrays[1::2], strict=False)] + tail
    return arrays[0]
