"""Figures say what the Dataset says: labels, units, errors, every curve, nothing that is not there."""

from __future__ import annotations

import itertools
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from statmech.dataset import Axis, Solution, assemble
from statmech.errors import InputError, ResultsError
from statmech.levels import EnergyLevels
from statmech.plots import plot_levels, plot_quantity, plot_thermodynamics, save_figures
from statmech.plots.base import COLOURS, DASHES, MARKERS, MOST_KEYS
from statmech.solve import solve
from statmech.summation import sum_levels
from statmech.thermodynamics import thermodynamics

QUANTITIES = ("free_energy", "internal_energy", "entropy", "heat_capacity")


def rotor(temperatures) -> xr.Dataset:
    j = np.arange(60)
    return solve(EnergyLevels(1.93 * j * (j + 1), 2 * j + 1, unit="cm-1"), temperatures)


def spins(temperatures, fields, **solution) -> xr.Dataset:
    """Four free-ish spins over temperature and field."""
    levels = EnergyLevels([-4.0, -2, 0, 2, 4], [2, 8, 12, 8, 2], observables={"magnetization": [4.0, 2, 0, -2, -4]})
    result = thermodynamics(sum_levels(levels, temperatures, fields=fields))
    axes = [Axis("temperature", temperatures, "temperature", role="temperature")]
    axes += [Axis("field", fields, "model.field", role="field")]
    found = Solution(result, "level_sum", "few", 1e-12, "reduced", sites=4, symbol="coupling units", **solution)
    return assemble([found], axes, attributes={"title": "Four spins"}).dataset()


def sampled(number: int) -> xr.Dataset:
    temperatures, fields = np.linspace(1, 5, number), [0.0, 0.5]
    error = 0.1 + np.arange(2.0 * number).reshape(2, number) / number
    return spins(temperatures, fields, errors=dict.fromkeys(QUANTITIES, error))


def drawn(ax) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), dtype=float) for line in ax.get_lines()]


def test_axes_are_labelled_with_long_name_and_units():
    figure = plot_thermodynamics(rotor(np.linspace(10, 300, 5)))
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "Free energy (kJ mol⁻¹)",
        "Internal energy (kJ mol⁻¹)",
        "Entropy (J mol⁻¹ K⁻¹)",
        "Heat capacity (J mol⁻¹ K⁻¹)",
    ]
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "Temperature (K)", "Temperature (K)"]
    reduced = plot_thermodynamics(spins([1.0, 2.0], [0.0, 0.1]))
    assert reduced.axes[0].get_ylabel() == "Free energy (coupling units)"
    assert reduced.axes[2].get_ylabel() == r"Entropy ($k_\mathrm{B}$)"
    assert reduced.axes[2].get_xlabel() == "Temperature (coupling units)"
    assert reduced.get_suptitle() == "Four spins"


def test_every_value_of_the_dataset_is_on_the_curve():
    dataset = spins(np.linspace(1, 5, 90), [0.0, 0.1, 0.3])
    for name in QUANTITIES:
        curves = drawn(plot_quantity(dataset, name))
        assert len(curves) == 3
        for k, curve in enumerate(curves):
            np.testing.assert_array_equal(curve, dataset[name].isel(field=k))


def test_log_z_stands_in_where_there_is_no_free_energy():
    dataset = rotor([10.0, 20.0]).drop_vars("free_energy")
    assert plot_thermodynamics(dataset).axes[0].get_ylabel() == "Logarithm of the partition function"
    with pytest.raises(InputError, match=r"expected one of free_energy.*got magnetization"):
        plot_thermodynamics(spins([1.0, 2.0], [0.0])[["magnetization"]])


def test_temperatures_that_are_not_finite_are_not_drawn():
    ax = plot_quantity(rotor([0.0, 100.0, 200.0, np.inf]), "entropy")
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), [0.0, 100.0, 200.0])
    dataset = rotor([100.0, 200.0, 300.0])
    dataset = dataset.assign_coords(temperature=[100.0, np.nan, 300.0])
    np.testing.assert_array_equal(plot_quantity(dataset, "entropy").get_lines()[0].get_xdata(), [100.0, 300.0])


@pytest.mark.parametrize(
    ("temperatures", "scale"),
    [
        (np.geomspace(1, 5000, 50), "log"),
        ([0.0, *np.geomspace(1, 5000, 50), np.inf], "log"),
        ([10.0, 100.0, 298.15, 5000.0], "log"),
        (np.geomspace(1, 50, 30), "log"),  # equal ratios were asked for
        (np.linspace(100, 6000, 60), "linear"),
        (np.linspace(0.01, 5, 60), "linear"),  # equal steps were asked for
        ([-1.0, 1.0, 1000.0], "linear"),
        ([1.0, 1000.0], "linear"),
    ],
)
def test_temperature_axis_follows_its_points(temperatures, scale):
    dataset = solve(EnergyLevels([0.0, 1.0]), temperatures)
    ax = plot_quantity(dataset, "entropy")
    assert ax.get_xscale() == scale
    if scale == "log":
        assert np.all(ax.get_lines()[0].get_xdata() > 0)


def test_negative_and_positive_temperatures_are_not_joined():
    dataset = solve(EnergyLevels([0.0, 1.0]), [-1.0, 2.0, -2.0, 1.0])
    x, y = plot_quantity(dataset, "entropy").get_lines()[0].get_data()
    np.testing.assert_array_equal(x, [-2.0, -1.0, np.nan, 1.0, 2.0])  # in order, with a gap
    assert np.isnan(y[2])


def test_error_bars_are_one_standard_error():
    dataset = sampled(9)
    ax = plot_quantity(dataset, "heat_capacity")
    assert len(ax.containers) == 2
    for k, container in enumerate(ax.containers):
        _, _, (bars,) = container
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        values, errors = dataset["heat_capacity"][:, k], dataset["heat_capacity_errors"][:, k]
        np.testing.assert_allclose(ends[:, 0], values - errors, rtol=1e-14)  # one subtraction apart
        np.testing.assert_allclose(ends[:, 1], values + errors, rtol=1e-14)
    assert plot_quantity(dataset.drop_vars("heat_capacity_errors"), "heat_capacity").containers == []


def test_many_points_have_an_error_band_instead():
    ax = plot_quantity(sampled(120), "entropy")
    assert ax.containers == []
    for k, band in enumerate(ax.collections):
        edge = band.get_paths()[0].vertices[:, 1]
        values, errors = sampled(120)["entropy"][:, k], sampled(120)["entropy_errors"][:, k]
        assert edge.max() == float((values + errors).max())
        assert edge.min() == float((values - errors).min())


def test_a_few_curves_are_told_apart_by_more_than_colour():
    fields = np.linspace(0, 1, MOST_KEYS)
    figure = plot_thermodynamics(spins(np.linspace(1, 5, 100), fields))
    for ax in figure.axes:
        assert len({line.get_marker() for line in ax.get_lines()}) == MOST_KEYS
        assert len({str(line._unscaled_dash_pattern) for line in ax.get_lines()}) == len(set(DASHES)) >= 6
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == [f"{field:.3g}" for field in fields]
    assert key.get_title().get_text() == "Field h (coupling units)"
    for a, b in itertools.combinations(range(MOST_KEYS), 2):
        assert (MARKERS[a], DASHES[a]) != (MARKERS[b], DASHES[b])


def test_many_numbers_get_a_colour_bar_and_many_texts_a_thinned_key():
    fields = np.linspace(0, 2, 21)
    figure = plot_thermodynamics(spins(np.linspace(1, 5, 30), fields))
    assert figure.legends == []
    bar = figure.axes[-1]
    assert bar.get_ylabel() == "Field h (coupling units)"
    assert bar.get_ylim() == (0.0, 2.0)
    named = spins(np.linspace(1, 5, 30), fields).assign_coords(field=[f"{k}x{k}" for k in range(21)])
    figure = plot_thermodynamics(named)
    assert len(figure.axes) == 4
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(texts) == MOST_KEYS
    assert (texts[0], texts[-1]) == ("0x0", "20x20")


def luminance(colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_stand_out_on_white_and_neighbours_differ_in_grey():
    contrast = [1.05 / (luminance(colour) + 0.05) for colour in COLOURS]
    assert min(contrast) >= 2.9  # WCAG asks 3:1 of graphics; the orange has 2.94
    for a, b in itertools.pairwise(contrast):
        assert max(a, b) / min(a, b) > 1.4


@pytest.mark.parametrize("name", ["deuteranopia", "protanopia", "tritanopia"])
def test_first_colours_differ_for_every_colour_vision(name):
    # Machado, Oliveira, Fernandes, IEEE TVCG 15, 1291 (2009), severity 1
    rows = {
        "deuteranopia": (0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881),
        "protanopia": (0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998),
        "tritanopia": (1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900),
    }[name]
    matrix = np.reshape(rows, (3, 3))
    seen = [matrix @ np.array(to_rgb(colour)) for colour in COLOURS[:4]]
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(a - b) > 0.2  # of sqrt(3) between black and white


def test_curves_are_labelled_where_they_end_if_there_is_room():
    dataset = spins(np.linspace(1, 5, 50), [0.0, 1.0, 2.0])
    ax = plot_quantity(dataset, "internal_energy")
    assert [text.get_text() for text in ax.texts] == ["Field h (coupling units) = 0", "1", "2"]
    assert ax.get_legend() is None
    close = plot_quantity(spins(np.linspace(1, 5, 50), [0.0, 0.01]), "internal_energy")
    assert close.get_legend() is not None


def test_points_that_are_not_ok_are_faint_and_explained():
    status = np.zeros((1, 50), np.int8)
    status[0, 40:] = 1
    status[0, 45:] = 5
    dataset = spins(np.linspace(1, 5, 50), [0.0], status=status)
    figure = plot_thermodynamics(dataset)
    faint, crosses, sure = figure.axes[3].get_lines()
    np.testing.assert_array_equal(crosses.get_xdata(), dataset.temperature[40:])
    assert crosses.get_marker() == "x"
    assert np.isnan(sure.get_ydata()[40:]).all()
    assert not np.isnan(faint.get_ydata()).any()
    assert faint.get_alpha() < 0.5
    text = figure.legends[0].get_texts()[-1].get_text()
    assert text == "not to be relied on: levels incomplete, outside range"


def test_a_quantity_without_a_finite_value_says_so():
    dataset = rotor([10.0, 20.0])
    ax = plot_quantity(dataset.assign(entropy=dataset.entropy * np.nan), "entropy")
    assert [text.get_text() for text in ax.texts] == ["no finite values"]


def test_any_axis_can_be_x_or_hue():
    dataset = spins(np.linspace(1, 5, 4), np.linspace(0, 1, 30))
    ax = plot_quantity(dataset, "magnetization", x="field")
    np.testing.assert_array_equal(ax.get_lines()[2].get_ydata(), dataset["magnetization"].isel(temperature=2))
    assert ax.get_xlabel() == "Field h (coupling units)"
    assert len(plot_quantity(dataset, "magnetization", hue="temperature").get_lines()) == 4
    one = dataset.isel(temperature=0)  # no temperature axis: the other one
    assert plot_quantity(one, "magnetization").get_xlabel() == "Field h (coupling units)"
    (text,) = plot_quantity(dataset.isel(field=[0]), "entropy").get_legend().get_texts()  # which one is worth a line
    assert text.get_text() == "0"


def test_mistakes_say_what_to_do():
    dataset = spins([1.0, 2.0], [0.0, 0.1])
    with pytest.raises(InputError, match=r"quantity: expected one of log_z, .*got 'cv'"):
        plot_quantity(dataset, "cv")
    with pytest.raises(InputError, match="x: expected one of temperature, field; got 'T'"):
        plot_quantity(dataset, "entropy", x="T")
    with pytest.raises(InputError, match="hue: expected one of temperature, field; got 'shape'"):
        plot_quantity(dataset, "entropy", hue="shape")
    with pytest.raises(InputError, match="one point is no curve"):
        plot_quantity(dataset.isel(temperature=0, field=0), "entropy")
    with pytest.raises(InputError, match="at least two finite values; got 'field'"):
        plot_quantity(dataset.assign_coords(field=["a", "b"]), "entropy", x="field")
    stacked = xr.concat([dataset, dataset], dim="copy")
    with pytest.raises(InputError, match=r"two axes.*choose values of .*isel\("):
        plot_quantity(stacked, "entropy")


def test_drawing_in_axes_of_the_caller_keeps_to_them():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot_quantity(rotor([1.0, 2.0]), "entropy", ax=right) is right
    assert left.get_lines()[:] == []
    assert right.yaxis.label.get_size() == left.yaxis.label.get_size() == matplotlib.rcParams["font.size"]
    assert right.get_yticklabels()[0].get_size() == left.get_yticklabels()[0].get_size()
    assert plot_quantity(rotor([1.0, 2.0]), "entropy").yaxis.label.get_size() == 9.0  # ours, in our own figure
    assert plot_thermodynamics(rotor([1.0, 2.0])).axes[0].yaxis.label.get_size() == 9.0
    part = Figure(layout="constrained").subfigures(1, 2)[0]
    assert plot_thermodynamics(spins([1.0, 2.0], [0.0, 0.1]), fig=part) is part
    assert len(part.axes) == 4


def test_nothing_global_is_changed_and_the_dataset_neither():
    before = dict(matplotlib.rcParams)
    dataset = sampled(5)
    copy = dataset.copy(deep=True)
    plot_thermodynamics(dataset)
    plot_quantity(dataset, "entropy")
    assert dict(matplotlib.rcParams) == before
    xr.testing.assert_identical(dataset, copy)


def test_levels_are_lines_with_their_degeneracy():
    ax = plot_levels(EnergyLevels([0.0, 1.0, 1.0, 3.0], [1, 1, 2, 10**40], unit="eV"))
    assert ax.get_ylabel() == "Energy (eV)"
    assert [text.get_text() for text in ax.texts] == ["$g$ = 1", "$g$ = 3", r"$g$ = $1\times 10^{40}$"]
    assert len(ax.collections[0].get_segments()) == 3
    ax = plot_levels(EnergyLevels(np.arange(50.0)), count=5)
    assert ax.get_title(loc="left") == "lowest 5 of 50 levels"
    with pytest.raises(InputError, match="count: expected a positive integer; got 0"):
        plot_levels(EnergyLevels([0.0]), count=0)


# ---- files


def test_the_figure_set_is_written_with_equal_bytes(tmp_path):
    dataset = sampled(7)
    copy = dataset.copy(deep=True)
    first = save_figures(dataset, tmp_path / "a", formats=("png", "svg", "pdf"))
    assert [path.name for path in first] == [
        f"a_{what}.{kind}" for what in ("thermodynamics", "magnetization") for kind in ("png", "svg", "pdf")
    ]
    xr.testing.assert_identical(dataset, copy)
    bytes_of = [path.read_bytes() for path in first]
    script = (
        "import sys; from statmech.results import open_results; from statmech.plots import save_figures;"
        "save_figures(open_results(sys.argv[1]), sys.argv[2], ('png', 'svg', 'pdf'))"
    )
    from statmech.results import write_results

    file = write_results(dataset, tmp_path / "r.h5")
    subprocess.run([sys.executable, "-W", "error", "-c", script, file, tmp_path / "b"], check=True)
    assert [path.with_name(path.name.replace("a_", "b_", 1)).read_bytes() for path in first] == bytes_of


def test_svg_is_well_formed_and_undated(tmp_path):
    (path,) = save_figures(rotor([1.0, 2.0]), tmp_path / "r", formats=["svg"])
    text = path.read_text()
    assert ET.fromstring(text).tag.endswith("svg")
    assert "dc:date" not in text


def test_a_sweep_over_three_axes_is_one_page_per_further_value(tmp_path):
    planes = [spins(np.linspace(1, 5, 6), [0.0, 0.1, 0.2]) for _ in range(2)]
    shapes = xr.DataArray(["4x4", "8/8"], dims="shape", name="shape")
    paths = save_figures(xr.concat(planes, dim=shapes), tmp_path / "r", formats=["png"])
    assert [path.name for path in paths] == [
        "r_thermodynamics_shape=4x4.png",
        "r_magnetization_shape=4x4.png",
        "r_thermodynamics_shape=8-8.png",  # no folder by accident
        "r_magnetization_shape=8-8.png",
    ]


def test_files_that_cannot_be_written_and_formats_that_are_unknown(tmp_path):
    with pytest.raises(ResultsError, match=r"missing/r_thermodynamics.png: .*No such file"):
        save_figures(rotor([1.0, 2.0]), tmp_path / "missing" / "r")
    with pytest.raises(InputError, match="expected some of png, svg, pdf; got 'gif'"):
        save_figures(rotor([1.0, 2.0]), tmp_path / "r", formats=["gif"])
    assert list(tmp_path.iterdir()) == []


def test_importing_plots_loads_no_matplotlib_and_drawing_no_pyplot(tmp_path):
    script = (
        "import sys, statmech.plots;"
        "assert not {'matplotlib', 'xarray', 'scipy'} & set(sys.modules);"
        "from statmech.levels import EnergyLevels; from statmech.solve import solve;"
        "statmech.plots.save_figures(solve(EnergyLevels([0.0, 1.0]), [1.0, 2.0]), sys.argv[1]);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script, tmp_path / "r"], check=True)
