"""Closed form of the square torus of any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.errors import InputError, PrecisionError
from statmech.methods.base import Cost, Method, Support
from statmech.methods.closed_forms.base import supported
from statmech.methods.closed_forms.closed_loops import square_tau
from statmech.methods.closed_forms.critical_points import CriticalPoint
from statmech.methods.closed_forms.jets import Jet
from statmech.models.base import Model
from statmech.models.ising import Ising

__all__ = ["Kaufman", "TorusState"]

Array = npt.NDArray[np.float64]

_CHUNK = 1 << 16  # temperatures x momenta at a time
_CONDITION = 30.0  # largest amplification of rounding that float64 is trusted with
_SMALLEST = 1e-280  # of x^2 y^2, below which derivatives would be made of subnormal numbers
_CERTIFIED = 2.0**-50  # relative radius at which a ball is called its centre
_MOST_BITS = 1 << 17

# signs of the four products (pp, ap, pa, aa: periodic or antiperiodic along the first and the second direction)
_CLASS = {(0, 0): (1, 1, 1, 1), (1, 0): (-1, 1, -1, 1), (0, 1): (-1, -1, 1, 1), (1, 1): (-1, 1, 1, -1)}
_ALL = {(0, 0): (-1, 1, 1, 1), (1, 0): (1, -1, 1, 1), (0, 1): (1, 1, -1, 1), (1, 1): (1, 1, 1, -1)}


@dataclass(frozen=True)
class TorusState:
    """Lengths of the shorter and the longer direction and the couplings along them."""

    lengths: tuple[int, int]
    couplings: tuple[float, float]


class Kaufman(Method):
    r"""The square torus of L1 x L2 sites with J1 along x and J2 along y, of any sign and any size.

    Z is half the sum of four products over momenta (periodic and antiperiodic in each direction),

    .. math:: Z \propto \tfrac12 \left(\mp Z_{pp} + Z_{ap} + Z_{pa} + Z_{aa}\right), \qquad
              Z_{ab}^2 = \prod_{\theta_1, \theta_2} \left[(1 + x^2)(1 + y^2) - 2 y (1 - x^2) \cos\theta_1
              - 2 x (1 - y^2) \cos\theta_2\right]

    with x = exp(-2 J1/T), y = exp(-2 J2/T) below the critical temperature of the infinite lattice (all signs plus) and
    tanh(J2/T), tanh(J1/T) above it. The product over theta_2 is done by hand, that over theta_1 by the logarithms of
    positive terms of :mod:`~statmech.methods.closed_forms.closed_loops`, with two derivatives in beta: no finite
    difference, nothing overflows, and U - E0 and C keep their relative precision. A negative coupling along a direction
    of odd length permutes the signs. Where the four products cancel (such frustrated tori at low temperature, very
    short or very unlike directions) the same formulas are evaluated in balls of more digits until they are certain.
    Directions of length 2 have doubled bonds and of length 1 self-loops, as in the lattice.

    Cost: about 0.5 us per temperature and momentum (the shorter length), 1 ms where balls are needed.

    References: B. Kaufman, Phys. Rev. 76, 1232 (1949), eq. (68); B. M. McCoy and T. T. Wu, The Two-Dimensional Ising
    Model (1973), chapter IV.

    Examples
    --------
    >>> from statmech import lattices
    >>> method = Kaufman()
    >>> c = method.cumulants(method.prepare(Ising(lattices.square(10, 10))), np.array([2.269185314213022]))
    >>> float((c.log_z - c.reference / c.temperature)[0]).__round__(10)
    93.6103005102
    """

    name: ClassVar[str] = "kaufman"
    formula: ClassVar[str] = "half the sum of four products over momenta, with two derivatives"
    reference: ClassVar[str] = "Kaufman 1949, eq. (68)"

    def supports(self, model: Model) -> Support:
        """Square tori without a field, one coupling along each direction, neither of them 0."""
        if not isinstance(model, Ising):
            return Support(False, f"{model.kind!r} is no Ising model")
        lattice = model.lattice
        if lattice.kind != "square" or lattice.infinite or not all(lattice.periodic):
            return Support(False, f"{lattice!r} is no finite square torus")
        if lattice.sites == 1:
            return Support(False, "a torus of one site has nothing to sum: list its two states")
        if model.uniform_field != 0:
            return Support(False, "no closed form is known in a field")
        couplings = _by_direction(model)
        if couplings is None:
            return Support(False, "couplings differ along a direction; this form takes one J for each")
        if 0 in couplings:
            return Support(False, "a coupling is 0: the torus falls apart into rings, which ising_chain solves")
        return Support(True, f"a square torus of {lattice.shape[0]} x {lattice.shape[1]} is four products over momenta")

    def prepare(self, model: Model) -> TorusState:
        """Lengths and couplings, the shorter direction first.

        Raises
        ------
        UnsupportedError
            If :meth:`supports` says no.
        """
        ising = supported(self, model)
        couplings = _by_direction(ising)
        assert couplings is not None
        (m, n), (j, k) = ising.lattice.shape, couplings
        return TorusState((m, n), (j, k)) if m <= n else TorusState((n, m), (k, j))

    def cumulants(self, state: TorusState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants of H at the temperatures.

        Raises
        ------
        InputError
            If fields are given.
        PrecisionError
            If balls of 131072 bits do not suffice (a frustrated torus of 10^4 sites a side near T = 0).
        """
        if fields is not None:
            raise InputError("fields: no closed form is known in a field; leave it out")
        inverse_temperature(temperatures)  # refuses nan and -0.0
        reference, log_z, mean, variance = (np.empty(temperatures.shape) for _ in range(4))
        for sign in (1, -1):
            here = np.flatnonzero((temperatures < 0) == (sign < 0))
            torus = _Torus(state.lengths, (sign * state.couplings[0], sign * state.couplings[1]))
            reference[here] = sign * torus.ground_energy
            for block in np.array_split(here, max(1, -(-here.size * (state.lengths[0] // 2 + 1) // _CHUNK))):
                if block.size:
                    log_z[block], mean[block], variance[block] = torus.moments(np.abs(temperatures[block]))
        return Cumulants(temperatures, reference, log_z, mean[:, None], variance[:, None, None])

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """0.5 us per temperature and momentum."""
        assert isinstance(model, Ising)
        return Cost(1e-3 + (5e-7 * min(model.lattice.shape) + 2e-5) * temperatures, 1e8)


def _by_direction(model: Ising) -> tuple[float, float] | None:
    if model.uniform_coupling is not None:
        return model.uniform_coupling, model.uniform_coupling
    kinds = model.lattice.bond_kind
    found = [np.unique(model.couplings[kinds == kind]) for kind in (0, 1)]
    return (float(found[0][0]), float(found[1][0])) if all(values.size == 1 for values in found) else None


@dataclass(frozen=True)
class _Momenta:
    """sin^2 and cos^2 of half the momenta along the first direction, 0 left out, and how often each comes."""

    sine: npt.NDArray[Any]
    cosine: npt.NDArray[Any]
    count: Array

    @classmethod
    def of(cls, length: int, antiperiodic: bool, sine: Callable[[int, int], Any]) -> _Momenta:
        """Of a direction; ``sine(a, b)`` is sin(pi a / b). theta and -theta count together."""
        start = 1 if antiperiodic else 2
        steps = range(start, length + 1, 2)  # theta = pi step / length
        squares = np.array([sine(step, 2 * length) ** 2 for step in steps])
        rest = np.array([sine(length - step, 2 * length) ** 2 for step in steps])
        return cls(squares, rest, np.array([1.0 if step == length else 2.0 for step in steps]))


@dataclass(frozen=True)
class _Torus:
    """A torus at T >= 0."""

    lengths: tuple[int, int]
    couplings: tuple[float, float]

    @property
    def frustrated(self) -> tuple[int, int]:
        """Whether each direction is odd with a negative coupling (1) or not (0)."""
        first, second = (int(j < 0 and n % 2 == 1) for j, n in zip(self.couplings, self.lengths, strict=True))
        return first, second

    @property
    def ground_energy(self) -> float:
        """Lowest energy."""
        sites = self.lengths[0] * self.lengths[1]
        (m, n), (f, g) = self.lengths, self.frustrated
        return -abs(self.couplings[0]) * (sites - 2 * n * f) - abs(self.couplings[1]) * (sites - 2 * m * g)

    def moments(self, temperatures: Array) -> tuple[Array, Array, Array]:
        """log Z, <y> and Var y relative to the ground state."""
        beta = inverse_temperature(temperatures)
        sizes = abs(self.couplings[0]), abs(self.couplings[1])
        log_z, mean, variance = (np.empty(temperatures.shape) for _ in range(3))
        sound = np.exp(-np.minimum(4 * sum(sizes) * beta, 1e3)) > _SMALLEST
        if np.any(sound):
            rows = np.flatnonzero(sound)
            with np.errstate(all="ignore"):  # a sum that cancels to 0 or below has no condition number under the limit
                jet, condition = self._log_z(beta[rows], temperatures[rows])
            unit = np.where(beta[rows] == 0, 1.0, beta[rows])
            log_z[rows], mean[rows], variance[rows] = jet.value, -jet.first * unit, jet.second * unit * unit
            sound[rows[~(condition < _CONDITION)]] = False
        # Excitations cost at least one bond, and there are at most sites^2 of the lowest for each ground state: below
        # this temperature they weigh less than any float64, and the limit is the answer.
        frozen = 2.0 * min(sizes) / (900.0 + 2.0 * np.log(self.lengths[0] * self.lengths[1]))
        for row in np.flatnonzero(~sound):
            temperature = float(temperatures[row])
            log_z[row], mean[row], variance[row] = self._certified(temperature if temperature > frozen else 0.0)
        return log_z, mean, variance

    def _log_z(self, beta: Array, temperatures: Array) -> tuple[Jet, Array]:
        """log Z in float64, and how much it amplifies rounding."""
        sizes = abs(self.couplings[0]), abs(self.couplings[1])
        x, y = Jet.exponential(-2 * sizes[0], beta), Jet.exponential(-2 * sizes[1], beta)
        critical = CriticalPoint.square(max(sizes), min(sizes))
        tau = square_tau(x, y, sizes[0], sizes[1], critical, temperatures)
        momenta = [_Momenta.of(self.lengths[0], kind, lambda a, b: np.sin(np.pi * a / b)) for kind in (False, True)]
        cold = tau.value > 0
        low, above = self._below(tau[cold], x[cold], y[cold], momenta, beta[cold])
        high, over = self._above(tau[~cold], x[~cold], y[~cold], momenta, beta[~cold])
        condition = np.empty(beta.shape)
        condition[cold], condition[~cold] = above, over
        return Jet.joined(cold, low, high), condition

    def _below(self, tau: Jet, x: Jet, y: Jet, momenta: list[_Momenta], beta: Any) -> tuple[Jet, Any]:
        f, g = self.frustrated  # a line with an odd number of walls across it: they wind the other way
        return _products(tau, x, y, self.lengths, momenta, _CLASS[g, f], [self._lift(beta)])

    def _above(self, tau: Jet, x: Jet, y: Jet, momenta: list[_Momenta], beta: Any) -> tuple[Jet, Any]:
        first, second = (Jet.tanh(abs(j), beta) for j in self.couplings)
        distance = tau * -2 / ((1 + x) * (1 + y))
        free = (tau * -0.5).log1p() * (self.lengths[0] * self.lengths[1])
        outer = [free, self._lift(beta)]
        return _products(distance, second, first, self.lengths, momenta, _ALL[self.frustrated], outer)

    def _lift(self, beta: Any) -> Jet:
        """From the ground energy without frustration to the one with it: an unsatisfied bond for each line."""
        (m, n), (f, g) = self.lengths, self.frustrated
        one = beta * 0 + 1  # a ball, where beta is one, so that no product is rounded to a float
        slope = one * abs(self.couplings[0]) * (2 * n * f) + one * abs(self.couplings[1]) * (2 * m * g)
        return Jet(slope * beta, slope, 0 * beta)

    def _certified(self, temperature: float) -> tuple[float, float, float]:
        """The same in balls of python-flint, with twice the bits until they are small enough."""
        import flint

        bits = 128
        while bits <= _MOST_BITS:
            with flint.ctx.workprec(bits):
                weakest = flint.arb(min(abs(j) for j in self.couplings))
                # At T = 0 excitations weigh exp(-100) = 4e-44 or less: log Z is log g0 to the last bit.
                inverse = flint.arb(50) / weakest if temperature == 0 else 1 / flint.arb(temperature)
                unit = inverse if np.isfinite(temperature) else flint.arb(1)
                beta = np.array([inverse], dtype=object)
                x, y = (Jet.exponential(-2 * flint.arb(abs(j)), beta) for j in self.couplings)
                tau = 1 - x - y - x * y
                momenta = [
                    _Momenta.of(self.lengths[0], kind, lambda a, b: flint.arb.sin_pi_fmpq(flint.fmpq(a, b)))
                    for kind in (False, True)
                ]
                form = self._below if float(tau.value[0].mid()) > 0 else self._above
                jet = form(tau, x, y, momenta, beta)[0]
                parts = jet.value[0], -jet.first[0] * unit, jet.second[0] * unit * unit
                needed = parts[:1] if temperature == 0 else parts
                if all(part.rad() < abs(part.mid()) * _CERTIFIED for part in needed):
                    values = [float(part.mid()) for part in parts]
                    return (values[0], 0.0, 0.0) if temperature == 0 else (values[0], values[1], values[2])
            bits *= 2
        raise PrecisionError(
            f"kaufman: {_MOST_BITS} bits do not suffice for the frustrated torus {self.lengths} at T = {temperature}; "
            "use a higher temperature, or an even number of sites along negative couplings"
        )


def _products(
    tau: Jet,
    x: Jet,
    y: Jet,
    lengths: tuple[int, int],
    momenta: list[_Momenta],
    signs: tuple[int, int, int, int],
    outer: list[Jet],
) -> tuple[Jet, Any]:
    """Logarithm of half the signed sum of the four products plus the outer terms, and its condition number.

    That is how much the terms of log Z, of its first and of its second derivative are larger than their sums, in all.
    """
    m, n = lengths
    wrap = y.power(m)
    logs = []  # of the products pp, pa, ap, aa: a part that the two of a pair share, and their own
    for modes, winding in zip(momenta, (-wrap, wrap), strict=True):
        t, a, b = tau.columns(), x.columns(), y.columns()
        pole = (1 - b) * (1 - b) + b * (4 * modes.sine)
        bulk = t * (1 - b + a + a * b) + b * (1 + a * a) * (4 * modes.sine)
        square = a * a * (b * b) * (modes.sine * modes.cosine)
        delta = square * 32 / (pole * (bulk + (bulk * bulk + square * 64).sqrt()))
        turn = (a * (1 - b * b) / (pole * (1 + delta))).power(n)
        common = delta.log1p().sum(modes.count) * 0.5 * n + winding.log1p() * n
        logs += [(common, (-turn).log1p().sum(modes.count)), (common, turn.log1p().sum(modes.count))]
    # the momentum 0 of pp and pa is a factor, which may be 0
    zero = (x * (1 + y) / (1 - y)).power(n)
    factors = {0: 1 - zero, 2: 1 + zero}
    anchor = logs[3][0] + logs[3][1]
    none = Jet(0 * tau.value, 0 * tau.first, 0 * tau.second)
    total = none
    rough = [
        sum((abs(part.first) for part in outer), none.first),
        sum((abs(part.second) for part in outer), none.value),
    ]
    weight = none.value
    for k, (sign, place) in enumerate(zip(signs, (0, 2, 1, 3), strict=True)):
        common, ends = logs[place]
        term = (common + ends - anchor).exp() * sign
        if k in factors:
            term = term * factors[k]
        total = total + term
        weight = weight + abs(term.value)
        rough[0] = rough[0] + abs(term.value) * (abs(common.first) + abs(ends.first)) + abs(term.first)
        rough[1] = rough[1] + abs(term.value) * (abs(common.second) + abs(ends.second)) + abs(term.second)
    result = sum(outer, anchor + (total * 0.5).log())
    return result, weight / abs(total.value) + rough[0] / abs(result.first) + rough[1] / abs(result.second)
