"""What decides the numbers of a unit, as one hash: equal hashes, equal bits."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b, file_digest
from typing import Any

from statmech.config import RunConfig
from statmech.methods.base import Method

__all__ = ["file_hashes", "task_hash", "unit_key"]


def file_hashes(config: RunConfig) -> dict[str, str]:
    """Name -> hash of the content, of every file that the model or the method reads."""
    found = {}
    for _, path in config.inputs():
        if path not in config.sources and path.is_file():
            with path.open("rb") as file:
                found[path.name] = file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
    return found


def task_hash(
    parameters: Mapping[str, Any],
    method: Method,
    field: Iterable[float] | None,
    files: Mapping[str, str],
    schema: int,
) -> str:
    """Hash of everything that units of one task have in common.

    Parameters
    ----------
    parameters : mapping
        Resolved ones of the model and the method.
    method : Method
        The one that was chosen; ``auto`` may choose another tomorrow.
    field : iterable of float or None
        Swept fields.
    files : mapping
        From :func:`file_hashes`.
    schema : int
        Version of the journal.
    """
    known: Any = method  # a dataclass, where it has options
    options = {item.name: getattr(method, item.name) for item in fields(known)} if is_dataclass(known) else {}
    about = {
        "parameters": parameters,
        "method": [type(method).__module__, type(method).__qualname__, options],
        "field": None if field is None else list(field),
        "files": dict(files),
        "schema": schema,
    }
    text = json.dumps(_texts(about), sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def unit_key(task: str, temperatures: Iterable[float]) -> str:
    """Hash of a task at these temperatures.

    Examples
    --------
    >>> unit_key("x", [1.0]) == unit_key("x", [1.0]), unit_key("x", [1.0]) == unit_key("x", [1.0, 2.0])
    (True, False)
    """
    values = list(temperatures)
    return blake2b(task.encode() + struct.pack(f"<{len(values)}d", *values), digest_size=16).hexdigest()


def _texts(value: Any) -> Any:
    """What JSON does not know, as text."""
    if isinstance(value, Mapping):
        return {str(name): _texts(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
