"""solve and the Dataset: names, units, axes, choices, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import statmech
from statmech import EnergyLevels, Ising, lattices, solve
from statmech.dataset import Axis, OutputUnits, assemble
from statmech.errors import InputError, UnitError, UnsupportedError
from statmech.methods.base import Support
from statmech.methods.enumeration import Enumeration
from statmech.methods.level_sum import LevelSum
from statmech.models.oscillator import Oscillator
from statmech.models.two_level import TwoLevel
from statmech.selection import choose_method
from statmech.solve import compute
from statmech.units import GAS_CONSTANT, kelvin_per


def test_physical_levels_come_out_molar():
    ds = solve(EnergyLevels([0.0, 100.0], unit="cm-1"), [300.0])
    th = compute(EnergyLevels([0.0, 100.0], unit="cm-1"), [300.0]).thermodynamics
    assert (ds.entropy.units, ds.internal_energy.units, ds.temperature.units) == ("J/mol/K", "kJ/mol", "K")
    assert float(ds.entropy[0]) == pytest.approx(GAS_CONSTANT * th.entropy[0], rel=1e-15)
    assert float(ds.free_energy[0]) == pytest.approx(GAS_CONSTANT * th.free_energy[0] / 1000, rel=1e-15)


def test_an_energy_unit_gives_entropies_per_kelvin():
    ds = solve(EnergyLevels([0.0, 100.0], unit="cm-1"), [300.0], output="eV")
    reduced = solve(EnergyLevels([0.0, 100.0], unit="cm-1"), [300.0], output="reduced")
    assert (ds.heat_capacity.units, reduced.heat_capacity.units, reduced.free_energy.units) == ("eV/K", "k_B", "K")
    assert float(ds.heat_capacity[0]) == pytest.approx(float(reduced.heat_capacity[0]) / kelvin_per("eV"), rel=1e-14)


def test_molar_output_of_reduced_levels_is_refused():
    with pytest.raises(UnitError, match="needs levels in a physical unit"):
        solve(EnergyLevels([0.0, 1.0]), [1.0], output="molar")


def test_scalars_give_scalars_and_axes_keep_their_order():
    levels = EnergyLevels([0.0, 1.0], observables={"magnetization": [1.0, -1.0]})
    assert solve(levels, 1.0).entropy.dims == ()
    assert solve(levels, [1.0, 2.0], field=[0.0, 0.1, 0.2]).entropy.shape == (2, 3)
    assert solve(levels, [1.0, 2.0], field=0.5).entropy.dims == ("temperature",)


def test_results_per_site_need_sites():
    assert float(solve(EnergyLevels([0.0, 1.0], sites=2), np.inf, per="site").entropy) == pytest.approx(np.log(2) / 2)
    with pytest.raises(InputError, match="needs a model with sites"):
        solve(EnergyLevels([0.0, 1.0]), 1.0, per="site")


def test_quantities_select_and_a_wrong_one_is_named():
    assert set(solve(TwoLevel(1.0), 1.0, quantities=["entropy"]).data_vars) == {"entropy", "status"}
    with pytest.raises(InputError, match="got 'entropi'"):
        solve(TwoLevel(1.0), 1.0, quantities=["entropi"])


def test_the_result_says_which_method_and_why():
    attributes = solve(TwoLevel(1.0), 1.0).attrs
    assert attributes["method"] == "level_sum"
    assert attributes["method_reason"].startswith("auto: ")
    assert attributes["exactness"] == "exact"


def test_a_method_that_cannot_says_why_and_what_can():
    with pytest.raises(UnsupportedError, match=r"level_sum cannot treat this model: .*; oscillator_closed_form can"):
        solve(Oscillator(1.0), 1.0, method="level_sum")
    with pytest.raises(InputError, match="did you mean 'level_sum'"):
        choose_method(TwoLevel(1.0), "levelsum")
    with pytest.raises(InputError, match="takes no arguments"):
        choose_method(TwoLevel(1.0), {"kind": "level_sum", "speed": 3})


def test_a_method_of_your_own_is_taken_as_it_is():
    class Mine(LevelSum):
        name = "mine"

    assert solve(TwoLevel(1.0), 1.0, method=Mine()).attrs["method"] == "mine"


def test_submodules_do_not_hide_the_public_functions():
    import statmech.run
    import statmech.solve

    assert callable(statmech.solve)
    assert callable(statmech.run)


def test_outer_axes_join_row_by_row_and_carry_sites():
    solutions = [compute(EnergyLevels([0.0, 1.0 * gap], sites=n), [1.0, 2.0]) for gap in (1, 2) for n in (4, 9)]
    axes = [
        Axis("temperature", [1.0, 2.0], "temperature", "temperature"),
        Axis("gap", [1, 2], "model.gap"),
        Axis("shape", [[2, 2], [3, 3]], "model.shape"),
    ]
    ds = assemble(solutions, axes, OutputUnits(per="site")).dataset()
    assert ds.entropy.dims == ("temperature", "gap", "shape")
    assert ds["shape"].values.tolist() == ["2x2", "3x3"]
    assert ds.sites.values.tolist() == [4, 9]
    expected = solutions[2].thermodynamics.entropy[1] / 4
    assert float(ds.entropy.sel(temperature=2.0, gap=2, shape="2x2")) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("omega", [1e-6, 1.0, 1e4])
def test_the_oscillator_agrees_with_the_sum_over_its_levels(omega):
    import mpmath as mp

    T = np.array([omega / 720, omega / 300, omega / 3, omega, omega * 50])
    ds = solve(Oscillator(omega, copies=3), T)
    for t, temperature in enumerate(T):
        with mp.workdps(350):
            x = mp.mpf(omega) / mp.mpf(temperature)
            q = mp.exp(-x)
            log_z = -3 * mp.log(1 - q)
            assert float(ds.entropy[t]) == pytest.approx(float(log_z + 3 * x * q / (1 - q)), rel=1e-12)
            assert float(ds.heat_capacity[t]) == pytest.approx(float(3 * x * x * q / (1 - q) ** 2), rel=1e-12)
            assert float(ds.free_energy_excess[t]) == pytest.approx(float(-temperature * log_z), rel=1e-12)


def test_an_oscillator_has_no_negative_temperature():
    with pytest.raises(InputError, match="no upper bound"):
        solve(Oscillator(1.0), -1.0)


@pytest.mark.parametrize("bad", [np.nan, -0.0])
def test_temperatures_without_meaning_are_refused(bad):
    with pytest.raises(InputError, match="temperature: expected non-zero reals"):
        solve(TwoLevel(1.0), [1.0, bad])


def test_import_loads_numpy_at_most():
    import subprocess
    import sys

    code = (
        "import sys, statmech\n"
        "heavy = {'scipy', 'numba', 'h5py', 'xarray', 'pandas', 'pydantic', 'yaml', 'matplotlib', 'networkx', 'tqdm'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_resolves():
    for name in statmech.__all__:
        assert getattr(statmech, name) is not None


def test_a_swept_field_stands_in_place_of_the_models_own():
    from statmech import Ising, lattices

    own = solve(Ising(lattices.chain(6), field=0.7), [1.0])
    for method in ("enumeration", "elimination", "ising_chain"):
        swept = solve(Ising(lattices.chain(6), field=-3.0), [1.0], field=[0.7], method=method)
        assert float(swept.log_z[0, 0]) == pytest.approx(float(own.log_z[0]), rel=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solve([0.0, 1.0], 1.0), "model: expected a model or EnergyLevels; got list"),
        (lambda: solve(TwoLevel(1.0), "warm"), "temperature: expected a number"),
        (lambda: solve(TwoLevel(1.0), [[1.0]]), r"temperature: .* got shape \(1, 1\)"),
        (lambda: solve(EnergyLevels([0.0]), 1.0, field=[]), r"field: .* got shape \(0,\)"),
        (lambda: solve(TwoLevel(1.0), 1.0, method=3), "method: expected a name"),
        (lambda: EnergyLevels([0.0], sites=1.5), "sites: expected a positive integer"),
        (lambda: EnergyLevels([0.0]).copies("a"), "number: expected a positive integer; got 'a'"),
        (lambda: EnergyLevels([1e308, -1e308]), "exceeds the range of floats"),
    ],
)
def test_arguments_without_meaning_are_refused_by_name(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_sweep_with_an_infinite_lattice_is_per_site_throughout():
    from statmech import Ising, lattices

    models = [Ising(lattices.square(4, 4)), Ising(lattices.square("infinite"))]
    axes = [
        Axis("shape", ["4x4", "infinite"], "model.lattice.shape"),
        Axis("temperature", [2.0], "temperature", "temperature"),
    ]
    for order in (models, models[::-1]):
        ds = assemble([compute(model, [2.0]) for model in order], axes).dataset()
        assert ds.attrs["per"] == "site"
        assert np.all(np.abs(ds.free_energy.values + 2.05) < 0.1)


def test_a_sweep_cannot_mix_kelvin_and_model_units():
    axes = [Axis("unit", ["cm-1", "reduced"], "model.unit"), Axis("temperature", [2.0], "temperature", "temperature")]
    for units in (("cm-1", "reduced"), ("reduced", "cm-1")):
        with pytest.raises(UnitError, match="cannot mix energies in 'cm-1' with reduced ones"):
            assemble([compute(TwoLevel(1.0, unit=unit), [2.0]) for unit in units], axes)


def test_notes_of_all_models_of_a_sweep_are_kept():
    axes = [Axis("file", ["a", "b"], "model.file"), Axis("temperature", [2.0], "temperature", "temperature")]
    levels = [EnergyLevels([0.0, 1.0], unit=unit, notes={"source": unit}) for unit in ("cm-1", "eV")]
    ds = assemble([compute(model, [2.0]) for model in levels], axes).dataset()
    assert (ds.attrs["model_source"], ds.attrs["energy_unit"]) == ("cm-1; eV", "cm-1, eV")


class Doubtful(LevelSum):
    """A level sum that doubts everything above T = 1, and takes its entropies to be uncertain by T."""

    name = "doubtful"

    def status(self, model, state, temperatures, fields, cumulants):
        return np.where(temperatures > 1.0, 5, 0).astype(np.int8) + np.zeros(cumulants.log_z.shape, np.int8)

    def errors(self, model, state, temperatures, fields, cumulants):
        return {"entropy": temperatures + 0.0 * cumulants.log_z}


class DoubtfulInEachField(Doubtful):
    absorbs = frozenset({"temperature"})

    def supports(self, model):
        return Support(True, "it is small")

    def prepare(self, model):
        return Enumeration().prepare(model)

    def cumulants(self, state, temperatures, fields=None):
        return Enumeration().cumulants(state, temperatures, fields)


def test_what_a_method_doubts_and_how_uncertain_it_is_reach_the_dataset():
    ds = solve(EnergyLevels([0.0, 100.0], unit="cm-1"), [0.5, 2.0], method=Doubtful())
    assert ds.status.values.tolist() == [0, 5]
    assert ds.status.dtype == np.int8
    assert ds.status.attrs["flag_masks"] == [1, 2, 4, 8, 16, 32, 64]
    assert "levels_incomplete: the list of levels ends too low" in ds.status.attrs["comment"]
    assert ds.entropy_errors.values.tolist() == pytest.approx([0.5 * GAS_CONSTANT, 2.0 * GAS_CONSTANT])
    assert ds.entropy_errors.units == "J/mol/K"
    assert "comment" not in solve(EnergyLevels([0.0, 1.0]), 0.5).status.attrs


def test_status_and_errors_of_a_method_that_takes_one_field_at_a_time_are_stacked():
    model = Ising(lattices.chain(4))
    ds = solve(model, [0.5, 2.0, 3.0], field=[0.0, 1.0], method=DoubtfulInEachField())
    assert ds.status.transpose("field", "temperature").values.tolist() == [[0, 5, 5], [0, 5, 5]]
    assert ds.entropy_errors.transpose("field", "temperature").values.tolist() == [[0.5, 2.0, 3.0]] * 2


def test_where_only_some_solutions_of_a_sweep_know_an_error_the_others_have_none():
    sure = compute(EnergyLevels([0.0, 1.0]), [1.0])
    unsure = compute(EnergyLevels([0.0, 2.0]), [1.0], method=Doubtful())
    axes = [Axis("gap", [1.0, 2.0], "model.gap"), Axis("temperature", [1.0], "temperature", "temperature")]
    ds = assemble([sure, unsure], axes).dataset()
    np.testing.assert_array_equal(ds.entropy_errors.values, [[np.nan], [1.0]])
    assert np.all(np.isfinite(ds.entropy.values))
    assert "not_computed" not in ds.attrs
