r"""Substitution models: reversible Markov chains on the states of a site.

.. math:: Q_{ij} = \mu\, r_{ij} \pi_j \quad (i \ne j), \qquad Q_{ii} = -\sum_{j \ne i} Q_{ij}, \qquad
          \sum_i \pi_i |Q_{ii}| = 1

so that a branch length is the expected number of substitutions per site. (Z. Yang, Molecular Evolution, ch. 1, 2014.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.inference.phylogeny.alignments import DNA, DNA_SETS, MISSING

__all__ = ["CFN", "GTR", "HKY85", "JC69", "K80", "Reversible", "SubstitutionModel"]

Array = npt.NDArray[np.float64]

_PAIRS = ("AC", "AG", "AT", "CG", "CT", "GT")


class SubstitutionModel(ABC):
    """A reversible chain: symmetric exchangeabilities r and the frequencies pi they keep."""

    alphabet: str = DNA

    @property
    @abstractmethod
    def exchangeabilities(self) -> Array:
        """r, shape (S, S), symmetric, >= 0; the diagonal is not used."""

    @property
    @abstractmethod
    def frequencies(self) -> Array:
        """pi, shape (S,), of sum 1."""

    @property
    def rate_matrix(self) -> Array:
        """Q, shape (S, S), substitutions per expected substitution; rows sum to 0.

        Examples
        --------
        >>> JC69().rate_matrix[0]
        array([-1.        ,  0.33333333,  0.33333333,  0.33333333])
        """
        pi = self.frequencies
        rates = self.exchangeabilities * pi
        np.fill_diagonal(rates, 0.0)
        leaving = rates.sum(axis=1)
        np.fill_diagonal(rates, -leaving)
        mean = float(pi @ leaving)
        return np.asarray(rates / mean)

    def indicators(self, characters: str) -> Array:
        """1 where a character may be the state, else 0, shape (K, S).

        Examples
        --------
        >>> JC69().indicators("AR-")
        array([[1., 0., 0., 0.],
               [1., 0., 1., 0.],
               [1., 1., 1., 1.]])
        """
        sets = DNA_SETS if self.alphabet == DNA else {state: state for state in self.alphabet}
        sets = {**sets, **dict.fromkeys(MISSING, self.alphabet)}
        return np.array([[float(state in sets[character]) for state in self.alphabet] for character in characters])


def _positive(name: str, value: float) -> float:
    number = float(value) if isinstance(value, int | float | np.number) else np.nan
    if not 0 < number < np.inf:
        raise InputError(f"{name}: expected a finite number > 0; got {value!r}")
    return number


def _frequencies(given: npt.ArrayLike | Mapping[str, float], alphabet: str) -> Array:
    if isinstance(given, Mapping):
        if set(given) != set(alphabet):
            raise InputError(f"frequencies: expected one for each of {', '.join(alphabet)}; got {sorted(given)}")
        given = [given[state] for state in alphabet]
    pi = np.array(given, dtype=np.float64)
    if pi.shape != (len(alphabet),) or not np.all((pi >= 0) & np.isfinite(pi)) or abs(float(pi.sum()) - 1) > 1e-9:
        raise InputError(
            f"frequencies: expected {len(alphabet)} numbers >= 0 of sum 1 (order {alphabet}); "
            f"got {np.array2string(pi, threshold=8)} of sum {float(pi.sum()):.12g}: divide by it"
        )
    if np.count_nonzero(pi) < 2:
        raise InputError(f"frequencies: expected at least two states > 0; got {np.array2string(pi, threshold=8)}")
    pi /= pi.sum()
    pi.flags.writeable = False
    return pi


def _symmetric(given: npt.ArrayLike, pi: Array) -> Array:
    r = np.array(given, dtype=np.float64)
    if r.shape != (pi.size, pi.size):
        raise InputError(f"exchangeabilities: expected shape ({pi.size}, {pi.size}); got {r.shape}")
    np.fill_diagonal(r, 0.0)
    if not np.all(np.isfinite(r) & (r >= 0)) or np.any(r != r.T):
        raise InputError("exchangeabilities: expected a symmetric matrix of finite numbers >= 0")
    if not 0 < float(pi @ r @ pi) < np.inf:
        raise InputError("exchangeabilities: expected some rate > 0 between states that occur; got none")
    r.flags.writeable = False
    return r


class Reversible(SubstitutionModel):
    """Any reversible model of any alphabet, for example of 20 amino acids.

    Parameters
    ----------
    alphabet : str
        The states, one character each, upper case, without ``-`` and ``?``.
    exchangeabilities : array_like, shape (S, S)
        r, symmetric; the diagonal is not used. A common factor does not matter.
    frequencies : array_like, shape (S,), or mapping of state to number
        pi.

    Raises
    ------
    InputError
        If a shape or a number is not what it should be.

    Examples
    --------
    >>> Reversible("01", [[0, 1], [1, 0]], [0.25, 0.75]).rate_matrix.round(6)
    array([[-2.      ,  2.      ],
           [ 0.666667, -0.666667]])
    """

    def __init__(
        self, alphabet: str, exchangeabilities: npt.ArrayLike, frequencies: npt.ArrayLike | Mapping[str, float]
    ) -> None:
        usable = alphabet.isascii() and alphabet.isprintable() and alphabet == alphabet.upper()
        if len(alphabet) < 2 or len(set(alphabet)) < len(alphabet) or set(alphabet) & set(MISSING + " ") or not usable:
            raise InputError(f"alphabet: expected different upper-case ASCII characters, no '-?'; got {alphabet!r}")
        self.alphabet = alphabet
        self._frequencies = _frequencies(frequencies, alphabet)
        self._exchangeabilities = _symmetric(exchangeabilities, self._frequencies)

    @property
    def exchangeabilities(self) -> Array:
        """r as given."""
        return self._exchangeabilities

    @property
    def frequencies(self) -> Array:
        """pi as given."""
        return self._frequencies


class GTR(SubstitutionModel):
    """General time-reversible model of DNA.

    Parameters
    ----------
    rates : array_like, shape (6,), or mapping
        r of AC, AG, AT, CG, CT, GT; a common factor does not matter.
    frequencies : array_like, shape (4,), or mapping
        pi of A, C, G, T.

    Raises
    ------
    InputError
        If a shape or a number is not what it should be.

    References
    ----------
    S. Tavare, Lectures on Mathematics in the Life Sciences 17, 57 (1986).

    Examples
    --------
    >>> model = GTR(rates=[1.5, 4.0, 0.8, 1.2, 5.0, 1.0], frequencies=[0.37, 0.17, 0.21, 0.25])
    >>> float(-(model.frequencies @ model.rate_matrix.diagonal()).round(12))
    1.0
    """

    def __init__(
        self, rates: npt.ArrayLike | Mapping[str, float], frequencies: npt.ArrayLike | Mapping[str, float]
    ) -> None:
        if isinstance(rates, Mapping):
            if set(rates) != set(_PAIRS):
                raise InputError(f"rates: expected {', '.join(_PAIRS)}; got {sorted(rates)}")
            rates = [rates[pair] for pair in _PAIRS]
        six = np.array(rates, dtype=np.float64)
        if six.shape != (6,):
            raise InputError(f"rates: expected six numbers ({', '.join(_PAIRS)}); got shape {six.shape}")
        matrix = np.zeros((4, 4))
        matrix[np.triu_indices(4, 1)] = six
        self._frequencies = _frequencies(frequencies, DNA)
        self._exchangeabilities = _symmetric(matrix + matrix.T, self._frequencies)

    @property
    def exchangeabilities(self) -> Array:
        """r of every pair."""
        return self._exchangeabilities

    @property
    def frequencies(self) -> Array:
        """pi of A, C, G, T."""
        return self._frequencies


class HKY85(SubstitutionModel):
    """Transitions (A-G, C-T) are kappa times as fast as transversions; any frequencies.

    Parameters
    ----------
    kappa : float
        Ratio of the exchangeabilities, > 0.
    frequencies : array_like, shape (4,), or mapping
        pi of A, C, G, T.

    Raises
    ------
    InputError
        If a shape or a number is not what it should be.

    References
    ----------
    M. Hasegawa, H. Kishino, T. Yano, J. Mol. Evol. 22, 160 (1985).

    Examples
    --------
    >>> HKY85(4.0, [0.37, 0.17, 0.21, 0.25]).exchangeabilities[0]
    array([0., 1., 4., 1.])
    """

    def __init__(self, kappa: float, frequencies: npt.ArrayLike | Mapping[str, float]) -> None:
        self.kappa = _positive("kappa", kappa)
        self._frequencies = _frequencies(frequencies, DNA)

    @property
    def exchangeabilities(self) -> Array:
        """kappa for transitions, 1 for transversions."""
        k = self.kappa
        return np.array([[0, 1, k, 1], [1, 0, 1, k], [k, 1, 0, 1], [1, k, 1, 0]], dtype=np.float64)

    @property
    def frequencies(self) -> Array:
        """pi of A, C, G, T."""
        return self._frequencies


class K80(SubstitutionModel):
    """Transitions are kappa times as fast as each transversion; equal frequencies.

    Parameters
    ----------
    kappa : float
        Ratio of the rates, > 0.

    Raises
    ------
    InputError
        If kappa is not positive.

    References
    ----------
    M. Kimura, J. Mol. Evol. 16, 111 (1980).

    Examples
    --------
    >>> K80(2.0).rate_matrix[0]
    array([-1.  ,  0.25,  0.5 ,  0.25])
    """

    def __init__(self, kappa: float) -> None:
        self.kappa = _positive("kappa", kappa)

    @property
    def exchangeabilities(self) -> Array:
        """kappa for transitions, 1 for transversions."""
        return HKY85(self.kappa, self.frequencies).exchangeabilities

    @property
    def frequencies(self) -> Array:
        """A quarter each."""
        return np.full(4, 0.25)


class JC69(SubstitutionModel):
    """All substitutions equally fast.

    References
    ----------
    T. H. Jukes, C. R. Cantor, in Mammalian Protein Metabolism, 21 (1969).

    Examples
    --------
    >>> JC69().frequencies
    array([0.25, 0.25, 0.25, 0.25])
    """

    @property
    def exchangeabilities(self) -> Array:
        """All equal."""
        return 1.0 - np.eye(4)

    @property
    def frequencies(self) -> Array:
        """A quarter each."""
        return np.full(4, 0.25)


class CFN(SubstitutionModel):
    r"""Two states 0 and 1, equally frequent: the Ising model on the tree.

    A branch of length t is a bond of coupling J = artanh(exp(-2 t)) at temperature 1, times 1 / (4 cosh J) for two
    states together with the frequency 1/2 of one of them.

    References
    ----------
    J. A. Cavender, Math. Biosci. 40, 271 (1978); J. S. Farris, Syst. Zool. 22, 250 (1973); J. Neyman (1971).

    Examples
    --------
    >>> CFN().rate_matrix
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    alphabet = "01"

    @property
    def exchangeabilities(self) -> Array:
        """All equal."""
        return 1.0 - np.eye(2)

    @property
    def frequencies(self) -> Array:
        """One half each."""
        return np.full(2, 0.5)
