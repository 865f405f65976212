"""Compiled loops of the chain: messages in scaled numbers with the log domain as their safety net, and best paths.

A message is kept as numbers f with their maximum in [1/2, 1], the rest of their logarithm in an exact power of two and
a compensated sum. Entries below e^-300 of the largest are set to 0 and remembered as dropped. While something is
dropped, a predicted entry below 1e-100 could owe its value to it: that step is then taken again in the log domain, from
numbers that still hold every entry. So the result has the log domain's range, at the cost of one product per term.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from statmech.exponential import exponential
from statmech.kernels import kernel

__all__ = ["best_scores", "draw_paths", "messages", "path_score", "trace_back"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RANGE = -300.0  # e^-300 is dropped: S e^-300 beside 1e-100 is below 1e-28
_FLOOR = 1e-100
_KEPT = -230.0  # e^-230 = 1e-100
_FAR = -50.0  # terms of a log-domain sum below e^-50 of the largest do not show
_LN2 = 0.6931471805599453


@kernel()
def _add(total: Array, x: float) -> None:
    """total[0] + total[1] += x, without a rounding error worth the name (Knuth's two-sum)."""
    s = total[0] + x
    t = s - total[0]
    total[1] += (total[0] - (s - t)) + (x - t)
    total[0] = s


@kernel(fastmath={"contract"}, error_model="numpy")
def _product(f: Array, matrix: Array, q: Array) -> None:
    """q = f @ matrix, four rows at a time; rows of f = 0 cost nothing."""
    size = q.size
    for j in range(size):
        q[j] = 0.0
    i = 0
    while i + 4 <= f.size:
        a, b, c, d = f[i], f[i + 1], f[i + 2], f[i + 3]
        if a != 0.0 or b != 0.0 or c != 0.0 or d != 0.0:
            for j in range(size):
                q[j] += (a * matrix[i, j] + b * matrix[i + 1, j]) + (c * matrix[i + 2, j] + d * matrix[i + 3, j])
        i += 4
    while i < f.size:
        for j in range(size):
            q[j] += f[i] * matrix[i, j]
        i += 1


@kernel(error_model="numpy")
def _log_product(logs: Array, scores: Array, q: Array, total: Array) -> None:
    """q[j] = log sum_i exp(logs[i] + scores[i, j]); -inf where nothing leads to j."""
    size = q.size
    for j in range(size):
        q[j] = -np.inf
        total[j] = 0.0
    for i in range(logs.size):
        if logs[i] > -np.inf:
            for j in range(size):
                x = logs[i] + scores[i, j]
                q[j] = x if x > q[j] else q[j]
    for i in range(logs.size):
        if logs[i] > -np.inf:
            for j in range(size):
                x = logs[i] + scores[i, j] - q[j]
                if x > _FAR:
                    total[j] += math.exp(x)
    for j in range(size):
        if q[j] > -np.inf:
            q[j] += math.log(total[j])


@kernel(fastmath={"contract"}, error_model="numpy")
def _plain_steps(
    f: Array, linear: Array, top: Array, wide: Array, scores: Array, out: Array, total: Array, q: Array, first: int
) -> tuple[int, int, float]:
    """Steps from time ``first`` on as `messages` takes them, up to the first that needs a logarithm or drops a term.

    ``f`` and ``total`` go on; what is returned is the time of that step (T where there is none), the powers of two
    taken out, and the shift of the last step (nan where there was none).
    """
    steps, size = scores.shape
    g = np.empty(size)
    power, shift = 0, np.nan
    one = linear.shape[0] == 1
    matrix = linear[0]
    for t in range(first, steps):
        k = 0 if one else t - 1
        if wide[k] != 0.0:
            return t, power, shift
        if not one:
            matrix = linear[k]
        _product(f, matrix, q)
        largest = -np.inf
        for j in range(size):
            largest = scores[t, j] if scores[t, j] > largest else largest
        if largest == -np.inf:
            return t, power, shift
        for j in range(size):  # by itself, so that several exponentials run at once
            g[j] = q[j] * exponential(scores[t, j] - largest)
        peak, bottom = 0.0, np.inf
        for j in range(size):
            peak = g[j] if g[j] > peak else peak
            bottom = g[j] if g[j] < bottom else bottom
        if not peak > _FLOOR:
            return t, power, shift
        limit = peak * 5e-131
        if bottom < limit:
            for j in range(size):
                if g[j] < limit:
                    if q[j] > 0.0 and scores[t, j] > -np.inf:
                        return t, power, shift
                    g[j] = 0.0
        if out.shape[0]:
            for j in range(size):
                out[t, j] = math.log(q[j])
        exponent = (np.float64(peak).view(np.int64) >> 52) - 1022  # that of frexp: peak is a normal number
        scale = np.int64((1023 - exponent) << 52).view(np.float64)
        for j in range(size):
            f[j] = g[j] * scale
        power += int(exponent)
        shift = largest + exponent * _LN2
        _add(total, top[k])
        _add(total, largest)
    return steps, power, shift


@kernel(fastmath={"contract"}, error_model="numpy")
def messages(
    initial: Array, transition: Array, linear: Array, top: Array, wide: Array, scores: Array, out: Array
) -> tuple[float, float, float, int, int]:
    """Predicted messages along a chain, log q_t(j) = log sum of all paths that reach state j at t, before its score.

    Parameters
    ----------
    initial : shape (S,)
        Scores of the first state.
    transition : shape (K, S, S)
        Scores of steps, K = 1 for all or one per step.
    linear, top, wide : shapes (K, S, S), (K,), (K,)
        exp(transition - top), and whether one of its possible entries lies below e^-300.
    scores : shape (T, S)
        Scores of the states at each time.
    out : shape (T, S) or (0, S)
        Filled with log q_t, each row up to a constant.

    Returns
    -------
    log_sum, high, low : float
        The logarithm of the sum over paths is log_sum + high + low + power log 2.
    power : int
    stopped : int
        Time at which no path was left, or -1.
    """
    steps, size = scores.shape
    f, q, before, logs, work = np.zeros(size), np.zeros(size), np.zeros(size), initial.copy(), np.zeros(size)
    total = np.zeros(2)
    power = 0
    shift = 0.0
    in_logs, dropped = True, False
    t = -1
    while t + 1 < steps:
        t += 1
        if t > 0 and not in_logs and not dropped:
            t, more, last_shift = _plain_steps(f, linear, top, wide, scores, out, total, q, t)
            power += more
            shift = shift if np.isnan(last_shift) else last_shift
            if t == steps:
                break
        k = min(max(t - 1, 0), transition.shape[0] - 1)
        if t == 0:
            q[:] = initial
        else:
            _add(total, top[k])
            if not in_logs:
                q, before = before, q
                _product(f, linear[k], q)
                if dropped or wide[k] != 0.0:
                    lowest = np.inf
                    for j in range(size):
                        lowest = q[j] if q[j] < lowest else lowest
                    if lowest < _FLOOR:
                        in_logs = True
                        for j in range(size):
                            logs[j] = math.log(before[j]) + (scores[t - 1, j] - shift) if dropped else math.log(f[j])
            if in_logs:
                _log_product(logs, transition[k], q, work)
                for j in range(size):
                    q[j] -= top[k]
        if not in_logs:
            if out.shape[0]:
                for j in range(size):
                    out[t, j] = math.log(q[j])
            largest = -np.inf
            for j in range(size):
                largest = scores[t, j] if scores[t, j] > largest else largest
            if largest == -np.inf:
                return -np.inf, 0.0, 0.0, 0, t
            for j in range(size):  # by itself, so that several exponentials run at once
                f[j] = q[j] * exponential(scores[t, j] - largest)
            peak, bottom = 0.0, np.inf
            for j in range(size):
                peak = f[j] if f[j] > peak else peak
                bottom = f[j] if f[j] < bottom else bottom
            dropped = False
            if peak > _FLOOR:
                exponent = math.frexp(peak)[1]
                scale = math.ldexp(1.0, -exponent)
                limit = peak * 5e-131
                if bottom < limit:
                    for j in range(size):
                        if f[j] < limit:
                            dropped = dropped or (q[j] > 0.0 and scores[t, j] > -np.inf)
                            f[j] = 0.0
                for j in range(size):
                    f[j] *= scale
                power += exponent
                shift = largest + exponent * _LN2
                _add(total, largest)
                continue
            shift = -np.inf
            for j in range(size):  # what is likely here cannot be reached: the largest product decides
                logs[j] = math.log(q[j]) + scores[t, j]
                shift = logs[j] if logs[j] > shift else shift
            if shift == -np.inf:
                return -np.inf, 0.0, 0.0, 0, t
            _add(total, shift)
            for j in range(size):
                x = logs[j] - shift
                f[j] = math.exp(x) if x > _RANGE else 0.0
                dropped = dropped or (-np.inf < x <= _RANGE)
            continue
        if out.shape[0]:
            out[t] = q
        shift, likeliest, least, rarest = -np.inf, -np.inf, np.inf, np.inf
        for j in range(size):
            logs[j] = q[j] + scores[t, j]
            shift = logs[j] if logs[j] > shift else shift
            likeliest = q[j] if q[j] > likeliest else likeliest
        if shift == -np.inf:
            return -np.inf, 0.0, 0.0, 0, t
        _add(total, shift)
        for j in range(size):
            logs[j] -= shift
            if -np.inf < logs[j] < least:
                least = logs[j]
            if -np.inf < q[j] - likeliest < rarest:
                rarest = q[j] - likeliest
        dropped = least < _RANGE
        in_logs = dropped and rarest < _KEPT
        if not in_logs:
            for j in range(size):
                f[j] = math.exp(logs[j]) if logs[j] >= _RANGE else 0.0
                q[j] = math.exp(q[j] - likeliest)
            shift -= likeliest
    last = 0.0
    for j in range(size):
        last += math.exp(logs[j]) if in_logs else f[j]
    return math.log(last), total[0], total[1], power, -1


@kernel(error_model="numpy")
def best_scores(initial: Array, transition: Array, scores: Array, out: Array) -> int:
    """Fill out (T, S) with the best score of a path to each state, each row relative to its best; see `messages`."""
    steps, size = scores.shape
    best = np.empty(size)
    for t in range(steps):
        if t == 0:
            best[:] = initial
        else:
            k = min(t - 1, transition.shape[0] - 1)
            matrix = transition[k]
            for j in range(size):
                best[j] = -np.inf
            i = 0
            while i + 4 <= size:
                a, b, c, d = out[t - 1, i], out[t - 1, i + 1], out[t - 1, i + 2], out[t - 1, i + 3]
                for j in range(size):
                    x, y = a + matrix[i, j], b + matrix[i + 1, j]
                    z, w = c + matrix[i + 2, j], d + matrix[i + 3, j]
                    x = x if x > y else y
                    z = z if z > w else w
                    x = x if x > z else z
                    best[j] = x if x > best[j] else best[j]
                i += 4
            while i < size:
                a = out[t - 1, i]
                for j in range(size):
                    x = a + matrix[i, j]
                    best[j] = x if x > best[j] else best[j]
                i += 1
        peak = -np.inf
        for j in range(size):
            best[j] += scores[t, j]
            peak = best[j] if best[j] > peak else peak
        if peak == -np.inf:
            return t
        for j in range(size):
            out[t, j] = best[j] - peak
    return -1


@kernel(error_model="numpy")
def trace_back(transposed: Array, best: Array, path: Ints) -> None:
    """The best path (T,), from the last state back; among equals the lower state. `transposed` is (K, to, from)."""
    steps, size = best.shape
    for t in range(steps - 1, -1, -1):
        top, state = -np.inf, 0
        for i in range(size):
            x = best[t, i]
            if t < steps - 1:
                x += transposed[min(t, transposed.shape[0] - 1), path[t + 1], i]
            if x > top:
                top, state = x, i
        path[t] = state


@kernel(error_model="numpy")
def path_score(initial: Array, transition: Array, scores: Array, path: Ints) -> float:
    """Score of a path (T,), summed in twice the working precision; -inf where a part is."""
    total = np.zeros(2)
    plain = 0.0
    for t in range(path.size):
        j = path[t]
        step = initial[j] if t == 0 else transition[min(t - 1, transition.shape[0] - 1), path[t - 1], j]
        plain += step + scores[t, j]
        _add(total, step)
        _add(total, scores[t, j])
    return total[0] + total[1] if np.isfinite(plain) else plain


@kernel(error_model="numpy")
def draw_paths(initial: Array, transition: Array, onward: Array, uniform: Array, paths: Ints) -> None:
    """Paths (n, T) from uniform numbers (n, T); `onward` (T, S) is the score of a state and of all that follows it."""
    steps, size = onward.shape
    weights = np.empty(size)
    for n in range(paths.shape[0]):
        for t in range(steps):
            peak = -np.inf
            for j in range(size):
                step = initial[j] if t == 0 else transition[min(t - 1, transition.shape[0] - 1), paths[n, t - 1], j]
                weights[j] = step + onward[t, j]
                peak = weights[j] if weights[j] > peak else peak
            total = 0.0
            for j in range(size):
                weights[j] = math.exp(weights[j] - peak)
                total += weights[j]
            mark = uniform[n, t] * total
            running = 0.0
            for j in range(size):
                running += weights[j]
                if weights[j] > 0.0:
                    paths[n, t] = j
                    if running > mark:
                        break
