"""A spectrum from a file: whatever energy levels were measured or computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from statmech.level_streams import LevelStream
from statmech.levels import EnergyLevels
from statmech.readers import open_levels, read_levels

__all__ = ["Spectrum"]

_OPTIONS = (
    "energy",
    "degeneracy",
    "j",
    "uncertainty",
    "delimiter",
    "decimal",
    "comment",
    "ambiguous",
    "columns",
    "complete",
)


STREAMED_FROM = 1.2e7  # levels: in memory they and their sums would take about half a gigabyte


@dataclass(frozen=True, init=False)
class Spectrum:
    r"""H = sum_i E_i P_i: the energy levels E_i listed in a file, each on its g_i states.

    .. math:: Z = \sum_i g_i e^{-E_i/T}

    The zero of energy is the file's. The head of the file is read at once, so that what is wrong with it shows before
    any work; the levels are read when first asked for, once.

    Parameters
    ----------
    file : path-like
        The level file.
    format : str
        ``auto``, ``delimited``, ``exomol``, ``nist``, ``marvel`` or ``arrays``; see
        :func:`statmech.readers.read_levels`.
    unit : str, optional
        Energy unit, needed where the file does not name one. The attribute ``unit`` is the one found.
    energy, degeneracy, j, uncertainty : str or int, optional
        Columns (by name, or by number from 1) or arrays (by name), where they are not found by themselves.
        ``degeneracy: none`` says that every line is one state; ``uncertainty: none`` that energies are exact.
    delimiter, decimal, comment : str, optional
        How a text table is cut, its decimal sign, and what starts a comment.
    ambiguous : str, optional
        ``mean``, ``first``, ``skip`` or ``error`` for NIST levels with "a or b" as J.
    columns : str, optional
        Names of the columns of a MARVEL file; ``degeneracy`` is then a formula of them, such as ``2*J + 1``.
    in_memory : bool, optional
        Whether to read all levels at once, or to sum them block by block as they are read, at constant memory. By
        default files of more than some ten million levels are streamed.
    complete : bool, optional
        Whether the file has every level there is; by default so in reduced units only. Where it has not, results at
        temperatures that reach the end of the list are flagged (:mod:`statmech.completeness`).

    Raises
    ------
    FileFormatError
        If the file is missing or its head is not what it should be; :meth:`levels` for the rest.
    InputError
        If the format or an option does not exist, or the option is none of the format's.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "fine_structure.csv"
    >>> _ = path.write_text("energy [cm-1],J\n0.0,1/2\n881.0,3/2\n")
    >>> spectrum = Spectrum(path)
    >>> spectrum.unit, spectrum.levels().degeneracies
    ('cm-1', array([2., 4.]))
    """

    file: Path
    format: str
    unit: str
    options: tuple[tuple[str, str | int], ...]
    in_memory: bool | None
    _cache: dict[str, Any] = field(repr=False, compare=False)

    kind: ClassVar[str] = "spectrum"
    sites: ClassVar[int | None] = None

    def __init__(
        self,
        file: str | Path,
        format: str = "auto",  # noqa: A002
        unit: str | None = None,
        energy: str | int | None = None,
        degeneracy: str | int | None = None,
        j: str | int | None = None,
        uncertainty: str | int | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
        comment: str | None = None,
        ambiguous: str | None = None,
        columns: str | None = None,
        complete: bool | None = None,
        in_memory: bool | None = None,
    ) -> None:
        given = (energy, degeneracy, j, uncertainty, delimiter, decimal, comment, ambiguous, columns, complete)
        asked = zip(_OPTIONS, given, strict=True)
        options: dict[str, Any] = {name: value for name, value in asked if value is not None}
        head = open_levels(file, format, unit, **options)
        head.close()
        set_field = object.__setattr__
        set_field(self, "file", Path(file))
        set_field(self, "format", head.notes["format"])
        set_field(self, "unit", head.unit)
        set_field(self, "options", tuple(options.items()))
        set_field(self, "in_memory", in_memory)
        set_field(self, "_cache", {})

    def levels(self) -> EnergyLevels:
        """All levels of the file, read at the first call.

        Raises
        ------
        FileFormatError
            With line and column of what is not a level.
        """
        if "levels" not in self._cache:
            options: dict[str, Any] = dict(self.options)
            self._cache["levels"] = read_levels(self.file, self.format, self.unit, **options)
        levels: EnergyLevels = self._cache["levels"]
        return levels

    def stream(self) -> LevelStream | None:
        """The levels to be summed as they are read, where the file is large or was not to be read into memory."""
        if self.in_memory:
            return None
        if "stream" not in self._cache:
            self._cache["stream"] = LevelStream(self.file, self.format, self.unit, dict(self.options))
        stream: LevelStream = self._cache["stream"]
        return stream if self.in_memory is False or stream.size > STREAMED_FROM else None

    def __getstate__(self) -> dict[str, Any]:
        """Without the levels: another process reads the file itself."""
        return {**self.__dict__, "_cache": {}}
