r"""Quasi-harmonic vibrations: mixtures of oscillators and rotors mode by mode, without a partition function.

With :math:`w = 1/[1 + (\omega_0/\omega)^4]`, :math:`\omega_0` the cutoff, per mode and in units of k_B,

.. math:: S = w S_\mathrm{HO} + (1 - w) \left[\tfrac12 + \log\sqrt{8 \pi^3 \mu' k_B T / h^2}\right], \quad
          \mu' = \frac{\mu B}{\mu + B}, \; \mu = \frac{h}{8 \pi^2 \nu}

(S. Grimme, Chem. Eur. J. 18, 9955 (2012), equations 3 to 8, B = 1e-44 kg m2), and

.. math:: U = w U_\mathrm{HO} + (1 - w) \tfrac12 T

(Y.-P. Li et al., J. Phys. Chem. C 119, 1840 (2015), equation 3). dU/dT = T dS/dT does not hold: these are no
thermodynamics of any Hamiltonian, so they stay outside of :class:`~statmech.cumulants.Cumulants`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from statmech.methods.closed_forms.harmonic_modes import mode_terms
from statmech.units import BOLTZMANN, PLANCK

__all__ = ["damped_energy", "damped_entropy", "raised_entropy"]

Array = npt.NDArray[np.float64]

_AVERAGE_INERTIA = 1e-44  # kg m2, Grimme's B_av
_ALPHA = 4.0


def _weights(quanta: Array, cutoff: float) -> Array:
    """How much of an oscillator a mode is."""
    return 1.0 / (1.0 + (cutoff / quanta) ** _ALPHA)


def damped_entropy(quanta: Array, cutoff: float, temperatures: Array) -> Array:
    """Grimme's entropy of all modes together, shape (T,), in units of k_B.

    Parameters
    ----------
    quanta : array, shape (n,)
        omega of each mode, in kelvin.
    cutoff : float
        In kelvin.
    temperatures : array, shape (T,)
        In kelvin, positive.

    Examples
    --------
    >>> low, T = np.array([14.4]), np.array([300.0])  # 10 cm-1
    >>> damped_entropy(low, 144.0, T).round(4), damped_entropy(low, 1e-9, T).round(4)
    (array([2.5894]), array([4.0367]))
    """
    share = _weights(quanta, cutoff)
    inertia = PLANCK / (8.0 * np.pi**2) / (quanta * BOLTZMANN / PLANCK)
    effective = inertia * _AVERAGE_INERTIA / (inertia + _AVERAGE_INERTIA)
    found = np.empty(temperatures.shape)
    for t, temperature in enumerate(temperatures):
        log_z, mean, _ = mode_terms(quanta / temperature)
        rotor = 0.5 + 0.5 * np.log(8.0 * np.pi**3 * effective * BOLTZMANN * temperature / PLANCK**2)
        found[t] = np.sum(share * (log_z + mean) + (1.0 - share) * rotor)
    return found


def raised_entropy(quanta: Array, cutoff: float, temperatures: Array) -> Array:
    """Entropy with every frequency below the cutoff raised to it (Truhlar); shapes and units as above.

    Examples
    --------
    >>> T = np.array([300.0])
    >>> bool(raised_entropy(np.array([14.4]), 144.0, T) == raised_entropy(np.array([144.0]), 144.0, T))
    True
    """
    raised = np.maximum(quanta, cutoff)
    terms = [mode_terms(raised / temperature) for temperature in temperatures]
    return np.array([np.sum(log_z + mean) for log_z, mean, _ in terms])


def damped_energy(quanta: Array, zero_points: Array, cutoff: float, temperatures: Array) -> Array:
    """Energy of all modes together with their zero-point energies (n,), shape (T,), in kelvin.

    Examples
    --------
    >>> low = np.array([14.4])
    >>> damped_energy(low, 0.5 * low, 144.0, np.array([300.0])).round(2)  # a mode of T/2
    array([150.02])
    """
    share = _weights(quanta, cutoff)
    found = np.empty(temperatures.shape)
    for t, temperature in enumerate(temperatures):
        mean = mode_terms(quanta / temperature)[1]
        found[t] = np.sum(share * (zero_points + temperature * mean) + (1.0 - share) * 0.5 * temperature)
    return found
