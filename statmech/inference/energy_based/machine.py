r"""The restricted Boltzmann machine: a bipartite Ising model of visible and hidden units that are 0 or 1.

.. math:: E(v, h) = -b \cdot v - c \cdot h - h^T W v, \qquad p(v, h) = \frac{e^{-E(v, h) / \tau}}{Z(\tau)}

tau = 1 is the model that is learned; tau -> 0 leaves its ground state. The sum over either layer is done unit by unit:

.. math:: F(v) = -b \cdot v - \tau \sum_j \log\bigl(1 + e^{(c_j + W_j v) / \tau}\bigr)

P. Smolensky, in: Parallel Distributed Processing, vol. 1, ch. 6 (MIT Press, 1986); G. E. Hinton, A Practical Guide to
Training Restricted Boltzmann Machines, UTML TR 2010-003 (2010).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen
from statmech.inference.energy_based import enumeration
from statmech.inference.energy_based.layers import bipartite_network, free_energies, read_layer
from statmech.inference.energy_based.units import check_tau, draw, probabilities
from statmech.networks import Network
from statmech.variable_elimination import Eliminator, GroundState

__all__ = ["RestrictedBoltzmannMachine"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RestrictedBoltzmannMachine(Frozen):
    """Weights and biases of a Bernoulli restricted Boltzmann machine; a value, not an estimator.

    Parameters
    ----------
    weights : array_like, shape (n_hidden, n_visible)
        W, scikit-learn's ``components_``; in the unit of tau.
    visible_bias : array_like, shape (n_visible,)
        b, scikit-learn's ``intercept_visible_``.
    hidden_bias : array_like, shape (n_hidden,)
        c, scikit-learn's ``intercept_hidden_``.

    Raises
    ------
    InputError
        If the shapes do not fit, a number is not finite, or energies would overflow.

    Examples
    --------
    Two hidden units, each wanting one half of four pixels:

    >>> machine = RestrictedBoltzmannMachine([[4, 4, -4, -4], [-4, -4, 4, 4]], [0, 0, 0, 0], [-4, -4])
    >>> machine.hidden_probabilities([[1, 1, 0, 0], [0, 0, 1, 1]]).round(3)
    array([[0.982, 0.   ],
           [0.   , 0.982]])
    >>> round(machine.log_z(), 12)
    4.893533160007
    >>> machine.log_likelihood([[1, 1, 0, 0], [1, 0, 1, 0]]).round(6)
    array([-0.875377, -4.857233])
    """

    weights: Array
    visible_bias: Array
    hidden_bias: Array

    def __post_init__(self) -> None:
        for name, ndim in (("weights", 2), ("visible_bias", 1), ("hidden_bias", 1)):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.ndim != ndim or array.size == 0 or not np.all(np.isfinite(array)):
                raise InputError(
                    f"{name}: expected a non-empty array of finite numbers with {ndim} axes; got shape {array.shape}"
                    + ("" if np.all(np.isfinite(array)) else f" with {array[~np.isfinite(array)][0]}")
                )
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.weights.shape != (self.hidden_bias.size, self.visible_bias.size):
            raise InputError(
                f"weights: expected shape (n_hidden, n_visible) = {(self.hidden_bias.size, self.visible_bias.size)}; "
                f"got {self.weights.shape}"
            )
        with np.errstate(over="ignore"):
            largest = sum(float(np.abs(a).sum()) for a in (self.weights, self.visible_bias, self.hidden_bias))
        if math.isinf(largest):
            raise InputError("weights, biases: expected magnitudes with a finite sum; energies would overflow")

    def __repr__(self) -> str:
        return f"<RestrictedBoltzmannMachine: {self.visible} visible x {self.hidden} hidden units>"

    @classmethod
    def random(
        cls, visible: int, hidden: int, generator: np.random.Generator, scale: float = 0.01
    ) -> RestrictedBoltzmannMachine:
        """Normal weights of standard deviation `scale` and no biases: scikit-learn's start.

        Examples
        --------
        >>> RestrictedBoltzmannMachine.random(64, 16, np.random.default_rng(1))
        <RestrictedBoltzmannMachine: 64 visible x 16 hidden units>
        """
        return cls(generator.normal(0.0, scale, (hidden, visible)), np.zeros(visible), np.zeros(hidden))

    @classmethod
    def from_sklearn(cls, estimator: Any) -> RestrictedBoltzmannMachine:
        """The parameters of a fitted ``sklearn.neural_network.BernoulliRBM``.

        Raises
        ------
        InputError
            If the estimator has no ``components_`` and intercepts: it is not fitted.
        """
        names = ("components_", "intercept_visible_", "intercept_hidden_")
        missing = [name for name in names if not hasattr(estimator, name)]
        if missing:
            raise InputError(f"estimator: expected a fitted BernoulliRBM; {estimator!r} has no {', '.join(missing)}")
        return cls(*(getattr(estimator, name) for name in names))

    def sklearn_parameters(self) -> dict[str, Array]:
        """``components_``, ``intercept_visible_`` and ``intercept_hidden_``, to be set on a ``BernoulliRBM``.

        Examples
        --------
        >>> machine = RestrictedBoltzmannMachine([[1.0, 2.0]], [0.0, 0.5], [0.25])
        >>> machine.sklearn_parameters()["components_"].shape                 # vars(estimator).update(...)
        (1, 2)
        """
        return {
            "components_": self.weights.copy(),
            "intercept_visible_": self.visible_bias.copy(),
            "intercept_hidden_": self.hidden_bias.copy(),
        }

    @property
    def visible(self) -> int:
        """Number of visible units."""
        return int(self.visible_bias.size)

    @property
    def hidden(self) -> int:
        """Number of hidden units."""
        return int(self.hidden_bias.size)

    def at(self, tau: float) -> RestrictedBoltzmannMachine:
        """The machine whose weights and biases are divided by tau: at 1 it is what this one is at tau.

        Raises
        ------
        InputError
            If tau is 0 or nan, or so small that the numbers overflow: ``ground_state`` is the limit.
        """
        check_tau(tau, zero=False)
        with np.errstate(over="ignore"):
            scaled = [a / tau for a in (self.weights, self.visible_bias, self.hidden_bias)]
            largest = sum(float(np.abs(a).sum()) for a in scaled)
        if not math.isfinite(largest):
            raise InputError(f"tau: {tau} is so small that energies / tau overflow; ground_state() is the limit")
        return type(self)(*scaled)

    def energy(self, visible: npt.ArrayLike, hidden: npt.ArrayLike) -> Array:
        """``E(v, h) = -b.v - c.h - h W v`` of joint states, shapes (..., n_visible), (..., n_hidden) -> (...).

        Raises
        ------
        InputError
            If a layer has another number of units or a value outside [0, 1].
        """
        v, h = read_layer("visible", visible, self.visible), read_layer("hidden", hidden, self.hidden)
        return np.asarray(-v @ self.visible_bias - h @ self.hidden_bias - np.sum(h * (v @ self.weights.T), axis=-1))

    def free_energy(self, visible: npt.ArrayLike, tau: float = 1.0) -> Array:
        """``F(v) = -LSE_tau over h of -E(v, h)``; scikit-learn's ``_free_energy`` at tau = 1.

        Parameters
        ----------
        visible : array_like, shape (..., n_visible)
            Units 0 or 1 (values between are read as they are, as in scikit-learn).
        tau : float
            Scale, in the unit of the weights; 0.0 gives the energy with the best hidden state.

        Returns
        -------
        ndarray, shape (...)
            In the unit of the weights.

        Raises
        ------
        InputError
            If there is another number of units, a value outside [0, 1], or tau is nan or infinite.

        Examples
        --------
        >>> machine = RestrictedBoltzmannMachine([[2.0, -1.0]], [0.5, 0.0], [-1.0])
        >>> machine.free_energy([[1, 0], [0, 1]])
        array([-1.81326169, -0.12692801])
        >>> machine.free_energy([[1, 0], [0, 1]], tau=0.0)
        array([-1.5, -0. ])
        """
        check_tau(tau, zero=True)
        if math.isinf(tau):
            raise InputError(f"tau: expected a finite number (F is -inf in the limit); got {tau}")
        v = read_layer("visible", visible, self.visible)
        rows = v.reshape(-1, self.visible)
        return free_energies(rows, self.weights, self.visible_bias, self.hidden_bias, tau).reshape(v.shape[:-1])

    def log_z(self, tau: float = 1.0, *, layer: str = "smaller") -> float:
        """log Z(tau), exact: all states of one layer, up to ``ENUMERATION_LIMIT`` = 25 units, in blocks.

        Parameters
        ----------
        tau : float
            Scale: any non-zero number or inf.
        layer : {"smaller", "visible", "hidden"}
            Which is enumerated; the result is the same.

        Returns
        -------
        float, dimensionless

        Raises
        ------
        InputError
            If tau is 0 (use :meth:`ground_state`) or the layer is unknown.
        ResourceError
            If the layer is too large: see :func:`annealed_importance`.

        Examples
        --------
        >>> machine = RestrictedBoltzmannMachine.random(16, 12, np.random.default_rng(1), scale=1.0)
        >>> abs(machine.log_z(layer="visible") - machine.log_z(layer="hidden")) < 1e-12
        True
        """
        return enumeration.log_z(*self.at(tau)._oriented(layer))

    def log_likelihood(self, visible: npt.ArrayLike, tau: float = 1.0, *, log_z: float | None = None) -> Array:
        """``log p(v) = -F(v) / tau - log Z(tau)`` of each row.

        Parameters
        ----------
        visible : array_like, shape (..., n_visible)
            Zeros and ones.
        tau : float
            Scale, not 0.
        log_z : float, optional
            log Z(tau) if it is known or estimated; enumerated otherwise.

        Returns
        -------
        ndarray, shape (...), in nats

        Raises
        ------
        InputError, ResourceError
            As for :meth:`free_energy` and :meth:`log_z`; or if a value is neither 0 nor 1, which has no probability.
        """
        v = read_layer("visible", visible, self.visible)
        if np.any((v != 0.0) & (v != 1.0)):
            raise InputError(
                f"visible: expected zeros and ones; got {v[(v != 0.0) & (v != 1.0)][0]}. Binarise the data first"
            )
        scaled = self.at(tau)
        return -scaled.free_energy(v) - (scaled.log_z() if log_z is None else log_z)

    def hidden_probabilities(self, visible: npt.ArrayLike, tau: float = 1.0) -> Array:
        """p(h_j = 1 | v), shape (..., n_hidden): scikit-learn's ``transform``; 0, 1, or 1/2 at a tie, if tau = 0."""
        v = read_layer("visible", visible, self.visible)
        return probabilities(v @ self.weights.T + self.hidden_bias, tau)

    def visible_probabilities(self, hidden: npt.ArrayLike, tau: float = 1.0) -> Array:
        """p(v_i = 1 | h), shape (..., n_visible)."""
        h = read_layer("hidden", hidden, self.hidden)
        return probabilities(h @ self.weights + self.visible_bias, tau)

    def gibbs(
        self, visible: npt.ArrayLike, generator: np.random.Generator, sweeps: int = 1, tau: float = 1.0
    ) -> tuple[Ints, Ints]:
        """Sweeps of block Gibbs sampling, h given v and then v given h, from `visible`.

        Parameters
        ----------
        visible : array_like, shape (..., n_visible)
            Where the chains start, one per row.
        generator : numpy.random.Generator
            Source of randomness.
        sweeps : int
            At least 1. How many are needed for samples of the model is for the caller to judge; ``sample`` is exact.
        tau : float
            Scale; 0.0 steps uphill in score only.

        Returns
        -------
        visible, hidden : ndarray of int, shapes (..., n_visible), (..., n_hidden)
            The new visible states, and hidden states drawn given them.

        Raises
        ------
        InputError
            If `visible` does not fit, sweeps < 1, or tau is nan.

        Examples
        --------
        >>> machine = RestrictedBoltzmannMachine([[9.0, 9.0]], [-4.0, -4.0], [-6.0])
        >>> v, h = machine.gibbs(np.ones((1000, 2)), np.random.default_rng(1), sweeps=10)
        >>> v.shape, h.shape
        ((1000, 2), (1000, 1))
        """
        if not isinstance(sweeps, int | np.integer) or sweeps < 1:
            raise InputError(f"sweeps: expected an integer >= 1; got {sweeps!r}")
        v = read_layer("visible", visible, self.visible)
        h = draw(self.hidden_probabilities(v, tau), generator)
        for _ in range(int(sweeps)):
            v = draw(probabilities(h @ self.weights + self.visible_bias, tau), generator)
            h = draw(probabilities(v @ self.weights.T + self.hidden_bias, tau), generator)
        return v.astype(np.int64), h.astype(np.int64)

    def sample(self, count: int, generator: np.random.Generator, tau: float = 1.0) -> tuple[Ints, Ints]:
        """Independent, exactly distributed joint states, by enumerating the smaller layer.

        Parameters
        ----------
        count : int
            How many.
        generator : numpy.random.Generator
            Source of randomness.
        tau : float
            Scale, not 0.

        Returns
        -------
        visible, hidden : ndarray of int, shapes (count, n_visible), (count, n_hidden)

        Raises
        ------
        InputError
            If count is negative or tau is 0.
        ResourceError
            If the smaller layer is above ``ENUMERATION_LIMIT``; ``gibbs`` then.
        """
        if not isinstance(count, int | np.integer) or count < 0:
            raise InputError(f"count: expected an integer >= 0; got {count!r}")
        scaled = self.at(tau)
        small = enumeration.sample(*scaled._oriented("smaller"), int(count), generator)
        if self.hidden < self.visible:
            other = draw(scaled.visible_probabilities(small), generator)
            return other.astype(np.int64), small.astype(np.int64)
        other = draw(scaled.hidden_probabilities(small), generator)
        return small.astype(np.int64), other.astype(np.int64)

    def network(self) -> Network:
        """The bipartite network: variables are the visible units, then the hidden ones; scores are -E.

        Examples
        --------
        >>> machine = RestrictedBoltzmannMachine([[1.0, -1.0]], [0.5, 0.0], [0.25])
        >>> machine.network(), machine.network().score([1, 0, 1])
        (<Network: 3 variables, 5 factors>, 1.75)
        """
        return bipartite_network(self.weights, self.visible_bias, self.hidden_bias)

    def ground_state(self) -> GroundState:
        """The limit tau -> 0: lowest energy, its exact degeneracy and one joint state (visible, then hidden units).

        Raises
        ------
        ResourceError
            If elimination needs too much memory (both layers above about 25 units).

        Examples
        --------
        >>> RestrictedBoltzmannMachine([[2.0, -1.0]], [0.5, 0.0], [-1.0]).ground_state()
        GroundState(energy=-1.5, degeneracy=1, configuration=array([1, 0, 1]))
        """
        return Eliminator(self.network()).ground_state()

    def _oriented(self, layer: str) -> tuple[Array, Array, Array]:
        """Weights (other, enumerated) and the biases of the enumerated and of the other layer."""
        if layer not in ("smaller", "visible", "hidden"):
            raise InputError(f"layer: expected 'smaller', 'visible' or 'hidden'; got {layer!r}")
        if layer == "visible" or (layer == "smaller" and self.visible <= self.hidden):
            return self.weights, self.visible_bias, self.hidden_bias
        return self.weights.T, self.hidden_bias, self.visible_bias
