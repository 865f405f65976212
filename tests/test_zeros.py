"""Zeros of partition functions: known ones, theorems, and the polynomial itself as the judge."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpc, mpf

from statmech import EnergyLevels, lattices
from statmech.disorder import RandomValues
from statmech.errors import InputError, UnsupportedError
from statmech.methods.density_of_states import density_of_states
from statmech.models.blume_capel import BlumeCapel
from statmech.models.ising import Ising
from statmech.models.potts import Potts
from statmech.plots.zeros import plot_zeros
from statmech.zeros import common_step, fisher_zeros, lee_yang_zeros

EPS = np.finfo(np.float64).eps


def worst_step(coefficients, zeros, digits=400):
    """Largest relative length of Newton's step from a zero: its distance from the true one, for simple zeros."""
    with mpmath.workdps(digits):
        worst = mpf(0)
        for zero in zeros:
            x, value, slope = mpc(complex(zero)), mpc(0), mpc(0)
            for c in reversed(coefficients):
                value, slope = value * x + c, slope * x + value
            if value:  # x = -1 can be a zero exactly, and a multiple one
                worst = max(worst, abs(value / slope / x))
        return float(worst)


def polynomial(levels):
    step = common_step(levels.energies)
    places = np.rint((levels.energies - levels.energies.min()) / step).astype(int)
    coefficients = [0] * (int(places.max()) + 1)
    for place, g in zip(places.tolist(), levels.exact_degeneracies, strict=True):
        coefficients[place] += g
    return coefficients


@pytest.mark.parametrize(
    "model",
    [
        Ising(lattices.square(4, 4)),
        Ising(lattices.square(8, 8)),
        Ising(lattices.square(5, 7)),  # no palindrome
        Ising(lattices.square(5, 6, periodic=False), RandomValues("pm1", seed=1)),
        Ising(lattices.triangular(4, 4), -1.0),
        Ising(lattices.square(3, 5, periodic=False), 0.1),  # energies that are rounded
        Potts(lattices.square(3, 4), 3),
    ],
    ids=repr,
)
def test_fisher_zeros_are_those_of_the_polynomial_to_the_last_bits(model):
    levels = density_of_states(model)
    coefficients, zeros = polynomial(levels), fisher_zeros(levels)
    assert len(zeros) == len(coefficients) - 1
    # each part is rounded to float64: at most half an ulp of |x|, twice
    assert worst_step(coefficients, zeros) < EPS
    assert not np.any((zeros.imag == 0) & (zeros.real > 0))  # no transition of a finite system
    assert np.allclose(np.sort_complex(zeros), np.sort_complex(zeros.conj()), rtol=2 * EPS)
    assert np.all(np.diff(np.angle(zeros)) >= 0)


def test_fisher_zeros_of_a_ring_are_where_tanh_to_the_power_n_is_minus_1():
    n = 12  # Z = (2 cosh b)^n + (2 sinh b)^n = 0: tanh b = exp(i pi (2k + 1)/n), x = exp(-4b), twice where b -> -b
    t = np.exp(1j * np.pi * (2 * np.arange(n) + 1) / n)
    expected = ((1 - t) / (1 + t)) ** 2
    zeros = fisher_zeros(density_of_states(Ising(lattices.chain(n))))
    assert len(zeros) == n // 2
    distances = np.abs(zeros[:, None] / expected - 1).min(axis=1)
    assert distances.max() < 200 * EPS  # the expected values are a few times eps / |1 + t| off


def test_fisher_zeros_close_in_on_the_transition_of_the_infinite_square_lattice():
    critical = np.exp(-4 * 0.5 * np.log(1 + np.sqrt(2)))
    gaps = []
    for side in (4, 8, 12, 16):
        levels = density_of_states(Ising(lattices.square(side, side)))
        assert common_step(levels.energies) == 4.0
        gaps.append(np.abs(fisher_zeros(levels) - critical).min())
    exponent = np.diff(np.log(gaps)) / np.diff(np.log([4, 8, 12, 16]))
    assert exponent[-1] == pytest.approx(-1.0, abs=0.05)  # nu = 1; measured -1.027


def test_multiple_fisher_zeros_come_as_often_as_they_are():
    ring = density_of_states(Ising(lattices.chain(6)))
    assert np.allclose(fisher_zeros(ring.product(ring).product(ring)), np.repeat(fisher_zeros(ring), 3), rtol=4 * EPS)
    free = EnergyLevels(range(6), [1, 5, 10, 10, 5, 1])  # (1 + x)^5
    assert np.array_equal(fisher_zeros(free), [-1.0] * 5)
    square = EnergyLevels(range(5), [1, 0, -0 + 2, 0, 1])  # (1 + x^2)^2
    assert np.array_equal(fisher_zeros(square), [-1j, -1j, 1j, 1j])


FERROMAGNETS = {
    "4 x 4 torus": Ising(lattices.square(4, 4)),
    "5 x 5 torus": Ising(lattices.square(5, 5)),
    "open triangular": Ising(lattices.triangular(3, 4, periodic=False)),
    "cube": Ising(lattices.cubic(2, 2, 3)),
    "several couplings": Ising(lattices.complete(8), np.arange(28.0) % 5),
    "two equal parts": Ising(lattices.graph([[0, 1], [2, 3]], sites=4)),
    "free spins": Ising(lattices.chain(5), 0.0),
    "spin 1": BlumeCapel(lattices.chain(6), 1.0, anisotropy=0.0),
}


@pytest.mark.parametrize("model", FERROMAGNETS.values(), ids=FERROMAGNETS)
@pytest.mark.parametrize("temperature", [0.2, 1.0, 2.27, 10.0, np.inf])
def test_lee_yang_zeros_of_ferromagnets_lie_on_the_unit_circle(model, temperature):
    zeros = lee_yang_zeros(density_of_states(model, joint=True), temperature)
    assert len(zeros) == (2 if model.kind == "blume_capel" else 1) * model.sites
    if model.kind == "blume_capel" and temperature == np.inf:  # (1 + z + z^2)^6
        expected = np.exp(2j * np.pi / 3)
        assert np.allclose(zeros, np.repeat([expected.conjugate(), expected], 6), rtol=2 * EPS)
    assert np.abs(np.abs(zeros) - 1).max() <= 2 * EPS


def test_lee_yang_zeros_of_an_antiferromagnet_leave_the_circle():
    zeros = lee_yang_zeros(density_of_states(Ising(lattices.chain(8), -1.0), joint=True), 1.0)
    assert np.all(zeros.imag == 0)  # a ring with J < 0 has them on the negative axis
    assert np.all(zeros.real < 0)
    assert np.abs(np.abs(zeros) - 1).max() > 1
    assert np.allclose(np.sort(zeros.real), np.sort(1 / zeros.real), rtol=4 * EPS)


@settings(max_examples=25, deadline=None)
@given(
    temperature=st.floats(0.05, 1e3) | st.floats(-1e3, -0.05),
    couplings=st.lists(st.integers(-2, 2), min_size=10, max_size=10),
)
def test_lee_yang_zeros_are_those_of_the_polynomial_to_the_last_bits(temperature, couplings):
    levels = density_of_states(Ising(lattices.complete(5), [float(c) for c in couplings]), joint=True)
    zeros = lee_yang_zeros(levels, temperature)
    assert len(zeros) == 5
    with mpmath.workdps(400):
        coefficients = [mpf(0)] * 6
        energies, moments = levels.energies.tolist(), levels.observables["magnetization"].astype(int).tolist()
        for energy, moment, g in zip(energies, moments, levels.exact_degeneracies, strict=True):
            coefficients[(5 - moment) // 2] += g * mpmath.exp(-mpf(energy) / mpf(temperature))
        separate = min(abs(a - b) for i, a in enumerate(zeros) for b in zeros[:i])
        if separate > 1e-3:  # Newton's step tells the distance of simple zeros only
            assert worst_step(coefficients, zeros) < EPS
        # Vieta, which also holds for multiple ones: the product is 1, and the sum of all
        assert float(abs(mpmath.fprod(mpc(complex(z)) for z in zeros) + 1)) < 20 * EPS
        total, size = mpmath.fsum(mpc(complex(z)) for z in zeros), sum(abs(zeros))
        assert float(abs(total + coefficients[4] / coefficients[5])) < 4 * EPS * float(size)


def test_powers_of_z_count_down_from_the_largest_magnetisation():
    spin = density_of_states(Potts(lattices.chain(1, periodic=False), 3), joint=True)  # Z ~ 1 + 2 exp(-h/T)
    assert lee_yang_zeros(spin, 1.0).tolist() == [-0.5]
    pinned = Ising(lattices.graph([[0, 1]], sites=2), field=[1.0, 1.5])  # Z ~ e^a + 2 b z + e^-a z^2: product e^2a
    zeros = lee_yang_zeros(density_of_states(pinned, joint=True), 2.0)
    assert np.prod(zeros).real == pytest.approx(np.exp(2 * 2.5 / 2.0), rel=4 * EPS)


def test_physical_units_are_those_of_sum_levels():
    reduced = EnergyLevels([-1, -1, 1], [1, 1, 2], observables={"magnetization": [-2, 2, 0]})
    physical = EnergyLevels([-1, -1, 1], [1, 1, 2], unit="K", observables={"magnetization": [-2, 2, 0]})
    assert np.array_equal(lee_yang_zeros(reduced, 3.0), lee_yang_zeros(physical, 3.0))
    other = lee_yang_zeros(reduced.to("reduced").shift(5.0), 3.0)
    assert np.array_equal(other, lee_yang_zeros(reduced, 3.0))


def test_bad_input_is_refused_with_what_to_do():
    joint = density_of_states(Ising(lattices.chain(3)), joint=True)
    with pytest.raises(InputError, match="temperature: expected a number other than 0; got 0"):
        lee_yang_zeros(joint, 0.0)
    with pytest.raises(InputError, match="expected the observable 'magnetization'"):
        lee_yang_zeros(density_of_states(Ising(lattices.chain(3))), 1.0)
    for zeros in (fisher_zeros, lambda levels: lee_yang_zeros(levels, 1.0)):
        with pytest.raises(InputError, match="integer degeneracies"):
            zeros(EnergyLevels([0.0, 1.0], [0.5, 1.0]))
    with pytest.raises(UnsupportedError, match="energies: expected multiples of one step"):
        fisher_zeros(EnergyLevels([0.0, 1.0, np.sqrt(2)], [1, 1, 1]))
    with pytest.raises(UnsupportedError, match="at most 4096"):
        fisher_zeros(EnergyLevels([0.0, 1.0, 5001.0], [1, 1, 1]))


def test_levels_without_a_gap_have_no_zeros():
    assert fisher_zeros(EnergyLevels([2.0], [4])).shape == (0,)
    assert common_step([3.0, 3.0]) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    step=st.floats(1e-3, 1e3),
    places=st.lists(st.integers(0, 500), min_size=2, max_size=12, unique=True),
    origin=st.floats(-1e3, 1e3),
)
def test_the_common_step_is_found_through_rounding(step, places, origin):
    expected = np.gcd.reduce(np.array(places) - min(places)) * step
    assert common_step(origin + step * np.array(places)) == pytest.approx(expected, rel=1e-9)


# The figure ---------------------------------------------------------------------------------------------------------


def test_the_figure_shows_every_zero_and_the_circle_of_lee_and_yang():
    from matplotlib.patches import Circle

    zeros = lee_yang_zeros(density_of_states(Ising(lattices.square(4, 4)), joint=True), 2.0)
    ax = plot_zeros(zeros, label="T = 2")
    points = ax.collections[0].get_offsets()
    assert np.array_equal(points, np.stack([zeros.real, zeros.imag], axis=1))
    assert [patch.radius for patch in ax.patches if isinstance(patch, Circle)] == [1.0]
    low, high = ax.get_xlim()
    assert low < -1 < 1 < high
    assert ax.get_aspect() == 1.0
    plot_zeros(3 * zeros, label="more", ax=ax)
    assert ax.get_xlim()[1] > 3
    assert len([patch for patch in ax.patches if isinstance(patch, Circle)]) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["T = 2", "more"]
    first, second = (tuple(points.get_facecolor()[0]) for points in ax.collections)
    assert first != second


def test_fisher_zeros_are_drawn_without_the_circle_and_in_the_window_asked_for():
    ax = plot_zeros([1 + 1j, -3.0], plane="fisher", extent=2.0)
    assert not ax.patches
    assert ax.get_xlim() == (-2.0, 2.0)
    assert "beta u" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"zeros": []}, "n >= 1"),
        ({"zeros": [np.nan]}, "finite"),
        ({"zeros": [1j], "plane": "x"}, "plane: expected 'lee-yang' or 'fisher'; got 'x'"),
        ({"zeros": [1j], "extent": 0.0}, "extent"),
    ],
)
def test_figures_of_nothing_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        plot_zeros(**arguments)


def test_figures_can_be_saved(tmp_path: Path):
    path = tmp_path / "zeros.png"
    plot_zeros([1j, -1j]).figure.savefig(path)
    assert path.stat().st_size > 5000
