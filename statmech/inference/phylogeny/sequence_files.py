"""FASTA and PHYLIP files as alignments, strictly, with the place of every mistake.

The formats are a few lines of grammar; a parser of its own needs no dependency and can say line and column.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.inference.phylogeny.alignments import DNA, Alignment, allowed_characters
from statmech.readers.base import existing_file, line_blocks

__all__ = ["FORMATS", "read_alignment"]

FORMATS = ("auto", "fasta", "phylip", "phylip-sequential", "phylip-interleaved")
_HEADER = re.compile(r"\s*(\d{1,9})\s+(\d{1,9})\s*", re.ASCII)

Lines = list[tuple[int, str]]  # (number from 1, text without its end), blank ones left out


def read_alignment(path: str | Path, format: str = "auto", alphabet: str = DNA) -> Alignment:  # noqa: A002
    """The alignment of a FASTA or PHYLIP file (also compressed by gzip, bzip2 or xz).

    Names end at the first white space (in PHYLIP, the "relaxed" form that today's programs write). White space within
    sequences is skipped; lower case is allowed.

    Parameters
    ----------
    path : path-like
        The file.
    format : str
        ``fasta``, ``phylip`` (sequential or interleaved, found out), ``phylip-sequential``, ``phylip-interleaved``, or
        ``auto``: FASTA begins with ``>``, PHYLIP with two numbers.
    alphabet : str
        The states: ``ACGT``, ``01``, ...

    Raises
    ------
    FileFormatError
        With line and column of what is wrong.
    InputError
        If there is no such format.
    """
    if format not in FORMATS:
        raise InputError(f"format: expected one of {', '.join(FORMATS)}; got {format!r}")
    file = existing_file(path)
    lines = [
        (first + i, text.rstrip())
        for first, block in line_blocks(file, 4096)
        for i, text in enumerate(block)
        if text.strip()
    ]
    if not lines:
        raise FileFormatError("no sequences: the file is empty", file)
    first = lines[0][1].lstrip()
    if format == "auto":
        format = "fasta" if first.startswith(">") else "phylip" if _HEADER.fullmatch(first) else ""  # noqa: A001
        if not format:
            what = "NEXUS" if first.upper().startswith("#NEXUS") else repr(first[:40])
            raise FileFormatError(
                f"expected '>' (FASTA) or two numbers (PHYLIP); got {what}: convert the file", file, lines[0][0], 1
            )
    reader = _Reader(file, alphabet)
    return reader.fasta(lines) if format == "fasta" else reader.phylip(lines, format)


class _Reader:
    def __init__(self, path: Path, alphabet: str) -> None:
        self.path, self.alphabet = path, alphabet
        self.allowed = allowed_characters(alphabet)
        self.wrong = re.compile(f"[^{re.escape(self.allowed + self.allowed.lower())}\\s]")

    def cells(self, number: int, text: str, start: int = 0) -> str:
        """The characters of a line from some column on, all of them allowed."""
        bad = self.wrong.search(text, start)
        if bad is not None:
            hint = ": write out characters that equal the first sequence's" if bad.group() == "." else ""
            raise FileFormatError(
                f"expected one of {self.allowed}; got {bad.group()!r}{hint}", self.path, number, bad.start() + 1
            )
        return "".join(text[start:].split()).upper()

    def alignment(self, found: list[tuple[int, str, list[str]]]) -> Alignment:
        """From (line, name, parts of the sequence)."""
        sequences: dict[str, str] = {}
        for number, name, parts in found:
            if name in sequences:
                raise FileFormatError(f"a second sequence is called {name!r}", self.path, number, 1)
            sequences[name] = "".join(parts)
            if not sequences[name]:
                raise FileFormatError(f"sequence {name!r} is empty", self.path, number, 1)
            expected = len(next(iter(sequences.values())))
            if len(sequences[name]) != expected:
                raise FileFormatError(
                    f"sequence {name!r} has {len(sequences[name])} sites, {found[0][1]!r} has {expected}; "
                    "an alignment has equally many in all",
                    self.path,
                    number,
                    1,
                )
        rows = [np.frombuffer(text.encode("ascii"), dtype=np.uint8) for text in sequences.values()]
        return Alignment(tuple(sequences), np.stack(rows), self.alphabet)

    def fasta(self, lines: Lines) -> Alignment:
        found: list[tuple[int, str, list[str]]] = []
        for number, text in lines:
            if text.startswith(">"):
                words = text[1:].split(maxsplit=1)
                if not words:
                    raise FileFormatError("expected a name after '>'", self.path, number, 2)
                found.append((number, words[0], []))
            elif not found:
                raise FileFormatError(f"expected '>' and a name; got {text[:40]!r}", self.path, number, 1)
            else:
                found[-1][2].append(self.cells(number, text))
        return self.alignment(found)

    def phylip(self, lines: Lines, format: str) -> Alignment:  # noqa: A002
        header = _HEADER.fullmatch(lines[0][1])
        if header is None:
            raise FileFormatError(
                f"expected the numbers of taxa and of sites; got {lines[0][1][:40]!r}", self.path, lines[0][0], 1
            )
        taxa, sites = int(header[1]), int(header[2])
        if not taxa or not sites:
            raise FileFormatError(f"expected at least one taxon and one site; got {taxa} {sites}", self.path, 1, 1)
        if format == "phylip-sequential":
            return self.sequential(lines, taxa, sites)
        if format == "phylip-interleaved" or len(lines) - 1 == taxa:
            return self.interleaved(lines, taxa, sites)
        results: list[Alignment] = []
        problems: list[FileFormatError] = []
        for way in (self.sequential, self.interleaved):
            try:
                results.append(way(lines, taxa, sites))
            except FileFormatError as problem:
                problems.append(problem)
        if not results:  # the reading that got further is the one that was meant
            raise max(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
        if len(results) == 2 and (
            results[0].names != results[1].names or np.any(results[0].characters != results[1].characters)
        ):
            raise FileFormatError(
                "can be read as sequential and as interleaved; say format='phylip-sequential' or 'phylip-interleaved'",
                self.path,
                lines[0][0],
                1,
            )
        return results[0]

    def named(self, number: int, text: str) -> tuple[int, str, list[str]]:
        """Name and first part of a sequence."""
        name = text.split(maxsplit=1)[0]
        start = text.index(name) + len(name)
        return number, name, [self.cells(number, text, start)]

    def sequential(self, lines: Lines, taxa: int, sites: int) -> Alignment:
        found: list[tuple[int, str, list[str]]] = []
        length = sites
        for number, text in lines[1:]:
            if length == sites:
                if len(found) == taxa:
                    raise FileFormatError(f"expected {taxa} sequences; this one is more", self.path, number, 1)
                found.append(self.named(number, text))
                length = len(found[-1][2][0])
            else:
                found[-1][2].append(self.cells(number, text))
                length += len(found[-1][2][-1])
            if length > sites:
                raise FileFormatError(
                    f"sequence {found[-1][1]!r} has {length} sites; expected {sites}", self.path, number, len(text)
                )
        if len(found) < taxa or length < sites:
            where = f"{length} of {sites} sites of {found[-1][1]!r}" if found and length < sites else f"{len(found)}"
            raise FileFormatError(
                f"the file ends after {where}; expected {taxa} sequences of {sites} sites", self.path, lines[-1][0], 1
            )
        return self.alignment(found)

    def interleaved(self, lines: Lines, taxa: int, sites: int) -> Alignment:
        found = [self.named(number, text) for number, text in lines[1 : taxa + 1]]
        if len(found) < taxa or (len(lines) - 1) % taxa:
            raise FileFormatError(
                f"{len(lines) - 1} lines of sequence; expected blocks of {taxa} lines", self.path, lines[-1][0], 1
            )
        for i, (number, text) in enumerate(lines[taxa + 1 :]):
            found[i % taxa][2].append(self.cells(number, text))
        for number, name, parts in found:
            length = sum(map(len, parts))
            if length != sites:
                raise FileFormatError(f"sequence {name!r} has {length} sites; expected {sites}", self.path, number, 1)
        return self.alignment(found)
