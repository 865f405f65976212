"""The Ising chain in a field: rings and open chains of any length, and the infinite one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from statmech.cumulants import Cumulants, inverse_temperature
from statmech.double_double import two_product, two_sum
from statmech.errors import UnsupportedError
from statmech.methods.base import Cost, Method, Support
from statmech.models.base import Model
from statmech.models.ising import Ising

__all__ = ["ChainState", "IsingChain"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CHUNK = 1 << 14  # points (field, temperature) at a time: some 10 MB


@dataclass(frozen=True)
class ChainState:
    """Length (None: infinite), whether it is a ring, J and h."""

    length: int | None
    periodic: bool
    coupling: float
    field: float


class IsingChain(Method):
    r"""Z = tr V^N for a ring, sum over both ends of V^(N-1) for an open chain, V(s, s') = exp((J s s' + h s)/T).

    A finite chain is a power of the 2 x 2 transfer matrix, by repeated squaring: 30 products for 10^9 spins. An entry
    is no number but the cumulants of a piece with given ends, seen from its own ground state (whose energy is kept as
    two integers, -J j - h k), and products of matrices join them by the laws of :class:`~statmech.cumulants.Cumulants`.
    All terms are positive, so nothing cancels: not the walls that come in pairs only on a ring at low temperature,
    and not at J < 0, T = 0 or h = 2 |J|. The infinite chain is

    .. math:: \log\lambda = \log\left[e^{\beta J} \cosh\beta h + \sqrt{e^{2\beta J} \sinh^2\beta h + e^{-2\beta J}}
              \right]

    per site, with its derivatives, rearranged around the ground state in the same way.

    References: E. Ising, Z. Phys. 31, 253 (1925); R. J. Baxter, Exactly Solved Models in Statistical Mechanics (1982),
    section 2.1.

    Examples
    --------
    >>> from statmech import lattices
    >>> method = IsingChain()
    >>> state = method.prepare(Ising(lattices.chain("infinite"), field=0.5))
    >>> float(method.cumulants(state, np.array([1.0])).mean[0, 1]).__round__(12)  # sinh h / sqrt(sinh^2 h + exp(-4))
    0.967890096297
    """

    name: ClassVar[str] = "ising_chain"
    absorbs: ClassVar[frozenset[str]] = frozenset({"temperature", "field"})
    formula: ClassVar[str] = "trace of a power of the 2 x 2 transfer matrix"
    reference: ClassVar[str] = "Ising 1925; Baxter 1982, section 2.1"

    def supports(self, model: Model) -> Support:
        """Ising chains with one J and one h."""
        if not isinstance(model, Ising):
            return Support(False, f"{model.kind!r} is no Ising model")
        if model.lattice.kind != "chain":
            return Support(False, f"a {model.lattice.kind} lattice is no chain")
        if model.couplings.size and model.uniform_coupling is None:
            return Support(False, "couplings differ from bond to bond: no power of one transfer matrix")
        if model.uniform_field is None:
            return Support(False, "fields differ from site to site: no power of one transfer matrix")
        return Support(True, "a chain with one coupling and one field is a power of a 2 x 2 matrix")

    def prepare(self, model: Model) -> ChainState:
        """Length, J and h.

        Raises
        ------
        UnsupportedError
            If :meth:`supports` says no.
        """
        support = self.supports(model)
        if not support or not isinstance(model, Ising):
            raise UnsupportedError(f"method: {self.name} cannot treat this model: {support.reason}")
        lattice, field = model.lattice, model.uniform_field
        if lattice.infinite:
            return ChainState(None, True, model.uniform_coupling or 0.0, field or 0.0)
        return ChainState(lattice.shape[0], lattice.periodic[0], model.uniform_coupling or 0.0, field or 0.0)

    def cumulants(self, state: ChainState, temperatures: Array, fields: Array | None = None) -> Cumulants:
        """Cumulants of H and M, (T,) or (F, T); per site for the infinite chain."""
        inverse_temperature(temperatures)  # refuses nan and -0.0
        h = np.atleast_1d(np.asarray(state.field if fields is None else fields, dtype=np.float64))
        grid_h, grid_T = (grid.ravel() for grid in np.broadcast_arrays(h[:, None], temperatures))
        sign = np.where(grid_T < 0, -1.0, 1.0)  # T < 0 is -H at -T
        points = _Points(inverse_temperature(np.abs(grid_T)), state.coupling * sign, grid_h * sign)
        blocks = np.array_split(np.arange(sign.size), -(-sign.size // _CHUNK))
        parts = [_infinite(points[b]) if state.length is None else _finite(state, points[b]) for b in blocks]
        energy, log_z, mean, covariance = (np.concatenate(column) for column in zip(*parts, strict=True))
        shape = temperatures.shape if fields is None else (h.size, *temperatures.shape)
        return Cumulants(
            temperatures,
            (sign * energy).reshape(shape),
            log_z.reshape(shape),
            mean.reshape(*shape, 2),
            covariance.reshape(*shape, 2, 2),
            ("magnetization",),
        )

    def cost(self, model: Model, temperatures: int, fields: int = 1) -> Cost:  # noqa: ARG002
        """60 products of about 1 us per point."""
        return Cost(6e-5 * temperatures * fields + 1e-2, 600.0 * _CHUNK)

    def observables(self, model: Model) -> tuple[str, ...]:  # noqa: ARG002
        """The magnetisation."""
        return ("magnetization",)


@dataclass(frozen=True)
class _Points:
    """Points of the grid, all (n,): 1/T >= 0, and J and h as they count at T > 0."""

    beta: Array
    coupling: Array
    field: Array

    def __getitem__(self, index: Any) -> _Points:
        return _Points(self.beta[index], self.coupling[index], self.field[index])

    @property
    def unit(self) -> Array:
        """Factor from energies to y: beta; 1 at T = inf; 0 at T = 0, where all energy is that of the ground state."""
        return np.where(self.beta == 0, 1.0, np.where(np.isinf(self.beta), 0.0, self.beta))

    def energy(self, j: Ints, k: Ints) -> Array:
        """-J j - h k, rounded once."""
        bond, bond_low = two_product(j.astype(np.float64), self.coupling)
        site, site_low = two_product(k.astype(np.float64), self.field)
        total, low = two_sum(bond, site)
        return np.asarray(-(total + (low + (bond_low + site_low))), dtype=np.float64)

    def exponent(self, energy: Array) -> Array:
        """Product beta energy, 0 where the energy is 0."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(energy == 0, 0.0, self.beta * energy)


@dataclass(frozen=True)
class _Piece:
    """Cumulants of pieces of chain, any leading axes before that of the points.

    j and k give the ground energy -J j - h k; log_z, the means of y and of M - k, and three covariances are relative
    to it.
    """

    j: Ints
    k: Ints
    log_z: Array
    y: Array
    m: Array
    yy: Array
    ym: Array
    mm: Array

    def __getitem__(self, index: Any) -> _Piece:
        return _Piece(*(column[index] for column in vars(self).values()))

    def beside(self, other: _Piece) -> _Piece:
        """Both pieces, independent: everything adds."""
        return _Piece(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def either(self, other: _Piece, points: _Points) -> _Piece:
        """One or the other: the law of mixtures."""
        gap = points.energy(other.j - self.j, other.k - self.k)
        swap = gap < 0
        low = _Piece(*(np.where(swap, b, a) for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))
        high = _Piece(*(np.where(swap, a, b) for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))
        gap = np.abs(gap)
        lead = (high.log_z - low.log_z) - points.exponent(gap)
        small = np.exp(-np.abs(lead))
        minor, major = small / (1 + small), 1 / (1 + small)
        p, q = np.where(lead > 0, minor, major), np.where(lead > 0, major, minor)  # of low and of high
        raised = points.unit * gap
        y, m = high.y + raised, high.m + (high.k - low.k)
        dy, dm = y - low.y, m - low.m
        return _Piece(
            low.j,
            low.k,
            low.log_z + np.where(lead > 0, lead, 0.0) + np.log1p(small),
            p * low.y + q * y,
            p * low.m + q * m,
            p * low.yy + q * high.yy + p * q * dy * dy,
            p * low.ym + q * high.ym + p * q * dy * dm,
            p * low.mm + q * high.mm + p * q * dm * dm,
        )


def _finite(state: ChainState, points: _Points) -> tuple[Array, Array, Array, Array]:
    assert state.length is not None
    spins = np.array([1, -1], dtype=np.int64)
    shape = (2, 2, points.beta.size)
    zero = np.zeros(shape)
    first = np.broadcast_to(spins[:, None, None], shape)  # spin at the left end
    last = np.broadcast_to(spins[None, :, None], shape)
    link = _Piece(first * last, first, zero, zero, zero, zero, zero, zero)  # a bond and the site on its left
    end = _Piece(0 * last, last, zero, zero, zero, zero, zero, zero)
    if state.periodic:
        ring = _power(link, state.length, points)
        total = ring[0, 0].either(ring[1, 1], points)
    elif state.length == 1:
        total = end[0, 0].either(end[0, 1], points)
    else:
        line = _power(link, state.length - 1, points).beside(end)
        rows = line[0].either(line[1], points)
        total = rows[0].either(rows[1], points)
    mean = np.stack([total.y, total.k + total.m], axis=-1)
    covariance = np.stack([total.yy, total.ym, total.ym, total.mm], axis=-1).reshape(-1, 2, 2)
    return points.energy(total.j, total.k), total.log_z, mean, covariance


def _power(link: _Piece, count: int, points: _Points) -> _Piece:
    """The count-th power of the matrix of pieces, by squaring."""
    result: _Piece | None = None
    while True:
        if count & 1:
            result = link if result is None else _join(result, link, points)
        count >>= 1
        if count == 0:
            assert result is not None
            return result
        link = _join(link, link, points)


def _join(left: _Piece, right: _Piece, points: _Points) -> _Piece:
    """Product of two matrices: the spin between the pieces is up or down."""
    up = left[:, 0, None].beside(right[None, 0, :])
    return up.either(left[:, 1, None].beside(right[None, 1, :]), points)


def _infinite(points: _Points) -> tuple[Array, Array, Array, Array]:
    """Per site, relative to the ground state: aligned with the field, or up and down in turn (J < 0, |h| < 2 |J|)."""
    n = points.beta.size
    energy, log_z, mean, covariance = np.empty(n), np.empty(n), np.empty((n, 2)), np.empty((n, 2, 2))
    h, side = np.abs(points.field), np.sign(points.field)
    aligned = (points.coupling >= 0) | (h >= -2 * points.coupling)
    for here, form in ((aligned, _aligned), (~aligned, _alternating)):
        if np.any(here):
            parts = form(_Points(points.beta[here], points.coupling[here], h[here]))
            energy[here], log_z[here], y, m, yy, ym, mm = parts
            s = side[here]
            mean[here] = np.stack([y, s * m], axis=-1)
            covariance[here] = np.stack([yy, s * ym, s * ym, mm], axis=-1).reshape(-1, 2, 2)
    return energy, log_z, mean, covariance


def _aligned(p: _Points) -> tuple[Array, ...]:
    """All spins along h >= 0: log Z = log(1 + d), d^2 + d (1 - m) = r^2, m = exp(-2 h/T), r = exp(-(h + 2 J)/T)."""
    step = p.field + 2 * p.coupling
    m, a = np.exp(-p.exponent(2 * p.field)), -np.expm1(-p.exponent(2 * p.field))
    r = np.exp(-p.exponent(step))
    root = np.hypot(a, 2 * r)
    tied = root == 0  # h = 0 and T so low that no wall is left: both directions, whole
    root = np.where(tied, 1.0, root)
    cosine, sine = a / root, np.where(tied, 0.0, 2 * r / root)
    d = r * (2 * r / np.where(tied, 1.0, a + root))
    e, f = p.unit * step, p.unit * p.field * m / root
    q = d / (1 + d)
    slope = e * (1 + cosine) + 2 * f  # y / q
    bend = f * (4 * p.unit * p.field + 4 * f * cosine - 4 * e * sine * sine) - e * e * cosine * sine * sine
    y, yy = q * slope, q * (slope * slope / (1 + d) + bend)
    ym = 0.0 - sine * sine * (2 * f + cosine * e)
    with np.errstate(over="ignore"):  # 1 / sine of a wall that hardly ever comes
        mm = np.where(tied, np.inf, sine * sine * (1 + m) / root)
    return -p.coupling - p.field, np.log1p(d), y, cosine, yy, ym, mm


def _alternating(p: _Points) -> tuple[Array, ...]:
    """Up and down in turn: log Z = log(c + sqrt(1 + s^2)), c + s = exp(-(2|J| - h)/T), c - s = exp(-(2|J| + h)/T)."""
    near, far = -2 * p.coupling - p.field, -2 * p.coupling + p.field
    e1, e2 = np.exp(-p.exponent(near)), np.exp(-p.exponent(far))
    lost = -np.expm1(-p.exponent(2 * p.field))
    c, s = (e1 + e2) / 2, e1 * lost / 2
    root = np.sqrt(1 + s * s)
    m = s / root
    g1, g2 = p.unit * near, p.unit * far
    # (g1 e1 - g2 e2)/2: the difference is small at h = 0 in one form, at h = 2 |J| in the other
    tilt = np.where(lost < 0.5, e1 * (g2 * lost - 2 * p.unit * p.field), g1 * e1 - g2 * e2) / 2
    total = c + root
    y = (g1 * e1 * (1 + m) + g2 * e2 * (1 - m)) / 2 / total
    square = (g1 * g1 * e1 * (1 + m) + g2 * g2 * e2 * (1 - m)) / 2 + tilt * tilt / root**3
    return p.coupling, np.log1p(c + s * s / (1 + root)), y, m, square / total - y * y, tilt / root**3, c / root**3
