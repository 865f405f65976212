"""Exact diagonalisation of spin chains, and the sum over their levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants
from statmech.errors import InputError, PrecisionError
from statmech.levels import EnergyLevels
from statmech.methods.base import Cost, Method, Support
from statmech.methods.diagonalization.bit_hamiltonian import bit_hamiltonian
from statmech.methods.diagonalization.spectrum import EPS, blocks, spectrum
from statmech.models.base import Model
from statmech.models.spin_chain import SpinChain
from statmech.models.transverse_ising import TransverseIsing
from statmech.summation import sum_levels
from statmech.units import kelvin_per

__all__ = ["ChainState", "Diagonalization"]

Array = npt.NDArray[np.float64]

_MOST_SITES = 18
_MOST_ROWS = 8300  # of a block: 550 MB, and as much again inside LAPACK
_BOUND = 1e-10
_NOTHING = 750.0  # exp(-750) is 0


@dataclass(frozen=True)
class ChainState:
    """All levels without a field along z, the field, and how precise they are."""

    levels: EnergyLevels
    field: float
    unit: str
    blur: float  # error of a level, in the unit of the levels


class Diagonalization(Method):
    r"""Z = sum exp(-E/T) over the eigenvalues of H, from LAPACK in the sectors of M, momentum, reflection and flip.

    A ring of 16 has blocks of some 400 to 800 rows instead of 65536. Levels are right to some eps times the norm of H,
    which bounds the relative error of weights by that over T: 1e-10 down to T = 1e-5 of the norm; below that a
    temperature is refused unless nothing but the ground level is left. Cost: the cube of the rows of each block.

    Reference: A. W. Sandvik, AIP Conf. Proc. 1297, 135 (2010).

    Examples
    --------
    >>> method = Diagonalization()
    >>> state = method.prepare(SpinChain(8))
    >>> round(float(state.levels.energies.min()), 12)  # the ring of eight
    -3.651093408937
    """

    name: ClassVar[str] = "diagonalization"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "sum of exp(-E/T) over eigenvalues of H in its symmetry sectors"
    reference: ClassVar[str] = "Sandvik 2010"

    def supports(self, model: Model) -> Support:
        """Spin chains whose largest block fits."""
        if not isinstance(model, (SpinChain, TransverseIsing)):
            return Support(False, f"{model.kind!r} is no quantum spin chain")
        if model.length > _MOST_SITES:
            return Support(False, f"{model.length} spins exceed {_MOST_SITES}")
        rows = max(block.rows for block in blocks(bit_hamiltonian(model), model.periodic))
        if rows > _MOST_ROWS:
            return Support(False, f"its largest block has {rows:.0f} rows, more than {_MOST_ROWS}; shorten the chain")
        return Support(True, f"{model.length} spins: the largest of its symmetry blocks has {rows:.0f} rows")

    def prepare(self, model: Model) -> ChainState:
        """All eigenvalues."""
        assert isinstance(model, (SpinChain, TransverseIsing))
        h = bit_hamiltonian(model)
        levels = spectrum(h, model.periodic)
        own = model.field if isinstance(model, SpinChain) else 0.0
        return ChainState(levels, own, model.unit, 16 * EPS * h.norm)

    def cumulants(self, state: ChainState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """See :func:`statmech.summation.sum_levels`.

        Raises
        ------
        PrecisionError
            At temperatures so low that the levels are not known well enough.
        InputError
            If fields are given and the magnetisation is not conserved.
        """
        scaled = temperatures / kelvin_per(state.unit)  # levels are kept in units of the model
        for h in [state.field] if fields is None else fields:
            self._check(state, temperatures, scaled, float(h))
        if fields is None and state.field == 0:
            found = sum_levels(state.levels, scaled)
        elif "magnetization" not in state.levels.observables:
            raise InputError("fields: the magnetisation along z is not conserved here; no field couples to it")
        else:
            found = sum_levels(state.levels, scaled, [state.field] if fields is None else fields)
        scale = kelvin_per(state.unit)
        hot = np.isinf(temperatures)
        mean, covariance = found.mean.copy(), found.covariance.copy()
        # component 0 is in units of T, but at T = inf an energy
        mean[..., hot, 0] *= scale
        covariance[..., hot, 0, :] *= scale
        covariance[..., hot, :, 0] *= scale
        parts = (found.reference * scale, found.log_z, mean, covariance)
        if fields is None and state.field != 0:
            parts = (parts[0][0], parts[1][0], parts[2][0], parts[3][0])
        return Cumulants(temperatures, *parts, found.observables)

    @staticmethod
    def _check(state: ChainState, temperatures: Array, scaled: Array, h: float) -> None:
        energies = state.levels.energies
        if h != 0 and "magnetization" in state.levels.observables:
            energies = energies - h * state.levels.observables["magnetization"]
        for t in np.flatnonzero((scaled != 0) & (np.abs(scaled) < state.blur / _BOUND)):
            end = energies.max() if scaled[t] < 0 else energies.min()
            gaps = np.abs(energies - end)
            near = gaps[gaps > 16 * state.blur].min(initial=np.inf)
            if near / abs(scaled[t]) < _NOTHING:
                raise PrecisionError(
                    f"temperature: at {temperatures[t]} levels {near:.3g} above the ground level count, and they are "
                    f"known to {state.blur:.1g} only; raise the temperature above "
                    f"{state.blur / _BOUND * kelvin_per(state.unit):.2g}, or ask for 0"
                )

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:
        """The cubes of the blocks, and the sum."""
        assert isinstance(model, (SpinChain, TransverseIsing))
        seconds, largest = 0.1, 0.0
        for block in blocks(bit_hamiltonian(model), model.periodic):
            seconds += (_REAL if block.sector.real else _COMPLEX) * block.rows**3 + 1e-3
            largest = max(largest, block.rows**2 * (8 if block.sector.real else 16))
        levels = 2.0**model.length
        return Cost(seconds + (3e-9 * levels + 5e-5) * temperatures * fields, 2.2 * largest + 400 * levels + 5e7)

    def error_bound(self, model: Model) -> float:  # noqa: ARG002
        """1e-10: LAPACK's levels allow no more."""
        return _BOUND

    def observables(self, model: Model) -> tuple[str, ...]:
        """The magnetisation along z of a chain that conserves it."""
        return ("magnetization",) if isinstance(model, SpinChain) else ()


_REAL, _COMPLEX = 1.5e-10, 5e-10  # seconds per cubed row on one core
