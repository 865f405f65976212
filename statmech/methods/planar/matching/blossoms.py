"""Odd cycles shrunk to one node, opened again, and matched inside so that a given vertex is left over."""

from __future__ import annotations

from statmech.kernels import kernel
from statmech.methods.planar.matching.forest import FREE, INNER, OUTER, Forest, Int, Ints, settle

__all__ = ["expand", "rebase", "shrink"]


@kernel()
def shrink(f: Forest, b: Int, u: Int, v: Int, n: Int, now: Int, mark: Ints, fresh: Ints) -> Int:
    """Make the odd cycle that the tight edge u-v closes one node, b; vertices that became outer go to ``fresh``."""
    p = f.top[u]
    while True:  # the common ancestor: mark the way up from u, then climb from v to a mark
        mark[p] = 1
        if f.above[p] < 0:
            break
        p = f.top[f.above[f.top[f.above[p]]]]
    q = f.top[v]
    while mark[q] == 0:
        q = f.top[f.above[f.top[f.above[q]]]]
    meet = q
    p = f.top[u]
    while True:
        mark[p] = 0
        if f.above[p] < 0:
            break
        p = f.top[f.above[f.top[f.above[p]]]]
    p = f.top[u]
    while p != meet:
        t = f.top[f.above[p]]
        f.after[t], f.leave[t], f.enter[t] = p, f.above[p], f.here[p]
        s = f.top[f.above[t]]
        f.after[s], f.leave[s], f.enter[s] = t, f.above[t], f.here[t]
        p = s
    p = f.top[u]
    f.after[p], f.leave[p], f.enter[p] = f.top[v], u, v
    p = f.top[v]
    while p != meet:
        t = f.top[f.above[p]]
        f.after[p], f.leave[p], f.enter[p] = t, f.here[p], f.above[p]
        s = f.top[f.above[t]]
        f.after[t], f.leave[t], f.enter[t] = s, f.here[t], f.above[t]
        p = s
    f.first[b], f.base[b], f.z[b], f.parent[b] = meet, f.base[meet], 0, -1
    f.label[b], f.above[b], f.here[b] = OUTER, f.above[meet], f.here[meet]
    f.head[b] = f.head[meet]
    f.since[b] = now
    found = 0
    c = meet
    while True:
        following = f.after[c]
        f.before[following] = c
        settle(f, c, n, now)
        w = f.head[c]
        while w >= 0:
            f.top[w] = b
            if f.label[c] == INNER:
                fresh[found] = w
                found += 1
            w = f.link[w]
        f.parent[c], f.label[c] = b, FREE
        if following == meet:
            f.tail[b] = f.tail[c]
            break
        c = following
    c = meet
    while f.after[c] != meet:
        f.link[f.tail[c]] = f.head[f.after[c]]
        c = f.after[c]
    return found


@kernel()
def expand(f: Forest, b: Int, tree: Ints, count: Int) -> Int:
    """Undo an inner blossom whose z is 0: its children come to the top, and an even path of them into the tree."""
    root = f.first[b]
    c = root
    while True:
        f.parent[c] = -1
        f.link[f.tail[c]] = -1
        w = f.head[c]
        while w >= 0:
            f.top[w] = c
            w = f.link[w]
        c = f.after[c]
        if c == root:
            break
    entry = f.top[f.here[b]]
    odd = False
    c = root
    while c != entry:
        odd = not odd
        c = f.after[c]
    f.label[entry], f.above[entry], f.here[entry] = INNER, f.above[b], f.here[b]
    tree[count] = entry
    count += 1
    c = entry
    while c != root:  # each inner child, then the outer one it is matched to, towards the base
        if odd:
            s = f.after[c]
            f.above[s], f.here[s] = f.leave[c], f.enter[c]
            t = f.after[s]
            f.above[t], f.here[t] = f.leave[s], f.enter[s]
        else:
            s = f.before[c]
            f.above[s], f.here[s] = f.enter[s], f.leave[s]
            t = f.before[s]
            f.above[t], f.here[t] = f.enter[t], f.leave[t]
        f.label[s], f.label[t] = OUTER, INNER
        tree[count], tree[count + 1] = s, t
        count += 2
        c = t
    return count


@kernel()
def rebase(f: Forest, b: Int, v: Int, n: Int, stack: Ints) -> None:
    """Match the inside of node b so that vertex v is left over."""
    depth = 0
    if b >= n:
        stack[0, 0], stack[0, 1] = b, v
        depth = 1
    while depth > 0:
        depth -= 1
        b, v = stack[depth, 0], stack[depth, 1]
        child = v
        while f.parent[child] != b:
            child = f.parent[child]
        if child >= n:
            stack[depth, 0], stack[depth, 1] = child, v
            depth += 1
        odd = False
        c = f.first[b]
        while c != child:
            odd = not odd
            c = f.after[c]
        while c != f.first[b]:
            if odd:
                p = f.after[c]
                q = f.after[p]
                w, x = f.leave[p], f.enter[p]
            else:
                p = f.before[c]
                q = f.before[p]
                w, x = f.enter[q], f.leave[q]
            if p >= n:
                stack[depth, 0], stack[depth, 1] = p, w
                depth += 1
            if q >= n:
                stack[depth, 0], stack[depth, 1] = q, x
                depth += 1
            f.mate[w], f.mate[x] = x, w
            c = q
        f.first[b], f.base[b] = child, v
