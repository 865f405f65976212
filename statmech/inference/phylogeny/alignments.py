"""Aligned sequences and their distinct columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["DNA", "DNA_SETS", "MISSING", "Alignment", "Patterns", "allowed_characters"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

DNA = "ACGT"
MISSING = "-?"  # in any alphabet: nothing is known
# The IUPAC codes: which nucleotides each of them may be.
DNA_SETS = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "U": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": DNA,
    "X": DNA,
}


def allowed_characters(alphabet: str) -> str:
    """The characters that a sequence may have, upper case.

    Examples
    --------
    >>> allowed_characters("ACGT"), allowed_characters("01")
    ('ACGTURYSWKMBDHVNX-?', '01-?')
    """
    return ("".join(DNA_SETS) if alphabet == DNA else alphabet) + MISSING


@dataclass(frozen=True, eq=False)
class Patterns:
    """The distinct columns of an alignment.

    Attributes
    ----------
    characters : str of length K
        The characters that occur.
    codes : array of uint8, shape (taxa, patterns)
        Index of each character in `characters`.
    counts : array of int, shape (patterns,)
        How many sites have each pattern.
    of_site : array of int, shape (sites,)
        Pattern of each site.
    """

    characters: str
    codes: Codes
    counts: Ints
    of_site: Ints


@dataclass(frozen=True, eq=False)
class Alignment:
    """Sequences of equal length, one per taxon.

    Parameters
    ----------
    names : sequence of str
        Taxa, all different.
    characters : array of uint8, shape (taxa, sites)
        ASCII codes in upper case.
    alphabet : str
        The states; ``ACGT`` also allows U and the IUPAC codes. ``-`` and ``?`` are missing in any alphabet.

    Raises
    ------
    InputError
        If names repeat, shapes do not fit or a character is not of the alphabet.

    Examples
    --------
    >>> alignment = Alignment.from_sequences({"human": "ACGTAC", "mouse": "acgtrc"})
    >>> alignment, alignment.patterns.counts.tolist()
    (<Alignment: 2 taxa, 6 sites, 5 patterns>, [1, 1, 2, 1, 1])
    """

    names: tuple[str, ...]
    characters: Codes
    alphabet: str = DNA

    def __post_init__(self) -> None:
        names, characters = tuple(self.names), np.array(self.characters, dtype=np.uint8)
        if characters.ndim != 2 or len(names) != len(characters) or not characters.size:
            raise InputError(
                f"characters: expected shape ({len(names)}, sites) with at least one taxon and one site; "
                f"got {characters.shape}"
            )
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise InputError(f"names: two sequences are called {twice[0]!r}")
        known = np.zeros(256, dtype=bool)
        known[np.frombuffer(allowed_characters(self.alphabet).encode("ascii"), dtype=np.uint8)] = True
        bad = np.argwhere(~known[characters])
        if bad.size:
            taxon, site = map(int, bad[0])
            raise InputError(
                f"sequence {names[taxon]!r}: site {site + 1}: expected one of {allowed_characters(self.alphabet)}; "
                f"got {chr(characters[taxon, site])!r}"
            )
        characters.flags.writeable = False
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "characters", characters)

    @classmethod
    def from_sequences(cls, sequences: Mapping[str, str], alphabet: str = DNA) -> Alignment:
        """From a mapping of name to sequence, in upper or lower case.

        Raises
        ------
        InputError
            If lengths differ, or as for the class.
        """
        if not sequences:
            raise InputError("sequences: expected at least one; got none")
        lengths = {name: len(text) for name, text in sequences.items()}
        first = next(iter(lengths))
        for name, length in lengths.items():
            if length != lengths[first]:
                raise InputError(f"sequences: {name!r} has {length} sites, {first!r} has {lengths[first]}; align them")
        rows = [np.frombuffer(text.upper().encode("latin-1", "replace"), dtype=np.uint8) for text in sequences.values()]
        return cls(tuple(sequences), np.stack(rows), alphabet)

    def __repr__(self) -> str:
        return f"<Alignment: {len(self.names)} taxa, {self.sites} sites, {self.patterns.counts.size} patterns>"

    @property
    def sites(self) -> int:
        """Number of columns."""
        return int(self.characters.shape[1])

    def sequence(self, name: str) -> str:
        """The sequence of one taxon.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self.names:
            raise InputError(f"name: expected one of the {len(self.names)} taxa; got {name!r}")
        return bytes(self.characters[self.names.index(name)]).decode("ascii")

    def take(self, names: Iterable[str]) -> Alignment:
        """Some of the taxa, in the order asked for.

        Raises
        ------
        InputError
            If there is none of some name.
        """
        chosen, row = tuple(names), {name: i for i, name in enumerate(self.names)}
        missing = [name for name in chosen if name not in row]
        if missing:
            raise InputError(f"names: no sequence is called {', '.join(map(repr, missing[:5]))}")
        return Alignment(chosen, self.characters[[row[name] for name in chosen]], self.alphabet)

    @cached_property
    def patterns(self) -> Patterns:
        """The distinct columns, which need computing once."""
        used = np.unique(self.characters)
        code = np.zeros(256, dtype=np.uint8)
        code[used] = np.arange(used.size)
        columns = np.ascontiguousarray(code[self.characters].T)
        keys = columns.view(np.dtype((np.void, columns.shape[1]))).ravel()
        _, first, of_site, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        codes = np.ascontiguousarray(columns[first].T)
        of_site, counts = of_site.astype(np.int64).ravel(), counts.astype(np.int64)
        for array in (codes, of_site, counts):
            array.flags.writeable = False
        return Patterns(used.tobytes().decode("ascii"), codes, counts, of_site)
