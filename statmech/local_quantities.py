"""Quantities of single sites and bonds, for those who ask: local magnetisations, correlations of neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from statmech.errors import UnsupportedError
from statmech.methods.elimination import HasNetwork, local_means
from statmech.models.base import Model

__all__ = ["LOCAL_QUANTITIES", "local_quantities"]

Array = npt.NDArray[np.float64]

# name -> (what it is counted over, long name, nature as in ``dataset.Extra``)
LOCAL_QUANTITIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "local_magnetization": ("site", "Local magnetization", "number"),
    "bond_correlation": ("bond", "Correlation of the two sites of a bond", "number"),
    "bond_energy": ("bond", "Energy of a bond", "energy"),
}
_WHERE: Final = {
    "local_magnetization": "magnetizations",
    "bond_correlation": "bond_correlations",
    "bond_energy": "bond_energies",
}


def local_quantities(
    model: Model, temperatures: Iterable[float], fields: Iterable[float] | None, names: Iterable[str]
) -> dict[str, Array]:
    r"""Means of single sites and of bonds, exactly, by elimination and its backward pass.

    ``local_magnetization`` is :math:`\langle s_i \rangle` (Potts: :math:`\langle \delta(s_i, 0) \rangle`),
    ``bond_correlation`` is :math:`\langle s_i s_j \rangle` (Potts: :math:`\langle \delta(s_i, s_j) \rangle`), not
    connected, and ``bond_energy`` is -J times it.

    Parameters
    ----------
    model : Ising, Potts or BlumeCapel
        On a finite lattice.
    temperatures, fields : iterable of float
        T, and uniform fields in place of the model's own, or None.
    names : iterable of str
        Keys of :data:`LOCAL_QUANTITIES`.

    Returns
    -------
    dict of str to array, shape (T, n) or (F, T, n)
        n sites, or bonds in the order of ``lattice.bonds``.

    Raises
    ------
    UnsupportedError
        If the model has no finite lattice.
    ResourceError
        If the tables of the elimination would not fit into memory.

    Examples
    --------
    A chain of three: <s_0 s_1> = tanh(J/T).

    >>> from statmech import lattices
    >>> from statmech.models.ising import Ising
    >>> chain = Ising(lattices.chain(3, periodic=False))
    >>> local_quantities(chain, [1.0], None, ["bond_correlation"])["bond_correlation"].round(6)
    array([[0.761594, 0.761594]])
    """
    wanted = list(names)
    lattice = getattr(model, "lattice", None)
    if lattice is None or lattice.infinite or not isinstance(model, HasNetwork) or not hasattr(model, "coupling"):
        raise UnsupportedError(
            f"quantities: {', '.join(wanted)} need a model with finitely many states per site on a finite lattice; "
            f"got {model.kind!r}"
        )
    changed: Any = model
    copies = [changed] if fields is None else [replace(changed, field=float(h)) for h in fields]
    each = [[local_means(copy, float(temperature)) for temperature in temperatures] for copy in copies]
    found = {name: np.array([[getattr(means, _WHERE[name]) for means in row] for row in each]) for name in wanted}
    return found if fields is not None else {name: array[0] for name, array in found.items()}
