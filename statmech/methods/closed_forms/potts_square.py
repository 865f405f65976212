"""Exact facts of the Potts model on the infinite square lattice, at its transition."""

from __future__ import annotations

import math
from dataclasses import dataclass

from statmech.errors import InputError

__all__ = ["PottsCritical", "potts_square_critical"]


@dataclass(frozen=True)
class PottsCritical:
    """The transition of H = -J sum delta(s, s') on the square lattice, per site, in units of J (k_B = 1).

    Attributes
    ----------
    states : int
        q.
    beta, temperature : float
        Where the transition is: 1/T and T.
    energy : float
        Internal energy at the transition; midway between the two phases where it is of first order (q > 4).
    latent_heat : float
        Jump of the internal energy; 0 for q <= 4.
    energy_ordered, energy_disordered : float
        Internal energy of the two phases.
    magnetization : float
        Order parameter (q p - 1)/(q - 1) of the ordered phase at the transition, p the share of its state; 0 for
        q <= 4.
    correlation_length : float
        Of the disordered phase at the transition, in lattice spacings; inf for q <= 4.
    """

    states: int
    beta: float
    temperature: float
    energy: float
    latent_heat: float
    energy_ordered: float
    energy_disordered: float
    magnetization: float
    correlation_length: float


def potts_square_critical(states: int) -> PottsCritical:
    r"""The transition of the Potts model with J = 1 on the infinite square lattice.

    .. math:: \beta_c = \log(1 + \sqrt q), \quad \bar u = -(1 + q^{-1/2}), \quad
              \Delta u = 2 (1 + q^{-1/2}) \tanh\tfrac\theta2 \prod_{n \ge 1} \tanh^2 n\theta, \quad
              2 \cosh\theta = \sqrt q

    .. math:: m_0 = \prod_{n \ge 1} \frac{1 - x^{2n-1}}{1 + x^{2n}}, \; x = e^{-2\theta}, \qquad
              \frac1\xi = 4 \sum_{n \ge 0} \log\frac{1 + w_n}{1 - w_n}, \;
              w_n = \Bigl[\sqrt2 \cosh\frac{(n + \frac12) \pi^2}{2v}\Bigr]^{-1}, \;
              v = \log\frac{\sqrt{\sqrt q + 2} + \sqrt{\sqrt q - 2}}{2}

    References: R. B. Potts, Proc. Camb. Phil. Soc. 48, 106 (1952) (beta_c by duality); R. J. Baxter, J. Phys. C 6, L445
    (1973) (latent heat) and J. Phys. A 15, 3329 (1982) (magnetisation); E. Buddenoir and S. Wallon, J. Phys. A 26, 3045
    (1993), and C. Borgs and W. Janke, J. Phys. I France 2, 2011 (1992) (correlation length).

    Parameters
    ----------
    states : int
        q >= 2.

    Returns
    -------
    PottsCritical
        Relative error 1e-14 (1e-12 for the correlation length at q = 5).

    Raises
    ------
    InputError
        If q is no integer of at least 2.

    Examples
    --------
    >>> potts_square_critical(2).temperature  # half of the Ising model's 2.269: delta = (1 + s s')/2
    1.134592657106511
    >>> round(potts_square_critical(10).latent_heat, 6)
    0.696049
    """
    if isinstance(states, bool) or not isinstance(states, int) or states < 2:
        raise InputError(f"states: expected an integer of at least 2; got {states!r}")
    q = states
    root = math.sqrt(q)
    beta = math.log1p(root)
    middle = -(1 + 1 / root)
    jump, order, length = 0.0, 0.0, math.inf
    if q > 4:
        # cosh(theta) = sqrt(q)/2 from sqrt(q) - 2 without cancellation: theta = 2 asinh(sqrt((sqrt(q) - 2)/4))
        excess = (q - 4) / (root + 2)
        theta = 2 * math.asinh(math.sqrt(excess / 4))
        jump, order = -2 * middle * math.tanh(theta / 2), 1.0
        n = 1
        while n * theta < 40:  # tanh and the factors of the order parameter differ from 1 by exp(-2 n theta)
            jump *= math.tanh(n * theta) ** 2
            order *= -math.expm1(-2 * (2 * n - 1) * theta) / (1 + math.exp(-4 * n * theta))
            n += 1
        v = theta / 2  # since cosh(2 v) = sqrt(q)/2 as well
        rate, n = 0.0, 0
        while (n + 0.5) * math.pi**2 / (2 * v) < 700:
            w = 1 / (math.sqrt(2) * math.cosh((n + 0.5) * math.pi**2 / (2 * v)))
            rate += 8 * math.atanh(w)
            n += 1
        length = 1 / rate
    return PottsCritical(q, beta, 1 / beta, middle, jump, middle - jump / 2, middle + jump / 2, order, length)
