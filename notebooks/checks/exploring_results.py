"""Checks of notebook 12: exploring a result."""

import h5py
import numpy as np

import statmech
from checks import close, exercise, expect, number
from statmech import Ising, lattices, solve


@exercise
def maximum(temperature):
    """ds.heat_capacity.sel(field=0.0) is a curve over temperature; .idxmax("temperature") gives the place of its maximum."""
    temperature = number(temperature)
    curve = solve(Ising(lattices.square(4, 4)), np.linspace(0.5, 5.0, 181)).heat_capacity
    target = float(curve.idxmax("temperature"))
    expect(
        not close(temperature, float(curve.max()), 1e-3),
        "That is the height of the maximum; the question asks where it is.",
    )
    expect(
        close(temperature, target, rtol=1e-6),
        f"C there is {float(curve.interp(temperature=temperature)):.4f}; the maximum is {float(curve.max()):.4f}.",
    )
    return f"T = {target:.3f}, a little above the 2.269 of the infinite lattice."


@exercise
def finite_difference(factor):
    """181 temperatures have 180 steps; four times as many steps are 721 temperatures. Compare max |dU/dT - C| of both runs."""
    factor = number(factor)
    expect(factor > 1, "The ratio of the coarse one to the fine one, please.")
    expect(
        13 < factor < 19,
        f"A factor of {factor:.3g}? Make sure that both runs cover 0.5 to 5.0 and that edge_order=2 is set.",
    )
    return f"By {factor:.1f}, nearly 16 = 4 squared: the error is that of the central difference, not of C."


@exercise
def reader(function):
    """with h5py.File(path) as file: variable = file[name]; then variable[...], variable.attrs["units"] and variable.dims."""
    statmech.run(
        {
            "model": {"kind": "two_level", "gap": 1.0},
            "sweep": {"temperature": [0.5, 1.0], "model.gap": [1.0, 2.0, 3.0]},
        },
        output="results/check_reader.h5",
    )
    values, unit, axes = function("results/check_reader.h5", "entropy")
    expect(np.shape(values) == (2, 3), f"The entropy has the shape (2, 3); yours has {np.shape(values)}.")
    with h5py.File("results/check_reader.h5") as file:
        expect(np.array_equal(values, file["entropy"][...]), "These are not the numbers in the file.")
    expect(unit == "k_B", f"The unit is 'k_B'; yours is {unit!r}.")
    expect(
        list(axes) == ["temperature", "gap"],
        f"The axes are ['temperature', 'gap']; yours are {list(axes)} (without a leading slash, please).",
    )
    return "Four lines in any language that has an HDF5 library."


@exercise
def own_result(path):
    """json.loads(ds.attrs["config_resolved"]) is a dict: replace its "sweep" and give it to statmech.run(config, output=...)."""
    result = statmech.open_results(path)
    long = {str(dim): size for dim, size in result.sizes.items() if size > 1}
    expect(len(long) >= 3, f"I expected three axes with more than one value; there are {long}.")
    points = int(np.prod(list(long.values())))
    expect(points >= 1000, f"At least 1000 points, please; these are {points}.")
    expect("config" in result.attrs, "The file does not say how it was made; was it written by statmech.run?")
    return f"{points} points over {', '.join(long)}, by {result.attrs['method']}."
