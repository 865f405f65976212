"""solve: a model and temperatures in, thermodynamics out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.dataset import Axis, Extra, OutputUnits, Solution, assemble
from statmech.errors import InputError
from statmech.merge_tree import MergeTree
from statmech.methods.base import Method
from statmech.models.base import Model
from statmech.selection import Choice, choose_method, deciding_field
from statmech.thermodynamics import thermodynamics

if TYPE_CHECKING:
    import xarray as xr

    from statmech.sampling.base import Progress, State

__all__ = ["compute", "solve"]

Array = npt.NDArray[np.float64]

_RESPONSES = frozenset({"magnetization", "susceptibility", "absolute_magnetization"})


def solve(
    model: Model,
    temperature: npt.ArrayLike,
    field: npt.ArrayLike | None = None,
    method: str | dict[str, Any] | Method = "auto",
    quantities: Iterable[str] | None = None,
    output: str | None = None,
    per: Literal["system", "site"] = "system",
) -> xr.Dataset:
    r"""log Z, F, U, S and C of a model over temperatures (and uniform fields), in one call.

    .. math:: F = -T \log Z, \quad U = \langle H \rangle, \quad S = (U - F)/T, \quad
              C = \operatorname{Var}(H)/T^2, \quad \chi = \operatorname{Var}(M)/T

    with k_B = 1; nothing is a finite difference and nothing cancels.

    Parameters
    ----------
    model : Model
        A model, or :class:`~statmech.levels.EnergyLevels`.
    temperature : float or array_like, shape (T,)
        Kelvin where the model has a physical unit, else units of its energies. ``0.0`` is the limit T -> 0+,
        ``inf`` the other one; negative where the spectrum is bounded above; ``-0.0`` is refused.
    field : float or array_like, shape (F,), optional
        Uniform fields h in place of the model's own.
    method : str, dict or Method
        ``auto``, a name (``statmech.methods.kinds()``), ``{"kind": name, ...options}``, or your own.
    quantities : iterable of str, optional
        Only these variables; without magnetization and susceptibility, some methods take 0.6 of the time. On finite
        lattices also, exactly and only if asked for: ``local_magnetization`` of every site, ``bond_correlation`` and
        ``bond_energy`` of every bond (:func:`~statmech.local_quantities.local_quantities`).
    output : str, optional
        ``molar``, ``reduced`` or an energy unit; by default molar for physical levels.
    per : {"system", "site"}
        Divide extensive quantities by the number of sites.

    Returns
    -------
    xarray.Dataset
        Dimensions ``temperature`` (and ``field``), none for scalars; variables with ``units`` and ``long_name``;
        attributes say which method was used and why.

    Raises
    ------
    InputError
        On a temperature, field, quantity or unit without meaning here.
    UnsupportedError
        If no method can treat the model.

    Examples
    --------
    >>> from statmech.levels import EnergyLevels
    >>> ds = solve(EnergyLevels([0.0, 1.0]), temperature=[0.001, 1.0])
    >>> ds.entropy.values.round(6)
    array([0.      , 0.582203])
    >>> round(float(solve(EnergyLevels([0.0, 1.0], unit="cm-1"), 300.0).entropy), 6)  # J/mol/K
    5.763122
    """
    _check_model(model)
    temperatures = _numbers("temperature", temperature)
    fields = None if field is None else _numbers("field", field)
    units = OutputUnits(output, per)
    units.scales(model.unit)  # refuse an impossible unit before any work
    wanted = None if quantities is None else list(quantities)
    local = _local(wanted or ())
    plain = None if wanted is None else [name for name in wanted if name not in local]
    with _bar() as progress:
        solution = compute(
            model,
            np.atleast_1d(temperatures),
            None if fields is None else np.atleast_1d(fields),
            method,
            progress=progress,
            quantities=plain,
        )
    axes = [Axis("temperature", np.atleast_1d(temperatures), "temperature", "temperature")]
    if fields is not None:
        axes.append(Axis("field", np.atleast_1d(fields), "model.field", "field"))
    scalars = [
        name
        for name, given in (("temperature", temperatures), ("field", fields))
        if given is not None and given.ndim == 0
    ]
    if not local:
        return assemble([solution], axes, units, quantities=plain, scalars=scalars).dataset()
    dataset = assemble([solution], axes, units, quantities=plain).dataset()
    dataset = _with_local(dataset, model, temperatures, fields, local, units)
    return dataset.isel(dict.fromkeys(scalars, 0)) if scalars else dataset


def _local(quantities: Iterable[str]) -> list[str]:
    """Those of single sites and bonds."""
    if not quantities:
        return []
    from statmech.local_quantities import LOCAL_QUANTITIES  # and with them elimination

    return [name for name in quantities if name in LOCAL_QUANTITIES]


def _with_local(
    dataset: xr.Dataset, model: Model, temperatures: Array, fields: Array | None, names: list[str], units: OutputUnits
) -> xr.Dataset:
    """The Dataset with quantities of single sites and bonds, and where these are."""
    from statmech.local_quantities import LOCAL_QUANTITIES, local_quantities

    given = None if fields is None else np.atleast_1d(fields).tolist()
    found = local_quantities(model, np.atleast_1d(temperatures).tolist(), given, names)
    dims = ("temperature",) if fields is None else ("field", "temperature")
    lattice = getattr(model, "lattice")  # noqa: B009  local quantities need one
    scales = units.scales(model.unit)
    for name, values in found.items():
        over, long_name, nature = LOCAL_QUANTITIES[name]
        factor, unit = scales[nature]
        symbol = getattr(model, "energy_symbol", "") if nature == "energy" and unit == "1" else ""
        label = f"{long_name} ({symbol})" if symbol else long_name
        dataset[name] = ((*dims, over), values * factor, {"long_name": label, "units": unit})
        dataset[name] = dataset[name].transpose(*(dim for dim in dataset["status"].dims), over)
        if over == "bond":
            for k, end in enumerate(("bond_first", "bond_second")):
                about = {"long_name": f"{('First', 'Second')[k]} site of the bond", "units": "1"}
                dataset = dataset.assign_coords({end: ("bond", lattice.bonds[:, k], about)})
        dataset = dataset.assign_coords(
            {over: (over, np.arange(dataset.sizes[over]), {"long_name": over.capitalize()})}
        )
    return dataset


def compute(
    model: Model,
    temperatures: npt.ArrayLike,
    fields: npt.ArrayLike | None = None,
    method: str | dict[str, Any] | Method | Choice = "auto",
    prepared: Any = None,
    total: Cumulants | None = None,
    *,
    checkpoint: Callable[[State], None] | None = None,
    resume: Mapping[str, Any] | None = None,
    checkpoint_seconds: float = 10.0,
    progress: Callable[[Progress], None] | None = None,
    quantities: Sequence[str] | None = None,
) -> Solution:
    """One task of a sweep: a model with every axis its method takes at once; arrays only, so it pickles.

    Parameters
    ----------
    model, temperatures, fields, method
        As in :func:`solve`; temperatures (T,) and fields (F,) or None. ``method`` may be a Choice already made.
    prepared : object, optional
        What ``method.prepare(model)`` gave earlier, to save that work.
    total : Cumulants, optional
        The mixture of all ``method.parts(model)`` by a :class:`~statmech.merge_tree.MergeTree`, summed elsewhere.
    checkpoint : callable, optional
        For sampling methods: called with the state of the chain (a flat dict) every ``checkpoint_seconds``.
    resume : mapping, optional
        Such a state: the chain goes on from there, and ends with the same bits as if it had never stopped.
    progress : callable, optional
        For sampling methods: called with the progress of the chain about twice a second.
    quantities : sequence of str, optional
        What will be looked at: work that none of these needs may be left out.

    Returns
    -------
    Solution
        Arrays (T,), or (F, T) with fields.
    """
    temperature = np.atleast_1d(_numbers("temperature", temperatures))
    inverse_temperature(temperature)  # refuses nan and -0.0
    values = None if fields is None else np.atleast_1d(_numbers("field", fields))
    swept = values is not None and hasattr(model, "field")
    decisive = _in_field(model, deciding_field(values.tolist())) if swept and values is not None else model
    choice = method if isinstance(method, Choice) else choose_method(decisive, method)
    chosen = choice.method
    if chosen.statistical:
        from statmech.sampled import sampled  # a third of the time that a small run takes to begin
        from statmech.sampling.base import SamplingMethod

        if isinstance(chosen, SamplingMethod):
            return sampled(
                chosen,
                choice.reason,
                model,
                temperature,
                values,
                checkpoint=checkpoint,
                resume=resume,
                checkpoint_seconds=checkpoint_seconds,
                progress=progress,
            )
    if quantities is not None and _RESPONSES.isdisjoint(quantities):
        chosen = chosen.without_observables()
    if values is not None and "field" not in chosen.absorbs:
        if not hasattr(model, "field"):
            raise InputError(f"field: {model.kind!r} has no field")
        state = None
        each = [_Computed.of(chosen, _in_field(model, float(h)), None, temperature, None) for h in values]
        computed = _Computed.stack(each)
    else:
        # Swept fields stand in place of the model's own: it is prepared without.
        bare = _in_field(model, 0.0) if swept else model
        parts = chosen.parts(bare) if prepared is None and total is None else None
        if parts is not None:
            tree = MergeTree(len(parts))
            for k, part in enumerate(parts):
                tree.add(k, chosen.partial(bare, part, temperature, values))
            total = tree.total()
        if total is not None:
            state = None
            computed = _Computed.about(chosen, bare, None, temperature, values, chosen.joined(bare, total, values))
        else:
            state = chosen.prepare(bare) if prepared is None else prepared
            computed = _Computed.of(chosen, bare, state, temperature, values)
    cumulants = computed.cumulants
    extras = {} if state is None else chosen.extras(state, temperature)
    notes = dict(chosen.notes(model, state))
    critical = chosen.critical_temperature(state) if state is not None else None
    if critical is not None:
        notes["critical temperature"] = repr(critical)
    return Solution(
        thermodynamics(cumulants),
        method=chosen.name,
        reason=choice.reason,
        error_bound=chosen.error_bound(model),
        statistical=chosen.statistical,
        unit=model.unit,
        sites=model.sites,
        per_site=bool(getattr(getattr(model, "lattice", None), "infinite", False)),
        symbol=getattr(model, "energy_symbol", ""),
        errors=computed.errors,
        status=computed.status,
        not_computed=_without_magnetization(model, chosen) if not cumulants.observables and quantities is None else {},
        extras={
            key: Extra(np.broadcast_to(array, cumulants.log_z.shape), long_name, nature)
            for key, (array, long_name, nature) in extras.items()
        },
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class _Computed:
    """What a method gave at all temperatures: cumulants, and what it has to say about them."""

    cumulants: Cumulants
    errors: Mapping[str, Array]
    status: npt.NDArray[np.int8] | None

    @classmethod
    def of(cls, method: Method, model: Model, state: Any, temperature: Array, fields: Array | None) -> _Computed:
        state = method.prepare(model) if state is None else state
        return cls.about(method, model, state, temperature, fields, method.cumulants(state, temperature, fields))

    @classmethod
    def about(
        cls, method: Method, model: Model, state: Any, temperature: Array, fields: Array | None, cumulants: Cumulants
    ) -> _Computed:
        """Cumulants that are there, with their errors and status; a sum of parts has no state (None)."""
        known = (model, state, temperature, fields, cumulants)
        return cls(cumulants, method.errors(*known), method.status(*known))

    @classmethod
    def stack(cls, parts: Sequence[_Computed]) -> _Computed:
        """Field by field, along a new leading axis."""
        names = dict.fromkeys(name for part in parts for name in part.errors)
        nothing = np.full(parts[0].cumulants.log_z.shape, np.nan)
        flags = [np.zeros(nothing.shape, np.int8) if part.status is None else part.status for part in parts]
        return cls(
            Cumulants.stack(part.cumulants for part in parts),
            {name: np.stack([part.errors.get(name, nothing) for part in parts]) for name in names},
            np.stack(flags) if any(part.status is not None for part in parts) else None,
        )


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """A bar for chains, on a terminal only; made when a chain first says how far it is."""
    bars: list[Any] = []

    def show(progress: Progress) -> None:
        if not bars:
            from tqdm import tqdm

            bars.append(
                tqdm(total=100, disable=None, delay=1.0, unit="%", leave=False, bar_format="{l_bar}{bar}{postfix}")
            )
        bars[0].set_postfix_str(progress.text, refresh=False)
        bars[0].update(round(100 * progress.done) - bars[0].n)

    try:
        yield show
    finally:
        for bar in bars:
            bar.close()


def _check_model(model: Any) -> None:
    if not isinstance(model, Model):
        raise InputError(
            f"model: expected a model or EnergyLevels; got {type(model).__name__} "
            "(a list of energies becomes one by EnergyLevels(energies))"
        )


def _numbers(name: str, values: npt.ArrayLike) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected a number or a list of numbers; got {values!r}") from None
    if array.ndim > 1 or array.size == 0:
        raise InputError(f"{name}: expected a number or a non-empty list; got shape {array.shape}")
    return array


def _in_field(model: Model, h: float) -> Model:
    changed: Model = replace(model, field=h)  # type: ignore[type-var]
    return changed


def _without_magnetization(model: Model, method: Method) -> dict[str, str]:
    """What a model with a field has and its method does not give."""
    if not hasattr(model, "field"):
        return {}
    why = f"not given by {method.name} at zero field; sweep the field, or ask for another method"
    return {"magnetization": why, "susceptibility": why}
