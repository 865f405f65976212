r"""Pruning with logarithms, at any temperature tau: slower, and right where products leave the range of numbers.

.. math:: \ell_v(i) = \sum_w \tau \log \sum_j e^{(\log P_{ij}(t_w) + \ell_w(j)) / \tau}

The hidden states are those of the inner nodes; a leaf gives :math:`\log \sum_{j \in \text{character}} P_{ij}`, whatever
tau is. At tau = 0 the sum is a maximum and the way down finds the best states. Cost: C S^2 exponentials per branch and
pattern. (tau = 0: T. Pupko et al., Mol. Biol. Evol. 17, 890, 2000.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["best_states", "log_prune", "log_prune_and_return"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


@kernel(error_model="numpy")
def _soft_sum(x: Array, tau: float) -> float:
    """tau log sum exp(x / tau); the maximum at tau = 0."""
    top = -np.inf
    for k in range(x.size):
        top = max(top, float(x[k]))
    if tau == 0.0 or top == -np.inf:
        return top
    total = 0.0
    for k in range(x.size):
        total += np.exp((x[k] - top) / tau)
    return top + tau * float(np.log(total))


@kernel(error_model="numpy")
def _log_message(f: Array, log_p: Array, below: Array, tau: float, terms: Array) -> None:
    for i in range(f.size):
        for j in range(f.size):
            terms[j] = log_p[i, j] + below[j]
        f[i] = _soft_sum(terms, tau)


@kernel(error_model="numpy")
def _log_climb(
    starts: Ints, children: Ints, slot: Ints, log_p: Array, tables: Array, codes: Ints, c: int, tau: float,
    logs: Array, messages: Array, terms: Array,
) -> float:  # fmt: skip
    """l of every inner node and f of every node, less their maxima; the sum of the maxima, with compensation."""
    size = log_p.shape[2]
    offset, lost = 0.0, 0.0
    for node in range(starts.size - 2, -1, -1):
        if starts[node] == starts[node + 1]:
            for i in range(size):
                messages[node, i] = tables[slot[node], c, i, codes[slot[node]]]
            continue
        for i in range(size):
            logs[node, i] = 0.0
        for edge in range(starts[node], starts[node + 1]):
            top = -np.inf
            for i in range(size):
                logs[node, i] += messages[children[edge], i]
                top = max(top, float(logs[node, i]))
            if top > -np.inf:
                for i in range(size):
                    logs[node, i] -= top
                total = offset + top
                lost += (offset - total) + top if abs(offset) >= abs(top) else (top - total) + offset
                offset = total
        if node > 0:
            _log_message(messages[node], log_p[node, c], logs[node], tau, terms)
    return offset + lost


@kernel(error_model="numpy")
def log_prune(
    starts: Ints, children: Ints, slot: Ints, log_p: Array, tables: Array, log_pi: Array, codes: Codes, tau: float,
    root: Array,
) -> None:  # fmt: skip
    """tau log sum exp(score / tau) over the inner states, shape (C, patterns); arrays as in `prune`, logarithms."""
    n, size = starts.size - 1, log_p.shape[2]
    logs, messages, terms = np.empty((n, size)), np.empty((n, size)), np.empty(size)
    column = np.empty(codes.shape[0], np.int64)
    for k in range(codes.shape[1]):
        column[:] = codes[:, k]
        for c in range(log_p.shape[1]):
            offset = _log_climb(starts, children, slot, log_p, tables, column, c, tau, logs, messages, terms)
            for i in range(size):
                terms[i] = log_pi[i] + logs[0, i]
            root[c, k] = offset + _soft_sum(terms, tau)


@kernel(error_model="numpy")
def best_states(
    starts: Ints, children: Ints, slot: Ints, log_p: Array, tables: Array, log_pi: Array, codes: Codes,
    categories: Ints, states: Ints,
) -> None:  # fmt: skip
    """The best states of the inner nodes, shape (inner, patterns), in the category given for each pattern."""
    n, size = starts.size - 1, log_p.shape[2]
    logs, messages, terms = np.empty((n, size)), np.empty((n, size)), np.empty(size)
    column, chosen = np.empty(codes.shape[0], np.int64), np.empty(n, np.int64)
    for k in range(codes.shape[1]):
        column[:] = codes[:, k]
        c = categories[k]
        _log_climb(starts, children, slot, log_p, tables, column, c, 0.0, logs, messages, terms)
        for i in range(size):
            terms[i] = log_pi[i] + logs[0, i]
        chosen[0] = np.argmax(terms)
        for node in range(n):
            if starts[node] == starts[node + 1]:
                continue
            states[slot[node], k] = chosen[node]
            for edge in range(starts[node], starts[node + 1]):
                child = children[edge]
                if starts[child] < starts[child + 1]:
                    for j in range(size):
                        terms[j] = log_p[child, c, chosen[node], j] + logs[child, j]
                    chosen[child] = np.argmax(terms)


@kernel(error_model="numpy")
def log_prune_and_return(
    starts: Ints, children: Ints, slot: Ints, log_p: Array, tables: Array, log_pi: Array, codes: Codes,
    q: Array, rates: Array, posterior: Array, gradient: Array, states: Array,
) -> None:  # fmt: skip
    """What `prune_and_return` gives, at tau = 1: gradient of each pattern (n, patterns), posteriors."""
    n, size = starts.size - 1, log_p.shape[2]
    logs, messages, outside = np.empty((n, size)), np.empty((n, size)), np.empty((n, size))
    most = 1
    for node in range(n):
        most = max(most, starts[node + 1] - starts[node])
    before, after, terms = np.empty((most, size)), np.empty(size), np.empty(size)
    column = np.empty(codes.shape[0], np.int64)
    for k in range(codes.shape[1]):
        column[:] = codes[:, k]
        for c in range(log_p.shape[1]):
            weight = posterior[c, k]
            if weight == 0.0:
                continue
            _log_climb(starts, children, slot, log_p, tables, column, c, 1.0, logs, messages, terms)
            outside[0, :] = log_pi
            for node in range(n):
                first, last = starts[node], starts[node + 1]
                if first == last:
                    continue
                if states.size:
                    for i in range(size):
                        terms[i] = outside[node, i] + logs[node, i]
                    total = _soft_sum(terms, 1.0)
                    for i in range(size):
                        states[slot[node], k, i] += weight * np.exp(terms[i] - total)
                for edge in range(first, last):
                    for i in range(size):
                        if edge == first:
                            before[0, i] = outside[node, i]
                        else:
                            before[edge - first, i] = before[edge - first - 1, i] + messages[children[edge - 1], i]
                after[:] = 0.0
                for edge in range(last - 1, first - 1, -1):
                    child = children[edge]
                    u = before[edge - first]
                    for i in range(size):
                        u[i] += after[i]
                        after[i] += messages[child, i]
                        terms[i] = u[i] + messages[child, i]
                    total = _soft_sum(terms, 1.0)
                    for i in range(size):
                        for j in range(size):
                            if q[i, j] != 0.0:
                                gradient[child, k] += (
                                    weight * rates[c] * q[i, j] * np.exp(u[i] + messages[child, j] - total)
                                )
                    if starts[child] < starts[child + 1]:
                        for j in range(size):
                            for i in range(size):
                                terms[i] = u[i] + log_p[child, c, i, j]
                            outside[child, j] = _soft_sum(terms, 1.0)
                        top = outside[child].max()
                        if top > -np.inf:
                            outside[child] -= top
