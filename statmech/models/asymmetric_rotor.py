"""The asymmetric top, by diagonalisation in Wang's blocks, with nuclear spins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError, ResourceError
from statmech.levels import EnergyLevels
from statmech.models.base import StateCount
from statmech.units import canonical_unit

__all__ = ["AsymmetricRotor", "wang_energies"]

Array = npt.NDArray[np.float64]

_MOST_J = 600  # 3e5 levels; 4 J blocks of J / 2 rows: half a minute
_SPECIES = ("ee", "eo", "oe", "oo")


@dataclass(frozen=True)
class AsymmetricRotor:
    r"""H = A J_a^2 + B J_b^2 + C J_c^2: each level of J on (2J + 1) g states, g by the parities of K_a and K_c.

    The 2J + 1 levels of J are eigenvalues of four tridiagonal matrices (Wang's symmetric combinations of K and -K of
    a prolate top). The weight g of the nuclear spins goes by even or odd K_a and K_c: of H2O (axis b) the levels with
    K_a + K_c even have 1 (para), the odd ones 3 (ortho): ``weights: [1, 3, 3, 1]``.
    S. C. Wang, Phys. Rev. 34, 243 (1929); G. W. King, R. M. Hainer and P. C. Cross, J. Chem. Phys. 11, 27 (1943).

    Parameters
    ----------
    constants : tuple of float
        Three rotational constants in ``unit``, positive, in any order (A >= B >= C after sorting).
    weights : tuple of float
        g for (K_a, K_c) = (even, even), (even, odd), (odd, even), (odd, odd); not negative, not all zero.
    unit : str
        Unit of the constants; ``reduced`` means k_B = 1.

    Raises
    ------
    InputError
        If a constant is not positive or the weights are no weights.

    Examples
    --------
    >>> water = AsymmetricRotor((27.881, 14.522, 9.278), weights=(1, 3, 3, 1), unit="cm-1")
    >>> levels = water.ladder(45.0)
    >>> (levels.energies + levels.offset).round(3), levels.degeneracies  # 000, 101, 111, 110
    (array([ 0.   , 23.8  , 37.159, 42.403]), array([1., 9., 3., 9.]))
    """

    constants: tuple[float, float, float]
    weights: tuple[float, float, float, float] = (1, 1, 1, 1)
    unit: str = "reduced"

    kind: ClassVar[str] = "asymmetric_rotor"
    sites: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if len(self.constants) != 3 or not all(0 < value < math.inf for value in self.constants):
            raise InputError(f"constants: expected three positive numbers; got {self.constants}")
        if len(self.weights) != 4 or not all(0 <= g < math.inf for g in self.weights) or not any(self.weights):
            raise InputError(f"weights: expected four numbers >= 0, not all zero; got {self.weights}")
        object.__setattr__(self, "constants", tuple(sorted(map(float, self.constants), reverse=True)))
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))
        object.__setattr__(self, "unit", canonical_unit(self.unit))

    @property
    def ground(self) -> tuple[float, float]:
        """Energy and degeneracy of the lowest level with weight."""
        levels = self._up_to(2)
        low = int(np.argmin(levels[0]))
        return float(levels[0][low]), float(levels[1][low])

    def ladder(self, energy: float) -> EnergyLevels:
        """All levels up to ``energy`` above the ground level, in rising order.

        Raises
        ------
        ResourceError
            If J above 600 would be needed.
        """
        base = self.ground[0]
        limit = base + max(energy, 0.0)
        top = math.floor(math.sqrt(0.25 + limit / self.constants[2]) - 0.5)  # no level of J is below C J(J + 1)
        if top > _MOST_J:
            raise ResourceError(
                f"asymmetric_rotor: {energy:.3g} {self.unit} above the ground level are J = 0 ... {top}; the limit is "
                f"J = {_MOST_J}: lower the temperature, "
                "or take the kind molecule, whose rotation is classical and right so far above B/k"
            )
        energies, g = self._up_to(max(top, 2))
        keep = np.flatnonzero(energies <= limit)
        order = keep[np.argsort(energies[keep], kind="stable")]
        return EnergyLevels(energies[order] - base, g[order], unit=self.unit, offset=base)

    def _up_to(self, top: int) -> tuple[Array, Array]:
        energies, degeneracies = [], []
        for J in range(top + 1):
            for species, values in wang_energies(J, self.constants).items():
                weight = self.weights[_SPECIES.index(species)]
                if weight > 0 and values.size:
                    energies.append(values)
                    degeneracies.append(np.full(values.size, weight * (2 * J + 1)))
        return np.concatenate(energies), np.concatenate(degeneracies)

    def first_gap(self) -> float:
        """Between the two lowest levels with weight."""
        energies = np.unique(self._up_to(4)[0])
        return float(energies[1] - energies[0])

    def state_count(self) -> StateCount:
        """(J + 1)(2J + 1)(2J + 3)/3 states up to J, at most 4 (1 + E / C)^(3/2), counted from the ground level."""
        base, degeneracy = self.ground
        lift = 1 + base / self.constants[2]
        return StateCount(4 * max(self.weights) / degeneracy * lift**1.5, self.constants[2] * lift, 1.5)


def wang_energies(J: int, constants: tuple[float, float, float]) -> dict[str, Array]:
    r"""The 2J + 1 eigenvalues of one J, by the parities of K_a and K_c ("eo": K_a even, K_c odd), each rising.

    In the basis of a prolate top (K along a), H has diagonal :math:`\tfrac{B + C}{2} [J(J+1) - K^2] + A K^2` and
    couples K to K + 2 by :math:`\tfrac{B - C}{4} \sqrt{[J(J+1) - K(K+1)][J(J+1) - (K+1)(K+2)]}`. With
    :math:`|K\rangle \pm |{-K}\rangle` it falls into E+ (K even, +), E-, O+ and O-.

    Examples
    --------
    >>> {name: values.tolist() for name, values in wang_energies(1, (4.0, 2.0, 1.0)).items()}
    {'ee': [], 'eo': [3.0], 'oe': [6.0], 'oo': [5.0]}
    """
    from scipy.linalg import eigvalsh_tridiagonal

    A, B, C = constants
    total = J * (J + 1)
    found = {}
    for odd in (0, 1):
        K = np.arange(odd, J + 1, 2, dtype=np.float64)
        # (B + C)/2 (J(J+1) - K^2) + A K^2: positive terms only
        diagonal = 0.5 * (B + C) * (total - K * K) + A * K * K
        side = 0.25 * (B - C) * np.sqrt((total - K * (K + 1)) * (total - (K + 1) * (K + 2)))[: max(K.size - 1, 0)]
        for sign in (1, -1):
            d, e = diagonal.copy(), side.copy()
            if odd == 0 and sign > 0 and e.size:
                e[0] *= math.sqrt(2)  # K = 0 stands alone
            if odd == 0 and sign < 0:
                d, e = d[1:], e[1:]
            if odd == 1 and d.size:
                d[0] += sign * 0.25 * (B - C) * total  # K = 1 and -1 are coupled: J(J+1) (B - C)/4
            values: Array = np.array(eigvalsh_tridiagonal(d, e) if d.size else [], dtype=np.float64)
            even_sum = (J % 2 == 0) == (sign > 0)
            k_c_even = even_sum if odd == 0 else not even_sum
            found[("o" if odd else "e") + ("e" if k_c_even else "o")] = np.sort(values)
    return {name: found[name] for name in _SPECIES}
