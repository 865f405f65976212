r"""NASA-7 and NASA-9 polynomials: Cp, H and S of a gas in ranges of temperature, and their fit.

.. math:: C_p/R = \sum_k a_k T^{p_k}, \quad H/R = \int C_p/R\, dT + b_1, \quad S/R = \int C_p/(R T)\, dT + b_2

with powers p = 0 ... 4 (seven numbers: S. Gordon and B. J. McBride, NASA SP-273, 1971) or -2 ... 4 (nine numbers: B. J.
McBride, M. J. Zehe and S. Gordon, NASA/TP-2002-211556).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError
from statmech.frozen import Frozen, frozen
from statmech.units import GAS_CONSTANT

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["NasaPolynomials", "fit"]

Array = npt.NDArray[np.float64]

_POWERS: Final = {7: np.arange(0, 5), 9: np.arange(-2, 5)}
_JOINTS: Final = {7: (1000.0,), 9: (1000.0, 6000.0)}  # where ranges meet in the tables of NASA
_ROOM = 298.15  # K, where the enthalpy of formation is that of the species
_SCALE = 1000.0  # K: T/1000 keeps the powers of one size
_QUANTITIES: Final = (
    ("heat_capacity_constant_pressure", "J/mol/K"),
    ("enthalpy_above_298", "kJ/mol"),
    ("entropy", "J/mol/K"),
)


@dataclass(frozen=True, eq=False)
class NasaPolynomials(Frozen):
    """Polynomials of one species.

    Attributes
    ----------
    terms : {7, 9}
        Numbers per range.
    temperatures : array, shape (n + 1,)
        Ends of the ranges, in K.
    coefficients : array, shape (n, terms)
        In the order of NASA: powers of T rising, then b1 and b2 (a6, a7 of the older form).
    errors : mapping of str to float
        Largest deviation from the data: ``heat_capacity`` and ``entropy`` in J/mol/K, ``enthalpy`` in kJ/mol.

    Examples
    --------
    >>> cold = NasaPolynomials(7, np.array([200.0, 1000.0]), np.array([[2.5, 0, 0, 0, 0, -745.375, 4.37967491]]), {})
    >>> cold.heat_capacity(300.0).round(4), cold.entropy(298.15).round(3)  # argon
    (np.float64(20.7862), np.float64(154.846))
    """

    terms: int
    temperatures: Array
    coefficients: Array
    errors: Mapping[str, float]

    def heat_capacity(self, temperature: npt.ArrayLike) -> Array:
        """Cp in J/mol/K at temperatures in K."""
        return GAS_CONSTANT * self._sum(temperature, 0)

    def enthalpy(self, temperature: npt.ArrayLike) -> Array:
        """H in kJ/mol; H(298.15) is the enthalpy of formation."""
        return GAS_CONSTANT * 1e-3 * self._sum(temperature, 1)

    def entropy(self, temperature: npt.ArrayLike) -> Array:
        """S in J/mol/K."""
        return GAS_CONSTANT * self._sum(temperature, 2)

    def _sum(self, temperature: npt.ArrayLike, row: int) -> Array:
        T = np.asarray(temperature, dtype=np.float64)
        low, high = self.temperatures[0], self.temperatures[-1]
        if np.any(~((low <= T) & (high >= T))):
            raise InputError(f"temperature: expected {low:g} to {high:g} K, the ranges of the fit; got {T}")
        place = np.clip(np.searchsorted(self.temperatures, T) - 1, 0, len(self.coefficients) - 1)
        factor = T if row == 1 else 1.0  # the rows are those of H/RT
        made: Array = factor * np.sum(self.coefficients[place] * _rows(self.terms, T)[row], axis=-1)
        return made


def _rows(terms: int, x: Array) -> Array:
    """What each coefficient is multiplied with in Cp/R, H/(R x) and S/R at x, shape (3, ..., terms)."""
    x = np.asarray(x, dtype=np.float64)[..., None]
    powers, log = _POWERS[terms], np.log(x)
    value = x**powers
    with np.errstate(divide="ignore", invalid="ignore"):  # the power where it would is the logarithm
        h = np.where(powers == -1, log / x, value / (powers + 1.0))
        s = np.where(powers == 0, log, value / powers)
    nothing, one = np.zeros_like(x), np.ones_like(x)
    parts = ((value, nothing, nothing), (h, 1.0 / x, nothing), (s, nothing, one))
    return np.stack([np.concatenate(part, axis=-1) for part in parts])


def fit(
    dataset: Dataset,
    terms: Literal[7, 9] = 7,
    joints: Sequence[float] | None = None,
    formation_enthalpy: float = 0.0,
) -> NasaPolynomials:
    r"""Fit Cp, H and S of a molecule together, by least squares of Cp/R, H/RT and S/R.

    Exact, not fitted: Cp, H and S are continuous where ranges meet; H(298.15) is the enthalpy of formation; and
    where 298.15 K is one of the temperatures, Cp and S are right there.

    Parameters
    ----------
    dataset : xarray.Dataset
        Results of a molecule over temperature alone, in molar units.
    terms : {7, 9}
        Numbers per range.
    joints : sequence of float, optional
        Temperatures where ranges meet; 1000 K (and 6000 K for nine terms), as far as they are inside.
    formation_enthalpy : float
        Of the species from its elements at 298.15 K, in kJ/mol.

    Returns
    -------
    NasaPolynomials
        From the lowest to the highest temperature, with the largest deviations.

    Raises
    ------
    InputError
        If the results are none of a molecule, not molar, marked by ``status``, or too few in a range.

    Examples
    --------
    >>> from statmech import solve
    >>> from statmech.models.molecule import Molecule
    >>> ds = solve(Molecule(28.0134, [1.98957], [2329.92], 2), np.linspace(200, 3000, 141))
    >>> nitrogen = fit(ds)
    >>> nitrogen.enthalpy(298.15).round(9), nitrogen.errors["heat_capacity"] < 0.1
    (np.float64(0.0), True)
    """
    if terms not in _POWERS:
        raise InputError(f"terms: expected 7 or 9; got {terms}")
    if not math.isfinite(formation_enthalpy):
        raise InputError(f"formation_enthalpy: expected a number of kJ/mol; got {formation_enthalpy}")
    T, data = _table(dataset)
    ends = _ends(T, _JOINTS[terms] if joints is None else joints, given=joints is not None)
    ranges = list(pairwise(ends))
    rows, values, exact, wanted = [], [], [], []
    total = terms * len(ranges)
    for k, (low, high) in enumerate(ranges):
        here = np.flatnonzero((low <= T) & (high >= T))
        if here.size < 2 * terms:
            raise InputError(
                f"temperature: expected at least {2 * terms} points from {low:g} to {high:g} K; got {here.size}; "
                "solve at more temperatures, or set joints"
            )
        block = np.zeros((3, here.size, total))
        block[:, :, k * terms : (k + 1) * terms] = _rows(terms, T[here] / _SCALE)
        rows.append(block.reshape(-1, total))
        values.append(data[:, here].ravel())
    at = np.zeros((3, total))
    for k, joint in enumerate(ends[1:-1]):
        place, both = slice(k * terms, (k + 2) * terms), _rows(terms, np.array(joint / _SCALE))
        at[:] = 0.0
        at[:, place] = np.concatenate([both, -both], axis=-1)
        exact.append(at.copy())
        wanted.append(np.zeros(3))
    for k in [k for k, (low, high) in enumerate(ranges) if low <= _ROOM <= high][:1]:
        at[:] = 0.0
        at[:, k * terms : (k + 1) * terms] = _rows(terms, np.array(_ROOM / _SCALE))
        known = np.flatnonzero(_ROOM == T)
        exact.append(at.copy() if known.size else at[1:2].copy())
        wanted.append(data[:, known[0]] if known.size else np.zeros(1))
    solved = _least_squares(np.concatenate(rows), np.concatenate(values), exact, wanted)
    coefficients = _unscaled(terms, solved.reshape(len(ranges), terms))
    coefficients[:, -2] += formation_enthalpy * 1e3 / GAS_CONSTANT
    made = NasaPolynomials(terms, np.array(ends), coefficients, frozen({}))
    errors = {
        "heat_capacity": made.heat_capacity(T) - data[0] * GAS_CONSTANT,
        "enthalpy": made.enthalpy(T) - formation_enthalpy - data[1] * T * GAS_CONSTANT * 1e-3,
        "entropy": made.entropy(T) - data[2] * GAS_CONSTANT,
    }
    largest = frozen({name: float(np.abs(values).max()) for name, values in errors.items()})
    for array in (made.temperatures, made.coefficients):
        array.flags.writeable = False
    return NasaPolynomials(terms, made.temperatures, made.coefficients, largest)


def _table(dataset: Dataset) -> tuple[Array, Array]:
    """Temperatures, shape (T,), and Cp/R, [H - H(298.15)]/RT and S/R, shape (3, T)."""
    columns = []
    for name, unit in _QUANTITIES:
        if name not in dataset:
            raise InputError(
                f"dataset: expected results of a molecule, with {name!r}; got {', '.join(map(str, dataset))}"
            )
        variable = dataset[name]
        if variable.dims != ("temperature",):
            raise InputError(f"dataset: expected the axis temperature alone; got {variable.dims}; choose with isel")
        if variable.attrs.get("units") != unit:
            raise InputError(f"dataset: expected {name} in {unit}; got {variable.attrs.get('units')}: ask for molar")
        columns.append(variable.values)
    T = dataset["temperature"].values.astype(float)
    marked = np.flatnonzero(dataset["status"].values) if "status" in dataset else np.empty(0, dtype=int)
    if marked.size:
        raise InputError(f"temperature: results at {T[marked[0]]:g} K are marked by status; begin above")
    order = np.argsort(T)
    T = T[order]
    if T.size < 2 or not np.all(np.diff(T) > 0):
        raise InputError("temperature: expected several different temperatures")
    cp, h, s = (column[order] for column in columns)
    return T, np.stack([cp / GAS_CONSTANT, h * 1e3 / (GAS_CONSTANT * T), s / GAS_CONSTANT])


def _ends(T: Array, joints: Sequence[float], given: bool) -> list[float]:
    low, high = float(T[0]), float(T[-1])
    inside = [float(joint) for joint in joints if low < joint < high]
    if given and (len(inside) < len(joints) or sorted(set(inside)) != inside):
        raise InputError(f"joints: expected rising temperatures between {low:g} and {high:g} K; got {list(joints)}")
    return [low, *inside, high]


def _least_squares(rows: Array, values: Array, exact: list[Array], wanted: list[Array]) -> Array:
    """x that minimises |rows x - values| among those with exact x = wanted, in the null space of ``exact``."""
    size = np.linalg.norm(rows, axis=0)
    a = rows / size
    if not exact:
        return np.asarray(np.linalg.lstsq(a, values, rcond=None)[0] / size)
    c, d = np.concatenate(exact) / size, np.concatenate(wanted)
    q, r = np.linalg.qr(c.T, mode="complete")
    held = q[:, : len(d)] @ np.linalg.solve(r[: len(d)].T, d)
    free = q[:, len(d) :]
    moved = np.linalg.lstsq(a @ free, values - a @ held, rcond=None)[0]
    return np.asarray((held + free @ moved) / size)


def _unscaled(terms: int, scaled: Array) -> Array:
    """Coefficients of T from those of T/1000, of which the integrals are of H/1000 K."""
    powers, made, log = _POWERS[terms], scaled.copy(), math.log(_SCALE)
    made[:, :-2] = scaled[:, :-2] / _SCALE ** powers.astype(float)
    made[:, -2] = scaled[:, -2] * _SCALE
    if terms == 9:
        made[:, -2] -= made[:, 1] * log
    made[:, -1] = scaled[:, -1] - scaled[:, int(np.flatnonzero(powers == 0)[0])] * log
    return made
