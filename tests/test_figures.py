"""Figures of states, series, sizes and overlaps: what is drawn is what was given, and can be told apart."""

from __future__ import annotations

import io

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from statmech import Ising, density_of_states, lattices, methods
from statmech.errors import ConvergenceError, InputError
from statmech.estimators import autocorrelation, crossings
from statmech.levels import EnergyLevels
from statmech.plots import (
    plot_configuration,
    plot_convergence,
    plot_density_of_states,
    plot_overlap,
    plot_quantity,
    plot_scaling,
    plot_thermodynamics,
)
from statmech.plots.configuration import _SPINS
from statmech.solve import solve

TC = 2.269185314213022


def luminance(colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def tori(sizes=(3, 4, 5), temperatures=None, noise=0.0) -> xr.Dataset:
    """Binder cumulant and susceptibility of square tori, from all their states."""
    t = np.linspace(1.6, 3.2, 33) if temperatures is None else temperatures
    binder, chi = [], []
    for size in sizes:
        levels = methods.get("enumeration")().prepare(Ising(lattices.square(size, size)))
        levels = getattr(levels, "levels", levels)
        m = levels.observables["magnetization"]
        weights = np.exp(levels.log_g - (levels.energies - levels.energies.min()) / t[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
        m2, m4 = weights @ m**2, weights @ m**4
        binder.append(1 - m4 / (3 * m2**2))
        chi.append(m2 / t / size**2)
    dims = ("temperature", "shape")
    variables = {
        "binder_cumulant": (dims, np.array(binder).T, {"long_name": "Binder cumulant"}),
        "susceptibility": (dims, np.array(chi).T, {"long_name": "Susceptibility per site"}),
    }
    coords = {"temperature": t, "shape": [f"{size}x{size}" for size in sizes]}
    made = xr.Dataset(variables, coords)
    if noise:
        rng = np.random.default_rng(3)
        for name in list(variables):
            size = noise * made[name].max().item()
            made[f"{name}_errors"] = xr.full_like(made[name], size)
            made[name] = made[name] + rng.normal(scale=size, size=made[name].shape)
    return made


# ---- densities of states


def test_a_density_of_states_is_log_g_over_energy_also_beyond_floats():
    levels = density_of_states(Ising(lattices.square(8, 8)))
    ax = plot_density_of_states(levels, per="site", label="8 x 8")
    x, y = ax.get_lines()[0].get_data()
    np.testing.assert_allclose(x, levels.energies / 64 + levels.offset / 64, rtol=1e-15)
    np.testing.assert_allclose(y, levels.log_g / 64, rtol=1e-15)
    huge = plot_density_of_states(EnergyLevels([0.0, 1.0], log_degeneracies=[0.0, 1e5]))
    assert huge.get_lines()[0].get_ydata()[1] == 1e5
    second = plot_density_of_states(levels, per="site", label="again", ax=ax)
    assert second is ax
    assert ax.get_lines()[0].get_color() != ax.get_lines()[1].get_color()


def test_marks_stand_where_the_slope_is_the_inverse_temperature():
    levels = density_of_states(Ising(lattices.square(16, 16)))
    ax = plot_density_of_states(levels, temperatures=[2.5])
    curve, marks = ax.get_lines()
    (energy,), _ = marks.get_data()
    x, y = curve.get_data()
    slope = np.interp(energy, x[4:-4], np.gradient(y, x)[4:-4])
    assert slope == pytest.approx(1 / 2.5, rel=0.02)


def test_many_levels_are_counted_in_bins_and_none_is_lost():
    energies = np.random.default_rng(1).uniform(0, 100, 5000)
    ax = plot_density_of_states(EnergyLevels(energies, np.full(5000, 3), unit="cm-1"), bins=20)
    assert np.exp(ax.get_lines()[0].get_ydata()).sum() == pytest.approx(15000, rel=1e-12)
    assert "states per bin" in ax.get_ylabel()
    assert ax.get_xlabel() == "Energy (cm⁻¹)"
    with pytest.raises(InputError, match="needs levels with sites"):
        plot_density_of_states(EnergyLevels(energies), per="site")
    with pytest.raises(InputError, match="bins: expected a positive integer; got 0"):
        plot_density_of_states(EnergyLevels(energies), bins=0)
    with pytest.raises(InputError, match="expected 'system' or 'site'; got 'spin'"):
        plot_density_of_states(EnergyLevels(energies), per="spin")


# ---- configurations

LATTICES = {
    "square": lattices.square(4, 3),
    "triangular": lattices.triangular(3, 3),
    "honeycomb": lattices.honeycomb(3, 2),
    "kagome": lattices.kagome(2, 2),
    "chain": lattices.chain(6),
    "cubic": lattices.cubic(3, 2, 2),
    "bcc": lattices.bcc(2, 2, 2),
    "graph": lattices.graph([[0, 1], [1, 2], [2, 0], [2, 3]]),
    "complete": lattices.complete(5),
}


@pytest.mark.parametrize("name", LATTICES)
def test_every_site_of_every_lattice_has_the_colour_of_its_value(name):
    lattice = LATTICES[name]
    values = np.random.default_rng(1).choice([-1, 1], lattice.sites)
    ax = plot_configuration(lattice, values, title=name)
    (cells,) = ax.collections
    ax.figure.savefig(io.BytesIO())
    expected = [to_rgb(_SPINS[float(value)]) for value in values]
    colours = cells.get_facecolors()[:, :3]
    if ax.name == "3d":  # drawn from the back to the front
        colours, expected = sorted(map(tuple, colours)), sorted(expected)
    np.testing.assert_allclose(colours, expected, atol=1e-12)


def test_arrows_scales_and_bonds_of_a_configuration():
    lattice = lattices.square(3, 3, periodic=True)
    angles = np.linspace(-3, 3, 9)
    ax = plot_configuration(lattice, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    arrows = ax.collections[-1]
    np.testing.assert_allclose(np.arctan2(arrows.V, arrows.U), angles, rtol=1e-12)
    means = plot_configuration(lattice, np.linspace(-0.5, 0.2, 9), label="Mean")
    bar = means.figure.axes[-1]
    assert (bar.get_ylabel(), bar.get_ylim()) == ("Mean", (-0.5, 0.5))  # symmetric around zero
    couplings = np.where(np.arange(lattice.bond_count) % 2, -1.0, 1.0)
    bonds = plot_configuration(lattice, np.ones(9), couplings=couplings).get_lines()
    assert len(bonds) == 12  # of 18; the six around the boundary would cross the picture
    assert len({str(line._unscaled_dash_pattern) for line in bonds}) == 2
    cubes = plot_configuration(lattices.cubic(2, 2, 2), np.eye(3)[np.arange(8) % 3])
    cubes.figure.savefig(io.BytesIO())


def test_mistakes_in_configurations_say_what_to_do():
    lattice = lattices.square(3, 3)
    with pytest.raises(InputError, match=r"finite numbers of shape \(9,\).*got shape \(8,\)"):
        plot_configuration(lattice, np.ones(8))
    with pytest.raises(InputError, match="one for each bond; got shape"):
        plot_configuration(lattice, np.ones(9), couplings=[1.0, 2.0])
    with pytest.raises(InputError, match="an infinite lattice has no configuration"):
        plot_configuration(lattices.square("infinite"), [1])
    with pytest.raises(InputError, match="projection='3d'"):
        plot_configuration(lattices.cubic(2, 2, 2), np.ones(8), ax=Figure().subplots())
    with pytest.raises(InputError, match="at most 3 dimensions; got 4"):
        plot_configuration(lattices.hypercubic(2, 2, 2, 2), np.ones(16))


def test_spins_and_states_are_told_apart_in_grey():
    light, dark = (luminance(_SPINS[s]) for s in (-1.0, 1.0))
    assert (light + 0.05) / (dark + 0.05) > 3
    lattice = lattices.square(3, 3)
    ax = plot_configuration(lattice, np.arange(9))
    greys = [luminance(patch.get_facecolor()[:3]) for patch in ax.get_legend().get_patches()]
    assert np.all(np.diff(greys) > 0.02)


# ---- sizes


def test_binder_cumulants_cross_near_the_critical_temperature():
    ds = tori()
    found = crossings(ds.temperature.values, ds.binder_cumulant.values.T)
    # 4 and 5 from all states: within 3 per cent of Onsager's, the nearer the larger the sizes
    assert abs(found[1].place - TC) < abs(found[0].place - TC) < 0.15
    assert found[1].place == pytest.approx(TC, rel=0.03)
    fine = tori(temperatures=np.linspace(2.1, 2.3, 41))
    again = crossings(fine.temperature.values, fine.binder_cumulant.values.T)
    assert again[1].place == pytest.approx(found[1].place, abs=1e-5)


def test_errors_of_crossings_cover_their_scatter():
    t = np.linspace(1.0, 3.0, 21)
    curves = np.stack([-np.tanh(t - 2.04), -np.tanh(2 * (t - 2.04))])
    rng = np.random.default_rng(5)
    errors = np.full(curves.shape, 0.01)
    pulls = []
    for _ in range(400):
        (one,) = crossings(t, curves + rng.normal(scale=errors), errors)
        pulls.append((one.place - 2.04) / one.error)
    # interpolating between two points averages their noise, so the band is right to a few per cent
    assert 0.8 < np.std(pulls) < 1.2
    assert abs(np.mean(pulls)) < 0.2


def test_noise_where_curves_coincide_is_no_crossing():
    t = np.linspace(0.0, 3.0, 61)
    curves = np.stack([1 / (1 + np.exp(3 * (t - 2.0))), 1 / (1 + np.exp(9 * (t - 2.0)))])
    rng = np.random.default_rng(2)
    for _ in range(50):
        (one,) = crossings(t, curves + rng.normal(scale=0.003, size=curves.shape), np.full(curves.shape, 0.003))
        assert one.place == pytest.approx(2.0, abs=0.1)


def test_mistakes_in_crossings():
    t = np.linspace(1, 2, 5)
    with pytest.raises(ConvergenceError, match="do not cross in the range given; take temperatures on both sides"):
        crossings(t, [t, t + 1.0])
    with pytest.raises(InputError, match=r"shape \(k, 5\); got shape \(1, 5\)"):
        crossings(t, [t])
    with pytest.raises(InputError, match="increasing finite"):
        crossings(t[::-1], [t, 3.0 - t])
    with pytest.raises(InputError, match=r"errors: expected the shape of the curves"):
        crossings(t, [t, 3.0 - t], [0.1])


def test_scaling_shows_the_crossing_and_collapses_the_curves():
    ds = tori()
    figure = plot_scaling(ds, "susceptibility", exponent=1.75, critical_temperature=TC)
    assert [ax.get_ylabel().split(" $")[0] for ax in figure.axes] == [
        "Binder cumulant",
        "Susceptibility per site",
        "Susceptibility per site",
    ]
    curves = [line.get_data() for line in figure.axes[-1].get_lines()]
    assert len(curves) == 3
    grid = np.linspace(-1.5, 1.5, 7)
    heights = np.array([np.interp(grid, x, y) for x, y in curves])
    assert np.ptp(heights, axis=0).max() < 0.07 * heights.max()  # raw: a factor of 2.8
    raw = ds.susceptibility.sel(temperature=TC, method="nearest").values
    assert raw.max() / raw.min() > 2
    own = plot_scaling(ds, "binder_cumulant")
    assert len(own.axes) == 2
    assert own.axes[0].texts[0].get_text().startswith(r"$T_\mathrm{c}$ = 2.2")
    noisy = plot_scaling(tori(noise=0.002), "susceptibility", exponent=1.75)
    assert r"$\pm$" in noisy.axes[0].texts[0].get_text()


def test_mistakes_in_scaling_say_what_to_do():
    ds = tori().drop_vars("binder_cumulant")
    with pytest.raises(InputError, match=r"give critical_temperature=\.\.\."):
        plot_scaling(ds)
    with pytest.raises(InputError, match="two finite sizes along 'shape' or more; got 1"):
        plot_scaling(ds.isel(shape=[0]), size="shape", critical_temperature=2.0)
    with pytest.raises(InputError, match=r"expected one of .*got 'heat'"):
        plot_scaling(ds, "heat")
    with pytest.raises(InputError, match="nu: expected a positive number; got 0"):
        plot_scaling(ds, nu=0)


# ---- series and overlaps


def test_convergence_tells_the_mean_and_the_autocorrelation_time():
    rng = np.random.default_rng(4)
    x = np.zeros(5000)
    for n in range(1, x.size):
        x[n] = 0.8 * x[n - 1] + rng.normal()
    found = autocorrelation(x)
    figure = plot_convergence(x, exact=0.0, label="Energy", unit="J")
    left, right = figure.axes
    assert left.get_ylabel() == "Energy, running mean (J)"
    assert left.get_lines()[0].get_ydata()[-1] == pytest.approx(x.mean(), abs=1e-12)
    assert f"{found.time:.3g}" in right.texts[0].get_text()
    short = plot_convergence(x[:60]).axes[1].texts[0].get_text()
    assert "not to be relied on" in short
    assert len(plot_convergence(x.reshape(4, 1250)).axes[0].get_lines()) == 4
    with pytest.raises(InputError, match=r"shape \(N,\) or \(R, N\)"):
        plot_convergence(np.zeros((2, 2, 5)))


def test_gaps_between_sampled_states_are_framed():
    matrix = np.array([[0.7, 0.3, 0.0], [0.3, 0.69, 0.01], [0.0, 0.01, 0.99]])
    ax = plot_overlap(matrix, labels=["1.0", "1.1", "2.0"])
    assert len(ax.patches) == 2
    assert {text.get_text() for text in ax.texts} == {".70", ".30", ".69", ".01", ".99"}
    with pytest.raises(InputError, match=r"row 1 sums to 0\.5"):
        plot_overlap([[1.0, 0.0], [0.0, 0.5]])
    with pytest.raises(InputError, match="labels: expected 3"):
        plot_overlap(matrix, labels=["a"])
    with pytest.raises(InputError, match="square matrix"):
        plot_overlap([[1.0, 0.0]])


# ---- exact curves, Tc, doubts


def test_exact_curves_lie_behind_and_points_are_not_joined():
    exact, few = tori(), tori(temperatures=np.linspace(1.6, 3.2, 9), noise=0.01)
    ax = plot_quantity(few, "susceptibility", exact=exact)
    lines = [line for line in ax.get_lines() if line.get_zorder() == 1.5]
    assert len(lines) == 3
    for k, line in enumerate(lines):
        np.testing.assert_array_equal(line.get_ydata(), exact.susceptibility.isel(shape=k))
        assert line.get_color() == ax.containers[k][0].get_color()
    assert not [line for line in ax.get_lines() if line.get_label() == "_guide"]
    one = plot_quantity(few, "susceptibility", exact=exact.isel(shape=0, drop=True))
    assert len([line for line in one.get_lines() if line.get_zorder() == 1.5]) == 1
    assert len(plot_thermodynamics(few, quantities=["susceptibility"], exact=exact).axes) == 1


def test_the_critical_temperature_is_marked_where_it_is_known():
    ds = solve(Ising(lattices.square("infinite")), np.linspace(1, 4, 30))
    for ax in plot_thermodynamics(ds).axes:
        assert [text.get_text() for text in ax.texts] == [r"$T_\mathrm{c}$"]
        (mark,) = (line for line in ax.get_lines() if line.get_label() == "_critical")
        assert mark.get_xdata()[0] == pytest.approx(TC, rel=1e-15)
    cold = solve(Ising(lattices.square("infinite")), np.linspace(1, 2, 5))
    assert plot_quantity(cold, "entropy").texts[:] == []  # outside the figure


def test_points_that_are_not_ok_are_crossed_out():
    ds = tori().isel(shape=[0])
    status = np.zeros((33, 1), np.int8)
    status[3:6] = 8
    ds["status"] = (("temperature", "shape"), status, {"flag_masks": [8], "flag_meanings": "too_few_samples"})
    ax = plot_quantity(ds, "susceptibility")
    (crosses,) = (line for line in ax.get_lines() if line.get_marker() == "x")
    np.testing.assert_array_equal(crosses.get_xdata(), ds.temperature[3:6])
    assert crosses.get_label() == "not to be relied on: too few samples"
    two = ds.isel(shape=[0, 0]).assign_coords(shape=["a", "b"])
    key = plot_quantity(two, "susceptibility", hue="shape").get_legend()
    assert [text.get_text() for text in key.get_texts()][:3] == ["a", "b", crosses.get_label()]


def test_the_command_draws_what_is_asked_for(tmp_path, capsys):
    from statmech.cli import main
    from statmech.results import write_results

    ds = solve(Ising(lattices.square(2, 2)), np.linspace(1, 4, 10), field=[0.0, 0.3, 0.6])
    file = str(write_results(ds, tmp_path / "r.h5"))
    assert main(["plot", file, "--quantity", "entropy", "--x", "field", "--format", "svg", "--exact", file]) == 0
    (name,) = capsys.readouterr().out.split()
    assert name.endswith("r_entropy.svg")
    assert main(["plot", file, "--quantity", "entrpy"]) == 2
    assert "quantity: expected one of log_z" in capsys.readouterr().err
