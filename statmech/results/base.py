"""What writer and reader of a results file must agree on."""

from __future__ import annotations

from typing import Final

__all__ = ["FLAGS", "MAGIC", "NEXUS", "SCHEMA", "SCHEMA_VERSION"]

SCHEMA_VERSION: Final = 1
"""Raised when a reader of the old layout would misread the new one."""

SCHEMA: Final = "statmech_schema"  # the attribute that holds it
MAGIC: Final = b"\x89HDF\r\n\x1a\n"
NEXUS: Final = ("NX_class", "signal", "axes", "auxiliary_signals", "default")
FLAGS: Final = frozenset({"flag_values", "flag_masks"})  # attributes with numbers of the type of their variable
