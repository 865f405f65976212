r"""A hidden Markov model with its parameters: p(x, y) = pi(x_1) prod_t A(x_{t-1}, x_t) prod_t p(y_t | x_t)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import ConvergenceError, InputError
from statmech.inference.hidden_markov import inference
from statmech.inference.hidden_markov.chain import read_chain
from statmech.inference.hidden_markov.emissions import Emissions, check_probabilities
from statmech.inference.hidden_markov.expectations import expectations

__all__ = ["Fit", "HiddenMarkovModel"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fit:
    """The result of :meth:`HiddenMarkovModel.fit`.

    Parameters
    ----------
    model : HiddenMarkovModel
        The fitted model.
    log_likelihoods : array, shape (iterations + 1,)
        Of the start, and after each iteration; never decreasing but for rounding.
    converged : bool
        Whether the last gain was below the tolerance. Look at it: False means that more iterations would gain more.
    """

    model: HiddenMarkovModel
    log_likelihoods: Array
    converged: bool


@dataclass(frozen=True, eq=False)
class HiddenMarkovModel:
    """Hidden states with categorical, Gaussian, Poisson or one's own emissions.

    Several sequences are given end to end, with their ``lengths``, as in hmmlearn. A missing observation is nan.

    Parameters
    ----------
    initial : array_like, shape (S,)
        Probabilities of the first state.
    transition : array_like, shape (S, S)
        Probabilities [from, to]; a zero stays zero in a fit.
    emissions : Emissions
        ``CategoricalEmissions``, ``GaussianEmissions``, ``PoissonEmissions``, or any object with their methods.

    Raises
    ------
    InputError
        If probabilities do not add to 1 or the numbers of states differ.

    Examples
    --------
    The occasionally dishonest casino: a fair die, and a loaded one that shows a six (symbol 5) half of the time.

    >>> from statmech.inference.hidden_markov import CategoricalEmissions
    >>> dice = CategoricalEmissions([[1 / 6] * 6, [0.1] * 5 + [0.5]])
    >>> casino = HiddenMarkovModel([0.5, 0.5], [[0.95, 0.05], [0.1, 0.9]], dice)
    >>> rolls = [0, 3, 1, 2, 4, 1, 5, 5, 3, 5, 5, 5, 5, 2, 5, 5]
    >>> path, score = casino.viterbi(rolls)
    >>> "".join("FL"[state] for state in path)
    'FFFFFFLLLLLLLLLL'
    >>> round(casino.log_likelihood(rolls), 6) > score
    True
    """

    initial: Array
    transition: Array
    emissions: Emissions

    def __post_init__(self) -> None:
        initial = check_probabilities("initial", self.initial, 1)
        transition = check_probabilities("transition", self.transition, 2)
        size = initial.size
        if transition.shape != (size, size) or self.emissions.states != size:
            raise InputError(
                f"initial, transition, emissions: expected the same number of states; got {size}, {transition.shape} "
                f"and {self.emissions.states}"
            )
        object.__setattr__(self, "initial", initial)
        object.__setattr__(self, "transition", transition)

    @property
    def states(self) -> int:
        """Number of hidden states S."""
        return int(self.initial.size)

    def _logs(self) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            return np.log(self.initial), np.log(self.transition)

    def _sequences(self, observations: npt.ArrayLike, lengths: npt.ArrayLike | None) -> Iterator[Array]:
        scores = self.emissions.log_likelihood(observations)
        ends = np.cumsum(_lengths(lengths, len(scores)))
        return (part for part in np.split(scores, ends[:-1]))

    def log_likelihood(
        self, observations: npt.ArrayLike, lengths: npt.ArrayLike | None = None, tau: float = 1.0
    ) -> float:
        """log p(observations), summed over sequences; with tau as in :func:`hidden_markov.log_likelihood`.

        Parameters
        ----------
        observations : array_like, shape (T,) or (T, D)
            What was seen; nan where missing.
        lengths : array_like of int, optional
            Lengths of the sequences, adding to T.
        tau : float
            Scale; 0.0 for the best path.

        Raises
        ------
        InputError
            If observations or lengths do not fit.
        """
        parts = self._sequences(observations, lengths)
        return float(sum(inference.log_likelihood(*self._logs(), part, tau) for part in parts))

    def viterbi(self, observations: npt.ArrayLike, lengths: npt.ArrayLike | None = None) -> tuple[Ints, float]:
        """The most probable states, shape (T,), and their log joint probability with the observations."""
        found = [inference.viterbi(*self._logs(), part) for part in self._sequences(observations, lengths)]
        return np.concatenate([path for path, _ in found]), float(sum(score for _, score in found))

    def smooth(self, observations: npt.ArrayLike, lengths: npt.ArrayLike | None = None, tau: float = 1.0) -> Array:
        """Posterior probability of each state at each time, shape (T, S)."""
        parts = self._sequences(observations, lengths)
        return np.concatenate([inference.smooth(*self._logs(), part, tau) for part in parts])

    def sample(self, length: int, generator: np.random.Generator) -> tuple[npt.NDArray[Any], Ints]:
        """One sequence of the model's own: observations and states.

        Examples
        --------
        >>> from statmech.inference.hidden_markov import PoissonEmissions
        >>> model = HiddenMarkovModel([1, 0], [[0.9, 0.1], [0.2, 0.8]], PoissonEmissions([1.0, 20.0]))
        >>> counts, states = model.sample(1000, np.random.default_rng(1))
        >>> bool(counts[states == 1].mean() > 15)
        True
        """
        if not isinstance(length, int | np.integer) or length < 1:
            raise InputError(f"length: expected an integer >= 1; got {length!r}")
        blank = np.zeros((int(length), self.states))
        path = inference.sample(*self._logs(), blank, 1, generator=generator)[0]
        return self.emissions.draw(path, generator), path

    def fit(
        self,
        observations: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        *,
        iterations: int = 200,
        tolerance: float = 1e-4,
    ) -> Fit:
        """Maximise the likelihood from this model as the start (Baum-Welch: expectation-maximisation).

        Parameters
        ----------
        observations, lengths
            As for :meth:`log_likelihood`.
        iterations : int
            At most so many.
        tolerance : float
            Stop once an iteration gains less than this in log-likelihood.

        Returns
        -------
        Fit
            The model, every log-likelihood on the way, and whether it converged. This model is left as it is.

        Raises
        ------
        InputError
            If a sequence is impossible under the start.
        ConvergenceError
            If a Gaussian state closes in on a single point; ``partial`` is the Fit reached before.

        Examples
        --------
        >>> from statmech.inference.hidden_markov import GaussianEmissions
        >>> x = [0.1, -0.3, 0.2, 5.1, 4.8, 5.3, 4.9, 0.0, 0.2, -0.1]
        >>> start = HiddenMarkovModel([0.5, 0.5], [[0.5, 0.5], [0.5, 0.5]], GaussianEmissions([0.0, 1.0], [4.0, 4.0]))
        >>> fit = start.fit(x)
        >>> fit.converged, fit.model.emissions.means.round(3)
        (True, array([0.017, 5.025]))
        """
        if iterations < 1 or not tolerance >= 0:
            raise InputError(f"iterations, tolerance: expected >= 1 and >= 0; got {iterations!r} and {tolerance!r}")
        sizes = _lengths(lengths, len(np.asarray(observations)))
        model, history, converged = self, [], False
        value, posteriors, first, steps = model._expect(observations, sizes)
        history.append(value)
        while not converged and len(history) <= iterations:
            try:
                emissions = model.emissions.fitted(observations, posteriors)
            except ConvergenceError as error:
                raise ConvergenceError(str(error), Fit(model, np.array(history), False)) from error
            model = HiddenMarkovModel(first / first.sum(), _shares(steps, model.transition), emissions)
            value, posteriors, first, steps = model._expect(observations, sizes)
            history.append(value)
            converged = history[-1] - history[-2] < tolerance
        return Fit(model, np.array(history), converged)

    def _expect(self, observations: npt.ArrayLike, sizes: Ints) -> tuple[float, Array, Array, Array]:
        """Log-likelihood, posteriors (T, S), expected first states (S,) and steps (S, S) of all sequences."""
        found = [expectations(read_chain(*self._logs(), part)) for part in self._sequences(observations, sizes)]
        return (
            sum(part.log_likelihood for part in found),
            np.concatenate([part.posteriors for part in found]),
            np.sum([part.posteriors[0] for part in found], axis=0),
            np.sum([part.steps for part in found], axis=0),
        )


def _lengths(given: npt.ArrayLike | None, total: int) -> Ints:
    sizes = np.array([total]) if given is None else np.asarray(given)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or np.any(sizes < 1) or sizes.sum() != total or not total:
        raise InputError(f"lengths: expected integers >= 1 that add to {total}, the observations; got {given!r}")
    return sizes.astype(np.int64)


def _shares(counts: Array, old: Array) -> Array:
    """Rows as probabilities; a state that was never left keeps its old ones."""
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, counts / total, old)
