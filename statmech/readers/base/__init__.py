"""What every reader shares: opening a file, strict rows of numbers, and the result of a reader.

A reader is a function ``open_levels(path, unit, chunk_size, **options) -> LevelFile``. Everything it has to say
against a file is a :class:`~statmech.errors.FileFormatError` with file, line and column.
"""

from __future__ import annotations

from statmech.readers.base.degeneracy_rule import DegeneracyRule
from statmech.readers.base.level_files import Columns, LevelFile, Sections, agreed_unit
from statmech.readers.base.rows import Layout, character_column, half_integer, parse_rows, split_cells
from statmech.readers.base.text_files import (
    UNREADABLE,
    Lines,
    compressed,
    damage,
    existing_file,
    line_blocks,
    open_text,
    section_blocks,
    section_starts,
)

__all__ = [
    "UNREADABLE",
    "Columns",
    "DegeneracyRule",
    "Layout",
    "LevelFile",
    "Lines",
    "Sections",
    "agreed_unit",
    "character_column",
    "compressed",
    "damage",
    "existing_file",
    "half_integer",
    "line_blocks",
    "open_text",
    "parse_rows",
    "section_blocks",
    "section_starts",
    "split_cells",
]
