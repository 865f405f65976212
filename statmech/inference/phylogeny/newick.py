"""Newick: ``((human:0.1,chimp:0.1)ape:0.05,mouse:0.4);`` as a tree, strictly, with the place of every mistake.

A parser of its own: the format is a page of grammar, Biopython would be a dependency of 3 MB that guesses at damaged
files, and neither it nor its peers gives line and column. There is no recursion, so depth has no limit.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from statmech.errors import FileFormatError, InputError
from statmech.inference.phylogeny.trees import Tree
from statmech.readers.base import existing_file, line_blocks

__all__ = ["parse_newick", "read_tree"]

_TOKEN = re.compile(r"\s+|[(),:;]|'(?:[^']|'')*'|\[[^\[\]]*\]|[^\s()\[\]':;,]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_tree(path: str | Path, default_length: float | None = None) -> Tree:
    """The one tree of a Newick file (also compressed by gzip, bzip2 or xz).

    Parameters
    ----------
    path : path-like
        The file.
    default_length : float, optional
        Length of branches that have none; without it they are an error.

    Raises
    ------
    FileFormatError
        With line and column, if the file is not one well-formed tree.
    """
    file = existing_file(path)
    text = "".join(line for _, block in line_blocks(file, 4096) for line in block)
    return parse_newick(text, default_length, path=file)


def parse_newick(text: str, default_length: float | None = None, *, path: str | Path | None = None) -> Tree:
    """The tree that a Newick text describes.

    Labels are ``'quoted'`` (a quote inside is doubled) or bare; underscores stay underscores. Comments in square
    brackets are skipped, a length of the root is kept and not used.

    Parameters
    ----------
    text : str
        One tree, ended by ``;``.
    default_length : float, optional
        Length of branches that have none; without it they are an error.
    path : path-like, optional
        Named in errors.

    Raises
    ------
    FileFormatError
        With line and column of what is wrong.
    InputError
        If `text` is no text or `default_length` no length.

    Examples
    --------
    >>> tree = parse_newick("((human:0.1,chimp:0.1)ape:0.05,mouse:0.4);")
    >>> tree, tree.names[1], tree.lengths.tolist()
    (<Tree: 3 leaves, 5 nodes>, 'ape', [0.0, 0.05, 0.1, 0.1, 0.4])
    >>> parse_newick("(human:0.1,chimp;")
    Traceback (most recent call last):
    statmech.errors.FileFormatError: 1:17: expected a length, ',' or ')'; got ';': a parenthesis is still open
    """
    if not isinstance(text, str):
        raise InputError(f"text: expected Newick text; got {text!r}")
    return _Parser(text, default_length, path).tree()


class _Parser:
    """One pass over the tokens; the open nodes are a list."""

    def __init__(self, text: str, default_length: float | None, path: str | Path | None) -> None:
        self.text, self.default, self.path = text, default_length, path
        self.parents: list[int] = []
        self.lengths: list[float | None] = []
        self.names: list[str | None] = []
        self.places: list[int] = []

    def error(self, message: str, place: int) -> FileFormatError:
        line = self.text.count("\n", 0, place) + 1
        column = place - self.text.rfind("\n", 0, place)
        return FileFormatError(message, self.path, line, column)

    def tree(self) -> Tree:
        open_nodes = [self._new(-1, 0)]
        state = "start"  # start of a subtree; closed: after ')'; named; length: after ':'; measured; end
        place = 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise self.error(_unfinished(self.text[place]), place)
            token = match.group()
            if not token.isspace() and token[0] != "[":
                state = self._step(state, token, place, open_nodes)
            place = match.end()
        if state != "end":
            what = "no tree: the text is empty" if not self.text.strip() else "the tree does not end with ';'"
            raise self.error(f"{what}; expected a Newick tree such as (a:0.1,b:0.2);", len(self.text.rstrip()))
        return self._checked()

    def _new(self, parent: int, place: int) -> int:
        self.parents.append(parent)
        self.lengths.append(None)
        self.names.append(None)
        self.places.append(place)
        return len(self.parents) - 1

    def _step(self, state: str, token: str, place: int, nodes: list[int]) -> str:
        """The state after a token; `nodes` are the open inner nodes and, last, the one being read."""
        if state == "end":
            raise self.error(f"expected nothing after ';'; got {_shown(token)}: one tree per file", place)
        if state == "length":
            if _NUMBER.fullmatch(token) is None:
                raise self.error(f"expected a branch length; got {_shown(token)}", place)
            value = float(token)
            if not 0 <= value < np.inf:
                raise self.error(f"expected a finite branch length >= 0; got {_shown(token)}", place)
            self.lengths[nodes[-1]] = value
            return "measured"
        if state == "start":
            self.places[nodes[-1]] = place
            if token == "(":  # noqa: S105 (a token of the grammar)
                nodes.append(self._new(nodes[-1], place))
                return "start"
            if token in tuple(",):;"):
                raise self.error(f"expected a name or '('; got {_shown(token)}", place)
        if token not in tuple("(),:;"):
            if state not in ("start", "closed"):
                raise self.error(f"expected ',' or ')'; got {_shown(token)}", place)
            name = token[1:-1].replace("''", "'") if token[0] == "'" else token
            if not name:
                raise self.error("expected a name; got ''", place)
            self.names[nodes[-1]] = name
            return "named"
        if token == ":" and state in ("closed", "named"):  # noqa: S105
            return "length"
        if token == "," and len(nodes) > 1:  # noqa: S105
            nodes[-1] = self._new(nodes[-2], place)
            return "start"
        if token == ")" and len(nodes) > 1:  # noqa: S105
            nodes.pop()
            return "closed"
        if token == ";" and len(nodes) == 1:  # noqa: S105
            return "end"
        wanted = ("a length, " if state in ("closed", "named") else "") + ("',' or ')'" if len(nodes) > 1 else "';'")
        why = ": a parenthesis is still open" if token == ";" else ": it closes nothing" if token == ")" else ""  # noqa: S105
        raise self.error(f"expected {wanted}; got {_shown(token)}{why}", place)

    def _checked(self) -> Tree:
        inner = set(self.parents)
        seen: set[str] = set()
        for node, name in enumerate(self.names):
            if node not in inner and name is not None:
                if name in seen:
                    raise self.error(f"a second leaf is called {_shown(name)}", self.places[node])
                seen.add(name)
            if node and self.lengths[node] is None and self.default is None:
                raise self.error(
                    f"the branch to {_shown(name) if name else 'this node'} has no length; write one as in name:0.1, "
                    "or give default_length",
                    self.places[node],
                )
        fill = 0.0 if self.default is None else self.default
        lengths = [(fill if node else 0.0) if t is None else t for node, t in enumerate(self.lengths)]
        return Tree(np.array(self.parents), np.array(lengths), tuple(self.names))


def _unfinished(character: str) -> str:
    if character == "'":
        return "the quote that begins here does not end"
    if character == "[":
        return "the comment that begins here does not end (comments within comments are not allowed)"
    return f"expected a name, a length or one of (),:; and got {character!r}"


def _shown(token: str) -> str:
    return repr(token if len(token) <= 40 else token[:37] + "...")
