r"""Felsenstein's pruning, up and down the tree, for blocks of patterns at once.

Up: the probability of the data below node v, given its state, is

.. math:: L_v(i) = \prod_{\text{children } w} f_w(i), \qquad f_w(i) = \sum_j P_{ij}(t_w) L_w(j)

Down: of all other data together with the state of v, :math:`D_v(j) = \sum_i U_v(i) P_{ij}(t_v)` and
:math:`U_v(i) = D_u(i) \prod_{w \ne v} f_w(i)` at its parent u; so :math:`\sum_i U_v f_v` is the likelihood for every
branch, and :math:`\partial_t \log L = \sum_{ij} U_v(i) Q_{ij} f_v(j) / \sum_i U_v(i) f_v(i)`.

Each rate category has its own scale: whenever the largest entry falls below 2^-256, all are multiplied by 2^256 and
the factors are counted. A pattern where an entry that is not 0 falls below 2^-700 all the same (hundreds of identical
sequences on branches of 1e-9) is marked, and :mod:`~statmech.inference.phylogeny.log_pruning` does it again.

Cost: C S^2 multiplications per branch and pattern, up; four times that for both. (J. Felsenstein, J. Mol. Evol. 17,
368, 1981; scaling: Z. Yang, J. Mol. Evol. 51, 423, 2000.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["SCALE_BITS", "block_size", "prune", "prune_and_return"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

SCALE_BITS = 256
_UP = 2.0**256
_LOW = 2.0**-256
_TINY = 2.0**-700
_NOTHING = 2.0**-900
_BUFFER = 32 * 2**20  # bytes of working memory, about the caches of a processor


def block_size(entries: int) -> int:
    """Patterns to do at once, for so many float64 per pattern of working memory."""
    return max(1, min(32, _BUFFER // (8 * entries)))


@kernel(error_model="numpy")
def _message(f: Array, table: Array, p: Array, below: Array, codes: Ints, leaf: bool, width: int) -> None:
    """f(i) of one child and category: looked up for a leaf, sum_j P_ij L_j otherwise."""
    size = p.shape[0]
    if leaf:
        for i in range(size):
            for b in range(width):
                f[i, b] = table[i, codes[b]]
    else:
        for i in range(size):
            x = p[i, 0]
            for b in range(width):
                f[i, b] = x * below[0, b]
            for j in range(1, size):
                x = p[i, j]
                for b in range(width):
                    f[i, b] += x * below[j, b]


@kernel(error_model="numpy")
def _multiply(product: Array, f: Array, exponent: Ints, bad: Ints, width: int) -> None:
    """product *= f, rescaled; `exponent` counts factors 2^256, `bad` marks patterns whose small entries are lost."""
    size = product.shape[0]
    for i in range(size):
        for b in range(width):
            old, factor = product[i, b], f[i, b]
            new = old * factor
            product[i, b] = new
            bad[b] |= np.int64(new < _TINY) & np.int64(old > 0.0) & np.int64(factor > 0.0)
    for b in range(width):
        top = product[0, b]
        for i in range(1, size):
            top = max(top, product[i, b])
        while 0.0 < top < _LOW:
            top *= _UP
            exponent[b] += 1
            for i in range(size):
                product[i, b] *= _UP


@kernel(error_model="numpy")
def _climb(
    starts: Ints, children: Ints, slot: Ints, p: Array, tables: Array, codes: Codes, begin: int, width: int,
    partials: Array, exponents: Ints, bad: Ints, f: Array, column: Ints,
) -> None:  # fmt: skip
    """Partial likelihoods of every inner node of one block."""
    categories, size = p.shape[1], p.shape[2]
    for node in range(starts.size - 2, -1, -1):
        if starts[node] == starts[node + 1]:
            continue
        for c in range(categories):
            mine = partials[slot[node], c]
            for i in range(size):
                for b in range(width):
                    mine[i, b] = 1.0
            for edge in range(starts[node], starts[node + 1]):
                child = children[edge]
                leaf = starts[child] == starts[child + 1]
                s = slot[child]
                if leaf:
                    for b in range(width):
                        column[b] = codes[s, begin + b]
                    _message(f, tables[s, c], p[child, c], f, column, True, width)
                else:
                    _message(f, tables[0, c], p[child, c], partials[s, c], column, False, width)
                _multiply(mine, f, exponents[c], bad, width)


@kernel(error_model="numpy")
def prune(
    starts: Ints, children: Ints, slot: Ints, p: Array, tables: Array, pi: Array, codes: Codes, block: int,
    root: Array, exponents: Ints, bad: Ints,
) -> None:  # fmt: skip
    """Up the tree: likelihood of each category and pattern as root * 2^(-256 exponents).

    Parameters
    ----------
    starts, children : shapes (n + 1,), (n - 1,)
        Children of each node, which come after it.
    slot : shape (n,)
        Number among the inner nodes, or among the leaves.
    p : shape (n, C, S, S)
        Transition probabilities of the branch above each node and category.
    tables : shape (leaves, C, S, K)
        f of each leaf for every character.
    pi : shape (S,)
        Frequencies at the root.
    codes : shape (leaves, patterns)
        Character of each leaf.
    block : int
        Patterns at once.
    root, exponents, bad : shapes (C, patterns), (C, patterns), (patterns,)
        Results; `bad` where they are not to be used.
    """
    categories, size, patterns = p.shape[1], p.shape[2], codes.shape[1]
    inner = starts.size - 1 - codes.shape[0]
    partials = np.empty((inner, categories, size, block))
    f, column = np.empty((size, block)), np.empty(block, np.int64)
    scale, lost = np.empty((categories, block), np.int64), np.empty(block, np.int64)
    for begin in range(0, patterns, block):
        width = min(block, patterns - begin)
        scale[:], lost[:] = 0, 0
        _climb(starts, children, slot, p, tables, codes, begin, width, partials, scale, lost, f, column)
        for b in range(width):
            bad[begin + b] = lost[b]
            for c in range(categories):
                total = 0.0
                for i in range(size):
                    total += pi[i] * partials[slot[0], c, i, b]
                root[c, begin + b], exponents[c, begin + b] = total, scale[c, b]


@kernel(error_model="numpy")
def prune_and_return(
    starts: Ints, children: Ints, slot: Ints, p: Array, tables: Array, pi: Array, codes: Codes, block: int,
    q: Array, rates: Array, posterior: Array, counts: Array, bad: Ints, gradient: Array, states: Array,
) -> None:  # fmt: skip
    """Up and down: the gradient in all branch lengths and, where `states` has room, marginal posteriors.

    Parameters beyond those of `prune`
    ----------
    q : shape (S, S)
        Rate matrix.
    rates, posterior : shapes (C,), (C, patterns)
        Rate of each category, and its probability given the data of a pattern.
    counts : shape (patterns,)
        Sites of each pattern.
    bad : shape (patterns,)
        Patterns to leave out; more are marked here.
    gradient : shape (n,)
        Has d log L / dt of the other patterns added.
    states : shape (inner, patterns, S), or (0, 0, 0)
        Probabilities of the states of the inner nodes.
    """
    categories, size, patterns, n = p.shape[1], p.shape[2], codes.shape[1], starts.size - 1
    inner = n - codes.shape[0]
    most = 0
    for node in range(n):
        most = max(most, starts[node + 1] - starts[node])
    partials, outside = np.empty((inner, categories, size, block)), np.empty((inner, categories, size, block))
    messages, before = np.empty((most, size, block)), np.empty((most, size, block))
    after, slopes = np.empty((size, block)), np.empty((n, block))
    f, unit, column = np.empty((size, block)), np.zeros(block, np.int64), np.empty(block, np.int64)
    scale, lost = np.empty((categories, block), np.int64), np.empty(block, np.int64)
    for begin in range(0, patterns, block):
        width = min(block, patterns - begin)
        scale[:], lost[:], slopes[:] = 0, 0, 0.0
        _climb(starts, children, slot, p, tables, codes, begin, width, partials, scale, lost, f, column)
        for c in range(categories):
            for i in range(size):
                for b in range(width):
                    outside[slot[0], c, i, b] = pi[i]
            for node in range(n):
                first, last = starts[node], starts[node + 1]
                if first == last:
                    continue
                if states.size:
                    for b in range(width):
                        total = 0.0
                        for i in range(size):
                            f[i, b] = outside[slot[node], c, i, b] * partials[slot[node], c, i, b]
                            total += f[i, b]
                        lost[b] |= np.int64(total < _NOTHING) & np.int64(posterior[c, begin + b] > 0.0)
                        for i in range(size):
                            if total > 0.0:
                                states[slot[node], begin + b, i] += posterior[c, begin + b] * (f[i, b] / total)
                for edge in range(first, last):
                    child = children[edge]
                    s = slot[child]
                    k = edge - first
                    if starts[child] == starts[child + 1]:
                        for b in range(width):
                            column[b] = codes[s, begin + b]
                        _message(messages[k], tables[s, c], p[child, c], f, column, True, width)
                    else:
                        _message(messages[k], tables[0, c], p[child, c], partials[s, c], column, False, width)
                    for i in range(size):
                        for b in range(width):
                            before[k, i, b] = outside[slot[node], c, i, b] if k == 0 else before[k - 1, i, b]
                    if k > 0:
                        _multiply(before[k], messages[k - 1], unit, lost, width)
                for i in range(size):
                    for b in range(width):
                        after[i, b] = 1.0
                for edge in range(last - 1, first - 1, -1):
                    child = children[edge]
                    k = edge - first
                    _multiply(before[k], after, unit, lost, width)  # now U of this child
                    _multiply(after, messages[k], unit, lost, width)
                    for b in range(width):
                        likelihood, slope = 0.0, 0.0
                        for i in range(size):
                            likelihood += before[k, i, b] * messages[k, i, b]
                            change = 0.0
                            for j in range(size):
                                change += q[i, j] * messages[k, j, b]
                            slope += before[k, i, b] * change
                        weight = posterior[c, begin + b]
                        lost[b] |= np.int64(likelihood < _NOTHING) & np.int64(weight > 0.0)
                        if likelihood > 0.0:
                            slopes[child, b] += weight * rates[c] * (slope / likelihood)
                    if starts[child] < starts[child + 1]:
                        below = outside[slot[child], c]
                        for j in range(size):
                            for b in range(width):
                                below[j, b] = 0.0
                            for i in range(size):
                                x = p[child, c, i, j]
                                for b in range(width):
                                    below[j, b] += before[k, i, b] * x
        for b in range(width):
            bad[begin + b] |= lost[b]
        for node in range(1, n):
            for b in range(width):
                if bad[begin + b] == 0:
                    gradient[node] += counts[begin + b] * slopes[node, b]
