"""Looking at results: inverse lookup, what a Dataset says of itself, single sites, other programs' eyes."""

from __future__ import annotations

import shutil
import subprocess
import warnings

import numpy as np
import pytest
import xarray as xr

from statmech import BlumeCapel, EnergyLevels, Ising, Potts, lattices, solve, temperature_at
from statmech.errors import InputError, UnsupportedError
from statmech.plots import plot_thermodynamics
from statmech.report import report_page
from statmech.results import open_results, write_results
from statmech.run import run

ROTOR = EnergyLevels(1.93 * np.arange(60) * np.arange(1, 61), 2 * np.arange(60) + 1, unit="cm-1")


# ---- temperature_at


@pytest.mark.parametrize("name", ["entropy", "internal_energy", "free_energy", "internal_energy_excess", "log_z"])
@pytest.mark.parametrize("output", ["molar", "reduced", "cm-1"])
def test_temperature_at_inverts_solve(name, output):
    grid = solve(ROTOR, np.geomspace(5, 500, 200), output=output)
    wanted = np.array([7.7, 77.7, 433.0])
    values = solve(ROTOR, wanted, output=output)[name].values
    found = temperature_at(grid, **{name: values})
    assert found.dims == (name,)
    assert found.attrs["units"] == "K"
    np.testing.assert_allclose(found.values, wanted, rtol=3e-8 if name != "log_z" else 1e-5)


def test_the_error_of_temperature_at_falls_with_the_fourth_power():
    value = float(solve(ROTOR, 50.0).entropy)
    errors = [abs(float(temperature_at(solve(ROTOR, np.linspace(20, 120, n)), entropy=value)) - 50.0) for n in (12, 23)]
    assert errors[0] / errors[1] > 8  # halving the spacing: 16


def test_temperature_at_answers_for_every_curve_and_at_the_points_themselves():
    ds = solve(Ising(lattices.square(3, 3)), np.linspace(1, 5, 81), field=[0.1, 0.5])
    value = float(ds.internal_energy.sel(temperature=3.5, field=0.5))
    found = temperature_at(ds, internal_energy=value)
    assert found.dims == ("field",)
    assert float(found.sel(field=0.5)) == 3.5
    exact = solve(Ising(lattices.square(3, 3), field=0.1), float(found.sel(field=0.1)))
    assert float(exact.internal_energy) == pytest.approx(value, rel=1e-6)
    falling = temperature_at(solve(Ising(lattices.square(3, 3), field=0.1), np.linspace(1, 5, 81)), magnetization=4.0)
    assert falling.dims == ()
    with_limits = solve(ROTOR, [0.0, 10.0, 20.0, 40.0, np.inf])
    assert 10 < float(temperature_at(with_limits, entropy=20.0)) < 20
    assert 0 < float(temperature_at(with_limits, entropy=1.0)) < 10


def test_temperature_at_refuses_what_has_no_single_answer():
    ds = solve(EnergyLevels([0.0, 1.0]), np.linspace(0.1, 2, 40))
    with pytest.raises(InputError, match=r"heat_capacity: does not rise or fall .*: it turns .*temperature 0\.4"):
        temperature_at(ds, heat_capacity=0.3)
    low = ds.sel(temperature=slice(0, 0.35))
    assert 0.1 < float(temperature_at(low, heat_capacity=0.3)) < 0.35
    with pytest.raises(InputError, match=r"entropy: 5 lies outside: temperatures 0\.1 to 2 have .*sweep further"):
        temperature_at(ds, entropy=5.0)
    with pytest.raises(InputError, match=r"expected a variable over temperature: log_z, .*got 'S'"):
        temperature_at(ds, S=0.5)
    with pytest.raises(InputError, match=r"expected one variable, as in entropy=50\.0; got none"):
        temperature_at(ds)
    with pytest.raises(InputError, match="two finite temperatures or more; got 1"):
        temperature_at(solve(EnergyLevels([0.0, 1.0]), [1.0]), entropy=0.5)
    with pytest.raises(InputError, match="finite number"):
        temperature_at(ds, entropy=np.nan)
    swept = solve(Ising(lattices.square(3, 3)), [1.0, 2.0, 3.0], field=[0.1, 0.5])
    with pytest.raises(InputError, match=r"lies outside at field = 0\.1"):
        temperature_at(swept, internal_energy=-22.0)


# ---- the accessor


def test_the_accessor_says_method_exactness_units_and_doubts(tmp_path):
    ds = solve(Ising(lattices.square(2, 2)), [1.0, 2.0])
    text = repr(ds.statmech)
    for words in ("enumeration: auto: ", "exact, relative error <= 1e-12", "reduced, k_B = 1", "2 points, all ok"):
        assert words in text
    back = open_results(write_results(ds.assign_attrs(title="a < b"), tmp_path / "r.h5")).statmech
    assert back.method == "enumeration"
    assert back.exactness == "exact"
    page = back._repr_html_()
    assert "a &lt; b" in page
    assert page.count("<tr>") == len(back.facts())
    doubtful = ds.assign(status=ds.status.copy(data=np.array([9, 8], np.int8)))
    assert "2 of 2 points are not to be relied on: 1 levels incomplete, 2 too few samples" in repr(doubtful.statmech)
    assert "<strong>" in doubtful.statmech._repr_html_()
    assert "temperature in K" in repr(solve(ROTOR, 300.0).statmech)
    assert float(ds.statmech.temperature_at(entropy=float(ds.entropy[1]))) == 2.0


def test_what_fits_into_xarrays_own_repr_is_what_matters(tmp_path):
    ds = open_results(write_results(solve(ROTOR, [100.0, 300.0]), tmp_path / "r.h5"))
    shown = repr(ds).partition("Attributes:")[2]
    for name in ("method:", "exactness:", "output_units:", "zero_of_energy:"):
        assert name in shown


# ---- single sites and bonds


def by_hand(model, temperature):
    """Means of sites and bonds over all states."""
    values = np.array(getattr(model, "state_values", None) or range(model.states))
    n, lattice = model.sites, model.lattice
    states = np.stack(np.meshgrid(*[values] * n, indexing="ij"), axis=-1).reshape(-1, n)
    energies = np.array([model.energy(state) for state in states])
    weights = np.exp(-(energies - energies.min()) / temperature)
    weights /= weights.sum()
    i, j = lattice.bonds.T
    if isinstance(model, Potts):
        site, bond = states == 0, states[:, i] == states[:, j]
    else:
        site, bond = states, states[:, i] * states[:, j]
    return weights @ site, weights @ bond


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(2, 3), coupling=0.7, field=[0.3, 0.0, -0.2, 0.1, 0.0, 0.5]),
        Ising(lattices.chain(5), coupling=[1.0, -1.0, 0.0, 0.5, 1.0], field=0.2),  # J = 0 has a correlation too
        Potts(lattices.triangular(2, 2), states=3, field=0.3),
        BlumeCapel(lattices.chain(4, periodic=False), anisotropy=0.4, field=0.2),
    ],
    ids=["ising", "zero coupling", "potts", "blume_capel"],
)
def test_local_quantities_equal_the_sum_over_all_states(model):
    names = ["local_magnetization", "bond_correlation", "bond_energy", "entropy"]
    ds = solve(model, [0.7, 2.0], quantities=names)
    assert set(ds.data_vars) == {*names, "status"}
    for k, temperature in enumerate((0.7, 2.0)):
        site, bond = by_hand(model, temperature)
        np.testing.assert_allclose(ds.local_magnetization[k], site, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(ds.bond_correlation[k], bond, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(ds.bond_energy[k], -model.couplings * bond, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(np.stack([ds.bond_first, ds.bond_second], axis=1), model.lattice.bonds)


def test_local_quantities_follow_the_field_and_add_up(tmp_path):
    model = Ising(lattices.square(3, 3))
    ds = solve(
        model, [1.0, 3.0], field=[0.0, 0.5], quantities=["local_magnetization", "magnetization", "heat_capacity"]
    )
    assert ds.local_magnetization.dims == (*ds.magnetization.dims, "site")
    np.testing.assert_allclose(ds.local_magnetization.sum("site"), ds.magnetization, rtol=1e-12, atol=1e-12)
    one = solve(model, 3.0, field=0.5, quantities=["local_magnetization"])
    assert one.local_magnetization.dims == ("site",)
    xr.testing.assert_identical(open_results(write_results(ds, tmp_path / "r.h5")).drop_attrs(), ds.drop_attrs())
    assert len(plot_thermodynamics(ds[["heat_capacity"]]).axes) == 1
    assert "local_magnetization" not in report_page(ds)


def test_local_quantities_are_refused_where_there_are_no_sites():
    with pytest.raises(UnsupportedError, match=r"finitely many states per site on a finite lattice; got 'levels'"):
        solve(ROTOR, 1.0, quantities=["local_magnetization"])
    with pytest.raises(UnsupportedError, match="finite lattice"):
        solve(Ising(lattices.square("infinite")), 1.0, quantities=["bond_correlation"])
    with pytest.raises(InputError, match=r"quantities: expected some of .*got 'local_magnetisation'"):
        solve(Ising(lattices.square(2, 2)), 1.0, quantities=["local_magnetisation"])


# ---- other programs


@pytest.fixture
def file(tmp_path):
    config = {
        "model": {"kind": "ising", "lattice": {"kind": "square", "shape": [2, 2]}},
        "sweep": {"model.field": [0.0, 0.2, 0.4], "temperature": [1.0, 2.0, 3.0, 4.0]},
    }
    ds = run(config)
    for name in ("heat_capacity", "entropy"):
        about = {"units": "k_B", "long_name": f"Standard error: {name}"}
        ds[f"{name}_errors"] = (ds[name].dims, 0.01 * ds[name].values + 0.001, about)
    return write_results(ds, tmp_path / "r.h5"), ds


def test_silx_finds_signal_axes_and_error_bars(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of silx's own imports
        from silx.io import open as silx_open
        from silx.io.nxdata import NXdata
    path, ds = file
    with silx_open(str(path)) as opened:
        nexus = NXdata(opened["/"])
        assert nexus.is_valid, nexus.issues
        assert nexus.signal_dataset_name == "heat_capacity"
        assert nexus.signal_name == "Heat capacity"  # the long name is what it shows
        assert list(nexus.axes_dataset_names) == ["field", "temperature"]
        np.testing.assert_array_equal(nexus.axes[1][()], ds.temperature)
        np.testing.assert_array_equal(nexus.signal[()], ds.heat_capacity)
        np.testing.assert_array_equal(nexus.errors[()], ds.heat_capacity_errors)
        assert nexus.signal.attrs["units"] == "k_B"
        assert "entropy" in nexus.auxiliary_signals_dataset_names


@pytest.mark.skipif(shutil.which("ncdump") is None, reason="no ncdump on this machine (apt install netcdf-bin)")
def test_xarray_and_ncdump_agree_on_names_units_and_dimensions(file):
    path, ds = file
    head = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True, check=True).stdout
    for name, size in ds.sizes.items():
        assert f"\t{name} = {size} ;" in head
    back = xr.open_dataset(path, engine="h5netcdf")
    for name in (*ds.data_vars, *ds.coords):
        variable = ds[name]
        assert f" {name}({', '.join(map(str, variable.dims))}) ;" in head
        assert back[name].dims == variable.dims
        if "units" in variable.attrs:
            assert f'{name}:units = "{variable.attrs["units"]}" ;' in head
            assert back[name].attrs["units"] == variable.attrs["units"]
    back.close()
    assert 'exactness = "exact" ;' in head
