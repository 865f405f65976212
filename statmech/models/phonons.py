"""Phonons of a crystal: harmonic modes on a mesh of wave vectors, or as a density of states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen
from statmech.readers.phonons import PhononDensity, PhononMesh, read_phonons
from statmech.units import canonical_unit, is_physical, kelvin_per

__all__ = ["Phonons"]

Array = npt.NDArray[np.float64]

_LISTED = 8  # imaginary modes in a message
# Gauss-Legendre points in each interval of a density of states. With at most 4 T per interval and at most a factor of
# 2 between its ends, 12 points hold 1e-13 (a log singularity at 0, exp(-x) above; measured against mpmath).
_POINTS = 12
_RESOLVED = 4.0
_HALVINGS = 50  # of an interval that begins at 0: the rest is below 1e-15 of it


@dataclass(frozen=True, eq=False, init=False)
class Phonons(Frozen):
    r"""H = sum over modes of hbar omega (n + 1/2): the vibrations of a crystal, per primitive cell of the file.

    .. math:: F = \frac{1}{\sum_q w_q} \sum_{q, b} w_q \left[\tfrac12 \hbar\omega_{qb}
              + k_B T \log\left(1 - e^{-\hbar\omega_{qb} / k_B T}\right)\right]

    For a density of states g, linear between the points of the file, the sum is the integral of g over the frequency.
    The zero of energy is the crystal at rest; ``reference_energy`` is the zero-point energy. Results are per mole of
    cells (per mole of atoms with ``per: site``).

    Parameters
    ----------
    cutoff : float
        Modes with a frequency within +-cutoff are left out: the three acoustic modes at the zone centre, whose
        frequency is 0 but for rounding. 0 leaves out exact zeros only. There is no default, because the entropy
        depends on it; 0.001 THz is usual for a mesh.
    file : path-like, optional
        ``mesh.yaml``, ``mesh.hdf5`` or ``total_dos.dat`` of phonopy.
    frequencies : array, shape (n,) or (q, bands), optional
        Instead of a file, as an array or lists. One list is one wave vector.
    weights : array, shape (q,), optional
        Of the wave vectors; equal where not given.
    unit : str
        Unit of frequencies and cutoff, as an energy: THz, cm-1 or meV.

    Raises
    ------
    InputError
        If a mode is imaginary (all of them are listed), a number has no meaning, or not exactly one of file and
        frequencies is given.
    FileFormatError
        If the file is not what it should be.

    Examples
    --------
    >>> crystal = Phonons(cutoff=0.001, frequencies=[[0.0, 2.0, 2.0], [1.0, 2.0, 3.0]], weights=[1, 7])
    >>> crystal.mode_count, crystal.notes["modes left out"]
    (2.875, '1 of 6, weight 1 of 24, within +-0.001 THz')
    """

    file: Path | None
    cutoff: float
    unit: str
    sites: int | None
    quanta: Array
    weights: Array
    resolved_from: float
    notes: Mapping[str, str]

    kind: ClassVar[str] = "phonons"
    example: ClassVar[dict[str, object]] = {"cutoff": 0.001, "frequencies": [[1.5, 1.5, 3.0]]}

    def __init__(
        self,
        cutoff: float,
        file: str | Path | None = None,
        frequencies: Array | None = None,
        weights: Array | None = None,
        unit: str = "THz",
    ) -> None:
        if not 0 <= cutoff < math.inf:
            raise InputError(f"cutoff: expected a number >= 0; got {cutoff}")
        unit = canonical_unit(unit)
        if not is_physical(unit):
            raise InputError("unit: expected a physical unit for frequencies, such as THz or cm-1; got 'reduced'")
        if (file is None) == (frequencies is None):
            raise InputError("frequencies: give either them or a file (mesh.yaml, mesh.hdf5, total_dos.dat)")
        if file is not None and weights is not None:
            raise InputError("weights: the file has its own; leave them out")
        source = _mesh(frequencies, weights) if file is None else read_phonons(file)
        name = "frequencies" if file is None else "file"
        scale = kelvin_per(unit)
        if isinstance(source, PhononMesh):
            kept = _real_modes(source, cutoff, unit, name)
            modes, counts = source.frequencies[kept], np.broadcast_to(source.weights[:, None], kept.shape)[kept]
            counts = counts / source.weights.sum()
            atoms, resolved = source.atoms, 0.0
            left, total = ~kept, source.weights.sum() * kept.shape[1]
            weight = float(np.sum(left * source.weights[:, None]))
            text = f"{int(left.sum())} of {left.size}, weight {weight:g} of {total:g}, within +-{cutoff:g} {unit}"
        else:
            modes, counts = _quadrature(source, cutoff, unit)
            atoms, resolved = None, float(np.max(np.diff(source.frequencies))) * scale / _RESOLVED
            text = f"those within +-{cutoff:g} {unit}"
        if modes.size == 0:
            raise InputError(f"cutoff: leaves no mode; the highest frequency is {np.max(source.frequencies):g} {unit}")
        set_field = object.__setattr__
        set_field(self, "file", None if file is None else Path(file))
        set_field(self, "cutoff", float(cutoff))
        set_field(self, "unit", unit)
        set_field(self, "sites", atoms)
        set_field(self, "quanta", modes * scale)
        set_field(self, "weights", counts)
        set_field(self, "resolved_from", resolved)
        notes = {
            **source.notes,
            "cell": "that of the file" + (f", {atoms} atom{'s' if atoms > 1 else ''}" if atoms else ""),
            "modes": f"{float(counts.sum()):.12g} per cell",
            "modes left out": text,
            "zero of energy": "the crystal at rest (no zero-point energy)",
        }
        set_field(self, "notes", frozen(notes))
        self.quanta.flags.writeable = self.weights.flags.writeable = False

    @property
    def mode_count(self) -> float:
        """Modes per cell that are summed."""
        return float(self.weights.sum())

    @property
    def zero_point_energy(self) -> float:
        """Per cell, in kelvin."""
        return float(0.5 * np.sum(self.quanta * self.weights))


def _mesh(frequencies: npt.ArrayLike | None, weights: npt.ArrayLike | None) -> PhononMesh:
    try:
        values = np.atleast_2d(np.array(frequencies, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError("frequencies: expected a list of numbers, or lists of equal length") from None
    if values.ndim != 2 or values.size == 0 or not np.all(np.isfinite(values)):
        raise InputError(f"frequencies: expected finite numbers, shape (n,) or (q, bands); got {frequencies!r}")
    counts = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    if counts.shape != values.shape[:1] or not np.all((counts > 0) & np.isfinite(counts)):
        raise InputError(f"weights: expected {len(values)} positive numbers, one per wave vector; got {weights!r}")
    bands = values.shape[1]
    count = f"{values.shape[0]} wave vectors, weights sum to {counts.sum():g}, {bands} bands"
    return PhononMesh(values, counts, None, bands // 3 if bands % 3 == 0 else None, {"phonon mesh": count})


def _real_modes(mesh: PhononMesh, cutoff: float, unit: str, name: str) -> npt.NDArray[np.bool_]:
    """Which modes are summed, shape (q, bands), once none is imaginary."""
    bad = np.argwhere(mesh.frequencies < -cutoff)
    if bad.size:
        lines = []
        for q, band in bad[:_LISTED].tolist():
            at = "" if mesh.wave_vectors is None else f" ({', '.join(f'{x:g}' for x in mesh.wave_vectors[q])})"
            lines.append(f"wave vector {q + 1}{at} band {band + 1}: {mesh.frequencies[q, band]:.6g} {unit}")
        more = f", and {len(bad) - _LISTED} more" if len(bad) > _LISTED else ""
        raise InputError(
            f"{name}: {len(bad)} imaginary mode{'s' if len(bad) > 1 else ''} (written negative) below the cutoff of "
            f"-{cutoff:g} {unit}: {'; '.join(lines)}{more}. The crystal is not stable there and has no "
            "thermodynamics; relax the structure, or raise cutoff if they are acoustic modes at the zone centre"
        )
    return mesh.frequencies > cutoff


def _quadrature(source: PhononDensity, cutoff: float, unit: str) -> tuple[Array, Array]:
    """Frequencies and weights whose sum is the integral over a density that is linear between its points."""
    x, g = source.frequencies, source.density
    negative = np.flatnonzero((g > 0) & (x < -cutoff))
    if negative.size:
        listed = "; ".join(f"{g[k]:.4g} at {x[k]:.6g} {unit}" for k in negative[:_LISTED].tolist())
        more = f", and at {negative.size - _LISTED} more" if negative.size > _LISTED else ""
        raise InputError(
            f"file: imaginary modes: the density of states below the cutoff of -{cutoff:g} {unit} is not 0: {listed}"
            f"{more}. The crystal is not stable; relax the structure, or raise cutoff if they are acoustic modes"
        )
    nodes, shares = np.polynomial.legendre.leggauss(_POINTS)
    found: list[tuple[Array, Array]] = []
    for (left, right), (g_left, g_right) in zip(pairwise(x), pairwise(g), strict=True):
        if right <= cutoff or (g_left == 0 and g_right == 0):
            continue
        low, high = max(float(left), cutoff), float(right)
        count = _HALVINGS if low == 0 else max(1, math.ceil(math.log2(high / low) - 1e-9))
        edges = [low, *(high * 2.0 ** (k + 1 - count) for k in range(count))]
        for a, b in pairwise(edges):
            at = 0.5 * (a + b) + 0.5 * (b - a) * nodes
            part = (at - left) / (right - left)
            found.append((at, 0.5 * (b - a) * shares * (g_left * (1.0 - part) + g_right * part)))
    if not found:
        return np.empty(0), np.empty(0)
    return np.concatenate([at for at, _ in found]), np.concatenate([share for _, share in found])
