"""Which method treats a model: the automatic choice, readable and recorded with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from statmech import methods
from statmech.errors import InputError, UnsupportedError
from statmech.methods.base import Method
from statmech.models.base import LatticeModel, Model

__all__ = ["PREFERENCE", "Choice", "choose_method", "deciding_field"]

# The order in which `auto` asks: name, options, and why it stands there. The first that supports the model is taken.
PREFERENCE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("oscillator_closed_form", {}),  # closed forms cost microseconds and hold at any size
    ("combined", {}),  # products and mixtures: asks for each part
    ("grand_canonical", {}),  # ideal quantum gases
    ("brillouin", {}),
    ("debye_function", {}),
    ("rotor_closed_form", {}),
    ("box_closed_form", {}),
    ("rigid_rotor_harmonic_oscillator", {}),
    ("phonon_sum", {}),
    ("onsager", {}),
    ("triangular_infinite", {}),
    ("honeycomb_infinite", {}),
    ("kagome_infinite", {}),
    ("level_sum", {}),  # listed levels are summed
    ("diagonalization", {}),  # quantum spin chains
    ("ladder_sum", {}),  # endless ladders, as far as the temperature asks
    ("enumeration", {"log2_states": 20.0}),  # a million states are counted in milliseconds, jointly with M
    ("ising_chain", {}),  # any length, with M and chi
    ("curie_weiss", {}),  # complete graphs: N + 1 levels, with M and chi
    ("kaufman", {}),  # square tori without a field, any size
    ("transfer_matrix", {"log2_merges": 30.0}),  # strips of any length in seconds, with M and chi
    ("elimination", {}),  # anything of moderate width, with M and chi
    ("planar", {}),  # planar graphs without a field, 1e4 sites and more
    ("density_of_states", {}),  # exact integers once, for all temperatures: thin tori, commensurate couplings
    ("enumeration", {}),  # what is left: dense graphs of up to 34 spins
)

# The models that a method is made for: for others of this package its modules are not even imported.
_MADE_FOR: dict[str, tuple[str, ...]] = {
    "oscillator_closed_form": ("oscillator", "einstein"),
    "combined": ("product", "mixture"),
    "grand_canonical": ("bose_gas", "fermi_gas"),
    "brillouin": ("paramagnet",),
    "debye_function": ("debye",),
    "rotor_closed_form": ("rotor",),
    "box_closed_form": ("particle_in_box",),
    "rigid_rotor_harmonic_oscillator": ("molecule",),
    "phonon_sum": ("phonons",),
    **dict.fromkeys(
        (
            "onsager",
            "triangular_infinite",
            "honeycomb_infinite",
            "kagome_infinite",
            "ising_chain",
            "curie_weiss",
            "kaufman",
        ),
        ("ising",),
    ),
}

_SMALL = 512  # sites for which an elimination order is found in milliseconds


@dataclass(frozen=True)
class Choice:
    """A method, why it was taken, and what the others said.

    Attributes
    ----------
    method : Method
        Ready to use.
    reason : str
        One sentence, recorded in the results.
    rejected : tuple of (str, str)
        Names asked before it, each with its reason.
    """

    method: Method
    reason: str
    rejected: tuple[tuple[str, str], ...] = ()


def choose_method(model: Model, method: str | dict[str, Any] | Method = "auto") -> Choice:
    """The method for a model: the one asked for, or the first of :data:`PREFERENCE` that supports it.

    Parameters
    ----------
    model : Model
        What is to be solved.
    method : str, dict or Method
        ``"auto"``, a name, ``{"kind": name, option: value, ...}``, or a method of your own.

    Raises
    ------
    UnsupportedError
        If the method asked for cannot treat the model, or with ``auto`` none can; with every reason.
    InputError
        If there is no method of that name, or an option it does not have.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> choose_method(EnergyLevels([0.0, 1.0])).method.name
    'level_sum'
    """
    if isinstance(method, Method):
        return _asked_for(model, method)
    if not isinstance(method, (str, dict)):
        raise InputError(f"method: expected a name, {{kind: name, ...}} or a Method; got {method!r}")
    options = {"kind": method} if isinstance(method, str) else dict(method)
    name = options.pop("kind", None)
    if name is None:
        raise InputError(f"method: expected a name or {{kind: name, ...}}; got {method!r}")
    if name != "auto":
        return _asked_for(model, _make(name, options))
    if options:
        raise InputError(f"method: auto takes no options; got {', '.join(options)}")
    rejected: list[tuple[str, str]] = []
    for candidate_name, settings in _preference(model):
        other = _made_for_others(candidate_name, model)
        if other:
            rejected.append((candidate_name, other))
            continue
        candidate = _make(candidate_name, settings)
        support = candidate.supports(model)
        if support:
            return Choice(candidate, f"auto: {support.reason}", tuple(rejected))
        rejected.append((candidate_name, support.reason))
    lines = "".join(f"\n  {name}: {reason}" for name, reason in rejected)
    sampler = _make("monte_carlo", {}).for_model(model)
    hint = (
        "; monte_carlo can, with error bars: method: {kind: monte_carlo, algorithm: ..., seed: 1}"
        if sampler.supports(model)
        else ""
    )
    raise UnsupportedError(f"method: no exact method can treat this model{hint}. What each said:{lines}")


def deciding_field(fields: Iterable[float]) -> float:
    """The field of a sweep that the choice is made at: the largest, so that no method is taken that needs h = 0.

    Examples
    --------
    >>> deciding_field([0.0, -0.3, 0.1])
    -0.3
    """
    return float(max(fields, key=abs))


def _made_for_others(name: str, model: Model) -> str:
    """Why a method is not to be asked at all, or nothing; models of other packages are asked about always."""
    kinds = _MADE_FOR.get(name, (model.kind,))
    if model.kind in kinds or type(model).__module__.partition(".")[0] != "statmech":
        return ""
    return f"it is for {' and '.join(kinds)}; this is {model.kind!r}"


def _preference(model: Model) -> Iterator[tuple[str, dict[str, Any]]]:
    """:data:`PREFERENCE`, with elimination first on a small torus of unequal couplings.

    The transfer matrix walks through a torus once for each state of the first row that no symmetry maps on another, or
    carries that row along; where there is no symmetry, elimination in a good order merges a third as much.
    """
    for name, settings in PREFERENCE:
        if name == "transfer_matrix" and _is_irregular_torus(model):
            yield "elimination", {}
        yield name, settings


def _is_irregular_torus(model: Model) -> bool:
    if not isinstance(model, LatticeModel) or model.lattice.infinite or model.lattice.sites > _SMALL:
        return False
    lattice = model.lattice
    return len(lattice.shape) > 1 and all(lattice.periodic) and bool(np.any(model.couplings != model.couplings[:1]))


def _asked_for(model: Model, method: Method) -> Choice:
    method = method.for_model(model)
    support = method.supports(model)
    if support:
        return Choice(method, f"as asked: {support.reason}")
    able = [name for name, settings in PREFERENCE if name != method.name and _make(name, settings).supports(model)]
    hint = f"; {', '.join(dict.fromkeys(able))} can" if able else ""
    raise UnsupportedError(f"method: {method.name} cannot treat this model: {support.reason}{hint}")


def _make(name: str, options: dict[str, Any]) -> Method:
    kind = methods.get(name)
    try:
        made: Method = kind(**options)
    except TypeError as problem:
        raise InputError(f"method: {name}: {problem}") from None
    return made
