"""States that share samples: the Newton step of their free energies, and the errors that follow from W^T W.

Both see a graph's Laplacian, N^(1/2) (1 - B) N^(1/2) with B = N^(1/2) W^T W N^(1/2), whose diagonal is the sum of the
rest of its row, so that it keeps its digits where the states hardly overlap.
"""

from __future__ import annotations

import numpy as np

from statmech.errors import ConvergenceError, PrecisionError
from statmech.estimators.base.series import Array

__all__ = ["LARGEST_ERROR", "difference_errors", "newton_step", "overlap_modes", "weakest_cut"]

LARGEST_ERROR = 1.0  # across a cut, in k_B T: that is one shared sample; the error's formula means nothing beyond


def newton_step(total: Array, gram: Array, counts: Array) -> Array | None:
    """The step with its first component 0, or None where the Hessian has no inverse."""
    if counts.size == 1:
        return np.zeros(1)
    laplacian = -np.outer(counts, counts) * gram
    np.fill_diagonal(laplacian, 0.0)
    np.fill_diagonal(laplacian, -laplacian.sum(axis=1))
    gradient = counts * (total - 1.0)
    try:
        step = -np.linalg.solve(laplacian[1:, 1:], gradient[1:])
    except np.linalg.LinAlgError:
        return None
    return np.concatenate(([0.0], step)) if np.all(np.isfinite(step)) else None


def overlap_modes(gram: Array, counts: Array) -> tuple[float, Array]:
    """The overlap's gap, and sum y y^T / (1 - b) over the modes with b < 1, by the Laplacian that keeps 1 - b."""
    laplacian = -np.sqrt(np.outer(counts, counts)) * gram
    np.fill_diagonal(laplacian, 0.0)
    np.fill_diagonal(laplacian, -(laplacian @ np.sqrt(counts)) / np.sqrt(counts))
    constant = np.sqrt(counts / counts.sum())
    gaps, modes = np.linalg.eigh(laplacian + np.outer(constant, constant))
    if gaps[0] <= 1e-15:
        raise ConvergenceError(
            "the states fall into groups whose samples have no weight in each other; "
            "no difference between them can be estimated: add states in between"
        )
    return float(gaps[0]), np.asarray((modes / gaps) @ modes.T - np.outer(constant, constant))


def difference_errors(theta: Array) -> Array:
    """Standard errors of all differences."""
    diagonal = np.diag(theta)
    variance = diagonal[:, None] + diagonal[None, :] - 2.0 * theta
    np.fill_diagonal(variance, 0.0)
    # Two equal states differ by rounding alone; anything more negative than that is a fault of ours.
    if np.any(variance < -1e-12 * (diagonal[:, None] + diagonal[None, :])):
        raise PrecisionError("a variance came out negative: the states overlap too little for its digits")
    return np.asarray(np.sqrt(np.where(variance > 0, variance, 0.0)))


def weakest_cut(flow: Array, counts: Array) -> tuple[float, float, list[int]]:
    """Of the edges of the tree of strongest overlap the one whose cut leaves the largest error.

    Returns that error (what BAR would have between the two sides), the samples shared across, and the states beyond.
    """
    size = flow.shape[0]
    if size == 1:
        return 0.0, float("inf"), []
    joined, best, parent = np.zeros(size, dtype=bool), flow[0].copy(), np.zeros(size, dtype=np.int64)
    joined[0] = True
    order = []
    for _ in range(size - 1):
        open_states = np.flatnonzero(~joined)
        j = int(open_states[np.argmax(best[open_states])])
        joined[j] = True
        order.append(j)
        stronger = flow[j] > best
        best[stronger], parent[stronger] = flow[j][stronger], j
    beyond = np.eye(size, dtype=bool)
    for j in reversed(order):  # children come after their parents
        beyond[parent[j]] |= beyond[j]
    cuts = []
    for j in order:
        far = beyond[j]
        shared = float(flow[np.ix_(far, ~far)].sum())
        variance = 1.0 / shared - 1.0 / counts[far].sum() - 1.0 / counts[~far].sum() if shared > 0 else np.inf
        cuts.append((float(variance), shared, np.flatnonzero(far).tolist()))
    variance, shared, group = max(cuts, key=lambda cut: cut[0])
    return float(np.sqrt(variance)) if variance > 0 else 0.0, shared, group
