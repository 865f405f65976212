"""Every row of THE TABLE: methods agree with brute force, decline with a reason, and obey the identities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import oracles
import pytest
from catalog import ROWS

from statmech import lattices, methods, selection
from statmech.cumulants import Cumulants
from statmech.errors import PrecisionError
from statmech.models.ising import Ising
from statmech.solve import compute

TINY = 2.2250738585072014e-308
QUANTITIES = ("free_energy_excess", "internal_energy_excess", "entropy", "heat_capacity")

pairs = [pytest.param(row, name, id=f"{row.name} | {name}") for row in ROWS for name in row.methods]
rows = [pytest.param(row, id=row.name) for row in ROWS]


def digits_for(row):
    """Enough for 1 + exp(-900)."""
    return 450 if row.states.__name__ == "ladder" else oracles.DIGITS


@pytest.mark.parametrize(("row", "name"), pairs)
def test_method_agrees_with_brute_force(row, name):
    model, tolerance = row.make(), row.methods[name]
    th = compute(model, row.temperatures, method=name).thermodynamics
    states = row.states(model)
    for t, temperature in enumerate(row.temperatures):
        exact = oracles.point(states, temperature, digits_for(row))
        values = {quantity: (getattr(th, quantity)[t], getattr(exact, quantity)) for quantity in QUANTITIES}
        if "magnetization" in th.observables:
            values["magnetization"] = th.observables["magnetization"][t], exact.magnetization
            values["susceptibility"] = th.susceptibilities["magnetization"][t], exact.susceptibility
        for quantity, (value, want) in values.items():
            # M cancels between +M and -M states; its rounding is that of the largest |M|.
            floor = tolerance * model.sites if quantity == "magnetization" else TINY
            assert oracles.relative_error(float(value), want, floor) < (
                2.0 if quantity == "magnetization" and abs(want) < floor else tolerance
            ), (quantity, temperature, float(value), float(want))


@pytest.mark.parametrize("row", rows)
def test_methods_not_named_decline_and_say_why(row):
    model = row.make()
    for name in methods.kinds():
        if methods.get(name).statistical:
            continue  # estimates have tests of their own
        support = methods.get(name)().supports(model)
        assert bool(support) == (name in row.methods), f"{name}: {support.reason}"
        assert len(support.reason) > 10


@pytest.mark.parametrize("row", rows)
def test_methods_that_are_not_asked_would_decline(row):
    model = row.make()
    for name, other in selection.choose_method(model).rejected:
        assert not methods.get(name)().supports(model) or name == "enumeration", other  # of many states it is left out
        assert len(other) > 10


@pytest.mark.parametrize("row", rows)
def test_the_automatic_choice_is_one_of_them_and_says_why(row):
    choice = selection.choose_method(row.make())
    assert choice.method.name in row.methods
    assert choice.reason.startswith("auto: ")


@pytest.mark.parametrize("row", rows)
def test_thermodynamic_identities_hold(row):
    model = row.make()
    finite = [t for t in row.temperatures if t not in (0.0, float("inf"))]
    th = compute(model, finite).thermodynamics
    for t, temperature in enumerate(finite):
        scale = max(abs(th.internal_energy_excess[t]), abs(temperature * th.entropy[t]), TINY)
        residual = th.free_energy_excess[t] - (th.internal_energy_excess[t] - temperature * th.entropy[t])
        assert abs(residual) < 1e-13 * scale  # F = U - TS: one rounding each
        assert th.entropy[t] >= 0
        assert th.heat_capacity[t] >= 0


@pytest.mark.parametrize("row", rows)
def test_heat_capacity_is_the_slope_of_the_energy_and_entropy(row):
    model = row.make()
    for temperature in (0.7, 1.9):
        if temperature > max(t for t in row.temperatures if t < float("inf")):
            continue
        # Fourth-order central difference at h = 2e-3 T: truncation ~ h^4, rounding ~ eps / h; 1e-8 holds both.
        h = 2e-3 * temperature
        th = compute(model, [temperature + k * h for k in (-2, -1, 0, 1, 2)]).thermodynamics
        for quantity, factor in ((th.internal_energy_excess, 1.0), (th.entropy, temperature)):
            slope = (quantity[0] - 8 * quantity[1] + 8 * quantity[3] - quantity[4]) / (12 * h)
            assert factor * slope == pytest.approx(th.heat_capacity[2], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("row", rows)
def test_entropy_runs_from_ground_states_to_all_states(row):
    model = row.make()
    states = row.states(model)
    g0 = oracles.ground(states)[1]
    cold = compute(model, [0.0]).thermodynamics
    assert cold.entropy[0] == pytest.approx(float(oracles.mpmath.log(g0)), rel=1e-14, abs=1e-15)
    if float("inf") in row.temperatures:
        hot = compute(model, [float("inf")]).thermodynamics
        assert hot.entropy[0] == pytest.approx(float(oracles.mpmath.log(sum(states.values()))), rel=1e-14)


@pytest.mark.parametrize("row", rows)
def test_a_point_has_the_same_bits_alone_and_in_company(row):
    model = row.make()
    choice = selection.choose_method(model)
    state = choice.method.prepare(model)
    together = choice.method.cumulants(state, np.array(row.temperatures))
    for t in range(len(row.temperatures)):
        alone = choice.method.cumulants(state, np.array(row.temperatures[t : t + 1]))
        assert same_bits(alone, together, t)


def same_bits(alone: Cumulants, together: Cumulants, t: int) -> bool:
    return (
        alone.log_z[..., 0].tobytes() == together.log_z[..., t].tobytes()
        and alone.mean[..., 0, :].tobytes() == together.mean[..., t, :].tobytes()
        and alone.covariance[..., 0, :, :].tobytes() == together.covariance[..., t, :, :].tobytes()
    )


@pytest.mark.parametrize("row", [row for row in ROWS if float("inf") in row.temperatures], ids=lambda row: row.name)
def test_the_integral_of_heat_capacity_over_temperature_is_the_entropy(row):
    # S(inf) - S(0) = int C dlog T. The integrand is analytic and dies off at both ends (as exp(-gap/T) and as T^-2),
    # so the trapezoid in log T converges exponentially; beyond T = 1e7 the tail is below 1e-12.
    log_t = np.linspace(np.log(1e-3), np.log(1e7), 1500)
    th = compute(row.make(), [0.0, *np.exp(log_t), np.inf]).thermodynamics
    integral = float(th.heat_capacity[1:-1].sum() * (log_t[1] - log_t[0]))
    assert integral == pytest.approx(th.entropy[-1] - th.entropy[0], rel=1e-8)


@pytest.mark.parametrize("row", rows)
def test_very_low_temperatures_give_numbers_or_a_reason(row):
    model = row.make()
    for name in row.methods:
        refused = row.refuses.get(name, ())
        for temperature in refused:
            with pytest.raises(PrecisionError, match="raise the temperature"):
                compute(model, [temperature], method=name)
        low = [temperature for temperature in (0.02, 1e-3, 1e-9, 1e-300) if temperature not in refused]
        th = compute(model, low, method=name).thermodynamics
        for quantity in ("free_energy", "internal_energy", "entropy", "heat_capacity"):
            assert np.all(np.isfinite(getattr(th, quantity))), (name, quantity)


def bipartite_without_field(model):
    """Whether turning over one sublattice turns J into -J and nothing else."""
    return getattr(model, "kind", "") == "ising" and not np.any(model.fields) and model.lattice.bipartite


@pytest.mark.parametrize("row", [row for row in ROWS if bipartite_without_field(row.make())], ids=lambda row: row.name)
def test_the_sign_of_the_coupling_does_not_matter_on_bipartite_lattices_without_a_field(row):
    model = row.make()
    flipped = replace(model, coupling=(-model.couplings).tolist())
    here, there = (compute(m, [0.0, 0.3, 1.0, 5.0]).thermodynamics for m in (model, flipped))
    assert np.allclose(here.entropy, there.entropy, rtol=1e-12, atol=0)
    assert np.allclose(here.heat_capacity, there.heat_capacity, rtol=1e-12, atol=0)


@pytest.mark.parametrize("method", ["enumeration", "elimination", "transfer_matrix"])
def test_ground_states_of_one_magnetization_have_no_susceptibility(method):
    # 5 odd in one direction: many antiferromagnetic ground states, all of the same M in this field
    model = Ising(lattices.square(2, 5), coupling=-1.0, field=0.25)
    assert compute(model, [0.0], method=method).thermodynamics.susceptibilities["magnetization"][0] == 0.0
