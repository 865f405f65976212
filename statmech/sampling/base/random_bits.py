"""Random bits inside compiled loops: xoshiro256++, seeded from NumPy's SeedSequence.

A call through NumPy's generators costs a compiled loop 8 to 13 ns a number, these kernels 1.2 ns. The state is an
array of four uint64, so a chain that is stored and restored goes on with the same bits.

Source: D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021); bounded integers without bias by
D. Lemire, ACM Trans. Model. Comput. Simul. 29, 3 (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from statmech.kernels import kernel

__all__ = ["below", "next_word", "seeded_state", "stepped", "uniform"]

Words = npt.NDArray[np.uint64]


def seeded_state(sequence: np.random.SeedSequence) -> Words:
    """State of a generator, shape (4,), never all zero.

    Examples
    --------
    >>> int(next_word(np.array([1, 2, 3, 4], dtype=np.uint64)))  # the first number of the authors' own program
    41943041
    """
    return np.asarray(sequence.generate_state(4, np.uint64), dtype=np.uint64)


@kernel()
def next_word(state: Words) -> Any:
    """64 random bits; the state moves on."""
    total = state[0] + state[3]
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + state[0]
    shifted = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << np.uint64(45)) | (state[3] >> np.uint64(19))
    return word


@kernel(inline="always")
def stepped(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The next word and the next state of a generator whose four words are held in variables.

    A loop that stores other words cannot keep ``state`` of :func:`next_word` in registers: 5 ns a number instead of 1.
    """
    total = a + d
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << np.uint64(45)) | (d >> np.uint64(19))
    return word, a, b, c, d


@kernel()
def uniform(state: Words) -> float:
    """A number in [0, 1), a multiple of 2^-53."""
    return float(next_word(state) >> np.uint64(11)) * 1.1102230246251565e-16


@kernel()
def below(state: Words, bound: int) -> Any:
    """An integer in [0, bound), bound at most 2^32, each equally likely."""
    n = np.uint64(bound)
    low = np.uint64(0xFFFFFFFF)
    product = (next_word(state) >> np.uint64(32)) * n
    if (product & low) < n:
        threshold = (np.uint64(0x100000000) - n) % n
        while (product & low) < threshold:
            product = (next_word(state) >> np.uint64(32)) * n
    return np.int64(product >> np.uint64(32))
