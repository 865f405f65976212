"""Which stream of random numbers a chain gets: from the user's seed and what is sampled, never from an index.

So adding a temperature to a sweep, or another order of its values, changes no other point, and ``solve`` and ``run``
give the same numbers.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from statmech.errors import InputError
from statmech.lattices.base import Lattice
from statmech.models.base import LatticeModel

__all__ = ["fingerprint", "stream", "substreams"]


def fingerprint(model: Any) -> str:
    """Hash of everything that decides the energies of a model: equal models, equal hash, on any machine.

    Raises
    ------
    InputError
        If the model is no dataclass of numbers, text, arrays and lattices, and has no ``fingerprint`` of its own.

    Examples
    --------
    >>> from statmech import Ising, lattices
    >>> one, other = Ising(lattices.chain(3)), Ising(lattices.chain(3), coupling=[1.0, 1.0, 1.0])
    >>> fingerprint(one) == fingerprint(other), fingerprint(one) == fingerprint(Ising(lattices.chain(4)))
    (True, False)
    """
    digest = sha256()
    for part in _parts("model", model):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def stream(seed: int, *identity: object) -> np.random.SeedSequence:
    """The stream of a seed and of what it is for: numbers, text, floats to the last bit.

    Examples
    --------
    >>> a, b = stream(1, "metropolis", 2.0), stream(1, "metropolis", 2.5)
    >>> bool(a.generate_state(1)[0] == b.generate_state(1)[0])
    False
    """
    text = json.dumps([item.hex() if isinstance(item, float) else item for item in identity])
    words = np.frombuffer(sha256(text.encode()).digest(), dtype="<u4")
    return np.random.SeedSequence([seed, *map(int, words)])


def substreams(sequence: np.random.SeedSequence, count: int) -> list[np.random.SeedSequence]:
    """The first streams that ``sequence.spawn`` would give, whatever it gave before.

    ``spawn`` counts its calls, so that a chain that goes back to a state from before one would not meet the same
    numbers again.

    Examples
    --------
    >>> sequence = stream(1, "tempering")
    >>> first, again = substreams(sequence, 2), substreams(sequence, 2)
    >>> first[1].spawn_key == again[1].spawn_key == sequence.spawn(2)[1].spawn_key
    True
    """
    return [
        np.random.SeedSequence(sequence.entropy, spawn_key=(*sequence.spawn_key, k), pool_size=sequence.pool_size)
        for k in range(count)
    ]


def _parts(name: str, value: Any) -> list[bytes]:
    own = getattr(value, "fingerprint", None)
    if isinstance(own, str):
        return [own.encode()]
    if isinstance(value, Lattice):
        return [str(value.sites).encode(), np.ascontiguousarray(value.bonds, dtype="<i8").tobytes()]
    if isinstance(value, LatticeModel):
        # couplings and fields as they are used, so that 1.0 and a list of ones are the same model
        made = {"coupling": value.couplings, "field": value.fields}
        made |= {"anisotropy": value.anisotropies} if hasattr(value, "anisotropies") else {}
        given: Any = value  # a dataclass
        parts = [type(value).__name__.encode()]
        for key in sorted(field.name for field in fields(given)):
            parts += [key.encode(), *_parts(key, made.get(key, getattr(value, key)))]
        return parts
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        wide = "<f8" if value.dtype.kind == "f" else "<i8"
        return [str(value.shape).encode(), np.ascontiguousarray(value, dtype=wide).tobytes()]
    if isinstance(value, (bool, int, float, str, type(None), np.number)):
        return [repr(value.item() if isinstance(value, np.number) else value).encode()]
    if isinstance(value, (list, tuple)):
        return [f"{len(value)}".encode(), *(part for item in value for part in _parts(name, item))]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [type(value).__name__.encode()]
        for field in fields(value):
            if field.init:
                parts += [field.name.encode(), *_parts(field.name, getattr(value, field.name))]
        return parts
    raise InputError(
        f"model: {name}: cannot tell what {type(value).__name__} holds, which the random stream of a chain derives "
        "from; give the model a text attribute `fingerprint`"
    )
