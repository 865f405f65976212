"""Trees of taxa with branch lengths, as arrays in preorder."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["Tree"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PLAIN = re.compile(r"[^\s()\[\]':;,]+")


@dataclass(frozen=True, eq=False)
class Tree:
    """A rooted tree; under a reversible model the place of the root does not matter.

    Node 0 is the root and every node stands after its parent. A node without children is a leaf (a taxon). Any number
    of children is allowed, also one.

    Parameters
    ----------
    parents : array_like of int, shape (n,)
        Parent of each node, smaller than its own number; -1 for node 0.
    lengths : array_like, shape (n,)
        Length of the branch above each node, expected substitutions per site, finite and >= 0. That of the root is
        not used.
    names : sequence of str or None, length n
        Every leaf needs its own name; inner nodes may have one, or None.

    Raises
    ------
    InputError
        If the arrays do not describe such a tree.

    Examples
    --------
    >>> tree = Tree([-1, 0, 0], [0.0, 0.1, 0.2], [None, "human", "mouse"])
    >>> tree.leaf_names, tree.newick()
    (('human', 'mouse'), '(human:0.1,mouse:0.2);')
    """

    parents: Ints
    lengths: Array
    names: tuple[str | None, ...]

    def __post_init__(self) -> None:
        given = np.asarray(self.parents)
        if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "iu":
            raise InputError(f"parents: expected integers of shape (n,), n >= 1; got {given.dtype} of {given.shape}")
        parents, n = given.astype(np.int64), given.size
        wrong = np.flatnonzero((parents[1:] < 0) | (parents[1:] >= np.arange(1, n)))
        if parents[0] != -1 or wrong.size:
            node = int(wrong[0]) + 1 if wrong.size and parents[0] == -1 else 0
            raise InputError(
                f"parents: expected -1 for node 0 and a smaller number for every other node; "
                f"got {parents[node]} for node {node}"
            )
        lengths, names = np.array(self.lengths, dtype=np.float64), tuple(self.names)
        if lengths.shape != (n,) or len(names) != n:
            raise InputError(f"tree: expected {n} lengths and names; got {lengths.shape} and {len(names)}")
        bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths >= 0)))
        if bad.size:
            node = int(bad[0])
            raise InputError(f"lengths: expected finite numbers >= 0; got {lengths[node]} for node {node}")
        leaf = np.ones(n, dtype=bool)
        leaf[parents[1:]] = False
        nameless = [node for node in np.flatnonzero(leaf).tolist() if not names[node]]
        if nameless:
            raise InputError(f"names: every leaf needs a name; node {nameless[0]} has none")
        twice = [name for name, count in Counter(names[i] for i in np.flatnonzero(leaf)).items() if count > 1]
        if twice:
            raise InputError(f"names: two leaves are called {twice[0]!r}")
        for name, array in (("parents", parents), ("lengths", lengths)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "names", names)

    def __repr__(self) -> str:
        return f"<Tree: {self.leaves.size} leaves, {self.size} nodes>"

    @property
    def size(self) -> int:
        """Number of nodes n."""
        return int(self.parents.size)

    @cached_property
    def child_starts(self) -> Ints:
        """Where the children of each node begin in :attr:`children`, shape (n + 1,)."""
        counts = np.bincount(self.parents[1:], minlength=self.size)
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def children(self) -> Ints:
        """Children of node 0, then of node 1, ..., shape (n - 1,)."""
        return np.argsort(self.parents[1:], kind="stable").astype(np.int64) + 1

    @cached_property
    def leaves(self) -> Ints:
        """Numbers of the nodes without children."""
        return np.flatnonzero(np.diff(self.child_starts) == 0).astype(np.int64)

    @cached_property
    def inner(self) -> Ints:
        """Numbers of the nodes with children, the root first."""
        return np.flatnonzero(np.diff(self.child_starts) > 0).astype(np.int64)

    @property
    def leaf_names(self) -> tuple[str, ...]:
        """Names of the taxa, in the order of :attr:`leaves`."""
        return tuple(str(self.names[i]) for i in self.leaves.tolist())

    def with_lengths(self, lengths: npt.ArrayLike) -> Tree:
        """The same tree with other branch lengths, shape (n,); errors as for the class."""
        return replace(self, lengths=np.array(lengths, dtype=np.float64))

    def newick(self) -> str:
        """The tree as Newick text; lengths in the shortest form that reads back to the same number.

        Examples
        --------
        >>> Tree([-1, 0, 0], [0.0, 0.5, 1e-3], ["root", "a b", "it's"]).newick()
        "('a b':0.5,'it''s':0.001)root;"
        """
        starts, children = self.child_starts.tolist(), self.children.tolist()
        out: list[str] = []
        todo: list[tuple[int, bool]] = [(0, False)]  # (node, its children are written)
        while todo:
            node, done = todo.pop()
            if node < 0:
                out.append(",")
                continue
            below = children[starts[node] : starts[node + 1]]
            if below and not done:
                out.append("(")
                todo.append((node, True))
                for i, child in enumerate(reversed(below)):
                    todo.append((child, False))
                    if i + 1 < len(below):
                        todo.append((-1, False))
                continue
            if below:
                out.append(")")
            name = self.names[node]
            if name:
                out.append(name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'")
            if node:
                out.append(f":{float(self.lengths[node])!r}")
        return "".join(out) + ";"
