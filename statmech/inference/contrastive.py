r"""Classification and contrastive losses with their exact gradients: minus the log of a Boltzmann weight.

.. math:: -\log p_t = \frac{\mathrm{LSE}_\tau(z) - z_t}{\tau}
          = \frac{z_\max - z_t}{\tau} + \log\Bigl(1 + \sum_{j \ne \max} e^{(z_j - z_\max)/\tau}\Bigr)

Both terms of the last form are non-negative and hold differences of logits only, so nothing is lost at a common offset
of 1e8, where LSE(z) - z_t is 0 or noise, nor where the loss is 1e-300.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.logspace import log_softmax

__all__ = ["cross_entropy", "info_nce"]

Array = npt.NDArray[np.float64]


def cross_entropy(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    tau: float = 1.0,
    label_smoothing: float = 0.0,
    *,
    reduction: str = "mean",
    return_gradient: bool = False,
) -> Any:
    """Cross-entropy ``-sum_j y_j log p_j`` of classes with weights p = softmax(logits / tau).

    Parameters
    ----------
    logits : array_like, real, shape (..., C)
        Scores of C classes; -inf excludes a class. float32 is summed in double precision.
    target : array_like, shape (...) of int, or (..., C) of probabilities
        The class, or a distribution over classes that adds to 1.
    tau : float
        Temperature > 0, in the unit of the logits.
    label_smoothing : float
        y becomes (1 - e) y + e / C, 0 <= e <= 1.
    reduction : str
        ``mean`` or ``sum`` over the leading axes, or ``none``.
    return_gradient : bool
        Return also the derivative with respect to the logits, (p - y) / tau, over the number of rows for ``mean``.

    Returns
    -------
    loss : NumPy scalar, or ndarray of shape (...)
        In nats; tau times it is the free-energy difference LSE_tau(logits) - logits[target]. inf if a class of
        probability 0 is the target.
    gradient : ndarray of the shape of `logits`, only with `return_gradient`
        For one class and no smoothing its entry at the target is expm1(log p), which keeps its digits as p -> 1.

    Raises
    ------
    InputError
        If shapes, classes, probabilities or numbers do not fit, or tau is not a finite positive number.

    Examples
    --------
    >>> loss, gradient = cross_entropy([[2.0, 1.0, 0.1]], [0], return_gradient=True)
    >>> round(float(loss), 6), gradient.round(4).tolist()
    (0.41703, [[-0.341, 0.2424, 0.0986]])
    >>> round(float(cross_entropy([[2e8 + 2, 2e8 + 1]], [0])), 6)             # no offset matters
    0.313262
    """
    z, single = _logits(logits)
    scale = _tau(tau)
    if reduction not in ("mean", "sum", "none"):
        raise InputError(f"reduction: expected 'mean', 'sum' or 'none'; got {reduction!r}")
    if not 0 <= label_smoothing <= 1:
        raise InputError(f"label_smoothing: expected a number from 0 to 1; got {label_smoothing!r}")
    y, classes = _target(target, z.shape)
    if label_smoothing:
        y = (1.0 - label_smoothing) * y + label_smoothing / z.shape[-1]
    rows = max(1, z[..., 0].size)
    log_p = np.asarray(log_softmax(z, axis=-1, tau=scale))
    with np.errstate(invalid="ignore"):  # 0 * inf: a class that is neither possible nor the target
        losses = np.where(y == 0, 0.0, -y * log_p).sum(axis=-1)
    loss = losses if reduction == "none" else losses.sum() / (rows if reduction == "mean" else 1)
    loss = np.asarray(loss, np.float32)[()] if single else np.asarray(loss)[()]
    if not return_gradient:
        return loss
    with np.errstate(under="ignore"):
        gradient = np.exp(log_p) - y
        if classes is not None and not label_smoothing:
            at = classes[..., None]
            np.put_along_axis(gradient, at, np.expm1(np.take_along_axis(log_p, at, -1)), -1)
        gradient /= scale * (rows if reduction == "mean" else 1)
        return loss, gradient.astype(np.float32) if single else gradient


def info_nce(
    query: npt.ArrayLike,
    positive: npt.ArrayLike,
    negatives: npt.ArrayLike | None = None,
    tau: float = 1.0,
    *,
    symmetric: bool = False,
    normalise: bool = False,
    return_gradient: bool = False,
) -> Any:
    """InfoNCE: the mean over queries of ``-log softmax(query . keys / tau)`` at the positive key.

    Parameters
    ----------
    query, positive : array_like, real, shape (N, D)
        Pairs that belong together.
    negatives : array_like, shape (M, D) or (N, M, D), optional
        Keys that do not belong: the same for all queries, or each query's own. None takes the other positives of the
        batch.
    tau : float
        Temperature > 0; 0.05 to 0.5 is usual with ``normalise``.
    symmetric : bool
        The mean of both directions, queries against keys and keys against queries (CLIP's loss); in a batch only.
    normalise : bool
        Cosine similarity: divide every vector by its length first.
    return_gradient : bool
        Return also the derivatives with respect to every argument.

    Returns
    -------
    loss : NumPy scalar
        In nats; float32 if both `query` and `positive` are.
    gradients : tuple of ndarray, only with `return_gradient`
        For query, positive and negatives (None where there are none), in their shapes.

    Raises
    ------
    InputError
        If shapes do not fit, a number is not finite, tau is not positive, a vector to be normalised is 0, or
        ``symmetric`` is asked for with negatives.

    Notes
    -----
    Keys are taken relative to their mean (the loss depends on their differences only), so a component that all keys
    share costs no digits, however large.

    References
    ----------
    A. van den Oord, Y. Li, O. Vinyals, arXiv:1807.03748 (2018), eq. 4; A. Radford et al., arXiv:2103.00020 (2021),
    fig. 3 (symmetric).

    Examples
    --------
    >>> images = np.array([[1.0, 0.1], [0.1, 1.0]])
    >>> texts = np.array([[0.9, 0.0], [0.2, 0.8]])
    >>> round(float(info_nce(images, texts, tau=0.1, symmetric=True, normalise=True)), 6)
    0.000786
    """
    q, single_q = _vectors("query", query, 2)
    k, single_k = _vectors("positive", positive, 2)
    if q.shape != k.shape:
        raise InputError(f"positive: expected the shape of query, {q.shape}; got {k.shape}")
    scale = _tau(tau)
    others = None
    if negatives is not None:
        others, _ = _vectors("negatives", negatives, 2, 3)
        if others.shape[-1] != q.shape[1] or (others.ndim == 3 and len(others) != len(q)):
            raise InputError(f"negatives: expected shape (M, {q.shape[1]}) or ({len(q)}, M, ...); got {others.shape}")
        if symmetric:
            raise InputError("symmetric: expected False with negatives; both directions need the batch's own pairs")
    unit = [_normalised(name, x) if normalise else x for name, x in (("query", q), ("positive", k))]
    away = _normalised("negatives", others) if normalise and others is not None else others
    if away is None:
        loss, *gradients = _in_batch(unit[0], unit[1], scale)
        if symmetric:
            back, key_gradient, query_gradient = _in_batch(unit[1], unit[0], scale)
            loss = 0.5 * (loss + back)
            gradients = [0.5 * (gradients[0] + query_gradient), 0.5 * (gradients[1] + key_gradient)]
    else:
        loss, *gradients = _with_negatives(unit[0], unit[1], away, scale)
    single = single_q and single_k
    value = np.float32(loss) if single else np.float64(loss)
    if not return_gradient:
        return value
    given = [q, k] if others is None else [q, k, others]
    if normalise:
        gradients = [_through_length(x, g) for x, g in zip(given, gradients, strict=True)]
    if single:
        gradients = [g.astype(np.float32) for g in gradients]
    return value, tuple([*gradients, None][:3])


def _in_batch(q: Array, k: Array, tau: float) -> tuple[float, Array, Array]:
    """Loss of q against all k, and its derivatives."""
    relative = k - k.mean(axis=0)
    loss, g = cross_entropy(q @ relative.T, np.arange(len(q)), tau, return_gradient=True)
    return float(loss), g @ relative, g.T @ q  # rows of g add to 0: only differences of keys count


def _with_negatives(q: Array, k: Array, others: Array, tau: float) -> tuple[float, Array, Array, Array]:
    """Loss of q against its own k (class 0) and the others, and its derivatives."""
    if others.ndim == 3:
        relative = others - k[:, None]
        own, away = np.zeros(len(q)), np.einsum("nd,nmd->nm", q, relative)
    else:
        centre = others.mean(axis=0) if len(others) else k.mean(axis=0)
        relative = others - centre
        own, away = np.einsum("nd,nd->n", q, k - centre), q @ relative.T
    logits = np.concatenate([own[:, None], away], axis=1)
    loss, g = cross_entropy(logits, np.zeros(len(q), dtype=np.int64), tau, return_gradient=True)
    if others.ndim == 3:
        return float(loss), np.einsum("nm,nmd->nd", g[:, 1:], relative), g[:, :1] * q, g[:, 1:, None] * q[:, None]
    return float(loss), g[:, :1] * (k - centre) + g[:, 1:] @ relative, g[:, :1] * q, g[:, 1:].T @ q


def _normalised(name: str, x: Array) -> Array:
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    if np.any(length == 0):
        raise InputError(f"{name}: expected vectors of non-zero length to normalise; got 0")
    return np.asarray(x / length)


def _through_length(x: Array, gradient: Array) -> Array:
    """The derivative with respect to x of a function of x / |x|: what is along x drops out."""
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    unit = x / length
    return np.asarray((gradient - unit * (unit * gradient).sum(axis=-1, keepdims=True)) / length)


def _tau(tau: float) -> float:
    if not (isinstance(tau, int | float | np.floating | np.integer) and 0 < tau < np.inf):
        raise InputError(f"tau: expected a finite positive number; got {tau!r}")
    return float(tau)


def _real(name: str, given: npt.ArrayLike) -> tuple[Array, bool]:
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name}: expected real numbers; got dtype {array.dtype}")
    return array.astype(np.float64), array.dtype in (np.float32, np.float16)


def _logits(given: npt.ArrayLike) -> tuple[Array, bool]:
    z, single = _real("logits", given)
    if z.ndim == 0 or z.size == 0:
        raise InputError(f"logits: expected shape (..., C), C >= 1, at least one row; got {z.shape}")
    if not np.all(z < np.inf) or not np.all(z.max(axis=-1) > -np.inf):
        raise InputError(
            "logits: expected finite numbers, or -inf for some classes of a row; got nan, inf or a row of -inf"
        )
    return z, single


def _vectors(name: str, given: npt.ArrayLike, *ndims: int) -> tuple[Array, bool]:
    x, single = _real(name, given)
    if x.ndim not in ndims or 0 in (x.shape[0], x.shape[-1]):
        wanted = " or ".join({2: "(N, D)", 3: "(N, M, D)"}[n] for n in ndims)
        raise InputError(f"{name}: expected shape {wanted}; got {x.shape}")
    if not np.all(np.isfinite(x)):
        raise InputError(f"{name}: expected finite numbers")
    return x, single


def _target(given: npt.ArrayLike, shape: tuple[int, ...]) -> tuple[Array, npt.NDArray[np.int64] | None]:
    """The target as probabilities, and as classes where it was given so."""
    t = np.asarray(given)
    if t.dtype.kind in "iu":
        if t.shape != shape[:-1]:
            raise InputError(f"target: expected classes of shape {shape[:-1]}; got {t.shape}")
        if np.any((t < 0) | (t >= shape[-1])):
            raise InputError(f"target: expected classes from 0 to {shape[-1] - 1}; got {t.min()} to {t.max()}")
        y = np.zeros(shape)
        classes = t.astype(np.int64)
        np.put_along_axis(y, classes[..., None], 1.0, -1)
        return y, classes
    y, _ = _real("target", t)
    if y.shape != shape:
        raise InputError(f"target: expected integer classes {shape[:-1]} or probabilities {shape}; got {y.shape}")
    if not np.all(y >= 0) or np.any(np.abs(y.sum(axis=-1) - 1) > 1e-6):
        raise InputError("target: expected probabilities >= 0 that add to 1 over the last axis")
    return y, None
