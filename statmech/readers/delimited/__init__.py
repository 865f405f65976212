"""Delimited text: CSV, TSV, semicolons or white space, with or without a header."""

from __future__ import annotations

from statmech.readers.delimited.levels import open_levels

__all__ = ["open_levels"]
