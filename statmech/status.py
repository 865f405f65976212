"""Status of a result point: bit flags, so that a point may have several; 0 needs no second look."""

from __future__ import annotations

from enum import IntFlag

__all__ = ["STATUS_FLAGS", "Status"]


class Status(IntFlag):
    """Why a value must be looked at twice. The bits are CF ``flag_masks``: a point may have several.

    Values are never replaced because of a status: they are what the sum, the table or the chain gave.

    Examples
    --------
    >>> Status.names(5)
    ('levels_incomplete', 'outside_range')
    >>> Status.names(0)
    ()
    >>> Status.OUTSIDE_RANGE.meaning.split(";")[0]
    'the temperature is outside the range that the file or model covers'
    """

    LEVELS_INCOMPLETE = 1
    ABOVE_IONIZATION = 2
    OUTSIDE_RANGE = 4
    TOO_FEW_SAMPLES = 8
    NOT_EQUILIBRATED = 16
    NOT_CONVERGED = 32
    PENDING = 64

    @property
    def meaning(self) -> str:
        """What a flag says, as a sentence for results and figures."""
        return _MEANINGS[self]

    @staticmethod
    def names(value: int) -> tuple[str, ...]:
        """Names of the flags that are set in a value, in lower case."""
        return tuple(str(flag.name).lower() for flag in Status if value & flag)


STATUS_FLAGS = {int(flag): str(flag.name).lower() for flag in Status}
"""Bit of ``status`` -> its name; 0, no bit at all, is the only value that needs no second look."""

_MEANINGS = {
    Status.LEVELS_INCOMPLETE: "the list of levels ends too low for this temperature; "
    "the levels that it lacks would change the last digits or more",
    Status.ABOVE_IONIZATION: "levels above the ionization limit of the file carry weight at this temperature; "
    "bound states alone give other values",
    Status.OUTSIDE_RANGE: "the temperature is outside the range that the file or model covers; nothing is extrapolated",
    Status.TOO_FEW_SAMPLES: "too few independent samples for a trustworthy error bar; sample longer",
    Status.NOT_EQUILIBRATED: "the chain still drifted at the end of its start-up; sample longer",
    Status.NOT_CONVERGED: "an iteration stopped before its residual was met",
    Status.PENDING: "not computed yet",
}
